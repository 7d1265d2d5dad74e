#include <gtest/gtest.h>

#include <map>
#include <string>

#include "analyses/engine_bounds.h"
#include "formats/format.h"
#include "formats/tensorrt/layers.h"
#include "formats/tensorrt/reader.h"
#include "inspect/inspect.h"

namespace haoline {
namespace {

struct Folder : FileProvider {
  std::map<std::string, std::string, std::less<>> files;
  Result<Opened> open(std::string_view name) override {
    const auto at = files.find(name);
    if (at == files.end()) return Error{ErrorKind::unreadable};
    return Opened{as_bytes(at->second)};
  }
};

// A convolution with a fused addition, and a copy to another type. 8x4x4 from 3 channels, 3x3.
constexpr std::string_view kLayers = R"({"Layers": [
 {"Name": "Conv_0 + Add_1 + Relu_2", "LayerType": "CaskConvolution", "ParameterType": "Convolution",
  "Inputs": [{"Name": "x", "Dimensions": [2,3,4,4], "Format/Datatype": "Four wide channel vectorized row major Int8 format"},
             {"Name": "skip", "Dimensions": [2,8,4,4], "Format/Datatype": "Row major linear FP16"}],
  "Outputs": [{"Name": "y", "Dimensions": [2,8,4,4], "Format/Datatype": "Row major linear FP16"}],
  "Kernel": [3,3], "PrePadding": [1,1], "PostPadding": [1,1], "Stride": [1,1], "Dilation": [1,1], "OutMaps": 8, "Groups": 1,
  "PaddingMode": "kEXPLICIT_ROUND_DOWN", "Weights": {"Type": "Int8", "Count": 216}, "Bias": {"Type": "Float", "Count": 8},
  "Activation": "RELU", "TacticName": "sm80_xmma_fprop", "TacticValue": "0x1"},
 {"Name": "Reformatting CopyNode for Output Tensor 0 to Conv_0", "LayerType": "Reformat", "ParameterType": "Reformat",
  "Inputs": [{"Name": "y", "Dimensions": [2,8,4,4], "Format/Datatype": "Row major linear FP16"}],
  "Outputs": [{"Name": "out", "Dimensions": [2,8,4,4], "Format/Datatype": "Row major linear FP32"}]},
 {"Name": "{ForeignNode[a...b]}", "LayerType": "Myelin",
  "Inputs": [{"Name": "y", "Dimensions": [2,8,4,4], "Format/Datatype": "Row major linear FP16"}],
  "Outputs": [{"Name": "mystery", "Dimensions": [2,-1], "Format/Datatype": "Row major linear FP16"}]}],
 "Bindings": ["x", "skip", "out", "mystery"]})";

Result<Model> read(std::string_view text, Folder* folder = nullptr) {
  ReadOptions options;
  options.name = "net.engine.graph.json";
  options.files = folder;
  return tensorrt::read(as_bytes(text), options);
}

TEST(TensorRt, LayersAreNodesWithTheirTensorsAndWeights) {
  const Result<Model> model = read(kLayers);
  ASSERT_TRUE(model) << model.error().to_string();
  const Graph& graph = model->main();
  ASSERT_EQ(graph.nodes.size(), 3u);
  EXPECT_EQ(graph.nodes[NodeId{0}].op_type, "CaskConvolution");
  EXPECT_NE(graph.nodes[NodeId{0}].op, Op::unknown);
  EXPECT_EQ(graph.nodes[NodeId{1}].attribute("to") != nullptr, true);
  EXPECT_EQ(graph.nodes[NodeId{2}].op, Op::unknown);
  ASSERT_EQ(graph.inputs.size(), 2u);
  EXPECT_EQ(graph.tensors[graph.inputs[0]].type.dtype, DType::int8);
  ASSERT_EQ(graph.outputs.size(), 2u);
  EXPECT_EQ(graph.tensors[graph.outputs[0]].name, "out");

  const Result<Report> report = inspect(*model, "x", {});
  ASSERT_TRUE(report);
  // 2 images x 8 maps x 16 positions x 3 channels x 9.
  EXPECT_EQ(*report->cost.macs.value, 2 * 8 * 16 * 3 * 9);
  EXPECT_FALSE(report->cost.macs.complete);  // Myelin's share is unknown
  EXPECT_EQ(*report->parameters.trainable, 216 + 8);
  for (const FindingInfoText& finding : report->findings)
    EXPECT_NE(finding.id.text, "contradicting-declaration") << finding.message.to_string();
}

TEST(TensorRt, WhatLiesBesideGivesTimesAndTheMachine) {
  Folder folder;
  folder.files["net.engine.profile.json"] =
      R"([{"count": 1}, {"name": "Conv_0 + Add_1 + Relu_2", "timeMs": 3, "averageMs": 0.3, "medianMs": 0.25, "percentage": 75}])";
  folder.files["net.engine.metadata.json"] =
      R"([{"Name": "GPU A", "ComputeCapability": [8, 0], "TotalMemory": 1000, "CUDA_VERSION": [11, 6, 0], "CLOCK_RATE": 1000000,
           "MULTIPROCESSOR_COUNT": 100, "GLOBAL_MEMORY_BUS_WIDTH": 8000, "MEMORY_CLOCK_RATE": 1000000}])";
  folder.files["net.engine.profile.metadata.json"] =
      R"({"performance_summary": {"Throughput": 100.5, "Latency": [1, 3, 2, 1.5]}, "inference_options": {"Streams": "1"},
          "device_information": {"Selected Device": "GPU B", "Compute Capability": 8.0}})";
  folder.files["net.engine.build.metadata.json"] =
      R"({"model_options": {"Format": "ONNX"}, "build_options": {"Precision": "FP32+INT8"}})";
  const Result<Model> model = read(kLayers, &folder);
  ASSERT_TRUE(model) << model.error().to_string();
  const EngineFacts& engine = *model->engine;
  EXPECT_EQ(engine.gpu, "GPU A");
  EXPECT_EQ(engine.compute_capability, "8.0");
  EXPECT_EQ(*engine.latency_ms, 1.5);
  EXPECT_EQ(*engine.layers[0].time_ms, 0.25);
  EXPECT_FALSE(engine.layers[1].time_ms);
  EXPECT_EQ(engine.layers[0].precision, "int8");
  ASSERT_EQ(engine.layers[0].sources.size(), 3u);
  EXPECT_EQ(engine.layers[0].sources[2], "Relu_2");
  EXPECT_EQ(engine.settings.front().value, "FP32+INT8");
  EXPECT_EQ(*engine.memory_bytes_per_second, 2e12);  // 1,000 bytes wide, 1 GHz, twice a clock
  ASSERT_EQ(model->findings.size(), 1u);             // built on A, profiled on B
  EXPECT_NE(model->findings[0].message.to_string().find("GPU B"), std::string::npos);

  // 6,912 MACs at 100 x 2,048 x 1 GHz take 34 ps; 96 + 512 + 512 + 216 + 32 bytes at 2 TB/s take 684 ps.
  Result<Inference> inference = infer(*model);
  ASSERT_TRUE(inference);
  const auto bounds = bound_layers(*model, *inference, {});
  EXPECT_EQ(bounds[0].bound, LayerBound::memory);
  EXPECT_NEAR(*bounds[0].attained, 684e-12 / 0.25e-3, 1e-9);
  EXPECT_EQ(bounds[2].bound, LayerBound::unknown);
}

TEST(TensorRt, ATypeIsFoundInTheWordsOfAnyVersion) {
  EXPECT_EQ(tensorrt::dtype_of("Thirty-two wide channel vectorized row major Int8 format"), DType::int8);
  EXPECT_EQ(tensorrt::dtype_of("Channel major FP16 format where channel % 8 == 0"), DType::float16);
  EXPECT_EQ(tensorrt::dtype_of("Row major linear BFloat16 format"), DType::bfloat16);
  EXPECT_EQ(tensorrt::dtype_of("Row major linear UInt8"), DType::uint8);
  EXPECT_EQ(tensorrt::dtype_of("Float"), DType::float32);
  EXPECT_EQ(tensorrt::dtype_of("N/A due to dynamic shapes"), DType::unknown);
}

TEST(TensorRt, SourcesComeFromTheMetadataWhereThereIsSome) {
  Arena arena;
  const auto marked =
      tensorrt::sources_of("__myl_fused", "[ONNX Layer: /a/MatMul]\x1e[ONNX Layer: /a/Add]", arena);
  ASSERT_EQ(marked.size(), 2u);
  EXPECT_EQ(marked[1], "/a/Add");
  const auto named = tensorrt::sources_of("conv1.weight + QuantizeLinear_7 + Conv_9", "", arena);
  ASSERT_EQ(named.size(), 2u);
  EXPECT_EQ(named[0], "QuantizeLinear_7");
}

TEST(TensorRt, APlanTellsItsVersionAndThatItIsSealed) {
  std::string plan("ftrt", 4);
  plan.resize(24);
  plan += std::string("\x08\x06\x01\x06", 4);
  plan.resize(64);
  const Result<Model> model = read_model(as_bytes(plan));
  ASSERT_TRUE(model);
  EXPECT_EQ(model->format_version, "plan of TensorRT 8.6.1.6");
  ASSERT_EQ(model->findings.size(), 1u);
}

TEST(TensorRt, ALonePieceNamesTheFileToGive) {
  const auto result =
      read_model(as_bytes(R"([{"count": 1}, {"name": "a", "averageMs": 1, "percentage": 3}])"));
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().advice.find(".graph.json"), std::string::npos);
}

TEST(TensorRt, NamesAloneAreKept) {
  const Result<Model> model = read(R"({"Layers": ["a", "b"], "Bindings": ["x"]})");
  ASSERT_TRUE(model);
  EXPECT_EQ(model->main().nodes.size(), 2u);
  EXPECT_EQ(model->findings.size(), 1u);
}

TEST(TensorRt, EveryTruncationIsAnErrorAndAbsurdCountsAreNoWeights) {
  for (std::size_t size = 0; size < kLayers.size() - 1; ++size)
    EXPECT_FALSE(read(kLayers.substr(0, size))) << size;
  std::string absurd(kLayers);
  absurd.replace(absurd.find("\"Count\": 216"), 12, "\"Count\": 9223372036854775807");
  const Result<Model> model = read(absurd);
  ASSERT_TRUE(model);
  EXPECT_TRUE(inspect(*model, "x", {}));
}

}  // namespace
}  // namespace haoline
