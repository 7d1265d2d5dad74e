// ONNX: a ModelProto to a Model. Weights stay where they are, in the mapped file or in the files beside it.
#pragma once

#include "formats/format.h"

namespace haoline::onnx {

bool sniff(const Probe& probe);
Result<Model> read(Bytes file, const ReadOptions& options);

}  // namespace haoline::onnx
