// Local functions take the place of their calls.
#include <gtest/gtest.h>

#include "formats/format.h"
#include "support/onnx_writer.h"

namespace haoline {
namespace {

using namespace test;

std::string with_functions(const OnnxGraph& graph, const std::vector<OnnxFunction>& functions) {
  Wire more;
  more.message(8, onnx_opset("local", 1));
  for (const OnnxFunction& function : functions) more.message(25, function.wire());
  return onnx_model(graph, more);
}

// "name: Op(inputs) -> outputs", one a line.
std::string listing(const Model& model, GraphId id = Model::kMain) {
  const Graph& graph = model.graphs[id];
  std::string text;
  const auto names = [&](std::span<const TensorId> tensors) {
    std::string list;
    for (const TensorId t : tensors)
      list += (list.empty() ? "" : ", ") + (t ? std::string(graph.tensors[t].name) : "-");
    return list;
  };
  for (const Node& node : graph.nodes) {
    text += std::string(node.name) + ": " + std::string(node.op_type) + "(" + names(node.inputs) + ") -> " +
            names(node.outputs) + "\n";
  }
  return text;
}

Result<Model> read(const std::string& file) {
  return read_model(as_bytes(file));
}

const OnnxFunction kTwice{"local",
                          "Twice",
                          {"a"},
                          {"b"},
                          {onnx_node("Neg", {"a"}, {"t"}, "neg"), onnx_node("Abs", {"t"}, {"b"}, "abs")}};

TEST(OnnxFunction, TheBodyTakesThePlaceOfTheCall) {
  const std::string file = with_functions(OnnxGraph()
                                              .input("x", 1, {1})
                                              .node("Twice", {"x"}, {"h"}, "/m/first", {}, "local")
                                              .node("Twice", {"h"}, {"y"}, "", {}, "local")
                                              .output("y"),
                                          {kTwice});
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(listing(*model),
            "/m/first/neg: Neg(x) -> /m/first/t\n"
            "/m/first/abs: Abs(/m/first/t) -> h\n"
            "Twice#2/neg: Neg(h) -> Twice#2/t\n"
            "Twice#2/abs: Abs(Twice#2/t) -> y\n");
  EXPECT_EQ(model->main().nodes[NodeId{0}].scope, "m/first");
  EXPECT_EQ(model->main().nodes[NodeId{0}].source_name, "neg");
  ASSERT_EQ(model->functions.size(), 1u);
  EXPECT_EQ(model->functions[0].name, "Twice");
  EXPECT_EQ(model->functions[0].nodes, 2u);
  EXPECT_EQ(model->functions[0].calls, 2u);
}

TEST(OnnxFunction, CallsNest) {
  const OnnxFunction outer{
      "local",
      "Outer",
      {"a"},
      {"b"},
      {onnx_node("Twice", {"a"}, {"u"}, "one", {}, "local"), onnx_node("Exp", {"u"}, {"b"}, "e")}};
  const std::string file = with_functions(
      OnnxGraph().input("x", 1, {1}).node("Outer", {"x"}, {"y"}, "call", {}, "local").output("y"),
      {kTwice, outer});
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(listing(*model),
            "call/one/neg: Neg(x) -> call/one/t\n"
            "call/one/abs: Abs(call/one/t) -> call/u\n"
            "call/e: Exp(call/u) -> y\n");
  EXPECT_EQ(model->main().nodes[NodeId{1}].scope, "call/one");
}

TEST(OnnxFunction, AttributesComeFromTheCallElseTheDefaultElseAreAbsent) {
  const OnnxFunction function{
      "local",
      "F",
      {"a"},
      {"b"},
      {onnx_node("Softmax", {"a"}, {"b"}, "s",
                 {onnx_reference("axis", "ax", 2), onnx_reference("other", "missing", 2)})},
      {onnx_int("ax", 5)}};
  const std::string file = with_functions(OnnxGraph()
                                              .input("x", 1, {1})
                                              .node("F", {"x"}, {"h"}, "given", {onnx_int("ax", 3)}, "local")
                                              .node("F", {"h"}, {"y"}, "default", {}, "local")
                                              .output("y"),
                                          {function});
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(std::get<std::int64_t>(model->main().nodes[NodeId{0}].attribute("axis")->value), 3);
  EXPECT_EQ(std::get<std::int64_t>(model->main().nodes[NodeId{1}].attribute("axis")->value), 5);
  EXPECT_EQ(model->main().nodes[NodeId{1}].attribute("other"), nullptr);
}

TEST(OnnxFunction, ADefaultThatRefersToItselfIsAbsent) {
  const OnnxFunction function{"local",
                              "F",
                              {"a"},
                              {"b"},
                              {onnx_node("Softmax", {"a"}, {"b"}, "s", {onnx_reference("axis", "ax", 2)})},
                              {onnx_reference("ax", "ax", 2)}};
  const std::string file = with_functions(
      OnnxGraph().input("x", 1, {1}).node("F", {"x"}, {"y"}, "f", {}, "local").output("y"), {function});
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->main().nodes[NodeId{0}].attribute("axis"), nullptr);
}

TEST(OnnxFunction, AttributesPassThroughNestedCalls) {
  const OnnxFunction inner{"local",
                           "In",
                           {"a"},
                           {"b"},
                           {onnx_node("Softmax", {"a"}, {"b"}, "s", {onnx_reference("axis", "k", 2)})}};
  const OnnxFunction outer{
      "local",
      "Out",
      {"a"},
      {"b"},
      {onnx_node("In", {"a"}, {"b"}, "i", {onnx_reference("k", "outer_k", 2)}, "local")}};
  const std::string file =
      with_functions(OnnxGraph()
                         .input("x", 1, {1})
                         .node("Out", {"x"}, {"y"}, "o", {onnx_int("outer_k", 7)}, "local")
                         .output("y"),
                     {inner, outer});
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(std::get<std::int64_t>(model->main().nodes[NodeId{0}].attribute("axis")->value), 7);
  EXPECT_EQ(model->main().nodes[NodeId{0}].attributes.size(), 1u);
}

TEST(OnnxFunction, ItsOwnOperatorSetHolds) {
  OnnxFunction old = kTwice;
  old.version = 13;
  const std::string file = with_functions(OnnxGraph()
                                              .input("x", 1, {1})
                                              .node("Twice", {"x"}, {"h"}, "c", {}, "local")
                                              .node("Neg", {"h"}, {"y"}, "n")
                                              .output("y"),
                                          {old});
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->main().nodes[NodeId{0}].version, 13);
  EXPECT_EQ(model->main().nodes[NodeId{2}].version, 21);
}

TEST(OnnxFunction, AFunctionOfAKnownOperatorsNameIsTheFunction) {
  const OnnxFunction relu{"", "Relu", {"a"}, {"b"}, {onnx_node("Abs", {"a"}, {"b"}, "abs")}};
  const std::string file =
      with_functions(OnnxGraph().input("x", 1, {1}).node("Relu", {"x"}, {"y"}, "r").output("y"), {relu});
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(listing(*model), "r/abs: Abs(x) -> y\n");
}

TEST(OnnxFunction, AnOmittedInputIsAbsentInTheBody) {
  const OnnxFunction clip{
      "local", "C", {"a", "low"}, {"b"}, {onnx_node("Clip", {"a", "low"}, {"b"}, "clip")}};
  const std::string file = with_functions(
      OnnxGraph().input("x", 1, {1}).node("C", {"x"}, {"y"}, "c", {}, "local").output("y"), {clip});
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(listing(*model), "c/clip: Clip(x, -) -> y\n");
}

TEST(OnnxFunction, AnInputThatIsAlsoAResultPassesThroughAnIdentity) {
  const OnnxFunction pass{"local", "P", {"a"}, {"a", "b"}, {onnx_node("Neg", {"a"}, {"b"}, "n")}};
  const std::string file = with_functions(OnnxGraph()
                                              .input("x", 1, {1})
                                              .node("P", {"x"}, {"same", "y"}, "p", {}, "local")
                                              .output("y")
                                              .output("same"),
                                          {pass});
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(listing(*model), "p/n: Neg(x) -> y\nIdentity#1: Identity(x) -> same\n");
}

TEST(OnnxFunction, BodiesInFunctionsSeeTheFunctionsNames) {
  OnnxGraph branch;
  branch.node("Add", {"a", "t"}, {"r"}, "add", {onnx_reference("k", "k", 2)}).output("r");
  const OnnxFunction choose{
      "local",
      "Choose",
      {"c", "a"},
      {"b"},
      {onnx_node("Neg", {"a"}, {"t"}, "neg"),
       onnx_node("If", {"c"}, {"b"}, "if",
                 {onnx_body("then_branch", branch), onnx_body("else_branch", branch)})}};
  const std::string file =
      with_functions(OnnxGraph()
                         .input("c", 9, {})
                         .input("x", 1, {1})
                         .node("Choose", {"c", "x"}, {"y"}, "call", {onnx_int("k", 4)}, "local")
                         .output("y"),
                     {choose});
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  const Graph& body = model->graphs[GraphId{1}];
  EXPECT_EQ(body.path, "call/if/then_branch");
  EXPECT_EQ(listing(*model, GraphId{1}), "add: Add(a, t) -> r\n");
  EXPECT_EQ(model->main().tensors[body.tensors[body.nodes[NodeId{0}].inputs[0]].outer].name, "x");
  EXPECT_EQ(model->main().tensors[body.tensors[body.nodes[NodeId{0}].inputs[1]].outer].name, "call/t");
  EXPECT_EQ(std::get<std::int64_t>(body.nodes[NodeId{0}].attribute("k")->value), 4);
  EXPECT_EQ(body.nodes[NodeId{0}].scope, "call");
}

TEST(OnnxFunction, ABodyGivenAsAnAttributeSeesTheCallersNames) {
  OnnxGraph branch;
  branch.node("Neg", {"x"}, {"r"}, "neg").output("r");
  const OnnxFunction choose{
      "local",
      "Choose",
      {"c"},
      {"b"},
      {onnx_node("If", {"c"}, {"b"}, "if",
                 {onnx_reference("then_branch", "g", 5), onnx_reference("else_branch", "g", 5)})}};
  const std::string file =
      with_functions(OnnxGraph()
                         .input("c", 9, {})
                         .input("x", 1, {1})
                         .node("Choose", {"c"}, {"y"}, "call", {onnx_body("g", branch)}, "local")
                         .output("y"),
                     {choose});
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  ASSERT_EQ(model->graphs.size(), 3u);
  const Graph& body = model->graphs[GraphId{2}];
  EXPECT_EQ(model->main().nodes[body.owner].name, "call/if");
  EXPECT_EQ(model->main().tensors[body.tensors[body.nodes[NodeId{0}].inputs[0]].outer].name, "x");
}

TEST(OnnxFunction, MayStayACall) {
  const std::string file = with_functions(
      OnnxGraph().input("x", 1, {1}).node("Twice", {"x"}, {"y"}, "c", {}, "local").output("y"), {kTwice});
  ReadOptions options;
  options.inline_functions = false;
  const Result<Model> model = read_model(as_bytes(file), options);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(listing(*model), "c: Twice(x) -> y\n");
  EXPECT_EQ(model->main().nodes[NodeId{0}].op, Op::unknown);
}

}  // namespace
}  // namespace haoline
