// The equation of Einsum, read against the shapes of its operands.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "ops/op_row.h"

namespace haoline {

// Letters are labels 0 … 51; the axes an ellipsis stands for follow, counted from the right, because they
// broadcast aligned at the right.
struct Equation {
  using Label = std::uint32_t;
  std::vector<std::vector<Label>> operands;
  std::vector<Label> output;
  std::vector<Dim> extents;                     // by label; unknown too where no operand has the label
  std::vector<std::pair<Dim, Dim>> equalities;  // extents of one label that have to agree
};
OpError read_equation(const OpCall& call, Equation& equation);

OpError infer_einsum(OpCall& call);

// Two operands: the product of the extents of all labels. More: operands are taken from left to right, the
// result so far with the next one, and a label is summed as soon as neither a later operand nor the output
// has it. One operand: no products; an addition per element where labels are summed.
Cost einsum_cost(const OpCall& call);

}  // namespace haoline
