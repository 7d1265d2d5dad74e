#include "ops/op_table.h"

namespace haoline {

std::span<const OpRow> ms_other_rows() { return {}; }

}  // namespace haoline
