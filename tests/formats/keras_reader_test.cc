// Keras configurations, written in the test, to graphs; figures derived by hand beside each.
#include <gtest/gtest.h>

#include <string>

#include "formats/format.h"

namespace haoline {
namespace {

std::string sequential(const std::string& layers, const std::string& shape) {
  return R"({"class_name": "Sequential", "config": {"name": "net", "layers": [
    {"class_name": "InputLayer", "config": {"name": "x", "dtype": "float32", "batch_input_shape": [null, )" +
         shape + "]}}, " + layers + "]}}";
}

Result<Model> read(const std::string& json) {
  return read_model(as_bytes(json));
}

std::int64_t parameters(const Model& model, Trained wanted) {
  std::int64_t total = 0;
  for (const Graph& graph : model.graphs) {
    for (const Tensor& tensor : graph.tensors) {
      if (!tensor.constant || tensor.trained != wanted) continue;
      std::int64_t count = 1;
      for (const std::int64_t extent : tensor.constant->extents) count *= extent;
      total += count;
    }
  }
  return total;
}

std::string shape_of(const Model& model, std::string_view name) {
  for (const Tensor& tensor : model.main().tensors) {
    if (tensor.name == name) return to_string(tensor.shape, *model.dims);
  }
  return "none";
}

const Node* node_named(const Model& model, std::string_view name) {
  for (const Node& node : model.main().nodes) {
    if (node.name == name) return &node;
  }
  return nullptr;
}

TEST(Keras, AConfigurationAloneCountsItsParametersFromShapes) {
  const auto model = read(sequential(
      R"({"class_name": "Conv2D", "config": {"name": "c", "filters": 4, "kernel_size": [3, 3], "padding": "same",
          "strides": [2, 2], "activation": "relu"}},
         {"class_name": "BatchNormalization", "config": {"name": "n", "axis": [3]}},
         {"class_name": "Flatten", "config": {"name": "f"}},
         {"class_name": "Dense", "config": {"name": "d", "units": 5}})",
      "9, 9, 2"));
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->format, "keras");
  // 3·3·2·4 + 4, 2·4 trainable of the norm, 5·5·4·5 + 5
  EXPECT_EQ(parameters(*model, Trained::yes), 76 + 8 + 505);
  EXPECT_EQ(parameters(*model, Trained::no), 8);
  EXPECT_EQ(shape_of(*model, "c"), "[batch, 5, 5, 4]");
  EXPECT_EQ(shape_of(*model, "f"), "[batch, 100]");
  EXPECT_EQ(node_named(*model, "c")->op, Op::Conv);
  EXPECT_EQ(node_named(*model, "c")->op_type, "Conv2D");
  EXPECT_EQ(std::get<std::string_view>(node_named(*model, "c")->attribute("activation")->value), "relu");
}

TEST(Keras, TransposedConvolutionsEndWhereKerasEndsThem) {
  const std::string layer = R"({"class_name": "Conv2DTranspose", "config": {"name": "t", "filters": 3, )";
  struct Case {
    std::string rest, shape;
  };
  // keras.src.ops.operation_utils / conv_utils.deconv_output_length, worked out for an extent of 12
  for (const Case& c :
       {Case{R"("kernel_size": [3, 3], "strides": [2, 2], "padding": "same")", "[batch, 24, 24, 3]"},
        Case{R"("kernel_size": [3, 3], "strides": [2, 2], "padding": "valid")", "[batch, 25, 25, 3]"},
        Case{R"("kernel_size": [2, 2], "strides": [3, 3], "padding": "valid")", "[batch, 36, 36, 3]"},
        Case{R"("kernel_size": [3, 3], "strides": [2, 2], "padding": "same", "output_padding": 1)",
             "[batch, 24, 24, 3]"}}) {
    const auto model = read(sequential(layer + c.rest + "}}", "12, 12, 2"));
    ASSERT_TRUE(model);
    EXPECT_EQ(shape_of(*model, "t"), c.shape) << c.rest;
  }
}

TEST(Keras, ASharedLayerIsTwoNodesAndOneWeight) {
  const auto model = read(R"({"class_name": "Functional", "config": {"name": "m", "layers": [
    {"class_name": "InputLayer", "name": "a", "config": {"name": "a", "batch_input_shape": [null, 4]}, "inbound_nodes": []},
    {"class_name": "InputLayer", "name": "b", "config": {"name": "b", "batch_input_shape": [null, 4]}, "inbound_nodes": []},
    {"class_name": "Dense", "name": "d", "config": {"name": "d", "units": 3},
     "inbound_nodes": [[["a", 0, 0, {}]], [["b", 0, 0, {}]]]},
    {"class_name": "Add", "name": "s", "config": {"name": "s"}, "inbound_nodes": [[["d", 0, 0, {}], ["d", 1, 0, {}]]]}],
    "input_layers": [["a", 0, 0], ["b", 0, 0]], "output_layers": [["s", 0, 0]]}})");
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->main().nodes.size(), 3u);
  EXPECT_EQ(parameters(*model, Trained::yes), 15);
  EXPECT_EQ(model->main().inputs.size(), 2u);
  EXPECT_EQ(node_named(*model, "d")->inputs[1], node_named(*model, "d#1")->inputs[1]);
  EXPECT_EQ(node_named(*model, "d#1")->source_name, "d");
}

TEST(Keras, AModelInsideAModelIsItsScope) {
  const std::string inner = R"({"class_name": "Sequential", "config": {"name": "enc", "layers": [
    {"class_name": "Dense", "config": {"name": "d", "units": 3}}]}})";
  const auto model =
      read(sequential(inner + R"(, {"class_name": "Dense", "config": {"name": "o", "units": 2}})", "4"));
  ASSERT_TRUE(model);
  EXPECT_EQ(node_named(*model, "d")->scope, "enc");
  EXPECT_EQ(shape_of(*model, "enc/d"), "[batch, 3]");
  EXPECT_EQ(parameters(*model, Trained::yes), 15 + 8);
}

TEST(Keras, RecurrentLayersHaveKerasWeightsAndShapes) {
  const auto model = read(sequential(
      R"({"class_name": "Bidirectional", "config": {"name": "b", "merge_mode": "concat", "layer":
           {"class_name": "LSTM", "config": {"name": "l", "units": 5, "return_sequences": true}}}},
         {"class_name": "GRU", "config": {"name": "g", "units": 3, "reset_after": true}})",
      "7, 6"));
  ASSERT_TRUE(model);
  // each way (6 + 5)·20 + 20; then (10 + 3)·9 + 2·9
  EXPECT_EQ(parameters(*model, Trained::yes), 2 * 240 + 135);
  EXPECT_EQ(shape_of(*model, "b"), "[batch, 7, 10]");
  EXPECT_EQ(shape_of(*model, "g"), "[batch, 3]");
}

TEST(Keras, WhatNobodyKnowsStaysAsItself) {
  const auto model = read(sequential(
      R"({"class_name": "Own", "config": {"name": "o"}, "registered_name": "mine>Own"},
         {"class_name": "Dense", "config": {"name": "d", "units": 2}})",
      "4"));
  ASSERT_TRUE(model);
  EXPECT_EQ(node_named(*model, "o")->op, Op::unknown);
  EXPECT_EQ(node_named(*model, "o")->domain, "mine");
  EXPECT_EQ(node_named(*model, "d")->op, Op::FullyConnected);
}

TEST(Keras, RoundedWeightsSayTheirBits) {
  const auto model = read(sequential(
      R"x({"class_name": "QDense", "config": {"name": "q", "units": 2,
          "kernel_quantizer": {"class_name": "quantized_bits", "config": {"bits": 6, "integer": 0}},
          "bias_quantizer": "quantized_bits(4,0)"}})x",
      "4"));
  ASSERT_TRUE(model);
  const Node& node = *node_named(*model, "q");
  const auto bits = [&](std::size_t i) { return model->main().tensors[node.inputs[i]].quantization->bits; };
  EXPECT_EQ(bits(1), 6);
  EXPECT_EQ(bits(2), 4);
}

TEST(Keras, ALayerThatWaitsForItselfIsRefused) {
  const auto model = read(R"x({"class_name": "Functional", "config": {"name": "m", "layers": [
    {"class_name": "Dense", "name": "d", "config": {"name": "d", "units": 3}, "inbound_nodes": [[["d", 0, 0, {}]]]}],
    "input_layers": [], "output_layers": [["d", 0, 0]]}})x");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().to_string(),
            "model_config.layers: have a layer that waits for a tensor no layer makes. Save the model again "
            "with Keras");
}

TEST(Keras, ModelsThatDoubleThemselvesEnd) {
  // Every level calls the one below twice: 2^40 calls if somebody followed them.
  std::string model = R"({"class_name": "Dense", "config": {"name": "d", "units": 4}})";
  for (int i = 0; i < 18; ++i) {
    model =
        R"({"class_name": "Sequential", "config": {"name": "s", "layers": [)" + model + "," + model + "]}}";
    if (model.size() > 100'000) break;
  }
  const auto made = read(sequential(model, "4"));
  EXPECT_TRUE(made || !made.error().message.empty());
  std::string deep = R"({"class_name": "Dense", "config": {"name": "d", "units": 4}})";
  for (int i = 0; i < 60; ++i) deep = R"({"class_name": "Sequential", "config": {"layers": [)" + deep + "]}}";
  EXPECT_FALSE(read(sequential(deep, "4")));
}

TEST(Keras, ATextCutAnywhereIsRefused) {
  const std::string whole =
      sequential(R"({"class_name": "Dense", "config": {"name": "d", "units": 5}})", "4");
  ASSERT_TRUE(read(whole));
  for (std::size_t size = 0; size + 1 < whole.size(); ++size)
    EXPECT_FALSE(read(whole.substr(0, size))) << size;
}

}  // namespace
}  // namespace haoline
