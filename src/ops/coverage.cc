#include "ops/coverage.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "ops/op_table.h"
#include "ops/schema.h"

namespace haoline {
namespace {

struct Entry {
  Op op;
  Evidence evidence;
};

constexpr Entry kEvidence[] = {
#define HAOLINE_EVIDENCE(op, node_tests, runs, inferred, models, figures) \
  {Op::op, {node_tests, runs, inferred, models, figures}},
#include "ops/generated/coverage_counts.inc"
#undef HAOLINE_EVIDENCE
};

std::vector<OperatorCoverage> named_operators() {
  std::vector<OperatorCoverage> operators;
  operators.reserve(kOpCount);
  for (std::size_t i = 1; i < kOpCount; ++i) {
    OperatorCoverage& entry = operators.emplace_back();
    entry.op = static_cast<Op>(i);
    entry.domain = name_of(entry.op).domain;
    entry.name = name_of(entry.op).name;
  }
  return operators;
}

// `operators` lists every operator at its own number less one.
void add_versions(std::vector<OperatorCoverage>& operators) {
  for (const std::span<const Schema> table : {onnx_schemas(), ml_schemas(), microsoft_schemas()}) {
    for (const Schema& schema : table) {
      OperatorCoverage& entry = operators[static_cast<std::size_t>(schema.op) - 1];
      entry.versions.push_back(schema.since);
      entry.is_deprecated = schema.deprecated;
    }
  }
}

void describe(OperatorCoverage& entry) {
  entry.row = find_row(entry.op);
  entry.tested_by = to_string(evidence_of(entry.op));
  entry.cost_class = name(entry.row ? entry.row->cost.kind : CostRule::Class::none);
  if (!entry.row) return;
  entry.category = entry.row->category;
  // A rule whose class is `body` is inferred by the engine.
  entry.infers = entry.row->infer != nullptr || entry.row->cost.kind == CostRule::Class::body;
  entry.counts = entry.row->counts;
}

}  // namespace

Evidence evidence_of(Op op) {
  for (const Entry& entry : kEvidence) {
    if (entry.op == op) return entry.evidence;
  }
  return {};
}

std::string to_string(const Evidence& evidence) {
  const std::pair<std::string_view, std::uint16_t> parts[] = {
      {"operator tests", evidence.node_tests},      {"onnxruntime runs", evidence.runs},
      {"onnxruntime inference", evidence.inferred}, {"models", evidence.models},
      {"figures by hand", evidence.figures},
  };
  std::string text;
  for (const auto& [what, count] : parts) {
    if (count == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::string(what) + " (" + std::to_string(count) + ")";
  }
  return text.empty() ? "untested" : text;
}

std::string_view name(CostRule::Class cost_class) {
  constexpr std::string_view kNames[] = {
      "no cost rule", "free", "per output element", "per input element", "formula", "its bodies",
  };
  return kNames[static_cast<std::size_t>(cost_class)];
}

std::string full_name(const OperatorCoverage& entry) {
  if (entry.domain.empty()) return std::string(entry.name);
  return std::string(entry.domain) + "." + std::string(entry.name);
}

std::vector<OperatorCoverage> operator_coverage() {
  std::vector<OperatorCoverage> operators = named_operators();
  add_versions(operators);
  for (OperatorCoverage& entry : operators) describe(entry);
  std::sort(operators.begin(), operators.end(), [](const OperatorCoverage& a, const OperatorCoverage& b) {
    return std::tie(a.domain, a.name) < std::tie(b.domain, b.name);
  });
  return operators;
}

}  // namespace haoline
