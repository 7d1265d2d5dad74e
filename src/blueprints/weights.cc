#include "blueprints/weights.h"

#include <algorithm>

namespace haoline::blueprints {
namespace {

// Beyond these a file lies, and sums of what is below them stay far from the limits of an integer.
constexpr std::int64_t kLargestExtent = std::int64_t{1} << 30;
constexpr std::int64_t kMostElements = std::int64_t{1} << 45;

}  // namespace

Weights::Weights(const Graph& graph) : graph_(graph), used_(graph.tensors.size()) {
  by_name_.reserve(graph.tensors.size());
  for (const TensorId id : graph.tensors.ids()) {
    if (!graph.tensors[id].constant) continue;
    all_.push_back(id);
    by_name_.emplace(graph.tensors[id].name, id);
  }
}

TensorId Weights::find(std::initializer_list<std::string_view> pieces) const {
  key_.clear();
  for (const std::string_view piece : pieces) key_ += piece;
  const auto at = by_name_.find(key_);
  return at == by_name_.end() ? TensorId{} : at->second;
}

std::span<const std::int64_t> Weights::extents(TensorId tensor) const {
  if (!tensor) return {};
  if (is_packed(tensor)) return graph_.tensors[tensor].quantization->logical_extents;
  const TensorData* data = graph_.tensors[tensor].constant;
  return data ? data->extents : std::span<const std::int64_t>();
}

std::int64_t Weights::extent(TensorId tensor, std::size_t axis) const {
  const auto all = extents(tensor);
  return axis < all.size() && all[axis] <= kLargestExtent ? std::max<std::int64_t>(0, all[axis]) : 0;
}

std::int64_t Weights::last_extent(TensorId tensor) const {
  const std::size_t axes = rank(tensor);
  return axes == 0 ? 0 : extent(tensor, axes - 1);
}

std::int64_t Weights::elements(TensorId tensor) const {
  std::int64_t count = 1;
  for (const std::int64_t extent : extents(tensor)) {
    if (extent < 0 || __builtin_mul_overflow(count, extent, &count) || count > kMostElements) return 0;
  }
  return count;
}

bool Weights::any_below(std::string_view prefix) const {
  return std::any_of(all_.begin(), all_.end(), [&](TensorId id) { return name(id).starts_with(prefix); });
}

std::int64_t Weights::count_below(std::string_view prefix) const {
  constexpr std::int64_t kMost = 100'000;  // an index beyond that is no layer
  std::int64_t count = 0;
  for (const TensorId id : all_) {
    if (!name(id).starts_with(prefix)) continue;
    std::int64_t index = -1;
    for (const char c : name(id).substr(prefix.size())) {
      if (c < '0' || c > '9') break;
      index = std::min<std::int64_t>(std::max<std::int64_t>(index, 0) * 10 + (c - '0'), kMost);
    }
    if (index < kMost) count = std::max(count, index + 1);
  }
  // No layer without a tensor: an index beyond their number is no count.
  return std::min(count, static_cast<std::int64_t>(all_.size()));
}

}  // namespace haoline::blueprints
