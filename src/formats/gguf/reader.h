// GGUF, llama.cpp's format: quantized weights with everything a runtime has to know beside them. A file that
// is one of several shards brings the others in.
#pragma once

#include "formats/format.h"

namespace haoline::gguf {

bool sniff(const Probe& probe);
Result<Model> read(Bytes file, const ReadOptions& options);

}  // namespace haoline::gguf
