// The section on a compiled engine.
#include <algorithm>

#include "analyses/engine_bounds.h"
#include "report/builder.h"
#include "report/engine_info.h"

namespace haoline {
namespace {

// Kernels of NVIDIA's libraries carry their names; what TensorRT generates itself starts otherwise.
std::string_view kernel_origin(const EngineLayer& layer) {
  if (layer.runs_nothing) return "none";
  if (layer.tactic.empty()) return {};
  for (const std::string_view word : {"cudnn", "cublas", "cutlass", "xmma"}) {
    if (layer.tactic.find(word) != std::string_view::npos) return "library";
  }
  return "generated";
}

std::string_view bound_word(LayerBound bound) {
  constexpr std::string_view kWords[] = {"unknown", "memory", "compute", "nothing"};
  return kWords[static_cast<std::size_t>(bound)];
}

EngineLayerInfo build_layer(Builder& b, const EngineLayer& layer, const EngineLayerBound& bound,
                            double all_ms) {
  EngineLayerInfo out{.node = b.node(Model::kMain, layer.node),
                      .time_ms = layer.time_ms,
                      .precision = {b.text(layer.precision)},
                      .tactic = {b.text(layer.tactic)},
                      .kernel = {kernel_origin(layer)},
                      .workspace_bytes = layer.workspace,
                      .bound = {bound_word(bound.bound)},
                      .attained = bound.attained};
  if (layer.time_ms && all_ms > 0) out.time_share = *layer.time_ms / all_ms;
  for (const std::string_view source : layer.sources) out.sources.push_back({b.text(source)});
  return out;
}

void count(EngineInfo& out, Builder& b, const EngineLayer& layer) {
  out.fused_layers += layer.sources.size() > 1;
  out.source_operators += static_cast<std::int64_t>(layer.sources.size());
  out.vanished_layers += layer.runs_nothing;
  if (layer.precision.empty() || layer.runs_nothing) return;
  auto& entries = out.layers_by_precision.entries;
  const auto at = std::find_if(entries.begin(), entries.end(),
                               [&](const auto& entry) { return entry.first.text == layer.precision; });
  if (at == entries.end()) {
    entries.push_back({{b.text(layer.precision)}, 1});
  } else {
    ++at->second;
  }
}

}  // namespace

std::optional<EngineInfo> build_engine(Builder& b) {
  if (!b.in.model.engine) return std::nullopt;
  const EngineFacts& engine = *b.in.model.engine;
  const std::vector<EngineLayerBound> bounds = bound_layers(b.in.model, b.in.inference, b.in.bound.values);
  EngineInfo out{.gpu = {b.text(engine.gpu)},
                 .compute_capability = {b.text(engine.compute_capability)},
                 .cuda_version = {b.text(engine.cuda_version)},
                 .device_memory_bytes = engine.device_memory_bytes,
                 .latency_ms = engine.latency_ms,
                 .throughput_per_s = engine.throughput_per_second};
  if (engine.memory_bytes_per_second) out.memory_bandwidth_gb_per_s = *engine.memory_bytes_per_second / 1e9;
  double all_ms = 0;
  for (const EngineLayer& layer : engine.layers) all_ms += layer.time_ms.value_or(0);
  if (all_ms > 0) out.layers_ms = all_ms;
  for (std::size_t i = 0; i < engine.layers.size(); ++i) {
    out.layers.push_back(build_layer(b, engine.layers[i], bounds[i], all_ms));
    count(out, b, engine.layers[i]);
  }
  for (const EngineSetting& setting : engine.settings)
    out.settings.entries.push_back({{b.text(setting.key)}, {b.text(setting.value)}});
  return out;
}

}  // namespace haoline
