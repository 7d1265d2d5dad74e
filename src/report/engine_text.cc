#include "report/engine_text.h"

#include <algorithm>
#include <cstdio>

#include "base/sort.h"
#include "report/format.h"
#include "report/utf8.h"

namespace haoline {
namespace {

std::string digits(double value, int significant) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*g", significant, value);
  return text;
}

std::string joined(std::string left, const std::string& right) {
  if (right.empty()) return left;
  return left.empty() ? right : left + ", " + right;
}

}  // namespace

std::vector<EngineRow> engine_rows(const EngineInfo& engine) {
  std::vector<EngineRow> rows;
  std::string machine = safe(engine.gpu.text);
  if (!engine.compute_capability.text.empty())
    machine = joined(machine, "compute capability " + std::string(engine.compute_capability.text));
  if (!engine.cuda_version.text.empty())
    machine = joined(machine, "CUDA " + std::string(engine.cuda_version.text));
  if (engine.device_memory_bytes) machine = joined(machine, bytes_text(Int128{*engine.device_memory_bytes}));
  if (!machine.empty()) rows.push_back({"engine for", machine, {}});
  if (engine.latency_ms) {
    std::string remark = "median of one inference";
    if (engine.throughput_per_s) remark += ", " + digits(*engine.throughput_per_s, 4) + " a second";
    if (engine.layers_ms) remark += "; layers profiled one by one " + digits(*engine.layers_ms, 4) + " ms";
    rows.push_back({"latency", digits(*engine.latency_ms, 4) + " ms", remark + " (measured elsewhere)"});
  }
  std::string remark = plural(static_cast<std::size_t>(engine.fused_layers), "layer") +
                       " fused from several of " +
                       plural(static_cast<std::size_t>(engine.source_operators), "source operator");
  if (engine.vanished_layers != 0) remark += ", " + grouped(engine.vanished_layers) + " run nothing";
  for (const auto& [precision, layers] : engine.layers_by_precision.entries)
    remark += ", " + grouped(layers) + " in " + std::string(precision.text);
  rows.push_back({"layers", grouped(static_cast<std::int64_t>(engine.layers.size())), remark});
  return rows;
}

std::vector<std::string> slowest_layers(const EngineInfo& engine, std::size_t top) {
  std::vector<const EngineLayerInfo*> timed;
  for (const EngineLayerInfo& layer : engine.layers) {
    if (layer.time_ms) timed.push_back(&layer);
  }
  sort_stably(timed,
              [](const EngineLayerInfo* x, const EngineLayerInfo* y) { return *x->time_ms > *y->time_ms; });
  if (timed.size() > top) timed.resize(top);
  std::vector<std::string> lines;
  constexpr std::size_t kName = 40;
  if (!timed.empty())
    lines.push_back(padded("slowest layers", kName) + "     ms   share  precision  bound by");
  for (const EngineLayerInfo* layer : timed) {
    char figures[64];
    std::snprintf(figures, sizeof figures, "%7.4f  %4.1f %%  ", *layer->time_ms,
                  100 * layer->time_share.value_or(0));
    std::string bound(layer->bound.text);
    if (layer->attained) bound += " " + digits(100 * *layer->attained, 2) + " %";
    lines.push_back(padded(shortened(safe(layer->node.text), kName), kName) + figures +
                    padded(std::string(layer->precision.text), 9) + "  " + bound);
  }
  return lines;
}

}  // namespace haoline
