// What could not be known is told once, at its root: an operator that nobody knows makes thousands of nodes
// behind it unknown, and only it is worth a line.
#include "analyses/infer_engine.h"

namespace haoline::engine {

bool is_incomplete(const OperandFacts& facts) {
  return facts.type.dtype == DType::unknown || !facts.shape.is_complete();
}

std::string_view operator_label(const Node& node) {
  return node.op_type;
}

void report(Engine& engine, GraphId graph, NodeId node, FindingKind kind, Message message) {
  if (engine.quiet) return;
  Cause& cause = engine.causes[{kind, operator_label(engine.model.graphs[graph].nodes[node])}];
  // The same refusal from every layer of a network is one finding; its count says the rest.
  if (cause.nodes++ == 0) cause.first = Finding{kind, std::move(message), graph, node};
}

void report_cause(Engine& engine, GraphId graph, NodeId id, FindingKind kind, std::string_view why) {
  const Node& node = engine.model.graphs[graph].nodes[id];
  Message message("operator ");
  message.name(node.domain.empty() ? std::string(node.op_type)
                                   : std::string(node.domain) + "." + std::string(node.op_type));
  report(engine, graph, id, kind, std::move(message.add(" ").add(why)));
}

void report_unknown_outputs(Engine& engine, GraphId graph, NodeId id) {
  if (engine.quiet) return;
  const Node& node = engine.model.graphs[graph].nodes[id];
  const FactTable& tensors = engine.out.graphs[graph].tensors;
  bool is_unknown = false;
  for (const TensorId t : node.outputs)
    is_unknown |= t && tensors[t].type.is_tensor() && is_incomplete(tensors[t]);
  if (!is_unknown) return;
  for (const TensorId t : node.inputs) {
    if (t && is_incomplete(tensors[t])) {
      ++engine.consequences;
      return;
    }
  }
  report_cause(engine, graph, id, FindingKind::unknown_shape,
               "gives results whose shape could not be derived");
}

void report_data_symbols(Engine& engine, GraphId graph, NodeId id, std::size_t first_symbol) {
  if (engine.quiet) return;
  for (std::size_t i = first_symbol; i < engine.pool.symbol_count(); ++i) {
    const Symbol& symbol = engine.pool.symbol_at(i);
    if (symbol.origin != SymbolOrigin::data) continue;
    Message message("only the data decides ");
    message.name(symbol.name);
    if (!symbol.upper_bound.is_unknown()) {
      message.add(", at most ").add(engine.pool.to_string(symbol.upper_bound));
    }
    engine.out.findings.push_back({FindingKind::data_dependent_shape, std::move(message), graph, id});
  }
}

void finish_findings(Engine& engine) {
  for (auto& [key, cause] : engine.causes) {
    if (cause.nodes > 1) {
      cause.first.message.add("; so in ")
          .add(std::to_string(cause.nodes - 1))
          .add(" more nodes of that operator");
    }
    engine.out.findings.push_back(std::move(cause.first));
  }
  if (engine.consequences == 0) return;
  Message message(std::to_string(engine.consequences));
  message.add(" more nodes are unknown because an operand is");
  engine.out.findings.push_back({FindingKind::unknown_shape, std::move(message)});
}

}  // namespace haoline::engine
