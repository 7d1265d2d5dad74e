// Appends nodes and constants to the graphs of the model, and knows in which graph one stands: an outer
// tensor that a body needs is captured on the way down.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "formats/pytorch/reading.h"
#include "formats/pytorch/value.h"

namespace haoline::pytorch {

// A node to be. Operands are tensors of the current graph.
struct Plan {
  std::string_view op;      // canonical: "Conv", "haoline.Stack"; empty: nobody knows it
  std::string_view source;  // as the file spells it
  std::string_view name;    // the file's own; may be empty
  std::string_view scope;
  std::vector<TensorId> inputs;
  std::vector<Attribute> attributes;
  std::vector<std::string_view> outputs;  // names; empty ones are made up
  std::int32_t version = 21;
};

class Writer {
 public:
  explicit Writer(Reading& reading);

  Reading& reading() { return r_; }
  GraphId here() const { return here_; }
  Graph& graph() { return r_.model.graphs[here_]; }

  // --- operands
  TensorId in_here(const Value& tensor);  // captures from the graphs around this one
  TensorId add_tensor(std::string_view name);
  TensorId add_weight(std::string_view name, const StoredTensor& stored);  // to the main graph
  TensorId integers(std::span<const std::int64_t> values);                 // one axis
  TensorId integer(std::int64_t value);                                    // a scalar
  TensorId constant(const TensorData& data);
  TensorId number(const Value& value, DType dtype);  // a scalar of that type; unknown: float32 or int64
  DType dtype_of(const Value& value) const;          // as declared; unknown where nothing says it
  // Rank as declared; nothing where nothing says it.
  std::optional<std::size_t> rank_of(const Value& value) const;

  // --- attributes
  static Attribute attribute(std::string_view name, std::int64_t value) { return {name, value, {}}; }
  static Attribute attribute(std::string_view name, double value) { return {name, value, {}}; }
  static Attribute attribute(std::string_view name, std::string_view value) { return {name, value, {}}; }
  Attribute attribute(std::string_view name, const std::vector<std::int64_t>& values);
  Attribute attribute(std::string_view name, GraphId body) { return {name, body, {}}; }
  Attribute tensor_attribute(std::string_view name, const Value& element, DType dtype);

  // --- nodes
  std::vector<TensorId> add(const Plan& plan);

  // --- bodies
  // Begins a graph below the current one; the node that owns it follows when all its bodies are finished.
  GraphId begin_body(std::string_view name);
  void end_body(std::span<const TensorId> outputs);
  void resume_body(GraphId body) { here_ = body; }  // until end_body is called again
  NodeId last_node() { return NodeId{static_cast<std::uint32_t>(graph().nodes.size() - 1)}; }
  TensorId add_input(std::string_view name);
  // Names the bodies of a node just added.
  void adopt(NodeId owner, std::string_view attribute, GraphId body);

 private:
  struct Names {
    std::unordered_set<std::string_view> tensors, nodes;
    std::unordered_map<std::uint64_t, TensorId> captured;
  };
  std::string_view unique(std::unordered_set<std::string_view>& taken, std::string_view wanted,
                          std::string_view stem, std::size_t index, std::string_view& source);

  TensorId capture(GraphId into, GraphId from, TensorId tensor);

  Reading& r_;
  GraphId here_ = Model::kMain;
  IdVector<GraphId, Names> names_;
  std::unordered_map<std::string, Value> constants_;  // made up before, by content
};

}  // namespace haoline::pytorch
