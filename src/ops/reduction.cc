// Reductions, extremes, running sums and selections of the largest.
#include "ops/reduction.h"

#include "ops/op_table.h"

namespace haoline {
namespace {

// Operations for every element that is folded and for every result.
template <Work per_input, Work per_output>
Cost folding_cost(const OpCall& call) {
  Cost cost;
  call.note("elements", call.elements(0));
  call.note("results", call.output_elements(0));
  cost.add(per_input, call.elements(0), call.pool());
  cost.add(per_output, call.output_elements(0), call.pool());
  return cost;
}

constexpr OpRow reduce(Op op, CostRule cost, std::string_view counts, InferRule infer = infer_reduction) {
  return {op, Category::reduce, infer, cost, counts, Traffic::whole, Alias::none, true};
}
template <Work per_input, Work per_output>
constexpr CostRule fold_then = CostRule::formula(folding_cost<per_input, per_output>);

constexpr std::string_view kComparison = "1 comparison per element of the operand";

constexpr OpRow kRows[] = {
    reduce(Op::ReduceSum, CostRule::per_input({.add = 1}), "1 addition per element of the operand"),
    reduce(Op::ReduceMean, fold_then<Work{.add = 1}, Work{.divide = 1}>,
           "1 addition per element of the operand, 1 division per result"),
    reduce(Op::ReduceProd, CostRule::per_input({.multiply = 1}),
           "1 multiplication per element of the operand"),
    reduce(Op::ReduceMax, CostRule::per_input({.compare = 1}), kComparison),
    reduce(Op::ReduceMin, CostRule::per_input({.compare = 1}), kComparison),
    reduce(Op::ReduceL1, CostRule::per_input({.add = 2}),
           "absolute value and addition per element of the operand"),
    reduce(Op::ReduceL2, fold_then<Work{.add = 1, .multiply = 1}, Work{.square_root = 1}>,
           "square and addition per element of the operand, 1 square root per result"),
    reduce(Op::ReduceSumSquare, CostRule::per_input({.add = 1, .multiply = 1}),
           "square and addition per element of the operand"),
    reduce(Op::ReduceLogSum, fold_then<Work{.add = 1}, Work{.transcendental = 1}>,
           "1 addition per element of the operand, 1 log per result"),
    reduce(Op::ReduceLogSumExp,
           fold_then<Work{.add = 2, .transcendental = 1, .compare = 1}, Work{.add = 1, .transcendental = 1}>,
           "maximum, subtraction, exp, addition per element of the operand; log and addition per result"),
    reduce(Op::ArgMax, CostRule::per_input({.compare = 1}), kComparison, infer_arg_extreme),
    reduce(Op::ArgMin, CostRule::per_input({.compare = 1}), kComparison, infer_arg_extreme),
    reduce(Op::CumSum, CostRule::per_input({.add = 1}), "1 addition per element", infer_cumulative),
    reduce(Op::CumProd, CostRule::per_input({.multiply = 1}), "1 multiplication per element",
           infer_cumulative),
    {Op::TopK, Category::slice, infer_top_k, CostRule::per_input({.compare = 1}),
     "1 comparison of each element with the k-th largest; sorting the k is not counted", Traffic::whole,
     Alias::none, true},
};

}  // namespace

std::span<const OpRow> reduction_rows() {
  return kRows;
}

}  // namespace haoline
