#include "formats/safetensors/quantized.h"

namespace haoline::safetensors {

void describe_quantization(Model&, StoredTensors&) {}

}  // namespace haoline::safetensors
