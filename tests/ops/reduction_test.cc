#include <gtest/gtest.h>

#include "support/inferred.h"

namespace haoline {
namespace {

using test::Inferred;
using test::OneNode;

TEST(Reduction, TakesAxesFromAttributeOrOperand) {
  OneNode attribute(Op::ReduceMean, 13);
  attribute.input({2, 3, 4}).integers("axes", {-1});
  EXPECT_EQ(attribute.shape(), "[2, 3, 1]");
  OneNode operand(Op::ReduceMean, 18);
  operand.input({2, 3, 4}).values({0, 2}).integer("keepdims", 0);
  EXPECT_EQ(operand.shape(), "[3]");
  OneNode all(Op::ReduceSum, 13);
  all.input({2, 3, 4});
  EXPECT_EQ(all.shape(), "[1, 1, 1]");
  OneNode none(Op::ReduceSum, 13);
  none.input({2, 3, 4}).values({}).integer("noop_with_empty_axes", 1);
  EXPECT_EQ(none.shape(), "[2, 3, 4]");
}

TEST(Reduction, WithUnknownAxesKnowsItsRankAtMost) {
  OneNode keep(Op::ReduceSum, 13);
  keep.input({2, 3, 4}).input({1}, DType::int64);
  EXPECT_EQ(keep.shape(), "[?, ?, ?]");
  OneNode drop(Op::ReduceSum, 13);
  drop.input({2, 3, 4}).input({1}, DType::int64).integer("keepdims", 0);
  EXPECT_EQ(drop.shape(), "[?, ?]");
}

TEST(Reduction, RefusesAxesBeyondTheRank) {
  OneNode node(Op::ReduceMax, 18);
  node.input({2, 3}).values({2});
  EXPECT_EQ(node.refusal(), "axis 2 is out of range for rank 2");
  OneNode twice(Op::ReduceMax, 18);
  twice.input({2, 3}).values({1, -1});
  EXPECT_EQ(twice.refusal(), "axis 1 is given twice");
}

TEST(Reduction, CountsPerElementAndPerResult) {
  OneNode mean(Op::ReduceMean, 13);
  const Dim batch = mean.symbol("batch");
  mean.input({batch, 768}).integers("axes", {1});
  EXPECT_EQ(mean.count(Arith::add), "768*batch");
  EXPECT_EQ(mean.count(Arith::divide), "batch");
  OneNode norm(Op::ReduceL2, 13);
  norm.input({4, 10}).integers("axes", {1});
  EXPECT_EQ(norm.count(Arith::multiply), "40");
  EXPECT_EQ(norm.count(Arith::square_root), "4");
}

TEST(Reduction, MultipliesExtents) {
  OneNode node(Op::ReduceProd, 13);
  node.values({2, node.symbol("h"), node.symbol("w")}).integer("keepdims", 0);
  EXPECT_EQ(node.value(), "[2*h*w]");
}

TEST(ArgMax, TakesTheFirstOrTheLastOfEquals) {
  OneNode first(Op::ArgMax, 13);
  first.values({3, 7, 7});
  EXPECT_EQ(first.value(), "[1]");
  OneNode last(Op::ArgMax, 13);
  last.values({3, 7, 7}).integer("select_last_index", 1);
  EXPECT_EQ(last.value(), "[2]");
  OneNode symbols(Op::ArgMax, 13);
  symbols.values({symbols.symbol("h"), symbols.symbol("w")});
  EXPECT_EQ(symbols.value(), "[?]");
}

TEST(CumSum, RunsBothWaysWithOrWithoutItself) {
  const auto sums = [](std::int64_t exclusive, std::int64_t reverse) {
    OneNode node(Op::CumSum, 14);
    node.values({1, 2, 3}).input({}, DType::int64, Value::scalar(Number::exact(0)));
    node.integer("exclusive", exclusive).integer("reverse", reverse).result_dtype(DType::int64);
    return node.value();
  };
  EXPECT_EQ(sums(0, 0), "[1, 3, 6]");
  EXPECT_EQ(sums(1, 0), "[0, 1, 3]");
  EXPECT_EQ(sums(0, 1), "[6, 5, 3]");
  EXPECT_EQ(sums(1, 1), "[5, 3, 0]");
}

TEST(TopK, TakesKFromAttributeOperandOrExpression) {
  OneNode attribute(Op::TopK, 1, 2);
  attribute.input({4, 10}).integer("k", 3);
  EXPECT_EQ(attribute.shape(1), "[4, 3]");
  OneNode symbol(Op::TopK, 11, 2);
  symbol.input({4, 10}).values({symbol.symbol("k")});
  EXPECT_EQ(symbol.shape(0), "[4, k]");
  OneNode unknown(Op::TopK, 11, 2);
  unknown.input({4, 10}).input({1}, DType::int64);
  EXPECT_EQ(unknown.shape(0), "[4, node_k]");
  EXPECT_TRUE(unknown.pool().symbol_of(unknown.pool().find_symbol("node_k"))->upper_bound.is(10));
  OneNode wrong(Op::TopK, 11, 2);
  wrong.input({4, 10}).values({11});
  EXPECT_EQ(wrong.refusal(), "k is 11, axis 1 has extent 10");
}

TEST(TopK, SortsKnownElements) {
  OneNode node(Op::TopK, 11, 2);
  node.values({3, 9, 9, 1}).values({2});
  EXPECT_EQ(node.value(0), "[9, 9]");
  EXPECT_EQ(node.value(1), "[1, 2]");
}

TEST(Shape, TakesAPartOfTheExtents) {
  OneNode node(Op::Shape, 15);
  node.input({node.symbol("batch"), 3, node.symbol("h"), Dim::unknown()}).integer("start", -2);
  EXPECT_EQ(node.shape(), "[2]");
  EXPECT_EQ(node.value(), "[h, ?]");
  OneNode empty(Op::Shape, 15);
  empty.input({2, 3}).integer("start", 2).integer("end", 1);
  EXPECT_EQ(empty.shape(), "[0]");
}

TEST(Size, MultipliesSymbols) {
  OneNode node(Op::Size, 13);
  node.input({node.symbol("batch"), 3});
  EXPECT_EQ(node.value(), "[3*batch]");
}

TEST(Range, CountsItsSteps) {
  const auto steps = [](Dim start, Dim limit, Dim delta) {
    OneNode node(Op::Range, 11);
    for (const Dim dim : {start, limit, delta})
      node.input({}, DType::int64, Value::scalar(Number::exact(dim)));
    return node.shape();
  };
  EXPECT_EQ(steps(3, 9, 3), "[2]");
  EXPECT_EQ(steps(10, 4, -2), "[3]");
  EXPECT_EQ(steps(4, 4, 1), "[0]");
  EXPECT_EQ(steps(4, 3, 1), "[0]");
  EXPECT_EQ(steps(0, 4, 0), "refused: a step of 0");
}

TEST(Range, OfASymbolIsAFormula) {
  OneNode node(Op::Range, 11);
  node.input({}, DType::int64, Value::scalar(Number::exact(0)));
  node.input({}, DType::int64, Value::scalar(Number::exact(node.symbol("seq"))));
  node.input({}, DType::int64, Value::scalar(Number::exact(2)));
  EXPECT_EQ(node.shape(), "[ceildiv(seq, 2)]");
  OneNode unknown(Op::Range, 11);
  unknown.input({}, DType::int64).input({}, DType::int64).input({}, DType::int64);
  EXPECT_EQ(unknown.shape(), "[node_length]");
}

TEST(Constant, KnowsEveryFormOfItsValue) {
  OneNode integer(Op::Constant, 13);
  integer.integer("value_int", 7);
  EXPECT_EQ(integer.value(), "[7]");
  EXPECT_EQ(integer.shape(), "[]");
  EXPECT_EQ(integer.dtype(), DType::int64);
  OneNode list(Op::Constant, 13);
  list.integers("value_ints", {1, -1});
  EXPECT_EQ(list.value(), "[1, -1]");
  OneNode real(Op::Constant, 13);
  real.real("value_float", 0.5);
  EXPECT_EQ(real.value(), "[1/2]");
  EXPECT_EQ(real.dtype(), DType::float32);
}

TEST(ConstantOfShape, FillsAndRefusesNegativeExtents) {
  OneNode node(Op::ConstantOfShape, 9);
  node.values({node.symbol("batch"), 4});
  EXPECT_EQ(node.shape(), "[batch, 4]");
  EXPECT_EQ(node.dtype(), DType::float32);
  OneNode wrong(Op::ConstantOfShape, 9);
  wrong.values({2, -4});
  EXPECT_EQ(wrong.refusal(), "the shape has an extent of -4");
}

TEST(EyeLike, TakesItsTypeFromTheAttributeElseFromTheOperand) {
  OneNode operand(Op::EyeLike, 9);
  operand.input({2, 3}, DType::int32).integer("k", 1);
  EXPECT_EQ(operand.dtype(), DType::int32);
  EXPECT_EQ(operand.value(), "[0, 1, 0, 0, 0, 1]");
  OneNode attribute(Op::EyeLike, 9);
  attribute.input({2, 3}, DType::int32).integer("dtype", 11);
  EXPECT_EQ(attribute.dtype(), DType::float64);
}

TEST(Window, HasAsManyElementsAsAsked) {
  OneNode node(Op::HannWindow, 17);
  node.input({}, DType::int64, Value::scalar(Number::exact(node.symbol("n"))));
  EXPECT_EQ(node.shape(), "[n]");
  EXPECT_EQ(node.count(Arith::transcendental), "n");
}

TEST(Steering, PositionsAreARangeOfTheSequence) {
  GraphBuilder g(17);
  const TensorId ids = g.input("ids", DType::int64, {"batch", "seq"});
  const TensorId past = g.input("past", DType::float32, {"batch", 12, "past", 64});
  const TensorId seq = g.node("Gather", {g.node("Shape", {ids}), g.scalar("one", 1)});
  const TensorId before = g.node("Gather", {g.node("Shape", {past}), g.scalar("two", 2)});
  const TensorId total = g.node("Add", {seq, before});
  const TensorId positions = g.node("Range", {before, total, g.scalar("step", 1)});
  const TensorId rows = g.node("Gather", {g.weight("table", DType::float32, {1024, 768}), positions});
  Inferred graph(std::move(g));
  EXPECT_EQ(graph.shape(positions), "[seq]");
  EXPECT_EQ(graph.shape(rows), "[seq, 768]");
}

TEST(Steering, ACausalMaskFollowsPastAndSequence) {
  GraphBuilder g(17);
  const TensorId scores = g.input("scores", DType::float32, {"batch", 12, "seq", "past + seq"});
  const TensorId shape = g.node("Shape", {scores});
  const TensorId queries = g.node("Gather", {shape, g.constant("q", {-2})});
  const TensorId keys = g.node("Gather", {shape, g.constant("k", {-1})});
  const TensorId first = g.node("Sub", {keys, queries});
  const TensorId mask = g.weight("mask", DType::boolean, {1, 1, 1024, 1024});
  const TensorId rows = g.node("Slice", {mask, first, keys, g.constant("two", {2})});
  const TensorId cut = g.node("Slice", {rows, g.constant("zero", {0}), keys, g.constant("three", {3})});
  const TensorId masked = g.node("Where", {cut, scores, g.float_scalar("low", -10000)});
  Inferred graph(std::move(g));
  EXPECT_EQ(graph.extent_at(masked, 2, {{"past", 5}, {"seq", 3}}), 3);
  EXPECT_EQ(graph.extent_at(masked, 3, {{"past", 5}, {"seq", 3}}), 8);
}

}  // namespace
}  // namespace haoline
