// Figures of com.microsoft products, experts and convolutions, derived by hand.
#include <gtest/gtest.h>

#include "support/one_node.h"

namespace haoline {
namespace {

using test::OneNode;

TEST(MsFusedMatMul, ReadsTransposedOperands) {
  OneNode node(Op::MsFusedMatMul, 1);
  node.input({2, 4, 3}).input({2, 5, 4}).integer("transA", 1).integer("transB", 1);
  EXPECT_EQ(node.shape(), "[2, 3, 5]");
  EXPECT_EQ(node.macs(), "120");
}

// (3, 2, 4) with its first axis moved behind the batch is (2, 3, 4).
TEST(MsFusedMatMul, MovesTheFirstAxisBehindTheBatch) {
  OneNode node(Op::MsFusedMatMul, 1);
  node.input({3, 2, 4}).input({2, 4, 5}).integer("transBatchA", 1);
  EXPECT_EQ(node.shape(), "[2, 3, 5]");
  EXPECT_EQ(node.macs(), "120");
}

TEST(MsFusedMatMul, LearnsThatInnerExtentsAreEqual) {
  OneNode node(Op::MsFusedMatMul, 1);
  node.input({3, node.symbol("k")}).input({4, 5});
  EXPECT_EQ(node.macs(), "15*k");
  EXPECT_EQ(node.learned(), std::vector<std::string>{"k == 4"});
}

TEST(MsFusedGemm, TransposesBothAndAddsC) {
  OneNode node(Op::MsFusedGemm, 1);
  node.input({4, 3})
      .input({5, 4})
      .input({5})
      .integer("transA", 1)
      .integer("transB", 1)
      .text("activation", "Relu");
  EXPECT_EQ(node.shape(), "[3, 5]");
  EXPECT_EQ(node.macs(), "60");
  EXPECT_EQ(node.count(Arith::add), "15");
  EXPECT_EQ(node.count(Arith::compare), "15");
}

TEST(MsFusedGemm, DoesNotGuessAnActivationItDoesNotKnow) {
  OneNode node(Op::MsFusedGemm, 1);
  node.input({3, 4}).input({4, 5}).text("activation", "Mystery");
  EXPECT_EQ(node.macs(), "60");
  EXPECT_EQ(node.arithmetic(), "?");
}

TEST(MsGemmFloat8, TakesItsTypeFromTheAttribute) {
  OneNode node(Op::MsGemmFloat8, 1);
  node.input({3, 4}, DType::float8_e4m3fn).input({5, 4}, DType::float8_e4m3fn).integer("transB", 1);
  node.integer("dtype", 10);
  EXPECT_EQ(node.shape(), "[3, 5]");
  EXPECT_EQ(node.dtype(), DType::float16);
  EXPECT_EQ(node.macs(), "60");
}

TEST(MsQGemm, IsFloatWithoutAnOutputScale) {
  OneNode plain(Op::MsQGemm, 1);
  plain.input({3, 4}, DType::uint8).input({}).input({}, DType::uint8);
  plain.input({4, 5}, DType::int8).input({}).input({}, DType::int8);
  EXPECT_EQ(plain.dtype(), DType::float32);
  EXPECT_EQ(plain.macs(), "60");
  OneNode scaled(Op::MsQGemm, 1);
  scaled.input({3, 4}, DType::uint8).input({}).input({}, DType::uint8);
  scaled.input({4, 5}, DType::int8)
      .input({})
      .input({}, DType::int8)
      .absent()
      .input({})
      .input({}, DType::int8);
  EXPECT_EQ(scaled.dtype(), DType::int8);
}

TEST(MsQGemm, RefusesAVector) {
  OneNode node(Op::MsQGemm, 1);
  node.input({4}, DType::uint8).input({}).input({}, DType::uint8).input({4, 5}, DType::int8).input({});
  EXPECT_NE(node.refusal(), "");
}

TEST(MsDynamicQuantizeMatMul, CostsWhatTheFloatProductDoes) {
  OneNode node(Op::MsDynamicQuantizeMatMul, 1);
  node.input({2, 3, 4}).input({4, 5}, DType::uint8).input({});
  EXPECT_EQ(node.shape(), "[2, 3, 5]");
  EXPECT_EQ(node.macs(), "120");
}

TEST(MsSparseToDenseMatMul, DoesNotGuessHowSparseItIs) {
  OneNode node(Op::MsSparseToDenseMatMul, 1);
  node.input({3, 4}).input({4, 5});
  EXPECT_EQ(node.shape(), "[3, 5]");
  EXPECT_EQ(node.macs(), "?");
}

// 1·1·4096·11008 of a LLaMA projection, whatever the packing.
TEST(MsMatMulNBits, CountsLogicalWeights) {
  OneNode node(Op::MsMatMulNBits, 1);
  node.input({1, 1, 4096}).input({11008, 128, 16}, DType::uint8).input({11008, 128});
  node.integer("K", 4096).integer("N", 11008).integer("bits", 4).integer("block_size", 32);
  EXPECT_EQ(node.shape(), "[1, 1, 11008]");
  EXPECT_EQ(node.macs(), "45088768");
}

TEST(MsMatMulNBits, LearnsTheInnerExtentOfASymbol) {
  OneNode node(Op::MsMatMulNBits, 1);
  node.input({node.symbol("n"), 32}).input({8, 2, 8}, DType::uint8).input({8, 2});
  node.integer("K", 32).integer("N", 8).integer("block_size", 16);
  EXPECT_EQ(node.shape(), "[n, 8]");
  EXPECT_EQ(node.macs(), "256*n");
}

TEST(MsMatMulBnb4, TransposesUnlessToldOtherwise) {
  OneNode node(Op::MsMatMulBnb4, 1);
  node.input({3, 8}).input({128}, DType::uint8).input({16}).integer("K", 32).integer("N", 8);
  node.integer("block_size", 16).integer("quant_type", 0).integer("transB", 0);
  EXPECT_EQ(node.shape(), "[3, 32]");
  EXPECT_EQ(node.macs(), "768");
}

TEST(MsMatMulBlockQuantizedFp8Weight, TakesItsExtentsFromTheWeight) {
  OneNode node(Op::MsMatMulBlockQuantizedFp8Weight, 1);
  node.input({2, 3, 128}, DType::float16).input({64, 128}, DType::float8_e4m3fn).input({64, 1});
  EXPECT_EQ(node.shape(), "[2, 3, 64]");
  EXPECT_EQ(node.macs(), "49152");
}

TEST(MsMatMulNBitsQkv, CountsThreeProducts) {
  OneNode node(Op::MsMatMulNBitsQkv, 1, 3);
  node.input({2, 3, 32}).absent().input({32});
  node.integer("K", 32).integer("Nq", 8).integer("Nkv", 4).integer("block_size", 32);
  EXPECT_EQ(node.shape(2), "[2, 3, 4]");
  EXPECT_EQ(node.macs(), "3072");  // 6·32·16
}

TEST(MsMatMulNBitsQLoRA, AddsTheAdapter) {
  OneNode node(Op::MsMatMulNBitsQLoRA, 1);
  node.input({6, 32})
      .input({8, 1, 16}, DType::uint8)
      .input({8, 1})
      .input({4, 1, 32}, DType::uint8)
      .input({4, 1});
  node.input({8, 1, 32}, DType::uint8).input({8, 1}).integer("K", 32).integer("N", 8);
  EXPECT_EQ(node.macs(), "2496");  // 6·(32·8 + 32·4 + 4·8)
}

// Six tokens, two of four experts each, 8 -> 16 -> 8.
TEST(MsMoE, CountsActiveExpertsOnly) {
  OneNode node(Op::MsMoE, 1);
  node.input({6, 8}).input({6, 4}).input({4, 16, 8}).absent().input({4, 8, 16}).integer("k", 2);
  EXPECT_EQ(node.shape(), "[6, 8]");
  EXPECT_EQ(node.macs(), "3072");  // 6·2·8·(16 + 16)
}

TEST(MsMoE, AFusedGateDoublesTheFirstProduct) {
  OneNode node(Op::MsMoE, 1);
  node.input({6, 8}).input({6, 4}).input({4, 32, 8}).absent().input({4, 8, 16}).integer("k", 2);
  node.text("activation_type", "swiglu").integer("swiglu_fusion", 1);
  EXPECT_EQ(node.macs(), "4608");  // 6·2·8·(32 + 16)
}

TEST(MsMoE, ASeparateUpWeightIsAThirdProduct) {
  OneNode node(Op::MsMoE, 1);
  node.input({6, 8}).input({6, 4}).input({4, 16, 8}).absent().input({4, 8, 16}).absent().input({4, 16, 8});
  node.integer("k", 2).text("activation_type", "swiglu");
  EXPECT_EQ(node.macs(), "4608");
}

TEST(MsQMoE, CountsLogicalWeights) {
  OneNode node(Op::MsQMoE, 1);
  node.input({6, 32}).input({6, 4}).input({4, 64, 16}, DType::uint8).input({4, 64}).absent();
  node.input({4, 32, 16}, DType::uint8).input({4, 32}).absent();
  node.integer("k", 2).text("activation_type", "swiglu").integer("swiglu_fusion", 1);
  EXPECT_EQ(node.macs(), "36864");  // 6·2·32·(64 + 32)
}

TEST(MsMoEPacked, CountsGateUpAndDown) {
  OneNode node(Op::MsMoEPacked, 1);
  node.input({6, 32}).input({6, 4}).input({4, 64, 18}, DType::uint8).input({4, 64, 18}, DType::uint8);
  node.input({4, 32, 36}, DType::uint8).integer("k", 2);
  EXPECT_EQ(node.shape(), "[6, 32]");
  EXPECT_EQ(node.macs(), "73728");  // 6·2·32·64·3
}

TEST(MsFusedConv, CountsAsConvWithASumAndAnActivation) {
  OneNode node(Op::MsFusedConv, 1);
  node.input({1, 4, 9, 8}).input({6, 4, 3, 3}).input({6}).input({1, 6, 9, 8}).integers("pads", {1, 1, 1, 1});
  node.text("activation", "Relu");
  EXPECT_EQ(node.shape(), "[1, 6, 9, 8]");
  EXPECT_EQ(node.macs(), "15552");  // 432·36
  EXPECT_EQ(node.count(Arith::add), "864");
  EXPECT_EQ(node.count(Arith::compare), "432");
}

TEST(MsNhwcConv, HasItsChannelsLast) {
  OneNode node(Op::MsNhwcConv, 1);
  node.input({1, 9, 8, 4}).input({6, 4, 3, 3});
  EXPECT_EQ(node.shape(), "[1, 7, 6, 6]");
  EXPECT_EQ(node.macs(), "9072");  // 252·36
}

TEST(MsQLinearConv, CostsTheSameInEitherLayout) {
  OneNode first(Op::MsQLinearConv, 1);
  first.input({1, 4, 9, 8}, DType::uint8).input({}).input({}, DType::uint8).input({6, 4, 3, 3}, DType::uint8);
  first.input({}).input({}, DType::uint8).input({}).input({}, DType::uint8);
  OneNode last(Op::MsQLinearConv, 1);
  last.input({1, 9, 8, 4}, DType::uint8).input({}).input({}, DType::uint8).input({6, 4, 3, 3}, DType::uint8);
  last.input({}).input({}, DType::uint8).input({}).input({}, DType::uint8).integer("channels_last", 1);
  EXPECT_EQ(first.shape(), "[1, 6, 7, 6]");
  EXPECT_EQ(last.shape(), "[1, 7, 6, 6]");
  EXPECT_EQ(first.macs(), "9072");
  EXPECT_EQ(last.macs(), "9072");
}

TEST(MsCausalConvWithState, IsDepthwise) {
  OneNode node(Op::MsCausalConvWithState, 1, 2);
  node.input({2, 4, 5}).input({4, 1, 3});
  EXPECT_EQ(node.shape(1), "[2, 4, 2]");
  EXPECT_EQ(node.macs(), "120");  // 40·3
}

TEST(MsConvStateReplay, ReturnsTheDestination) {
  OneNode node(Op::MsConvStateReplay, 1);
  node.input({100}).input({50}).input({80}).input({8}, DType::int64);
  EXPECT_EQ(node.shape(), "[80]");
  EXPECT_EQ(node.macs(), "0");
}

// 7·2 steps and batch, 16 gate rows, 5 inputs and 4 hidden.
TEST(MsDynamicQuantizeLSTM, CountsBothProductsOfEveryGate) {
  OneNode node(Op::MsDynamicQuantizeLSTM, 1, 3);
  node.input({7, 2, 5})
      .input({1, 5, 16}, DType::uint8)
      .input({1, 4, 16}, DType::uint8)
      .integer("hidden_size", 4);
  EXPECT_EQ(node.shape(0), "[7, 1, 2, 4]");
  EXPECT_EQ(node.macs(), "2016");  // 14·16·9
}

}  // namespace
}  // namespace haoline
