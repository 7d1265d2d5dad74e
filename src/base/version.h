// The version of this program and library.
#pragma once

#include <string_view>

namespace haoline {

std::string_view version();  // "0.1.0"

}  // namespace haoline
