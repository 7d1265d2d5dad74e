#include "formats/tensorflow/saved_model.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "formats/shared/byte_spans.h"
#include "formats/tensorflow/variables.h"
#include "formats/tensorflow/wire.h"

namespace haoline::tensorflow {
namespace {

using namespace graphdef;
namespace sw = tensorflow::wire;

struct Signature {
  std::string_view name;
  Interface interface;
};

// What a MetaGraphDef says, its records still to be read.
struct MetaGraph {
  std::vector<std::string_view> tags;
  std::string_view version;
  Bytes graph, objects;
  std::vector<Signature> signatures;
  std::vector<std::string_view> assets;
};

Interface::Port read_port(Context& context, std::string_view key, Bytes bytes, const Place& place,
                          std::vector<Interface::Port>& sparse) {
  Interface::Port port;
  port.key = key;
  Fields message(bytes, place, sw::tensor_info::kFields, context);
  while (message.next()) {
    switch (message.number()) {
      case sw::tensor_info::name:
        port.tensor = message.text();
        break;
      case sw::tensor_info::dtype:
        port.type = message.integer();
        break;
      case sw::tensor_info::shape:
        port.shape = read_shape(context, message.bytes(), {&place, "tensor_shape"});
        break;
      case sw::tensor_info::coo_sparse: {
        Fields parts(message.bytes(), place, {}, context);
        while (parts.next()) {
          if (parts.number() <= sw::coo_sparse::dense_shape) sparse.push_back({key, parts.text(), 0, {}});
        }
        break;
      }
      default:
        break;
    }
  }
  return port;
}

Signature read_signature(Context& context, const Attr& entry, const Place& place) {
  Signature signature;
  signature.name = entry.name;
  Fields message(entry.value, place, sw::signature::kFields, context);
  while (message.next()) {
    const bool is_input = message.number() == sw::signature::inputs;
    if (!is_input && message.number() != sw::signature::outputs) continue;
    const Attr info = read_entry(context, message.bytes(), {&place, is_input ? "inputs" : "outputs"});
    std::vector<Interface::Port>& ports = is_input ? signature.interface.inputs : signature.interface.outputs;
    std::vector<Interface::Port> sparse;
    const Interface::Port port = read_port(context, info.name, info.value, place, sparse);
    if (!port.tensor.empty()) ports.push_back(port);
    ports.insert(ports.end(), sparse.begin(), sparse.end());
  }
  const auto by_key = [](const Interface::Port& a, const Interface::Port& b) { return a.key < b.key; };
  std::stable_sort(signature.interface.inputs.begin(), signature.interface.inputs.end(), by_key);
  std::stable_sort(signature.interface.outputs.begin(), signature.interface.outputs.end(), by_key);
  return signature;
}

void read_info(Context& context, Bytes bytes, const Place& place, MetaGraph& meta) {
  Fields message(bytes, place, sw::info::kFields, context);
  while (message.next()) {
    if (message.number() == sw::info::tags) meta.tags.push_back(message.text());
    if (message.number() == sw::info::tensorflow_version) meta.version = message.text();
  }
}

MetaGraph read_meta(Context& context, Bytes bytes, const Place& place) {
  MetaGraph meta;
  Fields message(bytes, place, sw::meta_graph::kFields, context);
  while (message.next()) {
    switch (message.number()) {
      case sw::meta_graph::info:
        read_info(context, message.bytes(), {&place, "meta_info_def"}, meta);
        break;
      case sw::meta_graph::graph:
        meta.graph = message.bytes();
        break;
      case sw::meta_graph::objects:
        meta.objects = message.bytes();
        break;
      case sw::meta_graph::signature: {
        const Place here{&place, "signature_def", static_cast<std::uint32_t>(meta.signatures.size())};
        meta.signatures.push_back(read_signature(context, read_entry(context, message.bytes(), here), here));
        break;
      }
      case sw::meta_graph::asset: {
        Fields asset(message.bytes(), {&place, "asset_file_def"}, sw::asset::kFields, context);
        while (asset.next()) {
          if (asset.number() == sw::asset::filename) meta.assets.push_back(asset.text());
        }
        break;
      }
      default:
        break;
    }
  }
  std::sort(meta.signatures.begin(), meta.signatures.end(),
            [](const Signature& a, const Signature& b) { return a.name < b.name; });
  return meta;
}

// serving_default, else the first that is no step of loading.
const Signature* choose(const MetaGraph& meta) {
  const Signature* chosen = nullptr;
  for (const Signature& signature : meta.signatures) {
    if (signature.name == "serving_default" && !signature.interface.outputs.empty()) return &signature;
    if (signature.name.starts_with("__saved_model") || signature.interface.outputs.empty()) continue;
    if (chosen == nullptr) chosen = &signature;
  }
  return chosen;
}

std::string joined(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

void add_metadata(Model& model, std::string_view key, std::string_view value) {
  if (!value.empty()) model.metadata.push_back({model.arena.text(key), model.arena.text(value)});
}

void describe(Model& model, const MetaGraph& meta, const Signature* signature) {
  model.producer = meta.version.empty() ? std::string_view() : "TensorFlow";
  model.producer_version = meta.version;
  add_metadata(model, "tags", joined(meta.tags));
  std::vector<std::string_view> names;
  for (const Signature& s : meta.signatures) {
    if (!s.name.starts_with("__saved_model")) names.push_back(s.name);
  }
  add_metadata(model, "signatures", joined(names));
  add_metadata(model, "assets", joined(meta.assets));
  if (signature == nullptr) return;
  add_metadata(model, "signature", signature->name);
  for (const Interface::Port& port : signature->interface.inputs)
    add_metadata(model, "signature.inputs." + std::string(port.key), port.tensor);
  for (const Interface::Port& port : signature->interface.outputs)
    add_metadata(model, "signature.outputs." + std::string(port.key), port.tensor);
}

// Files of the folder that say nothing of the graph but belong to it.
void add_side_file(Model& model, FileProvider& files, std::string_view name, std::string_view role) {
  Result<FileProvider::Opened> opened = files.open(name);
  if (!opened) return;
  const FileId id = model.files.add({std::string(name), role, opened->bytes});
  if (!opened->bytes.empty())
    model.spans.push_back({id, ByteLabel::metadata, DType::unknown, 0, opened->bytes.size()});
}

bool has_variables(const NodeList& list) {
  return std::any_of(list.nodes.begin(), list.nodes.end(), [](const NodeDef& node) {
    return node.op == "VarHandleOp" || node.op == "VariableV2" || node.op == "Variable";
  });
}

void report_missing(Building& building, const std::string& why) {
  if (building.missing_variables == 0) return;
  haoline::Message message(counted(building.missing_variables, "variable"));
  message.add(building.missing_variables == 1 ? " has no values" : " have no values");
  if (!why.empty()) message.add(": " + why);
  building.remark({FindingKind::missing_external_data, std::move(message)});
}

Result<Model> build_model(const Source& source, Model model, Context& context, Bytes graph_bytes,
                          const Place& place, const Interface& interface, Bytes objects) {
  GraphDef graph;
  read_graph(context, graph_bytes, place, graph);
  if (!context.ok()) return context.error();
  if (graph.nodes.nodes.empty()) {
    context.fail(ErrorKind::malformed, place, graph_bytes.data(), "has no nodes",
                 "There is nothing to report; export the model again.");
    return context.error();
  }
  Variables variables(model, context, graph);
  std::string problem;
  if (source.files != nullptr && has_variables(graph.nodes)) {
    Result<Bundle> bundle = Bundle::open(*source.files, "variables/variables", model);
    if (bundle) {
      variables.set_bundle(*std::move(bundle));
    } else if (bundle.error().kind != ErrorKind::unreadable) {
      return std::move(bundle).error();
    } else {
      problem = "variables/variables.index is not there";
    }
  }
  variables.read_objects(objects);
  variables.follow_restores();
  Building building(context, model, source.options, graph);
  building.values = &variables;
  building.has_offsets = !source.is_text;
  building.source_size = source.file.size();
  build(building, interface);
  if (!context.ok()) return context.error();
  if (model.format_version.empty()) model.format_version = "graph version " + std::to_string(graph.producer);
  report_missing(building, problem);
  if (Bundle* bundle = variables.bundle()) bundle->close(model);
  settle_spans(model);
  for (const FileId file : model.files.ids()) {
    if (model.files[file].role == "variables") label_gaps(model, file);
  }
  return model;
}

}  // namespace

Result<Model> read_meta_graph(const Source& source, Model model) {
  Context context(source.file);
  const MetaGraph meta = read_meta(context, source.file, {nullptr, "meta_graph"});
  if (!context.ok()) return context.error();
  const Signature* signature = choose(meta);
  describe(model, meta, signature);
  model.format_version = "MetaGraph";
  return build_model(source, std::move(model), context, meta.graph, {nullptr, "graph_def"},
                     signature ? signature->interface : Interface{}, meta.objects);
}

Result<Model> read_frozen_graph(const Source& source, Model model) {
  Context context(source.file);
  return build_model(source, std::move(model), context, source.file, {nullptr, ""}, {}, {});
}

Result<Model> read_saved_model(const Source& source, Model model) {
  Context context(source.file);
  Fields message(source.file, {nullptr, ""}, sw::saved_model::kFields, context);
  std::int64_t version = 0;
  std::vector<MetaGraph> graphs;
  while (message.next()) {
    if (message.number() == sw::saved_model::schema_version) version = message.integer();
    if (message.number() != sw::saved_model::meta_graphs) continue;
    const Place place{nullptr, "meta_graphs", static_cast<std::uint32_t>(graphs.size())};
    graphs.push_back(read_meta(context, message.bytes(), place));
  }
  if (!context.ok()) return context.error();
  if (graphs.empty()) {
    context.fail(ErrorKind::malformed, {nullptr, "meta_graphs"}, nullptr, "has no graph",
                 "There is nothing to report; export the model again.");
    return context.error();
  }
  const auto serves = [](const MetaGraph& meta) {
    return std::find(meta.tags.begin(), meta.tags.end(), "serve") != meta.tags.end();
  };
  const auto chosen = std::find_if(graphs.begin(), graphs.end(), serves);
  const MetaGraph& meta = chosen == graphs.end() ? graphs.front() : *chosen;
  const Signature* signature = choose(meta);
  describe(model, meta, signature);
  model.format_version = "SavedModel " + std::to_string(version);
  if (source.files != nullptr) {
    add_side_file(model, *source.files, "keras_metadata.pb", "keras metadata");
    add_side_file(model, *source.files, "fingerprint.pb", "fingerprint");
  }
  const Place place{nullptr, "meta_graphs", static_cast<std::uint32_t>(&meta - graphs.data())};
  return build_model(source, std::move(model), context, meta.graph, {&place, "graph_def"},
                     signature ? signature->interface : Interface{}, meta.objects);
}

}  // namespace haoline::tensorflow
