#include "ops/ml_trees.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace haoline {
namespace {

constexpr std::int32_t kLeaf = -1;
using Children = std::array<std::int32_t, 2>;  // node or kLeaf

// Branches below each node, down to its deepest leaf. Nothing when there is a cycle.
std::optional<std::vector<std::int64_t>> depths(const std::vector<Children>& nodes,
                                                const std::vector<bool>& is_leaf) {
  enum : std::uint8_t { fresh, open, done };
  std::vector<std::uint8_t> state(nodes.size(), fresh);
  std::vector<std::int64_t> depth(nodes.size(), 0);
  std::vector<std::int32_t> stack;
  for (std::size_t start = 0; start < nodes.size(); ++start) {
    if (state[start] == fresh) stack.push_back(static_cast<std::int32_t>(start));
    while (!stack.empty()) {
      const auto at = static_cast<std::size_t>(stack.back());
      if (state[at] == done || is_leaf[at]) {
        state[at] = done;
        stack.pop_back();
        continue;
      }
      const bool returns = state[at] == open;
      state[at] = open;
      std::int64_t deepest = 0;
      for (const std::int32_t child : nodes[at]) {
        if (child == kLeaf) continue;
        const auto below = static_cast<std::size_t>(child);
        if (state[below] == open) return std::nullopt;
        if (state[below] == fresh && !returns) stack.push_back(child);
        deepest = std::max(deepest, depth[below]);
      }
      if (!returns) continue;
      depth[at] = deepest + 1;
      state[at] = done;
      stack.pop_back();
    }
  }
  return depth;
}

}  // namespace

std::optional<Trees> listed_trees(const OpCall& call) {
  const auto trees = call.integer_list("nodes_treeids"), numbers = call.integer_list("nodes_nodeids");
  const auto yes = call.integer_list("nodes_truenodeids"), no = call.integer_list("nodes_falsenodeids");
  const auto modes = call.text_list("nodes_modes");
  const std::size_t count = trees.size();
  if (numbers.size() != count || yes.size() != count || no.size() != count || modes.size() != count)
    return std::nullopt;
  using Key = std::array<std::int64_t, 2>;
  std::vector<std::pair<Key, std::int32_t>> by_key;
  for (std::size_t i = 0; i < count; ++i)
    by_key.push_back({Key{trees[i], numbers[i]}, static_cast<std::int32_t>(i)});
  std::sort(by_key.begin(), by_key.end());
  std::vector<Children> nodes(count, Children{kLeaf, kLeaf});
  std::vector<bool> is_leaf(count, false);
  for (std::size_t i = 0; i < count; ++i) {
    is_leaf[i] = modes[i] == "LEAF";
    if (is_leaf[i]) continue;
    for (std::size_t side = 0; side < 2; ++side) {
      const Key wanted{trees[i], side == 0 ? yes[i] : no[i]};
      const auto found = std::lower_bound(by_key.begin(), by_key.end(), std::pair(wanted, std::int32_t{0}));
      if (found == by_key.end() || found->first != wanted) return std::nullopt;
      nodes[i][side] = found->second;
    }
  }
  const auto depth = depths(nodes, is_leaf);
  if (!depth) return std::nullopt;
  Trees sum;
  for (std::size_t i = 0; i < count;) {  // nodes of a tree are neighbours in by_key; its root is the deepest
    const std::int64_t tree = by_key[i].first[0];
    std::int64_t deepest = 0;
    for (; i < count && by_key[i].first[0] == tree; ++i) {
      deepest = std::max(deepest, (*depth)[static_cast<std::size_t>(by_key[i].second)]);
    }
    ++sum.count;
    sum.depth_sum += deepest;
  }
  return sum;
}

std::optional<Trees> rooted_trees(const OpCall& call) {
  const auto roots = call.integer_list("tree_roots");
  const auto yes = call.integer_list("nodes_truenodeids"), no = call.integer_list("nodes_falsenodeids");
  const auto yes_leaf = call.integer_list("nodes_trueleafs"), no_leaf = call.integer_list("nodes_falseleafs");
  const std::size_t count = yes.size();
  if (no.size() != count || yes_leaf.size() != count || no_leaf.size() != count) return std::nullopt;
  const auto exists = [&](std::int64_t node) { return node >= 0 && node < static_cast<std::int64_t>(count); };
  std::vector<Children> nodes(count, Children{kLeaf, kLeaf});
  for (std::size_t i = 0; i < count; ++i) {
    if (yes_leaf[i] == 0) {
      if (!exists(yes[i])) return std::nullopt;
      nodes[i][0] = static_cast<std::int32_t>(yes[i]);
    }
    if (no_leaf[i] == 0) {
      if (!exists(no[i])) return std::nullopt;
      nodes[i][1] = static_cast<std::int32_t>(no[i]);
    }
  }
  const auto depth = depths(nodes, std::vector<bool>(count, false));
  if (!depth) return std::nullopt;
  Trees sum;
  for (const std::int64_t root : roots) {
    if (!exists(root)) return std::nullopt;
    ++sum.count;
    sum.depth_sum += (*depth)[static_cast<std::size_t>(root)];
  }
  return sum;
}

}  // namespace haoline
