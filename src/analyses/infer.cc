#include <algorithm>

#include "analyses/infer_engine.h"

namespace haoline {
namespace engine {
namespace {

std::size_t count_nodes(const Model& model) {
  std::size_t nodes = 0;
  for (const Graph& graph : model.graphs) nodes += graph.nodes.size();
  return nodes;
}

}  // namespace

Engine::Engine(const Model& m, const InferOptions& o, Inference& inference)
    : model(m), options(o), out(inference), pool(inference.dims), known_ops(kOpCount) {
  out.graphs.resize(m.graphs.size());
  fact_kinds.resize(m.graphs.size());
  repeats.resize(m.graphs.size());
  repeats_left = 16 * count_nodes(m) + 100'000;
  decoded_left = std::size_t{1} << 20;
  values_left = std::size_t{1} << 21;
}

void prepare_graph(Engine& engine, GraphId id) {
  const Graph& graph = engine.model.graphs[id];
  GraphFacts& facts = engine.out.graphs[id];
  const bool is_first = facts.tensors.size() != graph.tensors.size() || graph.tensors.empty();
  if (is_first) {
    facts.tensors.resize(graph.tensors.size());
    facts.nodes.resize(graph.nodes.size());
  }
  const bool has_parent = graph.parent && engine.out.graphs[graph.parent].tensors.size() != 0;
  for (const TensorId t : graph.tensors.ids()) {
    const Tensor& tensor = graph.tensors[t];
    if (tensor.producer) continue;
    if (tensor.constant) {
      if (is_first) keep_facts(engine, id, t, constant_facts(engine, *tensor.constant));
    } else if (tensor.outer && has_parent) {
      keep_facts(engine, id, t, engine.out.graphs[graph.parent].tensors[tensor.outer]);
    } else if (is_first) {
      OperandFacts declared;
      merge_declared(engine, id, t, declared);
      keep_facts(engine, id, t, std::move(declared));
    }
  }
}

void infer_graph(Engine& engine, GraphId id, Dim executions) {
  for (const NodeId node : engine.model.graphs[id].nodes.ids()) infer_node(engine, id, node, executions);
}

// Bodies that no rule runs (of custom operators, of FlexAttention): only their declarations are known.
void prepare_unvisited(Engine& engine) {
  for (const GraphId id : engine.model.graphs.ids()) {
    if (engine.out.graphs[id].tensors.size() != engine.model.graphs[id].tensors.size())
      prepare_graph(engine, id);
  }
}

}  // namespace engine

Result<Inference> infer(const Model& model, const InferOptions& options) {
  Inference inference{DimPool(model.dims.get()), {}, {}, {}};
  engine::Engine state(model, options, inference);
  if (model.graphs.empty()) return inference;
  engine::prepare_graph(state, Model::kMain);
  engine::name_inputs(state);
  if (std::optional<Error> error = engine::read_request(state)) return *std::move(error);
  engine::set_inputs(state);
  engine::infer_graph(state, Model::kMain, Dim(1));
  engine::prepare_unvisited(state);
  engine::finish_findings(state);
  return inference;
}

}  // namespace haoline
