// OpenVINO IR: what the reader makes of small files, and that broken ones are refused with a place.
#include <gtest/gtest.h>

#include <deque>

#include "analyses/inference.h"
#include "analyses/parameters.h"
#include "analyses/totals.h"
#include "formats/openvino/reader.h"

namespace haoline {
namespace {

struct Bin final : FileProvider {
  explicit Bin(std::string bytes) : content(std::move(bytes)) {}
  Result<Opened> open(std::string_view name) override {
    if (name == "m.bin") return Opened{as_bytes(content)};
    Error error;
    error.kind = ErrorKind::unreadable;
    error.message = "is not there";
    return error;
  }
  std::string content;
};

std::string port(int id, std::string_view precision, const std::vector<int>& dims,
                 std::string_view names = {}) {
  std::string text = "<port id=\"" + std::to_string(id) + "\" precision=\"" + std::string(precision) + "\"";
  if (!names.empty()) text += " names=\"" + std::string(names) + "\"";
  text += ">";
  for (const int dim : dims) text += "<dim>" + std::to_string(dim) + "</dim>";
  return text + "</port>";
}

std::string layer(int id, std::string_view name, std::string_view type, std::string_view inside,
                  std::string_view set = "opset1") {
  return "<layer id=\"" + std::to_string(id) + "\" name=\"" + std::string(name) + "\" type=\"" +
         std::string(type) + "\" version=\"" + std::string(set) + "\">" + std::string(inside) + "</layer>";
}

std::string edge(int from, int from_port, int to, int to_port) {
  return "<edge from-layer=\"" + std::to_string(from) + "\" from-port=\"" + std::to_string(from_port) +
         "\" to-layer=\"" + std::to_string(to) + "\" to-port=\"" + std::to_string(to_port) + "\"/>";
}

std::string net(const std::string& layers, const std::string& edges, std::string_view more = {}) {
  return "<?xml version=\"1.0\"?><net name=\"n\" version=\"11\"><layers>" + layers + "</layers><edges>" +
         edges + "</edges>" + std::string(more) + "</net>";
}

std::string parameter(int id, std::string_view name, std::string_view shape, const std::vector<int>& dims) {
  return layer(id, name, "Parameter",
               "<data shape=\"" + std::string(shape) + "\" element_type=\"f32\"/><output>" +
                   port(0, "FP32", dims) + "</output>");
}
std::string result(int id) {
  return layer(id, "r" + std::to_string(id), "Result", "<input>" + port(0, "FP32", {}) + "</input>");
}
std::string constant(int id, std::string_view type, std::string_view shape, int offset, int size) {
  return layer(id, "c" + std::to_string(id), "Const",
               "<data element_type=\"" + std::string(type) + "\" shape=\"" + std::string(shape) +
                   "\" offset=\"" + std::to_string(offset) + "\" size=\"" + std::to_string(size) +
                   "\"/><output>" + port(0, "", {}) + "</output>");
}

// A model borrows from its text, which is kept until the tests end.
Result<Model> read(const std::string& text, FileProvider* files = nullptr) {
  static std::deque<std::string> kept;
  const std::string& xml = kept.emplace_back(text);
  ReadOptions options;
  options.name = "m.xml";
  options.files = files;
  return openvino::read(as_bytes(xml), options);
}

std::string refusal(const std::string& xml) {
  const Result<Model> model = read(xml);
  return model ? "read" : model.error().to_string();
}

std::string shape_of(const Model& model, std::string_view name) {
  const Result<Inference> inference = infer(model);
  for (const TensorId t : model.main().tensors.ids()) {
    if (model.main().tensors[t].name == name)
      return to_string(inference->facts(Model::kMain, t).shape, inference->dims);
  }
  return "no such tensor";
}

std::string relu() {
  return net(parameter(0, "x", "?,3", {-1, 3}) +
                 layer(1, "y", "ReLU",
                       "<input>" + port(0, "FP32", {-1, 3}) + "</input><output>" +
                           port(1, "FP32", {-1, 3}, "out,other") + "</output>") +
                 result(2),
             edge(0, 0, 1, 0) + edge(1, 1, 2, 0),
             "<rt_info><nncf><weight_compression><mode value=\"int4 &amp; "
             "more\"/></weight_compression></nncf></rt_info>");
}

TEST(OpenVino, LayersAreNodesAndPortsAreTensors) {
  const std::string xml = relu();
  const Result<Model> model = read(xml);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->format_version, "IR v11");
  ASSERT_EQ(model->main().nodes.size(), 1u);
  EXPECT_EQ(model->main().nodes[NodeId{0}].op, Op::Relu);
  EXPECT_EQ(model->main().inputs.size(), 1u);
  ASSERT_EQ(model->main().outputs.size(), 1u);
  EXPECT_EQ(model->main().tensors[model->main().outputs[0]].name, "out");
  EXPECT_EQ(shape_of(*model, "out"), "[x_0, 3]");
  ASSERT_EQ(model->metadata.size(), 1u);
  EXPECT_EQ(model->metadata[0].key, "nncf/weight_compression/mode");
  EXPECT_EQ(model->metadata[0].value, "int4 & more");
  EXPECT_TRUE(openvino::sniff({as_bytes(xml), xml.size(), as_bytes(xml)}));
}

TEST(OpenVino, AMissingBinIsAFindingAndNothingElse) {
  const std::string xml = net(constant(0, "f32", "2,2", 0, 16) + result(1), edge(0, 0, 1, 0));
  const Result<Model> model = read(xml);
  ASSERT_TRUE(model);
  ASSERT_EQ(model->findings.size(), 1u);
  EXPECT_EQ(model->findings[0].kind, FindingKind::missing_external_data);
  EXPECT_EQ(shape_of(*model, "c0"), "[2, 2]");
}

TEST(OpenVino, ConstantsAreViewsOfTheBin) {
  Bin bin(std::string("\x01\x02\x03\x04\x05\x06\x07\x08", 8));
  const std::string xml = net(constant(0, "u4", "2,4", 2, 4) + result(1), edge(0, 0, 1, 0));
  const Result<Model> model = read(xml, &bin);
  ASSERT_TRUE(model);
  EXPECT_TRUE(model->findings.empty());
  const TensorData* data = model->main().tensors[TensorId{0}].constant;
  EXPECT_EQ(data->dtype, DType::uint4);
  EXPECT_EQ(data->bytes.data(), as_bytes(bin.content).data() + 2);
  EXPECT_EQ(data->bytes.size(), 4u);
}

TEST(OpenVino, AStretchBeyondTheBinOrOfAnotherSizeIsAFinding) {
  Bin bin(std::string(8, '\0'));
  for (const auto& [offset, size] : {std::pair(4, 8), std::pair(0, 4)}) {
    const Result<Model> model =
        read(net(constant(0, "f32", "2", offset, size) + result(1), edge(0, 0, 1, 0)), &bin);
    ASSERT_TRUE(model);
    ASSERT_EQ(model->findings.size(), 1u);
    EXPECT_EQ(model->findings[0].kind, FindingKind::truncated_weights);
    EXPECT_EQ(model->main().tensors[TensorId{0}].constant->encoding, TensorData::Encoding::absent);
  }
}

// Weights as int8 with a scale per row: the integers are the parameters, the scale is not.
TEST(OpenVino, OfACompressedWeightTheIntegersAreTheParameters) {
  Bin bin(std::string(1024, '\x01'));
  const auto unary = [&](int id, std::string_view type, std::string_view data) {
    return layer(id, "l" + std::to_string(id), type,
                 std::string(data) + "<input>" + port(0, "FP32", {}) + "</input><output>" +
                     port(1, "FP32", {}) + "</output>");
  };
  const auto binary = [&](int id, std::string_view type, std::string_view data) {
    return layer(id, "l" + std::to_string(id), type,
                 std::string(data) + "<input>" + port(0, "FP32", {}) + port(1, "FP32", {}) +
                     "</input><output>" + port(2, "FP32", {}) + "</output>");
  };
  const std::string xml =
      net(parameter(0, "x", "5,8", {5, 8}) + constant(1, "u8", "4,8", 0, 32) +
              unary(2, "Convert", "<data destination_type=\"f32\"/>") + constant(3, "u8", "4,1", 32, 4) +
              unary(4, "Convert", "<data destination_type=\"f32\"/>") + binary(5, "Subtract", "") +
              constant(6, "f32", "4,1", 64, 16) + binary(7, "Multiply", "") +
              binary(8, "MatMul", "<data transpose_a=\"false\" transpose_b=\"true\"/>") + result(9),
          edge(1, 0, 2, 0) + edge(3, 0, 4, 0) + edge(2, 1, 5, 0) + edge(4, 1, 5, 1) + edge(5, 2, 7, 0) +
              edge(6, 0, 7, 1) + edge(0, 0, 8, 0) + edge(7, 2, 8, 1) + edge(8, 2, 9, 0));
  const Result<Model> model = read(xml, &bin);
  ASSERT_TRUE(model) << model.error().to_string();
  Result<Inference> inference = infer(*model);
  const ParameterFacts parameters = count_parameters(*model, *inference);
  EXPECT_EQ(parameters.trainable.number(), 32);
  EXPECT_EQ(total_costs(*model, *inference).total.macs.number(), 5 * 8 * 4);
  EXPECT_EQ(shape_of(*model, "l8"), "[5, 4]");
  const Tensor& weight = model->main().tensors[TensorId{1}];
  ASSERT_NE(weight.quantization, nullptr);
  EXPECT_EQ(weight.quantization->axis, 0);
  EXPECT_EQ(weight.quantization->scales.size(), 4u);
  EXPECT_EQ(weight.quantization->zero_points[0], 1);
}

// A recurrent layer over slices: [batch, 7, 3] one step at a time, the steps joined again.
std::string tensor_iterator(std::string_view axis_of_output) {
  const std::string body = "<body><layers>" + parameter(0, "step", "?,1,3", {-1, 1, 3}) +
                           parameter(1, "state", "?,1,3", {-1, 1, 3}) +
                           layer(2, "sum", "Add",
                                 "<input>" + port(0, "FP32", {}) + port(1, "FP32", {}) + "</input><output>" +
                                     port(2, "FP32", {}) + "</output>") +
                           result(3) + "</layers><edges>" + edge(0, 0, 2, 0) + edge(1, 0, 2, 1) +
                           edge(2, 2, 3, 0) + "</edges></body>";
  const std::string maps =
      "<port_map><input external_port_id=\"0\" internal_layer_id=\"0\" axis=\"1\" start=\"0\" end=\"-1\" "
      "stride=\"1\" part_size=\"1\"/><input external_port_id=\"1\" internal_layer_id=\"1\"/>"
      "<output external_port_id=\"2\" internal_layer_id=\"3\" " +
      std::string(axis_of_output) +
      "/></port_map><back_edges><edge from-layer=\"3\" to-layer=\"1\"/></back_edges>";
  return net(parameter(0, "x", "2,7,3", {2, 7, 3}) + parameter(1, "h", "2,1,3", {2, 1, 3}) +
                 layer(2, "ti", "TensorIterator",
                       "<input>" + port(0, "FP32", {}) + port(1, "FP32", {}) + "</input><output>" +
                           port(2, "FP32", {}) + "</output>" + maps + body) +
                 result(3),
             edge(0, 0, 2, 0) + edge(1, 0, 2, 1) + edge(2, 2, 3, 0));
}

TEST(OpenVino, ABodyOverSlicesIsJoinedAlongItsAxis) {
  const Result<Model> model =
      read(tensor_iterator("axis=\"1\" start=\"0\" end=\"-1\" stride=\"1\" part_size=\"1\""));
  ASSERT_TRUE(model) << model.error().to_string();
  ASSERT_EQ(model->graphs.size(), 2u);
  EXPECT_EQ(model->graphs[GraphId{1}].path, "ti/body");
  EXPECT_EQ(shape_of(*model, "ti"), "[2, 7, 3]");
  Result<Inference> inference = infer(*model);
  // Seven additions of 2·1·3 elements.
  EXPECT_EQ(total_costs(*model, *inference).total.flops.number(), 7 * 6);
}

TEST(OpenVino, ABodyThatIsNotJoinedGivesItsLastRun) {
  const Result<Model> model = read(tensor_iterator(""));
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(shape_of(*model, "ti"), "[2, 1, 3]");
}

// Version 6: the kernel is a setting, the weights lie inside the layer, there is no Result.
TEST(OpenVino, OldLayersCarryTheirWeights) {
  Bin bin(std::string(4 * (8 * 3 * 9 + 8), '\0'));
  const std::string xml =
      "<net name=\"n\" version=\"6\" batch=\"1\"><layers>"
      "<layer id=\"0\" name=\"in\" type=\"Input\" precision=\"FP32\"><output>" +
      port(0, "", {1, 3, 10, 10}) +
      "</output></layer>"
      "<layer id=\"1\" name=\"conv\" type=\"Convolution\" precision=\"FP32\">"
      "<data kernel=\"3,3\" strides=\"2,2\" pads_begin=\"1,1\" pads_end=\"1,1\" dilations=\"1,1\" "
      "output=\"8\" group=\"1\"/>"
      "<input>" +
      port(0, "", {1, 3, 10, 10}) + "</input><output>" + port(3, "", {1, 8, 5, 5}) +
      "</output><blobs><weights offset=\"0\" size=\"864\"/><biases offset=\"864\" "
      "size=\"32\"/></blobs></layer>"
      "</layers><edges>" +
      edge(0, 0, 1, 0) + "</edges></net>";
  const Result<Model> model = read(xml, &bin);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_TRUE(model->findings.empty());
  Result<Inference> inference = infer(*model, {.ignore_declared = true});
  ASSERT_EQ(model->main().outputs.size(), 1u);
  EXPECT_EQ(to_string(inference->facts(Model::kMain, model->main().outputs[0]).shape, inference->dims),
            "[1, 8, 5, 5]");
  EXPECT_EQ(count_parameters(*model, *inference).trainable.number(), 8 * 3 * 9 + 8);
  EXPECT_EQ(total_costs(*model, *inference).total.macs.number(), 8 * 25 * 27);
}

TEST(OpenVino, WhatIsNotKnownStaysAsItselfWithItsDeclaredShape) {
  const std::string xml = net(parameter(0, "x", "1,3", {1, 3}) +
                                  layer(1, "y", "MyLayer",
                                        "<data depth=\"4\"/><input>" + port(0, "FP32", {}) +
                                            "</input><output>" + port(1, "FP16", {1, 9}) + "</output>",
                                        "extension") +
                                  result(2),
                              edge(0, 0, 1, 0) + edge(1, 1, 2, 0));
  const Result<Model> model = read(xml);
  ASSERT_TRUE(model);
  const Node& node = model->main().nodes[NodeId{0}];
  EXPECT_EQ(node.op, Op::unknown);
  EXPECT_EQ(node.op_type, "MyLayer");
  ASSERT_NE(node.attribute("depth"), nullptr);
  EXPECT_EQ(shape_of(*model, "y"), "[1, 9]");
}

TEST(OpenVino, BrokenFilesAreRefusedWithTheirPlace) {
  EXPECT_EQ(refusal("<net><layers><!DOCTYPE x></layers></net>"),
            "line 1 at byte 0xd: declares a document type, which may define entities. No exporter writes "
            "one; remove it "
            "if the file is trusted.");
  EXPECT_NE(refusal("<net a=\"&bomb;\"/>").find("uses an entity that is not one of XML's own"),
            std::string::npos);
  EXPECT_NE(refusal("<net>\n<layers>\n</net>").find("line 3"), std::string::npos);
  EXPECT_NE(refusal("<html/>").find("the outermost element is not <net>"), std::string::npos);
  EXPECT_NE(refusal(net(result(0), edge(0, 0, 5, 0))).find("an edge joins a layer that is not there"),
            std::string::npos);
  const auto chain = [&](int id) {
    return layer(id, "l", "ReLU",
                 "<input>" + port(0, "", {}) + "</input><output>" + port(1, "", {}) + "</output>");
  };
  EXPECT_NE(refusal(net(chain(0) + chain(1), edge(0, 1, 1, 0) + edge(1, 1, 0, 0)))
                .find("wait for each other in a circle"),
            std::string::npos);
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "<a>";
  EXPECT_NE(refusal("<net>" + deep).find("nested more than"), std::string::npos);
}

TEST(OpenVino, EveryTruncationIsReadOrRefused) {
  const std::string whole = tensor_iterator("axis=\"1\"");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    const Result<Model> model = read(cut);
    EXPECT_FALSE(model) << size;
  }
}

TEST(OpenVino, EveryOperatorOfTheListStandsThereOnce) {
  const auto list = openvino::operators();
  EXPECT_GT(list.size(), 190u);
  for (std::size_t i = 1; i < list.size(); ++i) EXPECT_LT(list[i - 1].name, list[i].name);
}

}  // namespace
}  // namespace haoline
