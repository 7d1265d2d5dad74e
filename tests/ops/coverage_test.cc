// The promises of the operator table as a whole.
#include "ops/coverage.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "ops/domains.h"
#include "ops/op_table.h"
#include "ops/schema.h"

namespace haoline {
namespace {

TEST(Coverage, EveryNamedOperatorHasARow) {
  for (const OperatorCoverage& entry : operator_coverage()) {
    EXPECT_NE(entry.row, nullptr) << full_name(entry) << " has no row";
  }
}

TEST(Coverage, NoOperatorHasTwoRows) {
  std::set<Op> seen;
  for (const Family family : families()) {
    for (const OpRow& row : family()) {
      EXPECT_TRUE(seen.insert(row.op).second) << name_of(row.op).name;
    }
  }
}

TEST(Coverage, ARowWithoutCostRuleSaysWhy) {
  for (const OperatorCoverage& entry : operator_coverage()) {
    if (!entry.row || entry.row->cost.kind != CostRule::Class::none) continue;
    EXPECT_FALSE(entry.counts.empty()) << full_name(entry);
  }
}

TEST(Coverage, AFormulaSaysWhatItCounts) {
  for (const OperatorCoverage& entry : operator_coverage()) {
    if (!entry.row || entry.row->cost.kind != CostRule::Class::formula) continue;
    EXPECT_FALSE(entry.counts.empty()) << full_name(entry);
    EXPECT_NE(entry.row->cost.function, nullptr) << full_name(entry);
  }
}

TEST(Coverage, OperatorsAreSortedByDomainAndName) {
  const std::vector<OperatorCoverage> operators = operator_coverage();
  EXPECT_EQ(operators.size(), kOpCount - 1);
  EXPECT_EQ(operators.front().name, "ATen");
  EXPECT_EQ(operators.back().name, "ZerosLike");
  EXPECT_EQ(operators.back().domain, "haoline");
}

TEST(Coverage, VersionsAreThoseOfTheSchemas) {
  std::map<Op, std::vector<std::int32_t>> versions;
  for (const OperatorCoverage& entry : operator_coverage()) versions[entry.op] = entry.versions;
  EXPECT_EQ(versions[Op::Softmax], (std::vector<std::int32_t>{1, 11, 13}));
  EXPECT_TRUE(versions[Op::ATen].empty());
}

TEST(Coverage, EvidenceIsSpelledByKind) {
  EXPECT_EQ(to_string(Evidence{}), "untested");
  EXPECT_EQ(to_string(Evidence{12, 0, 0, 3, 0}), "operator tests (12), models (3)");
  EXPECT_EQ(to_string(Evidence{0, 4, 1, 0, 2}),
            "onnxruntime runs (4), onnxruntime inference (1), figures by hand (2)");
}

// Operators for which nobody else's answer is at hand. The list may only become shorter.
TEST(Coverage, TheUntestedAreFew) {
  constexpr int kMostUntested = 4;
  int untested = 0;
  std::string names;
  for (const OperatorCoverage& entry : operator_coverage()) {
    if (entry.tested_by != "untested") continue;
    if (entry.domain == "haoline") continue;  // proved with the formats that have them (tests/proof)
    ++untested;
    names += full_name(entry) + " ";
  }
  EXPECT_LE(untested, kMostUntested) << names;
}

TEST(DomainHint, NamesWhoDefinesACustomOperator) {
  EXPECT_NE(domain_hint("ai.onnx.contrib").find("onnxruntime-extensions"), std::string_view::npos);
  EXPECT_NE(domain_hint("com.microsoft.nchwc").find("optimizer"), std::string_view::npos);
  EXPECT_EQ(domain_hint("com.example"), "");
}

}  // namespace
}  // namespace haoline
