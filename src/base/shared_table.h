// A table by id whose entries are mostly alike: each kind of entry is kept once. The layers of a network
// repeat, so a graph of fifty thousand nodes has a few hundred kinds of facts, and whoever reads the table
// can do its work once per kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/id.h"
#include "base/stable_vector.h"

namespace haoline {

template <class IdType, class T>
class SharedTable {
 public:
  using Kind = std::uint32_t;

  // New entries are T{}.
  void resize(std::size_t size) {
    if (kinds_.empty()) kinds_.push_back(T{});
    kind_of_.resize(size, 0);
  }
  IdType add(T item) {
    kind_of_.push_back(add_kind(std::move(item)));
    return IdType{static_cast<std::uint32_t>(kind_of_.size() - 1)};
  }

  std::size_t size() const { return kind_of_.size(); }
  bool contains(IdType id) const { return id.index < kind_of_.size(); }
  IdRange<IdType> ids() const { return {static_cast<std::uint32_t>(kind_of_.size())}; }
  const T& operator[](IdType id) const { return kinds_[kind(id)]; }

  // Entries of one kind are equal; equal entries may be of several kinds.
  Kind kind(IdType id) const { return kind_of_[id.index] & ~kOwn; }
  std::size_t kind_count() const { return kinds_.size(); }
  const T& of_kind(Kind kind) const { return kinds_[kind]; }

  Kind add_kind(T item) {
    kinds_.push_back(std::move(item));
    return static_cast<Kind>(kinds_.size() - 1);
  }
  void set_kind(IdType id, Kind kind) { kind_of_[id.index] = kind; }
  // An entry that shares its kind with no other: written again, it takes no more room.
  Kind set(IdType id, T item) {
    Kind& known = kind_of_[id.index];
    if ((known & kOwn) != 0) {
      kinds_[known & ~kOwn] = std::move(item);
    } else {
      known = add_kind(std::move(item)) | kOwn;
    }
    return known & ~kOwn;
  }

  class Iterator {
   public:
    Iterator(const SharedTable& table, std::uint32_t at) : table_(&table), at_(at) {}
    const T& operator*() const { return (*table_)[IdType{at_}]; }
    Iterator& operator++() { return ++at_, *this; }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const SharedTable* table_;
    std::uint32_t at_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, static_cast<std::uint32_t>(kind_of_.size())}; }

 private:
  static constexpr Kind kOwn = Kind{1} << 31;
  StableVector<T> kinds_;
  std::vector<Kind> kind_of_;
};

// Which kinds of entries were met already.
class SeenKinds {
 public:
  explicit SeenKinds(std::size_t kinds) : seen_(kinds) {}
  bool is_first(std::uint32_t kind) {
    const bool is_new = !seen_[kind];
    seen_[kind] = true;
    return is_new;
  }

 private:
  std::vector<bool> seen_;
};

// What is worked out once per kind of an entry.
template <class T>
class PerKind {
 public:
  explicit PerKind(std::size_t kinds) : values_(kinds), known_(kinds) {}
  template <class Make>
  const T& get(std::uint32_t kind, Make make) {
    if (!known_[kind]) {
      values_[kind] = make();
      known_[kind] = 1;
    }
    return values_[kind];
  }

 private:
  std::vector<T> values_;
  std::vector<std::uint8_t> known_;
};

}  // namespace haoline
