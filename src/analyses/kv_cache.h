// Does the model carry a cache that grows with every token, and by how much?
#pragma once

#include <optional>

#include "analyses/memory.h"

namespace haoline {

// Recognized: inputs and outputs of a cache operand of an attention operator (Attention, GroupQueryAttention
// …); an input whose only growth is a Concat along one axis that becomes an output; pairs named
// past…/present…. Nothing where there is no such pair.
std::optional<KvCache> find_kv_cache(const Model& model, Inference& inference, const BoundSymbols& bound);

}  // namespace haoline
