// One axis of a slice: which elements a range with a step selects, with symbols in any of the numbers.
#pragma once

#include <cstdint>
#include <limits>

#include "ir/dim.h"

namespace haoline {

// Exporters write "to the end" as the largest number of 32 or 64 bits.
inline constexpr std::int64_t kEndless = std::numeric_limits<std::int32_t>::max();

// The first element and how many there are; unknown where that cannot be told.
struct Cut {
  Dim begin;
  Dim length;
  std::int64_t step = 1;
};

// Python's ranges, clamped to the extent. The step is not 0.
Cut cut_axis(DimPool& pool, Dim extent, Dim start, Dim end, std::int64_t step);

}  // namespace haoline
