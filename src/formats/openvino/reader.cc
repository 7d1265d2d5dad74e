#include "formats/openvino/reader.h"

#include <algorithm>

#include "formats/openvino/reading.h"

namespace haoline::openvino {
namespace {

// Past the declaration and comments, without believing anything.
std::string_view first_element(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (true) {
    text = text.substr(std::min(text.size(), text.find_first_not_of(" \t\r\n")));
    const std::string_view closing = text.starts_with("<?") ? "?>" : text.starts_with("<!--") ? "-->" : "";
    if (closing.empty()) return text;
    const std::size_t end = text.find(closing);
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + closing.size());
  }
}

void set_versions(Reading& r) {
  Model& model = r.model;
  const std::string_view version = r.document.net.version;
  model.format_version = "IR v" + std::string(version.empty() ? "?" : version);
  r.is_legacy = parse_integer(version).value_or(10) < 10;
  constexpr std::string_view kVersions[] = {"Runtime_version", "MO_version", "OpenVINO Runtime"};
  for (const std::string_view key : kVersions) {
    for (const MetadataEntry& entry : model.metadata) {
      if (entry.key != key || !model.producer.empty()) continue;
      model.producer = key == "MO_version" ? "OpenVINO Model Optimizer" : "OpenVINO";
      model.producer_version = entry.value;
    }
  }
}

// Every operator set that a layer names, once.
void list_opsets(Reading& r, const NetRecord& net, std::size_t depth = 0) {
  for (const LayerRecord& layer : net.layers) {
    const auto& sets = r.model.opsets;
    const bool is_known = std::any_of(sets.begin(), sets.end(),
                                      [&](const OperatorSet& set) { return set.domain == layer.version; });
    if (layer.version.starts_with("opset") && !is_known && sets.size() < 64)
      r.model.opsets.push_back({layer.version, parse_integer(layer.version.substr(5)).value_or(0)});
    for (const auto* body : {&layer.body, &layer.then_body, &layer.else_body}) {
      if (*body) list_opsets(r, **body, depth + 1);
    }
  }
}

}  // namespace

void Reading::fail(ErrorKind kind, std::uint64_t at, std::string place, std::string message,
                   std::string advice) {
  if (error) return;
  Error made;
  made.kind = kind;
  made.path = std::move(place);
  made.offset = at;
  made.has_offset = true;
  made.message = std::move(message);
  made.advice = std::move(advice);
  error = std::move(made);
}

void Reading::remark(FindingKind kind, Message message, GraphId graph, TensorId tensor, std::uint64_t at) {
  constexpr std::size_t kMost = 4096;
  if (model.findings.size() > kMost) return;
  if (model.findings.size() == kMost) {
    model.findings.push_back({FindingKind::unread_content, "there is more to remark; the rest is left out"});
    return;
  }
  Finding finding{kind, std::move(message), graph, {}, tensor};
  if (at != 0) {
    finding.file = FileId{0};
    finding.byte = at;
    finding.has_byte = true;
  }
  model.findings.push_back(std::move(finding));
}

bool sniff(const Probe& probe) {
  const std::string_view text = first_element(as_text(probe.head));
  if (!text.starts_with("<net") || text.size() < 5) return false;
  const std::string_view tag = text.substr(0, text.find('>'));
  constexpr std::string_view kBlank = " \t\r\n>";
  return kBlank.find(text[4]) != std::string_view::npos &&
         (tag.find(" version=") != std::string_view::npos || text.find("<layers") != std::string_view::npos);
}

Result<Model> read(Bytes file, const ReadOptions& options) {
  Reading r(file, options);
  r.model.format = "openvino";
  r.model.files.add({std::string(options.name), "model", file});
  xml::Cursor cursor(file, r.model.arena);
  if (!read_document(cursor, r.model, options.max_nodes, r.document)) {
    Error error = cursor.error();
    if (cursor.ok()) error = {ErrorKind::malformed, {}, 0, false, "is no OpenVINO IR", "Give the .xml file."};
    return error;
  }
  set_versions(r);
  list_opsets(r, r.document.net);
  open_bin(r);
  Graph main;
  main.name = r.document.net.name;
  r.model.graphs.add(std::move(main));
  read_graph(r, r.document.net, Model::kMain, nullptr);
  if (r.ok() && r.model.main().tensors.empty())
    r.fail(ErrorKind::malformed, 0, "net", "has no layers",
           "There is nothing to report; export the model again.");
  if (!r.ok()) return *std::move(r.error);
  settle_spans(r);
  return std::move(r.model);
}

}  // namespace haoline::openvino
