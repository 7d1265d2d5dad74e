// The architecture truth: configuration, tensors and figures of a published model, read from its JSON; and a
// model without a graph made of them, as a reader of weights would.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ir/model.h"

namespace haoline::proof {

struct NamedShape {
  std::string name;
  std::vector<std::int64_t> extents;
};

struct ArchitectureTruth {
  std::string name, class_name, config;  // config: JSON text
  std::vector<NamedShape> tensors, buffers;
  std::int64_t parameters = 0;
  std::string macs_input;  // "input_ids [1,128]"
  std::optional<std::int64_t> macs;
  std::optional<std::int64_t> cache_per_token, cache_latent, cache_grouped, state_per_sequence;
  std::optional<std::int64_t> active, weight_macs_per_token, experts, top_k;
  std::int64_t window = 0, windowed_layers = 0;
};

std::optional<ArchitectureTruth> read_architecture(const std::string& path);

// Initializers without elements, and the facts of the configuration. `config` has to outlive the model.
Model model_of(const std::vector<NamedShape>& tensors, const std::vector<NamedShape>& buffers,
               const std::string& config);

}  // namespace haoline::proof
