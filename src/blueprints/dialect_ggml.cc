// The names of GGUF files. They are the same for all architectures.
#include "blueprints/slots.h"

namespace haoline::blueprints {
namespace {

constexpr Spelling kGgml[] = {
    {Slot::embed, "/token_embd"},
    {Slot::embed_norm, "/token_embd_norm"},
    {Slot::position, "/position_embd"},
    {Slot::token_type, "/token_types"},
    {Slot::final_norm, "output_norm"},
    {Slot::head, "/output"},
    {Slot::pooler, "/cls"},
    {Slot::classifier, "/cls.output"},
    {Slot::attn_pre, "attn_norm"},
    {Slot::attn_q, "attn_q"},
    {Slot::attn_k, "attn_k"},
    {Slot::attn_v, "attn_v"},
    {Slot::attn_qkv, "attn_qkv"},
    {Slot::attn_o, "attn_output"},
    {Slot::attn_q_norm, "attn_q_norm"},
    {Slot::attn_k_norm, "attn_k_norm"},
    {Slot::attn_inner_norm, "attn_sub_norm"},
    {Slot::attn_sinks, "attn_sinks"},
    {Slot::attn_bias, "attn_rel_b"},
    {Slot::attn_post, "post_attention_norm"},
    {Slot::attn_after, "attn_output_norm"},
    {Slot::latent_q_down, "attn_q_a"},
    {Slot::latent_q_norm, "attn_q_a_norm"},
    {Slot::latent_q_up, "attn_q_b"},
    {Slot::latent_kv_down, "attn_kv_a_mqa"},
    {Slot::latent_kv_norm, "attn_kv_a_norm"},
    {Slot::latent_kv_up, "attn_kv_b"},
    {Slot::latent_k_up, "attn_k_b"},
    {Slot::latent_v_up, "attn_v_b"},
    {Slot::cross_pre, "cross_attn_norm"},
    {Slot::cross_q, "cross_attn_q"},
    {Slot::cross_k, "cross_attn_k"},
    {Slot::cross_v, "cross_attn_v"},
    {Slot::cross_o, "cross_attn_o"},
    {Slot::ffn_pre, "ffn_norm"},
    {Slot::ffn_gate, "ffn_gate"},
    {Slot::ffn_up, "ffn_up"},
    {Slot::ffn_down, "ffn_down"},
    {Slot::ffn_inner_norm, "ffn_sub_norm"},
    {Slot::ffn_post, "post_ffw_norm"},
    {Slot::ffn_after, "layer_output_norm"},
    {Slot::router, "ffn_gate_inp"},
    {Slot::router_bias, "exp_probs_b.bias"},
    {Slot::router_bias, "exp_probs_b"},
    {Slot::expert_gate, "ffn_gate_exps"},
    {Slot::expert_gate, "ffn_gate.#"},
    {Slot::expert_up, "ffn_up_exps"},
    {Slot::expert_up, "ffn_up.#"},
    {Slot::expert_gate_up, "ffn_gate_up_exps"},
    {Slot::expert_down, "ffn_down_exps"},
    {Slot::expert_down, "ffn_down.#"},
    {Slot::shared_gate, "ffn_gate_shexp"},
    {Slot::shared_up, "ffn_up_shexp"},
    {Slot::shared_down, "ffn_down_shexp"},
    {Slot::shared_router, "ffn_gate_inp_shexp"},
    {Slot::ssm_in, "ssm_in"},
    {Slot::ssm_conv, "ssm_conv1d"},
    {Slot::ssm_x, "ssm_x"},
    {Slot::ssm_dt, "ssm_dt"},
    {Slot::ssm_a, "ssm_a"},
    {Slot::ssm_d, "ssm_d"},
    {Slot::ssm_norm, "ssm_norm"},
    {Slot::ssm_dt_norm, "ssm_dt_norm"},
    {Slot::ssm_b_norm, "ssm_b_norm"},
    {Slot::ssm_c_norm, "ssm_c_norm"},
    {Slot::ssm_out, "ssm_out"},
};

}  // namespace

Dialect ggml_dialect() {
  return kGgml;
}

}  // namespace haoline::blueprints
