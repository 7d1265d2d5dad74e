// Comparisons, logic and bits of known elements.
#include <numeric>

#include "ops/number_math.h"
#include "ops/number_parts.h"

namespace haoline {

using namespace number_parts;

namespace number_parts {

using Context = NumberContext;

std::optional<Bounds> integer_bounds(DType dtype) {
  const DTypeInfo& type = info(dtype);
  if (type.kind == DTypeClass::signed_integer) {
    return Bounds{-(Int128{1} << (type.bits - 1)), (Int128{1} << (type.bits - 1)) - 1};
  }
  if (type.kind == DTypeClass::unsigned_integer) return Bounds{0, (Int128{1} << type.bits) - 1};
  return std::nullopt;
}

std::optional<Int128> integer_constant(const Context& context, const Number& a) {
  return a.is_integer() ? context.pool.constant(a.numerator) : std::nullopt;
}

std::optional<double> as_double(const Context& context, const Number& a) {
  if (a.kind == Number::Kind::real) return a.real;
  if (a.kind != Number::Kind::exact) return std::nullopt;
  const std::optional<Int128> n = context.pool.constant(a.numerator);
  if (!n) return std::nullopt;
  return static_cast<double>(*n) / static_cast<double>(a.denominator);
}

std::optional<Common> over_common_denominator(DimPool& pool, const Number& a, const Number& b) {
  if (a.kind != Number::Kind::exact || b.kind != Number::Kind::exact) return std::nullopt;
  if (a.denominator == b.denominator) return Common{a.numerator, b.numerator, a.denominator};
  const std::int64_t shared = std::gcd(a.denominator, b.denominator);
  std::int64_t denominator;
  if (__builtin_mul_overflow(a.denominator / shared, b.denominator, &denominator)) return std::nullopt;
  return Common{pool.multiply(a.numerator, pool.number(denominator / a.denominator)),
                pool.multiply(b.numerator, pool.number(denominator / b.denominator)), denominator};
}

// Zero or not; nothing where that depends on symbols.
std::optional<bool> truth_of(const Context& context, const Number& a) {
  if (a.kind == Number::Kind::real) return a.real != 0;
  if (a.kind != Number::Kind::exact) return std::nullopt;
  if (const std::optional<Int128> n = context.pool.constant(a.numerator)) return *n != 0;
  const std::optional<bool> zero = context.pool.equal(a.numerator, 0);
  if (zero) return !*zero;
  return std::nullopt;
}

}  // namespace number_parts

Number equal_numbers(const Context& context, const Number& a, const Number& b) {
  const std::optional<Common> common = over_common_denominator(context.pool, a, b);
  if (common) return truth(context.pool.equal(common->a, common->b));
  const std::optional<double> x = as_double(context, a);
  const std::optional<double> y = as_double(context, b);
  return x && y ? truth(*x == *y) : Number::unknown();
}

Number less_numbers(const Context& context, const Number& a, const Number& b) {
  const std::optional<Common> common = over_common_denominator(context.pool, a, b);
  if (common) return truth(context.pool.less(common->a, common->b));
  const std::optional<double> x = as_double(context, a);
  const std::optional<double> y = as_double(context, b);
  return x && y ? truth(*x < *y) : Number::unknown();
}

Number greater_numbers(const Context& context, const Number& a, const Number& b) {
  return less_numbers(context, b, a);
}

Number less_or_equal_numbers(const Context& context, const Number& a, const Number& b) {
  const std::optional<Common> common = over_common_denominator(context.pool, a, b);
  if (common) {
    const std::optional<bool> beyond = context.pool.less(common->b, common->a);
    return beyond ? truth(!*beyond) : Number::unknown();
  }
  const std::optional<double> x = as_double(context, a);
  const std::optional<double> y = as_double(context, b);
  return x && y ? truth(*x <= *y) : Number::unknown();
}

Number greater_or_equal_numbers(const Context& context, const Number& a, const Number& b) {
  return less_or_equal_numbers(context, b, a);
}

Number and_numbers(const Context& context, const Number& a, const Number& b) {
  const std::optional<bool> x = truth_of(context, a), y = truth_of(context, b);
  if ((x && !*x) || (y && !*y)) return truth(false);
  return x && y ? truth(true) : Number::unknown();
}

Number or_numbers(const Context& context, const Number& a, const Number& b) {
  const std::optional<bool> x = truth_of(context, a), y = truth_of(context, b);
  if ((x && *x) || (y && *y)) return truth(true);
  return x && y ? truth(false) : Number::unknown();
}

Number xor_numbers(const Context& context, const Number& a, const Number& b) {
  const std::optional<bool> x = truth_of(context, a), y = truth_of(context, b);
  return x && y ? truth(*x != *y) : Number::unknown();
}

Number not_number(const Context& context, const Number& a) {
  const std::optional<bool> x = truth_of(context, a);
  return x ? truth(!*x) : Number::unknown();
}

namespace {

Number bits(const Context& context, const Number& a, const Number& b, Int128 (*function)(Int128, Int128)) {
  const std::optional<Int128> x = integer_constant(context, a);
  const std::optional<Int128> y = integer_constant(context, b);
  return x && y ? settle(context, Number::exact(context.pool.number(function(*x, *y)))) : Number::unknown();
}

}  // namespace

Number bit_and_numbers(const Context& context, const Number& a, const Number& b) {
  return bits(context, a, b, [](Int128 x, Int128 y) { return x & y; });
}
Number bit_or_numbers(const Context& context, const Number& a, const Number& b) {
  return bits(context, a, b, [](Int128 x, Int128 y) { return x | y; });
}
Number bit_xor_numbers(const Context& context, const Number& a, const Number& b) {
  return bits(context, a, b, [](Int128 x, Int128 y) { return x ^ y; });
}
Number bit_not_number(const Context& context, const Number& a) {
  const std::optional<Bounds> bounds = integer_bounds(context.dtype);
  const std::optional<Int128> x = integer_constant(context, a);
  if (!bounds || !x) return Number::unknown();
  return Number::exact(context.pool.number(bounds->low < 0 ? ~*x : bounds->high - *x));
}
Number shift_left_numbers(const Context& context, const Number& a, const Number& b) {
  return bits(context, a, b, [](Int128 x, Int128 y) -> Int128 { return y >= 0 && y < 64 ? x << y : -1; });
}
Number shift_right_numbers(const Context& context, const Number& a, const Number& b) {
  return bits(context, a, b, [](Int128 x, Int128 y) -> Int128 { return y >= 0 && y < 64 ? x >> y : -1; });
}

}  // namespace haoline
