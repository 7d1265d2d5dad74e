#include "formats/ort/reader.h"

#include "formats/ort/reading.h"

namespace haoline::ort {

bool sniff(const Probe& probe) {
  return flatbuffer::has_identifier(probe.head, wire::kIdentifier);
}

Result<Model> read(Bytes file, const ReadOptions& options) {
  Reading reading(file, options);
  reading.model.format = "ort";
  reading.model.files.add({std::string(options.name), "model", file});
  read_session(reading);
  if (!reading.ok()) return reading.context.error();
  return std::move(reading.model);
}

}  // namespace haoline::ort
