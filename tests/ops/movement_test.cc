#include <gtest/gtest.h>

#include "support/inferred.h"

namespace haoline {
namespace {

using test::Inferred;
using test::OneNode;

std::string reshaped(Shape shape, std::vector<Dim> target) {
  OneNode node(Op::Reshape, 14);
  node.input(std::move(shape)).values(std::move(target));
  return node.shape();
}

TEST(Reshape, InfersMinusOneAndCopiesZero) {
  EXPECT_EQ(reshaped({2, 3, 4}, {0, -1}), "[2, 12]");
  EXPECT_EQ(reshaped({2, 3, 4}, {-1}), "[24]");
  EXPECT_EQ(reshaped({2, 3, 4}, {4, 0, -1}), "[4, 3, 2]");
  EXPECT_EQ(reshaped({}, {1, 1}), "[1, 1]");
}

TEST(Reshape, KeepsZeroWhereAllowed) {
  OneNode node(Op::Reshape, 14);
  node.input({0, 3}).values({3, 0}).integer("allowzero", 1);
  EXPECT_EQ(node.shape(), "[3, 0]");
}

TEST(Reshape, SplitsHeadsOfASymbolicBatchAndSequence) {
  OneNode node(Op::Reshape, 14);
  const Dim batch = node.symbol("batch"), seq = node.symbol("seq");
  node.input({batch, seq, 768}).values({0, -1, 12, 64});
  EXPECT_EQ(node.shape(), "[batch, seq, 12, 64]");
  EXPECT_TRUE(node.learned().empty());
}

TEST(Reshape, CopiesAnExtentNobodyKnows) {
  OneNode node(Op::Reshape, 14);
  node.input({Dim::unknown(), 12, 64}).values({0, -1});
  EXPECT_EQ(node.shape(), "[?, 768]");
}

TEST(Reshape, DividesSymbolsExactly) {
  OneNode node(Op::Reshape, 14);
  const Dim h = node.symbol("h"), w = node.symbol("w");
  node.input({1, 8, h, w}).values({1, 2, -1, h, w});
  EXPECT_EQ(node.shape(), "[1, 2, 4, h, w]");
}

TEST(Reshape, RemembersThatASymbolHasToDivide) {
  OneNode node(Op::Reshape, 14);
  node.input({node.symbol("n")}).values({-1, 3});
  EXPECT_EQ(node.shape(), "[n // 3, 3]");
  EXPECT_EQ(node.learned(), std::vector<std::string>{"n divisible by 3"});
}

TEST(Reshape, LearnsAnExtentFromTheNumberOfElements) {
  OneNode node(Op::Reshape, 14);
  node.input({node.symbol("n"), 4}).values({6, 2});
  EXPECT_EQ(node.shape(), "[6, 2]");
  EXPECT_EQ(node.learned(), std::vector<std::string>{"4*n == 12"});
}

TEST(Reshape, OneUnknownExtentFollowsFromTheOthers) {
  OneNode node(Op::Reshape, 14);
  node.input({6, 4}).values({3, Dim::unknown()});
  EXPECT_EQ(node.shape(), "[3, 8]");
}

TEST(Reshape, LeavesSeveralUnknownExtentsToTheDataWithTheirBound) {
  OneNode node(Op::Reshape, 14);
  node.input({6, 4}).input({2}, DType::int64);
  EXPECT_EQ(node.shape(), "[node_axis0, node_axis1]");
  const Symbol* symbol = node.pool().symbol_of(node.pool().find_symbol("node_axis1"));
  ASSERT_NE(symbol, nullptr);
  EXPECT_TRUE(symbol->upper_bound.is(24));
}

TEST(Reshape, RefusesWhatCannotBe) {
  EXPECT_EQ(reshaped({2, 3}, {4, 2}), "refused: 6 elements cannot take a shape of 8 elements");
  EXPECT_EQ(reshaped({2, 3}, {4, -1}), "refused: 6 elements do not divide into extents whose product is 4");
  EXPECT_EQ(reshaped({2, 3}, {-1, -1}), "refused: more than one extent of the new shape is -1");
  EXPECT_EQ(reshaped({2, 3}, {1, 6, 0}),
            "refused: extent 0 of the new shape copies axis 2, the operand has rank 2");
  EXPECT_EQ(reshaped({2, 3}, {6, -2}), "refused: the new shape has an extent of -2");
}

TEST(Reshape, OfTheFirstVersionTakesItsShapeFromTheAttribute) {
  OneNode node(Op::Reshape, 1);
  node.input({2, 3, 4}).integers("shape", {0, -1});
  EXPECT_EQ(node.shape(), "[2, 12]");
}

TEST(Flatten, MultipliesBothSidesOfTheAxis) {
  OneNode node(Op::Flatten, 13);
  node.input({node.symbol("batch"), 512, 7, 7});
  EXPECT_EQ(node.shape(), "[batch, 25088]");
  OneNode end(Op::Flatten, 13);
  end.input({2, 3}).integer("axis", 2);
  EXPECT_EQ(end.shape(), "[6, 1]");
  OneNode beyond(Op::Flatten, 13);
  beyond.input({2, 3}).integer("axis", 3);
  EXPECT_EQ(beyond.refusal(), "axis 3 is out of range for rank 2");
}

TEST(Squeeze, DropsOnlyExtentsOfOne) {
  OneNode node(Op::Squeeze, 13);
  node.input({1, 3, 1}).values({-1});
  EXPECT_EQ(node.shape(), "[1, 3]");
  OneNode wrong(Op::Squeeze, 13);
  wrong.input({1, 3, 1}).values({1});
  EXPECT_EQ(wrong.refusal(), "axis 1 has extent 3, only 1 can be squeezed");
}

TEST(Squeeze, WithoutAxesDoesNotGuessWhetherASymbolIsOne) {
  OneNode node(Op::Squeeze, 13);
  node.input({node.symbol("batch"), 1, 3});
  EXPECT_EQ(node.shape(), "?");
  OneNode numbers(Op::Squeeze, 13);
  numbers.input({5, 1, 3});
  EXPECT_EQ(numbers.shape(), "[5, 3]");
}

TEST(Unsqueeze, CountsAxesInTheResult) {
  OneNode node(Op::Unsqueeze, 13);
  node.input({3, 4}).values({0, -1});
  EXPECT_EQ(node.shape(), "[1, 3, 4, 1]");
  OneNode twice(Op::Unsqueeze, 13);
  twice.input({3, 4}).values({0, 0});
  EXPECT_EQ(twice.refusal(), "axis 0 is given twice");
}

TEST(Expand, BroadcastsBothWays) {
  OneNode node(Op::Expand, 13);
  const Dim batch = node.symbol("batch");
  node.input({1, 3, 1}).values({batch, 1, 1, 5});
  EXPECT_EQ(node.shape(), "[batch, 1, 3, 5]");
  OneNode wrong(Op::Expand, 13);
  wrong.input({3, 2}).values({3, 4});
  EXPECT_EQ(wrong.refusal(), "axis 1 of extent 2 cannot be expanded to 4");
}

TEST(Tile, MultipliesExtentsAndRepeatsValues) {
  OneNode node(Op::Tile, 13);
  node.values({1, 2}).values({node.symbol("n")});
  EXPECT_EQ(node.shape(), "[2*n]");
  OneNode known(Op::Tile, 13);
  known.values({1, 2}).values({2});
  EXPECT_EQ(known.value(), "[1, 2, 1, 2]");
  OneNode wrong(Op::Tile, 13);
  wrong.input({2, 2}).values({2});
  EXPECT_EQ(wrong.refusal(), "1 repeats for an operand of rank 2");
}

TEST(Concat, AddsTheAxisAndUnifiesTheRest) {
  OneNode node(Op::Concat, 13);
  const Dim batch = node.symbol("batch"), past = node.symbol("past"), seq = node.symbol("seq");
  node.input({batch, 12, past, 64}).input({batch, 12, seq, 64}).integer("axis", -2);
  EXPECT_EQ(node.shape(), "[batch, 12, past + seq, 64]");
  EXPECT_TRUE(node.learned().empty());
}

TEST(Concat, RefusesOtherExtentsAndRanks) {
  OneNode extents(Op::Concat, 13);
  extents.input({2, 3}).input({4, 5}).integer("axis", 1);
  EXPECT_EQ(extents.refusal(), "axis 0 of operand 1 has extent 4, expected 2");
  OneNode ranks(Op::Concat, 13);
  ranks.input({2, 3}).input({2}).integer("axis", 0);
  EXPECT_EQ(ranks.refusal(), "operand 1 has rank 1, operand 0 has rank 2");
  OneNode axis(Op::Concat, 13);
  axis.input({2, 3}).input({2, 3}).integer("axis", 2);
  EXPECT_EQ(axis.refusal(), "axis 2 is out of range for rank 2");
}

TEST(Split, TakesSizesFromWhereverTheVersionPutsThem) {
  OneNode attribute(Op::Split, 11, 2);
  attribute.input({6, 4}).integers("split", {2, 4});
  EXPECT_EQ(attribute.shape(0), "[2, 4]");
  EXPECT_EQ(attribute.shape(1), "[4, 4]");
  OneNode operand(Op::Split, 13, 2);
  operand.input({6, 4}).values({5, 1});
  EXPECT_EQ(operand.shape(1), "[1, 4]");
  OneNode uneven(Op::Split, 18, 3);
  uneven.input({7}).integer("num_outputs", 3);
  EXPECT_EQ(uneven.shape(0), "[3]");
  EXPECT_EQ(uneven.shape(2), "[1]");
}

TEST(Split, OfASymbolIsAFormula) {
  OneNode node(Op::Split, 13, 2);
  node.input({node.symbol("n"), 4});
  EXPECT_EQ(node.shape(1), "[n // 2, 4]");
  EXPECT_EQ(node.learned(), std::vector<std::string>{"n divisible by 2"});
}

TEST(Split, RefusesSizesThatDoNotAddUp) {
  OneNode sum(Op::Split, 13, 2);
  sum.input({8}).values({3, 4});
  EXPECT_EQ(sum.refusal(), "split sizes add up to 7, axis 0 has extent 8");
  OneNode count(Op::Split, 13, 2);
  count.input({8}).values({3, 4, 1});
  EXPECT_EQ(count.refusal(), "3 split sizes for 2 results");
}

TEST(Pad, AddsAndCutsOff) {
  OneNode node(Op::Pad, 18);
  node.input({1, 3, node.symbol("h"), 8}).values({1, -2, 1, 0}).absent().values({2, 3});
  EXPECT_EQ(node.shape(), "[1, 3, h + 2, 6]");
  OneNode wrong(Op::Pad, 18);
  wrong.input({1, 3}).values({1, 1});
  EXPECT_EQ(wrong.refusal(), "2 pads for 2 axes");
  OneNode below(Op::Pad, 18);
  below.input({3}).values({-2, -2});
  EXPECT_EQ(below.refusal(), "pads leave axis 0 an extent of -1");
}

TEST(Pad, ReflectsKnownElementsWithoutTheEdge) {
  OneNode node(Op::Pad, 18);
  node.values({1, 2, 3}).values({2, 4}).text("mode", "reflect");
  EXPECT_EQ(node.value(), "[3, 2, 1, 2, 3, 2, 1, 2, 3]");  // numpy.pad([1,2,3], (2,4), "reflect")
}

TEST(DepthToSpace, TradesChannelsForPixels) {
  OneNode node(Op::DepthToSpace, 13);
  node.input({1, 12, node.symbol("h"), 4}).integer("blocksize", 2);
  EXPECT_EQ(node.shape(), "[1, 3, 2*h, 8]");
  OneNode wrong(Op::DepthToSpace, 13);
  wrong.input({1, 10, 2, 2}).integer("blocksize", 2);
  EXPECT_EQ(wrong.refusal(), "the number of channels 10 does not divide by 4");
}

TEST(Transpose, RefusesWhatIsNoPermutation) {
  OneNode short_one(Op::Transpose, 13);
  short_one.input({1, 2, 3}).integers("perm", {0, 1});
  EXPECT_EQ(short_one.refusal(), "a permutation of 2 axes for an operand of rank 3");
  OneNode repeated(Op::Transpose, 13);
  repeated.input({1, 2, 3}).integers("perm", {0, 1, 1});
  EXPECT_EQ(repeated.refusal(), "axis 1 is given twice");
}

TEST(Movement, CostsNothing) {
  OneNode node(Op::Transpose, 13);
  node.input({8, 16});
  EXPECT_EQ(node.arithmetic(), "0");
  EXPECT_EQ(node.macs(), "0");
}

TEST(HostileInput, RanksThatDoubleAreNotFollowedForEver) {
  GraphBuilder g(17);
  TensorId x = g.input("x", DType::int64, {1, 1, 1, 1});
  for (int i = 0; i < 64; ++i) x = g.node("Gather", {x, x});
  Inferred graph(std::move(g));
  EXPECT_EQ(graph.shape(x), "?");
}

TEST(HostileInput, ManyLargeValuesAreForgotten) {
  GraphBuilder g(17);
  const TensorId shape = g.constant("shape", {4096});
  TensorId last;
  for (int i = 0; i < 2000; ++i) last = g.node("ConstantOfShape", {shape});
  Inferred graph(std::move(g));
  EXPECT_EQ(graph.shape(last), "[4096]");
  EXPECT_EQ(graph.value(last), "none");
}

TEST(Steering, AReshapeFollowsShapesThroughGatherAndConcat) {
  GraphBuilder g(17);
  const TensorId x = g.input("x", DType::float32, {"batch", "seq", 768});
  const TensorId shape = g.node("Shape", {x});
  const TensorId batch = g.node("Gather", {shape, g.scalar("zero", 0)});
  const TensorId seq = g.node("Gather", {shape, g.scalar("one", 1)});
  const TensorId axes = g.constant("axes", {0});
  const TensorId target = g.node(
      "Concat",
      {g.node("Unsqueeze", {batch, axes}), g.node("Unsqueeze", {seq, axes}), g.constant("heads", {12, 64})},
      {{"axis", 0}});
  const TensorId heads = g.node("Reshape", {x, target});
  const TensorId back = g.node(
      "Reshape", {g.node("Transpose", {heads}, {{"perm", {0, 2, 1, 3}}}), g.constant("flat", {0, 12, -1})});
  Inferred graph(std::move(g));
  EXPECT_EQ(graph.value(target), "[batch, seq, 12, 64]");
  EXPECT_EQ(graph.shape(heads), "[batch, seq, 12, 64]");
  EXPECT_EQ(graph.shape(back), "[batch, 12, 64*seq]");
}

TEST(Steering, UpsamplingByACastAndFlooredScaleStaysExact) {
  GraphBuilder g(13);
  const TensorId x = g.input("x", DType::float32, {1, 8, "h", "w"});
  const TensorId height = g.node("Gather", {g.node("Shape", {x}), g.scalar("two", 2)});
  const TensorId scaled =
      g.node("Mul", {g.node("Cast", {height}, {{"to", 1}}), g.float_scalar("scale", 1.5F)});
  const TensorId rows = g.node("Cast", {g.node("Floor", {scaled})}, {{"to", 7}});
  const TensorId column = g.node("Unsqueeze", {rows, g.constant("axes", {0})});
  const TensorId filled = g.node("ConstantOfShape", {column});
  Inferred graph(std::move(g));
  EXPECT_EQ(graph.value(scaled), "[3*h/2]");
  EXPECT_EQ(graph.shape(filled), "[h + h // 2]");
  EXPECT_EQ(graph.extent_at(filled, 0, {{"h", 5}}), 7);
}

TEST(Steering, MasksOfMinusOneInExpandAreResolved) {
  GraphBuilder g(17);  // x.expand(batch, -1): exporters write Where(shape == -1, 1, shape)
  const TensorId x = g.input("x", DType::float32, {"batch", 4});
  const TensorId batch = g.node("Gather", {g.node("Shape", {x}), g.constant("zero", {0})});
  const TensorId wanted = g.node("Concat", {batch, g.constant("rest", {-1})}, {{"axis", 0}});
  const TensorId ones = g.node("ConstantOfShape", {g.constant("two", {2})}, {{"value", g.tensor({1}, {1})}});
  const TensorId keeps = g.node("Equal", {wanted, g.node("Mul", {ones, g.scalar("minus", -1)})});
  const TensorId target = g.node("Where", {keeps, ones, wanted});
  const TensorId result = g.node("Expand", {g.floats("row", {1, 2, 3}, {1, 3}), target});
  Inferred graph(std::move(g));
  EXPECT_EQ(graph.value(target), "[batch, 1]");
  EXPECT_EQ(graph.shape(result), "[batch, 3]");
}

}  // namespace
}  // namespace haoline
