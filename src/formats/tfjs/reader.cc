#include "formats/tfjs/reader.h"

#include <algorithm>

#include "formats/tfjs/reading.h"

namespace haoline::tfjs {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool is_graph(json::Value root) {
  const std::string_view format = root["format"].text();
  if (format == "graph-model") return true;
  return format != "layers-model" && root["modelTopology"]["node"].is_array();
}

}  // namespace

Model begin_model(const Input& input) {
  Model model;
  model.format = "tfjs";
  model.files.add({std::string(input.options.name), "model", input.file});
  const json::Value root = input.document.root();
  const std::string_view converter = root["convertedBy"].text();
  model.producer = model.arena.text(converter.empty() ? root["generatedBy"].text() : converter);
  if (!converter.empty() && !root["generatedBy"].text().empty())
    model.metadata.push_back({"generatedBy", model.arena.text(root["generatedBy"].text())});
  return model;
}

bool sniff(const Probe& probe) {
  std::string_view text = as_text(probe.head);
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  if (!text.starts_with("{")) return false;
  for (const std::string_view mark :
       {"\"graph-model\"", "\"layers-model\"", "\"modelTopology\"", "\"weightsManifest\""}) {
    if (text.find(mark) != std::string_view::npos) return true;
  }
  return false;
}

Result<Model> read(Bytes file, const ReadOptions& options) {
  Result<json::Document> document = json::Document::parse(file);
  if (!document) return std::move(document).error();
  const Input input{file, options, *document};
  if (is_graph(document->root())) return read_graph_model(input);
  return read_layers_model(input);
}

bool sniff_folder(std::span<const std::string> files) {
  const auto has = [&](auto test) { return std::any_of(files.begin(), files.end(), test); };
  return has([](const std::string& name) { return name == "model.json"; }) &&
         has([](const std::string& name) { return name.ends_with(".bin"); });
}

Result<Model> read_folder(FileProvider& files, const ReadOptions& options) {
  Result<FileProvider::Opened> opened = files.open("model.json");
  if (!opened) return std::move(opened).error();
  ReadOptions inner = options;
  inner.files = &files;
  inner.name = "model.json";
  return read(opened->bytes, inner);
}

}  // namespace haoline::tfjs
