#include "ops/reduction.h"

#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

// The shape without the reduced axes, or with 1 in their place.
Shape reduced_shape(const Shape& shape, const Axes& axes, bool keep) {
  Shape result;
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    if (!contains(axes, i))
      result.push_back(shape[i]);
    else if (keep)
      result.push_back(1);
  }
  return result;
}

BinaryNumber folding_of(Op op) {
  switch (op) {
    case Op::ReduceSum:
    case Op::ReduceMean:
      return add_numbers;
    case Op::ReduceProd:
      return multiply_numbers;
    case Op::ReduceMax:
      return max_numbers;
    case Op::ReduceMin:
      return min_numbers;
    default:
      return nullptr;
  }
}

// Where every element of the operand ends up in the result.
PlainShape result_strides(const PlainShape& extents, const Axes& axes) {
  PlainShape strides(extents.size(), 0);
  std::int64_t stride = 1;
  for (std::size_t i = extents.size(); i-- > 0;) {
    if (contains(axes, i)) continue;
    strides[i] = stride;
    stride *= extents[i];
  }
  return strides;
}

void set_reduced_value(OpCall& call, const Axes& axes) {
  const std::optional<KnownElements> known = known_elements(call, 0);
  const BinaryNumber fold = folding_of(call.node().op);
  if (!known || !known->value || !fold) return;
  const PlainShape strides = result_strides(known->extents, axes);
  std::size_t results = 1, folded = 1;
  for (std::size_t i = 0; i < known->extents.size(); ++i) {
    (contains(axes, i) ? folded : results) *= static_cast<std::size_t>(known->extents[i]);
  }
  if (folded == 0 || results == 0) return;
  const NumberContext context{call.pool(), call.output(0).type.dtype};
  std::vector<Number> elements(results);
  std::vector<bool> begun(results, false);
  Odometer odometer(known->extents);
  for (std::size_t i = 0; i < known->value->size(); ++i, odometer.step()) {
    std::int64_t position = 0;
    for (std::size_t k = 0; k < strides.size(); ++k) position += odometer.index()[k] * strides[k];
    const auto at = static_cast<std::size_t>(position);
    elements[at] = begun[at] ? fold(context, elements[at], known->at(i)) : known->at(i);
    begun[at] = true;
  }
  if (call.node().op == Op::ReduceMean) {
    const Number share = Number::exact(static_cast<std::int64_t>(folded));
    for (Number& element : elements) element = divide_numbers(context, element, share);
  }
  call.set_value(0, Value(std::move(elements)));
}

}  // namespace

OpError infer_reduction(OpCall& call) {
  if (!call.has_rank(0)) return std::nullopt;
  const bool keep = call.integer("keepdims", 1) != 0;
  const std::size_t rank = call.rank(0);
  const GivenAxes given = given_axes(call, "axes", 1);
  const bool is_empty = given.absent || given.count == std::size_t{0};
  if (!given.absent && !given.count) {
    if (keep) call.set_shape(0, Shape::of_unknown(rank));
    return std::nullopt;
  }
  if (!is_empty && !given.values) {
    if (keep || *given.count <= rank) call.set_shape(0, Shape::of_unknown(keep ? rank : rank - *given.count));
    return std::nullopt;
  }
  if (is_empty && call.integer("noop_with_empty_axes") != 0) {
    infer_same_shape(call);
    if (folding_of(call.node().op) && call.value(0)) call.set_value(0, *call.value(0));
    return std::nullopt;
  }
  Axes axes;
  if (is_empty) {
    for (std::size_t i = 0; i < rank; ++i) axes.push_back(i);
  } else if (OpError error = normalize_axes(*given.values, rank, axes)) {
    return error;
  }
  call.set_shape(0, reduced_shape(call.shape(0), axes, keep));
  set_reduced_value(call, axes);
  return std::nullopt;
}

namespace {

// Whether `candidate` takes the place of `best`; nothing where their order is not known.
std::optional<bool> replaces(const OpCall& call, const Number& candidate, const Number& best) {
  const NumberContext context{call.pool(), call.dtype(0)};
  const bool largest = call.node().op == Op::ArgMax;
  const bool last = call.integer("select_last_index") != 0;
  const auto comparison = largest ? (last ? greater_or_equal_numbers : greater_numbers)
                                  : (last ? less_or_equal_numbers : less_numbers);
  const Dim truth = comparison(context, candidate, best).integer();
  if (truth.is_unknown()) return std::nullopt;
  return truth.is(1);
}

void set_arg_value(OpCall& call, std::size_t axis) {
  const std::optional<KnownElements> known = known_elements(call, 0);
  const std::optional<PlainShape> results = value_extents(call.output_shape(0));
  if (!known || !known->value || known->value->size() == 0 || !results) return;
  const auto stride = static_cast<std::size_t>(strides_of(known->extents)[axis]);
  const auto extent = static_cast<std::size_t>(known->extents[axis]);
  std::vector<Number> elements;
  for (std::size_t line = 0; line < count_of(*results); ++line) {
    const std::size_t begin = line / stride * stride * extent + line % stride;
    std::size_t best = 0;
    bool is_known = known->at(begin).is_known();
    for (std::size_t i = 1; i < extent && is_known; ++i) {
      const auto better = replaces(call, known->at(begin + i * stride), known->at(begin + best * stride));
      is_known = better.has_value();
      if (is_known && *better) best = i;
    }
    elements.push_back(is_known ? Number::exact(static_cast<std::int64_t>(best)) : Number::unknown());
  }
  call.set_value(0, Value(std::move(elements)));
}

}  // namespace

OpError infer_arg_extreme(OpCall& call) {
  call.set_dtype(0, DType::int64);
  if (!call.has_rank(0)) return std::nullopt;
  const std::int64_t given = call.integer("axis");
  const std::optional<std::size_t> axis = normalize_axis(given, call.rank(0));
  if (!axis) return axis_out_of_range(given, call.rank(0));
  call.set_shape(0, reduced_shape(call.shape(0), Axes{*axis}, call.integer("keepdims", 1) != 0));
  set_arg_value(call, *axis);
  return std::nullopt;
}

}  // namespace haoline
