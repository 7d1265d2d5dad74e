// The state of turning a GraphDef into the model's graphs, and the steps that share it. Internal to the
// readers of TensorFlow's formats.
//
// A scope is a list of nodes under one set of names: the main graph, a function that is called, the body of a
// branch or loop. Only what its results need is translated, in the order of the file as far as that is an
// order of execution. A call is translated in place, with names below the call's; a body is a graph of its
// own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/small_vector.h"
#include "formats/format.h"
#include "formats/shared/graphdef.h"
#include "formats/shared/tensorflow_ops.h"
#include "ir/model.h"

namespace haoline::graphdef {

// Values that do not stand in the graph: variables of a checkpoint, the weights of a manifest.
struct StoredValue {
  const TensorData* data = nullptr;  // null: there is none
  const Quantization* quantization = nullptr;
  Trained trained = Trained::unsaid;
};
struct ValueSource {
  virtual ~ValueSource() = default;
  // Of a variable's node. `shared_name` is its name across graphs, often the one that a checkpoint uses.
  virtual StoredValue variable(std::string_view /*node*/, std::string_view /*shared_name*/) { return {}; }
  // Of a Const whose elements are elsewhere.
  virtual StoredValue constant(std::string_view /*node*/) { return {}; }
};

// A graph's interface as its file states it: "x:0". Empty lists: Placeholders, and what nobody consumes.
struct Interface {
  struct Port {
    std::string_view key;     // of a signature; else empty
    std::string_view tensor;  // "serving_default_x:0"
    std::int64_t type = 0;
    std::optional<PlainShape> shape = {};
  };
  std::vector<Port> inputs, outputs;
};

inline constexpr std::size_t kMaxDepth = 64;        // of calls and bodies in each other
inline constexpr std::uint32_t kMaxResults = 4096;  // of one node

struct Scope;

struct Building {
  Building(Context& read_context, Model& target, const ReadOptions& read_options, GraphDef& def)
      : context(read_context), model(target), options(read_options), source(def) {}

  Context& context;
  Model& model;
  const ReadOptions& options;
  GraphDef& source;
  ValueSource* values = nullptr;
  bool has_offsets = false;     // the records lie in the main file (not made from text)
  std::size_t source_size = 0;  // bytes of the file: what inlining may make of it is bounded by it

  std::size_t nodes = 0;
  std::uint64_t effort = 0;
  std::size_t missing_variables = 0;
  std::size_t kept_loops = 0;                  // back edges of TensorFlow 1
  std::vector<std::uint32_t> calls;            // of every function
  IdVector<GraphId, std::string_view> labels;  // of bodies: "then_branch"
  std::string key;                             // scratch

  bool ok() const { return context.ok(); }
  std::uint64_t offset_of(const std::byte* at) const { return has_offsets ? context.offset_of(at) : 0; }
  void fail(ErrorKind kind, const Scope& scope, std::uint32_t node, std::string message,
            std::string advice = {});
  void remark(Finding finding);
  void label(Bytes bytes, ByteLabel label, DType dtype = DType::unknown);
};

struct NodeState {
  bool is_needed = false;
  bool is_cut = false;          // a graph input stands in its place
  std::uint64_t used = 0;       // its results that somebody reads; bit 63 for that one and all beyond
  std::span<TensorId> results;  // once it is translated
};

struct Scope {
  GraphId graph;
  const NodeList* list = nullptr;
  FunctionDef* function = nullptr;  // null: the main graph
  Scope* caller = nullptr;          // also of a body: where its node stands
  std::size_t depth = 0;
  std::string_view prefix;  // "call/inner", of names that are made here
  NameTable names;          // of nodes to their index, of arguments with kArgument
  std::vector<TensorId> arguments;
  std::vector<NodeState> states;
};
inline constexpr std::uint32_t kArgument = 1u << 31;

// --- graphdef_build.cc
// The whole of it: graphs[0] of the model from the main graph.
void build(Building& building, const Interface& interface);
bool charge(Building& building, std::uint64_t units, const Scope& scope, std::uint32_t node);

// --- graphdef_scope.cc: names, what is needed, in which order
void open_scope(Building& building, Scope& scope, const NodeList& list);
struct Need {
  std::uint32_t node;
  std::uint32_t result;
};
void mark_needed(Building& building, Scope& scope, std::span<const Need> roots);
std::vector<std::uint32_t> execution_order(Building& building, Scope& scope);
// The tensor an endpoint stands for, once its node is translated. None for a control input and what has no
// value.
TensorId resolve(Building& building, Scope& scope, std::string_view endpoint, std::uint32_t user);
// Which node and result an endpoint means; false for an argument or a name that nothing has.
bool locate(Building& building, Scope& scope, const Endpoint& end, Need& need);
TensorId add_tensor(Building& building, const Scope& scope, std::string_view name, std::uint32_t result = 0);
std::string_view prefixed(Building& building, const Scope& scope, std::string_view name);
std::string_view module_of(std::string_view name);  // "a/b/Conv2D" -> "a/b"
void finish_names(Building& building);
void translate_nodes(Building& building, Scope& scope);  // all that are needed, in order

// --- graphdef_node.cc
void translate_node(Building& building, Scope& scope, std::uint32_t index);
Results results_of_node(Building& building, const Scope& scope, const NodeDef& node);
Type type_of(std::int64_t type);
Shape shape_of(Building& building, const PlainShape& shape);
// An input of the main graph in the place of a node's result.
TensorId add_input(Building& building, Scope& scope, std::string_view name, std::uint32_t result,
                   std::int64_t type, const std::optional<PlainShape>& shape, bool shares_batch);
TensorId add_constant(Building& building, Scope& scope, std::string_view name, const TensorData* data);

// --- graphdef_function.cc
// The function a node calls; null when it calls none.
FunctionDef* called_function(Building& building, const Scope& scope, const NodeDef& node);
void inline_call(Building& building, Scope& scope, std::uint32_t index, FunctionDef& function);
void translate_branches(Building& building, Scope& scope, std::uint32_t index);
void translate_while(Building& building, Scope& scope, std::uint32_t index);

// --- graphdef_tensor.cc
// A TensorProto as constant data. `name` is for a finding.
const TensorData* read_tensor(Building& building, Bytes bytes, const Place& place, std::string_view name);

}  // namespace haoline::graphdef
