#include "blueprints/guess.h"

#include <array>

namespace haoline::blueprints {
namespace {

// All the endings have to occur, the first row that fits decides.
struct Sign {
  std::string_view family;
  std::array<std::string_view, 3> endings;
};
constexpr Sign kSigns[] = {
    {"deepseek_v2", {"layers.0.self_attn.kv_a_proj_with_mqa.weight"}},
    {"gpt_oss", {"layers.0.self_attn.sinks"}},
    {"jamba", {"layers.0.mamba.A_log", "layers.0.pre_ff_layernorm.weight"}},
    {"mixtral", {"layers.0.block_sparse_moe.gate.weight"}},
    {"gemma2", {"layers.0.pre_feedforward_layernorm.weight", "layers.0.self_attn.q_proj.weight"}},
    {"qwen2", {"layers.0.self_attn.q_proj.bias", "layers.0.mlp.gate_proj.weight"}},
    {"phi", {"layers.0.self_attn.dense.weight", "layers.0.mlp.fc1.weight"}},
    {"llama", {"layers.0.self_attn.q_proj.weight", "layers.0.mlp.gate_proj.weight"}},
    {"phi3", {"layers.0.self_attn.qkv_proj.weight", "layers.0.mlp.gate_up_proj.weight"}},
    {"internlm2", {"layers.0.attention.wqkv.weight"}},
    {"internlm2", {"layers.0.attention.wq.weight", "layers.0.feed_forward.w1.weight"}},
    {"gpt2", {"h.0.attn.c_attn.weight", "wpe.weight"}},
    {"gptj", {"h.0.mlp.fc_in.weight"}},
    {"gpt_neox", {"layers.0.attention.query_key_value.weight"}},
    {"bloom", {"h.0.self_attention.query_key_value.weight", "word_embeddings_layernorm.weight"}},
    {"falcon", {"h.0.self_attention.query_key_value.weight"}},
    {"mpt", {"blocks.0.attn.Wqkv.weight"}},
    {"t5", {"block.0.layer.0.SelfAttention.q.weight"}},
    {"whisper", {"encoder.conv1.weight", "decoder.layers.0.encoder_attn.q_proj.weight"}},
    {"bart", {"encoder.layers.0.self_attn.q_proj.weight", "decoder.layers.0.encoder_attn.q_proj.weight"}},
    {"opt", {"decoder.layers.0.self_attn.q_proj.weight", "decoder.embed_positions.weight"}},
    {"vit",
     {"encoder.layer.0.attention.attention.query.weight", "embeddings.patch_embeddings.projection.weight"}},
    {"deberta_v2", {"encoder.layer.0.attention.self.query_proj.weight"}},
    {"bert", {"encoder.layer.0.attention.self.query.weight", "embeddings.word_embeddings.weight"}},
    {"distilbert", {"transformer.layer.0.attention.q_lin.weight"}},
    {"albert", {"albert_layer_groups.0.albert_layers.0.attention.query.weight"}},
    {"mamba", {"layers.0.mixer.A_log", "layers.0.mixer.in_proj.weight"}},
    {"rwkv", {"blocks.0.attention.time_decay"}},
    {"clip", {"text_model.embeddings.token_embedding.weight", "vision_model.pre_layrnorm.weight"}},
    {"siglip", {"text_model.embeddings.token_embedding.weight", "vision_model.head.probe"}},
    {"convnext", {"encoder.stages.0.layers.0.dwconv.weight"}},
    {"resnet", {"encoder.stages.0.layers.0.layer.0.convolution.weight"}},
    {"wav2vec2", {"feature_extractor.conv_layers.0.conv.weight"}},
    // GGUF without a known architecture
    {"llama", {"blk.0.attn_q.weight", "blk.0.ffn_gate.weight"}},
    {"mixtral", {"blk.0.attn_q.weight", "blk.0.ffn_gate_exps.weight"}},
    {"gpt2", {"blk.0.attn_qkv.weight", "position_embd.weight"}},
};

}  // namespace

std::string_view guess_family(const Weights& weights) {
  std::array<std::array<bool, 3>, std::size(kSigns)> seen{};
  for (const TensorId tensor : weights.all()) {
    const std::string_view name = weights.name(tensor);
    // Only first layers and tensors outside of layers are in the table.
    for (std::size_t row = 0; row < std::size(kSigns); ++row) {
      for (std::size_t i = 0; i < 3; ++i) {
        const std::string_view ending = kSigns[row].endings[i];
        if (ending.empty() || !name.ends_with(ending)) continue;
        const bool whole = name.size() == ending.size() || name[name.size() - ending.size() - 1] == '.';
        seen[row][i] = seen[row][i] || whole;
      }
    }
  }
  for (std::size_t row = 0; row < std::size(kSigns); ++row) {
    bool fits = true;
    for (std::size_t i = 0; i < 3; ++i) fits = fits && (kSigns[row].endings[i].empty() || seen[row][i]);
    if (fits) return kSigns[row].family;
  }
  return {};
}

}  // namespace haoline::blueprints
