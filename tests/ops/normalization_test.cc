#include <gtest/gtest.h>

#include "support/one_node.h"

namespace haoline {
namespace {

using test::OneNode;

TEST(BatchNormalization, ScalesAndShiftsEveryElement) {
  OneNode norm(Op::BatchNormalization, 15);
  norm.input({2, 64, 56, 56}).input({64}).input({64}).input({64}).input({64});
  EXPECT_EQ(norm.shape(), "[2, 64, 56, 56]");
  EXPECT_EQ(norm.macs(), "0");
  EXPECT_EQ(norm.arithmetic(), std::to_string(2 * 2 * 64 * 56 * 56 + 5 * 64));
}

TEST(BatchNormalization, TrainingAlsoMakesStatistics) {
  OneNode norm(Op::BatchNormalization, 15, 3);
  norm.input({2, 64, 8})
      .input({64})
      .input({64})
      .input({64})
      .input({64}, DType::float64)
      .integer("training_mode", 1);
  EXPECT_EQ(norm.shape(1), "[64]");
  EXPECT_EQ(norm.shape(2), "[64]");
  EXPECT_EQ(norm.arithmetic(), std::to_string(6 * 2 * 64 * 8 + 13 * 64));
}

TEST(BatchNormalization, RefusesStatisticsOfOtherChannels) {
  OneNode norm(Op::BatchNormalization, 15);
  norm.input({2, 64, 8}).input({64}).input({64}).input({32}).input({64});
  EXPECT_EQ(norm.refusal(), "mean has 32 elements for 64 channels");
}

TEST(LayerNormalization, CountsElementsAndRows) {
  OneNode norm(Op::LayerNormalization, 17, 3);
  norm.input({2, 128, 768}, DType::float16).input({768}, DType::float16).input({768}, DType::float16);
  EXPECT_EQ(norm.shape(0), "[2, 128, 768]");
  EXPECT_EQ(norm.shape(1), "[2, 128, 1]");
  EXPECT_EQ(norm.dtype(1), DType::float32);  // stash_type
  EXPECT_EQ(norm.arithmetic(), std::to_string(7 * 2 * 128 * 768 + 5 * 2 * 128));
}

TEST(LayerNormalization, RefusesAScaleThatDoesNotFit) {
  OneNode norm(Op::LayerNormalization, 17);
  norm.input({2, 128, 768}).input({512});
  EXPECT_EQ(norm.refusal(), "the scale has an extent of 512 where the input has 768");
  OneNode axis(Op::LayerNormalization, 17);
  axis.input({2, 128}).input({128}).integer("axis", 2);
  EXPECT_EQ(axis.refusal(), "axis 2 is out of range for rank 2");
}

TEST(LayerNormalization, TheScaleKnowsTheExtentTheInputDoesNot) {
  OneNode norm(Op::LayerNormalization, 17);
  norm.input({2, 128, Dim::unknown()}).input({768});
  EXPECT_EQ(norm.shape(), "[2, 128, 768]");
}

TEST(RmsNormalization, HasNoMean) {
  OneNode norm(Op::RMSNormalization, 23);
  norm.input({2, 5, 16}).input({16});
  EXPECT_EQ(norm.arithmetic(), std::to_string(4 * 2 * 5 * 16 + 4 * 2 * 5));
  OneNode simplified(Op::SimplifiedLayerNormalization, 1, 2);
  simplified.input({2, 5, 16}).input({16}, DType::float16);
  EXPECT_EQ(simplified.shape(1), "[2, 5, 1]");
  EXPECT_EQ(simplified.dtype(0), DType::float16);
}

TEST(GroupNormalization, HasAScalePerGroupThenPerChannel) {
  OneNode old(Op::GroupNormalization, 18);
  old.input({2, 32, 4, 4}).input({8}).input({8}).integer("num_groups", 8);
  EXPECT_EQ(old.shape(), "[2, 32, 4, 4]");
  OneNode norm(Op::GroupNormalization, 21);
  norm.input({2, 32, 4, 4}).input({32}).input({32}).integer("num_groups", 8);
  EXPECT_EQ(norm.arithmetic(), std::to_string(7 * 2 * 32 * 16 + 5 * 2 * 8));
  OneNode wrong(Op::GroupNormalization, 21);
  wrong.input({2, 30, 4, 4}).input({30}).input({30}).integer("num_groups", 8);
  EXPECT_EQ(wrong.refusal(), "30 channels cannot be split into 8 groups");
}

TEST(InstanceNormalization, HasAMeanPerImageAndChannel) {
  OneNode norm(Op::InstanceNormalization, 6);
  norm.input({2, 3, 8, 8}).input({3}).input({3});
  EXPECT_EQ(norm.arithmetic(), std::to_string(7 * 2 * 3 * 64 + 5 * 2 * 3));
}

TEST(Lrn, SumsOverItsSize) {
  OneNode norm(Op::LRN, 13);
  norm.input({1, 8, 4, 4}).integer("size", 5);
  EXPECT_EQ(norm.arithmetic(), std::to_string(8 * 16 * (5 + 5)));
}

TEST(LpNormalization, TakesARootPerRow) {
  OneNode norm(Op::LpNormalization, 1);
  norm.input({3, 4});
  EXPECT_EQ(norm.arithmetic(), std::to_string(3 * 12 + 3));
}

TEST(MeanVarianceNormalization, HasAMeanPerChannel) {
  OneNode norm(Op::MeanVarianceNormalization, 13);
  norm.input({2, 3, 8, 8});
  EXPECT_EQ(norm.arithmetic(), std::to_string(5 * 2 * 3 * 64 + 5 * 3));
}

TEST(QuantizeLinear, TakesItsTypeFromTheZeroPointOrTheAttribute) {
  OneNode pointed(Op::QuantizeLinear, 21);
  pointed.input({4, 8}).input({}).input({}, DType::int4);
  EXPECT_EQ(pointed.dtype(), DType::int4);
  OneNode asked(Op::QuantizeLinear, 21);
  asked.input({4, 8}).input({4, 2}).integer("output_dtype", 17).integer("block_size", 4).integer("axis", 1);
  EXPECT_EQ(asked.dtype(), DType::float8_e4m3fn);
  OneNode silent(Op::QuantizeLinear, 13);
  silent.input({4, 8}).input({8});
  EXPECT_EQ(silent.dtype(), DType::uint8);
  EXPECT_EQ(silent.arithmetic(), std::to_string(5 * 32));
  OneNode wrong(Op::QuantizeLinear, 13);
  wrong.input({4, 8}).input({4});
  EXPECT_EQ(wrong.refusal(), "4 scales for an axis of extent 8");
}

TEST(DequantizeLinear, IsArithmeticOfTheScalesType) {
  OneNode op(Op::DequantizeLinear, 21);
  op.input({4, 8}, DType::uint4).input({4, 1}, DType::float16).integer("block_size", 8);
  EXPECT_EQ(op.dtype(), DType::float16);
  EXPECT_EQ(op.macs(), "0");
  EXPECT_EQ(op.arithmetic(), "64");
}

}  // namespace
}  // namespace haoline
