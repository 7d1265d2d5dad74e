// Strong identifiers. A NodeId and a TensorId are both small integers, but mixing them up does not
// compile, and a table indexed by one rejects the other. Ids survive moves and serialize; pointers do
// neither.
#pragma once

#include <cassert>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace haoline {

template <class Tag>
struct Id {
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t index = kNone;  // kNone: an optional operand that is absent

  constexpr explicit operator bool() const { return index != kNone; }
  friend constexpr auto operator<=>(Id, Id) = default;
};

// All ids below a size, for range-for. (Not std::views::iota: not every compiler we support has it.)
template <class IdType>
struct IdRange {
  struct Iterator {
    std::uint32_t index;
    IdType operator*() const { return IdType{index}; }
    Iterator& operator++() { return ++index, *this; }
    bool operator==(const Iterator&) const = default;
  };

  std::uint32_t size;
  Iterator begin() const { return {0}; }
  Iterator end() const { return {size}; }
};

// A vector that only its own kind of id can index. Analyses use it for side tables: one value per node or
// per tensor, beside a graph that never changes.
template <class IdType, class T>
class IdVector {
 public:
  IdVector() = default;
  explicit IdVector(std::size_t size, const T& value = {}) : items_(size, value) {}

  IdType add(T item) {
    items_.push_back(std::move(item));
    return IdType{static_cast<std::uint32_t>(items_.size() - 1)};
  }
  void resize(std::size_t size) { items_.resize(size); }
  void reserve(std::size_t size) { items_.reserve(size); }

  decltype(auto) operator[](IdType id) {
    assert(id.index < items_.size());
    return items_[id.index];
  }
  decltype(auto) operator[](IdType id) const {
    assert(id.index < items_.size());
    return items_[id.index];
  }

  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  bool contains(IdType id) const { return id.index < items_.size(); }

  IdRange<IdType> ids() const { return {static_cast<std::uint32_t>(items_.size())}; }

 private:
  std::vector<T> items_;
};

}  // namespace haoline
