#include "formats/shared/json.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/arena.h"

namespace haoline::json {
namespace {

enum class Kind : std::uint8_t { null, boolean, integer, unsigned_integer, real, text, array, object };

// Sixteen bytes; the members of an object stand in its items as key, value, key, value.
struct Node {
  Kind kind = Kind::null;
  std::uint32_t size = 0;  // bytes of a text, items of an array, members of an object
  union {
    std::int64_t integer;
    std::uint64_t unsigned_integer;
    double real;
    const char* text;
    const Node* items;
  };
  Node() : integer(0) {}
};
static_assert(sizeof(Node) == 16);

const Node& node(const void* raw) {
  return *static_cast<const Node*>(raw);
}

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6), put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18), put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  }
}

// One pass without recursion: values wait on a stack until the bracket that closes them moves them to the
// arena.
class Parser {
 public:
  Parser(std::string_view text, Arena& arena, std::size_t max_depth)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), arena_(arena), max_depth_(max_depth) {}

  // The root, or null and `problem()` at `offset()`.
  const Node* run() {
    if (!value_or_open()) return nullptr;
    while (!frames_.empty()) {
      if (!step()) return nullptr;
    }
    skip_space();
    if (at_ != end_) return fail("has something behind its JSON"), nullptr;
    return arena_.create(stack_.front());
  }
  std::string_view problem() const { return problem_; }
  std::uint64_t offset() const { return static_cast<std::uint64_t>(at_ - begin_); }

 private:
  struct Frame {
    std::size_t first;  // of its items on the stack
    bool is_object;
    bool is_fresh = true;  // nothing was read in it yet
  };

  bool fail(std::string_view problem) {
    if (problem_.empty()) problem_ = problem;
    return false;
  }
  void skip_space() {
    while (at_ != end_ && is_space(*at_)) ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  // What comes next in the innermost open bracket: its end, or a comma and a value.
  bool step() {
    Frame& frame = frames_.back();
    if (take(frame.is_object ? '}' : ']')) return close();
    if (!frame.is_fresh && !take(',')) return fail("is not JSON");
    frame.is_fresh = false;
    if (frame.is_object) {
      skip_space();
      if (at_ == end_ || *at_ != '"' || !text()) return fail("is not JSON");
      if (!take(':')) return fail("is not JSON");
    }
    return value_or_open();
  }

  bool close() {
    const Frame frame = frames_.back();
    frames_.pop_back();
    const std::size_t count = stack_.size() - frame.first;
    const std::size_t size = frame.is_object ? count / 2 : count;
    if (size > std::numeric_limits<std::uint32_t>::max()) return fail("holds too many items");
    const std::span<Node> items = arena_.allocate<Node>(count);
    for (std::size_t i = 0; i < count; ++i) items[i] = stack_[frame.first + i];
    stack_.resize(frame.first);
    Node closed;
    closed.kind = frame.is_object ? Kind::object : Kind::array;
    closed.size = static_cast<std::uint32_t>(size);
    closed.items = items.data();
    stack_.push_back(closed);
    return true;
  }

  bool value_or_open() {
    skip_space();
    if (at_ == end_) return fail("is not JSON");
    switch (*at_) {
      case '{':
      case '[':
        if (frames_.size() >= max_depth_) return fail("nests JSON too deep");
        frames_.push_back({stack_.size(), *at_ == '{'});
        ++at_;
        return true;
      case '"':
        return text();
      default:
        return word() || number();
    }
  }

  bool word() {
    struct Word {
      std::string_view spelling;
      Kind kind;
      double value;
    };
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    static constexpr Word kWords[] = {{"null", Kind::null, 0},
                                      {"true", Kind::boolean, 1},
                                      {"false", Kind::boolean, 0},
                                      {"NaN", Kind::real, std::numeric_limits<double>::quiet_NaN()},
                                      {"Infinity", Kind::real, kInfinity},
                                      {"-Infinity", Kind::real, -kInfinity}};
    const std::string_view left(at_, static_cast<std::size_t>(end_ - at_));
    for (const Word& word : kWords) {
      if (!left.starts_with(word.spelling)) continue;
      Node made;
      made.kind = word.kind;
      if (word.kind == Kind::real) made.real = word.value;
      if (word.kind == Kind::boolean) made.integer = word.value != 0;
      stack_.push_back(made);
      at_ += word.spelling.size();
      return true;
    }
    return false;
  }

  bool number() {
    const char* last = at_;
    bool is_integer = true;
    while (last != end_ && ((*last >= '0' && *last <= '9') || *last == '-' || *last == '+' || *last == '.' ||
                            *last == 'e' || *last == 'E')) {
      is_integer = is_integer && *last != '.' && *last != 'e' && *last != 'E';
      ++last;
    }
    if (last == at_ || *at_ == '+' || *at_ == '.') return fail("is not JSON");
    Node made;
    bool good = false;
    if (is_integer) {
      const auto whole = std::from_chars(at_, last, made.integer);
      good = whole.ec == std::errc() && whole.ptr == last;
      made.kind = Kind::integer;
      if (!good) {
        const auto large = std::from_chars(at_, last, made.unsigned_integer);
        good = large.ec == std::errc() && large.ptr == last;
        made.kind = Kind::unsigned_integer;
      }
    }
    if (!good) {
      // The C library's function, since the browser's has no from_chars for reals; it needs an end.
      const std::string digits(at_, last);
      char* stop = nullptr;
      made.kind = Kind::real;
      made.real = std::strtod(digits.c_str(), &stop);
      if (stop != digits.c_str() + digits.size()) return fail("is not JSON");
    }
    stack_.push_back(made);
    at_ = last;
    return true;
  }

  // A view where nothing is escaped, else unescaped into the arena.
  bool text() {
    const char* const first = ++at_;
    while (at_ != end_ && *at_ != '"' && *at_ != '\\') ++at_;
    std::string_view value(first, static_cast<std::size_t>(at_ - first));
    if (at_ != end_ && *at_ == '\\') {
      scratch_.assign(value);
      if (!unescape()) return fail("is not JSON");
      value = arena_.text(scratch_);
    }
    if (at_ == end_) return fail("is not JSON");
    if (value.size() > std::numeric_limits<std::uint32_t>::max()) return fail("holds too long a string");
    ++at_;
    Node made;
    made.kind = Kind::text;
    made.size = static_cast<std::uint32_t>(value.size());
    made.text = value.data();
    stack_.push_back(made);
    return true;
  }

  // Up to the closing quote.
  bool unescape() {
    while (at_ != end_ && *at_ != '"') {
      if (*at_ != '\\') {
        scratch_ += *at_++;
        continue;
      }
      if (++at_ == end_) return false;
      constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
      const char escaped = *at_++;
      if (const std::size_t which = kFrom.find(escaped); which != std::string_view::npos) {
        scratch_ += kTo[which];
        continue;
      }
      std::uint32_t code = 0;
      if (escaped != 'u' || !four_digits(code)) return false;
      const bool is_high = code >= 0xd800 && code < 0xdc00;
      if (is_high && end_ - at_ >= 6 && at_[0] == '\\' && at_[1] == 'u') {
        at_ += 2;
        std::uint32_t low = 0;
        if (!four_digits(low)) return false;
        code = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
      } else if (code >= 0xd800 && code < 0xe000) {
        code = 0xfffd;  // half a pair stands for nothing
      }
      append_utf8(scratch_, code);
    }
    return true;
  }

  bool four_digits(std::uint32_t& code) {
    if (end_ - at_ < 4) return false;
    for (int i = 0; i < 4; ++i) {
      const int digit = hex_digit(*at_++);
      if (digit < 0) return false;
      code = code << 4 | static_cast<std::uint32_t>(digit);
    }
    return true;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  Arena& arena_;
  std::size_t max_depth_;
  std::vector<Node> stack_;
  std::vector<Frame> frames_;
  std::string scratch_;
  std::string_view problem_;
};

}  // namespace

struct Document::State {
  Arena arena;
  const Node* root = nullptr;
};

Document::Document(std::unique_ptr<State> state) : state_(std::move(state)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Result<Document> Document::parse(Bytes text, std::uint64_t offset, std::size_t max_depth) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  std::string_view view = as_text(text);
  if (view.starts_with(kByteOrderMark)) {
    view.remove_prefix(kByteOrderMark.size());
    offset += kByteOrderMark.size();
  }
  auto state = std::make_unique<State>();
  Parser parser(view, state->arena, max_depth);
  state->root = parser.run();
  if (state->root) return Document(std::move(state));
  Error error;
  error.kind = ErrorKind::malformed;
  error.offset = offset + parser.offset();
  error.has_offset = true;
  error.message = std::string(parser.problem());
  error.advice = "The file is cut short or damaged; get it again";
  return error;
}

Value Document::root() const {
  return Value(state_->root);
}

bool Value::is_null() const {
  return raw_ && node(raw_).kind == Kind::null;
}
bool Value::is_boolean() const {
  return raw_ && node(raw_).kind == Kind::boolean;
}
bool Value::is_integer() const {
  return raw_ && node(raw_).kind == Kind::integer;
}
bool Value::is_number() const {
  return raw_ && (node(raw_).kind == Kind::integer || node(raw_).kind == Kind::unsigned_integer ||
                  node(raw_).kind == Kind::real);
}
bool Value::is_text() const {
  return raw_ && node(raw_).kind == Kind::text;
}
bool Value::is_array() const {
  return raw_ && node(raw_).kind == Kind::array;
}
bool Value::is_object() const {
  return raw_ && node(raw_).kind == Kind::object;
}

bool Value::boolean(bool otherwise) const {
  return is_boolean() ? node(raw_).integer != 0 : otherwise;
}

std::int64_t Value::integer(std::int64_t otherwise) const {
  if (is_integer()) return node(raw_).integer;
  constexpr double kLargest = 9.2e18;
  if (!raw_ || node(raw_).kind != Kind::real) return otherwise;
  const double real = node(raw_).real;
  return std::abs(real) < kLargest && real == std::floor(real) ? static_cast<std::int64_t>(real) : otherwise;
}

std::uint64_t Value::unsigned_integer(std::uint64_t otherwise) const {
  if (raw_ && node(raw_).kind == Kind::unsigned_integer) return node(raw_).unsigned_integer;
  return is_integer() && node(raw_).integer >= 0 ? static_cast<std::uint64_t>(node(raw_).integer) : otherwise;
}

double Value::number(double otherwise) const {
  if (!is_number()) return otherwise;
  const Node& number = node(raw_);
  if (number.kind == Kind::real) return number.real;
  return number.kind == Kind::integer ? static_cast<double>(number.integer)
                                      : static_cast<double>(number.unsigned_integer);
}

std::string_view Value::text(std::string_view otherwise) const {
  return is_text() ? std::string_view(node(raw_).text, node(raw_).size) : otherwise;
}

std::size_t Value::size() const {
  return is_array() || is_object() ? node(raw_).size : 0;
}

Value Value::operator[](std::size_t index) const {
  return is_array() && index < node(raw_).size ? Value(&node(raw_).items[index]) : Value();
}

Value Value::operator[](std::string_view key) const {
  if (!is_object()) return {};
  const Node& object = node(raw_);
  for (std::size_t i = object.size; i-- > 0;) {
    const Node& name = object.items[2 * i];
    if (std::string_view(name.text, name.size) == key) return Value(&object.items[2 * i + 1]);
  }
  return {};
}

Member Value::member(std::size_t index) const {
  if (!is_object() || index >= node(raw_).size) return {};
  const Node* const pair = &node(raw_).items[2 * index];
  return {{pair->text, pair->size}, Value(pair + 1)};
}

}  // namespace haoline::json
