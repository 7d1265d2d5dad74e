#include "analyses/explain.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/figures.h"

namespace haoline {
namespace {

using test::Figures;

GraphBuilder convolution() {
  GraphBuilder g(11);
  const TensorId x = g.input("x", DType::float32, {"batch", 64, 56, 56});
  const TensorId relu = g.node("Relu", {x}, {}, "relu");
  const TensorId w = g.weight("w", DType::float32, {64, 64, 3, 3});
  g.output(g.node("Conv", {relu, w}, {{"pads", {1, 1, 1, 1}}}, "layer1/conv2"));
  return g;
}

// The text of the first line with that label; "none" where there is none.
std::string line(const Explanation& explanation, std::string_view label) {
  const auto found = std::find_if(explanation.lines.begin(), explanation.lines.end(),
                                  [&](const Explanation::Line& l) { return l.label == label; });
  return found == explanation.lines.end() ? "none" : found->text;
}

Explanation explained(Figures& figures, std::string_view node, Figure figure) {
  Result<Explanation> result = explain(figures.model(), figures.inference(), figures.bound(), node, figure);
  EXPECT_TRUE(bool(result)) << (result ? "" : result.error().message);
  return result ? std::move(*result) : Explanation{};
}

TEST(Explain, MacsByFormulaQuantitiesAndOperands) {
  Figures figures(convolution(), {{"batch", 2}});
  const Explanation e = explained(figures, "layer1/conv2", Figure::macs);
  EXPECT_EQ(e.result_text, "115,605,504·batch   MACs of Conv (ai.onnx, opset 11)");
  EXPECT_TRUE(
      line(e, "=").starts_with("batch·out_channels·out_h·out_w·(in_channels/group)·kernel_h·kernel_w"));
  EXPECT_EQ(e.lines[1].label, "=");
  EXPECT_TRUE(e.lines[1].text.starts_with("batch·64·56·56·(64/1)·3·3"));
  EXPECT_EQ(line(e, "out_channels"), "64");
  EXPECT_EQ(line(e, "with batch = 2"), "231,211,008");
  EXPECT_EQ(line(e, "input X"), "float32 [batch, 64, 56, 56]  `relu:out` from relu (Relu)");
  EXPECT_NE(line(e, "rule"), "none");
}

TEST(Explain, ParametersByTensorAndRole) {
  Figures figures(convolution());
  const Explanation e = explained(figures, "layer1/conv2", Figure::parameters);
  EXPECT_EQ(e.result_text, "36,864   parameters of Conv (ai.onnx, opset 11)");
  EXPECT_EQ(line(e, "w"), "36,864 float32 as W: trainable");
}

TEST(Explain, PeakByTheTensorsThatLiveThen) {
  Figures figures(convolution());
  const Explanation e = explained(figures, "layer1/conv2", Figure::peak);
  EXPECT_EQ(e.result_text, "1,605,632 bytes   live while layer1/conv2 runs");
  EXPECT_EQ(line(e, "relu:out"), "802,816 bytes, until layer1/conv2");
}

TEST(Explain, BytesByOperand) {
  Figures figures(convolution());
  const Explanation e = explained(figures, "relu", Figure::bytes);
  EXPECT_EQ(line(e, "read"), "802,816·batch");
  EXPECT_EQ(line(e, "written"), "802,816·batch");
}

TEST(Explain, ShapesByTheirOperands) {
  Figures figures(convolution());
  const Explanation e = explained(figures, "layer1/conv2", Figure::shape);
  EXPECT_EQ(e.result_text, "float32 [batch, 64, 56, 56]   result of Conv (ai.onnx, opset 11)");
  EXPECT_TRUE(e.result.is_unknown());
}

TEST(Explain, SaysWhyAFigureIsUnknown) {
  GraphBuilder g;
  g.output(g.node("custom.Mystery", {g.input("x", DType::float32, {1})}, {}, "mystery"));
  Figures figures(std::move(g));
  const Explanation e = explained(figures, "mystery", Figure::macs);
  EXPECT_TRUE(e.result.is_unknown());
  EXPECT_EQ(line(e, "unknown"), "the operator is not known");
}

TEST(Explain, RefusesANodeThatIsNotThereWithNearNames) {
  Figures figures(convolution());
  const auto result =
      explain(figures.model(), figures.inference(), figures.bound(), "layer1/conv3", Figure::macs);
  ASSERT_FALSE(bool(result));
  EXPECT_EQ(result.error().kind, ErrorKind::usage);
  EXPECT_EQ(result.error().message, "no node is called `layer1/conv3`");
  EXPECT_EQ(result.error().advice, "Near names: layer1/conv2, relu.");
}

}  // namespace
}  // namespace haoline
