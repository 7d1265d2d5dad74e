// The convolution rule, for every operator that is one: float, integer, quantized, fused.
#pragma once

#include <cstddef>

#include "ops/op_row.h"

namespace haoline {

// Where a convolution finds its operands. An operand that the operator does not have has an index beyond its
// inputs.
struct ConvOperands {
  std::size_t data = 0;
  std::size_t weight = 1;
  std::size_t bias = 2;
  bool channels_last = false;  // in addition to the attribute data_layout
};
inline constexpr std::size_t kNoOperand = static_cast<std::size_t>(-1);

inline constexpr std::string_view kConvolutionCounts =
    "batch·out_channels·out_h·out_w·(in_channels/group)·kernel_h·kernel_w, one factor per spatial axis; "
    "padding counts as data; "
    "a bias is one addition per output element";

OpError infer_convolution(OpCall& call, const ConvOperands& operands = {});
Cost convolution_cost(const OpCall& call, const ConvOperands& operands = {});

inline constexpr std::string_view kTransposedConvolutionCounts =
    "batch·in_h·in_w·in_channels·kernel_h·kernel_w·(out_channels/group), one factor per spatial axis; "
    "a bias is one addition per output element";

OpError infer_transposed_convolution(OpCall& call, const ConvOperands& operands = {});
Cost transposed_convolution_cost(const OpCall& call, const ConvOperands& operands = {});

}  // namespace haoline
