#include "ops/op_table.h"

namespace haoline {

std::span<const OpRow> ml_rows() { return {}; }

}  // namespace haoline
