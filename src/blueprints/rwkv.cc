// RWKV 4: time mixing and channel mixing over the token before.
#include "blueprints/assembly.h"

namespace haoline::blueprints {
namespace {

// x mixed with the token before it, by a learned share per channel.
Value shift(Assembly& a, Value x, const std::string& name, TensorId past, TensorId* state) {
  const Found mix = a.take(name);
  const TensorId inputs[] = {x.id, mix.weight, past};
  const TensorId out = a.emit.node(Op::TokenShift, name, inputs, {}, state ? 2 : 1);
  if (state) *state = Emitter::result(out, 1);
  return {out, x.width};
}

Value time_mixing(Assembly& a, Value x, const std::string& module, std::int64_t layer) {
  const std::string state = std::to_string(layer) + ".";
  const Dim width = a.emit.number(x.width);
  const TensorId past = a.emit.input("past." + state + "attention", a.emit.cache_type(), {a.batch, width});
  TensorId last;
  const Value key = a.linear(module + ".key", shift(a, x, module + ".time_mix_key", past, &last));
  const Value value = a.linear(module + ".value", shift(a, x, module + ".time_mix_value", past, nullptr));
  Value receptance =
      a.linear(module + ".receptance", shift(a, x, module + ".time_mix_receptance", past, nullptr));
  if (!key || !value || !receptance) {
    a.missing(module + " projections");
    return {};
  }
  receptance = a.activate(receptance, "sigmoid", module + ".receptance_gate");
  const TensorId decay = a.take(module + ".time_decay").weight, bonus = a.take(module + ".time_first").weight;
  const TensorId sums = a.emit.input("past." + state + "sums", a.emit.cache_type(),
                                     {a.batch, a.emit.number(3), a.emit.number(value.width)});
  const TensorId inputs[] = {receptance.id, key.id, value.id, decay, bonus, sums};
  const TensorId out =
      a.emit.node(Op::WkvRecurrence, module + ".recurrence", inputs, {{"state_size", std::int64_t{1}}}, 2);
  a.emit.output(last, "present." + state + "attention");
  a.emit.output(Emitter::result(out, 1), "present." + state + "sums");
  const Value mixed = a.multiply({out, value.width}, receptance, module + ".gated");
  a.keep({.kind = CacheLayers::Kind::recurrent, .state_elements = 2 * x.width + 3 * value.width});
  return a.linear(module + ".output", mixed);
}

Value channel_mixing(Assembly& a, Value x, const std::string& module, std::int64_t layer) {
  const std::string state = std::to_string(layer) + ".feed_forward";
  const TensorId past = a.emit.input("past." + state, a.emit.cache_type(), {a.batch, a.emit.number(x.width)});
  TensorId last;
  Value key = a.linear(module + ".key", shift(a, x, module + ".time_mix_key", past, &last));
  Value gate = a.linear(module + ".receptance", shift(a, x, module + ".time_mix_receptance", past, nullptr));
  a.emit.output(last, "present." + state);
  key = a.linear(module + ".value", a.activate(key, "relu2", module + ".activation"));
  return a.multiply(key, a.activate(gate, "sigmoid", module + ".receptance_gate"), module + ".gated");
}

}  // namespace

void assemble_rwkv(Assembly& a) {
  if (!a.enter(a.family->places())) {
    a.missing("layers");
    return;
  }
  const Found embed = a.take(Slot::embed);
  const TensorId ids = a.token_ids("input_ids", "seq");
  Value x = a.lookup(embed, ids, {});
  a.hidden = x.width;
  a.facts.layers = a.count_layers();
  a.facts.vocabulary = a.weights.extent(embed.weight, 0);
  a.facts.context = a.config.integer(Key::context, 0);
  for (std::int64_t i = 0; i < a.facts.layers; ++i) {
    a.enter_layer(i);
    const std::string layer = a.names.layer_prefix();
    if (i == 0) x = a.norm(layer + "pre_ln", x);
    const Value mixed = time_mixing(a, a.norm(layer + "ln1", x), layer + "attention", i);
    x = a.add(x, mixed, layer + "attention_residual");
    const Value fed = channel_mixing(a, a.norm(layer + "ln2", x), layer + "feed_forward", i);
    x = a.add(x, fed, layer + "feed_forward_residual");
  }
  text_heads(a, a.norm(Slot::final_norm, x));
}

}  // namespace haoline::blueprints
