// ONNX Runtime's own format stated table by table: names, order, bodies, and what is refused.
#include "formats/ort/reader.h"

#include <gtest/gtest.h>

#include "analyses/inference.h"
#include "formats/format.h"
#include "support/flatbuffer_writer.h"

namespace haoline {
namespace {

using test::FlatBufferWriter;
using Ref = FlatBufferWriter::Ref;
using Slot = FlatBufferWriter::Slot;

struct Writer : FlatBufferWriter {
  Ref names(const std::vector<std::string_view>& list_of) {
    std::vector<Ref> refs;
    for (const std::string_view name : list_of) refs.push_back(text(name));
    return list(refs);
  }
  // A float tensor of the shape; a negative extent is the symbol "n".
  Ref value(std::string_view name, const std::vector<std::int64_t>& shape) {
    std::vector<Ref> dims;
    for (const std::int64_t extent : shape) {
      const Ref dim = extent < 0 ? table({{0, std::int8_t{2}}, {2, text("n")}})
                                 : table({{0, std::int8_t{1}}, {1, extent}});
      dims.push_back(table({{0, dim}}));
    }
    const Ref tensor = table({{0, std::int32_t{1}}, {1, table({{0, list(dims)}})}});
    return table({{0, text(name)}, {2, table({{1, std::uint8_t{1}}, {2, tensor}})}});
  }
  Ref weight(std::string_view name, const std::vector<std::int64_t>& shape,
             const std::vector<float>& elements) {
    return table({{0, text(name)}, {2, numbers(shape)}, {3, std::int32_t{1}}, {4, bytes_of(elements)}});
  }
  Ref node(std::string_view name, std::string_view op, const std::vector<std::string_view>& inputs,
           const std::vector<std::string_view>& outputs, std::vector<Slot> more = {}) {
    more.push_back({0, text(name)});
    more.push_back({5, text(op)});
    more.push_back({8, names(inputs)});
    more.push_back({9, names(outputs)});
    return table(std::move(more));
  }
  Ref graph(const std::vector<Ref>& weights, const std::vector<Ref>& values, const std::vector<Ref>& nodes,
            const std::vector<std::string_view>& inputs, const std::vector<std::string_view>& outputs) {
    return table(
        {{0, list(weights)}, {1, list(values)}, {2, list(nodes)}, {5, names(inputs)}, {6, names(outputs)}});
  }
  std::string file(Ref main) {
    const Ref opset = table({{0, text("")}, {1, std::int64_t{17}}});
    const Ref model = table({{0, std::int64_t{8}}, {1, list({opset})}, {2, text("maker")}, {7, main}});
    return finish(table({{0, text("6")}, {1, model}}), "ORTM");
  }
};

// y = Relu(x · w), with the nodes the wrong way round as an optimizer may leave them.
std::string product() {
  Writer w;
  const std::vector<Ref> nodes{w.node("act", "Relu", {"h"}, {"y"}),
                               w.node("mul", "MatMul", {"x", "w"}, {"h"})};
  return w.file(w.graph({w.weight("w", {3, 2}, {1, 2, 3, 4, 5, 6})},
                        {w.value("x", {-1, 3}), w.value("h", {-1, 2}), w.value("y", {-1, 2})}, nodes, {"x"},
                        {"y"}));
}

struct Read {
  std::string bytes;
  Result<Model> model;
  explicit Read(std::string file) : bytes(std::move(file)), model(read_model(as_bytes(bytes))) {}
  std::string error() const { return model ? "" : model.error().to_string(); }
};

TEST(Ort, NodesStandInTheOrderOfExecution) {
  const Read read(product());
  ASSERT_TRUE(read.model) << read.error();
  EXPECT_EQ(read.model->format, "ort");
  EXPECT_EQ(read.model->format_version, "6");
  EXPECT_EQ(read.model->producer, "maker");
  const Graph& graph = read.model->main();
  ASSERT_EQ(graph.nodes.size(), 2u);
  EXPECT_EQ(graph.nodes[NodeId{0}].name, "mul");
  EXPECT_EQ(graph.nodes[NodeId{0}].op, Op::MatMul);
  EXPECT_EQ(graph.nodes[NodeId{0}].version, 17);
  EXPECT_EQ(graph.nodes[NodeId{1}].name, "act");
}

TEST(Ort, FiguresAreThoseOfTheNetwork) {
  const Read read(product());
  ASSERT_TRUE(read.model) << read.error();
  const auto inference = infer(*read.model);
  ASSERT_TRUE(inference);
  EXPECT_EQ(inference->dims.to_string(inference->graphs[Model::kMain].nodes[NodeId{0}].cost.macs), "6*n");
  const TensorData* data = read.model->main().tensors[TensorId{0}].constant;
  ASSERT_NE(data, nullptr);
  EXPECT_EQ(data->bytes.data(), as_bytes(read.bytes).data() + data->offset);
}

TEST(Ort, ABodySeesTheNamesAroundIt) {
  Writer w;
  const auto branch = [&](std::string_view op) {
    return w.graph({}, {w.value("z", {2})}, {w.node("", op, {"x"}, {"z"})}, {}, {"z"});
  };
  const auto attribute = [&](std::string_view name, Ref graph) {
    return w.table({{0, w.text(name)}, {2, std::int32_t{5}}, {7, graph}});
  };
  const Ref attributes =
      w.list({attribute("then_branch", branch("Relu")), attribute("else_branch", branch("Neg"))});
  const Ref choice = w.node("choice", "If", {"c"}, {"y"}, {{10, attributes}, {12, w.names({"x"})}});
  const Read read(w.file(w.graph({}, {w.value("x", {2}), w.value("y", {2})}, {choice}, {"c", "x"}, {"y"})));
  ASSERT_TRUE(read.model) << read.error();
  ASSERT_EQ(read.model->graphs.size(), 3u);
  const Graph& then = read.model->graphs[GraphId{1}];
  EXPECT_EQ(then.path, "choice/then_branch");
  EXPECT_EQ(then.nodes[NodeId{0}].name, "Relu#0");
  const TensorId captured = then.nodes[NodeId{0}].inputs[0];
  EXPECT_EQ(then.tensors[captured].outer, TensorId{1});
}

TEST(Ort, WhatContradictsItselfIsNamedWithItsPlace) {
  Writer w;
  EXPECT_NE(Read(w.file(w.graph({}, {}, {w.node("a", "Relu", {"none"}, {"y"})}, {}, {"y"})))
                .error()
                .find("model.graph.nodes[0].inputs at byte"),
            std::string::npos);
  Writer cycle;
  const std::vector<Ref> nodes{cycle.node("a", "Relu", {"p"}, {"q"}), cycle.node("b", "Relu", {"q"}, {"p"})};
  EXPECT_NE(Read(cycle.file(cycle.graph({}, {}, nodes, {}, {}))).error().find("has a cycle"),
            std::string::npos);
  Writer twice;
  const std::vector<Ref> makers{twice.node("a", "Relu", {"x"}, {"y"}), twice.node("b", "Neg", {"x"}, {"y"})};
  EXPECT_NE(Read(twice.file(twice.graph({}, {}, makers, {"x"}, {}))).error().find("name is taken already"),
            std::string::npos);
}

TEST(Ort, EveryCutAndEveryChangedByteIsSurvived) {
  const std::string whole = product();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto read = ort::read(as_bytes(std::string_view(cut.data(), cut.size())), {});
    EXPECT_TRUE(read || !read.error().message.empty());
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int value : {0, 1, 0x80, 0xff}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(value);
      const auto read = ort::read(as_bytes(changed), {});
      if (read) (void)infer(*read);
    }
  }
}

}  // namespace
}  // namespace haoline
