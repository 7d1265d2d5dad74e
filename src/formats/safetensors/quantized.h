// Weights that a quantizer packed: which tensors belong together, and what they are when unpacked.
//
// The layouts of GPTQ, AWQ, bitsandbytes, compressed-tensors, block-scaled float8, MXFP4 and NVFP4, HQQ,
// AQLM, BitNet and torchao, told by the tensors themselves (names, types and extents); the config only
// decides where they leave it open. Stored extents stay; Tensor::quantization says the logical ones.
#pragma once

#include "formats/shared/stored_tensors.h"
#include "ir/model.h"

namespace haoline::safetensors {

// After all tensors were added. Marks what lies beside a packed weight as auxiliary.
void describe_quantization(Model& model, StoredTensors& tensors);

}  // namespace haoline::safetensors
