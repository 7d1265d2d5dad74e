#include "report/operators_page.h"

#include <algorithm>

namespace haoline {
namespace {

constexpr std::string_view kIntroduction = R"(# Operators

What haoline knows of every operator of ONNX and ONNX Runtime. This page is printed by `haoline ops --markdown`.

- **since**: the operator sets in which the definition changed. Attribute defaults and arities per version are those of
  the published schemas. An operator without one is spelled by old files or exporters only.
- **results**: `yes` if types and shapes of the results are inferred (and integer values where they steer shapes).
- **cost**: how operations are counted. *free* moves, selects or names data; *per output element* and *per input
  element* do fixed work on each; *formula* is stated under **counts**; *its bodies* is what the subgraphs cost.
  *no cost rule*: the operator is listed in a report's coverage, and totals say that they leave it out.
- **counts**: multiply-accumulates where there are any, else the arithmetic. FLOPs = 2·MACs + every other operation.
- **tested by**: independent evidence. *Operator tests* are those of the `onnx` package; *onnxruntime runs* are one-node
  models that ONNX Runtime ran when they were recorded, *onnxruntime inference* are those for which it has no CPU kernel
  and answered with its own shape inference; *models* had every tensor compared with ONNX Runtime; *figures by hand* are
  unit tests with derived numbers.

An operator that is not here is shown as the file spells it (category unknown), its results and cost are unknown, and
the finding `unknown-operator` names it. This holds for `ai.onnx.contrib` (onnxruntime-extensions) and every other
custom domain.
)";

std::string joined(std::span<const std::int32_t> versions) {
  std::string text;
  for (const std::int32_t version : versions) text += (text.empty() ? "" : ", ") + std::to_string(version);
  return text;
}

// Text inside a table's cell.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

void add_row(std::string& page, const OperatorCoverage& entry) {
  page += "| " + std::string(entry.name) + (entry.is_deprecated ? " (deprecated)" : "") + " | ";
  page += joined(entry.versions) + " | " + std::string(name(entry.category)) + " | ";
  page += std::string(entry.infers ? "yes" : "no") + " | " + std::string(entry.cost_class) + " | ";
  page += cell(entry.counts) + " | " + entry.tested_by + " |\n";
}

std::string plural(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what);
}

std::string summary(std::span<const OperatorCoverage> operators) {
  const auto count = [&](auto condition) {
    return static_cast<std::size_t>(std::count_if(operators.begin(), operators.end(), condition));
  };
  return "\n" + plural(operators.size(), "operators; ") +
         plural(count([](const auto& o) { return o.infers; }), "with results, ") +
         plural(count([](const auto& o) { return o.row && o.row->cost.kind != CostRule::Class::none; }),
                "with a cost, ") +
         plural(count([](const auto& o) { return o.tested_by == "untested"; }), "untested.\n");
}

}  // namespace

std::string operators_page(std::span<const OperatorCoverage> operators) {
  std::string page = std::string(kIntroduction) + summary(operators);
  std::string_view domain = "?";
  for (const OperatorCoverage& entry : operators) {
    if (entry.domain != domain) {
      domain = entry.domain;
      page += "\n## " + std::string(domain.empty() ? "ai.onnx" : domain) +
              "\n\n| operator | since | category | results | cost | counts | tested by "
              "|\n|---|---|---|---|---|---|---|\n";
    }
    add_row(page, entry);
  }
  return page;
}

}  // namespace haoline
