// Running bodies: what If, Loop, Scan and SequenceMap share. Internal to analyses/infer*.cc.
#pragma once

#include <string_view>
#include <vector>

#include "analyses/infer_engine.h"

namespace haoline::engine {

using FactList = std::vector<OperandFacts>;

// The body an attribute holds; none when it is missing or no graph of this model.
GraphId body_of(const Engine& engine, const Node& node, std::string_view attribute);

// Infers a body with these inputs and returns the facts of its outputs. A quiet run reports nothing and may
// be repeated; the tables of the body hold what the last run found.
FactList run_body(Engine& engine, GraphId body, const FactList& inputs, Dim executions, bool quiet);
// Whether a trial run may be afforded: nested bodies multiply, what they are worth does not.
inline bool may_repeat(const Engine& engine) {
  return engine.repeats_left > 0;
}

// What one run of the body costs: the sum over its nodes, bodies below included.
NodeFacts cost_of_body(Engine& engine, GraphId body);
void scale(NodeFacts& facts, Dim times, DimPool& pool);
void add_body_cost(NodeFacts& sum, const NodeFacts& part, DimPool& pool);
// The cost of a node that runs a body, beside its executions.
void set_body_cost(Engine& engine, GraphId graph, NodeId node, const NodeFacts& cost);

// A symbol of a node that is made once, however often the node is inferred again.
Dim node_symbol(Engine& engine, GraphId graph, NodeId node, std::string_view name, SymbolOrigin origin,
                Dim bound);
// An extent that is one of two, told apart only at run time.
Dim either(Engine& engine, GraphId graph, NodeId node, std::string_view name, Dim a, Dim b);
// What is certain of a tensor that is one of two.
OperandFacts either(Engine& engine, GraphId graph, NodeId node, std::string_view name, const OperandFacts& a,
                    const OperandFacts& b);

const OperandFacts* operand(const Engine& engine, GraphId graph, const Node& node,
                            std::size_t i);  // null: absent
OperandFacts operand_or_unknown(const Engine& engine, GraphId graph, const Node& node, std::size_t i);
std::optional<std::int64_t> known_scalar(const OperandFacts* facts, const DimPool& pool);
// Results in the order of the node; missing ones are unknown. Settled, kept and reported.
void finish_control(Engine& engine, GraphId graph, NodeId node, FactList results);

void infer_loop(Engine& engine, GraphId graph, NodeId node, Dim executions);
void infer_scan(Engine& engine, GraphId graph, NodeId node, Dim executions);
void infer_iterate(Engine& engine, GraphId graph, NodeId node, Dim executions);
void infer_while(Engine& engine, GraphId graph, NodeId node, Dim executions);

}  // namespace haoline::engine
