// A node with its attributes, and the bodies among them.
#include "base/text.h"
#include "formats/ort/reading.h"
#include "formats/shared/module_scope.h"

namespace haoline::ort {
namespace {

namespace wa = wire::attribute;
namespace wn = wire::node;

GraphId read_body(Reading& r, Scope& scope, NodeId owner, const Table& graph, std::string_view label) {
  const GraphId id = r.model.graphs.add({});
  Graph& body = r.model.graphs[id];
  body.parent = scope.graph;
  body.owner = owner;
  body.name = label;  // until the owner has its name, see model.cc
  Scope inner;
  inner.graph = id;
  inner.outer = &scope;
  read_graph(r, inner, graph);
  return id;
}

std::span<const std::string_view> texts_of(Reading& r, const Texts& texts) {
  const std::span<std::string_view> list = r.model.arena.allocate<std::string_view>(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) new (&list[i]) std::string_view(texts[i]);
  return list;
}

std::span<const TensorData* const> tensors_of(Reading& r, const Tables& tensors) {
  const std::span<const TensorData*> list = r.model.arena.allocate<const TensorData*>(tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Table tensor = tensors[i];
    list[i] = r.model.arena.create(read_tensor(r, tensor));
  }
  return list;
}

Attribute read_attribute(Reading& r, Scope& scope, NodeId owner, const Table& record) {
  Attribute attribute;
  attribute.name = record.text(wa::name);
  switch (record.number<std::int32_t>(wa::type)) {
    case wa::kFloat:
      attribute.value = static_cast<double>(record.number<float>(wa::f));
      break;
    case wa::kInt:
      attribute.value = record.number<std::int64_t>(wa::i);
      break;
    case wa::kString:
      attribute.value = record.text(wa::s);
      break;
    case wa::kTensor: {
      const Table tensor = record.table(wa::t);
      attribute.value = static_cast<const TensorData*>(r.model.arena.create(read_tensor(r, tensor)));
      break;
    }
    case wa::kGraph: {
      const Table graph = record.table(wa::g);
      attribute.value = read_body(r, scope, owner, graph, attribute.name);
      break;
    }
    case wa::kFloats:
      attribute.value = flatbuffer::array_of(record.numbers<float>(wa::floats), r.model.arena);
      break;
    case wa::kInts:
      attribute.value = flatbuffer::array_of(record.numbers<std::int64_t>(wa::ints), r.model.arena);
      break;
    case wa::kStrings:
      attribute.value = texts_of(r, record.texts(wa::strings));
      break;
    case wa::kTensors:
      attribute.value = tensors_of(r, record.tables(wa::tensors));
      break;
    case wa::kGraphs: {
      const Tables graphs = record.tables(wa::graphs);
      std::vector<GraphId> bodies;
      for (std::size_t i = 0; i < graphs.size() && r.ok(); ++i) {
        const Table graph = graphs[i];
        const std::string label = std::string(attribute.name) + "[" + std::to_string(i) + "]";
        bodies.push_back(read_body(r, scope, owner, graph, r.model.arena.text(label)));
      }
      attribute.value = r.model.arena.copy(bodies);
      break;
    }
    default:
      break;  // kept by name
  }
  return attribute;
}

std::span<const Attribute> read_attributes(Reading& r, Scope& scope, NodeId owner, const Table& record) {
  const Tables records = record.tables(wn::attributes);
  std::vector<Attribute> attributes;
  for (std::size_t i = 0; i < records.size() && r.ok(); ++i) {
    const Table attribute = records[i];
    attributes.push_back(read_attribute(r, scope, owner, attribute));
  }
  return r.model.arena.copy(attributes);
}

std::span<const TensorId> read_operands(Reading& r, Scope& scope, const Table& record) {
  const Texts names = record.texts(wn::inputs);
  const std::span<TensorId> ids = r.model.arena.allocate<TensorId>(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const TensorId id = names[i].empty() ? TensorId{} : find_tensor(r, scope, names[i]);
    new (&ids[i]) TensorId(id);
    if (!id && !names[i].empty()) {
      record.fail(wn::inputs, ErrorKind::malformed, "names a tensor that nothing produces",
                  "The model is incomplete; export it again.");
    }
  }
  return ids;
}

std::span<const TensorId> read_results(Reading& r, Scope& scope, const Table& record, NodeId node) {
  const Texts names = record.texts(wn::outputs);
  const std::span<TensorId> ids = r.model.arena.allocate<TensorId>(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    TensorId id;
    if (!names[i].empty()) {
      if (scope.names.find(names[i]) != nullptr) {
        record.fail(wn::outputs, ErrorKind::malformed, "makes a tensor whose name is taken already",
                    "Every tensor of a graph has one producer; export the model again.");
        new (&ids[i]) TensorId();
        continue;
      }
      id = add_tensor(r, scope, names[i]);
      r.model.graphs[scope.graph].tensors[id].producer = node;
    }
    new (&ids[i]) TensorId(id);
  }
  return ids;
}

std::int32_t version_of(Reading& r, std::string_view domain, const Table& record) {
  if (const std::uint32_t* version = r.opsets.find(domain)) return static_cast<std::int32_t>(*version);
  return record.number<std::int32_t>(wn::since_version);
}

}  // namespace

void read_node(Reading& r, Scope& scope, const Table& record) {
  if (++r.nodes > r.options.max_nodes) {
    record.fail(ErrorKind::unsupported,
                "is beyond the " + grouped(r.options.max_nodes) + " nodes that are read");
    return;
  }
  const NodeId id{static_cast<std::uint32_t>(r.model.graphs[scope.graph].nodes.size())};
  r.model.graphs[scope.graph].nodes.add({});
  Node node;
  node.op_type = record.text(wn::op_type);
  if (node.op_type.empty()) {
    record.fail(ErrorKind::malformed, "does not say which operator it is", "The file is damaged.");
    return;
  }
  node.domain = record.text(wn::domain);
  if (node.domain == "ai.onnx") node.domain = {};
  node.op = find_op(node.domain, node.op_type);
  node.name = record.text(wn::name);
  node.scope = scope_of_name(node.name);
  node.version = version_of(r, node.domain, record);
  node.source_offset = record.offset();
  node.inputs = read_operands(r, scope, record);
  if (r.ok()) node.attributes = read_attributes(r, scope, id, record);
  if (r.ok()) node.outputs = read_results(r, scope, record, id);
  r.model.graphs[scope.graph].nodes[id] = node;
}

}  // namespace haoline::ort
