// A model as read: graphs, metadata, and the label of every byte of its files.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/bytes.h"
#include "ir/dim.h"
#include "ir/engine_facts.h"
#include "ir/facts.h"
#include "ir/finding.h"
#include "ir/graph.h"

namespace haoline {

struct ModelFile {
  std::string name;       // as given for the main file, relative to its folder for the others
  std::string_view role;  // "model", "external data"
  Bytes bytes;            // mapped by whoever called the reader, as long as the model lives
};

// What a stretch of a file is for. Stretches that no span covers are structure.
enum class ByteLabel : std::uint8_t { weights, metadata, padding, unreachable };
struct ByteSpan {
  FileId file;
  ByteLabel label;
  DType dtype;  // of weights
  std::uint64_t offset;
  std::uint64_t size;
};

struct OperatorSet {
  std::string_view domain;  // "" is ai.onnx
  std::int64_t version;
};

struct MetadataEntry {
  std::string_view key;
  std::string_view value;
};

// A local function of the file, kept for display and round trip; calls in graphs are inlined by the reader.
struct Function {
  std::string_view domain;
  std::string_view name;
  std::string_view overload;
  std::size_t nodes = 0;  // of its body, as written
  std::size_t calls = 0;  // how often it was inlined
};

// A field the reader does not know, kept for round trip.
struct UnknownField {
  std::string record;  // "model", "graph", "graph.node[3]"
  std::uint32_t number;
  Bytes bytes;  // tag included
};

// What the file says about how a tensor is quantized, beside the operators: one entry per parameter.
struct TensorAnnotation {
  GraphId graph;
  TensorId tensor;         // none: the file names a tensor that the graph does not have
  std::string_view key;    // "SCALE_TENSOR", "ZERO_POINT_TENSOR"
  std::string_view value;  // the name of the tensor that holds it
};

struct Model {
  Model() = default;
  Model(Model&&) noexcept = default;
  Model& operator=(Model&&) noexcept = default;

  std::string_view format;     // "onnx"
  std::string format_version;  // "IR 8"
  std::string_view producer;
  std::string_view producer_version;
  std::string_view domain;
  std::string_view documentation;
  std::int64_t model_version = 0;
  std::vector<OperatorSet> opsets;
  std::vector<MetadataEntry> metadata;
  IdVector<FileId, ModelFile> files;  // the main file first
  std::vector<ByteSpan> spans;        // in no particular order, not overlapping
  std::vector<Function> functions;
  std::vector<TensorAnnotation> annotations;
  std::vector<UnknownField> unknown_fields;
  std::optional<EngineFacts> engine;              // of a compiled engine: kernels, times, the machine
  std::vector<Finding> findings;                  // what the reader noticed
  std::optional<ArchitectureFacts> architecture;  // of a file without a graph: what a blueprint needs
  std::optional<BlueprintFacts> blueprint;        // its graph was built by a blueprint: what else it knows

  // The file settles the type of every result and its runtime converts (a compiled engine): what it declares
  // is not held against the type variables of ONNX's schemas.
  bool types_are_given = false;

  IdVector<GraphId, Graph> graphs;  // the main graph first; a body after its parent
  static constexpr GraphId kMain{0};
  const Graph& main() const { return graphs[kMain]; }

  std::deque<Type> types;  // what type attributes point to
  Arena arena;             // what the views of the graphs point to, beside the files
  std::unique_ptr<DimPool> dims = std::make_unique<DimPool>();  // frozen once read
};

}  // namespace haoline
