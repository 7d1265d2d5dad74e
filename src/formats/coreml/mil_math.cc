// Elementwise operations, activations, products and reductions of ML programs.
#include "formats/coreml/call.h"

namespace haoline::coreml {
namespace {

// Element types as ML programs spell them in text arguments, and their ONNX codes.
struct NamedType {
  std::string_view name;
  std::int64_t code;
};
constexpr NamedType kTypes[] = {{"fp16", 10}, {"fp32", 1},    {"fp64", 11},  {"int8", 3},
                                {"uint8", 2}, {"int16", 5},   {"uint16", 4}, {"int32", 6},
                                {"int64", 7}, {"uint32", 12}, {"bool", 9}};

bool cast_to(Call& call, std::string_view key) {
  const std::string_view wanted = call.text(key, {});
  for (const NamedType& type : kTypes) {
    if (type.name != wanted) continue;
    call.set("to", type.code);
    return true;
  }
  return false;
}
bool cast(Call& call) {
  return cast_to(call, "dtype");
}
bool constexpr_cast(Call& call) {
  return cast_to(call, "output_dtype");
}

bool clip(Call& call) {
  call.set("min", call.real("alpha", 0));
  call.set("max", call.real("beta", 1));
  call.made.version = 6;
  return true;
}
bool relu6(Call& call) {
  call.set("min", 0.0);
  call.set("max", 6.0);
  call.made.version = 6;
  return true;
}
bool alpha(Call& call) {
  call.set("alpha", call.real("alpha", 1));
  return true;
}
bool alpha_beta(Call& call) {
  call.set("alpha", call.real("alpha", 1));
  call.set("beta", call.real("beta", 0));
  return true;
}
bool gelu(Call& call) {
  const std::string_view mode = call.text("mode", "EXACT");
  if (mode == "SIGMOID_APPROXIMATION") {
    call.made.op = Op::MsQuickGelu;
  } else {
    call.set("approximate", mode == "TANH_APPROXIMATION" ? "tanh" : "none");
  }
  return true;
}
bool silu(Call& call) {
  call.made.version = 24;
  return true;
}
bool axis(Call& call) {
  call.set("axis", call.integer("axis", -1));
  return true;
}

bool matmul(Call& call) {
  const bool x = call.flag("transpose_x", false), y = call.flag("transpose_y", false);
  if (!x && !y) return true;
  call.made.op = Op::MsFusedMatMul;
  call.set("transA", std::int64_t{x});
  call.set("transB", std::int64_t{y});
  return true;
}
bool linear(Call& call) {
  call.set("keep_num_dims", std::int64_t{1});
  return true;
}
bool einsum(Call& call) {
  const std::string_view equation = call.text("equation", {});
  call.set("equation", equation);
  return !equation.empty();
}
bool attention(Call& call) {
  call.made.version = 23;
  return call.rank("query") == 4 && call.rank("key") == 4 && call.rank("value") == 4;
}

// No axes: all of them.
bool reduce(Call& call) {
  call.set("keepdims", std::int64_t{call.flag("keep_dims", false)});
  return true;
}
bool arg(Call& call) {
  call.set("axis", call.integer("axis", -1));
  call.set("keepdims", std::int64_t{call.flag("keep_dims", false)});
  call.set("index_type", "int32");
  return true;
}
bool cumulate(Call& call) {
  if (call.made.inputs.size() < 2) call.add(call.make("axis", {call.integer("axis", 0)}, true));
  call.set("exclusive", std::int64_t{call.flag("exclusive", false)});
  call.set("reverse", std::int64_t{call.flag("reverse", false)});
  return true;
}

constexpr MilTranslation kRows[] = {
    {"abs", Op::Abs, "x"},
    {"acos", Op::Acos, "x"},
    {"add", Op::Add, "x y"},
    {"asin", Op::Asin, "x"},
    {"atan", Op::Atan, "x"},
    {"atanh", Op::Atanh, "x"},
    {"cast", Op::Cast, "x", cast},
    {"ceil", Op::Ceil, "x"},
    {"clamped_relu"},
    {"clip", Op::Clip, "x", clip},
    {"constexpr_cast", Op::Cast, "source_val", constexpr_cast},
    {"cos", Op::Cos, "x"},
    {"cosh", Op::Cosh, "x"},
    {"cumsum", Op::CumSum, "x axis", cumulate},
    {"einsum", Op::Einsum, "*values", einsum},
    {"elu", Op::Elu, "x", alpha},
    {"equal", Op::Equal, "x y"},
    {"erf", Op::Erf, "x"},
    {"exp", Op::Exp, "x"},
    {"exp2"},
    {"floor", Op::Floor, "x"},
    {"floor_div", Op::FloorDiv, "x y"},
    {"gelu", Op::Gelu, "x", gelu},
    {"greater", Op::Greater, "x y"},
    {"greater_equal", Op::GreaterOrEqual, "x y"},
    {"identity", Op::Identity, "x"},
    {"inverse", Op::Reciprocal, "x"},
    {"leaky_relu", Op::LeakyRelu, "x", alpha},
    {"less", Op::Less, "x y"},
    {"less_equal", Op::LessOrEqual, "x y"},
    {"linear", Op::FullyConnected, "x weight bias", linear},
    {"linear_activation", Op::Affine, "x", alpha_beta},
    {"log", Op::Log, "x"},
    {"logical_and", Op::And, "x y"},
    {"logical_not", Op::Not, "x"},
    {"logical_or", Op::Or, "x y"},
    {"logical_xor", Op::Xor, "x y"},
    {"matmul", Op::MatMul, "x y", matmul},
    {"maximum", Op::Max, "x y"},
    {"minimum", Op::Min, "x y"},
    {"mod", Op::Mod, "x y"},
    {"mul", Op::Mul, "x y"},
    {"not_equal", Op::NotEqual, "x y"},
    {"pow", Op::Pow, "x y"},
    {"prelu", Op::PRelu, "x alpha"},
    {"real_div", Op::Div, "x y"},
    {"reduce_argmax", Op::ArgMax, "x", arg},
    {"reduce_argmin", Op::ArgMin, "x", arg},
    {"reduce_l1_norm", Op::ReduceL1, "x axes", reduce},
    {"reduce_l2_norm", Op::ReduceL2, "x axes", reduce},
    {"reduce_log_sum", Op::ReduceLogSum, "x axes", reduce},
    {"reduce_log_sum_exp", Op::ReduceLogSumExp, "x axes", reduce},
    {"reduce_max", Op::ReduceMax, "x axes", reduce},
    {"reduce_mean", Op::ReduceMean, "x axes", reduce},
    {"reduce_min", Op::ReduceMin, "x axes", reduce},
    {"reduce_prod", Op::ReduceProd, "x axes", reduce},
    {"reduce_sum", Op::ReduceSum, "x axes", reduce},
    {"reduce_sum_square", Op::ReduceSumSquare, "x axes", reduce},
    {"relu", Op::Relu, "x"},
    {"relu6", Op::Clip, "x", relu6},
    {"round", Op::Round, "x"},
    {"rsqrt", Op::Rsqrt, "x"},
    {"scaled_dot_product_attention", Op::Attention, "query key value attn_mask", attention},
    {"scaled_tanh", Op::ScaledTanh, "x", alpha_beta},
    {"select", Op::Where, "cond a b"},
    {"sigmoid", Op::Sigmoid, "x"},
    {"sigmoid_hard", Op::HardSigmoid, "x", alpha_beta},
    {"sign", Op::Sign, "x"},
    {"silu", Op::Swish, "x", silu},
    {"sin", Op::Sin, "x"},
    {"sinh", Op::Sinh, "x"},
    {"softmax", Op::Softmax, "x", axis},
    {"softplus", Op::Softplus, "x"},
    {"softplus_parametric"},
    {"softsign", Op::Softsign, "x"},
    {"sqrt", Op::Sqrt, "x"},
    {"square", Op::Square, "x"},
    {"sub", Op::Sub, "x y"},
    {"tan", Op::Tan, "x"},
    {"tanh", Op::Tanh, "x"},
    {"threshold"},
    {"thresholded_relu", Op::ThresholdedRelu, "x", alpha},
};

}  // namespace

std::span<const MilTranslation> mil_math() {
  return kRows;
}

}  // namespace haoline::coreml
