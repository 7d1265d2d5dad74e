// Names that only old operator sets, old exporters and TensorRT's plugins use. Shapes follow the definitions
// that ONNX Runtime registers for them.
#include <algorithm>

#include "ops/op_table.h"
#include "ops/selection.h"
#include "ops/shape_helpers.h"

namespace haoline {
namespace {

// border: left, top, right, bottom. scale: height and width that are left, counted from the top left.
OpError infer_crop(OpCall& call) {
  DimPool& pool = call.pool();
  if (call.rank(0) != 4) return refuse(pool, {"operand has rank ", call.rank(0), ", [N, C, H, W] is needed"});
  const std::span<const std::int64_t> border = call.integer_list("border"),
                                      scale = call.integer_list("scale");
  if (border.size() != 4) return refuse(pool, {"border has ", border.size(), " numbers, 4 are needed"});
  Shape shape = call.shape(0);
  for (std::size_t i = 0; i < 2; ++i) {  // height, width
    const Dim lost = pool.add(pool.number(border[1 - i]), pool.number(border[3 - i]));
    shape[2 + i] = scale.size() == 2 ? pool.number(scale[i]) : pool.subtract(shape[2 + i], lost);
    if (certainly_below(pool, shape[2 + i], 0)) return Message("more is cropped than there is");
  }
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

OpError infer_given_tensor_fill(OpCall& call) {
  call.set_dtype(0, DType::float32);
  Shape shape;
  if (call.has(0) && call.integer("input_as_shape") != 0) {
    const auto dims = call.integers(0);
    if (!dims) return std::nullopt;
    for (const Dim dim : *dims) shape.push_back(dim);
  } else if (call.has(0)) {
    shape = call.shape(0);
  } else {
    for (const std::int64_t extent : call.integer_list("shape")) shape.push_back(call.pool().number(extent));
  }
  for (const std::int64_t extent : call.integer_list("extra_shape"))
    shape.push_back(call.pool().number(extent));
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

// Reset, update and output gates are operands; what is left is combining them with the state.
Cost gru_unit_cost(const OpCall& call) {
  Cost cost;
  cost.add({.add = 2, .multiply = 2, .transcendental = 2}, call.output_elements(0), call.pool());
  return cost;
}

// --- TensorRT plugins

OpError infer_efficient_nms(OpCall& call) {
  if (call.rank(0) < 1) return Message("boxes have no batch axis");
  const Dim batch = call.shape(0)[0];
  const bool given = call.has_attribute("max_output_boxes");
  const Dim most = given ? call.pool().number(call.integer("max_output_boxes")) : Dim::unknown();
  call.set_dtype(0, DType::int32);
  call.set_shape(0, {batch, 1});
  call.set_dtype(1, call.dtype(0));
  call.set_shape(1, {batch, most, 4});
  call.set_dtype(2, call.dtype(0));
  call.set_shape(2, {batch, most});
  call.set_dtype(3, DType::int32);
  call.set_shape(3, {batch, most});
  return std::nullopt;
}

// Boxes [batch, boxes, 4] cut out of feature maps [batch, channels, H, W].
OpError infer_pyramid_align(OpCall& call) {
  if (call.rank(0) != 3 || !call.has(1) || call.rank(1) != 4) {
    return Message("boxes of rank 3 and feature maps of rank 4 are needed");
  }
  const Dim size = call.pool().number(call.integer("pooled_size", 7));
  call.set_dtype(0, call.dtype(0));
  call.set_shape(0, {call.shape(0)[0], call.shape(0)[1], call.shape(1)[1], size, size});
  return std::nullopt;
}

OpError infer_same_as_first(OpCall& call) {
  infer_same_shape(call);
  call.set_dtype(0, call.dtype(0));
  return std::nullopt;
}

constexpr OpRow elementwise(Op op, Category category, Work work, std::string_view counts) {
  return {op,     category,       infer_same_shape,     CostRule::per_output(work),
          counts, Traffic::whole, Alias::in_place_first};
}
constexpr OpRow copy(Op op) {
  return {op,
          Category::control,
          infer_same_facts,
          CostRule::free(),
          "moved between devices, no arithmetic",
          Traffic::whole,
          Alias::none,
          true};
}

constexpr std::string_view kBilinear = "bilinear sampling: 3 sums and 4 products per element of the result";

constexpr OpRow kRows[] = {
    {Op::ATen, Category::unknown, nullptr, CostRule::unknown(),
     "a PyTorch operator by name: neither its results nor its cost are described"},
    elementwise(Op::Affine, Category::elementwise, {.add = 1, .multiply = 1}, "alpha·x + beta"),
    elementwise(Op::ImageScaler, Category::elementwise, {.add = 1, .multiply = 1},
                "scale·x + bias of the channel"),
    elementwise(Op::Scale, Category::elementwise, {.multiply = 1}, "scale·x"),
    elementwise(Op::ScaledTanh, Category::activation, {.multiply = 2, .transcendental = 1},
                "alpha·tanh(beta·x)"),
    elementwise(Op::ParametricSoftplus, Category::activation, {.add = 1, .multiply = 2, .transcendental = 2},
                "alpha·log(exp(beta·x) + 1)"),
    {Op::Crop, Category::slice, infer_crop, CostRule::free(), "elements are selected, no arithmetic",
     Traffic::gathered},
    {Op::DynamicSlice, Category::slice, infer_slice, CostRule::free(), "elements are selected, no arithmetic",
     Traffic::gathered},
    {Op::GivenTensorFill, Category::constant, infer_given_tensor_fill, CostRule::free(), "stored elements",
     Traffic::header},
    {Op::GRUUnit, Category::recurrent, infer_same_shape, CostRule::formula(gru_unit_cost),
     "per element of the state 2 sums, 2 products and 2 gate functions; its products are other nodes"},
    copy(Op::MemcpyFromHost),
    copy(Op::MemcpyToHost),
    {Op::DisentangledAttention_TRT, Category::attention, infer_same_as_first,
     CostRule::per_output({.add = 2, .multiply = 1}),
     "content scores plus two gathered position scores, times the factor; the products are other nodes"},
    {Op::EfficientNMS_TRT, Category::slice, infer_efficient_nms, CostRule::unknown(),
     "how many boxes are compared is data; no rule"},
    {Op::PyramidROIAlign_TRT, Category::pool, infer_pyramid_align,
     CostRule::per_output({.add = 3, .multiply = 4}), kBilinear},
    {Op::MultilevelCropAndResize_TRT, Category::pool, infer_pyramid_align,
     CostRule::per_output({.add = 3, .multiply = 4}), kBilinear},
};

}  // namespace

std::span<const OpRow> legacy_rows() {
  return kRows;
}

}  // namespace haoline
