// Arithmetic on known elements: what an elementwise operator does to one element.
//
// Integers and fractions stay exact, also with symbols in them. Numbers without symbols are rounded to the
// result's type, as the operator would: 0.7 × 10 is 7 in float32. Whatever cannot be proven (the order of
// two symbols, a logarithm) is unknown; unknown absorbs except where the result does not depend on it.
#pragma once

#include "ir/dtype.h"
#include "ir/value.h"

namespace haoline {

// Where an element is computed: the pool of its expressions and the element type of the result.
struct NumberContext {
  DimPool& pool;
  DType dtype = DType::unknown;
};

using UnaryNumber = Number (*)(const NumberContext&, const Number&);
using BinaryNumber = Number (*)(const NumberContext&, const Number&, const Number&);

// The number as an element of that type: rounded; unknown where it does not fit.
Number settle(const NumberContext& context, const Number& number);
// numerator / denominator, reduced. The denominator is positive.
Number fraction(DimPool& pool, Dim numerator, std::int64_t denominator);
// Proven by the bounds of the symbols, or by the weaker ones that hold where every symbol is at least 1.
bool proven_non_negative(DimPool& pool, Dim dim);
bool non_negative_above_zero(DimPool& pool, Dim dim);

Number add_numbers(const NumberContext&, const Number& a, const Number& b);
Number subtract_numbers(const NumberContext&, const Number& a, const Number& b);
Number multiply_numbers(const NumberContext&, const Number& a, const Number& b);
Number divide_numbers(const NumberContext&, const Number& a, const Number& b);  // integers toward zero
Number modulo_numbers(const NumberContext&, const Number& a, const Number& b);  // sign of the divisor
Number fmod_numbers(const NumberContext&, const Number& a, const Number& b);    // sign of the dividend
Number power_numbers(const NumberContext&, const Number& a, const Number& b);
Number min_numbers(const NumberContext&, const Number& a, const Number& b);
Number max_numbers(const NumberContext&, const Number& a, const Number& b);

Number negate_number(const NumberContext&, const Number& a);
Number absolute_number(const NumberContext&, const Number& a);
Number floor_number(const NumberContext&, const Number& a);
Number ceil_number(const NumberContext&, const Number& a);
Number round_number(const NumberContext&, const Number& a);  // halves to even
Number sign_number(const NumberContext&, const Number& a);
Number root_number(const NumberContext&, const Number& a);
Number reciprocal_number(const NumberContext&, const Number& a);
Number relu_number(const NumberContext&, const Number& a);
// A conversion to the context's type; `from` decides what to-integer means.
Number cast_number(const NumberContext&, const Number& a);

// Comparisons and logic give 0 or 1.
Number equal_numbers(const NumberContext&, const Number& a, const Number& b);
Number less_numbers(const NumberContext&, const Number& a, const Number& b);
Number greater_numbers(const NumberContext&, const Number& a, const Number& b);
Number less_or_equal_numbers(const NumberContext&, const Number& a, const Number& b);
Number greater_or_equal_numbers(const NumberContext&, const Number& a, const Number& b);
Number and_numbers(const NumberContext&, const Number& a, const Number& b);
Number or_numbers(const NumberContext&, const Number& a, const Number& b);
Number xor_numbers(const NumberContext&, const Number& a, const Number& b);
Number not_number(const NumberContext&, const Number& a);

// Bits of integers, plain numbers only.
Number bit_and_numbers(const NumberContext&, const Number& a, const Number& b);
Number bit_or_numbers(const NumberContext&, const Number& a, const Number& b);
Number bit_xor_numbers(const NumberContext&, const Number& a, const Number& b);
Number bit_not_number(const NumberContext&, const Number& a);
Number shift_left_numbers(const NumberContext&, const Number& a, const Number& b);
Number shift_right_numbers(const NumberContext&, const Number& a, const Number& b);

}  // namespace haoline
