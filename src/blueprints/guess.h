// The family of a file that does not name one: what its tensor names tell.
#pragma once

#include <string_view>

#include "blueprints/weights.h"

namespace haoline::blueprints {

std::string_view guess_family(const Weights& weights);  // empty: they tell nothing

}  // namespace haoline::blueprints
