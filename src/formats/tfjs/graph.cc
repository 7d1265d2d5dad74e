// A graph-model: a GraphDef as JSON whose constants lie in the shards.
#include <algorithm>
#include <string>

#include "formats/shared/byte_spans.h"
#include "formats/shared/graphdef_build.h"
#include "formats/shared/graphdef_schema.h"
#include "formats/tfjs/reading.h"

namespace haoline::tfjs {
namespace {

using namespace graphdef;

class Manifest : public ValueSource {
 public:
  explicit Manifest(Weights& weights) : weights_(weights) {}
  StoredValue constant(std::string_view node) override { return find(node); }
  StoredValue variable(std::string_view node, std::string_view shared_name) override {
    const StoredValue value = find(node);
    return value.data != nullptr ? value : find(shared_name);
  }

 private:
  StoredValue find(std::string_view name) {
    const Weight* weight = name.empty() ? nullptr : weights_.find(name);
    if (weight == nullptr) return {};
    return {weight->data, weight->quantization, Trained::unsaid};
  }
  Weights& weights_;
};

// {"x": {"name": "x:0", "dtype": "DT_FLOAT", "tensorShape": …}}
std::vector<Interface::Port> read_ports(json::Value ports, Context& context, Model& model) {
  std::vector<Interface::Port> list;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const json::Member member = ports.member(i);
    Interface::Port port;
    port.key = model.arena.text(member.key);
    const std::string_view name = member.value["name"].text();
    port.tensor = model.arena.text(name.empty() ? member.key : name);
    const json::Value dtype = member.value["dtype"];
    port.type = dtype.is_text() ? type_named(dtype.text()) : dtype.integer();
    json::Value shape = member.value["tensorShape"];
    if (!shape) shape = member.value["tensor_shape"];
    if (shape)
      port.shape =
          read_shape(context, encode_json(shape, Record::shape, model.arena), {nullptr, "tensorShape"});
    if (port.shape && port.shape->has_rank && port.shape->extents.empty() && shape["unknownRank"].boolean())
      port.shape.reset();
    list.push_back(port);
  }
  return list;
}

Interface read_signature(json::Value root, Context& context, Model& model) {
  json::Value signature = root["signature"];
  if (signature.size() == 0) signature = root["userDefinedMetadata"]["signature"];
  Interface interface;
  interface.inputs = read_ports(signature["inputs"], context, model);
  interface.outputs = read_ports(signature["outputs"], context, model);
  return interface;
}

bool has_node(const GraphDef& graph, std::string_view endpoint) {
  const std::string_view name = parse_endpoint(endpoint).node;
  return std::any_of(graph.nodes.nodes.begin(), graph.nodes.nodes.end(),
                     [&](const NodeDef& node) { return node.name == name; });
}

// Converters leave names in the signature that their optimizers have removed.
void drop_unknown(const GraphDef& graph, std::vector<Interface::Port>& ports) {
  std::erase_if(ports, [&](const Interface::Port& port) { return !has_node(graph, port.tensor); });
}

}  // namespace

Result<Model> read_graph_model(const Input& input) {
  Model model = begin_model(input);
  const json::Value root = input.document.root();
  const Bytes wire = encode_json(root["modelTopology"], Record::graph, model.arena);
  Context context(wire);
  GraphDef graph;
  read_graph(context, wire, {nullptr, "modelTopology"}, graph);
  if (context.ok() && graph.nodes.nodes.empty()) {
    context.fail(ErrorKind::malformed, {nullptr, "modelTopology"}, nullptr, "has no nodes",
                 "There is nothing to report; convert the model again.");
  }
  if (!context.ok()) return context.error();
  Interface interface = read_signature(root, context, model);
  drop_unknown(graph, interface.inputs);
  drop_unknown(graph, interface.outputs);
  Result<Weights> weights = Weights::open(input, model);
  if (!weights) return std::move(weights).error();
  Manifest manifest(*weights);
  Building building(context, model, input.options, graph);
  building.values = &manifest;
  building.source_size = input.file.size();
  build(building, interface);
  if (!context.ok()) return context.error();
  model.format_version = "graph-model";
  settle_spans(model);
  return model;
}

}  // namespace haoline::tfjs
