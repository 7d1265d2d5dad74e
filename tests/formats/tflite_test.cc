// TFLite files stated table by table: what becomes of operators, shapes, weights and subgraphs, and what is
// refused.
#include "formats/tflite/reader.h"

#include <gtest/gtest.h>

#include "analyses/inference.h"
#include "formats/format.h"
#include "support/flatbuffer_writer.h"

namespace haoline {
namespace {

using test::FlatBufferWriter;
using Ref = FlatBufferWriter::Ref;
using Slot = FlatBufferWriter::Slot;
using I32s = std::vector<std::int32_t>;

// Numbers of builtin operators and of their option records, from the schema.
enum : std::int32_t {
  kAdd = 0,
  kConv2D = 3,
  kCustom = 32,
  kLess = 58,
  kSelectV2 = 123,
  kWhile = 119,
  kNewest = 209
};
enum : std::uint8_t { kConv2DOptions = 1, kWhileOptions = 93 };

struct Writer : FlatBufferWriter {
  std::vector<Ref> codes, buffers, subgraphs, metadata;
  Writer() { buffers.push_back(table({})); }

  Ref i32s(const I32s& list) { return numbers(list); }
  Ref tensor(std::string_view name, const I32s& shape, std::vector<Slot> more = {}) {
    more.push_back({0, i32s(shape)});
    more.push_back({3, text(name)});
    return table(std::move(more));
  }
  std::uint32_t buffer(const std::vector<float>& elements) {
    buffers.push_back(table({{0, bytes_of(elements)}}));
    return static_cast<std::uint32_t>(buffers.size() - 1);
  }
  std::uint32_t code(std::int32_t builtin, std::string_view custom = {}) {
    std::vector<Slot> slots{{0, static_cast<std::int8_t>(std::min(builtin, 127))}, {3, builtin}};
    if (!custom.empty()) slots.push_back({1, text(custom)});
    codes.push_back(table(std::move(slots)));
    return static_cast<std::uint32_t>(codes.size() - 1);
  }
  Ref op(std::uint32_t code, const I32s& inputs, const I32s& outputs, std::vector<Slot> more = {}) {
    more.push_back({0, code});
    more.push_back({1, i32s(inputs)});
    more.push_back({2, i32s(outputs)});
    return table(std::move(more));
  }
  void subgraph(const std::vector<Ref>& tensors, const I32s& inputs, const I32s& outputs,
                const std::vector<Ref>& operators, std::string_view name = "main") {
    subgraphs.push_back(table(
        {{0, list(tensors)}, {1, i32s(inputs)}, {2, i32s(outputs)}, {3, list(operators)}, {4, text(name)}}));
  }
  std::string file(std::uint32_t version = 3) {
    const Ref model = table(
        {{0, version}, {1, list(codes)}, {2, list(subgraphs)}, {4, list(buffers)}, {6, list(metadata)}});
    return finish(model, "TFL3");
  }
};

std::string convolution() {
  Writer w;
  const Ref options =
      w.table({{0, std::int8_t{1}}, {1, std::int32_t{2}}, {2, std::int32_t{1}}, {3, std::int8_t{3}}});
  const std::uint32_t weights = w.buffer(std::vector<float>(2 * 3 * 3 * 1, 0.5f));
  const std::vector<Ref> tensors{w.tensor("x", {1, 8, 8, 1}, {{7, w.i32s({-1, 8, 8, 1})}}),
                                 w.tensor("a/b/kernel", {2, 3, 3, 1}, {{2, weights}}),
                                 w.tensor("a/b/Conv2D", {1, 6, 3, 2}, {{7, w.i32s({-1, 6, 3, 2})}})};
  const Ref op = w.op(w.code(kConv2D), {0, 1, -1}, {2}, {{3, kConv2DOptions}, {4, options}});
  w.subgraph(tensors, {0}, {2}, {op});
  return w.file();
}

// The model as far as the test needs it, or the error in words.
struct Read {
  std::string bytes;
  Result<Model> model;
  explicit Read(std::string file) : bytes(std::move(file)), model(read_model(as_bytes(bytes))) {}
  std::string error() const { return model ? "" : model.error().to_string(); }
  const Graph& graph(std::uint32_t i = 0) const { return model->graphs[GraphId{i}]; }
};

std::string text_of(const Node& node, std::string_view name) {
  const Attribute* attribute = node.attribute(name);
  const auto* text = attribute ? std::get_if<std::string_view>(&attribute->value) : nullptr;
  return text ? std::string(*text) : "";
}

TEST(TfLite, AConvolutionKeepsItsLayoutAndFusedActivation) {
  const Read read(convolution());
  ASSERT_TRUE(read.model) << read.error();
  EXPECT_EQ(read.model->format, "tflite");
  EXPECT_EQ(read.model->format_version, "3");
  const Node& node = read.graph().nodes[NodeId{0}];
  EXPECT_EQ(node.op, Op::Conv);
  EXPECT_EQ(node.op_type, "CONV_2D");
  EXPECT_EQ(node.name, "CONV_2D#0");
  EXPECT_EQ(node.scope, "a/b");
  EXPECT_EQ(text_of(node, "data_layout"), "NHWC");
  EXPECT_EQ(text_of(node, "filter_layout"), "OHWI");
  EXPECT_EQ(text_of(node, "auto_pad"), "VALID");
  EXPECT_EQ(text_of(node, "activation"), "relu6");
  ASSERT_EQ(node.inputs.size(), 3u);
  EXPECT_FALSE(node.inputs[2]);
}

TEST(TfLite, AnOpenExtentOfAnInputIsASymbolAndOfAResultIsInferred) {
  const Read read(convolution());
  ASSERT_TRUE(read.model) << read.error();
  InferOptions alone;
  alone.ignore_declared = true;
  const auto inference = infer(*read.model, alone);
  ASSERT_TRUE(inference);
  const OperandFacts& result = inference->facts(Model::kMain, TensorId{2});
  EXPECT_EQ(to_string(result.shape, inference->dims), "[x_0, 6, 3, 2]");
  // 6·3 positions, 2 filters of 9 taps
  EXPECT_EQ(inference->dims.to_string(inference->graphs[Model::kMain].nodes[NodeId{0}].cost.macs), "324*x_0");
}

TEST(TfLite, WeightsAreViewsIntoTheFile) {
  const Read read(convolution());
  ASSERT_TRUE(read.model) << read.error();
  const TensorData* data = read.graph().tensors[TensorId{1}].constant;
  ASSERT_NE(data, nullptr);
  EXPECT_EQ(data->bytes.size(), 72u);
  EXPECT_EQ(data->bytes.data(), as_bytes(read.bytes).data() + data->offset);
  ASSERT_EQ(read.model->spans.size(), 1u);
  EXPECT_EQ(read.model->spans[0].label, ByteLabel::weights);
}

TEST(TfLite, ABufferMayLieBehindTheFlatBuffer) {
  Writer w;
  w.buffers.push_back(w.table({{1, std::uint64_t{4096}}, {2, std::uint64_t{8}}}));
  w.subgraph({w.tensor("w", {2}, {{2, std::uint32_t{1}}})}, {}, {0}, {});
  std::string file = w.file();
  ASSERT_LT(file.size(), 4096u);
  EXPECT_NE(Read(file).error().find("leads to bytes 4,096 to 4,104"), std::string::npos);
  file.resize(4104, 'w');
  const Read read(file);
  ASSERT_TRUE(read.model) << read.error();
  const TensorData* data = read.graph().tensors[TensorId{0}].constant;
  ASSERT_NE(data, nullptr);
  EXPECT_EQ(data->offset, 4096u);
}

TEST(TfLite, WeightsThatDoNotFitAreAFindingNotAnError) {
  Writer w;
  const std::uint32_t three = w.buffer({1, 2, 3});
  w.subgraph({w.tensor("w", {2, 2}, {{2, three}})}, {}, {0}, {});
  const Read read(w.file());
  ASSERT_TRUE(read.model) << read.error();
  ASSERT_EQ(read.model->findings.size(), 1u);
  EXPECT_EQ(read.model->findings[0].message.to_string(),
            "the weights of `w` do not fit its shape: 4 elements, 12 bytes stored");
}

TEST(TfLite, QuantizationStaysBesideTheTensor) {
  Writer w;
  const Ref per_axis = w.table({{2, w.numbers(std::vector<float>{0.5f, 0.25f})},
                                {3, w.numbers(std::vector<std::int64_t>{0, 0})},
                                {6, std::int32_t{1}}});
  const Ref range_only =
      w.table({{0, w.numbers(std::vector<float>{-1})}, {1, w.numbers(std::vector<float>{1})}});
  w.subgraph(
      {w.tensor("q", {3, 2}, {{1, std::int8_t{9}}, {4, per_axis}}), w.tensor("r", {3}, {{4, range_only}})},
      {0, 1}, {0}, {});
  const Read read(w.file());
  ASSERT_TRUE(read.model) << read.error();
  const Tensor& q = read.graph().tensors[TensorId{0}];
  EXPECT_EQ(q.type.dtype, DType::int8);
  ASSERT_NE(q.quantization, nullptr);
  EXPECT_EQ(q.quantization->axis, 1);
  ASSERT_EQ(q.quantization->scales.size(), 2u);
  EXPECT_EQ(q.quantization->scales[1], 0.25f);
  EXPECT_TRUE(q.quantization->zero_points.empty());
  EXPECT_EQ(read.graph().tensors[TensorId{1}].quantization, nullptr);
}

TEST(TfLite, CustomAndNewerOperatorsStayAsThemselves) {
  Writer w;
  const std::vector<Ref> tensors{w.tensor("x", {2}), w.tensor("y", {5}), w.tensor("z", {5})};
  const Ref custom = w.op(w.code(kCustom, "Vendor:Op"), {0}, {1});
  const Ref newer = w.op(w.code(kNewest + 91), {1}, {2});
  w.subgraph(tensors, {0}, {2}, {custom, newer});
  const Read read(w.file());
  ASSERT_TRUE(read.model) << read.error();
  EXPECT_EQ(read.graph().nodes[NodeId{0}].op, Op::unknown);
  EXPECT_EQ(read.graph().nodes[NodeId{0}].op_type, "Vendor:Op");
  EXPECT_EQ(read.graph().nodes[NodeId{1}].op_type, "BUILTIN_300");
  const auto inference = infer(*read.model);
  ASSERT_TRUE(inference);
  EXPECT_EQ(to_string(inference->facts(Model::kMain, TensorId{2}).shape, inference->dims), "[5]");
}

// A counter below 5, doubled state.
std::string loop(std::int32_t body_subgraph) {
  Writer w;
  const auto scalar = [&](std::string_view name, std::vector<Slot> more = {}) {
    more.push_back({1, std::int8_t{2}});
    return w.tensor(name, {}, std::move(more));
  };
  w.buffers.push_back(w.table({{0, w.bytes_of(I32s{5})}}));
  w.buffers.push_back(w.table({{0, w.bytes_of(I32s{1})}}));
  w.buffers.push_back(w.table({{0, w.bytes_of(I32s{0})}}));
  const std::uint32_t run = w.code(kWhile), less = w.code(kLess), add = w.code(kAdd);
  const Ref options = w.table({{0, std::int32_t{1}}, {1, body_subgraph}});
  w.subgraph({scalar("start", {{2, std::uint32_t{3}}}), w.tensor("x", {4}), scalar("i"), w.tensor("y", {4})},
             {1}, {3}, {w.op(run, {0, 1}, {2, 3}, {{3, kWhileOptions}, {4, options}})});
  w.subgraph({scalar("i"), w.tensor("x", {4}), scalar("n", {{2, std::uint32_t{1}}}),
              w.tensor("goes on", {}, {{1, std::int8_t{6}}})},
             {0, 1}, {3}, {w.op(less, {0, 2}, {3})}, "cond");
  w.subgraph({scalar("i"), w.tensor("x", {4}), scalar("one", {{2, std::uint32_t{2}}}), scalar("next"),
              w.tensor("twice", {4})},
             {0, 1}, {3, 4}, {w.op(add, {0, 2}, {3}), w.op(add, {1, 1}, {4})}, "body");
  return w.file();
}

TEST(TfLite, AWhileRunsItsSubgraphsAsOftenAsItsConditionHolds) {
  const Read read(loop(2));
  ASSERT_TRUE(read.model) << read.error();
  ASSERT_EQ(read.model->graphs.size(), 3u);
  EXPECT_EQ(read.graph(1).path, "WHILE#0/cond");
  EXPECT_EQ(read.graph(2).path, "WHILE#0/body");
  EXPECT_EQ(read.graph(2).parent, Model::kMain);
  const auto inference = infer(*read.model);
  ASSERT_TRUE(inference);
  const NodeFacts& facts = inference->graphs[Model::kMain].nodes[NodeId{0}];
  // 5 runs of 1 + 4 additions, 6 comparisons
  EXPECT_EQ(inference->dims.to_string(facts.cost.operations[static_cast<std::size_t>(Arith::add)]), "25");
  EXPECT_EQ(inference->dims.to_string(facts.cost.operations[static_cast<std::size_t>(Arith::compare)]), "6");
}

TEST(TfLite, ASubgraphCannotRunItselfOrOneThatIsNotThere) {
  EXPECT_NE(Read(loop(0)).error().find("runs a subgraph within itself"), std::string::npos);
  EXPECT_NE(Read(loop(9)).error().find("names subgraph 9, the model has 3 subgraphs"), std::string::npos);
}

TEST(TfLite, AFurtherEntryPointIsAGraphOfItsOwn) {
  Writer w;
  const std::uint32_t add = w.code(kAdd);
  for (const std::string_view name : {"prefill", "decode"}) {
    w.subgraph({w.tensor("x", {4}), w.tensor("y", {4})}, {0}, {1}, {w.op(add, {0, 0}, {1})}, name);
  }
  const Read read(w.file());
  ASSERT_TRUE(read.model) << read.error();
  ASSERT_EQ(read.model->graphs.size(), 2u);
  EXPECT_FALSE(read.graph(1).parent);
  EXPECT_EQ(read.graph(1).path, "decode");
  const auto inference = infer(*read.model);
  ASSERT_TRUE(inference);
  EXPECT_EQ(to_string(inference->facts(GraphId{1}, TensorId{1}).shape, inference->dims), "[4]");
  EXPECT_TRUE(inference->graphs[GraphId{1}].nodes[NodeId{0}].executions.is(0));
}

TEST(TfLite, ATensorThatIsMadeTwiceIsTwoTensors) {
  Writer w;
  const std::uint32_t add = w.code(kAdd);
  const std::vector<Ref> tensors{w.tensor("x", {4}), w.tensor("y", {4})};
  w.subgraph(tensors, {0}, {1}, {w.op(add, {0, 0}, {1}), w.op(add, {1, 0}, {1})});
  const Read read(w.file());
  ASSERT_TRUE(read.model) << read.error();
  const Graph& graph = read.graph();
  ASSERT_EQ(graph.tensors.size(), 3u);
  EXPECT_EQ(graph.nodes[NodeId{1}].inputs[0], TensorId{1});
  EXPECT_EQ(graph.outputs[0], TensorId{2});
  EXPECT_EQ(graph.tensors[TensorId{2}].name, "y#2");
}

TEST(TfLite, WhatIsNotThereIsNamedWithItsPlace) {
  Writer w;
  w.subgraph({w.tensor("x", {4})}, {0}, {0}, {w.op(w.code(kAdd), {0, 7}, {0})});
  EXPECT_NE(Read(w.file()).error().find("subgraphs[0].operators[0].inputs at byte"), std::string::npos);
  Writer v;
  v.subgraph({v.tensor("x", {4})}, {0}, {0}, {v.op(3, {0, 0}, {0})});
  EXPECT_NE(Read(v.file()).error().find("opcode_index"), std::string::npos);
  Writer old;
  old.subgraph({old.tensor("x", {4})}, {0}, {0}, {});
  EXPECT_NE(Read(old.file(1)).error().find("version 3 of the schema is read"), std::string::npos);
  EXPECT_NE(Read(Writer().file()).error().find("the model has no graph"), std::string::npos);
}

TEST(TfLite, EveryCutAndEveryChangedByteIsSurvived) {
  for (const std::string& whole : {convolution(), loop(2)}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      const auto read = tflite::read(as_bytes(std::string_view(cut.data(), cut.size())), {});
      EXPECT_TRUE(read || !read.error().message.empty());
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const int value : {0, 1, 0x80, 0xff}) {
        std::string changed = whole;
        changed[at] = static_cast<char>(value);
        const auto read = tflite::read(as_bytes(changed), {});
        if (read) (void)infer(*read);
      }
    }
  }
}

TEST(TfLite, TheListOfOperatorsIsTheSchemas) {
  const auto list = tflite::operators();
  ASSERT_EQ(list.size(), 210u);
  EXPECT_EQ(list[0].name, "ADD");
  EXPECT_EQ(list[3].canonical, "Conv");
  EXPECT_EQ(list[kSelectV2].name, "SELECT_V2");
  EXPECT_EQ(list[kWhile].canonical, "While");
  EXPECT_EQ(list[kNewest].name, "STABLEHLO_CASE");
  EXPECT_TRUE(list[kCustom].canonical.empty());
}

}  // namespace
}  // namespace haoline
