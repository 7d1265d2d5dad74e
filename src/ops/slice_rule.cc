// Slice: Python's ranges along some axes, clamped to the operand, with symbols in any of the numbers.
#include <algorithm>
#include <limits>
#include <string>

#include "ops/cut.h"
#include "ops/movement.h"
#include "ops/selection.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

enum class Sign : std::uint8_t { unknown, negative, non_negative };

Sign sign_of(DimPool& pool, Dim dim) {
  if (dim.is_unknown()) return Sign::unknown;
  if (const std::optional<Int128> number = pool.constant(dim)) {
    return *number < 0 ? Sign::negative : Sign::non_negative;
  }
  if (non_negative_above_zero(pool, dim)) return Sign::non_negative;
  const Dim below_zero = pool.subtract(pool.negate(dim), 1);
  return non_negative_above_zero(pool, below_zero) ? Sign::negative : Sign::unknown;
}

bool is_at_least(const DimPool& pool, Dim dim, std::int64_t bound) {
  const std::optional<Int128> number = pool.constant(dim);
  return number && *number >= bound;
}

Cut cut_forwards(DimPool& pool, Dim extent, Dim start, Dim end, std::int64_t step) {
  const Sign start_sign = sign_of(pool, start);
  const Sign end_sign = sign_of(pool, end);
  if (start_sign == Sign::unknown || end_sign == Sign::unknown) return {};
  const Dim first = start_sign == Sign::negative ? pool.max(0, pool.add(extent, start)) : start;
  const bool to_the_end = is_at_least(pool, end, kEndless) || end == extent;
  Dim count;
  if (to_the_end && start_sign == Sign::negative) {
    count = pool.min(extent, pool.negate(start));
  } else {
    // Starting beyond the end or ending before 0 selects nothing: the last line says so.
    const Dim last = to_the_end                   ? extent
                     : end_sign == Sign::negative ? pool.add(extent, end)
                                                  : pool.min(end, extent);
    count = pool.subtract(last, first);
  }
  return {first, pool.max(0, pool.ceil_div(count, step)), step};
}

Cut cut_backwards(DimPool& pool, Dim extent, Dim start, Dim end, std::int64_t step) {
  const Sign start_sign = sign_of(pool, start);
  const Sign end_sign = sign_of(pool, end);
  if (start_sign == Sign::unknown || end_sign == Sign::unknown) return {};
  const Dim last = pool.subtract(extent, 1);
  Dim first = last;
  if (start_sign == Sign::negative)
    first = pool.max(0, pool.add(extent, start));
  else if (!is_at_least(pool, start, kEndless))
    first = pool.min(start, last);
  const bool to_the_front = is_at_least(pool, pool.negate(end), kEndless);
  Dim stop = end;
  if (to_the_front)
    stop = -1;
  else if (end_sign == Sign::negative)
    stop = pool.max(-1, pool.add(extent, end));
  const Dim count = pool.subtract(first, stop);
  return {first, pool.max(0, pool.ceil_div(count, -step)), step};
}

struct Request {
  std::vector<Dim> starts, ends;
  std::optional<std::vector<std::int64_t>> steps;  // absent: 1; nothing: unknown
  Axes axes;
  bool is_known = false;  // which axes are cut is known
};

std::vector<Dim> as_dims(std::span<const std::int64_t> numbers, DimPool& pool) {
  std::vector<Dim> dims;
  for (const std::int64_t number : numbers) dims.push_back(pool.number(number));
  return dims;
}

OpError read_request(const OpCall& call, Request& request) {
  const bool by_attribute = call.has_attribute("starts") || call.has_attribute("ends");
  const auto list = [&](std::string_view attribute, std::size_t input) {
    if (by_attribute) return std::optional(as_dims(call.integer_list(attribute), call.pool()));
    return extents_operand(call, input);
  };
  const std::optional<std::vector<Dim>> starts = list("starts", 1);
  const std::optional<std::vector<Dim>> ends = list("ends", 2);
  if (!starts || !ends) return std::nullopt;
  if (starts->size() != ends->size()) {
    return Message(std::to_string(starts->size()) + " starts and " + std::to_string(ends->size()) + " ends");
  }
  const GivenAxes given = given_axes(call, "axes", 3);
  if (!given.absent && !given.values) return std::nullopt;
  std::vector<std::int64_t> axes = given.values.value_or(std::vector<std::int64_t>{});
  for (std::size_t i = 0; given.absent && i < starts->size(); ++i)
    axes.push_back(static_cast<std::int64_t>(i));
  if (axes.size() != starts->size()) {
    return Message(std::to_string(starts->size()) + " starts for " + std::to_string(axes.size()) + " axes");
  }
  if (OpError error = normalize_axes(axes, call.rank(0), request.axes)) return error;
  request.starts = *starts;
  request.ends = *ends;
  request.steps = call.has(4) ? call.constants(4) : std::vector<std::int64_t>(starts->size(), 1);
  if (request.steps && request.steps->size() != starts->size()) {
    return Message(std::to_string(request.steps->size()) + " steps for " + std::to_string(starts->size()) +
                   " axes");
  }
  request.is_known = true;
  return std::nullopt;
}

void set_cut_value(OpCall& call, std::span<const Cut> cuts) {
  const std::optional<KnownElements> known = known_elements(call, 0);
  if (!known || !known->value) return;
  for (const Cut& cut : cuts) {
    if (!cut.begin.number()) return;
  }
  const PlainShape strides = strides_of(known->extents);
  set_moved_value(call, 0, [&](const PlainShape& index) {
    std::int64_t position = 0;
    for (std::size_t i = 0; i < index.size(); ++i) {
      position += (cuts[i].begin.number().value_or(0) + index[i] * cuts[i].step) * strides[i];
    }
    return static_cast<std::size_t>(position);
  });
}

}  // namespace

Cut cut_axis(DimPool& pool, Dim extent, Dim start, Dim end, std::int64_t step) {
  // The most negative number has no counterpart; a step that long selects one element like any other.
  const std::int64_t sane = std::max(step, -std::numeric_limits<std::int64_t>::max());
  return sane > 0 ? cut_forwards(pool, extent, start, end, sane)
                  : cut_backwards(pool, extent, start, end, sane);
}

OpError infer_slice(OpCall& call) {
  if (!call.has_rank(0)) return std::nullopt;
  Request request;
  if (OpError error = read_request(call, request)) return error;
  Shape shape = call.shape(0);
  if (!request.is_known) {
    call.set_shape(0, Shape::of_unknown(shape.rank()));
    return std::nullopt;
  }
  std::vector<Cut> cuts;
  for (const Dim extent : shape) cuts.push_back({0, extent, 1});
  for (std::size_t i = 0; i < request.axes.size(); ++i) {
    const std::size_t axis = request.axes[i];
    const Dim extent = shape[axis];
    const std::int64_t step = request.steps ? (*request.steps)[i] : 1;
    if (step == 0) return Message("a step of 0 along axis " + std::to_string(axis));
    cuts[axis] =
        request.steps ? cut_axis(call.pool(), extent, request.starts[i], request.ends[i], step) : Cut{};
    const bool is_data = cuts[axis].length.is_unknown() && !extent.is_unknown();
    shape[axis] = is_data ? data_extent(call, axis, extent) : cuts[axis].length;
  }
  call.set_shape(0, std::move(shape));
  set_cut_value(call, cuts);
  return std::nullopt;
}

}  // namespace haoline
