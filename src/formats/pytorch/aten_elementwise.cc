// Element by element: activations, arithmetic, comparison, logic.
#include "formats/pytorch/aten.h"

namespace haoline::pytorch {
namespace {

bool clip(Translation& t) {
  t.operand("self");
  const DType type = t.dtype_of("self");
  if (t.row.extra == 6) {  // relu6
    t.operand(Value::number(0.0), type);
    t.operand(Value::number(6.0), type);
    return true;
  }
  if (t.row.extra == 1) {  // hardtanh
    t.operand(Value::number(t.real("min_val", -1)), type);
    t.operand(Value::number(t.real("max_val", 1)), type);
    return true;
  }
  t.number("min", type);
  t.number("max", type);
  return true;
}

// One real attribute, called as the parameter or as ONNX calls it.
bool with_alpha(Translation& t) {
  t.operand("self");
  if (t.has("negative_slope")) {
    t.set("alpha", t.real("negative_slope", 0.01));
  } else {
    t.set("alpha", t.real("alpha", t.row.op == "LeakyRelu" ? 0.01 : 1.0));
  }
  return true;
}

bool hard_sigmoid(Translation& t) {
  t.operand("self");
  t.set("alpha", 1.0 / 6.0);
  t.set("beta", 0.5);
  return true;
}

bool gelu(Translation& t) {
  t.operand("self");
  if (t["approximate"].is(Value::Kind::text)) t.set("approximate", t["approximate"].text);
  return true;
}

bool soft(Translation& t) {
  t.operand("self");
  t.set("axis", t.integer("dim", -1));
  return true;
}

bool prelu(Translation& t) {
  t.operand("self");
  t.operand("weight");
  return true;
}

bool glu(Translation& t) {
  t.operand("self");
  t.set("axis", t.integer("dim", -1));
  return true;
}

// other - alpha · self
bool reversed(Translation& t) {
  const Value& other = t["other"];
  DType type = t.dtype_of("self");
  if (type == DType::unknown) type = DType::float32;
  t.operand(other, type);
  t.operand("self");
  return true;
}

bool divide(Translation& t) {
  const Value& rounding = t["rounding_mode"];
  if (rounding.is(Value::Kind::text) && rounding.text == "floor") t.plan.op = "haoline.FloorDiv";
  if (rounding.is(Value::Kind::text)) t.set("rounding_mode", rounding.text);
  return both(t);
}

bool remainder(Translation& t) {
  if (t.row.extra == 1) t.set("fmod", std::int64_t{1});
  return both(t);
}

bool where(Translation& t) {
  if (!t.has("self") || !t.has("other")) return false;
  t.operand("condition");
  t.operand(t["self"], t.w.dtype_of(t["other"]));
  t.operand(t["other"], t.w.dtype_of(t["self"]));
  return true;
}

bool masked_fill(Translation& t) {
  t.operand("mask");
  t.operand(t["value"], t.dtype_of("self"));
  t.operand("self");
  return true;
}

bool dropout(Translation& t) {
  t.operand("input");
  return true;
}

constexpr AtenRow unary(std::string_view name, std::string_view op) {
  return {name, "self", same, op};
}
constexpr AtenRow binary(std::string_view name, std::string_view op) {
  return {name, "self other alpha", both, op};
}

constexpr AtenRow kRows[] = {
    unary("relu", "Relu"),
    {"relu6", "self", clip, "Clip", 6},
    {"hardtanh", "self min_val max_val", clip, "Clip", 1},
    {"clamp", "self min max", clip, "Clip"},
    {"clip", "self min max", clip, "Clip"},
    {"clamp_min", "self min", clip, "Clip"},
    {"clamp_max", "self max", clip, "Clip"},
    unary("sigmoid", "Sigmoid"),
    unary("tanh", "Tanh"),
    {"gelu", "self approximate", gelu, "Gelu"},
    unary("silu", "Swish"),
    unary("mish", "Mish"),
    unary("hardswish", "HardSwish"),
    {"hardsigmoid", "self", hard_sigmoid, "HardSigmoid"},
    {"leaky_relu", "self negative_slope", with_alpha, "LeakyRelu"},
    {"elu", "self alpha scale input_scale", with_alpha, "Elu"},
    {"celu", "self alpha", with_alpha, "Celu"},
    unary("selu", "Selu"),
    {"prelu", "self weight", prelu, "haoline.ChannelPRelu"},
    {"softplus", "self beta threshold", same, "Softplus"},
    unary("softsign", "Softsign"),
    unary("log_sigmoid", "haoline.LogSigmoid"),
    {"glu", "self dim", glu, "haoline.GatedHalf"},
    {"softmax", "self dim dtype", soft, "Softmax"},
    {"_softmax", "self dim half_to_float", soft, "Softmax"},
    {"log_softmax", "self dim dtype", soft, "LogSoftmax"},
    {"_log_softmax", "self dim half_to_float", soft, "LogSoftmax"},
    {"dropout", "input p train", dropout, "Dropout"},
    {"feature_dropout", "input p train", dropout, "Dropout"},
    {"alpha_dropout", "input p train", dropout, "Dropout"},
    binary("add", "Add"),
    binary("sub", "Sub"),
    binary("subtract", "Sub"),
    {"rsub", "self other alpha", reversed, "Sub"},
    binary("mul", "Mul"),
    binary("multiply", "Mul"),
    {"div", "self other rounding_mode", divide, "Div"},
    {"divide", "self other rounding_mode", divide, "Div"},
    binary("true_divide", "Div"),
    binary("floor_divide", "haoline.FloorDiv"),
    binary("floordiv", "haoline.FloorDiv"),
    {"remainder", "self other", remainder, "Mod"},
    {"fmod", "self other", remainder, "Mod", 1},
    {"pow", "self exponent", both, "Pow"},
    {"atan2", "self other", both, "haoline.Atan2"},
    {"maximum", "self other", both, "Max"},
    {"minimum", "self other", both, "Min"},
    unary("neg", "Neg"),
    unary("abs", "Abs"),
    unary("exp", "Exp"),
    unary("log", "Log"),
    unary("sqrt", "Sqrt"),
    unary("rsqrt", "haoline.Rsqrt"),
    unary("square", "haoline.Square"),
    unary("reciprocal", "Reciprocal"),
    unary("sin", "Sin"),
    unary("cos", "Cos"),
    unary("tan", "Tan"),
    unary("asin", "Asin"),
    unary("acos", "Acos"),
    unary("atan", "Atan"),
    unary("sinh", "Sinh"),
    unary("cosh", "Cosh"),
    unary("asinh", "Asinh"),
    unary("acosh", "Acosh"),
    unary("atanh", "Atanh"),
    unary("erf", "Erf"),
    unary("floor", "Floor"),
    unary("ceil", "Ceil"),
    unary("round", "Round"),
    unary("sign", "Sign"),
    unary("isnan", "IsNaN"),
    unary("isinf", "IsInf"),
    binary("eq", "Equal"),
    binary("ne", "haoline.NotEqual"),
    binary("gt", "Greater"),
    binary("ge", "GreaterOrEqual"),
    binary("lt", "Less"),
    binary("le", "LessOrEqual"),
    binary("logical_and", "And"),
    binary("logical_or", "Or"),
    binary("logical_xor", "Xor"),
    binary("__and__", "And"),
    binary("__or__", "Or"),
    unary("logical_not", "Not"),
    unary("__not__", "Not"),
    binary("bitwise_and", "BitwiseAnd"),
    binary("bitwise_or", "BitwiseOr"),
    binary("bitwise_xor", "BitwiseXor"),
    unary("bitwise_not", "BitwiseNot"),
    {"where", "condition self other", where, "Where"},
    {"masked_fill", "self mask value", masked_fill, "Where"},
};

}  // namespace

std::span<const AtenRow> aten_elementwise_rows() {
  return kRows;
}

}  // namespace haoline::pytorch
