#include <algorithm>

#include "ops/op_table.h"
#include "ops/refuse.h"
#include "ops/resize.h"

namespace haoline {
namespace {

// --- GridSample, AffineGrid

OpError infer_grid_sample(OpCall& call) {
  DimPool& pool = call.pool();
  const Shape& image = call.shape(0);
  const Shape& grid = call.shape(1);
  if (image.rank() < 3 || grid.rank() != image.rank()) {
    return refuse(pool, {"the image has rank ", image.rank(), ", the grid ", grid.rank()});
  }
  const std::size_t spatial = image.rank() - 2;
  if (certainly_differ(pool, grid.back(), Dim(static_cast<std::int64_t>(spatial)))) {
    return refuse(pool,
                  {"the grid has ", grid.back(), " coordinates per point for ", spatial, " spatial axes"});
  }
  if (certainly_differ(pool, image[0], grid[0])) {
    return refuse(pool, {"the image has batch ", image[0], ", the grid ", grid[0]});
  }
  Shape out{call.require_equal(image[0], grid[0]), image[1]};
  for (std::size_t i = 1; i <= spatial; ++i) out.push_back(grid[i]);
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

Cost grid_sample_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  if (call.rank(0) < 3) return Cost::unknown();
  const Interpolation per_element = interpolation(call.text("mode", "linear"), call.rank(0) - 2);
  Cost cost;
  // Every coordinate is scaled from -1 … 1 to the image.
  cost.add({.add = 2, .multiply = 2}, call.elements(1), pool);
  if (per_element.additions != 0) {
    cost.add(Arith::multiply, call.output_elements(0) * per_element.multiplications, pool);
    cost.add(Arith::add, call.output_elements(0) * per_element.additions, pool);
  }
  return cost;
}

OpError infer_affine_grid(OpCall& call) {
  DimPool& pool = call.pool();
  if (call.rank(0) != 3) return refuse(pool, {"theta has rank ", call.rank(0), ", it has to be 3"});
  const std::optional<std::vector<Dim>> size = call.integers(1);
  std::optional<std::int64_t> rank;
  if (size) {
    rank = static_cast<std::int64_t>(size->size());
  } else if (call.rank(1) == 1) {
    rank = call.dim(1, 0).dim().number();
  }
  if (!rank && call.dim(0, 1).dim().number()) rank = *call.dim(0, 1).dim().number() + 2;
  if (!rank) return std::nullopt;
  if (*rank != 4 && *rank != 5) return refuse(pool, {"size has ", *rank, " entries, it has to have 4 or 5"});
  Shape out{call.dim(0, 0)};
  for (std::size_t i = 2; i < static_cast<std::size_t>(*rank); ++i)
    out.push_back(size ? (*size)[i] : Dim::unknown());
  if (size) out[0] = call.require_equal(out[0], (*size)[0]);
  out.push_back(Dim(*rank - 2));
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

Cost affine_grid_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  const Expr taps = call.output_elements(0) * call.dim(0, -1);
  Cost cost;
  cost.add({.add = 1, .multiply = 1}, taps, pool);
  return cost;
}

// --- RoiAlign

OpError infer_roi_align(OpCall& call) {
  DimPool& pool = call.pool();
  if (call.rank(0) != 4 || call.rank(1) != 2) {
    return refuse(pool, {"the image has rank ", call.rank(0), " and the regions rank ", call.rank(1),
                         ", RoiAlign needs 4 and 2"});
  }
  Dim regions = call.dim(1, 0);
  if (call.has_rank(2) && call.rank(2) == 1) {
    if (certainly_differ(pool, regions, call.dim(2, 0))) {
      return refuse(pool, {regions, " regions have ", call.dim(2, 0), " batch indices"});
    }
    regions = call.require_equal(regions, call.dim(2, 0));
  }
  call.set_shape(0, Shape{regions, call.dim(0, 1), pool.number(call.integer("output_height", 1)),
                          pool.number(call.integer("output_width", 1))});
  return std::nullopt;
}

// With sampling_ratio 0 the number of samples follows the size of each region: not known.
Cost roi_align_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  const std::int64_t ratio = call.integer("sampling_ratio", 0);
  const Expr grid = ratio > 0 ? Expr(pool.multiply(pool.number(ratio), pool.number(ratio)), pool)
                              : Expr(Dim::unknown(), pool);
  const Expr samples = call.output_elements(0) * grid;
  Cost cost;
  cost.add({.add = 3, .multiply = 4}, samples, pool);
  if (call.text("mode", "avg") == "max") {
    cost.add(Arith::compare, samples, pool);
  } else {
    cost.add(Arith::add, samples, pool);
    cost.add(Arith::divide, call.output_elements(0), pool);
  }
  call.note("samples", samples);
  return cost;
}

// --- NonMaxSuppression

OpError infer_nms(OpCall& call) {
  DimPool& pool = call.pool();
  if (call.rank(0) != 3 || call.rank(1) != 3) {
    return refuse(pool,
                  {"boxes and scores have the ranks ", call.rank(0), " and ", call.rank(1), ", both need 3"});
  }
  if (certainly_differ(pool, call.dim(0, 1), call.dim(1, 2))) {
    return refuse(pool, {call.dim(0, 1), " boxes have ", call.dim(1, 2), " scores"});
  }
  const Dim batch = call.require_equal(call.dim(0, 0), call.dim(1, 0));
  const Dim boxes = call.require_equal(call.dim(0, 1), call.dim(1, 2));
  constexpr std::size_t kMostBoxes = 2;
  Dim most = 0;  // without the operand nothing is selected
  if (call.has(kMostBoxes)) {
    const std::optional<std::vector<Dim>> given = call.integers(kMostBoxes);
    most = given && given->size() == 1 ? pool.min(given->front(), boxes) : boxes;
    // "As many as there are" is often written as the largest integer.
    if (given && given->size() == 1 && pool.range(given->front()).low > (Int128{1} << 31)) most = boxes;
  }
  const Dim bound = Expr(batch, pool) * call.dim(1, 1) * most;
  const bool empty = certainly_below(pool, bound, 1);
  call.set_shape(0, Shape{empty ? Dim(0) : call.data_symbol("selected", bound), 3});
  return std::nullopt;
}

// Which boxes are compared with which is data: unknown arithmetic, no products.
Cost nms_cost(const OpCall& call) {
  Cost cost;
  cost.add(Arith::compare, Dim::unknown(), call.pool());
  return cost;
}

// --- ImageDecoder

OpError infer_image_decoder(OpCall& call) {
  const Dim channels = call.text("pixel_format", "RGB") == "Grayscale" ? 1 : 3;
  call.set_shape(0, Shape{call.data_symbol("height"), call.data_symbol("width"), channels});
  call.set_dtype(0, DType::uint8);
  return std::nullopt;
}

// Resampling has no category of its own: what changes only extents is `reshape`, what picks pixels by
// coordinates is `slice`, what makes coordinates is `constant`, what changes an encoding is `cast`.
constexpr OpRow kRows[] = {
    {.op = Op::Resize,
     .category = Category::reshape,
     .infer = infer_resize,
     .cost = CostRule::formula(resize_cost),
     .counts = kResizeCounts},
    {.op = Op::Upsample,
     .category = Category::reshape,
     .infer = infer_upsample,
     .cost = CostRule::formula(resize_cost),
     .counts = kResizeCounts},
    {.op = Op::GridSample,
     .category = Category::slice,
     .infer = infer_grid_sample,
     .cost = CostRule::formula(grid_sample_cost),
     .counts = "4 operations per coordinate of the grid; per output element linear (2^n - 1) steps of 2 "
               "multiplications and an "
               "addition, cubic (4^n - 1)/3 steps of 4 and 3, along n spatial axes"},
    {.op = Op::AffineGrid,
     .category = Category::constant,
     .infer = infer_affine_grid,
     .cost = CostRule::formula(affine_grid_cost),
     .counts = "a multiplication and an addition per coordinate and column of theta"},
    {.op = Op::RoiAlign,
     .category = Category::pool,
     .infer = infer_roi_align,
     .cost = CostRule::formula(roi_align_cost),
     .counts = "sampling_ratio² bilinear samples (4 multiplications, 3 additions) per output element and "
               "their mean; with "
               "sampling_ratio 0 the number of samples is data"},
    {.op = Op::NonMaxSuppression,
     .category = Category::slice,
     .infer = infer_nms,
     .cost = CostRule::formula(nms_cost),
     .counts = "no products; how many boxes are compared is data"},
    {.op = Op::ImageDecoder,
     .category = Category::cast,
     .infer = infer_image_decoder,
     .cost = CostRule::unknown(),
     .counts = "decoding depends on the encoded bytes"},
};

}  // namespace

std::span<const OpRow> image_rows() {
  return kRows;
}

}  // namespace haoline
