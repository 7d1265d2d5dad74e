#include "blueprints/dialects_text.h"

namespace haoline::blueprints {
namespace {

constexpr Spelling kLlama[] = {
    {Slot::embed, "embed_tokens"},
    {Slot::final_norm, "norm"},
    {Slot::final_norm, "final_layernorm"},
    {Slot::final_norm, "final_norm"},
    {Slot::final_norm, "embedding_norm"},
    {Slot::head, "/lm_head"},
    {Slot::classifier, "/score"},
    {Slot::attn_pre, "input_layernorm"},
    {Slot::attn_pre, "operator_norm"},
    {Slot::attn_q, "self_attn.q_proj"},
    {Slot::attn_k, "self_attn.k_proj"},
    {Slot::attn_v, "self_attn.v_proj"},
    {Slot::attn_qkv, "self_attn.qkv_proj"},
    {Slot::attn_qkv, "self_attn.W_pack"},
    {Slot::attn_qkv, "self_attn.query_key_value"},
    {Slot::attn_o, "self_attn.o_proj"},
    {Slot::attn_o, "self_attn.dense"},
    {Slot::attn_o, "self_attn.out_proj"},
    {Slot::attn_q_norm, "self_attn.q_norm"},
    {Slot::attn_q_norm, "self_attn.q_layernorm"},
    {Slot::attn_q_norm, "self_attn.query_layernorm"},
    {Slot::attn_k_norm, "self_attn.k_norm"},
    {Slot::attn_k_norm, "self_attn.k_layernorm"},
    {Slot::attn_k_norm, "self_attn.key_layernorm"},
    {Slot::attn_inner_norm, "self_attn.attn_sub_norm"},
    {Slot::attn_sinks, "self_attn.sinks"},
    {Slot::latent_q_down, "self_attn.q_a_proj"},
    {Slot::latent_q_norm, "self_attn.q_a_layernorm"},
    {Slot::latent_q_up, "self_attn.q_b_proj"},
    {Slot::latent_kv_down, "self_attn.kv_a_proj_with_mqa"},
    {Slot::latent_kv_norm, "self_attn.kv_a_layernorm"},
    {Slot::latent_kv_up, "self_attn.kv_b_proj"},
    {Slot::ffn_pre, "post_attention_layernorm"},
    {Slot::ffn_pre, "pre_ff_layernorm"},
    {Slot::ffn_gate, "mlp.gate_proj"},
    {Slot::ffn_gate, "feed_forward.gate_proj"},
    {Slot::ffn_up, "mlp.up_proj"},
    {Slot::ffn_up, "mlp.fc1"},
    {Slot::ffn_up, "mlp.c_fc"},
    {Slot::ffn_up, "feed_forward.up_proj"},
    {Slot::ffn_up, "mlp.dense_h_to_4h"},
    {Slot::ffn_gate_up, "mlp.gate_up_proj"},
    {Slot::ffn_gate_up, "shared_mlp.input_linear"},
    {Slot::ffn_down, "mlp.down_proj"},
    {Slot::ffn_down, "mlp.fc2"},
    {Slot::ffn_down, "mlp.c_proj"},
    {Slot::ffn_down, "feed_forward.down_proj"},
    {Slot::ffn_down, "shared_mlp.output_linear"},
    {Slot::ffn_down, "mlp.dense_4h_to_h"},
    {Slot::ffn_inner_norm, "mlp.ffn_sub_norm"},
    {Slot::router, "block_sparse_moe.gate"},
    {Slot::router, "block_sparse_moe.router.layer"},
    {Slot::router, "mlp.gate"},
    {Slot::router, "mlp.router"},
    {Slot::router, "mlp.gate.wg"},
    {Slot::router, "feed_forward.router"},
    {Slot::router, "feed_forward.gate"},
    {Slot::router_bias, "mlp.gate.e_score_correction_bias"},
    {Slot::router_bias, "mlp.moe_statics.e_score_correction_bias"},
    {Slot::router_bias, "block_sparse_moe.e_score_correction_bias"},
    {Slot::router_bias, "feed_forward.expert_bias"},
    {Slot::router_bias, "mlp.expert_bias"},
    {Slot::expert_gate, "block_sparse_moe.experts.#.w1"},
    {Slot::expert_gate, "mlp.experts.#.gate_proj"},
    {Slot::expert_gate, "feed_forward.experts.#.gate_proj"},
    {Slot::expert_gate, "feed_forward.experts.#.w1"},
    {Slot::expert_up, "block_sparse_moe.experts.#.w3"},
    {Slot::expert_up, "mlp.experts.#.up_proj"},
    {Slot::expert_up, "feed_forward.experts.#.up_proj"},
    {Slot::expert_up, "feed_forward.experts.#.w3"},
    {Slot::expert_gate_up, "mlp.experts.gate_up_proj"},
    {Slot::expert_gate_up, "feed_forward.experts.gate_up_proj"},
    {Slot::expert_gate_up, "block_sparse_moe.input_linear"},
    {Slot::expert_down, "block_sparse_moe.experts.#.w2"},
    {Slot::expert_down, "mlp.experts.#.down_proj"},
    {Slot::expert_down, "feed_forward.experts.#.down_proj"},
    {Slot::expert_down, "feed_forward.experts.#.w2"},
    {Slot::expert_down, "mlp.experts.down_proj"},
    {Slot::expert_down, "feed_forward.experts.down_proj"},
    {Slot::expert_down, "block_sparse_moe.output_linear"},
    {Slot::shared_gate, "mlp.shared_expert.gate_proj"},
    {Slot::shared_gate, "mlp.shared_experts.gate_proj"},
    {Slot::shared_gate, "mlp.shared_mlp.gate_proj"},
    {Slot::shared_gate, "feed_forward.shared_expert.gate_proj"},
    {Slot::shared_up, "mlp.shared_expert.up_proj"},
    {Slot::shared_up, "mlp.shared_experts.up_proj"},
    {Slot::shared_up, "mlp.shared_mlp.up_proj"},
    {Slot::shared_up, "feed_forward.shared_expert.up_proj"},
    {Slot::shared_down, "mlp.shared_expert.down_proj"},
    {Slot::shared_down, "mlp.shared_experts.down_proj"},
    {Slot::shared_down, "mlp.shared_mlp.down_proj"},
    {Slot::shared_down, "feed_forward.shared_expert.down_proj"},
    {Slot::shared_router, "mlp.shared_expert_gate"},
    {Slot::ssm_in, "mamba.in_proj"},
    {Slot::ssm_conv, "mamba.conv1d"},
    {Slot::ssm_x, "mamba.x_proj"},
    {Slot::ssm_dt, "mamba.dt_proj"},
    {Slot::ssm_a, "mamba.A_log"},
    {Slot::ssm_d, "mamba.D"},
    {Slot::ssm_norm, "mamba.norm"},
    {Slot::ssm_dt_norm, "mamba.dt_layernorm"},
    {Slot::ssm_b_norm, "mamba.b_layernorm"},
    {Slot::ssm_c_norm, "mamba.c_layernorm"},
    {Slot::ssm_out, "mamba.out_proj"},
    {Slot::ssm_dt_bias, "mamba.dt_bias"},
};

constexpr Spelling kGpt2[] = {
    {Slot::embed, "wte"},
    {Slot::position, "wpe"},
    {Slot::final_norm, "ln_f"},
    {Slot::head, "/lm_head"},
    {Slot::classifier, "/score"},
    {Slot::attn_pre, "ln_1"},
    {Slot::attn_qkv, "attn.c_attn"},
    {Slot::attn_q, "attn.attention.q_proj"},
    {Slot::attn_k, "attn.attention.k_proj"},
    {Slot::attn_v, "attn.attention.v_proj"},
    {Slot::attn_o, "attn.c_proj"},
    {Slot::attn_o, "attn.attention.out_proj"},
    {Slot::ffn_pre, "ln_2"},
    {Slot::ffn_gate, "mlp.w2"},
    {Slot::ffn_up, "mlp.c_fc"},
    {Slot::ffn_up, "mlp.w1"},
    {Slot::ffn_down, "mlp.c_proj"},
};

constexpr Spelling kNeox[] = {
    {Slot::embed, "embed_in"},
    {Slot::final_norm, "final_layer_norm"},
    {Slot::head, "/embed_out"},
    {Slot::attn_pre, "input_layernorm"},
    {Slot::attn_qkv, "attention.query_key_value"},
    {Slot::attn_o, "attention.dense"},
    {Slot::ffn_pre, "post_attention_layernorm"},
    {Slot::ffn_up, "mlp.dense_h_to_4h"},
    {Slot::ffn_down, "mlp.dense_4h_to_h"},
};

constexpr Spelling kBloom[] = {
    {Slot::embed, "word_embeddings"},
    {Slot::embed_norm, "word_embeddings_layernorm"},
    {Slot::final_norm, "ln_f"},
    {Slot::head, "/lm_head"},
    {Slot::attn_pre, "input_layernorm"},
    {Slot::attn_pre, "ln_attn"},
    {Slot::attn_qkv, "self_attention.query_key_value"},
    {Slot::attn_o, "self_attention.dense"},
    {Slot::ffn_pre, "post_attention_layernorm"},
    {Slot::ffn_pre, "ln_mlp"},
    {Slot::ffn_up, "mlp.dense_h_to_4h"},
    {Slot::ffn_down, "mlp.dense_4h_to_h"},
};

constexpr Spelling kMpt[] = {
    {Slot::embed, "wte"},
    {Slot::position, "wpe"},
    {Slot::final_norm, "norm_f"},
    {Slot::head, "/lm_head"},
    {Slot::attn_pre, "norm_1"},
    {Slot::attn_pre, "norm_attn_norm.norm_1"},
    {Slot::attn_qkv, "attn.Wqkv"},
    {Slot::attn_qkv, "norm_attn_norm.attn.Wqkv"},
    {Slot::attn_o, "attn.out_proj"},
    {Slot::attn_o, "norm_attn_norm.attn.out_proj"},
    {Slot::attn_q_norm, "attn.q_ln"},
    {Slot::attn_k_norm, "attn.k_ln"},
    {Slot::ffn_pre, "norm_2"},
    {Slot::ffn_pre, "norm_attn_norm.norm_2"},
    {Slot::ffn_up, "ffn.up_proj"},
    {Slot::ffn_down, "ffn.down_proj"},
    {Slot::router, "ffn.router.layer"},
    {Slot::expert_gate, "ffn.experts.mlp.w1"},
    {Slot::expert_up, "ffn.experts.mlp.v1"},
    {Slot::expert_down, "ffn.experts.mlp.w2"},
};

constexpr Spelling kGptj[] = {
    {Slot::embed, "wte"},          {Slot::final_norm, "ln_f"},        {Slot::head, "/lm_head"},
    {Slot::attn_pre, "ln_1"},      {Slot::attn_q, "attn.q_proj"},     {Slot::attn_k, "attn.k_proj"},
    {Slot::attn_v, "attn.v_proj"}, {Slot::attn_qkv, "attn.qkv_proj"}, {Slot::attn_o, "attn.out_proj"},
    {Slot::ffn_up, "mlp.fc_in"},   {Slot::ffn_down, "mlp.fc_out"},
};

constexpr Spelling kOpt[] = {
    {Slot::embed, "embed_tokens"},
    {Slot::position, "embed_positions"},
    {Slot::embed_norm, "layernorm_embedding"},
    {Slot::project_in, "project_in"},
    {Slot::project_out, "project_out"},
    {Slot::final_norm, "final_layer_norm"},
    {Slot::final_norm, "layer_norm"},
    {Slot::head, "/lm_head"},
    {Slot::head, "/proj_out"},
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

constexpr Spelling kInternlm[] = {
    {Slot::embed, "tok_embeddings"},
    {Slot::final_norm, "norm"},
    {Slot::head, "/output"},
    {Slot::attn_pre, "attention_norm"},
    {Slot::attn_qkv, "attention.wqkv"},
    {Slot::attn_q, "attention.wq"},
    {Slot::attn_k, "attention.wk"},
    {Slot::attn_v, "attention.wv"},
    {Slot::attn_o, "attention.wo"},
    {Slot::ffn_pre, "ffn_norm"},
    {Slot::ffn_gate, "feed_forward.w1"},
    {Slot::ffn_up, "feed_forward.w3"},
    {Slot::ffn_down, "feed_forward.w2"},
};

constexpr Spelling kBert[] = {
    {Slot::embed, "embeddings.word_embeddings"},
    {Slot::position, "embeddings.position_embeddings"},
    {Slot::token_type, "embeddings.token_type_embeddings"},
    {Slot::embed_norm, "embeddings.LayerNorm"},
    {Slot::project_in, "embeddings_project"},
    {Slot::stack_bias, "encoder.rel_embeddings"},
    {Slot::stack_norm, "encoder.LayerNorm"},
    {Slot::pooler, "pooler.dense"},
    {Slot::pooler, "/classifier.dense"},
    {Slot::pooler, "/discriminator_predictions.dense"},
    {Slot::head_dense, "/cls.predictions.transform.dense"},
    {Slot::head_dense, "/lm_head.dense"},
    {Slot::head_dense, "/generator_predictions.dense"},
    {Slot::head_norm, "/cls.predictions.transform.LayerNorm"},
    {Slot::head_norm, "/lm_head.layer_norm"},
    {Slot::head_norm, "/generator_predictions.LayerNorm"},
    {Slot::head, "/cls.predictions.decoder"},
    {Slot::head, "/lm_head.decoder"},
    {Slot::head, "/generator_lm_head"},
    {Slot::head_bias, "/cls.predictions.bias"},
    {Slot::head_bias, "/lm_head.bias"},
    {Slot::classifier, "/classifier"},
    {Slot::classifier, "/classifier.out_proj"},
    {Slot::classifier, "/qa_outputs"},
    {Slot::classifier, "/cls.seq_relationship"},
    {Slot::classifier, "/discriminator_predictions.dense_prediction"},
    {Slot::attn_q, "attention.self.query"},
    {Slot::attn_q, "attention.self.query_proj"},
    {Slot::attn_k, "attention.self.key"},
    {Slot::attn_k, "attention.self.key_proj"},
    {Slot::attn_v, "attention.self.value"},
    {Slot::attn_v, "attention.self.value_proj"},
    {Slot::attn_o, "attention.output.dense"},
    {Slot::attn_after, "attention.output.LayerNorm"},
    {Slot::ffn_up, "intermediate.dense"},
    {Slot::ffn_down, "output.dense"},
    {Slot::ffn_after, "output.LayerNorm"},
};

constexpr Spelling kDistilbert[] = {
    {Slot::embed, "embeddings.word_embeddings"},
    {Slot::position, "embeddings.position_embeddings"},
    {Slot::embed_norm, "embeddings.LayerNorm"},
    {Slot::pooler, "/pre_classifier"},
    {Slot::head_dense, "/vocab_transform"},
    {Slot::head_norm, "/vocab_layer_norm"},
    {Slot::head, "/vocab_projector"},
    {Slot::classifier, "/classifier"},
    {Slot::classifier, "/qa_outputs"},
    {Slot::attn_q, "attention.q_lin"},
    {Slot::attn_k, "attention.k_lin"},
    {Slot::attn_v, "attention.v_lin"},
    {Slot::attn_o, "attention.out_lin"},
    {Slot::attn_after, "sa_layer_norm"},
    {Slot::ffn_up, "ffn.lin1"},
    {Slot::ffn_down, "ffn.lin2"},
    {Slot::ffn_after, "output_layer_norm"},
};

constexpr Spelling kAlbert[] = {
    {Slot::embed, "embeddings.word_embeddings"},
    {Slot::position, "embeddings.position_embeddings"},
    {Slot::token_type, "embeddings.token_type_embeddings"},
    {Slot::embed_norm, "embeddings.LayerNorm"},
    {Slot::project_in, "encoder.embedding_hidden_mapping_in"},
    {Slot::pooler, "pooler"},
    {Slot::head_dense, "/predictions.dense"},
    {Slot::head_norm, "/predictions.LayerNorm"},
    {Slot::head, "/predictions.decoder"},
    {Slot::head_bias, "/predictions.bias"},
    {Slot::classifier, "/classifier"},
    {Slot::classifier, "/qa_outputs"},
    {Slot::attn_q, "attention.query"},
    {Slot::attn_k, "attention.key"},
    {Slot::attn_v, "attention.value"},
    {Slot::attn_o, "attention.dense"},
    {Slot::attn_after, "attention.LayerNorm"},
    {Slot::ffn_up, "ffn"},
    {Slot::ffn_down, "ffn_output"},
    {Slot::ffn_after, "full_layer_layer_norm"},
};

constexpr Spelling kMamba[] = {
    {Slot::embed, "embeddings"},       {Slot::embed, "embedding"},
    {Slot::final_norm, "norm_f"},      {Slot::head, "/lm_head"},
    {Slot::attn_pre, "norm"},          {Slot::ssm_in, "mixer.in_proj"},
    {Slot::ssm_conv, "mixer.conv1d"},  {Slot::ssm_x, "mixer.x_proj"},
    {Slot::ssm_dt, "mixer.dt_proj"},   {Slot::ssm_a, "mixer.A_log"},
    {Slot::ssm_d, "mixer.D"},          {Slot::ssm_norm, "mixer.norm"},
    {Slot::ssm_out, "mixer.out_proj"}, {Slot::ssm_dt_bias, "mixer.dt_bias"},
};

constexpr Spelling kRwkv[] = {
    {Slot::embed, "embeddings"},
    {Slot::final_norm, "ln_out"},
    {Slot::head, "/head"},
};

constexpr Place kLlamaPlaces[] = {
    {"", "model.", "layers."},
    {"", "", "layers."},
    {"", "transformer.", "layers."},
    {"language_model.", "model.", "layers."},
    {"model.", "language_model.", "layers."},
    {"", "language_model.", "layers."},
    {"model.language_model.", "model.", "layers."},
    {"model.text_model.", "", "layers."},
    {"", "text_model.", "layers."},
    {"", "gpt_neox.", "layers."},
    {"", "backbone.", "layers."},
    {"thinker.", "model.", "layers."},
};
constexpr Place kGpt2Places[] = {
    {"", "transformer.", "h."}, {"", "", "h."},           {"", "transformer.", "blocks."},
    {"", "", "blocks."},        {"", "rwkv.", "blocks."},
};
constexpr Place kBertPlaces[] = {
    {"", "", "encoder.layer."},         {"", "bert.", "encoder.layer."},
    {"", "roberta.", "encoder.layer."}, {"", "electra.", "encoder.layer."},
    {"", "deberta.", "encoder.layer."}, {"", "camembert.", "encoder.layer."},
    {"", "", "transformer.layer."},     {"", "distilbert.", "transformer.layer."},
    {"", "model.", "encoder.layer."},
};
constexpr Place kDecoderPlaces[] = {
    {"model.", "decoder.", "layers."},
    {"", "decoder.", "layers."},
};

}  // namespace

Dialect llama_dialect() {
  return kLlama;
}
Dialect gpt2_dialect() {
  return kGpt2;
}
Dialect neox_dialect() {
  return kNeox;
}
Dialect bloom_dialect() {
  return kBloom;
}
Dialect mpt_dialect() {
  return kMpt;
}
Dialect gptj_dialect() {
  return kGptj;
}
Dialect opt_dialect() {
  return kOpt;
}
Dialect internlm_dialect() {
  return kInternlm;
}
Dialect bert_dialect() {
  return kBert;
}
Dialect distilbert_dialect() {
  return kDistilbert;
}
Dialect albert_dialect() {
  return kAlbert;
}
Dialect mamba_dialect() {
  return kMamba;
}
Dialect rwkv_dialect() {
  return kRwkv;
}

Places llama_places() {
  return kLlamaPlaces;
}
Places gpt2_places() {
  return kGpt2Places;
}
Places bert_places() {
  return kBertPlaces;
}
Places decoder_places() {
  return kDecoderPlaces;
}

}  // namespace haoline::blueprints
