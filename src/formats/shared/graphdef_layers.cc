// Layers: convolutions, pools, products, normalizations, recurrent cells.
#include <algorithm>
#include <array>

#include "formats/shared/graphdef_map.h"

namespace haoline::graphdef {
namespace {

bool is_channels_last(std::string_view format) {
  return format.ends_with('C');
}

// The entries of a list with one per axis of the data that are for spatial axes.
std::vector<std::int64_t> spatial(std::span<const std::int64_t> list, std::string_view format) {
  if (list.size() < 3) return {};
  const std::size_t first = is_channels_last(format) ? 1 : 2;
  return {list.begin() + static_cast<std::ptrdiff_t>(first),
          list.begin() + static_cast<std::ptrdiff_t>(first + list.size() - 2)};
}

void set_layout(Translation& t, std::string_view format) {
  if (is_channels_last(format)) t.set_text("data_layout", format);
}

bool all_ones(std::span<const std::int64_t> list) {
  return std::all_of(list.begin(), list.end(), [](std::int64_t v) { return v == 1; });
}

void set_spatial(Translation& t, std::string_view name, std::span<const std::int64_t> list,
                 std::string_view format) {
  const std::vector<std::int64_t> entries = spatial(list, format);
  if (!entries.empty()) t.set_list(name, entries);
}

void set_padding(Translation& t, std::string_view format) {
  const std::string_view padding = t.attrs.text("padding");
  if (padding == "SAME") return t.set_text("auto_pad", "SAME_UPPER");
  if (padding == "VALID") return t.set_text("auto_pad", "VALID");
  // One begin and one end per axis of the data.
  const std::vector<std::int64_t> pairs = t.attrs.integers("explicit_paddings");
  std::vector<std::int64_t> begins, ends;
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    begins.push_back(pairs[i]);
    ends.push_back(pairs[i + 1]);
  }
  std::vector<std::int64_t> pads = spatial(begins, format);
  const std::vector<std::int64_t> behind = spatial(ends, format);
  pads.insert(pads.end(), behind.begin(), behind.end());
  if (!pads.empty()) t.set_list("pads", pads);
}

void set_windows(Translation& t, std::string_view format) {
  set_spatial(t, "strides", t.attrs.integers("strides"), format);
  const std::vector<std::int64_t> dilations = t.attrs.integers("dilations");
  if (!all_ones(dilations)) set_spatial(t, "dilations", dilations, format);
  set_padding(t, format);
}

bool is_volume(const Translation& t) {
  return t.node.op.find("3D") != std::string_view::npos || t.attrs.integers("strides").size() == 5;
}

std::string_view data_format(const Translation& t, bool is_3d) {
  return t.attrs.text("data_format", is_3d ? "NDHWC" : "NHWC");
}

// What follows a fused product: a bias, then an activation. False for anything that has no place on one node.
struct Fusion {
  bool has_bias = false;
  std::string_view activation;
  bool has_slopes = false;  // of Prelu
};
std::optional<Fusion> fusion_of(const Translation& t) {
  Fusion fusion;
  for (const std::string_view op : t.attrs.texts("fused_ops")) {
    if (op == "BiasAdd" && !fusion.has_bias && fusion.activation.empty()) {
      fusion.has_bias = true;
    } else if (fusion.activation.empty() && op != "FusedBatchNorm" && op != "Add" && op != "BiasAdd") {
      fusion.activation = op;
      fusion.has_slopes = op == "Prelu";
    } else {
      return std::nullopt;
    }
  }
  return fusion;
}

bool apply_fusion(Translation& t) {
  const std::optional<Fusion> fusion = fusion_of(t);
  if (!fusion) return false;
  t.keep(2 + (fusion->has_bias ? 1 : 0) + (fusion->has_slopes ? 1 : 0));
  if (!fusion->activation.empty()) t.set_text("activation", fusion->activation);
  if (fusion->activation == "LeakyRelu")
    t.set_real("alpha", static_cast<double>(t.attrs.real("leakyrelu_alpha", 0.2F)));
  if (fusion->has_slopes && t.op == Op::Conv) {
    if (!fusion->has_bias) return false;
    t.op = Op::ConvPrelu;
  }
  return true;
}

}  // namespace

bool conv(Translation& t) {
  if (t.node.op == "Conv" && t.attrs.integer("groups", 1) == 0) return false;
  const bool is_3d = is_volume(t);
  const std::string_view format = data_format(t, is_3d);
  set_layout(t, format);
  t.set_text("filter_layout", is_3d ? "DHWIO" : "HWIO");
  set_windows(t, format);
  t.keep(2);
  return true;
}

bool depthwise_conv(Translation& t) {
  const std::string_view format = data_format(t, false);
  set_layout(t, format);
  t.set_text("filter_layout", "HWGO");
  set_windows(t, format);
  t.keep(2);
  return true;
}

bool fused_conv(Translation& t) {
  const SmallVector<TensorId, 8> operands = t.inputs;
  if (!conv(t)) return false;
  t.inputs = operands;
  return apply_fusion(t);
}

bool fused_depthwise_conv(Translation& t) {
  const SmallVector<TensorId, 8> operands = t.inputs;
  if (!depthwise_conv(t)) return false;
  t.inputs = operands;
  return apply_fusion(t);
}

// Operands: the sizes of the result, the filter of the convolution that is turned round, the data.
bool transposed_conv(Translation& t) {
  if (t.count() < 3) return false;
  const bool is_3d = is_volume(t);
  const std::string_view format = data_format(t, is_3d);
  set_layout(t, format);
  t.set_text("filter_layout", is_3d ? "DHWOI" : "HWOI");
  set_windows(t, format);
  if (const auto sizes = t.constant(0)) {
    const std::vector<std::int64_t> extents =
        sizes->size() + 2 == (is_3d ? 5U : 4U) ? *sizes : spatial(*sizes, format);
    const bool is_known = std::all_of(extents.begin(), extents.end(), [](std::int64_t e) { return e > 0; });
    if (is_known) t.set_list("output_shape", extents);
  }
  const TensorId filter = t.inputs[1];
  const TensorId data = t.inputs[2];
  t.inputs.clear();
  t.inputs.push_back(data);
  t.inputs.push_back(filter);
  return true;
}

bool pool(Translation& t) {
  const bool is_3d = is_volume(t);
  const std::string_view format = data_format(t, is_3d);
  set_layout(t, format);
  const std::vector<std::int64_t> kernel = t.attrs.integers("ksize");
  if (kernel.size() < 3) return false;
  const std::size_t channel = is_channels_last(format) ? kernel.size() - 1 : 1;
  if (kernel[0] != 1 || kernel[channel] != 1) return false;  // over channels: no other format does that
  set_spatial(t, "kernel_shape", kernel, format);
  set_windows(t, format);
  if (t.op == Op::MaxPool && t.results > 1)
    t.set_text("index_type", t.attrs.type("Targmax", 9) == 3 ? "int32" : "int64");
  return true;
}

bool pool_with_operands(Translation& t) {
  const auto kernel = t.constant(1);
  const auto strides = t.constant(2);
  const std::string_view format = data_format(t, false);
  if (!kernel || !strides) return false;
  set_layout(t, format);
  set_spatial(t, "kernel_shape", *kernel, format);
  set_spatial(t, "strides", *strides, format);
  set_padding(t, format);
  t.keep(1);
  return true;
}

// y and the statistics; in inference only y is used, the rest repeats operands.
bool batch_norm(Translation& t) {
  set_layout(t, data_format(t, false));
  t.set_real("epsilon", static_cast<double>(t.attrs.real("epsilon", 1e-4F)));
  if (t.attrs.boolean("is_training", true)) {
    t.set("training_mode", 1);
    t.results = std::min<std::size_t>(t.results, 3);
    // The statistics of the batch, not stored ones: operands that TensorFlow leaves empty.
    t.keep(3);
    t.op = Op::BatchStatisticsNorm;
    return true;
  }
  t.results = 1;
  t.keep(5);
  return true;
}

bool fused_batch_norm(Translation& t) {
  if (!batch_norm(t)) return false;
  const std::string_view activation = t.attrs.text("activation_mode", "Identity");
  if (t.attrs.integer("num_side_inputs") != 0) return false;
  if (activation != "Identity") t.set_text("activation", activation);
  return true;
}

// data, mean, variance, shift, scale
bool global_batch_norm(Translation& t) {
  if (t.count() != 5) return false;
  t.set_text("data_layout", "NHWC");
  t.set_real("epsilon", static_cast<double>(t.attrs.real("variance_epsilon")));
  const SmallVector<TensorId, 8> in = t.inputs;
  t.inputs = {in[0], in[4], in[3], in[1], in[2]};
  return true;
}

bool lrn(Translation& t) {
  const std::int64_t size = 2 * std::clamp<std::int64_t>(t.attrs.integer("depth_radius", 5), 0, 1 << 20) + 1;
  t.set("size", size);
  t.set_real("alpha", static_cast<double>(t.attrs.real("alpha", 1)) * static_cast<double>(size));
  t.set_real("beta", static_cast<double>(t.attrs.real("beta", 0.5F)));
  t.set_real("bias", static_cast<double>(t.attrs.real("bias", 1)));
  t.set_text("data_layout", "NHWC");
  return true;
}

bool bias_add(Translation& t) {
  set_layout(t, data_format(t, false));
  return true;
}

bool mat_mul(Translation& t) {
  if (t.attrs.boolean("transpose_a")) t.set("transA", 1);
  if (t.attrs.boolean("transpose_b")) t.set("transB", 1);
  return true;
}

bool sparse_mat_mul(Translation& t) {
  return mat_mul(t);
}

bool batch_mat_mul(Translation& t) {
  if (t.attrs.boolean("adj_x")) t.set("transA", 1);
  if (t.attrs.boolean("adj_y")) t.set("transB", 1);
  return true;
}

bool fused_mat_mul(Translation& t) {
  return mat_mul(t) && apply_fusion(t) && t.count() <= 3;
}

bool einsum(Translation& t) {
  t.set_text("equation", t.attrs.text("equation"));
  return true;
}

bool leaky_relu(Translation& t) {
  t.set_real("alpha", static_cast<double>(t.attrs.real("alpha", 0.2F)));
  return true;
}

bool relu6(Translation& t) {
  t.inputs.push_back(t.made_real("min", 0));
  t.inputs.push_back(t.made_real("max", 6));
  return true;
}

bool last_axis(Translation& t) {
  t.set("axis", -1);
  return true;
}

bool blocks(Translation& t) {
  const std::string_view format = data_format(t, false);
  if (format != "NHWC" && format != "NCHW") return false;
  set_layout(t, format);
  t.set("blocksize", t.attrs.integer("block_size"));
  return true;
}

bool lstm_cell(Translation& t) {
  if (t.attrs.boolean("use_peephole")) t.set("use_peephole", 1);
  return true;
}
bool block_lstm(Translation& t) {
  return lstm_cell(t);
}

// data, hidden state, cell state, one vector of all weights
bool cudnn_rnn(Translation& t) {
  t.set_text("rnn_mode", t.attrs.text("rnn_mode", "lstm"));
  t.set_text("direction", t.attrs.text("direction", "unidirectional"));
  t.set("time_major", t.attrs.boolean("time_major", true) ? 1 : 0);
  t.set("num_proj", t.attrs.integer("num_proj"));
  return true;
}

bool patches(Translation& t) {
  t.set_text("data_layout", "NHWC");
  set_spatial(t, "kernel_shape", t.attrs.integers("ksizes"), "NHWC");
  set_spatial(t, "strides", t.attrs.integers("strides"), "NHWC");
  set_spatial(t, "dilations", t.attrs.integers("rates"), "NHWC");
  set_padding(t, "NHWC");
  return true;
}

}  // namespace haoline::graphdef
