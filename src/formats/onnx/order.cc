// The last step over every graph: execution order, unique names, and the paths of bodies.
#include <algorithm>
#include <queue>

#include "formats/onnx/reading.h"

namespace haoline::onnx {
namespace {

using Bodies = IdVector<GraphId, std::vector<GraphId>>;  // those directly in a graph

// Which nodes a node waits for: the producers of its inputs and of what its bodies capture.
class Waits {
 public:
  Waits(const Model& model, GraphId id, const Bodies& bodies)
      : graph_(model.graphs[id]), captures_(graph_.nodes.size()) {
    for (const GraphId inner : bodies[id]) {
      const Graph& body = model.graphs[inner];
      for (const Tensor& tensor : body.tensors) {
        if (tensor.outer) captures_[body.owner].push_back(tensor.outer);
      }
    }
  }
  template <class Visit>
  void each(NodeId node, Visit visit) const {
    const auto see = [&](TensorId id) {
      const NodeId producer = id ? graph_.tensors[id].producer : NodeId{};
      if (producer) visit(producer);
    };
    for (const TensorId id : graph_.nodes[node].inputs) see(id);
    for (const TensorId id : captures_[node]) see(id);
  }

 private:
  const Graph& graph_;
  IdVector<NodeId, std::vector<TensorId>> captures_;
};

// Kahn's order that takes the earliest ready node of the file: what is in order stays as it was.
std::vector<NodeId> sorted(const Model& model, GraphId id, const Bodies& bodies) {
  const Graph& graph = model.graphs[id];
  const Waits waits(model, id, bodies);
  IdVector<NodeId, std::uint32_t> missing(graph.nodes.size());
  IdVector<NodeId, std::vector<NodeId>> users(graph.nodes.size());
  for (const NodeId node : graph.nodes.ids()) {
    waits.each(node, [&](NodeId producer) {
      ++missing[node];
      users[producer].push_back(node);
    });
  }
  std::priority_queue<NodeId, std::vector<NodeId>, std::greater<>> ready;
  for (const NodeId node : graph.nodes.ids()) {
    if (missing[node] == 0) ready.push(node);
  }
  std::vector<NodeId> order;
  while (!ready.empty()) {
    order.push_back(ready.top());
    ready.pop();
    for (const NodeId user : users[order.back()]) {
      if (--missing[user] == 0) ready.push(user);
    }
  }
  return order;
}

void apply_order(Model& model, GraphId id, const Bodies& bodies, const std::vector<NodeId>& order) {
  Graph& graph = model.graphs[id];
  IdVector<NodeId, NodeId> moved(graph.nodes.size());
  IdVector<NodeId, Node> nodes;
  nodes.reserve(order.size());
  for (const NodeId old : order) moved[old] = nodes.add(graph.nodes[old]);
  graph.nodes = std::move(nodes);
  for (Tensor& tensor : graph.tensors) {
    if (tensor.producer) tensor.producer = moved[tensor.producer];
  }
  for (const GraphId body : bodies[id]) model.graphs[body].owner = moved[model.graphs[body].owner];
}

NodeId next_unplaced(const Waits& waits, NodeId node, const IdVector<NodeId, bool>& is_placed) {
  NodeId next;
  waits.each(node, [&](NodeId producer) { next = is_placed[producer] ? next : producer; });
  return next;
}

// A node of a cycle: whoever follows what is not placed from producer to producer must come round.
NodeId on_cycle(const Model& model, GraphId id, const Bodies& bodies, const std::vector<NodeId>& order) {
  const Graph& graph = model.graphs[id];
  IdVector<NodeId, bool> is_seen(graph.nodes.size());  // placed or passed
  for (const NodeId node : order) is_seen[node] = true;
  IdVector<NodeId, bool> is_placed = is_seen;
  const Waits waits(model, id, bodies);
  NodeId at{0};
  while (is_placed[at]) ++at.index;
  for (; !is_seen[at]; is_seen[at] = true, at = next_unplaced(waits, at, is_placed)) {
  }
  return at;
}

void put_in_order(Reading& r, GraphId id, const Bodies& bodies) {
  const std::vector<NodeId> order = sorted(r.model, id, bodies);
  const Graph& graph = r.model.graphs[id];
  if (order.size() == graph.nodes.size()) return apply_order(r.model, id, bodies, order);
  const NodeId node = on_cycle(r.model, id, bodies, order);
  const std::string place = place_of(r, id);
  const Place around{nullptr, place};
  r.fail(ErrorKind::malformed, {&around, "node", node.index}, r.file.data() + graph.nodes[node].source_offset,
         "waits for its own result", "The graph has a cycle; export the model again.");
}

std::string_view numbered(Reading& r, NameTable& taken, std::string_view stem, std::uint32_t id) {
  r.key.assign(stem).append(1, '#').append(std::to_string(id));
  while (taken.find(r.key) != nullptr) r.key.append(1, '\'');
  const std::string_view name = r.model.arena.text(r.key);
  taken.insert(name, id);
  return name;
}

void name_nodes(Reading& r, Graph& graph) {
  NameTable taken(graph.nodes.size());
  std::vector<NodeId> unnamed;
  for (const NodeId id : graph.nodes.ids()) {
    const std::string_view name = graph.nodes[id].name;
    if (name.empty() || !taken.insert(name, id.index).is_new) unnamed.push_back(id);
  }
  for (const NodeId id : unnamed) {
    Node& node = graph.nodes[id];
    if (node.source_name.empty()) node.source_name = node.name;
    node.name = numbered(r, taken, node.op_type, id.index);
  }
}

void name_tensors(Reading& r, Graph& graph) {
  NameTable taken(graph.tensors.size());
  std::vector<TensorId> unnamed;
  for (const TensorId id : graph.tensors.ids()) {
    const std::string_view name = graph.tensors[id].name;
    if (name.empty() || !taken.insert(name, id.index).is_new) unnamed.push_back(id);
  }
  for (const TensorId id : unnamed) {
    Tensor& tensor = graph.tensors[id];
    if (tensor.source_name.empty()) tensor.source_name = tensor.name;
    tensor.name = numbered(r, taken, tensor.name, id.index);
  }
}

bool has_unnamed_input(const Graph& graph) {
  return std::any_of(graph.inputs.begin(), graph.inputs.end(),
                     [&](TensorId id) { return graph.tensors[id].name.empty(); });
}

void set_path(Reading& r, GraphId id) {
  Graph& graph = r.model.graphs[id];
  if (!graph.parent) return;
  const Graph& parent = r.model.graphs[graph.parent];
  r.key.assign(parent.path);
  if (!r.key.empty()) r.key.append(1, '/');
  r.key.append(parent.nodes[graph.owner].name).append(1, '/').append(r.notes[id].label);
  // Long names of deep bodies, spelled out for each of them, could outgrow the file.
  r.path_bytes += r.key.size();
  if (r.path_bytes > 4'000'000 + r.file.size()) r.key.assign("#").append(std::to_string(id.index));
  graph.path = r.model.arena.text(r.key);
}

}  // namespace

void finish_graphs(Reading& r) {
  Bodies bodies(r.model.graphs.size());
  for (const GraphId id : r.model.graphs.ids()) {
    if (const GraphId parent = r.model.graphs[id].parent) bodies[parent].push_back(id);
  }
  for (const GraphId id : r.model.graphs.ids()) {
    if (r.notes[id].is_out_of_order) put_in_order(r, id, bodies);
    if (!r.ok()) return;
  }
  for (const GraphId id : r.model.graphs.ids()) {
    Graph& graph = r.model.graphs[id];
    if (r.notes[id].needs_node_names) name_nodes(r, graph);
    if (r.notes[id].names_may_collide || has_unnamed_input(graph)) name_tensors(r, graph);
    set_path(r, id);
  }
}

}  // namespace haoline::onnx
