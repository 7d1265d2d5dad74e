// Architectures in sizes that nobody published, against closed forms that are derived here from the numbers
// of the configuration: no table of known models can pass.
#include <gtest/gtest.h>

#include "support/blueprint_figures.h"
#include "support/weight_file.h"

namespace haoline {
namespace {

using Number = std::int64_t;
using test::cache;
using test::expect;
using test::figures;
using test::Figures;
using test::llama;
using test::llama_macs;
using test::llama_parameters;
using test::Sizes;

// --- decoders of the LLaMA kind

struct Decoder {
  std::string_view family;
  Sizes sizes;
};
class Decoders : public testing::TestWithParam<Decoder> {};

TEST_P(Decoders, HaveTheFiguresOfTheirConfiguration) {
  const auto& [family, s] = GetParam();
  expect(llama(family, s).build(), {{"batch", 3}, {"seq", 17}}, llama_parameters(s), llama_macs(s, 3, 17, 17),
         cache(s));
}
TEST_P(Decoders, DecodeOneTokenOverAPast) {
  const auto& [family, s] = GetParam();
  expect(llama(family, s).build(), {{"batch", 2}, {"seq", 1}, {"past", 100}}, llama_parameters(s),
         llama_macs(s, 2, 1, 101), cache(s));
}

INSTANTIATE_TEST_SUITE_P(
    Generated, Decoders,
    testing::Values(Decoder{"llama", {1, 8, 2, 1, 4, 12, 10}}, Decoder{"llama", {3, 24, 3, 3, 8, 40, 50}},
                    Decoder{"llama", {2, 32, 4, 2, 16, 48, 33, true}},
                    Decoder{"mistral", {5, 48, 6, 2, 8, 100, 64}},
                    Decoder{"qwen2", {2, 40, 5, 1, 8, 64, 70, true, true}},
                    Decoder{"qwen3", {2, 40, 4, 2, 16, 64, 70, false, false, true}},
                    Decoder{"gemma2", {4, 24, 2, 1, 16, 30, 90, true, false, false, true}},
                    Decoder{"gemma3_text", {7, 24, 2, 1, 16, 30, 90, true, false, true, true}},
                    Decoder{"phi3", {2, 24, 3, 3, 8, 30, 20, false, false, false, false, true}},
                    Decoder{"granite", {2, 16, 2, 2, 8, 20, 12, true}},
                    Decoder{"smollm3", {3, 16, 4, 2, 4, 20, 12}},
                    Decoder{"internlm3", {2, 16, 2, 1, 8, 24, 40}}));

TEST(Generated, AWindowedLayerIsListedWithItsWindow) {
  WeightFile file = llama("gemma3_text", {7, 24, 2, 1, 16, 30, 90, true, false, true, true});
  file.says("sliding_window", 512);
  Model model = std::move(file).build();
  blueprints::build(model);
  ASSERT_TRUE(model.blueprint);
  // Every sixth layer sees everything: one of seven.
  std::vector<std::pair<Number, Number>> windows;
  for (const CacheLayers& one : model.blueprint->cache.layers) windows.emplace_back(one.window, one.layers);
  EXPECT_EQ(windows, (std::vector<std::pair<Number, Number>>{{512, 6}, {0, 1}}));
}

// --- GGUF spells the same model its own way

TEST(Generated, GgufNamesGiveTheSameFigures) {
  const Sizes s{3, 24, 3, 1, 8, 40, 50, true};
  WeightFile file("llama", TensorNaming::ggml);
  file.says("num_attention_heads", s.heads).says("hidden_size", s.width);
  file.tensor("token_embd.weight", {s.vocabulary, s.width}, DType::q4_k).norm("output_norm", s.width);
  for (Number i = 0; i < s.layers; ++i) {
    const std::string layer = "blk." + std::to_string(i) + ".";
    file.linear(layer + "attn_q", s.width, s.heads * s.head)
        .linear(layer + "attn_k", s.width, s.kv_heads * s.head);
    file.linear(layer + "attn_v", s.width, s.kv_heads * s.head)
        .linear(layer + "attn_output", s.heads * s.head, s.width);
    file.linear(layer + "ffn_gate", s.width, s.inner).linear(layer + "ffn_up", s.width, s.inner);
    file.linear(layer + "ffn_down", s.inner, s.width)
        .norm(layer + "attn_norm", s.width)
        .norm(layer + "ffn_norm", s.width);
  }
  file.tensor("rope_freqs.weight", {s.head / 2}, DType::float32);
  expect(std::move(file).build(), {{"seq", 9}}, llama_parameters(s), llama_macs(s, 1, 9, 9), cache(s));
}

TEST(Generated, GgufExpertsAreStacked) {
  const Number layers = 2, width = 16, heads = 2, head = 8, inner = 12, experts = 5, top = 2, vocabulary = 20;
  WeightFile file("llama", TensorNaming::ggml);
  file.says("num_attention_heads", heads).says("hidden_size", width).says("num_experts_per_tok", top);
  file.tensor("token_embd.weight", {vocabulary, width})
      .norm("output_norm", width)
      .linear("output", width, vocabulary);
  for (Number i = 0; i < layers; ++i) {
    const std::string layer = "blk." + std::to_string(i) + ".";
    for (const char* name : {"attn_q", "attn_k", "attn_v", "attn_output"})
      file.linear(layer + name, width, width);
    file.linear(layer + "ffn_gate_inp", width, experts);
    file.tensor(layer + "ffn_gate_exps.weight", {experts, inner, width})
        .tensor(layer + "ffn_up_exps.weight", {experts, inner, width});
    file.tensor(layer + "ffn_down_exps.weight", {experts, width, inner});
    file.norm(layer + "attn_norm", width).norm(layer + "ffn_norm", width);
  }
  const Number expert = 3 * width * inner;
  const Number rest =
      layers * (4 * width * width + width * experts + 2 * width) + width + 2 * vocabulary * width;
  const Number seq = 6;
  const Number macs =
      layers * (seq * (4 * width * width + width * experts + top * expert) + 2 * seq * seq * width) +
      seq * vocabulary * width;
  Model model = std::move(file).build();
  const Figures got = figures(model, {{"seq", seq}});
  EXPECT_EQ(got.complaints, std::vector<std::string>());
  EXPECT_EQ(got.parameters, rest + layers * experts * expert);
  EXPECT_EQ(got.macs, macs);
  EXPECT_EQ(model.blueprint->experts.active_parameters, rest + layers * top * expert);
  EXPECT_EQ(got.cache_per_token, layers * 2 * heads * head * 2);
}

// --- latents, experts with a shared one, a correction that is not trained

TEST(Generated, DeepSeekV3KeepsALatent) {
  const Number layers = 3, width = 32, heads = 4, nope = 8, rope = 4, value = 8, rank = 12, q_rank = 20,
               inner = 40, expert_inner = 10, experts = 6, top = 2, vocabulary = 30;
  WeightFile file("deepseek_v3");
  file.is_class("DeepseekV3ForCausalLM").says("hidden_size", width).says("num_attention_heads", heads);
  file.says("kv_lora_rank", rank)
      .says("qk_rope_head_dim", rope)
      .says("qk_nope_head_dim", nope)
      .says("v_head_dim", value);
  file.says("num_experts_per_tok", top).says("tie_word_embeddings", false).says("num_hidden_layers", layers);
  file.tensor("model.embed_tokens.weight", {vocabulary, width})
      .norm("model.norm", width)
      .linear("lm_head", width, vocabulary);
  for (Number i = 0; i < layers; ++i) {
    const std::string layer = "model.layers." + std::to_string(i) + ".", attention = layer + "self_attn.";
    file.linear(attention + "q_a_proj", width, q_rank).norm(attention + "q_a_layernorm", q_rank);
    file.linear(attention + "q_b_proj", q_rank, heads * (nope + rope));
    file.linear(attention + "kv_a_proj_with_mqa", width, rank + rope)
        .norm(attention + "kv_a_layernorm", rank);
    file.linear(attention + "kv_b_proj", rank, heads * (nope + value))
        .linear(attention + "o_proj", heads * value, width);
    file.norm(layer + "input_layernorm", width).norm(layer + "post_attention_layernorm", width);
    const auto block = [&](const std::string& name, Number size) {
      file.linear(name + ".gate_proj", width, size)
          .linear(name + ".up_proj", width, size)
          .linear(name + ".down_proj", size, width);
    };
    if (i == 0) {
      block(layer + "mlp", inner);
      continue;
    }
    file.linear(layer + "mlp.gate", width, experts)
        .tensor(layer + "mlp.gate.e_score_correction_bias", {experts});
    for (Number e = 0; e < experts; ++e) block(layer + "mlp.experts." + std::to_string(e), expert_inner);
    block(layer + "mlp.shared_experts", expert_inner);
  }
  const Number attention = width * q_rank + q_rank * heads * (nope + rope) + width * (rank + rope) +
                           rank * heads * (nope + value) + heads * value * width;
  const Number expert = 3 * width * expert_inner, mixed = layers - 1;
  const Number matrices = layers * attention + 3 * width * inner + mixed * (width * experts + expert);
  const Number norms = layers * (q_rank + rank + 2 * width) + width;
  const Number seq = 5;
  Model model = std::move(file).build();
  const Figures got = figures(model, {{"seq", seq}});
  EXPECT_EQ(got.complaints, std::vector<std::string>());
  EXPECT_EQ(got.parameters, matrices + norms + mixed * experts * expert + 2 * vocabulary * width);
  EXPECT_EQ(got.macs, seq * (matrices + mixed * top * expert + vocabulary * width) +
                          layers * seq * seq * heads * (nope + rope + value));
  EXPECT_EQ(got.cache_per_token, layers * (rank + rope) * 2);
  EXPECT_EQ(model.blueprint->cache.bytes_per_token_expanded(), layers * heads * (nope + rope + value) * 2);
  EXPECT_EQ(model.blueprint->experts.active_parameters, got.parameters - mixed * (experts - top) * expert);
}

// --- older lineages

TEST(Generated, Gpt2WithoutItsPrefixAndWithItsMasks) {
  const Number layers = 2, width = 24, heads = 3, positions = 16, vocabulary = 40;
  WeightFile file("gpt2");
  file.is_class("GPT2LMHeadModel").says("n_embd", width).says("n_head", heads).says("n_layer", layers);
  file.tensor("wte.weight", {vocabulary, width})
      .tensor("wpe.weight", {positions, width})
      .norm("ln_f", width, true);
  for (Number i = 0; i < layers; ++i) {
    const std::string layer = "h." + std::to_string(i) + ".";
    file.norm(layer + "ln_1", width, true).norm(layer + "ln_2", width, true);
    file.tensor(layer + "attn.bias", {1, 1, positions, positions});
    for (const auto& [name, in, out] :
         {std::tuple("attn.c_attn", width, 3 * width), std::tuple("attn.c_proj", width, width),
          std::tuple("mlp.c_fc", width, 4 * width), std::tuple("mlp.c_proj", 4 * width, width)}) {
      file.tensor(layer + name + ".weight", {in, out}).tensor(layer + name + ".bias", {out});
    }
  }
  const Number matrices = 12 * width * width;
  const Number parameters =
      layers * (matrices + 9 * width + 4 * width) + 2 * width + (vocabulary + positions) * width;
  const Number seq = 7;
  expect(std::move(file).build(), {{"seq", seq}}, parameters,
         layers * (seq * matrices + 2 * seq * seq * width) + seq * vocabulary * width,
         layers * 2 * width * 2);
}

TEST(Generated, FalconGroupsHeadsInOneProduct) {
  const Number layers = 2, width = 32, heads = 4, kv = 2, head = 8, vocabulary = 20;
  WeightFile file("falcon");
  file.is_class("FalconForCausalLM")
      .says("hidden_size", width)
      .says("num_attention_heads", heads)
      .says("num_kv_heads", kv);
  file.says("new_decoder_architecture", true);
  file.tensor("transformer.word_embeddings.weight", {vocabulary, width})
      .norm("transformer.ln_f", width, true);
  // Published files store the head as well; it is the embedding.
  file.linear("lm_head", width, vocabulary);
  for (Number i = 0; i < layers; ++i) {
    const std::string layer = "transformer.h." + std::to_string(i) + ".";
    file.norm(layer + "ln_attn", width, true).norm(layer + "ln_mlp", width, true);
    file.linear(layer + "self_attention.query_key_value", width, (heads + 2 * kv) * head);
    file.linear(layer + "self_attention.dense", width, width);
    file.linear(layer + "mlp.dense_h_to_4h", width, 4 * width)
        .linear(layer + "mlp.dense_4h_to_h", 4 * width, width);
  }
  const Number matrices = width * (heads + 2 * kv) * head + 9 * width * width;
  const Number seq = 5;
  expect(std::move(file).build(), {{"seq", seq}},
         layers * (matrices + 4 * width) + 2 * width + vocabulary * width,
         layers * (seq * matrices + 2 * seq * seq * width) + seq * vocabulary * width,
         layers * 2 * kv * head * 2);
}

// --- what is said when something does not fit

TEST(Blueprints, AnUnknownFamilyIsNamedAfterItsTensors) {
  const Sizes s{1, 8, 2, 1, 4, 12, 10};
  Model model = llama("a_model_of_tomorrow", s).build();
  const Figures got = figures(model, {{"seq", 3}});
  EXPECT_EQ(got.complaints,
            (std::vector<std::string>{
                "There is no table for `a_model_of_tomorrow`; its tensors are named as those of `llama`"}));
  EXPECT_EQ(got.macs, llama_macs(s, 1, 3, 3));
}

TEST(Blueprints, AFileWithoutConfigurationIsReadByItsShapes) {
  WeightFile file;
  const Number width = 16, head = 8, vocabulary = 10;
  file.tensor("model.embed_tokens.weight", {vocabulary, width}).norm("model.norm", width);
  const std::string layer = "model.layers.0.";
  file.linear(layer + "self_attn.q_proj", width, 4 * head)
      .linear(layer + "self_attn.k_proj", width, 2 * head);
  file.linear(layer + "self_attn.v_proj", width, 2 * head)
      .linear(layer + "self_attn.o_proj", 4 * head, width);
  file.norm(layer + "self_attn.q_norm", head).norm(layer + "self_attn.k_norm", head);
  file.linear(layer + "mlp.gate_proj", width, 20)
      .linear(layer + "mlp.up_proj", width, 20)
      .linear(layer + "mlp.down_proj", 20, width);
  file.norm(layer + "input_layernorm", width).norm(layer + "post_attention_layernorm", width);
  Model model = std::move(file).build();
  const Figures got = figures(model, {{"seq", 2}});
  EXPECT_EQ(got.complaints, (std::vector<std::string>{
                                "The file names no architecture; its tensors are named as those of `llama`",
                                "The number of heads is not said; heads of 8 are assumed"}));
  EXPECT_EQ(got.macs, 2 * (2 * width * head * 6 + 60 * width + vocabulary * width) + 2 * 4 * 4 * head);
}

TEST(Blueprints, NoTableLeavesTheWeightsAlone) {
  WeightFile file("something_else");
  file.tensor("a.weight", {2, 3});
  Model model = std::move(file).build();
  EXPECT_FALSE(blueprints::build(model).built);
  EXPECT_TRUE(model.main().nodes.empty());
  ASSERT_EQ(model.findings.size(), 1u);
  EXPECT_EQ(model.findings[0].kind, FindingKind::assumed_architecture);
  EXPECT_EQ(model.findings[0].message.to_string(),
            "No table of blocks fits `something_else`; the weights stand alone");
}

TEST(Blueprints, AMissingTensorAndALeftOverOneAreFindings) {
  WeightFile file = llama("llama", {1, 8, 2, 1, 4, 12, 10});
  file.tensor("model.layers.0.adapter.weight", {3, 8});
  Model model = std::move(file).build();
  const Figures got = figures(model, {{"seq", 3}});
  EXPECT_EQ(got.complaints,
            (std::vector<std::string>{
                "No block of the architecture `llama` reads `model.layers.0.adapter.weight`"}));
}

TEST(Blueprints, OneCacheTensorPairPerLayer) {
  Model model = llama("llama", {3, 8, 2, 1, 4, 12, 10}).build();
  blueprints::build(model);
  std::vector<std::string> inputs;
  for (const TensorId id : model.main().inputs) inputs.emplace_back(model.main().tensors[id].name);
  EXPECT_EQ(inputs, (std::vector<std::string>{"input_ids", "position_ids", "past.0.key", "past.0.value",
                                              "past.1.key", "past.1.value", "past.2.key", "past.2.value"}));
  EXPECT_EQ(model.main().tensors[model.main().outputs[0]].name, "present.0.key");
  EXPECT_EQ(model.main().tensors[model.main().outputs.back()].name, "logits");
}

}  // namespace
}  // namespace haoline
