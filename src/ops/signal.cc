#include "ops/op_table.h"

namespace haoline {

std::span<const OpRow> signal_rows() { return {}; }

}  // namespace haoline
