// What the bytes of a GGUF file are: a header, key-value pairs, tensor records, then the tensors' data.
//
//   "GGUF", version, tensor count, pair count
//   pair:   key, value type, value         (text: length, bytes; array: element type, length, elements)
//   tensor: name, rank, extents innermost first, type, offset into the data
//   data:   begins at the next multiple of general.alignment (32 where nothing says otherwise)
//
// Version 1 counts in 32 bits, later ones in 64. A file may be written big-endian: its version then reads as
// one times a power of two.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "ir/dtype.h"

namespace haoline::gguf {

inline constexpr std::string_view kMagic = "GGUF";
inline constexpr std::uint32_t kNewestVersion = 3;
inline constexpr std::uint64_t kDefaultAlignment = 32;
inline constexpr std::size_t kMaxRank = 8;  // ggml has 4; more does no harm
inline constexpr int kMaxArrayDepth = 8;    // of arrays in arrays

enum class ValueType : std::uint32_t {
  uint8,
  int8,
  uint16,
  int16,
  uint32,
  int32,
  float32,
  boolean,
  text,
  array,
  uint64,
  int64,
  float64,
};
inline constexpr std::uint32_t kValueTypes = 13;

// Bytes of a value of fixed size; 0 for texts and arrays.
std::uint64_t fixed_size(ValueType type);
std::string_view name_of(ValueType type);

struct TensorType {
  std::uint32_t code;
  std::string_view name;  // as ggml spells it
  DType dtype;
};
const TensorType* find_tensor_type(std::uint32_t code);  // null: not one of ggml's

// "Q4_K_M" of general.file_type; empty for a number that is not known.
std::string_view file_type_name(std::uint64_t code);

// A walk over the header that nobody has to trust. The first failure sticks: later reads give zeros and
// nothing, so that a record is read whole and asked once.
class Cursor {
 public:
  Cursor(Bytes file, std::uint64_t at) : file_(file), at_(at) {}

  void set_layout(bool big_endian, bool short_counts) {
    is_big_endian_ = big_endian;
    has_short_counts_ = short_counts;
  }
  bool is_big_endian() const { return is_big_endian_; }

  bool ok() const { return ok_; }
  const Error& error() const { return error_; }
  std::uint64_t at() const { return at_; }
  std::uint64_t left() const { return file_.size() - at_; }

  template <class T>
  T number() {
    if (left() < sizeof(T)) return cut_short(), T{};
    T value = load<T>(file_.data() + at_);
    at_ += sizeof(T);
    if (is_big_endian_) value = swapped(value);
    return value;
  }
  std::uint64_t count() { return has_short_counts_ ? number<std::uint32_t>() : number<std::uint64_t>(); }
  std::string_view text() {
    const std::uint64_t size = count();
    if (size > left()) return cut_short(), std::string_view();
    const std::string_view value =
        as_text(file_.subspan(static_cast<std::size_t>(at_), static_cast<std::size_t>(size)));
    at_ += size;
    return value;
  }
  void skip(std::uint64_t size) {
    if (size > left()) return cut_short();
    at_ += size;
  }
  // Passes over texts without looking at them.
  void skip_texts(std::uint64_t texts);

  void fail(ErrorKind kind, std::string path, std::uint64_t offset, std::string message,
            std::string advice = {});

 private:
  void cut_short();
  template <class T>
  static T swapped(T value) {
    unsigned char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    for (std::size_t i = 0; i < sizeof(T) / 2; ++i) std::swap(bytes[i], bytes[sizeof(T) - 1 - i]);
    std::memcpy(&value, bytes, sizeof(T));
    return value;
  }

  Bytes file_;
  std::uint64_t at_;
  bool is_big_endian_ = false, has_short_counts_ = false, ok_ = true;
  Error error_;
};

}  // namespace haoline::gguf
