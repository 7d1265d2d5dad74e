// Sorting that keeps the order of equals, and work on a second core.
#include "base/sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/beside.h"
#include "base/radix_sort.h"

namespace haoline {
namespace {

// Keys that repeat, in no order; the second of a pair is where it stood.
std::vector<std::pair<std::uint64_t, std::uint32_t>> scattered(std::uint32_t count, std::uint64_t keys) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> items;
  std::uint64_t state = 12345;
  for (std::uint32_t i = 0; i < count; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    items.push_back({(state >> 20) % keys, i});
  }
  return items;
}

TEST(SortStably, OrdersByKeyAndLeavesEqualsAsTheyStood) {
  for (const std::uint32_t count : {0u, 1u, 2u, 3u, 100u, 1001u}) {
    auto items = scattered(count, 10);
    sort_stably(items, [](const auto& a, const auto& b) { return a.first < b.first; });
    ASSERT_EQ(items.size(), count);
    // As pairs they are in order exactly when equal keys stand as before.
    EXPECT_TRUE(std::is_sorted(items.begin(), items.end())) << count;
  }
}

TEST(SortStably, MovesWhatCannotBeCopied) {
  std::vector<std::unique_ptr<int>> items;
  for (const int number : {3, 1, 2}) items.push_back(std::make_unique<int>(number));
  sort_stably(items, [](const auto& a, const auto& b) { return *a < *b; });
  EXPECT_EQ(*items[0] * 100 + *items[1] * 10 + *items[2], 123);
}

TEST(PartitionStably, PutsThoseFirstAndCountsThem) {
  std::vector<int> items{5, 2, 8, 1, 4};
  EXPECT_EQ(partition_stably(items, [](int i) { return i % 2 == 0; }), 3u);
  EXPECT_EQ(items, (std::vector<int>{2, 8, 4, 5, 1}));
}

TEST(RadixSort, OrdersByTheLastKeyThenByTheOneBefore) {
  const auto first = scattered(1000, 7), second = scattered(1000, std::uint64_t{1} << 40);
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < 1000; ++i) order.push_back(i);
  RadixSort sorting(order);
  sorting.by([&](std::uint32_t i) { return second[999 - i].first; });
  sorting.by([&](std::uint32_t i) { return ~first[i].first; });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const std::uint32_t a = order[i - 1], b = order[i];
    EXPECT_GE(first[a].first, first[b].first);
    if (first[a].first == first[b].first) {
      EXPECT_LE(second[999 - a].first, second[999 - b].first);
    }
  }
}

TEST(RadixSort, OrdersDoublesByTheirBits) {
  const std::vector<double> rising{-1e300, -2.5, -0.0, 1e-300, 1.0, 3e8};
  for (std::size_t i = 1; i < rising.size(); ++i)
    EXPECT_LT(ascending_bits(rising[i - 1]), ascending_bits(rising[i]));
  EXPECT_EQ(ascending_bits(0.0), ascending_bits(-0.0));
}

TEST(Beside, HasDoneItsWorkOnceWhenWaitedFor) {
  int done = 0;
  const auto work = [](void* data) { ++*static_cast<int*>(data); };
  {
    Beside beside(work, &done);
    beside.wait();
    beside.wait();
    EXPECT_EQ(done, 1);
  }
  EXPECT_EQ(done, 1);
  {
    const Beside unwaited(work, &done);
  }
  EXPECT_EQ(done, 2);
}

}  // namespace
}  // namespace haoline
