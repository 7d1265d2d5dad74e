// Images and boxes that ONNX lacks or spells otherwise.
#include "ops/op_table.h"
#include "ops/refuse.h"
#include "ops/shape_helpers.h"

namespace haoline {
namespace {

OpError infer_same(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  return infer_same_shape(call);
}

Dim number_or_data(OpCall& call, std::size_t operand, std::size_t axis) {
  const std::optional<std::vector<Dim>> given = call.integers(operand);
  return given && given->size() == 1 ? (*given)[0] : data_extent(call, axis);
}

// image [batch, height, width, channels], boxes [n, 4], the image of each box, height and width of the crops
OpError infer_crop_and_resize(OpCall& call) {
  DimPool& pool = call.pool();
  call.set_dtype(0, DType::float32);
  if (call.rank(0) != 4 || call.rank(1) != 2) {
    return refuse(pool, {"the image has rank ", call.rank(0), " and the boxes rank ", call.rank(1),
                         ", 4 and 2 are needed"});
  }
  const std::optional<std::vector<Dim>> size = call.integers(3);
  const bool is_known = size && size->size() == 2;
  call.set_shape(0, Shape{call.dim(1, 0), is_known ? (*size)[0] : Dim::unknown(),
                          is_known ? (*size)[1] : Dim::unknown(), call.dim(0, 3)});
  return std::nullopt;
}

// boxes [n, 4], scores [n], how many at most, thresholds: the boxes that stay, as indices; with three results
// also their scores, and last how many there are where they are padded
OpError infer_suppression(OpCall& call) {
  DimPool& pool = call.pool();
  const std::optional<std::vector<Dim>> most = call.integers(2);
  Dim bound = most && most->size() == 1 ? (*most)[0] : Dim::unknown();
  if (call.has_rank(1) && call.rank(1) == 1)
    bound = bound.is_unknown() ? call.dim(1, 0).dim() : pool.min(bound, call.dim(1, 0));
  const Dim count = call.data_symbol("boxes", bound);
  call.set_dtype(0, DType::int32);
  call.set_shape(0, Shape{count});
  const std::size_t last = call.output_count() - 1;
  if (last >= 2) {
    call.set_dtype(1, call.dtype(1));
    call.set_shape(1, Shape{count});
  }
  if (last >= 1) {
    call.set_dtype(last, DType::int32);
    call.set_shape(last, Shape{});
  }
  return std::nullopt;
}

// boxes [batch, n, classes, 4], scores [batch, n, classes], at most per class, at most in all, thresholds
OpError infer_combined_suppression(OpCall& call) {
  if (call.rank(0) != 4) return refuse(call.pool(), {"the boxes have rank ", call.rank(0), ", 4 is needed"});
  const Dim batch = call.dim(0, 0);
  const Dim count = number_or_data(call, 3, 1);
  call.set_shape(0, Shape{batch, count, Dim(4)});
  call.set_shape(1, Shape{batch, count});
  call.set_shape(2, Shape{batch, count});
  call.set_shape(3, Shape{batch});
  for (std::size_t i = 0; i < 3; ++i) call.set_dtype(i, DType::float32);
  call.set_dtype(3, DType::int32);
  return std::nullopt;
}

constexpr std::string_view kSuppression = "not counted: how many boxes are compared is data";

constexpr OpRow kRows[] = {
    {.op = Op::ColorAdjust,
     .category = Category::elementwise,
     .infer = infer_same,
     .cost = CostRule::per_output({.add = 2, .multiply = 2}),
     .counts = "2 multiplications and 2 additions per element",
     .any_rank = true},
    {.op = Op::CombinedNonMaxSuppression,
     .category = Category::slice,
     .infer = infer_combined_suppression,
     .cost = CostRule::unknown(),
     .counts = kSuppression},
    {.op = Op::CropAndResize,
     .category = Category::slice,
     .infer = infer_crop_and_resize,
     .cost = CostRule::per_output({.add = 3, .multiply = 4}),
     .counts = "a bilinear sample per element: 4 multiplications and 3 additions"},
    {.op = Op::SuppressBoxes,
     .category = Category::slice,
     .infer = infer_suppression,
     .cost = CostRule::unknown(),
     .counts = kSuppression},
};

}  // namespace

std::span<const OpRow> extra_image_rows() {
  return kRows;
}

}  // namespace haoline
