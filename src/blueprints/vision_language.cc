// An image's tokens, projected to the width of a text model and put before the text: LLaVA, PaliGemma,
// Gemma 3, Qwen2-VL.
#include <algorithm>

#include "blueprints/dialects_other.h"
#include "blueprints/vision.h"

namespace haoline::blueprints {
namespace {

constexpr Family kTower{
    "clip_tower",
    "",
    nullptr,
    clip_dialect,
    {},
    nullptr,
    {.norm = NormKind::layer, .position = Position::learned, .causal = false, .activation = "quick_gelu"}};
constexpr Family kSiglipTower{"siglip_tower",
                              "",
                              nullptr,
                              clip_dialect,
                              {},
                              nullptr,
                              {.norm = NormKind::layer,
                               .position = Position::learned,
                               .causal = false,
                               .activation = "gelu_pytorch_tanh"}};
constexpr Family kQwenTower{"qwen_tower",
                            "",
                            nullptr,
                            qwen_vision_dialect,
                            {},
                            nullptr,
                            {.causal = false, .activation = "quick_gelu"}};
constexpr Place kQwenPlaces[] = {{"", "visual.", "blocks."}, {"model.", "visual.", "blocks."}};

// What joins the two: two products with an activation, one, or a pooled one (Gemma 3).
Value project(Assembly& a, Value x, std::int64_t tokens) {
  for (const std::string_view above : {"", "model."}) {
    const std::string at = std::string(above) + "multi_modal_projector.";
    if (!a.weights.any_below(at)) continue;
    if (a.names.root().empty()) continue;
    if (const Value once = a.linear(at + "linear", x)) return once;
    if (const Value first = a.linear(at + "linear_1", x)) {
      return a.linear(at + "linear_2",
                      a.activate(first, a.config.text("projector_hidden_act", "gelu"), at + "activation"));
    }
    const TensorId weight = a.weights.find({at, "mm_input_projection_weight"});
    if (!weight) continue;
    a.weights.use(weight);
    const std::int64_t wanted = a.config.integer("mm_tokens_per_image", tokens);
    std::int64_t side = 1, small = 1;
    while (side * side < tokens) ++side;
    while (small * small < wanted) ++small;
    if (side * side == tokens && small < side) {
      Value image = a.transpose(x, {0, 2, 1}, at + "to_channels");
      image = {a.emit.node(Op::Reshape, at + "to_image", {image.id, a.emit.integers({0, 0, side, side})}),
               x.width};
      const std::vector<std::int64_t> window{side / small, side / small};
      image = {a.emit.node(Op::AveragePool, at + "avg_pool", {image.id},
                           {{"kernel_shape", window}, {"strides", window}}),
               x.width};
      x = as_tokens(a, image, at + "avg_pool");
    }
    a.traits.norm = NormKind::rms;
    x = a.norm(at + "mm_soft_emb_norm", x);
    return {a.emit.node(Op::MatMul, at + "mm_input_projection", {x.id, weight}), a.weights.extent(weight, 1)};
  }
  return {};
}

// CLIP's or SigLIP's tower, its class token left out.
Value clip_image(Assembly& a, std::int64_t& tokens) {
  const Config whole = a.config;
  a.adopt(whole.text("vision_config.model_type").starts_with("siglip") ? kSiglipTower : kTower);
  Value x = vision_tower(a, "vision_model.");
  if (!x) return {};
  const std::string root = a.names.root();
  const bool has_class = bool(a.weights.find({root, "embeddings.class_embedding"}));
  const std::int64_t rows =
      a.weights.extent(a.weights.find({root, "embeddings.position_embedding.weight"}), 0);
  tokens = rows - (has_class ? 1 : 0);
  if (a.weights.any_below(root + "post_layernorm.")) x = a.norm(root + "post_layernorm", x);
  if (has_class) {
    x = {a.emit.node(Op::Slice, root + "patches",
                     {x.id, a.emit.integers({1}), a.emit.integers({1LL << 40}), a.emit.integers({1})}),
         x.width};
  }
  a.config = whole;
  return project(a, x, tokens);
}

// Qwen's: patches come flat, four neighbours become one token.
Value qwen_image(Assembly& a, Dim& tokens) {
  const Config whole = a.config;
  a.adopt(kQwenTower);
  if (!a.enter(kQwenPlaces)) return {};
  const std::string root = a.names.root();
  const Found patch = a.take(root + "patch_embed.proj");
  if (!patch) return {};
  a.config = whole.sub("vision_config");
  a.hidden = a.weights.extent(patch.weight, 0);
  const std::int64_t pixels = a.weights.elements(patch.weight) / std::max<std::int64_t>(1, a.hidden);
  a.heads = a.config.integer("num_heads", std::max<std::int64_t>(1, a.hidden / 80));
  a.head_size = a.hidden / std::max<std::int64_t>(1, a.heads);
  const bool has_bias = bool(a.weights.find({root, "blocks.0.norm1.bias"}));
  a.traits.norm = has_bias ? NormKind::layer : NormKind::rms;
  a.traits.activation = has_bias ? "quick_gelu" : "silu";
  a.expected_layers = a.config.integer("depth", -1);
  tokens = a.symbol("image_tokens", 256);
  a.batch = a.emit.symbol("batch");
  a.tokens = a.emit.dims().multiply(tokens, a.emit.number(4));
  a.label = "image_";
  const TensorId input =
      a.emit.input("pixel_values", a.emit.activations(), {a.batch, a.tokens, a.emit.number(pixels)});
  const std::string name = root + "patch_embed.proj";
  const TensorId flat =
      a.emit.node(Op::Reshape, name + ".weight_rows", {patch.weight, a.emit.integers({a.hidden, -1})});
  const TensorId inputs[] = {input, flat, patch.bias};
  Value x{a.emit.node(Op::FullyConnected, name, std::span(inputs, patch.bias ? 3 : 2),
                      {{"keep_num_dims", std::int64_t{1}}}),
          a.hidden};
  LayerPlan plan;
  plan.attention.causal = false;
  plan.attention.rotary = true;
  x = run_layers(a, x, plan);
  const std::string merger = root + "merger.";
  x = a.norm(merger + "ln_q", x);
  x = a.reshape(x, {0, -1, 4 * x.width}, merger + "neighbours");
  x = a.linear(merger + "mlp.0", x);
  x = a.linear(merger + "mlp.2", a.activate(x, "gelu", merger + "activation"));
  a.label.clear();
  a.config = whole;
  return x;
}

}  // namespace

void assemble_vision_language(Assembly& a) {
  const Config whole = a.config;
  std::int64_t fixed = 0;
  Dim count;
  Value image;
  const bool qwen = a.weights.any_below("visual.") || a.weights.any_below("model.visual.");
  const bool tower = a.weights.any_below("vision_tower.") || a.weights.any_below("model.vision_tower.");
  if (qwen) {
    image = qwen_image(a, count);
  } else if (tower) {
    image = clip_image(a, fixed);
    count = a.emit.number(whole.integer("mm_tokens_per_image", fixed));
  }
  a.config = whole.sub("text_config");
  std::string_view said = whole.text("text_config.model_type");
  if (said.empty()) said = qwen ? "qwen2" : whole.facts().family == "gemma3" ? "gemma3_text" : "llama";
  const Family* text = find_family(said);
  if (!text || text->assemble == assemble_vision_language) text = find_family("llama");
  a.adopt(*text);
  if (!qwen && !tower) a.facts.name = text->name;  // its text part alone
  if ((qwen || tower) && !image) a.missing("the image tower or its projector");
  Value x = embed_text(a);
  if (!x) return;
  if (image) {
    x = {a.emit.node(Op::Concat, "image_and_text", {image.id, x.id}, {{"axis", std::int64_t{1}}}), x.width};
    a.tokens = a.emit.dims().add(a.tokens, count);
    a.positions = {};
  }
  text_body(a, x);
}

}  // namespace haoline::blueprints
