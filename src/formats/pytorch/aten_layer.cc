// Convolutions, products, normalizations, pools, attention, resizing.
#include "formats/pytorch/aten.h"

namespace haoline::pytorch {
namespace {

// --- convolutions: PyTorch's OIHW is ONNX's

std::vector<std::int64_t> both_sides(const std::vector<std::int64_t>& pads) {
  std::vector<std::int64_t> out = pads;
  out.insert(out.end(), pads.begin(), pads.end());
  return out;
}

void set_convolution(Translation& t, std::size_t axes, bool is_transposed) {
  t.set("strides", t.window("stride", axes, 1));
  t.set("dilations", t.window("dilation", axes, 1));
  const Value& padding = t["padding"];
  if (padding.is(Value::Kind::text)) {
    t.set("auto_pad", std::string_view(padding.text == "same" ? "SAME_UPPER" : "VALID"));
  } else {
    t.set("pads", both_sides(t.window("padding", axes, 0)));
  }
  t.set("group", t.integer("groups", 1));
  if (is_transposed) t.set("output_padding", t.window("output_padding", axes, 0));
}

bool convolution(Translation& t) {
  t.operand("input");
  t.operand("weight");
  if (t.has("bias")) t.operand("bias");
  set_convolution(t, static_cast<std::size_t>(t.row.extra), t.row.op == "ConvTranspose");
  return true;
}

// The general form: the number of axes is that of its lists.
bool any_convolution(Translation& t) {
  t.operand("input");
  t.operand("weight");
  if (t.has("bias")) t.operand("bias");
  const auto strides = t.integers("stride");
  const bool is_transposed = t.boolean("transposed");
  if (!strides) return false;
  if (is_transposed) t.plan.op = "ConvTranspose";
  set_convolution(t, strides->size(), is_transposed);
  return true;
}

// --- products

bool linear(Translation& t) {
  t.operand("input");
  t.operand("weight");
  if (t.has("bias")) t.operand("bias");
  t.set("keep_num_dims", std::int64_t{1});
  return true;
}

bool product(Translation& t) {
  t.operand("self");
  t.operand(t.has("mat2") ? "mat2" : t.has("vec") ? "vec" : t.has("tensor") ? "tensor" : "other");
  return true;
}

// beta · self + alpha · mat1 × mat2
bool add_product(Translation& t) {
  t.operand(t.has("mat1") ? "mat1" : "batch1");
  t.operand(t.has("mat2") ? "mat2" : "batch2");
  t.operand("self");
  t.set("alpha", t.real("alpha", 1));
  t.set("beta", t.real("beta", 1));
  return true;
}

bool einsum(Translation& t) {
  const Value& equation = t["equation"];
  if (!equation.is(Value::Kind::text) || !t.tensors("tensors")) return false;
  t.set("equation", equation.text);
  return true;
}

// --- normalizations

bool batch_normalization(Translation& t) {
  t.operand("input");
  t.operand("weight");
  t.operand("bias");
  t.operand("running_mean");
  t.operand("running_var");
  t.set("epsilon", t.real("eps", 1e-5));
  t.set("momentum", 1.0 - t.real("momentum", 0.1));
  if (t.row.extra > 1) t.results(static_cast<std::size_t>(t.row.extra));
  return true;
}

bool instance_normalization(Translation& t) {
  t.operand("input");
  t.operand("weight");
  t.operand("bias");
  t.set("epsilon", t.real("eps", 1e-5));
  return true;
}

bool layer_normalization(Translation& t) {
  const Value& shape = t["normalized_shape"];
  const std::size_t axes = shape.is_items() ? shape.items->values.size() : 1;
  t.operand("input");
  t.operand("weight");
  if (t.has("bias")) t.operand("bias");
  t.set("axis", -static_cast<std::int64_t>(axes));
  t.set("epsilon", t.real("eps", 1e-5));
  if (t.row.extra > 1) t.results(static_cast<std::size_t>(t.row.extra));
  return true;
}

bool group_normalization(Translation& t) {
  t.operand("input");
  t.operand("weight");
  t.operand("bias");
  t.set("num_groups", t.has("num_groups") ? t.integer("num_groups", 1) : t.integer("group", 1));
  t.set("epsilon", t.real("eps", 1e-5));
  if (t.row.extra > 1) t.results(static_cast<std::size_t>(t.row.extra));
  return true;
}

bool local_normalization(Translation& t) {
  t.operand("input");
  t.set("size", t.integer("size", 1));
  t.set("alpha", t.real("alpha", 1e-4));
  t.set("beta", t.real("beta", 0.75));
  t.set("bias", t.real("k", 1));
  return true;
}

// --- pools

bool pool(Translation& t) {
  const auto axes = static_cast<std::size_t>(t.row.extra % 10);
  t.operand("self");
  const std::vector<std::int64_t> kernel = t.window("kernel_size", axes, 1);
  const auto strides = t.integers("stride");
  t.set("kernel_shape", kernel);
  t.set("strides", strides && !strides->empty() ? t.window("stride", axes, 1) : kernel);
  t.set("pads", both_sides(t.window("padding", axes, 0)));
  if (t.has("dilation")) t.set("dilations", t.window("dilation", axes, 1));
  t.set("ceil_mode", std::int64_t{t.boolean("ceil_mode") ? 1 : 0});
  if (t.row.op == "AveragePool")
    t.set("count_include_pad", std::int64_t{t.boolean("count_include_pad", true) ? 1 : 0});
  if (t.row.extra >= 10) t.results(2);
  return true;
}

bool adaptive_pool(Translation& t) {
  const auto axes = static_cast<std::size_t>(t.row.extra % 10);
  t.operand("self");
  const Value& size = t["output_size"];
  std::vector<std::int64_t> sizes;
  if (size.is(Value::Kind::integer)) sizes.assign(axes, size.integer);
  if (size.is_items()) {
    for (const Value& item : size.items->values)
      sizes.push_back(item.is(Value::Kind::integer) ? item.integer : -1);
  }
  if (sizes.size() == 1) sizes.resize(axes, sizes[0]);
  if (sizes.size() != axes) return false;
  t.set("output_size", sizes);
  if (t.row.extra >= 10) t.results(2);
  return true;
}

// --- attention

bool attention(Translation& t) {
  t.operand("query");
  t.operand("key");
  t.operand("value");
  if (t.has("attn_mask")) t.operand("attn_mask");
  t.set("is_causal", std::int64_t{t.boolean("is_causal") ? 1 : 0});
  if (t["scale"].is_number()) t.set("scale", t["scale"].as_real());
  t.plan.version = 23;
  return true;
}

// --- resizing: (input, output_size?, [align_corners,] scale_factors… )

bool resize(Translation& t) {
  const auto axes = static_cast<std::size_t>(t.row.extra % 10);
  t.operand("input");
  t.absent();  // roi
  const Value& size = t["output_size"];
  const Value* scales = &t["scale_factors"];
  if (size.is_given()) {
    t.absent();
    t.list("output_size");
  } else if (scales->is_items() && scales->items->values.size() == axes) {
    TensorData data;
    const std::span<float> room = t.w.reading().model.arena.allocate<float>(axes);
    for (std::size_t i = 0; i < axes; ++i) room[i] = static_cast<float>(scales->items->values[i].as_real());
    data.dtype = DType::float32;
    data.extents = t.w.reading().model.arena.copy(std::vector<std::int64_t>{static_cast<std::int64_t>(axes)});
    data.bytes = std::as_bytes(std::span<const float>(room));
    data.stored_elements = axes;
    t.plan.inputs.push_back(t.w.constant(data));
  } else {
    return false;
  }
  std::vector<std::int64_t> list(axes);
  for (std::size_t i = 0; i < axes; ++i) list[i] = static_cast<std::int64_t>(i + 2);
  t.set("axes", list);
  constexpr std::string_view kModes[] = {"nearest", "linear", "cubic"};
  t.set("mode", kModes[t.row.extra / 10 % 3]);
  const bool corners = t.boolean("align_corners");
  t.set("coordinate_transformation_mode", std::string_view(corners            ? "align_corners"
                                                           : t.row.extra < 10 ? "asymmetric"
                                                                              : "half_pixel"));
  return true;
}

bool grid_sample(Translation& t) {
  t.operand("input");
  t.operand("grid");
  constexpr std::string_view kModes[] = {"linear", "nearest", "cubic"};
  constexpr std::string_view kPadding[] = {"zeros", "border", "reflection"};
  t.set("mode", kModes[t.integer("interpolation_mode", 0) % 3]);
  t.set("padding_mode", kPadding[t.integer("padding_mode", 0) % 3]);
  t.set("align_corners", std::int64_t{t.boolean("align_corners") ? 1 : 0});
  return true;
}

bool embedding(Translation& t) {
  t.operand("weight");
  t.operand("indices");
  t.set("axis", std::int64_t{0});
  return true;
}

constexpr std::string_view kConv = "input weight bias stride padding dilation groups";
constexpr std::string_view kConvTranspose = "input weight bias stride padding output_padding groups dilation";
constexpr std::string_view kAnyConv =
    "input weight bias stride padding dilation transposed output_padding groups";
constexpr std::string_view kMaxPool = "self kernel_size stride padding dilation ceil_mode";
constexpr std::string_view kAveragePool =
    "self kernel_size stride padding ceil_mode count_include_pad divisor_override";
constexpr std::string_view kResize = "input output_size scale_factors";
constexpr std::string_view kResizeCorners = "input output_size align_corners scale_factors";

constexpr AtenRow kRows[] = {
    {"conv1d", kConv, convolution, "Conv", 1},
    {"conv2d", kConv, convolution, "Conv", 2},
    {"conv3d", kConv, convolution, "Conv", 3},
    {"convolution", kAnyConv, any_convolution, "Conv"},
    {"_convolution", kAnyConv, any_convolution, "Conv"},
    {"mkldnn_convolution", "input weight bias padding stride dilation groups", convolution, "Conv", 2},
    {"_conv_depthwise2d", "input weight kernel_size bias stride padding dilation", convolution, "Conv", 2},
    {"conv_transpose1d", kConvTranspose, convolution, "ConvTranspose", 1},
    {"conv_transpose2d", kConvTranspose, convolution, "ConvTranspose", 2},
    {"conv_transpose3d", kConvTranspose, convolution, "ConvTranspose", 3},
    {"linear", "input weight bias", linear, "haoline.FullyConnected"},
    {"matmul", "self other", product, "MatMul"},
    {"mm", "self mat2", product, "MatMul"},
    {"bmm", "self mat2", product, "MatMul"},
    {"mv", "self vec", product, "MatMul"},
    {"dot", "self tensor", product, "MatMul"},
    {"vdot", "self other", product, "MatMul"},
    {"addmm", "self mat1 mat2 beta alpha", add_product, "Gemm"},
    {"baddbmm", "self batch1 batch2 beta alpha", add_product, "haoline.BatchedGemm"},
    {"einsum", "equation tensors", einsum, "Einsum"},
    {"batch_norm", "input weight bias running_mean running_var training momentum eps", batch_normalization,
     "BatchNormalization", 1},
    {"native_batch_norm", "input weight bias running_mean running_var training momentum eps",
     batch_normalization, "BatchNormalization", 3},
    {"_native_batch_norm_legit_no_training", "input weight bias running_mean running_var momentum eps",
     batch_normalization, "BatchNormalization", 3},
    {"instance_norm", "input weight bias running_mean running_var use_input_stats momentum eps",
     instance_normalization, "InstanceNormalization"},
    {"layer_norm", "input normalized_shape weight bias eps", layer_normalization, "LayerNormalization", 1},
    {"native_layer_norm", "input normalized_shape weight bias eps", layer_normalization, "LayerNormalization",
     3},
    {"rms_norm", "input normalized_shape weight eps", layer_normalization, "RMSNormalization", 1},
    {"group_norm", "input num_groups weight bias eps", group_normalization, "GroupNormalization", 1},
    {"native_group_norm", "input weight bias N C HxW group eps", group_normalization, "GroupNormalization",
     3},
    {"local_response_norm", "input size alpha beta k", local_normalization, "LRN"},
    {"max_pool1d", kMaxPool, pool, "MaxPool", 1},
    {"max_pool2d", kMaxPool, pool, "MaxPool", 2},
    {"max_pool3d", kMaxPool, pool, "MaxPool", 3},
    {"max_pool1d_with_indices", kMaxPool, pool, "MaxPool", 11},
    {"max_pool2d_with_indices", kMaxPool, pool, "MaxPool", 12},
    {"max_pool3d_with_indices", kMaxPool, pool, "MaxPool", 13},
    {"avg_pool1d", kAveragePool, pool, "AveragePool", 1},
    {"avg_pool2d", kAveragePool, pool, "AveragePool", 2},
    {"avg_pool3d", kAveragePool, pool, "AveragePool", 3},
    {"adaptive_avg_pool1d", "self output_size", adaptive_pool, "haoline.AdaptiveAveragePool", 1},
    {"adaptive_avg_pool2d", "self output_size", adaptive_pool, "haoline.AdaptiveAveragePool", 2},
    {"adaptive_avg_pool3d", "self output_size", adaptive_pool, "haoline.AdaptiveAveragePool", 3},
    {"_adaptive_avg_pool2d", "self output_size", adaptive_pool, "haoline.AdaptiveAveragePool", 2},
    {"_adaptive_avg_pool3d", "self output_size", adaptive_pool, "haoline.AdaptiveAveragePool", 3},
    {"adaptive_max_pool1d", "self output_size", adaptive_pool, "haoline.AdaptiveMaxPool", 11},
    {"adaptive_max_pool2d", "self output_size", adaptive_pool, "haoline.AdaptiveMaxPool", 12},
    {"adaptive_max_pool3d", "self output_size", adaptive_pool, "haoline.AdaptiveMaxPool", 13},
    {"scaled_dot_product_attention", "query key value attn_mask dropout_p is_causal scale enable_gqa",
     attention, "Attention"},
    {"upsample_nearest1d", kResize, resize, "Resize", 1},
    {"upsample_nearest2d", kResize, resize, "Resize", 2},
    {"upsample_nearest3d", kResize, resize, "Resize", 3},
    {"_upsample_nearest_exact2d", kResize, resize, "Resize", 2},
    {"upsample_linear1d", kResizeCorners, resize, "Resize", 11},
    {"upsample_bilinear2d", kResizeCorners, resize, "Resize", 12},
    {"_upsample_bilinear2d_aa", kResizeCorners, resize, "Resize", 12},
    {"upsample_trilinear3d", kResizeCorners, resize, "Resize", 13},
    {"upsample_bicubic2d", kResizeCorners, resize, "Resize", 22},
    {"grid_sampler", "input grid interpolation_mode padding_mode align_corners", grid_sample, "GridSample"},
    {"grid_sampler_2d", "input grid interpolation_mode padding_mode align_corners", grid_sample,
     "GridSample"},
    {"grid_sampler_3d", "input grid interpolation_mode padding_mode align_corners", grid_sample,
     "GridSample"},
    {"embedding", "weight indices padding_idx scale_grad_by_freq sparse", embedding, "Gather"},
};

}  // namespace

std::span<const AtenRow> aten_layer_rows() {
  return kRows;
}

}  // namespace haoline::pytorch
