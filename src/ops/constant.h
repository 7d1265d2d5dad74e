// Rules of operators whose results come from attributes, shapes or a random source.
#pragma once

#include "ops/op_row.h"

namespace haoline {

OpError infer_constant(OpCall& call);
OpError infer_constant_of_shape(OpCall& call);
OpError infer_range(OpCall& call);
OpError infer_eye_like(OpCall& call);
OpError infer_shape(OpCall& call);
OpError infer_size(OpCall& call);

}  // namespace haoline
