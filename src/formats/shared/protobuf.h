// A bounds-checked walk over protobuf bytes that nobody has to trust.
//
// Zero-copy: a field's payload is a view into the file. The first failure sticks in the Context that all
// cursors of one file share: every walk then ends, so a reader takes a whole record and asks ok() once. A
// failure knows the record's path ("graph.node[12].attribute[3]") and the byte of the offending field; the
// path is put together only then, so a walk pays nothing for it.
//
// (protozero, the usual choice, throws and knows neither place nor byte: the WebAssembly build has no
// exceptions, and an error here has to say where.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace haoline::protobuf {

enum class WireType : std::uint8_t {
  varint = 0,
  fixed64 = 1,
  length = 2,
  group_begin = 3,
  group_end = 4,
  fixed32 = 5
};

// Where in the tree of messages a cursor stands: a chain on the stack, innermost first.
struct Place {
  static constexpr std::uint32_t kNoIndex = std::numeric_limits<std::uint32_t>::max();
  const Place* parent = nullptr;
  std::string_view name;  // "graph", "node"; of the outermost one possibly a whole path
  std::uint32_t index = kNoIndex;
};
std::string to_string(const Place& place);

// What a message's fields are called, for the path of an error.
struct FieldName {
  std::uint32_t number;
  std::string_view name;
  bool repeated = false;
};
using FieldNames = std::span<const FieldName>;

// What all cursors of one file share.
class Context {
 public:
  explicit Context(Bytes file) : begin_(file.data()) {}

  bool ok() const { return ok_; }
  const Error& error() const { return error_; }
  std::uint64_t offset_of(const std::byte* at) const { return static_cast<std::uint64_t>(at - begin_); }

  // Only the first failure is kept.
  void fail(ErrorKind kind, const Place& place, const std::byte* at, std::string message,
            std::string advice = {});

 private:
  const std::byte* begin_;
  bool ok_ = true;
  Error error_;
};

// One varint at `at`, not reading past `end`. Null when it runs past the end or is longer than 64 bits.
inline const std::byte* read_varint(const std::byte* at, const std::byte* end, std::uint64_t& value) {
  if (at < end && std::to_integer<unsigned>(*at) < 0x80) {
    value = std::to_integer<std::uint64_t>(*at);
    return at + 1;
  }
  std::uint64_t sum = 0;
  for (unsigned shift = 0; at < end && shift < 70; shift += 7, ++at) {
    const auto byte = std::to_integer<std::uint64_t>(*at);
    if (shift == 63 && byte > 1) return nullptr;
    sum |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      value = sum;
      return at + 1;
    }
  }
  return nullptr;
}

// The fields of one message, in the order of the file:
//   while (message.next()) switch (message.number()) { case 1: name = message.text(); break; … }
class Fields {
 public:
  Fields(Bytes bytes, const Place& place, FieldNames names, Context& context)
      : begin_(bytes.data()),
        at_(begin_),
        end_(begin_ + bytes.size()),
        place_(place),
        names_(names),
        context_(context) {}

  // Steps to the next field and bounds its payload. False at the end and after any failure.
  bool next() {
    if (at_ == end_ || !context_.ok()) return false;
    tag_ = at_;
    std::uint64_t key = 0;
    const std::byte* after = read_varint(at_, end_, key);
    if (after == nullptr || key >> 3 == 0 || key >> 32 != 0) return fail_tag();
    number_ = static_cast<std::uint32_t>(key >> 3);
    type_ = static_cast<WireType>(key & 7);
    switch (type_) {
      case WireType::varint: {
        const std::byte* const begin = after;
        after = read_varint(begin, end_, value_);
        if (after == nullptr) return fail_cut("a number");
        payload_ = {begin, static_cast<std::size_t>(after - begin)};
        at_ = after;
        return true;
      }
      case WireType::length:
        after = read_varint(after, end_, value_);
        if (after == nullptr) return fail_cut("a length");
        if (value_ > static_cast<std::uint64_t>(end_ - after)) return fail_length(after);
        payload_ = {after, static_cast<std::size_t>(value_)};
        at_ = after + value_;
        return true;
      case WireType::fixed32:
        return take_fixed(after, 4);
      case WireType::fixed64:
        return take_fixed(after, 8);
      default:
        return fail_tag();
    }
  }

  std::uint32_t number() const { return number_; }
  WireType type() const { return type_; }
  const std::byte* tag() const { return tag_; }                                 // where the field begins
  Bytes field() const { return {tag_, static_cast<std::size_t>(at_ - tag_)}; }  // tag included
  Bytes payload() const { return payload_; }                                    // whatever the wire type

  // The payload as the schema has it. A field of another wire type is a failure and gives 0 or nothing.
  Bytes bytes() { return expect(WireType::length) ? payload_ : Bytes{}; }
  std::string_view text() { return as_text(bytes()); }
  std::uint64_t number64() { return expect(WireType::varint) ? value_ : 0; }
  std::int64_t integer() { return static_cast<std::int64_t>(number64()); }
  float real() { return expect(WireType::fixed32) ? load<float>(payload_.data()) : 0; }

  // Fails at the field in hand; its name and index become the end of the path.
  void fail(ErrorKind kind, std::string message, std::string advice = {}) const;

  const Place& place() const { return place_; }
  Context& context() const { return context_; }

 private:
  bool take_fixed(const std::byte* after, std::size_t size) {
    if (static_cast<std::size_t>(end_ - after) < size) return fail_cut("a number");
    payload_ = {after, size};
    at_ = after + size;
    return true;
  }
  std::uint32_t earlier_fields() const;
  bool expect(WireType wanted) { return type_ == wanted || fail_type(wanted); }
  bool fail_tag();
  bool fail_cut(std::string_view what);
  bool fail_length(const std::byte* after);
  bool fail_type(WireType wanted);

  const std::byte* begin_;
  const std::byte* at_;
  const std::byte* end_;
  const std::byte* tag_ = nullptr;
  Bytes payload_;
  std::uint64_t value_ = 0;
  std::uint32_t number_ = 0;
  WireType type_ = WireType::varint;
  Place place_;
  FieldNames names_;
  Context& context_;
};

}  // namespace haoline::protobuf
