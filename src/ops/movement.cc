#include "ops/op_table.h"

namespace haoline {

std::span<const OpRow> movement_rows() { return {}; }

}  // namespace haoline
