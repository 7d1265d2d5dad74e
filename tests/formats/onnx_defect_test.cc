// Broken files: each gives one located error, in these words, and never anything worse.
#include <gtest/gtest.h>

#include "formats/format.h"
#include "formats/onnx/reader.h"
#include "support/onnx_writer.h"

namespace haoline {
namespace {

using namespace test;

// What the reader says, whatever the sniffing would.
std::string refusal(const std::string& file, const ReadOptions& options = {}) {
  const Result<Model> model = onnx::read(as_bytes(file), options);
  return model ? "read" : model.error().to_string();
}
std::string refusal(const OnnxGraph& graph, const Wire& more = {}) {
  return refusal(onnx_model(graph, more));
}

// The byte where `needle` begins, as an error spells it.
std::string byte_of(const std::string& file, std::string_view needle, int before = 0) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%zx", file.find(needle) - static_cast<std::size_t>(before));
  return text;
}

OnnxGraph relu() {
  OnnxGraph graph;
  graph.input("x", 1, {2}).node("Relu", {"x"}, {"y"}, "relu").output("y");
  return graph;
}

constexpr const char* kDamaged = ". The file is cut short or damaged; download it again.";

TEST(OnnxDefect, ALengthBeyondTheFile) {
  Wire node = onnx_node("Relu", {"x"}, {"y"});
  node.message(5, Wire().text(1, "a")).message(5, Wire().text(1, "b"));
  node.tag(5, 2).varint(3'221'225'472).append("short");
  EXPECT_EQ(refusal(OnnxGraph().input("x", 1, {1}).node(node)),
            std::string("graph.node[0].attribute[2] at byte 0x36: claims 3,221,225,472 bytes, 5 are left") +
                kDamaged);
}

TEST(OnnxDefect, ALengthOfSixtyFourBits) {
  const std::string file = Wire().number(1, 8).tag(7, 2).varint(UINT64_MAX).append("x").bytes();
  EXPECT_EQ(refusal(file),
            std::string("graph at byte 0x2: claims 18,446,744,073,709,551,615 bytes, 1 is left") + kDamaged);
}

TEST(OnnxDefect, ANumberThatDoesNotEnd) {
  EXPECT_EQ(refusal(Wire().tag(1, 0).append("\xff\xff").bytes()),
            std::string("ir_version at byte 0x0: ends within a number") + kDamaged);
  EXPECT_EQ(refusal(Wire().tag(1, 0).append("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").bytes()),
            std::string("ir_version at byte 0x0: ends within a number") + kDamaged);
}

TEST(OnnxDefect, AFieldThatIsNone) {
  EXPECT_EQ(refusal(Wire().number(1, 8).append(std::string(1, '\0')).bytes()),
            std::string("at byte 0x2: no field begins here") + kDamaged);
  EXPECT_EQ(refusal(Wire().number(1, 8).tag(9, 3).bytes()),
            std::string("at byte 0x2: no field begins here") + kDamaged);
}

TEST(OnnxDefect, AFieldOfAnotherKind) {
  EXPECT_EQ(refusal(Wire().number(1, 8).number(7, 3).bytes()),
            std::string("graph at byte 0x2: holds a number where a length and bytes should be") + kDamaged);
}

TEST(OnnxDefect, NoGraph) {
  const std::string says = "has no graph. This is no ONNX model, or it is damaged.";
  EXPECT_EQ(refusal(""), says);
  EXPECT_EQ(refusal(Wire().number(1, 8).text(2, "somebody").bytes()), says);
}

TEST(OnnxDefect, AnEmptyGraph) {
  EXPECT_EQ(
      refusal(OnnxGraph()),
      "graph at byte 0xa: is empty: it has no nodes, inputs, outputs or weights. There is nothing to report; "
      "export the model again.");
}

TEST(OnnxDefect, TwoGraphs) {
  const std::string file = onnx_model(relu(), Wire().message(7, relu().wire()));
  EXPECT_EQ(refusal(file).substr(0, 6), "graph ");
  EXPECT_NE(refusal(file).find(": is there a second time"), std::string::npos);
}

TEST(OnnxDefect, ACycle) {
  const std::string file = onnx_model(OnnxGraph()
                                          .input("x", 1, {1})
                                          .node("Relu", {"b"}, {"d"}, "after the cycle")
                                          .node("Add", {"x", "c"}, {"a"}, "first")
                                          .node("Relu", {"a"}, {"b"}, "second")
                                          .node("Relu", {"b"}, {"c"}, "third")
                                          .output("c"));
  EXPECT_EQ(refusal(file), "graph.node[2] at byte " +
                               byte_of(file,
                                       "\x0a\x01"
                                       "a",
                                       2) +
                               ": waits for its own result. The graph has a cycle; export the model again.");
  EXPECT_NE(refusal(OnnxGraph().node("Relu", {"a"}, {"a"}).output("a")).find("waits for its own result"),
            std::string::npos);
}

TEST(OnnxDefect, ACycleThroughABody) {
  OnnxGraph branch;
  branch.node("Neg", {"y"}, {"q"}).output("q");
  EXPECT_NE(refusal(OnnxGraph()
                        .input("c", 9, {})
                        .node("If", {"c"}, {"y"}, "if", {onnx_body("then_branch", branch)})
                        .output("y"))
                .find("waits for its own result"),
            std::string::npos);
}

TEST(OnnxDefect, ATensorWithTwoProducers) {
  const std::string file = onnx_model(
      OnnxGraph().input("x", 1, {1}).node("Relu", {"x"}, {"y"}).node("Abs", {"x"}, {"y"}).output("y"));
  EXPECT_EQ(refusal(file),
            "graph.node[1].output[0] at byte " +
                byte_of(file,
                        "\x0a\x0b\x0a\x01x\x12\x01y\x22\x03"
                        "Abs") +
                ": makes a tensor whose name is taken already. Every tensor of a graph has one "
                "producer; export the model again.");
  const Wire weight = onnx_tensor("w", 1, {0});
  EXPECT_NE(refusal(OnnxGraph().constant(weight).constant(weight)).find("graph.initializer[1] at byte"),
            std::string::npos);
  EXPECT_NE(
      refusal(OnnxGraph().input("x", 1, {1}).node("Relu", {"x"}, {"x"}).output("x")).find("name is taken"),
      std::string::npos);
}

TEST(OnnxDefect, TwoInputsOfOneNameAndDifferentTypes) {
  EXPECT_NE(refusal(OnnxGraph().input("x", 1, {1}).input("x", 1, {2}))
                .find("graph.input[1] at byte 0x1e: has the name of another input, with another type"),
            std::string::npos);
}

TEST(OnnxDefect, ANameThatNothingProduces) {
  const std::string file =
      onnx_model(OnnxGraph().input("x", 1, {1}).node("Add", {"x", "lost"}, {"y"}, "add").output("y"));
  EXPECT_EQ(refusal(file),
            "graph.node[0].input[1] at byte " + byte_of(file, "\x0a\x01x\x0a\x04lost", 2) +
                ": names a tensor that nothing produces. The model is incomplete; export it again.");
  EXPECT_NE(refusal(OnnxGraph().input("x", 1, {1}).node("Relu", {"x"}, {"y"}).output("z"))
                .find("graph.output[0] at byte 0x2c: names a tensor that nothing produces"),
            std::string::npos);
}

TEST(OnnxDefect, ANodeWithoutAnOperator) {
  EXPECT_NE(refusal(OnnxGraph().input("x", 1, {1}).node("", {"x"}, {"y"}))
                .find("graph.node[0] at byte 0x1e: does not say which operator it is"),
            std::string::npos);
}

TEST(OnnxDefect, BodiesNestedTooDeep) {
  OnnxGraph body;
  body.node("Neg", {"x"}, {"q"}).output("q");
  for (int depth = 0; depth < 65; ++depth) {
    OnnxGraph around;
    around.node("If", {"c"}, {"q"}, "if", {onnx_body("then_branch", body)}).output("q");
    body = around;
  }
  OnnxGraph graph = body;
  graph.input("c", 9, {}).input("x", 1, {1});
  const std::string says = refusal(graph);
  EXPECT_EQ(says.substr(0, 49), "graph.node[0].attribute[0].g.node[0].attribute[0]");
  EXPECT_NE(says.find(": nests more than 64 graphs"), std::string::npos);
}

TEST(OnnxDefect, AnErrorInABodySaysWhere) {
  OnnxGraph inner;
  inner.node("Neg", {"nowhere"}, {"q"}).output("q");
  OnnxGraph outer;
  outer.node("Abs", {"x"}, {"p"})
      .node("If", {"c"}, {"q"}, "", {onnx_int("k", 1), onnx_body("then_branch", inner)});
  outer.output("q");
  const std::string says = refusal(OnnxGraph()
                                       .input("c", 9, {})
                                       .input("x", 1, {1})
                                       .node("If", {"c"}, {"y"}, "", {onnx_body("b", outer)})
                                       .output("y"));
  EXPECT_EQ(says.substr(0, says.find(" at byte")),
            "graph.node[0].attribute[0].g.node[1].attribute[1].g.node[0].input[0]");
}

TEST(OnnxDefect, LongNamesAboveManyBodiesAreNotSpelledOutForEach) {
  OnnxGraph body;
  body.node("Neg", {"x"}, {"q"}).output("q");
  Wire many = Wire().text(1, "branches").number(20, 10);
  for (int i = 0; i < 2000; ++i) many.message(11, body.wire());
  const std::string file = onnx_model(OnnxGraph()
                                          .input("x", 1, {1})
                                          .node("Many", {"x"}, {"y"}, std::string(100'000, 'n'), {many})
                                          .output("y"));
  const Result<Model> model = onnx::read(as_bytes(file), {});
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_LT(model->arena.bytes(), 16'000'000u);
  EXPECT_EQ(model->graphs[GraphId{1}].path.size(), 100'012u);
  EXPECT_EQ(model->graphs[GraphId{2000}].path, "#2000");
}

TEST(OnnxDefect, TypesNestedTooDeep) {
  Wire type = onnx_tensor_type(1, {});
  for (int depth = 0; depth < 9; ++depth) type = Wire().message(4, Wire().message(1, type));
  const std::string says = refusal(OnnxGraph().add(11, onnx_value("x", type)));
  EXPECT_EQ(says.substr(0, 46), "graph.input[0].type.sequence_type.elem_type.se");
  EXPECT_NE(says.find(": nests more than 8 types"), std::string::npos);
}

TEST(OnnxDefect, MoreElementsThanAnyFileHolds) {
  const std::string says = refusal(OnnxGraph().constant(onnx_tensor("w", 1, {INT64_MAX}).text(9, "abcd")));
  EXPECT_EQ(says, "graph.initializer[0].dims at byte 0xf: claims more elements than any file can hold");
  EXPECT_NE(
      refusal(OnnxGraph().constant(onnx_tensor("w", 1, {INT64_MAX, INT64_MAX, 4, 4}))).find("claims more"),
      std::string::npos);
  EXPECT_NE(refusal(OnnxGraph().constant(onnx_tensor("w", 1, {-1}))).find("has a negative extent"),
            std::string::npos);
}

TEST(OnnxDefect, AFunctionThatCallsItself) {
  const OnnxFunction f{"local", "F", {"a"}, {"b"}, {onnx_node("G", {"a"}, {"b"}, "", {}, "local")}};
  const OnnxFunction g{"local", "G", {"a"}, {"b"}, {onnx_node("F", {"a"}, {"b"}, "", {}, "local")}};
  const std::string says =
      refusal(OnnxGraph().input("x", 1, {1}).node("F", {"x"}, {"y"}, "", {}, "local").output("y"),
              Wire().message(25, f.wire()).message(25, g.wire()));
  EXPECT_EQ(says.substr(0, 20), "functions[1].node[0]");
  EXPECT_NE(says.find(": calls a function from within itself"), std::string::npos);
}

TEST(OnnxDefect, CallsThatMultiply) {
  Wire more;
  for (int level = 0; level < 40; ++level) {
    OnnxFunction f{"local", "F" + std::to_string(level), {"a"}, {"b"}, {}};
    const std::string next = level == 39 ? "Neg" : "F" + std::to_string(level + 1);
    f.nodes = {onnx_node(next, {"a"}, {"t"}, "", {}, level == 39 ? "" : "local"),
               onnx_node(next, {"t"}, {"b"}, "", {}, level == 39 ? "" : "local")};
    more.message(25, f.wire());
  }
  const std::string says =
      refusal(OnnxGraph().input("x", 1, {1}).node("F0", {"x"}, {"y"}, "", {}, "local").output("y"), more);
  EXPECT_NE(says.find(": is called so often that the graph outgrows what the file's size justifies"),
            std::string::npos);
}

TEST(OnnxDefect, CallsThatDoNotFitTheirFunction) {
  const OnnxFunction f{"local", "F", {"a"}, {"b"}, {onnx_node("Neg", {"a"}, {"b"})}};
  const Wire more = Wire().message(25, f.wire());
  EXPECT_NE(
      refusal(OnnxGraph().input("x", 1, {1}).node("F", {"x", "x"}, {"y"}, "", {}, "local").output("y"), more)
          .find("graph.node[0] at byte 0x1e: passes 2 inputs and takes 1 output where its function has 1 and "
                "1"),
      std::string::npos);
  const OnnxFunction hollow{"local", "H", {"a"}, {"b"}, {}};
  EXPECT_NE(refusal(OnnxGraph().input("x", 1, {1}).node("H", {"x"}, {"y"}, "", {}, "local").output("y"),
                    Wire().message(25, hollow.wire()))
                .find("takes a result that its function does not make"),
            std::string::npos);
  EXPECT_NE(refusal(relu(), Wire().message(25, f.wire()).message(25, f.wire())).find("functions[1] at byte"),
            std::string::npos);
}

TEST(OnnxDefect, MoreNodesThanAllowed) {
  ReadOptions options;
  options.max_nodes = 2;
  OnnxGraph graph;
  graph.input("x", 1, {1});
  for (int i = 0; i < 3; ++i) graph.node("Neg", {"x"}, {"y" + std::to_string(i)});
  EXPECT_NE(refusal(onnx_model(graph), options)
                .find("graph at byte 0xa: has 4 nodes and tensors, at most 2 are read"),
            std::string::npos);
}

TEST(OnnxDefect, EveryPrefixAndEveryFlippedByteOfAModelIsReadOrRefused) {
  OnnxGraph branch;
  branch.node("F", {"x"}, {"q"}, "f", {onnx_int("k", 1)}, "local").output("q");
  OnnxGraph graph;
  graph.input("c", 9, {}).input("x", 1, {"n", 2});
  graph.constant(onnx_tensor("w", 7, {3}).text(7, varints({1, -2, 300})));
  graph.constant(onnx_tensor("v", 1, {2}).text(9, raw_bytes({1.f, 2.f})));
  graph.node("If", {"c"}, {"y"}, "if", {onnx_body("then_branch", branch), onnx_body("else_branch", branch)});
  graph.value("y", 1, {"n"}).output("y");
  const OnnxFunction f{
      "local", "F", {"a"}, {"b"}, {onnx_node("Neg", {"a"}, {"b"}, "n", {onnx_reference("k", "k", 2)})}};
  const std::string file = onnx_model(graph, Wire().message(14, onnx_entry("k", "v")).message(25, f.wire()));
  ASSERT_EQ(refusal(file), "read");
  for (std::size_t size = 0; size < file.size(); ++size) {
    (void)read_model(as_bytes(file.substr(0, size)));
    (void)refusal(file.substr(0, size));
  }
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (const int bit : {0, 1, 3, 7}) {
      std::string damaged = file;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      (void)refusal(damaged);
    }
  }
}

}  // namespace
}  // namespace haoline
