// NATIVE: the operating system's words for an errno, thread-safe and without locale.
#pragma once

#include <string>

namespace haoline {

std::string system_message(int code);  // "no such file or directory"

}  // namespace haoline
