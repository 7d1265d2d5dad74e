// The formats, in order of detection. To add one, add a line.
#include <algorithm>
#include <array>

#include "formats/coreml/reader.h"
#include "formats/flax/reader.h"
#include "formats/format.h"
#include "formats/gguf/reader.h"
#include "formats/keras/reader.h"
#include "formats/numpy/reader.h"
#include "formats/onnx/reader.h"
#include "formats/openvino/reader.h"
#include "formats/ort/reader.h"
#include "formats/pytorch/reader.h"
#include "formats/safetensors/reader.h"
#include "formats/shared/looks_like.h"
#include "formats/tensorflow/reader.h"
#include "formats/tensorrt/reader.h"
#include "formats/tfjs/reader.h"
#include "formats/tflite/reader.h"

namespace haoline {
namespace {

void note_mismatch(Model& model, const Format& detected, const Format& wanted) {
  Finding finding;
  finding.kind = FindingKind::format_mismatch;
  finding.message.add("The content looks like " + std::string(detected.title) + "; it was read as " +
                      std::string(wanted.title) + ", as asked");
  model.findings.push_back(std::move(finding));
}

Error no_reader(std::string_view format) {
  Error error;
  error.kind = ErrorKind::usage;
  error.message = "cannot be read as " + std::string(format) + ": there is no reader of that name for it";
  error.advice = "`haoline formats` lists the readers.";
  return error;
}

// The XML of the same name beside a .bin; empty where there is none, or it is no IR.
std::string xml_beside(const ReadOptions& options) {
  constexpr std::string_view kEnding = ".bin";
  if (options.files == nullptr || !options.name.ends_with(kEnding)) return {};
  const std::size_t slash = options.name.find_last_of("/\\");
  std::string name(options.name.substr(slash == std::string_view::npos ? 0 : slash + 1));
  name.replace(name.size() - kEnding.size(), kEnding.size(), ".xml");
  const Result<FileProvider::Opened> xml = options.files->open(name);
  if (!xml) return {};
  const Bytes bytes = xml->bytes;
  const Probe probe{bytes.first(std::min(bytes.size(), kProbeBytes)), bytes.size(), bytes};
  return openvino::sniff(probe) ? name : std::string();
}

constexpr Format kFormats[] = {
    // --- known by a mark
    {.name = "tflite",
     .title = "TensorFlow Lite",
     .extensions = ".tflite .lite",
     .sniff = tflite::sniff,
     .read = tflite::read,
     .operators = tflite::operators},
    {.name = "ort", .title = "ONNX Runtime", .extensions = ".ort", .sniff = ort::sniff, .read = ort::read},
    {.name = "gguf",
     .title = "GGUF",
     .extensions = ".gguf",
     .sniff = gguf::sniff,
     .read = gguf::read,
     .graph = Grade::partial},
    {.name = "keras",
     .title = "Keras",
     .extensions = ".keras .h5 .hdf5 .json",
     .sniff = keras::sniff,
     .read = keras::read,
     .sniff_folder = keras::sniff_folder,
     .read_folder = keras::read_folder,
     .operators = keras::operators},
    {.name = "tensorrt",
     .title = "TensorRT",
     .extensions = ".graph.json .engine .plan",
     .sniff = tensorrt::sniff,
     .read = tensorrt::read,
     .reads = Grade::partial,
     .weights = Grade::none,
     .operators = tensorrt::operators},
    {.name = "safetensors",
     .title = "SafeTensors",
     .extensions = ".safetensors .index.json",
     .sniff = safetensors::sniff,
     .read = safetensors::read,
     .sniff_folder = safetensors::sniff_folder,
     .read_folder = safetensors::read_folder,
     .graph = Grade::partial},
    {.name = "pytorch",
     .title = "PyTorch",
     .extensions = ".pt .pth .bin .ckpt .pt2",
     .sniff = pytorch::sniff,
     .read = pytorch::read,
     .sniff_folder = pytorch::sniff_folder,
     .read_folder = pytorch::read_folder,
     .operators = pytorch::source_operators},
    {.name = "numpy",
     .title = "NumPy",
     .extensions = ".npy .npz",
     .sniff = numpy::sniff,
     .read = numpy::read,
     .graph = Grade::none},
    {.name = "openvino",
     .title = "OpenVINO",
     .extensions = ".xml",
     .sniff = openvino::sniff,
     .read = openvino::read,
     .operators = openvino::operators},
    {.name = "tfjs",
     .title = "TensorFlow.js",
     .extensions = "model.json",
     .sniff = tfjs::sniff,
     .read = tfjs::read,
     .sniff_folder = tfjs::sniff_folder,
     .read_folder = tfjs::read_folder,
     .operators = graphdef::source_operators},
    // --- protobuf and msgpack have none: by the fields that are there
    {.name = "onnx", .title = "ONNX", .extensions = ".onnx", .sniff = onnx::sniff, .read = onnx::read},
    {.name = "tensorflow",
     .title = "TensorFlow",
     .extensions = ".pb .pbtxt .meta, SavedModel folders",
     .sniff = tensorflow::sniff,
     .read = tensorflow::read,
     .sniff_folder = tensorflow::sniff_folder,
     .read_folder = tensorflow::read_folder,
     .operators = graphdef::source_operators},
    {.name = "coreml",
     .title = "Core ML",
     .extensions = ".mlmodel .mlpackage .mlmodelc",
     .sniff = coreml::sniff,
     .read = coreml::read,
     .sniff_folder = coreml::sniff_folder,
     .read_folder = coreml::read_folder,
     .operators = coreml::operators},
    {.name = "flax",
     .title = "Flax",
     .extensions = ".msgpack",
     .sniff = flax::sniff,
     .read = flax::read,
     .graph = Grade::none},
};

}  // namespace

std::span<const Format> formats() {
  return kFormats;
}

const Format* detect(Bytes file) {
  const Probe probe{file.first(std::min(file.size(), kProbeBytes)), file.size(), file};
  const auto* found = std::find_if(std::begin(kFormats), std::end(kFormats),
                                   [&](const Format& format) { return format.sniff(probe); });
  return found == std::end(kFormats) ? nullptr : found;
}

const Format* find_format(std::string_view name) {
  const auto* found = std::find_if(std::begin(kFormats), std::end(kFormats),
                                   [&](const Format& format) { return format.name == name; });
  return found == std::end(kFormats) ? nullptr : found;
}

Result<Model> read_model(Bytes file, const ReadOptions& options) {
  const Format* detected = detect(file);
  if (const Format* wanted = find_format(options.format); wanted && wanted->read) {
    Result<Model> model = wanted->read(file, options);
    if (model && detected && detected != wanted) note_mismatch(*model, *detected, *wanted);
    return model;
  }
  if (!options.format.empty()) return no_reader(options.format);
  if (detected) return detected->read(file, options);
  Error error;
  error.kind = ErrorKind::unknown_format;
  const Likeness likeness = looks_like(file, options.name);
  error.message = std::string(likeness.what);
  error.advice = std::string(likeness.advice);
  // Raw weights look like nothing; what stands beside them says whose they are.
  if (const std::string xml = xml_beside(options); !xml.empty()) {
    error.message = "holds only the weights of an OpenVINO IR";
    error.advice = "Give " + xml + ", the graph that stands beside it.";
  }
  return error;
}

Result<Model> read_model_folder(FileProvider& files, const ReadOptions& options) {
  const std::vector<std::string> names = files.list();
  if (const Format* wanted = find_format(options.format); wanted && wanted->read_folder)
    return wanted->read_folder(files, options);
  for (const Format& format : kFormats) {
    if (format.sniff_folder && format.sniff_folder(names)) return format.read_folder(files, options);
  }
  Error error;
  error.kind = ErrorKind::unknown_format;
  error.message = "is a folder that holds no model haoline knows";
  error.advice = "Give the model's file";
  return error;
}

}  // namespace haoline
