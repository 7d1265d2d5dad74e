// PyTorch: what torch.save, torch.jit.save and torch.export.save write.
#pragma once

#include "formats/format.h"

namespace haoline::pytorch {

bool sniff(const Probe& probe);
Result<Model> read(Bytes file, const ReadOptions& options);
bool sniff_folder(std::span<const std::string> files);
Result<Model> read_folder(FileProvider& files, const ReadOptions& options);
std::span<const SourceOperator> source_operators();  // of ATen, by name

}  // namespace haoline::pytorch
