// Node attributes and constant tensors, as views into the file or the model's arena.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/id.h"
#include "ir/dtype.h"
#include "ir/type.h"

namespace haoline {

using NodeId = Id<struct NodeTag>;      // within its graph
using TensorId = Id<struct TensorTag>;  // within its graph
using GraphId = Id<struct GraphTag>;    // within the model
using FileId = Id<struct FileTag>;      // within the model

// A constant's elements where they lie. Nothing is decoded until somebody asks for elements.
struct TensorData {
  enum class Encoding : std::uint8_t {
    raw,      // little-endian elements, sub-byte types packed low nibble first
    varint,   // protobuf varints, one per element (two elements of a 4-bit type share none)
    strings,  // `texts`
    absent,   // external data that could not be found: only type and extents are known
    filler,   // every element is the same and none is stored (ConstantOfShape as a weight)
  };
  DType dtype = DType::unknown;
  Encoding encoding = Encoding::raw;
  std::span<const std::int64_t> extents;
  Bytes bytes;                              // raw, varint
  std::span<const std::string_view> texts;  // strings
  FileId file;                              // where `bytes` lie; none: in the arena
  std::uint64_t offset = 0;                 // of `bytes` in that file
  std::uint64_t stored_bytes = 0;           // what the file spends on the elements
  // A sparse initializer stores only these many elements, `bytes` holds the values.
  bool is_sparse = false;
  std::uint64_t stored_elements = 0;
};

// How stored integers stand for reals: real = scale · (stored - zero_point), per tensor, per slice of `axis`,
// or per block of `block` elements along it. Formats that keep this beside the tensor (TFLite, OpenVINO,
// ggml) set it; in ONNX it is spelled by QuantizeLinear and DequantizeLinear nodes.
struct Quantization {
  std::string_view scheme;                    // "affine", "ggml", "gptq" …
  std::int32_t axis = -1;                     // -1: per tensor
  std::int64_t block = 0;                     // 0: not blocked
  std::span<const float> scales;              // one per slice; views into the file or the arena
  std::span<const std::int64_t> zero_points;  // as many, or none where all are 0
  // Of a packed weight (GPTQ's int32 words, bitsandbytes' bytes): what it is when unpacked. The extents are
  // those of the weight as its layer states it ([out, in] of a linear layer), whatever the file's own are.
  std::int32_t bits = 0;                          // of one logical element; 0: the stored type says it
  std::span<const std::int64_t> logical_extents;  // none: as stored
};

struct Attribute {
  // monostate: an attribute whose type we do not know, kept by name only.
  using Payload =
      std::variant<std::monostate, std::int64_t, double, std::string_view, std::span<const std::int64_t>,
                   std::span<const float>, std::span<const std::string_view>, const TensorData*,
                   std::span<const TensorData* const>, GraphId, std::span<const GraphId>, const Type*>;
  std::string_view name;
  Payload value;
  std::string_view reference;  // inside a function body: the name of the caller's attribute; else empty
};

}  // namespace haoline
