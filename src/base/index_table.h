// A hash table of numbers whose records lie elsewhere. Nothing is ever iterated, so results do not depend on
// the hash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace haoline {

// Open addressing; `same` compares the records.
class IndexTable {
 public:
  template <class Same>
  std::optional<std::uint32_t> find(std::uint32_t hash, Same same) const {
    if (slots_.empty()) return std::nullopt;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask; slots_[at].index != kFree; at = (at + 1) & mask) {
      if (slots_[at].hash == hash && same(slots_[at].index)) return slots_[at].index;
    }
    return std::nullopt;
  }
  void insert(std::uint32_t hash, std::uint32_t index) {
    if ((count_ + 1) * 4 > slots_.size() * 3) grow();
    place(hash, index);
    ++count_;
  }

 private:
  static constexpr std::uint32_t kFree = 0xffffffffu;
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t index = kFree;
  };
  void place(std::uint32_t hash, std::uint32_t index) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].index != kFree) at = (at + 1) & mask;
    slots_[at] = {hash, index};
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.index != kFree) place(slot.hash, slot.index);
    }
  }

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace haoline
