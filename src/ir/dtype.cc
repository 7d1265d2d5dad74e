#include "ir/dtype.h"

#include <algorithm>

namespace haoline {
namespace {

using K = DTypeClass;
constexpr std::array<DTypeInfo, kDTypeCount> kDTypes = {{
    {"unknown", K::unknown, 1, 0, 0},
    {"float64", K::floating, 1, 8, 64},
    {"float32", K::floating, 1, 4, 32},
    {"float16", K::floating, 1, 2, 16},
    {"bfloat16", K::floating, 1, 2, 16},
    {"float8_e4m3fn", K::floating, 1, 1, 8},
    {"float8_e4m3fnuz", K::floating, 1, 1, 8},
    {"float8_e5m2", K::floating, 1, 1, 8},
    {"float8_e5m2fnuz", K::floating, 1, 1, 8},
    {"float8_e8m0", K::floating, 1, 1, 8},
    {"float6_e2m3", K::floating, 4, 3, 6},
    {"float6_e3m2", K::floating, 4, 3, 6},
    {"float4_e2m1", K::floating, 2, 1, 4},
    {"int64", K::signed_integer, 1, 8, 64},
    {"int32", K::signed_integer, 1, 4, 32},
    {"int16", K::signed_integer, 1, 2, 16},
    {"int8", K::signed_integer, 1, 1, 8},
    {"int4", K::signed_integer, 2, 1, 4},
    {"int2", K::signed_integer, 4, 1, 2},
    {"uint64", K::unsigned_integer, 1, 8, 64},
    {"uint32", K::unsigned_integer, 1, 4, 32},
    {"uint16", K::unsigned_integer, 1, 2, 16},
    {"uint8", K::unsigned_integer, 1, 1, 8},
    {"uint4", K::unsigned_integer, 2, 1, 4},
    {"uint2", K::unsigned_integer, 4, 1, 2},
    {"bool", K::boolean, 1, 1, 8},
    {"string", K::string, 1, 0, 0},
    {"complex64", K::complex, 1, 8, 64},
    {"complex128", K::complex, 1, 16, 128},
    {"q4_0", K::block, 32, 18, 0},
    {"q4_1", K::block, 32, 20, 0},
    {"q5_0", K::block, 32, 22, 0},
    {"q5_1", K::block, 32, 24, 0},
    {"q8_0", K::block, 32, 34, 0},
    {"q8_1", K::block, 32, 36, 0},
    {"q2_k", K::block, 256, 84, 0},
    {"q3_k", K::block, 256, 110, 0},
    {"q4_k", K::block, 256, 144, 0},
    {"q5_k", K::block, 256, 176, 0},
    {"q6_k", K::block, 256, 210, 0},
    {"q8_k", K::block, 256, 292, 0},
    {"iq2_xxs", K::block, 256, 66, 0},
    {"iq2_xs", K::block, 256, 74, 0},
    {"iq3_xxs", K::block, 256, 98, 0},
    {"iq1_s", K::block, 256, 50, 0},
    {"iq4_nl", K::block, 32, 18, 0},
    {"iq3_s", K::block, 256, 110, 0},
    {"iq2_s", K::block, 256, 82, 0},
    {"iq4_xs", K::block, 256, 136, 0},
    {"iq1_m", K::block, 256, 56, 0},
    {"tq1_0", K::block, 256, 54, 0},
    {"tq2_0", K::block, 256, 66, 0},
    {"mxfp4", K::block, 32, 17, 0},
    {"nvfp4", K::block, 64, 36, 0},
    {"q1_0", K::block, 128, 18, 0},
    {"q2_0", K::block, 64, 18, 0},
}};
static_assert(kDTypes[static_cast<std::size_t>(DType::uint2)].name == "uint2");
static_assert(kDTypes.back().name == "q2_0", "kDTypes must follow the order of DType");

}  // namespace

const DTypeInfo& info(DType dtype) {
  return kDTypes[static_cast<std::size_t>(dtype)];
}

std::optional<DType> dtype_named(std::string_view name) {
  const auto row =
      std::find_if(kDTypes.begin(), kDTypes.end(), [&](const DTypeInfo& r) { return r.name == name; });
  if (row == kDTypes.end()) return std::nullopt;
  return static_cast<DType>(row - kDTypes.begin());
}

std::optional<Int128> byte_size(DType dtype, Int128 elements) {
  const DTypeInfo& type = info(dtype);
  if (type.block_bytes == 0 || elements < 0) return std::nullopt;
  const Int128 blocks = (elements / type.block_elements) + (elements % type.block_elements != 0 ? 1 : 0);
  return checked_mul(blocks, type.block_bytes);
}

}  // namespace haoline
