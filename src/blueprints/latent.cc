// Multi-head latent attention: one latent per token is kept, keys and values of all heads are made of it.
#include "blueprints/assembly.h"

namespace haoline::blueprints {

Value latent_attention(Assembly& a, Value x, const AttentionPlan& plan) {
  const std::int64_t rank =
      a.config.integer("kv_lora_rank", a.weights.extent(a.names.find(Slot::latent_kv_norm).weight, 0));
  const Found down = a.take(Slot::latent_kv_down);
  const std::string module(module_of(down.name));
  const Value both = a.linear(down, x);
  const std::int64_t rope = both.width - rank;
  const std::int64_t heads = a.heads;

  Value query = a.linear(Slot::attn_q, x);
  if (!query)
    query = a.linear(Slot::latent_q_up, a.norm(Slot::latent_q_norm, a.linear(Slot::latent_q_down, x)));
  if (!query || heads <= 0 || rope < 0 || query.width % heads != 0) {
    a.missing(module + " query projection");
    return {};
  }
  const std::int64_t nope = query.width / heads - rope;

  const auto parts = a.split(both, {rank, rope}, module + ".split_latent");
  const Value latent = a.norm(Slot::latent_kv_norm, parts[0]);
  const auto rotate = [&](Value v, std::int64_t size, const std::string& name) {
    return Value{a.emit.node(Op::RotaryPosition, name, {v.id, a.position_ids()},
                             {{"head_size", size}, {"rotary_dim", rope}}),
                 v.width};
  };
  query = rotate(query, nope + rope, module + ".rotate_query");
  const Value key = rotate(parts[1], rope, module + ".rotate_key");

  // The expansion is one matrix, or one each for keys and values (stored per head: [heads, in, out]).
  Found expand = a.take(Slot::latent_kv_up);
  Found expand_value;
  if (!expand) expand = a.take(Slot::latent_k_up), expand_value = a.take(Slot::latent_v_up);
  if (!expand) {
    a.missing(module + " expansion of the latent");
    return {};
  }
  std::int64_t elements = a.weights.elements(expand.weight);
  if (expand_value) elements += a.weights.elements(expand_value.weight);
  const std::int64_t value = rank > 0 ? elements / (rank * heads) - nope : 0;

  TensorId inputs[] = {query.id, latent.id, key.id, expand.weight, expand_value.weight, {}};
  if (plan.cached) {
    inputs[5] = a.emit.input("past." + std::to_string(plan.layer) + ".latent", a.emit.cache_type(),
                             {a.batch, a.past(), a.emit.number(rank + rope)});
  }
  const TensorId out =
      a.emit.node(Op::LatentAttention, module + ".attention", inputs,
                  {{"heads", heads}, {"nope_size", nope}, {"rope_size", rope}, {"value_size", value}},
                  plan.cached ? 2 : 1);
  if (plan.cached) {
    a.emit.output(Emitter::result(out, 1), "present." + std::to_string(plan.layer) + ".latent");
    a.keep({.kind = CacheLayers::Kind::latent,
            .latent_size = rank + rope,
            .expanded_size = heads * (nope + rope + value)});
  }
  return a.linear(Slot::attn_o, {out, heads * value});
}

}  // namespace haoline::blueprints
