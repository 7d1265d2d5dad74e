// The JSON files that lie beside Hugging Face weights, as neutral facts: config.json becomes
// ArchitectureFacts, the others become metadata. Serves SafeTensors and PyTorch checkpoints alike.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "ir/model.h"

namespace haoline {

// Nested objects are flattened with dots ("text_config.hidden_size"), lists of scalars stay lists, lists of
// anything else get their index ("layers.0.type"). Texts are copied into the model's arena.
Result<ArchitectureFacts> read_config(Bytes json, Model& model);

// The scalars and lists of scalars of an object as metadata under `prefix` ("generation."); nothing where the
// text is no JSON object.
void add_json_metadata(Bytes json, std::string_view prefix, Model& model);

// How many tokens a tokenizer.json knows: entries of its vocabulary and the tokens added after them. Walks
// over the text without building a tree, so megabytes cost a millisecond. Nothing where it cannot tell.
std::optional<std::uint64_t> count_tokens(Bytes tokenizer_json);

// Whether the tensors are those of a low-rank adapter: something for another model, not a model.
bool is_adapter(const Model& model);

// A family from the names of the tensors, for weights without a config; the facts hold what the shapes say.
// Nothing where the names do not decide. Leaves a finding `assumed-architecture`.
void assume_architecture(Model& model);

}  // namespace haoline
