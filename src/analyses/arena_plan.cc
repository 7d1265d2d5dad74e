#include "analyses/arena_plan.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <optional>

#include "base/radix_sort.h"
#include "base/small_vector.h"
#include "base/sort.h"

namespace haoline {
namespace {

struct Stretch {  // of addresses
  std::uint64_t begin, end;
};

// Sorted, disjoint, touching stretches merged. There are two for every step of the execution and most hold
// next to nothing, so the first lies inline.
class Stretches {
 public:
  bool contains(Stretch s) const {
    const Stretch* at =
        std::lower_bound(items_.begin(), items_.end(), s.begin,
                         [](const Stretch& item, std::uint64_t begin) { return item.end <= begin; });
    return at != items_.end() && at->begin <= s.begin && s.end <= at->end;
  }
  void add(Stretch s) {
    Stretch* const first =
        std::lower_bound(items_.begin(), items_.end(), s.begin,
                         [](const Stretch& item, std::uint64_t begin) { return item.end < begin; });
    const auto at = static_cast<std::size_t>(first - items_.begin());
    std::size_t last = at;
    for (; last < items_.size() && items_[last].begin <= s.end; ++last) {
      s = {std::min(s.begin, items_[last].begin), std::max(s.end, items_[last].end)};
    }
    if (at == last) {
      items_.insert(at, s);
    } else {
      items_[at] = s;
      while (--last > at) items_.erase(last);
    }
  }
  std::span<const Stretch> items() const { return {items_.data(), items_.size()}; }
  void clear() { items_.clear(); }

 private:
  SmallVector<Stretch, 1> items_;
};

// What is occupied when: a segment tree over steps. A node's `whole` is occupied during all of its steps,
// `some` during at least one of them; `some` of a node holds `some` of its children. For a leaf, which is
// one step, both are the same and only `whole` is kept.
class Occupancy {
 public:
  explicit Occupancy(std::uint32_t steps)
      : leaves_(std::bit_ceil(std::max<std::uint32_t>(steps, 1))), whole_(2 * leaves_), some_(leaves_) {}

  void clear() {
    for (Stretches& s : whole_) s.clear();
    for (Stretches& s : some_) s.clear();
  }

  void occupy(const ArenaBlock& block, Stretch stretch) {
    each_part(block, [&](std::size_t part) {
      whole_[part].add(stretch);
      if (part < leaves_) some_[part].add(stretch);
      for (std::size_t above = part / 2; above >= 1; above /= 2) {
        if (some_[above].contains(stretch)) break;  // so has every node further up
        some_[above].add(stretch);
      }
    });
  }

  // How much was looked at so far, in stretches.
  std::size_t work() const { return work_; }

  // Where the block fits best: in the smallest gap that holds it, else behind everything.
  std::uint64_t find(const ArenaBlock& block, std::uint64_t alignment) {
    found_.clear();
    each_part(block, [&](std::size_t part) { append(part < leaves_ ? some_[part] : whole_[part]); });
    for (const std::uint32_t step : {block.first, block.last}) {
      for (std::size_t node = (leaves_ + step) / 2; node >= 1; node /= 2) append(whole_[node]);
    }
    work_ += found_.size() + kPlacementWork;
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

  static constexpr std::size_t kPlacementWork = 20;  // of a placement beside its stretches

  std::size_t leaves_;
  std::size_t work_ = 0;
  std::vector<Stretches> whole_, some_;
  std::vector<Stretch> found_;
};

// Indices of blocks by step, in the given order within one.
template <class StepOf>
std::vector<std::uint32_t> by_step(std::span<const std::uint32_t> blocks, std::uint32_t steps,
                                   StepOf step_of) {
  std::vector<std::uint32_t> starts(std::size_t{steps} + 1);
  for (const std::uint32_t i : blocks) ++starts[std::size_t{step_of(i)} + 1];
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  std::vector<std::uint32_t> sorted(blocks.size());
  for (const std::uint32_t i : blocks) sorted[starts[step_of(i)]++] = i;
  return sorted;
}

// One pass over time: a block goes into the smallest gap that holds it when it begins, and its place is free
// when it ends. Quick, and often as good as it gets.
class Scan {
 public:
  Scan(std::span<const ArenaBlock> blocks, std::uint32_t steps, std::uint64_t alignment)
      : blocks_(blocks), steps_(steps), alignment_(alignment) {}

  // Places those blocks at `base` and above; what they need, rounded up to the alignment.
  std::uint64_t run(std::span<const std::uint32_t> chosen, std::uint64_t base,
                    std::vector<std::uint64_t>& offsets) {
    const auto beginning = by_step(chosen, steps_, [this](std::uint32_t i) { return blocks_[i].first; });
    const auto ending = by_step(chosen, steps_, [this](std::uint32_t i) { return blocks_[i].last; });
    gaps_.clear();
    top_ = base;
    std::size_t ended = 0;
    for (const std::uint32_t i : beginning) {
      for (; blocks_[ending[ended]].last < blocks_[i].first; ++ended) {
        const std::uint32_t done = ending[ended];
        release({offsets[done], offsets[done] + rounded(blocks_[done].bytes)});
      }
      offsets[i] = place(rounded(blocks_[i].bytes));
    }
    return top_ - base;
  }

 private:
  static constexpr std::size_t kMostGaps = 512;  // looked at for one block

  std::uint64_t rounded(std::uint64_t bytes) const {
    return (bytes + alignment_ - 1) / alignment_ * alignment_;
  }

  std::uint64_t place(std::uint64_t size) {
    std::size_t best = gaps_.size();
    for (std::size_t i = 0; i < std::min(gaps_.size(), kMostGaps); ++i) {
      const std::uint64_t room = gaps_[i].end - gaps_[i].begin;
      if (room >= size && (best == gaps_.size() || room < gaps_[best].end - gaps_[best].begin)) best = i;
    }
    if (best < gaps_.size()) {
      const std::uint64_t at = gaps_[best].begin;
      gaps_[best].begin += size;
      if (gaps_[best].begin == gaps_[best].end)
        gaps_.erase(gaps_.begin() + static_cast<std::ptrdiff_t>(best));
      return at;
    }
    std::uint64_t at = top_;
    if (!gaps_.empty() && gaps_.back().end == top_) {
      at = gaps_.back().begin;
      gaps_.pop_back();
    }
    top_ = at + size;
    return at;
  }

  void release(const Stretch& stretch) {
    const auto next =
        std::lower_bound(gaps_.begin(), gaps_.end(), stretch.begin,
                         [](const Stretch& gap, std::uint64_t begin) { return gap.begin < begin; });
    const bool joins_next = next != gaps_.end() && next->begin == stretch.end;
    const bool joins_last = next != gaps_.begin() && (next - 1)->end == stretch.begin;
    if (joins_next && joins_last) {
      (next - 1)->end = next->end;
      gaps_.erase(next);
    } else if (joins_next) {
      next->begin = stretch.begin;
    } else if (joins_last) {
      (next - 1)->end = stretch.end;
    } else {
      gaps_.insert(next, stretch);
    }
  }

  std::span<const ArenaBlock> blocks_;
  std::uint32_t steps_;
  std::uint64_t alignment_;
  std::vector<Stretch> gaps_;  // sorted, below `top_`
  std::uint64_t top_ = 0;
};

class Planner {
 public:
  Planner(std::span<const ArenaBlock> blocks, std::uint32_t steps, std::uint64_t alignment)
      : blocks_(blocks), steps_(steps), alignment_(alignment) {
    best_.offsets.assign(blocks.size(), 0);
    best_.lower_bound = lower_bound(steps);
  }

  ArenaLayout run() {
    if (blocks_.empty()) return std::move(best_);
    std::vector<std::uint32_t> order(blocks_.size());
    sort(order, Order::size);
    for (const std::uint32_t longest : {steps_, steps_ / 8}) {
      if (scan(order, longest)) return std::move(best_);
    }
    if (order.size() > kManyBlocks && best_.bytes - best_.lower_bound <= best_.lower_bound / 10) {
      return std::move(best_);
    }
    occupancy_.emplace(steps_);
    for (const Order kind : {Order::size, Order::area, Order::start, Order::lifetime}) {
      sort(order, kind);
      if (attempt(order)) return std::move(best_);
      if (is_close() || occupancy_->work() > kMostWork) return std::move(best_);
    }
    improve();
    return std::move(best_);
  }

 private:
  enum class Order { size, area, start, lifetime };
  static constexpr std::size_t kManyBlocks = 8'000;  // beyond, within 10 % of the bound is good enough
  static constexpr std::size_t kMostWork = 600'000;  // stretches looked at; then the best plan so far will do
  static constexpr int kMostRounds = 64;             // of improving
  static constexpr int kMostVain = 12;               // rounds in a row that improve nothing

  // Within 1 in 32 of the bound: not worth a search.
  bool is_close() const { return best_.bytes - best_.lower_bound <= best_.lower_bound / 32; }

  static std::uint64_t steps_of(const ArenaBlock& block) {
    return std::uint64_t{block.last} - block.first + 1;
  }

  double weight(const ArenaBlock& block, Order kind) const {
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
  }

  // Heaviest first, then the larger, then the earlier; among equals as they came.
  void sort(std::vector<std::uint32_t>& order, Order kind) const {
    order.resize(blocks_.size());
    std::iota(order.begin(), order.end(), 0u);
    RadixSort sorting(order);
    sorting.by([this](std::uint32_t i) { return std::uint64_t{blocks_[i].first}; });
    sorting.by([this](std::uint32_t i) { return ~blocks_[i].bytes; });
    if (kind != Order::size)
      sorting.by([this, kind](std::uint32_t i) { return ~ascending_bits(weight(blocks_[i], kind)); });
  }

  // One pass for blocks that live longer than so many steps, at the bottom, and one for the others above
  // them.
  bool scan(std::span<const std::uint32_t> order, std::uint32_t longest) {
    std::vector<std::uint32_t> parts(order.begin(), order.end());
    const std::size_t count =
        partition_stably(parts, [&](std::uint32_t i) { return steps_of(blocks_[i]) > longest; });
    std::vector<std::uint64_t> offsets(blocks_.size());
    Scan pass(blocks_, steps_, alignment_);
    const std::uint64_t base = pass.run(std::span(parts).first(count), 0, offsets);
    pass.run(std::span(parts).subspan(count), base, offsets);
    return keep(order, std::move(offsets));
  }

  // Places the blocks in that order; true when nothing smaller is possible.
  bool attempt(std::span<const std::uint32_t> order) {
    occupancy_->clear();
    std::vector<std::uint64_t> offsets(blocks_.size());
    for (const std::uint32_t i : order) {
      const ArenaBlock& block = blocks_[i];
      offsets[i] = occupancy_->find(block, alignment_);
      occupancy_->occupy(block, {offsets[i], offsets[i] + block.bytes});
    }
    return keep(order, std::move(offsets));
  }

  // Remembers the plan, and if it is the smallest so far, as the best.
  bool keep(std::span<const std::uint32_t> order, std::vector<std::uint64_t> offsets) {
    offsets_ = std::move(offsets);
    bytes_ = 0;
    for (std::size_t i = 0; i < offsets_.size(); ++i)
      bytes_ = std::max(bytes_, offsets_[i] + blocks_[i].bytes);
    if (best_order_.empty() || bytes_ < best_.bytes) {
      best_.offsets = offsets_;
      best_.bytes = bytes_;
      best_order_.assign(order.begin(), order.end());
    }
    return best_.bytes <= best_.lower_bound;
  }

  // Blocks that stick out above the lower bound came too late: they go first in the next attempt.
  void improve() {
    std::vector<std::uint32_t> order = best_order_;
    offsets_ = best_.offsets;
    bytes_ = best_.bytes;
    int vain = 0;
    for (int round = 0; round < kMostRounds && vain < kMostVain && occupancy_->work() < kMostWork; ++round) {
      const std::uint64_t limit = std::max(best_.lower_bound, bytes_ - bytes_ / 8);
      partition_stably(order, [&](std::uint32_t i) {
        return offsets_[i] + blocks_[i].bytes > limit || offsets_[i] + blocks_[i].bytes == bytes_;
      });
      const std::uint64_t before = best_.bytes;
      if (attempt(order) || is_close()) return;
      vain = best_.bytes < before ? 0 : vain + 1;
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
  std::uint32_t steps_;
  std::uint64_t alignment_;
  std::optional<Occupancy> occupancy_;
  std::vector<std::uint64_t> offsets_;
  std::uint64_t bytes_ = 0;
  ArenaLayout best_;
  std::vector<std::uint32_t> best_order_;
};

}  // namespace

ArenaLayout lay_out(std::span<const ArenaBlock> blocks, std::uint32_t steps, std::uint64_t alignment) {
  return Planner(blocks, std::max<std::uint32_t>(steps, 1), std::max<std::uint64_t>(alignment, 1)).run();
}

}  // namespace haoline
