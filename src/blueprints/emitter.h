// Adds inputs, nodes and constants to the main graph of a model that has only weights.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <variant>
#include <vector>

#include "ir/model.h"

namespace haoline::blueprints {

// A tensor on its way through the graph, and the extent of its last axis, which tells how a weight lies.
struct Value {
  TensorId id;
  std::int64_t width = 0;
  explicit operator bool() const { return bool(id); }
};

struct Attr {
  std::string_view name;  // a literal
  std::variant<std::int64_t, double, std::string_view, std::vector<std::int64_t>, DType> value;
};

class Emitter {
 public:
  Emitter(Model& model, DType activations, DType cache);

  TensorId input(std::string_view name, DType dtype, std::initializer_list<Dim> extents);
  // A node named `name` ("model.layers.3.self_attn.q_proj"); its scope is the name without the last part.
  // Returns the first result, the others follow it.
  TensorId node(Op op, std::string_view name, std::span<const TensorId> inputs,
                std::initializer_list<Attr> attributes = {}, std::size_t outputs = 1);
  TensorId node(Op op, std::string_view name, std::initializer_list<TensorId> inputs,
                std::initializer_list<Attr> attributes = {}, std::size_t outputs = 1) {
    return node(op, name, std::span(inputs.begin(), inputs.size()), attributes, outputs);
  }
  static TensorId result(TensorId first, std::uint32_t index) { return {first.index + index}; }
  TensorId integers(std::initializer_list<std::int64_t> values);  // a constant, made once
  void output(TensorId tensor, std::string_view name);            // and it is called so from now on

  Dim symbol(std::string_view name) { return model_.dims->symbol(name); }
  Dim number(std::int64_t value) { return model_.dims->number(value); }
  DimPool& dims() { return *model_.dims; }
  DType activations() const { return activations_; }
  DType cache_type() const { return cache_; }
  Arena& arena() { return model_.arena; }
  Graph& graph() { return graph_; }

 private:
  std::string_view unique(std::string_view wanted, std::string_view ending, std::size_t index);
  std::string_view scope_of(std::string_view node_name);
  Attribute attribute(const Attr& from);

  Model& model_;
  Graph& graph_;
  DType activations_, cache_;
  std::unordered_set<std::string_view> names_;  // of tensors and nodes
  std::map<std::vector<std::int64_t>, TensorId> integers_;
  std::string text_;
  std::string_view last_scope_;
};

}  // namespace haoline::blueprints
