// Normalizations, activations, and layers that leave shapes alone.
#include <algorithm>
#include <array>

#include "formats/shared/keras_layer.h"

namespace haoline::keras {
namespace {

// The axes of the config, counted from the front; empty: the rank is not known.
std::vector<std::int64_t> axes_of(const Layer& layer, std::int64_t otherwise) {
  if (!layer.has_rank()) return {};
  const auto rank = static_cast<std::int64_t>(layer.rank());
  json::Value value = layer.get({"axis"});
  if (value.is_object()) value = value["items"];
  std::vector<std::int64_t> axes;
  const std::size_t count = value.is_array() ? value.size() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t axis = value.is_array() ? value[i].integer(otherwise) : value.integer(otherwise);
    axes.push_back(axis < 0 ? axis + rank : axis);
    if (axes.back() < 0 || axes.back() >= rank) return {};
  }
  std::sort(axes.begin(), axes.end());
  return axes;
}

std::vector<std::int64_t> extents_along(const Layer& layer, const std::vector<std::int64_t>& axes) {
  std::vector<std::int64_t> extents;
  for (const std::int64_t axis : axes) extents.push_back(layer.extent(0, axis));
  return extents;
}

// "NHWC" where the last axis of that rank has the channels, "NCHW" where the second has.
std::string layout(std::size_t rank, bool last) {
  std::string inner = rank > 2 && rank <= 5 ? std::string("DHW").substr(5 - rank) : std::string();
  return last ? "N" + inner + "C" : "NC" + inner;
}

struct Function {
  std::string_view name, canonical;
};
constexpr Function kFunctions[] = {
    {"celu", "Celu"},
    {"elu", "Elu"},
    {"exp", "Exp"},
    {"exponential", "Exp"},
    {"gelu", "Gelu"},
    {"hard_shrink", "Shrink"},
    {"hard_sigmoid", "HardSigmoid"},
    {"hard_silu", "HardSwish"},
    {"hard_swish", "HardSwish"},
    {"leaky_relu", "LeakyRelu"},
    {"log_softmax", "LogSoftmax"},
    {"mish", "Mish"},
    {"relu", "Relu"},
    {"selu", "Selu"},
    {"sigmoid", "Sigmoid"},
    {"silu", "Swish"},
    {"soft_shrink", "Shrink"},
    {"softmax", "Softmax"},
    {"softplus", "Softplus"},
    {"softsign", "Softsign"},
    {"swish", "Swish"},
    {"tanh", "Tanh"},
    {"threshold", "ThresholdedRelu"},
    {"linear", "Identity"},
    {"quantized_relu", "Relu"},
    {"quantized_tanh", "Tanh"},
    {"quantized_sigmoid", "Sigmoid"},
    {"quantized_bits", "FakeQuant"},
    {"quantized_linear", "FakeQuant"},
    {"quantized_hswish", "HardSwish"},
    {"quantized_ulaw", "FakeQuant"},
    {"quantized_po2", "FakeQuant"},
    {"quantized_relu_po2", "Relu"},
    {"bernoulli", "FakeQuant"},
    {"binary", "FakeQuant"},
    {"ternary", "FakeQuant"},
    {"stochastic_binary", "FakeQuant"},
    {"stochastic_ternary", "FakeQuant"},
};

TensorId bound(Layer& layer, std::string_view what, double value) {
  return layer.graph.float_scalar(std::string(layer.name) + "/" + std::string(what),
                                  static_cast<float>(value));
}

}  // namespace

std::string_view canonical_activation(std::string_view function) {
  // "quantized_relu(6,0)" is a relu.
  function = function.substr(0, function.find('('));
  for (const Function& f : kFunctions) {
    if (f.name == function) return f.canonical;
  }
  return {};
}

void emit_activation(Layer& layer, std::string_view function) {
  if (function == "relu6" && !layer.in.empty()) {
    const TensorId zero = bound(layer, "min", 0), six = bound(layer, "max", 6);
    return layer.emit("Clip", {layer.in[0], zero, six}, {}, {layer.shape(0)});
  }
  const std::string_view canonical = function.empty() ? "Identity" : canonical_activation(function);
  if (canonical.empty() || layer.in.empty()) return layer.emit_as_itself({layer.shape(0)});
  BuilderAttributes attributes;
  if (canonical == "Softmax" || canonical == "LogSoftmax") attributes.emplace_back("axis", -1);
  if (!function.empty()) attributes.emplace_back("function", std::string(function));
  layer.emit(canonical, {layer.in[0]}, std::move(attributes), {layer.shape(0)});
}

void make_activation(Layer& layer) {
  emit_activation(layer, layer.activation());
}

void make_softmax(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  const json::Value axis = layer.get({"axis"});
  layer.emit("Softmax", {layer.in[0]}, {{"axis", axis.is_array() ? axis[0].integer(-1) : axis.integer(-1)}},
             {layer.shape(0)});
}

// One layer for the whole family: a slope below, a limit above, a threshold.
void make_relu(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  const json::Value most = layer.get({"max_value"});
  const double slope = layer.get({"negative_slope", "alpha"}).number(layer.type == "LeakyReLU" ? 0.3 : 0);
  const double threshold = layer.get({"threshold", "theta"}).number(0);
  if (most.is_number() && slope == 0) {
    const TensorId low = bound(layer, "min", 0), high = bound(layer, "max", most.number());
    return layer.emit("Clip", {layer.in[0], low, high}, {}, {layer.shape(0)});
  }
  if (slope != 0 || layer.type == "LeakyReLU")
    return layer.emit("LeakyRelu", {layer.in[0]}, {{"alpha", slope}}, {layer.shape(0)});
  if (threshold != 0 || layer.type == "ThresholdedReLU")
    return layer.emit("ThresholdedRelu", {layer.in[0]}, {{"alpha", threshold}}, {layer.shape(0)});
  layer.emit("Relu", {layer.in[0]}, {}, {layer.shape(0)});
}

void make_prelu(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  const json::Value shared = layer.get({"shared_axes"});
  std::vector<std::int64_t> extents;
  for (std::size_t i = 1; i < layer.rank(); ++i) {
    bool is_shared = false;
    for (std::size_t k = 0; k < shared.size(); ++k)
      is_shared = is_shared || shared[k].integer() == static_cast<std::int64_t>(i);
    extents.push_back(is_shared ? 1 : layer.extent(0, static_cast<std::int64_t>(i)));
  }
  const std::vector<TensorId> weights = layer.weights({{"alpha", extents}});
  layer.emit("PRelu", {layer.in[0], weights[0]}, {}, {layer.shape(0)});
}

void make_layer_scale(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  const std::vector<TensorId> weights = layer.weights({{"gamma", {layer.integer({"projection_dim"}, -1)}}});
  layer.emit("Mul", {layer.in[0], weights[0]}, {}, {layer.shape(0)});
}

// At inference these are what their row says: dropouts, noises, augmentations, masks.
void make_same(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  layer.emit(layer.row->canonical, {layer.in[0]}, {}, {layer.shape(0)});
}

void make_batch_normalization(Layer& layer) {
  const std::vector<std::int64_t> axes = axes_of(layer, -1);
  if (layer.in.empty() || axes.size() > 1) return layer.emit_as_itself({layer.shape(0)});
  const std::int64_t channels = axes.empty() ? -1 : layer.extent(0, axes[0]);
  const bool scale = layer.is_on("scale", true), center = layer.is_on("center", true);
  std::vector<Wanted> wanted;
  if (scale) wanted.push_back({"gamma", {channels}});
  if (center) wanted.push_back({"beta", {channels}});
  wanted.push_back({"moving_mean", {channels}, Trained::no});
  wanted.push_back({"moving_variance", {channels}, Trained::no});
  std::vector<TensorId> weights = layer.weights(wanted);
  const std::int64_t found =
      layer.graph.graph().tensors[weights.back()].shape.rank() == 1
          ? layer.graph.graph().tensors[weights.back()].shape[0].number().value_or(channels)
          : channels;
  if (!scale) weights.insert(weights.begin(), layer.implied("gamma", found));
  if (!center) weights.insert(weights.begin() + 1, layer.implied("beta", found));
  std::vector<TensorId> inputs{layer.in[0]};
  inputs.insert(inputs.end(), weights.begin(), weights.end());
  // A matrix has its channels second either way; elsewhere the axis decides.
  const std::size_t rank = layer.rank();
  const bool last = rank < 3 || axes.empty() || axes[0] + 1 == static_cast<std::int64_t>(rank);
  BuilderAttributes attributes{{"epsilon", layer.get({"epsilon"}).number(1e-3)}};
  if (rank >= 3) attributes.emplace_back("data_layout", layout(rank, last));
  layer.emit("BatchNormalization", inputs, std::move(attributes), {layer.shape(0)});
}

void make_layer_normalization(Layer& layer) {
  const std::vector<std::int64_t> axes = axes_of(layer, -1);
  const std::vector<std::int64_t> extents = extents_along(layer, axes);
  const bool is_rms = layer.row->canonical == "RMSNormalization";
  // The canonical operator normalizes all axes from one on.
  const bool is_tail = !axes.empty() && axes.back() + 1 == static_cast<std::int64_t>(layer.rank()) &&
                       axes.back() - axes.front() + 1 == static_cast<std::int64_t>(axes.size());
  if (layer.in.empty() || !is_tail) return layer.emit_as_itself({layer.shape(0)});
  const bool scale = is_rms || layer.is_on("scale", true), center = !is_rms && layer.is_on("center", true);
  std::vector<Wanted> wanted;
  if (scale) wanted.push_back({is_rms ? "scale" : "gamma", extents});
  if (center) wanted.push_back({"beta", extents});
  std::vector<TensorId> weights = layer.weights(wanted);
  if (!scale) weights.insert(weights.begin(), layer.implied("gamma", layer.extent(0, -1)));
  std::vector<TensorId> inputs{layer.in[0]};
  inputs.insert(inputs.end(), weights.begin(), weights.end());
  layer.emit(layer.row->canonical, inputs,
             {{"axis", axes.front() - static_cast<std::int64_t>(layer.rank())},
              {"epsilon", layer.get({"epsilon"}).number(1e-3)}},
             {layer.shape(0)});
}

void make_group_normalization(Layer& layer) {
  const std::vector<std::int64_t> axes = axes_of(layer, -1);
  const auto rank = static_cast<std::int64_t>(layer.rank());
  const bool last = axes.size() == 1 && axes[0] + 1 == rank;
  if (layer.in.empty() || axes.size() != 1 || (!last && axes[0] != 1))
    return layer.emit_as_itself({layer.shape(0)});
  const std::int64_t channels = layer.extent(0, axes[0]);
  const bool scale = layer.is_on("scale", true), center = layer.is_on("center", true);
  std::vector<Wanted> wanted;
  if (scale) wanted.push_back({"gamma", {channels}});
  if (center) wanted.push_back({"beta", {channels}});
  std::vector<TensorId> weights = layer.weights(wanted);
  if (!scale) weights.insert(weights.begin(), layer.implied("gamma", channels));
  if (!center) weights.insert(weights.begin() + 1, layer.implied("beta", channels));
  std::int64_t groups = layer.integer({"groups"}, 32);
  if (groups < 0) groups = channels;
  layer.emit("GroupNormalization", {layer.in[0], weights[0], weights[1]},
             {{"num_groups", groups},
              {"epsilon", layer.get({"epsilon"}).number(1e-3)},
              {"data_layout", layout(static_cast<std::size_t>(rank), last)}},
             {layer.shape(0)});
}

void make_unit_normalization(Layer& layer) {
  const std::vector<std::int64_t> axes = axes_of(layer, -1);
  if (layer.in.empty() || axes.size() != 1) return layer.emit_as_itself({layer.shape(0)});
  layer.emit("LpNormalization", {layer.in[0]}, {{"axis", axes[0]}, {"p", 2}}, {layer.shape(0)});
}

// Keras' Normalization: a mean and a variance of the data, adapted before training or given.
void make_standardize(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  const json::Value axis = layer.get({"axis"});
  const std::vector<std::int64_t> axes = axis ? axes_of(layer, -1) : std::vector<std::int64_t>{};
  const std::vector<std::int64_t> extents = extents_along(layer, axes);
  std::vector<TensorId> inputs{layer.in[0]};
  const bool is_given = layer.get({"mean"}) && layer.get({"variance"});
  if (!is_given) {
    const std::vector<TensorId> weights = layer.weights(
        {{"mean", extents, Trained::no}, {"variance", extents, Trained::no}, {"count", {}, Trained::no}});
    inputs.insert(inputs.end(), weights.begin(), weights.end());
  }
  layer.emit("Standardize", inputs, {}, {layer.shape(0)});
}

}  // namespace haoline::keras
