// Rules of operators that rename, reorder, repeat, join or pad data without computing on it.
#pragma once

#include "ops/op_row.h"

namespace haoline {

// reshape_rule.cc
OpError infer_reshape(OpCall& call);
OpError infer_flatten(OpCall& call);
OpError infer_squeeze(OpCall& call);
OpError infer_unsqueeze(OpCall& call);

// repeat_rule.cc
OpError infer_expand(OpCall& call);
OpError infer_tile(OpCall& call);
OpError infer_pad(OpCall& call);
OpError infer_center_crop_pad(OpCall& call);

// join_rule.cc
OpError infer_concat(OpCall& call);
OpError infer_split(OpCall& call);

// Elements of a 1-D operand as extents, unknown ones as such; nothing when not even their number is known.
std::optional<std::vector<Dim>> extents_operand(const OpCall& call, std::size_t input);

}  // namespace haoline
