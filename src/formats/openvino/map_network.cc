// Convolutions, pools, normalizations, recurrent cells, resizing: what networks are made of.
#include "formats/openvino/layer.h"

namespace haoline::openvino {
namespace {

void set_auto_pad(Layer& layer) {
  const std::string_view mode = layer.get("auto_pad");
  if (mode == "valid") layer.set("auto_pad", "VALID");
  if (mode == "same_upper") layer.set("auto_pad", "SAME_UPPER");
  if (mode == "same_lower") layer.set("auto_pad", "SAME_LOWER");
}

void set_pads(Layer& layer) {
  Integers pads = layer.integers("pads_begin");
  const Integers end = layer.integers("pads_end");
  pads.append(end.begin(), end.end());
  if (!pads.empty()) layer.set("pads", pads);
}

bool set_windows(Layer& layer) {
  for (const std::string_view key : {"strides", "dilations"}) {
    if (const Integers list = layer.integers(key); !list.empty()) layer.set(key, list);
  }
  set_auto_pad(layer);
  if (layer.integers("pads_begin").size() != layer.integers("pads_end").size()) return false;
  set_pads(layer);
  return true;
}

// "GOIHW": groups are an axis of the weight.
bool set_group_layout(Layer& layer, std::string_view channels) {
  constexpr std::string_view kSpatial = "DHW";
  const std::optional<std::size_t> rank = layer.rank(1);
  if (!rank || *rank < 4 || *rank > 6) return false;
  std::string layout(channels);
  layout += kSpatial.substr(kSpatial.size() - (*rank - 3));
  layer.set("filter_layout", layer.reading().model.arena.text(layout));
  return true;
}

bool convolution(Layer& layer) {
  return set_windows(layer);
}
bool group_convolution(Layer& layer) {
  return set_group_layout(layer, "GOI") && set_windows(layer);
}

// The spatial extents of the result may be an operand.
bool transposed(Layer& layer) {
  if (layer.inputs.size() > 2) {
    const std::optional<Integers> shape = layer.constant(2);
    if (!shape) return false;
    layer.set("output_shape", *shape);
    layer.keep(2);
  }
  if (const Integers list = layer.integers("output_padding"); !list.empty())
    layer.set("output_padding", list);
  for (const std::string_view key : {"strides", "dilations"}) {
    if (const Integers list = layer.integers(key); !list.empty()) layer.set(key, list);
  }
  // Without a wanted shape "same" and "valid" mean that nothing is cut off.
  const std::string_view mode = layer.get("auto_pad");
  if (mode.empty() || mode == "explicit" || mode == "notset") {
    if (layer.integers("pads_begin").size() != layer.integers("pads_end").size()) return false;
    set_pads(layer);
  }
  return true;
}
bool group_transposed(Layer& layer) {
  return set_group_layout(layer, "GIO") && transposed(layer);
}

// x, offsets, weight, mask; ONNX has the weight second, and a bias before the mask.
bool deformable(Layer& layer) {
  if (layer.inputs.size() < 3) return false;
  std::swap(layer.inputs[1], layer.inputs[2]);
  if (layer.inputs.size() > 3) layer.inputs.insert(3, TensorId{});
  layer.set("group", layer.integer("group", 1));
  layer.set("offset_group", layer.integer("deformable_group", 1));
  return set_windows(layer);
}

// --- pools

bool set_pool(Layer& layer) {
  const Integers kernel = layer.integers("kernel");
  if (kernel.empty()) return false;
  layer.set("kernel_shape", kernel);
  // "ceil" keeps a window that begins behind the data, "ceil_torch" drops it.
  const std::string_view rounding = layer.get("rounding_type");
  if (rounding == "ceil") layer.set("ceil_mode", std::int64_t{2});
  if (rounding == "ceil_torch") layer.set("ceil_mode", std::int64_t{1});
  return set_windows(layer);
}
bool max_pool(Layer& layer) {
  const std::string_view type = layer.get("index_element_type");
  if (layer.outputs() > 1 && type != "i64") layer.set("index_type", name(element_type(type).dtype));
  return set_pool(layer);
}
bool average_pool(Layer& layer) {
  layer.set("count_include_pad", std::int64_t{!layer.flag("exclude-pad", layer.flag("exclude_pad", true))});
  return set_pool(layer);
}
bool adaptive(Layer& layer) {
  if (layer.get("index_element_type") == "i32") layer.set("index_type", "int32");
  return layer.has_input(1);
}

bool roi_align(Layer& layer) {
  layer.set("output_height", layer.integer("pooled_h", 1));
  layer.set("output_width", layer.integer("pooled_w", 1));
  layer.set("sampling_ratio", layer.integer("sampling_ratio", 0));
  layer.set("spatial_scale", layer.real("spatial_scale", 1));
  layer.set("mode", layer.get("mode") == "max" ? "max" : "avg");
  return true;
}
bool roi_pooling(Layer& layer) {
  const Integers shape = {layer.integer("pooled_h", layer.integer("output_roi_h", 1)),
                          layer.integer("pooled_w", layer.integer("output_roi_w", 1))};
  layer.set("pooled_shape", shape);
  layer.set("spatial_scale", layer.real("spatial_scale", 1));
  return layer.get("method") != "bilinear" || layer.inputs.size() == 2;
}

// --- normalizations

double epsilon(const Layer& layer) {
  return layer.real("epsilon", layer.real("eps", 1e-5));
}

// Operator set 1 has the data third, 5 first.
bool batch_norm(Layer& layer) {
  if (layer.inputs.size() != 5) return false;
  if (layer.record.version == "opset1") {
    const TensorId data = layer.inputs[2];
    layer.inputs[2] = layer.inputs[1];
    layer.inputs[1] = layer.inputs[0];
    layer.inputs[0] = data;
  }
  layer.set("epsilon", epsilon(layer));
  return true;
}

bool group_norm(Layer& layer) {
  layer.set("num_groups", layer.integer("num_groups", 1));
  layer.set("epsilon", epsilon(layer));
  return layer.inputs.size() == 3;
}

// Axes are an operand since operator set 6; before that all but the batch, with or without the channels.
bool mvn(Layer& layer) {
  Integers axes;
  if (layer.inputs.size() > 1) {
    const std::optional<Integers> given = layer.constant(1);
    if (!given) return false;
    axes = *given;
  } else {
    const std::optional<std::size_t> rank = layer.rank(0);
    if (!rank) return false;
    if (const Integers given = layer.integers("reduction_axes"); !given.empty()) {
      axes = given;
    } else {
      for (std::size_t i = layer.flag("across_channels", false) ? 1 : 2; i < *rank; ++i)
        axes.push_back(static_cast<std::int64_t>(i));
    }
  }
  layer.set("axes", axes);
  layer.keep(1);
  return true;
}

bool normalize_l2(Layer& layer) {
  return layer.has_input(1);
}

bool lrn(Layer& layer) {
  layer.set("alpha", layer.real("alpha", 1e-4));
  layer.set("beta", layer.real("beta", 0.75));
  layer.set("bias", layer.real("bias", 1));
  layer.set("size", layer.integer("size", 1));
  layer.keep(1);
  return true;
}

// --- recurrent cells, one step or a sequence

bool cell(Layer& layer) {
  layer.set("hidden_size", layer.integer("hidden_size", 0));
  if (const std::string_view direction = layer.get("direction"); !direction.empty())
    layer.set("direction", direction);
  layer.set("linear_before_reset", std::int64_t{layer.flag("linear_before_reset", false)});
  return true;
}

// --- images

std::string_view interpolation_mode(std::string_view mode) {
  if (mode == "nearest") return "nearest";
  if (mode == "linear" || mode == "linear_onnx") return "linear";
  return mode == "cubic" ? "cubic" : std::string_view{};
}

bool has_pads(const Layer& layer) {
  for (const std::string_view key : {"pads_begin", "pads_end"}) {
    for (const std::int64_t pad : layer.integers(key)) {
      if (pad != 0) return true;
    }
  }
  return false;
}

// data, sizes, scales, axes (4); data, sizes or scales, axes (11); data, sizes with the axes beside it (1).
bool interpolate(Layer& layer) {
  const std::string_view mode = interpolation_mode(layer.get("mode"));
  const std::size_t inputs = layer.inputs.size();
  if (mode.empty() || has_pads(layer) || inputs < 2) return false;
  const bool is_oldest = layer.has("axes");
  const bool by_sizes = is_oldest || layer.get("shape_calculation_mode") == "sizes";
  const bool has_both = layer.record.version != "opset11" && !is_oldest;
  if (is_oldest) {
    layer.set("axes", layer.integers("axes"));
  } else if (const std::size_t axes = has_both ? 3 : 2; inputs > axes) {
    const std::optional<Integers> given = layer.constant(axes);
    if (!given) return false;
    layer.set("axes", *given);
  }
  if (has_both && inputs < 3) return false;
  const TensorId wanted = layer.inputs[has_both && !by_sizes ? 2 : 1];
  layer.keep(1);
  layer.inputs.push_back(TensorId{});
  layer.inputs.push_back(by_sizes ? TensorId{} : wanted);
  if (by_sizes) layer.inputs.push_back(wanted);
  layer.set("mode", mode);
  if (const std::string_view how = layer.get("coordinate_transformation_mode"); !how.empty())
    layer.set("coordinate_transformation_mode", how);
  return true;
}

bool grid_sample(Layer& layer) {
  layer.set("align_corners", std::int64_t{layer.flag("align_corners", false)});
  const std::string_view mode = layer.get("mode");
  layer.set("mode", mode == "bilinear" ? "linear" : mode == "bicubic" ? "cubic" : mode);
  return true;
}

// The sets before 4 give one table of selected boxes, as ONNX does; later ones have more results.
bool suppress(Layer& layer) {
  if (layer.outputs() != 1) return false;
  layer.set("center_point_box", std::int64_t{layer.get("box_encoding") == "center"});
  if (layer.get("output_type") == "i32") layer.set("index_type", "int32");
  layer.keep(5);
  return true;
}

constexpr Translation kRows[] = {
    {"AUGRUCell", Op::GruCell, cell},
    {"AdaptiveAvgPool", Op::AdaptiveAveragePool, adaptive},
    {"AdaptiveMaxPool", Op::AdaptiveMaxPool, adaptive},
    {"AvgPool", Op::AveragePool, average_pool},
    {"BatchNormInference", Op::BatchNormalization, batch_norm},
    {"Convolution", Op::Conv, convolution},
    {"ConvolutionBackpropData", Op::ConvTranspose, transposed},
    {"DeformableConvolution", Op::DeformConv, deformable},
    {"GRUCell", Op::GruCell, cell},
    {"GRUSequence", Op::GruSequence, cell},
    {"GridSample", Op::GridSample, grid_sample},
    {"GroupConvolution", Op::Conv, group_convolution},
    {"GroupConvolutionBackpropData", Op::ConvTranspose, group_transposed},
    {"GroupNormalization", Op::GroupNormalization, group_norm},
    {"Interpolate", Op::Resize, interpolate},
    {"LRN", Op::LRN, lrn},
    {"LSTMCell", Op::LstmCell, cell},
    {"LSTMSequence", Op::LstmSequence, cell},
    {"MVN", Op::MeanVarianceNormalization, mvn},
    {"MaxPool", Op::MaxPool, max_pool},
    {"NonMaxSuppression", Op::NonMaxSuppression, suppress},
    {"NormalizeL2", Op::NormalizeL2, normalize_l2},
    {"RNNCell", Op::RnnCell, cell},
    {"RNNSequence", Op::RnnSequence, cell},
    {"ROIAlign", Op::RoiAlign, roi_align},
    {"ROIPooling", Op::MaxRoiPool, roi_pooling},
};

}  // namespace

std::span<const Translation> network_translations() {
  return kRows;
}

}  // namespace haoline::openvino
