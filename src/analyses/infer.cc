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

// What nothing runs (bodies of operators that nobody knows, further entry points of a file) is inferred as
// declared, so that every graph has its tables; it costs a run of the model nothing.
void infer_the_rest(Engine& engine) {
  for (const GraphId id : engine.model.graphs.ids()) {
    const Graph& graph = engine.model.graphs[id];
    const GraphFacts& facts = engine.out.graphs[id];
    if (facts.tensors.size() == graph.tensors.size() && facts.nodes.size() == graph.nodes.size()) continue;
    prepare_graph(engine, id);
    infer_graph(engine, id, Dim(0));
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
  engine::infer_the_rest(state);
  engine::finish_findings(state);
  return inference;
}

}  // namespace haoline
