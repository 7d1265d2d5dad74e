// What the elements of a stored tensor are like: their range, mean and spread, and how many are zero or no
// number. Reads every element once, so only on request.
#pragma once

#include <cstdint>
#include <optional>

#include "ir/attribute.h"
#include "ir/model.h"

namespace haoline {

struct WeightStatistics {
  std::uint64_t elements = 0;  // logical ones: what a sparse tensor does not store counts as zeros
  std::uint64_t finite = 0;    // of them; the four figures below are over these
  double minimum = 0, maximum = 0, mean = 0;
  double deviation = 0;  // standard deviation of the elements at hand (divided by their number)
  std::uint64_t zeros = 0, nans = 0, infinities = 0;
};

// Nothing for what cannot be decoded: strings, complex numbers, block types, absent data, fillers.
std::optional<WeightStatistics> measure(const TensorData& data);

// The stored constant behind a tensor: an initializer, or what a Constant node holds; null: none.
const TensorData* stored_constant(const Graph& graph, TensorId tensor);

}  // namespace haoline
