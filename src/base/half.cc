#include "base/half.h"

#include <cmath>

namespace haoline {

double to_double(const FloatLayout& layout, std::uint32_t bits) {
  using Specials = FloatLayout::Specials;
  const std::uint32_t fraction_mask = (1u << layout.fraction_bits) - 1;
  const std::uint32_t exponent_mask = (1u << layout.exponent_bits) - 1;
  const std::uint32_t fraction = bits & fraction_mask;
  const std::uint32_t exponent = (bits >> layout.fraction_bits) & exponent_mask;
  const std::uint32_t sign = (bits >> (layout.fraction_bits + layout.exponent_bits)) & 1;
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  if (layout.specials == Specials::ieee && exponent == exponent_mask) {
    const double infinity = std::numeric_limits<double>::infinity();
    return fraction != 0 ? kNan : sign != 0 ? -infinity : infinity;
  }
  if (layout.specials == Specials::nan_ones && exponent == exponent_mask && fraction == fraction_mask)
    return kNan;
  if (layout.specials == Specials::nan_zero && sign != 0 && exponent == 0 && fraction == 0) return kNan;
  const bool is_subnormal = exponent == 0;
  const double significand =
      static_cast<double>(is_subnormal ? fraction : fraction | (1u << layout.fraction_bits));
  const int power = (is_subnormal ? 1 : static_cast<int>(exponent)) - layout.bias - layout.fraction_bits;
  const double magnitude = std::ldexp(significand, power);
  return sign != 0 ? -magnitude : magnitude;
}

double float8_e8m0_to_double(std::uint8_t bits) {
  return bits == 0xff ? std::numeric_limits<double>::quiet_NaN()
                      : std::ldexp(1.0, static_cast<int>(bits) - 127);
}

}  // namespace haoline
