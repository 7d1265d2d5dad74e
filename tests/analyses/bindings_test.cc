#include "analyses/bindings.h"

#include <gtest/gtest.h>

#include <sstream>

#include "ir/graph_builder.h"

namespace haoline {
namespace {

// Inputs with the given shapes, and constraints as an inference would have learned them at the only node.
struct Case {
  // "batch, 3; seq": shapes of the inputs.
  explicit Case(const std::string& shapes) {
    GraphBuilder g;
    TensorId last;
    std::istringstream inputs(shapes);
    for (std::string shape; std::getline(inputs, shape, ';');) {
      Extents extents;
      std::istringstream parts(shape);
      for (std::string part; std::getline(parts, part, ',');) extents.emplace_back(part);
      last = g.input("", DType::float32, extents);
    }
    g.output(g.node("Relu", {last}, {}, "relu"));
    model = std::move(g).build();
    inference.dims = DimPool(model.dims.get());
    inference.graphs.add({});
    GraphFacts& facts = inference.graphs[Model::kMain];
    for (const Tensor& tensor : model.main().tensors) {
      OperandFacts operand;
      operand.shape = tensor.shape;
      facts.tensors.add(operand);
    }
    facts.nodes.resize(1);
  }
  Dim dim(std::string_view text) { return *inference.dims.parse(text); }
  Case& learn(std::string_view a, std::string_view b, Constraint::Kind kind = Constraint::Kind::equal) {
    inference.constraints.push_back({{kind, dim(a), dim(b)}, Model::kMain, NodeId{0}});
    return *this;
  }
  Result<BoundSymbols> bind(const Bindings& given = {}) { return bind_symbols(model, inference, given); }

  Model model;
  Inference inference;
};

std::string described(const Case& c, const BoundSymbols& bound) {
  static constexpr const char* kSources[] = {"given", "default", "derived", "data"};
  std::string text;
  for (const Binding& b : bound.symbols) {
    if (!text.empty()) text += ", ";
    text += c.inference.dims.to_string(b.symbol) + "=" + (b.value ? std::to_string(*b.value) : "null") + " " +
            kSources[static_cast<std::size_t>(b.source)];
  }
  return text;
}

TEST(Bindings, DefaultToOneInOrderOfAppearance) {
  Case c("batch, 3, h, w; a");
  const auto bound = c.bind();
  ASSERT_TRUE(bound);
  EXPECT_EQ(described(c, *bound), "batch=1 default, h=1 default, w=1 default, a=1 default");
  EXPECT_EQ(bound->values, (Bindings{{"a", 1}, {"batch", 1}, {"h", 1}, {"w", 1}}));
}

TEST(Bindings, GivenValuesAreTaken) {
  Case c("batch, seq");
  const auto bound = c.bind({{"seq", 128}});
  ASSERT_TRUE(bound);
  EXPECT_EQ(described(c, *bound), "batch=1 default, seq=128 given");
}

TEST(Bindings, ATotalFollowsItsParts) {
  Case c("batch, total; batch, seq; past");
  c.learn("total", "past + seq");
  const auto free = c.bind();
  ASSERT_TRUE(free);
  EXPECT_EQ(described(c, *free), "batch=1 default, total=2 derived, seq=1 default, past=1 default");
  Case d("batch, total; batch, seq; past");
  d.learn("past + seq", "total");
  const auto bound = d.bind({{"total", 10}, {"seq", 4}});
  ASSERT_TRUE(bound);
  EXPECT_EQ(described(d, *bound), "batch=1 default, total=10 given, seq=4 given, past=6 derived");
}

TEST(Bindings, EqualitiesPassOnAlongChains) {
  Case c("a, b, c, d");
  c.learn("a", "b").learn("c", "b").learn("d", "2*c + 1");
  const auto bound = c.bind({{"c", 5}});
  ASSERT_TRUE(bound);
  EXPECT_EQ(described(c, *bound), "a=5 derived, b=5 derived, c=5 given, d=11 derived");
  const auto free = c.bind();
  ASSERT_TRUE(free);
  EXPECT_EQ(described(c, *free), "a=1 default, b=1 derived, c=1 derived, d=3 derived");
}

TEST(Bindings, AProductIsSolvedForItsLastFactor) {
  Case c("n, k");
  c.learn("n*k", "24");
  const auto bound = c.bind({{"k", 8}});
  ASSERT_TRUE(bound);
  EXPECT_EQ(described(c, *bound), "n=3 derived, k=8 given");
  EXPECT_FALSE(c.bind({{"k", 7}}));
}

TEST(Bindings, AnUnknownNameListsTheKnownOnes) {
  Case c("batch, seq");
  const auto bound = c.bind({{"sequence", 3}});
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().kind, ErrorKind::usage);
  EXPECT_EQ(bound.error().to_string(),
            "symbols batch, seq: `sequence` is no symbol of this model. Bind one of those");
}

TEST(Bindings, ContradictingValuesNameTheNode) {
  Case c("a, b");
  c.learn("a", "b");
  const auto bound = c.bind({{"a", 2}, {"b", 3}});
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().path, "node \"relu\" needs a = b");
  EXPECT_EQ(bound.error().message, "the bindings contradict it (2 and 3)");
  Case d("a, b");
  d.learn("a", "2*b");
  EXPECT_FALSE(d.bind({{"a", 3}}));
  EXPECT_TRUE(d.bind({{"a", 4}}));
  Case e("a");
  e.learn("a", "8", Constraint::Kind::divisible);
  EXPECT_FALSE(e.bind({{"a", 12}}));
  EXPECT_TRUE(e.bind({{"a", 16}}));
}

TEST(Bindings, NegativeExtentsAndValuesAreErrors) {
  Case c("a, a - 5");
  EXPECT_FALSE(c.bind({{"a", 3}}));
  EXPECT_TRUE(c.bind({{"a", 5}}));
  EXPECT_FALSE(c.bind({{"a", -1}}));
}

TEST(Bindings, ContradictionsOfDefaultsAreFindings) {
  Case c("h, h - 5");
  c.learn("2*(h // 2)", "h");
  const auto bound = c.bind();
  ASSERT_TRUE(bound);
  EXPECT_EQ(described(c, *bound), "h=1 default");
  ASSERT_EQ(c.inference.findings.size(), 2u);
  EXPECT_EQ(c.inference.findings[0].kind, FindingKind::dynamic_input);
  EXPECT_EQ(c.inference.findings[0].node, NodeId{0});
  EXPECT_FALSE(c.bind({{"h", 7}}));
  EXPECT_TRUE(c.bind({{"h", 8}}));
}

TEST(Bindings, DataSymbolsHaveABoundAndNoValue) {
  Case c("n");
  const Dim found = c.inference.dims.data_symbol("relu_count", c.dim("4*n"));
  OperandFacts facts;
  facts.shape = Shape{found};
  c.inference.graphs[Model::kMain].tensors.set(TensorId{1}, facts);
  const auto bound = c.bind({{"n", 3}});
  ASSERT_TRUE(bound);
  EXPECT_EQ(described(c, *bound), "n=3 given, relu_count=null data");
  EXPECT_EQ(c.inference.dims.evaluate_bound(bound->symbols[1].bound, bound->values), 12);
  EXPECT_FALSE(bound->values.contains("relu_count"));
}

}  // namespace
}  // namespace haoline
