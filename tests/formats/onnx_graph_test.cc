// What a graph becomes: tensors, nodes, names, symbols, bodies.
#include <gtest/gtest.h>

#include <deque>

#include "formats/format.h"
#include "support/onnx_writer.h"

namespace haoline {
namespace {

using namespace test;

// Keeps the file: the model borrows from it.
Model read_ok(std::string bytes) {
  static std::deque<std::string> files;
  Result<Model> model = read_model(as_bytes(files.emplace_back(std::move(bytes))));
  EXPECT_TRUE(model) << model.error().to_string();
  return model ? *std::move(model) : Model();
}

const Tensor& tensor_named(const Graph& graph, std::string_view name) {
  for (const Tensor& tensor : graph.tensors) {
    if (tensor.name == name) return tensor;
  }
  ADD_FAILURE() << "no tensor " << name;
  return graph.tensors[TensorId{0}];
}

std::string shape_of(const Model& model, std::string_view name) {
  return to_string(tensor_named(model.main(), name).shape, *model.dims);
}

std::vector<std::string> node_names(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) names.emplace_back(node.name);
  return names;
}

std::vector<std::string> messages(const Model& model) {
  std::vector<std::string> texts;
  for (const Finding& finding : model.findings) {
    texts.push_back(std::string(info(finding.kind).id) + ": " + finding.message.to_string());
  }
  return texts;
}

TEST(OnnxGraph, NodesAreJoinedByTheirTensors) {
  const std::string file = onnx_model(OnnxGraph()
                                          .input("x", 1, {2, 3})
                                          .node("Relu", {"x"}, {"h"}, "a")
                                          .node("Add", {"h", "x"}, {"y"}, "b")
                                          .output("y", 1, {2, 3}));
  const Model model = read_ok(file);
  const Graph& graph = model.main();
  ASSERT_EQ(graph.nodes.size(), 2u);
  const Node& add = graph.nodes[NodeId{1}];
  EXPECT_EQ(add.op, Op::Add);
  EXPECT_EQ(add.version, 21);
  EXPECT_EQ(graph.tensors[add.inputs[0]].producer, NodeId{0});
  EXPECT_EQ(graph.tensors[add.inputs[1]].name, "x");
  EXPECT_EQ(graph.outputs, std::vector<TensorId>{add.outputs[0]});
  EXPECT_EQ(file.substr(add.source_offset, 1), "\x0a");
  EXPECT_EQ(model.format_version, "IR 10");
  EXPECT_EQ(model.producer, "test");
  EXPECT_TRUE(model.findings.empty());
}

TEST(OnnxGraph, AbsentOperandsAreNoTensors) {
  const std::string file = onnx_model(OnnxGraph()
                                          .input("x", 1, {2})
                                          .input("high", 1, {})
                                          .node("Clip", {"x", "", "high"}, {"y"})
                                          .node("Dropout", {"y"}, {"z", ""})
                                          .output("z"));
  const Model model = read_ok(file);
  EXPECT_FALSE(model.main().nodes[NodeId{0}].inputs[1]);
  EXPECT_TRUE(model.main().nodes[NodeId{0}].inputs[2]);
  EXPECT_FALSE(model.main().nodes[NodeId{1}].outputs[1]);
}

TEST(OnnxGraph, ExtentsKeepTheFilesNamesAndUnnamedOnesOfInputsGetTheirAxis) {
  const Model model = read_ok(onnx_model(OnnxGraph()
                                             .input("x", 1, {"batch", "?", "", -1, 7})
                                             .node("Relu", {"x"}, {"y"})
                                             .output("y", 1, {"batch", "", "other"})));
  EXPECT_EQ(shape_of(model, "x"), "[batch, x_1, x_2, x_3, 7]");
  EXPECT_EQ(shape_of(model, "y"), "[batch, ?, other]");
}

TEST(OnnxGraph, AnInputThatIsAConstantIsNoInput) {
  const Model model =
      read_ok(onnx_model(OnnxGraph()
                             .input("x", 1, {2})
                             .input("w", 1, {2})
                             .constant(onnx_tensor("w", 1, {2}).text(9, raw_bytes({1.f, 2.f})))
                             .node("Add", {"x", "w"}, {"y"})
                             .output("y")));
  ASSERT_EQ(model.main().inputs.size(), 1u);
  EXPECT_NE(tensor_named(model.main(), "w").constant, nullptr);
}

TEST(OnnxGraph, FieldsMayComeInAnyOrder) {
  const std::string file = onnx_model(OnnxGraph()
                                          .output("y")
                                          .node("Add", {"x", "w"}, {"y"})
                                          .constant(onnx_tensor("w", 1, {1}).text(9, raw_bytes({1.f})))
                                          .input("x", 1, {1}));
  EXPECT_EQ(read_ok(file).main().nodes.size(), 1u);
}

TEST(OnnxGraph, NodesOutOfOrderAreSortedAndOtherwiseStayAsTheyWere) {
  const Model model = read_ok(onnx_model(OnnxGraph()
                                             .input("x", 1, {1})
                                             .node("Neg", {"b"}, {"c"}, "third")
                                             .node("Abs", {"x"}, {"a"}, "first")
                                             .node("Relu", {"a"}, {"b"}, "second")
                                             .node("Exp", {"x"}, {"d"}, "fourth")
                                             .output("c")));
  EXPECT_EQ(node_names(model.main()), (std::vector<std::string>{"first", "second", "third", "fourth"}));
  EXPECT_EQ(model.main().tensors[model.main().outputs[0]].producer, NodeId{2});
}

TEST(OnnxGraph, EmptyAndRepeatedNamesGetTheOperatorAndTheId) {
  const Model model = read_ok(onnx_model(OnnxGraph()
                                             .input("x", 1, {1})
                                             .node("Relu", {"x"}, {"a"})
                                             .node("Relu", {"a"}, {"b"}, "r")
                                             .node("Relu", {"b"}, {"c"}, "r")
                                             .node("Abs", {"c"}, {"d"}, "Relu#0")
                                             .output("d")));
  EXPECT_EQ(node_names(model.main()), (std::vector<std::string>{"Relu#0'", "r", "Relu#2", "Relu#0"}));
  EXPECT_EQ(model.main().nodes[NodeId{2}].source_name, "r");
  EXPECT_EQ(model.main().nodes[NodeId{1}].source_name, "");
}

TEST(OnnxGraph, ScopesComeFromNames) {
  const Model model = read_ok(onnx_model(OnnxGraph()
                                             .input("x", 1, {1})
                                             .node("Relu", {"x"}, {"a"}, "/encoder/layer.0/MatMul")
                                             .node("Relu", {"a"}, {"b"}, "model/add")
                                             .node("Relu", {"b"}, {"c"}, "plain")
                                             .output("c")));
  EXPECT_EQ(model.main().nodes[NodeId{0}].scope, "encoder/layer.0");
  EXPECT_EQ(model.main().nodes[NodeId{1}].scope, "model");
  EXPECT_EQ(model.main().nodes[NodeId{2}].scope, "");
}

TEST(OnnxGraph, ScopesOfPyTorchsMetadataAreWrittenAsItsOlderNames) {
  Wire listed = onnx_node("Relu", {"x"}, {"a"}, "node_relu");
  listed.message(9, onnx_entry("pkg.torch.onnx.name_scopes",
                               "['', 'bert', 'bert.encoder', 'bert.encoder.layer.0', 'relu_1']"));
  Wire spelled = onnx_node("Relu", {"a"}, {"b"}, "node_relu_2");
  spelled.message(
      9, onnx_entry("namespace", ": pkg.Model/bert: pkg.Bert/bert.pooler: pkg.Pooler/relu_2: aten.relu"));
  Wire alone = onnx_node("Relu", {"b"}, {"c"}, "node_3");
  alone.message(
      9, onnx_entry("pkg.torch.onnx.name_scopes", "['_empty_nn_module_stack_from_metadata_hook', 'relu_3']"));
  const Model model =
      read_ok(onnx_model(OnnxGraph().input("x", 1, {1}).node(listed).node(spelled).node(alone).output("c")));
  EXPECT_EQ(model.main().nodes[NodeId{0}].scope, "bert/encoder/layer.0");
  EXPECT_EQ(model.main().nodes[NodeId{1}].scope, "bert/pooler");
  EXPECT_EQ(model.main().nodes[NodeId{2}].scope, "");
}

TEST(OnnxGraph, TheVersionIsThatOfTheDomain) {
  const Model model = read_ok(onnx_model(OnnxGraph()
                                             .input("x", 1, {1})
                                             .node("FusedGelu", {"x"}, {"a"}, "m", {}, "com.microsoft")
                                             .node("Relu", {"a"}, {"b"}, "r", {}, "ai.onnx")
                                             .node("Mystery", {"b"}, {"c"}, "u", {}, "some.where")
                                             .output("c"),
                                         Wire().message(8, onnx_opset("com.microsoft", 1))));
  EXPECT_EQ(model.main().nodes[NodeId{0}].version, 1);
  EXPECT_EQ(model.main().nodes[NodeId{1}].version, 21);
  EXPECT_EQ(model.main().nodes[NodeId{1}].domain, "");
  EXPECT_EQ(model.main().nodes[NodeId{2}].version, 0);
  EXPECT_EQ(messages(model), std::vector<std::string>{"missing-operator-set: the model uses operators of "
                                                      "`some.where` and does not say which version of them"});
}

TEST(OnnxGraph, TypesOfEveryContainer) {
  const Wire element = onnx_tensor_type(7, {2});
  const Wire sequence = Wire().message(4, Wire().message(1, element));
  const Wire optional = Wire().message(9, Wire().message(1, sequence));
  const Wire map = Wire().message(5, Wire().number(1, 8).message(2, onnx_tensor_type(1, {})));
  const Wire sparse = Wire().message(8, Wire().number(1, 1));
  OnnxGraph graph;
  graph.add(11, onnx_value("o", optional)).add(11, onnx_value("m", map)).add(11, onnx_value("s", sparse));
  graph.input("f8", 17, {}).input("i2", 26, {}).input("f4", 23, {}).input("b", 9, {}).input("odd", 99, {});
  const Model model = read_ok(onnx_model(graph.node("Identity", {"o"}, {"y"}).output("y")));
  const auto type_of = [&](std::string_view name) {
    return to_string(tensor_named(model.main(), name).type);
  };
  EXPECT_EQ(type_of("o"), "optional(sequence(int64))");
  EXPECT_EQ(type_of("m"), "map(string, float32)");
  EXPECT_EQ(type_of("s"), "sparse(float32)");
  EXPECT_EQ(type_of("f8"), "float8_e4m3fn");
  EXPECT_EQ(type_of("i2"), "int2");
  EXPECT_EQ(type_of("f4"), "float4_e2m1");
  EXPECT_EQ(type_of("b"), "bool");
  EXPECT_EQ(type_of("odd"), "unknown");
}

TEST(OnnxGraph, BodiesSeeWhatIsAroundThem) {
  OnnxGraph deep;
  deep.node("Add", {"x", "h"}, {"r"}, "sum").output("r");
  OnnxGraph then;
  then.node("Neg", {"x"}, {"h"}, "n")
      .node("If", {"c"}, {"q"}, "inner", {onnx_body("then_branch", deep), onnx_body("else_branch", deep)});
  then.output("q");
  OnnxGraph other;
  other.node("Relu", {"x"}, {"q"}, "r").output("q");
  OnnxGraph graph;
  graph.input("c", 9, {}).input("x", 1, {1});
  graph.node("If", {"c"}, {"y"}, "outer", {onnx_body("then_branch", then), onnx_body("else_branch", other)})
      .output("y");
  const Model model = read_ok(onnx_model(graph));
  ASSERT_EQ(model.graphs.size(), 5u);
  const Graph& body = model.graphs[GraphId{3}];
  EXPECT_EQ(body.path, "outer/then_branch/inner/then_branch");
  EXPECT_EQ(body.parent, GraphId{1});
  EXPECT_EQ(model.graphs[body.parent].nodes[body.owner].name, "inner");
  // x is captured step by step: from the innermost body to the body around it to the main graph.
  const TensorId outer = tensor_named(body, "x").outer;
  ASSERT_TRUE(outer);
  const TensorId outermost = model.graphs[GraphId{1}].tensors[outer].outer;
  ASSERT_TRUE(outermost);
  EXPECT_EQ(model.main().tensors[outermost].name, "x");
  EXPECT_EQ(model.graphs[GraphId{1}].tensors[tensor_named(body, "h").outer].name, "h");
}

TEST(OnnxGraph, ABodyCountsForTheOrderOfItsNode) {
  OnnxGraph branch;
  branch.node("Neg", {"late"}, {"q"}, "n").output("q");
  OnnxGraph graph;
  graph.input("c", 9, {}).input("x", 1, {1});
  graph.node("Abs", {"unmade"}, {"w"}, "needs sorting");
  graph.node("If", {"c"}, {"y"}, "if", {onnx_body("then_branch", branch), onnx_body("else_branch", branch)});
  graph.node("Relu", {"x"}, {"late"}, "relu").node("Relu", {"x"}, {"unmade"}, "other").output("y");
  const Model model = read_ok(onnx_model(graph));
  EXPECT_EQ(node_names(model.main()), (std::vector<std::string>{"relu", "if", "other", "needs sorting"}));
  EXPECT_EQ(model.graphs[GraphId{1}].owner, NodeId{1});
}

TEST(OnnxGraph, ABodysOwnNameHidesAnOuterOneFromThereOn) {
  OnnxGraph branch;
  branch.node("Neg", {"x"}, {"a"}, "n")
      .node("Abs", {"a"}, {"x"}, "m")
      .node("Exp", {"x"}, {"q"}, "e")
      .output("q");
  OnnxGraph graph;
  graph.input("c", 9, {}).input("x", 1, {1});
  graph.node("If", {"c"}, {"y"}, "if", {onnx_body("then_branch", branch), onnx_body("else_branch", branch)})
      .output("y");
  const Model model = read_ok(onnx_model(graph));
  const Graph& body = model.graphs[GraphId{1}];
  EXPECT_TRUE(body.tensors[body.nodes[NodeId{0}].inputs[0]].outer);
  EXPECT_EQ(body.tensors[body.nodes[NodeId{2}].inputs[0]].producer, NodeId{1});
  EXPECT_EQ(body.tensors[body.nodes[NodeId{2}].inputs[0]].name, "x#2");
  EXPECT_EQ(body.tensors[body.nodes[NodeId{2}].inputs[0]].source_name, "x");
}

TEST(OnnxGraph, AttributesOfEveryKind) {
  const Wire ints = Wire().text(1, "ints").number(8, 3).number(8, -4).number(20, 7);
  const Wire packed = Wire().text(1, "packed").text(8, varints({5, -6})).number(20, 7);
  const Wire floats = Wire().text(1, "floats").real(7, 0.5f).text(7, raw_bytes({2.f, 3.f})).number(20, 6);
  const Wire texts = Wire().text(1, "texts").text(9, "a").text(9, "").number(20, 8);
  const Wire tensor = Wire()
                          .text(1, "tensor")
                          .message(5, onnx_tensor("", 7, {1}).text(9, raw_bytes<std::int64_t>({7})))
                          .number(20, 4);
  const Wire type = Wire().text(1, "type").message(14, onnx_tensor_type(10, {})).number(20, 13);
  const Wire untyped = Wire().text(1, "untyped").number(3, 9);
  const Wire real = Wire().text(1, "real").real(2, 0.25f).number(20, 1);
  const Wire text = Wire().text(1, "text").text(4, "word").number(20, 3);
  const Wire strange = Wire().text(1, "strange").number(20, 77);
  const Model model =
      read_ok(onnx_model(OnnxGraph()
                             .node("Constant", {}, {"y"}, "c",
                                   {ints, packed, floats, texts, tensor, type, untyped, real, text, strange})
                             .output("y")));
  const Node& node = model.main().nodes[NodeId{0}];
  using Ints = std::span<const std::int64_t>;
  const auto list = [&](std::string_view name) {
    const auto span = std::get<Ints>(node.attribute(name)->value);
    return std::vector<std::int64_t>(span.begin(), span.end());
  };
  EXPECT_EQ(list("ints"), (std::vector<std::int64_t>{3, -4}));
  EXPECT_EQ(list("packed"), (std::vector<std::int64_t>{5, -6}));
  const auto reals = std::get<std::span<const float>>(node.attribute("floats")->value);
  EXPECT_EQ(std::vector<float>(reals.begin(), reals.end()), (std::vector<float>{0.5f, 2.f, 3.f}));
  EXPECT_EQ(std::get<std::span<const std::string_view>>(node.attribute("texts")->value)[0], "a");
  EXPECT_EQ(std::get<const TensorData*>(node.attribute("tensor")->value)->dtype, DType::int64);
  EXPECT_EQ(std::get<const Type*>(node.attribute("type")->value)->dtype, DType::float16);
  EXPECT_EQ(std::get<std::int64_t>(node.attribute("untyped")->value), 9);
  EXPECT_EQ(std::get<double>(node.attribute("real")->value), 0.25);
  EXPECT_EQ(std::get<std::string_view>(node.attribute("text")->value), "word");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(node.attribute("strange")->value));
}

TEST(OnnxGraph, UnknownFieldsAndAnnotationsAreKept) {
  OnnxGraph graph;
  graph.input("x", 1, {1}).node("Relu", {"x"}, {"y"}).output("y");
  graph.add(14, Wire().text(1, "x").message(2, onnx_entry("SCALE_TENSOR", "s")));
  graph.add(77, Wire().text(1, "new"));
  const Model model = read_ok(onnx_model(graph, Wire().number(99, 5)));
  ASSERT_EQ(model.unknown_fields.size(), 2u);
  EXPECT_EQ(model.unknown_fields[0].record, "");
  EXPECT_EQ(model.unknown_fields[0].number, 99u);
  EXPECT_EQ(as_text(model.unknown_fields[0].bytes), "\x98\x06\x05");
  EXPECT_EQ(model.unknown_fields[1].record, "graph");
  ASSERT_EQ(model.annotations.size(), 1u);
  EXPECT_EQ(model.annotations[0].key, "SCALE_TENSOR");
  EXPECT_EQ(model.main().tensors[model.annotations[0].tensor].name, "x");
}

TEST(OnnxGraph, TheSameInputTwiceIsAFinding) {
  const Model model = read_ok(
      onnx_model(OnnxGraph().input("x", 1, {4}).input("x", 1, {4}).node("Relu", {"x"}, {"y"}).output("y")));
  EXPECT_EQ(model.main().inputs.size(), 1u);
  EXPECT_EQ(messages(model), std::vector<std::string>{"duplicate-name: the input `x` is declared twice"});
}

TEST(OnnxGraph, BytesAreLabelled) {
  Wire documented = onnx_node("Add", {"x", "w"}, {"y"}, "n").text(6, "what it does");
  const std::string file = onnx_model(OnnxGraph()
                                          .input("x", 1, {2})
                                          .constant(onnx_tensor("w", 1, {2}).text(9, raw_bytes({1.f, 2.f})))
                                          .node(documented)
                                          .output("y"),
                                      Wire().message(14, onnx_entry("author", "somebody")));
  const Model model = read_ok(file);
  std::uint64_t weights = 0;
  std::string metadata;
  for (const ByteSpan& span : model.spans) {
    if (span.label == ByteLabel::weights) weights += span.size;
    if (span.label == ByteLabel::metadata) metadata += file.substr(span.offset, span.size);
  }
  EXPECT_EQ(weights, 8u);
  EXPECT_NE(metadata.find("what it does"), std::string::npos);
  EXPECT_NE(metadata.find("somebody"), std::string::npos);
  EXPECT_EQ(model.metadata[0].value, "somebody");
}

}  // namespace
}  // namespace haoline
