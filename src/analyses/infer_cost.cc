// Arithmetic by the class of the operator's row, and the bytes that a node moves.
#include "analyses/infer_engine.h"

namespace haoline {

Dim byte_size(const Type& type, const Shape& shape, DimPool& pool) {
  const DTypeInfo& dtype = info(type.dtype);
  if (!type.is_tensor() || dtype.block_bytes == 0) return Dim::unknown();
  const Dim count = element_count(shape, pool);
  const Dim blocks = dtype.block_elements == 1 ? count : pool.ceil_div(count, Dim(dtype.block_elements));
  return pool.multiply(blocks, Dim(dtype.block_bytes));
}

namespace engine {
namespace {

Dim bytes_of(Engine& engine, GraphId graph, TensorId tensor) {
  const FactTable& tensors = engine.out.graphs[graph].tensors;
  return engine.fact_kinds[graph].bytes(tensors, tensors.kind(tensor), engine.pool);
}

Dim sum_results(Engine& engine, GraphId graph, const Node& node) {
  Dim total = 0;
  for (const TensorId t : node.outputs) {
    if (t) total = engine.pool.add(total, bytes_of(engine, graph, t));
  }
  return total;
}

Cost declared_work(const OpCall& call, const CostRule& rule) {
  Cost cost;
  if (rule.kind == CostRule::Class::per_output) {
    cost.add(rule.work, call.output_count() ? call.output_elements(0).dim() : Dim(0), call.pool());
  } else {
    cost.add(rule.work, call.has(0) ? call.elements(0).dim() : Dim::unknown(), call.pool());
  }
  return cost;
}

}  // namespace

bool is_known(const Cost& cost) {
  if (cost.macs.is_unknown()) return false;
  for (const Dim count : cost.operations) {
    if (count.is_unknown()) return false;
  }
  return true;
}

void set_arithmetic(NodeFacts& facts, const OpCall& call, const OpRow* row, bool is_known_op) {
  const CostRule::Class kind = row ? row->cost.kind : CostRule::Class::none;
  if (kind == CostRule::Class::none || kind == CostRule::Class::body) {
    facts.cost = Cost::unknown();
    facts.basis = is_known_op ? CostBasis::no_rule : CostBasis::unknown_operator;
    return;
  }
  if (kind == CostRule::Class::free) {
    facts.cost = Cost{};
  } else if (kind == CostRule::Class::formula) {
    facts.cost = row->cost.function(call);
  } else {
    facts.cost = declared_work(call, row->cost);
  }
  facts.basis = is_known(facts.cost) ? CostBasis::known : CostBasis::unknown_shape;
}

void set_traffic(NodeFacts& facts, Engine& engine, GraphId graph, const Node& node, Traffic traffic) {
  const FactTable& tensors = engine.out.graphs[graph].tensors;
  DimPool& pool = engine.pool;
  facts.bytes_read = 0;
  facts.weight_bytes = 0;
  facts.bytes_written = 0;
  if (traffic == Traffic::view) return;
  facts.bytes_written = sum_results(engine, graph, node);
  if (traffic == Traffic::header) return;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const TensorId t = node.inputs[i];
    if (!t) continue;
    const bool is_selected =
        i == 0 && traffic == Traffic::gathered && !node.outputs.empty() && node.outputs[0];
    const Dim bytes = bytes_of(engine, graph, is_selected ? node.outputs[0] : t);
    facts.bytes_read = pool.add(facts.bytes_read, bytes);
    if (tensors[t].is_constant) facts.weight_bytes = pool.add(facts.weight_bytes, bytes);
  }
}

}  // namespace engine
}  // namespace haoline
