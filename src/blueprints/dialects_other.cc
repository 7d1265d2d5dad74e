#include "blueprints/dialects_other.h"

namespace haoline::blueprints {
namespace {

constexpr Spelling kT5[] = {
    {Slot::embed, "/shared"},
    {Slot::embed, "embed_tokens"},
    {Slot::final_norm, "final_layer_norm"},
    {Slot::head, "/lm_head"},
    {Slot::attn_pre, "layer.0.layer_norm"},
    {Slot::attn_q, "layer.0.SelfAttention.q"},
    {Slot::attn_k, "layer.0.SelfAttention.k"},
    {Slot::attn_v, "layer.0.SelfAttention.v"},
    {Slot::attn_o, "layer.0.SelfAttention.o"},
    {Slot::attn_bias, "layer.0.SelfAttention.relative_attention_bias"},
    {Slot::cross_pre, "layer.1.layer_norm"},
    {Slot::cross_q, "layer.1.EncDecAttention.q"},
    {Slot::cross_k, "layer.1.EncDecAttention.k"},
    {Slot::cross_v, "layer.1.EncDecAttention.v"},
    {Slot::cross_o, "layer.1.EncDecAttention.o"},
};
constexpr Spelling kT5Encoder[] = {
    {Slot::ffn_pre, "layer.1.layer_norm"},         {Slot::ffn_gate, "layer.1.DenseReluDense.wi_0"},
    {Slot::ffn_up, "layer.1.DenseReluDense.wi"},   {Slot::ffn_up, "layer.1.DenseReluDense.wi_1"},
    {Slot::ffn_down, "layer.1.DenseReluDense.wo"},
};
constexpr Spelling kT5Decoder[] = {
    {Slot::ffn_pre, "layer.2.layer_norm"},         {Slot::ffn_gate, "layer.2.DenseReluDense.wi_0"},
    {Slot::ffn_up, "layer.2.DenseReluDense.wi"},   {Slot::ffn_up, "layer.2.DenseReluDense.wi_1"},
    {Slot::ffn_down, "layer.2.DenseReluDense.wo"},
};

constexpr Spelling kBart[] = {
    {Slot::embed, "/shared"},
    {Slot::embed, "embed_tokens"},
    {Slot::position, "embed_positions"},
    {Slot::embed_norm, "layernorm_embedding"},
    {Slot::final_norm, "layer_norm"},
    {Slot::head, "/lm_head"},
    {Slot::head, "/proj_out"},
    {Slot::head_bias, "/final_logits_bias"},
    {Slot::attn_pre, "self_attn_layer_norm"},
    {Slot::attn_q, "self_attn.q_proj"},
    {Slot::attn_k, "self_attn.k_proj"},
    {Slot::attn_v, "self_attn.v_proj"},
    {Slot::attn_o, "self_attn.out_proj"},
    {Slot::cross_pre, "encoder_attn_layer_norm"},
    {Slot::cross_q, "encoder_attn.q_proj"},
    {Slot::cross_k, "encoder_attn.k_proj"},
    {Slot::cross_v, "encoder_attn.v_proj"},
    {Slot::cross_o, "encoder_attn.out_proj"},
    {Slot::ffn_pre, "final_layer_norm"},
    {Slot::ffn_up, "fc1"},
    {Slot::ffn_down, "fc2"},
};

constexpr Spelling kVit[] = {
    {Slot::final_norm, "layernorm"},
    {Slot::pooler, "pooler.dense"},
    {Slot::classifier, "/classifier"},
    {Slot::classifier, "/cls_classifier"},
    {Slot::attn_pre, "layernorm_before"},
    {Slot::attn_pre, "norm1"},
    {Slot::attn_q, "attention.attention.query"},
    {Slot::attn_k, "attention.attention.key"},
    {Slot::attn_v, "attention.attention.value"},
    {Slot::attn_o, "attention.output.dense"},
    {Slot::attn_scale, "layer_scale1.lambda1"},
    {Slot::attn_scale, "lambda_1"},
    {Slot::ffn_pre, "layernorm_after"},
    {Slot::ffn_pre, "norm2"},
    {Slot::ffn_up, "intermediate.dense"},
    {Slot::ffn_up, "mlp.fc1"},
    {Slot::ffn_gate_up, "mlp.weights_in"},
    {Slot::ffn_down, "output.dense"},
    {Slot::ffn_down, "mlp.fc2"},
    {Slot::ffn_down, "mlp.weights_out"},
    {Slot::ffn_scale, "layer_scale2.lambda1"},
    {Slot::ffn_scale, "lambda_2"},
};

constexpr Spelling kClip[] = {
    {Slot::embed, "embeddings.token_embedding"},
    {Slot::position, "embeddings.position_embedding"},
    {Slot::final_norm, "final_layer_norm"},
    {Slot::attn_pre, "layer_norm1"},
    {Slot::attn_q, "self_attn.q_proj"},
    {Slot::attn_k, "self_attn.k_proj"},
    {Slot::attn_v, "self_attn.v_proj"},
    {Slot::attn_o, "self_attn.out_proj"},
    {Slot::ffn_pre, "layer_norm2"},
    {Slot::ffn_up, "mlp.fc1"},
    {Slot::ffn_down, "mlp.fc2"},
};

constexpr Spelling kQwenVision[] = {
    {Slot::attn_pre, "norm1"},         {Slot::attn_qkv, "attn.qkv"},       {Slot::attn_o, "attn.proj"},
    {Slot::ffn_pre, "norm2"},          {Slot::ffn_gate, "mlp.gate_proj"},  {Slot::ffn_up, "mlp.fc1"},
    {Slot::ffn_up, "mlp.up_proj"},     {Slot::ffn_up, "mlp.linear_fc1"},   {Slot::ffn_down, "mlp.fc2"},
    {Slot::ffn_down, "mlp.down_proj"}, {Slot::ffn_down, "mlp.linear_fc2"},
};

constexpr Spelling kSpeech[] = {
    {Slot::head, "/lm_head"},
    {Slot::attn_pre, "layer_norm"},
    {Slot::attn_q, "attention.q_proj"},
    {Slot::attn_k, "attention.k_proj"},
    {Slot::attn_v, "attention.v_proj"},
    {Slot::attn_o, "attention.out_proj"},
    {Slot::ffn_pre, "final_layer_norm"},
    {Slot::ffn_up, "feed_forward.intermediate_dense"},
    {Slot::ffn_down, "feed_forward.output_dense"},
};

constexpr Place kVitPlaces[] = {
    {"", "", "encoder.layer."},      {"", "vit.", "encoder.layer."},
    {"", "deit.", "encoder.layer."}, {"", "dinov2.", "encoder.layer."},
    {"", "beit.", "encoder.layer."}, {"", "audio_spectrogram_transformer.", "encoder.layer."},
};
constexpr Place kSpeechPlaces[] = {
    {"", "", "encoder.layers."},
    {"", "wav2vec2.", "encoder.layers."},
    {"", "hubert.", "encoder.layers."},
    {"", "wavlm.", "encoder.layers."},
    {"", "data2vec_audio.", "encoder.layers."},
};

}  // namespace

Dialect t5_dialect() {
  return kT5;
}
Dialect t5_encoder_rows() {
  return kT5Encoder;
}
Dialect t5_decoder_rows() {
  return kT5Decoder;
}
Dialect bart_dialect() {
  return kBart;
}
Dialect vit_dialect() {
  return kVit;
}
Dialect clip_dialect() {
  return kClip;
}
Dialect qwen_vision_dialect() {
  return kQwenVision;
}
Dialect speech_dialect() {
  return kSpeech;
}
Places vit_places() {
  return kVitPlaces;
}
Places speech_places() {
  return kSpeechPlaces;
}

}  // namespace haoline::blueprints
