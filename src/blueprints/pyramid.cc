// Images at falling resolutions with attention: Swin (in windows), SegFormer (over reduced keys).
#include <algorithm>

#include "blueprints/vision.h"

namespace haoline::blueprints {
namespace {

struct Grid {
  std::int64_t rows = 0, columns = 0;
};

std::string root_of(const Assembly& a, std::string_view family) {
  const std::string root = std::string(family) + ".";
  return a.weights.any_below(root) ? root : "";
}

// Query, key and value of a BERT-like "<name>.self", the products, "<name>.output.dense".
Value self_attention(Assembly& a, Value x, Value keys, const std::string& name, std::int64_t heads,
                     TensorId bias) {
  const Value q = a.linear(name + "self.query", x), k = a.linear(name + "self.key", keys),
              v = a.linear(name + "self.value", keys);
  if (!q || !k || !v) {
    a.missing(name + "self");
    return {};
  }
  const TensorId inputs[] = {q.id, k.id, v.id, bias};
  const Value mixed{a.emit.node(Op::Attention, name + "self.attention", std::span(inputs, bias ? 4 : 3),
                                {{"q_num_heads", heads}, {"kv_num_heads", heads}}),
                    v.width};
  return a.linear(name + "output.dense", mixed);
}

// The learned number of every pair of places in a window: (1, heads, places, places).
TensorId window_bias(Assembly& a, const std::string& self, Value tokens) {
  const Value table = a.parameter(self + "relative_position_bias_table");
  if (!table) return {};
  return a.emit.node(Op::RelativeBias, self + "relative_position_bias", {table.id, tokens.id, tokens.id});
}

Value swin_block(Assembly& a, Value x, const std::string& block, Grid grid, std::int64_t heads,
                 std::int64_t window) {
  const auto move = [&](Op op, Value v, const std::string& name) {
    return Value{
        a.emit.node(op, name, {v.id}, {{"rows", grid.rows}, {"columns", grid.columns}, {"window", window}}),
        v.width};
  };
  Value y = a.norm(block + "layernorm_before", x);
  y = move(Op::WindowPartition, y, block + "partition");
  const TensorId bias = window_bias(a, block + "attention.self.", y);
  y = self_attention(a, y, y, block + "attention.", heads, bias);
  y = move(Op::WindowMerge, y, block + "merge");
  x = a.add(x, y, block + "attention_residual");
  y = a.linear(block + "intermediate.dense", a.norm(block + "layernorm_after", x));
  y = a.linear(block + "output.dense", a.activate(y, a.activation(), block + "activation"));
  return a.add(x, y, block + "feed_forward_residual");
}

// Four neighbours become one token of four times the width, then of twice.
Value merge_patches(Assembly& a, Value x, const std::string& name, Grid& grid) {
  const std::int64_t rows = (grid.rows + 1) / 2, columns = (grid.columns + 1) / 2;
  x = {a.emit.node(Op::WindowPartition, name + "neighbours", {x.id},
                   {{"rows", grid.rows}, {"columns", grid.columns}, {"window", std::int64_t{2}}}),
       x.width};
  x = a.reshape(x, {-1, rows * columns, 4 * x.width}, name + "joined");
  grid = {rows, columns};
  return a.linear(name + "reduction", a.norm(name + "norm", x));
}

// A depthwise or reducing convolution over tokens: to the image, the convolution, and back.
Value convolve_tokens(Assembly& a, Value x, const std::string& name, std::int64_t stride, std::int64_t pad,
                      std::int64_t groups, TensorId grid_shape) {
  Value image = a.transpose(x, {0, 2, 1}, name + ".to_channels");
  image = {a.emit.node(Op::Reshape, name + ".to_image", {image.id, grid_shape}), x.width};
  image = a.convolution(name, image, {stride, stride}, {pad, pad, pad, pad}, groups);
  return as_tokens(a, image, name);
}

}  // namespace

void assemble_swin(Assembly& a) {
  std::string root = root_of(a, "swin");
  if (root.empty()) root = root_of(a, "swinv2");
  const std::string patches = root + "embeddings.patch_embeddings.projection";
  const TensorId weight = a.weights.find({patches, ".weight"});
  const std::int64_t patch = a.weights.extent(weight, 2), size = a.config.integer(Key::image_size, 224);
  if (patch <= 0 || size < patch) {
    a.missing(patches);
    return;
  }
  Value x = image_input(a, "pixel_values", a.weights.extent(weight, 1), size, size);
  x = as_tokens(a, a.convolution(patches, x, {patch, patch}, {0, 0, 0, 0}), patches);
  x = a.norm(root + "embeddings.norm", x);
  const std::vector<std::int64_t> heads = a.config.integers("num_heads");
  Grid grid{size / patch, size / patch};
  const std::string stages = root + "encoder.layers.";
  for (std::int64_t stage = 0; stage < a.weights.count_below(stages); ++stage) {
    const std::string here = stages + std::to_string(stage) + ".";
    const std::string blocks = here + "blocks.";
    const std::int64_t depth = a.weights.count_below(blocks);
    a.facts.layers += depth;
    const std::int64_t own = static_cast<std::size_t>(stage) < heads.size()
                                 ? heads[static_cast<std::size_t>(stage)]
                                 : std::max<std::int64_t>(1, x.width / 32);
    const std::int64_t window = std::min(a.config.integer("window_size", 7), grid.rows);
    for (std::int64_t i = 0; i < depth; ++i)
      x = swin_block(a, x, blocks + std::to_string(i) + ".", grid, own, window);
    if (a.weights.any_below(here + "downsample.")) x = merge_patches(a, x, here + "downsample.", grid);
  }
  x = a.norm(root + "layernorm", x);
  const Value pooled{a.emit.node(Op::ReduceMean, root + "pooler", {x.id, a.emit.integers({1})},
                                 {{"keepdims", std::int64_t{0}}}),
                     x.width};
  if (const Value logits = a.linear("classifier", pooled)) {
    a.emit.output(logits.id, "logits");
    return;
  }
  a.emit.output(x.id, "last_hidden_state");
  a.emit.output(pooled.id, "pooler_output");
}

void assemble_segformer(Assembly& a) {
  const std::string root = root_of(a, "segformer");
  const std::string encoder = root + "encoder.";
  const std::vector<std::int64_t> heads = a.config.integers("num_attention_heads"),
                                  strides = a.config.integers("strides");
  const TensorId first = a.weights.find({encoder, "patch_embeddings.0.proj.weight"});
  Value x = image_input(a, "pixel_values", a.weights.extent(first, 1), 0, 0);
  std::vector<Value> levels;
  const std::int64_t stages = a.weights.count_below(encoder + "patch_embeddings.");
  for (std::int64_t stage = 0; stage < stages; ++stage) {
    const auto at = static_cast<std::size_t>(stage);
    const std::string number = std::to_string(stage);
    const std::string embed = encoder + "patch_embeddings." + number + ".";
    const std::int64_t kernel = a.weights.extent(a.weights.find({embed, "proj.weight"}), 2);
    const std::int64_t stride = at < strides.size() ? strides[at] : stage == 0 ? 4 : 2;
    x = a.convolution(embed + "proj", x, {stride, stride}, {kernel / 2, kernel / 2, kernel / 2, kernel / 2});
    // Where the tokens go back to: the shape of the image here.
    const TensorId here = a.emit.node(Op::Shape, embed + "shape", {x.id});
    Value tokens = a.norm(embed + "layer_norm", as_tokens(a, x, embed + "proj"));
    const std::int64_t own = at < heads.size() ? heads[at] : 1;
    const std::string blocks = encoder + "block." + number + ".";
    const std::int64_t depth = a.weights.count_below(blocks);
    a.facts.layers += depth;
    for (std::int64_t i = 0; i < depth; ++i) {
      const std::string block = blocks + std::to_string(i) + ".";
      const Value normed = a.norm(block + "layer_norm_1", tokens);
      Value keys = normed;
      const std::string reduce = block + "attention.self.sr";
      if (const TensorId weight = a.weights.find({reduce, ".weight"})) {
        keys = convolve_tokens(a, normed, reduce, a.weights.extent(weight, 2), 0, 1, here);
        keys = a.norm(block + "attention.self.layer_norm", keys);
      }
      tokens = a.add(tokens, self_attention(a, normed, keys, block + "attention.", own, {}),
                     block + "attention_residual");
      Value y = a.linear(block + "mlp.dense1", a.norm(block + "layer_norm_2", tokens));
      // The same rows and columns, as many channels as the inner width.
      const TensorId start =
          a.emit.node(Op::Slice, block + "mlp.rows",
                      {here, a.emit.integers({2}), a.emit.integers({4}), a.emit.integers({0})});
      const TensorId shape = a.emit.node(Op::Concat, block + "mlp.shape",
                                         {a.emit.integers({0, y.width}), start}, {{"axis", std::int64_t{0}}});
      y = convolve_tokens(a, y, block + "mlp.dwconv.dwconv", 1, 1, y.width, shape);
      y = a.linear(block + "mlp.dense2", a.activate(y, a.activation(), block + "mlp.activation"));
      tokens = a.add(tokens, y, block + "feed_forward_residual");
    }
    tokens = a.norm(encoder + "layer_norm." + number, tokens);
    x = a.transpose(tokens, {0, 2, 1}, encoder + "to_channels." + number);
    x = {a.emit.node(Op::Reshape, encoder + "to_image." + number, {x.id, here}), tokens.width};
    levels.push_back(x);
  }
  const std::string head = "decode_head.";
  if (!a.weights.any_below(head)) {
    const Value pooled{a.emit.node(Op::GlobalAveragePool, encoder + "pooler", {x.id}), x.width};
    const Value flat{a.emit.node(Op::Flatten, encoder + "flatten", {pooled.id}), x.width};
    const Value logits = a.linear("classifier", flat);
    a.emit.output(logits ? logits.id : x.id, logits ? "logits" : "last_hidden_state");
    return;
  }
  // Every level to one width and to the largest size, then joined from the last to the first.
  const TensorId target = a.emit.node(Op::Shape, head + "target", {levels[0].id});
  const TensorId size = a.emit.node(
      Op::Slice, head + "size", {target, a.emit.integers({2}), a.emit.integers({4}), a.emit.integers({0})});
  std::vector<TensorId> parts;
  std::int64_t width = 0;
  for (std::size_t i = levels.size(); i-- > 0;) {
    const std::string name = head + "linear_c." + std::to_string(i) + ".proj";
    const std::string number = std::to_string(i);
    const TensorId shape = a.emit.node(Op::Shape, name + ".shape", {levels[i].id});
    const Value y = a.linear(name, as_tokens(a, levels[i], name));
    const TensorId rows = a.emit.node(
        Op::Slice, name + ".rows", {shape, a.emit.integers({2}), a.emit.integers({4}), a.emit.integers({0})});
    const TensorId to = a.emit.node(Op::Concat, name + ".image_shape", {a.emit.integers({0, y.width}), rows},
                                    {{"axis", std::int64_t{0}}});
    const Value turned = a.transpose(y, {0, 2, 1}, name + ".to_channels");
    const TensorId image = a.emit.node(Op::Reshape, name + ".to_image", {turned.id, to});
    const TensorId wanted =
        a.emit.node(Op::Concat, name + ".size",
                    {a.emit.node(Op::Slice, name + ".front",
                                 {a.emit.node(Op::Shape, name + ".own", {image}), a.emit.integers({0}),
                                  a.emit.integers({2}), a.emit.integers({0})}),
                     size},
                    {{"axis", std::int64_t{0}}});
    parts.push_back(a.emit.node(Op::Resize, name + ".resize", {image, TensorId{}, TensorId{}, wanted},
                                {{"mode", std::string_view("linear")}}));
    width += y.width;
  }
  Value y{a.emit.node(Op::Concat, head + "joined", parts, {{"axis", std::int64_t{1}}}), width};
  y = a.convolution(head + "linear_fuse", y, {1, 1}, {0, 0, 0, 0});
  const Found norm = a.take(head + "batch_norm");
  const TensorId mean = a.weights.find({head, "batch_norm.running_mean"}),
                 variance = a.weights.find({head, "batch_norm.running_var"});
  if (norm && mean && variance) {
    for (const TensorId statistic : {mean, variance}) {
      a.weights.use(statistic);
      a.emit.graph().tensors[statistic].trained = Trained::no;
    }
    y = {a.emit.node(Op::BatchNormalization, head + "batch_norm",
                     {y.id, norm.weight, norm.bias, mean, variance}),
         y.width};
  }
  y = a.activate(y, "relu", head + "activation");
  y = a.convolution(head + "classifier", y, {1, 1}, {0, 0, 0, 0});
  a.emit.output(y.id, "logits");
}

}  // namespace haoline::blueprints
