#include "formats/tflite/reader.h"

#include "formats/tflite/reading.h"

namespace haoline::tflite {

bool sniff(const Probe& probe) {
  return flatbuffer::has_identifier(probe.head, wire::kIdentifier);
}

Result<Model> read(Bytes file, const ReadOptions& options) {
  Reading reading(file, options);
  reading.model.format = "tflite";
  reading.model.files.add({std::string(options.name), "model", file});
  read_model_record(reading);
  if (!reading.ok()) return reading.context.error();
  return std::move(reading.model);
}

}  // namespace haoline::tflite
