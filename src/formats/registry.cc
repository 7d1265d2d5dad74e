// The formats, in order of detection. To add one, add a line.
#include <algorithm>
#include <array>

#include "formats/format.h"
#include "formats/onnx/reader.h"
#include "formats/shared/looks_like.h"

namespace haoline {
namespace {

constexpr Format kFormats[] = {
    {"onnx", "ONNX", ".onnx", onnx::sniff, onnx::read},
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

Result<Model> read_model(Bytes file, const ReadOptions& options) {
  if (const Format* format = detect(file)) return format->read(file, options);
  Error error;
  error.kind = ErrorKind::unknown_format;
  const Likeness likeness = looks_like(file);
  error.message = std::string(likeness.what);
  error.advice = std::string(likeness.advice);
  return error;
}

Result<Model> read_model_folder(FileProvider& files, const ReadOptions& options) {
  const std::vector<std::string> names = files.list();
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
