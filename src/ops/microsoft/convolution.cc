// Convolutions and pools with activations, sums or quantization fused in, channels first or last; recurrent
// cells.
#include "ops/convolution.h"

#include "ops/microsoft/rules.h"
#include "ops/op_table.h"
#include "ops/refuse.h"
#include "ops/window.h"

namespace haoline {
namespace {

using namespace ms;

// --- FusedConv, NhwcFusedConv, NhwcConv: Conv, then + Z, then an activation

constexpr ConvOperands kFirst{0, 1, 2, false};
constexpr ConvOperands kLast{0, 1, 2, true};

OpError infer_fused_conv(OpCall& call) {
  return infer_convolution(call, kFirst);
}
OpError infer_nhwc_conv(OpCall& call) {
  return infer_convolution(call, kLast);
}

Cost fused_cost(const OpCall& call, const ConvOperands& operands) {
  Cost cost = convolution_cost(call, operands);
  if (call.has(3)) cost.add(Arith::add, call.output_elements(0), call.pool());
  if (const std::optional<Work> work = activation_work(call.text("activation"))) {
    cost.add(*work, call.output_elements(0), call.pool());
  } else {
    cost.operations.fill(Dim::unknown());
  }
  return cost;
}

Cost cost_fused_conv(const OpCall& call) {
  return fused_cost(call, kFirst);
}
Cost cost_nhwc_conv(const OpCall& call) {
  return fused_cost(call, kLast);
}

// --- QLinearConv with channels_last

ConvOperands quantized_operands(const OpCall& call) {
  return {0, 3, 8, call.integer("channels_last") != 0};
}

OpError infer_quantized_conv(OpCall& call) {
  if (call.has(7)) call.set_dtype(0, call.dtype(7));
  return infer_convolution(call, quantized_operands(call));
}

Cost cost_quantized_conv(const OpCall& call) {
  Cost cost = convolution_cost(call, quantized_operands(call));
  cost.add(Arith::multiply, call.output_elements(0), call.pool());
  cost.add(kQuantize, call.output_elements(0), call.pool());
  return cost;
}

// --- ConvTransposeWithDynamicPads: pads are an operand, which the attributes' rule does not see

OpError infer_dynamic_transpose(OpCall& call) {
  DimPool& pool = call.pool();
  const ConvOperands operands{0, 1, 3, false};
  if (OpError error = infer_transposed_convolution(call, operands)) return error;
  if (!call.has(2)) return {};
  Shape shape = call.output_shape(0);
  if (!shape.has_rank() || shape.rank() < 2) return {};
  const std::size_t axes = shape.rank() - 2;
  const std::optional<std::vector<Dim>> pads = call.integers(2);
  for (std::size_t i = 0; i < axes; ++i) {
    const bool known = pads && pads->size() == 2 * axes;
    const Dim both = known ? pool.add((*pads)[i], (*pads)[i + axes]) : Dim::unknown();
    shape[2 + i] = pool.subtract(shape[2 + i], both);
  }
  call.set_shape(0, std::move(shape));
  return {};
}

Cost cost_dynamic_transpose(const OpCall& call) {
  return transposed_convolution_cost(call, {0, 1, 3, false});
}

// --- causal depthwise convolution with a state

// Taps of the kernel: (channels, 1, k…).
Dim kernel_taps(const OpCall& call) {
  if (!call.has_rank(1)) return Dim::unknown();
  Dim taps = 1;
  for (std::size_t i = 2; i < call.rank(1); ++i) taps = call.pool().multiply(taps, call.shape(1)[i]);
  return taps;
}

Dim state_length(const OpCall& call) {
  if (const std::int64_t length = call.integer("state_length"); length > 0) return call.number(length);
  DimPool& pool = call.pool();
  return pool.multiply(pool.subtract(extent(call, 1, -1), Dim(1)), call.number(call.integer("dilation", 1)));
}

OpError infer_causal(OpCall& call) {
  if (!call.has_rank(0)) return {};
  const Shape& data = call.shape(0);
  if (data.rank() < 3) return Message("the input needs a batch, channels and a position");
  const bool last = call.integer("channels_last") != 0;
  Shape out = data;
  if (const std::int64_t width = call.integer("input_channels"); width > 0) {
    out[out.rank() - 1] = call.number(width);
  }
  call.set_shape(0, out);
  const std::int64_t state_last = call.integer("state_channels_last", -1);
  Shape state = out;
  if (last && state_last == 0) {
    state = Shape{out[0], out[2], state_length(call)};
  } else {
    state[last ? 1 : state.rank() - 1] = state_length(call);
  }
  if (const std::int64_t window = call.integer("state_window"); window > 0)
    state.insert(0, call.number(window));
  call.set_shape(1, std::move(state));
  call.set_shape(2, Shape{out[0], call.number(call.integer("state_update_capacity")), out.back()});
  return {};
}

OpError infer_varlen_causal(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 2, "the input")) return error;
  DimPool& pool = call.pool();
  const Dim channels = extent(call, 0, 1);
  const Dim batch = pool.subtract(extent(call, 2, 0), Dim(1));
  if (call.has(0)) call.set_shape(0, call.shape(0));
  call.set_shape(1, Shape{batch, channels, state_length(call)});
  call.set_shape(2, Shape{batch, call.number(call.integer("state_update_capacity")), channels});
  return {};
}

Cost causal_cost(const OpCall& call, bool bias) {
  DimPool& pool = call.pool();
  const Dim results = call.output_elements(0);
  call.note("results", results);
  call.note("taps", kernel_taps(call));
  Cost cost = macs_only(pool.multiply(results, kernel_taps(call)));
  if (bias) cost.add(Arith::add, results, pool);
  if (const std::optional<Work> work = activation_work(call.text("activation")))
    cost.add(*work, results, pool);
  return cost;
}

Cost cost_causal(const OpCall& call) {
  return causal_cost(call, call.has(2));
}
Cost cost_varlen_causal(const OpCall& call) {
  return causal_cost(call, call.has(3));
}

OpError infer_backing(OpCall& call) {
  if (call.has(2)) call.set_shape(0, call.shape(2));
  return {};
}

// --- WordConvEmbedding: characters embedded, convolved over the word, the largest result kept per filter

OpError infer_word_embedding(OpCall& call) {
  if (!call.has_rank(0) || call.rank(0) == 0) return {};
  const std::int64_t size = call.integer("embedding_size");
  const Dim filters = size > 0 ? call.number(size).dim() : extent(call, 1, 0);
  call.set_shape(0, with_last(call, 0, filters));
  return {};
}

// Windows inside a word, unpadded, at the word's full length.
Cost cost_word_embedding(const OpCall& call) {
  DimPool& pool = call.pool();
  const Dim window = extent(call, 1, 2);
  const Dim windows = pool.add(pool.subtract(extent(call, 0, -1), window), Dim(1));
  const Dim results = pool.multiply(call.output_elements(0), windows);
  Cost cost = macs_only(pool.multiply(results, pool.multiply(window, extent(call, 1, 3))));
  cost.add({.add = 1, .transcendental = 1, .compare = 1}, results, pool);
  return cost;
}

constexpr std::string_view kFused = "as Conv; a sum and an activation per output element on top";
constexpr std::string_view kCausal = "elements of the result·kernel taps (depthwise)";

constexpr OpRow kRows[] = {
    {.op = Op::MsFusedConv,
     .category = Category::conv,
     .infer = infer_fused_conv,
     .cost = CostRule::formula(cost_fused_conv),
     .counts = kFused},
    {.op = Op::MsNhwcFusedConv,
     .category = Category::conv,
     .infer = infer_nhwc_conv,
     .cost = CostRule::formula(cost_nhwc_conv),
     .counts = kFused},
    {.op = Op::MsNhwcConv,
     .category = Category::conv,
     .infer = infer_nhwc_conv,
     .cost = CostRule::formula(cost_nhwc_conv),
     .counts = kConvolutionCounts},
    {.op = Op::MsQLinearConv,
     .category = Category::conv,
     .infer = infer_quantized_conv,
     .cost = CostRule::formula(cost_quantized_conv),
     .counts = kConvolutionCounts},
    {.op = Op::MsConvTransposeWithDynamicPads,
     .category = Category::conv,
     .infer = infer_dynamic_transpose,
     .cost = CostRule::formula(cost_dynamic_transpose),
     .counts = kTransposedConvolutionCounts},
    {.op = Op::MsCausalConvWithState,
     .category = Category::conv,
     .infer = infer_causal,
     .cost = CostRule::formula(cost_causal),
     .counts = kCausal,
     .any_rank = true},
    {.op = Op::MsVarlenCausalConvWithState,
     .category = Category::conv,
     .infer = infer_varlen_causal,
     .cost = CostRule::formula(cost_varlen_causal),
     .counts = kCausal,
     .any_rank = true},
    {.op = Op::MsConvStateReplay,
     .category = Category::conv,
     .infer = infer_backing,
     .cost = CostRule::free(),
     .any_rank = true},
    {.op = Op::MsWordConvEmbedding,
     .category = Category::embed,
     .infer = infer_word_embedding,
     .cost = CostRule::formula(cost_word_embedding),
     .counts = "words·filters·windows·window·embedding, unpadded windows at the full length of a word",
     .any_rank = true},
};

}  // namespace

std::span<const OpRow> ms_convolution_rows() {
  return kRows;
}

}  // namespace haoline
