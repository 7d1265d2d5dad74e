#include "ops/op_table.h"

namespace haoline {

std::span<const OpRow> image_rows() { return {}; }

}  // namespace haoline
