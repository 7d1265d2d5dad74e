// If, Loop, Scan and SequenceMap: what the bodies are fed, how often they run, what comes out.
#include <gtest/gtest.h>

#include "support/inferred.h"

namespace haoline {
namespace {

using test::Inferred;

const NodeFacts& node_of(Inferred& inferred, GraphId graph, std::uint32_t node) {
  return inferred.inference().graphs[graph].nodes[NodeId{node}];
}

// A branch that multiplies the captured x by a weight of that width.
GraphBuilder product_branch(GraphBuilder& g, TensorId x, std::int64_t width) {
  GraphBuilder branch = g.body();
  branch.output(branch.node("MatMul", {branch.capture(x), branch.weight("w", DType::float32, {8, width})}));
  return branch;
}

TEST(If, JoinsItsBranchesAndCostsTheDearerOne) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n", 8});
  const TensorId which = g.input("which", DType::boolean, {});
  GraphBuilder small = product_branch(g, x, 2), large = product_branch(g, x, 5);
  const TensorId y = g.node("If", {which}, {{"then_branch", small}, {"else_branch", large}}, "choice");
  Inferred inferred(std::move(g));
  DimPool& dims = inferred.inference().dims;
  const Shape& shape = inferred.facts(y).shape;
  EXPECT_EQ(dims.to_string(shape[0]), "n");
  ASSERT_TRUE(dims.depends_on_data(shape[1]));
  EXPECT_TRUE(dims.evaluate_bound(shape[1], {}) == Int128{5});
  EXPECT_EQ(inferred.macs(), "40*n");
}

TEST(If, AKnownConditionSelectsTheBranchAndTheOtherNeverRuns) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n", 8});
  const TensorId which = g.input("which", DType::boolean, {});
  GraphBuilder small = product_branch(g, x, 2), large = product_branch(g, x, 5);
  const GraphId dead = large.id();
  const TensorId y = g.node("If", {which}, {{"then_branch", small}, {"else_branch", large}});
  InferOptions options;
  options.input_values["which"] = {1};
  Inferred inferred(std::move(g), options);
  EXPECT_EQ(inferred.shape(y), "[n, 2]");
  EXPECT_EQ(inferred.macs(), "16*n");
  EXPECT_TRUE(node_of(inferred, dead, 0).executions.is(0));
}

// A loop's body: passes the condition on and does `change` to the state.
template <class Change>
GraphBuilder loop_body(GraphBuilder& g, Change change) {
  GraphBuilder body = g.body();
  const TensorId i = body.input("i", DType::int64, {});
  const TensorId go = body.input("go", DType::boolean, {});
  const TensorId state = body.input("state", Type{DType::float32});
  body.output(body.node("Identity", {go}));
  change(body, i, state);
  return body;
}

TEST(Loop, MultipliesItsBodyByTheTrips) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n", 8});
  GraphBuilder body = loop_body(g, [](GraphBuilder& b, TensorId, TensorId state) {
    const TensorId next = b.node("MatMul", {state, b.weight("w", DType::float32, {8, 8})});
    b.output(next);
    b.output(next);
  });
  const GraphId inner = body.id();
  const auto results = g.nodes("Loop", {g.scalar("trips", 5), TensorId{}, x}, 2, {{"body", body}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(results[0]), "float32 [n, 8]");
  EXPECT_EQ(inferred.said(results[1]), "float32 [5, n, 8]");
  EXPECT_EQ(inferred.macs(), "320*n");  // 5·n·8·8
  EXPECT_TRUE(node_of(inferred, inner, 1).executions.is(5));
}

TEST(Loop, GrowingStateIsAFormulaInTheTrips) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n", 8});
  const TensorId ids = g.input("ids", DType::int64, {"steps"});
  const TensorId trips = g.node("Size", {ids});
  GraphBuilder body = loop_body(g, [](GraphBuilder& b, TensorId, TensorId state) {
    b.output(b.node("Concat", {state, b.weight("row", DType::float32, {2, 8})}, {{"axis", 0}}));
  });
  const TensorId y = g.node("Loop", {trips, TensorId{}, x}, {{"body", body}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.shape(y), "[n + 2*steps, 8]");
}

TEST(Loop, UnknownTripsAreASymbolThatCanBeBound) {
  const auto graph = [](TensorId& y) {
    GraphBuilder g;
    const TensorId x = g.input("x", DType::float32, {3});
    const TensorId limit = g.input("limit", DType::int64, {});
    GraphBuilder body = loop_body(g, [](GraphBuilder& b, TensorId, TensorId state) {
      b.output(b.node("Relu", {state}));
      b.output(b.node("Identity", {state}));
    });
    y = g.nodes("Loop", {limit, TensorId{}, x}, 2, {{"body", body}}, "again")[1];
    return g;
  };
  TensorId y;
  Inferred open(graph(y));
  EXPECT_EQ(open.shape(y), "[trips_again, 3]");
  InferOptions options;
  options.bind["trips_again"] = 4;
  Inferred bound(graph(y), options);
  EXPECT_EQ(bound.shape(y), "[4, 3]");
}

TEST(Loop, FollowsAConditionThatItsValuesDecide) {
  GraphBuilder g;
  GraphBuilder body = g.body();
  body.input("i", DType::int64, {});
  body.input("go", DType::boolean, {});
  const TensorId state = body.input("state", DType::int64, {});
  const TensorId next = body.node("Mul", {state, body.scalar("two", 2)});
  body.output(body.node("Less", {next, body.scalar("end", 20)}));
  body.output(next);
  body.output(next);
  const auto results = g.nodes("Loop", {TensorId{}, TensorId{}, g.scalar("one", 1)}, 2, {{"body", body}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.value(results[0]), "[32]");  // 2, 4, 8, 16, 32
  EXPECT_EQ(inferred.shape(results[1]), "[5]");
}

TEST(Loop, StateThatChangesItsRankIsUnknownNotGuessed) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {3});
  const TensorId limit = g.input("limit", DType::int64, {});
  GraphBuilder body = loop_body(g, [](GraphBuilder& b, TensorId, TensorId state) {
    b.output(b.node("Unsqueeze", {state, b.constant("axes", {0})}));
  });
  const TensorId y = g.node("Loop", {limit, TensorId{}, x}, {{"body", body}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y), "float32 ?");
}

TEST(Loop, NestedLoopsStayLinearHoweverDeep) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {3});
  const TensorId limit = g.input("limit", DType::int64, {});
  // Every level makes its state grow in a way that has no formula, so that every level wants trial runs.
  const auto nest = [&](auto&& self, GraphBuilder& outer, TensorId state, int depth) -> TensorId {
    if (depth == 0) return outer.node("Unsqueeze", {state, outer.constant("axes", {0})});
    GraphBuilder body = outer.body();
    body.input("i", DType::int64, {});
    const TensorId go = body.input("go", DType::boolean, {});
    const TensorId inner = body.input("state", Type{DType::float32});
    body.output(body.node("Identity", {go}));
    body.output(self(self, body, inner, depth - 1));
    const TensorId trips = outer.scalar("trips", 3);
    return outer.node("Loop", {trips, TensorId{}, state}, {{"body", body}});
  };
  const TensorId y = nest(nest, g, x, 40);
  g.output(g.node("Identity", {limit}));
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.dtype(y), DType::float32);
}

TEST(Scan, TakesTheScannedAxisAsItsTrips) {
  GraphBuilder g;
  const TensorId state = g.input("state", DType::float32, {"b", 4});
  const TensorId x = g.input("x", DType::float32, {"b", "t", 4});
  GraphBuilder body = g.body();
  const TensorId before = body.input("before", DType::float32, {"?", 4});
  const TensorId slice = body.input("slice", DType::float32, {"?", 4});
  const TensorId sum = body.node("Add", {before, slice});
  body.output(sum);
  body.output(sum);
  const auto results =
      g.nodes("Scan", {state, x}, 2,
              {{"body", body}, {"num_scan_inputs", 1}, {"scan_input_axes", {1}}, {"scan_output_axes", {1}}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.shape(results[0]), "[b, 4]");
  EXPECT_EQ(inferred.shape(results[1]), "[b, t, 4]");
  EXPECT_EQ(inferred.count(Arith::add), "4*b*t");
}

TEST(Bodies, ThatNoRuleRunsKeepWhatTheFileDeclares) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n", 8});
  GraphBuilder body = g.body();
  const TensorId inside = body.input("inside", DType::float32, {4});
  body.output(body.node("Relu", {inside}));
  const TensorId y = g.node("custom.Apply", {x}, {{"body", body}});
  Inferred inferred(std::move(g));
  const GraphFacts& facts = inferred.inference().graphs[body.id()];
  ASSERT_EQ(facts.tensors.size(), 2u);
  ASSERT_EQ(facts.nodes.size(), 1u);
  EXPECT_EQ(to_string(facts.tensors[inside].shape, inferred.inference().dims), "[4]");
  EXPECT_EQ(inferred.shape(y), "?");
}

// The second layer is alike the first, so nothing is worked out again; what is said of it must not differ.
TEST(Inference, GivesAlikeNodesTheSameAndUnlikeOnesTheirOwn) {
  GraphBuilder g;
  TensorId x = g.input("x", DType::float32, {"n", 8});
  std::vector<TensorId> layers;
  for (int layer = 0; layer < 3; ++layer) {
    const std::string name = "w" + std::to_string(layer);
    layers.push_back(g.node("MatMul", {x, g.weight(name, DType::float32, {8, layer == 2 ? 4 : 8})}));
    x = g.node("Relu", {layers.back()});
  }
  const TensorId counted = g.node("NonZero", {x});
  const TensorId again = g.node("NonZero", {x});
  g.output(counted);
  g.output(again);
  Inferred inferred(std::move(g));
  const GraphFacts& facts = inferred.inference().graphs[Model::kMain];
  EXPECT_EQ(inferred.shape(layers[0]), "[n, 8]");
  EXPECT_EQ(facts.tensors.kind(layers[0]), facts.tensors.kind(layers[1]));
  EXPECT_EQ(facts.nodes.kind(NodeId{0}), facts.nodes.kind(NodeId{2}));
  EXPECT_EQ(inferred.macs(0), "64*n");
  EXPECT_EQ(inferred.macs(2), "64*n");
  EXPECT_EQ(inferred.macs(4), "32*n");
  EXPECT_EQ(inferred.shape(layers[2]), "[n, 4]");
  // How many elements are not 0 is each node's own symbol.
  EXPECT_NE(inferred.shape(counted), inferred.shape(again));
}

TEST(SequenceMap, RunsItsBodyForEveryElement) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n", 8});
  const TensorId rows = g.node("SplitToSequence", {x}, {{"axis", 0}});
  GraphBuilder body = g.body();
  const TensorId row = body.input("row", Type{DType::float32});
  body.output(body.node("MatMul", {row, body.weight("w", DType::float32, {8, 2})}));
  const TensorId y = g.node("SequenceMap", {rows}, {{"body", body}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y), "sequence(float32) [1, 2] x n");
  EXPECT_EQ(inferred.macs(1), "16*n");
}

}  // namespace
}  // namespace haoline
