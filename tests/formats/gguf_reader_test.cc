// GGUF: versions, byte orders, types, shards, what metadata means, and bytes that nobody should trust.
#include <gtest/gtest.h>

#include <map>

#include "formats/format.h"
#include "formats/gguf/wire.h"
#include "support/gguf_writer.h"

namespace haoline {
namespace {

using test::GgufWriter;

struct Memory : FileProvider {
  std::map<std::string, std::string, std::less<>> files;
  Result<Opened> open(std::string_view name) override {
    const auto at = files.find(name);
    if (at == files.end()) return Error{.kind = ErrorKind::unreadable, .message = "no such file"};
    return Opened{as_bytes(at->second)};
  }
};

GgufWriter tiny(std::uint32_t version = 3, bool big_endian = false) {
  GgufWriter w(version, big_endian);
  w.text("general.architecture", "llama").text("general.name", "Tiny").uint32("llama.block_count", 2);
  w.tensor("token_embd.weight", 8, {32, 3}, 3 * 34).tensor("output_norm.weight", 0, {32}, 128);
  return w;
}

const Tensor& tensor(const Model& model, std::string_view name) {
  for (const Tensor& t : model.main().tensors) {
    if (t.name == name) return t;
  }
  static const Tensor none{};
  ADD_FAILURE() << "no tensor " << name;
  return none;
}

std::string shape_of(const Model& model, std::string_view name) {
  return to_string(tensor(model, name).shape, *model.dims);
}

std::int64_t fact(const Model& model, std::string_view key) {
  const FactValue* value = model.architecture ? model.architecture->find(key) : nullptr;
  return value != nullptr ? value->integer : -1;
}

TEST(Gguf, ReadsEveryVersionAndByteOrder) {
  for (const std::uint32_t version : {1u, 2u, 3u}) {
    for (const bool big_endian : {false, true}) {
      const std::string file = tiny(version, big_endian).bytes();
      const Result<Model> model = read_model(as_bytes(file));
      ASSERT_TRUE(model) << model.error().to_string();
      EXPECT_EQ(model->format, "gguf");
      EXPECT_EQ(model->format_version, "v" + std::to_string(version) + (big_endian ? " big-endian" : ""));
      EXPECT_EQ(shape_of(*model, "token_embd.weight"), "[3, 32]");
      EXPECT_EQ(tensor(*model, "token_embd.weight").type.dtype, DType::q8_0);
      EXPECT_EQ(tensor(*model, "token_embd.weight").constant->stored_bytes, 102u);
      EXPECT_EQ(fact(*model, "num_hidden_layers"), 2);
      EXPECT_EQ(tensor(*model, "output_norm.weight").constant->encoding == TensorData::Encoding::raw,
                !big_endian);
    }
  }
}

// Sizes of ggml's type table: elements and bytes of a block, from gguf.GGML_QUANT_SIZES of the gguf package
// (0.19.0). Q8_1 differs from the package, which still has the 32-bit scales that ggml gave up: its block is
// two halves and 32 bytes. Q2_0 is younger than the package: 64 two-bit codes and a half.
TEST(Gguf, KnowsTheBlockSizesOfGgml) {
  struct Row {
    std::uint32_t code;
    std::string_view name;
    int elements, bytes;
  };
  constexpr Row kRows[] = {
      {0, "F32", 1, 4},         {1, "F16", 1, 2},         {2, "Q4_0", 32, 18},      {3, "Q4_1", 32, 20},
      {6, "Q5_0", 32, 22},      {7, "Q5_1", 32, 24},      {8, "Q8_0", 32, 34},      {9, "Q8_1", 32, 36},
      {10, "Q2_K", 256, 84},    {11, "Q3_K", 256, 110},   {12, "Q4_K", 256, 144},   {13, "Q5_K", 256, 176},
      {14, "Q6_K", 256, 210},   {15, "Q8_K", 256, 292},   {16, "IQ2_XXS", 256, 66}, {17, "IQ2_XS", 256, 74},
      {18, "IQ3_XXS", 256, 98}, {19, "IQ1_S", 256, 50},   {20, "IQ4_NL", 32, 18},   {21, "IQ3_S", 256, 110},
      {22, "IQ2_S", 256, 82},   {23, "IQ4_XS", 256, 136}, {24, "I8", 1, 1},         {25, "I16", 1, 2},
      {26, "I32", 1, 4},        {27, "I64", 1, 8},        {28, "F64", 1, 8},        {29, "IQ1_M", 256, 56},
      {30, "BF16", 1, 2},       {34, "TQ1_0", 256, 54},   {35, "TQ2_0", 256, 66},   {39, "MXFP4", 32, 17},
      {40, "NVFP4", 64, 36},    {41, "Q1_0", 128, 18},    {42, "Q2_0", 64, 18},
  };
  for (const Row& row : kRows) {
    const gguf::TensorType* type = gguf::find_tensor_type(row.code);
    ASSERT_NE(type, nullptr) << row.name;
    EXPECT_EQ(type->name, row.name);
    EXPECT_EQ(byte_size(type->dtype, row.elements), Int128{row.bytes}) << row.name;
    EXPECT_EQ(byte_size(type->dtype, row.elements * 2), Int128{row.bytes} * 2) << row.name;
  }
  for (const std::uint32_t code : {4u, 5u, 43u, 1000u})
    EXPECT_EQ(gguf::find_tensor_type(code), nullptr) << code;
}

TEST(Gguf, SaysArchitectureInTheWordsOfAConfig) {
  GgufWriter w;
  w.text("general.architecture", "qwen3moe")
      .uint32("qwen3moe.block_count", 48)
      .uint32("qwen3moe.embedding_length", 2048);
  w.uint32("qwen3moe.attention.head_count", 32).uint32s("qwen3moe.attention.head_count_kv", {4, 4, 8});
  w.uint32("qwen3moe.attention.key_length", 128).uint32("qwen3moe.expert_count", 128);
  w.uint32("qwen3moe.expert_used_count", 8).uint32("qwen3moe.expert_feed_forward_length", 768);
  w.float32("qwen3moe.rope.freq_base", 1e6f).uint32("general.file_type", 15);
  w.texts("tokenizer.ggml.tokens", {"a", "b", "c"});
  w.tensor("token_embd.weight", 0, {2}, 8);
  const std::string file = w.bytes();
  const Result<Model> model = read_model(as_bytes(file));
  ASSERT_TRUE(model);
  EXPECT_EQ(model->architecture->family, "qwen3moe");
  EXPECT_EQ(model->architecture->naming, TensorNaming::ggml);
  EXPECT_EQ(fact(*model, "num_hidden_layers"), 48);
  EXPECT_EQ(fact(*model, "hidden_size"), 2048);
  EXPECT_EQ(fact(*model, "head_dim"), 128);
  EXPECT_EQ(fact(*model, "num_local_experts"), 128);
  EXPECT_EQ(fact(*model, "num_experts_per_tok"), 8);
  EXPECT_EQ(fact(*model, "moe_intermediate_size"), 768);
  EXPECT_EQ(fact(*model, "vocab_size"), 3);
  EXPECT_EQ(fact(*model, "tie_word_embeddings"), 1);
  EXPECT_EQ(fact(*model, "qwen3moe.block_count"), 48);  // the file's own word stays
  const FactValue* heads = model->architecture->find("num_key_value_heads");
  ASSERT_NE(heads, nullptr);
  ASSERT_EQ(heads->list.size(), 3u);
  EXPECT_EQ(heads->list[2].integer, 8);
  EXPECT_EQ(model->architecture->find("rope_theta")->real, 1e6);
  EXPECT_EQ(model->architecture->find("quantization.file_type")->text, "Q4_K_M");
  const auto shown = [&](std::string_view key) {
    for (const MetadataEntry& entry : model->metadata) {
      if (entry.key == key) return std::string(entry.value);
    }
    return std::string("none");
  };
  EXPECT_EQ(shown("qwen3moe.attention.head_count_kv"), "[4, 4, 8]");
  EXPECT_EQ(shown("tokenizer.ggml.tokens"), "[a, b, c]");
}

TEST(Gguf, TellsHeadSizesOfLatentAttentionFromBothSpellings) {
  for (const bool newer : {false, true}) {
    GgufWriter w;
    w.text("general.architecture", "deepseek2").uint32("deepseek2.attention.head_count", 128);
    w.uint32("deepseek2.attention.kv_lora_rank", 512).uint32("deepseek2.rope.dimension_count", 64);
    w.uint32("deepseek2.attention.key_length", newer ? 576 : 192);
    w.uint32("deepseek2.attention.value_length", newer ? 512 : 128);
    if (newer) {
      w.uint32("deepseek2.attention.key_length_mla", 192).uint32("deepseek2.attention.value_length_mla", 128);
      w.uint32("deepseek2.attention.head_count_kv", 1);
    }
    const std::string file = w.bytes();
    const Result<Model> model = read_model(as_bytes(file));
    ASSERT_TRUE(model);
    EXPECT_EQ(fact(*model, "qk_rope_head_dim"), 64);
    EXPECT_EQ(fact(*model, "qk_nope_head_dim"), 128);
    EXPECT_EQ(fact(*model, "v_head_dim"), 128);
    EXPECT_EQ(fact(*model, "kv_lora_rank"), 512);
    EXPECT_EQ(fact(*model, "head_dim"), -1);
  }
}

GgufWriter shard(std::uint32_t number, std::uint32_t count, std::string_view name) {
  GgufWriter w;
  if (number == 0) w.text("general.architecture", "llama");
  w.uint32("split.no", number).uint32("split.count", count).uint32("split.tensors.count", count);
  w.tensor(name, 0, {8}, 32);
  return w;
}

TEST(Gguf, BringsTheOtherShardsIn) {
  Memory folder;
  for (std::uint32_t i = 0; i < 3; ++i) {
    folder.files["m-0000" + std::to_string(i + 1) + "-of-00003.gguf"] =
        shard(i, 3, "t" + std::to_string(i)).bytes();
  }
  for (const auto& [name, bytes] : folder.files) {
    ReadOptions options;
    const std::string path = "models/" + name;
    options.name = path;
    options.files = &folder;
    const Result<Model> model = read_model(as_bytes(bytes), options);
    ASSERT_TRUE(model);
    EXPECT_EQ(model->files.size(), 3u);
    EXPECT_TRUE(model->findings.empty()) << model->findings[0].message.to_string();
    ASSERT_EQ(model->main().tensors.size(), 3u);
    EXPECT_EQ(model->main().tensors[TensorId{0}].name, "t0");
    EXPECT_EQ(model->main().tensors[TensorId{2}].name, "t2");
    EXPECT_EQ(model->architecture->family, "llama");
  }
}

TEST(Gguf, SaysWhichShardIsMissing) {
  Memory folder;
  folder.files["m-00001-of-00002.gguf"] = shard(0, 2, "t0").bytes();
  ReadOptions options;
  options.name = "m-00001-of-00002.gguf";
  options.files = &folder;
  const Result<Model> model = read_model(as_bytes(folder.files.begin()->second), options);
  ASSERT_TRUE(model);
  ASSERT_EQ(model->findings.size(), 1u);
  EXPECT_EQ(model->findings[0].kind, FindingKind::missing_external_data);
  EXPECT_EQ(model->findings[0].message.to_string(),
            "1 of 2 shards could not be read, `m-00002-of-00002.gguf`: no such file");
}

TEST(Gguf, LabelsEveryByte) {
  const std::string file = tiny().align(64).bytes();
  const Result<Model> model = read_model(as_bytes(file));
  ASSERT_TRUE(model);
  std::uint64_t weights = 0, metadata = 0, padding = 0;
  for (const ByteSpan& span : model->spans) {
    (span.label == ByteLabel::weights    ? weights
     : span.label == ByteLabel::metadata ? metadata
                                         : padding) += span.size;
    EXPECT_NE(span.label, ByteLabel::unreachable);
  }
  EXPECT_EQ(weights, 3 * 34u + 128u);
  // Pairs: key length and text, type, value. architecture 8+20+4+8+5, name 8+12+4+8+4, blocks 8+17+4+4,
  // alignment 8+17+4+4.
  EXPECT_EQ(metadata, 45u + 36u + 33u + 33u);
  EXPECT_GT(padding, 0u);
}

TEST(Gguf, RefusesToReadPastTheEnd) {
  const std::string whole = tiny().bytes();
  const std::uint64_t data = whole.size() - (128 + 128);  // two tensors, the first padded to 128
  for (std::size_t size = 4; size < whole.size(); ++size) {
    const Result<Model> model = read_model(as_bytes(std::string_view(whole).substr(0, size)));
    if (size < data - 32) {
      ASSERT_FALSE(model) << size;
      EXPECT_EQ(model.error().kind, ErrorKind::truncated) << size << ": " << model.error().to_string();
    } else if (model) {
      ASSERT_FALSE(model->findings.empty()) << size;
      EXPECT_EQ(model->findings[0].kind, FindingKind::truncated_weights);
    }
  }
}

TEST(Gguf, RefusesCountsThatNoFileCanHold) {
  std::string file = tiny().bytes();
  for (const std::size_t at : {8u, 16u}) {  // tensors, pairs
    std::string huge = file;
    huge.replace(at, 8, std::string(8, '\xff'));
    const Result<Model> model = read_model(as_bytes(huge));
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().kind, ErrorKind::truncated);
  }
  std::string version = file;
  version[4] = 9;
  const Result<Model> newer = read_model(as_bytes(version));
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().to_string(),
            "header at byte 0x4: is GGUF version 9, the newest that haoline knows is 3. Look for a newer "
            "haoline, or "
            "convert the model again.");
}

TEST(Gguf, KeepsTensorsOfTypesItDoesNotKnow) {
  GgufWriter w;
  w.text("general.architecture", "llama").tensor("odd", 77, {32}, 32).tensor("even", 0, {8}, 32);
  const std::string file = w.bytes();
  const Result<Model> model = read_model(as_bytes(file));
  ASSERT_TRUE(model);
  EXPECT_EQ(tensor(*model, "odd").type.dtype, DType::unknown);
  EXPECT_EQ(shape_of(*model, "odd"), "[32]");
  bool said = false;
  for (const Finding& finding : model->findings) said = said || finding.kind == FindingKind::unknown_dtype;
  EXPECT_TRUE(said);
}

TEST(Gguf, RenamesARepeatedTensor) {
  GgufWriter w;
  w.tensor("same", 0, {8}, 32).tensor("same", 0, {8}, 32);
  const std::string file = w.bytes();
  const Result<Model> model = read_model(as_bytes(file));
  ASSERT_TRUE(model);
  EXPECT_EQ(model->main().tensors[TensorId{1}].name, "same#1");
  EXPECT_EQ(model->main().tensors[TensorId{1}].source_name, "same");
}

}  // namespace
}  // namespace haoline
