// Iterate: a loop whose body sees slices of some operands, carries others, and whose results are joined along
// an axis or are those of the last run (OpenVINO's Loop and TensorIterator). Slices keep the axis they are
// cut from.
//
// Operands: trip count, condition (both may be absent), carried ones, sliced ones. The body gets the number
// of the run if it takes it, then the carried tensors and the slices; it returns the condition if there is
// one, the carried tensors, and whatever else is wanted. Attributes: see the reader
// (formats/openvino/map_control.cc).
#include <algorithm>
#include <string>

#include "analyses/infer_carried.h"

namespace haoline::engine {
namespace {

constexpr int kMaxTrials = 6;
constexpr std::int64_t kMaxSimulated = 64;

std::int64_t number_attribute(const Node& node, std::string_view name) {
  const Attribute* attribute = node.attribute(name);
  const auto* value = attribute ? std::get_if<std::int64_t>(&attribute->value) : nullptr;
  return value ? *value : 0;
}

std::int64_t listed(const Node& node, std::string_view name, std::size_t i, std::int64_t otherwise = 0) {
  const Attribute* attribute = node.attribute(name);
  const auto* list = attribute ? std::get_if<std::span<const std::int64_t>>(&attribute->value) : nullptr;
  return list && i < list->size() ? (*list)[i] : otherwise;
}

struct PortLoop {
  LoopFrame frame;
  const Node& node;
  GraphId body;
  std::vector<Carried> carried = {};
  FactList slices = {};
  Dim limit = {};
  bool takes_counter = false, returns_condition = false;

  std::size_t first_state() const { return returns_condition ? 1 : 0; }
};

// From where to where, both included; below zero counts from the end.
Dim slice_count(DimPool& pool, Dim extent, std::int64_t start, std::int64_t end, std::int64_t part) {
  const auto position = [&](std::int64_t at) { return at >= 0 ? Dim(at) : pool.add(extent, Dim(at)); };
  const bool backwards = start < 0 && end >= 0;
  const Dim low = backwards ? position(end) : position(start),
            high = backwards ? position(start) : position(end);
  Dim length = pool.add(pool.subtract(high, low), Dim(1));
  if (length.number().value_or(0) < 0) length = pool.add(pool.subtract(low, high), Dim(1));
  return part > 0 ? pool.floor_div(length, Dim(part)) : Dim::unknown();
}

void cut_slices(PortLoop& loop, std::size_t first) {
  Engine& engine = loop.frame.engine;
  for (std::size_t i = 0; first + i < loop.node.inputs.size(); ++i) {
    OperandFacts facts = operand_or_unknown(engine, loop.frame.graph, loop.node, first + i);
    facts.value = {};
    facts.is_constant = false;
    const std::int64_t part = listed(loop.node, "slice_parts", i, 1);
    if (facts.shape.has_rank()) {
      const auto axis = normalize_axis(listed(loop.node, "slice_axes", i), facts.shape.rank());
      if (axis) {
        const Dim count = slice_count(engine.pool, facts.shape[*axis], listed(loop.node, "slice_starts", i),
                                      listed(loop.node, "slice_ends", i, -1), part);
        if (loop.limit.is_unknown()) loop.limit = count;
        facts.shape[*axis] = Dim(part);
      } else {
        facts.shape = Shape::unknown_rank();
      }
    }
    loop.slices.push_back(std::move(facts));
  }
}

FactList run_once(const PortLoop& loop, Dim iteration, const FactList& state, Dim executions, bool quiet) {
  Engine& engine = loop.frame.engine;
  FactList inputs;
  if (loop.takes_counter) {
    const Graph& body = engine.model.graphs[loop.body];
    OperandFacts counter;
    counter.type.dtype = DType::int64;
    counter.shape = Shape{};
    if (!body.inputs.empty()) {
      const Tensor& declared = body.tensors[body.inputs[0]];
      if (declared.type.dtype != DType::unknown) counter.type = declared.type;
      if (declared.shape.has_rank()) counter.shape = declared.shape;
    }
    if (!iteration.is_unknown()) counter.value = Value::scalar(Number::exact(iteration));
    inputs.push_back(std::move(counter));
  }
  inputs.insert(inputs.end(), state.begin(), state.end());
  inputs.insert(inputs.end(), loop.slices.begin(), loop.slices.end());
  return run_body(engine, loop.body, inputs, executions, quiet);
}

FactList state_after(const PortLoop& loop, const FactList& outputs) {
  FactList state(loop.carried.size());
  for (std::size_t i = 0; i < state.size() && loop.first_state() + i < outputs.size(); ++i)
    state[i] = outputs[loop.first_state() + i];
  return state;
}

std::pair<FactList, bool> understand(PortLoop& loop) {
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

struct Followed {
  Dim trips = 0;
  FactList last;  // what the last run returned
};

// Run by run; nothing when the end cannot be told or is too far away.
std::optional<Followed> follow(const PortLoop& loop, FactList state) {
  Engine& engine = loop.frame.engine;
  Followed out;
  for (std::int64_t k = 0; k < kMaxSimulated; ++k) {
    if (loop.limit.is(k)) return out;
    if (!may_repeat(engine)) return std::nullopt;
    out.last = run_once(loop, Dim(k), state, Dim(1), true);
    if (out.last.size() < loop.carried.size() + loop.first_state()) return std::nullopt;
    state = state_after(loop, out.last);
    out.trips = Dim(k + 1);
    if (!loop.returns_condition) continue;
    const std::optional<std::int64_t> goes_on = known_scalar(&out.last[0], engine.pool);
    if (!goes_on) return std::nullopt;
    if (*goes_on == 0) return out;
  }
  return loop.limit.is(kMaxSimulated) ? std::optional(std::move(out)) : std::nullopt;
}

Dim count_trips(const PortLoop& loop, std::optional<std::int64_t> goes_on) {
  Engine& engine = loop.frame.engine;
  if (goes_on.value_or(0) != 0 && !loop.limit.is_unknown()) return loop.limit;
  if (goes_on == 0) return loop.limit.is_unknown() ? Dim(1) : engine.pool.min(loop.limit, Dim(1));
  const std::string name = "trips_" + std::string(loop.node.name);
  const auto given = engine.options.bind.find(name);
  if (given != engine.options.bind.end()) return engine.pool.number(given->second);
  return node_symbol(engine, loop.frame.graph, loop.frame.node, name, SymbolOrigin::data, loop.limit);
}

// What stands for the last run; extents that change from run to run are left open.
OperandFacts settled(const PortLoop& loop, OperandFacts facts) {
  for (Dim& dim : facts.shape) {
    if (changes_per_run(loop.frame, loop.carried, dim)) dim = Dim::unknown();
  }
  facts.value = {};
  facts.is_constant = false;
  return facts;
}

OperandFacts result(const PortLoop& loop, std::size_t i, const FactList& final_state, const FactList& outputs,
                    Dim trips) {
  DimPool& pool = loop.frame.engine.pool;
  const std::int64_t source = listed(loop.node, "output_sources", i, -1);
  if (source < 0 || static_cast<std::size_t>(source) >= outputs.size()) return {};
  const auto at = static_cast<std::size_t>(source);
  const std::size_t slot = at - std::min(at, loop.first_state());
  const bool joined = listed(loop.node, "output_joined", i) != 0;
  const bool is_state = at >= loop.first_state() && slot < loop.carried.size();
  OperandFacts facts = settled(loop, outputs[at]);
  if (is_state && !joined && final_state[slot].shape.has_rank()) facts.shape = final_state[slot].shape;
  if (!joined || !facts.shape.has_rank()) return facts;
  if (const auto axis = normalize_axis(listed(loop.node, "output_axes", i), facts.shape.rank()))
    facts.shape[*axis] = pool.multiply(facts.shape[*axis], trips);
  return facts;
}

}  // namespace

void infer_iterate(Engine& engine, GraphId graph, NodeId id, Dim executions) {
  const Node& node = engine.model.graphs[graph].nodes[id];
  PortLoop loop{{engine, graph, id, {}}, node, body_of(engine, node, "body")};
  const std::int64_t carried = number_attribute(node, "carried");
  const bool is_sane = carried >= 0 && static_cast<std::size_t>(carried) + 2 <= node.inputs.size();
  if (!loop.body || !is_sane) {
    report(engine, graph, id, FindingKind::invalid_attribute, Message("the loop lacks its body or operands"));
    set_body_cost(engine, graph, id, NodeFacts{});
    return finish_control(engine, graph, id, {});
  }
  loop.takes_counter = number_attribute(node, "takes_counter") != 0;
  loop.returns_condition = number_attribute(node, "returns_condition") != 0;
  const auto states = static_cast<std::size_t>(carried);
  FactList initial;
  for (std::size_t i = 0; i < states; ++i) initial.push_back(operand_or_unknown(engine, graph, node, 2 + i));
  loop.carried = carry(initial);
  const std::optional<std::int64_t> wanted = known_scalar(operand(engine, graph, node, 0), engine.pool);
  const OperandFacts* count = operand(engine, graph, node, 0);
  if (wanted ? *wanted >= 0 : count && count->value.size() == 1) loop.limit = count->value[0].integer();
  cut_slices(loop, 2 + states);
  const Dim last = engine.pool.subtract(loop.limit, Dim(1));
  loop.frame.iteration =
      node_symbol(engine, graph, id, "iter_" + std::string(node.name), SymbolOrigin::data, last);

  const auto [trial, is_closed] = understand(loop);
  std::optional<std::int64_t> goes_on = 1;
  if (loop.returns_condition) goes_on = trial.empty() ? std::nullopt : known_scalar(&trial[0], engine.pool);
  const bool follows = !is_closed || !goes_on;
  const std::optional<Followed> followed = follows ? follow(loop, initial) : std::nullopt;
  const Dim trips = followed ? followed->trips : count_trips(loop, goes_on);

  const FactList state = state_at(loop.frame, loop.carried, loop.frame.iteration, false);
  const FactList outputs =
      run_once(loop, loop.frame.iteration, state, engine.pool.multiply(executions, trips), false);
  const bool has_last = followed && !followed->last.empty();
  const FactList final_state =
      has_last ? state_after(loop, followed->last) : state_at(loop.frame, loop.carried, trips, true);
  FactList results;
  for (std::size_t i = 0; i < node.outputs.size(); ++i)
    results.push_back(result(loop, i, final_state, has_last ? followed->last : outputs, trips));
  NodeFacts cost = cost_of_body(engine, loop.body);
  scale(cost, trips, engine.pool);
  set_body_cost(engine, graph, id, cost);
  finish_control(engine, graph, id, std::move(results));
}

}  // namespace haoline::engine
