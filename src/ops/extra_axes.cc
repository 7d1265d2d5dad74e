// Axes in other places or numbers, where the rank is known only when the shapes are: what PyTorch spells by
// two axes, by the shape of another tensor, or by sizes of pieces.
#include <algorithm>
#include <string>

#include "ops/movement.h"
#include "ops/op_table.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

OpError infer_like_first(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  return infer_same_shape(call);
}

OpError axis_of(const OpCall& call, std::string_view name, std::int64_t otherwise, std::size_t& axis) {
  const std::int64_t given = call.integer(name, otherwise);
  const std::optional<std::size_t> found = normalize_axis(given, call.rank(0));
  if (!found) return axis_out_of_range(given, call.rank(0));
  axis = *found;
  return std::nullopt;
}

// --- SwapAxes: `first` and `second` change places; nothing happens below rank 2

OpError infer_swap_axes(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0)) return std::nullopt;
  Shape shape = call.shape(0);
  if (shape.rank() >= 2) {
    std::size_t first = 0;
    std::size_t second = 0;
    if (OpError error = axis_of(call, "first", 0, first)) return error;
    if (OpError error = axis_of(call, "second", 1, second)) return error;
    std::swap(shape[first], shape[second]);
  }
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

// --- FlattenAxes: `begin` to `end` become one

OpError infer_flatten_axes(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0)) return std::nullopt;
  const Shape& in = call.shape(0);
  if (in.rank() == 0) {
    call.set_shape(0, Shape{1});
    return std::nullopt;
  }
  std::size_t begin = 0;
  std::size_t end = 0;
  if (OpError error = axis_of(call, "begin", 0, begin)) return error;
  if (OpError error = axis_of(call, "end", -1, end)) return error;
  if (begin > end) return Message("begins behind its end");
  Shape out(in.first(begin));
  Dim joined = 1;
  for (std::size_t axis = begin; axis <= end; ++axis) joined = call.pool().multiply(joined, in[axis]);
  out.push_back(joined);
  out.append(in.dims().subspan(end + 1));
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

// --- UnflattenAxis: `axis` becomes the extents of operand 1, of which one may be -1

OpError infer_unflatten_axis(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0)) return std::nullopt;
  std::size_t axis = 0;
  if (OpError error = axis_of(call, "axis", 0, axis)) return error;
  const std::optional<std::vector<Dim>> extents = extents_operand(call, 1);
  if (!extents) return std::nullopt;
  const Shape& in = call.shape(0);
  Shape out(in.first(axis));
  Dim known = 1;
  std::optional<std::size_t> open;
  for (const Dim extent : *extents) {
    if (extent.is(-1)) {
      open = out.rank();
      out.push_back(Dim::unknown());
    } else {
      known = call.pool().multiply(known, extent);
      out.push_back(extent);
    }
  }
  if (open && known.number().value_or(1) > 0) out[*open] = call.pool().floor_div(in[axis], known);
  out.append(in.dims().subspan(axis + 1));
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

// --- ReshapeLike: operand 0 in the shape of operand 1

OpError infer_reshape_like(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  call.set_shape(0, call.shape(1));
  return std::nullopt;
}

// --- DimSize: one extent as a scalar

OpError infer_dim_size(OpCall& call) {
  call.set_dtype(0, DType::int64);
  call.set_shape(0, Shape{});
  if (!call.has_rank(0)) return std::nullopt;
  std::size_t axis = 0;
  if (OpError error = axis_of(call, "axis", 0, axis)) return error;
  const Dim extent = call.shape(0)[axis];
  if (!extent.is_unknown()) call.set_value(0, Value::scalar(Number::exact(extent)));
  return std::nullopt;
}

// --- SplitBySize: pieces of `size` along `axis`, the last one what is left

OpError infer_split_by_size(OpCall& call) {
  for (std::size_t i = 0; i < call.output_count(); ++i) call.set_dtype(i, call.dtype(0));
  if (!call.has_rank(0)) return std::nullopt;
  std::size_t axis = 0;
  if (OpError error = axis_of(call, "axis", 0, axis)) return error;
  const std::int64_t size = call.integer("size", 1);
  const auto pieces = static_cast<std::int64_t>(call.output_count());
  if (size < 1 || size > (std::int64_t{1} << 40))
    return Message("has pieces of size " + std::to_string(size));
  for (std::int64_t i = 0; i < pieces; ++i) {
    Shape out = call.shape(0);
    out[axis] = i + 1 < pieces
                    ? Dim(call.number(size))
                    : Dim(call.dim(0, static_cast<std::int64_t>(axis)) - call.number(size * (pieces - 1)));
    call.set_shape(static_cast<std::size_t>(i), std::move(out));
  }
  return std::nullopt;
}

// --- Contains: whether a list of numbers has an element

OpError infer_contains(OpCall& call) {
  call.set_dtype(0, DType::boolean);
  call.set_shape(0, Shape{});
  const std::optional<std::vector<std::int64_t>> list = call.constants(0);
  const std::optional<std::int64_t> element = call.scalar_constant(1);
  if (!list || !element) return std::nullopt;
  const bool found = std::find(list->begin(), list->end(), *element) != list->end();
  call.set_value(0, Value::scalar(Number::exact(found ? 1 : 0)));
  return std::nullopt;
}

constexpr std::string_view kPlaces = "elements change places, no arithmetic";
constexpr std::string_view kName = "another shape of the same elements, no arithmetic";

constexpr OpRow view(Op op, InferRule infer) {
  return {op, Category::reshape, infer, CostRule::free(), kName, Traffic::view, Alias::view, true};
}
constexpr OpRow move(Op op, Category category, InferRule infer) {
  return {op, category, infer, CostRule::free(), kPlaces, Traffic::whole, Alias::none, true};
}

constexpr OpRow kRows[] = {
    {Op::Contains, Category::compare, infer_contains, CostRule::free(),
     "a look into a list of numbers, no arithmetic", Traffic::whole, Alias::none, true},
    {Op::DimSize, Category::constant, infer_dim_size, CostRule::free(), "an extent, no arithmetic",
     Traffic::header, Alias::none, true},
    move(Op::Flip, Category::transpose, infer_like_first),
    view(Op::FlattenAxes, infer_flatten_axes),
    view(Op::ReshapeLike, infer_reshape_like),
    move(Op::Roll, Category::transpose, infer_like_first),
    move(Op::SplitBySize, Category::split, infer_split_by_size),
    move(Op::SwapAxes, Category::transpose, infer_swap_axes),
    view(Op::UnflattenAxis, infer_unflatten_axis),
};

}  // namespace

std::span<const OpRow> extra_axes_rows() {
  return kRows;
}

}  // namespace haoline
