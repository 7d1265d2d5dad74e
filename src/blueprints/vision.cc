// Images as tokens: patches, positions, a stack; alone (ViT, DINOv2) or as a tower of something larger.
#include "blueprints/vision.h"

#include <algorithm>

namespace haoline::blueprints {
namespace {

// One vector [.., width] for every image of the batch: (batch, 1, width).
Value for_every_image(Assembly& a, Value token, Value like, const std::string& name) {
  Value row = a.reshape(token, {1, 1, like.width}, name + ".row");
  const TensorId count = a.emit.node(Op::Shape, name + ".batch", {like.id},
                                     {{"start", std::int64_t{0}}, {"end", std::int64_t{1}}});
  const TensorId shape = a.emit.node(Op::Concat, name + ".shape", {count, a.emit.integers({1, like.width})},
                                     {{"axis", std::int64_t{0}}});
  return {a.emit.node(Op::Expand, name + ".expand", {row.id, shape}), like.width};
}

}  // namespace

Value image_input(Assembly& a, std::string_view name, std::int64_t channels, std::int64_t height,
                  std::int64_t width) {
  a.batch = a.emit.symbol("batch");
  const Dim rows = height > 0 ? a.emit.number(height) : a.symbol("height", 224);
  const Dim columns = width > 0 ? a.emit.number(width) : a.symbol("width", 224);
  return {a.emit.input(name, a.emit.activations(), {a.batch, a.emit.number(channels), rows, columns}),
          channels};
}

Value as_tokens(Assembly& a, Value image, const std::string& name) {
  const Value flat{a.emit.node(Op::Reshape, name + ".flatten", {image.id, a.emit.integers({0, 0, -1})}),
                   image.width};
  return a.transpose(flat, {0, 2, 1}, name + ".to_tokens");
}

Value image_tokens(Assembly& a, const PatchNames& names) {
  const TensorId weight = a.weights.find({names.projection, ".weight"});
  if (!weight || a.weights.rank(weight) != 4) {
    a.missing(names.projection);
    return {};
  }
  const std::int64_t patch = a.weights.extent(weight, 2);
  const std::vector<std::int64_t> sizes = a.config.integers("image_size");
  const std::int64_t height = sizes.empty() ? a.config.integer(Key::image_size, 0) : sizes.front();
  const std::int64_t width = sizes.empty() ? height : sizes.back();
  Value x = image_input(a, "pixel_values", a.weights.extent(weight, 1), height, width);
  x = a.convolution(names.projection, x, {patch, a.weights.extent(weight, 3)}, {0, 0, 0, 0});
  x = as_tokens(a, x, names.projection);
  std::vector<TensorId> parts;
  for (const std::string& token : {names.class_token, names.second_token}) {
    const Value row = token.empty() ? Value{} : a.parameter(token);
    if (row) parts.push_back(for_every_image(a, row, x, token).id);
  }
  if (!parts.empty()) {
    parts.push_back(x.id);
    x = {a.emit.node(Op::Concat, names.projection + ".with_tokens", parts, {{"axis", std::int64_t{1}}}),
         x.width};
  }
  if (const Value table = a.parameter(names.positions)) x = a.add(x, table, names.positions + ".add");
  return x;
}

void assemble_vision(Assembly& a) {
  if (!a.enter(a.family->places())) {
    a.missing("layers");
    return;
  }
  const std::string at = a.names.root() + "embeddings.";
  Value x = image_tokens(a, {at + "patch_embeddings.projection", at + "cls_token", at + "distillation_token",
                             at + "position_embeddings"});
  if (!x) return;
  a.hidden = x.width;
  a.read_sizes();
  LayerPlan plan;
  plan.attention.causal = false;
  x = run_layers(a, x, plan);
  x = a.norm(Slot::final_norm, x);
  const std::string root = a.names.root();
  Value pooled = a.first_token(x, root + "first_token");
  if (a.names.has(Slot::pooler)) {
    pooled = a.activate(a.linear(Slot::pooler, pooled), "tanh", root + "pooler.tanh");
  }
  const Found head = a.names.find(Slot::classifier);
  if (head && a.weights.extent(head.weight, 1) == 2 * x.width) {
    // The mean of the patches beside the first token.
    const TensorId mean = a.emit.node(Op::ReduceMean, root + "mean_token", {x.id, a.emit.integers({1})},
                                      {{"keepdims", std::int64_t{0}}});
    pooled = {
        a.emit.node(Op::Concat, root + "first_and_mean", {pooled.id, mean}, {{"axis", std::int64_t{-1}}}),
        2 * x.width};
  }
  if (const Value logits = a.linear(Slot::classifier, pooled)) {
    a.emit.output(logits.id, "logits");
    return;
  }
  a.emit.output(x.id, "last_hidden_state");
  a.emit.output(pooled.id, "pooler_output");
}

}  // namespace haoline::blueprints
