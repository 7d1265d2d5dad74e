// More architectures in sizes that nobody published, against closed forms: recurrent layers, and images
// before a text.
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
using test::llama_macs;
using test::llama_parameters;
using test::Sizes;

// --- recurrences

TEST(Generated, Mamba2KeepsAStateOfFixedSize) {
  const Number layers = 2, width = 16, inner = 32, heads = 4, state = 8, kernel = 4, vocabulary = 20;
  const Number mixed = inner + 2 * state;
  WeightFile file("mamba2");
  file.is_class("Mamba2ForCausalLM")
      .says("hidden_size", width)
      .says("state_size", state)
      .says("tie_word_embeddings", true);
  file.tensor("backbone.embeddings.weight", {vocabulary, width}).norm("backbone.norm_f", width);
  for (Number i = 0; i < layers; ++i) {
    const std::string layer = "backbone.layers." + std::to_string(i) + ".", mixer = layer + "mixer.";
    file.norm(layer + "norm", width)
        .linear(mixer + "in_proj", width, inner + mixed + heads)
        .linear(mixer + "out_proj", inner, width);
    file.tensor(mixer + "conv1d.weight", {mixed, 1, kernel}).tensor(mixer + "conv1d.bias", {mixed});
    file.tensor(mixer + "A_log", {heads})
        .tensor(mixer + "D", {heads})
        .tensor(mixer + "dt_bias", {heads})
        .norm(mixer + "norm", inner);
  }
  const Number matrices = width * (inner + mixed + heads) + inner * width;
  const Number parameters =
      layers * (matrices + mixed * (kernel + 1) + 3 * heads + inner + width) + width + vocabulary * width;
  const Number seq = 11;
  Model model = std::move(file).build();
  const Figures got = figures(model, {{"seq", seq}});
  EXPECT_EQ(got.complaints, std::vector<std::string>());
  EXPECT_EQ(got.parameters, parameters);
  EXPECT_EQ(got.macs, seq * (layers * (matrices + mixed * kernel) + vocabulary * width));
  EXPECT_EQ(got.cache_per_token, 0);
  EXPECT_EQ(model.blueprint->cache.state_bytes(), layers * (mixed * kernel + inner * state) * 2);
}

TEST(Generated, RecurrentGemmaMixesAttentionAndGates) {
  const Number width = 16, recurrent = 24, blocks = 4, heads = 2, head = 8, inner = 20, kernel = 4,
               vocabulary = 30;
  WeightFile file("recurrent_gemma");
  file.is_class("RecurrentGemmaForCausalLM")
      .says("hidden_size", width)
      .says("num_attention_heads", heads)
      .says("head_dim", head);
  file.says("attention_window_size", 64).says("num_key_value_heads", 1);
  file.tensor("model.embed_tokens.weight", {vocabulary, width}).norm("model.final_norm", width);
  for (Number i = 0; i < 3; ++i) {
    const std::string layer = "model.layers." + std::to_string(i) + ".", mixer = layer + "temporal_block.";
    file.norm(layer + "temporal_pre_norm", width).norm(layer + "channel_pre_norm", width);
    if (i == 2) {
      file.linear(mixer + "q_proj", width, heads * head)
          .linear(mixer + "k_proj", width, head)
          .linear(mixer + "v_proj", width, head);
      file.linear(mixer + "o_proj", heads * head, width);
    } else {
      file.linear(mixer + "linear_x", width, recurrent)
          .linear(mixer + "linear_y", width, recurrent)
          .linear(mixer + "linear_out", recurrent, width);
      file.tensor(mixer + "conv_1d.weight", {recurrent, 1, kernel})
          .tensor(mixer + "conv_1d.bias", {recurrent});
      file.tensor(mixer + "rg_lru.recurrent_param", {recurrent});
      for (const char* gate : {"input_gate", "recurrent_gate"}) {
        file.tensor(mixer + "rg_lru." + gate + "_weight", {blocks, recurrent / blocks, recurrent / blocks});
        file.tensor(mixer + "rg_lru." + gate + "_bias", {blocks, recurrent / blocks});
      }
    }
    const std::string mlp = layer + "mlp_block.";
    file.linear(mlp + "gate_proj", width, inner)
        .linear(mlp + "up_proj", width, inner)
        .linear(mlp + "down_proj", inner, width);
  }
  const Number gates = 2 * recurrent * recurrent / blocks;
  const Number rnn = 3 * width * recurrent + gates, attention = 2 * width * head * (heads + 1),
               mlp = 3 * width * inner;
  const Number parameters = 2 * (rnn + recurrent * (kernel + 1) + recurrent + 2 * recurrent) + attention +
                            3 * (mlp + 2 * width) + width + vocabulary * width;
  const Number seq = 6;
  Model model = std::move(file).build();
  const Figures got = figures(model, {{"seq", seq}});
  EXPECT_EQ(got.complaints, std::vector<std::string>());
  EXPECT_EQ(got.parameters, parameters);
  EXPECT_EQ(got.macs, seq * (2 * (rnn + recurrent * kernel) + attention + 3 * mlp + vocabulary * width) +
                          2 * seq * seq * heads * head);
  EXPECT_EQ(got.cache_per_token, 2 * head * 2);
  EXPECT_EQ(model.blueprint->cache.state_bytes(), 2 * recurrent * (kernel + 1) * 2);
}

// --- images before a text

void stack(WeightFile& file, const std::string& layers, Number count, Number width, Number inner) {
  for (Number i = 0; i < count; ++i) {
    const std::string layer = layers + std::to_string(i) + ".";
    for (const char* name :
         {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj"}) {
      file.linear(layer + name, width, width, true);
    }
    file.linear(layer + "mlp.fc1", width, inner, true).linear(layer + "mlp.fc2", inner, width, true);
    file.norm(layer + "layer_norm1", width, true).norm(layer + "layer_norm2", width, true);
  }
}

TEST(Generated, LlavaPutsAnImageBeforeTheText) {
  const Number seen = 2, width = 24, inner = 40, patch = 4, side = 3, text_width = 16, vocabulary = 20;
  const Number patches = side * side;
  const Sizes s{2, text_width, 2, 1, 8, 30, vocabulary};
  WeightFile file("llava");
  file.is_class("LlavaForConditionalGeneration")
      .says("text_config.model_type", "llama")
      .says("text_config.head_dim", s.head);
  file.says("text_config.num_attention_heads", s.heads).says("text_config.hidden_size", text_width);
  file.says("vision_config.hidden_size", width).says("vision_config.num_attention_heads", 3);
  file.says("vision_config.image_size", side * patch).says("vision_config.num_hidden_layers", seen);
  const std::string tower = "vision_tower.vision_model.";
  file.tensor(tower + "embeddings.class_embedding", {width})
      .tensor(tower + "embeddings.position_embedding.weight", {patches + 1, width});
  file.tensor(tower + "embeddings.patch_embedding.weight", {width, 3, patch, patch});
  file.norm(tower + "pre_layrnorm", width, true).norm(tower + "post_layernorm", width, true);
  stack(file, tower + "encoder.layers.", seen, width, inner);
  file.linear("multi_modal_projector.linear_1", width, text_width, true)
      .linear("multi_modal_projector.linear_2", text_width, text_width, true);
  file.tensor("language_model.model.embed_tokens.weight", {vocabulary, text_width})
      .norm("language_model.model.norm", text_width);
  file.linear("language_model.lm_head", text_width, vocabulary);
  for (Number i = 0; i < s.layers; ++i) {
    const std::string layer = "language_model.model.layers." + std::to_string(i) + ".",
                      attention = layer + "self_attn.";
    file.linear(attention + "q_proj", text_width, 16)
        .linear(attention + "k_proj", text_width, 8)
        .linear(attention + "v_proj", text_width, 8);
    file.linear(attention + "o_proj", 16, text_width);
    file.linear(layer + "mlp.gate_proj", text_width, s.inner)
        .linear(layer + "mlp.up_proj", text_width, s.inner);
    file.linear(layer + "mlp.down_proj", s.inner, text_width);
    file.norm(layer + "input_layernorm", text_width).norm(layer + "post_attention_layernorm", text_width);
  }
  const Number matrices = 4 * width * width + 2 * width * inner;
  const Number image_parameters = width + (patches + 1) * width + 3 * patch * patch * width + 4 * width +
                                  seen * (matrices + 4 * width + inner + width + 4 * width) +
                                  text_width * (width + text_width) + 2 * text_width;
  const Number seq = 5, tokens = patches + 1, all = patches + seq;
  const Number image_macs = patches * 3 * patch * patch * width +
                            seen * (tokens * matrices + 2 * tokens * tokens * width) +
                            patches * text_width * (width + text_width);
  expect(std::move(file).build(), {{"seq", seq}}, image_parameters + llama_parameters(s),
         image_macs + llama_macs(s, 1, all, all), cache(s));
}

TEST(Generated, Qwen2VlJoinsFourNeighbours) {
  const Number seen = 2, width = 32, inner = 128, text_width = 24, pixels = 3 * 2 * 4 * 4;
  const Sizes s{2, text_width, 3, 1, 8, 30, 40, false, true};
  WeightFile file("qwen2_vl");
  file.is_class("Qwen2VLForConditionalGeneration")
      .says("hidden_size", text_width)
      .says("num_attention_heads", s.heads);
  file.says("vision_config.num_heads", 4)
      .says("vision_config.depth", seen)
      .says("tie_word_embeddings", false);
  file.tensor("visual.patch_embed.proj.weight", {width, 3, 2, 4, 4});
  for (Number i = 0; i < seen; ++i) {
    const std::string block = "visual.blocks." + std::to_string(i) + ".";
    file.norm(block + "norm1", width, true).norm(block + "norm2", width, true);
    file.linear(block + "attn.qkv", width, 3 * width, true).linear(block + "attn.proj", width, width, true);
    file.linear(block + "mlp.fc1", width, inner, true).linear(block + "mlp.fc2", inner, width, true);
  }
  file.norm("visual.merger.ln_q", width, true).linear("visual.merger.mlp.0", 4 * width, 4 * width, true);
  file.linear("visual.merger.mlp.2", 4 * width, text_width, true);
  file.tensor("model.embed_tokens.weight", {s.vocabulary, text_width})
      .norm("model.norm", text_width)
      .linear("lm_head", text_width, s.vocabulary);
  for (Number i = 0; i < s.layers; ++i) {
    const std::string layer = "model.layers." + std::to_string(i) + ".", attention = layer + "self_attn.";
    file.linear(attention + "q_proj", text_width, 24, true).linear(attention + "k_proj", text_width, 8, true);
    file.linear(attention + "v_proj", text_width, 8, true).linear(attention + "o_proj", 24, text_width);
    file.linear(layer + "mlp.gate_proj", text_width, s.inner)
        .linear(layer + "mlp.up_proj", text_width, s.inner);
    file.linear(layer + "mlp.down_proj", s.inner, text_width);
    file.norm(layer + "input_layernorm", text_width).norm(layer + "post_attention_layernorm", text_width);
  }
  const Number matrices = 4 * width * width + 2 * width * inner;
  const Number image_parameters = pixels * width + seen * (matrices + 4 * width + inner + width + 4 * width) +
                                  2 * width + 16 * width * width + 4 * width + 4 * width * text_width +
                                  text_width;
  const Number seq = 3, merged = 6, patches = 4 * merged, all = merged + seq;
  const Number image_macs = patches * pixels * width +
                            seen * (patches * matrices + 2 * patches * patches * width) +
                            merged * (16 * width * width + 4 * width * text_width);
  expect(std::move(file).build(), {{"seq", seq}, {"image_tokens", merged}},
         image_parameters + llama_parameters(s), image_macs + llama_macs(s, 1, all, all), cache(s));
}

}  // namespace
}  // namespace haoline
