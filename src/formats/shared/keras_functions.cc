// Functions between layers: TensorFlow's (TFOpLambda, SlicingOpLambda of Keras 2) and Keras 3's own
// operations. One table says what they are called canonically and how their arguments become operands.
#include <algorithm>
#include <array>
#include <iterator>

#include "formats/shared/keras_layer.h"

namespace haoline::keras {
namespace {

enum class Form : std::uint8_t {
  unary,
  binary,
  reduce,  // axis, keepdims
  concat,  // a list and an axis
  stack,
  reshape,
  transpose,
  unsqueeze,
  squeeze,
  matmul,
  cast,
  split,
  slice,
  softmax,
};
struct Function {
  std::string_view name;
  std::string_view canonical;
  Form form;
};
constexpr Function kFunctions[] = {
    {"abs", "Abs", Form::unary},
    {"absolute", "Abs", Form::unary},
    {"acos", "Acos", Form::unary},
    {"add", "Add", Form::binary},
    {"add_v2", "Add", Form::binary},
    {"amax", "ReduceMax", Form::reduce},
    {"amin", "ReduceMin", Form::reduce},
    {"arctan", "Atan", Form::unary},
    {"asin", "Asin", Form::unary},
    {"atan", "Atan", Form::unary},
    {"bias_add", "Add", Form::binary},
    {"cast", "Cast", Form::cast},
    {"ceil", "Ceil", Form::unary},
    {"concat", "Concat", Form::concat},
    {"concatenate", "Concat", Form::concat},
    {"cos", "Cos", Form::unary},
    {"cosh", "Cosh", Form::unary},
    {"divide", "Div", Form::binary},
    {"elu", "Elu", Form::unary},
    {"equal", "Equal", Form::binary},
    {"erf", "Erf", Form::unary},
    {"exp", "Exp", Form::unary},
    {"expand_dims", "Unsqueeze", Form::unsqueeze},
    {"floor", "Floor", Form::unary},
    {"floor_divide", "FloorDiv", Form::binary},
    {"floordiv", "FloorDiv", Form::binary},
    {"gelu", "Gelu", Form::unary},
    {"get_item", "StridedSlice", Form::slice},
    {"getitem", "StridedSlice", Form::slice},
    {"greater", "Greater", Form::binary},
    {"greater_equal", "GreaterOrEqual", Form::binary},
    {"hard_sigmoid", "HardSigmoid", Form::unary},
    {"hard_silu", "HardSwish", Form::unary},
    {"identity", "Identity", Form::unary},
    {"leaky_relu", "LeakyRelu", Form::unary},
    {"less", "Less", Form::binary},
    {"less_equal", "LessOrEqual", Form::binary},
    {"log", "Log", Form::unary},
    {"log_softmax", "LogSoftmax", Form::softmax},
    {"logical_and", "And", Form::binary},
    {"logical_not", "Not", Form::unary},
    {"logical_or", "Or", Form::binary},
    {"matmul", "MatMul", Form::matmul},
    {"max", "ReduceMax", Form::reduce},
    {"maximum", "Max", Form::binary},
    {"mean", "ReduceMean", Form::reduce},
    {"min", "ReduceMin", Form::reduce},
    {"minimum", "Min", Form::binary},
    {"mish", "Mish", Form::unary},
    {"mul", "Mul", Form::binary},
    {"multiply", "Mul", Form::binary},
    {"neg", "Neg", Form::unary},
    {"negative", "Neg", Form::unary},
    {"not_equal", "NotEqual", Form::binary},
    {"pow", "Pow", Form::binary},
    {"power", "Pow", Form::binary},
    {"prod", "ReduceProd", Form::reduce},
    {"reciprocal", "Reciprocal", Form::unary},
    {"reduce_max", "ReduceMax", Form::reduce},
    {"reduce_mean", "ReduceMean", Form::reduce},
    {"reduce_min", "ReduceMin", Form::reduce},
    {"reduce_prod", "ReduceProd", Form::reduce},
    {"reduce_sum", "ReduceSum", Form::reduce},
    {"relu", "Relu", Form::unary},
    {"reshape", "Reshape", Form::reshape},
    {"round", "Round", Form::unary},
    {"rsqrt", "Rsqrt", Form::unary},
    {"selu", "Selu", Form::unary},
    {"sigmoid", "Sigmoid", Form::unary},
    {"sign", "Sign", Form::unary},
    {"silu", "Swish", Form::unary},
    {"sin", "Sin", Form::unary},
    {"sinh", "Sinh", Form::unary},
    {"softmax", "Softmax", Form::softmax},
    {"softplus", "Softplus", Form::unary},
    {"softsign", "Softsign", Form::unary},
    {"split", "Split", Form::split},
    {"sqrt", "Sqrt", Form::unary},
    {"square", "Square", Form::unary},
    {"squared_difference", "SquaredDifference", Form::binary},
    {"squeeze", "Squeeze", Form::squeeze},
    {"stack", "Stack", Form::stack},
    {"stop_gradient", "Identity", Form::unary},
    {"sub", "Sub", Form::binary},
    {"subtract", "Sub", Form::binary},
    {"sum", "ReduceSum", Form::reduce},
    {"swish", "Swish", Form::unary},
    {"tan", "Tan", Form::unary},
    {"tanh", "Tanh", Form::unary},
    {"transpose", "Transpose", Form::transpose},
    {"true_divide", "Div", Form::binary},
    {"truediv", "Div", Form::binary},
};
static_assert(std::is_sorted(std::begin(kFunctions), std::end(kFunctions),
                             [](const Function& a, const Function& b) { return a.name < b.name; }));

const Function* find_function(std::string_view name) {
  const auto* at =
      std::lower_bound(std::begin(kFunctions), std::end(kFunctions), name,
                       [](const Function& f, std::string_view wanted) { return f.name < wanted; });
  return at != std::end(kFunctions) && at->name == name ? at : nullptr;
}

// Keras 3 states arguments of the operation in its config, those of the call beside the operands; Keras 2 has
// all in the keywords.
json::Value argument(const Layer& layer, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    for (const json::Value from : {layer.config[name], layer.keywords[name]}) {
      if (from && !from.is_null()) return from;
    }
  }
  return {};
}

std::vector<std::int64_t> integers(json::Value value) {
  if (value.is_object()) value = value["items"];
  if (value.is_number()) return {value.integer()};
  std::vector<std::int64_t> list;
  for (std::size_t i = 0; i < value.size(); ++i) list.push_back(value[i].integer(-1));
  return list;
}

bool is_reference(json::Value value) {
  return (value.is_object() && value["class_name"].text() == "__keras_tensor__") ||
         (value.is_array() && value.size() >= 3 && value[0].is_text() && value[1].is_integer());
}

// A number among the arguments, where the second operand is none of the graph's.
struct Scalar {
  bool found = false;
  bool is_first = false;
  double value = 0;
};
Scalar scalar_argument(const Layer& layer) {
  const json::Value args = layer.arguments;
  // Keras 3: [tensor, 2.0] or [2.0, tensor].
  for (std::size_t i = 0; i < args.size() && i < 2; ++i) {
    if (args[i].is_number() && !is_reference(args)) return {true, i == 0, args[i].number()};
  }
  if (args[0].is_array() && args[0][0].text() == "_CONSTANT_VALUE" && args[0][2].is_number())
    return {true, true, args[0][2].number()};
  if (args[0].text() == "_CONSTANT_VALUE" && args[2].is_number()) return {true, true, args[2].number()};
  for (const std::string_view name : {"y", "x2", "value"}) {
    if (layer.keywords[name].is_number()) return {true, false, layer.keywords[name].number()};
  }
  if (layer.keywords["x1"].is_number()) return {true, true, layer.keywords["x1"].number()};
  return {};
}

Shape broadcast_of(const Layer& layer, std::size_t a, std::size_t b) {
  if (!layer.has_rank(a) || !layer.has_rank(b)) return Shape::unknown_rank();
  const Shape &x = layer.shape(a), &y = layer.shape(b);
  const std::size_t rank = std::max(x.rank(), y.rank());
  Shape out;
  for (std::size_t i = 0; i < rank; ++i) {
    const Dim left = i + x.rank() < rank ? Dim(1) : x[i + x.rank() - rank];
    const Dim right = i + y.rank() < rank ? Dim(1) : y[i + y.rank() - rank];
    out.push_back(layer.pool().broadcast(left, right));
  }
  return out;
}

bool make_binary(Layer& layer, std::string_view canonical) {
  if (layer.in.size() >= 2) {
    layer.emit(canonical, {layer.in[0], layer.in[1]}, {}, {broadcast_of(layer, 0, 1)});
    return true;
  }
  const Scalar scalar = scalar_argument(layer);
  if (layer.in.size() != 1 || !scalar.found) return false;
  const TensorId number =
      layer.graph.float_scalar(std::string(layer.name) + "/value", static_cast<float>(scalar.value));
  const std::vector<TensorId> inputs = scalar.is_first ? std::vector<TensorId>{number, layer.in[0]}
                                                       : std::vector<TensorId>{layer.in[0], number};
  layer.emit(canonical, inputs, {}, {layer.shape(0)});
  return true;
}

bool make_reduce(Layer& layer, std::string_view canonical) {
  const json::Value given = argument(layer, {"axis"});
  std::vector<std::int64_t> axes = integers(given);
  const bool keep = argument(layer, {"keepdims", "keep_dims"}).boolean(false);
  Shape out = Shape::unknown_rank();
  if (layer.has_rank()) {
    const auto rank = static_cast<std::int64_t>(layer.rank());
    if (axes.empty()) {
      for (std::int64_t i = 0; i < rank; ++i) axes.push_back(i);
    }
    out = Shape{};
    for (std::int64_t i = 0; i < rank; ++i) {
      const bool gone =
          std::any_of(axes.begin(), axes.end(), [&](auto a) { return (a < 0 ? a + rank : a) == i; });
      if (!gone) out.push_back(layer.shape(0)[static_cast<std::size_t>(i)]);
      if (gone && keep) out.push_back(1);
    }
  }
  std::vector<TensorId> inputs{layer.in[0]};
  if (!axes.empty()) inputs.push_back(layer.numbers("axes", axes));
  layer.emit(canonical, inputs, {{"keepdims", keep ? 1 : 0}}, {std::move(out)});
  return true;
}

// What its own rule will find out is not worked out here: the shape stays open for it.
bool make_moved(Layer& layer, const Function& f) {
  switch (f.form) {
    case Form::concat: {
      const std::int64_t axis = argument(layer, {"axis"}).integer(-1);
      layer.emit(f.canonical, layer.in, {{"axis", axis}}, {Shape::unknown_rank()});
      Shape out = layer.shape(0);
      const std::int64_t along = axis < 0 ? axis + static_cast<std::int64_t>(out.rank()) : axis;
      if (!out.has_rank() || along < 0 || along >= static_cast<std::int64_t>(out.rank())) return true;
      for (std::size_t i = 1; i < layer.in.size(); ++i) {
        if (!layer.has_rank(i) || layer.rank(i) != out.rank()) return true;
        const auto at = static_cast<std::size_t>(along);
        out[at] = layer.pool().add(out[at], layer.shape(i)[at]);
      }
      layer.graph.graph().tensors[layer.out[0]].shape = out;
      return true;
    }
    case Form::stack:
      layer.emit(f.canonical, layer.in, {{"axis", argument(layer, {"axis"}).integer(0)}},
                 {Shape::unknown_rank()});
      return true;
    case Form::reshape: {
      std::vector<std::int64_t> shape = integers(argument(layer, {"newshape", "shape"}));
      if (shape.empty() && layer.arguments[1].is_array()) shape = integers(layer.arguments[1]);
      if (shape.empty()) return false;
      Shape out;
      for (const std::int64_t extent : shape)
        out.push_back(extent < 0 ? Dim::unknown() : layer.pool().number(extent));
      // One open extent in front is the batch if the rest is what one sample has.
      if (layer.has_rank() && layer.rank() > 0 && shape[0] < 0) {
        Expr own(1, layer.pool()), wanted(1, layer.pool());
        for (std::size_t i = 1; i < layer.rank(); ++i) own *= layer.shape(0)[i];
        for (std::size_t i = 1; i < out.rank(); ++i) wanted *= out[i];
        if (layer.pool().equal(own, wanted).value_or(false)) out[0] = layer.shape(0)[0];
      }
      layer.emit(f.canonical, {layer.in[0], layer.numbers("shape", shape)}, {}, {std::move(out)});
      return true;
    }
    case Form::transpose: {
      std::vector<std::int64_t> order = integers(argument(layer, {"axes", "perm"}));
      if (!layer.has_rank()) return false;
      const auto rank = static_cast<std::int64_t>(layer.rank());
      for (std::int64_t i = rank; order.empty() && i > 0; --i) order.push_back(i - 1);
      while (static_cast<std::int64_t>(order.size()) < rank && order.size() != 0) return false;
      Shape out;
      for (const std::int64_t axis : order) {
        if (axis < -rank || axis >= rank) return false;
        out.push_back(layer.shape(0)[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)]);
      }
      layer.emit(f.canonical, {layer.in[0]}, {{"perm", order}}, {std::move(out)});
      return true;
    }
    case Form::unsqueeze: {
      const std::int64_t axis = argument(layer, {"axis"}).integer(-1);
      Shape out = layer.shape(0);
      const std::int64_t at = axis < 0 ? axis + static_cast<std::int64_t>(out.rank()) + 1 : axis;
      if (!out.has_rank() || at < 0 || at > static_cast<std::int64_t>(out.rank())) return false;
      out.insert(static_cast<std::size_t>(at), 1);
      layer.emit(f.canonical, {layer.in[0], layer.numbers("axes", {axis})}, {}, {std::move(out)});
      return true;
    }
    case Form::squeeze: {
      const std::vector<std::int64_t> axes = integers(argument(layer, {"axis"}));
      std::vector<TensorId> inputs{layer.in[0]};
      if (!axes.empty()) inputs.push_back(layer.numbers("axes", axes));
      layer.emit(f.canonical, inputs, {}, {Shape::unknown_rank()});
      return true;
    }
    default:
      return false;
  }
}

bool make_split(Layer& layer) {
  const json::Value parts = argument(layer, {"indices_or_sections", "num_or_size_splits"});
  const std::int64_t count = parts.is_number() ? parts.integer() : 0;
  if (count < 1 || count > 1024) return false;
  const std::int64_t axis = argument(layer, {"axis"}).integer(0);
  layer.emit("Split", {layer.in[0]}, {{"axis", axis}, {"num_outputs", count}},
             std::vector<Shape>(static_cast<std::size_t>(count), Shape::unknown_rank()));
  return true;
}

bool make_cast(Layer& layer) {
  // ONNX numbers its element types.
  struct Number {
    std::string_view name;
    std::int64_t number;
  };
  constexpr Number kNumbers[] = {{"float32", 1},  {"uint8", 2},    {"int8", 3},    {"uint16", 4},
                                 {"int16", 5},    {"int32", 6},    {"int64", 7},   {"bool", 9},
                                 {"float16", 10}, {"float64", 11}, {"uint32", 12}, {"uint64", 13},
                                 {"bfloat16", 16}};
  const std::string_view wanted = argument(layer, {"dtype"}).text();
  for (const Number& n : kNumbers) {
    if (n.name != wanted) continue;
    layer.emit("Cast", {layer.in[0]}, {{"to", n.number}}, {layer.shape(0)});
    return true;
  }
  return false;
}

bool make_matmul(Layer& layer) {
  if (layer.in.size() < 2) return false;
  const bool turned =
      argument(layer, {"transpose_a"}).boolean(false) || argument(layer, {"transpose_b"}).boolean(false);
  if (turned) return false;
  Shape out = Shape::unknown_rank();
  if (layer.has_rank(0) && layer.rank(0) == layer.rank(1) && layer.rank(0) >= 2) {
    out = layer.shape(0);
    out[out.rank() - 1] = layer.shape(1).back();
  }
  layer.emit("MatMul", {layer.in[0], layer.in[1]}, {}, {std::move(out)});
  return true;
}

// x[:, 2:5, ..., 0]: begins, ends, steps and the masks of TensorFlow's strided slice.
bool make_slice(Layer& layer) {
  json::Value spec = argument(layer, {"slice_spec"});
  if (!spec) spec = layer.arguments[1];
  if (spec.is_object() && spec["class_name"].text() == "__tuple__")
    spec = spec["config"]["items"] ? spec["config"]["items"] : spec["items"];
  const bool single = !spec.is_array();
  std::vector<std::int64_t> begin, end, steps;
  std::int64_t begin_mask = 0, end_mask = 0, ellipsis = 0, shrink = 0, fresh = 0;
  const std::size_t count = single ? 1 : spec.size();
  if (!spec || count == 0 || count > 30) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const json::Value entry = single ? spec : spec[i];
    const std::int64_t bit = std::int64_t{1} << i;
    begin.push_back(0), end.push_back(0), steps.push_back(1);
    json::Value slice = entry;
    if (entry["class_name"].text() == "__slice__" || entry["class_name"].text() == "slice")
      slice = entry["config"];
    if (entry.is_number()) {
      shrink |= bit;
      begin.back() = entry.integer();
      end.back() = entry.integer() + 1;
      if (entry.integer() == -1) end_mask |= bit;
    } else if (entry.is_null() || entry["class_name"].text() == "__none__") {
      fresh |= bit;
    } else if (entry["class_name"].text() == "__ellipsis__" || entry["value"].text() == "Ellipsis" ||
               entry.text() == "Ellipsis") {
      ellipsis |= bit;
    } else if (slice.is_object() && (slice["stop"] || slice["start"])) {
      if (slice["start"].is_number())
        begin.back() = slice["start"].integer();
      else
        begin_mask |= bit;
      if (slice["stop"].is_number())
        end.back() = slice["stop"].integer();
      else
        end_mask |= bit;
      steps.back() = slice["step"].integer(1);
      if (!slice["start"].is_number() && slice["start"].is_array()) return false;  // another tensor
    } else {
      return false;
    }
  }
  layer.emit("StridedSlice", {layer.in[0]},
             {{"begin", begin},
              {"end", end},
              {"strides", steps},
              {"begin_mask", begin_mask},
              {"end_mask", end_mask},
              {"ellipsis_mask", ellipsis},
              {"new_axis_mask", fresh},
              {"shrink_axis_mask", shrink}},
             {Shape::unknown_rank()});
  return true;
}

}  // namespace

bool make_operation(Layer& layer, std::string_view function) {
  const std::size_t dot = function.rfind('.');
  if (dot != std::string_view::npos) function = function.substr(dot + 1);
  const Function* f = find_function(function);
  if (!f || layer.in.empty()) return false;
  switch (f->form) {
    case Form::unary:
      layer.emit(f->canonical, {layer.in[0]}, {}, {layer.shape(0)});
      return true;
    case Form::softmax:
      layer.emit(f->canonical, {layer.in[0]}, {{"axis", argument(layer, {"axis"}).integer(-1)}},
                 {layer.shape(0)});
      return true;
    case Form::binary:
      return make_binary(layer, f->canonical);
    case Form::reduce:
      return make_reduce(layer, f->canonical);
    case Form::matmul:
      return make_matmul(layer);
    case Form::split:
      return make_split(layer);
    case Form::slice:
      return make_slice(layer);
    case Form::cast:
      return make_cast(layer);
    default:
      return make_moved(layer, *f);
  }
}

void make_lambda_operator(Layer& layer) {
  const std::string function(layer.config["function"].text());
  if (!make_operation(layer, function.empty() ? layer.type : std::string_view(function)))
    layer.emit_as_itself();
}

}  // namespace haoline::keras
