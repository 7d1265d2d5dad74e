// The numbers by which ONNX names element types (TensorProto.DataType). Canonical operators that convert
// (Cast) have them in their attributes, and ONNX Runtime's own format uses them as they are.
#pragma once

#include <cstdint>
#include <iterator>

#include "ir/dtype.h"

namespace haoline {

inline constexpr DType kOnnxTypes[] = {
    DType::unknown,
    DType::float32,
    DType::uint8,
    DType::int8,
    DType::uint16,
    DType::int16,
    DType::int32,
    DType::int64,
    DType::string,
    DType::boolean,
    DType::float16,
    DType::float64,
    DType::uint32,
    DType::uint64,
    DType::complex64,
    DType::complex128,
    DType::bfloat16,
    DType::float8_e4m3fn,
    DType::float8_e4m3fnuz,
    DType::float8_e5m2,
    DType::float8_e5m2fnuz,
    DType::uint4,
    DType::int4,
    DType::float4_e2m1,
    DType::float8_e8m0,
    DType::uint2,
    DType::int2,
};

inline DType dtype_of_onnx_code(std::int64_t code) {
  const bool is_known = code > 0 && code < static_cast<std::int64_t>(std::size(kOnnxTypes));
  return is_known ? kOnnxTypes[code] : DType::unknown;
}

// 0 where ONNX has no such type.
inline std::int64_t onnx_code_of(DType dtype) {
  for (std::size_t code = 1; code < std::size(kOnnxTypes); ++code) {
    if (kOnnxTypes[code] == dtype) return static_cast<std::int64_t>(code);
  }
  return 0;
}

}  // namespace haoline
