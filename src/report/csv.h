// One row per node for a spreadsheet. Needs a report with nodes and tensors.
#pragma once

#include <string>

#include "report/report.h"

namespace haoline {

// Columns: Layer Name, Op Type, Input Shape, Output Shape, Parameters, FLOPs, Memory (bytes), Latency (ms), %
// Params, % FLOPs. Shapes are under the bindings, weights apart; memory is that of the results; what is not
// known or not measured is empty. A cell that a spreadsheet would take for a formula begins with an
// apostrophe.
std::string to_csv(const Report& report);

}  // namespace haoline
