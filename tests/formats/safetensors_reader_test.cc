// SafeTensors: header, types, shards and packed weights, and bytes that nobody should trust.
#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "formats/format.h"
#include "formats/safetensors/wire.h"
#include "ir/tensor_elements.h"

namespace haoline {
namespace {

struct Memory : FileProvider {
  std::map<std::string, std::string, std::less<>> files;
  Result<Opened> open(std::string_view name) override {
    const auto at = files.find(name);
    if (at == files.end()) return Error{.kind = ErrorKind::unreadable, .message = "no such file"};
    return Opened{as_bytes(at->second)};
  }
  std::vector<std::string> list() override {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : files) names.push_back(name);
    return names;
  }
};

std::string file_of(std::string_view header, std::size_t data) {
  const std::uint64_t size = header.size();
  std::string out(8, '\0');
  std::memcpy(out.data(), &size, 8);
  return out + std::string(header) + std::string(data, '\0');
}

struct Entry {
  std::string name, dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t bytes;
  std::string data = {};
};
std::string file_of(const std::vector<Entry>& entries) {
  std::string header = "{", data;
  for (const Entry& e : entries) {
    header += (header.size() > 1 ? ",\"" : "\"") + e.name + R"(":{"dtype":")" + e.dtype + R"(","shape":[)";
    for (std::size_t i = 0; i < e.shape.size(); ++i) header += (i ? "," : "") + std::to_string(e.shape[i]);
    header += R"(],"data_offsets":[)" + std::to_string(data.size()) + "," +
              std::to_string(data.size() + e.bytes) + "]}";
    data += e.data.empty() ? std::string(e.bytes, '\0') : e.data;
  }
  return file_of(header + "}", 0) + data;
}

const Tensor* find(const Model& model, std::string_view name) {
  for (const Tensor& t : model.main().tensors) {
    if (t.name == name) return &t;
  }
  return nullptr;
}

std::vector<FindingKind> kinds(const Model& model) {
  std::vector<FindingKind> out;
  for (const Finding& finding : model.findings) out.push_back(finding.kind);
  return out;
}

TEST(SafeTensors, ReadsTensorsAndMetadata) {
  const std::string file = file_of(R"({ "__metadata__": {"format": "pt", "a\"b": "\u00e9\ud83d\ude00"}, )"
                                   R"("w": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]},)"
                                   R"("s": {"data_offsets": [12, 16], "dtype": "F32", "shape": []} }   )",
                                   16);
  const Result<Model> model = read_model(as_bytes(file));
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->format, "safetensors");
  ASSERT_EQ(model->metadata.size(), 2u);
  EXPECT_EQ(model->metadata[0].value, "pt");
  EXPECT_EQ(model->metadata[1].key, "a\"b");
  EXPECT_EQ(model->metadata[1].value, "\xc3\xa9\xf0\x9f\x98\x80");
  ASSERT_EQ(model->main().tensors.size(), 2u);
  const Tensor* w = find(*model, "w");
  EXPECT_EQ(w->type.dtype, DType::bfloat16);
  EXPECT_EQ(to_string(w->shape, *model->dims), "[2, 3]");
  EXPECT_EQ(w->constant->offset, file.size() - 16);
  EXPECT_EQ(w->constant->bytes.size(), 12u);
  EXPECT_TRUE(find(*model, "s")->shape.is_scalar());
  EXPECT_TRUE(model->findings.empty());
}

// The words of the reference implementation (0.8), bits of an element each.
TEST(SafeTensors, KnowsEveryType) {
  constexpr std::pair<std::string_view, int> kWords[] = {
      {"BOOL", 8},    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},     {"U8", 8},          {"I8", 8},
      {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16},
      {"U16", 16},    {"F16", 16},    {"BF16", 16},   {"I32", 32},        {"U32", 32},        {"F32", 32},
      {"C64", 64},    {"F64", 64},    {"I64", 64},    {"U64", 64}};
  for (const auto& [word, bits] : kWords) {
    const DType dtype = safetensors::dtype_of(word);
    EXPECT_NE(dtype, DType::unknown) << word;
    EXPECT_EQ(byte_size(dtype, 8), Int128{bits}) << word;
  }
  EXPECT_EQ(safetensors::dtype_of("F128"), DType::unknown);
}

// Four elements lie in three bytes, in an order that the format does not state.
TEST(SafeTensors, SizesSixBitFloatsWithoutDecodingThem) {
  const std::string file = file_of({{"w", "F6_E3M2", {4}, 3}, {"h", "F4", {4}, 2}});
  const Result<Model> model = read_model(as_bytes(file));
  ASSERT_TRUE(model);
  EXPECT_TRUE(model->findings.empty());
  EXPECT_FALSE(ElementReader(*find(*model, "w")->constant).can_read());
  EXPECT_TRUE(ElementReader(*find(*model, "h")->constant).can_read());
}

TEST(SafeTensors, RefusesEveryCut) {
  const std::string whole = file_of({{"weight", "F32", {4}, 16}});
  const std::size_t data = whole.size() - 16;
  for (std::size_t size = 10; size < whole.size(); ++size) {
    const Result<Model> model = read_model(as_bytes(std::string_view(whole).substr(0, size)));
    if (size < data) {
      ASSERT_FALSE(model) << size;
      EXPECT_EQ(model.error().kind, ErrorKind::truncated) << size;
    } else {
      ASSERT_TRUE(model) << size;
      EXPECT_EQ(kinds(*model).at(0), FindingKind::truncated_weights) << size;
    }
  }
}

TEST(SafeTensors, RefusesHeadersThatAreNone) {
  const auto says = [](std::string_view header) {
    const std::string file = file_of(header, 16);
    const Result<Model> model = read_model(as_bytes(file), {.format = "safetensors"});
    return model ? std::string("read") : model.error().to_string();
  };
  constexpr std::string_view kRest = ". The file is cut short or damaged; download it again.";
  EXPECT_EQ(says(R"({"w": {"dtype": "F32", "shape": [1]}})"),
            "tensors[0] at byte 0x2c: lacks a dtype, a shape or data_offsets" + std::string(kRest));
  EXPECT_EQ(says(R"({"w": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}})"),
            "header at byte 0x29: has no whole number where one is needed" + std::string(kRest));
  EXPECT_EQ(says(R"({"w": {"dtype": "F32", "shape": [1], "data_offsets": [8, 4]}})"),
            "header at byte 0x43: has data_offsets that are no stretch of bytes" + std::string(kRest));
  EXPECT_NE(says(R"({"w)"), "read");
  EXPECT_NE(says(R"({"w": [[[[[]]]]]})"), "read");
  EXPECT_NE(says(std::string("{\"w\": {\"x\": ") + std::string(1000, '[')), "read");
  EXPECT_EQ(says(R"({"w": {"x": [{"y": null}, 1.5], "dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})"),
            "read");
}

TEST(SafeTensors, FindsGapsOverlapsAndWrongSizes) {
  const auto kinds_of = [](std::string_view header, std::size_t data) {
    const std::string file = file_of(header, data);
    const Result<Model> model = read_model(as_bytes(file));
    return model ? kinds(*model) : std::vector<FindingKind>();
  };
  using Kinds = std::vector<FindingKind>;
  EXPECT_EQ(
      kinds_of(
          R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[20,24]}})",
          24),
      Kinds{FindingKind::unread_content});
  EXPECT_EQ(
      kinds_of(
          R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
          6),
      Kinds{FindingKind::overlapping_weights});
  EXPECT_EQ(kinds_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,5]}})", 5),
            Kinds{FindingKind::truncated_weights});
  EXPECT_EQ(kinds_of(R"({"a":{"dtype":"X9","shape":[4],"data_offsets":[0,5]}})", 5),
            Kinds{FindingKind::unknown_dtype});
  EXPECT_EQ(kinds_of(R"({"a":{"dtype":"U8","shape":[9223372036854775807,3],"data_offsets":[0,5]}})", 5),
            Kinds{FindingKind::truncated_weights});
  // Two names for one storage are no contradiction.
  EXPECT_EQ(
      kinds_of(
          R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})",
          4),
      Kinds{});
}

TEST(SafeTensors, BringsShardsTogetherFromAnyOfThem) {
  Memory folder;
  folder.files["model-00001-of-00002.safetensors"] = file_of({{"a", "F32", {2}, 8}});
  folder.files["model-00002-of-00002.safetensors"] = file_of({{"b", "F16", {3}, 6}});
  folder.files["model.safetensors.index.json"] =
      R"({"metadata": {"total_size": 14}, "weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}})";
  folder.files["config.json"] =
      R"({"model_type": "llama", "architectures": ["LlamaForCausalLM"], "rope_scaling": {"factor": 2.5}, "sizes": [1, 2], "no": null})";
  for (const auto& [name, bytes] : folder.files) {
    if (name == "config.json") continue;
    ReadOptions options;
    options.name = name;
    options.files = &folder;
    const Result<Model> model = read_model(as_bytes(bytes), options);
    ASSERT_TRUE(model) << name << ": " << model.error().to_string();
    EXPECT_EQ(model->main().tensors.size(), 2u) << name;
    EXPECT_EQ(model->files.size(), 4u) << name;
    EXPECT_TRUE(model->findings.empty());
    ASSERT_TRUE(model->architecture);
    EXPECT_EQ(model->architecture->family, "llama");
    EXPECT_EQ(model->architecture->classes.at(0), "LlamaForCausalLM");
    EXPECT_EQ(model->architecture->find("rope_scaling.factor")->real, 2.5);
    EXPECT_EQ(model->architecture->find("sizes")->list.size(), 2u);
    EXPECT_EQ(model->architecture->find("no"), nullptr);
  }
  ReadOptions options;
  options.name = "folder";
  const Result<Model> whole = read_model_folder(folder, options);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->main().tensors.size(), 2u);

  folder.files.erase("model-00002-of-00002.safetensors");
  const Result<Model> half = read_model_folder(folder, options);
  ASSERT_TRUE(half);
  ASSERT_EQ(kinds(*half), std::vector<FindingKind>{FindingKind::missing_external_data});
  EXPECT_EQ(half->findings[0].message.to_string(),
            "1 of 2 shards could not be read, `model-00002-of-00002.safetensors`: no such file");
}

// What a tensor is when unpacked, "scheme bits [extents]".
std::string packed(const Model& model, std::string_view name) {
  const Tensor* tensor = find(model, name);
  if (tensor == nullptr || tensor->quantization == nullptr) return "plain";
  const Quantization& q = *tensor->quantization;
  std::string out =
      std::string(q.scheme) + " " + std::to_string(q.bits) + " /" + std::to_string(q.block) + " [";
  for (const std::int64_t extent : q.logical_extents)
    out += (out.back() == '[' ? "" : ", ") + std::to_string(extent);
  return out + "]";
}
Result<Model> read_with(const std::string& file, Memory& folder, const std::string& config) {
  folder.files["model.safetensors"] = file;
  folder.files["config.json"] = config;
  ReadOptions options;
  options.name = "model.safetensors";
  options.files = &folder;
  return read_model(as_bytes(folder.files["model.safetensors"]), options);
}

TEST(SafeTensors, UnpacksTheLayoutsOfQuantizers) {
  const std::string state = R"({"quant_type":"nf4","blocksize":64,"shape":[16, 24]})";
  const std::string shape = [] {
    const std::int64_t extents[] = {6, 40};
    return std::string(reinterpret_cast<const char*>(extents), sizeof extents);
  }();
  const std::string file = file_of({
      {"g.qweight", "I32", {4, 96}, 1536},  // GPTQ, 32 inputs
      {"g.qzeros", "I32", {1, 12}, 48},
      {"g.scales", "F16", {1, 96}, 192},
      {"g.g_idx", "I32", {32}, 128},
      {"a.qweight", "I32", {64, 4}, 1024},  // AWQ, 64 inputs, 32 outputs
      {"a.qzeros", "I32", {2, 4}, 32},
      {"a.scales", "F16", {2, 32}, 128},
      {"n.weight", "U8", {192, 1}, 192},  // bitsandbytes
      {"n.weight.absmax", "F32", {6}, 24},
      {"n.weight.quant_map", "F32", {16}, 64},
      {"n.weight.quant_state.bitsandbytes__nf4",
       "U8",
       {static_cast<std::int64_t>(state.size())},
       state.size(),
       state},
      {"i.weight", "I8", {4, 5}, 20},
      {"i.SCB", "F32", {4}, 16},
      {"c.weight_packed", "I32", {6, 5}, 120},  // compressed-tensors, 40 inputs
      {"c.weight_scale", "F16", {6, 2}, 24},
      {"c.weight_shape", "I64", {2}, 16, shape},
      {"f.weight", "F8_E4M3", {256, 128}, 32768},
      {"f.weight_scale_inv", "F32", {2, 1}, 8},
      {"e.gate_up_proj_blocks", "U8", {2, 10, 3, 16}, 960},  // MXFP4 of experts, 96 inputs, 10 outputs
      {"e.gate_up_proj_scales", "U8", {2, 10, 3}, 60},
      {"v.weight", "U8", {8, 16}, 128},  // NVFP4
      {"v.weight_scale", "F8_E4M3", {8, 2}, 16},
      {"v.weight_scale_2", "F32", {}, 4},
      {"p.weight", "F16", {3}, 6},
      {"p.scales", "F16", {3}, 6},
  });
  Memory folder;
  const Result<Model> model = read_with(file, folder, R"({"model_type": "llama"})");
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(packed(*model, "g.qweight"), "gptq 4 /32 [96, 32]");
  EXPECT_EQ(packed(*model, "a.qweight"), "awq 4 /32 [32, 64]");
  EXPECT_EQ(packed(*model, "n.weight"), "bitsandbytes-nf4 4 /64 [16, 24]");
  EXPECT_EQ(packed(*model, "i.weight"), "bitsandbytes-int8 8 /0 []");
  EXPECT_EQ(packed(*model, "c.weight_packed"), "compressed-tensors 4 /20 [6, 40]");
  EXPECT_EQ(packed(*model, "f.weight"), "fp8 8 /128 []");
  EXPECT_EQ(packed(*model, "e.gate_up_proj_blocks"), "mxfp4 4 /32 [2, 96, 10]");
  EXPECT_EQ(packed(*model, "v.weight"), "nvfp4 4 /16 [8, 32]");
  EXPECT_EQ(packed(*model, "p.weight"), "plain");
  for (const std::string_view name :
       {"g.qzeros", "g.scales", "g.g_idx", "a.scales", "n.weight.absmax", "n.weight.quant_map", "i.SCB",
        "c.weight_scale", "c.weight_shape", "f.weight_scale_inv", "e.gate_up_proj_scales", "v.weight_scale",
        "v.weight_scale_2"}) {
    EXPECT_EQ(find(*model, name)->trained, Trained::auxiliary) << name;
  }
  for (const std::string_view name : {"g.qweight", "n.weight", "p.weight", "p.scales"})
    EXPECT_EQ(find(*model, name)->trained, Trained::unsaid) << name;
}

TEST(SafeTensors, BelievesNoLogicalShapeThatTheBytesCannotHold) {
  const std::string state = R"({"quant_type":"nf4","blocksize":64,"shape":[1000000, 1000000]})";
  const std::string file = file_of({
      {"n.weight", "U8", {192, 1}, 192},
      {"n.weight.quant_state.bitsandbytes__nf4",
       "U8",
       {static_cast<std::int64_t>(state.size())},
       state.size(),
       state},
  });
  Memory folder;
  const Result<Model> model = read_with(file, folder, "{}");
  ASSERT_TRUE(model);
  EXPECT_EQ(packed(*model, "n.weight"), "bitsandbytes-nf4 4 /64 []");
}

}  // namespace
}  // namespace haoline
