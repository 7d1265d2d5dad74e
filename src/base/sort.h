// Sorting that leaves equal items in their order, linear where the items are in a few runs already. (The
// standard's stable sort and partition do not compile without a warning with libstdc++ 12 under clang 19.)
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace haoline {

template <class T, class Less>
void sort_stably(std::vector<T>& items, Less less) {
  std::vector<std::size_t> runs{0};  // where each run that is in order begins, and the end
  for (std::size_t i = 1; i < items.size(); ++i) {
    if (less(items[i], items[i - 1])) runs.push_back(i);
  }
  runs.push_back(items.size());
  std::vector<T> merged;
  while (runs.size() > 2) {
    merged.clear();
    merged.reserve(items.size());
    const auto at = [&](std::size_t run) {
      const std::size_t place = runs[std::min(run, runs.size() - 1)];
      return std::make_move_iterator(items.begin() + static_cast<std::ptrdiff_t>(place));
    };
    std::vector<std::size_t> joined;
    for (std::size_t run = 0; run + 1 < runs.size(); run += 2) {
      joined.push_back(runs[run]);
      std::merge(at(run), at(run + 1), at(run + 1), at(run + 2), std::back_inserter(merged), less);
    }
    joined.push_back(items.size());
    items.swap(merged);
    runs.swap(joined);
  }
}

// Those for which it is true first; how many they are.
template <class T, class Is>
std::size_t partition_stably(std::vector<T>& items, Is is) {
  std::vector<T> others;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!is(items[i])) {
      others.push_back(std::move(items[i]));
    } else if (kept++ != i) {
      items[kept - 1] = std::move(items[i]);
    }
  }
  std::move(others.begin(), others.end(), items.begin() + static_cast<std::ptrdiff_t>(kept));
  return kept;
}

}  // namespace haoline
