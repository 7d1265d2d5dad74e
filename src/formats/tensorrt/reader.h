// TensorRT engines as their tools describe them: the layer list that trtexec (--exportLayerInfo) and the
// engine explorer write, with the profile, build and device files beside it, TensorRT 8 to 10.
//
// A plan or engine file itself is recognised and its version read; its layers are sealed for whoever has
// no TensorRT library of that very version.
#pragma once

#include "formats/format.h"

namespace haoline::tensorrt {

bool sniff(const Probe& probe);
Result<Model> read(Bytes file, const ReadOptions& options);
std::span<const SourceOperator> operators();

}  // namespace haoline::tensorrt
