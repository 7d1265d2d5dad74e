// Operators that move, select, join or place data and that ONNX lacks or spells with other operands.
#include "ops/extra_movement.h"

#include <algorithm>
#include <string>

#include "ops/movement.h"
#include "ops/op_table.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

OpError infer_same(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  return infer_same_shape(call);
}

// The axes in another order, given as operand 1.
OpError infer_permute(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0)) return std::nullopt;
  const std::size_t rank = call.rank(0);
  const std::optional<std::vector<std::int64_t>> given = call.constants(1);
  if (!given) {
    call.set_shape(0, Shape::of_unknown(rank));
    return std::nullopt;
  }
  Axes order;
  if (given->size() != rank) {
    return Message("a permutation of " + std::to_string(given->size()) + " axes for an operand of rank " +
                   std::to_string(rank));
  }
  if (OpError error = normalize_axes(*given, rank, order)) return error;
  Shape shape;
  for (const std::size_t axis : order) shape.push_back(call.shape(0)[axis]);
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

// --- Stack, Unstack

void set_stacked_value(OpCall& call, std::size_t axis) {
  if (axis != 0) return;
  std::vector<Number> elements;
  for (std::size_t i = 0; i < call.input_count(); ++i) {
    const std::optional<KnownElements> known = known_elements(call, i);
    if (!known) return;
    const std::size_t count = count_of(known->extents);
    if (elements.size() + count > Value::kMaxElements) return;
    for (std::size_t k = 0; k < count; ++k) elements.push_back(known->at(k));
  }
  call.set_value(0, Value(std::move(elements)));
}

OpError infer_stack(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  Shape shape = Shape::unknown_rank();
  for (std::size_t i = 0; i < call.input_count(); ++i) {
    if (!call.has_rank(i)) continue;
    if (!shape.has_rank()) {
      shape = call.shape(i);
      continue;
    }
    if (call.rank(i) != shape.rank()) {
      return refuse(call.pool(),
                    {"operand ", i, " has rank ", call.rank(i), ", the others have rank ", shape.rank()});
    }
    for (std::size_t k = 0; k < shape.rank(); ++k) {
      if (certainly_differ(call.pool(), shape[k], call.shape(i)[k])) {
        return refuse(call.pool(), {"operand ", i, " has ", call.shape(i)[k], " along axis ", k,
                                    ", the others have ", shape[k]});
      }
      shape[k] = call.require_equal(shape[k], call.shape(i)[k]);
    }
  }
  if (!shape.has_rank()) return std::nullopt;
  const std::int64_t given = call.integer("axis");
  const std::optional<std::size_t> axis = normalize_axis(given, shape.rank() + 1);
  if (!axis) return axis_out_of_range(given, shape.rank() + 1);
  shape.insert(*axis, static_cast<std::int64_t>(call.input_count()));
  call.set_shape(0, std::move(shape));
  set_stacked_value(call, *axis);
  return std::nullopt;
}

OpError infer_unstack(OpCall& call) {
  for (std::size_t i = 0; i < call.output_count(); ++i) call.set_dtype(i, call.dtype(0));
  if (!call.has_rank(0)) return std::nullopt;
  const std::int64_t given = call.integer("axis");
  const std::optional<std::size_t> axis = normalize_axis(given, call.rank(0));
  if (!axis) return axis_out_of_range(given, call.rank(0));
  const Dim extent = call.shape(0)[*axis];
  const auto parts = static_cast<std::int64_t>(call.output_count());
  if (certainly_differ(call.pool(), extent, parts)) {
    return refuse(call.pool(), {"axis ", *axis, " of extent ", extent, " gives ", parts, " results"});
  }
  call.require_equal(extent, parts);
  Shape shape = call.shape(0);
  shape.erase(*axis);
  const std::optional<KnownElements> known = known_elements(call, 0);
  for (std::size_t part = 0; part < call.output_count(); ++part) {
    call.set_shape(part, shape);
    if (!known || !known->value) continue;
    const PlainShape strides = strides_of(known->extents);
    set_moved_value(call, part, [&](const PlainShape& index) {
      std::int64_t position = static_cast<std::int64_t>(part) * strides[*axis];
      for (std::size_t i = 0; i < index.size(); ++i) position += index[i] * strides[i < *axis ? i : i + 1];
      return static_cast<std::size_t>(position);
    });
  }
  return std::nullopt;
}

OpError infer_reverse(OpCall& call) {
  infer_same(call);
  const std::optional<KnownElements> known = known_elements(call, 0);
  const GivenAxes given = given_axes(call, "axes", 1);
  if (!known || !known->value || !given.values) return std::nullopt;
  Axes axes;
  if (OpError error = normalize_axes(*given.values, call.rank(0), axes)) return error;
  const PlainShape strides = strides_of(known->extents);
  set_moved_value(call, 0, [&](const PlainShape& index) {
    std::int64_t position = 0;
    for (std::size_t i = 0; i < index.size(); ++i) {
      position += (contains(axes, i) ? known->extents[i] - 1 - index[i] : index[i]) * strides[i];
    }
    return static_cast<std::size_t>(position);
  });
  return std::nullopt;
}

// --- selection

// The first `batch_dims` axes of data and indices are the same and run along together.
OpError infer_batch_gather(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0) || !call.has_rank(1)) return std::nullopt;
  const Shape& data = call.shape(0);
  const Shape& indices = call.shape(1);
  const std::int64_t given = call.integer("axis");
  const std::optional<std::size_t> axis = normalize_axis(given, data.rank());
  if (!axis) return axis_out_of_range(given, data.rank());
  std::int64_t batch = call.integer("batch_dims");
  if (batch < 0) batch += static_cast<std::int64_t>(indices.rank());
  if (batch < 0 || batch > static_cast<std::int64_t>(std::min(*axis, indices.rank()))) {
    return Message("batch_dims is " + std::to_string(batch) + ", the axis " + std::to_string(*axis));
  }
  Shape shape(data.first(*axis));
  shape.append(indices.dims().subspan(static_cast<std::size_t>(batch)));
  shape.append(data.dims().subspan(*axis + 1));
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

// Indices of the elements that are not zero, one row each.
OpError infer_arg_where(OpCall& call) {
  call.set_dtype(0, DType::int64);
  const Dim rows = call.data_symbol("count", call.has_rank(0) ? call.elements(0).dim() : Dim::unknown());
  const Dim columns = call.has_rank(0) ? Dim(static_cast<std::int64_t>(call.rank(0))) : Dim::unknown();
  call.set_shape(0, Shape{rows, columns});
  return std::nullopt;
}

// indices, depth, value where on, value where off
OpError infer_one_hot(OpCall& call) {
  call.set_dtype(0, call.dtype(2));
  if (!call.has_rank(0)) return std::nullopt;
  const std::size_t rank = call.rank(0) + 1;
  const std::int64_t given = call.integer("axis", -1);
  const std::optional<std::size_t> axis = normalize_axis(given, rank);
  if (!axis) return axis_out_of_range(given, rank);
  const std::optional<std::vector<Dim>> depth = call.integers(1);
  const bool is_known = depth && depth->size() == 1;
  Shape shape = call.shape(0);
  shape.insert(*axis, is_known ? (*depth)[0] : data_extent(call, *axis));
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

// --- placement: the shape of the result is the value of an operand

OpError infer_shaped_by(OpCall& call, std::size_t shape_operand, std::size_t typed_by) {
  call.set_dtype(0, call.dtype(typed_by));
  const std::optional<std::vector<Dim>> extents = extents_operand(call, shape_operand);
  if (!extents) return std::nullopt;
  Shape shape;
  for (const Dim extent : *extents) {
    if (extent.number().value_or(0) < 0) return refuse(call.pool(), {"the result has an extent of ", extent});
    shape.push_back(extent.is_unknown() ? data_extent(call, shape.rank()) : extent);
  }
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}
OpError infer_scatter_to_zeros(OpCall& call) {  // indices, updates, shape
  return infer_shaped_by(call, 2, 1);
}
OpError infer_sparse_to_dense(OpCall& call) {  // indices, shape, values, default
  return infer_shaped_by(call, 1, 2);
}

OpError infer_matrix_diag(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0) || call.rank(0) == 0) return std::nullopt;
  Shape shape = call.shape(0);
  shape.push_back(shape.back());
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

// --- shapes as values

OpError infer_rank(OpCall& call) {
  call.set_dtype(0, DType::int32);
  call.set_shape(0, Shape{});
  if (!call.has_rank(0)) return std::nullopt;
  call.set_value(0, Value::scalar(Number::exact(static_cast<std::int64_t>(call.rank(0)))));
  return std::nullopt;
}

// The shape that two shapes broadcast to, as a value.
OpError infer_broadcast_args(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  const std::optional<std::vector<Dim>> a = extents_operand(call, 0);
  const std::optional<std::vector<Dim>> b = extents_operand(call, 1);
  if (!a || !b) {
    call.set_shape(0, Shape::of_unknown(1));
    return std::nullopt;
  }
  const Shape shape = call.broadcast(Shape(std::span<const Dim>(*a)), Shape(std::span<const Dim>(*b)));
  call.set_shape(0, Shape{static_cast<std::int64_t>(std::max(a->size(), b->size()))});
  if (shape.has_rank()) call.set_value(0, Value::integers(shape.dims()));
  return std::nullopt;
}

constexpr OpRow move(Op op, Category category, InferRule infer, std::string_view counts,
                     Traffic traffic = Traffic::whole) {
  return {op, category, infer, CostRule::free(), counts, traffic, Alias::none, true};
}
constexpr std::string_view kPlaces = "elements change places, no arithmetic";
constexpr std::string_view kSelected = "selected elements are copied, no arithmetic";

constexpr OpRow kRows[] = {
    move(Op::ArgWhere, Category::slice, infer_arg_where, "indices of what is not zero, no arithmetic"),
    move(Op::BatchGather, Category::slice, infer_batch_gather, kSelected, Traffic::gathered),
    move(Op::BatchToSpaceND, Category::reshape, infer_batch_to_space, kPlaces),
    move(Op::BroadcastArgs, Category::reshape, infer_broadcast_args, "a shape from two, no arithmetic"),
    move(Op::Dilate, Category::pad, infer_dilate, "elements are copied or filled in, no arithmetic"),
    move(Op::DynamicUpdateSlice, Category::slice, infer_same, "a part is replaced, no arithmetic"),
    move(Op::MatrixDiag, Category::reshape, infer_matrix_diag, kPlaces),
    move(Op::MatrixSetDiag, Category::reshape, infer_same, "the diagonal is replaced, no arithmetic"),
    move(Op::OneHotOnOff, Category::slice, infer_one_hot, "one of two values per element, no arithmetic"),
    move(Op::PadPairs, Category::pad, infer_pad_pairs, "elements are copied or filled in, no arithmetic"),
    move(Op::Permute, Category::transpose, infer_permute, kPlaces),
    move(Op::Rank, Category::constant, infer_rank, "the number of axes, no arithmetic", Traffic::header),
    move(Op::Reverse, Category::transpose, infer_reverse, kPlaces),
    move(Op::ScatterToZeros, Category::slice, infer_scatter_to_zeros, "updates are placed, no arithmetic"),
    move(Op::SliceBySize, Category::slice, infer_slice_by_size, kSelected, Traffic::gathered),
    move(Op::SpaceToBatchND, Category::reshape, infer_space_to_batch, kPlaces),
    move(Op::SparseToDense, Category::slice, infer_sparse_to_dense, "values are placed, no arithmetic"),
    move(Op::Stack, Category::concat, infer_stack, "operands are copied side by side, no arithmetic"),
    move(Op::StridedSlice, Category::slice, infer_strided_slice, kSelected, Traffic::gathered),
    move(Op::Unstack, Category::split, infer_unstack, "parts are copied, no arithmetic"),
};

}  // namespace

std::span<const OpRow> extra_movement_rows() {
  return kRows;
}

}  // namespace haoline
