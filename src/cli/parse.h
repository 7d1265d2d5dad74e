// From argv to Arguments, by the tables of flags and commands.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/arguments.h"

namespace haoline::cli {

// Own and table-driven rather than CLI11: the same table gives help, completion and docs, start-up stays
// below a millisecond, and the compiler needs a second less than a tenth of what CLI11's templates take.
Result<Arguments, std::string> parse(std::span<const std::string_view> arguments);

// The candidate nearest to a mistyped word, or nothing when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace haoline::cli
