// Names, what is needed of a scope, and the order in which it runs.
#include <algorithm>
#include <queue>

#include "base/text.h"
#include "formats/shared/graphdef_build.h"

namespace haoline::graphdef {
namespace {

bool is_next_iteration(std::string_view op) {
  return op == "NextIteration" || op == "RefNextIteration";
}
bool is_merge(std::string_view op) {
  return op == "Merge" || op == "RefMerge";
}

// The edge that closes a loop of TensorFlow 1: from NextIteration back to Merge.
bool closes_loop(const Scope& scope, const NodeDef& user, std::uint32_t producer) {
  return is_merge(user.op) && is_next_iteration(scope.list->nodes[producer].op);
}

// Visits the nodes that a node waits for. `with_controls`: also those it reads nothing from.
template <class Visit>
void each_producer(Building& b, Scope& scope, std::uint32_t index, bool with_controls, Visit visit) {
  for (const std::string_view input : scope.list->inputs(scope.list->nodes[index])) {
    const Endpoint end = parse_endpoint(input);
    if (end.is_control) {
      const std::uint32_t* producer = with_controls ? scope.names.find(end.node) : nullptr;
      if (producer != nullptr && (*producer & kArgument) == 0) visit(Need{*producer, 0}, true);
      continue;
    }
    Need need{};
    if (locate(b, scope, end, need)) visit(need, false);
  }
}

void report_cycle(Building& b, Scope& scope, const std::vector<std::uint32_t>& order) {
  std::vector<bool> is_placed(scope.states.size());
  for (const std::uint32_t node : order) is_placed[node] = true;
  std::uint32_t first = 0;
  while (first < scope.states.size() && (is_placed[first] || !scope.states[first].is_needed)) ++first;
  b.fail(ErrorKind::malformed, scope, first, "waits for its own result",
         "The graph has a cycle; export the model again.");
}

}  // namespace

void open_scope(Building& b, Scope& scope, const NodeList& list) {
  scope.list = &list;
  scope.names.reserve(list.nodes.size());
  for (std::uint32_t i = 0; i < list.nodes.size(); ++i) {
    if (scope.names.insert(list.nodes[i].name, i).is_new) continue;
    b.fail(ErrorKind::malformed, scope, i, "has the name of another node");
    return;
  }
  scope.states.resize(list.nodes.size());
}

bool locate(Building& b, Scope& scope, const Endpoint& end, Need& need) {
  const std::uint32_t* index = scope.names.find(end.node);
  if (index == nullptr || (*index & kArgument) != 0) return false;
  need = {*index, end.index};
  if (end.result.empty()) return true;
  const Results results = results_of_node(b, scope, scope.list->nodes[*index]);
  for (const NamedResult& result : results.named) {
    if (result.name == end.result) need.result = result.first + end.index;
  }
  return true;
}

void mark_needed(Building& b, Scope& scope, std::span<const Need> roots) {
  std::vector<Need> stack(roots.begin(), roots.end());
  while (!stack.empty()) {
    const Need need = stack.back();
    stack.pop_back();
    NodeState& state = scope.states[need.node];
    state.used |= std::uint64_t{1} << std::min(need.result, 63u);
    if (state.is_needed) continue;
    state.is_needed = true;
    if (state.is_cut) continue;
    each_producer(b, scope, need.node, false, [&](Need from, bool) { stack.push_back(from); });
  }
}

// Kahn's order that takes the earliest ready node of the file: what is in order stays as it was.
std::vector<std::uint32_t> execution_order(Building& b, Scope& scope) {
  const std::size_t count = scope.states.size();
  std::vector<std::uint32_t> missing(count), first_user(count + 1), users;
  const auto each_edge = [&](auto step) {
    for (std::uint32_t i = 0; i < count; ++i) {
      const NodeState& state = scope.states[i];
      if (!state.is_needed || state.is_cut) continue;
      each_producer(b, scope, i, true, [&](Need from, bool is_control) {
        const NodeState& producer = scope.states[from.node];
        if (!producer.is_needed || producer.is_cut) return;
        if (closes_loop(scope, scope.list->nodes[i], from.node)) return;
        // A control edge may close a loop of TensorFlow 1 as well; only data has to be there.
        if (is_control && from.node > i) return;
        step(from.node, i);
      });
    }
  };
  std::size_t needed = 0;
  for (const NodeState& state : scope.states) needed += state.is_needed && !state.is_cut ? 1 : 0;
  each_edge([&](std::uint32_t from, std::uint32_t to) { ++first_user[from + 1], ++missing[to]; });
  for (std::size_t i = 0; i < count; ++i) first_user[i + 1] += first_user[i];
  users.resize(first_user[count]);
  std::vector<std::uint32_t> fill(first_user.begin(), first_user.end() - 1);
  each_edge([&](std::uint32_t from, std::uint32_t to) { users[fill[from]++] = to; });

  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ready;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (scope.states[i].is_needed && !scope.states[i].is_cut && missing[i] == 0) ready.push(i);
  }
  std::vector<std::uint32_t> order;
  order.reserve(needed);
  while (!ready.empty()) {
    const std::uint32_t node = ready.top();
    ready.pop();
    order.push_back(node);
    for (std::uint32_t u = first_user[node]; u < first_user[node + 1]; ++u) {
      if (--missing[users[u]] == 0) ready.push(users[u]);
    }
  }
  if (order.size() != needed) report_cycle(b, scope, order);
  return order;
}

TensorId resolve(Building& b, Scope& scope, std::string_view endpoint, std::uint32_t user) {
  const Endpoint end = parse_endpoint(endpoint);
  if (end.is_control) return {};
  const std::uint32_t* index = scope.names.find(end.node);
  if (index == nullptr || !end.is_valid) {
    b.fail(ErrorKind::malformed, scope, user, "reads a tensor that nothing produces",
           "The graph is incomplete; export the model again.");
    return {};
  }
  if ((*index & kArgument) != 0) {
    const std::size_t argument = (*index & ~kArgument) + (end.result.empty() ? end.index : 0);
    return argument < scope.arguments.size() ? scope.arguments[argument] : TensorId{};
  }
  Need need{};
  if (!locate(b, scope, end, need)) return {};
  const std::span<TensorId> results = scope.states[need.node].results;
  return need.result < results.size() ? results[need.result] : TensorId{};
}

std::string_view prefixed(Building& b, const Scope& scope, std::string_view name) {
  if (scope.prefix.empty()) return name;
  b.key.assign(scope.prefix).append(1, '/').append(name);
  return b.model.arena.text(b.key);
}

std::string_view module_of(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : name.substr(0, slash);
}

// The first result bears the name of its node, the others a number behind it, as the file spells them.
TensorId add_tensor(Building& b, const Scope& scope, std::string_view name, std::uint32_t result) {
  Tensor tensor;
  b.key.clear();
  if (!scope.prefix.empty()) b.key.append(scope.prefix).append(1, '/');
  b.key.append(name);
  if (result != 0) b.key.append(1, ':').append(std::to_string(result));
  const bool is_as_spelled = scope.prefix.empty() && result == 0;
  tensor.name = is_as_spelled ? name : b.model.arena.text(b.key);
  if (!scope.prefix.empty()) tensor.source_name = name;
  return b.model.graphs[scope.graph].tensors.add(std::move(tensor));
}

void translate_nodes(Building& b, Scope& scope) {
  for (const std::uint32_t index : execution_order(b, scope)) {
    if (!b.ok()) return;
    translate_node(b, scope, index);
  }
}

namespace {

// A name that is empty or taken gets its number behind it.
template <class Items>
void make_unique(Building& b, Items& items, const auto& stem_of) {
  NameTable taken(items.size());
  for (std::uint32_t i = 0; i < items.size(); ++i) {
    auto& item = *(items.begin() + i);
    if (!item.name.empty() && taken.insert(item.name, i).is_new) continue;
    if (item.source_name.empty()) item.source_name = item.name;
    b.key.assign(stem_of(item)).append(1, '#').append(std::to_string(i));
    while (taken.find(b.key) != nullptr) b.key.append(1, '\'');
    item.name = b.model.arena.text(b.key);
    taken.insert(item.name, i);
  }
}

}  // namespace

void finish_names(Building& b) {
  std::size_t path_bytes = 0;
  for (const GraphId id : b.model.graphs.ids()) {
    Graph& graph = b.model.graphs[id];
    make_unique(b, graph.nodes, [](const Node& node) { return node.op_type; });
    make_unique(b, graph.tensors, [](const Tensor& tensor) { return tensor.name; });
    if (!graph.parent) continue;
    const Graph& parent = b.model.graphs[graph.parent];
    b.key.assign(parent.path);
    if (!b.key.empty()) b.key.append(1, '/');
    b.key.append(parent.nodes[graph.owner].name).append(1, '/').append(b.labels[id]);
    // Long names of deep bodies, spelled out for each of them, could outgrow the file.
    path_bytes += b.key.size();
    if (path_bytes > 4'000'000 + b.source_size) b.key.assign("#").append(std::to_string(id.index));
    graph.path = b.model.arena.text(b.key);
  }
}

}  // namespace haoline::graphdef
