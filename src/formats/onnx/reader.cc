#include "formats/onnx/reader.h"

#include <algorithm>

#include "formats/onnx/reading.h"

namespace haoline::onnx {
namespace {

// The graph has to look like one before anything else is believed: protobuf has no magic number, and nearly
// any short sequence of bytes is a valid message of some kind.
bool looks_like_graph(Bytes bytes) {
  std::uint64_t key = 0;
  if (protobuf::read_varint(bytes.data(), bytes.data() + bytes.size(), key) == nullptr) return false;
  const bool is_known = std::any_of(std::begin(wire::graph::kFields), std::end(wire::graph::kFields),
                                    [&](const protobuf::FieldName& f) { return f.number == key >> 3; });
  return is_known && (key & 7) == static_cast<std::uint64_t>(protobuf::WireType::length);
}

bool is_varint_field(std::uint32_t number) {
  return number == wire::model::ir_version || number == wire::model::model_version;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t'; });
}

}  // namespace

// Walks the fields of the model that begin within the probe. Decides at the graph: a SavedModel (whose field
// 2 is a message), a GraphDef (field 1 is one) and a Core ML model (fields of 200 and above) never come that
// far.
bool sniff(const Probe& probe) {
  const std::byte* at = probe.head.data();
  const std::byte* const end = at + probe.head.size();
  bool has_version = false;
  bool has_text = false;
  while (at != end) {
    std::uint64_t key = 0;
    std::uint64_t value = 0;
    at = protobuf::read_varint(at, end, key);
    if (at != nullptr) at = protobuf::read_varint(at, end, value);
    if (at == nullptr) return false;
    const std::uint64_t number = key >> 3;
    const auto* known = std::find_if(std::begin(wire::model::kFields), std::end(wire::model::kFields),
                                     [&](const protobuf::FieldName& f) { return f.number == number; });
    const bool is_varint = (key & 7) == 0;
    if (known == std::end(wire::model::kFields) || is_varint != is_varint_field(known->number)) return false;
    if (is_varint) {
      if (number == wire::model::ir_version && (value == 0 || value > 10'000)) return false;
      has_version = has_version || number == wire::model::ir_version;
      continue;
    }
    if ((key & 7) != 2) return false;
    const auto left = static_cast<std::uint64_t>(end - at);
    const std::uint64_t left_in_file = left + (probe.size - probe.head.size());
    const Bytes shown(at, static_cast<std::size_t>(std::min(value, left)));
    if (number == wire::model::graph) {
      // Cut short is still ONNX: the reader says where.
      return looks_like_graph(shown) || (value == 0 && has_version);
    }
    if (value > left_in_file) return has_version && has_text;
    if (number <= wire::model::doc_string) {
      if (!is_printable(as_text(shown))) return false;
      has_text = has_text || value != 0;
    }
    if (value > left) return has_version && has_text;
    at += value;
  }
  // No graph: a truncated file or something tiny. Only what nothing else would write is claimed.
  return has_version && has_text && probe.size <= probe.head.size();
}

Result<Model> read(Bytes file, const ReadOptions& options) {
  Reading reading(file, options);
  reading.model.format = "onnx";
  reading.model.files.add({std::string(options.name), "model", file});
  read_model_record(reading);
  if (reading.ok()) read_bodies(reading);
  if (reading.ok()) finish_graphs(reading);
  if (!reading.ok()) return reading.context.error();
  settle_spans(reading);
  return std::move(reading.model);
}

}  // namespace haoline::onnx
