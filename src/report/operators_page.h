// docs/operators.md, and what `haoline ops --markdown` prints: every operator, what is known of it and what
// tests it.
#pragma once

#include <string>

namespace haoline {

std::string operators_page();

}  // namespace haoline
