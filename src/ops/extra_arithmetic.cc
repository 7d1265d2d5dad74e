// Elementwise arithmetic, comparison and logic that other formats have and ONNX has not.
#include "ops/arithmetic.h"
#include "ops/op_table.h"
#include "ops/reduction.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

// --- operators of two operands

Number floor_divide(const NumberContext& context, const Number& a, const Number& b) {
  const bool is_sane = a.is_integer() && b.is_integer() && b.integer().number().value_or(0) != 0;
  return is_sane ? Number::exact(context.pool.floor_div(a.integer(), b.integer())) : Number::unknown();
}
Number squared_difference(const NumberContext& context, const Number& a, const Number& b) {
  const Number difference = subtract_numbers(context, a, b);
  return multiply_numbers(context, difference, difference);
}
Number not_equal(const NumberContext& context, const Number& a, const Number& b) {
  return not_number(context, equal_numbers(context, a, b));
}
Number unknown_of_two(const NumberContext&, const Number&, const Number&) {
  return Number::unknown();
}

template <BinaryNumber function>
OpError infer_binary(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  infer_broadcast(call);
  if (function != unknown_of_two) set_binary_value(call, function);
  return std::nullopt;
}
OpError infer_not_equal(OpCall& call) {
  infer_broadcast_to_bool(call);
  set_binary_value(call, not_equal);
  return std::nullopt;
}

// --- operators of one operand

Number square(const NumberContext& context, const Number& a) {
  return multiply_numbers(context, a, a);
}
Number zero(const NumberContext&, const Number&) {
  return Number::exact(0);
}
Number unknown_of_one(const NumberContext&, const Number&) {
  return Number::unknown();
}

template <UnaryNumber function>
OpError infer_unary(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  infer_same_shape(call);
  if (function != unknown_of_one) set_unary_value(call, function);
  return std::nullopt;
}

OpError infer_bucketize(OpCall& call) {
  call.set_dtype(0, DType::int32);
  return infer_same_shape(call);
}

// A search among sorted boundaries: log2 of their number, rounded up.
Cost bucketize_cost(const OpCall& call) {
  std::int64_t steps = 0;
  for (std::size_t reach = 1; reach < call.real_list("boundaries").size() + 1; reach *= 2) ++steps;
  Cost cost;
  cost.add(Arith::compare, call.elements(0) * steps, call.pool());
  return cost;
}

// --- complex numbers

DType part_of(DType complex) {
  if (complex == DType::complex64) return DType::float32;
  return complex == DType::complex128 ? DType::float64 : complex;
}

OpError infer_part(OpCall& call) {
  call.set_dtype(0, part_of(call.dtype(0)));
  return infer_same_shape(call);
}
OpError infer_complex(OpCall& call) {
  call.set_dtype(0, call.dtype(0) == DType::float64 ? DType::complex128 : DType::complex64);
  return infer_broadcast(call);
}

// --- logical reductions

OpError infer_logical_reduction(OpCall& call) {
  call.set_dtype(0, DType::boolean);
  return infer_reduction(call);
}

constexpr OpRow row(Op op, Category category, InferRule infer, CostRule cost, std::string_view counts) {
  return {op, category, infer, cost, counts, Traffic::whole, Alias::in_place, true};
}
constexpr OpRow math(Op op, InferRule infer, Work work, std::string_view counts) {
  return row(op, Category::elementwise, infer, CostRule::per_output(work), counts);
}
constexpr OpRow reduce(Op op) {
  return {op,
          Category::reduce,
          infer_logical_reduction,
          CostRule::per_input({.logic = 1}),
          "1 logic operation per element of the operand",
          Traffic::whole,
          Alias::none,
          true};
}

constexpr OpRow kRows[] = {
    math(Op::Atan2, infer_binary<unknown_of_two>, {.transcendental = 1}, "1 function value per element"),
    row(Op::Bucketize, Category::elementwise, infer_bucketize, CostRule::formula(bucketize_cost),
        "log2(boundaries + 1) comparisons per element"),
    math(Op::Cbrt, infer_unary<unknown_of_one>, {.transcendental = 1}, "1 cube root per element"),
    {Op::Complex, Category::elementwise, infer_complex, CostRule::free(),
     "two parts side by side, no arithmetic", Traffic::whole, Alias::none, true},
    {Op::ComplexAbs, Category::elementwise, infer_part,
     CostRule::per_output({.add = 1, .multiply = 2, .square_root = 1}),
     "two squares, their sum and its root per element", Traffic::whole, Alias::none, true},
    math(Op::FakeQuant, infer_unary<unknown_of_one>, {.add = 3, .multiply = 2, .compare = 2},
         "clamping to the range, scaling, rounding and scaling back per element"),
    math(Op::FloorDiv, infer_binary<floor_divide>, {.divide = 1}, "1 division per element of the result"),
    {Op::Imag, Category::elementwise, infer_part, CostRule::free(), "one part of each number, no arithmetic",
     Traffic::whole, Alias::none, true},
    row(Op::NotEqual, Category::compare, infer_not_equal, CostRule::per_output({.compare = 1}),
        "1 comparison per element of the result"),
    {Op::Real, Category::elementwise, infer_part, CostRule::free(), "one part of each number, no arithmetic",
     Traffic::whole, Alias::none, true},
    reduce(Op::ReduceAll),
    reduce(Op::ReduceAny),
    math(Op::Rsqrt, infer_unary<unknown_of_one>, {.divide = 1, .square_root = 1},
         "a square root and a division per element"),
    math(Op::Square, infer_unary<square>, {.multiply = 1}, "1 multiplication per element"),
    math(Op::SquaredDifference, infer_binary<squared_difference>, {.add = 1, .multiply = 1},
         "a subtraction and a multiplication per element of the result"),
    {Op::ZerosLike, Category::constant, infer_unary<zero>, CostRule::free(), "zeros, no arithmetic",
     Traffic::header, Alias::none, true},
};

}  // namespace

std::span<const OpRow> extra_arithmetic_rows() {
  return kRows;
}

}  // namespace haoline
