// Rotary embeddings, relative position biases, padding removed and restored, and the gates around linear
// attention.
#include "ops/microsoft/rules.h"
#include "ops/op_table.h"

namespace haoline {
namespace {

using namespace ms;

// Elements that a rotation touches: all of them, or `rotary_embedding_dim` of every head.
Dim rotated_elements(const OpCall& call) {
  const std::int64_t width = call.integer("rotary_embedding_dim");
  const Dim all = elements_of(call, 0);
  if (width <= 0 || !call.has_rank(0)) return all;
  DimPool& pool = call.pool();
  if (call.rank(0) == 4) return pool.multiply(rows_of(call, 0), call.number(width));
  return pool.multiply(rows_of(call, 0),
                       pool.multiply(call.number(width), call.number(call.integer("num_heads"))));
}

Cost cost_rotary(const OpCall& call) {
  Cost cost;
  cost.add(kRotary, rotated_elements(call), call.pool());
  if (call.has_attribute("scale") && call.real("scale") != 1.0) {
    cost.add(Arith::multiply, elements_of(call, 0), call.pool());
  }
  return cost;
}

OpError infer_rotary(OpCall& call) {
  if (call.has_rank(0) && call.rank(0) != 3 && call.rank(0) != 4) {
    return Message("the input needs rank 3 or 4");
  }
  return same_as_first(call);
}

// (emb, q, q_rot, k, k_rot) -> rotated q and k; sine and cosine of the embedding are taken inside.
OpError infer_gemma_rotary(OpCall& call) {
  if (call.has(1)) call.set_shape(0, call.shape(1));
  if (call.has(3)) call.set_shape(1, call.shape(3));
  return {};
}

Cost cost_gemma_rotary(const OpCall& call) {
  DimPool& pool = call.pool();
  Cost cost;
  cost.add(Arith::transcendental, pool.multiply(Dim(2), elements_of(call, 0)), pool);
  cost.add(kRotary, pool.add(elements_of(call, 1), elements_of(call, 3)), pool);
  return cost;
}

Dim norm_width(const OpCall& call) {
  const std::int64_t width = call.integer("input_width");
  return width > 0 ? call.number(width).dim() : extent(call, 0, 3);
}

OpError infer_rms_norm_rotary(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 4, "the input")) return error;
  DimPool& pool = call.pool();
  const Dim width = norm_width(call);
  const Dim batch = extent(call, 0, 0);
  const Dim positions = extent(call, 0, 1);
  const bool flatten = call.integer("flatten_batch") != 0;
  const Dim out = pool.multiply(extent(call, 0, 2), width);
  call.set_shape(0, flatten ? Shape{1, pool.multiply(batch, positions), out} : Shape{batch, positions, out});
  call.set_dtype(0, call.integer("output_fp16") != 0 ? DType::float16 : DType::bfloat16);
  call.set_shape(1, Shape{batch, positions, extent(call, 0, 2), width});
  call.set_dtype(1, DType::float32);
  return {};
}

Cost cost_rms_norm_rotary(const OpCall& call) {
  DimPool& pool = call.pool();
  const Dim heads = rows_of(call, 0);
  Cost cost;
  add_rms_norm(cost, pool.multiply(heads, norm_width(call)), heads, pool);
  cost.add(kRotary, pool.multiply(heads, call.number(call.integer("rotary_embedding_dim"))), pool);
  return cost;
}

// --- biases

OpError infer_relative_bias(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 2, "the bias table")) return error;
  call.set_shape(0, Shape{1, extent(call, 0, 1), integer_of(call, 1), integer_of(call, 2)});
  return {};
}

OpError infer_gated_bias(OpCall& call) {
  const Dim batch = call.has(6) ? extent(call, 6, 0) : extent(call, 0, 0);
  const Dim positions = call.has(6) ? extent(call, 6, 1) : extent(call, 0, 1);
  call.set_shape(0, Shape{batch, call.number(call.integer("num_heads")), positions, positions});
  return {};
}

Cost cost_gated_bias(const OpCall& call) {
  DimPool& pool = call.pool();
  const Dim inputs = elements_of(call, 0);
  const Dim rows = pool.floor_div(inputs, extent(call, 3, 0));  // per token and head
  Cost cost = macs_only(pool.multiply(inputs, extent(call, 3, 1)));
  cost.add(Arith::add, pool.add(inputs, pool.multiply(rows, extent(call, 3, 1))), pool);
  cost.add(kSigmoid, pool.multiply(rows, Dim(2)), pool);
  cost.add({.add = 2, .multiply = 2}, rows, pool);
  cost.add(Arith::multiply, call.output_elements(0), pool);
  return cost;
}

// --- padding

OpError infer_remove_padding(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 3, "the input")) return error;
  DimPool& pool = call.pool();
  const Dim batch = extent(call, 0, 0);
  const Dim positions = extent(call, 0, 1);
  const Dim tokens = call.data_symbol("tokens", pool.multiply(batch, positions));
  call.set_shape(0, Shape{tokens, extent(call, 0, 2)});
  call.set_shape(1, Shape{batch, positions});
  call.set_shape(2, Shape{pool.add(batch, Dim(1))});
  call.set_shape(3, Shape{1});
  return {};
}

OpError infer_restore_padding(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 2, "the input")) return error;
  if (OpError error = needs_rank(call, 1, 2, "the token offsets")) return error;
  call.set_shape(0, Shape{extent(call, 1, 0), extent(call, 1, 1), extent(call, 0, 1)});
  return {};
}

// --- gates

OpError infer_linear_gate(OpCall& call) {
  if (call.has(0)) call.set_shape(0, call.shape(0));
  if (call.has(3)) call.set_shape(1, call.shape(3));
  return {};
}

Cost cost_linear_gate(const OpCall& call) {
  Cost cost;
  cost.add({.add = 2, .multiply = 1, .transcendental = 2}, elements_of(call, 0), call.pool());
  if (call.has(3)) cost.add(kSigmoid, elements_of(call, 3), call.pool());
  return cost;
}

constexpr std::string_view kRotates = "one addition and two multiplications per rotated element";

constexpr OpRow kRows[] = {
    {.op = Op::MsRotaryEmbedding,
     .category = Category::embed,
     .infer = infer_rotary,
     .cost = CostRule::formula(cost_rotary),
     .counts = kRotates,
     .any_rank = true},
    {.op = Op::MsMRotaryEmbedding,
     .category = Category::embed,
     .infer = infer_rotary,
     .cost = CostRule::formula(cost_rotary),
     .counts = kRotates,
     .any_rank = true},
    {.op = Op::MsGemmaRotaryEmbedding,
     .category = Category::embed,
     .infer = infer_gemma_rotary,
     .cost = CostRule::formula(cost_gemma_rotary),
     .counts = "sine and cosine of the embedding, then one addition and two multiplications per element",
     .any_rank = true},
    {.op = Op::MsRMSNormRotary,
     .category = Category::norm,
     .infer = infer_rms_norm_rotary,
     .cost = CostRule::formula(cost_rms_norm_rotary),
     .counts = "mean square and scale per element, one addition and two multiplications per rotated element",
     .any_rank = true},
    {.op = Op::MsRelativePositionBias,
     .category = Category::embed,
     .infer = infer_relative_bias,
     .cost = CostRule::free(),
     .counts = "selects from the table; finding the buckets is not counted",
     .any_rank = true},
    {.op = Op::MsGatedRelativePositionBias,
     .category = Category::attention,
     .infer = infer_gated_bias,
     .cost = CostRule::formula(cost_gated_bias),
     .counts = "query elements·D of the gate's product",
     .any_rank = true},
    {.op = Op::MsRemovePadding,
     .category = Category::slice,
     .infer = infer_remove_padding,
     .cost = CostRule::free(),
     .any_rank = true},
    {.op = Op::MsRestorePadding,
     .category = Category::pad,
     .infer = infer_restore_padding,
     .cost = CostRule::free(),
     .any_rank = true},
    {.op = Op::MsLinearAttentionGate,
     .category = Category::activation,
     .infer = infer_linear_gate,
     .cost = CostRule::formula(cost_linear_gate),
     .counts = "softplus and scale per decay, sigmoid per update rate",
     .any_rank = true},
};

}  // namespace

std::span<const OpRow> ms_position_rows() {
  return kRows;
}

}  // namespace haoline
