// Operators with bodies.
#include "analyses/infer_engine.h"

namespace haoline::engine {

void infer_control(Engine& engine, GraphId graph, NodeId id, Dim) {
  const Node& node = engine.model.graphs[graph].nodes[id];
  std::vector<OperandFacts> outputs(node.outputs.size());
  settle_outputs(engine, graph, id, outputs);
  store_outputs(engine, graph, id, outputs);
  NodeFacts& facts = engine.out.graphs[graph].nodes[id];
  facts.cost = Cost::unknown();
  facts.basis = CostBasis::no_rule;
  set_traffic(engine, graph, id, Traffic::whole);
  report_unknown_outputs(engine, graph, id);
}

}  // namespace haoline::engine
