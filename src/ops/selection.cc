#include "ops/op_table.h"

namespace haoline {

std::span<const OpRow> selection_rows() { return {}; }

}  // namespace haoline
