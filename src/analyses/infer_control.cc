// Operators with bodies: If and SequenceMap here, Loop and Scan beside it.
#include <algorithm>
#include <string>

#include "analyses/infer_bodies.h"

namespace haoline::engine {
namespace {

// The costlier of two branches; where that depends on symbols, the larger of every figure.
NodeFacts costlier(const NodeFacts& a, const NodeFacts& b, DimPool& pool) {
  if (a.basis != CostBasis::known) return a;
  if (b.basis != CostBasis::known) return b;
  const std::optional<bool> a_is_less = pool.less(a.cost.flops(pool), b.cost.flops(pool));
  if (a_is_less) return *a_is_less ? b : a;
  NodeFacts out = a;
  out.cost.macs = pool.max(a.cost.macs, b.cost.macs);
  for (std::size_t k = 0; k < kArithKinds; ++k) {
    out.cost.operations[k] = pool.max(a.cost.operations[k], b.cost.operations[k]);
  }
  out.bytes_read = pool.max(a.bytes_read, b.bytes_read);
  out.bytes_written = pool.max(a.bytes_written, b.bytes_written);
  out.weight_bytes = pool.max(a.weight_bytes, b.weight_bytes);
  return out;
}

void infer_if(Engine& engine, GraphId graph, NodeId id, Dim executions) {
  const Node& node = engine.model.graphs[graph].nodes[id];
  const GraphId branches[] = {body_of(engine, node, "then_branch"), body_of(engine, node, "else_branch")};
  if (!branches[0] || !branches[1]) {
    report(engine, graph, id, FindingKind::invalid_attribute, Message("If lacks a branch"));
    return finish_control(engine, graph, id, {});
  }
  const std::optional<std::int64_t> condition = known_scalar(operand(engine, graph, node, 0), engine.pool);
  // ONNX branches see the graph around them; those of other formats get the operands behind the condition.
  FactList inputs;
  for (std::size_t i = 1; i < node.inputs.size(); ++i)
    inputs.push_back(operand_or_unknown(engine, graph, node, i));
  FactList results[2];
  NodeFacts costs[2];
  for (const int branch : {0, 1}) {
    // A branch that is never taken is inferred for its shapes; nothing it does counts.
    const bool is_dead = condition && (*condition != 0) != (branch == 0);
    results[branch] = run_body(engine, branches[branch], inputs, is_dead ? Dim(0) : executions, is_dead);
    costs[branch] = cost_of_body(engine, branches[branch]);
  }
  if (condition) {
    const int taken = *condition != 0 ? 0 : 1;
    set_body_cost(engine, graph, id, costs[taken]);
    return finish_control(engine, graph, id, std::move(results[taken]));
  }
  FactList merged;
  for (std::size_t i = 0; i < std::min({node.outputs.size(), results[0].size(), results[1].size()}); ++i) {
    const std::string label = std::string(node.name) + "_" + std::to_string(i);
    merged.push_back(either(engine, graph, id, label, results[0][i], results[1][i]));
  }
  set_body_cost(engine, graph, id, costlier(costs[0], costs[1], engine.pool));
  finish_control(engine, graph, id, std::move(merged));
}

void infer_call(Engine& engine, GraphId graph, NodeId id, Dim executions) {
  const Node& node = engine.model.graphs[graph].nodes[id];
  const GraphId body = body_of(engine, node, "body");
  if (!body) {
    report(engine, graph, id, FindingKind::invalid_attribute, Message("Call lacks its body"));
    return finish_control(engine, graph, id, {});
  }
  FactList inputs;
  for (std::size_t i = 0; i < node.inputs.size(); ++i)
    inputs.push_back(operand_or_unknown(engine, graph, node, i));
  FactList results = run_body(engine, body, inputs, executions, false);
  set_body_cost(engine, graph, id, cost_of_body(engine, body));
  finish_control(engine, graph, id, std::move(results));
}

void infer_sequence_map(Engine& engine, GraphId graph, NodeId id, Dim executions) {
  const Node& node = engine.model.graphs[graph].nodes[id];
  const GraphId body = body_of(engine, node, "body");
  if (!body) {
    report(engine, graph, id, FindingKind::invalid_attribute, Message("SequenceMap lacks its body"));
    return finish_control(engine, graph, id, {});
  }
  FactList inputs;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    OperandFacts facts = operand_or_unknown(engine, graph, node, i);
    if (facts.type.is(Container::sequence)) {
      facts.type = facts.type.unwrapped();
      facts.length = Dim::unknown();
    }
    inputs.push_back(std::move(facts));
  }
  const Dim length = operand_or_unknown(engine, graph, node, 0).length;
  FactList results = run_body(engine, body, inputs, engine.pool.multiply(executions, length), false);
  for (OperandFacts& result : results) {
    result.type = result.type.wrapped(Container::sequence);
    result.length = length;
    result.value = {};
    result.is_constant = false;
  }
  NodeFacts cost = cost_of_body(engine, body);
  scale(cost, length, engine.pool);
  set_body_cost(engine, graph, id, cost);
  finish_control(engine, graph, id, std::move(results));
}

}  // namespace

void infer_control(Engine& engine, GraphId graph, NodeId id, Dim executions) {
  const Node& node = engine.model.graphs[graph].nodes[id];
  if (engine.depth >= kMaxDepth) {
    report(engine, graph, id, FindingKind::unknown_shape, Message("bodies are nested too deeply to follow"));
    set_body_cost(engine, graph, id, NodeFacts{});
    return finish_control(engine, graph, id, {});
  }
  if (node.op == Op::If) return infer_if(engine, graph, id, executions);
  if (node.op == Op::Loop) return infer_loop(engine, graph, id, executions);
  if (node.op == Op::Scan) return infer_scan(engine, graph, id, executions);
  if (node.op == Op::Iterate) return infer_iterate(engine, graph, id, executions);
  if (node.op == Op::While) return infer_while(engine, graph, id, executions);
  if (node.op == Op::Call) return infer_call(engine, graph, id, executions);
  infer_sequence_map(engine, graph, id, executions);
}

}  // namespace haoline::engine
