// One node: its operands, the types its schema promises, its rule, and what becomes of the results.
#include <algorithm>
#include <optional>
#include <string>

#include "analyses/infer_engine.h"
#include "ops/domains.h"
#include "ops/refuse.h"

namespace haoline::engine {
namespace {

// "tensor(int64)": the few fixed types that schemas use; everything else there is a type variable.
std::optional<DType> fixed_dtype(std::string_view type) {
  if (!type.starts_with("tensor(") || !type.ends_with(")")) return std::nullopt;
  const std::string_view element = type.substr(7, type.size() - 8);
  if (element == "float") return DType::float32;
  if (element == "double") return DType::float64;
  if (element == "bool") return DType::boolean;
  return dtype_named(element);
}

// The type of a result from the schema: fixed, or that of the first operand with the same type variable.
void derive_type(const Schema& schema, std::size_t result, std::span<const OperandFacts* const> inputs,
                 OperandFacts& out) {
  const SchemaParam* param = output_param(schema, result);
  if (!param || param->option == 'h') return;
  if (const std::optional<DType> fixed = fixed_dtype(param->type)) {
    out.type.dtype = *fixed;
    return;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const SchemaParam* operand = input_param(schema, i);
    if (!operand) return;
    if (!inputs[i] || operand->option == 'h' || operand->type != param->type) continue;
    out.type = inputs[i]->type;
    if (out.type.dtype != DType::unknown) return;
  }
}

void derive_types(const Schema* schema, std::span<const OperandFacts* const> inputs,
                  std::vector<OperandFacts>& outputs) {
  if (!schema) return;
  for (std::size_t i = 0; i < outputs.size(); ++i) derive_type(*schema, i, inputs, outputs[i]);
}

// Why the node does not fit its schema; empty when it does.
std::string arity_problem(const Schema& schema, const Node& node) {
  std::size_t inputs = node.inputs.size();
  while (inputs > 0 && !node.inputs[inputs - 1]) --inputs;
  if (inputs > static_cast<std::size_t>(schema.max_inputs)) {
    return "has " + std::to_string(inputs) + " operands, at most " + std::to_string(schema.max_inputs) +
           " are allowed";
  }
  if (node.outputs.size() > static_cast<std::size_t>(schema.max_outputs)) {
    return "has " + std::to_string(node.outputs.size()) + " results, at most " +
           std::to_string(schema.max_outputs) + " are allowed";
  }
  for (std::size_t i = 0; i < schema.inputs.size(); ++i) {
    if (schema.inputs[i].option == 's' && (i >= inputs || !node.inputs[i])) {
      return "lacks operand " + std::to_string(i) + " (" + std::string(schema.inputs[i].name) + ")";
    }
  }
  if (inputs < static_cast<std::size_t>(schema.min_inputs)) {
    return "has " + std::to_string(inputs) + " operands, at least " + std::to_string(schema.min_inputs) +
           " are needed";
  }
  return {};
}

std::string why_unknown(const Node& node) {
  const std::string_view hint = domain_hint(node.domain);
  return hint.empty() ? "is not known" : "is not known: " + std::string(hint);
}

bool ranks_are_known(std::span<const OperandFacts* const> inputs) {
  for (const OperandFacts* facts : inputs) {
    if (facts && facts->type.is_tensor() && !facts->shape.has_rank()) return false;
  }
  return true;
}

// A value whose count contradicts the shape beside it would mislead every later rule.
void drop_misfit_value(OperandFacts& facts, DimPool& pool) {
  if (!facts.value) return;
  const std::optional<Int128> count = pool.constant(element_count(facts.shape, pool));
  if (!count || *count != static_cast<Int128>(facts.value.size())) facts.value = {};
}

void refuse(Engine& engine, GraphId graph, NodeId node, Message message, std::vector<OperandFacts>& outputs) {
  report(engine, graph, node, FindingKind::contradicting_shapes, std::move(message));
  for (OperandFacts& out : outputs) {
    out.shape = Shape::unknown_rank();
    out.value = {};
    out.length = Dim::unknown();
  }
}

void gather_operands(Engine& engine, GraphId graph, const Node& node) {
  Engine::Scratch& scratch = engine.scratch;
  const FactTable& tensors = engine.out.graphs[graph].tensors;
  scratch.inputs.clear();
  for (const TensorId t : node.inputs) scratch.inputs.push_back(t ? &tensors[t] : nullptr);
  scratch.outputs.resize(node.outputs.size());
  for (OperandFacts& out : scratch.outputs) out = OperandFacts{};
}

// Runs the rule of an operator that has one and whose operands are known well enough.
// A rule that obeys absurd attributes or values can arrive below zero; no tensor has such an extent.
OpError negative_extent(const Engine& engine) {
  for (const OperandFacts& result : engine.scratch.outputs) {
    for (const Dim extent : result.shape) {
      if (extent.number().value_or(0) < 0) {
        return haoline::refuse(engine.pool, {"a result would have an extent of ", extent});
      }
    }
  }
  return std::nullopt;
}

// True when it gave the same as it would for any node like this one.
bool run_rule(Engine& engine, GraphId graph, NodeId id, const KnownOp& op, OpCall& call) {
  const OpRow* row = op.row;
  if (!row || !row->infer || !(row->any_rank || ranks_are_known(engine.scratch.inputs))) return false;
  const std::size_t symbols = engine.pool.symbol_count();
  if (graph != Model::kMain) {
    call.reuse_data_symbols(engine.data_symbols[std::uint64_t{graph.index} << 32 | id.index]);
  }
  OpError error = row->infer(call);
  if (!error) error = negative_extent(engine);
  if (error) {
    refuse(engine, graph, id, *std::move(error), engine.scratch.outputs);
    return false;
  }
  collect_constraints(engine, graph, id, call.constraints());
  const bool made_symbols = engine.pool.symbol_count() != symbols;
  if (made_symbols) report_data_symbols(engine, graph, id, symbols);
  return !made_symbols && !call.has_data_symbols();
}

bool has_declarations(const Engine& engine, GraphId graph, const Node& node) {
  if (engine.options.ignore_declared) return false;
  const IdVector<TensorId, Tensor>& tensors = engine.model.graphs[graph].tensors;
  return std::any_of(node.outputs.begin(), node.outputs.end(), [&](TensorId t) {
    return t && (tensors[t].type.dtype != DType::unknown || !tensors[t].type.containers.empty() ||
                 tensors[t].shape.has_rank());
  });
}

// Facts of results by kind, before they are settled. False where one has no kind to share, or is not known
// well enough: then something may have to be told of the node.
bool find_kinds(Engine& engine, GraphId graph, const Node& node, const std::vector<OperandFacts>& results,
                std::vector<Kind>& kinds) {
  FactTable& table = engine.out.graphs[graph].tensors;
  kinds.clear();
  for (std::size_t i = 0; i < results.size(); ++i) {
    OperandFacts copy = results[i];
    const bool is_known = copy.type.is_tensor() && !is_incomplete(copy);
    if (!is_known && (i == 0 || node.outputs[i])) return false;
    const std::optional<Kind> kind = engine.fact_kinds[graph].of(table, copy);
    if (!kind) return false;
    kinds.push_back(*kind);
  }
  return !kinds.empty();
}

bool may_keep_values(Engine& engine, const FactTable& table, std::span<const Kind> kinds) {
  std::size_t elements = 0;
  for (const Kind kind : kinds) elements += table.of_kind(kind).value.size();
  return elements <= engine.values_left;
}

// What an earlier node like this one got. False where it does not hold here.
bool repeat_node(Engine& engine, GraphId graph, NodeId id, const KnownOp& op, const Repeat& repeat,
                 Dim executions) {
  const Node& node = engine.model.graphs[graph].nodes[id];
  GraphFacts& tables = engine.out.graphs[graph];
  const Repeats& repeats = engine.repeats[graph];
  const std::span<const Kind> derived = repeats.derived(repeat), settled = repeats.settled(repeat);
  if (!may_keep_values(engine, tables.tensors, derived)) return false;
  if (!has_declarations(engine, graph, node) && std::equal(derived.begin(), derived.end(), settled.begin())) {
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (!node.outputs[i]) continue;
      tables.tensors.set_kind(node.outputs[i], settled[i]);
      engine.values_left -= tables.tensors.of_kind(settled[i]).value.size();
    }
    tables.nodes.set_kind(id, repeat.node);
    return true;
  }
  // The file declares something of its results: only what it says of them is new.
  gather_operands(engine, graph, node);
  std::vector<OperandFacts>& outputs = engine.scratch.outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = tables.tensors.of_kind(derived[i]);
  settle_outputs(engine, graph, id, outputs);
  NodeFacts facts;
  facts.executions = executions;
  set_arithmetic(facts, OpCall(node, op.schema, engine.scratch.inputs, outputs, engine.pool), op.row, true);
  bool is_alike = true;
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (!node.outputs[i]) continue;
    is_alike &= keep_facts(engine, graph, node.outputs[i], std::move(outputs[i])) == settled[i];
  }
  if (is_alike) {
    tables.nodes.set_kind(id, repeat.node);
    return true;
  }
  set_traffic(facts, engine, graph, node, op.row->traffic);
  tables.nodes.set(id, facts);
  return true;
}

std::optional<DType> named_dtype(const Node& node, std::string_view attribute) {
  const Attribute* wanted = node.attribute(attribute);
  const auto* text = wanted ? std::get_if<std::string_view>(&wanted->value) : nullptr;
  return text ? dtype_named(*text) : std::nullopt;
}

// Types of results that ONNX fixes and other formats let the node choose: of indices and sizes, which are
// int64 in ONNX, and of a quantized result, which ONNX has as the operand's.
void apply_result_types(const Node& node, std::vector<OperandFacts>& outputs) {
  if (node.attributes.empty() || outputs.empty()) return;
  if (const std::optional<DType> dtype = named_dtype(node, "index_type")) {
    for (OperandFacts& out : outputs) {
      if (out.type.dtype == DType::int64) out.type.dtype = *dtype;
    }
  }
  if (const std::optional<DType> dtype = named_dtype(node, "result_type")) outputs[0].type.dtype = *dtype;
}

}  // namespace

const KnownOp& look_up(Engine& engine, const Node& node) {
  KnownOp& known = engine.known_ops[static_cast<std::size_t>(node.op)];
  if (known.version != node.version) {
    known = {find_row(node.op), find_schema(node.op, node.version), node.version};
  }
  return known;
}

void collect_constraints(Engine& engine, GraphId graph, NodeId node,
                         std::span<const Constraint> constraints) {
  for (const Constraint& c : constraints) {
    if (!engine.constraints_seen.insert({c.a.bits(), c.b.bits(), c.kind}).second) continue;
    const bool equal = c.kind == Constraint::Kind::equal;
    const std::optional<bool> holds =
        engine.pool.equal(equal ? c.a : engine.pool.mod(c.a, c.b), equal ? c.b : Dim(0));
    if (holds.value_or(false)) continue;
    if (!holds) {
      engine.out.constraints.push_back({c, graph, node});
      continue;
    }
    Message message("extents ");
    message.add(engine.pool.to_string(c.a)).add(equal ? " and " : " is not divisible by ");
    message.add(engine.pool.to_string(c.b)).add(equal ? " have to be equal" : "");
    report(engine, graph, node, FindingKind::contradicting_shapes, std::move(message));
  }
}

std::optional<Kind> keep_facts(Engine& engine, GraphId graph, TensorId tensor, OperandFacts facts) {
  FactTable& table = engine.out.graphs[graph].tensors;
  FactKinds& kinds = engine.fact_kinds[graph];
  const std::optional<Kind> kind = kinds.of(table, facts);
  if (kind) {
    table.set_kind(tensor, *kind);
  } else {
    kinds.forget_bytes(table.set(tensor, std::move(facts)));
  }
  return kind;
}

void store_outputs(Engine& engine, GraphId graph, NodeId id, std::vector<OperandFacts>& outputs) {
  const Node& node = engine.model.graphs[graph].nodes[id];
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i]) keep_facts(engine, graph, node.outputs[i], std::move(outputs[i]));
  }
}

void settle_outputs(Engine& engine, GraphId graph, NodeId id, std::vector<OperandFacts>& outputs) {
  const Node& node = engine.model.graphs[graph].nodes[id];
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (!node.outputs[i]) continue;
    merge_declared(engine, graph, node.outputs[i], outputs[i]);
    drop_misfit_value(outputs[i], engine.pool);
    // Many nodes, each with a few thousand known elements, steer nothing but memory.
    if (outputs[i].value.size() > engine.values_left) outputs[i].value = {};
    engine.values_left -= outputs[i].value.size();
  }
}

namespace {

// A node like none before it.
void infer_new_node(Engine& engine, GraphId graph, NodeId id, const KnownOp& op, Dim executions) {
  const Node& node = engine.model.graphs[graph].nodes[id];
  Repeats& repeats = engine.repeats[graph];
  gather_operands(engine, graph, node);
  std::vector<OperandFacts>& outputs = engine.scratch.outputs;
  OpCall call(node, op.schema, engine.scratch.inputs, outputs, engine.pool);
  const std::string problem = op.schema ? arity_problem(*op.schema, node) : std::string();
  const bool is_known_op = node.op != Op::unknown && (op.row || op.schema);
  const bool may_run = problem.empty() && is_known_op;
  bool repeats_itself = false;
  if (may_run) {
    derive_types(op.schema, engine.scratch.inputs, outputs);
    const bool is_plain = run_rule(engine, graph, id, op, call);
    apply_result_types(node, outputs);
    repeats_itself =
        is_plain && repeats.can_add() && find_kinds(engine, graph, node, outputs, engine.scratch.derived);
  }
  settle_outputs(engine, graph, id, outputs);
  NodeFacts facts;
  facts.executions = executions;
  set_arithmetic(facts, call, may_run ? op.row : nullptr, may_run);
  repeats_itself = repeats_itself && find_kinds(engine, graph, node, outputs, engine.scratch.settled);
  store_outputs(engine, graph, id, outputs);
  set_traffic(facts, engine, graph, node, may_run && op.row ? op.row->traffic : Traffic::whole);
  CostTable& costs = engine.out.graphs[graph].nodes;
  if (repeats_itself) {
    const Kind kind = costs.add_kind(facts);
    costs.set_kind(id, kind);
    repeats.add(node, engine.scratch.derived, engine.scratch.settled, kind);
  } else {
    costs.set(id, facts);
  }

  if (!problem.empty()) {
    report(engine, graph, id, FindingKind::wrong_arity, Message("the node " + problem));
  } else if (!is_known_op) {
    report_cause(engine, graph, id, FindingKind::unknown_operator, why_unknown(node));
  } else {
    report_unknown_outputs(engine, graph, id);
  }
}

}  // namespace

void infer_node(Engine& engine, GraphId graph, NodeId id, Dim executions) {
  const Node& node = engine.model.graphs[graph].nodes[id];
  const KnownOp op = look_up(engine, node);
  if (op.row && op.row->cost.kind == CostRule::Class::body) {
    NodeFacts facts;
    facts.executions = executions;
    engine.out.graphs[graph].nodes.set(id, facts);
    return infer_control(engine, graph, id, executions);
  }
  const Repeat* known = engine.repeats[graph].find(engine.out.graphs[graph].tensors, node, executions);
  if (known && repeat_node(engine, graph, id, op, *known, executions)) return;
  infer_new_node(engine, graph, id, op, executions);
}

}  // namespace haoline::engine
