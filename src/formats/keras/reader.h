// Keras models: HDF5 files of Keras 1 to 3 (whole models, and weights beside their configuration), .keras
// archives, and a configuration alone.
#pragma once

#include <span>
#include <string>

#include "formats/format.h"

namespace haoline::keras {

bool sniff(const Probe& probe);
Result<Model> read(Bytes file, const ReadOptions& options);
// An archive that somebody unpacked.
bool sniff_folder(std::span<const std::string> files);
Result<Model> read_folder(FileProvider& files, const ReadOptions& options);
std::span<const SourceOperator> operators();

}  // namespace haoline::keras
