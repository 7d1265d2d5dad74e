// The type of a graph value: a tensor, or a sequence, optional or map around one.
#pragma once

#include <cstdint>
#include <string>

#include "base/small_vector.h"
#include "ir/dtype.h"
#include "ir/shape.h"

namespace haoline {

enum class Container : std::uint8_t { sequence, optional, map, sparse, opaque };

// Containers outermost first, around an element tensor: sequence(map(int64, float32)) is
// {containers: {sequence, map}, key: int64, dtype: float32}.
struct Type {
  DType dtype = DType::unknown;          // of the element tensor
  DType key = DType::unknown;            // of a map
  SmallVector<Container, 4> containers;  // empty: a plain tensor; at most kMaxNesting

  static constexpr std::size_t kMaxNesting = 8;

  bool is_tensor() const { return containers.empty(); }
  bool is(Container outermost) const { return !containers.empty() && containers[0] == outermost; }
  // sequence(T) from T, and T from sequence(T).
  Type wrapped(Container container) const {
    Type type = *this;
    type.containers.insert(0, container);
    return type;
  }
  Type unwrapped() const {
    Type type = *this;
    if (!type.containers.empty()) type.containers.erase(0);
    return type;
  }
  friend bool operator==(const Type&, const Type&) = default;
};

// "float32", "sequence(float32)", "map(int64, float32)", "optional(sequence(int64))".
std::string to_string(const Type& type);

}  // namespace haoline
