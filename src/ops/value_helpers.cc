#include "ops/value_helpers.h"

#include <algorithm>

namespace haoline {

std::optional<PlainShape> value_extents(const Shape& shape) {
  if (!shape.has_rank()) return std::nullopt;
  constexpr std::int64_t kMost = Value::kMaxElements;
  PlainShape extents;
  std::int64_t count = 1;  // an extent of 0 counts as 1, so that strides stay small too
  for (const Dim dim : shape) {
    const std::optional<std::int64_t> extent = dim.number();
    if (!extent || *extent < 0) return std::nullopt;
    extents.push_back(*extent);
    if (*extent > kMost) return std::nullopt;
    count *= std::max<std::int64_t>(*extent, 1);
    if (count > kMost) return std::nullopt;
  }
  return extents;
}

std::size_t count_of(const PlainShape& extents) {
  std::size_t count = 1;
  for (const std::int64_t extent : extents) count *= static_cast<std::size_t>(extent);
  return count;
}

PlainShape strides_of(const PlainShape& extents) {
  PlainShape strides(extents.size(), 1);
  for (std::size_t axis = extents.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * extents[axis];
  return strides;
}

std::optional<KnownElements> known_elements(const OpCall& call, std::size_t input) {
  if (!call.has(input)) return std::nullopt;
  std::optional<PlainShape> extents = value_extents(call.shape(input));
  if (!extents) return std::nullopt;
  const Value* value = call.value(input);
  if (value && value->size() != count_of(*extents)) return std::nullopt;
  return KnownElements{value, std::move(*extents)};
}

std::size_t broadcast_position(const PlainShape& source, const PlainShape& strides, const PlainShape& index) {
  std::int64_t position = 0;
  const std::size_t skipped = index.size() - source.size();
  for (std::size_t axis = 0; axis < source.size(); ++axis) {
    if (source[axis] != 1) position += strides[axis] * index[axis + skipped];
  }
  return static_cast<std::size_t>(position);
}

bool broadcasts_to(const PlainShape& source, const PlainShape& target) {
  if (source.size() > target.size()) return false;
  const std::size_t skipped = target.size() - source.size();
  for (std::size_t axis = 0; axis < source.size(); ++axis) {
    if (source[axis] != 1 && source[axis] != target[axis + skipped]) return false;
  }
  return true;
}

void set_unary_value(OpCall& call, UnaryNumber function) {
  const Value* source = call.value(0);
  if (!source) return;
  const NumberContext context{call.pool(), call.output(0).type.dtype};
  std::vector<Number> elements;
  elements.reserve(source->size());
  for (const Number& element : source->elements()) elements.push_back(function(context, element));
  call.set_value(0, Value(std::move(elements)));
}

namespace {

// Before version 7 the second operand's extents matched a run of the first one's, beginning at `axis`.
void align_to_axis(const OpCall& call, const PlainShape& first, PlainShape& second) {
  if (call.version() == 0 || call.version() >= 7 || !call.has_attribute("axis")) return;
  const std::optional<std::size_t> axis = normalize_axis(call.integer("axis"), first.size());
  if (!axis) return;
  while (*axis + second.size() < first.size()) second.push_back(1);
}

}  // namespace

void set_binary_value(OpCall& call, BinaryNumber function, bool keep_unknown) {
  if (!call.value(0) && !call.value(1)) return;
  if (!keep_unknown && (!call.value(0) || !call.value(1))) return;
  const std::optional<PlainShape> extents = value_extents(call.output_shape(0));
  std::optional<KnownElements> a = known_elements(call, 0);
  std::optional<KnownElements> b = known_elements(call, 1);
  if (!extents || !a || !b) return;
  align_to_axis(call, a->extents, b->extents);
  if (!broadcasts_to(a->extents, *extents) || !broadcasts_to(b->extents, *extents)) return;
  const PlainShape a_strides = strides_of(a->extents);
  const PlainShape b_strides = strides_of(b->extents);
  const NumberContext context{call.pool(), call.output(0).type.dtype};
  call.set_value(0, fill_value(*extents, [&](const PlainShape& index) {
                   return function(context, a->at(broadcast_position(a->extents, a_strides, index)),
                                   b->at(broadcast_position(b->extents, b_strides, index)));
                 }));
}

}  // namespace haoline
