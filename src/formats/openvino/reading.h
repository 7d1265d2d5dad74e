// The state of reading one IR, and the steps that share it. Internal to this folder.
//
// Records come first (records.h); then every net becomes a graph in one pass over its layers in execution
// order: Parameter, Const and Result become tensors, everything else one node that map.cc translates. A body
// is read when its layer is, so that its captures are known.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/format.h"
#include "formats/openvino/numbers.h"
#include "formats/openvino/records.h"
#include "ir/model.h"

namespace haoline::openvino {

// How a body's layers meet the graph around it.
struct BodyPlan {
  std::vector<std::int64_t> inputs;  // Parameter layers, in the order of the body's inputs
  std::unordered_map<std::int64_t, TensorId>
      captures;                       // Parameter layers that are a tensor of the outer graph
  std::vector<std::int64_t> outputs;  // Result layers, in order
};

struct Reading {
  Reading(Bytes bytes, const ReadOptions& read_options) : file(bytes), options(read_options) {}

  Bytes file;
  const ReadOptions& options;
  Model model;
  Document document;
  bool is_legacy = false;  // before version 10

  FileId bin;  // none: missing
  Bytes bin_bytes;
  std::string bin_problem;
  std::uint64_t missing = 0;  // constants without bytes
  std::uint64_t nodes = 0;

  std::optional<Error> error;
  bool ok() const { return !error; }
  void fail(ErrorKind kind, std::uint64_t at, std::string place, std::string message,
            std::string advice = {});
  void remark(FindingKind kind, Message message, GraphId graph = {}, TensorId tensor = {},
              std::uint64_t at = 0);
};

// --- weights.cc
void open_bin(Reading& reading);
// The elements of a stretch of the .bin as a constant of that type and shape.
TensorData constant_of(Reading& reading, std::string_view name, std::string_view type, const Extents& extents,
                       std::uint64_t offset, std::uint64_t size, std::uint64_t at);
void settle_spans(Reading& reading);

// --- graph.cc
// Fills the graph `id`, which the model has already. `plan` is null for the main graph.
void read_graph(Reading& reading, const NetRecord& net, GraphId id, const BodyPlan* plan);

// --- compressed.cc: integer constants that are scaled to reals before anything reads them
void mark_compressed(Reading& reading, GraphId graph);

}  // namespace haoline::openvino
