#include "ops/op_table.h"

namespace haoline {

std::span<const OpRow> product_rows() { return {}; }

}  // namespace haoline
