// Resizing images: Resize and its predecessor Upsample.
#pragma once

#include <string_view>

#include "ops/op_row.h"

namespace haoline {

OpError infer_resize(OpCall& call);
OpError infer_upsample(OpCall& call);
Cost resize_cost(const OpCall& call);

// floor(extent · scale) as runtimes compute it: in float32 where the extent is a number, exactly where it is
// an expression. A scale that is no fraction with a small denominator gives unknown for an expression.
Dim scaled_extent(Dim extent, const Number& scale, DimPool& pool);

// Operations of interpolating one element along `axes` axes: each step mixes `taps` values (2 linear, 4
// cubic).
struct Interpolation {
  std::int64_t multiplications = 0;
  std::int64_t additions = 0;
};
Interpolation interpolation(std::string_view mode, std::size_t axes);

inline constexpr std::string_view kResizeCounts =
    "nearest: none. linear: along n resized axes (2^n - 1) steps of 2 multiplications and an addition per "
    "output element; "
    "cubic: (4^n - 1)/3 steps of 4 multiplications and 3 additions; with an antialiasing filter not known";

}  // namespace haoline
