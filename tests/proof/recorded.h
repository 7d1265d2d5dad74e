// A recorded input or output of an operator test: a serialized TensorProto, SequenceProto or OptionalProto.
// Read here from the wire, by itself, so that a mistake in the reader cannot hide in the expectation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/checked.h"
#include "ir/dtype.h"
#include "ir/type.h"
#include "ir/value.h"

namespace haoline::proof {

struct RecordedTensor {
  DType dtype = DType::unknown;
  std::vector<std::int64_t> extents;
  // Elements as numbers; empty where they were not decoded (large, strings, exotic types).
  std::vector<Int128> integers;
  std::vector<double> reals;

  std::size_t count() const {
    std::size_t n = 1;
    for (const std::int64_t extent : extents) n *= static_cast<std::size_t>(extent);
    return n;
  }
  bool has_elements() const { return count() == 0 || !integers.empty() || !reals.empty(); }
};

struct Recorded {
  bool is_present = true;    // false: an optional without content
  bool is_sequence = false;  // then `tensors` are its elements, else there is one
  std::vector<RecordedTensor> tensors;
};

// `type` says which message it is. Nothing when the bytes are no such message.
std::optional<Recorded> read_recorded(std::string_view bytes, const Type& type);

// The elements as a value of the engine: integers and booleans, and floats up to `max_floats`. Nothing
// otherwise.
std::optional<Value> value_of(const RecordedTensor& tensor, std::size_t max_floats);

DType dtype_of_code(std::int32_t onnx_code);

}  // namespace haoline::proof
