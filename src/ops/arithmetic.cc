// Elementwise arithmetic, comparison, logic, bits and casts.
#include "ops/arithmetic.h"

#include "ops/op_table.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

template <UnaryNumber function>
OpError infer_unary(OpCall& call) {
  infer_same_shape(call);
  set_unary_value(call, function);
  return std::nullopt;
}

template <BinaryNumber function>
OpError infer_binary(OpCall& call) {
  infer_broadcast(call);
  set_binary_value(call, function);
  return std::nullopt;
}

template <BinaryNumber function>
OpError infer_comparison(OpCall& call) {
  infer_broadcast_to_bool(call);
  set_binary_value(call, function);
  return std::nullopt;
}

// One operand can decide: false and x, true or x.
template <BinaryNumber function>
OpError infer_logic(OpCall& call) {
  infer_broadcast_to_bool(call);
  set_binary_value(call, function, true);
  return std::nullopt;
}

OpError infer_not(OpCall& call) {
  infer_same_as_bool(call);
  set_unary_value(call, not_number);
  return std::nullopt;
}

// The result has the type of the base; before it had one of its own, the exponent had the same.
OpError infer_power(OpCall& call) {
  if (call.has(0)) call.set_dtype(0, call.dtype(0));
  infer_broadcast(call);
  set_binary_value(call, power_numbers);
  return std::nullopt;
}

std::int64_t joins(const OpCall& call) {
  return static_cast<std::int64_t>(call.input_count()) - 1;
}

Cost extreme_cost(const OpCall& call) {
  Cost cost;
  cost.add(Arith::compare, call.output_elements(0) * joins(call), call.pool());
  return cost;
}

Cost sum_cost(const OpCall& call) {
  Cost cost;
  cost.add(Arith::add, call.output_elements(0) * joins(call), call.pool());
  return cost;
}

Cost mean_cost(const OpCall& call) {
  Cost cost = sum_cost(call);
  cost.add(Arith::divide, call.output_elements(0), call.pool());
  return cost;
}

Cost clip_cost(const OpCall& call) {
  std::int64_t bounds = 2;
  if (call.version() == 0 || call.version() >= 11) {
    bounds = (call.has(1) ? 1 : 0) + (call.has(2) ? 1 : 0);
  } else if (call.version() < 6) {
    bounds = (call.has_attribute("min") ? 1 : 0) + (call.has_attribute("max") ? 1 : 0);
  }
  Cost cost;
  cost.add(Arith::compare, call.output_elements(0) * bounds, call.pool());
  return cost;
}

constexpr OpRow row(Op op, Category category, InferRule infer, CostRule cost, std::string_view counts) {
  return {op, category, infer, cost, counts, Traffic::whole, Alias::in_place, true};
}
constexpr OpRow math(Op op, InferRule infer, Work work, std::string_view counts) {
  return row(op, Category::elementwise, infer, CostRule::per_output(work), counts);
}
constexpr OpRow function(Op op) {
  return math(op, infer_same_shape, {.transcendental = 1}, "1 function value per element");
}
constexpr OpRow comparison(Op op, InferRule infer) {
  return row(op, Category::compare, infer, CostRule::per_output({.compare = 1}),
             "1 comparison per element of the result");
}
constexpr OpRow logic(Op op, Category category, InferRule infer) {
  return row(op, category, infer, CostRule::per_output({.logic = 1}),
             "1 logic operation per element of the result");
}
constexpr OpRow variadic(Op op, CostFunction cost, std::string_view counts) {
  return row(op, Category::elementwise, infer_variadic, CostRule::formula(cost), counts);
}

constexpr std::string_view kAddition = "1 addition per element of the result";
constexpr std::string_view kRounding = "1 rounding per element";

constexpr OpRow kRows[] = {
    math(Op::Add, infer_binary<add_numbers>, {.add = 1}, kAddition),
    math(Op::Sub, infer_binary<subtract_numbers>, {.add = 1}, "1 subtraction per element of the result"),
    math(Op::Mul, infer_binary<multiply_numbers>, {.multiply = 1},
         "1 multiplication per element of the result"),
    math(Op::Div, infer_binary<divide_numbers>, {.divide = 1}, "1 division per element of the result"),
    math(Op::Mod, infer_modulo, {.divide = 1}, "1 remainder per element of the result"),
    math(Op::Pow, infer_power, {.transcendental = 1}, "1 power per element of the result"),
    math(Op::Neg, infer_unary<negate_number>, {.add = 1}, "1 sign change per element"),
    math(Op::Abs, infer_unary<absolute_number>, {.add = 1}, "1 absolute value per element"),
    math(Op::Sign, infer_unary<sign_number>, {.compare = 2}, "2 comparisons per element"),
    math(Op::Ceil, infer_unary<ceil_number>, {.add = 1}, kRounding),
    math(Op::Floor, infer_unary<floor_number>, {.add = 1}, kRounding),
    math(Op::Round, infer_unary<round_number>, {.add = 1}, kRounding),
    math(Op::Sqrt, infer_unary<root_number>, {.square_root = 1}, "1 square root per element"),
    math(Op::Reciprocal, infer_unary<reciprocal_number>, {.divide = 1}, "1 division per element"),
    function(Op::Exp),
    function(Op::Log),
    function(Op::Erf),
    function(Op::Sin),
    function(Op::Cos),
    function(Op::Tan),
    function(Op::Asin),
    function(Op::Acos),
    function(Op::Atan),
    function(Op::Sinh),
    function(Op::Cosh),
    function(Op::Asinh),
    function(Op::Acosh),
    function(Op::Atanh),
    variadic(Op::Max, extreme_cost, "(operands − 1) comparisons per element of the result"),
    variadic(Op::Min, extreme_cost, "(operands − 1) comparisons per element of the result"),
    variadic(Op::Sum, sum_cost, "(operands − 1) additions per element of the result"),
    variadic(Op::Mean, mean_cost, "(operands − 1) additions and 1 division per element of the result"),
    row(Op::Clip, Category::elementwise, infer_clip, CostRule::formula(clip_cost),
        "1 comparison per element and given bound"),
    math(Op::BitShift, infer_shift, {.multiply = 1}, "1 shift per element of the result"),
    logic(Op::BitwiseAnd, Category::elementwise, infer_binary<bit_and_numbers>),
    logic(Op::BitwiseOr, Category::elementwise, infer_binary<bit_or_numbers>),
    logic(Op::BitwiseXor, Category::elementwise, infer_binary<bit_xor_numbers>),
    logic(Op::BitwiseNot, Category::elementwise, infer_unary<bit_not_number>),
    comparison(Op::Equal, infer_comparison<equal_numbers>),
    comparison(Op::Less, infer_comparison<less_numbers>),
    comparison(Op::LessOrEqual, infer_comparison<less_or_equal_numbers>),
    comparison(Op::Greater, infer_comparison<greater_numbers>),
    comparison(Op::GreaterOrEqual, infer_comparison<greater_or_equal_numbers>),
    comparison(Op::IsNaN, infer_is_nan),
    comparison(Op::IsInf, infer_is_inf),
    row(Op::Where, Category::compare, infer_where, CostRule::per_output({.compare = 1}),
        "1 selection per element of the result"),
    logic(Op::And, Category::compare, infer_logic<and_numbers>),
    logic(Op::Or, Category::compare, infer_logic<or_numbers>),
    logic(Op::Xor, Category::compare, infer_comparison<xor_numbers>),
    logic(Op::Not, Category::compare, infer_not),
    {Op::Cast, Category::cast, infer_cast, CostRule::free(), "a conversion, no arithmetic", Traffic::whole,
     Alias::in_place, true},
    {Op::CastLike, Category::cast, infer_cast_like, CostRule::free(), "a conversion, no arithmetic",
     Traffic::whole, Alias::in_place_first, true},
    {Op::BitCast, Category::cast, infer_bit_cast, CostRule::free(), "the same bits under another type",
     Traffic::view, Alias::view, true},
};

}  // namespace

std::span<const OpRow> arithmetic_rows() {
  return kRows;
}

}  // namespace haoline
