// Elementwise arithmetic, activations, comparisons, products, reductions.
#include "formats/openvino/layer.h"

namespace haoline::openvino {
namespace {

// "numpy" broadcasts as ONNX does. "pdpd" aligns the second operand at an axis: the same where it needs no
// axis.
bool broadcast(Layer& layer) {
  if (layer.get("auto_broadcast") != "pdpd") return true;
  return layer.rank(0) && layer.rank(0) == layer.rank(1);
}

bool mod(Layer& layer) {
  layer.set("fmod", std::int64_t{1});
  return broadcast(layer);
}

bool shift(Layer& layer) {
  layer.set("direction", layer.record.type == "BitwiseLeftShift" ? "LEFT" : "RIGHT");
  return true;
}

// The codes of ONNX's element types, which Cast has as a number.
std::int64_t onnx_code(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return 1;
    case DType::uint8:
      return 2;
    case DType::int8:
      return 3;
    case DType::uint16:
      return 4;
    case DType::int16:
      return 5;
    case DType::int32:
      return 6;
    case DType::int64:
      return 7;
    case DType::string:
      return 8;
    case DType::boolean:
      return 9;
    case DType::float16:
      return 10;
    case DType::float64:
      return 11;
    case DType::uint32:
      return 12;
    case DType::uint64:
      return 13;
    case DType::bfloat16:
      return 16;
    case DType::float8_e4m3fn:
      return 17;
    case DType::float8_e5m2:
      return 19;
    case DType::uint4:
      return 21;
    case DType::int4:
      return 22;
    case DType::float4_e2m1:
      return 23;
    case DType::float8_e8m0:
      return 24;
    case DType::uint2:
      return 25;
    default:
      return 0;
  }
}

bool convert(Layer& layer) {
  std::string_view type = layer.get("destination_type");
  if (type.empty()) type = layer.get("precision");
  if (type.empty() && layer.outputs() != 0) type = layer.record.outputs[0]->precision;
  const std::int64_t code = onnx_code(element_type(type).dtype);
  if (code == 0) return false;
  layer.set("to", code);
  layer.keep(1);
  return true;
}

bool convert_like(Layer& layer) {
  return layer.inputs.size() == 2;
}

// --- activations

bool clamp(Layer& layer) {
  layer.set("min", layer.real("min", -3.4028235e38));
  layer.set("max", layer.real("max", 3.4028235e38));
  layer.version = 6;  // where the limits are attributes
  return true;
}

bool elu(Layer& layer) {
  layer.set("alpha", layer.real("alpha", 1));
  return true;
}

bool along_axis(Layer& layer) {
  layer.set("axis", layer.integer("axis", 1));
  return true;
}

// Settings that ONNX has as attributes and this operator as operands.
bool take_settings(Layer& layer, std::string_view first, std::string_view second) {
  if (const auto value = layer.real_constant(1)) layer.set(first, *value);
  if (const auto value = layer.real_constant(2)) layer.set(second, *value);
  layer.keep(1);
  return true;
}
bool selu(Layer& layer) {
  return take_settings(layer, "alpha", "gamma");
}
bool hard_sigmoid(Layer& layer) {
  return take_settings(layer, "alpha", "beta");
}
bool hsigmoid(Layer& layer) {  // min(max(x + 3, 0), 6) / 6
  layer.set("alpha", 1.0 / 6);
  layer.set("beta", 0.5);
  return true;
}
bool swish(Layer& layer) {
  if (const auto beta = layer.real_constant(1)) layer.set("alpha", *beta);
  layer.keep(1);
  layer.version = 24;
  return true;
}
bool gelu(Layer& layer) {
  const std::string_view mode = layer.get("approximation_mode");
  layer.set("approximate", mode == "TANH" || mode == "tanh" ? "tanh" : "none");
  return true;
}
bool fake_quantize(Layer& layer) {
  layer.set("levels", layer.integer("levels", 256));
  return true;
}

// --- products

bool matmul(Layer& layer) {
  const bool a = layer.flag("transpose_a", false), b = layer.flag("transpose_b", false);
  if (!a && !b) return true;
  layer.op = Op::MsFusedMatMul;
  layer.set("transA", std::int64_t{a});
  layer.set("transB", std::int64_t{b});
  return true;
}

bool einsum(Layer& layer) {
  layer.set("equation", layer.get("equation"));
  return true;
}

bool attention(Layer& layer) {
  if (layer.rank(0) != 4 || layer.rank(1) != 4 || layer.rank(2) != 4) return false;
  layer.set("is_causal", std::int64_t{layer.flag("causal", false)});
  if (const auto scale = layer.real_constant(4)) layer.set("scale", *scale);
  layer.keep(4);
  layer.version = 23;
  return true;
}

// --- reductions: the axes are an operand, as in ONNX

bool reduce(Layer& layer) {
  layer.set("keepdims", std::int64_t{layer.flag("keep_dims", false)});
  layer.set("noop_with_empty_axes", std::int64_t{1});
  return true;
}

bool cumulate(Layer& layer) {
  layer.set("exclusive", std::int64_t{layer.flag("exclusive", false)});
  layer.set("reverse", std::int64_t{layer.flag("reverse", false)});
  return true;
}

constexpr Translation kRows[] = {
    {"Abs", Op::Abs},
    {"Acos", Op::Acos},
    {"Acosh", Op::Acosh},
    {"Add", Op::Add, broadcast},
    {"Asin", Op::Asin},
    {"Asinh", Op::Asinh},
    {"Atan", Op::Atan},
    {"Atanh", Op::Atanh},
    {"BitwiseAnd", Op::BitwiseAnd, broadcast},
    {"BitwiseLeftShift", Op::BitShift, shift},
    {"BitwiseNot", Op::BitwiseNot},
    {"BitwiseOr", Op::BitwiseOr, broadcast},
    {"BitwiseRightShift", Op::BitShift, shift},
    {"BitwiseXor", Op::BitwiseXor, broadcast},
    {"Ceiling", Op::Ceil},
    {"Clamp", Op::Clip, clamp},
    {"Convert", Op::Cast, convert},
    {"ConvertLike", Op::CastLike, convert_like},
    {"Cos", Op::Cos},
    {"Cosh", Op::Cosh},
    {"CumSum", Op::CumSum, cumulate},
    {"Divide", Op::Div, broadcast},
    {"Einsum", Op::Einsum, einsum},
    {"Elu", Op::Elu, elu},
    {"Equal", Op::Equal, broadcast},
    {"Erf", Op::Erf},
    {"Exp", Op::Exp},
    {"FakeQuantize", Op::FakeQuant, fake_quantize},
    {"Floor", Op::Floor},
    {"FloorMod", Op::Mod, broadcast},
    {"Gelu", Op::Gelu, gelu},
    {"Greater", Op::Greater, broadcast},
    {"GreaterEqual", Op::GreaterOrEqual, broadcast},
    {"HSigmoid", Op::HardSigmoid, hsigmoid},
    {"HSwish", Op::HardSwish},
    {"HardSigmoid", Op::HardSigmoid, hard_sigmoid},
    {"Identity", Op::Identity},
    {"Inverse", Op::MsInverse},
    {"IsFinite", Op::IsFinite},
    {"IsInf", Op::IsInf},
    {"IsNaN", Op::IsNaN},
    {"Less", Op::Less, broadcast},
    {"LessEqual", Op::LessOrEqual, broadcast},
    {"Log", Op::Log},
    {"LogSoftmax", Op::LogSoftmax, along_axis},
    {"LogicalAnd", Op::And, broadcast},
    {"LogicalNot", Op::Not},
    {"LogicalOr", Op::Or, broadcast},
    {"LogicalXor", Op::Xor, broadcast},
    {"MatMul", Op::MatMul, matmul},
    {"Maximum", Op::Max, broadcast},
    {"Minimum", Op::Min, broadcast},
    {"Mish", Op::Mish},
    {"Mod", Op::Mod, mod},
    {"Multiply", Op::Mul, broadcast},
    {"Negative", Op::Neg},
    {"NotEqual", Op::NotEqual, broadcast},
    {"PReLU", Op::PRelu},
    {"PRelu", Op::PRelu},
    {"Power", Op::Pow, broadcast},
    {"ReLU", Op::Relu},
    {"Relu", Op::Relu},
    {"ReduceL1", Op::ReduceL1, reduce},
    {"ReduceL2", Op::ReduceL2, reduce},
    {"ReduceLogicalAnd", Op::ReduceAll, reduce},
    {"ReduceLogicalOr", Op::ReduceAny, reduce},
    {"ReduceMax", Op::ReduceMax, reduce},
    {"ReduceMean", Op::ReduceMean, reduce},
    {"ReduceMin", Op::ReduceMin, reduce},
    {"ReduceProd", Op::ReduceProd, reduce},
    {"ReduceSum", Op::ReduceSum, reduce},
    {"Round", Op::Round},
    {"ScaledDotProductAttention", Op::Attention, attention},
    {"Select", Op::Where, broadcast},
    {"Selu", Op::Selu, selu},
    {"Sigmoid", Op::Sigmoid},
    {"Sign", Op::Sign},
    {"Sin", Op::Sin},
    {"Sinh", Op::Sinh},
    {"SoftMax", Op::Softmax, along_axis},
    {"Softmax", Op::Softmax, along_axis},
    {"SoftPlus", Op::Softplus},
    {"SoftSign", Op::Softsign},
    {"Sqrt", Op::Sqrt},
    {"SquaredDifference", Op::SquaredDifference, broadcast},
    {"Subtract", Op::Sub, broadcast},
    {"Swish", Op::Swish, swish},
    {"Tan", Op::Tan},
    {"Tanh", Op::Tanh},
    {"Xor", Op::Xor, broadcast},
};

}  // namespace

std::span<const Translation> math_translations() {
  return kRows;
}

}  // namespace haoline::openvino
