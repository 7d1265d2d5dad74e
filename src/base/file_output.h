// NATIVE: writes files. A regular file appears whole or not at all: it is written beside its place and
// renamed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace haoline {

// Nothing on success. A pipe or device is written to directly.
std::optional<Error> write_file(const std::string& path, std::string_view content);

// Makes the folder and those above it, as far as they are not there.
std::optional<Error> make_folder(const std::string& path);

}  // namespace haoline
