#include "formats/keras/reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/zip.h"
#include "formats/keras/store.h"
#include "formats/shared/json.h"
#include "formats/shared/keras_config.h"

namespace haoline::keras {
namespace {

constexpr std::string_view kWeights = "model.weights.h5", kConfig = "config.json",
                           kMetadata = "metadata.json";
constexpr int kOperatorSet = 21;  // whose signatures the nodes have

Error failure(ErrorKind kind, std::string message, std::string advice) {
  Error error;
  error.kind = kind;
  error.message = std::move(message);
  error.advice = std::move(advice);
  return error;
}

// A model while it is put together: the builder, and what the file says of itself.
struct Reading {
  GraphBuilder graph{kOperatorSet};
  const ReadOptions& options;
  explicit Reading(const ReadOptions& o) : options(o) { model().format = "keras"; }
  Model& model() { return graph.model(); }
  void say(std::string_view key, std::string_view value) {
    if (!value.empty()) model().metadata.push_back({model().arena.text(key), model().arena.text(value)});
  }
  void version(std::string_view version, std::string_view container) {
    model().producer = "Keras";
    model().producer_version = model().arena.text(version);
    model().format_version =
        std::string(container) + (version.empty() ? "" : ", Keras " + std::string(version));
  }
};

// The budget of calls is in proportion to the text, so that models in models in models stay finite.
std::size_t most_calls(Bytes text, const ReadOptions& options) {
  return std::min<std::size_t>(options.max_nodes, 1000 + text.size());
}

Result<Model> finish(Reading& r) {
  r.model().opsets.clear();  // of the builder, not of the file
  settle_spans(r.model());
  return std::move(r.graph).build();
}

std::optional<Error> add_graph(Reading& r, json::Value config, Bytes text, WeightStore* store) {
  const std::string_view name = config["config"]["name"].text();
  if (!name.empty()) r.graph.graph().name = r.model().arena.text(name);
  return build_graph(r.graph, config, {store, most_calls(text, r.options)});
}

// Weights without a configuration: a list of tensors.
void add_tensors(Reading& r, FileStore& store) {
  for (Variable& variable : store.variables()) {
    if (variable.is_used) continue;
    const bool is_path = variable.name.empty();
    const TensorId id = r.graph.constant(is_path ? variable.source_name : variable.name, variable.data);
    // Running statistics are called so in every version.
    const std::string_view name = variable.name;
    if (name.find("moving_") != std::string_view::npos || name.find("running_") != std::string_view::npos)
      r.graph.graph().tensors[id].trained = Trained::no;
  }
}

void note(Model& model, FindingKind kind, std::string text) {
  Finding finding;
  finding.kind = kind;
  finding.message.add(std::move(text));
  model.findings.push_back(std::move(finding));
}

std::string_view text_attribute(const hdf5::File& file, const hdf5::Object& object, std::string_view name) {
  const hdf5::Attribute* attribute = object.attribute(name);
  return attribute ? file.text(*attribute).value_or("") : "";
}

// --- the configuration beside a file of weights

std::string_view stem_of(std::string_view name) {
  name = name.substr(name.rfind('/') + 1);
  for (const std::string_view end : {".hdf5", ".h5", ".json", ".weights", "_weights"}) {
    if (name.ends_with(end)) name.remove_suffix(end.size());
  }
  return name;
}

bool fits(json::Value config, const StoredLayers& stored) {
  if (stored.names.empty()) return false;
  std::vector<std::string> known = layer_keys(config, stored.is_by_path);
  std::sort(known.begin(), known.end());
  return std::all_of(stored.names.begin(), stored.names.end(), [&](std::string_view name) {
    return std::binary_search(known.begin(), known.end(), name) || name == "top_level_model_weights";
  });
}

struct Beside {
  std::string name;
  Bytes text;
  json::Document document;
};

std::optional<Beside> find_config(const StoredLayers& stored, const ReadOptions& options) {
  constexpr std::size_t kMostTried = 64;
  if (!options.files) return std::nullopt;
  std::vector<std::string> candidates;
  for (std::string& name : options.files->list()) {
    if (name.ends_with(".json")) candidates.push_back(std::move(name));
  }
  // The one that is called like the weights first.
  std::sort(candidates.begin(), candidates.end(), [&](const std::string& a, const std::string& b) {
    const bool a_is = stem_of(a) == stem_of(options.name), b_is = stem_of(b) == stem_of(options.name);
    return a_is != b_is ? a_is : a < b;
  });
  if (candidates.size() > kMostTried) candidates.resize(kMostTried);
  for (std::string& name : candidates) {
    Result<FileProvider::Opened> opened = options.files->open(name);
    if (!opened || as_text(opened->bytes).find("class_name") == std::string_view::npos) continue;
    Result<json::Document> document = json::Document::parse(opened->bytes);
    if (!document || !is_model_config(document->root()) || !fits(document->root(), stored)) continue;
    return Beside{std::move(name), opened->bytes, *std::move(document)};
  }
  return std::nullopt;
}

// --- .h5

Result<Model> read_weights(Reading& r, const hdf5::File& file, const Origin& origin) {
  const std::unique_ptr<FileStore> store = open_store(file, r.model(), origin);
  store->label_bytes();
  if (store->variables().empty())
    return failure(ErrorKind::unsupported, "is HDF5, but holds no weights that Keras would write",
                   "Give a model that Keras saved.");
  if (std::optional<Beside> beside = find_config(stored_layers(file), r.options)) {
    r.model().files.add({beside->name, "configuration", beside->text});
    if (std::optional<Error> error = add_graph(r, beside->document.root(), beside->text, store.get()))
      return *error;
    return finish(r);
  }
  add_tensors(r, *store);
  note(r.model(), FindingKind::unread_content,
       "The file holds weights and no model; put the model's JSON beside it to see its graph");
  return finish(r);
}

Result<Model> read_hdf5(Bytes bytes, const ReadOptions& options) {
  Result<hdf5::File> opened = hdf5::File::open(bytes);
  if (!opened) return std::move(opened).error();
  const hdf5::File& file = *opened;
  Reading r(options);
  const FileId id = r.model().files.add({std::string(options.name), "model", bytes});
  const hdf5::Object& root = file.root();
  const hdf5::Object* weights = file.child(root, "model_weights");
  std::string_view version = text_attribute(file, root, "keras_version");
  if (version.empty() && weights) version = text_attribute(file, *weights, "keras_version");
  r.version(version, "HDF5");
  r.say("keras_version", version);
  r.say("backend", text_attribute(file, root, "backend"));
  r.say("training_config", text_attribute(file, root, "training_config"));
  const std::string_view config = text_attribute(file, root, "model_config");
  if (config.empty()) return read_weights(r, file, {id});
  Result<json::Document> document = json::Document::parse(as_bytes(config));
  if (!document) {
    Error error = std::move(document).error();
    error.path = "model_config";
    error.has_offset = false;
    return error;
  }
  const std::unique_ptr<FileStore> store = open_store(file, r.model(), {id});
  store->label_bytes();
  const auto at = reinterpret_cast<const std::byte*>(config.data()) - bytes.data();
  r.model().spans.push_back(
      {id, ByteLabel::metadata, DType::unknown, static_cast<std::uint64_t>(at), config.size()});
  if (!is_model_config(document->root())) {
    add_tensors(r, *store);
    note(r.model(), FindingKind::unread_content,
         "The model is a class of its author's: its weights are shown, its layers are only in its program");
    return finish(r);
  }
  if (std::optional<Error> error = add_graph(r, document->root(), as_bytes(config), store.get()))
    return *error;
  return finish(r);
}

// --- .keras, packed or not

struct Parts {
  Bytes config, metadata, weights;
  Origin origin;
};

Result<Model> read_parts(Reading& r, const Parts& parts) {
  Result<json::Document> metadata = json::Document::parse(parts.metadata);
  const std::string_view version = metadata ? metadata->root()["keras_version"].text() : "";
  r.version(version, "archive");
  r.say("keras_version", version);
  if (metadata) r.say("date_saved", metadata->root()["date_saved"].text());
  Result<json::Document> document = json::Document::parse(parts.config);
  if (!document) {
    Error error = std::move(document).error();
    error.path = std::string(kConfig);
    return error;
  }
  std::optional<hdf5::File> file;
  std::unique_ptr<FileStore> store;
  if (!parts.weights.empty()) {
    Result<hdf5::File> opened = hdf5::File::open(parts.weights);
    if (!opened) {
      Error error = std::move(opened).error();
      error.path = std::string(kWeights) + ": " + error.path;
      return error;
    }
    file = *std::move(opened);
    store = open_store(*file, r.model(), parts.origin);
    store->label_bytes();
  }
  const json::Value root = document->root();
  if (!is_model_config(root)) {
    if (!store)
      return failure(ErrorKind::unsupported, "holds neither layers nor weights",
                     "Save the model again with Keras.");
    add_tensors(r, *store);
    note(r.model(), FindingKind::unread_content,
         "The model is a class of its author's: its weights are shown, its layers are only in its program");
    return finish(r);
  }
  if (std::optional<Error> error = add_graph(r, root, parts.config, store.get())) return *error;
  return finish(r);
}

Result<Model> read_archive(Bytes bytes, const ReadOptions& options) {
  Result<Zip> zip = Zip::open(bytes);
  if (!zip) return std::move(zip).error();
  Reading r(options);
  const FileId id = r.model().files.add({std::string(options.name), "model", bytes});
  const ZipMember* config = zip->find(kConfig);
  if (!config) return failure(ErrorKind::malformed, "has no config.json", "Save the model again with Keras.");
  Parts parts;
  struct Piece {
    const ZipMember* member;
    Bytes* bytes;
  };
  for (const Piece& wanted : {Piece{config, &parts.config}, Piece{zip->find(kMetadata), &parts.metadata},
                              Piece{zip->find(kWeights), &parts.weights}}) {
    if (!wanted.member) continue;
    Result<Bytes> unpacked = zip->read(*wanted.member, r.model().arena);
    if (!unpacked) return std::move(unpacked).error();
    *wanted.bytes = *unpacked;
    const Result<Bytes> packed = zip->packed(*wanted.member);
    if (!packed || packed->empty()) continue;
    const auto at = static_cast<std::uint64_t>(packed->data() - bytes.data());
    if (wanted.bytes != &parts.weights) {
      r.model().spans.push_back({id, ByteLabel::metadata, DType::unknown, at, packed->size()});
    } else if (wanted.member->is_stored()) {
      parts.origin = {id, at, true};
    } else {
      parts.origin = {id, 0, false};
      r.model().spans.push_back({id, ByteLabel::weights, DType::float32, at, packed->size()});
    }
  }
  return read_parts(r, parts);
}

// --- a configuration alone

Result<Model> read_config(Bytes bytes, const ReadOptions& options) {
  Result<json::Document> document = json::Document::parse(bytes);
  if (!document) return std::move(document).error();
  json::Value root = document->root();
  Reading r(options);
  r.model().files.add({std::string(options.name), "model", bytes});
  r.version(root["keras_version"].text(), "configuration");
  r.say("keras_version", root["keras_version"].text());
  r.say("backend", root["backend"].text());
  if (!is_model_config(root))
    return failure(ErrorKind::unsupported,
                   "is the configuration of a layer or of its author's own class, not of a model",
                   "Give what model.to_json() writes, or the saved model.");
  if (std::optional<Error> error = add_graph(r, root, bytes, nullptr)) return *error;
  note(r.model(), FindingKind::missing_external_data,
       "The file holds no weights: parameters are counted from the shapes of the layers");
  return finish(r);
}

bool looks_like_config(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  return begin != std::string_view::npos && text[begin] == '{' &&
         text.find("\"class_name\"") != std::string_view::npos &&
         text.find("\"config\"") != std::string_view::npos &&
         text.find("\"modelTopology\"") == std::string_view::npos &&
         text.find("\"weightsManifest\"") == std::string_view::npos;
}

}  // namespace

bool sniff(const Probe& probe) {
  if (hdf5::File::sniff(probe.head) || looks_like_config(as_text(probe.head))) return true;
  if (!Zip::sniff(probe.head)) return false;
  const Result<Zip> zip = Zip::open(probe.all);
  return zip && zip->find(kConfig) && (zip->find(kWeights) || zip->find(kMetadata));
}

Result<Model> read(Bytes file, const ReadOptions& options) {
  if (Zip::sniff(file)) return read_archive(file, options);
  const std::string_view text = as_text(file);
  if (!hdf5::File::sniff(file) && looks_like_config(text.substr(0, kProbeBytes)))
    return read_config(file, options);
  return read_hdf5(file, options);
}

bool sniff_folder(std::span<const std::string> files) {
  const auto has = [&](std::string_view name) {
    return std::find(files.begin(), files.end(), name) != files.end();
  };
  return has(kWeights) && has(kConfig) && has(kMetadata);
}

Result<Model> read_folder(FileProvider& files, const ReadOptions& options) {
  Reading r(options);
  Parts parts;
  struct Piece {
    std::string_view name, role;
    Bytes* bytes;
  };
  for (const Piece& wanted :
       {Piece{kWeights, "model", &parts.weights}, Piece{kConfig, "configuration", &parts.config},
        Piece{kMetadata, "metadata", &parts.metadata}}) {
    Result<FileProvider::Opened> opened = files.open(wanted.name);
    if (!opened) return std::move(opened).error();
    *wanted.bytes = opened->bytes;
    const FileId id = r.model().files.add({std::string(wanted.name), wanted.role, opened->bytes});
    if (wanted.bytes == &parts.weights) parts.origin = {id, 0, true};
  }
  return read_parts(r, parts);
}

std::span<const SourceOperator> operators() {
  static const std::vector<SourceOperator> kList = [] {
    std::vector<SourceOperator> list;
    for (const LayerMeaning& meaning : layer_meanings()) list.push_back({meaning.name, meaning.canonical});
    return list;
  }();
  return kList;
}

}  // namespace haoline::keras
