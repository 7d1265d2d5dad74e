// Element types as attributes spell them: the numbers of ONNX's TensorProto.DataType and, in the oldest
// operator set, their names.
#pragma once

#include <cstdint>
#include <string_view>

#include "ir/dtype.h"

namespace haoline {

DType dtype_of_onnx(std::int64_t number);         // unknown for a number that stands for nothing
DType dtype_of_onnx_name(std::string_view name);  // "FLOAT", "INT64"

}  // namespace haoline
