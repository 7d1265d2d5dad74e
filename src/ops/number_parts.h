// Internal to number_math.cc and number_logic.cc.
#pragma once

#include <optional>

#include "ops/number_math.h"

namespace haoline::number_parts {

struct Bounds {
  Int128 low, high;
};
std::optional<Bounds> integer_bounds(DType dtype);  // what an integer type holds

std::optional<Int128> integer_constant(const NumberContext& context, const Number& a);
std::optional<double> as_double(const NumberContext& context, const Number& a);

// Both operands over one denominator.
struct Common {
  Dim a, b;
  std::int64_t denominator;
};
std::optional<Common> over_common_denominator(DimPool& pool, const Number& a, const Number& b);

inline Number truth(bool value) {
  return Number::exact(value ? 1 : 0);
}
inline Number truth(std::optional<bool> value) {
  return value ? truth(*value) : Number::unknown();
}
// Zero or not; nothing where that depends on symbols.
std::optional<bool> truth_of(const NumberContext& context, const Number& a);

}  // namespace haoline::number_parts
