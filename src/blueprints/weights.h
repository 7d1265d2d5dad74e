// The file's tensors by name, and which of them the graph uses.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ir/graph.h"

namespace haoline::blueprints {

class Weights {
 public:
  explicit Weights(const Graph& graph);

  // The tensor whose name is these pieces, one after the other; none when there is none.
  TensorId find(std::initializer_list<std::string_view> pieces) const;
  std::span<const std::int64_t> extents(TensorId tensor) const;  // of a packed one when unpacked
  bool is_packed(TensorId tensor) const {
    const Quantization* packing = tensor ? graph_.tensors[tensor].quantization : nullptr;
    return packing && !packing->logical_extents.empty();
  }
  // 0 beyond its rank, and where it is too large to be true.
  std::int64_t extent(TensorId tensor, std::size_t axis) const;
  std::int64_t last_extent(TensorId tensor) const;
  std::size_t rank(TensorId tensor) const { return extents(tensor).size(); }
  std::int64_t elements(TensorId tensor) const;
  std::string_view name(TensorId tensor) const { return graph_.tensors[tensor].name; }

  bool any_below(std::string_view prefix) const;  // a name starts with it
  // One more than the largest number that follows the prefix ("model.layers." -> 32); 0: none does.
  std::int64_t count_below(std::string_view prefix) const;

  void use(TensorId tensor) {
    if (tensor) used_[tensor.index] = true;
  }
  bool is_used(TensorId tensor) const { return used_[tensor.index]; }
  const std::vector<TensorId>& all() const { return all_; }

 private:
  const Graph& graph_;
  std::vector<TensorId> all_;  // constants that the file stores, in its order
  std::vector<bool> used_;     // by tensor
  std::unordered_map<std::string_view, TensorId> by_name_;
  mutable std::string key_;
};

}  // namespace haoline::blueprints
