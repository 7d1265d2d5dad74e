// The only file that includes RapidJSON: its headers are heavy, its types stay here.
#include "formats/shared/json.h"

#include <rapidjson/document.h>
#include <rapidjson/reader.h>

#include <cmath>
#include <cstring>
#include <string>
#include <utility>

namespace haoline::json {
namespace {

using Tree = rapidjson::GenericDocument<rapidjson::UTF8<>, rapidjson::MemoryPoolAllocator<>>;
using Node = Tree::ValueType;

const Node& node(const void* raw) {
  return *static_cast<const Node*>(raw);
}

// Passes a parser's events on to the tree and counts how deep they go.
struct Bounded {
  Tree& tree;
  std::size_t left;
  bool too_deep = false;

  bool deeper() {
    too_deep = left == 0;
    if (!too_deep) --left;
    return !too_deep;
  }
  bool Null() { return tree.Null(); }
  bool Bool(bool b) { return tree.Bool(b); }
  bool Int(int i) { return tree.Int(i); }
  bool Uint(unsigned i) { return tree.Uint(i); }
  bool Int64(std::int64_t i) { return tree.Int64(i); }
  bool Uint64(std::uint64_t i) { return tree.Uint64(i); }
  bool Double(double d) { return tree.Double(d); }
  bool RawNumber(const char* s, unsigned n, bool copy) { return tree.RawNumber(s, n, copy); }
  bool String(const char* s, unsigned n, bool copy) { return tree.String(s, n, copy); }
  bool Key(const char* s, unsigned n, bool copy) { return tree.Key(s, n, copy); }
  bool StartObject() { return deeper() && tree.StartObject(); }
  bool EndObject(unsigned n) { return ++left, tree.EndObject(n); }
  bool StartArray() { return deeper() && tree.StartArray(); }
  bool EndArray(unsigned n) { return ++left, tree.EndArray(n); }
};

// A tree fills itself from whoever makes events.
struct Events {
  rapidjson::InsituStringStream& stream;
  rapidjson::Reader reader;
  std::size_t max_depth;
  bool too_deep = false;

  bool operator()(Tree& tree) {
    constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                                rapidjson::kParseNanAndInfFlag | rapidjson::kParseFullPrecisionFlag;
    Bounded handler{tree, max_depth};
    const bool good = !reader.Parse<kFlags>(stream, handler).IsError();
    too_deep = handler.too_deep;
    return good;
  }
};

Error failure(std::uint64_t offset, std::string message) {
  Error error;
  error.kind = ErrorKind::malformed;
  error.offset = offset;
  error.has_offset = true;
  error.message = std::move(message);
  error.advice = "The file is cut short or damaged; get it again";
  return error;
}

}  // namespace

struct Document::State {
  std::unique_ptr<char[]> text;
  Tree tree;
};

Document::Document(std::unique_ptr<State> state) : state_(std::move(state)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Result<Document> Document::parse(Bytes text, std::uint64_t offset, std::size_t max_depth) {
  constexpr std::size_t kLongest = 0xffffffff;  // RapidJSON counts in 32 bits
  if (text.size() >= kLongest) return failure(offset, "holds more than 4 GiB of JSON");
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (as_text(text).starts_with(kByteOrderMark)) {
    text = text.subspan(kByteOrderMark.size());
    offset += kByteOrderMark.size();
  }
  auto state = std::make_unique<State>();
  state->text = std::make_unique_for_overwrite<char[]>(text.size() + 1);
  if (!text.empty()) std::memcpy(state->text.get(), text.data(), text.size());
  state->text[text.size()] = '\0';
  rapidjson::InsituStringStream stream(state->text.get());
  Events events{stream, {}, max_depth};
  state->tree.Populate(events);
  if (events.too_deep)
    return failure(offset + stream.Tell(), "nests JSON deeper than " + std::to_string(max_depth));
  if (!events.reader.HasParseError() && stream.Tell() != text.size())
    return failure(offset + stream.Tell(), "holds a zero byte inside its JSON");
  if (events.reader.HasParseError()) return failure(offset + events.reader.GetErrorOffset(), "is not JSON");
  return Document(std::move(state));
}

Value Document::root() const {
  return Value(static_cast<const Node*>(&state_->tree));
}

bool Value::is_null() const {
  return raw_ && node(raw_).IsNull();
}
bool Value::is_boolean() const {
  return raw_ && node(raw_).IsBool();
}
bool Value::is_integer() const {
  return raw_ && node(raw_).IsInt64();
}
bool Value::is_number() const {
  return raw_ && node(raw_).IsNumber();
}
bool Value::is_text() const {
  return raw_ && node(raw_).IsString();
}
bool Value::is_array() const {
  return raw_ && node(raw_).IsArray();
}
bool Value::is_object() const {
  return raw_ && node(raw_).IsObject();
}

bool Value::boolean(bool otherwise) const {
  return is_boolean() ? node(raw_).GetBool() : otherwise;
}

std::int64_t Value::integer(std::int64_t otherwise) const {
  if (is_integer()) return node(raw_).GetInt64();
  constexpr double kLargest = 9.2e18;
  if (!raw_ || !node(raw_).IsDouble()) return otherwise;
  const double real = node(raw_).GetDouble();
  return std::abs(real) < kLargest && real == std::floor(real) ? static_cast<std::int64_t>(real) : otherwise;
}

std::uint64_t Value::unsigned_integer(std::uint64_t otherwise) const {
  return raw_ && node(raw_).IsUint64() ? node(raw_).GetUint64() : otherwise;
}

double Value::number(double otherwise) const {
  return is_number() ? node(raw_).GetDouble() : otherwise;
}

std::string_view Value::text(std::string_view otherwise) const {
  return is_text() ? std::string_view(node(raw_).GetString(), node(raw_).GetStringLength()) : otherwise;
}

std::size_t Value::size() const {
  return is_array() ? node(raw_).Size() : is_object() ? node(raw_).MemberCount() : 0;
}

Value Value::operator[](std::size_t index) const {
  if (!is_array() || index >= node(raw_).Size()) return {};
  return Value(&node(raw_)[static_cast<rapidjson::SizeType>(index)]);
}

Value Value::operator[](std::string_view key) const {
  if (!is_object()) return {};
  const Node& object = node(raw_);
  for (auto at = object.MemberEnd(); at != object.MemberBegin();) {
    --at;
    if (std::string_view(at->name.GetString(), at->name.GetStringLength()) == key) return Value(&at->value);
  }
  return {};
}

Member Value::member(std::size_t index) const {
  if (!is_object() || index >= node(raw_).MemberCount()) return {};
  const auto at = node(raw_).MemberBegin() + static_cast<std::ptrdiff_t>(index);
  return {{at->name.GetString(), at->name.GetStringLength()}, Value(&at->value)};
}

}  // namespace haoline::json
