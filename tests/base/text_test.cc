#include "base/text.h"

#include <gtest/gtest.h>

#include "base/result.h"

namespace haoline {
namespace {

TEST(Text, NumbersAreGroupedInThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(3221225472), "3,221,225,472");
  EXPECT_EQ(grouped(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(Text, NounsFollowTheirNumber) {
  EXPECT_EQ(counted(1, "node"), "1 node");
  EXPECT_EQ(counted(0, "node"), "0 nodes");
  EXPECT_EQ(counted(1234, "node"), "1,234 nodes");
}

TEST(Text, ADecimalIsDigitsOnlyAndFits64Bits) {
  EXPECT_EQ(parse_decimal("0"), 0u);
  EXPECT_EQ(parse_decimal("18446744073709551615"), UINT64_MAX);
  EXPECT_FALSE(parse_decimal("18446744073709551616"));
  EXPECT_FALSE(parse_decimal(""));
  EXPECT_FALSE(parse_decimal(" 1"));
  EXPECT_FALSE(parse_decimal("+1"));
  EXPECT_FALSE(parse_decimal("-1"));
  EXPECT_FALSE(parse_decimal("1x"));
}

TEST(Error, ReadsAsOneLine) {
  const Error error{ErrorKind::truncated,
                    "graph.node[12].attribute[3]",
                    0x1c0,
                    true,
                    "claims 3,221,225,472 bytes, 4,096 are left",
                    "The file is cut short or damaged; download it again."};
  EXPECT_EQ(error.to_string(),
            "graph.node[12].attribute[3] at byte 0x1c0: claims 3,221,225,472 bytes, 4,096 are left. The file "
            "is cut "
            "short or damaged; download it again.");
  EXPECT_EQ((Error{ErrorKind::usage, "", 0, false, "no such input", ""}).to_string(), "no such input");
  EXPECT_EQ((Error{ErrorKind::malformed, "", 16, true, "is odd", ""}).to_string(), "at byte 0x10: is odd");
}

}  // namespace
}  // namespace haoline
