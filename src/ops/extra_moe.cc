// Routed experts: every token goes to the `top_k` experts with the highest scores.
#include "ops/op_table.h"
#include "ops/refuse.h"

namespace haoline {
namespace {

// Operands: tokens, scores (… , experts), then the experts' tensors in any number: one per expert (matrices
// and vectors), or stacked along a first axis of `experts`. `matrices` of them come first, then biases.
// `expert_elements` are those of one expert's matrices where the stored extents are those of packed ones.
constexpr std::size_t kFirst = 2;

OpError infer_experts(OpCall& call) {
  const std::int64_t experts = call.integer("experts", 0), top_k = call.integer("top_k", 0);
  if (experts <= 0 || top_k <= 0 || top_k > experts) {
    return refuse(call.pool(), {"top_k ", top_k, " of ", experts, " experts"});
  }
  if (call.has_rank(1) && certainly_differ(call.pool(), call.dim(1, -1), call.number(experts))) {
    return refuse(call.pool(), {"the router scores ", call.dim(1, -1), " experts, there are ", experts});
  }
  call.set_dtype(0, call.dtype(0));
  call.set_shape(0, call.shape(0));
  return std::nullopt;
}

Cost experts_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  const std::int64_t experts = call.integer("experts", 0), top_k = call.integer("top_k", 0);
  const std::int64_t inner = call.integer("inner_size", 0);
  if (experts <= 0 || top_k <= 0 || call.rank(0) == 0) return Cost::unknown();
  Expr matrices = call.number(0), biases = call.number(0);
  const auto count = static_cast<std::size_t>(call.integer("matrices", 0));
  for (std::size_t i = kFirst; i < call.input_count(); ++i) {
    if (!call.has(i)) continue;
    Expr& sum = i - kFirst < count ? matrices : biases;
    sum += call.elements(i);
  }
  Expr tokens = call.number(1);
  for (std::size_t axis = 0; axis + 1 < call.rank(0); ++axis) tokens *= call.shape(0)[axis];
  const Expr visits = tokens * pool.number(top_k);
  const std::int64_t unpacked = call.integer("expert_elements", 0);
  const Expr expert = unpacked > 0 ? call.number(unpacked) : matrices.floor_div(pool.number(experts));
  Cost cost;
  cost.macs = visits * expert;
  cost.add(Arith::add, visits * biases.floor_div(pool.number(experts)), pool);
  const Expr activated = visits * pool.number(inner);
  cost.add({.add = 1, .multiply = 1, .divide = 1, .transcendental = 1}, activated, pool);
  if (call.integer("gated", 0) != 0) cost.add(Arith::multiply, activated, pool);
  // Scores to weights, and the weighted sum of what the experts say.
  cost.add({.add = 1, .divide = 1, .transcendental = 1, .compare = 1}, call.elements(1), pool);
  cost.add({.add = 1, .multiply = 1}, call.elements(0) * pool.number(top_k), pool);
  call.note("tokens", tokens);
  call.note("top_k", pool.number(top_k));
  call.note("expert_elements", expert);
  return cost;
}

constexpr OpRow kRows[] = {
    {.op = Op::RoutedExperts,
     .category = Category::linear,
     .infer = infer_experts,
     .cost = CostRule::formula(experts_cost),
     .counts =
         "tokens·top_k·expert_elements: the matrices of the experts that a token visits; activation and "
         "weighted sum are arithmetic"},
};

}  // namespace

std::span<const OpRow> extra_moe_rows() {
  return kRows;
}

}  // namespace haoline
