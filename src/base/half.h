// The small floating-point kinds, each from its bits to a double. Every value of each is exact in a double.
// The layouts are those of IEEE 754 (float16), of bfloat16, and of the OCP formats as ONNX uses them.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace haoline {

// Sign, exponent and fraction bits, and what the extreme codes mean.
struct FloatLayout {
  int exponent_bits;
  int fraction_bits;
  int bias;
  enum class Specials : std::uint8_t {
    ieee,      // the largest exponent is infinity (fraction 0) or NaN
    nan_ones,  // no infinity; only all ones is NaN (fn)
    nan_zero,  // no infinity, no negative zero; the code of negative zero is NaN (fnuz)
    none,      // every code is a number
  } specials;
};

inline constexpr FloatLayout kFloat16{5, 10, 15, FloatLayout::Specials::ieee};
inline constexpr FloatLayout kBfloat16{8, 7, 127, FloatLayout::Specials::ieee};
inline constexpr FloatLayout kFloat8E4M3Fn{4, 3, 7, FloatLayout::Specials::nan_ones};
inline constexpr FloatLayout kFloat8E4M3Fnuz{4, 3, 8, FloatLayout::Specials::nan_zero};
inline constexpr FloatLayout kFloat8E5M2{5, 2, 15, FloatLayout::Specials::ieee};
inline constexpr FloatLayout kFloat8E5M2Fnuz{5, 2, 16, FloatLayout::Specials::nan_zero};
inline constexpr FloatLayout kFloat4E2M1{2, 1, 1, FloatLayout::Specials::none};

double to_double(const FloatLayout& layout, std::uint32_t bits);

inline double float16_to_double(std::uint16_t bits) {
  return to_double(kFloat16, bits);
}
inline double bfloat16_to_double(std::uint16_t bits) {
  return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16));
}
// A power of two, or NaN; there is no sign, no zero.
double float8_e8m0_to_double(std::uint8_t bits);

}  // namespace haoline
