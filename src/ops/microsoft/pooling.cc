// Pools on quantized or channels-last data, and recurrent cells.
#include "ops/microsoft/rules.h"
#include "ops/op_table.h"
#include "ops/recurrent.h"
#include "ops/refuse.h"
#include "ops/window.h"

namespace haoline {
namespace {

using namespace ms;

// --- pools

OpError infer_pool(OpCall& call, bool channels_last) {
  DimPool& pool = call.pool();
  if (call.rank(0) < 3) return Message("a pool needs a batch, channels and a spatial axis");
  const ImageLayout layout = image_layout(call, call.rank(0), channels_last);
  Windows windows;
  if (OpError error = read_windows(call, layout.spatial_rank, windows)) return error;
  Shape out = call.shape(0);
  for (std::size_t i = 0; i < layout.spatial_rank; ++i) {
    out[layout.spatial + i] = window_count(windows, i, Expr(out[layout.spatial + i], pool));
    if (certainly_below(pool, out[layout.spatial + i], 0))
      return Message("the window does not fit into the data");
  }
  call.set_shape(0, std::move(out));
  return {};
}

Cost pool_cost(const OpCall& call, bool channels_last, const Work& tap, const Work& result) {
  DimPool& pool = call.pool();
  if (!call.output_shape(0).has_rank()) return Cost::unknown();  // the rule has refused the operands
  const ImageLayout layout = image_layout(call, call.rank(0), channels_last);
  Windows windows;
  if (read_windows(call, layout.spatial_rank, windows)) return Cost::unknown();
  const Dim results = call.output_elements(0);
  Cost cost;
  cost.add(tap, pool.multiply(results, kernel_elements(windows, pool)), pool);
  cost.add(result, results, pool);
  return cost;
}

bool is_last(const OpCall& call) {
  return call.integer("channels_last") != 0;
}

OpError infer_nhwc_pool(OpCall& call) {
  return infer_pool(call, true);
}
OpError infer_first_pool(OpCall& call) {
  return infer_pool(call, false);
}
OpError infer_average(OpCall& call) {
  return infer_pool(call, is_last(call));
}
Cost cost_nhwc_pool(const OpCall& call) {
  return pool_cost(call, true, {.compare = 1}, {});
}
Cost cost_masked_pool(const OpCall& call) {
  return pool_cost(call, false, {.compare = 2}, {});
}
Cost cost_average(const OpCall& call) {
  return pool_cost(call, is_last(call), {.add = 1}, {.add = 3, .multiply = 1, .divide = 2, .compare = 2});
}

OpError infer_global(OpCall& call) {
  if (call.rank(0) < 2) return Message("a pool needs a batch and channels");
  const std::size_t channel = is_last(call) ? call.rank(0) - 1 : 1;
  Shape out = call.shape(0);
  for (std::size_t i = 1; i < out.rank(); ++i) {
    if (i != channel) out[i] = 1;
  }
  call.set_shape(0, std::move(out));
  return {};
}

Cost cost_global(const OpCall& call) {
  Cost cost;
  cost.add({.add = 1}, elements_of(call, 0), call.pool());
  cost.add({.add = 3, .multiply = 1, .divide = 2, .compare = 2}, call.output_elements(0), call.pool());
  return cost;
}

// --- DynamicQuantizeLSTM: weights transposed, (directions, input, 4·hidden)

struct Recurrent {
  Dim steps, batch, directions, input, hidden;
};

Recurrent read_recurrent(const OpCall& call, std::int64_t hidden_axis) {
  DimPool& pool = call.pool();
  Recurrent sizes;
  sizes.steps = extent(call, 0, 0);
  sizes.batch = extent(call, 0, 1);
  sizes.input = extent(call, 0, 2);
  sizes.directions = call.text("direction", "forward") == "bidirectional" ? Dim(2) : Dim(1);
  const std::int64_t hidden = call.integer("hidden_size");
  sizes.hidden = hidden > 0 ? pool.number(hidden) : extent(call, 2, hidden_axis);
  return sizes;
}

void set_states(OpCall& call, const Recurrent& sizes) {
  call.set_shape(0, Shape{sizes.steps, sizes.directions, sizes.batch, sizes.hidden});
  call.set_shape(1, Shape{sizes.directions, sizes.batch, sizes.hidden});
  call.set_shape(2, Shape{sizes.directions, sizes.batch, sizes.hidden});
}

OpError infer_quantized_lstm(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 3, "the input")) return error;
  set_states(call, read_recurrent(call, 1));
  return {};
}

Cost cost_quantized_lstm(const OpCall& call) {
  DimPool& pool = call.pool();
  const Recurrent sizes = read_recurrent(call, 1);
  const Dim steps = pool.multiply(pool.multiply(sizes.steps, sizes.batch), sizes.directions);
  const Dim elements = pool.multiply(steps, sizes.hidden);
  const Dim inputs = pool.add(sizes.input, sizes.hidden);
  Cost cost = macs_only(pool.multiply(pool.multiply(elements, Dim(kLstmCell.gates)), inputs));
  cost.add(kLstmCell.work, elements, pool);
  if (call.has(3)) cost.add({.add = 8}, elements, pool);
  if (call.has(7)) cost.add({.add = 3, .multiply = 3}, elements, pool);
  cost.add({.add = 2, .divide = 1, .compare = 4}, pool.multiply(steps, inputs),
           pool);                             // quantized on the way
  cost.add({.multiply = 8}, elements, pool);  // and scaled back
  return cost;
}

OpError infer_attention_lstm(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 3, "the input")) return error;
  set_states(call, read_recurrent(call, 2));
  return {};
}

constexpr OpRow kRows[] = {
    {.op = Op::MsNhwcMaxPool,
     .category = Category::pool,
     .infer = infer_nhwc_pool,
     .cost = CostRule::formula(cost_nhwc_pool),
     .counts = "a comparison per tap"},
    {.op = Op::MsMaxpoolWithMask,
     .category = Category::pool,
     .infer = infer_first_pool,
     .cost = CostRule::formula(cost_masked_pool),
     .counts = "two comparisons per tap"},
    {.op = Op::MsQLinearAveragePool,
     .category = Category::pool,
     .infer = infer_average,
     .cost = CostRule::formula(cost_average),
     .counts = "an addition per tap, a division per result, quantization"},
    {.op = Op::MsQLinearGlobalAveragePool,
     .category = Category::pool,
     .infer = infer_global,
     .cost = CostRule::formula(cost_global),
     .counts = "an addition per element, a division per result, quantization"},
    {.op = Op::MsDynamicQuantizeLSTM,
     .category = Category::recurrent,
     .infer = infer_quantized_lstm,
     .cost = CostRule::formula(cost_quantized_lstm),
     .counts = kRecurrentCounts,
     .any_rank = true},
    {.op = Op::MsAttnLSTM,
     .category = Category::recurrent,
     .infer = infer_attention_lstm,
     .cost = CostRule::unknown(),
     .counts = "what the attention inside costs has no published definition",
     .any_rank = true},
};

}  // namespace

std::span<const OpRow> ms_pooling_rows() {
  return kRows;
}

}  // namespace haoline
