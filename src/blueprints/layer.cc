// A layer: mixers and feed-forward blocks, with the norms around them where the file has them.
#include <algorithm>

#include "blueprints/assembly.h"

namespace haoline::blueprints {
namespace {

Value norm_if_there(Assembly& a, Slot slot, Value x) {
  return a.names.has(slot) ? a.norm(slot, x) : x;
}

bool has_attention(const Names& names) {
  return names.has(Slot::attn_q) || names.has(Slot::attn_qkv) || names.has(Slot::latent_kv_down);
}

// What lets tokens see each other: attention, a recurrence, or both side by side.
Value mix(Assembly& a, Value x, const LayerPlan& plan) {
  Value out;
  if (a.names.has(Slot::ssm_in)) out = state_space(a, x, plan.attention.layer);
  if (a.names.has(Slot::rec_x)) out = gated_recurrence(a, x, plan.attention.layer);
  if (has_attention(a.names)) {
    AttentionPlan attention_plan = plan.attention;
    attention_plan.window = window_of_layer(a, plan.attention.layer);
    out = a.add(out, attention(a, x, attention_plan), a.names.layer_prefix() + "mixer_sum");
  } else if (!out) {
    a.missing(a.names.layer_prefix() + "attention");
  }
  return out;
}

}  // namespace

std::int64_t window_of_layer(const Assembly& a, std::int64_t layer) {
  const std::int64_t window = a.config.integer(Key::window, 0);
  if (window <= 0) return 0;
  const std::vector<std::string_view> types = a.config.texts("layer_types");
  if (static_cast<std::size_t>(layer) < types.size()) {
    const std::string_view type = types[static_cast<std::size_t>(layer)];
    return type.starts_with("sliding") || type.starts_with("chunked") || type.starts_with("local") ? window
                                                                                                   : 0;
  }
  // Or one answer per layer.
  const std::vector<std::int64_t> pattern = a.config.integers("sliding_window_pattern");
  if (static_cast<std::size_t>(layer) < pattern.size()) {
    return pattern[static_cast<std::size_t>(layer)] != 0 ? window : 0;
  }
  switch (a.traits.windows) {
    case Windows::none:
      return 0;
    case Windows::all:
      return a.config.flag("use_sliding_window", true) && layer >= a.config.integer("max_window_layers", 0)
                 ? window
                 : 0;
    case Windows::even:
      return layer % 2 == 0 ? window : 0;
    case Windows::all_but_nth: {
      std::int64_t step = a.config.integer("sliding_window_pattern", 0);
      if (step <= 0) step = a.config.integer("no_rope_layer_interval", 0);
      if (step <= 0) step = a.traits.window_step;
      return step > 0 && (layer + 1) % step == 0 ? 0 : window;
    }
  }
  return 0;
}

Value transformer_layer(Assembly& a, Value x, const LayerPlan& plan) {
  const bool post = a.traits.post_norm;
  const std::string prefix = a.names.layer_prefix();
  const Value normed = post ? x : a.norm(Slot::attn_pre, x);
  Value mixed = mix(a, normed, plan);
  mixed = a.scale(Slot::attn_scale, norm_if_there(a, Slot::attn_post, mixed));
  if (a.traits.parallel) {
    const Value input = a.names.has(Slot::ffn_pre) ? a.norm(Slot::ffn_pre, x) : normed;
    const Value fed = norm_if_there(a, Slot::ffn_post, feed_forward(a, input));
    return a.add(a.add(x, mixed, prefix + "attention_residual"), fed, prefix + "feed_forward_residual");
  }
  x = a.add(x, mixed, prefix + "attention_residual");
  if (post) x = a.norm(Slot::attn_pre, x);
  x = norm_if_there(a, Slot::attn_after, x);
  if (plan.cross) {
    AttentionPlan cross;
    cross.causal = false;
    cross.memory = plan.memory;
    cross.layer = plan.attention.layer;
    cross.source_tokens = plan.source_tokens;
    const Value seen = attention(a, post ? x : norm_if_there(a, Slot::cross_pre, x), cross);
    x = a.add(x, seen, prefix + "cross_attention_residual");
    if (post) x = norm_if_there(a, Slot::cross_pre, x);
  }
  const Value input = post ? x : a.norm(Slot::ffn_pre, x);
  Value fed = feed_forward(a, input);
  if (!fed) return x;  // a layer of only a recurrence
  fed = a.scale(Slot::ffn_scale, norm_if_there(a, Slot::ffn_post, fed));
  x = a.add(x, fed, prefix + "feed_forward_residual");
  if (post) x = a.norm(Slot::ffn_pre, x);
  return norm_if_there(a, Slot::ffn_after, x);
}

namespace {

// ALBERT: every group of layers runs its share of the depth with the same weights.
Value run_shared(Assembly& a, Value x, const LayerPlan& plan) {
  const std::int64_t depth = a.config.integer(Key::layers, 1),
                     groups = std::max<std::int64_t>(1, a.count_layers());
  a.facts.layers = depth;
  for (std::int64_t i = 0; i < depth; ++i) {
    const std::string group = a.layers_prefix() + std::to_string(i * groups / depth) + ".albert_layers.";
    for (std::int64_t inner = 0; inner < a.weights.count_below(group); ++inner) {
      a.names.layer(group + std::to_string(inner) + ".");
      LayerPlan one = plan;
      one.attention.layer = i;
      x = transformer_layer(a, x, one);
    }
  }
  return x;
}

}  // namespace

Value run_layers(Assembly& a, Value x, const LayerPlan& plan) {
  if (a.traits.shared_layers) return run_shared(a, x, plan);
  const std::int64_t stored = a.count_layers();
  const std::int64_t said =
      a.expected_layers >= 0 ? a.expected_layers : a.config.integer(Key::layers, stored);
  a.facts.layers = std::max(a.facts.layers, stored);
  if (said > stored && stored > 0) {
    a.assume(Message("The configuration says " + std::to_string(said) + " layers, the file has " +
                     std::to_string(stored)));
  }
  for (std::int64_t i = 0; i < stored; ++i) {
    a.enter_layer(i);
    LayerPlan one = plan;
    one.attention.layer = i;
    x = transformer_layer(a, x, one);
  }
  return x;
}

}  // namespace haoline::blueprints
