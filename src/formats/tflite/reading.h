// The state of reading one TFLite file, and the steps that share it. Internal to this folder.
//
// Subgraph 0 is the main graph. A subgraph that an operator runs (WHILE, IF, CALL …) becomes a body of that
// operator's node, once per node; bodies wait in a queue, so that nesting costs no stack. Further subgraphs
// are entry points of their own (signatures): graphs without a parent.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/small_vector.h"
#include "formats/format.h"
#include "formats/shared/flatbuffer.h"
#include "formats/shared/name_table.h"
#include "formats/tflite/wire.h"
#include "ir/model.h"

namespace haoline::tflite {

using flatbuffer::Context;
using flatbuffer::Field;
using flatbuffer::Numbers;
using flatbuffer::Table;
using flatbuffer::Tables;

struct Builtin;

// An operator as the model's list of codes has it.
struct Code {
  const Builtin* builtin = nullptr;  // null: custom, or newer than our list
  std::string_view name;
};

struct Buffer {
  Bytes bytes;
  FileId file;  // where they lie; none: nowhere
  std::uint64_t offset = 0;
  bool is_used = false;
  bool is_missing = false;  // in a file that could not be opened
};

// What is needed of a graph until the end only.
struct GraphNotes {
  std::uint32_t subgraph = 0;
  std::size_t depth = 0;
  std::string_view label;  // of a body: "cond", "then_branch"
};

struct Reading {
  Reading(Bytes bytes, const ReadOptions& read_options)
      : file(bytes), options(read_options), context(bytes) {}

  Bytes file;
  const ReadOptions& options;
  Context context;
  Model model;

  Table root;
  Tables subgraphs;
  std::vector<Code> codes;
  std::vector<Buffer> buffers;
  std::vector<Buffer> external_buffers;
  std::vector<std::uint32_t> external_ids;  // of external_buffers
  bool marks_ranks = false;                 // the file tells scalars from tensors of unknown rank
  std::vector<bool> is_reached;             // by subgraph
  std::deque<GraphId> bodies;
  IdVector<GraphId, GraphNotes> notes;
  std::size_t nodes = 0;
  std::size_t copied = 0;  // bytes of names made from names
  std::string key;         // scratch

  // Names may share their bytes in the file; copies of them may not outgrow it.
  bool may_copy(std::string_view name) {
    copied += name.size();
    return copied <= 4 * file.size() + (std::size_t{1} << 20);
  }
  bool ok() const { return context.ok(); }
  void label(const Buffer& buffer, ByteLabel label, DType dtype = DType::unknown);
  void remark(Finding finding);  // up to a number that somebody could read
};

// --- model.cc
void read_model_record(Reading& r);

// --- metadata.cc
void read_metadata(Reading& r);
void read_signatures(Reading& r);

// --- graph.cc
// A subgraph on its way to a graph.
struct GraphState {
  GraphId id;
  Table record;
  Tables tensors;
  std::vector<TensorId> current;    // by the file's number: who holds that tensor now
  std::vector<std::uint8_t> marks;  // the same
  enum Mark : std::uint8_t { input = 1, produced = 2, read = 4, open_rank = 8 };
};
void read_graphs(Reading& r);
// A body of the node, to be read later. False where it cannot be.
GraphId add_body(Reading& r, GraphId parent, NodeId owner, std::uint32_t subgraph, std::string_view label,
                 const Table& at, Field field);
void name_graph(Reading& r, GraphId graph);

// --- tensor.cc
void read_tensor(Reading& r, GraphState& state, std::uint32_t index);
DType dtype_of(std::int64_t code);

// --- quantization.cc
const Quantization* read_quantization(Reading& r, GraphState& state, const Table& tensor, TensorId id,
                                      std::size_t rank);

// --- node.cc
void read_node(Reading& r, GraphState& state, const Table& record, NodeId id);

}  // namespace haoline::tflite
