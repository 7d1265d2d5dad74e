// --batch-size and --input-resolution: which axes of which inputs they mean, as bindings of symbols or as
// input shapes.
#pragma once

#include <vector>

#include "inspect/inspect.h"

namespace haoline {

// Adds to `wanted` and `given` what the shorthands stand for and returns a sentence for each input that was
// taken. A usage error when no input has such an axis, or when the file fixes it to another number
// (--force-shape overrides).
Result<std::vector<MessageText>> apply_shorthands(const Model& model, const InspectOptions& options,
                                                  InferOptions& wanted, Bindings& given);

}  // namespace haoline
