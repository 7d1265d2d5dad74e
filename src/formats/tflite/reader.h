// TFLite (LiteRT): a FlatBuffer of subgraphs, operators by number, weights in buffers.
#pragma once

#include "formats/format.h"

namespace haoline::tflite {

bool sniff(const Probe& probe);
Result<Model> read(Bytes file, const ReadOptions& options);
std::span<const SourceOperator> operators();  // every builtin operator, by number

}  // namespace haoline::tflite
