// The report as a Markdown model card: every section that the JSON has, for people.
#pragma once

#include <string>
#include <string_view>

#include "report/report.h"

namespace haoline {

std::string to_markdown(const Report& report);

// Names from files in Markdown: as code, so that nothing in them is markup, and without ending a table cell.
std::string markdown_code(std::string_view name);
std::string markdown_text(std::string_view text);

}  // namespace haoline
