// TensorFlow: a SavedModel folder or its saved_model.pb, a frozen graph (.pb, .pbtxt), a MetaGraph (.meta).
#pragma once

#include "formats/format.h"
#include "formats/shared/tensorflow_operators.h"

namespace haoline::tensorflow {

bool sniff(const Probe& probe);
Result<Model> read(Bytes file, const ReadOptions& options);
bool sniff_folder(std::span<const std::string> files);
Result<Model> read_folder(FileProvider& files, const ReadOptions& options);

}  // namespace haoline::tensorflow
