// The state of reading one Core ML model, and the steps that share it. Internal to this folder.
//
// A model file is protobuf: a description (inputs, outputs, metadata) and one of some forty kinds of model.
// Neural networks (layers), pipelines (models in models) and classical models are read straight from the wire
// (network.cc, classic.cc); ML programs become records first (mil.h), since a compiled model spells the same
// as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/small_vector.h"
#include "formats/format.h"
#include "formats/shared/name_table.h"
#include "formats/shared/protobuf.h"
#include "ir/model.h"

namespace haoline::coreml {

using protobuf::Context;
using protobuf::Fields;
using protobuf::Place;
using Integers = SmallVector<std::int64_t, 6>;

inline constexpr std::size_t kMaxDepth = 32;  // of models in models, blocks in blocks

// The names visible at one place. A body sees the names around it.
struct Scope {
  GraphId graph;
  Scope* outer = nullptr;
  std::string_view prefix = {};  // of an inlined model: goes before the names that it makes
  std::unordered_map<std::string_view, TensorId> names = {};
};

struct BlobFile {
  FileId file;  // none: missing
  Bytes bytes;
};

struct Reading {
  Reading(Bytes bytes, const ReadOptions& read_options, FileProvider* provider)
      : file(bytes), options(read_options), files(provider), context(bytes) {}

  Bytes file;  // the protobuf, or the text of a compiled program
  const ReadOptions& options;
  FileProvider* files;
  std::string folder;  // of the model within the provider's folder: where "@model_path" is; ends in '/'
  Context context;
  Model model;
  std::int64_t specification = 0;
  std::size_t nodes = 0;
  std::unordered_map<std::string, BlobFile> blobs;
  std::string blob_problem;
  std::uint64_t missing = 0;  // constants without bytes
  struct Taken {
    NameTable tensors, nodes;
  };
  std::deque<Taken> taken;  // by graph

  bool ok() const { return context.ok(); }
  void remark(FindingKind kind, Message message);
  void add_metadata(std::string_view key, std::string_view value);
  void label(Bytes bytes, ByteLabel label, DType dtype = DType::unknown);  // bytes of the main file
};

// --- graph.cc
GraphId add_graph(Reading& r, std::string_view name, GraphId parent = {}, NodeId owner = {},
                  std::string_view path = {});
TensorId find(Reading& r, Scope& scope, std::string_view name);  // none: nothing of that name
TensorId declare(Reading& r, Scope& scope, std::string_view name);
TensorId add_constant(Reading& r, GraphId graph, std::string_view name, const TensorData& data,
                      Trained trained = Trained::unsaid);
TensorData integer_data(Reading& r, const Integers& values, bool is_scalar = false);
TensorData float_data(Reading& r, std::span<const float> values);

// A node while it is made.
struct Made {
  Op op = Op::unknown;
  std::string_view type, name;
  std::int32_t version = 0;  // 0: as the domain has it
  SmallVector<TensorId, 8> inputs, outputs;
  std::vector<Attribute> attributes;
  std::uint64_t at = 0;
  NodeId id;                // reserved by reserve_node
  std::string_view unique;  // its name in the graph
};
void reserve_node(Reading& r, Scope& scope, Made& made);
void place_node(Reading& r, Scope& scope, Made& made);

// --- description.cc
struct FeatureDescription {
  std::string_view name, text;
  Type type;
  Shape shape = Shape::unknown_rank();
  bool is_image = false, is_optional = false, is_state = false;
  std::int64_t channels = 0;  // of an image
};
struct Description {
  std::vector<FeatureDescription> inputs, outputs, states;
  std::string_view predicted, probabilities, default_function;
};
Description read_description(Reading& r, Bytes bytes, const Place& place, bool keeps_metadata);

// --- model.cc
void read_model(Reading& r);

// --- network.cc
void read_network(Reading& r, Scope& scope, Bytes bytes, const Place& place, std::size_t depth);
bool is_rank_five(Bytes network);  // arrays are mapped to [sequence, batch, channel, height, width]

// --- classic.cc: models that are one node
void read_classic(Reading& r, Scope& scope, std::uint32_t kind, std::string_view name, Bytes bytes,
                  const Place& place, const Description& description);

// --- program.cc
void read_program(Reading& r, Bytes bytes, const Place& place, const Description& description);
void read_program_text(Reading& r);  // model.mil

// --- blob.cc
// The blob whose record stands at `offset` of a weight file.
TensorData read_blob(Reading& r, std::string_view file, std::uint64_t offset, DType dtype, std::uint32_t bits,
                     const Integers& extents);
void finish_blobs(Reading& r);

}  // namespace haoline::coreml
