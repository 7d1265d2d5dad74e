// A bump allocator for what lives exactly as long as its owner: made-up names, operand lists, decoded
// values. Nothing is freed singly, addresses never move, and destructors never run (trivial types only).
#pragma once

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace haoline {

class Arena {
 public:
  Arena() = default;
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  // Uninitialized room for `count` items; the caller fills it.
  template <class T>
  std::span<T> allocate(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0) return {};
    return {reinterpret_cast<T*>(raw(count * sizeof(T), alignof(T))), count};
  }

  template <class T>
  std::span<const T> copy(std::span<const T> items) {
    const std::span<T> room = allocate<T>(items.size());
    std::uninitialized_copy(items.begin(), items.end(), room.begin());
    return room;
  }
  template <class T>
  std::span<const T> copy(const std::vector<T>& items) {
    return copy(std::span<const T>(items));
  }

  // A lone value that needs a stable address.
  template <class T>
  T* create(T value) {
    const std::span<T> room = allocate<T>(1);
    return new (room.data()) T(value);
  }

  std::string_view text(std::string_view text) {
    const std::span<char> room = allocate<char>(text.size());
    if (!text.empty()) std::memcpy(room.data(), text.data(), text.size());
    return {room.data(), room.size()};
  }

  std::size_t bytes() const { return total_; }

 private:
  std::byte* raw(std::size_t size, std::size_t alignment) {
    std::size_t start = (used_ + alignment - 1) / alignment * alignment;
    if (blocks_.empty() || start + size > capacity_) {
      capacity_ = size > kBlock / 4 ? size : kBlock;
      blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(capacity_));
      total_ += capacity_;
      start = 0;
    }
    used_ = start + size;
    return blocks_.back().get() + start;
  }

  static constexpr std::size_t kBlock = std::size_t{1} << 16;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::size_t total_ = 0;
};

}  // namespace haoline
