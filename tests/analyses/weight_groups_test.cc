// What weights are for, by their names, and what a cache comes to.
#include "analyses/weight_groups.h"

#include <gtest/gtest.h>

#include "analyses/context_memory.h"

namespace haoline {
namespace {

TEST(WeightGroups, AreToldByTheNamesOfEveryConvention) {
  const auto group = [](std::string_view tensor) { return name(weight_group_of(tensor)); };
  // ggml
  EXPECT_EQ(group("token_embd.weight"), "embeddings");
  EXPECT_EQ(group("output.weight"), "output");
  EXPECT_EQ(group("output_norm.weight"), "norms");
  EXPECT_EQ(group("blk.3.attn_output.weight"), "attention");
  EXPECT_EQ(group("blk.3.attn_q_norm.weight"), "norms");
  EXPECT_EQ(group("blk.3.ffn_down.weight"), "feed-forward");
  EXPECT_EQ(group("blk.3.ffn_down_exps.weight"), "experts");
  EXPECT_EQ(group("blk.3.ffn_gate_inp.weight"), "experts");
  EXPECT_EQ(group("blk.3.ssm_in.weight"), "recurrent");
  // Hugging Face
  EXPECT_EQ(group("model.embed_tokens.weight"), "embeddings");
  EXPECT_EQ(group("lm_head.weight"), "output");
  EXPECT_EQ(group("model.layers.0.self_attn.q_proj.qweight"), "attention");
  EXPECT_EQ(group("model.layers.0.mlp.gate_proj.weight"), "feed-forward");
  EXPECT_EQ(group("model.layers.0.mlp.gate.weight"), "experts");
  EXPECT_EQ(group("model.layers.0.mlp.experts.7.up_proj.weight"), "experts");
  EXPECT_EQ(group("model.layers.0.post_attention_layernorm.weight"), "norms");
  EXPECT_EQ(group("transformer.h.0.ln_1.bias"), "norms");
  EXPECT_EQ(group("transformer.h.0.attn.c_attn.weight"), "attention");
  EXPECT_EQ(group("transformer.wte.weight"), "embeddings");
  EXPECT_EQ(group("bert.encoder.layer.0.attention.output.dense.weight"), "attention");
  EXPECT_EQ(group("bert.encoder.layer.0.output.dense.weight"), "feed-forward");
  EXPECT_EQ(group("backbone.layers.0.mixer.in_proj.weight"), "recurrent");
  EXPECT_EQ(group("layer1.0.conv1.weight"), "other");
}

TEST(ContextMemory, KeepsWhatEachKindOfLayerNeeds) {
  CacheFacts cache;
  cache.layers.push_back(
      {.kind = CacheLayers::Kind::attention, .layers = 3, .heads = 2, .key_size = 64, .value_size = 64});
  cache.layers.push_back({.kind = CacheLayers::Kind::attention,
                          .layers = 5,
                          .heads = 1,
                          .key_size = 32,
                          .value_size = 32,
                          .window = 1024});
  cache.layers.push_back({.kind = CacheLayers::Kind::latent, .layers = 1, .latent_size = 576});
  cache.layers.push_back({.kind = CacheLayers::Kind::recurrent, .layers = 2, .state_elements = 100});
  // Halves: 3 layers of 2·128 elements, 5 layers of 64 within the window, 576 of the latent.
  EXPECT_EQ(cache_bytes(cache, 2048, CacheType::float16),
            Int128{2} * (3 * 256 * 2048 + 5 * 64 * 1024 + 576 * 2048));
  // q8_0: 34 bytes for 32 elements.
  EXPECT_EQ(cache_bytes(cache, 2048, CacheType::q8_0),
            Int128{34} * (3 * 256 / 32 * 2048 + 5 * 64 / 32 * 1024 + 576 / 32 * 2048));
}

}  // namespace
}  // namespace haoline
