// ONNX Runtime's own format (.ort): a session as a FlatBuffer, with the graph as its optimizers left it.
#pragma once

#include "formats/format.h"

namespace haoline::ort {

bool sniff(const Probe& probe);
Result<Model> read(Bytes file, const ReadOptions& options);

}  // namespace haoline::ort
