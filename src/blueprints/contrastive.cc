// Two towers whose last vectors are compared: CLIP, SigLIP.
#include <algorithm>

#include "blueprints/dialects_other.h"
#include "blueprints/vision.h"

namespace haoline::blueprints {
namespace {

// The vector of the last token, where the text ends.
Value last_token(Assembly& a, Value x, const std::string& name) {
  const TensorId cut =
      a.emit.node(Op::Slice, name + ".slice",
                  {x.id, a.emit.integers({-1}), a.emit.integers({1LL << 40}), a.emit.integers({1})});
  return {a.emit.node(Op::Squeeze, name, {cut, a.emit.integers({1})}), x.width};
}

bool enter_tower(Assembly& a, std::string_view tower, std::string_view config) {
  a.config = Config(*a.model.architecture).sub(config);
  a.hidden = 0;
  a.expected_layers = -1;
  const Place places[] = {{"", tower, "encoder.layers."},
                          {"model.", tower, "encoder.layers."},
                          {"vision_tower.", tower, "encoder.layers."},
                          {"model.vision_tower.", tower, "encoder.layers."}};
  return a.enter(places);
}

Value text_tower(Assembly& a, bool causal) {
  if (!enter_tower(a, "text_model.", "text_config")) return {};
  const Found table = a.take(Slot::embed);
  if (!table) return {};
  a.hidden = a.weights.extent(table.weight, 1);
  a.read_sizes();
  if (a.heads <= 0) a.heads = std::max<std::int64_t>(1, a.hidden / 64), a.head_size = 64;
  a.facts.vocabulary = a.weights.extent(table.weight, 0);
  const TensorId ids = a.token_ids("input_ids", "seq");
  const std::string root = a.names.root();
  Value x = a.lookup(table, ids, root + "embeddings.token_embedding");
  if (const Found positions = a.take(Slot::position)) {
    a.facts.context = a.weights.extent(positions.weight, 0);
    const std::string name(positions.name);
    const TensorId where = a.position_ids();
    x = a.add(x, a.lookup(positions, where, name), name + ".add");
  }
  LayerPlan plan;
  plan.attention.causal = causal;
  x = run_layers(a, x, plan);
  x = a.norm(Slot::final_norm, x);
  Value pooled = last_token(a, x, root + "last_token");
  if (const Value head = a.linear(root + "head", pooled)) pooled = head;
  if (const Value projected = a.linear("text_projection", pooled)) pooled = projected;
  return pooled;
}

// SigLIP: one learned query looks at all patches.
Value probe(Assembly& a, Value x, const std::string& head) {
  const Value query = a.parameter(head + "probe");
  const Found weight = a.take(head + "attention.in_proj_weight");
  const TensorId bias = a.weights.find({head, "attention.in_proj_bias"});
  if (!query || !weight || !bias || a.heads <= 0) return {};
  a.weights.use(bias);
  // One weight holds the three projections, which have different inputs.
  const std::int64_t width = x.width;
  const TensorId thirds = a.emit.integers({width, width, width});
  const TensorId w = a.emit.node(Op::Split, head + "attention.split_weight", {weight.weight, thirds},
                                 {{"axis", std::int64_t{0}}}, 3);
  const TensorId b =
      a.emit.node(Op::Split, head + "attention.split_bias", {bias, thirds}, {{"axis", std::int64_t{0}}}, 3);
  const auto project = [&](Value v, std::uint32_t part, const std::string& name) {
    return a.emit.node(Op::FullyConnected, name, {v.id, Emitter::result(w, part), Emitter::result(b, part)},
                       {{"keep_num_dims", std::int64_t{1}}, {"filter_layout", std::string_view("OI")}});
  };
  const TensorId count =
      a.emit.node(Op::Shape, head + "batch", {x.id}, {{"start", std::int64_t{0}}, {"end", std::int64_t{1}}});
  const TensorId shape = a.emit.node(Op::Concat, head + "shape", {count, a.emit.integers({1, width})},
                                     {{"axis", std::int64_t{0}}});
  const Value queries{a.emit.node(Op::Expand, head + "expand", {query.id, shape}), width};
  const TensorId q = project(queries, 0, head + "attention.query"), k = project(x, 1, head + "attention.key"),
                 v = project(x, 2, head + "attention.value");
  Value y{a.emit.node(Op::Attention, head + "attention.products", {q, k, v},
                      {{"q_num_heads", a.heads}, {"kv_num_heads", a.heads}}),
          width};
  y = a.linear(head + "attention.out_proj", y);
  Value fed = a.linear(head + "mlp.fc1", a.norm(head + "layernorm", y));
  fed = a.linear(head + "mlp.fc2", a.activate(fed, a.activation(), head + "mlp.activation"));
  return a.first_token(a.add(y, fed, head + "residual"), head + "token");
}

}  // namespace

Value vision_tower(Assembly& a, std::string_view tower) {
  if (!enter_tower(a, tower, "vision_config")) return {};
  const std::string root = a.names.root(), at = root + "embeddings.";
  Value x =
      image_tokens(a, {at + "patch_embedding", at + "class_embedding", "", at + "position_embedding.weight"});
  if (!x) return {};
  a.hidden = x.width;
  a.read_sizes();
  if (a.heads <= 0) a.heads = std::max<std::int64_t>(1, a.hidden / 64), a.head_size = a.hidden / a.heads;
  x = a.norm(root + "pre_layrnorm", x);
  LayerPlan plan;
  plan.attention.causal = false;
  return run_layers(a, x, plan);
}

void assemble_contrastive(Assembly& a) {
  const bool sigmoid = a.family->name == "siglip";
  const Value text = text_tower(a, !sigmoid);
  Value image = vision_tower(a, "vision_model.");
  if (image) {
    const std::string root = a.names.root();
    if (a.weights.any_below(root + "head.")) {
      image = probe(a, a.norm(root + "post_layernorm", image), root + "head.");
    } else {
      image = a.norm(root + "post_layernorm", a.first_token(image, root + "first_token"));
    }
    if (const Value projected = a.linear("visual_projection", image)) image = projected;
  }
  if (!text || !image) {
    if (!text && !image) a.missing("towers");
    if (text) a.emit.output(text.id, "text_embeds");
    if (image) a.emit.output(image.id, "image_embeds");
    return;
  }
  const Value turned = a.transpose(image, {1, 0}, "image_embeds.transpose");
  Value logits{a.emit.node(Op::MatMul, "logits_per_text.products", {text.id, turned.id}), 0};
  if (const Value scale = a.parameter("logit_scale")) {
    const Value factor{a.emit.node(Op::Exp, "logit_scale.exp", {scale.id}), 1};
    logits = a.multiply(logits, factor, "logits_per_text.scaled");
  }
  if (const Value bias = a.parameter("logit_bias")) logits = a.add(logits, bias, "logits_per_text.shifted");
  a.emit.output(logits.id, "logits_per_text");
  a.emit.output(text.id, "text_embeds");
  a.emit.output(image.id, "image_embeds");
}

}  // namespace haoline::blueprints
