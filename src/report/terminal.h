// The report for a terminal: eighty columns, the answer first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "report/report.h"

namespace haoline {

enum class Breakdown : std::uint8_t { by_node, by_operator, by_scope };

struct TerminalOptions {
  std::size_t top = 3;  // rows of the breakdown; 0: none
  Breakdown by = Breakdown::by_node;
  bool colour = false;       // ANSI colours; the words are the same
  std::size_t findings = 8;  // findings shown; the rest is counted
};

std::string to_terminal(const Report& report, const TerminalOptions& options);

}  // namespace haoline
