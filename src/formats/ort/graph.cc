// A graph: constants, inputs, nodes in order of execution, outputs.
#include "base/text.h"
#include "formats/ort/reading.h"

namespace haoline::ort {
namespace {

namespace wg = wire::graph;

void add_constant(Reading& r, Scope& scope, std::string_view name, const TensorData& data,
                  const Table& record) {
  if (!r.ok()) return;
  if (scope.names.find(name) != nullptr) {
    record.fail(ErrorKind::malformed, "has the name of another initializer");
    return;
  }
  const TensorId id = add_tensor(r, scope, name);
  Tensor& tensor = r.model.graphs[scope.graph].tensors[id];
  tensor.constant = r.model.arena.create(data);
  tensor.type = {};
  tensor.type.dtype = data.dtype;
  Shape shape;
  for (const std::int64_t extent : data.extents) shape.push_back(r.model.dims->number(extent));
  tensor.shape = std::move(shape);
}

void read_constants(Reading& r, Scope& scope, const Table& record) {
  const Tables dense = record.tables(wg::initializers);
  for (std::size_t i = 0; i < dense.size() && r.ok(); ++i) {
    const Table tensor = dense[i];
    add_constant(r, scope, tensor.text(wire::tensor::name), read_tensor(r, tensor), tensor);
  }
  const Tables sparse = record.tables(wg::sparse_initializers);
  for (std::size_t i = 0; i < sparse.size() && r.ok(); ++i) {
    const Table tensor = sparse[i];
    std::string_view name;
    const TensorData data = read_sparse_tensor(r, tensor, name);
    add_constant(r, scope, name, data, tensor);
  }
}

void read_inputs(Reading& r, Scope& scope, const Table& record) {
  const Texts names = record.texts(wg::inputs);
  for (std::size_t i = 0; i < names.size() && r.ok(); ++i) {
    const bool is_constant = scope.names.find(names[i]) != nullptr;  // an initializer that may be overridden
    if (is_constant && scope.graph == Model::kMain) continue;
    const TensorId id = is_constant ? find_tensor(r, scope, names[i]) : add_tensor(r, scope, names[i]);
    if (scope.graph == Model::kMain) {
      const std::uint32_t* info = scope.infos.find(names[i]);
      if (info != nullptr) {
        const Table value = scope.node_args[*info];
        const Table type = value.table(wire::value_info::type);
        r.model.graphs[scope.graph].tensors[id].shape = read_type(r, type, names[i]).shape;
      }
    }
    r.model.graphs[scope.graph].inputs.push_back(id);
  }
}

void read_outputs(Reading& r, Scope& scope, const Table& record) {
  const Texts names = record.texts(wg::outputs);
  for (std::size_t i = 0; i < names.size() && r.ok(); ++i) {
    const TensorId id = find_tensor(r, scope, names[i]);
    if (!id) {
      record.fail(wg::outputs, ErrorKind::malformed, "names a tensor that nothing produces");
      return;
    }
    r.model.graphs[scope.graph].outputs.push_back(id);
  }
}

void note_optimizations(Reading& r, const Table& record) {
  namespace wo = wire::optimizations;
  const Table all = record.table(wg::runtime_optimizations);
  const Tables entries = all.tables(wo::records);
  for (std::size_t i = 0; i < entries.size() && r.ok(); ++i) {
    const Table entry = entries[i];
    const std::size_t records = entry.tables(wo::optimizer_records).size();
    const std::string key =
        "runtime optimization " + std::string(entry.text(wo::optimizer_name).substr(0, 256));
    r.model.metadata.push_back({r.model.arena.text(key), r.model.arena.text(counted(records, "record"))});
  }
}

std::string_view numbered(Reading& r, NameTable& taken, std::string_view stem, std::uint32_t id) {
  r.key.assign(r.may_copy(stem) ? stem : std::string_view()).append(1, '#').append(std::to_string(id));
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
    graph.nodes[id].source_name = graph.nodes[id].name;
    graph.nodes[id].name = numbered(r, taken, graph.nodes[id].op_type, id.index);
  }
}

}  // namespace

TensorId add_tensor(Reading& r, Scope& scope, std::string_view name) {
  Tensor tensor;
  tensor.name = name;
  if (const std::uint32_t* info = scope.infos.find(name)) {
    const Table value = scope.node_args[*info];
    const Table type = value.table(wire::value_info::type);
    DeclaredType declared = read_type(r, type, {});
    tensor.type = std::move(declared.type);
    tensor.shape = std::move(declared.shape);
  }
  const TensorId id = r.model.graphs[scope.graph].tensors.add(std::move(tensor));
  scope.names.insert(name, id.index);
  return id;
}

TensorId find_tensor(Reading& r, Scope& scope, std::string_view name) {
  if (const std::uint32_t* known = scope.names.find(name)) return TensorId{*known};
  if (scope.outer == nullptr) return {};
  const TensorId outside = find_tensor(r, *scope.outer, name);
  if (!outside) return {};
  const TensorId id = add_tensor(r, scope, name);
  r.model.graphs[scope.graph].tensors[id].outer = outside;
  return id;
}

void read_graph(Reading& r, Scope& scope, const Table& record) {
  scope.node_args = record.tables(wg::node_args);
  for (std::size_t i = 0; i < scope.node_args.size() && r.ok(); ++i) {
    const std::string_view name = scope.node_args[i].text(wire::value_info::name);
    if (!name.empty()) scope.infos.insert(name, static_cast<std::uint32_t>(i));
  }
  read_constants(r, scope, record);
  read_inputs(r, scope, record);
  const Tables nodes = record.tables(wg::nodes);
  if (!r.ok()) return;
  const std::vector<std::uint32_t> order = execution_order(nodes, record);
  r.model.graphs[scope.graph].nodes.reserve(order.size());
  for (const std::uint32_t index : order) {
    if (!r.ok()) return;
    const Table node = nodes[index];
    read_node(r, scope, node);
  }
  read_outputs(r, scope, record);
  note_optimizations(r, record);
  if (r.ok()) name_nodes(r, r.model.graphs[scope.graph]);
}

}  // namespace haoline::ort
