// Flax checkpoints (flax.serialization): a tree of parameters as MessagePack, arrays as extension values.
// Weights only: the names of the tree, joined by '/'.
#pragma once

#include "formats/format.h"

namespace haoline::flax {

bool sniff(const Probe& probe);
Result<Model> read(Bytes file, const ReadOptions& options);

}  // namespace haoline::flax
