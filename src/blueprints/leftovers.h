// What becomes of the file's tensors once the graph is built: trained, running statistics, not meant to be
// used, or left over.
#pragma once

#include "blueprints/assembly.h"

namespace haoline::blueprints {

void settle(Assembly& a);

}  // namespace haoline::blueprints
