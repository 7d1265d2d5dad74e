#include "formats/onnx/tensor_proto.h"

#include "formats/onnx/reading.h"

namespace haoline::onnx {
namespace {

using Kind = StoredValue::Kind;

StoredValue read_value(Reading& r, Bytes bytes, Kind kind, const Place& place, std::size_t depth);

// SequenceProto and OptionalProto have the same fields, one repeated and one not; a map keeps its values as a
// sequence in field 5.
StoredValue read_elements(Reading& r, Bytes bytes, Kind kind, const Place& place, std::size_t depth) {
  StoredValue value;
  value.kind = kind;
  Fields message(bytes, place, wire::sequence::kFields, r.context);
  while (message.next()) {
    const std::uint32_t number = message.number();
    if (number == wire::sequence::name) value.name = message.text();
    if (kind == Kind::map) {
      if (number == 5)
        value.elements = read_elements(r, message.bytes(), Kind::sequence, place, depth + 1).elements;
      continue;
    }
    Kind element = Kind::tensor;
    switch (number) {
      case wire::sequence::tensors:
        break;
      case wire::sequence::sequences:
        element = Kind::sequence;
        break;
      case wire::sequence::maps:
        element = Kind::map;
        break;
      case wire::sequence::optionals:
        element = Kind::optional;
        break;
      default:
        continue;
    }
    value.elements.push_back(read_value(r, message.bytes(), element, place, depth + 1));
  }
  return value;
}

StoredValue read_value(Reading& r, Bytes bytes, Kind kind, const Place& place, std::size_t depth) {
  if (depth > Type::kMaxNesting) {
    r.fail(ErrorKind::unsupported, place, bytes.data(), "nests more than 8 values");
    return {};
  }
  if (kind != Kind::tensor) return read_elements(r, bytes, kind, place, depth);
  const NamedTensor tensor = read_tensor(r, bytes, place);
  StoredValue value;
  value.name = tensor.name;
  value.tensor = tensor.data;
  return value;
}

Result<StoredFile> read_file(Bytes bytes, Kind kind) {
  const ReadOptions options;
  Reading r(bytes, options);
  StoredFile file;
  file.value = read_value(r, bytes, kind, {}, 0);
  if (!r.ok()) return r.context.error();
  file.arena = std::make_shared<Arena>(std::move(r.model.arena));
  return file;
}

}  // namespace

Result<StoredFile> read_tensor_proto(Bytes bytes) {
  return read_file(bytes, Kind::tensor);
}
Result<StoredFile> read_sequence_proto(Bytes bytes) {
  return read_file(bytes, Kind::sequence);
}
Result<StoredFile> read_optional_proto(Bytes bytes) {
  return read_file(bytes, Kind::optional);
}

}  // namespace haoline::onnx
