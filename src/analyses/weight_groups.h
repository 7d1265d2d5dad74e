// Where the bits of a language model lie: its stored weights by what they are for (attention, feed-forward,
// embeddings …) and by type, told by their names.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "analyses/parameters.h"

namespace haoline {

enum class WeightGroup : std::uint8_t {
  embeddings,
  attention,
  feed_forward,
  experts,  // routed and shared ones and what routes to them
  recurrent,
  norms,
  output,
  other,
};
inline constexpr std::size_t kWeightGroups = static_cast<std::size_t>(WeightGroup::other) + 1;

std::string_view name(WeightGroup group);  // "attention"

// By the spellings of Hugging Face, ggml and Flax; other for a name that says nothing.
WeightGroup weight_group_of(std::string_view tensor_name);

struct WeightMix {
  WeightGroup group = WeightGroup::other;
  Int128 parameters = 0;    // logical elements
  std::uint64_t bytes = 0;  // in the file, with scales, zero points and tables
  struct Part {
    std::string_view type;  // stored element type; of a packed weight its scheme ("gptq")
    std::int32_t bits = 0;  // of one logical element; 0: the type says it
    Int128 parameters = 0;
  };
  std::vector<Part> parts;  // in order of appearance
};

// Groups that have weights, in the order above. Empty where a weight's size is not known.
std::vector<WeightMix> mix_of_weights(const Model& model, const ParameterFacts& parameters);

}  // namespace haoline
