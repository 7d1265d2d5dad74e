// Files that lie: extents, ranks, numbers of the configuration and names at random. Whatever the blueprint
// makes of them, it comes to an end and the analyses cope with the graph.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "analyses/bindings.h"
#include "analyses/inference.h"
#include "analyses/parameters.h"
#include "analyses/totals.h"
#include "blueprints/blueprints.h"
#include "support/weight_file.h"

namespace haoline {
namespace {

using Random = std::mt19937;

std::int64_t odd_number(Random& random) {
  constexpr std::array<std::int64_t, 12> kOdd{
      0, 1, 2, 3, 7, 8, 64, -1, -8, 1LL << 31, 1LL << 62, std::numeric_limits<std::int64_t>::max()};
  return kOdd[random() % kOdd.size()];
}

// Names of several families, so that every block is entered.
constexpr std::string_view kNames[] = {"model.embed_tokens.weight",
                                       "model.norm.weight",
                                       "lm_head.weight",
                                       "model.layers.#.self_attn.q_proj.weight",
                                       "model.layers.#.self_attn.k_proj.weight",
                                       "model.layers.#.self_attn.v_proj.weight",
                                       "model.layers.#.self_attn.o_proj.weight",
                                       "model.layers.#.self_attn.qkv_proj.weight",
                                       "model.layers.#.self_attn.q_norm.weight",
                                       "model.layers.#.self_attn.k_norm.weight",
                                       "model.layers.#.self_attn.sinks",
                                       "model.layers.#.self_attn.kv_a_proj_with_mqa.weight",
                                       "model.layers.#.self_attn.kv_a_layernorm.weight",
                                       "model.layers.#.self_attn.kv_b_proj.weight",
                                       "model.layers.#.mlp.gate_proj.weight",
                                       "model.layers.#.mlp.up_proj.weight",
                                       "model.layers.#.mlp.down_proj.weight",
                                       "model.layers.#.mlp.gate.weight",
                                       "model.layers.#.mlp.experts.0.gate_proj.weight",
                                       "model.layers.#.mlp.experts.0.up_proj.weight",
                                       "model.layers.#.mlp.experts.0.down_proj.weight",
                                       "model.layers.#.mlp.experts.gate_up_proj",
                                       "model.layers.#.mamba.in_proj.weight",
                                       "model.layers.#.mamba.conv1d.weight",
                                       "model.layers.#.mamba.A_log",
                                       "model.layers.#.mamba.D",
                                       "model.layers.#.mamba.x_proj.weight",
                                       "model.layers.#.mamba.dt_proj.weight",
                                       "model.layers.#.mamba.out_proj.weight",
                                       "model.layers.#.input_layernorm.weight",
                                       "model.layers.#.post_attention_layernorm.weight",
                                       "model.layers.99999999999.x",
                                       "encoder.conv1.weight",
                                       "encoder.conv2.weight",
                                       "encoder.embed_positions.weight",
                                       "encoder.layers.#.self_attn.q_proj.weight",
                                       "encoder.layers.#.self_attn.k_proj.weight",
                                       "encoder.layers.#.self_attn.v_proj.weight",
                                       "decoder.layers.#.encoder_attn.q_proj.weight",
                                       "decoder.layers.#.encoder_attn.k_proj.weight",
                                       "decoder.layers.#.self_attn.q_proj.weight",
                                       "shared.weight",
                                       "decoder.embed_tokens.weight",
                                       "embeddings.patch_embeddings.projection.weight",
                                       "embeddings.cls_token",
                                       "embeddings.position_embeddings",
                                       "encoder.layer.#.attention.attention.query.weight",
                                       "encoder.layer.#.attention.self.query.weight",
                                       "encoder.layer.#.attention.self.key.weight",
                                       "swin.embeddings.patch_embeddings.projection.weight",
                                       "swin.encoder.layers.#.blocks.0.attention.self.query.weight",
                                       "swin.encoder.layers.#.downsample.reduction.weight",
                                       "resnet.embedder.embedder.convolution.weight",
                                       "resnet.encoder.stages.#.layers.0.layer.0.convolution.weight",
                                       "rwkv.embeddings.weight",
                                       "rwkv.blocks.#.attention.key.weight",
                                       "rwkv.blocks.#.attention.time_mix_key",
                                       "feature_extractor.conv_layers.#.conv.weight",
                                       "feature_projection.projection.weight",
                                       "encoder.pos_conv_embed.conv.weight_v",
                                       "encoder.pos_conv_embed.conv.weight_g",
                                       "text_model.embeddings.token_embedding.weight",
                                       "vision_model.embeddings.patch_embedding.weight",
                                       "vision_model.head.probe",
                                       "vision_model.head.attention.in_proj_weight",
                                       "vision_model.head.attention.in_proj_bias",
                                       "visual.patch_embed.proj.weight",
                                       "visual.blocks.#.attn.qkv.weight",
                                       "multi_modal_projector.linear_1.weight",
                                       "blk.#.attn_q.weight",
                                       "blk.#.ffn_gate_exps.weight",
                                       "blk.#.ffn_gate_inp.weight",
                                       "token_embd.weight"};
constexpr std::string_view kKeys[] = {"hidden_size",
                                      "num_attention_heads",
                                      "num_key_value_heads",
                                      "head_dim",
                                      "num_hidden_layers",
                                      "kv_lora_rank",
                                      "num_experts_per_tok",
                                      "sliding_window",
                                      "image_size",
                                      "window_size",
                                      "rotary_dim",
                                      "sliding_window_pattern",
                                      "state_size",
                                      "vision_config.num_heads",
                                      "text_config.hidden_size"};
constexpr const char* kFamilies[] = {"llama",
                                     "deepseek_v2",
                                     "jamba",
                                     "mixtral",
                                     "gpt2",
                                     "bert",
                                     "t5",
                                     "whisper",
                                     "bart",
                                     "vit",
                                     "swin",
                                     "resnet",
                                     "convnext",
                                     "segformer",
                                     "wav2vec2",
                                     "clip",
                                     "siglip",
                                     "llava",
                                     "qwen2_vl",
                                     "rwkv",
                                     "mamba",
                                     "mamba2",
                                     "recurrent_gemma",
                                     "gemma3",
                                     "albert",
                                     "deberta-v2",
                                     "falcon",
                                     ""};

Model lie(Random& random) {
  const bool ggml = random() % 8 == 0;
  WeightFile file(kFamilies[random() % std::size(kFamilies)],
                  ggml ? TensorNaming::ggml : TensorNaming::huggingface);
  for (const std::string_view name : kNames) {
    if (random() % 3 == 0) continue;
    std::string spelled(name);
    if (const auto at = spelled.find('#'); at != std::string::npos) spelled[at] = '0';
    std::vector<std::int64_t> extents(random() % 5);
    for (std::int64_t& extent : extents) {
      extent = random() % 3 == 0 ? odd_number(random) : std::int64_t{8} << (random() % 3);
      if (extent < 0) extent = 0;  // readers refuse negative ones
    }
    file.tensor(spelled, extents);
  }
  for (const std::string_view key : kKeys) {
    if (random() % 2 == 0) file.says(key, odd_number(random));
  }
  return std::move(file).build();
}

TEST(HostileWeights, AlwaysComeToAnEnd) {
  Random random(20260);
  std::size_t built = 0;
  for (int i = 0; i < 1000; ++i) {
    Model model = lie(random);
    if (!blueprints::build(model).built) continue;
    ++built;
    Result<Inference> inference = infer(model, {});
    if (!inference) continue;
    const auto bound = bind_symbols(model, *inference, {});
    if (!bound) continue;
    count_parameters(model, *inference);
    total_costs(model, *inference);
    model.blueprint->cache.bytes_per_token();
    model.blueprint->cache.state_bytes();
    model.blueprint->cache.cross_attention_bytes();
  }
  EXPECT_GT(built, 200u);
}

}  // namespace
}  // namespace haoline
