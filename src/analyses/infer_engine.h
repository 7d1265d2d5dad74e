// What the parts of inference share: the model, the tables under construction, and what was already reported.
// Internal to analyses/infer*.cc.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "analyses/infer_repeats.h"
#include "analyses/inference.h"
#include "ops/op_table.h"

namespace haoline::engine {

// What the request and the file say of symbols: "bound from the start", and declared names of results that
// turned out to stand for an expression of ours.
struct Substitution {
  std::vector<std::pair<Dim, Dim>> bound;
  std::unordered_map<std::uint64_t, Dim> defined;  // Dim::bits of a bare symbol

  Dim apply(Dim dim, DimPool& pool) const;
  void apply(Shape& shape, DimPool& pool) const;
};

// Findings of one cause are told once: the first place, and how many more there were.
struct Cause {
  Finding first;
  std::size_t nodes = 0;
};

struct ConstraintKey {
  std::uint64_t a, b;
  Constraint::Kind kind;
  friend bool operator==(const ConstraintKey&, const ConstraintKey&) = default;
};
struct ConstraintHash {
  std::size_t operator()(const ConstraintKey& key) const {
    return std::hash<std::uint64_t>()(key.a * 0x9e3779b97f4a7c15u ^ (key.b << 1) ^
                                      static_cast<unsigned>(key.kind));
  }
};

struct KnownOp {
  const OpRow* row = nullptr;
  const Schema* schema = nullptr;
  std::int32_t version = -1;  // -1: not looked up yet
};

struct Engine {
  Engine(const Model& model, const InferOptions& options, Inference& inference);

  const Model& model;
  const InferOptions& options;
  Inference& out;
  DimPool& pool;

  Substitution substitution;
  std::map<std::uint32_t, Shape> given_shapes;  // by index of the main graph's tensor
  std::map<std::uint32_t, Value> given_values;
  std::unordered_set<std::uint64_t> input_symbols;  // Dim::bits: they mean what the inputs say
  std::vector<KnownOp> known_ops;                   // by Op: a model has one operator set per domain
  std::unordered_set<ConstraintKey, ConstraintHash> constraints_seen;
  std::map<std::pair<FindingKind, std::string_view>, Cause> causes;  // by operator
  std::size_t consequences = 0;  // nodes that are unknown because an operand is
  IdVector<GraphId, FactKinds> fact_kinds;
  IdVector<GraphId, Repeats> repeats;

  // Reused by every node of a level; bodies swap in their own.
  struct Scratch {
    std::vector<const OperandFacts*> inputs;
    std::vector<OperandFacts> outputs;
    std::vector<Kind> derived, settled;  // kinds of the outputs
  };
  Scratch scratch;

  // Work left for inferring bodies again, so that nested loops stay linear in the file's size.
  std::size_t repeats_left = 0;
  std::size_t decoded_left = 0;  // elements of constants that may still become values
  std::size_t values_left = 0;   // elements of results that may still be kept
  unsigned depth = 0;
  bool quiet = false;  // a trial run of a body: nothing is reported
  std::unordered_map<std::uint64_t, std::vector<Dim>> data_symbols;  // of nodes run before, by graph and node
  std::map<std::pair<std::uint64_t, std::string>, Dim>
      node_symbols;  // that control flow made, by node and name
};

constexpr unsigned kMaxDepth = 64;  // of nested bodies

// --- the request (infer_inputs.cc)
void name_inputs(Engine& engine);  // facts of the main graph's inputs as declared, open extents named
// Substitutions that follow from bindings, shapes and values of the request, or why it contradicts the model.
std::optional<Error> read_request(Engine& engine);
void set_inputs(Engine& engine);  // the same facts, as the request has them

// --- graphs and nodes (infer.cc, infer_node.cc)
// Fills the tables of a graph. The facts of its inputs are in the table already.
void infer_graph(Engine& engine, GraphId graph, Dim executions);
void prepare_graph(Engine& engine, GraphId graph);  // constants, captures; everything else unknown
void infer_the_rest(Engine& engine);
void infer_node(Engine& engine, GraphId graph, NodeId node, Dim executions);
const KnownOp& look_up(Engine& engine, const Node& node);
// What a rule or body derived, merged with the declarations; then kept as the facts of the tensors.
// The facts of a tensor from here on. None when they are its own: nothing else shares their kind.
std::optional<Kind> keep_facts(Engine& engine, GraphId graph, TensorId tensor, OperandFacts facts);
void settle_outputs(Engine& engine, GraphId graph, NodeId node, std::vector<OperandFacts>& outputs);
void store_outputs(Engine& engine, GraphId graph, NodeId node, std::vector<OperandFacts>& outputs);
void collect_constraints(Engine& engine, GraphId graph, NodeId node, std::span<const Constraint> constraints);
OperandFacts constant_facts(Engine& engine, const TensorData& data);

// --- bodies (infer_control.cc)
void infer_control(Engine& engine, GraphId graph, NodeId node, Dim executions);

// --- declarations (infer_declared.cc)
void merge_declared(Engine& engine, GraphId graph, TensorId tensor, OperandFacts& facts);

// --- costs (infer_cost.cc)
// The arithmetic of a plain node; `is_known_op` tells an operator without a row from one that nobody knows.
void set_arithmetic(NodeFacts& facts, const OpCall& call, const OpRow* row, bool is_known_op);
void set_traffic(NodeFacts& facts, Engine& engine, GraphId graph, const Node& node, Traffic traffic);
bool is_known(const Cost& cost);

// --- findings (infer_findings.cc)
bool is_incomplete(const OperandFacts& facts);
std::string_view operator_label(const Node& node);
void report(Engine& engine, GraphId graph, NodeId node, FindingKind kind, Message message);
void report_cause(Engine& engine, GraphId graph, NodeId node, FindingKind kind, std::string_view why);
void report_unknown_outputs(Engine& engine, GraphId graph, NodeId node);
void report_data_symbols(Engine& engine, GraphId graph, NodeId node, std::size_t first_symbol);
void finish_findings(Engine& engine);

}  // namespace haoline::engine
