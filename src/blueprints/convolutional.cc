// Convolutional networks: ResNet, ConvNeXt.
#include "blueprints/vision.h"

namespace haoline::blueprints {
namespace {

// Convolution, batch normalization and perhaps an activation, as "<name>.convolution",
// "<name>.normalization".
Value conv_norm(Assembly& a, Value x, const std::string& name, std::int64_t stride, bool activated) {
  const TensorId weight = a.weights.find({name, ".convolution.weight"});
  const std::int64_t pad = a.weights.extent(weight, 2) / 2;
  x = a.convolution(name + ".convolution", x, {stride, stride}, {pad, pad, pad, pad});
  const std::string norm = name + ".normalization";
  const Found found = a.take(norm);
  const TensorId mean = a.weights.find({norm, ".running_mean"}),
                 variance = a.weights.find({norm, ".running_var"});
  if (found && mean && variance) {
    for (const TensorId statistic : {mean, variance}) {
      a.weights.use(statistic);
      a.emit.graph().tensors[statistic].trained = Trained::no;
    }
    x = {a.emit.node(Op::BatchNormalization, norm, {x.id, found.weight, found.bias, mean, variance}),
         x.width};
  }
  return activated ? a.activate(x, a.config.text(Key::activation, "relu"), name + ".activation") : x;
}

Value resnet_layer(Assembly& a, Value x, const std::string& layer, std::int64_t stride) {
  Value around = x;
  if (a.weights.any_below(layer + "shortcut.")) around = conv_norm(a, x, layer + "shortcut", stride, false);
  const std::int64_t depth = a.weights.count_below(layer + "layer.");
  // The stride is in the 3 x 3 convolution: the first of two, the second of three.
  const std::int64_t strided = depth == 3 && !a.config.flag("downsample_in_bottleneck", false) ? 1 : 0;
  for (std::int64_t i = 0; i < depth; ++i) {
    x = conv_norm(a, x, layer + "layer." + std::to_string(i), i == strided ? stride : 1, i + 1 < depth);
  }
  x = a.add(x, around, layer + "residual");
  return a.activate(x, a.config.text(Key::activation, "relu"), layer + "activation");
}

std::string find_root(const Assembly& a, std::string_view family, std::string_view below) {
  const std::string root = std::string(family) + ".";
  return a.weights.any_below(root + std::string(below)) ? root : "";
}

// Mean over the image, then the classifier, if there is one.
void image_head(Assembly& a, Value x, const std::string& classifier) {
  if (const Value logits = a.linear(classifier, x)) {
    a.emit.output(logits.id, "logits");
  } else {
    a.emit.output(x.id, "pooler_output");
  }
}

// Channels last for the norm, and back.
Value norm_channels(Assembly& a, Value x, const std::string& name) {
  x = a.transpose(x, {0, 2, 3, 1}, name + ".channels_last");
  x = a.norm(name, x);
  return a.transpose(x, {0, 3, 1, 2}, name + ".channels_first");
}

Value convnext_layer(Assembly& a, Value x, const std::string& layer) {
  const Value around = x;
  const TensorId weight = a.weights.find({layer, "dwconv.weight"});
  const std::int64_t pad = a.weights.extent(weight, 2) / 2;
  x = a.convolution(layer + "dwconv", x, {1, 1}, {pad, pad, pad, pad}, x.width);
  x = a.transpose(x, {0, 2, 3, 1}, layer + "channels_last");
  x = a.norm(layer + "layernorm", x);
  x = a.linear(layer + "pwconv1", x);
  x = a.activate(x, a.activation(), layer + "activation");
  if (const Value weight_of_norm = a.parameter(layer + "grn.weight")) {
    // Global response normalization: every channel by its share of the image's energy.
    const Value bias = a.parameter(layer + "grn.bias");
    const TensorId energy = a.emit.node(Op::ReduceL2, layer + "grn.energy", {x.id, a.emit.integers({1, 2})});
    const TensorId mean = a.emit.node(Op::ReduceMean, layer + "grn.mean", {energy, a.emit.integers({-1})});
    const TensorId share = a.emit.node(Op::Div, layer + "grn.share", {energy, mean});
    Value scaled{a.emit.node(Op::Mul, layer + "grn.scaled", {x.id, share}), x.width};
    scaled = a.add(a.multiply(scaled, weight_of_norm, layer + "grn.weighted"), bias, layer + "grn.shifted");
    x = a.add(scaled, x, layer + "grn.residual");
  }
  x = a.linear(layer + "pwconv2", x);
  if (const Value scale = a.parameter(layer + "layer_scale_parameter")) {
    x = a.multiply(x, scale, layer + "layer_scale");
  }
  x = a.transpose(x, {0, 3, 1, 2}, layer + "channels_first");
  return a.add(x, around, layer + "residual");
}

}  // namespace

void assemble_resnet(Assembly& a) {
  const std::string root = find_root(a, "resnet", "encoder.stages.");
  const std::string stem = root + "embedder.embedder";
  const TensorId first = a.weights.find({stem, ".convolution.weight"});
  Value x = image_input(a, "pixel_values", a.weights.extent(first, 1), 0, 0);
  x = conv_norm(a, x, stem, 2, true);
  x = {a.emit.node(Op::MaxPool, root + "embedder.pooler", {x.id},
                   {{"kernel_shape", std::vector<std::int64_t>{3, 3}},
                    {"strides", std::vector<std::int64_t>{2, 2}},
                    {"pads", std::vector<std::int64_t>{1, 1, 1, 1}}}),
       x.width};
  const std::string stages = root + "encoder.stages.";
  const bool early = a.config.flag("downsample_in_first_stage", false);
  a.facts.layers = 0;
  for (std::int64_t stage = 0; stage < a.weights.count_below(stages); ++stage) {
    const std::string layers = stages + std::to_string(stage) + ".layers.";
    const std::int64_t depth = a.weights.count_below(layers);
    a.facts.layers += depth;
    for (std::int64_t i = 0; i < depth; ++i) {
      x = resnet_layer(a, x, layers + std::to_string(i) + ".", i == 0 && (stage > 0 || early) ? 2 : 1);
    }
  }
  x = {a.emit.node(Op::GlobalAveragePool, root + "pooler", {x.id}), x.width};
  x = {a.emit.node(Op::Flatten, root + "flatten", {x.id}), x.width};
  image_head(a, x, "classifier.1");
}

void assemble_convnext(Assembly& a) {
  std::string root = find_root(a, "convnext", "encoder.stages.");
  if (root.empty()) root = find_root(a, "convnextv2", "encoder.stages.");
  const std::string stem = root + "embeddings.patch_embeddings";
  const TensorId first = a.weights.find({stem, ".weight"});
  const std::int64_t patch = a.weights.extent(first, 2);
  const std::int64_t size = a.config.integer(Key::image_size, 0);
  Value x = image_input(a, "pixel_values", a.weights.extent(first, 1), size, size);
  x = a.convolution(stem, x, {patch, patch}, {0, 0, 0, 0});
  x = norm_channels(a, x, root + "embeddings.layernorm");
  const std::string stages = root + "encoder.stages.";
  for (std::int64_t stage = 0; stage < a.weights.count_below(stages); ++stage) {
    const std::string here = stages + std::to_string(stage) + ".";
    if (a.weights.any_below(here + "downsampling_layer.")) {
      x = norm_channels(a, x, here + "downsampling_layer.0");
      x = a.convolution(here + "downsampling_layer.1", x, {2, 2}, {0, 0, 0, 0});
    }
    const std::int64_t depth = a.weights.count_below(here + "layers.");
    a.facts.layers += depth;
    for (std::int64_t i = 0; i < depth; ++i)
      x = convnext_layer(a, x, here + "layers." + std::to_string(i) + ".");
  }
  x = {a.emit.node(Op::GlobalAveragePool, root + "pooler", {x.id}), x.width};
  x = {a.emit.node(Op::Flatten, root + "flatten", {x.id}), x.width};
  x = a.norm(root + "layernorm", x);
  image_head(a, x, "classifier");
}

}  // namespace haoline::blueprints
