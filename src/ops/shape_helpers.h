// What many shape rules share: axes, broadcasting rules, rules that hardly do anything, refusals in words.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "ops/op_row.h"
#include "ops/refuse.h"

namespace haoline {

using Axes = SmallVector<std::size_t, 8>;

// --- refusals
Message axis_out_of_range(std::int64_t axis, std::size_t rank);  // "axis 5 is out of range for rank 3"
Message repeated_axis(std::size_t axis);                         // "axis 1 is given twice"
// --- axes
// Every axis normalized and once; an error says which is not.
OpError normalize_axes(std::span<const std::int64_t> given, std::size_t rank, Axes& axes);
bool contains(const Axes& axes, std::size_t axis);

// Axes from the attribute of that name or, in later versions, from operand `input`.
struct GivenAxes {
  bool absent = false;                              // neither attribute nor operand
  std::optional<std::vector<std::int64_t>> values;  // nothing: present but unknown
  std::optional<std::size_t> count;                 // how many, also where the values are unknown
};
GivenAxes given_axes(const OpCall& call, std::string_view attribute, std::size_t input);

// The number of elements of a 1-D operand (1 for a scalar), as far as they can be axes: nothing when it is
// not a plain number or more than any tensor has axes.
std::optional<std::size_t> length_of(const OpCall& call, std::size_t input);

// A fresh symbol for an extent that only the data decides, "<node>_axis<axis>".
Dim data_extent(OpCall& call, std::size_t axis, Dim upper_bound = Dim::unknown());

// --- rules. All of them cope with unknown ranks.
OpError infer_same_shape(OpCall& call);    // result 0 as operand 0
OpError infer_same_facts(OpCall& call);    // result 0 is operand 0: type, shape, value, length
OpError infer_same_as_bool(OpCall& call);  // operand 0's shape, elements are bool
// NumPy broadcasting of all operands; before version 7 (8 for variadic ones) as the operator set then said.
Shape elementwise_shape(OpCall& call);
OpError infer_broadcast(OpCall& call);
OpError infer_broadcast_to_bool(OpCall& call);

}  // namespace haoline
