#include "formats/tensorrt/map.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace haoline::tensorrt {
namespace {

using Values = std::vector<std::int64_t>;

Values numbers(json::Value list) {
  Values out;
  for (std::size_t i = 0; i < list.size(); ++i) out.push_back(list[i].integer());
  return out;
}

// One word of a layer's parameters and the operator that it selects.
struct Choice {
  std::string_view word;
  std::string_view op;
};
template <std::size_t N>
std::string_view choose(const Choice (&choices)[N], std::string_view word) {
  const auto* found =
      std::find_if(std::begin(choices), std::end(choices), [&](const Choice& c) { return c.word == word; });
  return found == std::end(choices) ? std::string_view() : found->op;
}

constexpr Choice kElementwise[] = {
    {"SUM", "Add"},     {"PROD", "Mul"},        {"MAX", "Max"},  {"MIN", "Min"}, {"SUB", "Sub"},
    {"DIV", "Div"},     {"POW", "Pow"},         {"AND", "And"},  {"OR", "Or"},   {"XOR", "Xor"},
    {"EQUAL", "Equal"}, {"GREATER", "Greater"}, {"LESS", "Less"}};
constexpr Choice kActivations[] = {{"RELU", "Relu"},
                                   {"SIGMOID", "Sigmoid"},
                                   {"TANH", "Tanh"},
                                   {"LEAKY_RELU", "LeakyRelu"},
                                   {"ELU", "Elu"},
                                   {"SELU", "Selu"},
                                   {"SOFTSIGN", "Softsign"},
                                   {"SOFTPLUS", "Softplus"},
                                   {"CLIP", "Clip"},
                                   {"HARD_SIGMOID", "HardSigmoid"},
                                   {"THRESHOLDED_RELU", "ThresholdedRelu"},
                                   {"GELU_ERF", "Gelu"},
                                   {"GELU_TANH", "Gelu"}};
constexpr Choice kUnary[] = {
    {"EXP", "Exp"},     {"LOG", "Log"},     {"SQRT", "Sqrt"},  {"RECIP", "Reciprocal"}, {"ABS", "Abs"},
    {"NEG", "Neg"},     {"SIN", "Sin"},     {"COS", "Cos"},    {"TAN", "Tan"},          {"SINH", "Sinh"},
    {"COSH", "Cosh"},   {"ASIN", "Asin"},   {"ACOS", "Acos"},  {"ATAN", "Atan"},        {"ASINH", "Asinh"},
    {"ACOSH", "Acosh"}, {"ATANH", "Atanh"}, {"CEIL", "Ceil"},  {"FLOOR", "Floor"},      {"ERF", "Erf"},
    {"NOT", "Not"},     {"SIGN", "Sign"},   {"ROUND", "Round"}};
constexpr Choice kPools[] = {{"MAX", "MaxPool"}, {"AVERAGE", "AveragePool"}};

// The window of a convolution or pooling. Padding that a mode decides is left to the mode.
void window(json::Value layer, BuilderAttributes& out) {
  const Values strides = numbers(layer["Stride"]);
  if (!strides.empty()) out.emplace_back("strides", strides);
  const std::string_view mode = layer["PaddingMode"].text();
  if (mode == "kSAME_UPPER") out.emplace_back("auto_pad", "SAME_UPPER");
  if (mode == "kSAME_LOWER") out.emplace_back("auto_pad", "SAME_LOWER");
  if (mode.starts_with("kSAME")) return;
  Values pads = numbers(layer["PrePadding"]);
  const Values after = numbers(layer["PostPadding"]);
  pads.insert(pads.end(), after.begin(), after.end());
  if (!pads.empty()) out.emplace_back("pads", pads);
  if (mode.ends_with("ROUND_UP")) out.emplace_back("ceil_mode", 1);
}

Mapped convolution(json::Value layer, std::size_t operands) {
  // A second operand is what the kernel adds to the product before its activation.
  Mapped out{operands > 1 ? "com.microsoft.FusedConv" : "Conv", {}};
  window(layer, out.attributes);
  out.attributes.emplace_back("kernel_shape", numbers(layer["Kernel"]));
  const Values dilations = numbers(layer["Dilation"]);
  if (!dilations.empty()) out.attributes.emplace_back("dilations", dilations);
  out.attributes.emplace_back("group", layer["Groups"].integer(1));
  const std::string_view activation = layer["Activation"].text("NONE");
  if (activation != "NONE")
    out.attributes.emplace_back("activation", std::string(choose(kActivations, activation)));
  return out;
}

Mapped deconvolution(json::Value layer, std::size_t operands) {
  if (operands > 1) return {};
  Mapped out = convolution(layer, operands);
  out.op = "ConvTranspose";
  return out;
}

Mapped pooling(json::Value layer, std::size_t) {
  Mapped out{choose(kPools, layer["PoolingType"].text()), {}};
  window(layer, out.attributes);
  out.attributes.emplace_back("kernel_shape", numbers(layer["WindowSize"]));
  if (out.op == "AveragePool")
    out.attributes.emplace_back("count_include_pad", layer["AverageCountExcludesPadding"].integer(1) == 0);
  return out;
}

Mapped elementwise(json::Value layer, std::size_t operands) {
  std::string_view word = layer["Operation"].text(layer["ElementWiseOperation"].text());
  if (word.starts_with('k')) word.remove_prefix(1);
  return {operands == 2 ? choose(kElementwise, word) : std::string_view(), {}};
}

Mapped activation(json::Value layer, std::size_t) {
  std::string_view word = layer["ActivationType"].text(layer["Activation"].text());
  if (word.starts_with('k')) word.remove_prefix(1);
  return {choose(kActivations, word), {}};
}

Mapped unary(json::Value layer, std::size_t) {
  std::string_view word = layer["Operation"].text();
  if (word.starts_with('k')) word.remove_prefix(1);
  return {choose(kUnary, word), {}};
}

// A bit per axis.
std::int64_t only_axis(std::int64_t mask) {
  for (std::int64_t axis = 0; axis < 8; ++axis) {
    if (mask == std::int64_t{1} << axis) return axis;
  }
  return -1;
}

Mapped softmax(json::Value layer, std::size_t) {
  const std::int64_t axis = only_axis(layer["Axes"].integer());
  return axis < 0 ? Mapped{} : Mapped{"Softmax", {{"axis", axis}}};
}

Mapped concatenation(json::Value layer, std::size_t) {
  return layer["Axis"].is_integer() ? Mapped{"Concat", {{"axis", layer["Axis"].integer()}}} : Mapped{};
}

Mapped product(json::Value layer, std::size_t operands) {
  const auto plain = [&](std::string_view key) {
    const std::string_view word = layer[key].text("kNONE");
    return word == "kNONE" || word == "NONE";
  };
  return {operands == 2 && plain("OpA") && plain("OpB") ? "MatMul" : std::string_view(), {}};
}

// Copies that change layout, type, or nothing at all. The type or shape of the result says which.
Mapped copy(json::Value, std::size_t operands) {
  return {operands == 1 ? "Identity" : std::string_view(), {}};
}

struct Row {
  std::string_view kind;
  Mapped (*map)(json::Value, std::size_t);
};
constexpr Row kRows[] = {
    {"Convolution", convolution},
    {"Deconvolution", deconvolution},
    {"Pooling", pooling},
    {"ElementWise", elementwise},
    {"Activation", activation},
    {"Unary", unary},
    {"SoftMax", softmax},
    {"Concatenation", concatenation},
    {"MatrixMultiply", product},
    {"Reformat", copy},
    {"NoOp", copy},
    {"Cast", copy},
};

// The rest of TensorRT's LayerType (NvInfer.h) and what the builder makes of several: kept as themselves.
constexpr SourceOperator kLayers[] = {
    {"Convolution", "Conv"},
    {"Deconvolution", "ConvTranspose"},
    {"Pooling", "MaxPool, AveragePool"},
    {"ElementWise", "Add, Mul, Sub, Div, Max, Min, Pow, And, Or, Xor, Equal, Greater, Less"},
    {"Activation", "Relu, Sigmoid, Tanh, LeakyRelu, Elu, Selu, Softsign, Softplus, Clip, HardSigmoid, Gelu"},
    {"Unary", "Exp, Log, Sqrt, Reciprocal, Abs, Neg, Sin, Cos, …"},
    {"SoftMax", "Softmax"},
    {"Concatenation", "Concat"},
    {"MatrixMultiply", "MatMul"},
    {"Reformat", "Identity, Cast"},
    {"NoOp", "Identity, Reshape"},
    {"Cast", "Cast"},
    {"FullyConnected", ""},
    {"LRN", ""},
    {"Scale", ""},
    {"Plugin", ""},
    {"PluginV2", ""},
    {"PluginV3", ""},
    {"Padding", ""},
    {"Shuffle", ""},
    {"Reduce", ""},
    {"TopK", ""},
    {"Gather", ""},
    {"RaggedSoftMax", ""},
    {"Constant", ""},
    {"Identity", ""},
    {"Slice", ""},
    {"Shape", ""},
    {"ParametricReLU", ""},
    {"Resize", ""},
    {"TripLimit", ""},
    {"Recurrence", ""},
    {"Iterator", ""},
    {"LoopOutput", ""},
    {"Select", ""},
    {"Fill", ""},
    {"Quantize", ""},
    {"Dequantize", ""},
    {"Condition", ""},
    {"ConditionalInput", ""},
    {"ConditionalOutput", ""},
    {"Scatter", ""},
    {"Einsum", ""},
    {"Assertion", ""},
    {"OneHot", ""},
    {"NonZero", ""},
    {"GridSample", ""},
    {"NMS", ""},
    {"ReverseSequence", ""},
    {"Normalization", ""},
    {"Squeeze", ""},
    {"Unsqueeze", ""},
    {"Cumulative", ""},
    {"DynamicQuantize", ""},
    {"PointWise", ""},
    {"PointWiseV2", ""},
    {"Myelin", ""},
    {"kgen", ""},
    {"gemm", ""},
    {"Signal", ""},
    {"Wait", ""},
};

}  // namespace

std::string_view kind_of(json::Value layer) {
  const std::string_view type = layer["LayerType"].text();
  return layer["ParameterType"].text(type);
}

Mapped map_layer(json::Value layer, std::size_t operands) {
  const std::string_view kind = kind_of(layer);
  const auto* row =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.kind == kind; });
  return row == std::end(kRows) ? Mapped{} : row->map(layer, operands);
}

std::span<const SourceOperator> known_layers() {
  return kLayers;
}

}  // namespace haoline::tensorrt
