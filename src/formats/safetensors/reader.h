// SafeTensors: named tensors behind a JSON header, alone, in shards with an index, or in a Hugging Face
// folder whose config says what they are for.
#pragma once

#include <span>
#include <string>

#include "formats/format.h"

namespace haoline::safetensors {

bool sniff(const Probe& probe);  // a file, or the index of its shards
Result<Model> read(Bytes file, const ReadOptions& options);

bool sniff_folder(std::span<const std::string> files);
Result<Model> read_folder(FileProvider& files, const ReadOptions& options);

}  // namespace haoline::safetensors
