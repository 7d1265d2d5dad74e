// PyTorch files, each made here byte by byte: what people save, and what somebody may have done to it.
#include <gtest/gtest.h>

#include <map>

#include "formats/format.h"
#include "support/pickle_writer.h"

namespace haoline {
namespace {

using namespace test;
using namespace std::string_literals;

std::string saved(const std::string& value,
                  const std::vector<std::pair<std::string, std::string>>& storages) {
  std::vector<std::pair<std::string, std::string>> members = {{"any/data.pkl", pickled(value)},
                                                              {"any/version", "3\n"}};
  for (const auto& [key, bytes] : storages) members.emplace_back("any/data/" + key, bytes);
  return zip_of(members);
}

// pickles in a row: magic, protocol, system, the value, keys, and the storages.
std::string legacy(const std::string& value, const std::vector<std::pair<std::string, std::string>>& storages,
                   std::size_t element) {
  std::string out = pickled("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") + pickled(p_int(1001)) +
                    pickled(p_dict({{"little_endian", "\x88"}})) + pickled(value);
  std::string keys = "](";
  for (const auto& [key, bytes] : storages) keys += p_text(key);
  out += pickled(keys + "e");
  for (const auto& [key, bytes] : storages) {
    put_number(out, bytes.size() / element, 8);
    out += bytes;
  }
  return out;
}

struct Read {
  std::string bytes;
  Model model;
  std::string problem;
};
Read read_file(std::string bytes) {
  Read out;
  out.bytes = std::move(bytes);
  Result<Model> model = read_model(as_bytes(out.bytes));
  if (model) {
    out.model = std::move(*model);
  } else {
    out.problem = model.error().to_string();
  }
  return out;
}

std::map<std::string, std::string> tensors_of(const Model& model) {
  std::map<std::string, std::string> seen;
  for (const Tensor& tensor : model.main().tensors) {
    seen[std::string(tensor.name)] =
        std::string(name(tensor.type.dtype)) + to_string(tensor.shape, *model.dims);
  }
  return seen;
}
std::string metadata(const Model& model, std::string_view key) {
  for (const MetadataEntry& entry : model.metadata) {
    if (entry.key == key) return std::string(entry.value);
  }
  return "absent";
}
const TensorData& data_of(const Model& model, std::string_view name) {
  for (const Tensor& tensor : model.main().tensors) {
    if (tensor.name == name) return *tensor.constant;
  }
  static const TensorData none;
  return none;
}
using Map = std::map<std::string, std::string>;

const std::string kState = p_dict({{"fc.weight", p_tensor("FloatStorage", "0", 6, {2, 3})},
                                   {"fc.bias", p_tensor("HalfStorage", "1", 2, {2})},
                                   {"tied", p_tensor("FloatStorage", "0", 6, {2, 3})},
                                   {"part", p_tensor("FloatStorage", "0", 6, {2}, 4)}});

TEST(PyTorch, ReadsAStateDictAsViewsIntoTheFile) {
  const Read r = read_file(saved(kState, {{"0", floats(6)}, {"1", std::string(4, 'h')}}));
  ASSERT_EQ(r.problem, "");
  EXPECT_EQ(tensors_of(r.model), (Map{{"fc.weight", "float32[2, 3]"},
                                      {"fc.bias", "float16[2]"},
                                      {"tied", "float32[2, 3]"},
                                      {"part", "float32[2]"}}));
  const TensorData& weight = data_of(r.model, "fc.weight");
  EXPECT_EQ(weight.bytes.data(), reinterpret_cast<const std::byte*>(r.bytes.data()) + weight.offset);
  EXPECT_EQ(data_of(r.model, "tied").bytes.data(), weight.bytes.data());
  EXPECT_EQ(data_of(r.model, "part").bytes.data(), weight.bytes.data() + 16);
  std::uint64_t labelled = 0;
  for (const ByteSpan& span : r.model.spans) labelled += span.size;
  EXPECT_EQ(labelled, 24u + 4u);  // shared bytes once
}

TEST(PyTorch, ReadsTheOldLayout) {
  const std::string state =
      p_dict({{"w", p_tensor("LongStorage", "7", 3, {3})}, {"v", p_tensor("LongStorage", "8", 2, {1, 2})}});
  const Read r = read_file(legacy(state, {{"8", std::string(16, 'b')}, {"7", std::string(24, 'a')}}, 8));
  ASSERT_EQ(r.problem, "");
  EXPECT_EQ(tensors_of(r.model), (Map{{"w", "int64[3]"}, {"v", "int64[1, 2]"}}));
  EXPECT_EQ(std::to_integer<char>(data_of(r.model, "w").bytes[0]), 'a');
}

TEST(PyTorch, FindsTheModelInACheckpoint) {
  const std::string checkpoint =
      p_dict({{"epoch", p_int(4)},
              {"state_dict", kState},
              {"optimizer_states", "](" + p_dict({{"m", p_tensor("FloatStorage", "2", 6, {6})}}) + "e"},
              {"hyper_parameters", p_dict({{"lr", p_text("small")}})}});
  const Read r =
      read_file(saved(checkpoint, {{"0", floats(6)}, {"1", std::string(4, 'h')}, {"2", floats(6)}}));
  ASSERT_EQ(r.problem, "");
  EXPECT_TRUE(tensors_of(r.model).contains("fc.weight"));
  EXPECT_EQ(tensors_of(r.model).size(), 4u);
  EXPECT_EQ(metadata(r.model, "epoch"), "4");
  EXPECT_EQ(metadata(r.model, "hyper_parameters.lr"), "small");
  EXPECT_EQ(metadata(r.model, "optimizer_states"), "not part of the model: 1 tensor, 24 bytes");
}

TEST(PyTorch, WalksThePickledModules) {
  const std::string none = p_dict({});
  const std::string conv = p_object(
      "torch.nn.modules.conv", "Conv2d",
      p_dict({{"_parameters", p_dict({{"weight", p_tensor("FloatStorage", "0", 6, {2, 3})}, {"bias", "N"}})},
              {"_buffers", none},
              {"_modules", none},
              {"kernel_size", p_ints({1, 1})}}));
  const std::string norm =
      p_object("torch.nn.modules.batchnorm", "BatchNorm2d",
               p_dict({{"_parameters", none},
                       {"_buffers", p_dict({{"running_mean", p_tensor("FloatStorage", "1", 2, {2})}})},
                       {"_modules", none}}));
  const std::string net = p_object(
      "my.package", "Net",
      p_dict({{"_parameters", none}, {"_buffers", none}, {"_modules", p_dict({{"0", conv}, {"1", norm}})}}));
  const Read r = read_file(saved(net, {{"0", floats(6)}, {"1", floats(2)}}));
  ASSERT_EQ(r.problem, "");
  EXPECT_EQ(tensors_of(r.model), (Map{{"0.weight", "float32[2, 3]"}, {"1.running_mean", "float32[2]"}}));
  EXPECT_EQ(metadata(r.model, "module"), "my.package.Net");
  EXPECT_EQ(metadata(r.model, "module.0"), "torch.nn.modules.conv.Conv2d(kernel_size=(1, 1))");
  EXPECT_EQ(r.model.main().tensors[TensorId{0}].trained, Trained::yes);
  EXPECT_EQ(r.model.main().tensors[TensorId{1}].trained, Trained::no);
  ASSERT_EQ(r.model.findings.size(), 1u);
  EXPECT_EQ(r.model.findings[0].kind, FindingKind::assumed_architecture);
}

TEST(PyTorch, CopiesSmallTensorsIntoOrder) {
  std::string elements;
  for (int i = 0; i < 6; ++i) elements += static_cast<char>(i);
  const std::string state = p_dict({{"t", p_tensor("ByteStorage", "0", 6, {3, 2}, 0, {1, 3})}});
  const Read r = read_file(saved(state, {{"0", elements}}));
  ASSERT_EQ(r.problem, "");
  EXPECT_EQ(as_text(data_of(r.model, "t").bytes), "\0\3\1\4\2\5"s);
}

TEST(PyTorch, RefusesATensorBeyondItsStorage) {
  const Read r =
      read_file(saved(p_dict({{"w", p_tensor("FloatStorage", "0", 6, {2, 3}, 1)}}), {{"0", floats(6)}}));
  EXPECT_NE(r.problem.find("a tensor needs 28 bytes of its storage, which has 24"), std::string::npos)
      << r.problem;
  const Read none =
      read_file(saved(p_dict({{"w", p_tensor("FloatStorage", "5", 6, {2, 3})}}), {{"0", floats(6)}}));
  EXPECT_NE(none.problem.find("storage is not in the file"), std::string::npos) << none.problem;
  const Read huge =
      read_file(saved(p_dict({{"w", p_tensor("FloatStorage", "0", 6, {2147483647, 2147483647, 2147483647})}}),
                      {{"0", floats(6)}}));
  EXPECT_NE(huge.problem.find("larger than any file"), std::string::npos) << huge.problem;
  const Read negative =
      read_file(saved(p_dict({{"w", p_tensor("FloatStorage", "0", 6, {-2, 3})}}), {{"0", floats(6)}}));
  EXPECT_NE(negative.problem.find("an extent that is no size"), std::string::npos) << negative.problem;
}

TEST(PyTorch, SurvivesBeingCutOrChangedAnywhere) {
  const std::string files[] = {
      saved(kState, {{"0", floats(6)}, {"1", std::string(4, 'h')}}),
      legacy(p_dict({{"w", p_tensor("LongStorage", "7", 3, {3})}}), {{"7", std::string(24, 'a')}}, 8)};
  for (const std::string& whole : files) {
    for (std::size_t length = 0; length < whole.size(); ++length)
      EXPECT_NE(read_file(whole.substr(0, length)).problem, "") << length;
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ 0x81);
      read_file(std::move(bytes));
    }
  }
}

// A value shared by doubling lists would take 2^40 steps to walk.
TEST(PyTorch, DoesNotWalkSharedValuesForever) {
  std::string bomb = "]q\x01\x30"s;  // each list is remembered and taken off the stack
  for (int i = 1; i < 60; ++i) {
    const std::string before = "h"s + static_cast<char>(i) + "a";
    bomb += "]q"s + static_cast<char>(i + 1) + before + before + "0";
  }
  bomb += "h"s + static_cast<char>(60);
  const Read r = read_file(saved(p_dict({{"x", bomb}}), {}));
  ASSERT_EQ(r.problem, "");
  EXPECT_EQ(r.model.main().tensors.size(), 0u);
}

}  // namespace
}  // namespace haoline
