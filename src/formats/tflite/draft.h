// An operator on its way to a node: operands, results and attributes as the file has them, until a
// translation has made them those of the canonical operator. Internal to this folder.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/small_vector.h"
#include "formats/tflite/reading.h"

namespace haoline::tflite {

struct Draft {
  Reading& r;
  GraphState& state;
  const Table& record;
  NodeId id;
  Table options = {};  // of either kind; none where the file has none
  Op op = Op::unknown;
  std::string_view op_type = {};
  std::int32_t version = 21;  // of ONNX's operators, whose signature the translation builds
  SmallVector<TensorId, 8> inputs = {};
  SmallVector<TensorId, 8> outputs = {};
  std::vector<Attribute> attributes = {};

  // --- what is known of operands and results
  bool has(std::size_t i) const { return i < inputs.size() && bool(inputs[i]); }
  const Tensor* input(std::size_t i) const {
    return has(i) ? &r.model.graphs[state.id].tensors[inputs[i]] : nullptr;
  }
  const Tensor* output(std::size_t i) const {
    return i < outputs.size() && outputs[i] ? &r.model.graphs[state.id].tensors[outputs[i]] : nullptr;
  }
  DType dtype_in(std::size_t i) const { return input(i) ? input(i)->type.dtype : DType::unknown; }
  DType dtype_out(std::size_t i) const { return output(i) ? output(i)->type.dtype : DType::unknown; }
  // The declared extent of one axis, counted from the end where negative; unknown where there is none.
  Dim extent(std::size_t i, int axis) const;
  // All elements of a constant operand of integers, if it is one of at most a few thousand.
  std::optional<std::vector<std::int64_t>> integers(std::size_t i) const;

  // --- attributes
  void add(std::string_view name, std::int64_t value) { attributes.push_back({name, value, {}}); }
  void add(std::string_view name, int value) { add(name, std::int64_t{value}); }
  void add_real(std::string_view name, double value) { attributes.push_back({name, value, {}}); }
  void add(std::string_view name, std::string_view text) { attributes.push_back({name, text, {}}); }
  void add(std::string_view name, const char* text) { add(name, std::string_view(text)); }
  void add(std::string_view name, std::span<const std::int64_t> list) {
    attributes.push_back({name, r.model.arena.copy(list), {}});
  }
  void add(std::string_view name, std::initializer_list<std::int64_t> list) {
    add(name, std::span<const std::int64_t>(list.begin(), list.size()));
  }
  void add_body(std::string_view name, Field field);  // the subgraph that this option names
  // Takes the operands in another order; a number beyond them is an absent operand.
  void reorder(std::initializer_list<std::size_t> order);
  void become(Op canonical, std::int32_t since = 21) {
    op = canonical;
    version = since;
  }
};

using Translation = void (*)(Draft&);

// A builtin operator: which canonical one it is, and what has to change for that. Its options become
// attributes by themselves (options.cc).
struct Builtin {
  std::string_view name;
  Op op = Op::unknown;  // before the translation, which may choose another
  Translation translate = nullptr;
};
const Builtin* find_builtin(std::int64_t code);  // null: newer than our list

// Attributes of the options in hand, by the table of their kind.
void read_options(Draft& draft, std::uint8_t kind, bool is_second_union);

}  // namespace haoline::tflite
