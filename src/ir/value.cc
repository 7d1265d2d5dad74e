#include "ir/value.h"

#include <cmath>
#include <limits>

namespace haoline {
namespace {

constexpr std::int64_t kMaxDenominator = 1 << 16;
constexpr double kMaxNumerator = 9007199254740992.0;  // 2^53: above it doubles skip integers

}  // namespace

Number Number::of(double value) {
  double scaled = value;
  for (std::int64_t denominator = 1; denominator <= kMaxDenominator; denominator *= 2, scaled *= 2) {
    if (!(std::fabs(scaled) <= kMaxNumerator)) break;  // too large, infinite or no number
    if (scaled == std::trunc(scaled)) return exact(Dim(static_cast<std::int64_t>(scaled)), denominator);
  }
  Number number;
  number.kind = Kind::real;
  number.real = value;
  return number;
}

std::optional<double> Number::constant() const {
  if (kind == Kind::real) return real;
  const auto top = numerator.number();
  if (kind != Kind::exact || !top) return std::nullopt;
  return static_cast<double>(*top) / static_cast<double>(denominator);
}

}  // namespace haoline
