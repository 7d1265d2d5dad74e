// Concat and Split.
#include <string>

#include "ops/movement.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

std::optional<std::size_t> first_ranked(const OpCall& call) {
  for (std::size_t i = 0; i < call.input_count(); ++i) {
    if (call.has_rank(i)) return i;
  }
  return std::nullopt;
}

// Adds one operand's shape to the result's: the axis grows, all other extents are the same.
OpError join_shape(OpCall& call, std::size_t operand, std::size_t axis, Shape& shape) {
  DimPool& pool = call.pool();
  if (!call.has_rank(operand)) {
    shape[axis] = Dim::unknown();
    return std::nullopt;
  }
  if (call.rank(operand) != shape.rank()) {
    return refuse(
        pool, {"operand ", operand, " has rank ", call.rank(operand), ", operand 0 has rank ", shape.rank()});
  }
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    const Dim extent = call.shape(operand)[i];
    if (i == axis) {
      shape[i] = pool.add(shape[i], extent);
    } else if (certainly_differ(pool, shape[i], extent)) {
      return refuse(pool,
                    {"axis ", i, " of operand ", operand, " has extent ", extent, ", expected ", shape[i]});
    } else {
      shape[i] = call.require_equal(shape[i], extent);
    }
  }
  return std::nullopt;
}

void set_joined_value(OpCall& call, std::size_t axis) {
  bool is_any_known = false;
  for (std::size_t i = 0; i < call.input_count(); ++i)
    is_any_known = is_any_known || call.value(i) != nullptr;
  const std::optional<PlainShape> extents = value_extents(call.output_shape(0));
  if (!is_any_known || !extents) return;
  std::size_t outer = 1, inner = 1;
  for (std::size_t i = 0; i < extents->size(); ++i) {
    if (i < axis) outer *= static_cast<std::size_t>((*extents)[i]);
    if (i > axis) inner *= static_cast<std::size_t>((*extents)[i]);
  }
  std::vector<Number> elements;
  elements.reserve(count_of(*extents));
  std::vector<KnownElements> operands;
  for (std::size_t i = 0; i < call.input_count(); ++i) {
    std::optional<KnownElements> known = known_elements(call, i);
    if (!known || known->extents.size() != extents->size()) return;
    operands.push_back(*std::move(known));
  }
  for (std::size_t row = 0; row < outer; ++row) {
    for (const KnownElements& operand : operands) {
      const std::size_t run = static_cast<std::size_t>(operand.extents[axis]) * inner;
      for (std::size_t i = 0; i < run; ++i) elements.push_back(operand.at(row * run + i));
    }
  }
  if (elements.size() == count_of(*extents)) call.set_value(0, Value(std::move(elements)));
}

}  // namespace

OpError infer_concat(OpCall& call) {
  const std::optional<std::size_t> first = first_ranked(call);
  if (!first) return std::nullopt;
  Shape shape = call.shape(*first);
  const std::int64_t given = call.integer("axis", 1);  // the first version's default
  const std::optional<std::size_t> axis = normalize_axis(given, shape.rank());
  if (!axis) return axis_out_of_range(given, shape.rank());
  if (*first != 0) shape[*axis] = Dim::unknown();
  for (std::size_t i = *first + 1; i < call.input_count(); ++i) {
    if (!call.has(i)) continue;
    if (OpError error = join_shape(call, i, *axis, shape)) return error;
  }
  call.set_shape(0, std::move(shape));
  set_joined_value(call, *axis);
  return std::nullopt;
}

namespace {

// The sizes of the parts along the axis. Equal parts; from version 18 on the last one may be smaller.
std::vector<Dim> equal_parts(OpCall& call, Dim extent, std::size_t parts) {
  DimPool& pool = call.pool();
  const auto count = static_cast<std::int64_t>(parts);
  const bool may_be_uneven = call.has_attribute("num_outputs");
  if (!may_be_uneven) {
    call.require_divisible(extent, count);
    return std::vector<Dim>(parts, pool.floor_div(extent, count));
  }
  const Dim part = pool.ceil_div(extent, count);
  std::vector<Dim> sizes(parts, part);
  sizes.back() = pool.subtract(extent, pool.multiply(part, count - 1));
  return sizes;
}

OpError given_parts(const OpCall& call, std::vector<Dim>& sizes, bool& is_given) {
  is_given = true;
  if (call.has_attribute("split")) {
    for (const std::int64_t size : call.integer_list("split")) sizes.push_back(call.pool().number(size));
  } else if (const Value* value = call.value(1)) {
    for (const Number& size : value->elements()) sizes.push_back(size.integer());
  } else if (call.has(1)) {
    sizes.assign(call.output_count(), Dim::unknown());
  } else {
    is_given = false;
    return std::nullopt;
  }
  if (sizes.size() == call.output_count()) return std::nullopt;
  return Message(std::to_string(sizes.size()) + " split sizes for " + std::to_string(call.output_count()) +
                 " results");
}

OpError check_parts(OpCall& call, std::span<const Dim> sizes, std::size_t axis) {
  DimPool& pool = call.pool();
  Dim sum = 0;
  for (const Dim size : sizes) sum = pool.add(sum, size);
  const Dim extent = call.shape(0)[axis];
  if (certainly_differ(pool, sum, extent)) {
    return refuse(pool, {"split sizes add up to ", sum, ", axis ", axis, " has extent ", extent});
  }
  if (!sum.is_unknown()) call.require_equal(extent, sum);
  return std::nullopt;
}

// Part `output` of the operand begins at `offset` along the axis.
void set_part_value(OpCall& call, std::size_t output, std::size_t axis, std::int64_t offset) {
  const std::optional<KnownElements> known = known_elements(call, 0);
  if (!known || !known->value) return;
  const PlainShape strides = strides_of(known->extents);
  set_moved_value(call, output, [&](const PlainShape& index) {
    std::int64_t position = offset * strides[axis];
    for (std::size_t i = 0; i < index.size(); ++i) position += index[i] * strides[i];
    return static_cast<std::size_t>(position);
  });
}

}  // namespace

OpError infer_split(OpCall& call) {
  if (!call.has_rank(0) || call.output_count() == 0) return std::nullopt;
  const Shape& operand = call.shape(0);
  const std::int64_t given = call.integer("axis");
  const std::optional<std::size_t> axis = normalize_axis(given, operand.rank());
  if (!axis) return axis_out_of_range(given, operand.rank());
  std::vector<Dim> sizes;
  bool is_given = false;
  if (OpError error = given_parts(call, sizes, is_given)) return error;
  if (!is_given) sizes = equal_parts(call, operand[*axis], call.output_count());
  if (is_given) {
    if (OpError error = check_parts(call, sizes, *axis)) return error;
  }
  // Only a known operand needs places; its parts add up to a small extent.
  std::optional<std::int64_t> offset = call.value(0) ? std::optional<std::int64_t>(0) : std::nullopt;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    Shape shape = operand;
    shape[*axis] = sizes[i].is_unknown() && is_given ? data_extent(call, *axis, operand[*axis]) : sizes[i];
    if (shape[*axis].number().value_or(0) < 0) {
      return refuse(call.pool(), {"part ", i, " has an extent of ", shape[*axis]});
    }
    call.set_shape(i, std::move(shape));
    if (offset) set_part_value(call, i, *axis, *offset);
    const std::optional<std::int64_t> size = sizes[i].number();
    offset = offset && size ? std::optional(*offset + *size) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace haoline
