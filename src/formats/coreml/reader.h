// Core ML: a model file (.mlmodel), a package of it with weight files (.mlpackage), a compiled model
// (.mlmodelc).
#pragma once

#include "formats/format.h"

namespace haoline::coreml {

bool sniff(const Probe& probe);
Result<Model> read(Bytes file, const ReadOptions& options);
bool sniff_folder(std::span<const std::string> files);
Result<Model> read_folder(FileProvider& files, const ReadOptions& options);
// Layers of neural networks, operations of ML programs, kinds of classical models.
std::span<const SourceOperator> operators();

}  // namespace haoline::coreml
