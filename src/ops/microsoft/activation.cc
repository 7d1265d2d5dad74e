// Gelu and its kin, with what was fused into them.
#include "ops/microsoft/rules.h"
#include "ops/op_table.h"

namespace haoline {
namespace {

using namespace ms;

Cost fast_gelu_cost(const OpCall& call) {
  Cost cost;
  cost.add(kTanhGelu, elements_of(call, 0), call.pool());
  if (call.has(1)) cost.add(Arith::add, elements_of(call, 0), call.pool());
  return cost;
}

// (N, S, D) -> (N, S, D/2)
OpError infer_split_gelu(OpCall& call) {
  const Dim width = extent(call, 0, -1);
  call.require_divisible(width, Dim(2));
  call.set_shape(0, with_last(call, 0, call.pool().floor_div(width, Dim(2))));
  return {};
}

Cost cost_split_gelu(const OpCall& call) {
  Cost cost;
  cost.add(Arith::add, elements_of(call, 0), call.pool());
  cost.add(kGelu, call.output_elements(0), call.pool());
  cost.add(Arith::multiply, call.output_elements(0), call.pool());
  return cost;
}

OpError infer_swiglu(OpCall& call) {
  return call.has(1) ? same_as_first(call) : infer_split_gelu(call);
}

Cost cost_swiglu(const OpCall& call) {
  Cost cost;
  const Dim elements = call.output_elements(0);
  cost.add(kSilu, elements, call.pool());
  cost.add({.multiply = 2}, elements, call.pool());
  if (call.real("limit") > 0) cost.add({.compare = 3}, elements, call.pool());
  if (call.real("activation_beta") != 0) cost.add(Arith::add, elements, call.pool());
  return cost;
}

Cost cost_gated_add(const OpCall& call) {
  DimPool& pool = call.pool();
  Cost cost;
  if (call.has(3)) {  // the gate is projected
    cost.macs = elements_of(call, 2);
    cost.add(kSigmoid, rows_of(call, 2), pool);
  }
  cost.add({.add = 1, .multiply = 1}, elements_of(call, 0), pool);
  return cost;
}

constexpr OpRow kRows[] = {
    {.op = Op::MsGelu,
     .category = Category::activation,
     .infer = same_as_first,
     .cost = CostRule::per_output(kGelu),
     .counts = "x/2·(1 + erf(x/√2))",
     .alias = Alias::in_place,
     .any_rank = true},
    {.op = Op::MsQuickGelu,
     .category = Category::activation,
     .infer = same_as_first,
     .cost = CostRule::per_output({.add = 1, .multiply = 2, .divide = 1, .transcendental = 1}),
     .counts = "x·sigmoid(alpha·x)",
     .alias = Alias::in_place,
     .any_rank = true},
    {.op = Op::MsFastGelu,
     .category = Category::activation,
     .infer = same_as_first,
     .cost = CostRule::formula(fast_gelu_cost),
     .counts = "the tanh approximation, and a bias",
     .alias = Alias::in_place_first,
     .any_rank = true},
    {.op = Op::MsBiasGelu,
     .category = Category::activation,
     .infer = same_as_first,
     .cost = CostRule::per_output({.add = 2, .multiply = 3, .transcendental = 1}),
     .counts = "bias, then gelu",
     .alias = Alias::in_place_first,
     .any_rank = true},
    {.op = Op::MsBiasSplitGelu,
     .category = Category::activation,
     .infer = infer_split_gelu,
     .cost = CostRule::formula(cost_split_gelu),
     .counts = "bias; gelu of one half times the other",
     .any_rank = true},
    {.op = Op::MsBiasAdd,
     .category = Category::elementwise,
     .infer = same_as_first,
     .cost = CostRule::per_output({.add = 2}),
     .counts = "bias and skip",
     .alias = Alias::in_place_first,
     .any_rank = true},
    {.op = Op::MsBiasSoftmax,
     .category = Category::activation,
     .infer = same_as_first,
     .cost = CostRule::per_output({.add = 3, .divide = 1, .transcendental = 1, .compare = 1}),
     .counts = "bias, then softmax",
     .alias = Alias::in_place_first,
     .any_rank = true},
    {.op = Op::MsScaledSiLU,
     .category = Category::activation,
     .infer = same_as_first,
     .cost = CostRule::per_output({.add = 1, .multiply = 2, .divide = 1, .transcendental = 1}),
     .counts = "x·scale, then silu",
     .alias = Alias::in_place_first,
     .any_rank = true},
    {.op = Op::MsSwiGLU,
     .category = Category::activation,
     .infer = infer_swiglu,
     .cost = CostRule::formula(cost_swiglu),
     .counts = "silu of one half times the other",
     .any_rank = true},
    {.op = Op::MsGatedAdd,
     .category = Category::elementwise,
     .infer = same_as_first,
     .cost = CostRule::formula(cost_gated_add),
     .counts = "x + y·gate; the gate's projection when it has a weight",
     .any_rank = true},
    {.op = Op::MsQOrderedGelu,
     .category = Category::activation,
     .infer = same_as_first,
     .cost = CostRule::per_output({.add = 4, .multiply = 4, .divide = 1, .transcendental = 1, .compare = 2}),
     .counts = "dequantize, gelu, quantize",
     .alias = Alias::in_place_first,
     .any_rank = true},
};

}  // namespace

std::span<const OpRow> ms_activation_rows() {
  return kRows;
}

}  // namespace haoline
