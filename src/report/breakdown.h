// Where the cost goes: the table that terminal and Markdown show, by node, operator or scope.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "report/terminal.h"

namespace haoline {

struct BreakdownRow {
  std::string figure;  // "118.0 M"
  std::string what;    // "Conv 7x7 /2"
  std::string name;    // node or scope, safe text; may be empty
  std::string detail;  // output shape, or the number of nodes
  std::string share;   // "2.9 %"
};
struct BreakdownTable {
  std::string title;  // "most MACs"
  std::string detail_title;
  std::vector<BreakdownRow> rows;
};

BreakdownTable breakdown(const Report& report, Breakdown by, std::size_t top);
std::string breakdown_text(const Report& report, Breakdown by,
                           std::size_t top);  // 80 columns; empty without rows

}  // namespace haoline
