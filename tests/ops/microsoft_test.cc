// The rest of com.microsoft: norms, quantized elementwise operators, generation, old spellings.
#include <gtest/gtest.h>

#include "support/one_node.h"

namespace haoline {
namespace {

using test::OneNode;

// 2·3·16 elements: 7 each for the norm and 1 for the skip; 6 means: 5 each.
TEST(MsSkipLayerNormalization, CountsTheSkipAndTheNorm) {
  OneNode node(Op::MsSkipLayerNormalization, 1, 4);
  node.input({2, 3, 16}, DType::float16).input({2, 3, 16}, DType::float16).input({16}, DType::float16);
  EXPECT_EQ(node.shape(0), "[2, 3, 16]");
  EXPECT_EQ(node.shape(1), "[2, 3, 1]");
  EXPECT_EQ(node.dtype(1), DType::float32);
  EXPECT_EQ(node.arithmetic(), "798");
  EXPECT_EQ(node.macs(), "0");
}

TEST(MsEmbedLayerNormalization, TakesItsWidthFromTheTable) {
  OneNode node(Op::MsEmbedLayerNormalization, 1, 2);
  node.input({2, 3}, DType::int32).absent().input({10, 16}).input({10, 16}).absent().input({16}).input({16});
  EXPECT_EQ(node.shape(0), "[2, 3, 16]");
  EXPECT_EQ(node.shape(1), "[2]");
}

TEST(MsQOrderedLayerNormalization, KeepsItsShape) {
  OneNode node(Op::MsQOrderedLayerNormalization, 1);
  node.input({2, 3, 32}, DType::int8).input({}).input({32}).absent().input({});
  EXPECT_EQ(node.shape(), "[2, 3, 32]");
}

TEST(MsBiasSplitGelu, HalvesTheLastAxis) {
  OneNode node(Op::MsBiasSplitGelu, 1);
  node.input({2, 3, node.symbol("d")}).input({8});
  EXPECT_EQ(node.shape(), "[2, 3, d // 2]");
}

TEST(MsBitmaskDropout, PacksThirtyTwoElementsPerWord) {
  OneNode node(Op::MsBitmaskDropout, 1, 2);
  node.input({2, 3, 40});
  EXPECT_EQ(node.shape(1), "[8]");  // 240 bits
  EXPECT_EQ(node.dtype(1), DType::uint32);
}

TEST(MsGatherBlockQuantized, UnpacksTheLastAxis) {
  OneNode node(Op::MsGatherBlockQuantized, 1);
  node.input({6, 16}, DType::uint8).input({2, 5}, DType::int64).input({6, 2}).integer("bits", 4);
  EXPECT_EQ(node.shape(), "[2, 5, 32]");
  EXPECT_EQ(node.count(Arith::multiply), "320");
}

TEST(MsQLinearConcat, AddsTheAxis) {
  OneNode node(Op::MsQLinearConcat, 1);
  node.input({}).input({}, DType::uint8);
  node.input({2, node.symbol("a")}, DType::uint8).input({}).input({}, DType::uint8);
  node.input({2, 5}, DType::uint8).input({}).input({}, DType::uint8).integer("axis", 1);
  EXPECT_EQ(node.shape(), "[2, a + 5]");
  EXPECT_EQ(node.dtype(), DType::uint8);
}

TEST(MsQLinearConcat, RefusesPartsOfDifferentRank) {
  OneNode node(Op::MsQLinearConcat, 1);
  node.input({}).input({}, DType::uint8).input({2, 3}, DType::uint8).input({}).input({}, DType::uint8);
  node.input({2}, DType::uint8).input({}).input({}, DType::uint8).integer("axis", 1);
  EXPECT_EQ(node.refusal(), "the parts differ in rank");
}

TEST(MsReduceSumInteger, SumsIntoAWiderInteger) {
  OneNode node(Op::MsReduceSumInteger, 1);
  node.input({2, 3}, DType::uint8).integers("axes", {1}).integer("keepdims", 0);
  EXPECT_EQ(node.shape(), "[2]");
  EXPECT_EQ(node.dtype(), DType::uint32);
  EXPECT_EQ(node.arithmetic(), "6");
}

TEST(MsDequantizeBFP, TakesItsShapeFromAnOperand) {
  OneNode node(Op::MsDequantizeBFP, 1);
  node.input({40}, DType::uint8).values({2, 16}).values({16, 1});
  EXPECT_EQ(node.shape(), "[2, 16]");
  EXPECT_EQ(node.dtype(), DType::float32);
}

TEST(MsRfft, KeepsHalfTheSpectrumAndItsMirrorPoint) {
  OneNode forward(Op::MsRfft, 1);
  forward.input({3, 8}).integer("signal_ndim", 1);
  EXPECT_EQ(forward.shape(), "[3, 5, 2]");
  EXPECT_EQ(forward.macs(), "?");
  OneNode back(Op::MsIrfft, 1);
  back.input({3, 5, 2}).integer("signal_ndim", 1);
  EXPECT_EQ(back.shape(), "[3, 8]");
}

TEST(MsComplexMul, Broadcasts) {
  for (const Op op : {Op::MsComplexMul, Op::MsComplexMulConj}) {
    OneNode node(op, 1);
    node.input({2, 3, 2}).input({3, 2});
    EXPECT_EQ(node.shape(), "[2, 3, 2]");
    EXPECT_EQ(node.arithmetic(), "36");  // 6 products of 6 operations
  }
}

TEST(MsCDist, CountsADifferenceASquareAndASum) {
  OneNode node(Op::MsCDist, 1);
  node.input({3, 4}).input({5, 4}).text("metric", "sqeuclidean");
  EXPECT_EQ(node.shape(), "[3, 5]");
  EXPECT_EQ(node.arithmetic(), "180");  // 15·4·3
}

TEST(MsExpandDims, NeedsTheAxisToKnowWhere) {
  OneNode known(Op::MsExpandDims, 1);
  known.input({2, 3}).input({}, DType::int32, Value::scalar(Number::exact(-1)));
  EXPECT_EQ(known.shape(), "[2, 3, 1]");
  OneNode unknown(Op::MsExpandDims, 1);
  unknown.input({2, 3}).input({}, DType::int32);
  EXPECT_EQ(unknown.shape(), "[?, ?, ?]");
}

TEST(MsBeamSearch, IsAsLongAsAllowedAndItsCostIsLeftOut) {
  OneNode node(Op::MsBeamSearch, 1, 2);
  node.input({2, 5}, DType::int32).values({20}).absent().values({4}).values({3});
  EXPECT_EQ(node.shape(0), "[2, 3, 20]");
  EXPECT_EQ(node.shape(1), "[2, 3]");
  EXPECT_EQ(node.macs(), "?");
}

TEST(MsWhisperBeamSearch, TakesItsPromptFromTheDecoder) {
  OneNode node(Op::MsWhisperBeamSearch, 1, 5);
  node.input({2, 80, 3000}).values({20}).absent().values({4}).values({3});
  for (int i = 0; i < 5; ++i) node.absent();
  node.input({2, 4}, DType::int32).integer("vocab_size", 51865);
  EXPECT_EQ(node.shape(0), "[2, 3, 20]");
  EXPECT_EQ(node.shape(2), "[16, 2, 4, 51865]");
  EXPECT_EQ(node.shape(4), "[2]");
}

TEST(MsSpeculativePrefixCommit, UpdatesItsStateInPlace) {
  OneNode node(Op::MsSpeculativePrefixCommit, 1, 3);
  node.input({2, 8}, DType::int64)
      .input({16}, DType::int64)
      .input({2}, DType::int32)
      .input({2, 16}, DType::int64);
  node.input({2, 2}, DType::int64).input({2, 16}, DType::int64).input({2}, DType::int64);
  EXPECT_EQ(node.shape(0), "[2]");
  EXPECT_EQ(node.shape(1), "[2, 16]");
  EXPECT_EQ(node.shape(2), "[2, 2]");
}

TEST(MsUnique, LeavesTheCountToTheData) {
  OneNode node(Op::MsUnique, 1, 3);
  node.input({6});
  EXPECT_EQ(node.shape(0), node.shape(2));
  EXPECT_EQ(node.shape(1), "[6]");
}

TEST(MsEPContext, SaysNothingAboutCompiledCode) {
  OneNode node(Op::MsEPContext, 1);
  EXPECT_EQ(find_row(Op::MsEPContext)->infer, nullptr);
  EXPECT_EQ(find_row(Op::MsSnpe)->infer, nullptr);
  EXPECT_EQ(find_row(Op::MsEPContext)->cost.kind, CostRule::Class::none);
}

}  // namespace
}  // namespace haoline
