#include "ops/convolution.h"

#include "ops/op_table.h"
#include "ops/refuse.h"
#include "ops/window.h"

namespace haoline {
namespace {

// --- Conv, ConvTranspose, ConvInteger

OpError infer_conv(OpCall& call) {
  return infer_convolution(call);
}
Cost conv_cost(const OpCall& call) {
  return convolution_cost(call);
}

constexpr ConvOperands kWithoutBias{0, 1, kNoOperand, false};
OpError infer_conv_integer(OpCall& call) {
  call.set_dtype(0, DType::int32);
  return infer_convolution(call, kWithoutBias);
}
Cost conv_integer_cost(const OpCall& call) {
  return convolution_cost(call, kWithoutBias);
}

OpError infer_conv_transpose(OpCall& call) {
  return infer_transposed_convolution(call);
}
Cost conv_transpose_cost(const OpCall& call) {
  return transposed_convolution_cost(call);
}

// --- DeformConv: a convolution whose taps are interpolated at moved positions

constexpr ConvOperands kDeformable{0, 1, 3, false};
constexpr std::size_t kMask = 4;
OpError infer_deform_conv(OpCall& call) {
  return infer_convolution(call, kDeformable);
}

Cost deform_conv_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  Cost cost = convolution_cost(call, kDeformable);
  if (call.rank(0) < 3 || call.rank(1) != call.rank(0)) return cost;
  // Samples: every input channel at every tap of every output position.
  Expr samples = call.dim(0, 0) * call.dim(0, 1);
  for (std::size_t axis = 2; axis < call.output_shape(0).rank(); ++axis)
    samples *= call.output_shape(0)[axis];
  for (std::size_t axis = 2; axis < call.rank(1); ++axis) samples *= call.shape(1)[axis];
  constexpr Work kBilinear{.add = 3, .multiply = 4};
  cost.add(kBilinear, samples, pool);
  if (call.has(kMask)) cost.add(Arith::multiply, samples, pool);
  return cost;
}

// --- Col2Im: sums overlapping blocks back into an image

OpError infer_col2im(OpCall& call) {
  DimPool& pool = call.pool();
  if (call.rank(0) != 3) return refuse(pool, {"the input has rank ", call.rank(0), ", Col2Im needs 3"});
  const std::optional<std::vector<Dim>> image = call.integers(1);
  const std::optional<std::vector<Dim>> block = call.integers(2);
  std::optional<std::int64_t> axes;
  if (image) {
    axes = static_cast<std::int64_t>(image->size());
  } else if (call.rank(1) == 1) {
    axes = call.dim(1, 0).dim().number();
  }
  if (!axes || *axes < 0 || *axes > static_cast<std::int64_t>(Value::kMaxElements)) return std::nullopt;

  Shape out{call.dim(0, 0), Dim::unknown()};
  if (block) {
    Expr elements = call.number(1);
    for (const Dim extent : *block) elements *= extent;
    call.require_divisible(call.dim(0, 1), elements);
    out[1] = call.dim(0, 1).floor_div(elements);
  }
  out.resize(2 + static_cast<std::size_t>(*axes), Dim::unknown());
  for (std::size_t i = 0; image && i < image->size(); ++i) out[2 + i] = (*image)[i];
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

// --- CausalConvWithState: depthwise along the last axis, with the last kernel - 1 positions as state

OpError infer_causal_conv(OpCall& call) {
  DimPool& pool = call.pool();
  if (call.rank(0) != 3 || call.rank(1) != 3) {
    return refuse(pool,
                  {"input and weight have the ranks ", call.rank(0), " and ", call.rank(1), ", both need 3"});
  }
  if (certainly_differ(pool, call.dim(0, 1), call.dim(1, 0))) {
    return refuse(pool, {"input has ", call.dim(0, 1), " channels, the weight has ", call.dim(1, 0)});
  }
  const Dim channels = call.require_equal(call.dim(0, 1), call.dim(1, 0));
  call.set_shape(0, Shape{call.dim(0, 0), channels, call.dim(0, 2)});
  Dim state = call.dim(1, 2) - 1;
  if (call.has_rank(3) && call.rank(3) == 3) state = call.require_equal(state, call.dim(3, 2));
  call.set_shape(1, Shape{call.dim(0, 0), channels, state});
  return std::nullopt;
}

Cost causal_conv_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  const Expr out = call.output_elements(0);
  Cost cost;
  cost.macs = out * call.dim(1, 2);
  if (call.has(2)) cost.add(Arith::add, out, pool);
  constexpr Work kSilu{.add = 1, .multiply = 1, .divide = 1, .transcendental = 1};
  if (const std::string_view activation = call.text("activation", "none"); activation != "none") {
    cost.add(kSilu, out, pool);
  }
  call.note("batch", call.dim(0, 0));
  call.note("channels", call.dim(0, 1));
  call.note("length", call.dim(0, 2));
  call.note("kernel", call.dim(1, 2));
  return cost;
}

constexpr OpRow kRows[] = {
    {.op = Op::Conv,
     .category = Category::conv,
     .infer = infer_conv,
     .cost = CostRule::formula(conv_cost),
     .counts = kConvolutionCounts},
    {.op = Op::ConvInteger,
     .category = Category::conv,
     .infer = infer_conv_integer,
     .cost = CostRule::formula(conv_integer_cost),
     .counts = kConvolutionCounts},
    {.op = Op::ConvTranspose,
     .category = Category::conv,
     .infer = infer_conv_transpose,
     .cost = CostRule::formula(conv_transpose_cost),
     .counts = kTransposedConvolutionCounts},
    {.op = Op::DeformConv,
     .category = Category::conv,
     .infer = infer_deform_conv,
     .cost = CostRule::formula(deform_conv_cost),
     .counts = "batch·out_channels·out_h·out_w·(in_channels/group)·kernel_h·kernel_w; the bilinear sample of "
               "every input "
               "channel and tap is 4 multiplications and 3 additions, a mask one multiplication more"},
    {.op = Op::Col2Im,
     .category = Category::reshape,
     .infer = infer_col2im,
     .cost = CostRule::per_input({.add = 1}),
     .counts = "one addition per input element (overlapping blocks are summed)"},
    {.op = Op::CausalConvWithState,
     .category = Category::conv,
     .infer = infer_causal_conv,
     .cost = CostRule::formula(causal_conv_cost),
     .counts = "batch·channels·length·kernel (depthwise); a bias is one addition, SiLU four operations per "
               "output element"},
};

}  // namespace

std::span<const OpRow> convolution_rows() {
  return kRows;
}

}  // namespace haoline
