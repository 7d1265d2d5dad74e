// Recurrences over tokens with a state of fixed size: state spaces, RWKV, gated linear units. The scan itself
// is arithmetic, not multiply-accumulates; the projections around it are Linear nodes.
#include "ops/op_table.h"
#include "ops/refuse.h"

namespace haoline {
namespace {

OpError same_as_first(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  call.set_shape(0, call.shape(0));
  return std::nullopt;
}

// The state that goes out is like the one that comes in.
void pass_state(OpCall& call, std::size_t in, std::size_t out) {
  if (!call.has(in)) return;
  call.set_dtype(out, call.dtype(in));
  call.set_shape(out, call.shape(in));
}

// --- CausalConv: depthwise along the tokens of x (batch, tokens, channels), weight (channels, 1, kernel) or
// (channels, kernel), bias, the window of the last `kernel` tokens (batch, channels, kernel)

OpError infer_causal_conv(OpCall& call) {
  if (call.rank(0) != 3) return refuse(call.pool(), {"the input has rank ", call.rank(0), ", not 3"});
  if (certainly_differ(call.pool(), call.dim(0, 2), call.dim(1, 0))) {
    return refuse(call.pool(), {"the input has ", call.dim(0, 2), " channels, the weight ", call.dim(1, 0)});
  }
  pass_state(call, 3, 1);
  return same_as_first(call);
}

Cost causal_conv_cost(const OpCall& call) {
  Cost cost;
  cost.macs = call.elements(0) * call.dim(1, -1);
  if (call.has(2)) cost.add(Arith::add, call.elements(0), call.pool());
  call.note("elements", call.elements(0));
  call.note("kernel", call.dim(1, -1));
  return cost;
}

// --- SelectiveScan: x (batch, tokens, channels), step sizes, A, B, C, D, state (batch, channels, size)

OpError infer_scan(OpCall& call) {
  if (call.rank(0) != 3) return refuse(call.pool(), {"the input has rank ", call.rank(0), ", not 3"});
  pass_state(call, 6, 1);
  return same_as_first(call);
}

Cost scan_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  const Expr channels = call.elements(0);
  const Expr states = channels * call.number(call.integer("state_size", 0));
  Cost cost;
  // exp(step · A), step · x · B, decay and sum of the state, its product with C.
  cost.add({.add = 2, .multiply = 4, .transcendental = 1}, states, pool);
  cost.add({.add = 1, .multiply = 2}, channels, pool);
  call.note("channels", channels);
  call.note("states", states);
  return cost;
}

// --- WkvRecurrence: receptance, key, value (batch, tokens, channels), decay, bonus of the first token,
// states. `state_size` 1 is RWKV 4 (numerator and denominator), a head size the matrix states of later ones.

OpError infer_wkv(OpCall& call) {
  if (call.rank(2) != 3) return refuse(call.pool(), {"the value has rank ", call.rank(2), ", not 3"});
  pass_state(call, 5, 1);
  call.set_dtype(0, call.dtype(2));
  call.set_shape(0, call.shape(2));
  return std::nullopt;
}

Cost wkv_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  const std::int64_t size = call.integer("state_size", 1);
  Cost cost;
  if (size <= 1) {
    cost.add({.add = 7, .multiply = 5, .divide = 1, .transcendental = 4, .compare = 2}, call.elements(2),
             pool);
  } else {
    const Expr states = call.elements(2) * call.number(size);
    cost.add({.add = 2, .multiply = 4}, states, pool);
    cost.add(Arith::transcendental, call.elements(2), pool);
  }
  return cost;
}

// --- TokenShift: x·mix + before·(1 - mix), where `before` is the token before; x, mix, the last token of the
// sequence before (batch, channels)

OpError infer_shift(OpCall& call) {
  pass_state(call, 2, 1);
  return same_as_first(call);
}

// --- GatedRecurrence: h = a·h + sqrt(1 - a²)·gate·x for every channel (RG-LRU)

OpError infer_gated(OpCall& call) {
  pass_state(call, 4, 1);
  return same_as_first(call);
}

Cost gated_cost(const OpCall& call) {
  Cost cost;
  cost.add({.add = 2, .multiply = 5, .square_root = 1, .transcendental = 2}, call.elements(0), call.pool());
  return cost;
}

constexpr OpRow kRows[] = {
    {.op = Op::CausalConv,
     .category = Category::conv,
     .infer = infer_causal_conv,
     .cost = CostRule::formula(causal_conv_cost),
     .counts = "elements·kernel (depthwise); a bias is one addition per element"},
    {.op = Op::SelectiveScan,
     .category = Category::recurrent,
     .infer = infer_scan,
     .cost = CostRule::formula(scan_cost),
     .counts = "arithmetic: 7 operations per token, channel and state (4 multiplications, 2 additions, an "
               "exponential), 3 per channel"},
    {.op = Op::WkvRecurrence,
     .category = Category::recurrent,
     .infer = infer_wkv,
     .cost = CostRule::formula(wkv_cost),
     .counts = "arithmetic: 19 operations per token and channel; with matrix states 6 per state and an "
               "exponential per channel"},
    {.op = Op::TokenShift,
     .category = Category::elementwise,
     .infer = infer_shift,
     .cost = CostRule::per_output({.add = 2, .multiply = 2}),
     .counts = "two multiplications, a subtraction and an addition per element"},
    {.op = Op::GatedRecurrence,
     .category = Category::recurrent,
     .infer = infer_gated,
     .cost = CostRule::formula(gated_cost),
     .counts = "arithmetic: 10 operations per token and channel"},
};

}  // namespace

std::span<const OpRow> extra_recurrence_rows() {
  return kRows;
}

}  // namespace haoline
