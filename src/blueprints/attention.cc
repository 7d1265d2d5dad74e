// Attention with keys and values of its own, of another sequence, or with projected distances.
#include <algorithm>

#include "blueprints/assembly.h"

namespace haoline::blueprints {
namespace {

constexpr std::size_t kKey = 1, kValue = 2;  // operands of Attention

struct Projections {
  Value q, k, v;
  std::int64_t kv_heads = 0;
  std::string module;  // "model.layers.3.self_attn"
};

std::int64_t heads_of(std::int64_t width, std::int64_t size) {
  return size > 0 && width % size == 0 ? width / size : 0;
}

// The heads that share one fused product: queries for all heads, the rest is keys and values.
bool project_fused(Assembly& a, Value x, Projections& p) {
  const Found found = a.take(Slot::attn_qkv);
  if (!found) return false;
  p.module = module_of(found.name);
  const std::string name(found.name);
  const Value all = a.linear(found, x);
  const std::int64_t queries = a.heads * a.head_size;
  const std::int64_t rest = all.width - queries;
  if (a.head_size <= 0 || queries <= 0 || rest <= 0 || rest % (2 * a.head_size) != 0) {
    a.assume(Message("The heads of ")
                 .name(name)
                 .add(" do not follow from the configuration; a third each is taken"));
    const std::int64_t third = all.width / 3;
    const auto parts = a.split(all, {third, third, all.width - 2 * third}, name + ".split");
    p.q = parts[0], p.k = parts[1], p.v = parts[2];
    return true;
  }
  const auto parts = a.split(all, {queries, rest / 2, rest / 2}, name + ".split");
  p.q = parts[0], p.k = parts[1], p.v = parts[2];
  return true;
}

bool project(Assembly& a, Value x, Projections& p) {
  if (project_fused(a, x, p)) return true;
  const Found q = a.take(Slot::attn_q);
  if (!q) return false;
  p.module = module_of(q.name);
  p.q = a.linear(q, x);
  p.k = a.linear(Slot::attn_k, x);
  p.v = a.linear(Slot::attn_v, x);
  if (!p.v) p.v = p.k;  // keys serve as values
  return bool(p.k);
}

// The size of a head where the configuration does not say it: norms of heads know, otherwise a usual one.
void find_head_size(Assembly& a, std::int64_t width) {
  if (a.head_size > 0) return;
  const Found norm = a.names.find(Slot::attn_q_norm);
  const std::int64_t known = norm ? a.weights.last_extent(norm.weight) : 0;
  a.head_size = known > 0 && known < width ? known : width % 128 == 0 && width > 1024 ? 128 : 64;
  if (width % a.head_size != 0) a.head_size = width;
  a.heads = width / a.head_size;
  a.assume(
      Message("The number of heads is not said; heads of " + std::to_string(a.head_size) + " are assumed"));
}

Value rotate(Assembly& a, Value x, const std::string& name) {
  std::int64_t part = a.head_size;
  for (const std::string_view key : {"partial_rotary_factor", "rotary_pct", "rope_pct"}) {
    if (const auto share = a.config.real(key)) {
      part = static_cast<std::int64_t>(static_cast<double>(a.head_size) * *share);
    }
  }
  part = a.config.integer("rotary_dim", part);
  return {a.emit.node(Op::RotaryPosition, name, {x.id, a.position_ids()},
                      {{"head_size", a.head_size}, {"rotary_dim", std::min(part, a.head_size)}}),
          x.width};
}

// Queries and keys meet the projected distances: those of the keys' and of the queries' own projections.
Value disentangled(Assembly& a, const Projections& p, const Found& q, const Found& k) {
  const std::vector<std::string_view> kinds = a.config.texts("pos_att_type");
  const auto has = [&](std::string_view kind) {
    return kinds.empty() || std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  };
  const std::string module = p.module;
  const auto project_distances = [&](std::string_view own_name, Found shared, std::string_view shared_name) {
    const std::string own = module + std::string(own_name), name = module + std::string(shared_name);
    if (const Found found = a.take(own)) return a.linear(found, a.relative_table);
    shared.name = name;
    return a.linear(shared, a.relative_table);
  };
  const Value as_key = has("c2p") ? project_distances(".pos_key_proj", k, ".distance_keys") : Value{};
  const Value as_query = has("p2c") ? project_distances(".pos_query_proj", q, ".distance_queries") : Value{};
  const TensorId inputs[] = {p.q.id, p.k.id, p.v.id, as_key.id, as_query.id};
  return {a.emit.node(Op::DisentangledAttention, module + ".attention", inputs, {{"heads", a.heads}}),
          p.v.width};
}

Value products(Assembly& a, const Projections& p, const AttentionPlan& plan, std::int64_t heads,
               std::int64_t kv_heads) {
  const std::int64_t value_size = p.v.width / kv_heads;
  TensorId inputs[7] = {p.q.id, p.k.id, p.v.id};
  std::size_t used = 3;
  const std::string layer = std::to_string(plan.layer);
  if (plan.cached) {
    // What is kept may be narrower than what flows.
    if (a.emit.activations() != a.emit.cache_type()) {
      for (const std::size_t i : {kKey, kValue}) {
        inputs[i] = a.emit.node(Op::Cast, p.module + (i == kKey ? ".keep_key" : ".keep_value"), {inputs[i]},
                                {{"to", std::int64_t{a.emit.cache_type() == DType::bfloat16 ? 16 : 10}}});
      }
    }
    const Dim past = a.past(), number = a.emit.number(kv_heads);
    inputs[4] = a.emit.input("past." + layer + ".key", a.emit.cache_type(),
                             {a.batch, number, past, a.emit.number(a.head_size)});
    inputs[5] = a.emit.input("past." + layer + ".value", a.emit.cache_type(),
                             {a.batch, number, past, a.emit.number(value_size)});
    used = 6;
  }
  if (const Found table = a.take(Slot::attn_bias)) {
    a.relative_bias = a.emit.node(Op::RelativeBias, table.name, {table.weight, p.q.id, p.k.id, inputs[4]});
  }
  if (!plan.memory && a.relative_bias) {
    inputs[3] = a.relative_bias;
    used = std::max<std::size_t>(used, 4);
  }
  Op op = Op::Attention;
  if (const Found sinks = a.take(Slot::attn_sinks)) {
    op = Op::SinkAttention;
    inputs[6] = sinks.weight;
    used = 7;
  }
  const std::size_t results = plan.cached ? 3 : 1;
  const std::string name = p.module + ".attention";
  const std::span<const TensorId> given(inputs, used);
  TensorId out;
  const std::int64_t causal = plan.causal ? 1 : 0;
  if (plan.window > 0) {
    out = a.emit.node(
        op, name, given,
        {{"q_num_heads", heads}, {"kv_num_heads", kv_heads}, {"is_causal", causal}, {"window", plan.window}},
        results);
  } else {
    out = a.emit.node(op, name, given,
                      {{"q_num_heads", heads}, {"kv_num_heads", kv_heads}, {"is_causal", causal}}, results);
  }
  if (plan.cached) {
    a.emit.output(Emitter::result(out, 1), "present." + layer + ".key");
    a.emit.output(Emitter::result(out, 2), "present." + layer + ".value");
    a.keep({.kind = CacheLayers::Kind::attention,
            .heads = kv_heads,
            .key_size = a.head_size,
            .value_size = value_size,
            .window = plan.window});
  }
  return {out, heads * value_size};
}

Value cross_attention(Assembly& a, Value x, const AttentionPlan& plan) {
  const Found q = a.take(Slot::cross_q);
  if (!q) {
    a.missing(a.names.layer_prefix() + "cross-attention");
    return {};
  }
  Projections p;
  p.module = module_of(q.name);
  p.q = a.linear(q, x);
  p.k = a.linear(Slot::cross_k, plan.memory);
  p.v = a.linear(Slot::cross_v, plan.memory);
  if (!p.k || !p.v) return {};
  const std::int64_t heads = heads_of(p.q.width, a.head_size), kv_heads = heads_of(p.k.width, a.head_size);
  if (heads == 0 || kv_heads == 0) return {};
  const Value mixed = products(a, p, plan, heads, kv_heads);
  a.keep({.kind = CacheLayers::Kind::cross_attention,
          .heads = kv_heads,
          .key_size = a.head_size,
          .value_size = p.v.width / kv_heads,
          .source_tokens = plan.source_tokens});
  return a.linear(Slot::cross_o, mixed);
}

}  // namespace

Value attention(Assembly& a, Value x, const AttentionPlan& plan) {
  if (plan.memory) return cross_attention(a, x, plan);
  if (a.names.has(Slot::latent_kv_down)) return latent_attention(a, x, plan);
  Projections p;
  if (!project(a, x, p)) {
    a.missing(a.names.layer_prefix() + "attention");
    return {};
  }
  find_head_size(a, p.q.width);
  // Queries that carry a gate of their own size for what the heads say.
  Value gate;
  if (a.heads > 0 && p.q.width == 2 * a.heads * a.head_size && a.names.has(Slot::attn_q_norm)) {
    const auto parts = a.split(p.q, {p.q.width / 2, p.q.width / 2}, p.module + ".split_gate");
    p.q = parts[0], gate = parts[1];
  }
  const std::int64_t heads = heads_of(p.q.width, a.head_size), kv_heads = heads_of(p.k.width, a.head_size);
  if (heads == 0 || kv_heads == 0 || heads % kv_heads != 0 || p.v.width % kv_heads != 0) {
    a.assume(
        Message("Queries, keys and values of ")
            .name(p.module)
            .add(" do not divide into heads of " + std::to_string(a.head_size) + "; attention is left out"));
    return {};
  }
  p.q = a.head_norm(Slot::attn_q_norm, p.q, a.head_size);
  p.k = a.head_norm(Slot::attn_k_norm, p.k, a.head_size);
  if (plan.rotary) {
    p.q = rotate(a, p.q, p.module + ".rotate_query");
    p.k = rotate(a, p.k, p.module + ".rotate_key");
  }
  Value mixed = a.relative_table ? disentangled(a, p, a.names.find(Slot::attn_q), a.names.find(Slot::attn_k))
                                 : products(a, p, plan, heads, kv_heads);
  if (gate) mixed = a.multiply(mixed, a.activate(gate, "sigmoid", p.module + ".gate"), p.module + ".gated");
  if (a.names.has(Slot::attn_inner_norm)) mixed = a.norm(Slot::attn_inner_norm, mixed);
  const Value out = a.linear(Slot::attn_o, mixed);
  if (!out) a.missing(p.module + " output projection");
  return out;
}

}  // namespace haoline::blueprints
