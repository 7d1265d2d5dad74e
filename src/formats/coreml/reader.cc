#include "formats/coreml/reader.h"

#include <algorithm>

#include "formats/coreml/call.h"
#include "formats/coreml/kinds.h"
#include "formats/coreml/network.h"
#include "formats/shared/byte_spans.h"
#include "formats/shared/json.h"

namespace haoline::coreml {
namespace {

bool is_kind(std::uint64_t number) {
  const auto all = kinds();
  return std::any_of(all.begin(), all.end(), [&](const Kind& kind) { return kind.number == number; });
}

Result<Model> finish(Reading& r) {
  if (!r.ok()) return r.context.error();
  finish_blobs(r);
  settle_spans(r.model);
  return std::move(r.model);
}

std::string_view last_part(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string folder_part(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash + 1));
}

const std::string* ending_in(std::span<const std::string> files, std::string_view name) {
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const std::string& file) { return last_part(file) == name; });
  return found == files.end() ? nullptr : &*found;
}

Error missing(std::string what) {
  Error error;
  error.kind = ErrorKind::malformed;
  error.message = std::move(what);
  error.advice = "The folder is incomplete; copy all of it.";
  return error;
}

// The model's path as Manifest.json has it, below Data/.
Result<std::string> root_model(FileProvider& files, const std::string& manifest) {
  Result<FileProvider::Opened> file = files.open(manifest);
  if (!file) return std::move(file).error();
  const Result<json::Document> document = json::Document::parse(file->bytes);
  if (!document) return document.error();
  const json::Value root = document->root();
  const std::string_view id = root["rootModelIdentifier"].text();
  const std::string_view path = root["itemInfoEntries"][id]["path"].text();
  if (id.empty() || path.empty()) return missing("the manifest of the package names no model");
  return folder_part(manifest) + "Data/" + std::string(path);
}

Result<Model> read_package(FileProvider& files, const ReadOptions& options, const std::string& manifest) {
  const Result<std::string> path = root_model(files, manifest);
  if (!path) return path.error();
  Result<FileProvider::Opened> file = files.open(*path);
  if (!file) return std::move(file).error();
  Reading r(file->bytes, options, &files);
  r.folder = folder_part(*path);
  r.model.format = "coreml";
  r.model.files.add({*path, "model", file->bytes});
  if (Result<FileProvider::Opened> text = files.open(manifest)) {
    const FileId id = r.model.files.add({manifest, "manifest", text->bytes});
    if (!text->bytes.empty())
      r.model.spans.push_back({id, ByteLabel::metadata, DType::unknown, 0, text->bytes.size()});
  }
  read_model(r);
  return finish(r);
}

// What the compiler wrote about the model: one object of texts and numbers.
void read_compiled_metadata(Reading& r, FileProvider& files, const std::string& path) {
  Result<FileProvider::Opened> file = files.open(path);
  if (!file) return;
  const FileId id = r.model.files.add({path, "metadata", file->bytes});
  if (!file->bytes.empty())
    r.model.spans.push_back({id, ByteLabel::metadata, DType::unknown, 0, file->bytes.size()});
  const Result<json::Document> document = json::Document::parse(file->bytes);
  if (!document) return;
  const json::Value about = document->root().is_array() ? document->root()[0] : document->root();
  r.specification = about["specificationVersion"].integer();
  if (r.specification > 0)
    r.model.format_version = "specification " + std::to_string(r.specification) + ", compiled";
  const json::Value systems = about["availability"];
  for (std::size_t i = 0; i < systems.size(); ++i)
    r.add_metadata(r.model.arena.text("minimum/" + std::string(systems.member(i).key)),
                   r.model.arena.text(systems.member(i).value.text()));
  const json::Value own = about["userDefinedMetadata"];
  for (std::size_t i = 0; i < own.size(); ++i) {
    const std::string_view key = r.model.arena.text(own.member(i).key),
                           value = r.model.arena.text(own.member(i).value.text());
    r.add_metadata(key, value);
    if (key == "com.github.apple.coremltools.version") {
      r.model.producer = "coremltools";
      r.model.producer_version = value;
    }
  }
  for (const std::string_view key :
       {"shortDescription", "author", "license", "version", "computePrecision", "storagePrecision"})
    r.add_metadata(key, r.model.arena.text(about[key].text()));
}

Result<Model> read_compiled(FileProvider& files, const ReadOptions& options,
                            std::span<const std::string> names, const std::string& program) {
  Result<FileProvider::Opened> file = files.open(program);
  if (!file) return std::move(file).error();
  Reading r(file->bytes, options, &files);
  r.folder = folder_part(program);
  r.model.format = "coreml";
  r.model.format_version = "compiled";
  r.model.files.add({program, "model", file->bytes});
  r.add_metadata("modelType", "mlProgram");
  if (const std::string* about = ending_in(names, "metadata.json")) read_compiled_metadata(r, files, *about);
  read_program_text(r);
  return finish(r);
}

std::vector<SourceOperator> list_operators() {
  std::vector<SourceOperator> list;
  for (const auto rows : {network_layers(), plain_layers()}) {
    for (const NetworkTranslation& row : rows) {
      const bool varies = row.op == Op::unknown && row.translate != nullptr;
      list.push_back({row.name, varies                  ? std::string_view("by its settings")
                                : row.op == Op::unknown ? std::string_view{}
                                                        : display_name(row.op)});
    }
  }
  list.push_back({"loadConstant", "a constant"});
  list.push_back({"loadConstantND", "a constant"});
  list.push_back({"const", "a constant"});
  for (const auto rows : {mil_math(), mil_networks(), mil_movement()}) {
    for (const MilTranslation& row : rows)
      list.push_back({row.type, row.op == Op::unknown ? std::string_view{} : display_name(row.op)});
  }
  for (const Kind& kind : kinds()) {
    if (kind.number != kProgram && kind.name.find("neuralNetwork") == std::string_view::npos &&
        kind.name.find("pipeline") == std::string_view::npos)
      list.push_back({kind.name, {}});
  }
  return list;
}

}  // namespace

// A version, then a description, in whatever order; what decides is a field of a kind, or the description's
// shape.
bool sniff(const Probe& probe) {
  const std::byte* at = probe.head.data();
  const std::byte* const end = at + probe.head.size();
  bool has_version = false, has_description = false;
  while (at != end) {
    std::uint64_t key = 0, value = 0;
    at = protobuf::read_varint(at, end, key);
    if (at != nullptr) at = protobuf::read_varint(at, end, value);
    if (at == nullptr) return has_version && has_description;
    const std::uint64_t number = key >> 3;
    const std::uint64_t left = static_cast<std::uint64_t>(end - at),
                        in_file = left + (probe.size - probe.head.size());
    if ((key & 7) == 0) {
      if (number != 1 && number != 10) return false;
      if (number == 1 && (value == 0 || value > 64)) return false;
      has_version = has_version || number == 1;
      continue;
    }
    if ((key & 7) != 2 || (number != 2 && !is_kind(number))) return false;
    if (number != 2) return has_version;
    if (value > in_file) return false;
    // A description begins with a feature, functions or metadata.
    if (value != 0 && left != 0) {
      std::uint64_t first = 0;
      if (protobuf::read_varint(at, end, first) == nullptr || (first & 7) != 2) return false;
      constexpr std::uint64_t kFields[] = {1, 10, 11, 12, 13, 20, 21, 50, 100};
      if (std::find(std::begin(kFields), std::end(kFields), first >> 3) == std::end(kFields)) return false;
    }
    has_description = true;
    if (value > left) return has_version;
    at += value;
  }
  // Whoever reaches the end of the file has seen that it holds no kind of model.
  return has_version && has_description && probe.size > probe.head.size();
}

Result<Model> read(Bytes file, const ReadOptions& options) {
  Reading r(file, options, options.files);
  r.model.format = "coreml";
  r.model.files.add({std::string(options.name), "model", file});
  read_model(r);
  return finish(r);
}

bool sniff_folder(std::span<const std::string> files) {
  const std::string* manifest = ending_in(files, "Manifest.json");
  const bool has_model = std::any_of(files.begin(), files.end(), [](const std::string& file) {
    return file.ends_with(".mlmodel") || last_part(file) == "model.mlmodel";
  });
  if (manifest != nullptr && has_model) return true;
  return ending_in(files, "model.mil") != nullptr;
}

Result<Model> read_folder(FileProvider& files, const ReadOptions& options) {
  const std::vector<std::string> names = files.list();
  if (const std::string* manifest = ending_in(names, "Manifest.json"))
    return read_package(files, options, *manifest);
  if (const std::string* program = ending_in(names, "model.mil"))
    return read_compiled(files, options, names, *program);
  return missing("is no Core ML package: there is neither a manifest nor a program");
}

std::span<const SourceOperator> operators() {
  static const std::vector<SourceOperator> list = list_operators();
  return list;
}

}  // namespace haoline::coreml
