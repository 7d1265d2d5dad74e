// Elementwise, reduction and selection operators on quantized tensors (QLinear…), and the quantizers
// themselves. Quantized arithmetic costs what the float one does, with dequantization before and quantization
// after it.
#include "ops/microsoft/rules.h"
#include "ops/op_table.h"

namespace haoline {
namespace {

using namespace ms;

OpError broadcast_operands(OpCall& call, std::size_t a, std::size_t b) {
  if (!call.has_rank(a) || !call.has_rank(b)) return {};
  call.set_shape(0, call.broadcast(call.shape(a), call.shape(b)));
  return {};
}

OpError infer_binary(OpCall& call) {
  return broadcast_operands(call, 0, 3);
}

OpError infer_mul_integer(OpCall& call) {
  call.set_dtype(0, DType::int32);
  return broadcast_operands(call, 0, call.input_count() > 3 ? 2 : 1);
}

// condition, X, x_scale, x_zero_point, Y, …
OpError infer_where(OpCall& call) {
  if (!call.has_rank(0) || !call.has_rank(1) || !call.has_rank(4)) return {};
  call.set_shape(0, call.broadcast(call.broadcast(call.shape(0), call.shape(1)), call.shape(4)));
  return {};
}

// Y_scale, Y_zero_point, then (tensor, scale, zero point) for every part.
OpError infer_concat(OpCall& call) {
  if (!call.has_rank(2)) return {};
  const std::optional<std::size_t> axis = normalize_axis(call.integer("axis"), call.rank(2));
  if (!axis) return Message("the axis is out of range");
  Shape shape = call.shape(2);
  for (std::size_t i = 5; i < call.input_count(); i += 3) {
    if (!call.has_rank(i)) return {};
    if (call.rank(i) != shape.rank()) return Message("the parts differ in rank");
    for (std::size_t d = 0; d < shape.rank(); ++d) {
      shape[d] = d == *axis ? call.pool().add(shape[d], call.shape(i)[d])
                            : call.require_equal(shape[d], call.shape(i)[d]);
    }
  }
  call.set_shape(0, std::move(shape));
  call.set_dtype(0, call.has(1) ? call.dtype(1) : DType::unknown);
  return {};
}

OpError reduce(OpCall& call) {
  if (!call.has_rank(0)) return {};
  const std::size_t rank = call.rank(0);
  const bool keep = call.integer("keepdims", 1) != 0;
  std::vector<bool> reduced(rank, call.integer_list("axes").empty());
  for (const std::int64_t axis : call.integer_list("axes")) {
    const std::optional<std::size_t> at = normalize_axis(axis, rank);
    if (!at) return Message("an axis is out of range");
    reduced[*at] = true;
  }
  Shape shape;
  for (std::size_t d = 0; d < rank; ++d) {
    if (!reduced[d]) shape.push_back(call.shape(0)[d]);
    if (reduced[d] && keep) shape.push_back(1);
  }
  call.set_shape(0, std::move(shape));
  return {};
}

OpError infer_reduce_sum_integer(OpCall& call) {
  call.set_dtype(0, call.dtype(0) == DType::uint8 ? DType::uint32 : DType::int32);
  return reduce(call);
}

Cost cost_reduce_mean(const OpCall& call) {
  Cost cost;
  cost.add({.add = 2, .multiply = 1}, elements_of(call, 0), call.pool());
  cost.add({.add = 2, .divide = 2, .compare = 2}, call.output_elements(0), call.pool());
  return cost;
}

// --- quantizers

OpError infer_quantize(OpCall& call) {
  call.set_dtype(0, call.has(2) ? call.dtype(2) : DType::uint8);
  return same_as_first(call);
}

OpError infer_dequantize(OpCall& call) {
  return same_as_first(call);
}

OpError infer_quantize_ordered(OpCall& call) {
  call.set_dtype(0, DType::int8);
  return same_as_first(call);
}

OpError infer_dequantize_ordered(OpCall& call) {
  if (const std::optional<DType> dtype = dtype_attribute(call, "to")) call.set_dtype(0, *dtype);
  return same_as_first(call);
}

// Block floating point: how many bytes the blocks take is the format's business.
OpError infer_quantize_bfp(OpCall& call) {
  call.set_shape(0, Shape::of_unknown(1));
  call.set_dtype(0, DType::uint8);
  for (std::size_t i = 1; i <= 2; ++i) {
    call.set_dtype(i, DType::int64);
    if (call.has_rank(0)) call.set_shape(i, Shape{static_cast<std::int64_t>(call.rank(0))});
  }
  return {};
}

OpError infer_dequantize_bfp(OpCall& call) {
  call.set_dtype(0, dtype_attribute(call, "dtype").value_or(DType::float32));
  if (const std::optional<std::vector<Dim>> shape = call.integers(1)) {
    call.set_shape(0, Shape(std::span<const Dim>(*shape)));
  }
  return {};
}

// --- GatherBlockQuantized, GatherPacked: rows selected and dequantized

OpError infer_gather_blocks(OpCall& call) {
  if (!call.has_rank(0) || !call.has_rank(1)) return {};
  const Shape& data = call.shape(0);
  const std::optional<std::size_t> axis = normalize_axis(call.integer("gather_axis"), data.rank());
  if (!axis) return Message("gather_axis is out of range");
  Shape shape(data.first(*axis));
  shape.append(call.shape(1).dims());
  shape.append(data.dims().subspan(*axis + 1));
  const std::int64_t bits = call.integer("bits", 4);
  // Bytes hold several elements of the last axis; the sub-byte types count elements by themselves.
  if (call.dtype(0) == DType::uint8 && bits > 0 && bits < 8 && *axis + 1 < data.rank()) {
    Dim& last = shape[shape.rank() - 1];
    last = call.pool().multiply(last, Dim(8 / bits));
  }
  call.set_shape(0, std::move(shape));
  return {};
}

OpError infer_gather_packed(OpCall& call) {
  if (!call.has_rank(1)) return {};
  Shape shape = call.shape(1);
  shape.push_back(call.number(call.integer("K")));
  call.set_shape(0, std::move(shape));
  call.set_dtype(0, dtype_attribute(call, "output_dtype").value_or(DType::bfloat16));
  return {};
}

constexpr std::string_view kElementwise = "per element: dequantized, computed, quantized";
constexpr std::string_view kDequantized = "a subtraction and a multiplication per selected element";

constexpr OpRow kRows[] = {
    {.op = Op::MsQLinearAdd,
     .category = Category::elementwise,
     .infer = infer_binary,
     .cost = CostRule::per_output({.add = 5, .multiply = 2, .divide = 1, .compare = 2}),
     .counts = kElementwise,
     .alias = Alias::in_place,
     .any_rank = true},
    {.op = Op::MsQLinearMul,
     .category = Category::elementwise,
     .infer = infer_binary,
     .cost = CostRule::per_output({.add = 4, .multiply = 3, .divide = 1, .compare = 2}),
     .counts = kElementwise,
     .alias = Alias::in_place,
     .any_rank = true},
    {.op = Op::MsMulInteger,
     .category = Category::elementwise,
     .infer = infer_mul_integer,
     .cost = CostRule::per_output({.add = 2, .multiply = 1}),
     .counts = "(a - zero)·(b - zero)",
     .any_rank = true},
    {.op = Op::MsQLinearSigmoid,
     .category = Category::activation,
     .infer = same_as_first,
     .cost = CostRule::per_output({.add = 4, .multiply = 1, .divide = 2, .transcendental = 1, .compare = 2}),
     .counts = kElementwise,
     .alias = Alias::in_place_first,
     .any_rank = true},
    {.op = Op::MsQLinearLeakyRelu,
     .category = Category::activation,
     .infer = same_as_first,
     .cost = CostRule::per_output({.add = 3, .multiply = 2, .divide = 1, .compare = 3}),
     .counts = kElementwise,
     .alias = Alias::in_place_first,
     .any_rank = true},
    {.op = Op::MsQLinearSoftmax,
     .category = Category::activation,
     .infer = same_as_first,
     .cost = CostRule::per_output({.add = 5, .multiply = 1, .divide = 2, .transcendental = 1, .compare = 3}),
     .counts = kElementwise,
     .any_rank = true},
    {.op = Op::MsQLinearWhere,
     .category = Category::elementwise,
     .infer = infer_where,
     .cost = CostRule::per_output({.add = 3, .multiply = 1, .divide = 1, .compare = 3}),
     .counts = kElementwise,
     .any_rank = true},
    {.op = Op::MsQLinearConcat,
     .category = Category::concat,
     .infer = infer_concat,
     .cost = CostRule::per_output({.add = 3, .multiply = 1, .divide = 1, .compare = 2}),
     .counts = "per element: dequantized, quantized",
     .any_rank = true},
    {.op = Op::MsQLinearReduceMean,
     .category = Category::reduce,
     .infer = reduce,
     .cost = CostRule::formula(cost_reduce_mean),
     .counts = "an addition per element, a division per result",
     .any_rank = true},
    {.op = Op::MsReduceSumInteger,
     .category = Category::reduce,
     .infer = infer_reduce_sum_integer,
     .cost = CostRule::per_input({.add = 1}),
     .counts = "an addition per element",
     .any_rank = true},
    {.op = Op::MsQuantizeLinear,
     .category = Category::quantize,
     .infer = infer_quantize,
     .cost = CostRule::per_output(kQuantize),
     .counts = "per element: divided, rounded, shifted, saturated",
     .any_rank = true},
    {.op = Op::MsDequantizeLinear,
     .category = Category::quantize,
     .infer = infer_dequantize,
     .cost = CostRule::per_output(kDequantize),
     .counts = "per element: (q - zero)·scale",
     .any_rank = true},
    {.op = Op::MsQuantizeWithOrder,
     .category = Category::quantize,
     .infer = infer_quantize_ordered,
     .cost = CostRule::per_output(kQuantize),
     .counts = "per element: divided, rounded, saturated",
     .any_rank = true},
    {.op = Op::MsDequantizeWithOrder,
     .category = Category::quantize,
     .infer = infer_dequantize_ordered,
     .cost = CostRule::per_output({.multiply = 1}),
     .counts = "a multiplication per element",
     .any_rank = true},
    {.op = Op::MsQuantizeBFP,
     .category = Category::quantize,
     .infer = infer_quantize_bfp,
     .cost = CostRule::unknown(),
     .counts = "the block format is not public in detail",
     .any_rank = true},
    {.op = Op::MsDequantizeBFP,
     .category = Category::quantize,
     .infer = infer_dequantize_bfp,
     .cost = CostRule::unknown(),
     .counts = "the block format is not public in detail",
     .any_rank = true},
    {.op = Op::MsGatherBlockQuantized,
     .category = Category::embed,
     .infer = infer_gather_blocks,
     .cost = CostRule::per_output(kDequantize),
     .counts = kDequantized,
     .traffic = Traffic::gathered,
     .any_rank = true},
    {.op = Op::MsGatherPacked,
     .category = Category::embed,
     .infer = infer_gather_packed,
     .cost = CostRule::per_output({.multiply = 1}),
     .counts = "a multiplication per selected element",
     .any_rank = true},
};

}  // namespace

std::span<const OpRow> ms_quantized_rows() {
  return kRows;
}

}  // namespace haoline
