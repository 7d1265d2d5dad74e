// Element types as data. Every type is "so many elements in so many bytes", which covers plain floats,
// packed sub-byte integers and block-quantized weights alike.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/checked.h"

namespace haoline {

enum class DType : std::uint8_t {
  unknown,
  float64,
  float32,
  float16,
  bfloat16,
  float8_e4m3fn,
  float8_e4m3fnuz,
  float8_e5m2,
  float8_e5m2fnuz,
  float8_e8m0,
  float6_e2m3,
  float6_e3m2,
  float4_e2m1,
  int64,
  int32,
  int16,
  int8,
  int4,
  int2,
  uint64,
  uint32,
  uint16,
  uint8,
  uint4,
  uint2,
  boolean,
  string,
  complex64,
  complex128,
  // ggml's block types; block sizes from ggml's type table.
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q8_1,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
  q8_k,
  iq2_xxs,
  iq2_xs,
  iq3_xxs,
  iq1_s,
  iq4_nl,
  iq3_s,
  iq2_s,
  iq4_xs,
  iq1_m,
  tq1_0,
  tq2_0,
  mxfp4,
  nvfp4,
  q1_0,
  q2_0,
};
inline constexpr std::size_t kDTypeCount = static_cast<std::size_t>(DType::q2_0) + 1;

enum class DTypeClass : std::uint8_t {
  unknown,
  floating,
  signed_integer,
  unsigned_integer,
  boolean,
  string,
  complex,
  block
};

struct DTypeInfo {
  std::string_view name;
  DTypeClass kind;
  std::uint16_t block_elements;  // elements that are stored together
  std::uint16_t block_bytes;     // bytes of that block; 0: the size is not fixed (strings, unknown)
  std::uint16_t bits;            // of one logical element, as ordinarily named; 0 for block types
};

const DTypeInfo& info(DType dtype);
std::optional<DType> dtype_named(std::string_view name);

inline std::string_view name(DType dtype) {
  return info(dtype).name;
}
inline bool is_float(DType dtype) {
  return info(dtype).kind == DTypeClass::floating;
}
inline bool is_integer(DType dtype) {
  const DTypeClass kind = info(dtype).kind;
  return kind == DTypeClass::signed_integer || kind == DTypeClass::unsigned_integer;
}

// Bytes of that many elements, packed and rounded up to whole blocks. Nothing for strings, unknown types
// and negative counts, or beyond 128 bits.
std::optional<Int128> byte_size(DType dtype, Int128 elements);

}  // namespace haoline
