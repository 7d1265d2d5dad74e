// NonZero, Compress, Unique: how much they select depends on the data.
#include <algorithm>
#include <cmath>
#include <map>

#include "ops/selection.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

// Which elements are not zero, when that is known of all of them.
std::optional<std::vector<std::size_t>> true_places(const OpCall& call, std::size_t input) {
  const Value* value = call.value(input);
  if (!value) return std::nullopt;
  const NumberContext context{call.pool(), DType::boolean};
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < value->size(); ++i) {
    const Dim truth = cast_number(context, (*value)[i]).integer();
    if (truth.is_unknown()) return std::nullopt;
    if (truth.is(1)) places.push_back(i);
  }
  return places;
}

Dim count_dim(std::size_t count) {
  return static_cast<std::int64_t>(count);
}

}  // namespace

OpError infer_non_zero(OpCall& call) {
  call.set_dtype(0, DType::int64);
  if (!call.has_rank(0)) {
    call.set_shape(0, Shape::of_unknown(2));
    return std::nullopt;
  }
  const Dim rank = count_dim(call.rank(0));
  const std::optional<std::vector<std::size_t>> places = true_places(call, 0);
  const std::optional<PlainShape> extents = value_extents(call.shape(0));
  if (!places || !extents) {
    call.set_shape(0, Shape{rank, call.data_symbol("nonzero", call.elements(0))});
    return std::nullopt;
  }
  call.set_shape(0, Shape{rank, count_dim(places->size())});
  const PlainShape strides = strides_of(*extents);
  const std::optional<PlainShape> result = value_extents(call.output_shape(0));
  if (!result) return std::nullopt;
  call.set_value(0, fill_value(*result, [&](const PlainShape& at) {
                   const auto axis = static_cast<std::size_t>(at[0]);
                   const auto place = static_cast<std::int64_t>((*places)[static_cast<std::size_t>(at[1])]);
                   return Number::exact(place / strides[axis] % (*extents)[axis]);
                 }));
  return std::nullopt;
}

namespace {

OpError infer_flat_compress(OpCall& call) {
  const std::optional<std::vector<std::size_t>> places = true_places(call, 1);
  if (!places) {
    call.set_shape(0, Shape{call.data_symbol("selected", call.elements(0).min(call.elements(1)))});
    return std::nullopt;
  }
  call.set_shape(0, Shape{count_dim(places->size())});
  set_moved_value(call, 0, [&](const PlainShape& at) { return (*places)[static_cast<std::size_t>(at[0])]; });
  return std::nullopt;
}

}  // namespace

OpError infer_compress(OpCall& call) {
  if (!call.has_rank(0)) {
    if (!call.has_attribute("axis")) call.set_shape(0, Shape::of_unknown(1));
    return std::nullopt;
  }
  if (!call.has_attribute("axis")) return infer_flat_compress(call);
  const std::int64_t given = call.integer("axis");
  const std::optional<std::size_t> axis = normalize_axis(given, call.rank(0));
  if (!axis) return axis_out_of_range(given, call.rank(0));
  Shape shape = call.shape(0);
  const std::optional<std::vector<std::size_t>> places = true_places(call, 1);
  const Expr bound = call.elements(1).min(shape[*axis]);
  shape[*axis] = places ? count_dim(places->size()) : call.data_symbol("selected", bound);
  call.set_shape(0, std::move(shape));
  const std::optional<KnownElements> known = known_elements(call, 0);
  if (!places || !known) return std::nullopt;
  const PlainShape strides = strides_of(known->extents);
  set_moved_value(call, 0, [&](const PlainShape& at) {
    std::size_t position = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      const auto coordinate = static_cast<std::size_t>(at[i]);
      position += (i == *axis ? (*places)[coordinate] : coordinate) * static_cast<std::size_t>(strides[i]);
    }
    return position;
  });
  return std::nullopt;
}

namespace {

// The slices of a known tensor along an axis (all single elements when there is none) that differ: where each
// occurs first, how often, and which one every slice is.
struct Distinct {
  std::vector<std::size_t> first, counts, inverse;
};

// Every slice as a list of plain numbers; nothing when one is unknown or has no place in an order.
std::optional<std::vector<std::vector<double>>> slices_of(const KnownElements& known, std::size_t axis) {
  constexpr double kExactIntegers = 9007199254740992.0;
  std::vector<std::vector<double>> slices(static_cast<std::size_t>(known.extents[axis]));
  Odometer odometer(known.extents);
  for (std::size_t i = 0; i < known.value->size(); ++i, odometer.step()) {
    const std::optional<double> number = known.at(i).constant();
    if (!number || !(std::abs(*number) < kExactIntegers)) return std::nullopt;
    slices[static_cast<std::size_t>(odometer.index()[axis])].push_back(*number);
  }
  return slices;
}

Distinct distinct_slices(std::span<const std::vector<double>> slices, bool sorted) {
  std::map<std::vector<double>, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i < slices.size(); ++i) places[slices[i]].push_back(i);
  std::vector<const std::vector<std::size_t>*> groups;
  for (const auto& [slice, group] : places) groups.push_back(&group);
  if (!sorted) {
    std::sort(groups.begin(), groups.end(), [](auto* a, auto* b) { return a->front() < b->front(); });
  }
  Distinct distinct;
  distinct.inverse.resize(slices.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    distinct.first.push_back(groups[i]->front());
    distinct.counts.push_back(groups[i]->size());
    for (const std::size_t place : *groups[i]) distinct.inverse[place] = i;
  }
  return distinct;
}

Value counts_value(std::span<const std::size_t> counts) {
  std::vector<Dim> dims;
  dims.reserve(counts.size());
  for (const std::size_t count : counts) dims.push_back(count_dim(count));
  return Value::integers(dims);
}

// The results for known slices; false when they are not known.
bool set_distinct(OpCall& call, std::optional<std::size_t> axis) {
  std::optional<KnownElements> known = known_elements(call, 0);
  if (!known || !known->value) return false;
  if (!axis) known->extents = PlainShape{static_cast<std::int64_t>(known->value->size())};
  const std::size_t along = axis.value_or(0);
  const auto slices = slices_of(*known, along);
  if (!slices) return false;
  const Distinct distinct = distinct_slices(*slices, call.integer("sorted") != 0);
  const Dim count = count_dim(distinct.first.size());
  Shape shape = axis ? call.shape(0) : Shape{count};
  shape[along] = count;
  call.set_shape(0, std::move(shape));
  call.set_shape(1, Shape{count});
  call.set_shape(3, Shape{count});
  const PlainShape strides = strides_of(known->extents);
  set_moved_value(call, 0, [&](const PlainShape& at) {
    std::size_t position = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      const auto coordinate = static_cast<std::size_t>(at[i]);
      position +=
          (i == along ? distinct.first[coordinate] : coordinate) * static_cast<std::size_t>(strides[i]);
    }
    return position;
  });
  call.set_value(1, counts_value(distinct.first));
  call.set_value(2, counts_value(distinct.inverse));
  call.set_value(3, counts_value(distinct.counts));
  return true;
}

}  // namespace

OpError infer_unique(OpCall& call) {
  for (std::size_t i = 1; i <= 3; ++i) {
    call.set_dtype(i, DType::int64);
    call.set_shape(i, Shape::of_unknown(1));
  }
  if (!call.has_rank(0)) return std::nullopt;
  Dim candidates = call.elements(0);
  std::optional<std::size_t> axis;
  if (call.has_attribute("axis")) {
    const std::int64_t given = call.integer("axis");
    axis = normalize_axis(given, call.rank(0));
    if (!axis) return axis_out_of_range(given, call.rank(0));
    candidates = call.shape(0)[*axis];
  }
  call.set_shape(2, Shape{candidates});
  if (set_distinct(call, axis)) return std::nullopt;
  const Dim count = call.data_symbol("unique", candidates);
  Shape shape = axis ? call.shape(0) : Shape{count};
  if (axis) shape[*axis] = count;
  call.set_shape(0, std::move(shape));
  call.set_shape(1, Shape{count});
  call.set_shape(3, Shape{count});
  return std::nullopt;
}

}  // namespace haoline
