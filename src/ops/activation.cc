// Activations: one result element per operand element, and softmaxes, which also look along an axis.
#include "ops/op_table.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

OpError infer_relu(OpCall& call) {
  infer_same_shape(call);
  set_unary_value(call, relu_number);
  return std::nullopt;
}

// The slope is broadcast to the input, never the other way round.
OpError infer_prelu(OpCall& call) {
  return infer_same_shape(call);
}

OpError infer_along_axis(OpCall& call) {
  infer_same_shape(call);
  const std::int64_t axis = call.integer("axis");
  // A scalar has no axis to look along; runtimes take its only element as a row.
  if (!call.has_rank(0) || call.rank(0) == 0 || normalize_axis(axis, call.rank(0))) return std::nullopt;
  const bool flattens = call.version() != 0 && call.version() < 13;
  if (flattens && axis == static_cast<std::int64_t>(call.rank(0))) return std::nullopt;
  return axis_out_of_range(axis, call.rank(0));
}

// How many rows a softmax works on. Before version 13 everything from the axis on was one row.
Dim softmax_rows(const OpCall& call) {
  if (!call.has_rank(0)) return Dim::unknown();
  const std::optional<std::size_t> axis = normalize_axis(call.integer("axis"), call.rank(0));
  if (!axis) return call.rank(0) == 0 ? Dim(1) : Dim::unknown();
  const bool flattens = call.version() != 0 && call.version() < 13;
  Dim rows = 1;
  for (std::size_t i = 0; i < call.rank(0); ++i) {
    if (i < *axis || (i > *axis && !flattens)) rows = call.pool().multiply(rows, call.shape(0)[i]);
  }
  return rows;
}

Cost log_softmax_cost(const OpCall& call) {
  Cost cost;
  const Dim rows = softmax_rows(call);
  call.note("rows", rows);
  cost.add({.add = 3, .transcendental = 1, .compare = 1}, call.elements(0), call.pool());
  cost.add(Arith::transcendental, rows, call.pool());
  return cost;
}

Cost gelu_cost(const OpCall& call) {
  Cost cost;
  const bool tanh = call.text("approximate") == "tanh";
  const Work exact{.add = 1, .multiply = 3, .transcendental = 1};
  const Work approximate{.add = 2, .multiply = 6, .transcendental = 1};
  cost.add(tanh ? approximate : exact, call.elements(0), call.pool());
  return cost;
}

OpError infer_dropout(OpCall& call) {
  infer_same_shape(call);
  if (call.has(0)) call.set_shape(1, call.shape(0));
  call.set_dtype(1, call.version() != 0 && call.version() < 10 ? call.dtype(0) : DType::boolean);
  return std::nullopt;
}

// Inference passes the data through. Training draws a mask and scales what is left.
bool dropout_trains(const OpCall& call) {
  if (call.version() != 0 && call.version() < 7) return call.integer("is_test") == 0;
  return call.has(2) && call.scalar_constant(2).value_or(0) != 0;
}
Cost dropout_cost(const OpCall& call) {
  Cost cost;
  if (dropout_trains(call)) cost.add(Arith::multiply, call.elements(0), call.pool());
  return cost;
}

constexpr OpRow activation(Op op, Work work, std::string_view counts, InferRule infer = infer_same_shape) {
  return {op,     Category::activation, infer,           CostRule::per_output(work),
          counts, Traffic::whole,       Alias::in_place, true};
}
constexpr OpRow activation(Op op, CostFunction cost, std::string_view counts,
                           InferRule infer = infer_same_shape) {
  return {op,     Category::activation, infer,           CostRule::formula(cost),
          counts, Traffic::whole,       Alias::in_place, true};
}

constexpr OpRow kRows[] = {
    activation(Op::Relu, Work{.compare = 1}, "1 comparison per element", infer_relu),
    activation(Op::LeakyRelu, Work{.multiply = 1, .compare = 1},
               "1 comparison and 1 multiplication per element"),
    activation(Op::PRelu, Work{.multiply = 1, .compare = 1}, "1 comparison and 1 multiplication per element",
               infer_prelu),
    activation(Op::ThresholdedRelu, Work{.compare = 1}, "1 comparison per element"),
    activation(Op::Selu, Work{.add = 1, .multiply = 2, .transcendental = 1, .compare = 1},
               "per element: comparison, exp, subtraction, multiplication by alpha and by gamma"),
    activation(Op::Elu, Work{.add = 1, .multiply = 1, .transcendental = 1, .compare = 1},
               "per element: comparison, exp, subtraction, multiplication by alpha"),
    activation(Op::Celu, Work{.add = 2, .multiply = 1, .divide = 1, .transcendental = 1, .compare = 2},
               "per element: max(0, x) + min(0, alpha·(exp(x/alpha) − 1))"),
    activation(Op::Sigmoid, Work{.add = 1, .divide = 1, .transcendental = 1},
               "per element: exp, addition, division"),
    activation(Op::HardSigmoid, Work{.add = 1, .multiply = 1, .compare = 2},
               "per element: max(0, min(1, alpha·x + beta))"),
    activation(Op::HardSwish, Work{.add = 1, .multiply = 2, .compare = 2},
               "per element: x·max(0, min(1, x/6 + 1/2))"),
    activation(Op::Tanh, Work{.transcendental = 1}, "1 tanh per element"),
    activation(Op::Softplus, Work{.add = 1, .transcendental = 2}, "per element: log(exp(x) + 1)"),
    activation(Op::Softsign, Work{.add = 2, .divide = 1}, "per element: x/(1 + |x|)"),
    activation(Op::Mish, Work{.add = 1, .multiply = 1, .transcendental = 3},
               "per element: x·tanh(log(1 + exp(x)))"),
    activation(
        Op::Gelu, gelu_cost,
        "per element: ½·x·(1 + erf(x/√2)); with approximate=tanh ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))"),
    activation(Op::Swish, Work{.add = 1, .multiply = 2, .divide = 1, .transcendental = 1},
               "per element: x·sigmoid(alpha·x)"),
    activation(Op::SwiGLU, Work{.add = 1, .multiply = 3, .divide = 1, .transcendental = 1},
               "per element: A·sigmoid(alpha·A)·B"),
    activation(Op::Shrink, Work{.add = 1, .compare = 2}, "per element: 2 comparisons, 1 addition"),
    activation(Op::Softmax, Work{.add = 2, .divide = 1, .transcendental = 1, .compare = 1},
               "per element: maximum, subtraction, exp, sum, division", infer_along_axis),
    activation(Op::LogSoftmax, log_softmax_cost,
               "per element: maximum, subtraction, exp, sum, subtraction; 1 log per row", infer_along_axis),
    activation(Op::Hardmax, Work{.compare = 1}, "1 comparison per element", infer_along_axis),
    {Op::Dropout, Category::dropout, infer_dropout, CostRule::formula(dropout_cost),
     "nothing at inference; 1 multiplication per element when training", Traffic::whole,
     Alias::in_place_first, true},
};

}  // namespace

std::span<const OpRow> activation_rows() {
  return kRows;
}

}  // namespace haoline
