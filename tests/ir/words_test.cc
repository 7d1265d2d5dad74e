// Types, shapes, numbers and findings in words.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "ir/finding.h"
#include "ir/shape.h"
#include "ir/type.h"
#include "ir/value.h"

namespace haoline {
namespace {

TEST(Shape, SpellsExtentsOutermostFirst) {
  DimPool pool;
  const Dim batch = pool.symbol("batch");
  EXPECT_EQ(to_string(Shape{batch, 3, pool.add(batch, 1)}, pool), "[batch, 3, batch + 1]");
  EXPECT_EQ(to_string(Shape{}, pool), "[]");
  EXPECT_EQ(to_string(Shape::unknown_rank(), pool), "?");
  EXPECT_EQ(to_string(Shape::of_unknown(2), pool), "[?, ?]");
}

TEST(Shape, CountsItsElements) {
  DimPool pool;
  const Dim batch = pool.symbol("batch");
  EXPECT_EQ(pool.to_string(element_count({batch, 3, 224}, pool)), "672*batch");
  EXPECT_EQ(element_count({}, pool), Dim(1));
  EXPECT_EQ(element_count({0, batch}, pool), Dim(0));
  EXPECT_TRUE(element_count(Shape::unknown_rank(), pool).is_unknown());
  EXPECT_TRUE(element_count({0, Dim::unknown()}, pool).is_unknown());
}

TEST(Type, SpellsContainersAroundTheElement) {
  EXPECT_EQ(to_string(Type{DType::float32}), "float32");
  EXPECT_EQ(to_string(Type{DType::float32}.wrapped(Container::sequence)), "sequence(float32)");
  EXPECT_EQ(to_string(Type{DType::float32, DType::int64, {Container::sequence, Container::map}}),
            "sequence(map(int64, float32))");
  EXPECT_EQ(
      to_string(Type{DType::int64, DType::unknown, {Container::optional, Container::sequence}}.unwrapped()),
      "sequence(int64)");
}

TEST(Number, IsExactWhereTheDoubleIsAShortFraction) {
  EXPECT_EQ(Number::of(2.0), Number::exact(2));
  EXPECT_EQ(Number::of(-0.5), Number::exact(-1, 2));
  EXPECT_EQ(Number::of(1.0 / 65536), Number::exact(1, 65536));
  EXPECT_EQ(Number::of(9007199254740992.0), Number::exact(std::int64_t{1} << 53));
  for (const double real : {0.1, 1.0 / 131072, 1e300, std::numeric_limits<double>::infinity(),
                            std::numeric_limits<double>::denorm_min()}) {
    EXPECT_EQ(Number::of(real).kind, Number::Kind::real) << real;
    EXPECT_EQ(Number::of(real).constant(), real);
  }
  EXPECT_TRUE(std::isnan(*Number::of(std::nan("")).constant()));
}

TEST(Number, AnExpressionHasNoConstant) {
  DimPool pool;
  EXPECT_EQ(Number::exact(pool.symbol("n")).constant(), std::nullopt);
  EXPECT_EQ(Number::exact(3, 4).constant(), 0.75);
  EXPECT_FALSE(Number::exact(Dim::unknown()).is_known());
  EXPECT_TRUE(Number::exact(3, 4).integer().is_unknown());
}

TEST(Finding, IdsAreKebabCaseAndUnique) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < kFindingKinds; ++i) {
    const FindingInfo& finding = info(static_cast<FindingKind>(i));
    EXPECT_TRUE(seen.insert(finding.id).second) << finding.id;
    EXPECT_EQ(finding.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string_view::npos)
        << finding.id;
    EXPECT_TRUE(finding.meaning.ends_with(".")) << finding.id;
  }
  EXPECT_EQ(info(FindingKind::unknown_operator).id, "unknown-operator");
  EXPECT_EQ(info(FindingKind::assumed_architecture).id, "assumed-architecture");
  EXPECT_EQ(info(FindingKind::overflow).id, "overflow");
}

TEST(Message, MarksNamesForRedaction) {
  Message message("extents of ");
  message.name("secret").add(" differ");
  EXPECT_EQ(message.to_string(), "extents of `secret` differ");
  ASSERT_EQ(message.parts().size(), 3u);
  EXPECT_TRUE(message.parts()[1].is_name);
}

}  // namespace
}  // namespace haoline
