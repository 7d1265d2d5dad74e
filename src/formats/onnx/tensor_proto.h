// Lone tensors, as ONNX's tests store their inputs and outputs: a TensorProto, SequenceProto or OptionalProto
// file.
#pragma once

#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "ir/attribute.h"

namespace haoline::onnx {

// What a file stores: a tensor, a sequence of such values, or an optional (no element: it is empty). Elements
// are read with ir/tensor_elements.h. Borrows from the bytes.
struct StoredValue {
  enum class Kind : std::uint8_t { tensor, sequence, optional, map } kind = Kind::tensor;
  std::string_view name;
  TensorData tensor;                  // of a tensor
  std::vector<StoredValue> elements;  // of a sequence or optional; of a map its values
};

struct StoredFile {
  StoredValue value;
  std::shared_ptr<Arena> arena;  // extents and decoded elements
};

// Only the type that the graph declares says which of the three a file is.
Result<StoredFile> read_tensor_proto(Bytes bytes);
Result<StoredFile> read_sequence_proto(Bytes bytes);
Result<StoredFile> read_optional_proto(Bytes bytes);

}  // namespace haoline::onnx
