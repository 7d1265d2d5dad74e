#include "report/operators_page.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace haoline {
namespace {

TEST(OperatorsPage, IsWhatTheDocumentationHolds) {
  std::ifstream in(HAOLINE_SOURCE_DIR "/docs/operators.md", std::ios::binary);
  const std::string documented{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_TRUE(documented == operators_page(operator_coverage()))
      << "docs/operators.md is stale: haoline ops --markdown > docs/operators.md";
}

TEST(OperatorsPage, HasATablePerDomain) {
  const std::string page = operators_page(operator_coverage());
  for (const char* heading : {"\n## ai.onnx\n", "\n## ai.onnx.ml\n", "\n## com.microsoft\n"}) {
    EXPECT_NE(page.find(heading), std::string::npos) << heading;
  }
  EXPECT_NE(page.find("| MatMulNBits |"), std::string::npos);
}

}  // namespace
}  // namespace haoline
