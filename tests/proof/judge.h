// Whether what inference says of a tensor agrees with what was recorded of it.
#pragma once

#include <string>

#include "ops/op_call.h"
#include "recorded.h"

namespace haoline::proof {

struct Strictness {
  bool may_be_unknown = false;  // saying nothing is no mistake, saying something wrong is
  bool may_be_bounded = false;  // an extent that only the data decides: its bound is not below the observed
};

// Why not; empty when it does.
std::string judge(const OperandFacts& ours, const Recorded& observed, const DimPool& pool,
                  const Bindings& bindings, Strictness strictness);
// One extent list against the other.
std::string judge_shape(const Shape& ours, std::span<const std::int64_t> observed, const DimPool& pool,
                        const Bindings& bindings, Strictness strictness);
// Known elements of ours against the recorded ones; elements that were not decoded prove nothing.
std::string judge_value(const OperandFacts& ours, const RecordedTensor& observed, const DimPool& pool,
                        const Bindings& bindings);

std::string spell(std::span<const std::int64_t> extents);

}  // namespace haoline::proof
