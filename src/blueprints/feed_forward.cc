// Feed-forward blocks: plain, gated, and mixtures of experts.
#include <algorithm>

#include "blueprints/assembly.h"

namespace haoline::blueprints {
namespace {

struct DenseSlots {
  Slot gate, up, gate_up, down;
};
constexpr DenseSlots kDense{Slot::ffn_gate, Slot::ffn_up, Slot::ffn_gate_up, Slot::ffn_down};
constexpr DenseSlots kShared{Slot::shared_gate, Slot::shared_up, Slot::shared_gate_up, Slot::shared_down};

Value dense(Assembly& a, Value x, const DenseSlots& slots) {
  const std::string_view activation = a.activation();
  Value gate = a.linear(slots.gate, x), up = a.linear(slots.up, x);
  std::string module;
  if (const Found fused = a.take(slots.gate_up)) {
    module = module_of(fused.name);
    const std::string name(fused.name);
    const Value both = a.linear(fused, x);
    const auto parts = a.split(both, {both.width / 2, both.width - both.width / 2}, name + ".split");
    gate = parts[0], up = parts[1];
  }
  const Found down = a.take(slots.down);
  if (!up || !down) return {};
  module = module_of(down.name);
  const std::string base = module + ".";
  Value inner;
  // An up projection twice as wide as the way down holds gate and value.
  const std::int64_t wanted = std::max(a.weights.extent(down.weight, 1), a.weights.extent(down.weight, 0));
  if (!gate && up.width == 2 * wanted &&
      up.width != a.weights.extent(down.weight, a.traits.transposed ? 0 : 1)) {
    const auto parts = a.split(up, {wanted, wanted}, base + "split_gate");
    gate = parts[0], up = parts[1];
  }
  if (gate) {
    inner = a.multiply(a.activate(gate, activation, base + "activation"), up, base + "gated");
  } else {
    inner = a.activate(up, activation, base + "activation");
  }
  if (&slots == &kDense && a.names.has(Slot::ffn_inner_norm)) inner = a.norm(Slot::ffn_inner_norm, inner);
  Found kept = a.take(slots.down);
  return a.linear(kept, inner);
}

// The tensors of one kind over all experts: stacked in one, or one per expert.
struct ExpertTensors {
  std::vector<TensorId> weights, biases;
  std::int64_t elements = 0;  // of weights and biases
  std::int64_t experts = 0;   // as the tensors say
};

ExpertTensors gather(Assembly& a, Slot slot) {
  ExpertTensors out;
  const auto take = [&](const Found& found) {
    a.weights.use(found.weight);
    out.weights.push_back(found.weight);
    out.elements += a.weights.elements(found.weight);
    if (!found.bias) return;
    a.weights.use(found.bias);
    out.biases.push_back(found.bias);
    out.elements += a.weights.elements(found.bias);
  };
  if (const Found stacked = a.names.find(slot)) {
    take(stacked);
    out.experts = a.weights.rank(stacked.weight) == 3 ? a.weights.extent(stacked.weight, 0) : 0;
    return out;
  }
  constexpr std::int64_t kMost = 100'000;
  for (std::int64_t e = 0; e < kMost; ++e) {
    const Found found = a.names.expert(slot, e);
    if (!found) break;
    take(found);
    out.experts = e + 1;
  }
  return out;
}

Value experts(Assembly& a, Value x) {
  const Found router = a.take(Slot::router);
  const std::string module(module_of(router.name));
  Value scores = a.linear(router, x);
  if (const Found correction = a.names.find(Slot::router_bias)) {
    a.weights.use(correction.weight);
    a.emit.graph().tensors[correction.weight].trained = Trained::no;
    scores = a.add(scores, {correction.weight, scores.width}, module + ".correction");
  }
  std::vector<TensorId> inputs{x.id, scores.id}, biases;
  std::int64_t count = scores.width, elements = 0, matrices = 0, down_elements = 0;
  bool gated = false;
  for (const Slot slot : {Slot::expert_gate, Slot::expert_up, Slot::expert_gate_up, Slot::expert_down}) {
    const ExpertTensors tensors = gather(a, slot);
    inputs.insert(inputs.end(), tensors.weights.begin(), tensors.weights.end());
    biases.insert(biases.end(), tensors.biases.begin(), tensors.biases.end());
    matrices += static_cast<std::int64_t>(tensors.weights.size());
    elements += tensors.elements;
    if (tensors.experts > 0) count = tensors.experts;
    if (!tensors.weights.empty() && (slot == Slot::expert_gate || slot == Slot::expert_gate_up)) gated = true;
    if (slot == Slot::expert_down) {
      for (const TensorId w : tensors.weights) down_elements += a.weights.elements(w);
    }
  }
  if (matrices == 0 || count <= 0) {
    a.missing(module + " experts");
    return {};
  }
  inputs.insert(inputs.end(), biases.begin(), biases.end());
  std::int64_t top_k = a.config.integer(Key::top_k, 0);
  if (top_k <= 0 || top_k > count) {
    top_k = std::min<std::int64_t>(2, count);
    if (a.facts.experts.layers == 0) {
      a.assume(
          Message("How many experts a token visits is not said; " + std::to_string(top_k) + " are assumed"));
    }
  }
  const std::int64_t inner = x.width > 0 ? down_elements / count / x.width : 0;
  std::int64_t matrix_elements = elements;
  for (const TensorId bias : biases) matrix_elements -= a.weights.elements(bias);
  const TensorId out = a.emit.node(Op::RoutedExperts, module + ".experts", inputs,
                                   {{"experts", count},
                                    {"top_k", top_k},
                                    {"matrices", matrices},
                                    {"inner_size", inner},
                                    {"expert_elements", matrix_elements / count},
                                    {"gated", std::int64_t{gated ? 1 : 0}}});
  ExpertFacts& facts = a.facts.experts;
  if (facts.layers++ == 0) facts.experts = count, facts.top_k = top_k;
  facts.parameters += elements;
  facts.active_parameters -= elements / count * (count - top_k);  // the whole model is added at the end
  return {out, x.width};
}

}  // namespace

Value feed_forward(Assembly& a, Value x) {
  if (!x) return {};
  if (!a.names.has(Slot::router)) return dense(a, x, kDense);
  Value out = experts(a, x);
  Value shared = dense(a, x, kShared);
  if (shared && a.names.has(Slot::shared_router)) {
    const std::string name = a.names.layer_prefix() + "shared_expert";
    const Value gate = a.activate(a.linear(Slot::shared_router, x), "sigmoid", name + ".gate");
    shared = {a.emit.node(Op::Mul, name + ".gated", {shared.id, gate.id}), shared.width};
  }
  out = a.add(out, shared, a.names.layer_prefix() + "experts_sum");
  // A dense block beside the experts.
  return a.add(out, dense(a, x, kDense), a.names.layer_prefix() + "dense_sum");
}

}  // namespace haoline::blueprints
