// One stack of tokens: decoders, and encoders of the BERT kind.
#include <algorithm>
#include <utility>

#include "blueprints/assembly.h"

namespace haoline::blueprints {
namespace {

// Does the class, where the source names one, end in a head over the vocabulary?
bool wants_head(const Assembly& a) {
  const auto& classes = a.model.architecture->classes;
  if (classes.empty()) return a.traits.has_head;
  for (const std::string_view name : classes) {
    for (const std::string_view word : {"LM", "ConditionalGeneration", "PreTraining", "Rwkv"}) {
      if (name.find(word) != std::string_view::npos) return true;
    }
  }
  return false;
}

Value vocabulary_head(Assembly& a, Value x) {
  const bool tied = a.config.flag("tie_word_embeddings", a.traits.tied);
  Found head = a.take(Slot::head);
  std::string name(head.name);
  if (tied && head) {
    // Both are stored although the configuration says they are one; it is counted once.
    const Found embed = a.names.find(Slot::embed);
    if (embed && std::ranges::equal(a.weights.extents(embed.weight), a.weights.extents(head.weight))) {
      a.emit.graph().tensors[head.weight].trained = Trained::no;
      a.tied_copies.push_back(head.weight);
      Found shared = a.names.find(Slot::embed);
      shared.name = name;
      shared.bias = head.bias;
      return a.linear(shared, x);
    }
  }
  if (!head) {
    if (!wants_head(a)) return {};
    head = a.names.find(Slot::embed);
    if (!head) return {};
    name = std::string(head.name) + ".as_head";
    head.bias = {};
  }
  if (!head.bias) {
    head.bias = a.take(Slot::head_bias).weight;
  }
  head.name = name;
  const bool transposed = std::exchange(a.traits.transposed, false);
  const Value out = a.linear(head, x);
  a.traits.transposed = transposed;
  return out;
}

// What a configuration may say of the wiring, whatever the family has by default.
void adapt(Assembly& a) {
  const Config& c = a.config;
  for (const std::string_view key : {"use_parallel_residual", "parallel_attn", "parallel_attention"}) {
    if (c.says(key)) a.traits.parallel = c.flag(key, a.traits.parallel);
  }
  if (!c.flag("do_layer_norm_before", true)) a.traits.post_norm = true;
  if (c.flag("alibi", false) || c.flag("attn_config.alibi", false)) a.traits.position = Position::alibi;
  if (c.flag("attn_config.rope", false)) a.traits.position = Position::rotary;
}

}  // namespace

void text_heads(Assembly& a, Value x) {
  Value pooled;
  if (const Found pooler = a.take(Slot::pooler)) {
    const std::string name(pooler.name);
    pooled =
        a.activate(a.linear(a.take(Slot::pooler), a.first_token(x, name + ".first")), "tanh", name + ".tanh");
  }
  Value logits;
  if (a.names.has(Slot::head_dense)) {
    Value hidden = a.linear(Slot::head_dense, x);
    hidden = a.activate(hidden, a.activation(), "head.activation");
    logits = vocabulary_head(a, a.norm(Slot::head_norm, hidden));
  } else if (a.traits.causal || a.names.has(Slot::head)) {
    logits = vocabulary_head(a, x);
  }
  const Value classes = a.linear(Slot::classifier, pooled && a.traits.pooled ? pooled : x);
  if (classes) a.emit.output(classes.id, logits ? "class_logits" : "logits");
  if (logits) a.emit.output(logits.id, "logits");
  if (!logits && !classes) a.emit.output(x.id, "last_hidden_state");
  if (pooled && !(classes && a.traits.pooled)) a.emit.output(pooled.id, "pooler_output");
}

Value embed_text(Assembly& a) {
  if (!a.enter(a.family->places())) {
    a.missing("layers");
    return {};
  }
  const Found embed = a.take(Slot::embed);
  if (!embed) {
    a.missing("token embeddings");
    return {};
  }
  if (const std::int64_t width = a.weights.extent(embed.weight, 1); width > 0) a.hidden = width;
  if (const auto said = a.config.integer(Key::hidden)) a.hidden = *said;
  a.read_sizes();
  adapt(a);
  a.facts.vocabulary = a.weights.extent(embed.weight, 0);
  a.facts.context = a.config.integer(Key::context, 0);
  const TensorId ids = a.token_ids("input_ids", "seq");
  Value x = a.lookup(embed, ids, {});
  if (const Found types = a.take(Slot::token_type)) {
    const std::string name(types.name);
    const TensorId type_ids = a.emit.input("token_type_ids", DType::int64, {a.batch, a.tokens});
    x = a.add(x, a.lookup(types, type_ids, name), name + ".add");
  }
  // Where embeddings are narrower than the layers, positions are as wide as either.
  const Found where = a.names.find(Slot::position);
  const bool projects = a.names.has(Slot::project_in);
  const bool early = projects && where && a.weights.extent(where.weight, 1) != x.width;
  if (early) x = a.linear(Slot::project_in, x);
  if (const Found table = a.take(Slot::position)) {
    const std::string name(table.name);
    const TensorId ids_of_positions = a.position_ids();
    x = a.add(x, a.lookup(table, ids_of_positions, name), name + ".add");
  }
  if (a.names.has(Slot::embed_norm)) x = a.norm(Slot::embed_norm, x);
  if (projects && !early) x = a.linear(Slot::project_in, x);
  if (const Found table = a.take(Slot::stack_bias)) {
    a.relative_table = a.norm(Slot::stack_norm, {table.weight, a.weights.extent(table.weight, 1)});
  }
  return x;
}

void text_body(Assembly& a, Value x) {
  LayerPlan plan;
  plan.attention.causal = a.traits.causal;
  plan.attention.cached = a.traits.causal;
  plan.attention.rotary = a.traits.position == Position::rotary;
  x = run_layers(a, x, plan);
  if (a.names.has(Slot::final_norm) || a.traits.bare_norms) x = a.norm(Slot::final_norm, x);
  if (a.names.has(Slot::project_out)) x = a.linear(Slot::project_out, x);
  text_heads(a, x);
}

void assemble_text(Assembly& a) {
  // A text model may be configured inside of something larger.
  if (!a.config.integer(Key::hidden)) a.config = a.config.sub("text_config");
  const Value x = embed_text(a);
  if (x) text_body(a, x);
}

}  // namespace haoline::blueprints
