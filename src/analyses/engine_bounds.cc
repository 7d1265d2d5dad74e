#include "analyses/engine_bounds.h"

#include <algorithm>
#include <iterator>

namespace haoline {
namespace {

struct Rate {
  std::string_view capability, precision;
  double macs;
};
// Tensor cores where the precision has them; float32 in TensorRT runs as TF32 on those that have it, unless
// forbidden, so the float32 row is TF32's from 8.0 on.
constexpr Rate kRates[] = {
    {"7.0", "float32", 64},   {"7.0", "float16", 512},        {"7.5", "float32", 64},
    {"7.5", "float16", 512},  {"7.5", "int8", 1024},          {"8.0", "float32", 512},
    {"8.0", "float16", 1024}, {"8.0", "bfloat16", 1024},      {"8.0", "int8", 2048},
    {"8.6", "float32", 256},  {"8.6", "float16", 512},        {"8.6", "bfloat16", 512},
    {"8.6", "int8", 1024},    {"8.9", "float32", 256},        {"8.9", "float16", 512},
    {"8.9", "bfloat16", 512}, {"8.9", "int8", 1024},          {"8.9", "float8_e4m3fn", 1024},
    {"9.0", "float32", 1024}, {"9.0", "float16", 2048},       {"9.0", "bfloat16", 2048},
    {"9.0", "int8", 4096},    {"9.0", "float8_e4m3fn", 4096},
};

std::optional<double> number(const DimPool& pool, Dim dim, const Bindings& values) {
  const std::optional<Int128> value = pool.evaluate(dim, values);
  if (!value) return std::nullopt;
  return static_cast<double>(*value);
}

EngineLayerBound bound_of(const EngineLayer& layer, double macs, double bytes, double rate,
                          double bandwidth) {
  const double compute_s = macs / rate, memory_s = bytes / bandwidth;
  EngineLayerBound out;
  out.bound = compute_s > memory_s ? LayerBound::compute : LayerBound::memory;
  if (layer.time_ms && *layer.time_ms > 0)
    out.attained = std::max(compute_s, memory_s) / (*layer.time_ms * 1e-3);
  return out;
}

}  // namespace

std::optional<double> macs_per_clock(std::string_view capability, std::string_view precision) {
  const auto* found = std::find_if(std::begin(kRates), std::end(kRates), [&](const Rate& r) {
    return r.capability == capability && r.precision == precision;
  });
  return found == std::end(kRates) ? std::nullopt : std::optional<double>(found->macs);
}

std::vector<EngineLayerBound> bound_layers(const Model& model, const Inference& inference,
                                           const Bindings& values) {
  std::vector<EngineLayerBound> out;
  if (!model.engine) return out;
  const EngineFacts& engine = *model.engine;
  const DimPool& pool = inference.dims;
  for (const EngineLayer& layer : engine.layers) {
    EngineLayerBound& bound = out.emplace_back();
    if (layer.runs_nothing) {
      bound.bound = LayerBound::nothing;
      continue;
    }
    const NodeFacts& facts = inference.graphs[Model::kMain].nodes[layer.node];
    const auto macs = facts.basis == CostBasis::known ? number(pool, facts.cost.macs, values) : std::nullopt;
    const auto read = number(pool, facts.bytes_read, values),
               written = number(pool, facts.bytes_written, values);
    const auto rate = macs_per_clock(engine.compute_capability, layer.precision);
    if (!macs || !read || !written || !engine.memory_bytes_per_second || !engine.clock_ghz ||
        !engine.multiprocessors)
      continue;
    // A copy multiplies nothing, so its precision need not be in the table.
    if (!rate && *macs > 0) continue;
    const double peak =
        rate.value_or(1) * static_cast<double>(*engine.multiprocessors) * *engine.clock_ghz * 1e9;
    bound = bound_of(layer, *macs, *read + *written, peak, *engine.memory_bytes_per_second);
  }
  return out;
}

}  // namespace haoline
