// Gather, GatherElements, GatherND, OneHot: elements picked by index.
#include <algorithm>
#include <string>

#include "ops/selection.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

// A known index into an axis, counted from its beginning; nothing when it is not a plain number in range.
std::optional<std::int64_t> index_into(const DimPool& pool, const Number& index, std::int64_t extent) {
  const std::optional<Int128> number = pool.constant(index.integer());
  if (!number || *number < -extent || *number >= extent) return std::nullopt;
  return static_cast<std::int64_t>(*number < 0 ? *number + extent : *number);
}

OpError check_indices(const OpCall& call, std::size_t axis) {
  const Value* indices = call.value(1);
  const std::optional<std::int64_t> extent = call.shape(0)[axis].number();
  if (!indices || !extent) return std::nullopt;
  for (const Number& index : indices->elements()) {
    const std::optional<Int128> number = call.pool().constant(index.integer());
    if (number && (*number < -*extent || *number >= *extent)) {
      return refuse(call.pool(),
                    {"index ", index.integer(), " is out of range for axis ", axis, " of extent ", *extent});
    }
  }
  return std::nullopt;
}

void set_gathered_value(OpCall& call, std::size_t axis) {
  const std::optional<KnownElements> data = known_elements(call, 0);
  const std::optional<KnownElements> indices = known_elements(call, 1);
  if (!data || !data->value || !indices || !indices->value) return;
  const std::optional<PlainShape> extents = value_extents(call.output_shape(0));
  if (!extents) return;
  const PlainShape strides = strides_of(data->extents);
  const PlainShape index_strides = strides_of(indices->extents);
  const std::size_t added = indices->extents.size();
  call.set_value(0, fill_value(*extents, [&](const PlainShape& at) {
                   std::int64_t which = 0, position = 0;
                   for (std::size_t i = 0; i < at.size(); ++i) {
                     if (i < axis)
                       position += at[i] * strides[i];
                     else if (i < axis + added)
                       which += at[i] * index_strides[i - axis];
                     else
                       position += at[i] * strides[i - added + 1];
                   }
                   const Number& wanted = (*indices->value)[static_cast<std::size_t>(which)];
                   const auto index = index_into(call.pool(), wanted, data->extents[axis]);
                   if (!index) return Number::unknown();
                   return data->at(static_cast<std::size_t>(position + *index * strides[axis]));
                 }));
}

}  // namespace

OpError infer_gather(OpCall& call) {
  if (!call.has_rank(0)) return std::nullopt;
  const std::int64_t given = call.integer("axis");
  const std::optional<std::size_t> axis = normalize_axis(given, call.rank(0));
  if (!axis) return axis_out_of_range(given, call.rank(0));
  if (!call.has_rank(1)) return std::nullopt;
  if (OpError error = check_indices(call, *axis)) return error;
  Shape shape(call.shape(0).first(*axis));
  shape.append(call.shape(1).dims());
  shape.append(call.shape(0).dims().subspan(*axis + 1));
  call.set_shape(0, std::move(shape));
  set_gathered_value(call, *axis);
  return std::nullopt;
}

OpError infer_gather_elements(OpCall& call) {
  if (call.has(1)) call.set_shape(0, call.shape(1));
  if (!call.has_rank(0) || !call.has_rank(1)) return std::nullopt;
  const std::int64_t given = call.integer("axis");
  const std::optional<std::size_t> axis = normalize_axis(given, call.rank(0));
  if (!axis) return axis_out_of_range(given, call.rank(0));
  if (call.rank(0) != call.rank(1)) {
    return refuse(call.pool(),
                  {"the indices have rank ", call.rank(1), ", the data has rank ", call.rank(0)});
  }
  if (OpError error = check_indices(call, *axis)) return error;
  const std::optional<KnownElements> data = known_elements(call, 0);
  const std::optional<KnownElements> indices = known_elements(call, 1);
  if (!data || !data->value || !indices || !indices->value) return std::nullopt;
  for (std::size_t i = 0; i < data->extents.size(); ++i) {
    if (i != *axis && indices->extents[i] > data->extents[i]) return std::nullopt;
  }
  const PlainShape strides = strides_of(data->extents);
  std::size_t next = 0;
  call.set_value(0, fill_value(indices->extents, [&](const PlainShape& at) {
                   const auto index = index_into(call.pool(), indices->at(next++), data->extents[*axis]);
                   if (!index) return Number::unknown();
                   std::int64_t position = *index * strides[*axis];
                   for (std::size_t i = 0; i < at.size(); ++i)
                     position += i == *axis ? 0 : at[i] * strides[i];
                   return data->at(static_cast<std::size_t>(position));
                 }));
  return std::nullopt;
}

namespace {

void set_gathered_nd_value(OpCall& call, std::size_t batch, std::size_t depth) {
  const std::optional<KnownElements> data = known_elements(call, 0);
  const std::optional<KnownElements> indices = known_elements(call, 1);
  const std::optional<PlainShape> extents = value_extents(call.output_shape(0));
  if (!data || !data->value || !indices || !indices->value || !extents) return;
  const PlainShape strides = strides_of(data->extents);
  const PlainShape index_strides = strides_of(indices->extents);
  const std::size_t lead = indices->extents.size() - 1;  // axes of the indices that stay
  call.set_value(0, fill_value(*extents, [&](const PlainShape& at) {
                   std::int64_t tuple = 0, position = 0;
                   for (std::size_t i = 0; i < at.size(); ++i) {
                     if (i < lead) tuple += at[i] * index_strides[i];
                     if (i < batch) position += at[i] * strides[i];
                     if (i >= lead) position += at[i] * strides[batch + depth + i - lead];
                   }
                   for (std::size_t i = 0; i < depth; ++i) {
                     const Number wanted = indices->at(static_cast<std::size_t>(tuple) + i);
                     const auto index = index_into(call.pool(), wanted, data->extents[batch + i]);
                     if (!index) return Number::unknown();
                     position += *index * strides[batch + i];
                   }
                   return data->at(static_cast<std::size_t>(position));
                 }));
}

}  // namespace

OpError infer_gather_nd(OpCall& call) {
  if (!call.has_rank(0) || !call.has_rank(1)) return std::nullopt;
  const Shape& data = call.shape(0);
  const Shape& indices = call.shape(1);
  if (indices.rank() == 0 || data.rank() == 0) return Message("data and indices need at least one axis");
  const std::int64_t given = call.integer("batch_dims");
  const auto least = static_cast<std::int64_t>(std::min(data.rank(), indices.rank()));
  if (given < 0 || given >= least)
    return refuse(call.pool(),
                  {"batch_dims is ", given, ", the ranks are ", data.rank(), " and ", indices.rank()});
  const auto batch = static_cast<std::size_t>(given);
  const std::optional<std::int64_t> last = indices.back().number();
  if (!last) return std::nullopt;
  if (*last < 0 || static_cast<std::size_t>(*last) > data.rank() - batch) {
    return refuse(call.pool(), {"index tuples have ", *last, " elements, the data has ", data.rank() - batch,
                                " axes to index"});
  }
  const auto depth = static_cast<std::size_t>(*last);
  Shape shape(indices.first(indices.rank() - 1));
  for (std::size_t i = 0; i < batch; ++i) shape[i] = call.require_equal(shape[i], data[i]);
  shape.append(data.dims().subspan(batch + depth));
  call.set_shape(0, std::move(shape));
  set_gathered_nd_value(call, batch, depth);
  return std::nullopt;
}

namespace {

void set_one_hot_value(OpCall& call, std::size_t axis, std::int64_t depth) {
  const std::optional<KnownElements> indices = known_elements(call, 0);
  const Value* values = call.value(2);
  const std::optional<PlainShape> extents = value_extents(call.output_shape(0));
  if (!indices || !indices->value || !values || values->size() != 2 || !extents) return;
  const PlainShape strides = strides_of(indices->extents);
  call.set_value(0, fill_value(*extents, [&](const PlainShape& at) {
                   std::int64_t position = 0;
                   for (std::size_t i = 0; i < at.size(); ++i) {
                     if (i != axis) position += at[i] * strides[i < axis ? i : i - 1];
                   }
                   const Number wanted = indices->at(static_cast<std::size_t>(position));
                   const std::optional<Int128> number = call.pool().constant(wanted.integer());
                   if (!number) return Number::unknown();
                   const Int128 hot = *number < 0 ? *number + depth : *number;
                   return (*values)[hot == at[axis] ? 1 : 0];
                 }));
}

}  // namespace

OpError infer_one_hot(OpCall& call) {
  if (!call.has_rank(0)) return std::nullopt;
  const std::int64_t given = call.integer("axis");
  const std::size_t rank = call.rank(0) + 1;
  const std::optional<std::size_t> axis = normalize_axis(given, rank);
  if (!axis) return axis_out_of_range(given, rank);
  const Value* value = call.value(1);
  Dim depth = value && value->size() == 1 ? (*value)[0].integer() : Dim::unknown();
  if (depth.number().value_or(0) < 0) return refuse(call.pool(), {"a depth of ", depth});
  if (depth.is_unknown()) depth = call.data_symbol("depth");
  Shape shape = call.shape(0);
  shape.insert(*axis, depth);
  call.set_shape(0, std::move(shape));
  if (const std::optional<std::int64_t> number = depth.number()) set_one_hot_value(call, *axis, *number);
  return std::nullopt;
}

}  // namespace haoline
