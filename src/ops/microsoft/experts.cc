// Mixtures of experts and their routers. Of all experts only the `k` that a token is sent to are counted.
#include "ops/microsoft/rules.h"
#include "ops/op_table.h"

namespace haoline {
namespace {

using namespace ms;

struct Experts {
  Dim tokens, hidden;
  Dim first_rows;  // rows of the first product: inter, or 2·inter when gate and up are one
  Dim inter;
  bool third = false;  // a product of its own for the up projection
};

bool is_gated(const OpCall& call) {
  const std::string_view activation = call.text("activation_type", "relu");
  return activation == "swiglu" || activation == "geglu";
}

Experts experts_of(const OpCall& call, Dim first_rows, bool third) {
  Experts experts;
  experts.tokens = rows_of(call, 0);
  experts.hidden = extent(call, 0, -1);
  experts.first_rows = first_rows;
  experts.third = third;
  const bool fused = is_gated(call) && !third;
  experts.inter = fused ? call.pool().floor_div(first_rows, Dim(2)) : first_rows;
  return experts;
}

Cost experts_cost(const OpCall& call, const Experts& experts) {
  DimPool& pool = call.pool();
  const Dim active = pool.multiply(experts.tokens, call.number(call.integer("k", 1)));
  const Dim up = experts.third ? experts.inter : Dim(0);
  const Dim widths = pool.add(experts.first_rows, pool.add(experts.inter, up));
  call.note("tokens", experts.tokens);
  call.note("active", active);
  call.note("hidden", experts.hidden);
  call.note("inter", experts.inter);
  Cost cost = macs_only(pool.multiply(active, pool.multiply(experts.hidden, widths)));

  const Dim activated = pool.multiply(active, experts.inter);
  const std::string_view activation = call.text("activation_type", "relu");
  if (activation == "swiglu") {
    cost.add(kSilu, activated, pool);
    cost.add(Arith::multiply, activated, pool);
  } else if (activation == "geglu") {
    cost.add(kTanhGelu, activated, pool);
    cost.add(Arith::multiply, activated, pool);
  } else if (const std::optional<Work> work = activation_work(activation)) {
    cost.add(*work, activated, pool);
  } else {
    cost.operations.fill(Dim::unknown());
    return cost;
  }
  cost.add(kSoftmax, elements_of(call, 1), pool);                                    // routing
  cost.add({.add = 1, .multiply = 1}, pool.multiply(active, experts.hidden), pool);  // weighted sum
  return cost;
}

void add_bias(Cost& cost, const OpCall& call, std::size_t operand, Dim columns) {
  if (!call.has(operand)) return;
  DimPool& pool = call.pool();
  cost.add(Arith::add,
           pool.multiply(pool.multiply(rows_of(call, 0), call.number(call.integer("k", 1))), columns), pool);
}

Cost cost_moe(const OpCall& call) {
  const Experts experts = experts_of(call, extent(call, 2, 1), call.has(6));
  Cost cost = experts_cost(call, experts);
  add_bias(cost, call, 3, experts.first_rows);
  add_bias(cost, call, 5, experts.hidden);
  add_bias(cost, call, 7, experts.inter);
  return cost;
}

// Rows of the quantized first weight. The scales name them whatever the packing; FP4 weights are packed along
// their rows: (experts, hidden, rows / 2).
Dim quantized_rows(const OpCall& call) {
  const std::string_view type = call.text("quant_type", "int");
  if (type == "int" && call.has_rank(3) && call.rank(3) >= 2) return extent(call, 3, 1);
  const bool by_columns =
      type == "fp4" || type == "wfp4afp8" || (type == "nvfp4" && call.integer("weights_prepacked", -1) != 1);
  return by_columns ? call.pool().multiply(extent(call, 2, 2), Dim(2)) : extent(call, 2, 1);
}

Cost cost_qmoe(const OpCall& call) {
  const Experts experts = experts_of(call, quantized_rows(call), call.has(8));
  Cost cost = experts_cost(call, experts);
  add_bias(cost, call, 4, experts.first_rows);
  add_bias(cost, call, 7, experts.hidden);
  add_bias(cost, call, 10, experts.inter);
  return cost;
}

// Gate and up are products of their own; squared ReLU has no up.
Cost cost_moe_packed(const OpCall& call) {
  DimPool& pool = call.pool();
  const Dim hidden = extent(call, 0, -1);
  const Dim active = pool.multiply(rows_of(call, 0), call.number(call.integer("k", 1)));
  const Dim inter = extent(call, 2, 1);
  const Dim products = Dim(call.has(3) ? 3 : 2);
  Cost cost = macs_only(pool.multiply(pool.multiply(active, hidden), pool.multiply(inter, products)));
  const Dim activated = pool.multiply(active, inter);
  if (call.text("activation_type", "swiglu") == "swiglu") {
    cost.add(kSilu, activated, pool);
    cost.add(Arith::multiply, activated, pool);
  } else {
    cost.add({.multiply = 1, .compare = 1}, activated, pool);
  }
  cost.add({.add = 1, .multiply = 1}, pool.multiply(active, hidden), pool);
  return cost;
}

OpError infer_router(OpCall& call) {
  const Shape scores{rows_of(call, 0), call.has(1) ? extent(call, 1, 0) : extent(call, 0, -1)};
  for (std::size_t i = 0; i < 3; ++i) call.set_shape(i, scores);
  call.set_dtype(1, DType::float32);
  call.set_dtype(2, DType::float32);
  return {};
}

Cost cost_router(const OpCall& call) {
  DimPool& pool = call.pool();
  const Dim scores = pool.multiply(rows_of(call, 0), extent(call, 1, 0));
  Cost cost;
  if (call.has(2)) cost.macs = pool.multiply(elements_of(call, 0), extent(call, 2, 0));
  cost.add(kSigmoid, scores, pool);
  cost.add(Arith::add, scores, pool);
  return cost;
}

constexpr std::string_view kExperts =
    "tokens·k·hidden·(rows of the first weight + inter + inter of a separate up weight): active experts "
    "only; "
    "logical extents";

constexpr OpRow kRows[] = {
    {.op = Op::MsMoE,
     .category = Category::linear,
     .infer = same_as_first,
     .cost = CostRule::formula(cost_moe),
     .counts = kExperts,
     .any_rank = true},
    {.op = Op::MsQMoE,
     .category = Category::linear,
     .infer = same_as_first,
     .cost = CostRule::formula(cost_qmoe),
     .counts = kExperts,
     .any_rank = true},
    {.op = Op::MsMoEPacked,
     .category = Category::linear,
     .infer = same_as_first,
     .cost = CostRule::formula(cost_moe_packed),
     .counts = "tokens·k·hidden·inter·(2, or 3 with an up weight)",
     .any_rank = true},
    {.op = Op::MsMoEGroupRouter,
     .category = Category::linear,
     .infer = infer_router,
     .cost = CostRule::formula(cost_router),
     .counts = "tokens·width·experts when it projects; a sigmoid and an addition per score; selection is not "
               "counted",
     .any_rank = true},
};

}  // namespace

std::span<const OpRow> ms_expert_rows() {
  return kRows;
}

}  // namespace haoline
