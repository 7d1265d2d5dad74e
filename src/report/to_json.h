// The report for programs: JSON, the JSON Schema of it, and its documentation, all from the description in
// report.h.
#pragma once

#include <string>

#include "report/report.h"

namespace haoline {

struct JsonOptions {
  bool single_line = false;  // JSON Lines
  // Rows that were computed for another output but not asked for here.
  bool nodes = true, tensors = true, weights = true, series = true;
};

std::string to_json(const Report& report, const JsonOptions& options = {});
std::string report_schema();         // JSON Schema (draft 2020-12), `haoline schema`
std::string report_documentation();  // docs/report.md

}  // namespace haoline
