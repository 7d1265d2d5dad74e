#include "ops/op_table.h"

namespace haoline {

std::span<const OpRow> sequence_rows() { return {}; }

}  // namespace haoline
