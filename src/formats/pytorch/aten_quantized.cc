// Quantized operators: integers in, integers out, with the scale and zero point of the result as arguments.
// A packed weight has been unpacked by the reader, so a quantized convolution is a Conv over integer tensors.
#include "formats/pytorch/aten.h"

namespace haoline::pytorch {
namespace {

std::string_view name_of(DType dtype) {
  return dtype == DType::unknown ? std::string_view("uint8") : name(dtype);
}

bool quantize(Translation& t) {
  t.operand("self");
  if (t["scale"].is_number()) {
    t.set("scale", t.real("scale", 1));
    t.set("zero_point", t.integer("zero_point", 0));
  } else {
    t.operand("scale");
    t.operand("zero_point");
  }
  if (t.has("axis")) t.set("axis", t.integer("axis", 0));
  t.set("dtype", name_of(t.dtype("dtype").value_or(DType::unknown)));
  return true;
}

bool dequantize(Translation& t) {
  t.operand("self");
  t.set("dtype", std::string_view("float32"));
  return true;
}

// (weight, bias, stride, padding, dilation, groups), as prepacking made it.
bool packed_convolution(Translation& t) {
  const Value& packed = t["packed"];
  if (!packed.is_items() || packed.items->values.size() < 6) return false;
  const auto& parts = packed.items->values;
  t.operand("self");
  t.operand(parts[0]);
  if (parts[1].is_tensor()) t.operand(parts[1]);
  const auto numbers = [&](const Value& list) {
    std::vector<std::int64_t> out;
    if (list.is_items()) {
      for (const Value& item : list.items->values) out.push_back(item.integer);
    }
    return out;
  };
  std::vector<std::int64_t> pads = numbers(parts[3]);
  const std::size_t axes = pads.size();
  for (std::size_t i = 0; i < axes; ++i) pads.push_back(pads[i]);
  t.set("strides", numbers(parts[2]));
  t.set("pads", pads);
  t.set("dilations", numbers(parts[4]));
  t.set("group", parts[5].integer);
  if (t.row.extra == 1) t.set("activation", std::string_view("Relu"));
  return true;
}

bool packed_linear(Translation& t) {
  const Value& packed = t["packed"];
  if (!packed.is_items() || packed.items->values.empty()) return false;
  t.operand("self");
  t.operand(packed.items->values[0]);
  if (packed.items->values.size() > 1 && packed.items->values[1].is_tensor())
    t.operand(packed.items->values[1]);
  t.set("keep_num_dims", std::int64_t{1});
  if (t.row.extra == 1) t.set("activation", std::string_view("Relu"));
  return true;
}

bool integer_both(Translation& t) {
  if (!both(t)) return false;
  if (t.row.extra == 1) t.set("activation", std::string_view("Relu"));
  return true;
}

bool integer_softmax(Translation& t) {
  t.operand("self");
  t.set("axis", t.integer("dim", -1));
  return true;
}

bool integer_join(Translation& t) {
  if (!t.tensors("tensors")) return false;
  t.set("axis", t.integer("dim", 0));
  return true;
}

constexpr std::string_view kPacked = "self packed scale zero_point";
constexpr std::string_view kBoth = "self other scale zero_point";

constexpr AtenRow kRows[] = {
    {"quantize_per_tensor", "self scale zero_point dtype", quantize, "haoline.Quantize"},
    {"quantize_per_channel", "self scale zero_point axis dtype", quantize, "haoline.Quantize"},
    {"quantize_per_tensor_dynamic", "self dtype reduce_range", quantize, "haoline.Quantize"},
    {"dequantize", "self", dequantize, "haoline.Dequantize"},
    {"quantized::conv1d", kPacked, packed_convolution, "Conv"},
    {"quantized::conv2d", kPacked, packed_convolution, "Conv"},
    {"quantized::conv3d", kPacked, packed_convolution, "Conv"},
    {"quantized::conv1d_relu", kPacked, packed_convolution, "Conv", 1},
    {"quantized::conv2d_relu", kPacked, packed_convolution, "Conv", 1},
    {"quantized::conv3d_relu", kPacked, packed_convolution, "Conv", 1},
    {"quantized::linear", kPacked, packed_linear, "haoline.FullyConnected"},
    {"quantized::linear_relu", kPacked, packed_linear, "haoline.FullyConnected", 1},
    {"quantized::linear_dynamic", "self packed reduce_range", packed_linear, "haoline.FullyConnected"},
    {"quantized::linear_relu_dynamic", "self packed reduce_range", packed_linear, "haoline.FullyConnected",
     1},
    {"quantized::linear_dynamic_fp16", "self packed", packed_linear, "haoline.FullyConnected"},
    {"quantized::add", kBoth, integer_both, "Add"},
    {"quantized::add_relu", kBoth, integer_both, "Add", 1},
    {"quantized::add_scalar", "self other", integer_both, "Add"},
    {"quantized::mul", kBoth, integer_both, "Mul"},
    {"quantized::mul_relu", kBoth, integer_both, "Mul", 1},
    {"quantized::mul_scalar", "self other", integer_both, "Mul"},
    {"quantized::matmul", kBoth, integer_both, "MatMul"},
    {"quantized::softmax", "self dim scale zero_point", integer_softmax, "Softmax"},
    {"quantized::cat", "tensors dim scale zero_point", integer_join, "Concat"},
    {"quantized::cat_relu", "tensors dim scale zero_point", integer_join, "Concat", 1},
    {"quantized::relu6", "self", same, "Relu"},
    {"quantized::hardswish", "self scale zero_point", same, "HardSwish"},
    {"quantized::leaky_relu", "self negative_slope inplace scale zero_point", same, "LeakyRelu"},
    {"quantized::sigmoid", "self scale zero_point", same, "Sigmoid"},
};

}  // namespace

std::span<const AtenRow> aten_quantized_rows() {
  return kRows;
}

}  // namespace haoline::pytorch
