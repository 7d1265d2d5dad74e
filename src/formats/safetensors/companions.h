// The JSON files beside Hugging Face weights, as far as they are there.
#pragma once

#include <string>

#include "formats/format.h"

namespace haoline::safetensors {

// What lies beside the weights and is wanted: config.json into Model::architecture; generation_config.json,
// tokenizer_config.json and the size of tokenizer.json into the metadata. Each that is found becomes a file
// of the model. `folder`: of the weights, with '/' at its end or empty.
void read_companions(FileProvider* files, const std::string& folder, Model& model);

// A low-rank adapter: its adapter_config.json as metadata ("adapter.r", "adapter.lora_alpha",
// "adapter.target_modules", "adapter.base_model_name_or_path"), its rank from the tensors where there is
// none.
void describe_adapter(FileProvider* files, const std::string& folder, Model& model);

}  // namespace haoline::safetensors
