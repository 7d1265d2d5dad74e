// Rules of elementwise operators that look at more than one element of one operand.
#pragma once

#include "ops/op_row.h"

namespace haoline {

OpError infer_cast(OpCall& call);
OpError infer_cast_like(OpCall& call);
OpError infer_bit_cast(OpCall& call);
OpError infer_where(OpCall& call);
OpError infer_clip(OpCall& call);
OpError infer_variadic(OpCall& call);  // Max, Min, Sum, Mean
OpError infer_modulo(OpCall& call);
OpError infer_shift(OpCall& call);
OpError infer_is_nan(OpCall& call);
OpError infer_is_inf(OpCall& call);

}  // namespace haoline
