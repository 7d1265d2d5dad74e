#include "ops/op_table.h"

namespace haoline {

std::span<const OpRow> legacy_rows() { return {}; }

}  // namespace haoline
