// The state of reading one .ort file, and the steps that share it. Internal to this folder.
//
// Names are ONNX's: single-assignment, and a body sees the names around it. Bodies are read where their
// attribute stands; the FlatBuffers cursor bounds how deep they nest.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/format.h"
#include "formats/ort/wire.h"
#include "formats/shared/flatbuffer.h"
#include "formats/shared/name_table.h"
#include "ir/model.h"

namespace haoline::ort {

using flatbuffer::Context;
using flatbuffer::Field;
using flatbuffer::Numbers;
using flatbuffer::Table;
using flatbuffer::Tables;
using flatbuffer::Texts;

struct Reading {
  Reading(Bytes bytes, const ReadOptions& read_options)
      : file(bytes), options(read_options), context(bytes) {}

  Bytes file;
  const ReadOptions& options;
  Context context;
  Model model;
  NameTable opsets;  // domain to version
  std::size_t nodes = 0;
  std::size_t copied = 0;  // bytes of names made from names
  std::string key;         // scratch

  // Names may share their bytes in the file; copies of them may not outgrow it.
  bool may_copy(std::string_view name) {
    copied += name.size();
    return copied <= 4 * file.size() + (std::size_t{1} << 20);
  }

  bool ok() const { return context.ok(); }
  void label(Bytes bytes, ByteLabel label, DType dtype = DType::unknown);
  void remark(Finding finding);  // up to a number that somebody could read
};

// The names visible in one graph, and how the file describes its values.
struct Scope {
  GraphId graph;
  Scope* outer = nullptr;
  NameTable names;  // to the index of a TensorId
  NameTable infos;  // name to an index into `node_args`
  Tables node_args;
};

// --- model.cc
void read_session(Reading& r);

// --- graph.cc
void read_graph(Reading& r, Scope& scope, const Table& record);
TensorId add_tensor(Reading& r, Scope& scope, std::string_view name);  // with its type, if the file has one
// What a name stands for here, captured from the graphs around if need be; none where nothing is called so.
TensorId find_tensor(Reading& r, Scope& scope, std::string_view name);

// --- order.cc
// The nodes in an order of execution, as near to the file's as can be.
std::vector<std::uint32_t> execution_order(const Tables& nodes, const Table& graph);

// --- node.cc
void read_node(Reading& r, Scope& scope, const Table& record);

// --- type.cc
struct DeclaredType {
  Type type;
  Shape shape = Shape::unknown_rank();
};
// `axes_of`: an unnamed dynamic extent becomes the symbol <axes_of>_<axis>; empty: it stays unknown.
DeclaredType read_type(Reading& r, const Table& record, std::string_view axes_of);

// --- tensor.cc
TensorData read_tensor(Reading& r, const Table& record);
TensorData read_sparse_tensor(Reading& r, const Table& record, std::string_view& name);

}  // namespace haoline::ort
