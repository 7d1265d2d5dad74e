// Sorts and leaves equal items in their order. (std::stable_sort of libstdc++ 12 does not compile without a
// warning under clang 19.)
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace haoline {

template <class T, class Less>
void sort_stably(std::vector<T>& items, Less less) {
  std::vector<std::size_t> order(items.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
    if (less(items[x], items[y])) return true;
    return !less(items[y], items[x]) && x < y;
  });
  std::vector<T> sorted;
  sorted.reserve(items.size());
  for (const std::size_t i : order) sorted.push_back(std::move(items[i]));
  items = std::move(sorted);
}

}  // namespace haoline
