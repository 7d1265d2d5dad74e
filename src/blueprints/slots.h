// The places of a transformer block that a tensor can fill, and how files spell them.
//
// A dialect is a table of slot and spelling, relative to the layer ("self_attn.q_proj") or, for slots of the
// whole model, to the root of the stack ("embed_tokens"); a leading '/' means the root above it ("/lm_head"),
// '#' the number of an expert. Several rows for one slot are tried in order. Weights end in ".weight" and
// biases in ".bias" unless the spelling names the tensor itself.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace haoline::blueprints {

enum class Slot : std::uint8_t {
  // of the stack
  embed,
  embed_norm,
  position,
  token_type,
  project_in,
  project_out,
  stack_bias,  // a table of relative positions that all layers share
  stack_norm,  // of that table, or before the first layer
  final_norm,
  pooler,
  head_dense,
  head_norm,
  head,
  head_bias,
  classifier,
  // of a layer: attention
  attn_pre,
  attn_q,
  attn_k,
  attn_v,
  attn_qkv,
  attn_o,
  attn_q_norm,
  attn_k_norm,
  attn_inner_norm,  // of what the heads say, before the output projection
  attn_sinks,
  attn_bias,   // a table of relative positions
  attn_post,   // of the branch, before the sum
  attn_after,  // of the sum
  attn_scale,
  latent_q_down,
  latent_q_norm,
  latent_q_up,
  latent_kv_down,
  latent_kv_norm,
  latent_kv_up,
  latent_k_up,
  latent_v_up,
  // cross-attention
  cross_pre,
  cross_q,
  cross_k,
  cross_v,
  cross_o,
  cross_after,
  // feed-forward
  ffn_pre,
  ffn_gate,
  ffn_up,
  ffn_gate_up,
  ffn_down,
  ffn_inner_norm,
  ffn_post,
  ffn_after,
  ffn_scale,
  // mixture of experts
  router,
  router_bias,  // a correction that is not trained
  expert_gate,
  expert_up,
  expert_gate_up,
  expert_down,
  shared_gate,
  shared_up,
  shared_gate_up,
  shared_down,
  shared_router,
  // state space
  ssm_in,
  ssm_conv,
  ssm_x,
  ssm_dt,
  ssm_a,
  ssm_d,
  ssm_norm,
  ssm_dt_norm,
  ssm_b_norm,
  ssm_c_norm,
  ssm_out,
  ssm_dt_bias,
  // gated recurrence
  rec_x,
  rec_y,
  rec_conv,
  rec_a,
  rec_input_gate,
  rec_input_bias,
  rec_gate,
  rec_gate_bias,
  rec_out,
  count_,
};
inline constexpr std::size_t kSlots = static_cast<std::size_t>(Slot::count_);
constexpr bool is_of_stack(Slot slot) {
  return slot < Slot::attn_pre;
}

struct Spelling {
  Slot slot;
  std::string_view text;
};
using Dialect = std::span<const Spelling>;

// Where the stack may stand, and what its layers are called below it.
struct Place {
  std::string_view above;   // what '/' means
  std::string_view root;    // above + root is what the slots of the stack are relative to
  std::string_view layers;  // "layers.": above + root + layers + number + '.'
};
using Places = std::span<const Place>;

Dialect ggml_dialect();

}  // namespace haoline::blueprints
