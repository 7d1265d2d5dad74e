// Rules behind the rows of extra_movement.cc that need a page of their own.
#pragma once

#include "ops/op_row.h"

namespace haoline {

// extra_slice.cc
OpError infer_strided_slice(OpCall& call);  // operand, begin, end, strides; masks as attributes
OpError infer_slice_by_size(OpCall& call);  // operand, begin, size

// extra_blocks.cc
OpError infer_space_to_batch(OpCall& call);  // operand, block, pads [axes, 2]
OpError infer_batch_to_space(OpCall& call);  // operand, block, crops [axes, 2]
OpError infer_pad_pairs(OpCall& call);       // operand, pads [axes, 2], value
OpError infer_dilate(OpCall& call);          // operand, dilations, value

}  // namespace haoline
