// Results larger (or smaller) than their operand along its own axes: Expand, Tile, Pad, CenterCropPad.
#include <algorithm>
#include <string>

#include "ops/movement.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {

OpError infer_expand(OpCall& call) {
  const std::optional<std::vector<Dim>> target = extents_operand(call, 1);
  if (!target || !call.has_rank(0)) return std::nullopt;
  const Shape& operand = call.shape(0);
  const std::size_t rank = std::max(operand.rank(), target->size());
  Shape shape;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::size_t own_lead = rank - operand.rank();
    const std::size_t target_lead = rank - target->size();
    const Dim own = i < own_lead ? Dim(1) : operand[i - own_lead];
    const Dim wanted = i < target_lead ? Dim(1) : (*target)[i - target_lead];
    if (wanted.number().value_or(0) < 0)
      return refuse(call.pool(), {"the new shape has an extent of ", wanted});
    const bool both_numbers = own.is_inline() && wanted.is_inline();
    if (both_numbers && own != wanted && !own.is(1) && !wanted.is(1)) {
      return refuse(call.pool(), {"axis ", i, " of extent ", own, " cannot be expanded to ", wanted});
    }
    if (!wanted.is_unknown()) {
      shape.push_back(call.pool().broadcast(own, wanted));
    } else if (own.is_inline() && !own.is(1)) {
      shape.push_back(own);
    } else {
      shape.push_back(own.is(1) ? data_extent(call, i) : Dim::unknown());
    }
  }
  call.set_shape(0, std::move(shape));
  const std::optional<KnownElements> known = known_elements(call, 0);
  if (!known) return std::nullopt;
  const PlainShape strides = strides_of(known->extents);
  set_moved_value(
      call, 0, [&](const PlainShape& index) { return broadcast_position(known->extents, strides, index); });
  return std::nullopt;
}

namespace {

void set_tiled_value(OpCall& call) {
  const std::optional<KnownElements> known = known_elements(call, 0);
  if (!known) return;
  const PlainShape strides = strides_of(known->extents);
  set_moved_value(call, 0, [&](const PlainShape& index) {
    std::int64_t position = 0;
    for (std::size_t i = 0; i < index.size(); ++i) position += index[i] % known->extents[i] * strides[i];
    return static_cast<std::size_t>(position);
  });
}

// The oldest Tile repeats along one axis, both given as scalars.
OpError infer_tile_1(OpCall& call) {
  Shape shape = call.shape(0);
  const std::optional<std::int64_t> axis = call.scalar_constant(2);
  if (!axis) {
    call.set_shape(0, Shape::of_unknown(shape.rank()));
    return std::nullopt;
  }
  const std::optional<std::size_t> at = normalize_axis(*axis, shape.rank());
  if (!at) return axis_out_of_range(*axis, shape.rank());
  const std::optional<std::vector<Dim>> tiles = extents_operand(call, 1);
  const Dim repeat = tiles && tiles->size() == 1 ? tiles->front() : Dim::unknown();
  shape[*at] = repeat.is_unknown() ? data_extent(call, *at) : call.pool().multiply(shape[*at], repeat);
  call.set_shape(0, std::move(shape));
  set_tiled_value(call);
  return std::nullopt;
}

}  // namespace

OpError infer_tile(OpCall& call) {
  if (!call.has_rank(0)) return std::nullopt;
  if (call.version() != 0 && call.version() < 6) return infer_tile_1(call);
  std::size_t rank = call.rank(0);
  std::vector<Dim> repeats = extents_operand(call, 1).value_or(std::vector<Dim>(rank, Dim::unknown()));
  // As NumPy has it, axes of one are put in front of an operand that has too few.
  Shape operand = call.shape(0);
  if (call.integer("adds_axes") != 0) {
    for (; operand.rank() < repeats.size(); ++rank) operand.insert(0, 1);
  }
  if (repeats.size() != rank) {
    return Message(std::to_string(repeats.size()) + " repeats for an operand of rank " +
                   std::to_string(rank));
  }
  Shape shape;
  for (std::size_t i = 0; i < rank; ++i) {
    const Dim repeat = repeats[i];
    if (repeat.number().value_or(0) < 0)
      return refuse(call.pool(), {"axis ", i, " is repeated ", repeat, " times"});
    shape.push_back(repeat.is_unknown() ? data_extent(call, i) : call.pool().multiply(operand[i], repeat));
  }
  call.set_shape(0, std::move(shape));
  if (rank == call.rank(0)) set_tiled_value(call);
  return std::nullopt;
}

namespace {

// What is added before and after every axis; negative cuts off. Unknown where it is not known.
struct Pads {
  std::vector<Dim> begin, end;
};

std::optional<std::vector<Dim>> pad_list(const OpCall& call) {
  const std::string_view attribute = call.has_attribute("paddings") ? "paddings" : "pads";
  if (!call.has_attribute(attribute)) return extents_operand(call, 1);
  std::vector<Dim> pads;
  for (const std::int64_t n : call.integer_list(attribute)) pads.push_back(call.pool().number(n));
  return pads;
}

OpError read_pads(const OpCall& call, std::size_t rank, Pads& pads) {
  pads.begin.assign(rank, Dim::unknown());
  pads.end.assign(rank, Dim::unknown());
  const std::optional<std::vector<Dim>> list = pad_list(call);
  const GivenAxes given = given_axes(call, "axes", 3);
  if (!list || (!given.absent && !given.values)) return std::nullopt;
  Axes axes;
  if (given.absent) {
    for (std::size_t i = 0; i < rank; ++i) axes.push_back(i);
  } else if (OpError error = normalize_axes(*given.values, rank, axes)) {
    return error;
  }
  if (list->size() != 2 * axes.size()) {
    return Message(std::to_string(list->size()) + " pads for " + std::to_string(axes.size()) + " axes");
  }
  if (!given.absent) {
    pads.begin.assign(rank, 0);
    pads.end.assign(rank, 0);
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    pads.begin[axes[i]] = (*list)[i];
    pads.end[axes[i]] = (*list)[i + axes.size()];
  }
  return std::nullopt;
}

enum class PadMode : std::uint8_t { constant, reflect, edge, wrap };

PadMode pad_mode(std::string_view text) {
  if (text == "reflect") return PadMode::reflect;
  if (text == "edge") return PadMode::edge;
  return text == "wrap" ? PadMode::wrap : PadMode::constant;
}

// The operand's coordinate that stands at `at`, counted from the operand's first; nothing: the constant.
std::optional<std::int64_t> padded_coordinate(PadMode mode, std::int64_t at, std::int64_t extent) {
  if (at >= 0 && at < extent) return at;
  if (extent <= 0) return std::nullopt;
  switch (mode) {
    case PadMode::constant:
      return std::nullopt;
    case PadMode::edge:
      return at < 0 ? 0 : extent - 1;
    case PadMode::wrap:
      return ((at % extent) + extent) % extent;
    case PadMode::reflect:
      break;
  }
  if (extent == 1) return 0;
  const std::int64_t period = 2 * (extent - 1);
  const std::int64_t folded = ((at % period) + period) % period;
  return folded < extent ? folded : period - folded;
}

Number pad_constant(const OpCall& call) {
  if (call.has_attribute("value")) return Number::of(call.real("value"));
  if (!call.has(2)) return Number::exact(0);
  const Value* value = call.value(2);
  return value && value->size() == 1 ? (*value)[0] : Number::unknown();
}

void set_padded_value(OpCall& call, const Pads& pads) {
  const std::optional<KnownElements> known = known_elements(call, 0);
  const std::optional<PlainShape> extents = value_extents(call.output_shape(0));
  if (!known || !known->value || !extents) return;
  PlainShape begin;
  for (const Dim pad : pads.begin) {
    const std::optional<std::int64_t> number = pad.number();
    if (!number) return;
    begin.push_back(*number);
  }
  const PlainShape strides = strides_of(known->extents);
  const PadMode mode = pad_mode(call.text("mode"));
  const Number constant = pad_constant(call);
  call.set_value(0, fill_value(*extents, [&](const PlainShape& index) {
                   std::int64_t position = 0;
                   for (std::size_t i = 0; i < index.size(); ++i) {
                     const auto at = padded_coordinate(mode, index[i] - begin[i], known->extents[i]);
                     if (!at) return constant;
                     position += *at * strides[i];
                   }
                   return known->at(static_cast<std::size_t>(position));
                 }));
}

}  // namespace

OpError infer_pad(OpCall& call) {
  if (!call.has_rank(0)) return std::nullopt;
  const std::size_t rank = call.rank(0);
  Pads pads;
  if (OpError error = read_pads(call, rank, pads)) return error;
  DimPool& pool = call.pool();
  Shape shape;
  for (std::size_t i = 0; i < rank; ++i) {
    const Dim extent = pool.add(pool.add(call.shape(0)[i], pads.begin[i]), pads.end[i]);
    const bool is_data = pads.begin[i].is_unknown() || pads.end[i].is_unknown();
    if (extent.number().value_or(0) < 0) {
      return refuse(pool, {"pads leave axis ", i, " an extent of ", extent});
    }
    shape.push_back(is_data ? data_extent(call, i) : extent);
  }
  call.set_shape(0, std::move(shape));
  set_padded_value(call, pads);
  return std::nullopt;
}

OpError infer_center_crop_pad(OpCall& call) {
  if (!call.has_rank(0)) return std::nullopt;
  Shape shape = call.shape(0);
  Axes axes;
  if (call.has_attribute("axes")) {
    if (OpError error = normalize_axes(call.integer_list("axes"), shape.rank(), axes)) return error;
  } else {
    for (std::size_t i = 0; i < shape.rank(); ++i) axes.push_back(i);
  }
  const auto target = extents_operand(call, 1).value_or(std::vector<Dim>(axes.size(), Dim::unknown()));
  if (target.size() != axes.size()) {
    return Message(std::to_string(target.size()) + " extents for " + std::to_string(axes.size()) + " axes");
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    shape[axes[i]] = target[i].is_unknown() ? data_extent(call, axes[i]) : target[i];
  }
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

}  // namespace haoline
