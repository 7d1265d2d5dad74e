// Loop, Scan and While: the body is run until what it carries is understood, then once more for its tables.
#include <algorithm>
#include <limits>
#include <string>

#include "analyses/infer_carried.h"

namespace haoline::engine {
namespace {

constexpr int kMaxTrials = 6;               // runs of the body until the carried state is general enough
constexpr std::int64_t kMaxSimulated = 64;  // runs followed one by one where there is no general rule

struct BodyLoop {
  LoopFrame frame;
  GraphId body;
  std::vector<Carried> carried;
  FactList slices;         // Scan: what one run sees of every scanned operand
  bool counts = false;     // Loop: the body gets its number and a condition, and returns a condition
  Dim limit;               // runs at most; unknown: no limit is known
  GraphId condition = {};  // While: asked before every run
};

OperandFacts scalar_fact(DType dtype, Dim value) {
  OperandFacts facts;
  facts.type.dtype = dtype;
  facts.shape = Shape{};
  if (!value.is_unknown()) facts.value = Value::scalar(Number::exact(value));
  return facts;
}

FactList run_once(const BodyLoop& loop, Dim iteration, const FactList& state, Dim executions, bool quiet) {
  FactList inputs;
  if (loop.counts) {
    inputs.push_back(scalar_fact(DType::int64, iteration));
    inputs.push_back(scalar_fact(DType::boolean, Dim(1)));  // a run that happens has been allowed
  }
  inputs.insert(inputs.end(), state.begin(), state.end());
  inputs.insert(inputs.end(), loop.slices.begin(), loop.slices.end());
  return run_body(loop.frame.engine, loop.body, inputs, executions, quiet);
}

FactList state_after(const BodyLoop& loop, const FactList& outputs) {
  const std::size_t first = loop.counts ? 1 : 0;
  FactList state(loop.carried.size());
  for (std::size_t i = 0; i < state.size() && first + i < outputs.size(); ++i) state[i] = outputs[first + i];
  return state;
}

// Trial runs until the carried state no longer changes in kind. Returns what the last of them left, and
// whether every slot of the state is understood.
std::pair<FactList, bool> understand(BodyLoop& loop) {
  for (int trial = 0; trial < kMaxTrials && may_repeat(loop.frame.engine); ++trial) {
    FactList outputs = run_once(loop, loop.frame.iteration, general_state(loop.carried), Dim(1), true);
    const FactList after = state_after(loop, outputs);
    if (widen(loop.frame, loop.carried, after)) continue;
    const bool is_closed = classify(loop.frame, loop.carried, after);
    return {std::move(outputs), is_closed};
  }
  open_all(loop.carried);
  return {{}, false};
}

FactList run_condition(const BodyLoop& loop, const FactList& state, Dim executions, bool quiet) {
  return run_body(loop.frame.engine, loop.condition, state, executions, quiet);
}

struct Simulation {
  Dim trips;
  FactList state;
  FactList scans;
};

void join_scans(const BodyLoop& loop, const FactList& outputs, bool is_first, FactList& scans) {
  const std::size_t first = (loop.counts ? 1 : 0) + loop.carried.size();
  for (std::size_t i = first; i < outputs.size(); ++i) {
    if (is_first) {
      scans.push_back(outputs[i]);
      continue;
    }
    Shape& shape = scans[i - first].shape;
    if (!(shape == outputs[i].shape)) {
      const bool same_rank =
          shape.has_rank() && outputs[i].shape.has_rank() && shape.rank() == outputs[i].shape.rank();
      shape = same_rank ? Shape::of_unknown(shape.rank()) : Shape::unknown_rank();
    }
  }
}

// Follows a loop run by run with the values it carries; nothing when the condition cannot be told or there
// are too many runs.
std::optional<Simulation> simulate(const BodyLoop& loop, const FactList& initial) {
  Engine& engine = loop.frame.engine;
  Simulation out{Dim(0), initial, {}};
  for (std::int64_t k = 0; k < kMaxSimulated; ++k) {
    if (loop.limit.is(k)) return out;
    if (!may_repeat(engine)) return std::nullopt;
    if (loop.condition) {
      const FactList asked = run_condition(loop, out.state, Dim(1), true);
      const auto goes_on = asked.empty() ? std::nullopt : known_scalar(&asked[0], engine.pool);
      if (!goes_on) return std::nullopt;
      if (*goes_on == 0) return out;
    }
    const FactList outputs = run_once(loop, Dim(k), out.state, Dim(1), true);
    if (outputs.size() < loop.carried.size() + (loop.counts ? 1 : 0)) return std::nullopt;
    out.state = state_after(loop, outputs);
    out.trips = Dim(k + 1);
    join_scans(loop, outputs, k == 0, out.scans);
    if (!loop.counts) continue;
    const std::optional<std::int64_t> goes_on = known_scalar(&outputs[0], engine.pool);
    if (!goes_on) return std::nullopt;
    if (*goes_on == 0) return out;
  }
  return loop.limit.is(kMaxSimulated) ? std::optional(std::move(out)) : std::nullopt;
}

Dim trips_symbol(const BodyLoop& loop) {
  Engine& engine = loop.frame.engine;
  const Node& node = engine.model.graphs[loop.frame.graph].nodes[loop.frame.node];
  const std::string name = "trips_" + std::string(node.name);
  const auto given = engine.options.bind.find(name);
  if (given != engine.options.bind.end()) return engine.pool.number(given->second);
  // Exporters write the largest integer for "no limit".
  const bool is_limit =
      !loop.limit.is_inline() || *loop.limit.number() < std::numeric_limits<std::int32_t>::max();
  return node_symbol(engine, loop.frame.graph, loop.frame.node, name, SymbolOrigin::data,
                     is_limit ? loop.limit : Dim::unknown());
}

Dim not_negative(Dim dim, DimPool& pool) {
  return pool.range(dim).low >= 0 ? dim : pool.max(dim, Dim(0));
}

// How often the body runs, from the limit, the first condition and the one a general run returns.
Dim count_trips(const BodyLoop& loop, std::optional<std::int64_t> starts,
                std::optional<std::int64_t> goes_on) {
  DimPool& pool = loop.frame.engine.pool;
  if (starts && *starts == 0) return Dim(0);
  if (starts && goes_on && *goes_on == 0)
    return loop.limit.is_unknown() ? Dim(1) : pool.min(loop.limit, Dim(1));
  if (starts && goes_on && !loop.limit.is_unknown()) return loop.limit;
  return trips_symbol(loop);
}

// Results of a general run that stand for the last one: extents that change per run are left open.
OperandFacts without_iteration(const BodyLoop& loop, OperandFacts facts) {
  for (Dim& dim : facts.shape) {
    if (changes_per_run(loop.frame, loop.carried, dim)) dim = Dim::unknown();
  }
  if (changes_per_run(loop.frame, loop.carried, facts.length)) facts.length = Dim::unknown();
  facts.value = {};
  facts.is_constant = false;
  return facts;
}

FactList final_state(const BodyLoop& loop, Dim trips, const FactList& outputs) {
  FactList state = state_at(loop.frame, loop.carried, trips, true);
  const FactList after = state_after(loop, outputs);
  const bool runs = loop.frame.engine.pool.range(trips).low >= 1;
  for (std::size_t i = 0; i < state.size(); ++i) {
    if (trips.is(0)) {
      state[i] = loop.carried[i].initial;
      continue;
    }
    if (after[i].type.dtype != DType::unknown) state[i].type = after[i].type;
    if (runs && !state[i].shape.has_rank()) state[i].shape = without_iteration(loop, after[i]).shape;
  }
  return state;
}

FactList scan_outputs(const BodyLoop& loop, const FactList& outputs) {
  const std::size_t first = (loop.counts ? 1 : 0) + loop.carried.size();
  FactList scans;
  for (std::size_t i = first; i < outputs.size(); ++i) scans.push_back(without_iteration(loop, outputs[i]));
  return scans;
}

Dim iteration_symbol(Engine& engine, GraphId graph, NodeId id, Dim limit) {
  const std::string name = "iter_" + std::string(engine.model.graphs[graph].nodes[id].name);
  const Dim last = engine.pool.subtract(limit, Dim(1));
  return node_symbol(engine, graph, id, name, SymbolOrigin::data, last);
}

// The tables of the body, for a run that stands for all of them.
FactList run_for_tables(const BodyLoop& loop, Dim executions) {
  const FactList state = state_at(loop.frame, loop.carried, loop.frame.iteration, false);
  return run_once(loop, loop.frame.iteration, state, executions, false);
}

void charge_body(const BodyLoop& loop, Dim times) {
  Engine& engine = loop.frame.engine;
  NodeFacts cost = cost_of_body(engine, loop.body);
  scale(cost, times, engine.pool);
  set_body_cost(engine, loop.frame.graph, loop.frame.node, cost);
}

void refuse(Engine& engine, GraphId graph, NodeId id, FindingKind kind, Message message) {
  report(engine, graph, id, kind, std::move(message));
  set_body_cost(engine, graph, id, NodeFacts{});
  finish_control(engine, graph, id, {});
}

void prepend(OperandFacts& facts, std::size_t axis, Dim extent) {
  if (!facts.shape.has_rank()) return;
  facts.shape.insert(std::min(axis, facts.shape.rank()), extent);
}

// --- Scan

struct ScanAxes {
  std::size_t states = 0;
  std::size_t scans = 0;
  std::size_t first = 0;   // operand where the states begin
  bool has_batch = false;  // version 8: a leading batch axis that the body does not see
};

ScanAxes scan_axes(const Node& node) {
  const Attribute* attribute = node.attribute("num_scan_inputs");
  const std::int64_t* count = attribute ? std::get_if<std::int64_t>(&attribute->value) : nullptr;
  ScanAxes axes;
  axes.has_batch = node.version < 9;
  axes.first = axes.has_batch ? 1 : 0;
  const std::size_t operands = node.inputs.size() - std::min(axes.first, node.inputs.size());
  axes.scans = count && *count > 0 ? static_cast<std::size_t>(*count) : 0;
  axes.scans = std::min(axes.scans, operands);
  axes.states = operands - axes.scans;
  return axes;
}

std::int64_t listed_axis(const Node& node, std::string_view name, std::size_t i) {
  const Attribute* attribute = node.attribute(name);
  const auto* list = attribute ? std::get_if<std::span<const std::int64_t>>(&attribute->value) : nullptr;
  return list && i < list->size() ? (*list)[i] : 0;
}

// Removes the scanned axis (and the batch) and learns the number of runs from it.
OperandFacts slice_of(OpCall& call, OperandFacts facts, std::int64_t axis, const ScanAxes& axes, Dim& trips,
                      Dim& batch) {
  facts.value = {};
  facts.is_constant = false;
  if (!facts.shape.has_rank()) return facts;
  if (axes.has_batch && facts.shape.rank() > 0) {
    batch = call.require_equal(batch, facts.shape[0]);
    facts.shape.erase(0);
    axis = 0;
  }
  const std::optional<std::size_t> at = normalize_axis(axis, facts.shape.rank());
  if (!at) {
    facts.shape = Shape::unknown_rank();
    return facts;
  }
  trips = call.require_equal(trips, facts.shape[*at]);
  facts.shape.erase(*at);
  return facts;
}

FactList scan_states(const Engine& engine, GraphId graph, const Node& node, const ScanAxes& axes) {
  FactList states;
  for (std::size_t i = 0; i < axes.states; ++i) {
    OperandFacts facts = operand_or_unknown(engine, graph, node, axes.first + i);
    if (axes.has_batch && facts.shape.rank() > 0) {
      facts.shape.erase(0);
      facts.value = {};
    }
    states.push_back(std::move(facts));
  }
  return states;
}

// --- While

// How often a condition on the state before run `iteration` holds, counted from 0; nothing where it is no
// comparison of something that grows by a fixed step with something that stays.
std::optional<Dim> runs_below(const BodyLoop& loop, Dim counter, Dim bound, bool or_equal) {
  DimPool& pool = loop.frame.engine.pool;
  const auto at = [&](Dim dim, std::int64_t run) {
    const std::pair<Dim, Dim> number{loop.frame.iteration, Dim(run)};
    return pool.substitute(dim, {&number, 1});
  };
  if (counter.is_unknown() || bound.is_unknown() || !(at(bound, 0) == bound)) return std::nullopt;
  const Dim first = at(counter, 0);
  const Dim step = pool.subtract(at(counter, 1), first);
  if (step.number().value_or(0) <= 0) return std::nullopt;
  if (!(pool.add(first, pool.multiply(step, loop.frame.iteration)) == counter)) return std::nullopt;
  const Dim room = pool.subtract(bound, first);
  const Dim runs = or_equal ? pool.add(pool.floor_div(room, step), Dim(1)) : pool.ceil_div(room, step);
  return not_negative(runs, pool);
}

// The condition graph has been run with the general state: reads the answer off the node that gives it.
std::optional<Dim> solve_condition(const BodyLoop& loop, TensorId tensor, int depth) {
  constexpr int kDeepest = 8;
  const Engine& engine = loop.frame.engine;
  const Graph& graph = engine.model.graphs[loop.condition];
  if (!tensor || depth > kDeepest || !graph.tensors[tensor].producer) return std::nullopt;
  const Node& node = graph.nodes[graph.tensors[tensor].producer];
  const auto integer = [&](std::size_t i) {
    const OperandFacts* facts = operand(engine, loop.condition, node, i);
    return facts && facts->value.size() == 1 ? facts->value[0].integer() : Dim::unknown();
  };
  switch (node.op) {
    case Op::Less:
      return runs_below(loop, integer(0), integer(1), false);
    case Op::LessOrEqual:
      return runs_below(loop, integer(0), integer(1), true);
    case Op::Greater:
      return runs_below(loop, integer(1), integer(0), false);
    case Op::GreaterOrEqual:
      return runs_below(loop, integer(1), integer(0), true);
    case Op::And: {
      const auto a = solve_condition(loop, node.inputs[0], depth + 1);
      const auto b = solve_condition(loop, node.inputs[1], depth + 1);
      if (!a || !b) return std::nullopt;
      return loop.frame.engine.pool.min(*a, *b);
    }
    case Op::Identity:
    case Op::Cast:
    case Op::Reshape:
    case Op::Squeeze:
      return solve_condition(loop, node.inputs.empty() ? TensorId{} : node.inputs[0], depth + 1);
    default:
      return std::nullopt;
  }
}

std::optional<Dim> solve_trips(const BodyLoop& loop) {
  const Graph& graph = loop.frame.engine.model.graphs[loop.condition];
  if (!may_repeat(loop.frame.engine) || graph.outputs.empty()) return std::nullopt;
  run_condition(loop, state_at(loop.frame, loop.carried, loop.frame.iteration, false), Dim(1), true);
  return solve_condition(loop, graph.outputs[0], 0);
}

}  // namespace

void infer_while(Engine& engine, GraphId graph, NodeId id, Dim executions) {
  const Node& node = engine.model.graphs[graph].nodes[id];
  const GraphId body = body_of(engine, node, "body");
  const GraphId condition = body_of(engine, node, "cond");
  if (!body || !condition) {
    return refuse(engine, graph, id, FindingKind::invalid_attribute, Message("While lacks a body"));
  }
  FactList initial;
  for (std::size_t i = 0; i < node.inputs.size(); ++i)
    initial.push_back(operand_or_unknown(engine, graph, node, i));
  const Graph& inner = engine.model.graphs[body];
  if (inner.inputs.size() != initial.size() || inner.outputs.size() != initial.size() ||
      engine.model.graphs[condition].inputs.size() != initial.size()) {
    return refuse(engine, graph, id, FindingKind::wrong_arity,
                  Message("the bodies of While do not carry its operands"));
  }
  BodyLoop loop{{engine, graph, id, {}}, body, carry(initial), {}, false, {}, condition};
  loop.frame.iteration = iteration_symbol(engine, graph, id, loop.limit);
  const FactList first = run_condition(loop, initial, Dim(1), true);
  const auto starts = first.empty() ? std::nullopt : known_scalar(&first[0], engine.pool);
  const bool is_closed = understand(loop).second;
  std::optional<Dim> trips;
  if (starts == 0) trips = Dim(0);
  if (!trips && is_closed) trips = solve_trips(loop);
  std::optional<Simulation> simulation;
  if (!trips) simulation = simulate(loop, initial);
  if (simulation) trips = simulation->trips;
  if (!trips) trips = trips_symbol(loop);

  const FactList outputs = run_for_tables(loop, engine.pool.multiply(executions, *trips));
  const Dim asked = engine.pool.add(*trips, Dim(1));
  run_condition(loop, state_at(loop.frame, loop.carried, loop.frame.iteration, false),
                engine.pool.multiply(executions, asked), false);
  FactList results = simulation ? simulation->state : final_state(loop, *trips, outputs);
  charge_body(loop, *trips);
  CostTable& costs = engine.out.graphs[graph].nodes;
  NodeFacts facts = costs[id];
  NodeFacts conditions = cost_of_body(engine, condition);
  scale(conditions, asked, engine.pool);
  add_body_cost(facts, conditions, engine.pool);
  costs.set(id, facts);
  finish_control(engine, graph, id, std::move(results));
}

void infer_loop(Engine& engine, GraphId graph, NodeId id, Dim executions) {
  const Node& node = engine.model.graphs[graph].nodes[id];
  const GraphId body = body_of(engine, node, "body");
  if (!body) return refuse(engine, graph, id, FindingKind::invalid_attribute, Message("Loop lacks its body"));
  FactList initial;
  for (std::size_t i = 2; i < node.inputs.size(); ++i)
    initial.push_back(operand_or_unknown(engine, graph, node, i));
  const Graph& inner = engine.model.graphs[body];
  if (inner.inputs.size() != initial.size() + 2 || inner.outputs.size() < initial.size() + 1) {
    return refuse(engine, graph, id, FindingKind::wrong_arity,
                  Message("the body of Loop does not carry its operands"));
  }
  BodyLoop loop{{engine, graph, id, {}}, body, carry(initial), {}, true, {}};
  if (const OperandFacts* count = operand(engine, graph, node, 0); count && count->value.size() == 1) {
    loop.limit = not_negative(count->value[0].integer(), engine.pool);
  }
  loop.frame.iteration = iteration_symbol(engine, graph, id, loop.limit);
  const OperandFacts* first = operand(engine, graph, node, 1);
  const std::optional<std::int64_t> starts =
      first ? known_scalar(first, engine.pool) : std::optional<std::int64_t>(1);

  const auto [trial, is_closed] = understand(loop);
  const std::optional<std::int64_t> goes_on =
      trial.empty() ? std::nullopt : known_scalar(&trial[0], engine.pool);
  const bool follows_runs = starts.value_or(0) != 0 && (!is_closed || !goes_on);
  const std::optional<Simulation> simulation = follows_runs ? simulate(loop, initial) : std::nullopt;
  const Dim trips = simulation ? simulation->trips : count_trips(loop, starts, goes_on);

  const FactList outputs = run_for_tables(loop, engine.pool.multiply(executions, trips));
  FactList results = simulation ? simulation->state : final_state(loop, trips, outputs);
  FactList scans = simulation && !simulation->trips.is(0) ? simulation->scans : scan_outputs(loop, outputs);
  for (OperandFacts& scan : scans) {
    scan.value = {};
    scan.is_constant = false;
    prepend(scan, 0, trips);
    results.push_back(std::move(scan));
  }
  charge_body(loop, trips);
  finish_control(engine, graph, id, std::move(results));
}

void infer_scan(Engine& engine, GraphId graph, NodeId id, Dim executions) {
  const Node& node = engine.model.graphs[graph].nodes[id];
  const GraphId body = body_of(engine, node, "body");
  if (!body) return refuse(engine, graph, id, FindingKind::invalid_attribute, Message("Scan lacks its body"));
  const ScanAxes axes = scan_axes(node);
  OpCall call(node, nullptr, {}, {}, engine.pool);
  BodyLoop loop{{engine, graph, id, {}}, body, carry(scan_states(engine, graph, node, axes)), {}, false, {}};
  Dim batch = axes.has_batch ? Dim() : Dim(1);
  for (std::size_t i = 0; axes.has_batch && i < axes.states; ++i) {
    const OperandFacts* facts = operand(engine, graph, node, axes.first + i);
    if (facts && facts->shape.rank() > 0) batch = call.require_equal(batch, facts->shape[0]);
  }
  for (std::size_t i = 0; i < axes.scans; ++i) {
    OperandFacts facts = operand_or_unknown(engine, graph, node, axes.first + axes.states + i);
    loop.slices.push_back(
        slice_of(call, std::move(facts), listed_axis(node, "scan_input_axes", i), axes, loop.limit, batch));
  }
  collect_constraints(engine, graph, id, call.constraints());
  loop.frame.iteration = iteration_symbol(engine, graph, id, loop.limit);
  understand(loop);
  const Dim runs = engine.pool.multiply(loop.limit, batch);
  const FactList outputs = run_for_tables(loop, engine.pool.multiply(executions, runs));
  FactList results = final_state(loop, loop.limit, outputs);
  FactList scans = scan_outputs(loop, outputs);
  for (std::size_t i = 0; i < scans.size(); ++i) {
    const std::int64_t axis = listed_axis(node, "scan_output_axes", i);
    const std::size_t rank = scans[i].shape.has_rank() ? scans[i].shape.rank() + 1 : 1;
    prepend(scans[i], normalize_axis(axis, rank).value_or(0), loop.limit);
    results.push_back(std::move(scans[i]));
  }
  for (OperandFacts& result : results) {
    if (axes.has_batch) prepend(result, 0, batch);
  }
  charge_body(loop, runs);
  finish_control(engine, graph, id, std::move(results));
}

}  // namespace haoline::engine
