// TensorFlow.js: model.json with its shards. A graph-model holds a TensorFlow graph, a layers-model a Keras
// config.
#pragma once

#include "formats/format.h"
#include "formats/shared/tensorflow_operators.h"

namespace haoline::tfjs {

bool sniff(const Probe& probe);
Result<Model> read(Bytes file, const ReadOptions& options);
bool sniff_folder(std::span<const std::string> files);
Result<Model> read_folder(FileProvider& files, const ReadOptions& options);

}  // namespace haoline::tfjs
