// A compiled engine in the terminal: rows of figures and the slowest layers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/report.h"

namespace haoline {

struct EngineRow {
  std::string label, value, remark;
};
std::vector<EngineRow> engine_rows(const EngineInfo& engine);

// A table of at most `top` layers, slowest first, a line each; empty where nothing was timed.
std::vector<std::string> slowest_layers(const EngineInfo& engine, std::size_t top);

}  // namespace haoline
