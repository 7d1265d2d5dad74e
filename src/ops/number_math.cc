#include "ops/number_math.h"

#include <cmath>
#include <limits>
#include <vector>

#include "ops/number_parts.h"

namespace haoline {

using namespace number_parts;

namespace {

using Context = NumberContext;

struct FloatFormat {
  int precision;  // significant bits
  int min_exponent;
  double max;
};

std::optional<FloatFormat> float_format(DType dtype) {
  switch (dtype) {
    case DType::float16:
      return FloatFormat{11, -14, 65504.0};
    case DType::bfloat16:
      return FloatFormat{8, -126, 3.3895313892515355e38};
    case DType::float8_e4m3fn:
      return FloatFormat{4, -6, 448.0};
    case DType::float8_e4m3fnuz:
      return FloatFormat{4, -7, 240.0};
    case DType::float8_e5m2:
      return FloatFormat{3, -14, 57344.0};
    case DType::float8_e5m2fnuz:
      return FloatFormat{3, -15, 57344.0};
    case DType::float4_e2m1:
      return FloatFormat{2, 0, 6.0};
    default:
      return std::nullopt;
  }
}

// Rounds halves to even whatever the rounding mode of the process is.
double round_half_even(double x) {
  const double below = std::floor(x);
  const double rest = x - below;
  if (rest < 0.5) return below;
  if (rest > 0.5) return below + 1;
  return std::fmod(below, 2.0) == 0 ? below : below + 1;
}

// Nothing where the type cannot hold the value: what happens then differs between runtimes.
std::optional<double> round_to(DType dtype, double x) {
  if (dtype == DType::float32) return static_cast<double>(static_cast<float>(x));
  if (dtype == DType::float64 || dtype == DType::unknown) return x;
  const std::optional<FloatFormat> format = float_format(dtype);
  if (!format || !std::isfinite(x)) return std::nullopt;
  if (x == 0) return x;
  const int exponent = std::max(std::ilogb(x), format->min_exponent);
  const double unit = std::ldexp(1.0, exponent - format->precision + 1);
  const double rounded = round_half_even(x / unit) * unit;
  if (std::abs(rounded) > format->max) return std::nullopt;
  // Eight bits and less: rounding and saturation are choices of the operator, so only exact ones are known.
  if (info(dtype).bits <= 8 && rounded != x) return std::nullopt;
  return rounded;
}

Number from_double(const Context& context, double x) {
  const std::optional<double> rounded = round_to(context.dtype, x);
  return rounded ? Number::of(*rounded) : Number::unknown();
}

// In floating types plain numbers are computed as doubles and rounded; nothing for everything else.
std::optional<Number> plain_float(const Context& context, const Number& a, const Number& b,
                                  double (*function)(double, double)) {
  if (!is_float(context.dtype)) return std::nullopt;
  const std::optional<double> x = as_double(context, a);
  const std::optional<double> y = as_double(context, b);
  if (!x || !y) return std::nullopt;
  return from_double(context, function(*x, *y));
}

}  // namespace

bool proven_non_negative(DimPool& pool, Dim dim) {
  return !dim.is_unknown() && pool.range(dim).low >= 0;
}

bool non_negative_above_zero(DimPool& pool, Dim dim) {
  if (dim.is_unknown()) return false;
  if (pool.range(dim).low >= 0) return true;
  if (pool.constant(dim)) return false;
  std::vector<std::pair<Dim, Dim>> shifted;
  for (const Dim symbol : pool.symbols_in(dim)) {
    if (pool.range(symbol).low == 0) shifted.push_back({symbol, pool.add(symbol, 1)});
  }
  return !shifted.empty() && pool.range(pool.substitute(dim, shifted)).low >= 0;
}

Number fraction(DimPool& pool, Dim numerator, std::int64_t denominator) {
  if (numerator.is_unknown() || denominator <= 0) return Number::unknown();
  if (const std::optional<Int128> n = pool.constant(numerator)) {
    Int128 a = *n < 0 ? -*n : *n, b = denominator;
    while (b != 0) {
      const Int128 rest = a % b;
      a = b;
      b = rest;
    }
    return Number::exact(pool.number(*n / a), static_cast<std::int64_t>(denominator / a));
  }
  constexpr std::int64_t kLargestFactorTried = 1000;
  for (std::int64_t factor = 2; factor <= denominator && factor <= kLargestFactorTried; ++factor) {
    while (denominator % factor == 0) {
      const Dim quotient = pool.floor_div(numerator, factor);
      if (pool.multiply(quotient, factor) != numerator) break;
      numerator = quotient;
      denominator /= factor;
    }
  }
  return Number::exact(numerator, denominator);
}

Number settle(const Context& context, const Number& number) {
  if (!number.is_known()) return number;
  if (is_float(context.dtype)) {
    const std::optional<double> plain = as_double(context, number);
    return plain ? from_double(context, *plain) : number;
  }
  const std::optional<Bounds> bounds = integer_bounds(context.dtype);
  if (!bounds) return number;
  const std::optional<Int128> plain = integer_constant(context, number);
  if (plain && (*plain < bounds->low || *plain > bounds->high)) return Number::unknown();
  return number.kind == Number::Kind::real ? Number::unknown() : number;
}

Number add_numbers(const Context& context, const Number& a, const Number& b) {
  if (auto plain = plain_float(context, a, b, [](double x, double y) { return x + y; })) return *plain;
  const std::optional<Common> common = over_common_denominator(context.pool, a, b);
  if (!common) return Number::unknown();
  return settle(context, fraction(context.pool, context.pool.add(common->a, common->b), common->denominator));
}

Number subtract_numbers(const Context& context, const Number& a, const Number& b) {
  if (auto plain = plain_float(context, a, b, [](double x, double y) { return x - y; })) return *plain;
  const std::optional<Common> common = over_common_denominator(context.pool, a, b);
  if (!common) return Number::unknown();
  return settle(context,
                fraction(context.pool, context.pool.subtract(common->a, common->b), common->denominator));
}

Number multiply_numbers(const Context& context, const Number& a, const Number& b) {
  if (auto plain = plain_float(context, a, b, [](double x, double y) { return x * y; })) return *plain;
  std::int64_t denominator;
  if (a.kind != Number::Kind::exact || b.kind != Number::Kind::exact ||
      __builtin_mul_overflow(a.denominator, b.denominator, &denominator)) {
    return Number::unknown();
  }
  const Dim numerator = context.pool.multiply(a.numerator, b.numerator);
  return settle(context, fraction(context.pool, numerator, denominator));
}

namespace {

// Toward zero. For a dividend that may be negative, ⌊⌋ below zero is one too low: max(⌊a/b⌋, min(⌈a/b⌉, 0)).
Number divide_integers(const Context& context, Dim a, Dim b) {
  DimPool& pool = context.pool;
  const std::optional<Int128> x = pool.constant(a);
  const std::optional<Int128> y = pool.constant(b);
  if (y && *y == 0) return Number::unknown();
  if (x && y) return settle(context, Number::exact(pool.number(*x / *y)));
  if (y && *y < 0) return divide_integers(context, pool.negate(a), pool.negate(b));
  if (!proven_non_negative(pool, b)) return Number::unknown();
  const Dim down = pool.floor_div(a, b);
  if (proven_non_negative(pool, a)) return Number::exact(down);
  return Number::exact(pool.max(down, pool.min(pool.ceil_div(a, b), 0)));
}

}  // namespace

Number divide_numbers(const Context& context, const Number& a, const Number& b) {
  if (a.kind != Number::Kind::exact && a.kind != Number::Kind::real) return Number::unknown();
  const std::optional<double> divisor = as_double(context, b);
  if (!b.is_known() || (divisor && *divisor == 0)) return Number::unknown();  // of 0 the sign is not kept
  if (!is_float(context.dtype)) {
    return a.is_integer() && b.is_integer() ? divide_integers(context, a.numerator, b.numerator)
                                            : Number::unknown();
  }
  if (auto plain = plain_float(context, a, b, [](double x, double y) { return x / y; })) return *plain;
  if (a.kind != Number::Kind::exact || b.kind != Number::Kind::exact) return Number::unknown();
  DimPool& pool = context.pool;
  Dim numerator = pool.multiply(a.numerator, pool.number(b.denominator));
  const Dim full = pool.multiply(b.numerator, pool.number(a.denominator));
  if (const std::optional<Int128> n = pool.constant(full)) {
    const Int128 positive = *n < 0 ? -*n : *n;
    if (*n < 0) numerator = pool.negate(numerator);
    if (positive > std::numeric_limits<std::int64_t>::max()) return Number::unknown();
    return fraction(pool, numerator, static_cast<std::int64_t>(positive));
  }
  const Dim quotient = pool.floor_div(numerator, full);
  return pool.multiply(quotient, full) == numerator ? Number::exact(quotient) : Number::unknown();
}

Number modulo_numbers(const Context& context, const Number& a, const Number& b) {
  if (!a.is_integer() || !b.is_integer()) return Number::unknown();
  return settle(context, Number::exact(context.pool.mod(a.numerator, b.numerator)));
}

Number fmod_numbers(const Context& context, const Number& a, const Number& b) {
  const std::optional<double> divisor = as_double(context, b);
  if (divisor && *divisor == 0) return Number::unknown();
  if (auto plain = plain_float(context, a, b, [](double x, double y) { return std::fmod(x, y); }))
    return *plain;
  if (!a.is_integer() || !b.is_integer()) return Number::unknown();
  const std::optional<Int128> x = integer_constant(context, a);
  const std::optional<Int128> y = integer_constant(context, b);
  if (x && y) return Number::exact(context.pool.number(*x % *y));
  if (!proven_non_negative(context.pool, a.numerator) || !proven_non_negative(context.pool, b.numerator)) {
    return Number::unknown();
  }
  return Number::exact(context.pool.mod(a.numerator, b.numerator));
}

Number power_numbers(const Context& context, const Number& a, const Number& b) {
  const std::optional<double> exponent = as_double(context, b);
  if (!exponent || !a.is_known()) return Number::unknown();
  if (is_float(context.dtype)) {
    if (const std::optional<double> base = as_double(context, a)) {
      return from_double(context, std::pow(*base, *exponent));
    }
  }
  constexpr double kLargestExponent = 64;
  if (*exponent != std::floor(*exponent) || *exponent < 0 || *exponent > kLargestExponent)
    return Number::unknown();
  Number result = Number::exact(1);
  for (int i = 0; i < static_cast<int>(*exponent); ++i) {
    result = multiply_numbers({context.pool, DType::unknown}, result, a);
  }
  return settle(context, result);
}

namespace {

Number extreme(const Context& context, const Number& a, const Number& b, Dim (DimPool::*pick)(Dim, Dim),
               bool largest) {
  if (!a.is_known() || !b.is_known()) return Number::unknown();
  if (a.kind == Number::Kind::exact && b.kind == Number::Kind::exact) {
    const std::optional<Common> common = over_common_denominator(context.pool, a, b);
    if (!common) return Number::unknown();
    return fraction(context.pool, (context.pool.*pick)(common->a, common->b), common->denominator);
  }
  const std::optional<double> x = as_double(context, a);
  const std::optional<double> y = as_double(context, b);
  // An infinity is beyond whatever the symbols stand for.
  if (x && std::isinf(*x) && !y) return (*x > 0) == largest ? a : b;
  if (y && std::isinf(*y) && !x) return (*y > 0) == largest ? b : a;
  if (!x || !y) return Number::unknown();
  if (std::isnan(*x)) return a;
  if (std::isnan(*y)) return b;
  return (*x < *y) == largest ? b : a;
}

}  // namespace

Number min_numbers(const Context& context, const Number& a, const Number& b) {
  return extreme(context, a, b, &DimPool::min, false);
}
Number max_numbers(const Context& context, const Number& a, const Number& b) {
  return extreme(context, a, b, &DimPool::max, true);
}

Number negate_number(const Context& context, const Number& a) {
  if (a.kind == Number::Kind::real) return Number::of(-a.real);
  if (a.kind != Number::Kind::exact) return a;
  return settle(context, Number::exact(context.pool.negate(a.numerator), a.denominator));
}

Number absolute_number(const Context& context, const Number& a) {
  if (a.kind == Number::Kind::real) return Number::of(std::abs(a.real));
  if (a.kind != Number::Kind::exact || proven_non_negative(context.pool, a.numerator)) return a;
  const Dim negated = context.pool.negate(a.numerator);
  return settle(context, Number::exact(context.pool.max(a.numerator, negated), a.denominator));
}

Number floor_number(const Context& context, const Number& a) {
  if (a.kind == Number::Kind::real) return Number::of(std::floor(a.real));
  if (a.kind != Number::Kind::exact || a.denominator == 1) return a;
  return Number::exact(context.pool.floor_div(a.numerator, context.pool.number(a.denominator)));
}

Number ceil_number(const Context& context, const Number& a) {
  if (a.kind == Number::Kind::real) return Number::of(std::ceil(a.real));
  if (a.kind != Number::Kind::exact || a.denominator == 1) return a;
  return Number::exact(context.pool.ceil_div(a.numerator, context.pool.number(a.denominator)));
}

Number round_number(const Context& context, const Number& a) {
  if (a.kind == Number::Kind::exact && a.denominator == 1) return a;
  if (const std::optional<double> plain = as_double(context, a)) return Number::of(round_half_even(*plain));
  if (a.kind != Number::Kind::exact) return Number::unknown();
  DimPool& pool = context.pool;
  if (a.denominator == 2) {  // a half over an odd number goes up, over an even one down
    const Dim below = pool.floor_div(a.numerator, 2);
    const Dim up = pool.multiply(pool.mod(a.numerator, 2), pool.mod(below, 2));
    return Number::exact(pool.add(below, up));
  }
  if (a.denominator % 2 == 0 || a.denominator > std::numeric_limits<std::int64_t>::max() / 2)
    return Number::unknown();
  const Dim twice = pool.add(pool.multiply(a.numerator, 2), pool.number(a.denominator));
  return Number::exact(pool.floor_div(twice, pool.number(a.denominator * 2)));
}

Number sign_number(const Context& context, const Number& a) {
  if (const std::optional<double> plain = as_double(context, a)) {
    if (std::isnan(*plain)) return a;
    return Number::exact(*plain > 0 ? 1 : *plain < 0 ? -1 : 0);
  }
  if (a.kind != Number::Kind::exact) return Number::unknown();
  const Range range = context.pool.range(a.numerator);
  if (range.low > 0) return Number::exact(1);
  if (range.high < 0) return Number::exact(-1);
  return Number::unknown();
}

Number root_number(const Context& context, const Number& a) {
  const std::optional<double> plain = as_double(context, a);
  return plain ? from_double(context, std::sqrt(*plain)) : Number::unknown();
}

Number reciprocal_number(const Context& context, const Number& a) {
  return divide_numbers(context, Number::exact(1), a);
}

Number relu_number(const Context& context, const Number& a) {
  return max_numbers(context, a, Number::exact(0));
}

Number cast_number(const Context& context, const Number& a) {
  if (!a.is_known() || context.dtype == DType::string) return Number::unknown();
  if (context.dtype == DType::boolean) return truth(truth_of(context, a));
  if (is_float(context.dtype)) return settle(context, a);
  if (!is_integer(context.dtype)) return Number::unknown();
  if (a.kind == Number::Kind::real) {
    constexpr double kExactIntegers = 9007199254740992.0;
    if (!(std::abs(a.real) < kExactIntegers)) return Number::unknown();
    return settle(context, Number::exact(context.pool.number(static_cast<std::int64_t>(std::trunc(a.real)))));
  }
  if (a.denominator == 1) return settle(context, a);
  return settle(context, divide_integers({context.pool, DType::unknown}, a.numerator,
                                         context.pool.number(a.denominator)));
}

}  // namespace haoline
