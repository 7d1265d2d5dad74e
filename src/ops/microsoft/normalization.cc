// Normalizations with what was fused into them (skip connections, embeddings, gates, activations), the mixing
// of hyper-connection streams, and dropout.
#include "ops/microsoft/rules.h"
#include "ops/op_table.h"

namespace haoline {
namespace {

using namespace ms;

// --- EmbedLayerNormalization

Cost embed_cost(const OpCall& call, bool segments, bool quantized) {
  DimPool& pool = call.pool();
  const Dim elements = call.output_elements(0);
  Cost cost;
  add_layer_norm(cost, elements, pool.multiply(extent(call, 0, 0), extent(call, 0, 1)), pool);
  cost.add(Arith::add, pool.multiply(elements, Dim(segments ? 2 : 1)), pool);
  if (quantized) cost.add(kDequantize, pool.multiply(elements, Dim(segments ? 3 : 2)), pool);
  return cost;
}

OpError infer_embed(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 2, "the word ids")) return error;
  if (OpError error = needs_rank(call, 2, 2, "the word embedding")) return error;
  const Shape shape{extent(call, 0, 0), extent(call, 0, 1), extent(call, 2, 1)};
  call.set_shape(0, shape);
  call.set_shape(1, Shape{extent(call, 0, 0)});
  call.set_dtype(1, DType::int32);
  call.set_shape(2, shape);
  return {};
}

Cost cost_embed(const OpCall& call) {
  return embed_cost(call, call.has(4), false);
}
Cost cost_embed_quantized(const OpCall& call) {
  return embed_cost(call, call.has(4), true);
}

// --- skip connections

OpError infer_skip_norm(OpCall& call) {
  if (!call.has_rank(0) || call.rank(0) == 0) return {};
  call.set_shape(0, call.shape(0));
  call.set_shape(1, with_last(call, 0, 1));
  call.set_shape(2, with_last(call, 0, 1));
  call.set_dtype(1, DType::float32);
  call.set_dtype(2, DType::float32);
  call.set_shape(3, call.shape(0));
  return {};
}

// What is added to the input before: skip, and a bias if there is one.
void add_sums(Cost& cost, const OpCall& call, bool skip, bool bias) {
  cost.add({.add = static_cast<std::uint8_t>((skip ? 1 : 0) + (bias ? 1 : 0))}, elements_of(call, 0),
           call.pool());
}

Cost cost_skip_layer_norm(const OpCall& call) {
  Cost cost;
  add_layer_norm(cost, elements_of(call, 0), rows_of(call, 0), call.pool());
  add_sums(cost, call, true, call.has(4));
  return cost;
}

Cost cost_skip_rms_norm(const OpCall& call) {
  Cost cost;
  add_rms_norm(cost, elements_of(call, 0), rows_of(call, 0), call.pool());
  add_sums(cost, call, true, call.has(3));
  return cost;
}

Cost cost_group_norm(const OpCall& call) {
  DimPool& pool = call.pool();
  const Dim elements = elements_of(call, 0);
  Cost cost;
  add_layer_norm(cost, elements, pool.multiply(extent(call, 0, 0), call.number(call.integer("groups"))),
                 pool);
  add_sums(cost, call, call.has(3), call.has(4));
  if (call.integer("activation") == 1) cost.add(kSilu, elements, pool);
  return cost;
}

Cost cost_gated_norm(const OpCall& call) {
  DimPool& pool = call.pool();
  const Dim elements = elements_of(call, 0);
  Cost cost;
  add_rms_norm(cost, elements, pool.floor_div(elements, extent(call, 1, 0)), pool);
  cost.add(call.text("activation", "silu") == "sigmoid" ? kSigmoid : kSilu, elements, pool);
  cost.add(Arith::multiply, elements, pool);
  return cost;
}

Cost cost_branch_norm(const OpCall& call) {
  DimPool& pool = call.pool();
  const std::int64_t branches = call.integer("num_branches");
  Dim means = rows_of(call, 0);
  if (branches > 0) means = pool.multiply(means, call.number(branches));
  Cost cost;
  add_rms_norm(cost, elements_of(call, 0), means, pool);
  return cost;
}

Cost cost_ordered_norm(const OpCall& call) {
  Cost cost;
  add_layer_norm(cost, elements_of(call, 0), rows_of(call, 0), call.pool());
  cost.add(kDequantize, elements_of(call, 0), call.pool());
  cost.add(kQuantize, elements_of(call, 0), call.pool());
  return cost;
}

// --- hyper-connections: `branches` residual streams, grouped (…, C, H) or flattened (…, C·H)

struct Streams {
  Shape features = Shape::unknown_rank();  // (…, H)
  Dim branches, width;
};

Streams read_streams(const OpCall& call) {
  Streams streams;
  if (!call.has_rank(0) || call.rank(0) < 1) return streams;
  const Shape& shape = call.shape(0);
  const std::int64_t branches = call.integer("num_branches");
  if (branches > 0) {
    streams.branches = call.number(branches);
    streams.width = call.pool().floor_div(shape.back(), streams.branches);
    streams.features = with_last(call, 0, streams.width);
  } else if (shape.rank() >= 2) {
    streams.branches = shape[shape.rank() - 2];
    streams.width = shape.back();
    streams.features = shape;
    streams.features.erase(shape.rank() - 2);
  }
  return streams;
}

OpError infer_pre_mix(OpCall& call) {
  call.set_shape(0, read_streams(call).features);
  return {};
}

Cost cost_post_mix(const OpCall& call) {
  DimPool& pool = call.pool();
  const Dim elements = elements_of(call, 0);
  Cost cost;
  if (call.has(3)) cost.macs = pool.multiply(elements, read_streams(call).branches);
  cost.add({.add = 1, .multiply = 1}, elements, pool);
  return cost;
}

OpError infer_low_rank_mix(OpCall& call) {
  const Streams streams = read_streams(call);
  call.set_shape(0, streams.features);
  call.set_shape(1, with_last(call, 0, streams.branches));
  if (call.has(0)) call.set_shape(2, call.shape(0));
  return {};
}

// hn·down, hidden·up and hn·inject.
Cost cost_low_rank_mix(const OpCall& call) {
  DimPool& pool = call.pool();
  const Streams streams = read_streams(call);
  const Dim elements = elements_of(call, 0);
  const Dim rows = rows_of(call, 0);
  const Dim rank = extent(call, 2, 1);
  Cost cost = macs_only(pool.multiply(elements, pool.add(pool.multiply(Dim(2), rank), streams.branches)));
  add_rms_norm(cost, elements, pool.multiply(rows, streams.branches), pool);
  cost.add(kSilu, pool.multiply(rows, rank), pool);
  cost.add(kSigmoid, pool.add(elements, pool.multiply(rows, streams.branches)), pool);
  cost.add({.add = 1, .multiply = 1}, elements, pool);
  if (call.has(5)) cost.add({.add = 1, .multiply = 1}, elements, pool);
  return cost;
}

// EngramGate: two norms, their product summed over H, a gate per branch, gate · value.
Cost cost_engram(const OpCall& call) {
  Cost cost;
  const Dim elements = elements_of(call, 0);
  DimPool& pool = call.pool();
  add_rms_norm(cost, pool.multiply(elements, Dim(2)), pool.multiply(rows_of(call, 0), Dim(2)), pool);
  cost.add({.add = 1, .multiply = 2}, elements, pool);
  cost.add({.add = 2, .multiply = 1, .divide = 2, .square_root = 1, .transcendental = 1, .compare = 2},
           rows_of(call, 0), pool);
  if (call.wants(1)) add_rms_norm(cost, elements, rows_of(call, 0), pool);
  return cost;
}

// --- dropout at inference: the data passes, bias and residual are added

OpError infer_dropout(OpCall& call) {
  if (call.has(0)) call.set_shape(0, call.shape(0));
  if (call.has(0)) call.set_shape(1, call.shape(0));
  call.set_dtype(1, DType::boolean);
  return {};
}

OpError infer_bitmask_dropout(OpCall& call) {
  if (call.has(0)) call.set_shape(0, call.shape(0));
  call.set_shape(1, Shape{call.pool().ceil_div(elements_of(call, 0), Dim(32))});
  call.set_dtype(1, DType::uint32);
  return {};
}

Cost cost_bias_dropout(const OpCall& call) {
  Cost cost;
  cost.add({.add = static_cast<std::uint8_t>(call.has(2) ? 2 : 1)}, elements_of(call, 0), call.pool());
  return cost;
}

constexpr std::string_view kNormCounts =
    "per element: mean, variance, scale, shift, and what was added before";
constexpr std::string_view kRmsCounts = "per element: mean square and scale, and what was fused to it";
constexpr std::string_view kDropoutCounts = "at inference: the additions only";

constexpr OpRow kRows[] = {
    {.op = Op::MsEmbedLayerNormalization,
     .category = Category::embed,
     .infer = infer_embed,
     .cost = CostRule::formula(cost_embed),
     .counts = kNormCounts,
     .any_rank = true},
    {.op = Op::MsQEmbedLayerNormalization,
     .category = Category::embed,
     .infer = infer_embed,
     .cost = CostRule::formula(cost_embed_quantized),
     .counts = kNormCounts,
     .any_rank = true},
    {.op = Op::MsSkipLayerNormalization,
     .category = Category::norm,
     .infer = infer_skip_norm,
     .cost = CostRule::formula(cost_skip_layer_norm),
     .counts = kNormCounts,
     .any_rank = true},
    {.op = Op::MsSkipSimplifiedLayerNormalization,
     .category = Category::norm,
     .infer = infer_skip_norm,
     .cost = CostRule::formula(cost_skip_rms_norm),
     .counts = kRmsCounts,
     .any_rank = true},
    {.op = Op::MsGroupNorm,
     .category = Category::norm,
     .infer = same_as_first,
     .cost = CostRule::formula(cost_group_norm),
     .counts = kNormCounts,
     .any_rank = true},
    {.op = Op::MsSkipGroupNorm,
     .category = Category::norm,
     .infer = all_same_as_first,
     .cost = CostRule::formula(cost_group_norm),
     .counts = kNormCounts,
     .any_rank = true},
    {.op = Op::MsGatedRMSNorm,
     .category = Category::norm,
     .infer = same_as_first,
     .cost = CostRule::formula(cost_gated_norm),
     .counts = kRmsCounts,
     .any_rank = true},
    {.op = Op::MsBranchwiseRMSNorm,
     .category = Category::norm,
     .infer = same_as_first,
     .cost = CostRule::formula(cost_branch_norm),
     .counts = kRmsCounts,
     .any_rank = true},
    {.op = Op::MsQOrderedLayerNormalization,
     .category = Category::norm,
     .infer = same_as_first,
     .cost = CostRule::formula(cost_ordered_norm),
     .counts = "per element: dequantized, normalized, quantized",
     .any_rank = true},
    {.op = Op::MsHyperConnectionPreMix,
     .category = Category::elementwise,
     .infer = infer_pre_mix,
     .cost = CostRule::per_input({.add = 1, .multiply = 1}),
     .counts = "a multiplication and an addition per element",
     .any_rank = true},
    {.op = Op::MsHyperConnectionPostMix,
     .category = Category::elementwise,
     .infer = same_as_first,
     .cost = CostRule::formula(cost_post_mix),
     .counts = "elements·branches when the streams are mixed",
     .any_rank = true},
    {.op = Op::MsHyperConnectionLowRankMix,
     .category = Category::linear,
     .infer = infer_low_rank_mix,
     .cost = CostRule::formula(cost_low_rank_mix),
     .counts = "elements·(2·rank + branches): down, up and inject",
     .any_rank = true},
    {.op = Op::MsEngramGate,
     .category = Category::activation,
     .infer = all_same_as_first,
     .cost = CostRule::formula(cost_engram),
     .counts = "two norms and a product per element, a gate per branch",
     .any_rank = true},
    {.op = Op::MsBiasDropout,
     .category = Category::dropout,
     .infer = infer_dropout,
     .cost = CostRule::formula(cost_bias_dropout),
     .counts = kDropoutCounts,
     .any_rank = true},
    {.op = Op::MsBitmaskBiasDropout,
     .category = Category::dropout,
     .infer = infer_bitmask_dropout,
     .cost = CostRule::formula(cost_bias_dropout),
     .counts = kDropoutCounts,
     .any_rank = true},
    {.op = Op::MsBitmaskDropout,
     .category = Category::dropout,
     .infer = infer_bitmask_dropout,
     .cost = CostRule::free(),
     .counts = kDropoutCounts,
     .any_rank = true},
};

}  // namespace

std::span<const OpRow> ms_normalization_rows() {
  return kRows;
}

}  // namespace haoline
