// Labels of a file's stretches, put in order.
#pragma once

#include <vector>

#include "ir/model.h"

namespace haoline {

// Sorts them and cuts away what an earlier one covers already: constants may share their bytes.
void remove_overlaps(std::vector<ByteSpan>& spans);

}  // namespace haoline
