// A TensorFlow graph as its file has it: nodes, attributes, functions. SavedModels, frozen graphs and
// TensorFlow.js all hold one; the text and JSON forms become wire bytes first (graphdef_text.h), so that one
// reader serves them all. What the records mean is graphdef_build.h's business.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/shared/graphdef_wire.h"
#include "formats/shared/name_table.h"
#include "ir/dtype.h"

namespace haoline::graphdef {

using protobuf::Context;
using protobuf::Fields;
using protobuf::Place;

// DataType's numbers that are no element types.
enum : std::int64_t { kResource = 20, kVariant = 21, kReference = 100 };
DType dtype_of(std::int64_t type);  // unknown for resource, variant and numbers that stand for nothing
std::int64_t type_named(std::string_view name);  // "DT_FLOAT" -> 1; 0 for names that nothing has

struct Attr {
  std::string_view name;
  Bytes value;  // an AttrValue
};

struct NodeDef {
  std::string_view name, op;
  std::uint32_t first_input = 0, input_count = 0;
  std::uint32_t first_attr = 0, attr_count = 0;
  const std::byte* tag = nullptr;  // where the record begins
};

struct NodeList {
  std::vector<NodeDef> nodes;
  std::vector<std::string_view> input_pool;  // as spelled: "x", "x:1", "x:values:0", "^x"
  std::vector<Attr> attr_pool;

  std::span<const std::string_view> inputs(const NodeDef& node) const {
    return std::span(input_pool).subspan(node.first_input, node.input_count);
  }
  std::span<const Attr> attrs(const NodeDef& node) const {
    return std::span(attr_pool).subspan(node.first_attr, node.attr_count);
  }
};

struct Arg {
  std::string_view name;
  std::int64_t type = 0;       // 0: as an attribute says
  std::string_view type_attr;  // of the call
  bool is_list = false;
};

struct FunctionDef {
  std::string_view name;
  std::vector<Arg> inputs, outputs;
  NodeList nodes;
  std::vector<Attr> results;   // output name -> where it comes from, as text bytes
  std::vector<Attr> controls;  // nodes that run for their effects
  Bytes record;
  std::uint32_t index = 0;
  bool is_read = false;  // a function is read when it is first called
};

struct GraphDef {
  NodeList nodes;
  std::vector<FunctionDef> functions;
  NameTable function_index;
  std::int64_t producer = 0;  // version of the graph's format
  std::int64_t min_consumer = 0;
};

void read_graph(Context& context, Bytes bytes, const Place& place, GraphDef& graph);
void read_function(Context& context, FunctionDef& function);
// One NodeDef record, appended.
void read_node(Context& context, Bytes bytes, const Place& place, const std::byte* tag, NodeList& list);
Attr read_entry(Context& context, Bytes bytes, const Place& place);  // of a map with text keys

// An axis of -1 is unknown.
struct PlainShape {
  bool has_rank = false;
  std::vector<std::int64_t> extents;
  std::vector<std::string_view> names;  // of axes; as many as extents, or none
};
PlainShape read_shape(Context& context, Bytes bytes, const Place& place);

// The attributes of one node, looked up by name. A missing one, or one of another kind, is the fallback.
class Attrs {
 public:
  Attrs(Context& context, std::span<const Attr> attrs) : context_(&context), attrs_(attrs) {}

  bool has(std::string_view name) const { return find(name) != nullptr; }
  std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) const;
  float real(std::string_view name, float otherwise = 0) const;
  bool boolean(std::string_view name, bool otherwise = false) const;
  std::string_view text(std::string_view name, std::string_view otherwise = {}) const;
  std::int64_t type(std::string_view name, std::int64_t otherwise = 0) const;
  std::optional<PlainShape> shape(std::string_view name) const;
  Bytes tensor(std::string_view name) const;               // a TensorProto; empty when there is none
  std::string_view function(std::string_view name) const;  // "" when there is none
  // Lists. Empty where there is none.
  std::vector<std::int64_t> integers(std::string_view name) const;
  std::vector<float> reals(std::string_view name) const;
  std::vector<std::string_view> texts(std::string_view name) const;
  std::vector<std::int64_t> types(std::string_view name) const;
  std::vector<PlainShape> shapes(std::string_view name) const;
  std::vector<std::string_view> functions(std::string_view name) const;
  std::span<const Attr> all() const { return attrs_; }

 private:
  const Attr* find(std::string_view name) const {
    for (const Attr& attr : attrs_) {
      if (attr.name == name) return &attr;
    }
    return nullptr;
  }
  template <class Step>
  void each(std::string_view name, std::uint32_t field, Step step) const;
  template <class Step>
  void each_listed(std::string_view name, std::uint32_t field, Step step) const;

  Context* context_;
  std::span<const Attr> attrs_;
};

// "x:values:2" -> {x, values, 2}; "^x" is a control input.
struct Endpoint {
  std::string_view node, result;
  std::uint32_t index = 0;
  bool is_control = false;
  bool is_valid = true;
};
Endpoint parse_endpoint(std::string_view text);

}  // namespace haoline::graphdef
