#include "ops/convolution.h"
#include "ops/onnx_dtype.h"
#include "ops/op_table.h"
#include "ops/product.h"
#include "ops/refuse.h"

namespace haoline {
namespace {

// --- QuantizeLinear, DequantizeLinear

// Per tensor (a scalar or one element), per axis, or one scale per block of `block_size` along the axis.
OpError check_scale(OpCall& call) {
  if (!call.has_rank(1)) return std::nullopt;
  DimPool& pool = call.pool();
  const Shape& data = call.shape(0);
  const Shape& scale = call.shape(1);
  const std::int64_t block = call.integer("block_size", 0);
  const std::optional<std::size_t> axis = normalize_axis(call.integer("axis", 1), data.rank());
  if (block > 0) {
    if (!axis || scale.rank() != data.rank()) {
      return refuse(pool, {"blocked scales have rank ", scale.rank(), ", the input ", data.rank()});
    }
    return std::nullopt;
  }
  if (scale.rank() != 1 || scale[0].is(1) || !axis) return std::nullopt;
  if (certainly_differ(pool, scale[0], data[*axis])) {
    return refuse(pool, {scale[0], " scales for an axis of extent ", data[*axis]});
  }
  return std::nullopt;
}

OpError infer_quantize(OpCall& call) {
  if (OpError error = check_scale(call)) return error;
  const std::int64_t wanted = call.integer("output_dtype", 0);
  if (call.has(2)) {
    call.set_dtype(0, call.dtype(2));
  } else {
    call.set_dtype(0, wanted != 0 ? dtype_of_onnx(wanted) : DType::uint8);
  }
  call.set_shape(0, call.shape(0));
  return std::nullopt;
}

OpError infer_dequantize(OpCall& call) {
  if (OpError error = check_scale(call)) return error;
  const std::int64_t wanted = call.integer("output_dtype", 0);
  if (wanted != 0) {
    call.set_dtype(0, dtype_of_onnx(wanted));
  } else if (call.has(1)) {
    call.set_dtype(0, call.dtype(1));
  }
  call.set_shape(0, call.shape(0));
  return std::nullopt;
}

OpError infer_dynamic_quantize(OpCall& call) {
  call.set_shape(0, call.shape(0));
  call.set_shape(1, Shape{});
  call.set_shape(2, Shape{});
  call.set_dtype(0, DType::uint8);
  call.set_dtype(1, DType::float32);
  call.set_dtype(2, DType::uint8);
  return std::nullopt;
}

// --- quantized convolutions and products: what the float ones do, on other slots

constexpr ConvOperands kQLinearConv{0, 3, 8, false};
OpError infer_qlinear_conv(OpCall& call) {
  if (call.has(7)) call.set_dtype(0, call.dtype(7));
  return infer_convolution(call, kQLinearConv);
}
Cost qlinear_conv_cost(const OpCall& call) {
  return convolution_cost(call, kQLinearConv);
}

constexpr ProductOperands kQLinearMatMul{0, 3, false, false};
OpError infer_qlinear_matmul(OpCall& call) {
  if (call.has(7)) call.set_dtype(0, call.dtype(7));
  return infer_matmul(call, kQLinearMatMul);
}
Cost qlinear_matmul_cost(const OpCall& call) {
  return matmul_cost(call, kQLinearMatMul);
}

OpError infer_matmul_integer(OpCall& call) {
  call.set_dtype(0, DType::int32);
  return infer_matmul(call);
}
Cost matmul_integer_cost(const OpCall& call) {
  return matmul_cost(call);
}

constexpr Work kQuantize{.add = 2, .divide = 1, .compare = 2};

constexpr OpRow kRows[] = {
    {.op = Op::QuantizeLinear,
     .category = Category::quantize,
     .infer = infer_quantize,
     .cost = CostRule::per_output(kQuantize),
     .counts =
         "5 operations per element: division by the scale, rounding, zero point, both ends of saturation"},
    {.op = Op::DequantizeLinear,
     .category = Category::quantize,
     .infer = infer_dequantize,
     .cost = CostRule::per_output({.add = 1, .multiply = 1}),
     .counts = "a subtraction and a multiplication per element"},
    {.op = Op::DynamicQuantizeLinear,
     .category = Category::quantize,
     .infer = infer_dynamic_quantize,
     .cost = CostRule::per_output({.add = 2, .divide = 1, .compare = 4}),
     .counts =
         "7 operations per element: smallest and largest, then division, rounding, zero point, saturation"},
    {.op = Op::QLinearConv,
     .category = Category::conv,
     .infer = infer_qlinear_conv,
     .cost = CostRule::formula(qlinear_conv_cost),
     .counts = kConvolutionCounts},
    {.op = Op::QLinearMatMul,
     .category = Category::linear,
     .infer = infer_qlinear_matmul,
     .cost = CostRule::formula(qlinear_matmul_cost),
     .counts = kMatMulCounts},
    {.op = Op::MatMulInteger,
     .category = Category::linear,
     .infer = infer_matmul_integer,
     .cost = CostRule::formula(matmul_integer_cost),
     .counts = kMatMulCounts},
};

}  // namespace

std::span<const OpRow> quantization_rows() {
  return kRows;
}

}  // namespace haoline
