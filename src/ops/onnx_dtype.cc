#include "ops/onnx_dtype.h"

#include <array>
#include <cstddef>

namespace haoline {
namespace {

struct Entry {
  std::string_view name;
  DType dtype;
};

// In the order of TensorProto.DataType (onnx.proto).
constexpr std::array kTypes = {
    Entry{"UNDEFINED", DType::unknown},
    Entry{"FLOAT", DType::float32},
    Entry{"UINT8", DType::uint8},
    Entry{"INT8", DType::int8},
    Entry{"UINT16", DType::uint16},
    Entry{"INT16", DType::int16},
    Entry{"INT32", DType::int32},
    Entry{"INT64", DType::int64},
    Entry{"STRING", DType::string},
    Entry{"BOOL", DType::boolean},
    Entry{"FLOAT16", DType::float16},
    Entry{"DOUBLE", DType::float64},
    Entry{"UINT32", DType::uint32},
    Entry{"UINT64", DType::uint64},
    Entry{"COMPLEX64", DType::complex64},
    Entry{"COMPLEX128", DType::complex128},
    Entry{"BFLOAT16", DType::bfloat16},
    Entry{"FLOAT8E4M3FN", DType::float8_e4m3fn},
    Entry{"FLOAT8E4M3FNUZ", DType::float8_e4m3fnuz},
    Entry{"FLOAT8E5M2", DType::float8_e5m2},
    Entry{"FLOAT8E5M2FNUZ", DType::float8_e5m2fnuz},
    Entry{"UINT4", DType::uint4},
    Entry{"INT4", DType::int4},
    Entry{"FLOAT4E2M1", DType::float4_e2m1},
    Entry{"FLOAT8E8M0", DType::float8_e8m0},
    Entry{"UINT2", DType::uint2},
    Entry{"INT2", DType::int2},
};

}  // namespace

DType dtype_of_onnx(std::int64_t number) {
  if (number < 0 || number >= static_cast<std::int64_t>(kTypes.size())) return DType::unknown;
  return kTypes[static_cast<std::size_t>(number)].dtype;
}

DType dtype_of_onnx_name(std::string_view name) {
  for (const Entry& entry : kTypes) {
    if (entry.name == name) return entry.dtype;
  }
  return DType::unknown;
}

}  // namespace haoline
