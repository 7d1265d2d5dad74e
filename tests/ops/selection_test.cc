#include <gtest/gtest.h>

#include <limits>

#include "support/inferred.h"

namespace haoline {
namespace {

using test::Inferred;
using test::OneNode;

constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kFront = std::numeric_limits<std::int64_t>::min();

// One axis of `extent` elements, or of n.
struct Sliced {
  OneNode node{Op::Slice, 13};
  Sliced(Dim extent, std::int64_t start, std::int64_t end, std::int64_t step) {
    DimPool& pool = node.pool();
    node.input({extent.is_unknown() ? node.symbol("n") : extent});
    node.values({pool.number(start)}).values({pool.number(end)}).values({0}).values({step});
  }
};

std::string sliced(std::int64_t extent, std::int64_t start, std::int64_t end, std::int64_t step = 1) {
  return Sliced(extent, start, end, step).node.shape();
}
std::string sliced_n(std::int64_t start, std::int64_t end, std::int64_t step = 1) {
  return Sliced(Dim::unknown(), start, end, step).node.shape();
}

TEST(Slice, ClampsLikePython) {
  EXPECT_EQ(sliced(10, 2, 100), "[8]");
  EXPECT_EQ(sliced(10, -3, 100), "[3]");
  EXPECT_EQ(sliced(10, -100, -8), "[2]");
  EXPECT_EQ(sliced(10, 7, 3), "[0]");
  EXPECT_EQ(sliced(10, 1, 10, 4), "[3]");
  EXPECT_EQ(sliced(10, 12, 20), "[0]");
  EXPECT_EQ(sliced(10, -1, -100, -1), "[10]");
  EXPECT_EQ(sliced(10, 100, 2, -3), "[3]");
}

TEST(Slice, OfASymbolIsAFormulaThatHoldsForEveryLength) {
  const auto python = [](std::int64_t n, std::int64_t start, std::int64_t end, std::int64_t step) {
    const auto bound = [&](std::int64_t at, std::int64_t low, std::int64_t high) {
      if (at < 0) at = at < -n ? low : at + n;
      return std::min(std::max(at, low), high);
    };
    if (step > 0) {
      const std::int64_t a = bound(start, 0, n), b = bound(end, 0, n);
      return a < b ? (b - a + step - 1) / step : 0;
    }
    const std::int64_t a = bound(start, -1, n - 1), b = bound(end, -1, n - 1);
    return a > b ? (a - b - step - 1) / -step : 0;
  };
  const std::int64_t cases[][3] = {{0, kEnd, 1},  {1, kEnd, 1}, {0, -1, 1},         {-1, kEnd, 1},
                                   {-3, kEnd, 1}, {2, 5, 1},    {0, kEnd, 2},       {1, kEnd, 2},
                                   {1, kEnd, 4},  {-4, -1, 1},  {-5, kEnd, 2},      {-1, kFront, -1},
                                   {3, kEnd, 1},  {0, 4, 1},    {kEnd, kFront, -2}, {-2, kFront, -1}};
  for (const auto& [start, end, step] : cases) {
    Sliced cut(Dim::unknown(), start, end, step);
    for (const std::int64_t n : {1, 2, 3, 4, 5, 8, 11}) {
      if (step < 0 && start < -n) continue;  // Python selects nothing there, ONNX begins at the first element
      EXPECT_EQ(cut.node.extent_at(0, {{"n", n}}), python(n, start, end, step))
          << start << ":" << end << ":" << step << " of " << n << " = " << cut.node.shape();
    }
  }
}

TEST(Slice, FormulasAreShort) {
  EXPECT_EQ(sliced_n(0, kEnd), "[n]");
  EXPECT_EQ(sliced_n(0, kEnd, 2), "[ceildiv(n, 2)]");
  EXPECT_EQ(sliced_n(1, kEnd, 2), "[n // 2]");
  EXPECT_EQ(sliced_n(-1, kEnd), "[min(n, 1)]");
  EXPECT_EQ(sliced_n(kEnd, kFront, -1), "[n]");
}

TEST(Slice, OfATableUpToASymbolIsCutAtTheTable) {
  OneNode node(Op::Slice, 13);
  const Dim seq = node.symbol("seq");
  node.input({1, 512}).values({0}).values({seq}).values({1});
  EXPECT_EQ(node.shape(), "[1, min(seq, 512)]");
}

TEST(Slice, FromPastToPastAndSequence) {
  OneNode node(Op::Slice, 13);
  const Dim past = node.symbol("past"), seq = node.symbol("seq");
  const Dim total = node.pool().add(past, seq);
  node.input({total, 8}).values({past}).values({total}).values({0});
  EXPECT_EQ(node.shape(), "[seq, 8]");
}

TEST(Slice, LeavesToTheDataWhatHasNoSign) {
  OneNode node(Op::Slice, 13);
  const Dim end = node.pool().subtract(node.symbol("a"), node.symbol("b"));
  node.input({100}).values({0}).values({end}).values({0});
  EXPECT_EQ(node.shape(), "[node_axis0]");
  const Symbol* symbol = node.pool().symbol_of(node.pool().find_symbol("node_axis0"));
  ASSERT_NE(symbol, nullptr);
  EXPECT_TRUE(symbol->upper_bound.is(100));
}

TEST(Slice, RefusesListsThatDoNotFit) {
  OneNode ends(Op::Slice, 13);
  ends.input({10}).values({0, 1}).values({1});
  EXPECT_EQ(ends.refusal(), "2 starts and 1 ends");
  OneNode axis(Op::Slice, 13);
  axis.input({10}).values({0}).values({1}).values({1});
  EXPECT_EQ(axis.refusal(), "axis 1 is out of range for rank 1");
  EXPECT_EQ(Sliced(10, 0, 5, 0).node.refusal(), "a step of 0 along axis 0");
}

TEST(Gather, PutsTheIndicesInPlaceOfTheAxis) {
  OneNode node(Op::Gather, 13);
  const Dim batch = node.symbol("batch"), seq = node.symbol("seq");
  node.input({30522, 768}).input({batch, seq}, DType::int64);
  EXPECT_EQ(node.shape(), "[batch, seq, 768]");
  OneNode wrong(Op::Gather, 13);
  wrong.input({3, 768}).values({3});
  EXPECT_EQ(wrong.refusal(), "index 3 is out of range for axis 0 of extent 3");
  OneNode axis(Op::Gather, 13);
  axis.input({3, 768}).values({0}).integer("axis", 2);
  EXPECT_EQ(axis.refusal(), "axis 2 is out of range for rank 2");
}

TEST(Gather, PicksSymbolsToo) {
  OneNode node(Op::Gather, 13);
  node.values({node.symbol("h"), node.symbol("w")}).values({-1});
  EXPECT_EQ(node.value(), "[w]");
}

TEST(GatherND, KeepsTheAxesBehindTheTuple) {
  OneNode node(Op::GatherND, 13);
  node.input({2, 3, 4, 5}).input({2, 7, 2}, DType::int64).integer("batch_dims", 1);
  EXPECT_EQ(node.shape(), "[2, 7, 5]");
  OneNode wrong(Op::GatherND, 13);
  wrong.input({2, 3}).input({7, 3}, DType::int64);
  EXPECT_EQ(wrong.refusal(), "index tuples have 3 elements, the data has 2 axes to index");
}

TEST(ScatterND, WritesIntoKnownElements) {
  OneNode node(Op::ScatterND, 18);
  node.values({1, 2, 3, 4}).input({2, 1}, DType::int64, Value::integers(std::vector<Dim>{3, -3}));
  node.values({node.symbol("h"), 9});
  EXPECT_EQ(node.value(), "[1, 9, 3, h]");
}

TEST(ScatterElements, CountsTheReductionPerUpdate) {
  OneNode node(Op::ScatterElements, 18);
  node.input({10, 4}).input({3, 4}, DType::int64).input({3, 4}).text("reduction", "add");
  EXPECT_EQ(node.count(Arith::add), "12");
  OneNode wrong(Op::ScatterElements, 18);
  wrong.input({10, 4}).input({3, 4}, DType::int64).input({2, 4});
  EXPECT_EQ(wrong.refusal(), "axis 0 of the indices has extent 3, of the updates 2");
}

TEST(NonZero, IsBoundedByItsOperand) {
  OneNode node(Op::NonZero, 13);
  node.input({node.symbol("batch"), 4});
  EXPECT_EQ(node.shape(), "[2, node_nonzero]");
  const Symbol* symbol = node.pool().symbol_of(node.pool().find_symbol("node_nonzero"));
  ASSERT_NE(symbol, nullptr);
  EXPECT_EQ(symbol->origin, SymbolOrigin::data);
  EXPECT_EQ(node.pool().to_string(symbol->upper_bound), "4*batch");
}

TEST(NonZero, OfKnownElementsIsKnown) {
  OneNode node(Op::NonZero, 13);
  node.input({2, 2}, DType::int64, Value::integers(std::vector<Dim>{0, 5, 7, 0}));
  EXPECT_EQ(node.shape(), "[2, 2]");
  EXPECT_EQ(node.value(), "[0, 1, 1, 0]");
}

TEST(Compress, IsBoundedByTheConditionAndTheAxis) {
  OneNode node(Op::Compress, 11);
  node.input({8, 4}).input({5}, DType::boolean).integer("axis", 0);
  EXPECT_EQ(node.shape(), "[node_selected, 4]");
  EXPECT_TRUE(node.pool().symbol_of(node.pool().find_symbol("node_selected"))->upper_bound.is(5));
}

TEST(Unique, KnowsKnownElements) {
  OneNode node(Op::Unique, 11, 4);
  node.values({2, 1, 1, 3, 2});
  EXPECT_EQ(node.value(0), "[1, 2, 3]");
  EXPECT_EQ(node.value(1), "[1, 0, 3]");
  EXPECT_EQ(node.value(2), "[1, 0, 0, 2, 1]");
  EXPECT_EQ(node.value(3), "[2, 2, 1]");
}

TEST(OneHot, TakesItsDepthFromAnExpression) {
  OneNode node(Op::OneHot, 11);
  const Dim classes = node.symbol("classes");
  node.input({node.symbol("batch")}, DType::int64);
  node.input({}, DType::int64, Value::scalar(Number::exact(classes))).input({2});
  EXPECT_EQ(node.shape(), "[batch, classes]");
}

}  // namespace
}  // namespace haoline
