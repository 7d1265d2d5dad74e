// Stored tensors as values that rules can follow, and which ones are worth it.
#pragma once

#include "ir/attribute.h"
#include "ir/shape.h"
#include "ir/value.h"

namespace haoline {

// Above that many floats a tensor is taken for a weight: it steers no shape.
inline constexpr std::size_t kMaxFloatElements = 64;

// How many elements value_of would decode; 0 when it decodes nothing.
std::size_t decodable_elements(const TensorData& data);
// Nothing for tensors that are too large to steer anything, and for what has no readable elements.
Value value_of(const TensorData& data, DimPool& pool);
Shape shape_of(const TensorData& data, DimPool& pool);

}  // namespace haoline
