// One node as its rule sees it: attributes with the defaults of its version, operand types, shapes and
// known values; and where the rule puts what it derives. A rule never sees the graph around the node.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ir/dim.h"
#include "ir/finding.h"
#include "ir/graph.h"
#include "ir/type.h"
#include "ir/value.h"
#include "ops/schema.h"

namespace haoline {

// What is known of one operand or result.
struct OperandFacts {
  Type type;
  Shape shape = Shape::unknown_rank();  // of a sequence or optional: of its elements, as far as they agree
  Value value;                          // elements, where known
  Dim length;                           // of a sequence: the number of elements; unknown otherwise
  // Of a short sequence whose making was followed: the shape of every element, in order; else null.
  std::shared_ptr<const std::vector<Shape>> elements = nullptr;
  bool is_constant = false;  // stored in the file, also if too large to be a Value
};

// A fact that must hold for the node to be valid, learned while inferring: a == b.
struct Constraint {
  enum class Kind : std::uint8_t { equal, divisible };  // divisible: a by b
  Kind kind = Kind::equal;
  Dim a;
  Dim b;
};

class OpCall {
 public:
  // `inputs` holds null for an absent optional operand. `outputs` has one entry per result of the node.
  OpCall(const Node& node, const Schema* schema, std::span<const OperandFacts* const> inputs,
         std::span<OperandFacts> outputs, DimPool& pool)
      : node_(node), schema_(schema), inputs_(inputs), outputs_(outputs), pool_(pool) {}

  const Node& node() const { return node_; }
  const Schema* schema() const { return schema_; }
  std::int32_t version() const { return node_.version; }  // of the operator set
  DimPool& pool() const { return pool_; }

  // --- operands
  std::size_t input_count() const { return inputs_.size(); }
  bool has(std::size_t i) const { return i < inputs_.size() && inputs_[i] != nullptr; }
  // Of an absent operand nothing is known: no type, no rank, no value.
  const OperandFacts& input(std::size_t i) const { return has(i) ? *inputs_[i] : absent(); }
  const Shape& shape(std::size_t i) const { return input(i).shape; }
  DType dtype(std::size_t i) const { return input(i).type.dtype; }
  bool has_rank(std::size_t i) const { return has(i) && inputs_[i]->shape.has_rank(); }
  std::size_t rank(std::size_t i) const { return shape(i).rank(); }
  // Extent of one axis; a negative axis counts from the end. Unknown when out of range.
  Expr dim(std::size_t i, std::int64_t axis) const;
  Expr elements(std::size_t i) const { return {element_count(shape(i), pool_), pool_}; }
  Expr number(std::int64_t n) const { return {pool_.number(n), pool_}; }

  // Known elements of operand i; null when nothing is known or it is absent.
  const Value* value(std::size_t i) const {
    return has(i) && inputs_[i]->value ? &inputs_[i]->value : nullptr;
  }
  // All elements as integer expressions, when every one is known.
  std::optional<std::vector<Dim>> integers(std::size_t i) const;
  // All elements as plain numbers, when every one is a number without symbols.
  std::optional<std::vector<std::int64_t>> constants(std::size_t i) const;
  std::optional<std::int64_t> scalar_constant(std::size_t i) const;  // of a one-element operand

  // --- attributes: the node's own, else the default of its version
  bool has_attribute(std::string_view name) const { return node_.attribute(name) != nullptr; }
  std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) const;
  double real(std::string_view name, double otherwise = 0) const;
  std::string_view text(std::string_view name, std::string_view otherwise = {}) const;
  std::span<const std::int64_t> integer_list(std::string_view name) const;  // empty when absent
  std::span<const float> real_list(std::string_view name) const;
  std::span<const std::string_view> text_list(std::string_view name) const;
  const TensorData* tensor(std::string_view name) const;  // null when absent
  const Type* type_attribute(std::string_view name) const;

  // --- results. Before a rule runs, every result has the element type that the schema derives from
  // the operands, and an unknown rank.
  std::size_t output_count() const { return outputs_.size(); }
  bool wants(std::size_t i) const { return i < outputs_.size() && bool(node_.outputs[i]); }
  const OperandFacts& output(std::size_t i) const { return i < outputs_.size() ? outputs_[i] : absent(); }
  const Shape& output_shape(std::size_t i) const { return output(i).shape; }
  Expr output_elements(std::size_t i) const { return {element_count(output_shape(i), pool_), pool_}; }
  // Setting a result the node does not have is allowed and does nothing.
  // A rank that no model has is a hostile claim (Gather of itself doubles it every time): not followed.
  static constexpr std::size_t kMaxRank = 128;
  void set_shape(std::size_t i, Shape shape) {
    if (i >= outputs_.size()) return;
    outputs_[i].shape = shape.rank() <= kMaxRank ? std::move(shape) : Shape::unknown_rank();
  }
  void set_dtype(std::size_t i, DType dtype) {
    if (i < outputs_.size()) outputs_[i].type.dtype = dtype;
  }
  void set_type(std::size_t i, Type type) {
    if (i < outputs_.size()) outputs_[i].type = std::move(type);
  }
  void set_value(std::size_t i, Value value) {
    if (i < outputs_.size()) outputs_[i].value = std::move(value);
  }
  void set_length(std::size_t i, Dim length) {
    if (i < outputs_.size()) outputs_[i].length = length;
  }
  void set_elements(std::size_t i, std::vector<Shape> shapes) {
    if (i < outputs_.size())
      outputs_[i].elements = std::make_shared<const std::vector<Shape>>(std::move(shapes));
  }
  void set_facts(std::size_t i, const OperandFacts& facts) {
    if (i < outputs_.size()) outputs_[i] = facts;
  }

  // An extent that only the data decides: a fresh symbol "<node>_<what>", bounded above where possible.
  Dim data_symbol(std::string_view what, Dim upper_bound = Dim::unknown());
  // A node that runs again (in a loop's body) gets the symbols of its first run, in order of their making.
  void reuse_data_symbols(std::vector<Dim>& symbols) { data_symbols_ = &symbols; }
  bool has_data_symbols() const { return data_symbols_made_ != 0; }

  // Two extents that have to be the same. Returns the better known of the two (a number over an expression
  // over unknown) and remembers the constraint where it is not trivial. A contradiction is remembered too:
  // the engine reports it with the place.
  Dim require_equal(Dim a, Dim b);
  void require_divisible(Dim a, Dim b);
  std::span<const Constraint> constraints() const { return constraints_; }

  // Multidirectional broadcast of shapes; an extent pair that contradicts is remembered as a constraint.
  Shape broadcast(const Shape& a, const Shape& b);

  // --- explaining. A rule names the quantities of its formula; nothing happens unless somebody listens.
  struct Note {
    std::string_view name;  // "out_channels", a literal
    Dim value;
  };
  void note(std::string_view name, Dim value) const {
    if (notes_) notes_->push_back({name, value});
  }
  void listen(std::vector<Note>& notes) { notes_ = &notes; }

 private:
  static const OperandFacts& absent();

  const Node& node_;
  const Schema* schema_;
  std::span<const OperandFacts* const> inputs_;
  std::span<OperandFacts> outputs_;
  DimPool& pool_;
  std::vector<Constraint> constraints_;
  std::vector<Note>* notes_ = nullptr;
  std::vector<Dim>* data_symbols_ = nullptr;
  std::size_t data_symbols_made_ = 0;
};

// The axis as an index into a rank, negative counted from the end; nullopt when out of range.
std::optional<std::size_t> normalize_axis(std::int64_t axis, std::size_t rank);

}  // namespace haoline
