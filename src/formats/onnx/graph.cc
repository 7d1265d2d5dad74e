// A GraphProto: constants, inputs, nodes, declarations and outputs, in this order whatever the file's.
#include <utility>

#include "base/text.h"
#include "formats/onnx/reading.h"

namespace haoline::onnx {
namespace {

struct GraphParts {
  std::vector<Record> nodes, initializers, sparse_initializers, inputs, outputs, values, annotations;
};

void read_field(Reading& r, Fields& message, Graph& graph, GraphParts& parts) {
  const auto keep = [&](std::vector<Record>& records) {
    records.push_back({message.tag(), message.bytes()});
  };
  switch (message.number()) {
    case wire::graph::node:
      return keep(parts.nodes);
    case wire::graph::name:
      graph.name = message.text();
      return;
    case wire::graph::initializer:
      return keep(parts.initializers);
    case wire::graph::sparse_initializer:
      return keep(parts.sparse_initializers);
    case wire::graph::input:
      return keep(parts.inputs);
    case wire::graph::output:
      return keep(parts.outputs);
    case wire::graph::value_info:
      return keep(parts.values);
    case wire::graph::quantization_annotation:
      return keep(parts.annotations);
    case wire::graph::doc_string:
    case wire::graph::metadata_props:
      r.label(message.field(), ByteLabel::metadata);
      return;
    default:
      r.unknown(message);
  }
}

void add_constant(Reading& r, Scope& scope, const NamedTensor& constant, const Place& place,
                  const std::byte* at) {
  if (!r.ok()) return;
  const TensorId id = declare(r, scope, constant.name, place, at);
  if (!id) return;
  Tensor& tensor = r.model.graphs[scope.graph].tensors[id];
  tensor.constant = r.model.arena.create(constant.data);
  tensor.type.dtype = constant.data.dtype;
  SmallVector<Dim, 5> dims;
  for (const std::int64_t extent : constant.data.extents) dims.push_back(r.model.dims->number(extent));
  tensor.shape = Shape(std::move(dims));
  if (constant.data.dtype == DType::unknown) {
    r.remark({FindingKind::unknown_dtype,
              Message().name(constant.name).add(" has an element type that ONNX does not define"),
              scope.graph,
              {},
              id});
  }
}

void read_constants(Reading& r, Scope& scope, const GraphParts& parts, const Place& place) {
  std::uint32_t index = 0;
  for (const Record& record : parts.initializers) {
    const Place here{&place, "initializer", index++};
    add_constant(r, scope, read_tensor(r, record.bytes, here), here, record.tag);
    if (!r.ok()) return;
  }
  index = 0;
  for (const Record& record : parts.sparse_initializers) {
    const Place here{&place, "sparse_initializer", index++};
    add_constant(r, scope, read_sparse_tensor(r, record.bytes, here), here, record.tag);
    if (!r.ok()) return;
  }
}

// An input that is there twice, with the same type, is harmless; the file is read as if it were there once.
bool is_repeated_input(Reading& r, Scope& scope, TensorId id, const ValueInfo& info, const Place& place,
                       const std::byte* at) {
  const Graph& graph = r.model.graphs[scope.graph];
  if (graph.tensors[id].type == info.type && graph.tensors[id].shape == info.shape) {
    Finding finding{FindingKind::duplicate_name,
                    Message("the input ").name(info.name).add(" is declared twice"),
                    scope.graph,
                    {},
                    id,
                    FileId{0},
                    r.offset_of(at),
                    true};
    r.remark(std::move(finding));
    return true;
  }
  r.fail(ErrorKind::malformed, place, at, "has the name of another input, with another type");
  return false;
}

void read_input(Reading& r, Scope& scope, const Record& record, const Place& place) {
  const bool is_main = scope.graph == Model::kMain;
  ValueInfo info = read_value_info(r, record.bytes, place, is_main);
  if (!r.ok()) return;
  TensorId id;
  if (const std::uint32_t* known = info.name.empty() ? nullptr : scope.names.find(info.name)) {
    id = TensorId{*known & kIndexMask};
    if (r.model.graphs[scope.graph].tensors[id].constant == nullptr) {
      is_repeated_input(r, scope, id, info, place, record.tag);
      return;
    }
    if (is_main) return;  // a constant that IR 3 declares as an input as well
  } else {
    id = add_tensor(r, scope, info.name);
    if (!info.name.empty()) scope.names.insert(info.name, id.index);
    Tensor& tensor = r.model.graphs[scope.graph].tensors[id];
    tensor.type = std::move(info.type);
    tensor.shape = std::move(info.shape);
  }
  r.model.graphs[scope.graph].inputs.push_back(id);
}

void declare_type(Tensor& tensor, ValueInfo& info) {
  if (tensor.constant != nullptr || tensor.type.dtype != DType::unknown || tensor.shape.has_rank()) return;
  tensor.type = std::move(info.type);
  tensor.shape = std::move(info.shape);
}

// A declaration for a name that the graph does not have is left over from an optimizer; nothing is lost.
void read_value(Reading& r, Scope& scope, const Record& record, const Place& place) {
  ValueInfo info = read_value_info(r, record.bytes, place, false);
  if (const std::uint32_t* known = scope.names.find(info.name)) {
    declare_type(r.model.graphs[scope.graph].tensors[TensorId{*known & kIndexMask}], info);
  }
}

void read_output(Reading& r, Scope& scope, const Record& record, const Place& place) {
  ValueInfo info = read_value_info(r, record.bytes, place, false);
  if (!r.ok()) return;
  TensorId id;
  if (!find_tensor(r, scope, info.name, id) || !id) {
    r.fail(ErrorKind::malformed, place, record.tag, "names a tensor that nothing produces");
    return;
  }
  Graph& graph = r.model.graphs[scope.graph];
  declare_type(graph.tensors[id], info);
  graph.outputs.push_back(id);
}

void read_annotation(Reading& r, Scope& scope, const Record& record, const Place& place) {
  Fields message(record.bytes, place, wire::annotation::kFields, r.context);
  std::string_view name;
  std::vector<MetadataEntry> entries;
  while (message.next()) {
    switch (message.number()) {
      case wire::annotation::tensor_name:
        name = message.text();
        break;
      case wire::annotation::parameters:
        entries.push_back(read_entry(r, message.bytes(), {&place, "quant_parameter_tensor_names"}));
        break;
      default:
        r.unknown(message);
    }
  }
  const std::uint32_t* known = scope.names.find(name);
  const TensorId id = known == nullptr ? TensorId{} : TensorId{*known & kIndexMask};
  for (const MetadataEntry& entry : entries)
    r.model.annotations.push_back({scope.graph, id, entry.key, entry.value});
}

template <class Step>
void each(Reading& r, std::span<const Record> records, const Place& graph, std::string_view name, Step step) {
  std::uint32_t index = 0;
  for (const Record& record : records) {
    if (!r.ok()) return;
    step(record, Place{&graph, name, index++});
  }
}

}  // namespace

void read_graph(Reading& r, const std::shared_ptr<Scope>& scope, Bytes bytes, const Place& place) {
  GraphParts parts;
  Fields message(bytes, place, wire::graph::kFields, r.context);
  while (message.next()) read_field(r, message, r.model.graphs[scope->graph], parts);
  if (!r.ok()) return;
  const std::size_t constants = parts.initializers.size() + parts.sparse_initializers.size();
  if (parts.nodes.size() + constants + parts.inputs.size() + parts.outputs.size() == 0) {
    r.fail(ErrorKind::malformed, place, bytes.data(), "is empty: it has no nodes, inputs, outputs or weights",
           "There is nothing to report; export the model again.");
    return;
  }
  const std::size_t tensors = parts.nodes.size() + constants + parts.inputs.size();
  if (tensors > r.options.max_nodes) {
    r.fail(ErrorKind::unsupported, place, bytes.data(),
           "has " + grouped(tensors) + " nodes and tensors, at most " + grouped(r.options.max_nodes) +
               " are read");
    return;
  }
  r.model.graphs[scope->graph].nodes.reserve(parts.nodes.size());
  r.model.graphs[scope->graph].tensors.reserve(tensors);
  scope->names.reserve(tensors);
  r.notes[scope->graph].node_names.reserve(parts.nodes.size());

  read_constants(r, *scope, parts, place);
  each(r, parts.inputs, place, "input",
       [&](const Record& i, const Place& at) { read_input(r, *scope, i, at); });
  each(r, parts.nodes, place, "node", [&](const Record& n, const Place& at) { read_node(r, scope, n, at); });
  report_unproduced(r, *scope, place);
  each(r, parts.values, place, "value_info",
       [&](const Record& v, const Place& at) { read_value(r, *scope, v, at); });
  each(r, parts.outputs, place, "output",
       [&](const Record& o, const Place& at) { read_output(r, *scope, o, at); });
  each(r, parts.annotations, place, "quantization_annotation",
       [&](const Record& a, const Place& at) { read_annotation(r, *scope, a, at); });
}

// Put together when it is wanted: a queue of spelled-out places of deep bodies could outgrow the file.
std::string place_of(const Reading& r, GraphId id) {
  const Graph& graph = r.model.graphs[id];
  if (!graph.parent) return "graph";
  const BodyPlace& at = r.notes[id].place;
  const bool is_in_function = at.function != Place::kNoIndex;
  std::string text =
      is_in_function ? "functions[" + std::to_string(at.function) + "]" : place_of(r, graph.parent);
  text += ".node[" + std::to_string(at.node) + "].attribute[" + std::to_string(at.attribute) + "]";
  return text + (at.index == Place::kNoIndex ? ".g" : ".graphs[" + std::to_string(at.index) + "]");
}

void read_bodies(Reading& r) {
  for (; !r.bodies.empty() && r.ok(); r.bodies.pop_front()) {
    const PendingBody& body = r.bodies.front();
    auto scope = std::make_shared<Scope>();
    scope->graph = body.graph;
    scope->outer = body.outer;
    scope->frame = body.outer->frame;
    const std::string place = place_of(r, body.graph);
    read_graph(r, scope, body.bytes, {nullptr, place});
  }
}

}  // namespace haoline::onnx
