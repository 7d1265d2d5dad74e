// Offsets for blocks that live for a stretch of time: two blocks that live at the same time never overlap.
//
// Greedy placement in several orders (largest first, as microcontroller runtimes do, and others), best gap
// first; the smallest plan wins, and planning stops as soon as one meets the lower bound. n blocks cost about
// n·log n, because what is occupied over a stretch of time is kept as merged ranges in a tree over time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace haoline {

struct ArenaBlock {
  std::uint32_t first = 0, last = 0;  // steps, both ends included
  std::uint64_t bytes = 0;            // above 0
};

struct ArenaLayout {
  std::vector<std::uint64_t> offsets;  // of each block, multiples of the alignment
  std::uint64_t bytes = 0;
  std::uint64_t lower_bound = 0;  // the largest step's bytes, all blocks but one rounded up to the alignment
};

// All sums of block sizes must fit 63 bits; the caller sees to it.
ArenaLayout lay_out(std::span<const ArenaBlock> blocks, std::uint32_t steps, std::uint64_t alignment);

}  // namespace haoline
