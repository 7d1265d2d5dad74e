// Tensors and nodes with names that are unique in their graph.
#include <algorithm>

#include "base/text.h"
#include "formats/coreml/reading.h"

namespace haoline::coreml {
namespace {

std::string_view spelled(Reading& r, const Scope& scope, std::string_view name) {
  if (scope.prefix.empty()) return name;
  return r.model.arena.text(std::string(scope.prefix) + "/" + std::string(name));
}

std::string_view unique(Reading& r, NameTable& taken, std::string_view wanted, std::string_view fallback,
                        std::uint32_t id) {
  if (!wanted.empty() && taken.insert(wanted, id).is_new) return wanted;
  std::string text = std::string(wanted.empty() ? fallback : wanted) + "#" + std::to_string(id);
  while (taken.find(text) != nullptr) text += "#" + std::to_string(id);
  const std::string_view name = r.model.arena.text(text);
  taken.insert(name, id);
  return name;
}

TensorId add_tensor(Reading& r, GraphId graph, std::string_view wanted) {
  auto& tensors = r.model.graphs[graph].tensors;
  const auto id = static_cast<std::uint32_t>(tensors.size());
  Tensor tensor;
  tensor.name = unique(r, r.taken[graph.index].tensors, wanted, {}, id);
  if (tensor.name != wanted && !wanted.empty()) tensor.source_name = wanted;
  return tensors.add(std::move(tensor));
}

}  // namespace

void Reading::remark(FindingKind kind, Message message) {
  constexpr std::size_t kMost = 4096;
  if (model.findings.size() < kMost) model.findings.push_back({kind, std::move(message)});
}

void Reading::add_metadata(std::string_view key, std::string_view value) {
  constexpr std::size_t kMost = 65536;
  if (!value.empty() && model.metadata.size() < kMost) model.metadata.push_back({key, value});
}

void Reading::label(Bytes bytes, ByteLabel label, DType dtype) {
  if (!bytes.empty())
    model.spans.push_back({FileId{0}, label, dtype, context.offset_of(bytes.data()), bytes.size()});
}

GraphId add_graph(Reading& r, std::string_view name, GraphId parent, NodeId owner, std::string_view path) {
  Graph graph;
  graph.name = name;
  graph.parent = parent;
  graph.owner = owner;
  graph.path = path;
  r.taken.emplace_back();
  return r.model.graphs.add(std::move(graph));
}

TensorId find(Reading& r, Scope& scope, std::string_view name) {
  if (const auto known = scope.names.find(name); known != scope.names.end()) return known->second;
  if (scope.outer == nullptr) return {};
  const TensorId outside = find(r, *scope.outer, name);
  if (!outside || scope.outer->graph == scope.graph) return outside;
  const TensorId id = add_tensor(r, scope.graph, name);
  const Tensor& outer = r.model.graphs[scope.outer->graph].tensors[outside];
  Tensor& inner = r.model.graphs[scope.graph].tensors[id];
  inner.outer = outside;
  inner.type = outer.type;
  inner.shape = outer.shape;
  scope.names.emplace(name, id);
  return id;
}

TensorId declare(Reading& r, Scope& scope, std::string_view name) {
  const TensorId id = add_tensor(r, scope.graph, spelled(r, scope, name));
  scope.names[name] = id;
  return id;
}

TensorId add_constant(Reading& r, GraphId graph, std::string_view name, const TensorData& data,
                      Trained trained) {
  const TensorId id = add_tensor(r, graph, name);
  Tensor& tensor = r.model.graphs[graph].tensors[id];
  tensor.constant = r.model.arena.create(data);
  tensor.type.dtype = data.dtype;
  tensor.trained = trained;
  SmallVector<Dim, 5> dims;
  for (const std::int64_t extent : data.extents) dims.push_back(r.model.dims->number(extent));
  tensor.shape = Shape(std::move(dims));
  return id;
}

TensorData integer_data(Reading& r, const Integers& values, bool is_scalar) {
  TensorData data;
  data.dtype = DType::int64;
  const std::int64_t extent[] = {static_cast<std::int64_t>(values.size())};
  if (!is_scalar) data.extents = r.model.arena.copy(std::span<const std::int64_t>(extent));
  data.bytes = std::as_bytes(r.model.arena.copy(std::span<const std::int64_t>(values)));
  data.stored_elements = values.size();
  return data;
}

TensorData float_data(Reading& r, std::span<const float> values) {
  TensorData data;
  data.dtype = DType::float32;
  const std::int64_t extent[] = {static_cast<std::int64_t>(values.size())};
  data.extents = r.model.arena.copy(std::span<const std::int64_t>(extent));
  data.bytes = std::as_bytes(r.model.arena.copy(values));
  data.stored_elements = values.size();
  return data;
}

void reserve_node(Reading& r, Scope& scope, Made& made) {
  auto& nodes = r.model.graphs[scope.graph].nodes;
  made.id = NodeId{static_cast<std::uint32_t>(nodes.size())};
  made.unique =
      unique(r, r.taken[scope.graph.index].nodes,
             made.name.empty() ? made.name : spelled(r, scope, made.name), made.type, made.id.index);
}

void place_node(Reading& r, Scope& scope, Made& made) {
  if (++r.nodes > r.options.max_nodes) {
    r.context.fail(ErrorKind::unsupported, {nullptr, "model"}, r.file.data(),
                   "has more than the " + grouped(r.options.max_nodes) + " operations that are read");
    return;
  }
  Graph& graph = r.model.graphs[scope.graph];
  const std::span<TensorId> operands =
      r.model.arena.allocate<TensorId>(made.inputs.size() + made.outputs.size());
  std::uninitialized_copy(made.inputs.begin(), made.inputs.end(), operands.begin());
  std::uninitialized_copy(made.outputs.begin(), made.outputs.end(),
                          operands.begin() + static_cast<std::ptrdiff_t>(made.inputs.size()));
  Node node;
  node.op = made.op;
  node.op_type = made.type;
  node.domain = made.op == Op::unknown ? "coreml" : name_of(made.op).domain;
  node.name = made.unique;
  if (node.name != made.name) node.source_name = made.name;
  node.scope = scope.prefix;
  const std::string_view domain = name_of(made.op).domain;
  node.version = made.version != 0           ? made.version
                 : domain.empty()            ? 21
                 : domain == "com.microsoft" ? 1
                 : domain == "ai.onnx.ml"    ? 5
                                             : 0;
  if (made.op == Op::unknown) node.version = 0;
  node.inputs = operands.first(made.inputs.size());
  node.outputs = operands.subspan(made.inputs.size());
  node.attributes = r.model.arena.copy(made.attributes);
  node.source_offset = made.at;
  for (const TensorId output : made.outputs) {
    if (output) graph.tensors[output].producer = made.id;
  }
  graph.nodes.add(node);
}

}  // namespace haoline::coreml
