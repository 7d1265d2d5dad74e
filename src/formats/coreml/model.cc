// The outermost record: a version, a description, and one of some forty kinds of model. A pipeline is models
// one after the other, joined by the names of their features.
#include <algorithm>
#include <array>

#include "formats/coreml/kinds.h"
#include "formats/coreml/reading.h"
#include "formats/coreml/wire.h"

namespace haoline::coreml {
namespace {

// The first system that runs a version of the specification (coremltools, docs on versions).
struct Minimum {
  std::int64_t version;
  std::string_view systems;
};
constexpr Minimum kMinimums[] = {{1, "iOS 11, macOS 10.13"}, {2, "iOS 11.2, macOS 10.13.2"},
                                 {3, "iOS 12, macOS 10.14"}, {4, "iOS 13, macOS 10.15"},
                                 {5, "iOS 14, macOS 11"},    {6, "iOS 15, macOS 12"},
                                 {7, "iOS 16, macOS 13"},    {8, "iOS 17, macOS 14"},
                                 {9, "iOS 18, macOS 15"},    {10, "iOS 26, macOS 26"}};

struct Parts {
  std::int64_t version = 0;
  Bytes description;
  std::uint32_t kind = 0;
  Bytes model;
  bool is_updatable = false;
};

Parts split(Reading& r, Bytes bytes, const Place& place) {
  Parts parts;
  Fields message(bytes, place, {}, r.context);
  while (message.next()) {
    switch (message.number()) {
      case 1:
        parts.version = message.integer();
        break;
      case 2:
        parts.description = message.bytes();
        break;
      case 10:
        parts.is_updatable = message.number64() != 0;
        break;
      default:
        if (message.number() >= 200) {
          parts.kind = message.number();
          parts.model = message.bytes();
        }
    }
  }
  return parts;
}

// Arrays of the first network kind are mapped to five axes; here the sequence axis, always 1, is left out.
Shape network_shape(Reading& r, const FeatureDescription& feature, bool is_rank_five) {
  if (!is_rank_five || !feature.shape.has_rank()) return feature.shape;
  const Dim batch = r.model.dims->symbol("batch");
  Shape shape{batch};
  if (feature.is_image) {
    for (std::size_t i = 1; i < 4; ++i) shape.push_back(feature.shape[i]);
  } else if (feature.shape.rank() == 1) {
    shape.push_back(feature.shape[0]);
    shape.push_back(1);
    shape.push_back(1);
  } else if (feature.shape.rank() == 3) {
    for (const Dim dim : feature.shape) shape.push_back(dim);
  } else {
    return feature.shape;
  }
  return shape;
}

void add_inputs(Reading& r, Scope& scope, const Description& description, bool is_network,
                bool is_rank_five) {
  for (const FeatureDescription& feature : description.inputs) {
    const TensorId id = declare(r, scope, feature.name);
    Graph& graph = r.model.graphs[scope.graph];
    Tensor& tensor = graph.tensors[id];
    tensor.type = feature.type;
    // A network computes in float whatever its input holds.
    if (is_network && feature.is_image) tensor.type.dtype = DType::float32;
    if (is_network && tensor.type.dtype == DType::float64) tensor.type.dtype = DType::float32;
    tensor.shape = network_shape(r, feature, is_rank_five);
    graph.inputs.push_back(id);
  }
}

// A classifier's label and probabilities come from no layer of its network; they are what is made of the
// last.
void add_outputs(Reading& r, Scope& scope, const Description& description) {
  for (const FeatureDescription& feature : description.outputs) {
    const TensorId id = find(r, scope, feature.name);
    if (!id) continue;
    r.model.graphs[scope.graph].outputs.push_back(id);
  }
  Graph& graph = r.model.graphs[scope.graph];
  if (!graph.outputs.empty() || graph.nodes.empty()) return;
  for (const TensorId id : graph.nodes[NodeId{static_cast<std::uint32_t>(graph.nodes.size() - 1)}].outputs)
    graph.outputs.push_back(id);
}

bool is_network(std::uint32_t kind) {
  return kind == kNeuralNetwork || kind == kNeuralNetworkClassifier || kind == kNeuralNetworkRegressor;
}
bool is_pipeline(std::uint32_t kind) {
  return kind == kPipeline || kind == kPipelineClassifier || kind == kPipelineRegressor;
}

void read_part(Reading& r, Scope& scope, const Parts& parts, const Description& description,
               std::string_view name, const Place& place, std::size_t depth);

void read_pipeline(Reading& r, Scope& scope, const Parts& parts, const Place& place, std::size_t depth) {
  if (depth >= kMaxDepth) {
    r.context.fail(ErrorKind::unsupported, place, parts.model.data(), "models are nested too deeply");
    return;
  }
  Bytes pipeline = parts.model;
  if (parts.kind != kPipeline) pipeline = Message(r, parts.model, place).sub(1).bytes();
  std::vector<Bytes> models;
  std::vector<std::string_view> names;
  Fields message(pipeline, place, {}, r.context);
  while (message.next()) {
    if (message.number() == 1) models.push_back(message.bytes());
    if (message.number() == 2) names.push_back(message.text());
  }
  for (std::size_t i = 0; i < models.size() && r.ok(); ++i) {
    const Place here{&place, "models", static_cast<std::uint32_t>(i)};
    const Parts part = split(r, models[i], here);
    const Description inner = read_description(r, part.description, {&here, "description"}, false);
    const std::string_view name =
        i < names.size() && !names[i].empty() ? names[i] : r.model.arena.text("model" + std::to_string(i));
    read_part(r, scope, part, inner, name, here, depth + 1);
  }
}

void read_part(Reading& r, Scope& scope, const Parts& parts, const Description& description,
               std::string_view name, const Place& place, std::size_t depth) {
  if (is_pipeline(parts.kind)) return read_pipeline(r, scope, parts, place, depth);
  if (is_network(parts.kind)) {
    Scope inner{scope.graph, &scope, depth == 0 ? std::string_view{} : name};
    read_network(r, inner, parts.model, place, depth);
    // Its results are features of the pipeline.
    for (const FeatureDescription& output : description.outputs) {
      if (const TensorId made = find(r, inner, output.name)) scope.names[output.name] = made;
    }
    return;
  }
  read_classic(r, scope, parts.kind, name, parts.model, place, description);
}

void set_versions(Reading& r, const Parts& parts) {
  r.specification = parts.version;
  r.model.format_version = "specification " + std::to_string(parts.version);
  for (const Minimum& minimum : kMinimums) {
    if (minimum.version == parts.version) r.add_metadata("minimumSystem", minimum.systems);
  }
  r.add_metadata("modelType", kind_name(parts.kind));
  if (parts.is_updatable) r.add_metadata("isUpdatable", "true");
  // A kind of model decides where it can run: programs and networks anywhere, others on the processor alone.
  const bool runs_anywhere = is_network(parts.kind) || parts.kind == kProgram || is_pipeline(parts.kind);
  r.add_metadata("computeUnits",
                 runs_anywhere ? "CPU, GPU, Neural Engine (chosen when it is loaded)" : "CPU");
}

}  // namespace

void read_model(Reading& r) {
  const Place root{nullptr, "model"};
  const Parts parts = split(r, r.file, root);
  if (!r.ok()) return;
  if (parts.kind == 0 || parts.version < 1 || parts.version > 64) {
    r.context.fail(
        ErrorKind::malformed, root, r.file.data(),
        parts.kind == 0 ? "has none of Core ML's kinds of model" : "has no version of the specification",
        "It was made for an unreleased specification, or it is damaged; convert the model again.");
    return;
  }
  set_versions(r, parts);
  r.label(parts.description, ByteLabel::metadata);
  const Description description = read_description(r, parts.description, {&root, "description"}, true);
  if (!r.ok()) return;
  if (parts.kind == kProgram) return read_program(r, parts.model, {&root, "mlProgram"}, description);
  Scope scope{add_graph(r, kind_name(parts.kind))};
  add_inputs(r, scope, description, is_network(parts.kind),
             is_network(parts.kind) && is_rank_five(parts.model));
  const Place place{&root, kind_name(parts.kind)};
  read_part(r, scope, parts, description, kind_name(parts.kind), place, 0);
  if (r.ok()) add_outputs(r, scope, description);
}

}  // namespace haoline::coreml
