// Whether a layer of a compiled engine is held up by arithmetic or by memory: its arithmetic intensity
// against the balance of the GPU that the engine was built for.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "analyses/inference.h"

namespace haoline {

enum class LayerBound : std::uint8_t { unknown, memory, compute, nothing };  // nothing: no kernel runs

struct EngineLayerBound {
  LayerBound bound = LayerBound::unknown;
  std::optional<double> attained;  // of the bound's own ceiling, 0 to 1, where the layer's time was measured
};

// Dense multiply-accumulates that one multiprocessor does in a clock, by compute capability and precision;
// nothing where the table has no row. Sources: NVIDIA's architecture whitepapers (Volta, Turing, Ampere, Ada,
// Hopper), table "peak rates" divided by multiprocessors, boost clock and two.
std::optional<double> macs_per_clock(std::string_view capability, std::string_view precision);

// In the order of Model::engine->layers; empty where the model is no engine.
std::vector<EngineLayerBound> bound_layers(const Model& model, const Inference& inference,
                                           const Bindings& values);

}  // namespace haoline
