// Core ML: the models of the corpus by their known figures, and small ones made here.
#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <map>

#include "analyses/inference.h"
#include "analyses/parameters.h"
#include "analyses/totals.h"
#include "base/folder.h"
#include "formats/coreml/reader.h"
#include "support/onnx_writer.h"

namespace haoline {
namespace {

using test::Wire;
namespace fs = std::filesystem;

struct Files final : FileProvider {
  explicit Files(const std::string& path) : folder(*Folder::open(path)) {}
  Result<Opened> open(std::string_view name) override {
    Result<MappedFile> file = folder.map(name);
    if (!file) return std::move(file).error();
    kept.push_back(*std::move(file));
    return Opened{kept.back().bytes()};
  }
  std::vector<std::string> list() override { return folder.list(); }
  Folder folder;
  std::deque<MappedFile> kept;
};

struct Memory final : FileProvider {
  std::map<std::string, std::string, std::less<>> content;
  Result<Opened> open(std::string_view name) override {
    const auto found = content.find(name);
    if (found != content.end()) return Opened{as_bytes(found->second)};
    Error error;
    error.kind = ErrorKind::unreadable;
    error.message = "is not there";
    return error;
  }
  std::vector<std::string> list() override {
    std::vector<std::string> names;
    for (const auto& [name, text] : content) names.push_back(name);
    return names;
  }
};

struct Figures {
  std::string macs, trainable, buffers;
  std::size_t unknown = 0;
};

// With every symbol 1.
Figures figures(const Model& model, bool may_find = false) {
  InferOptions options;
  for (std::size_t i = 0; i < model.dims->symbol_count(); ++i)
    options.bind[model.dims->symbol_at(i).name] = 1;
  Result<Inference> inference = infer(model, options);
  if (!inference) return {};
  const CostTotals totals = total_costs(model, *inference);
  const ParameterFacts parameters = count_parameters(model, *inference);
  for (const Finding& finding : inference->findings) EXPECT_TRUE(may_find) << finding.message.to_string();
  return {inference->dims.to_string(totals.total.macs), inference->dims.to_string(parameters.trainable),
          inference->dims.to_string(parameters.buffers), totals.nodes - totals.nodes_known};
}

class CoreMlCorpus : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::is_directory(models())) GTEST_SKIP() << "the model corpus is not there";
  }
  static fs::path models() { return fs::path(HAOLINE_SOURCE_DIR) / "../shared/models/coreml"; }
  Result<Model> read(const std::string& name) {
    const fs::path path = models() / name;
    options_.name = name;
    if (fs::is_directory(path)) {
      files_ = std::make_unique<Files>(path.string());
      EXPECT_TRUE(coreml::sniff_folder(files_->list()));
      return coreml::read_folder(*files_, options_);
    }
    Result<MappedFile> file = MappedFile::open(path.string());
    if (!file) return file.error();
    kept_ = std::make_unique<MappedFile>(*std::move(file));
    const Bytes bytes = kept_->bytes();
    sniffed_ = coreml::sniff({bytes.first(std::min(bytes.size(), kProbeBytes)), bytes.size(), bytes});
    return coreml::read(bytes, options_);
  }
  ReadOptions options_;
  std::unique_ptr<Files> files_;
  std::unique_ptr<MappedFile> kept_;
  bool sniffed_ = false;
};

// 12,501,632 MACs in every format (issue 5); 78,186 trainable parameters with the normalizations, 77,706
// folded.
TEST_F(CoreMlCorpus, OneNetworkInFiveForms) {
  for (const char* name : {"resnet8_fp16.mlpackage", "resnet8_fp32.mlpackage", "resnet8_linear8.mlpackage",
                           "resnet8_nn_fp32.mlmodel", "resnet8_nn_linear8.mlmodel"}) {
    SCOPED_TRACE(name);
    const Result<Model> model = read(name);
    ASSERT_TRUE(model) << model.error().to_string();
    for (const Finding& finding : model->findings) ADD_FAILURE() << finding.message.to_string();
    const Figures found = figures(*model);
    EXPECT_EQ(found.macs, "12501632");
    EXPECT_TRUE(found.trainable == "77706" || found.trainable == "78186") << found.trainable;
    EXPECT_EQ(found.unknown, 0u);
  }
}

TEST_F(CoreMlCorpus, ANetworkOfTheFirstSpecification) {
  const Result<Model> model = read("mnistCNN.mlmodel");
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_TRUE(sniffed_);
  EXPECT_EQ(model->format_version, "specification 1");
  const Figures found = figures(*model);
  EXPECT_EQ(found.trainable, "94602");  // as many as keras/mnistCNN.h5 has
  EXPECT_EQ(found.unknown, 0u);
}

TEST_F(CoreMlCorpus, CustomLayersKeepTheirWeights) {
  const Result<Model> model = read("neural_mcneuralnet_custom_layer.mlmodel");
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(figures(*model, true).trainable, "238");
}

TEST_F(CoreMlCorpus, APipelineIsItsModels) {
  const Result<Model> model = read("onehot_simple.mlmodel");
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_GT(model->main().nodes.size(), 0u);
  EXPECT_FALSE(model->main().outputs.empty());
}

TEST_F(CoreMlCorpus, AModelOfAnUnreleasedSpecificationIsRefused) {
  const Result<Model> model = read("simple_layer.mlmodel");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().to_string().find('\n'), std::string::npos);
}

TEST_F(CoreMlCorpus, ACompiledProgramIsReadFromItsText) {
  const Result<Model> model = read("add_model.mlmodelc");
  ASSERT_TRUE(model) << model.error().to_string();
  ASSERT_EQ(model->main().nodes.size(), 1u);
  EXPECT_EQ(model->main().nodes[NodeId{0}].op, Op::Mul);
  EXPECT_EQ(model->main().outputs.size(), 1u);
  EXPECT_EQ(model->producer_version, "8.1");
}

TEST_F(CoreMlCorpus, ASyntheticPackage) {
  const Result<Model> model = read("syn_mlp.mlpackage");
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(figures(*model).trainable, "68");
}

// --- made here

Wire feature(std::string_view name, std::initializer_list<int> shape) {
  Wire array;
  for (const int extent : shape) array.number(1, static_cast<std::uint64_t>(extent));
  array.number(2, 65568);
  return Wire().text(1, std::string(name)).message(3, Wire().message(5, array));
}

// conv 1x1 from 3 to 2 channels on [1, 3, 4, 4], exact mapping of arrays.
std::string small_network() {
  std::string weights(4 * 6, '\0');
  Wire convolution;
  convolution.number(1, 2).number(2, 3).number(10, 1).number(20, 1).number(20, 1);
  convolution.message(50, Wire()).message(90, Wire().text(1, weights));
  Wire layer;
  layer.text(1, "conv").text(2, "x").text(3, "y").message(100, convolution);
  Wire network;
  network.message(1, layer).number(5, 1);
  Wire description;
  description.message(1, feature("x", {1, 3, 4, 4})).message(10, feature("y", {1, 2, 4, 4}));
  return Wire().number(1, 4).message(2, description).message(500, network).bytes();
}

TEST(CoreMl, ALayerIsANodeWithItsWeights) {
  const std::string file = small_network();
  EXPECT_TRUE(coreml::sniff({as_bytes(file), file.size(), as_bytes(file)}));
  const Result<Model> model = coreml::read(as_bytes(file), {});
  ASSERT_TRUE(model) << model.error().to_string();
  ASSERT_EQ(model->main().nodes.size(), 1u);
  EXPECT_EQ(model->main().nodes[NodeId{0}].op, Op::Conv);
  const Figures found = figures(*model);
  EXPECT_EQ(found.macs, std::to_string(16 * 2 * 3));
  EXPECT_EQ(found.trainable, "6");
}

TEST(CoreMl, EveryTruncationIsReadOrRefused) {
  const std::string file = small_network();
  for (std::size_t size = 0; size < file.size(); ++size) {
    const std::string cut = file.substr(0, size);
    const Result<Model> model = coreml::read(as_bytes(cut), {});
    if (!model) {
      EXPECT_FALSE(model.error().to_string().empty());
    }
  }
}

// Two values of a program: a weight in a file, and what is made of it; a loop that counts to three.
constexpr const char* kProgram = R"(program(1.0)
[buildInfo = dict<tensor<string, []>, tensor<string, []>>({{"a", "1"}})]
{
    func main<ios16>(tensor<fp32, [2, 3]> x) {
            tensor<fp32, [4, 3]> w = const()[name = tensor<string, []>("w"), val = tensor<fp32, [4, 3]>(BLOBFILE(path = tensor<string, []>("@model_path/weights/weight.bin"), offset = tensor<uint64, []>(64)))];
            tensor<fp32, [4]> b = const()[val = tensor<fp32, [4]>([0x1p+0, -0x1p-1, 3, 4])];
            tensor<fp32, [2, 4]> y = linear(bias = b, weight = w, x = x)[name = tensor<string, []>("dense")];
            tensor<bool, []> p = const()[val = tensor<bool, []>(true)];
            tensor<fp32, [2, 4]> z = cond(pred = p) { tensor<fp32, [2, 4]> r = relu(x = y); } -> (r) { tensor<fp32, [2, 4]> s = sigmoid(x = y); } -> (s);
        } -> (z);
}
)";

std::string weight_file() {
  std::string file(64 + 64 + 48, '\0');
  const std::uint32_t sentinel = 0xdeadbeef, type = 2;
  const std::uint64_t size = 48, offset = 128;
  std::memcpy(file.data() + 64, &sentinel, 4);
  std::memcpy(file.data() + 68, &type, 4);
  std::memcpy(file.data() + 72, &size, 8);
  std::memcpy(file.data() + 80, &offset, 8);
  return file;
}

TEST(CoreMl, TheTextOfAProgramWithWeightsAndBlocks) {
  Memory files;
  files.content = {{"model.mil", kProgram}, {"weights/weight.bin", weight_file()}};
  const Result<Model> model = coreml::read_folder(files, {});
  ASSERT_TRUE(model) << model.error().to_string();
  for (const Finding& finding : model->findings) ADD_FAILURE() << finding.message.to_string();
  ASSERT_EQ(model->main().nodes.size(), 2u);
  EXPECT_EQ(model->main().nodes[NodeId{0}].name, "dense");
  EXPECT_EQ(model->graphs.size(), 3u);
  EXPECT_EQ(model->graphs[GraphId{1}].path, "z/then_branch");
  const Figures found = figures(*model);
  EXPECT_EQ(found.macs, "24");
  EXPECT_EQ(found.trainable, "16");
}

TEST(CoreMl, MissingWeightsAreAFinding) {
  Memory files;
  files.content = {{"model.mil", kProgram}};
  const Result<Model> model = coreml::read_folder(files, {});
  ASSERT_TRUE(model) << model.error().to_string();
  ASSERT_EQ(model->findings.size(), 1u);
  EXPECT_EQ(model->findings[0].kind, FindingKind::missing_external_data);
}

TEST(CoreMl, EveryTruncationOfATextIsRefused) {
  const std::string whole = kProgram;
  const std::size_t end = whole.find_last_of('}');
  for (std::size_t size = 0; size < end; size += 3) {
    Memory files;
    files.content = {{"model.mil", whole.substr(0, size)}};
    EXPECT_FALSE(coreml::read_folder(files, {})) << size;
  }
}

}  // namespace
}  // namespace haoline
