// GGUF's metadata in the words of a Hugging Face config, so that a blueprint reads one language
// (docs/weight-files.md has the table). The file's own keys are kept beside the translated ones.
#pragma once

#include "formats/gguf/header.h"
#include "ir/model.h"

namespace haoline::gguf {

// `is_tied`: there is no output weight, so the embedding serves as one.
ArchitectureFacts translate(const Header& header, bool is_tied, Arena& arena);

// Every pair for display: numbers in decimal, long arrays as their length.
std::vector<MetadataEntry> describe_pairs(const Header& header, Arena& arena);

}  // namespace haoline::gguf
