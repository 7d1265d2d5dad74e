// NumPy: one array (.npy), or a zip of them (.npz), as weights without a graph.
#pragma once

#include "formats/format.h"

namespace haoline::numpy {

bool sniff(const Probe& probe);
Result<Model> read(Bytes file, const ReadOptions& options);

}  // namespace haoline::numpy
