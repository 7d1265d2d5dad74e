// The state of reading one ONNX file, and the steps that share it. Internal to this folder.
//
// A graph is read in one pass over its nodes; the bodies of If, Loop and Scan wait in a queue until the graph
// around them is complete, so that nesting costs no stack and an outer name is found whatever the order of
// the file. A call of a local function is read in place: its nodes are appended to the caller's graph, with
// their own table of names.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/small_vector.h"
#include "formats/format.h"
#include "formats/onnx/wire.h"
#include "formats/shared/name_table.h"
#include "formats/shared/protobuf.h"
#include "ir/model.h"

namespace haoline::onnx {

using protobuf::Context;
using protobuf::Fields;
using protobuf::Place;

inline constexpr std::size_t kMaxDepth = 64;  // of bodies in bodies, and of calls in calls

// A field's payload, and where the field itself begins.
struct Record {
  const std::byte* tag = nullptr;
  Bytes bytes;
};

struct NodeRecord {
  const std::byte* tag = nullptr;
  std::string_view name, op_type, domain, overload;
  std::string_view module;  // where an exporter says it comes from; else empty
  SmallVector<std::string_view, 8> inputs, outputs;
  SmallVector<Record, 8> attributes;

  void clear() {
    tag = nullptr;
    name = op_type = domain = overload = module = {};
    inputs.clear();
    outputs.clear();
    attributes.clear();
  }
};
// Domain to version of operator sets, as a model or a function imports them.
struct OperatorSets {
  NameTable versions;
  std::string_view last_domain;  // neighbours mostly share it
  std::int32_t last_version = 0;
  std::int32_t find(std::string_view domain);  // 0: not imported
  void add(std::string_view domain, std::int64_t version);
};

struct FunctionRecord {
  std::string_view domain, name, overload;
  std::vector<std::string_view> inputs, outputs;
  std::vector<Record> nodes, defaults;
  std::shared_ptr<OperatorSets> opsets;
  std::uint32_t index = 0;
};

struct Scope;

// One call of a local function, as its body sees it.
struct Frame {
  const FunctionRecord* function = nullptr;
  std::vector<Record> arguments;  // the attributes of the call
  std::shared_ptr<Scope> caller;  // where those attributes are to be understood
  std::string_view path;          // "/encoder/call", names of the calls down to this one
  std::string_view module;        // the same as a scope, without the leading '/'
  std::size_t depth = 1;
};

// The names visible at one place: of a graph, of a body, or of one inlined call.
struct Scope {
  GraphId graph;
  std::shared_ptr<Scope> outer;  // of a body: where its node stands
  std::shared_ptr<Frame> frame;  // within a function: the call
  std::string_view prefix;       // of an inlined call: goes before the names that its body makes
  NameTable names;               // to a TensorId's index with the marks below
  struct Forward {               // a name that was used before anything produced it, and where
    std::string_view name;
    std::uint32_t node, input;
    const std::byte* at;
  };
  std::vector<Forward> forward;
};
inline constexpr std::uint32_t kForward = 1u << 31;   // used, not yet produced
inline constexpr std::uint32_t kPromised = 1u << 30;  // result of a call, to be produced by its body
inline constexpr std::uint32_t kIndexMask = kPromised - 1;
inline constexpr std::uint32_t kAbsent = kIndexMask;  // a formal input that the call leaves out

struct PendingBody {
  Bytes bytes;
  GraphId graph;
  std::shared_ptr<Scope> outer;
};

// The record a body is: which attribute of which node, of the graph around it or of a function.
struct BodyPlace {
  std::uint32_t function = Place::kNoIndex;
  std::uint32_t node = 0, attribute = 0;
  std::uint32_t index = Place::kNoIndex;  // in a list of graphs
};

// What is needed of a graph until the end only.
struct GraphNotes {
  std::string_view label;  // of a body: "then_branch", "graphs[2]"
  BodyPlace place;
  std::size_t depth = 0;
  bool is_out_of_order = false;
  bool names_may_collide = false;  // of tensors
  NameTable node_names;
  bool needs_node_names = false;  // one is empty or repeated
};

struct ExternalFile {
  std::string_view location;
  FileId file;  // none: it could not be opened
  Bytes bytes;
  std::string problem;
  std::uint64_t missing_tensors = 0;
};

struct Reading {
  Reading(Bytes bytes, const ReadOptions& read_options)
      : file(bytes), options(read_options), context(bytes) {}

  Bytes file;
  const ReadOptions& options;
  Context context;
  Model model;

  std::shared_ptr<OperatorSets> opsets = std::make_shared<OperatorSets>();
  std::vector<FunctionRecord> functions;
  NameTable function_index;  // by domain, name and overload
  std::deque<PendingBody> bodies;
  IdVector<GraphId, GraphNotes> notes;
  NameTable externals;  // location to an index into external_files
  std::vector<ExternalFile> external_files;
  NameTable missing_domains;
  NameTable module_scopes;  // spelling in the file to an index into module_scope_texts
  std::vector<std::string_view> module_scope_texts;
  // Within functions an attribute is read once, however often the function is called.
  std::unordered_map<const std::byte*, Attribute> function_attributes;

  std::size_t nodes = 0;       // of all graphs
  std::size_t path_bytes = 0;  // of all paths of bodies
  std::uint64_t effort = 0;    // spent on inlining, see charge()
  std::string key;             // scratch
  NodeRecord node_record;      // scratch, of a file without functions

  bool ok() const { return context.ok(); }
  std::uint64_t offset_of(const std::byte* at) const { return context.offset_of(at); }
  void fail(ErrorKind kind, const Place& place, const std::byte* at, std::string message,
            std::string advice = {}) {
    context.fail(kind, place, at, std::move(message), std::move(advice));
  }
  void label(Bytes bytes, ByteLabel label, DType dtype = DType::unknown);  // bytes of the main file
  void unknown(const Fields& message);                                     // keeps the field in hand
  void remark(Finding finding);  // up to a number that somebody could read
};

// --- model.cc
void read_model_record(Reading& reading);
MetadataEntry read_entry(Reading& reading, Bytes bytes, const Place& place);

// --- graph.cc
void read_graph(Reading& reading, const std::shared_ptr<Scope>& scope, Bytes bytes, const Place& place);
void read_bodies(Reading& reading);
std::string place_of(const Reading& reading, GraphId graph);  // "graph.node[3].attribute[0].g"

// --- node.cc
void read_node(Reading& reading, const std::shared_ptr<Scope>& scope, const Record& record,
               const Place& place);
// An operand of a node. A name that nothing has produced yet becomes a tensor that waits for its producer.
TensorId resolve_input(Reading& reading, Scope& scope, std::string_view name, const NodeRecord& node,
                       const Place& place, std::uint32_t input);

// --- names.cc
TensorId add_tensor(Reading& reading, Scope& scope, std::string_view name);
// The tensor a name stands for here, captured from the graphs around this one if need be. False where there
// is none; true and no tensor for an input that the call leaves out.
bool find_tensor(Reading& reading, Scope& scope, std::string_view name, TensorId& found);
// A name that something produces here; a second producer is a failure.
TensorId declare(Reading& reading, Scope& scope, std::string_view name, const Place& place,
                 const std::byte* at);
void report_unproduced(Reading& reading, Scope& scope, const Place& place);

// --- function.cc
void read_function(Reading& reading, Bytes bytes, const Place& place);
const FunctionRecord* find_function(Reading& reading, const NodeRecord& node);
void inline_call(Reading& reading, const std::shared_ptr<Scope>& scope, const NodeRecord& call,
                 const FunctionRecord& function, const Place& place);
// Counts nodes, operands and text that inlining makes; false once it outgrows what the file justifies.
bool charge(Reading& reading, std::uint64_t units, const Place& place, const std::byte* at);

// --- attribute.cc
std::span<const Attribute> read_attributes(Reading& reading, const std::shared_ptr<Scope>& scope,
                                           NodeId owner, std::span<const Record> records, const Place& node);

// --- type.cc
struct ValueInfo {
  std::string_view name;
  Type type;
  Shape shape = Shape::unknown_rank();
};
// `names_axes`: an unnamed dynamic extent becomes the symbol <name>_<axis>.
ValueInfo read_value_info(Reading& reading, Bytes bytes, const Place& place, bool names_axes);
void read_type(Reading& reading, Bytes bytes, const Place& place, std::string_view axes_of, Type& type,
               Shape& shape);
DType dtype_of(std::int64_t code);  // unknown for codes that ONNX does not have

// --- tensor.cc
struct NamedTensor {
  std::string_view name;
  TensorData data;
};
NamedTensor read_tensor(Reading& reading, Bytes bytes, const Place& place);
NamedTensor read_sparse_tensor(Reading& reading, Bytes bytes, const Place& place);

// --- external.cc
void attach_external(Reading& reading, TensorData& data, std::span<const MetadataEntry> entries,
                     Int128 wanted, const Place& place, const std::byte* at);
void settle_spans(Reading& reading);

// --- module_scope.cc
std::string_view scope_from_name_scopes(Reading& reading, std::string_view text);
std::string_view scope_from_namespace(Reading& reading, std::string_view text);

// --- order.cc
void finish_graphs(Reading& reading);

}  // namespace haoline::onnx
