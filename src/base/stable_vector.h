// A list that only grows and whose items never move: a reference to one stays good while more are added.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace haoline {

template <class T>
class StableVector {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) { return chunks_[i / kChunk][i % kChunk]; }
  const T& operator[](std::size_t i) const { return chunks_[i / kChunk][i % kChunk]; }

  T& push_back(T item) {
    if (size_ % kChunk == 0) chunks_.emplace_back().reserve(kChunk);
    ++size_;
    return chunks_.back().emplace_back(std::move(item));
  }

 private:
  static constexpr std::size_t kChunk = 64;
  std::vector<std::vector<T>> chunks_;  // moving a vector does not move what it holds
  std::size_t size_ = 0;
};

}  // namespace haoline
