// The report's section on a compiled engine: the machine, the settings, and each layer with its kernel and
// time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "report/describe.h"
#include "report/values.h"

namespace haoline {

struct EngineLayerInfo {
  NodeName node;
  std::optional<double> time_ms;
  std::optional<double> time_share;
  Word precision;
  MetadataText tactic;
  Word kernel;
  std::optional<std::int64_t> workspace_bytes;
  Word bound;
  std::optional<double> attained;
  std::vector<NodeName> sources;
  static constexpr std::string_view kName = "engine_layer";
  static constexpr auto describe() {
    using L = EngineLayerInfo;
    return std::tuple{
        field("node", &L::node, "the layer"),
        field_if_any("time_ms", &L::time_ms, "median time of one run, as profiled"),
        field_if_any("time_share", &L::time_share, "of the time of all layers, 0 to 1"),
        field_if_any("precision", &L::precision, "element type of its arithmetic"),
        field_if_any("tactic", &L::tactic, "the kernel that the builder chose"),
        field_if_any("kernel", &L::kernel,
                     "where that kernel comes from: `library` (cuDNN, cuBLAS), `generated` (TensorRT's own), "
                     "`none` (nothing runs)"),
        field_if_any("workspace_bytes", &L::workspace_bytes, "scratch memory it asks for"),
        field("bound", &L::bound,
              "`memory` or `compute`: what its arithmetic intensity makes the limit on this GPU; `nothing` "
              "runs; `unknown`"),
        field_if_any("attained", &L::attained, "share of that limit that the measured time attains, 0 to 1"),
        field_if_any("sources", &L::sources, "operators of the source model that were fused into it")};
  }
};

struct EngineInfo {
  MetadataText gpu;
  Word compute_capability;
  Word cuda_version;
  std::optional<std::int64_t> device_memory_bytes;
  std::optional<double> memory_bandwidth_gb_per_s;
  std::optional<double> latency_ms;
  std::optional<double> throughput_per_s;
  std::optional<double> layers_ms;
  std::int64_t fused_layers = 0;
  std::int64_t source_operators = 0;
  std::int64_t vanished_layers = 0;
  Map<Word, std::int64_t> layers_by_precision;
  Map<MetadataText, MetadataText> settings;
  std::vector<EngineLayerInfo> layers;
  static constexpr std::string_view kName = "engine";
  static constexpr auto describe() {
    using E = EngineInfo;
    return std::tuple{
        field_if_any("gpu", &E::gpu, "the GPU it was built for"),
        field_if_any("compute_capability", &E::compute_capability, "of that GPU"),
        field_if_any("cuda_version", &E::cuda_version, "of the machine that built it"),
        field_if_any("device_memory_bytes", &E::device_memory_bytes, "memory of that GPU"),
        field_if_any("memory_bandwidth_gb_per_s", &E::memory_bandwidth_gb_per_s,
                     "bus width times memory clock, in 10^9 bytes a second"),
        field_if_any("latency_ms", &E::latency_ms, "median latency of one inference, as measured"),
        field_if_any("throughput_per_s", &E::throughput_per_s, "inferences a second, as measured"),
        field_if_any("layers_ms", &E::layers_ms, "sum of the layers' times"),
        field("fused_layers", &E::fused_layers, "layers that compute more than one source operator"),
        field("source_operators", &E::source_operators, "source operators that layers name"),
        field("vanished_layers", &E::vanished_layers, "layers that run nothing"),
        field("layers_by_precision", &E::layers_by_precision, "layers by the type of their arithmetic"),
        field("settings", &E::settings, "how it was built and measured"),
        field("layers", &E::layers, "every layer, in execution order")};
  }
};

}  // namespace haoline
