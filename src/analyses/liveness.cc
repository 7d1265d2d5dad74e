#include "analyses/liveness.h"

#include <algorithm>

#include "ops/op_table.h"

namespace haoline {
namespace {

constexpr std::uint32_t kNever = ~std::uint32_t{0};
constexpr Int128 kMaxBytes = Int128{1} << 62;

// The last step that needs each tensor of the graph; kNever: none does.
IdVector<TensorId, std::uint32_t> last_uses(const Model& model, const Bodies& bodies, GraphId graph_id) {
  const Graph& graph = model.graphs[graph_id];
  IdVector<TensorId, std::uint32_t> last(graph.tensors.size(), kNever);
  for (const NodeId id : graph.nodes.ids()) {
    for (const TensorId input : graph.nodes[id].inputs) {
      if (input) last[input] = id.index;
    }
  }
  // A body sees an outer tensor through one capture per level; each is a use by the node that runs the level.
  for (const GraphId body_id : bodies[graph_id]) {
    const Graph& body = model.graphs[body_id];
    for (const Tensor& tensor : body.tensors) {
      if (!tensor.outer || !last.contains(tensor.outer)) continue;
      std::uint32_t& use = last[tensor.outer];
      use = use == kNever ? body.owner.index : std::max(use, body.owner.index);
    }
  }
  const auto end = static_cast<std::uint32_t>(graph.nodes.size());
  for (const TensorId output : graph.outputs) last[output] = end == 0 ? 0 : end - 1;
  return last;
}

// Lifetimes of a graph by tensor, and which tensors leave the graph.
struct Index {
  IdVector<TensorId, std::uint32_t> lifetime;
  IdVector<TensorId, bool> leaves;

  Index(const Graph& graph, const std::vector<Lifetime>& lifetimes)
      : lifetime(graph.tensors.size(), kNever), leaves(graph.tensors.size()) {
    for (std::uint32_t i = 0; i < lifetimes.size(); ++i) lifetime[lifetimes[i].tensor] = i;
    for (const TensorId output : graph.outputs) leaves[output] = true;
  }
};

}  // namespace

Bodies bodies_of(const Model& model) {
  Bodies bodies(model.graphs.size());
  for (const GraphId id : model.graphs.ids()) {
    const Graph& graph = model.graphs[id];
    if (graph.owner && graph.parent && graph.parent.index < id.index) bodies[graph.parent].push_back(id);
  }
  return bodies;
}

const Sizer::Extent& Sizer::extent(Dim dim) {
  const auto [at, is_new] = known_.try_emplace(dim.bits());
  if (is_new) {
    at->second.value = dims_.evaluate(dim, bindings_);
    if (!at->second.value && dims_.depends_on_data(dim)) {
      at->second = {dims_.evaluate_bound(dim, bindings_), true};
    }
  }
  return at->second;
}

std::optional<std::uint64_t> Sizer::bytes(const OperandFacts& facts) {
  if (!facts.type.is_tensor() || !facts.shape.has_rank()) return std::nullopt;
  Int128 elements = 1;
  bool bounded = false;
  for (const Dim dim : facts.shape) {
    if (const auto number = dim.number()) {
      const auto product = checked_mul(elements, *number);
      if (!product) return std::nullopt;
      elements = *product;
      continue;
    }
    if (dim.is_unknown()) return std::nullopt;
    const Extent& known = extent(dim);
    if (!known.value) return std::nullopt;
    const auto product = checked_mul(elements, *known.value);
    if (!product) return std::nullopt;
    elements = *product;
    bounded |= known.bounded;
  }
  const auto size = byte_size(facts.type.dtype, elements);
  if (!size || *size < 0 || *size >= kMaxBytes) return std::nullopt;
  bounded_ |= bounded;
  return static_cast<std::uint64_t>(*size);
}

FilledWeights filled_weights(const Model& model, const ParameterFacts& parameters) {
  FilledWeights filled(model.graphs.size());
  for (const Parameter& p : parameters.parameters) {
    if (p.role != ParameterRole::trainable && p.role != ParameterRole::buffer) continue;
    const Graph& graph = model.graphs[p.graph];
    const NodeId producer = graph.tensors[p.tensor].producer;
    if (producer && graph.nodes[producer].op == Op::ConstantOfShape) filled[p.graph].push_back(p.tensor);
  }
  return filled;
}

bool is_activation(const Graph& graph, TensorId id, std::span<const TensorId> filled_weights) {
  const Tensor& tensor = graph.tensors[id];
  if (tensor.constant || tensor.outer) return false;
  if (!tensor.producer) return true;
  if (graph.nodes[tensor.producer].op == Op::Constant) return false;
  return filled_weights.empty() || !std::binary_search(filled_weights.begin(), filled_weights.end(), id);
}

Activations find_activations(const Model& model, const Inference& inference, const Bodies& bodies,
                             const FilledWeights& filled, GraphId graph_id, Sizer& sizer, bool own_only) {
  const Graph& graph = model.graphs[graph_id];
  Activations out;
  if (!inference.graphs.contains(graph_id)) return out;
  const GraphFacts& facts = inference.graphs[graph_id];
  if (facts.tensors.size() != graph.tensors.size()) return out;
  const auto last = last_uses(model, bodies, graph_id);
  IdVector<TensorId, bool> leaves(own_only ? graph.tensors.size() : 0);
  if (own_only) {
    for (const TensorId output : graph.outputs) leaves[output] = true;
  }
  PerKind<std::optional<std::uint64_t>> sizes(facts.tensors.kind_count());
  Int128 total = 0;  // never beyond 62 bits, so that no sum of live bytes overflows
  const auto add = [&](TensorId tensor, std::uint32_t first) {
    if (!is_activation(graph, tensor, filled[graph_id]) || (own_only && leaves[tensor])) return;
    const auto bytes =
        sizes.get(facts.tensors.kind(tensor), [&] { return sizer.bytes(facts.tensors[tensor]); });
    if (!bytes || total + Int128{*bytes} >= kMaxBytes) {
      out.unsized.push_back(tensor);
      return;
    }
    total += Int128{*bytes};
    const std::uint32_t use = last[tensor] == kNever ? first : std::max(first, last[tensor]);
    out.lifetimes.push_back({tensor, first, use, *bytes, tensor});
  };
  out.lifetimes.reserve(graph.tensors.size());
  if (!own_only) {
    for (const TensorId input : graph.inputs) add(input, 0);
  }
  for (const NodeId id : graph.nodes.ids()) {
    for (const TensorId output : graph.nodes[id].outputs) {
      if (output) add(output, id.index);
    }
  }
  return out;
}

std::vector<Lifetime> share_storage(const Graph& graph, const std::vector<Lifetime>& plain,
                                    std::span<const TensorId> filled_weights) {
  std::vector<Lifetime> shared = plain;
  const Index index(graph, plain);
  // Of a storage, at the index of its first tensor. A tensor that joins later is made by a node that reads
  // one already there, so "nothing uses it after this step" holds once it is seen.
  struct Storage {
    std::uint32_t last;  // use so far
    bool leaves;         // the graph
    bool constant;       // lies in a constant: takes no memory
  };
  std::vector<Storage> storage;
  storage.reserve(shared.size());
  for (const Lifetime& life : plain) storage.push_back({life.last, index.leaves[life.tensor], false});

  // Does the result take the operand's place?
  const auto join = [&](std::uint32_t step, bool view, TensorId input, std::uint32_t result) {
    const std::uint32_t operand = index.lifetime[input];
    const bool constant =
        operand == kNever ? !is_activation(graph, input, filled_weights) : storage[operand].constant;
    if (constant) {
      if (view) shared[result].bytes = 0, storage[result].constant = true;
      return view;
    }
    if (operand == kNever) return false;
    const std::uint32_t root = index.lifetime[shared[operand].storage];
    if (shared[root].bytes != shared[result].bytes) return false;
    if (!view && (storage[root].last != step || storage[root].leaves)) return false;
    shared[result].storage = shared[root].tensor;
    storage[root].last = std::max(storage[root].last, shared[result].last);
    storage[root].leaves = storage[root].leaves || index.leaves[shared[result].tensor];
    return true;
  };

  for (const NodeId id : graph.nodes.ids()) {
    const Node& node = graph.nodes[id];
    const OpRow* row = find_row(node.op);
    if (!row || row->alias == Alias::none || node.outputs.empty() || node.inputs.empty()) continue;
    if (!node.outputs[0] || index.lifetime[node.outputs[0]] == kNever) continue;
    const std::size_t candidates = row->alias == Alias::in_place ? node.inputs.size() : 1;
    for (const TensorId input : node.inputs.first(candidates)) {
      if (input && join(id.index, row->alias == Alias::view, input, index.lifetime[node.outputs[0]])) break;
    }
  }
  return shared;
}

std::vector<std::uint64_t> live_bytes(const std::vector<Lifetime>& storages, std::size_t steps) {
  std::vector<std::uint64_t> live(steps + 1);
  for (const Lifetime& storage : storages) {
    live[storage.first] += storage.bytes;  // unsigned: the differences add up modulo 2^64
    live[std::min<std::size_t>(std::size_t{storage.last} + 1, steps)] -= storage.bytes;
  }
  for (std::size_t i = 1; i < steps; ++i) live[i] += live[i - 1];
  live.resize(steps);
  return live;
}

std::vector<Lifetime> storages(const std::vector<Lifetime>& lifetimes) {
  std::vector<Lifetime> out;
  out.reserve(lifetimes.size());
  std::uint32_t tensors = 0;  // 0: every tensor has a storage of its own
  for (const Lifetime& lifetime : lifetimes) {
    if (lifetime.storage != lifetime.tensor) tensors = std::max(tensors, lifetime.storage.index + 1);
  }
  std::vector<std::uint32_t> index_of(tensors);
  for (const Lifetime& lifetime : lifetimes) {
    if (lifetime.bytes == 0) continue;
    if (lifetime.storage == lifetime.tensor) {
      if (lifetime.tensor.index < tensors)
        index_of[lifetime.tensor.index] = static_cast<std::uint32_t>(out.size());
      out.push_back(lifetime);
      continue;
    }
    Lifetime& storage = out[index_of[lifetime.storage.index]];
    storage.last = std::max(storage.last, lifetime.last);
  }
  return out;
}

}  // namespace haoline
