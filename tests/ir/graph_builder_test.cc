#include "ir/graph_builder.h"

#include <gtest/gtest.h>

namespace haoline {
namespace {

TEST(GraphBuilder, MakesTheGraphItSays) {
  GraphBuilder g(17);
  const TensorId x = g.input("x", DType::float32, {"batch", 3, 224, "2*w + 1"});
  const TensorId w = g.weight("w", DType::float32, {64, 3, 7, 7});
  g.output(g.node("Conv", {x, w}, {{"strides", {2, 2}}, {"auto_pad", "VALID"}, {"group", 1}}));
  const Model model = std::move(g).build();
  const Graph& main = model.main();
  ASSERT_EQ(main.nodes.size(), 1u);
  const Node& conv = main.nodes[NodeId{0}];
  EXPECT_EQ(conv.op, find_op("", "Conv"));
  EXPECT_EQ(conv.version, 17);
  EXPECT_EQ(conv.name, "Conv#0");
  EXPECT_EQ(std::get<std::span<const std::int64_t>>(conv.attribute("strides")->value).size(), 2u);
  EXPECT_EQ(std::get<std::string_view>(conv.attribute("auto_pad")->value), "VALID");
  EXPECT_EQ(to_string(main.tensors[x].shape, *model.dims), "[batch, 3, 224, 2*w + 1]");
  EXPECT_EQ(main.tensors[w].constant->encoding, TensorData::Encoding::filler);
  EXPECT_EQ(main.tensors[main.outputs[0]].producer, NodeId{0});
}

TEST(GraphBuilder, ReadsTheDomainInFrontOfTheLastDot) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {2});
  g.node("com.microsoft.Gelu", {x});
  g.node("ai.onnx.ml.Scaler", {x});
  g.node("my.own.Thing", {x, TensorId{}});
  const Model model = std::move(g).build();
  EXPECT_EQ(model.main().nodes[NodeId{0}].op, find_op("com.microsoft", "Gelu"));
  EXPECT_EQ(model.main().nodes[NodeId{0}].version, 1);
  EXPECT_EQ(model.main().nodes[NodeId{1}].version, 5);
  EXPECT_EQ(model.main().nodes[NodeId{2}].op, Op::unknown);
  EXPECT_EQ(model.main().nodes[NodeId{2}].domain, "my.own");
  EXPECT_FALSE(model.main().nodes[NodeId{2}].inputs[1]);
}

TEST(GraphBuilder, NamesStayUnique) {
  GraphBuilder g;
  const TensorId a = g.input("x", DType::float32, {2});
  const TensorId b = g.input("x", DType::float32, {2});
  g.node("Relu", {a}, {}, "relu");
  g.node("Relu", {b}, {}, "relu");
  EXPECT_EQ(g.graph().tensors[b].name, "x#1");
  EXPECT_EQ(g.graph().nodes[NodeId{1}].name, "relu#1");
}

TEST(GraphBuilder, BodiesKnowTheirPlace) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n"});
  const TensorId flag = g.input("flag", DType::boolean, {});
  GraphBuilder yes = g.body(), no = g.body();
  yes.output(yes.node("Relu", {yes.capture(x)}));
  no.output(no.node("Neg", {no.capture(x)}));
  g.output(g.node("If", {flag}, {{"then_branch", yes}, {"else_branch", no}}, "choose"));
  const Model model = std::move(g).build();
  ASSERT_EQ(model.graphs.size(), 3u);
  EXPECT_EQ(model.graphs[GraphId{1}].path, "choose/then_branch");
  EXPECT_EQ(model.graphs[GraphId{2}].parent, Model::kMain);
  EXPECT_EQ(model.graphs[GraphId{2}].owner, NodeId{0});
  EXPECT_EQ(model.graphs[GraphId{1}].tensors[TensorId{0}].outer, x);
}

TEST(GraphBuilder, ConstantsHoldTheirElements) {
  GraphBuilder g;
  const TensorId shape = g.constant("shape", {2, -1});
  const TensorId scale = g.float_scalar("scale", 0.5f);
  const TensorData& data = *g.graph().tensors[shape].constant;
  EXPECT_EQ(data.dtype, DType::int64);
  EXPECT_EQ(load<std::int64_t>(data.bytes.data() + 8), -1);
  EXPECT_TRUE(g.graph().tensors[scale].shape.is_scalar());
  EXPECT_EQ(load<float>(g.graph().tensors[scale].constant->bytes.data()), 0.5f);
}

}  // namespace
}  // namespace haoline
