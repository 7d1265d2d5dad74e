// Elements of stored tensors as values that rules can follow.
#pragma once

#include "ir/attribute.h"
#include "ir/value.h"

namespace haoline {

// Above that many floats a tensor is taken for a weight: it steers no shape.
inline constexpr std::size_t kMaxFloatElements = 64;

// Nothing for tensors that are too large to steer anything, sparse, strings, absent or shorter than they
// claim.
Value value_of(const TensorData& data, DimPool& pool);
// How many elements value_of would decode; 0 when it decodes nothing.
std::size_t decodable_elements(const TensorData& data);
Shape shape_of(const TensorData& data, DimPool& pool);

}  // namespace haoline
