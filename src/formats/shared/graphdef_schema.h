// The records of a TensorFlow graph as text and JSON name them, and how wire bytes are made of either: one
// reader then serves all three forms.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/result.h"
#include "formats/shared/json.h"

namespace haoline::graphdef {

enum class Record : std::uint8_t {
  graph,
  node,
  attr_entry,
  attr,
  list,
  func,
  shape,
  dim,
  tensor,
  library,
  function,
  text_entry,
  op_def,
  arg,
  versions,
  saved_model,
  meta_graph,
  info,
  signature_entry,
  signature,
  tensor_info_entry,
  tensor_info,
  asset,
};

enum class FieldKind : std::uint8_t { integer, boolean, type, real32, real64, text, bytes, record, map };

struct FieldSpec {
  std::string_view name;
  std::uint32_t number;
  FieldKind kind;
  Record record = Record::graph;  // of record, and the entry of a map
};
std::span<const FieldSpec> fields_of(Record record);

// Writes fields of the wire.
class WireWriter {
 public:
  void varint(std::uint64_t value);
  void tag(std::uint32_t number, std::uint32_t wire_type) { varint(std::uint64_t{number} << 3 | wire_type); }
  void integer(std::uint32_t number, std::int64_t value);
  void real32(std::uint32_t number, float value);
  void real64(std::uint32_t number, double value);
  void bytes(std::uint32_t number, std::string_view value);
  const std::string& text() const { return out_; }

 private:
  std::string out_;
};

inline constexpr std::size_t kMaxTextDepth = 64;

// Protobuf's text form (.pbtxt). The error has the byte.
Result<Bytes> encode_text(std::string_view text, Record root, Arena& arena);
// What TensorFlow.js writes: names in camelCase or as in the text form, 64-bit numbers and bytes as strings.
// What no field fits is left out.
Bytes encode_json(json::Value value, Record root, Arena& arena);

}  // namespace haoline::graphdef
