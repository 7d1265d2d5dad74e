// One layer while it is translated: its operands, its attributes, and the node that it will be. Internal to
// this folder.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "formats/openvino/reading.h"

namespace haoline::openvino {

using Integers = SmallVector<std::int64_t, 6>;

class Layer {
 public:
  Layer(Reading& reading, GraphId graph, const LayerRecord& from)
      : record(from), reading_(reading), graph_(graph) {}

  const LayerRecord& record;
  SmallVector<TensorId, 8> inputs;  // of the node: the translation may reorder and drop
  NodeId node;                      // that it will be
  std::string_view name;            // of that node
  std::string_view path;            // of the graph it stands in
  Op op = Op::unknown;
  std::int32_t version = 0;  // 0: as the operator's domain has it
  std::vector<Attribute> attributes;
  GraphId graph() const { return graph_; }
  Reading& reading() const { return reading_; }
  std::size_t outputs() const { return record.outputs.size(); }

  // --- what the file says
  std::string_view get(std::string_view key) const { return record.get(key); }
  bool has(std::string_view key) const { return record.has(key); }
  std::int64_t integer(std::string_view key, std::int64_t otherwise) const {
    return parse_integer(record.get(key)).value_or(otherwise);
  }
  double real(std::string_view key, double otherwise) const {
    return parse_real(record.get(key)).value_or(otherwise);
  }
  bool flag(std::string_view key, bool otherwise) const { return parse_boolean(record.get(key), otherwise); }
  Integers integers(std::string_view key) const {
    return parse_integers(record.get(key)).value_or(Integers{});
  }
  // The elements of an operand that is a stored constant of few integers.
  std::optional<Integers> constant(std::size_t input) const;
  std::optional<double> real_constant(std::size_t input) const;  // of one element
  // As declared: of the port, else of the tensor. Nothing where the rank is not known.
  std::optional<std::size_t> rank(std::size_t input) const;
  std::int64_t dim(std::size_t input, std::size_t axis) const;  // -1: not known

  // --- what the node gets
  void set(std::string_view key, std::int64_t value) { attributes.push_back({key, value, {}}); }
  void set(std::string_view key, const Integers& values);
  void set(std::string_view key, std::string_view text) { attributes.push_back({key, text, {}}); }
  void set(std::string_view key, double value) { attributes.push_back({key, value, {}}); }
  void set_reals(std::string_view key, const SmallVector<float, 6>& values);
  void set(std::string_view key, GraphId body) { attributes.push_back({key, body, {}}); }
  // An operand that the file has as an attribute: a small integer constant of the graph.
  TensorId make_constant(std::string_view role, const Integers& values);
  void keep(std::size_t count) {
    if (inputs.size() > count) inputs.resize(count);
  }
  void drop(std::size_t input) {
    if (input < inputs.size()) inputs.erase(input);
  }
  bool has_input(std::size_t i) const { return i < inputs.size() && bool(inputs[i]); }

 private:
  const Tensor* tensor(std::size_t input) const;
  Reading& reading_;
  GraphId graph_;
};

// --- map.cc
struct Translation {
  std::string_view type;
  Op op = Op::unknown;
  // Fills the node. False: the layer stays as itself. Null: operands as they are, no attributes.
  bool (*translate)(Layer&) = nullptr;
};
const Translation* find_translation(std::string_view type, bool is_legacy);

// Families of the table, one file each.
std::span<const Translation> math_translations();      // map_math.cc
std::span<const Translation> movement_translations();  // map_movement.cc
std::span<const Translation> network_translations();   // map_network.cc: convolutions, pools, cells …
std::span<const Translation> control_translations();   // map_control.cc
std::span<const Translation> legacy_translations();    // map_legacy.cc: layers before version 10

}  // namespace haoline::openvino
