#include "ops/op_table.h"

namespace haoline {

std::span<const OpRow> pooling_rows() { return {}; }

}  // namespace haoline
