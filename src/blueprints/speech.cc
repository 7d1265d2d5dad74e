// Sound as it is: convolutions over samples, positions from a wide convolution, a stack (wav2vec2, HuBERT).
#include <algorithm>

#include "blueprints/assembly.h"

namespace haoline::blueprints {
namespace {

// Norm per channel over time where the layer has a norm of as many channels, else over the channels.
Value norm_frames(Assembly& a, Value x, const std::string& name, bool per_channel) {
  const Found found = a.take(name);
  if (!found) return x;
  if (per_channel) {
    return {a.emit.node(Op::InstanceNormalization, name, {x.id, found.weight, found.bias}), x.width};
  }
  x = a.transpose(x, {0, 2, 1}, name + ".channels_last");
  x = a.norm(found, x);
  return a.transpose(x, {0, 2, 1}, name + ".channels_first");
}

Value extract_frames(Assembly& a, Value x, const std::string& root) {
  const std::vector<std::int64_t> strides = a.config.integers("conv_stride");
  const bool per_channel = a.config.text("feat_extract_norm", "group") == "group";
  const std::string layers = root + "feature_extractor.conv_layers.";
  for (std::int64_t i = 0; i < a.weights.count_below(layers); ++i) {
    const std::string layer = layers + std::to_string(i) + ".";
    const auto at = static_cast<std::size_t>(i);
    const std::int64_t stride = at < strides.size() ? strides[at] : i == 0 ? 5 : 2;
    x = a.convolution(layer + "conv", x, {stride}, {0, 0});
    x = norm_frames(a, x, layer + "layer_norm", per_channel);
    x = a.activate(x, a.config.text("feat_extract_activation", "gelu"), layer + "activation");
  }
  return a.transpose(x, {0, 2, 1}, root + "feature_extractor.to_frames");
}

// A weight stored as direction and length; both are constants.
TensorId weight_of(Assembly& a, const std::string& conv) {
  if (const Found plain = a.take(conv); plain && plain.weight) return plain.weight;
  for (const auto& [length, direction] :
       {std::pair(".parametrizations.weight.original0", ".parametrizations.weight.original1"),
        std::pair(".weight_g", ".weight_v")}) {
    const TensorId g = a.weights.find({conv, length}), v = a.weights.find({conv, direction});
    if (!g || !v) continue;
    a.weights.use(g);
    a.weights.use(v);
    return a.emit.node(Op::Mul, conv + ".weight", {g, v});
  }
  return {};
}

Value position_convolution(Assembly& a, Value x, const std::string& conv) {
  const TensorId direction = a.weights.find({conv, ".parametrizations.weight.original1"});
  const TensorId older = a.weights.find({conv, ".weight_v"}), whole = a.weights.find({conv, ".weight"});
  const TensorId shaped = direction ? direction : older ? older : whole;
  if (!shaped) return {};
  const std::int64_t kernel = a.weights.extent(shaped, 2), per_group = a.weights.extent(shaped, 1);
  const TensorId weight = weight_of(a, conv);
  const TensorId bias = a.weights.find({conv, ".bias"});
  if (bias) a.weights.use(bias);
  Value y = a.transpose(x, {0, 2, 1}, conv + ".channels_first");
  const TensorId inputs[] = {y.id, weight, bias};
  y = {a.emit.node(Op::Conv, conv, std::span(inputs, bias ? 3 : 2),
                   {{"pads", std::vector<std::int64_t>{kernel / 2, kernel / 2}},
                    {"group", x.width / std::max<std::int64_t>(1, per_group)}}),
       x.width};
  if (kernel % 2 == 0) {
    // An even kernel makes a frame too many.
    y = {a.emit.node(Op::Slice, conv + ".cut",
                     {y.id, a.emit.integers({0}), a.emit.integers({-1}), a.emit.integers({2})}),
         x.width};
  }
  y = a.activate(y, "gelu", conv + ".activation");
  return a.transpose(y, {0, 2, 1}, conv + ".channels_last");
}

}  // namespace

void assemble_speech(Assembly& a) {
  if (!a.enter(a.family->places())) {
    a.missing("layers");
    return;
  }
  const std::string root = a.names.root();
  a.batch = a.emit.symbol("batch");
  // A second of sound unless bound.
  const TensorId samples =
      a.emit.input("input_values", a.emit.activations(), {a.batch, a.symbol("samples", 16000)});
  Value x{a.emit.node(Op::Unsqueeze, root + "feature_extractor.channel", {samples, a.emit.integers({1})}), 1};
  x = extract_frames(a, x, root);
  x = a.norm(root + "feature_projection.layer_norm", x);
  x = a.linear(root + "feature_projection.projection", x);
  if (!x) {
    a.missing(root + "feature_projection.projection");
    return;
  }
  a.hidden = x.width;
  a.read_sizes();
  x = a.add(x, position_convolution(a, x, root + "encoder.pos_conv_embed.conv"), root + "encoder.positions");
  const bool stable = a.config.flag("do_stable_layer_norm", false);
  a.traits.post_norm = !stable;
  const std::string norm = root + "encoder.layer_norm";
  if (!stable) x = a.norm(norm, x);
  LayerPlan plan;
  plan.attention.causal = false;
  x = run_layers(a, x, plan);
  if (stable) x = a.norm(norm, x);
  const Value logits = a.linear(Slot::head, x);
  a.emit.output(logits ? logits.id : x.id, logits ? "logits" : "last_hidden_state");
}

}  // namespace haoline::blueprints
