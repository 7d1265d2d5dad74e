// Pieces that models over images share.
#pragma once

#include "blueprints/assembly.h"

namespace haoline::blueprints {

// (batch, channels, height, width); 0: a symbol that is 224 unless bound.
Value image_input(Assembly& a, std::string_view name, std::int64_t channels, std::int64_t height,
                  std::int64_t width);
// (batch, width, rows, columns) -> (batch, rows · columns, width)
Value as_tokens(Assembly& a, Value image, const std::string& name);

// The stack of a tower over patches ("vision_model."): its tokens after the last layer, before any norm.
Value vision_tower(Assembly& a, std::string_view tower);

// Full names of the tensors around the patches; what the file lacks is left out.
struct PatchNames {
  std::string projection, class_token, second_token, positions;
};
Value image_tokens(Assembly& a, const PatchNames& names);

}  // namespace haoline::blueprints
