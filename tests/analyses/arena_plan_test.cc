#include "analyses/arena_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace haoline {
namespace {

// No two blocks that live at the same time overlap, all lie inside, at multiples of the alignment.
void expect_valid(const std::vector<ArenaBlock>& blocks, const ArenaLayout& layout, std::uint64_t alignment) {
  ASSERT_EQ(layout.offsets.size(), blocks.size());
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_EQ(layout.offsets[i] % alignment, 0u);
    EXPECT_LE(layout.offsets[i] + blocks[i].bytes, layout.bytes);
    for (std::size_t k = i + 1; k < blocks.size(); ++k) {
      const bool together = blocks[i].first <= blocks[k].last && blocks[k].first <= blocks[i].last;
      const bool overlap = layout.offsets[i] < layout.offsets[k] + blocks[k].bytes &&
                           layout.offsets[k] < layout.offsets[i] + blocks[i].bytes;
      EXPECT_FALSE(together && overlap) << i << " and " << k;
    }
  }
  EXPECT_GE(layout.bytes, layout.lower_bound);
}

TEST(ArenaPlan, OfNothingIsNothing) {
  EXPECT_EQ(lay_out({}, 0, 16).bytes, 0u);
}

TEST(ArenaPlan, ReusesWhatIsFree) {
  const std::vector<ArenaBlock> blocks{{0, 1, 64}, {1, 2, 32}, {2, 3, 64}};
  const ArenaLayout layout = lay_out(blocks, 4, 16);
  expect_valid(blocks, layout, 16);
  EXPECT_EQ(layout.bytes, 96u);
}

TEST(ArenaPlan, AlignsEveryOffsetButNotTheEnd) {
  const std::vector<ArenaBlock> blocks{{0, 0, 10}, {0, 0, 10}};
  const ArenaLayout layout = lay_out(blocks, 1, 64);
  expect_valid(blocks, layout, 64);
  EXPECT_EQ(layout.bytes, 74u);
  EXPECT_EQ(layout.lower_bound, 74u);
}

TEST(ArenaPlan, HoldsForRandomBlocksAndStaysNearTheBound) {
  std::mt19937 engine(7);
  const auto random = [&engine] { return static_cast<std::uint32_t>(engine()); };
  for (int round = 0; round < 60; ++round) {
    const std::uint32_t steps = 1 + random() % 60;
    std::vector<ArenaBlock> blocks(1 + random() % 120);
    for (ArenaBlock& block : blocks) {
      block.first = random() % steps;
      block.last = std::min(steps - 1, block.first + random() % 8);
      block.bytes = 1 + random() % 1000;
    }
    const std::uint64_t alignment = std::uint64_t{1} << (random() % 7);
    const ArenaLayout layout = lay_out(blocks, steps, alignment);
    expect_valid(blocks, layout, alignment);
    EXPECT_LE(static_cast<double>(layout.bytes), 1.35 * static_cast<double>(layout.lower_bound));
  }
}

TEST(ArenaPlan, OfALongChainWithResultsThatStayMeetsTheBound) {
  std::vector<ArenaBlock> blocks;
  constexpr std::uint32_t kSteps = 20'000;
  for (std::uint32_t i = 0; i + 1 < kSteps; ++i) {
    blocks.push_back({i, i + 1, 4096});
    if (i % 20 == 0) blocks.push_back({i, kSteps - 1, 512});
  }
  const ArenaLayout layout = lay_out(blocks, kSteps, 16);
  EXPECT_LE(static_cast<double>(layout.bytes), 1.05 * static_cast<double>(layout.lower_bound));
}

}  // namespace
}  // namespace haoline
