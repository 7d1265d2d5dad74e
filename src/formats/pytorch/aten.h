// PyTorch's operators and what each is read as: tables of name, parameters in the order of the schema, the
// canonical operator, and the function that turns arguments into operands and attributes.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "formats/format.h"
#include "formats/pytorch/writer.h"

namespace haoline::pytorch {

class Translation;
// False: these arguments have no canonical form; the operator then stays as itself.
using Translate = bool (*)(Translation&);

struct AtenRow {
  std::string_view name;        // "conv2d"; of other namespaces "quantized::conv2d"
  std::string_view parameters;  // names in the order of the schema
  Translate translate = nullptr;
  std::string_view op;     // canonical
  std::int64_t extra = 0;  // what the function wants to know: spatial axes, a default
};
std::span<const std::span<const AtenRow>> aten_tables();
const AtenRow* find_aten(std::string_view name);  // "aten::relu_" finds relu as well
std::span<const SourceOperator> source_operators();

std::span<const AtenRow> aten_layer_rows();        // aten_layer.cc: convolutions, products, norms, pools
std::span<const AtenRow> aten_elementwise_rows();  // aten_elementwise.cc
std::span<const AtenRow> aten_reduction_rows();    // aten_reduction.cc
std::span<const AtenRow> aten_movement_rows();     // aten_movement.cc
std::span<const AtenRow> aten_making_rows();       // aten_making.cc: constants, types, shapes as values
std::span<const AtenRow> aten_quantized_rows();    // aten_quantized.cc
std::span<const AtenRow> aten_recurrent_rows();    // aten_recurrent.cc

struct Argument {
  std::string_view keyword;  // empty: by position
  Value value;
};

// One call being translated.
class Translation {
 public:
  Translation(Writer& writer, const AtenRow& row, std::span<const Argument> arguments, std::size_t wanted);

  Writer& w;
  const AtenRow& row;
  Plan plan;
  std::size_t wanted;  // results that the caller names; 0: it takes them as one list
  bool bound = true;   // false: an argument that the schema does not have

  const Value& operator[](std::string_view parameter) const;
  bool has(std::string_view parameter) const { return (*this)[parameter].is_given(); }

  std::optional<std::int64_t> integer(std::string_view parameter) const;
  std::int64_t integer(std::string_view parameter, std::int64_t otherwise) const {
    return integer(parameter).value_or(otherwise);
  }
  double real(std::string_view parameter, double otherwise) const;
  bool boolean(std::string_view parameter, bool otherwise = false) const;
  // A list of numbers, or one; nothing where one is only known when the model runs.
  std::optional<std::vector<std::int64_t>> integers(std::string_view parameter) const;
  // The same for a window of `axes` axes: one number stands for all.
  std::vector<std::int64_t> window(std::string_view parameter, std::size_t axes,
                                   std::int64_t otherwise) const;
  std::optional<DType> dtype(std::string_view parameter) const;

  // --- operands, in order
  void operand(std::string_view parameter);  // a tensor; absent if it is not given
  void operand(const Value& value, DType like = DType::unknown);
  void number(std::string_view parameter, DType dtype);                    // a scalar operand
  void list(std::string_view parameter, std::int64_t unknown_stays = -1);  // integers as a one-axis operand
  void list(std::vector<std::int64_t> values) { plan.inputs.push_back(w.integers(values)); }
  bool tensors(std::string_view parameter);  // every tensor of a list
  void absent() { plan.inputs.push_back({}); }
  DType dtype_of(std::string_view parameter) const { return w.dtype_of((*this)[parameter]); }
  std::optional<std::size_t> rank_of(std::string_view parameter) const {
    return w.rank_of((*this)[parameter]);
  }

  // --- attributes
  template <class T>
  void set(std::string_view name, T value) {
    plan.attributes.push_back(Writer::attribute(name, value));
  }
  void set(std::string_view name, const std::vector<std::int64_t>& values) {
    plan.attributes.push_back(w.attribute(name, values));
  }
  void results(std::size_t count) { plan.outputs.resize(count); }

 private:
  std::vector<std::string_view> parameters_;
  std::vector<Value> values_;
};

// --- translations that several tables use
bool same(Translation& t);               // the first operand, no attributes
bool both(Translation& t);               // two operands that broadcast; numbers take the type of the other
DType dtype_of_code(std::int64_t code);  // c10's scalar types, as TorchScript writes them
std::int64_t onnx_code(DType dtype);     // for Cast's `to`

}  // namespace haoline::pytorch
