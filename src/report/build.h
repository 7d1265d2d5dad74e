// From the analyses' values to the report. The only room where facts get words; nothing is computed here that
// an analysis could have said.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "analyses/accounting.h"
#include "analyses/bindings.h"
#include "analyses/inference.h"
#include "analyses/memory.h"
#include "analyses/parameters.h"
#include "analyses/totals.h"
#include "report/report.h"

namespace haoline {

struct ReportInput {
  const Model& model;
  Inference& inference;  // its pool makes the formulas
  const BoundSymbols& bound;
  const CostTotals& totals;
  const ParameterFacts& parameters;
  const MemoryFacts& memory;
  const ByteAccounting& accounting;
};

struct ReportOptions {
  std::string_view path;          // as the caller gave it
  std::string_view format_title;  // the format's name for people; empty: as the model spells it
  bool nodes = false, tensors = false, weights = false, series = false, scopes = false;
  bool macs_only = false;  // FLOPs leave out what is no multiply-accumulate
  std::size_t top = 10;    // of cost.heaviest
};

Report build_report(const ReportInput& input, const ReportOptions& options);

}  // namespace haoline
