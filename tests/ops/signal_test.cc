#include <gtest/gtest.h>

#include "support/inferred.h"

namespace haoline {
namespace {

using test::Inferred;

// 8 points: 4 butterflies in each of 3 stages, 4 products and 6 sums each.
TEST(Dft, CountsRadixTwoButterflies) {
  GraphBuilder g(20);
  const TensorId x = g.input("x", DType::float32, {"batch", 8, 1});
  const TensorId y = g.node("DFT", {x});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y), "float32 [batch, 8, 2]");
  EXPECT_EQ(inferred.count(Arith::multiply), "48*batch");
  EXPECT_EQ(inferred.count(Arith::add), "72*batch");
  EXPECT_EQ(inferred.macs(), "0");
}

TEST(Dft, TheAxisIsAnAttributeBeforeVersionTwenty) {
  GraphBuilder g(17);
  const TensorId x = g.input("x", DType::float32, {2, 8, 5, 1});
  const TensorId half = g.node("DFT", {x, TensorId{}}, {{"axis", 1}, {"onesided", 1}});
  const TensorId longer = g.node("DFT", {x, g.scalar("length", 16)}, {{"axis", 2}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(half), "float32 [2, 5, 5, 2]");
  EXPECT_EQ(inferred.said(longer), "float32 [2, 8, 16, 2]");
}

TEST(Dft, PointsWithoutANumberHaveAShapeButNoCost) {
  GraphBuilder g(20);
  const TensorId y = g.node("DFT", {g.input("x", DType::float32, {2, "n", 2})}, {{"onesided", 1}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y), "float32 [2, n // 2 + 1, 2]");
  EXPECT_EQ(inferred.arithmetic(), "?");
}

TEST(Dft, RefusesAComplexAxisOfThree) {
  GraphBuilder g(20);
  g.node("DFT", {g.input("x", DType::float32, {2, 8, 3})});
  EXPECT_EQ(Inferred(std::move(g)).finding(FindingKind::contradicting_shapes),
            "the last extent is 3, 1 (real) or 2 (complex) is needed");
}

TEST(Dft, RefusesTheComplexAxis) {
  GraphBuilder g(20);
  g.node("DFT", {g.input("x", DType::float32, {2, 8, 2}), TensorId{}, g.scalar("axis", 2)});
  EXPECT_EQ(Inferred(std::move(g)).finding(FindingKind::contradicting_shapes),
            "axis 2 is out of range for rank 2");
}

// (128 - 16) / 8 + 1 = 15 frames of 16 points: 32 butterflies each, and a window.
TEST(Stft, TransformsEveryFrame) {
  GraphBuilder g(17);
  const TensorId x = g.input("x", DType::float32, {"batch", 128, 1});
  const TensorId y = g.node("STFT", {x, g.scalar("step", 8), g.weight("window", DType::float32, {16})});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y), "float32 [batch, 15, 9, 2]");
  EXPECT_EQ(inferred.count(Arith::multiply), "2160*batch");  // 15 · (32·4 + 16)
  EXPECT_EQ(inferred.count(Arith::add), "2880*batch");       // 15 · 32·6
}

TEST(MelWeightMatrix, HasARowPerBin) {
  GraphBuilder g(17);
  const TensorId y =
      g.node("MelWeightMatrix", {g.scalar("mels", 80), g.scalar("length", 400), g.scalar("rate", 16000),
                                 g.float_scalar("low", 0), g.float_scalar("high", 8000)});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y), "float32 [201, 80]");
}

}  // namespace
}  // namespace haoline
