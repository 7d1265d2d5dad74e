// Running sums and products, and the largest elements.
#include <algorithm>

#include "ops/reduction.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

// The elements along one axis, at one place of all other axes.
struct Lines {
  std::size_t extent, stride, count;
  std::size_t begin(std::size_t line) const { return line / stride * stride * extent + line % stride; }
  std::size_t at(std::size_t line, std::size_t i) const { return begin(line) + i * stride; }
};

Lines lines_along(const PlainShape& extents, std::size_t axis) {
  Lines lines{static_cast<std::size_t>(extents[axis]), static_cast<std::size_t>(strides_of(extents)[axis]),
              1};
  for (std::size_t i = 0; i < extents.size(); ++i) {
    if (i != axis) lines.count *= static_cast<std::size_t>(extents[i]);
  }
  return lines;
}

void set_cumulative_value(OpCall& call, std::size_t axis) {
  const std::optional<KnownElements> known = known_elements(call, 0);
  if (!known || !known->value) return;
  const bool is_sum = call.node().op == Op::CumSum;
  const bool exclusive = call.integer("exclusive") != 0;
  const bool reverse = call.integer("reverse") != 0;
  const NumberContext context{call.pool(), call.output(0).type.dtype};
  const Lines lines = lines_along(known->extents, axis);
  std::vector<Number> elements(known->value->size());
  for (std::size_t line = 0; line < lines.count; ++line) {
    Number running = Number::exact(is_sum ? 0 : 1);
    for (std::size_t i = 0; i < lines.extent; ++i) {
      const std::size_t at = lines.at(line, reverse ? lines.extent - 1 - i : i);
      const Number next = (is_sum ? add_numbers : multiply_numbers)(context, running, known->at(at));
      elements[at] = exclusive ? running : next;
      running = next;
    }
  }
  call.set_value(0, Value(std::move(elements)));
}

}  // namespace

OpError infer_cumulative(OpCall& call) {
  infer_same_shape(call);
  const std::optional<std::int64_t> given = call.scalar_constant(1);
  if (!call.has_rank(0) || !given) return std::nullopt;
  const std::optional<std::size_t> axis = normalize_axis(*given, call.rank(0));
  if (!axis) return axis_out_of_range(*given, call.rank(0));
  set_cumulative_value(call, *axis);
  return std::nullopt;
}

namespace {

// Plain numbers, all of them; what is not a number has no place in an order.
std::optional<std::vector<double>> plain_numbers(const Value& value) {
  std::vector<double> numbers;
  numbers.reserve(value.size());
  for (const Number& element : value.elements()) {
    const std::optional<double> number = element.constant();
    if (!number || *number != *number) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

void set_top_value(OpCall& call, std::size_t axis, std::size_t k) {
  const std::optional<KnownElements> known = known_elements(call, 0);
  // Without sorting the order is the runtime's choice.
  if (!known || !known->value || call.integer("sorted", 1) == 0) return;
  const std::optional<std::vector<double>> numbers = plain_numbers(*known->value);
  const Lines lines = lines_along(known->extents, axis);
  if (!numbers || k > lines.extent) return;
  const bool largest = call.integer("largest", 1) != 0;
  PlainShape extents = known->extents;
  extents[axis] = static_cast<std::int64_t>(k);
  const Lines results = lines_along(extents, axis);
  std::vector<Number> values(count_of(extents)), indices(count_of(extents));
  std::vector<std::size_t> order(lines.extent);
  for (std::size_t line = 0; line < lines.count; ++line) {
    for (std::size_t i = 0; i < lines.extent; ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const double x = (*numbers)[lines.at(line, a)], y = (*numbers)[lines.at(line, b)];
      if (x == y) return a < b;  // the first of equals comes first
      return largest ? x > y : x < y;
    });
    for (std::size_t i = 0; i < k; ++i) {
      values[results.at(line, i)] = known->at(lines.at(line, order[i]));
      indices[results.at(line, i)] = Number::exact(static_cast<std::int64_t>(order[i]));
    }
  }
  call.set_value(0, Value(std::move(values)));
  call.set_value(1, Value(std::move(indices)));
}

}  // namespace

OpError infer_top_k(OpCall& call) {
  call.set_dtype(1, DType::int64);
  if (!call.has_rank(0)) return std::nullopt;
  const std::int64_t given = call.integer("axis");
  const std::optional<std::size_t> axis = normalize_axis(given, call.rank(0));
  if (!axis) return axis_out_of_range(given, call.rank(0));
  Shape shape = call.shape(0);
  Dim k;
  if (call.has_attribute("k")) {
    k = call.pool().number(call.integer("k"));
  } else if (const Value* value = call.value(1); value && value->size() == 1) {
    k = (*value)[0].integer();
  }
  const std::optional<std::int64_t> number = k.number();
  const std::optional<std::int64_t> extent = shape[*axis].number();
  if (number && (*number < 0 || (extent && *number > *extent))) {
    return refuse(call.pool(), {"k is ", k, ", axis ", *axis, " has extent ", shape[*axis]});
  }
  shape[*axis] = k.is_unknown() ? call.data_symbol("k", shape[*axis]) : k;
  call.set_shape(0, shape);
  call.set_shape(1, std::move(shape));
  if (number) set_top_value(call, *axis, static_cast<std::size_t>(*number));
  return std::nullopt;
}

}  // namespace haoline
