// Help as text, and as the page docs/cli.md; both from the tables.
#pragma once

#include <string>

#include "cli/commands.h"

namespace haoline::cli {

std::string help_text(const Command& command);
std::string help_page();
std::string completion_script(std::string_view shell);  // empty: no such shell

}  // namespace haoline::cli
