// Decision trees as attributes of ai.onnx.ml spell them: how many there are and how deep they reach.
#pragma once

#include <cstdint>
#include <optional>

#include "ops/op_call.h"

namespace haoline {

struct Trees {
  std::int64_t count = 0;
  std::int64_t depth_sum = 0;  // branches to the deepest leaf, of all trees together
};

// TreeEnsembleClassifier and TreeEnsembleRegressor: nodes by tree and number, leaves are nodes of mode LEAF.
// Nothing where the lists contradict each other or a branch leads back to itself.
std::optional<Trees> listed_trees(const OpCall& call);
// TreeEnsemble (version 5): nodes by index, leaves in lists of their own, one root per tree.
std::optional<Trees> rooted_trees(const OpCall& call);

}  // namespace haoline
