#include "analyses/totals.h"

#include <gtest/gtest.h>

#include "support/figures.h"

namespace haoline {
namespace {

using test::Figures;

const NamedCost* named(const std::vector<NamedCost>& costs, std::string_view name) {
  for (const NamedCost& cost : costs) {
    if (cost.name == name) return &cost;
  }
  return nullptr;
}

TEST(Totals, AddUpAndKeepTheFormula) {
  GraphBuilder g;
  TensorId x = g.input("x", DType::float32, {"batch", 8});
  for (int i = 0; i < 3; ++i) x = g.node("MatMul", {x, g.weight("w", DType::float32, {8, 8})});
  g.output(g.node("Relu", {x}));
  Figures figures(std::move(g));
  const CostTotals totals = figures.totals();
  EXPECT_EQ(figures.text(totals.total.macs), "192*batch");   // 3 × batch·8·8
  EXPECT_EQ(figures.text(totals.total.flops), "392*batch");  // 2 × 192 and one comparison for each of 8
  EXPECT_TRUE(totals.total.complete);
  EXPECT_EQ(totals.nodes, 4u);
  EXPECT_EQ(totals.nodes_known, 4u);
  ASSERT_NE(named(totals.by_operator, "MatMul"), nullptr);
  EXPECT_EQ(named(totals.by_operator, "MatMul")->cost.nodes, 3u);
  EXPECT_EQ(figures.text(named(totals.by_operator, "MatMul")->cost.macs), "192*batch");
  EXPECT_EQ(figures.text(named(totals.by_category, "linear")->cost.macs), "192*batch");
  EXPECT_EQ(figures.text(named(totals.by_category, "activation")->cost.flops), "8*batch");
}

TEST(Totals, LeaveOutWhatNobodyKnowsAndSaySo) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {2, 8});
  const TensorId y = g.node("MatMul", {x, g.weight("w", DType::float32, {8, 8})});
  g.output(g.node("custom.Mystery", {y}, {}, "mystery"));
  Figures figures(std::move(g));
  const CostTotals totals = figures.totals();
  EXPECT_EQ(figures.text(totals.total.macs), "128");
  EXPECT_FALSE(totals.total.complete);
  EXPECT_EQ(totals.nodes_known, 1u);
  ASSERT_EQ(totals.uncovered.size(), 1u);
  EXPECT_EQ(totals.uncovered[0].why, CostBasis::unknown_operator);
  EXPECT_FALSE(named(totals.by_operator, "Mystery")->cost.complete);
  EXPECT_TRUE(named(totals.by_operator, "MatMul")->cost.complete);
}

// Branches of 64 and 128 MACs.
GraphBuilder if_graph(int second_products, const char* then_extent) {
  GraphBuilder g;
  const TensorId flag = g.input("flag", DType::boolean, {});
  const TensorId x = g.input("x", DType::float32, {then_extent, 8});
  const TensorId z = g.input("z", DType::float32, {"other", 8});
  GraphBuilder cheap = g.body(), dear = g.body();
  cheap.output(cheap.node("MatMul", {cheap.capture(x), cheap.weight("a", DType::float32, {8, 8})}));
  TensorId y = dear.capture(then_extent == std::string_view("n") ? z : x);
  for (int i = 0; i < second_products; ++i)
    y = dear.node("Gemm", {y, dear.weight("b", DType::float32, {8, 8})});
  dear.output(y);
  g.output(g.node("If", {flag}, {{"then_branch", cheap}, {"else_branch", dear}}));
  return g;
}

TEST(Totals, CountTheCostliestBranchOfAnIf) {
  Figures figures(if_graph(2, "1"));
  const CostTotals totals = figures.totals();
  EXPECT_EQ(figures.text(totals.total.macs), "128");
  EXPECT_EQ(figures.text(named(totals.by_operator, "Gemm")->cost.macs), "128");
  EXPECT_EQ(figures.text(named(totals.by_operator, "MatMul")->cost.macs), "0");
  EXPECT_EQ(named(totals.by_operator, "MatMul")->cost.nodes, 1u);
  EXPECT_EQ(totals.nodes, 4u);
}

TEST(Totals, KeepBothBranchesWhereSymbolsDecide) {
  Figures figures(if_graph(2, "n"));
  const CostTotals totals = figures.totals();
  const auto at = [&](std::int64_t n, std::int64_t other) {
    const auto value = figures.inference().dims.evaluate(totals.total.macs, {{"n", n}, {"other", other}});
    return value ? static_cast<std::int64_t>(*value) : -1;
  };
  EXPECT_EQ(at(1, 1), 128);
  EXPECT_EQ(at(10, 1), 640);
}

TEST(Totals, MultiplyABodyByItsTripsAndNeverCountItTwice) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {1, 8});
  GraphBuilder body = g.body();
  body.input("i", DType::int64, {});
  const TensorId go = body.input("go", DType::boolean, {});
  const TensorId state = body.input("state", DType::float32, {1, 8});
  body.output(body.node("Identity", {go}));
  body.output(body.node("MatMul", {state, body.weight("w", DType::float32, {8, 8})}));
  g.output(g.node("Loop", {g.scalar("trips", 5), TensorId{}, x}, {{"body", body}}));
  Figures figures(std::move(g));
  const CostTotals totals = figures.totals();
  EXPECT_EQ(figures.text(totals.total.macs), "320");  // 5 × 64
  EXPECT_EQ(figures.text(named(totals.by_operator, "MatMul")->cost.macs), "320");
  EXPECT_EQ(figures.text(named(totals.by_operator, "Loop")->cost.macs), "0");
}

TEST(Totals, SumScopesIntoTheirParents) {
  GraphBuilder g;
  TensorId x = g.input("x", DType::float32, {1, 8});
  for (const char* scope : {"/model/a", "/model/b", "/model/a/deep", ""}) {
    x = g.node("MatMul", {x, g.weight("w", DType::float32, {8, 8})});
    g.graph().nodes[g.last_node()].scope = scope;
  }
  g.output(x);
  Figures figures(std::move(g));
  const CostTotals totals = figures.totals();
  ASSERT_EQ(totals.by_scope.size(), 4u);
  EXPECT_EQ(totals.by_scope[0].name, "/model");
  EXPECT_EQ(figures.text(totals.by_scope[0].cost.macs), "192");
  EXPECT_EQ(totals.by_scope[0].cost.nodes, 3u);
  EXPECT_EQ(figures.text(named(totals.by_scope, "/model/a")->cost.macs), "128");
  EXPECT_EQ(figures.text(named(totals.by_scope, "/model/b")->cost.macs), "64");
}

TEST(Totals, OfAnEmptyGraphAreZeroAndComplete) {
  GraphBuilder g;
  g.output(g.input("x", DType::float32, {1}));
  Figures figures(std::move(g));
  const CostTotals totals = figures.totals();
  EXPECT_TRUE(totals.total.macs.is(0));
  EXPECT_TRUE(totals.total.complete);
}

TEST(DisplayOperator, CarriesTheDomainUnlessItIsOnnxs) {
  Node node;
  node.op = Op::Conv;
  EXPECT_EQ(display_operator(node), "Conv");
  node.op = Op::MsGelu;
  EXPECT_EQ(display_operator(node), "com.microsoft.Gelu");
  node.op = Op::unknown;
  node.op_type = "Mystery";
  EXPECT_EQ(display_operator(node), "Mystery");
}

}  // namespace
}  // namespace haoline
