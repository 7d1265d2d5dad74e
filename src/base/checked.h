// Integer arithmetic that notices overflow. Totals are 128 bit, dimensions 64 bit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace haoline {

__extension__ typedef __int128 Int128;

inline std::optional<Int128> checked_add(Int128 a, Int128 b) {
  Int128 out;
  if (__builtin_add_overflow(a, b, &out)) return std::nullopt;
  return out;
}
inline std::optional<Int128> checked_mul(Int128 a, Int128 b) {
  Int128 out;
  if (__builtin_mul_overflow(a, b, &out)) return std::nullopt;
  return out;
}

// Floor division and the remainder that goes with it (the sign of the divisor). `b` is not 0.
constexpr Int128 floor_div(Int128 a, Int128 b) {
  const Int128 q = a / b;
  return (a % b != 0 && ((a < 0) != (b < 0))) ? q - 1 : q;
}
constexpr Int128 floor_mod(Int128 a, Int128 b) {
  return a - floor_div(a, b) * b;
}

inline std::string to_decimal(Int128 value) {
  if (value == 0) return "0";
  std::string digits;
  const bool negative = value < 0;
  while (value != 0) {
    const int digit = static_cast<int>(value % 10);
    digits.insert(digits.begin(), static_cast<char>('0' + (digit < 0 ? -digit : digit)));
    value /= 10;
  }
  if (negative) digits.insert(digits.begin(), '-');
  return digits;
}

}  // namespace haoline
