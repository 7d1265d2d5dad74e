// Scatter, ScatterElements, ScatterND: copies of an operand with some elements replaced or combined.
#include "ops/selection.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

BinaryNumber reduction_of(std::string_view text) {
  if (text == "add") return add_numbers;
  if (text == "mul") return multiply_numbers;
  if (text == "min") return min_numbers;
  if (text == "max") return max_numbers;
  return [](const NumberContext&, const Number&, const Number& update) { return update; };
}

// Operands as known elements, when all three are known.
struct ScatterOperands {
  KnownElements data, indices, updates;
};
std::optional<ScatterOperands> scatter_operands(const OpCall& call) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (!call.value(i)) return std::nullopt;
  }
  auto data = known_elements(call, 0), indices = known_elements(call, 1), updates = known_elements(call, 2);
  if (!data || !indices || !updates) return std::nullopt;
  return ScatterOperands{*std::move(data), *std::move(indices), *std::move(updates)};
}

std::optional<std::int64_t> index_into(const OpCall& call, const Number& index, std::int64_t extent) {
  const std::optional<Int128> number = call.pool().constant(index.integer());
  if (!number || *number < -extent || *number >= extent) return std::nullopt;
  return static_cast<std::int64_t>(*number < 0 ? *number + extent : *number);
}

void set_scattered_value(OpCall& call, std::size_t axis) {
  const std::optional<ScatterOperands> known = scatter_operands(call);
  if (!known || known->indices.value->size() != known->updates.value->size()) return;
  const PlainShape& extents = known->data.extents;
  for (std::size_t i = 0; i < extents.size(); ++i) {
    if (i != axis && known->indices.extents[i] > extents[i]) return;
  }
  const NumberContext context{call.pool(), call.output(0).type.dtype};
  const BinaryNumber combine = reduction_of(call.text("reduction"));
  const PlainShape strides = strides_of(extents);
  std::vector<Number> result(known->data.value->elements().begin(), known->data.value->elements().end());
  Odometer odometer(known->indices.extents);
  for (std::size_t i = 0; i < known->indices.value->size(); ++i, odometer.step()) {
    const auto index = index_into(call, known->indices.at(i), extents[axis]);
    if (!index) return;  // anything could be overwritten
    std::int64_t position = *index * strides[axis];
    for (std::size_t k = 0; k < extents.size(); ++k)
      position += k == axis ? 0 : odometer.index()[k] * strides[k];
    Number& target = result[static_cast<std::size_t>(position)];
    target = combine(context, target, known->updates.at(i));
  }
  call.set_value(0, Value(std::move(result)));
}

void set_scattered_nd_value(OpCall& call, std::size_t depth) {
  const std::optional<ScatterOperands> known = scatter_operands(call);
  if (!known || depth == 0) return;
  const PlainShape& extents = known->data.extents;
  const PlainShape strides = strides_of(extents);
  std::size_t block = 1;
  for (std::size_t i = depth; i < extents.size(); ++i) block *= static_cast<std::size_t>(extents[i]);
  const std::size_t tuples = known->indices.value->size() / depth;
  if (known->updates.value->size() != tuples * block) return;
  const NumberContext context{call.pool(), call.output(0).type.dtype};
  const BinaryNumber combine = reduction_of(call.text("reduction"));
  std::vector<Number> result(known->data.value->elements().begin(), known->data.value->elements().end());
  for (std::size_t tuple = 0; tuple < tuples; ++tuple) {
    std::int64_t position = 0;
    for (std::size_t i = 0; i < depth; ++i) {
      const auto index = index_into(call, known->indices.at(tuple * depth + i), extents[i]);
      if (!index) return;
      position += *index * strides[i];
    }
    for (std::size_t i = 0; i < block; ++i) {
      Number& target = result[static_cast<std::size_t>(position) + i];
      target = combine(context, target, known->updates.at(tuple * block + i));
    }
  }
  call.set_value(0, Value(std::move(result)));
}

}  // namespace

OpError infer_scatter_elements(OpCall& call) {
  infer_same_shape(call);
  if (!call.has_rank(0) || !call.has_rank(1) || !call.has_rank(2)) return std::nullopt;
  const std::int64_t given = call.integer("axis");
  const std::optional<std::size_t> axis = normalize_axis(given, call.rank(0));
  if (!axis) return axis_out_of_range(given, call.rank(0));
  if (call.rank(1) != call.rank(0) || call.rank(2) != call.rank(0)) {
    return refuse(call.pool(), {"data, indices and updates have ranks ", call.rank(0), ", ", call.rank(1),
                                " and ", call.rank(2), ", they have to be equal"});
  }
  for (std::size_t i = 0; i < call.rank(1); ++i) {
    if (certainly_differ(call.pool(), call.shape(1)[i], call.shape(2)[i])) {
      return refuse(call.pool(), {"axis ", i, " of the indices has extent ", call.shape(1)[i],
                                  ", of the updates ", call.shape(2)[i]});
    }
    call.require_equal(call.shape(1)[i], call.shape(2)[i]);
  }
  set_scattered_value(call, *axis);
  return std::nullopt;
}

OpError infer_scatter_nd(OpCall& call) {
  infer_same_shape(call);
  if (!call.has_rank(0) || !call.has_rank(1) || !call.has_rank(2)) return std::nullopt;
  if (call.rank(1) == 0) return Message("the indices need at least one axis");
  const std::optional<std::int64_t> last = call.shape(1).back().number();
  if (!last) return std::nullopt;
  if (*last < 0 || static_cast<std::size_t>(*last) > call.rank(0)) {
    return refuse(call.pool(), {"index tuples have ", *last, " elements, the data has rank ", call.rank(0)});
  }
  const auto depth = static_cast<std::size_t>(*last);
  Shape updates(call.shape(1).first(call.rank(1) - 1));
  updates.append(call.shape(0).dims().subspan(depth));
  if (updates.rank() != call.rank(2)) {
    return refuse(call.pool(), {"the updates have rank ", call.rank(2), ", expected ", updates.rank()});
  }
  for (std::size_t i = 0; i < updates.rank(); ++i) {
    if (certainly_differ(call.pool(), updates[i], call.shape(2)[i])) {
      return refuse(call.pool(),
                    {"axis ", i, " of the updates has extent ", call.shape(2)[i], ", expected ", updates[i]});
    }
    call.require_equal(updates[i], call.shape(2)[i]);
  }
  set_scattered_nd_value(call, depth);
  return std::nullopt;
}

Cost scatter_cost(const OpCall& call) {
  Cost cost;
  const std::string_view reduction = call.text("reduction");
  const Dim updates = call.has(2) ? call.elements(2).dim() : Dim::unknown();
  if (reduction == "add") cost.add(Arith::add, updates, call.pool());
  if (reduction == "mul") cost.add(Arith::multiply, updates, call.pool());
  if (reduction == "min" || reduction == "max") cost.add(Arith::compare, updates, call.pool());
  return cost;
}

}  // namespace haoline
