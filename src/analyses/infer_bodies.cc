#include "analyses/infer_bodies.h"

#include <algorithm>
#include <string>

namespace haoline::engine {
namespace {

// Every run is work, also the one for the tables inside somebody's trial run.
void charge_run(Engine& engine, GraphId body) {
  const std::size_t price = engine.model.graphs[body].nodes.size() + 1;
  engine.repeats_left -= std::min(engine.repeats_left, price);
}

Number either(const Number& a, const Number& b) {
  return a == b ? a : Number::unknown();
}

Value either(const Value& a, const Value& b) {
  if (!a || !b || a.size() != b.size()) return {};
  std::vector<Number> numbers;
  numbers.reserve(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) numbers.push_back(either(a[i], b[i]));
  return Value(std::move(numbers));
}

Dim unused_symbol(DimPool& pool, std::string_view name, SymbolOrigin origin) {
  Symbol symbol;
  symbol.name = std::string(name);
  while (!pool.find_symbol(symbol.name).is_unknown()) symbol.name += "'";
  symbol.origin = origin;
  return pool.symbol(std::move(symbol));
}

}  // namespace

GraphId body_of(const Engine& engine, const Node& node, std::string_view name) {
  const Attribute* attribute = node.attribute(name);
  const GraphId* body = attribute ? std::get_if<GraphId>(&attribute->value) : nullptr;
  return body && engine.model.graphs.contains(*body) ? *body : GraphId{};
}

FactList run_body(Engine& engine, GraphId body, const FactList& inputs, Dim executions, bool quiet) {
  const Graph& graph = engine.model.graphs[body];
  const bool was_quiet = engine.quiet;
  engine.quiet = was_quiet || quiet;
  ++engine.depth;
  charge_run(engine, body);
  prepare_graph(engine, body);
  const FactTable& tensors = engine.out.graphs[body].tensors;
  for (std::size_t i = 0; i < std::min(inputs.size(), graph.inputs.size()); ++i) {
    OperandFacts facts = inputs[i];
    merge_declared(engine, body, graph.inputs[i], facts);
    keep_facts(engine, body, graph.inputs[i], std::move(facts));
  }
  infer_graph(engine, body, executions);
  FactList outputs;
  for (const TensorId t : graph.outputs) outputs.push_back(t ? tensors[t] : OperandFacts{});
  --engine.depth;
  engine.quiet = was_quiet;
  return outputs;
}

void add_body_cost(NodeFacts& sum, const NodeFacts& part, DimPool& pool) {
  if (part.basis != CostBasis::known) {
    sum.basis = part.basis;
  } else {
    sum.cost.macs = pool.add(sum.cost.macs, part.cost.macs);
    for (std::size_t k = 0; k < kArithKinds; ++k) {
      sum.cost.operations[k] = pool.add(sum.cost.operations[k], part.cost.operations[k]);
    }
  }
  sum.bytes_read = pool.add(sum.bytes_read, part.bytes_read);
  sum.bytes_written = pool.add(sum.bytes_written, part.bytes_written);
  sum.weight_bytes = pool.add(sum.weight_bytes, part.weight_bytes);
}

NodeFacts cost_of_body(Engine& engine, GraphId body) {
  NodeFacts sum;
  sum.cost = Cost{};
  sum.basis = CostBasis::known;
  sum.bytes_read = sum.bytes_written = sum.weight_bytes = Dim(0);
  for (const NodeFacts& node : engine.out.graphs[body].nodes) add_body_cost(sum, node, engine.pool);
  return sum;
}

void scale(NodeFacts& facts, Dim times, DimPool& pool) {
  facts.cost.macs = pool.multiply(facts.cost.macs, times);
  for (Dim& count : facts.cost.operations) count = pool.multiply(count, times);
  facts.bytes_read = pool.multiply(facts.bytes_read, times);
  facts.bytes_written = pool.multiply(facts.bytes_written, times);
  facts.weight_bytes = pool.multiply(facts.weight_bytes, times);
}

void set_body_cost(Engine& engine, GraphId graph, NodeId node, const NodeFacts& cost) {
  NodeFacts facts = cost;
  facts.executions = engine.out.graphs[graph].nodes[node].executions;
  if (facts.basis != CostBasis::known) facts.cost = Cost::unknown();
  engine.out.graphs[graph].nodes.set(node, facts);
}

Dim node_symbol(Engine& engine, GraphId graph, NodeId node, std::string_view name, SymbolOrigin origin,
                Dim bound) {
  const auto key = std::pair(std::uint64_t{graph.index} << 32 | node.index, std::string(name));
  const auto found = engine.node_symbols.find(key);
  if (found != engine.node_symbols.end()) {
    const Symbol* symbol = engine.pool.symbol_of(found->second);
    if (symbol && (origin != SymbolOrigin::data || symbol->upper_bound == bound)) return found->second;
  }
  const Dim fresh = origin == SymbolOrigin::data ? engine.pool.data_symbol(name, bound)
                                                 : unused_symbol(engine.pool, name, origin);
  engine.node_symbols[key] = fresh;
  return fresh;
}

Dim either(Engine& engine, GraphId graph, NodeId node, std::string_view name, Dim a, Dim b) {
  if (a.is_unknown() || b.is_unknown()) return Dim::unknown();
  if (a == b) return a;
  return node_symbol(engine, graph, node, name, SymbolOrigin::data, engine.pool.max(a, b));
}

OperandFacts either(Engine& engine, GraphId graph, NodeId node, std::string_view name, const OperandFacts& a,
                    const OperandFacts& b) {
  OperandFacts out;
  out.type = a.type.dtype == DType::unknown && a.type.containers.empty() ? b.type : a.type;
  if (out.type.dtype == DType::unknown && b.type.containers == out.type.containers) out.type = b.type;
  if (a.shape.has_rank() && b.shape.has_rank() && a.shape.rank() == b.shape.rank()) {
    out.shape = a.shape;
    for (std::size_t axis = 0; axis < out.shape.rank(); ++axis) {
      const std::string label = std::string(name) + "_" + std::to_string(axis);
      out.shape[axis] = either(engine, graph, node, label, a.shape[axis], b.shape[axis]);
    }
  }
  out.length = either(engine, graph, node, std::string(name) + "_length", a.length, b.length);
  out.value = either(a.value, b.value);
  out.is_constant = a.is_constant && b.is_constant;
  return out;
}

const OperandFacts* operand(const Engine& engine, GraphId graph, const Node& node, std::size_t i) {
  if (i >= node.inputs.size() || !node.inputs[i]) return nullptr;
  return &engine.out.graphs[graph].tensors[node.inputs[i]];
}

OperandFacts operand_or_unknown(const Engine& engine, GraphId graph, const Node& node, std::size_t i) {
  const OperandFacts* facts = operand(engine, graph, node, i);
  return facts ? *facts : OperandFacts{};
}

std::optional<std::int64_t> known_scalar(const OperandFacts* facts, const DimPool& pool) {
  if (!facts || facts->value.size() != 1) return std::nullopt;
  const std::optional<Int128> number = pool.constant(facts->value[0].integer());
  if (!number || *number != static_cast<std::int64_t>(*number)) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

void finish_control(Engine& engine, GraphId graph, NodeId id, FactList results) {
  const Node& node = engine.model.graphs[graph].nodes[id];
  results.resize(node.outputs.size());
  settle_outputs(engine, graph, id, results);
  store_outputs(engine, graph, id, results);
  report_unknown_outputs(engine, graph, id);
}

}  // namespace haoline::engine
