// Rules of operators that fold or order elements along axes.
#pragma once

#include "ops/op_row.h"

namespace haoline {

// reduction_rule.cc
OpError infer_reduction(OpCall& call);
OpError infer_arg_extreme(OpCall& call);  // ArgMax, ArgMin

// order_rule.cc
OpError infer_cumulative(OpCall& call);  // CumSum, CumProd
OpError infer_top_k(OpCall& call);

}  // namespace haoline
