// Slices as TensorFlow and its kin spell them: begins with sizes, or begins, ends and strides with bit masks.
#include <algorithm>
#include <string>

#include "ops/cut.h"
#include "ops/extra_movement.h"
#include "ops/movement.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

// Where the elements of the result lie in the operand: a start, and a stride for every axis of the result.
struct Walk {
  Dim begin = 0;  // of elements, over all axes; unknown where one is not a number
  PlainShape strides;
};

void set_walked_value(OpCall& call, const Walk& walk) {
  const std::optional<std::int64_t> begin = walk.begin.number();
  if (!begin || !call.value(0)) return;
  set_moved_value(call, 0, [&](const PlainShape& index) {
    std::int64_t position = *begin;
    for (std::size_t i = 0; i < index.size(); ++i) position += index[i] * walk.strides[i];
    return static_cast<std::size_t>(position);
  });
}

struct StridedRequest {
  std::vector<Dim> begin, end;
  std::vector<std::int64_t> strides;
  bool strides_known = true;
};

bool has_bit(const OpCall& call, std::string_view mask, std::size_t i) {
  return i < 32 && ((call.integer(mask) >> i) & 1) != 0;
}

std::optional<std::vector<Dim>> listed(const OpCall& call, std::string_view attribute, std::size_t input) {
  if (!call.has_attribute(attribute)) return extents_operand(call, input);
  std::vector<Dim> dims;
  for (const std::int64_t number : call.integer_list(attribute)) dims.push_back(call.pool().number(number));
  return dims;
}

OpError read_strided(const OpCall& call, StridedRequest& request, bool& is_known) {
  const std::optional<std::vector<Dim>> begin = listed(call, "begin", 1);
  const std::optional<std::vector<Dim>> end = listed(call, "end", 2);
  const std::optional<std::vector<Dim>> strides = listed(call, "strides", 3);
  is_known = begin && end;
  if (!is_known) return std::nullopt;
  request.begin = *begin;
  request.end = *end;
  request.strides.assign(begin->size(), 1);
  const bool has_strides = call.has(3) || call.has_attribute("strides");
  if (begin->size() != end->size() || (has_strides && strides && strides->size() != begin->size())) {
    return Message(std::to_string(begin->size()) + " begins and " + std::to_string(end->size()) + " ends");
  }
  for (std::size_t i = 0; has_strides && i < begin->size(); ++i) {
    const std::optional<std::int64_t> step = strides ? (*strides)[i].number() : std::nullopt;
    request.strides_known = request.strides_known && step.has_value();
    request.strides[i] = step.value_or(1);
    if (step == 0) return Message("a stride of 0 along axis " + std::to_string(i));
  }
  return std::nullopt;
}

// Entry i of the request, applied to axis `axis` of the operand.
Cut cut_entry(OpCall& call, const StridedRequest& request, std::size_t i, Dim extent) {
  DimPool& pool = call.pool();
  const std::int64_t step = request.strides[i];
  if (!request.strides_known) return {};
  Dim begin = request.begin[i];
  Dim end = request.end[i];
  if (call.integer("offset") != 0) end = pool.add(begin, end);
  if (has_bit(call, "begin_mask", i)) begin = step > 0 ? Dim(0) : Dim(kEndless);
  if (has_bit(call, "end_mask", i)) end = step > 0 ? Dim(kEndless) : Dim(-kEndless);
  return cut_axis(pool, extent, begin, end, step);
}

// The element that a shrunk axis is reduced to.
Dim single_index(DimPool& pool, Dim begin, Dim extent) {
  const std::optional<std::int64_t> number = begin.number();
  if (!number) return Dim::unknown();
  return *number < 0 ? pool.add(extent, begin) : begin;
}

// The request spelled out for one operand, axis by axis.
struct StridedSlicer {
  OpCall& call;
  const StridedRequest& request;
  PlainShape strides;  // of the operand's elements; empty where it has no value
  Shape shape = {};
  Walk walk = {};
  std::size_t axis = 0;

  std::int64_t stride() const { return axis < strides.size() ? strides[axis] : 0; }
  void keep_axis() {
    shape.push_back(call.shape(0)[axis]);
    walk.strides.push_back(stride());
    ++axis;
  }
  void move_begin(Dim by) {
    walk.begin = call.pool().add(walk.begin, call.pool().multiply(by, Dim(stride())));
  }
  void shrink_axis(std::size_t i) {
    const Dim begin = has_bit(call, "begin_mask", i) ? Dim(0) : request.begin[i];
    move_begin(single_index(call.pool(), begin, call.shape(0)[axis]));
    ++axis;
  }
  void cut(std::size_t i) {
    const Dim extent = call.shape(0)[axis];
    const Cut part = cut_entry(call, request, i, extent);
    const bool is_data = part.length.is_unknown() && !extent.is_unknown();
    shape.push_back(is_data ? data_extent(call, axis, extent) : part.length);
    // A step beyond any extent selects one element, however long it is.
    walk.strides.push_back(stride() * std::clamp<std::int64_t>(part.step, -kEndless, kEndless));
    move_begin(part.begin);
    ++axis;
  }
};

std::size_t count_bits(const OpCall& call, std::string_view mask, std::size_t entries) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < entries; ++i) count += has_bit(call, mask, i) ? 1 : 0;
  return count;
}

// Axes of the operand that the entries behind an ellipsis still need.
std::size_t needed_after(const OpCall& call, std::size_t ellipsis, std::size_t entries) {
  std::size_t needed = 0;
  for (std::size_t i = ellipsis + 1; i < entries; ++i) needed += has_bit(call, "new_axis_mask", i) ? 0 : 1;
  return needed;
}

}  // namespace

OpError infer_strided_slice(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0)) return std::nullopt;
  StridedRequest request;
  bool is_known = false;
  if (OpError error = read_strided(call, request, is_known)) return error;
  if (!is_known) return std::nullopt;
  const std::size_t rank = call.rank(0);
  const std::size_t entries = request.begin.size();
  if (count_bits(call, "ellipsis_mask", entries) > 1) return Message("there is more than one ellipsis");
  const std::optional<KnownElements> known = known_elements(call, 0);
  StridedSlicer slicer{call, request, known ? strides_of(known->extents) : PlainShape{}};
  for (std::size_t i = 0; i < entries; ++i) {
    if (has_bit(call, "ellipsis_mask", i)) {
      while (slicer.axis + needed_after(call, i, entries) < rank) slicer.keep_axis();
    } else if (has_bit(call, "new_axis_mask", i)) {
      slicer.shape.push_back(1);
      slicer.walk.strides.push_back(0);
    } else if (slicer.axis >= rank) {
      return Message(std::to_string(entries) + " entries for an operand of rank " + std::to_string(rank));
    } else if (has_bit(call, "shrink_axis_mask", i)) {
      slicer.shrink_axis(i);
    } else {
      slicer.cut(i);
    }
  }
  while (slicer.axis < rank) slicer.keep_axis();
  call.set_shape(0, std::move(slicer.shape));
  set_walked_value(call, slicer.walk);
  return std::nullopt;
}

OpError infer_slice_by_size(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0)) return std::nullopt;
  DimPool& pool = call.pool();
  const std::size_t rank = call.rank(0);
  const std::vector<Dim> unknown(rank, Dim::unknown());
  const std::vector<Dim> begin = listed(call, "begin", 1).value_or(unknown);
  const std::vector<Dim> size = listed(call, "size", 2).value_or(unknown);
  if (begin.size() != rank || size.size() != rank) {
    return Message(std::to_string(begin.size()) + " begins and " + std::to_string(size.size()) +
                   " sizes for an operand of rank " + std::to_string(rank));
  }
  const std::optional<KnownElements> known = known_elements(call, 0);
  Walk walk;
  walk.strides = known ? strides_of(known->extents) : PlainShape(rank, 0);
  Shape shape;
  for (std::size_t i = 0; i < rank; ++i) {
    const Dim extent = call.shape(0)[i];
    const Dim length = size[i].is(-1) ? pool.subtract(extent, begin[i]) : size[i];
    if (length.number().value_or(0) < 0) {
      return refuse(pool, {"the slice has an extent of ", length, " along axis ", i});
    }
    const bool is_data = length.is_unknown() && !extent.is_unknown();
    shape.push_back(is_data ? data_extent(call, i, extent) : length);
    walk.begin = pool.add(walk.begin, pool.multiply(begin[i], Dim(walk.strides[i])));
  }
  call.set_shape(0, std::move(shape));
  set_walked_value(call, walk);
  return std::nullopt;
}

}  // namespace haoline
