// The same elements under another shape.
#include <algorithm>

#include "ops/movement.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {

std::optional<std::vector<Dim>> extents_operand(const OpCall& call, std::size_t input) {
  if (const Value* value = call.value(input)) {
    if (value->size() > OpCall::kMaxRank) return std::nullopt;
    std::vector<Dim> extents;
    extents.reserve(value->size());
    for (const Number& element : value->elements()) extents.push_back(element.integer());
    return extents;
  }
  const std::optional<std::size_t> length = length_of(call, input);
  if (!length) return std::nullopt;
  return std::vector<Dim>(*length, Dim::unknown());
}

namespace {

// The elements are the operand's, whatever the shape says.
void keep_value(OpCall& call) {
  if (const Value* value = call.value(0)) call.set_value(0, *value);
}

// What Reshape asks for, resolved against the operand as far as single extents go.
struct Request {
  Shape shape;                          // of the result; unknown where it is not known yet
  std::optional<std::size_t> inferred;  // the extent given as -1
  std::vector<bool> taken;              // operand axes that reappear in the result
  std::vector<bool> matched;            // result axes that an operand axis stands for
};

OpError read_request(const OpCall& call, std::span<const Dim> target, Request& request) {
  const Shape& operand = call.shape(0);
  const bool zero_copies = call.integer("allowzero") == 0;
  request.taken.assign(operand.rank(), false);
  request.matched.assign(target.size(), false);
  for (std::size_t i = 0; i < target.size(); ++i) {
    const Dim wanted = target[i];
    Dim extent = wanted;
    if (wanted.is(-1)) {
      if (request.inferred) return Message("more than one extent of the new shape is -1");
      request.inferred = i;
      extent = Dim::unknown();
    } else if (wanted.is(0) && zero_copies) {
      if (operand.has_rank() && i >= operand.rank()) {
        return Message("extent 0 of the new shape copies axis " + std::to_string(i) +
                       ", the operand has rank " + std::to_string(operand.rank()));
      }
      extent = operand.has_rank() ? operand[i] : Dim::unknown();
      if (operand.has_rank()) request.taken[i] = request.matched[i] = true;
    } else if (wanted.number().value_or(0) < 0) {
      return refuse(call.pool(), {"the new shape has an extent of ", wanted});
    }
    request.shape.push_back(extent);
  }
  return std::nullopt;
}

// Symbolic extents that occur on both sides cancel, so that what is left divides in plain sight.
void match_symbols(const Shape& operand, Request& request) {
  for (std::size_t i = 0; i < request.shape.rank(); ++i) {
    if (request.matched[i] || !request.shape[i].is_pooled()) continue;
    for (std::size_t j = 0; j < operand.rank(); ++j) {
      if (request.taken[j] || operand[j] != request.shape[i]) continue;
      request.taken[j] = request.matched[i] = true;
      break;
    }
  }
}

// Products of what did not cancel.
Dim left_of_operand(const Shape& operand, const Request& request, DimPool& pool) {
  if (!operand.has_rank()) return Dim::unknown();
  Dim product = 1;
  for (std::size_t i = 0; i < operand.rank(); ++i) {
    if (!request.taken[i]) product = pool.multiply(product, operand[i]);
  }
  return product;
}
Dim left_of_result(const Request& request, std::optional<std::size_t> except, DimPool& pool) {
  Dim product = 1;
  for (std::size_t i = 0; i < request.shape.rank(); ++i) {
    if (!request.matched[i] && i != except) product = pool.multiply(product, request.shape[i]);
  }
  return product;
}

// The one extent that the number of elements decides.
OpError infer_extent(OpCall& call, Request& request, std::size_t axis, bool certainly_fills) {
  DimPool& pool = call.pool();
  const Dim have = left_of_operand(call.shape(0), request, pool);
  const Dim others = left_of_result(request, axis, pool);
  if (have.is_unknown() || others.is_unknown() || others.is(0)) return std::nullopt;
  if (certainly_fills && certainly_differ(pool, pool.mod(have, others), 0)) {
    return refuse(pool, {have, " elements do not divide into extents whose product is ", others});
  }
  if (certainly_fills) call.require_divisible(have, others);
  request.shape[axis] = pool.floor_div(have, others);
  return std::nullopt;
}

OpError fill_unknown_extents(OpCall& call, Request& request) {
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < request.shape.rank(); ++i) {
    if (request.shape[i].is_unknown() && !request.matched[i] && i != request.inferred) unknown.push_back(i);
  }
  // One unknown beside known extents follows from the number of elements like a -1.
  if (!request.inferred && unknown.size() == 1) return infer_extent(call, request, unknown[0], false);
  // No extent is above the number of elements, unless another one is 0.
  const Dim elements = call.elements(0);
  const Dim bound = elements.is(0) ? Dim::unknown() : elements;
  for (const std::size_t axis : unknown) request.shape[axis] = data_extent(call, axis, bound);
  return request.inferred ? infer_extent(call, request, *request.inferred, true) : std::nullopt;
}

OpError check_elements(OpCall& call, const Request& request) {
  DimPool& pool = call.pool();
  const Dim have = left_of_operand(call.shape(0), request, pool);
  const Dim want = left_of_result(request, std::nullopt, pool);
  if (have.is_unknown() || want.is_unknown()) return std::nullopt;
  if (certainly_differ(pool, have, want)) {
    return refuse(pool, {call.elements(0), " elements cannot take a shape of ",
                         element_count(request.shape, pool), " elements"});
  }
  call.require_equal(have, want);
  return std::nullopt;
}

bool has_unknown(const Shape& shape) {
  return !shape.is_complete();
}

}  // namespace

OpError infer_reshape(OpCall& call) {
  std::optional<std::vector<Dim>> target;
  if (call.has(1)) {
    target = extents_operand(call, 1);
  } else if (call.has_attribute("shape")) {
    target.emplace();
    for (const std::int64_t extent : call.integer_list("shape"))
      target->push_back(call.pool().number(extent));
  }
  keep_value(call);
  if (!target || !call.has(0)) return std::nullopt;
  Request request;
  if (OpError error = read_request(call, *target, request)) return error;
  match_symbols(call.shape(0), request);
  OpError error =
      has_unknown(request.shape) ? fill_unknown_extents(call, request) : check_elements(call, request);
  if (error) return error;
  call.set_shape(0, std::move(request.shape));
  return std::nullopt;
}

OpError infer_flatten(OpCall& call) {
  call.set_shape(0, Shape::of_unknown(2));
  keep_value(call);
  if (!call.has_rank(0)) return std::nullopt;
  const std::size_t rank = call.rank(0);
  const std::int64_t axis = call.integer("axis");
  const bool at_end = axis == static_cast<std::int64_t>(rank);
  const std::optional<std::size_t> at = at_end ? rank : normalize_axis(axis, rank);
  if (!at) return axis_out_of_range(axis, rank);
  Dim rows = 1, columns = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    Dim& side = i < *at ? rows : columns;
    side = call.pool().multiply(side, call.shape(0)[i]);
  }
  call.set_shape(0, Shape{rows, columns});
  return std::nullopt;
}

namespace {

// Without axes every extent of 1 goes; which ones that are has to be certain.
void squeeze_ones(OpCall& call) {
  Shape shape;
  for (const Dim dim : call.shape(0)) {
    if (dim.is(1)) continue;
    const std::optional<bool> is_one = call.pool().equal(dim, 1);
    if (dim.is_unknown() || !is_one) return;
    shape.push_back(dim);
  }
  call.set_shape(0, std::move(shape));
}

}  // namespace

OpError infer_squeeze(OpCall& call) {
  keep_value(call);
  if (!call.has_rank(0)) return std::nullopt;
  const GivenAxes given = given_axes(call, "axes", 1);
  const std::size_t rank = call.rank(0);
  if (given.absent || given.count == std::size_t{0}) {
    squeeze_ones(call);
    return std::nullopt;
  }
  if (!given.values) {
    if (given.count && *given.count <= rank) call.set_shape(0, Shape::of_unknown(rank - *given.count));
    return std::nullopt;
  }
  Axes axes;
  if (OpError error = normalize_axes(*given.values, rank, axes)) return error;
  Shape shape;
  for (std::size_t i = 0; i < rank; ++i) {
    const Dim dim = call.shape(0)[i];
    if (!contains(axes, i)) {
      shape.push_back(dim);
    } else if (certainly_differ(call.pool(), dim, 1)) {
      return refuse(call.pool(), {"axis ", i, " has extent ", dim, ", only 1 can be squeezed"});
    } else {
      call.require_equal(dim, 1);
    }
  }
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

OpError infer_unsqueeze(OpCall& call) {
  keep_value(call);
  if (!call.has_rank(0)) return std::nullopt;
  const GivenAxes given = given_axes(call, "axes", 1);
  if (!given.values) {
    if (given.count) call.set_shape(0, Shape::of_unknown(call.rank(0) + *given.count));
    return std::nullopt;
  }
  const std::size_t rank = call.rank(0) + given.values->size();
  if (rank > OpCall::kMaxRank) return std::nullopt;
  Axes axes;
  if (OpError error = normalize_axes(*given.values, rank, axes)) return error;
  Shape shape;
  std::size_t next = 0;
  for (std::size_t i = 0; i < rank; ++i) shape.push_back(contains(axes, i) ? Dim(1) : call.shape(0)[next++]);
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

}  // namespace haoline
