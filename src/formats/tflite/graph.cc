// Subgraphs to graphs: tensors, then operators in the order of the file, which is the order of execution.
#include "base/text.h"
#include "formats/tflite/reading.h"

namespace haoline::tflite {
namespace {

namespace ws = wire::subgraph;
constexpr std::size_t kMaxDepth = 64;  // of bodies in bodies

// Marks the tensors that a list names; a failure where it names one that is not there.
void mark(GraphState& state, const Table& record, Field field, std::uint8_t mark) {
  for (const std::int32_t index : record.numbers<std::int32_t>(field)) {
    if (index == -1) continue;
    if (index < 0 || static_cast<std::size_t>(index) >= state.marks.size()) {
      record.fail(field, ErrorKind::malformed,
                  "names tensor " + std::to_string(index) + ", the subgraph has " +
                      counted(state.marks.size(), "tensor"));
      return;
    }
    state.marks[static_cast<std::size_t>(index)] |= mark;
  }
}

void list(const GraphState& state, Field field, std::vector<TensorId>& ids) {
  for (const std::int32_t index : state.record.numbers<std::int32_t>(field)) {
    if (index >= 0) ids.push_back(state.current[static_cast<std::size_t>(index)]);
  }
}

void read_operators(Reading& r, GraphState& state) {
  const Tables operators = state.record.tables(ws::operators);
  r.model.graphs[state.id].nodes.reserve(operators.size());
  for (std::size_t i = 0; i < operators.size() && r.ok(); ++i) {
    const Table record = operators[i];
    if (++r.nodes > r.options.max_nodes) {
      record.fail(ErrorKind::unsupported,
                  "is beyond the " + grouped(r.options.max_nodes) + " nodes that are read");
      return;
    }
    read_node(r, state, record, NodeId{static_cast<std::uint32_t>(i)});
  }
}

void read_graph(Reading& r, GraphId id) {
  const std::uint32_t index = r.notes[id].subgraph;
  r.is_reached[index] = true;
  GraphState state;
  state.id = id;
  state.record = r.subgraphs[index];
  if (!r.ok()) return;
  state.tensors = state.record.tables(ws::tensors);
  state.current.resize(state.tensors.size());
  state.marks.resize(state.tensors.size());
  r.model.graphs[id].name = state.record.text(ws::name);
  mark(state, state.record, ws::inputs, GraphState::input);
  mark(state, state.record, ws::outputs, 0);
  const Tables operators = state.record.tables(ws::operators);
  for (std::size_t i = 0; i < operators.size() && r.ok(); ++i) {
    const Table record = operators[i];
    mark(state, record, wire::op::inputs, 0);
    mark(state, record, wire::op::outputs, GraphState::produced);
  }
  if (!r.ok()) return;
  r.model.graphs[id].tensors.reserve(state.tensors.size());
  for (std::size_t i = 0; i < state.tensors.size() && r.ok(); ++i) {
    read_tensor(r, state, static_cast<std::uint32_t>(i));
  }
  if (!r.ok()) return;
  list(state, ws::inputs, r.model.graphs[id].inputs);
  read_operators(r, state);
  if (!r.ok()) return;
  list(state, ws::outputs, r.model.graphs[id].outputs);
  name_graph(r, id);
}

GraphId add_graph(Reading& r, std::uint32_t subgraph, std::size_t depth, std::string_view label) {
  r.notes.add({subgraph, depth, label});
  return r.model.graphs.add({});
}

bool is_within(const Reading& r, GraphId graph, std::uint32_t subgraph) {
  for (; graph; graph = r.model.graphs[graph].parent) {
    if (r.notes[graph].subgraph == subgraph) return true;
  }
  return false;
}

std::string_view numbered(Reading& r, NameTable& taken, std::string_view stem, std::uint32_t id) {
  r.key.assign(r.may_copy(stem) ? stem : std::string_view()).append(1, '#').append(std::to_string(id));
  while (taken.find(r.key) != nullptr) r.key.append(1, '\'');
  const std::string_view name = r.model.arena.text(r.key);
  taken.insert(name, id);
  return name;
}

}  // namespace

GraphId add_body(Reading& r, GraphId parent, NodeId owner, std::uint32_t subgraph, std::string_view label,
                 const Table& at, Field field) {
  if (subgraph >= r.subgraphs.size()) {
    at.fail(field, ErrorKind::malformed,
            "names subgraph " + std::to_string(static_cast<std::int32_t>(subgraph)) + ", the model has " +
                counted(r.subgraphs.size(), "subgraph"));
    return {};
  }
  if (is_within(r, parent, subgraph)) {
    at.fail(field, ErrorKind::malformed, "runs a subgraph within itself");
    return {};
  }
  const std::size_t depth = r.notes[parent].depth + 1;
  if (depth > kMaxDepth) {
    at.fail(field, ErrorKind::unsupported, "nests more than " + std::to_string(kMaxDepth) + " subgraphs");
    return {};
  }
  const GraphId id = add_graph(r, subgraph, depth, label);
  r.model.graphs[id].parent = parent;
  r.model.graphs[id].owner = owner;
  r.bodies.push_back(id);
  return id;
}

void name_graph(Reading& r, GraphId id) {
  Graph& graph = r.model.graphs[id];
  NameTable taken(graph.tensors.size());
  std::vector<TensorId> unnamed;
  for (const TensorId tensor : graph.tensors.ids()) {
    const std::string_view name = graph.tensors[tensor].name;
    if (name.empty() || !taken.insert(name, tensor.index).is_new) unnamed.push_back(tensor);
  }
  for (const TensorId tensor : unnamed) {
    graph.tensors[tensor].source_name = graph.tensors[tensor].name;
    graph.tensors[tensor].name = numbered(r, taken, graph.tensors[tensor].name, tensor.index);
  }
  NameTable nodes(graph.nodes.size());
  for (const NodeId node : graph.nodes.ids()) {  // TFLite's operators have no names
    graph.nodes[node].name = numbered(r, nodes, graph.nodes[node].op_type, node.index);
  }
  if (id == Model::kMain) return;
  if (!graph.parent) {  // an entry point of its own
    r.key.assign(graph.name);
    if (r.key.empty()) r.key.assign("subgraph ").append(std::to_string(r.notes[id].subgraph));
    graph.path = r.model.arena.text(r.key);
    return;
  }
  const Graph& parent = r.model.graphs[graph.parent];
  r.key.assign(parent.path);
  if (!r.key.empty()) r.key.append(1, '/');
  r.key.append(parent.nodes[graph.owner].name).append(1, '/').append(r.notes[id].label);
  if (!r.may_copy(r.key)) r.key.assign("#").append(std::to_string(id.index));
  graph.path = r.model.arena.text(r.key);
}

void read_graphs(Reading& r) {
  r.is_reached.resize(r.subgraphs.size());
  for (std::uint32_t subgraph = 0; subgraph < r.subgraphs.size() && r.ok(); ++subgraph) {
    if (r.is_reached[subgraph]) continue;
    read_graph(r, add_graph(r, subgraph, 0, {}));
    for (; !r.bodies.empty() && r.ok(); r.bodies.pop_front()) read_graph(r, r.bodies.front());
  }
}

}  // namespace haoline::tflite
