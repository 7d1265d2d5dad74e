// Sorting many small numbers by keys that are looked up: linear, stable, and without a branch that could be
// guessed wrong. Several keys: the least important first.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace haoline {

// Unsigned numbers in the order of the doubles (no NaN).
inline std::uint64_t ascending_bits(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
  return (bits >> 63) != 0 ? ~bits : bits | std::uint64_t{1} << 63;
}

class RadixSort {
 public:
  explicit RadixSort(std::vector<std::uint32_t>& items) : items_(items) {}

  // `key_of(item)` is an unsigned 64-bit number; smaller ones go first.
  template <class KeyOf>
  void by(KeyOf key_of) {
    const std::size_t count = items_.size();
    keyed_.resize(count);
    std::uint64_t ever = 0, always = ~std::uint64_t{0};
    bool sorted = true;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t key = key_of(items_[i]);
      keyed_[i] = {key, items_[i]};
      ever |= key;
      always &= key;
      sorted = sorted && (i == 0 || keyed_[i - 1].key <= key);
    }
    if (sorted) return;
    const std::uint64_t differs = ever & ~always;
    for (unsigned shift = 0; shift < 64; shift += kBits) {
      if ((differs >> shift & kMask) != 0) pass(shift);
    }
    for (std::size_t i = 0; i < count; ++i) items_[i] = keyed_[i].item;
  }

 private:
  static constexpr unsigned kBits = 8;
  static constexpr std::uint64_t kMask = (1u << kBits) - 1;
  struct Keyed {
    std::uint64_t key;
    std::uint32_t item;
  };

  void pass(unsigned shift) {
    std::array<std::uint32_t, kMask + 1> starts{};
    for (const Keyed& keyed : keyed_) ++starts[keyed.key >> shift & kMask];
    std::uint32_t sum = 0;
    for (std::uint32_t& start : starts) sum += std::exchange(start, sum);
    moved_.resize(keyed_.size());
    for (const Keyed& keyed : keyed_) moved_[starts[keyed.key >> shift & kMask]++] = keyed;
    keyed_.swap(moved_);
  }

  std::vector<std::uint32_t>& items_;
  std::vector<Keyed> keyed_, moved_;
};

}  // namespace haoline
