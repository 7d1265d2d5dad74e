#include "formats/tensorrt/reader.h"

#include <set>
#include <string>
#include <utility>

#include "formats/tensorrt/layers.h"
#include "formats/tensorrt/map.h"
#include "formats/tensorrt/pieces.h"

namespace haoline::tensorrt {
namespace {

constexpr std::string_view kPlanMark = "ftrt", kPatchedPlanMark = "ptrt";
// Where a plan says which TensorRT built it: major, minor, patch, build, a byte each
// (NVIDIA/TensorRT issue 3073, and Autoware's check of cached engines).
constexpr std::size_t kVersionAt = 24, kVersionBytes = 4;

bool is_plan(Bytes file) {
  const std::string_view text = as_text(file);
  return file.size() >= kVersionAt + kVersionBytes &&
         (text.starts_with(kPlanMark) || text.starts_with(kPatchedPlanMark));
}

Error lone_piece(Piece piece) {
  constexpr std::string_view kWords[] = {"",
                                         "",
                                         "the profile of a TensorRT engine",
                                         "the timing of a TensorRT engine",
                                         "the device record of a TensorRT engine",
                                         "the build record of a TensorRT engine",
                                         "the inference record of a TensorRT engine"};
  Error error;
  error.kind = ErrorKind::unsupported;
  error.message = "is " + std::string(kWords[static_cast<std::size_t>(piece)]) + ", which holds no layers";
  error.advice =
      "Give the list of layers beside it (*.graph.json, written by trtexec --exportLayerInfo); what lies "
      "beside that is read too.";
  return error;
}

Error malformed(std::string message) {
  Error error;
  error.kind = ErrorKind::malformed;
  error.message = std::move(message);
  error.advice = "Export it again with trtexec --exportLayerInfo and --profilingVerbosity=detailed.";
  return error;
}

void note_unread(Model& model, std::string text) {
  Finding finding;
  finding.kind = FindingKind::unread_content;
  finding.message.add(std::move(text));
  model.findings.push_back(std::move(finding));
}

Result<Model> read_plan(Bytes file, const ReadOptions& options) {
  Model model;
  model.format = "tensorrt";
  std::string version;
  for (std::size_t i = 0; i < kVersionBytes; ++i) {
    version += (i == 0 ? "" : ".") + std::to_string(std::to_integer<int>(file[kVersionAt + i]));
  }
  model.format_version = "plan of TensorRT " + version;
  model.files.add({std::string(options.name), "model", file});
  model.graphs.add(Graph{});
  note_unread(model,
              "A plan is sealed: its layers show only to TensorRT " + version +
                  ". Export them there with trtexec --loadEngine=FILE --exportLayerInfo=FILE.graph.json "
                  "--profilingVerbosity=detailed, and give that file");
  return model;
}

// Inputs are the bindings that no layer writes; the rest are outputs.
Result<Model> read_layers(Bytes file, const ReadOptions& options) {
  Result<json::Document> document = json::Document::parse(file);
  if (!document) return std::move(document).error();
  const json::Value layers = document->root()["Layers"], bindings = document->root()["Bindings"];
  if (!layers.is_array()) return malformed("has no list of layers");
  GraphBuilder graph(21);
  Model& model = graph.model();
  model.format = "tensorrt";
  model.format_version = "layer list";
  model.types_are_given = true;
  model.files.add({std::string(options.name), "model", file});
  std::set<std::string_view> written;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const json::Value outputs = layers[i]["Outputs"];
    for (std::size_t k = 0; k < outputs.size(); ++k) written.insert(outputs[k]["Name"].text());
  }
  EngineFacts facts;
  Layers reading(graph);
  std::set<std::string_view> wanted;
  for (std::size_t i = 0; i < bindings.size(); ++i) wanted.insert(bindings[i].text());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const json::Value inputs = layers[i]["Inputs"];
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const std::string_view name = inputs[k]["Name"].text();
      if (wanted.contains(name) && !written.contains(name) && !reading.find(name))
        reading.add_input(name, inputs[k]);
    }
    reading.add(layers[i], facts);
  }
  for (std::size_t i = 0; i < bindings.size(); ++i) {
    const std::string_view name = bindings[i].text();
    if (const TensorId tensor = reading.find(name); tensor && written.contains(name)) graph.output(tensor);
  }
  if (reading.names_only())
    note_unread(
        model,
        "The engine was built without detailed profiling verbosity, so the list holds names only. Build it "
        "again with --profilingVerbosity=detailed for shapes, types and kernels");
  read_pieces(options.name, options, model, facts);
  model.opsets.clear();  // of the builder, not of the file
  model.engine = std::move(facts);
  return std::move(graph).build();
}

}  // namespace

bool sniff(const Probe& probe) {
  return is_plan(probe.head) || piece_of(probe.head) != Piece::none;
}

Result<Model> read(Bytes file, const ReadOptions& options) {
  if (is_plan(file)) return read_plan(file, options);
  const Piece piece = piece_of(file.first(std::min(file.size(), kProbeBytes)));
  if (piece != Piece::none && piece != Piece::layers) return lone_piece(piece);
  return read_layers(file, options);
}

std::span<const SourceOperator> operators() {
  return known_layers();
}

}  // namespace haoline::tensorrt
