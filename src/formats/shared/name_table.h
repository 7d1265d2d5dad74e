// Names to small numbers: a flat hash table for the hundred thousand lookups of a reader. The keys are views
// that somebody else keeps. Nothing is ever iterated, so results do not depend on the hash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace haoline {

class NameTable {
 public:
  NameTable() = default;
  explicit NameTable(std::size_t expected) { reserve(expected); }

  void reserve(std::size_t expected) {
    std::size_t wanted = 16;
    while (wanted < expected * 2) wanted *= 2;
    if (wanted > slots_.size()) rehash(wanted);
    entries_.reserve(expected);
  }
  std::size_t size() const { return entries_.size(); }

  // Null when there is none. The pointer is good until the next insertion.
  std::uint32_t* find(std::string_view name) {
    if (slots_.empty()) return nullptr;
    const Slot slot = slots_[place_of(name, hash_of(name))];
    return slot.entry != 0 ? &entries_[slot.entry - 1].value : nullptr;
  }

  struct Inserted {
    std::uint32_t* value;
    bool is_new;
  };
  // Leaves an existing entry as it is.
  Inserted insert(std::string_view name, std::uint32_t value) {
    if ((entries_.size() + 1) * 2 > slots_.size()) rehash(slots_.empty() ? 16 : slots_.size() * 2);
    const std::uint32_t hash = hash_of(name);
    Slot& slot = slots_[place_of(name, hash)];
    if (slot.entry != 0) return {&entries_[slot.entry - 1].value, false};
    entries_.push_back({name.data(), name.size(), value});
    slot = {hash, static_cast<std::uint32_t>(entries_.size())};
    return {&entries_.back().value, true};
  }

 private:
  struct Slot {  // small, so that the table stays in the cache
    std::uint32_t hash = 0;
    std::uint32_t entry = 0;  // one more than its index; 0: free
  };
  struct Entry {
    const char* data;
    std::size_t size;
    std::uint32_t value;
  };

  // Eight bytes a step. The table's address is mixed in, so that a file cannot be made to collide.
  std::uint32_t hash_of(std::string_view name) const {
    constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;
    std::uint64_t hash = seed_ ^ name.size();
    const char* at = name.data();
    std::size_t left = name.size();
    for (; left >= 8; at += 8, left -= 8) {
      std::uint64_t word;
      std::memcpy(&word, at, 8);
      hash = (hash ^ word) * kFactor;
      hash ^= hash >> 32;
    }
    std::uint64_t word = 0;
    if (left != 0) std::memcpy(&word, at, left);
    hash = (hash ^ word) * kFactor;
    hash ^= hash >> 29;
    hash *= kFactor;
    return static_cast<std::uint32_t>(hash >> 32);
  }

  std::size_t place_of(std::string_view name, std::uint32_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    for (; slots_[at].entry != 0; at = (at + 1) & mask) {
      if (slots_[at].hash != hash) continue;
      const Entry& entry = entries_[slots_[at].entry - 1];
      if (entry.size == name.size() &&
          (name.empty() || std::memcmp(entry.data, name.data(), name.size()) == 0))
        break;
    }
    return at;
  }

  void rehash(std::size_t count) {
    std::vector<Slot> old(count);
    old.swap(slots_);
    const std::size_t mask = count - 1;
    for (const Slot& slot : old) {
      if (slot.entry == 0) continue;
      std::size_t at = slot.hash & mask;
      while (slots_[at].entry != 0) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }

  std::uint64_t seed_ = reinterpret_cast<std::uintptr_t>(this) * 0xbf58476d1ce4e5b9;
  std::vector<Slot> slots_;
  std::vector<Entry> entries_;
};

}  // namespace haoline
