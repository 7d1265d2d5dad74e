// MessagePack as Flax writes it: maps with text keys, scalars, and three extension types of its own.
//
//   1: an array  [[extents], "float32", bytes]      3: the same, a NumPy scalar      2: [real, imaginary]
//
// An array beyond 1 GB is a map {"__msgpack_chunked_array__": true, "shape": {"0": …}, "chunks": {"0": array,
// …}}.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace haoline::flax {

inline constexpr std::uint64_t kArray = 1, kComplex = 2, kScalar = 3;
inline constexpr std::string_view kChunked = "__msgpack_chunked_array__";

enum class Kind : std::uint8_t { nothing, boolean, integer, real, text, bytes, list, map, extension };

// The head of one value: for lists and maps the elements follow, for the others everything is here.
struct Token {
  Kind kind = Kind::nothing;
  std::int64_t integer = 0;  // of a boolean: 0 or 1
  double real = 0;
  std::uint64_t size = 0;  // elements of a list, pairs of a map
  std::uint64_t code = 0;  // of an extension
  Bytes payload;           // of texts, bytes and extensions
  std::uint64_t at = 0;    // where the value begins
  std::string_view text() const { return kind == Kind::text ? as_text(payload) : std::string_view(); }
};

// Heads one after another, never past the end.
class Cursor {
 public:
  // `base`: where `bytes` stand in the file.
  explicit Cursor(Bytes bytes, std::uint64_t base = 0) : bytes_(bytes), base_(base) {}

  // Nothing at the end, for a byte that MessagePack does not use, or for more than is left.
  std::optional<Token> next();
  std::uint64_t at() const { return base_ + at_; }
  std::uint64_t left() const { return bytes_.size() - at_; }

 private:
  template <class T>
  std::optional<T> big_endian();
  std::optional<Bytes> take(std::uint64_t size);

  Bytes bytes_;
  std::uint64_t base_, at_ = 0;
};

// Passes over one value of any kind; false where it is damaged or nests too deeply.
bool skip(Cursor& cursor, int depth = 0);

}  // namespace haoline::flax
