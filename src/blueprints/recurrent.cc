// State spaces (Mamba 1 and 2) and gated linear recurrences: a state of fixed size in place of a cache.
#include "blueprints/assembly.h"

namespace haoline::blueprints {
namespace {

// A state that goes in and out, of these extents after the batch.
TensorId state_input(Assembly& a, const std::string& name, std::int64_t first, std::int64_t second) {
  return a.emit.input(name, a.emit.cache_type(), {a.batch, a.emit.number(first), a.emit.number(second)});
}

// The depthwise convolution along the tokens, with its window.
Value causal_conv(Assembly& a, Slot slot, Value x, std::int64_t layer) {
  const Found conv = a.take(slot);
  if (!conv || !x) return x;
  const std::string name(conv.name);
  const std::int64_t kernel = a.weights.last_extent(conv.weight);
  const std::string state = std::to_string(layer) + ".window";
  const TensorId past = state_input(a, "past." + state, x.width, kernel);
  const TensorId inputs[] = {x.id, conv.weight, conv.bias, past};
  const TensorId out = a.emit.node(Op::CausalConv, name, inputs, {}, 2);
  a.emit.output(Emitter::result(out, 1), "present." + state);
  return {out, x.width};
}

Value scan(Assembly& a, const std::string& module, Value x, Value step, Value b, Value c,
           std::int64_t state_size, std::int64_t layer) {
  const Found decay = a.take(Slot::ssm_a);
  const TensorId d = a.take(Slot::ssm_d).weight;
  const std::string state = std::to_string(layer) + ".state";
  const TensorId past = state_input(a, "past." + state, x.width, state_size);
  const TensorId inputs[] = {x.id, step.id, decay.weight, b.id, c.id, d, past};
  const TensorId out =
      a.emit.node(Op::SelectiveScan, module + ".scan", inputs, {{"state_size", state_size}}, 2);
  a.emit.output(Emitter::result(out, 1), "present." + state);
  return {out, x.width};
}

Value mamba_one(Assembly& a, const std::string& module, Value both, std::int64_t layer) {
  const std::int64_t inner = both.width / 2;
  const auto parts = a.split(both, {inner, inner}, module + ".split");
  const Value x = a.activate(causal_conv(a, Slot::ssm_conv, parts[0], layer), "silu", module + ".activation");
  const std::int64_t state = a.weights.extent(a.names.find(Slot::ssm_a).weight, 1);
  const Value steps = a.linear(Slot::ssm_x, x);
  const std::int64_t rank = steps.width - 2 * state;
  const auto selected = a.split(steps, {rank, state, state}, module + ".split_steps");
  const auto normed = [&](Slot slot, Value v) { return a.names.has(slot) ? a.norm(slot, v) : v; };
  Value step = a.linear(Slot::ssm_dt, normed(Slot::ssm_dt_norm, selected[0]));
  step = a.activate(step, "softplus", module + ".step");
  const Value b = normed(Slot::ssm_b_norm, selected[1]), c = normed(Slot::ssm_c_norm, selected[2]);
  const Value y = scan(a, module, x, step, b, c, state, layer);
  const std::int64_t kernel = a.weights.last_extent(a.names.find(Slot::ssm_conv).weight);
  a.keep({.kind = CacheLayers::Kind::recurrent, .state_elements = inner * (kernel + state)});
  return a.multiply(y, a.activate(parts[1], "silu", module + ".gate"), module + ".gated");
}

Value mamba_two(Assembly& a, const std::string& module, Value all, std::int64_t layer) {
  const Found conv = a.names.find(Slot::ssm_conv);
  const std::int64_t width = a.weights.extent(conv.weight, 0), kernel = a.weights.last_extent(conv.weight);
  const std::int64_t heads = a.weights.elements(a.names.find(Slot::ssm_a).weight);
  const std::int64_t inner = all.width - width - heads, mixed = (width - inner) / 2;
  std::int64_t state = mixed;
  for (const std::string_view key : {"state_size", "mamba_d_state", "ssm_state_size"}) {
    if (const auto said = a.config.integer(key)) state = *said;
  }
  if (inner <= 0 || mixed <= 0) {
    a.missing(module + " sizes of the state space");
    return {};
  }
  const auto parts = a.split(all, {inner, width, heads}, module + ".split");
  const Value seen =
      a.activate(causal_conv(a, Slot::ssm_conv, parts[1], layer), "silu", module + ".activation");
  const auto selected = a.split(seen, {inner, mixed, width - inner - mixed}, module + ".split_states");
  Value step = parts[2];
  Found bias = a.take(Slot::ssm_dt_bias);
  if (!bias) bias.weight = a.take(Slot::ssm_dt).bias;
  if (bias.weight) step = a.add(step, {bias.weight, heads}, module + ".step_bias");
  step = a.activate(step, "softplus", module + ".step");
  const Value y = scan(a, module, selected[0], step, selected[1], selected[2], state, layer);
  a.keep({.kind = CacheLayers::Kind::recurrent, .state_elements = width * kernel + inner * state});
  const Value out = a.multiply(y, a.activate(parts[0], "silu", module + ".gate"), module + ".gated");
  return a.names.has(Slot::ssm_norm)
             ? a.head_norm(Slot::ssm_norm, out, a.weights.last_extent(a.names.find(Slot::ssm_norm).weight))
             : out;
}

// Block-diagonal gate: weight (heads, size, size), bias (heads, size).
Value block_gate(Assembly& a, Slot weight_slot, Slot bias_slot, Value x) {
  const Found weight = a.take(weight_slot);
  const std::string name(weight.name);
  const std::int64_t heads = a.weights.extent(weight.weight, 0), size = a.weights.extent(weight.weight, 1);
  const TensorId bias = a.take(bias_slot).weight;
  Value v = a.reshape(x, {0, 0, heads, size}, name + ".split_heads");
  v = {a.emit.node(Op::Einsum, name, {v.id, weight.weight},
                   {{"equation", std::string_view("bshi,hij->bshj")}}),
       size};
  if (bias) v = a.add(v, {bias, size}, name + ".bias");
  v = a.activate(v, "sigmoid", name + ".sigmoid");
  v = a.reshape(v, {0, 0, x.width}, name + ".join_heads");
  v.width = x.width;
  return v;
}

}  // namespace

Value state_space(Assembly& a, Value x, std::int64_t layer) {
  const Found in = a.take(Slot::ssm_in);
  const std::string module =
      a.ggml ? std::string(module_of(in.name)) + ".ssm" : std::string(module_of(in.name));
  const Value projected = a.linear(in, x);
  const Value y = a.names.has(Slot::ssm_x) ? mamba_one(a, module, projected, layer)
                                           : mamba_two(a, module, projected, layer);
  return a.linear(Slot::ssm_out, y);
}

Value gated_recurrence(Assembly& a, Value x, std::int64_t layer) {
  const Found in = a.take(Slot::rec_x);
  const std::string module(module_of(in.name));
  Value v = a.linear(in, x);
  const Value gate = a.activate(a.linear(Slot::rec_y, x), a.activation(), module + ".gate");
  v = causal_conv(a, Slot::rec_conv, v, layer);
  const Value input_gate = block_gate(a, Slot::rec_input_gate, Slot::rec_input_bias, v);
  const Value forget_gate = block_gate(a, Slot::rec_gate, Slot::rec_gate_bias, v);
  const TensorId decay = a.take(Slot::rec_a).weight;
  const std::string state = std::to_string(layer) + ".state";
  const TensorId past = a.emit.input("past." + state, a.emit.cache_type(), {a.batch, a.emit.number(v.width)});
  const TensorId inputs[] = {v.id, input_gate.id, forget_gate.id, decay, past};
  const TensorId out = a.emit.node(Op::GatedRecurrence, module + ".recurrence", inputs, {}, 2);
  a.emit.output(Emitter::result(out, 1), "present." + state);
  const std::int64_t kernel = a.weights.last_extent(a.names.find(Slot::rec_conv).weight);
  a.keep({.kind = CacheLayers::Kind::recurrent, .state_elements = v.width * (kernel + 1)});
  return a.linear(Slot::rec_out, a.multiply({out, v.width}, gate, module + ".gated"));
}

}  // namespace haoline::blueprints
