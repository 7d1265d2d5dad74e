#include "analyses/arena_plan.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace haoline {
namespace {

struct Stretch {  // of addresses
  std::uint64_t begin, end;
};

// Sorted, disjoint, touching stretches merged.
class Stretches {
 public:
  bool contains(Stretch s) const {
    const auto at = after(s.begin);
    return at != items_.end() && at->begin <= s.begin && s.end <= at->end;
  }
  void add(Stretch s) {
    const auto first =
        std::lower_bound(items_.begin(), items_.end(), s.begin,
                         [](const Stretch& item, std::uint64_t begin) { return item.end < begin; });
    auto last = first;
    while (last != items_.end() && last->begin <= s.end) {
      s = {std::min(s.begin, last->begin), std::max(s.end, last->end)};
      ++last;
    }
    if (first == last) {
      items_.insert(first, s);
    } else {
      *first = s;
      items_.erase(first + 1, last);
    }
  }
  std::span<const Stretch> items() const { return items_; }
  void clear() { items_.clear(); }

 private:
  std::vector<Stretch>::const_iterator after(std::uint64_t address) const {
    return std::lower_bound(items_.begin(), items_.end(), address,
                            [](const Stretch& item, std::uint64_t begin) { return item.end <= begin; });
  }
  std::vector<Stretch> items_;
};

// What is occupied when: a segment tree over steps. A node's `whole` is occupied during all of its steps,
// `some` during at least one of them; `some` of a node holds `some` of its children.
class Occupancy {
 public:
  explicit Occupancy(std::uint32_t steps)
      : leaves_(std::bit_ceil(std::max<std::uint32_t>(steps, 1))), whole_(2 * leaves_), some_(2 * leaves_) {}

  void clear() {
    for (Stretches& s : whole_) s.clear();
    for (Stretches& s : some_) s.clear();
  }

  void occupy(const ArenaBlock& block, Stretch stretch) {
    each_part(block, [&](std::size_t part) {
      whole_[part].add(stretch);
      some_[part].add(stretch);
      for (std::size_t above = part / 2; above >= 1; above /= 2) {
        if (some_[above].contains(stretch)) break;  // so has every node further up
        some_[above].add(stretch);
      }
    });
  }

  // Where the block fits best: in the smallest gap that holds it, else behind everything.
  std::uint64_t find(const ArenaBlock& block, std::uint64_t alignment) {
    found_.clear();
    each_part(block, [&](std::size_t part) { append(some_[part]); });
    for (const std::uint32_t step : {block.first, block.last}) {
      for (std::size_t node = (leaves_ + step) / 2; node >= 1; node /= 2) append(whole_[node]);
    }
    std::sort(found_.begin(), found_.end(),
              [](const Stretch& a, const Stretch& b) { return a.begin < b.begin; });
    std::uint64_t best = 0, best_room = ~std::uint64_t{0}, end = 0;
    bool fits = false;
    for (const Stretch& taken : found_) {
      const std::uint64_t start = (end + alignment - 1) / alignment * alignment;
      if (taken.begin >= start && taken.begin - start >= block.bytes && taken.begin - start < best_room) {
        best = start;
        best_room = taken.begin - start;
        fits = true;
      }
      end = std::max(end, taken.end);
    }
    return fits ? best : (end + alignment - 1) / alignment * alignment;
  }

 private:
  // The fewest nodes that together are exactly the block's steps.
  template <class Visit>
  void each_part(const ArenaBlock& block, Visit visit) {
    std::size_t left = leaves_ + block.first, right = leaves_ + block.last + 1;
    for (; left < right; left /= 2, right /= 2) {
      if (left & 1) visit(left++);
      if (right & 1) visit(--right);
    }
  }
  void append(const Stretches& s) { found_.insert(found_.end(), s.items().begin(), s.items().end()); }

  std::size_t leaves_;
  std::vector<Stretches> whole_, some_;
  std::vector<Stretch> found_;
};

class Planner {
 public:
  Planner(std::span<const ArenaBlock> blocks, std::uint32_t steps, std::uint64_t alignment)
      : blocks_(blocks), alignment_(alignment), occupancy_(steps) {
    best_.offsets.assign(blocks.size(), 0);
    best_.lower_bound = lower_bound(steps);
  }

  ArenaLayout run() {
    if (blocks_.empty()) return std::move(best_);
    std::vector<std::uint32_t> order(blocks_.size());
    std::iota(order.begin(), order.end(), 0u);
    for (const Order kind : {Order::size, Order::area, Order::start, Order::lifetime}) {
      sort(order, kind);
      if (attempt(order)) return std::move(best_);
      if (order.size() > kManyBlocks && kind == Order::area) break;
    }
    improve();
    return std::move(best_);
  }

 private:
  enum class Order { size, area, start, lifetime };
  static constexpr std::size_t kManyBlocks = 20'000;    // above: two orders only
  static constexpr std::size_t kImproveWork = 150'000;  // placements spent on improving

  static std::uint64_t steps_of(const ArenaBlock& block) {
    return std::uint64_t{block.last} - block.first + 1;
  }

  void sort(std::vector<std::uint32_t>& order, Order kind) const {
    const auto weight = [this, kind](std::uint32_t i) -> double {
      const ArenaBlock& block = blocks_[i];
      switch (kind) {
        case Order::size:
          return static_cast<double>(block.bytes);
        case Order::area:
          return static_cast<double>(block.bytes) * static_cast<double>(steps_of(block));
        case Order::start:
          return -static_cast<double>(block.first);
        case Order::lifetime:
          return static_cast<double>(steps_of(block));
      }
      return 0;
    };
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      const double x = weight(a), y = weight(b);
      if (x != y) return x > y;
      if (blocks_[a].bytes != blocks_[b].bytes) return blocks_[a].bytes > blocks_[b].bytes;
      return blocks_[a].first != blocks_[b].first ? blocks_[a].first < blocks_[b].first : a < b;
    });
  }

  // Places the blocks in that order; true when nothing smaller is possible.
  bool attempt(std::span<const std::uint32_t> order) {
    if (has_attempt_) occupancy_.clear();
    offsets_.resize(blocks_.size());
    std::uint64_t bytes = 0;
    for (const std::uint32_t i : order) {
      const ArenaBlock& block = blocks_[i];
      offsets_[i] = occupancy_.find(block, alignment_);
      occupancy_.occupy(block, {offsets_[i], offsets_[i] + block.bytes});
      bytes = std::max(bytes, offsets_[i] + block.bytes);
    }
    if (!has_attempt_ || bytes < best_.bytes) {
      best_.offsets = offsets_;
      best_.bytes = bytes;
      best_order_.assign(order.begin(), order.end());
    }
    has_attempt_ = true;
    bytes_ = bytes;
    return best_.bytes <= best_.lower_bound;
  }

  // Blocks that stick out above the lower bound came too late: they go first in the next attempt.
  void improve() {
    std::vector<std::uint32_t> order = best_order_;
    offsets_ = best_.offsets;
    bytes_ = best_.bytes;
    const std::size_t rounds = std::min<std::size_t>(kImproveWork / blocks_.size(), 64);
    for (std::size_t round = 0; round < rounds; ++round) {
      const std::uint64_t limit = std::max(best_.lower_bound, bytes_ - bytes_ / 8);
      std::stable_partition(order.begin(), order.end(), [&](std::uint32_t i) {
        return offsets_[i] + blocks_[i].bytes > limit || offsets_[i] + blocks_[i].bytes == bytes_;
      });
      if (attempt(order)) return;
    }
  }

  std::uint64_t lower_bound(std::uint32_t steps) const {
    // Blocks after the first of a step begin at multiples of the alignment; the topmost one ends anywhere.
    std::vector<std::int64_t> change(std::size_t{steps} + 1);
    for (const ArenaBlock& block : blocks_) {
      const auto rounded =
          static_cast<std::int64_t>((block.bytes + alignment_ - 1) / alignment_ * alignment_);
      change[block.first] += rounded;
      change[std::size_t{block.last} + 1] -= rounded;
    }
    std::int64_t live = 0, most = 0;
    std::size_t worst = 0;
    for (std::size_t step = 0; step < steps; ++step) {
      live += change[step];
      if (live > most) most = live, worst = step;
    }
    std::uint64_t spare = 0;
    for (const ArenaBlock& block : blocks_) {
      if (block.first > worst || block.last < worst) continue;
      spare = std::max(spare, (alignment_ - block.bytes % alignment_) % alignment_);
    }
    return static_cast<std::uint64_t>(most) - spare;
  }

  std::span<const ArenaBlock> blocks_;
  std::uint64_t alignment_;
  Occupancy occupancy_;
  std::vector<std::uint64_t> offsets_;
  std::uint64_t bytes_ = 0;
  ArenaLayout best_;
  std::vector<std::uint32_t> best_order_;
  bool has_attempt_ = false;
};

}  // namespace

ArenaLayout lay_out(std::span<const ArenaBlock> blocks, std::uint32_t steps, std::uint64_t alignment) {
  return Planner(blocks, std::max<std::uint32_t>(steps, 1), std::max<std::uint64_t>(alignment, 1)).run();
}

}  // namespace haoline
