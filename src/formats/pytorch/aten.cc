#include "formats/pytorch/aten.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace haoline::pytorch {
namespace {

const Value kMissing;

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end != 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

struct Code {
  DType dtype;
  std::int64_t torch;  // c10::ScalarType
  std::int64_t onnx;   // TensorProto.DataType
};
constexpr Code kCodes[] = {
    {DType::uint8, 0, 2},
    {DType::int8, 1, 3},
    {DType::int16, 2, 5},
    {DType::int32, 3, 6},
    {DType::int64, 4, 7},
    {DType::float16, 5, 10},
    {DType::float32, 6, 1},
    {DType::float64, 7, 11},
    {DType::complex64, 9, 14},
    {DType::complex128, 10, 15},
    {DType::boolean, 11, 9},
    {DType::int8, 12, 3},
    {DType::uint8, 13, 2},
    {DType::int32, 14, 6},
    {DType::bfloat16, 15, 16},
    {DType::float8_e5m2, 23, 19},
    {DType::float8_e4m3fn, 24, 17},
    {DType::float8_e5m2fnuz, 25, 20},
    {DType::float8_e4m3fnuz, 26, 18},
    {DType::uint16, 27, 4},
    {DType::uint32, 28, 12},
    {DType::uint64, 29, 13},
    {DType::float8_e8m0, 44, 24},
};

// Operators seen in exported programs that stay as themselves: their results are what the program declares.
constexpr std::string_view kAsThemselves[] = {"_cdist_forward",
                                              "_embedding_bag",
                                              "_fft_c2c",
                                              "_fft_c2r",
                                              "_fft_r2c",
                                              "_pdist_forward",
                                              "_trilinear",
                                              "_weight_norm",
                                              "addbmm",
                                              "addcdiv",
                                              "addcmul",
                                              "addmv",
                                              "addr",
                                              "affine_grid_generator",
                                              "as_strided",
                                              "bernoulli",
                                              "bilinear",
                                              "bincount",
                                              "bucketize",
                                              "cdist",
                                              "channel_shuffle",
                                              "col2im",
                                              "complex",
                                              "copy",
                                              "cosine_similarity",
                                              "cross",
                                              "cross_entropy_loss",
                                              "cummax",
                                              "cummin",
                                              "cumprod",
                                              "deg2rad",
                                              "diag_embed",
                                              "diagonal",
                                              "diff",
                                              "dist",
                                              "embedding_bag",
                                              "erfc",
                                              "erfinv",
                                              "exp2",
                                              "expm1",
                                              "eye",
                                              "fake_quantize_per_tensor_affine",
                                              "fill",
                                              "fold",
                                              "fractional_max_pool2d",
                                              "frac",
                                              "heaviside",
                                              "hypot",
                                              "im2col",
                                              "index_add",
                                              "index_copy",
                                              "index_fill",
                                              "index_put",
                                              "isclose",
                                              "kthvalue",
                                              "lerp",
                                              "linalg_inv",
                                              "linalg_norm",
                                              "linalg_solve",
                                              "linspace",
                                              "log10",
                                              "log1p",
                                              "log2",
                                              "logaddexp",
                                              "logit",
                                              "lgamma",
                                              "masked_scatter",
                                              "masked_select",
                                              "max_unpool2d",
                                              "median",
                                              "meshgrid",
                                              "mode",
                                              "multi_head_attention_forward",
                                              "multinomial",
                                              "nan_to_num",
                                              "nll_loss",
                                              "normal",
                                              "one_hot",
                                              "outer",
                                              "poisson",
                                              "polar",
                                              "pdist",
                                              "rand",
                                              "randn",
                                              "randint",
                                              "randperm",
                                              "repeat_interleave",
                                              "rot90",
                                              "rrelu",
                                              "scatter_reduce",
                                              "searchsorted",
                                              "select_scatter",
                                              "sgn",
                                              "sinc",
                                              "slice_scatter",
                                              "std",
                                              "std_mean",
                                              "sum_to_size",
                                              "take",
                                              "take_along_dim",
                                              "threshold",
                                              "trace",
                                              "trunc",
                                              "unfold",
                                              "unique",
                                              "unique2",
                                              "var",
                                              "var_mean",
                                              "view_as_complex",
                                              "view_as_real",
                                              "xlogy"};

}  // namespace

DType dtype_of_code(std::int64_t code) {
  for (const Code& row : kCodes) {
    if (row.torch == code) return row.dtype;
  }
  return DType::unknown;
}

std::int64_t onnx_code(DType dtype) {
  for (const Code& row : kCodes) {
    if (row.dtype == dtype) return row.onnx;
  }
  return 0;
}

std::span<const std::span<const AtenRow>> aten_tables() {
  static const std::array<std::span<const AtenRow>, 7> tables = {
      aten_layer_rows(),  aten_elementwise_rows(), aten_reduction_rows(), aten_movement_rows(),
      aten_making_rows(), aten_quantized_rows(),   aten_recurrent_rows()};
  return tables;
}

const AtenRow* find_aten(std::string_view name) {
  static const auto index = [] {
    std::unordered_map<std::string_view, const AtenRow*> rows;
    for (const std::span<const AtenRow> table : aten_tables()) {
      for (const AtenRow& row : table) rows.emplace(row.name, &row);
    }
    return rows;
  }();
  if (name.starts_with("aten::")) name.remove_prefix(6);
  if (const auto at = index.find(name); at != index.end()) return at->second;
  // In place is the same computation.
  if (name.size() > 1 && name.back() == '_' && !name.ends_with("__")) {
    if (const auto at = index.find(name.substr(0, name.size() - 1)); at != index.end()) return at->second;
  }
  return nullptr;
}

std::span<const SourceOperator> source_operators() {
  static const auto list = [] {
    std::vector<SourceOperator> operators;
    for (const std::span<const AtenRow> table : aten_tables()) {
      for (const AtenRow& row : table) operators.push_back({row.name, row.op});
    }
    for (const std::string_view name : kAsThemselves) operators.push_back({name, {}});
    std::sort(operators.begin(), operators.end(),
              [](const SourceOperator& a, const SourceOperator& b) { return a.name < b.name; });
    return operators;
  }();
  return list;
}

Translation::Translation(Writer& writer, const AtenRow& r, std::span<const Argument> arguments,
                         std::size_t results)
    : w(writer), row(r), wanted(results), parameters_(words_of(r.parameters)) {
  values_.resize(parameters_.size());
  std::size_t position = 0;
  for (const Argument& argument : arguments) {
    std::size_t at = position;
    if (!argument.keyword.empty()) {
      at = static_cast<std::size_t>(std::find(parameters_.begin(), parameters_.end(), argument.keyword) -
                                    parameters_.begin());
      if (at == parameters_.size()) continue;  // dtype, device and the like
    } else {
      ++position;
    }
    if (at >= values_.size()) {
      bound = bound && !argument.value.is_tensor();
      continue;
    }
    values_[at] = argument.value;
  }
  plan.op = row.op;
  plan.outputs.resize(1);
}

const Value& Translation::operator[](std::string_view parameter) const {
  const auto at = std::find(parameters_.begin(), parameters_.end(), parameter);
  return at == parameters_.end() ? kMissing : values_[static_cast<std::size_t>(at - parameters_.begin())];
}

std::optional<std::int64_t> Translation::integer(std::string_view parameter) const {
  const Value& value = (*this)[parameter];
  if (value.is(Value::Kind::integer) || value.is(Value::Kind::boolean)) return value.integer;
  if (value.is(Value::Kind::real)) return static_cast<std::int64_t>(value.real);
  // A list with one number, where a number is meant.
  if (value.is_items() && value.items->values.size() == 1 &&
      value.items->values[0].is(Value::Kind::integer)) {
    return value.items->values[0].integer;
  }
  return std::nullopt;
}

double Translation::real(std::string_view parameter, double otherwise) const {
  const Value& value = (*this)[parameter];
  return value.is_number() ? value.as_real() : otherwise;
}

bool Translation::boolean(std::string_view parameter, bool otherwise) const {
  const Value& value = (*this)[parameter];
  return value.is(Value::Kind::boolean) || value.is(Value::Kind::integer) ? value.integer != 0 : otherwise;
}

std::optional<std::vector<std::int64_t>> Translation::integers(std::string_view parameter) const {
  const Value& value = (*this)[parameter];
  if (value.is(Value::Kind::integer)) return std::vector<std::int64_t>{value.integer};
  if (!value.is_items()) return std::nullopt;
  std::vector<std::int64_t> out;
  for (const Value& item : value.items->values) {
    if (!item.is(Value::Kind::integer)) return std::nullopt;
    out.push_back(item.integer);
  }
  return out;
}

std::vector<std::int64_t> Translation::window(std::string_view parameter, std::size_t axes,
                                              std::int64_t otherwise) const {
  std::optional<std::vector<std::int64_t>> values = integers(parameter);
  if (!values || values->empty()) values = std::vector<std::int64_t>{otherwise};
  if (values->size() == 1) values->resize(axes, (*values)[0]);
  return *values;
}

std::optional<DType> Translation::dtype(std::string_view parameter) const {
  const Value& value = (*this)[parameter];
  if (value.is(Value::Kind::dtype)) return static_cast<DType>(value.integer);
  if (value.is(Value::Kind::integer)) return dtype_of_code(value.integer);
  return std::nullopt;
}

void Translation::operand(std::string_view parameter) {
  operand((*this)[parameter]);
}

void Translation::operand(const Value& value, DType like) {
  if (value.is_tensor()) {
    plan.inputs.push_back(w.in_here(value));
  } else if (value.is_number()) {
    plan.inputs.push_back(w.number(value, like));
  } else if (value.is_sequence()) {
    plan.inputs.push_back(w.in_here(Value::of_tensor(value.items->graph, value.items->sequence)));
  } else {
    absent();
  }
}

void Translation::number(std::string_view parameter, DType dtype) {
  operand((*this)[parameter], dtype);
}

void Translation::list(std::string_view parameter, std::int64_t unknown_stays) {
  if (const std::optional<std::vector<std::int64_t>> known = integers(parameter)) return list(*known);
  const Value& value = (*this)[parameter];
  if (value.is_tensor() || value.is_sequence()) return operand(value);
  if (!value.is_items()) return absent();
  // Numbers of the run among known ones: what TorchScript calls prim::ListConstruct.
  Plan construct;
  construct.op = "haoline.Stack";
  construct.source = "prim::ListConstruct";
  construct.scope = plan.scope;
  construct.attributes.push_back(Writer::attribute("axis", std::int64_t{0}));
  for (const Value& item : value.items->values) {
    construct.inputs.push_back(item.is_tensor()
                                   ? w.in_here(item)
                                   : w.integer(item.is(Value::Kind::integer) ? item.integer : unknown_stays));
  }
  construct.outputs.resize(1);
  plan.inputs.push_back(w.add(construct)[0]);
}

bool Translation::tensors(std::string_view parameter) {
  const Value& value = (*this)[parameter];
  if (value.is_tensor()) {
    operand(value);
    return true;
  }
  if (!value.is_items()) return false;
  for (const Value& item : value.items->values) operand(item);
  return true;
}

bool same(Translation& t) {
  t.operand(t[t.row.parameters.substr(0, t.row.parameters.find(' '))]);
  return t.plan.inputs[0].index != TensorId::kNone;
}

bool both(Translation& t) {
  const std::string_view first = t.row.parameters.substr(0, t.row.parameters.find(' '));
  const Value& a = t[first];
  const Value& b = t["other"].is(Value::Kind::missing) ? t["exponent"] : t["other"];
  if (!a.is_given() || !b.is_given()) return false;
  const auto type_for = [&](const Value& number, const Value& tensor) {
    const DType type = t.w.dtype_of(tensor);
    // A real number beside integers makes reals.
    if (number.is(Value::Kind::real) && type != DType::unknown && !is_float(type)) return DType::float32;
    if (type == DType::unknown && number.is(Value::Kind::integer) && !tensor.is_scalar) return DType::float32;
    return type;
  };
  t.operand(a, type_for(a, b));
  t.operand(b, type_for(b, a));
  const Value& alpha = t["alpha"];
  if (alpha.is_number() && alpha.as_real() != 1) t.set("alpha", alpha.as_real());
  return true;
}

}  // namespace haoline::pytorch
