// docs/operators.md, and what `haoline ops --markdown` prints: every operator, what is known of it and what
// tests it.
#pragma once

#include <span>
#include <string>

#include "ops/coverage.h"

namespace haoline {

std::string operators_page(std::span<const OperatorCoverage> operators);

}  // namespace haoline
