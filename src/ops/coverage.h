// What haoline knows of every operator and what tests it: the facts behind `haoline ops` and
// docs/operators.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ops/op_row.h"

namespace haoline {

// Independent evidence for a row. The counts are generated (tools/make_operator_coverage.py), and a test
// checks that they claim nothing that is not there.
struct Evidence {
  std::uint16_t node_tests = 0;  // operator tests of the `onnx` package
  std::uint16_t runs = 0;        // one-node models run through ONNX Runtime when recorded
  std::uint16_t inferred = 0;    // the same, answered by the shape inference of the operator's registration
  std::uint16_t models = 0;      // models of the corpus, every tensor compared with ONNX Runtime
  std::uint16_t figures = 0;     // unit tests with figures derived by hand
  bool any() const { return node_tests || runs || inferred || models || figures; }
};
Evidence evidence_of(Op op);
// "operator tests (12), models (3)", or "untested".
std::string to_string(const Evidence& evidence);

struct OperatorCoverage {
  Op op = Op::unknown;
  std::string_view domain;  // "" is ai.onnx
  std::string_view name;
  std::vector<std::int32_t>
      versions;                // operator sets in which its definition changed; empty without a schema
  bool is_deprecated = false;  // its newest version is
  const OpRow* row = nullptr;  // null: nothing is known but the name and the schema
  Category category = Category::unknown;
  bool infers = false;          // types and shapes of the results
  std::string_view cost_class;  // "no cost rule", "free", "per output element", …
  std::string_view counts;      // what counts, in a formula or a sentence
  std::string tested_by;
};

std::string full_name(const OperatorCoverage& entry);  // "com.microsoft.Attention", "Conv"

// Every operator with a canonical name: ai.onnx first, then the other domains, by name.
std::vector<OperatorCoverage> operator_coverage();

std::string_view name(CostRule::Class cost_class);

}  // namespace haoline
