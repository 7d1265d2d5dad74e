#include "formats/pytorch/pickle_machine.h"

#include <cstring>

#include "base/text.h"

namespace haoline::pickle {
namespace {

constexpr std::string_view kDamaged = "The file is damaged or no pickle; save it again.";

}  // namespace

void Machine::fail(ErrorKind kind, std::string message, std::string advice) {
  if (failed_) return;
  failed_ = true;
  error_.kind = kind;
  error_.path = std::string(source_.place);
  error_.offset = source_.offset + opcode_at_;
  error_.has_offset = true;
  error_.message = std::move(message);
  error_.advice = advice.empty() ? std::string(kDamaged) : std::move(advice);
}

bool Machine::take(std::uint64_t count, Bytes& out) {
  const std::uint64_t left = source_.bytes.size() - at_;
  if (count > left) {
    fail(ErrorKind::truncated,
         "a pickle's opcode needs " + grouped(count) + " bytes, " + grouped(left) + " are left",
         "The file is cut short; fetch it again.");
    return false;
  }
  out = source_.bytes.subspan(at_, static_cast<std::size_t>(count));
  at_ += static_cast<std::size_t>(count);
  return true;
}

template <class T>
bool Machine::number(T& out) {
  Bytes bytes;
  if (!take(sizeof(T), bytes)) return false;
  out = load<T>(bytes.data());
  return true;
}
template bool Machine::number(std::uint8_t&);
template bool Machine::number(std::uint16_t&);
template bool Machine::number(std::uint32_t&);
template bool Machine::number(std::int32_t&);
template bool Machine::number(std::uint64_t&);

bool Machine::line(std::string_view& out) {
  const std::string_view rest = as_text(source_.bytes).substr(at_);
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) {
    fail(ErrorKind::truncated, "a pickle's line has no end", "The file is cut short; fetch it again.");
    return false;
  }
  out = rest.substr(0, end);
  if (!out.empty() && out.back() == '\r') out.remove_suffix(1);
  at_ += end + 1;
  return true;
}

bool Machine::need(std::size_t count) {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() - floor >= count) return true;
  fail(ErrorKind::malformed, "a pickle's opcode finds too few values before it");
  return false;
}

bool Machine::to_mark(std::size_t& begin) {
  if (marks_.empty()) {
    fail(ErrorKind::malformed, "a pickle's opcode finds no mark before it");
    return false;
  }
  begin = marks_.back();
  marks_.pop_back();
  return true;
}

Ref Machine::pop() {
  const Ref top = stack_.back();
  stack_.pop_back();
  return top;
}

Ref Machine::make(Kind kind) {
  if (values_.size() >= kMaxValues) {
    fail(ErrorKind::unsupported, "holds more than " + grouped(kMaxValues) + " values",
         "Save the weights alone (state_dict) and try again.");
    return kNone;
  }
  Value value;
  value.kind = kind;
  value.offset = opcode_at_;
  value.a = value.b = kEnd;
  values_.push_back(value);
  return static_cast<Ref>(values_.size() - 1);
}

void Machine::push_text(Kind kind, std::string_view text) {
  if (text.size() > 0xffffffffu) return fail(ErrorKind::unsupported, "holds a text of over 4 GiB");
  const Ref ref = make(kind);
  values_[ref].as.text = text.data();
  values_[ref].size = static_cast<std::uint32_t>(text.size());
  push(ref);
}
void Machine::push_integer(std::int64_t value) {
  const Ref ref = make(Kind::integer);
  values_[ref].as.integer = value;
  push(ref);
}
void Machine::push_real(double value) {
  const Ref ref = make(Kind::real);
  values_[ref].as.real = value;
  push(ref);
}
void Machine::push_long(Bytes digits) {
  if (digits.size() > 8) return push_text(Kind::big, as_text(digits));
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < digits.size(); ++i)
    value |= std::to_integer<std::uint64_t>(digits[i]) << (8 * i);
  const std::size_t bits = 8 * digits.size();
  if (bits != 0 && bits < 64 && (value >> (bits - 1) & 1) != 0) value |= ~std::uint64_t{0} << bits;
  push_integer(static_cast<std::int64_t>(value));
}

void Machine::push_tuple(std::size_t begin) {
  if (begin == stack_.size()) return push(kEmptyTuple);
  const Ref tuple = make(Kind::tuple);
  append(tuple, std::span(stack_).subspan(begin), false);
  stack_.resize(begin);
  push(tuple);
}

void Machine::push_global(std::string_view module, std::string_view name) {
  // One text, "module\nname", so that a value is small; in old protocols the file has it like this.
  const Ref ref = make(Kind::global);
  if (module.data() + module.size() + 1 != name.data()) {
    std::string joined(module);
    joined.append(1, '\n').append(name);
    module = arena_.text(joined).substr(0, module.size());
  }
  values_[ref].as.text = module.data();
  values_[ref].a = static_cast<std::uint32_t>(module.size());
  values_[ref].size = static_cast<std::uint32_t>(module.size() + 1 + name.size());
  push(ref);
}

void Machine::push_call(Call how, Ref callee, Ref arguments) {
  const Ref ref = make(Kind::call);
  Value& value = values_[ref];
  value.call = how;
  value.a = callee;
  value.b = arguments;
  value.as.items = std::uint64_t{kEnd} << 32 | kEnd;
  push(ref);
}

// While the pickle is read, `as.items` holds the last cell (high half) and the first (low half).
void Machine::append(Ref to, std::span<const Ref> added, bool pairs) {
  if (to <= kEmptyTuple) return fail(ErrorKind::malformed, "a pickle adds to a value that holds none");
  Value& value = values_[to];
  const bool grows = value.kind == Kind::list || value.kind == Kind::tuple || value.kind == Kind::set ||
                     value.kind == Kind::dictionary || value.kind == Kind::call;
  if (!grows || (pairs && value.kind != Kind::dictionary && value.kind != Kind::call)) {
    return fail(ErrorKind::malformed, "a pickle adds to a value that holds none");
  }
  if (pairs && added.size() % 2 != 0) return fail(ErrorKind::malformed, "a pickle's key has no value");
  if (cells_.size() + added.size() >= 4 * kMaxValues) {
    return fail(ErrorKind::unsupported, "holds more than " + grouped(4 * kMaxValues) + " items");
  }
  if (value.kind == Kind::call && pairs) value.has_pairs = true;
  auto last = static_cast<std::uint32_t>(value.as.items >> 32);
  auto first = static_cast<std::uint32_t>(value.as.items);
  if (value.size == 0) first = last = kEnd;
  for (const Ref item : added) {
    const auto cell = static_cast<std::uint32_t>(cells_.size());
    cells_.push_back({item, kEnd});
    if (first == kEnd) {
      first = cell;
    } else {
      cells_[last].next = cell;
    }
    last = cell;
  }
  value.size += static_cast<std::uint32_t>(added.size());
  value.as.items = std::uint64_t{last} << 32 | first;
}

// A pickler numbers what it remembers one by one, so an index beyond the bytes read so far is a lie.
void Machine::remember(std::uint64_t key, Ref ref) {
  if (key > at_) return fail(ErrorKind::malformed, "a pickle remembers a value under number " + grouped(key));
  if (key >= memo_.size()) {
    memo_.resize(static_cast<std::size_t>(key) + 1, kNone);
    memo_set_.resize(static_cast<std::size_t>(key) + 1, false);
  }
  memo_[static_cast<std::size_t>(key)] = ref;
  memo_set_[static_cast<std::size_t>(key)] = true;
}
void Machine::recall(std::uint64_t key) {
  if (key >= memo_.size() || !memo_set_[static_cast<std::size_t>(key)]) {
    return fail(ErrorKind::malformed, "a pickle recalls value " + grouped(key) + ", which it never made");
  }
  push(memo_[static_cast<std::size_t>(key)]);
}

bool Machine::step() {
  opcode_at_ = at_;
  std::uint8_t op = 0;
  if (!number(op)) return false;
  if (constant_opcode(op) || text_opcode(op) || container_opcode(op) || object_opcode(op) ||
      memo_opcode(op)) {
    return !failed_;
  }
  if (op >= 0x82 && op <= 0x84) {
    fail(ErrorKind::unsupported, "uses an extension code, whose meaning is outside the file");
  } else if (op == 0x97) {
    fail(ErrorKind::unsupported, "refers to a buffer outside the pickle");
  } else {
    fail(ErrorKind::malformed, "has no pickle opcode " + std::to_string(op));
  }
  return false;
}

Result<Pickle> Machine::run() {
  // The values everybody shares.
  for (const Kind kind : {Kind::none, Kind::boolean, Kind::boolean, Kind::tuple}) make(kind);
  values_[kTrue].as.integer = 1;
  while (!stopped_) {
    if (!step()) return std::move(error_);
  }
  Pickle pickle;
  finish(pickle);
  if (failed_) return std::move(error_);
  return pickle;
}

// Lays the items of every value side by side.
void Machine::finish(Pickle& out) {
  if (stack_.empty()) return fail(ErrorKind::malformed, "a pickle ends without a value");
  out.root_ = stack_.back();
  out.end_ = at_;
  out.items_.reserve(cells_.size());
  for (Value& value : values_) {
    if (value.kind != Kind::tuple && value.kind != Kind::list && value.kind != Kind::set &&
        value.kind != Kind::dictionary && value.kind != Kind::call) {
      continue;
    }
    auto cell = value.size == 0 ? kEnd : static_cast<std::uint32_t>(value.as.items);
    value.as.items = out.items_.size();
    for (; cell != kEnd; cell = cells_[cell].next) out.items_.push_back(cells_[cell].value);
  }
  out.values_ = std::move(values_);
  expand_pairs(out);
}

// Python 2 wrote an OrderedDict as a call with a list of [key, value] pairs: the same to whoever asks.
void Machine::expand_pairs(Pickle& out) {
  for (Ref ref = 0; ref < out.values_.size(); ++ref) {
    if (out.values_[ref].size != 0 || !out.is_call_of(ref, "collections", "OrderedDict")) continue;
    const Ref list = out.argument(ref, 0);
    if (out.kind(list) != Kind::list) continue;
    const std::size_t begin = out.items_.size();
    if (begin > 4 * kMaxValues)
      return fail(ErrorKind::unsupported, "holds more items than this reader takes");
    for (std::size_t i = 0; i < out.items(list).size(); ++i) {
      const Ref pair = out.items(list)[i];
      if (!out.is_sequence(pair) || out.items(pair).size() != 2) continue;
      const Ref key = out.items(pair)[0];
      const Ref value = out.items(pair)[1];
      out.items_.push_back(key);
      out.items_.push_back(value);
    }
    out.values_[ref].as.items = begin;
    out.values_[ref].size = static_cast<std::uint32_t>(out.items_.size() - begin);
    out.values_[ref].has_pairs = true;
  }
}

Result<Pickle> read(const Source& source, Arena& arena) {
  return Machine(source, arena).run();
}

}  // namespace haoline::pickle
