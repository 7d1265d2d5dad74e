// TensorFlow's own list of operators and what each is read as, for the formats that hold its graphs.
#pragma once

#include <span>

#include "formats/format.h"

namespace haoline::graphdef {

std::span<const SourceOperator> source_operators();

}  // namespace haoline::graphdef
