// Expected figures are worked out by hand from the elements stated.
#include "analyses/weight_statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ir/graph_builder.h"

namespace haoline {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(WeightStatistics, OfAHandfulOfFloats) {
  GraphBuilder g;
  const auto found = measure(g.float_tensor({-2, 0, 4, 6}, {2, 2}));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->elements, 4u);
  EXPECT_EQ(found->minimum, -2);
  EXPECT_EQ(found->maximum, 6);
  EXPECT_EQ(found->mean, 2);
  EXPECT_DOUBLE_EQ(found->deviation, std::sqrt(10.0));  // distances -4, -2, 2, 4
  EXPECT_EQ(found->zeros, 1u);
}

TEST(WeightStatistics, LeaveOutWhatIsNoNumberAndCountIt) {
  GraphBuilder g;
  const auto found = measure(g.float_tensor({kNan, 1, kInfinity, 3, -kInfinity}, {5}));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->finite, 2u);
  EXPECT_EQ(found->nans, 1u);
  EXPECT_EQ(found->infinities, 2u);
  EXPECT_EQ(found->mean, 2);
  EXPECT_EQ(found->deviation, 1);
}

TEST(WeightStatistics, JoinManyBlocksWithoutLosingDigits) {
  // 30,000 numbers around ten million, alternately 1 above and below: the deviation is exactly 1.
  std::vector<float> values;
  for (int i = 0; i < 30'000; ++i) values.push_back(10'000'000.0F + (i % 2 == 0 ? 1.0F : -1.0F));
  GraphBuilder g;
  const auto found = measure(g.float_tensor(values, {30'000}));
  ASSERT_TRUE(found);
  EXPECT_DOUBLE_EQ(found->mean, 10'000'000.0);
  EXPECT_NEAR(found->deviation, 1.0, 1e-9);
}

TEST(WeightStatistics, CountWhatASparseTensorDoesNotStoreAsZeros) {
  GraphBuilder g;
  TensorData data = g.float_tensor({3, 5}, {2});
  const std::vector<std::int64_t> extents{2, 4};
  data.is_sparse = true;
  data.stored_elements = 2;
  data.extents = extents;
  const auto found = measure(data);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->elements, 8u);
  EXPECT_EQ(found->zeros, 6u);
  EXPECT_EQ(found->minimum, 0);
  EXPECT_EQ(found->maximum, 5);
  EXPECT_EQ(found->mean, 1);
  EXPECT_DOUBLE_EQ(found->deviation, std::sqrt(26.0 / 8));  // 4 + 16 + 6·1
}

TEST(WeightStatistics, AreNoneOfWhatCannotBeDecoded) {
  GraphBuilder g;
  TensorData data = g.float_tensor({1, 2}, {2});
  data.encoding = TensorData::Encoding::absent;
  data.bytes = {};
  EXPECT_FALSE(measure(data));
  data.encoding = TensorData::Encoding::filler;
  EXPECT_FALSE(measure(data));
}

}  // namespace
}  // namespace haoline
