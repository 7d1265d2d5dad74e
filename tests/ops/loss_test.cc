#include <gtest/gtest.h>

#include "support/inferred.h"

namespace haoline {
namespace {

using test::Inferred;

TEST(CrossEntropy, GivesALossAndTheLogarithms) {
  GraphBuilder g;
  const TensorId scores = g.input("scores", DType::float32, {"n", 10, 4}),
                 labels = g.input("labels", DType::int64, {"n", 4});
  const std::vector<TensorId> y = g.nodes("SoftmaxCrossEntropyLoss", {scores, labels}, 2);
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y[0]), "float32 []");
  EXPECT_EQ(inferred.said(y[1]), "float32 [n, 10, 4]");
  EXPECT_EQ(inferred.count(Arith::transcendental), "44*n");  // 40 exponentials and 4 logarithms
  EXPECT_EQ(inferred.count(Arith::add), "128*n");            // 3·40, a negation and a sum for 4 labels
}

TEST(NegativeLogLikelihood, KeepsTheLabelsWithoutReduction) {
  GraphBuilder g;
  const TensorId scores = g.input("scores", DType::float32, {3, 5}),
                 labels = g.input("labels", DType::int64, {"m"});
  const TensorId weights = g.input("weights", DType::float32, {5});
  const TensorId each =
      g.node("NegativeLogLikelihoodLoss", {scores, labels, weights}, {{"reduction", "none"}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(each), "float32 [3]");
  EXPECT_EQ(inferred.count(Arith::multiply), "m");
  ASSERT_EQ(inferred.inference().constraints.size(), 1u);  // m = 3
}

TEST(NegativeLogLikelihood, RefusesLabelsOfAnotherShape) {
  GraphBuilder g;
  const TensorId scores = g.input("scores", DType::float32, {3, 5});
  g.node("NegativeLogLikelihoodLoss", {scores, g.input("labels", DType::int64, {4})});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.finding(FindingKind::contradicting_shapes),
            "labels have the extent 4 where scores have 3");
}

TEST(Optimizers, UpdateEveryGroup) {
  GraphBuilder g;
  const TensorId rate = g.input("r", DType::float32, {}), step = g.input("t", DType::int64, {});
  std::vector<TensorId> operands{rate, step};
  for (const char* group : {"x", "g", "v", "h"}) {
    operands.push_back(g.input(std::string(group) + "1", DType::float32, {10}));
    operands.push_back(g.input(std::string(group) + "2", DType::float32, {"n"}));
  }
  const std::vector<TensorId> y = g.nodes("ai.onnx.preview.training.Adam", operands, 6);
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y[0]), "float32 [10]");
  EXPECT_EQ(inferred.said(y[3]), "float32 [n]");
  EXPECT_EQ(inferred.said(y[4]), "float32 [10]");
  EXPECT_EQ(inferred.count(Arith::square_root), "n + 10");
  EXPECT_EQ(inferred.count(Arith::multiply), "8*n + 80");
}

}  // namespace
}  // namespace haoline
