// Rules of operators that select elements, or write into selected places.
#pragma once

#include "ops/op_row.h"

namespace haoline {

OpError infer_slice(OpCall& call);  // slice_rule.cc

// gather_rule.cc
OpError infer_gather(OpCall& call);
OpError infer_gather_elements(OpCall& call);
OpError infer_gather_nd(OpCall& call);
OpError infer_one_hot(OpCall& call);

// scatter_rule.cc
OpError infer_scatter_elements(OpCall& call);
OpError infer_scatter_nd(OpCall& call);
Cost scatter_cost(const OpCall& call);

// data_selection_rule.cc: how much is selected depends on the data
OpError infer_compress(OpCall& call);
OpError infer_non_zero(OpCall& call);
OpError infer_unique(OpCall& call);

}  // namespace haoline
