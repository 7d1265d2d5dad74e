#include "analyses/parameters.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/figures.h"

namespace haoline {
namespace {

using test::Figures;

struct Counts {
  std::string trainable, buffers, constants;
  bool operator==(const Counts&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Counts& c) {
  return out << c.trainable << " trainable, " << c.buffers << " buffers, " << c.constants << " constants";
}
Counts count(Figures& figures) {
  const ParameterFacts facts = figures.parameters();
  return {figures.text(facts.trainable), figures.text(facts.buffers), figures.text(facts.constants)};
}
Counts count(GraphBuilder&& g) {
  Figures figures(std::move(g));
  return count(figures);
}

TEST(Parameters, OfAConvolutionAreItsWeightAndBias) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {1, 3, 8, 8});
  g.output(
      g.node("Conv", {x, g.weight("w", DType::float32, {16, 3, 3, 3}), g.weight("b", DType::float32, {16})}));
  EXPECT_EQ(count(std::move(g)), (Counts{"448", "0", "0"}));
}

TEST(Parameters, KeepRunningStatisticsApart) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {1, 4, 8, 8});
  std::vector<TensorId> inputs{x};
  for (const char* name : {"scale", "bias", "mean", "var"})
    inputs.push_back(g.weight(name, DType::float32, {4}));
  g.output(g.node("BatchNormalization", inputs));
  EXPECT_EQ(count(std::move(g)), (Counts{"8", "8", "0"}));
}

TEST(Parameters, AreSeenThroughViewsCastsAndDequantization) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {1, 6});
  const TensorId w = g.weight("w", DType::int8, {4, 6});
  const TensorId scale = g.weight("scale", DType::float32, {4});
  const TensorId zero = g.weight("zero", DType::int8, {4});
  TensorId seen = g.node("DequantizeLinear", {w, scale, zero}, {{"axis", 0}});
  seen = g.node("Identity", {g.node("Transpose", {seen}, {{"perm", {1, 0}}})});
  g.output(g.node("MatMul", {x, seen}));
  Figures figures(std::move(g));
  EXPECT_EQ(count(figures), (Counts{"24", "0", "8"}));
  const ParameterFacts facts = figures.parameters();
  ASSERT_EQ(facts.by_dtype.size(), 1u);
  EXPECT_EQ(facts.by_dtype[0].name, "int8");
  EXPECT_EQ(facts.by_operator[0].name, "MatMul");
}

TEST(Parameters, InConstantNodesAndFillersCountAsInInitializers) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {1, 2});
  const TensorId w = g.node("Constant", {}, {{"value", g.float_tensor({1, 2, 3, 4}, {2, 2})}});
  const TensorId filler = g.node("ConstantOfShape", {g.constant("shape", {2, 5})});
  g.output(g.node("MatMul", {g.node("MatMul", {x, w}), filler}));
  EXPECT_EQ(count(std::move(g)), (Counts{"14", "0", "2"}));
}

TEST(Parameters, OfAFillerThatIsNoWeightAreNone) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {3, 3});
  const TensorId zeros = g.node("ConstantOfShape", {g.constant("shape", {3, 3})});
  g.output(g.node("Where", {g.node("Cast", {zeros}, {{"to", 9}}), x, x}));
  EXPECT_EQ(count(std::move(g)), (Counts{"0", "0", "2"}));
}

TEST(Parameters, UsedTwiceCountOnceWithBothUsers) {
  GraphBuilder g;
  const TensorId ids = g.input("ids", DType::int64, {1, 7});
  const TensorId table = g.weight("table", DType::float32, {32, 8});
  const TensorId hidden = g.node("Gather", {table, ids});
  g.output(g.node("MatMul", {hidden, g.node("Transpose", {table}, {{"perm", {1, 0}}})}));
  Figures figures(std::move(g));
  EXPECT_EQ(count(figures), (Counts{"256", "0", "0"}));
  const ParameterFacts facts = figures.parameters();
  ASSERT_EQ(facts.shared.size(), 1u);
  EXPECT_EQ(facts.parameters[facts.shared[0]].users.size(), 2u);
}

TEST(Parameters, OfElementwiseOperandsAreAssumedUnlessSingle) {
  GraphBuilder g;
  TensorId x = g.input("x", DType::float32, {1, 4, 8, 8});
  x = g.node("Mul", {x, g.weight("scale", DType::float32, {4, 1, 1})});
  x = g.node("Add", {x, g.float_scalar("half", 0.5F)});
  g.output(x);
  Figures figures(std::move(g));
  EXPECT_EQ(count(figures), (Counts{"4", "0", "1"}));
  for (const Parameter& p : figures.parameters().parameters) {
    EXPECT_EQ(p.assumed, p.role == ParameterRole::trainable);
  }
}

// A file that knows its variables overrules what operators and slots suggest: a trained scalar, a statistic
// that an addition reads.
TEST(Parameters, AreWhatTheFileSaysWhereItSays) {
  GraphBuilder g(21);
  const TensorId x = g.input("x", DType::float32, {1, 4});
  const TensorId scalar = g.weight("scalar", DType::float32, {1});
  const TensorId mean = g.weight("mean", DType::float32, {4});
  g.graph().tensors[scalar].trained = Trained::yes;
  g.graph().tensors[mean].trained = Trained::no;
  g.output(g.node("Sub", {g.node("Mul", {x, scalar}), mean}));
  EXPECT_EQ(count(std::move(g)), (Counts{"1", "4", "0"}));
}

TEST(Parameters, AreNoMasksAndNoPositionTables) {
  std::vector<float> table(32), mask(16);
  for (std::size_t position = 0; position < 8; ++position) {
    for (std::size_t i = 0; i < 2; ++i) {
      const float angle = static_cast<float>(position) * std::pow(100.0F, -static_cast<float>(i) / 2);
      table[position * 4 + i] = std::sin(angle);
      table[position * 4 + 2 + i] = std::cos(angle);
    }
  }
  for (std::size_t i = 0; i < 16; ++i) mask[i] = i % 4 > i / 4 ? -1e9F : 0.0F;
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {1, 8, 4});
  const TensorId scores = g.input("scores", DType::float32, {1, 4, 4});
  const TensorId positions = g.input("positions", DType::float32, {1, 1, 8});
  g.output(g.node("Add", {x, g.floats("sinusoid", table, {8, 4})}));
  g.output(g.node("Add", {scores, g.floats("causal", mask, {4, 4})}));
  g.output(g.node("MatMul", {g.floats("frequencies", {1.0F, 0.1F, 0.01F}, {1, 3, 1}), positions}));
  EXPECT_EQ(count(std::move(g)), (Counts{"0", "0", "51"}));
}

TEST(Parameters, OfAShapeOnItsWayAreNone) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n", 4});
  const TensorId twice =
      g.node("Mul", {g.node("Cast", {g.node("Shape", {x})}, {{"to", 1}}), g.floats("factors", {2, 1})});
  g.output(g.node("Resize", {x, TensorId{}, TensorId{}, g.node("Cast", {twice}, {{"to", 7}})}));
  EXPECT_EQ(count(std::move(g)), (Counts{"0", "0", "2"}));
}

TEST(Parameters, OfPackedWeightsAreTheirLogicalElements) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {1, 64});
  const TensorId packed = g.weight("packed", DType::uint8, {10, 2, 16});
  const TensorId scales = g.weight("scales", DType::float32, {20});
  g.output(g.node("com.microsoft.MatMulNBits", {x, packed, scales},
                  {{"K", 64}, {"N", 10}, {"bits", 4}, {"block_size", 32}}));
  EXPECT_EQ(count(std::move(g)), (Counts{"640", "0", "20"}));
}

TEST(Parameters, InsideBodiesAndCapturedByThemCount) {
  GraphBuilder g;
  const TensorId flag = g.input("flag", DType::boolean, {});
  const TensorId x = g.input("x", DType::float32, {1, 4});
  const TensorId outer = g.weight("outer", DType::float32, {4, 4});
  GraphBuilder a = g.body(), b = g.body();
  a.output(a.node("MatMul", {a.capture(x), a.capture(outer)}));
  b.output(b.node("MatMul", {b.capture(x), b.weight("inner", DType::float32, {4, 4})}));
  g.output(g.node("If", {flag}, {{"then_branch", a}, {"else_branch", b}}));
  EXPECT_EQ(count(std::move(g)), (Counts{"32", "0", "0"}));
}

TEST(Parameters, OfWeightNormalizationAreTheStoredOnes) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {1, 3, 8, 8});
  const TensorId direction = g.weight("v", DType::float32, {4, 3, 3, 3});
  const TensorId gain = g.weight("g", DType::float32, {4, 1, 1, 1});
  g.output(g.node("Conv", {x, g.node("Mul", {direction, gain})}));
  EXPECT_EQ(count(std::move(g)), (Counts{"112", "0", "0"}));
}

TEST(Parameters, WithEqualBytesJoinOnlyOnRequest) {
  GraphBuilder g;
  TensorId x = g.input("x", DType::float32, {1, 2});
  for (int i = 0; i < 2; ++i) x = g.node("MatMul", {x, g.floats("w", {1, 2, 3, 4}, {2, 2})});
  g.output(x);
  Figures figures(std::move(g));
  EXPECT_EQ(count(figures), (Counts{"8", "0", "0"}));
  const ParameterFacts joined = count_parameters(figures.model(), figures.inference(), true);
  EXPECT_TRUE(joined.trainable.is(4));
  EXPECT_EQ(joined.shared.size(), 1u);
}

}  // namespace
}  // namespace haoline
