#include "ops/shape_helpers.h"

#include <algorithm>

namespace haoline {

Message axis_out_of_range(std::int64_t axis, std::size_t rank) {
  return Message("axis " + std::to_string(axis) + " is out of range for rank " + std::to_string(rank));
}

Message repeated_axis(std::size_t axis) {
  return Message("axis " + std::to_string(axis) + " is given twice");
}

OpError normalize_axes(std::span<const std::int64_t> given, std::size_t rank, Axes& axes) {
  axes.clear();
  if (given.size() > OpCall::kMaxRank) return Message(std::to_string(given.size()) + " axes are given");
  for (const std::int64_t axis : given) {
    const std::optional<std::size_t> index = normalize_axis(axis, rank);
    if (!index) return axis_out_of_range(axis, rank);
    if (contains(axes, *index)) return repeated_axis(*index);
    axes.push_back(*index);  // at most `rank` of them: a repeated one was refused
  }
  return std::nullopt;
}

bool contains(const Axes& axes, std::size_t axis) {
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}

std::optional<std::size_t> length_of(const OpCall& call, std::size_t input) {
  if (!call.has_rank(input)) return std::nullopt;
  if (call.rank(input) == 0) return 1;
  if (call.rank(input) != 1) return std::nullopt;
  const std::optional<std::int64_t> extent = call.shape(input)[0].number();
  if (!extent || *extent < 0 || *extent > static_cast<std::int64_t>(OpCall::kMaxRank)) return std::nullopt;
  return static_cast<std::size_t>(*extent);
}

GivenAxes given_axes(const OpCall& call, std::string_view attribute, std::size_t input) {
  GivenAxes axes;
  if (call.has_attribute(attribute)) {
    const std::span<const std::int64_t> list = call.integer_list(attribute);
    axes.values.emplace(list.begin(), list.end());
    axes.count = list.size();
  } else if (call.has(input)) {
    axes.values = call.constants(input);
    axes.count = axes.values ? axes.values->size() : length_of(call, input);
  } else {
    axes.absent = true;
  }
  return axes;
}

Dim data_extent(OpCall& call, std::size_t axis, Dim upper_bound) {
  return call.data_symbol("axis" + std::to_string(axis), upper_bound);
}

OpError infer_same_shape(OpCall& call) {
  if (call.has(0)) call.set_shape(0, call.shape(0));
  return std::nullopt;
}

OpError infer_same_facts(OpCall& call) {
  if (call.has(0)) call.set_facts(0, call.input(0));
  return std::nullopt;
}

OpError infer_same_as_bool(OpCall& call) {
  call.set_dtype(0, DType::boolean);
  return infer_same_shape(call);
}

Shape elementwise_shape(OpCall& call) {
  if (!call.has(0)) return Shape::unknown_rank();
  // Before broadcasting became symmetric the first operand decided.
  if (call.version() != 0 && call.version() < 7) return call.shape(0);
  Shape shape = call.shape(0);
  for (std::size_t i = 1; i < call.input_count(); ++i) {
    if (!call.has(i) || !call.has_rank(i) || !shape.has_rank()) return Shape::unknown_rank();
    shape = call.broadcast(shape, call.shape(i));
  }
  return shape;
}

OpError infer_broadcast(OpCall& call) {
  call.set_shape(0, elementwise_shape(call));
  return std::nullopt;
}

OpError infer_broadcast_to_bool(OpCall& call) {
  call.set_dtype(0, DType::boolean);
  return infer_broadcast(call);
}

}  // namespace haoline
