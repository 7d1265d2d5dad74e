// What a compiler and a profiler say of an engine, beside its graph: the machine, the settings, and for each
// layer which kernel runs and how long. Measurements of others, kept apart from what is derived.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ir/attribute.h"

namespace haoline {

struct EngineLayer {
  NodeId node;                                // of the main graph
  std::string_view precision;                 // of its arithmetic: "int8", "float16"; empty: not said
  std::string_view tactic;                    // the kernel's name; empty: not said
  std::optional<std::int64_t> workspace;      // bytes
  std::optional<double> time_ms;              // median of the profile, else its average
  std::span<const std::string_view> sources;  // operators of the source model that it computes
  bool runs_nothing = false;                  // kept for its name only: no kernel is launched
};

struct EngineSetting {
  std::string_view key, value;
};

struct EngineFacts {
  std::string_view gpu;                 // "NVIDIA A100 80GB PCIe"
  std::string_view compute_capability;  // "8.0"
  std::string_view cuda_version;
  std::optional<std::int64_t> device_memory_bytes;          // of the GPU
  std::optional<std::int64_t> multiprocessors;              // streaming multiprocessors
  std::optional<double> clock_ghz;                          // of the multiprocessors
  std::optional<double> memory_bytes_per_second;            // from bus width and memory clock
  std::optional<double> latency_ms, throughput_per_second;  // of whole inferences, as measured
  std::vector<EngineSetting> settings;                      // how it was built and measured
  std::vector<EngineLayer> layers;                          // one per node, in execution order
};

}  // namespace haoline
