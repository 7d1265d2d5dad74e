// Stacks of tokens: decoders, encoders, recurrent models. Names are those of configurations (model_type) and
// of GGUF (general.architecture), '-' written '_'.
#include "blueprints/assembly.h"
#include "blueprints/dialects_text.h"
#include "blueprints/families.h"

namespace haoline::blueprints {
namespace {

// Rows that replace a slot of the llama dialect.
constexpr Spelling kSandwich[] = {
    {Slot::attn_post, "post_attention_layernorm"},
    {Slot::ffn_pre, "pre_feedforward_layernorm"},
    {Slot::ffn_post, "post_feedforward_layernorm"},
};
constexpr Spelling kPostBranch[] = {
    {Slot::attn_post, "post_attention_layernorm"},
    {Slot::ffn_pre, ""},
    {Slot::ffn_post, "post_feedforward_layernorm"},
};
constexpr Spelling kGlm4[] = {
    {Slot::attn_post, "post_self_attn_layernorm"},
    {Slot::ffn_post, "post_mlp_layernorm"},
};
constexpr Spelling kChatGlm[] = {
    {Slot::embed, "/transformer.embedding.word_embeddings"},
    {Slot::final_norm, "final_layernorm"},
    {Slot::head, "/transformer.output_layer"},
    {Slot::attn_qkv, "self_attention.query_key_value"},
    {Slot::attn_o, "self_attention.dense"},
};
constexpr Spelling kExaone[] = {
    {Slot::embed, "wte"},
    {Slot::final_norm, "ln_f"},
    {Slot::attn_pre, "ln_1"},
    {Slot::attn_q, "attn.attention.q_proj"},
    {Slot::attn_k, "attn.attention.k_proj"},
    {Slot::attn_v, "attn.attention.v_proj"},
    {Slot::attn_o, "attn.attention.out_proj"},
    {Slot::ffn_pre, "ln_2"},
    {Slot::ffn_gate, "mlp.c_fc_0"},
    {Slot::ffn_up, "mlp.c_fc_1"},
};
constexpr Spelling kQwen1[] = {
    {Slot::embed, "wte"},           {Slot::final_norm, "ln_f"},
    {Slot::attn_pre, "ln_1"},       {Slot::attn_qkv, "attn.c_attn"},
    {Slot::attn_o, "attn.c_proj"},  {Slot::ffn_pre, "ln_2"},
    {Slot::ffn_gate, "mlp.w2"},     {Slot::ffn_up, "mlp.w1"},
    {Slot::ffn_down, "mlp.c_proj"},
};
constexpr Spelling kStarcoder2[] = {{Slot::ffn_up, "mlp.c_fc"}, {Slot::ffn_down, "mlp.c_proj"}};
constexpr Spelling kPersimmon[] = {{Slot::attn_qkv, "self_attn.query_key_value"}};
constexpr Spelling kPhimoe[] = {{Slot::attn_o, "self_attn.o_proj"}};
constexpr Spelling kGriffin[] = {
    {Slot::attn_pre, "temporal_pre_norm"},
    {Slot::ffn_pre, "channel_pre_norm"},
    {Slot::attn_q, "temporal_block.q_proj"},
    {Slot::attn_k, "temporal_block.k_proj"},
    {Slot::attn_v, "temporal_block.v_proj"},
    {Slot::attn_o, "temporal_block.o_proj"},
    {Slot::ffn_gate, "mlp_block.gate_proj"},
    {Slot::ffn_up, "mlp_block.up_proj"},
    {Slot::ffn_down, "mlp_block.down_proj"},
    {Slot::rec_x, "temporal_block.linear_x"},
    {Slot::rec_y, "temporal_block.linear_y"},
    {Slot::rec_conv, "temporal_block.conv_1d"},
    {Slot::rec_a, "temporal_block.rg_lru.recurrent_param"},
    {Slot::rec_input_gate, "temporal_block.rg_lru.input_gate_weight"},
    {Slot::rec_input_bias, "temporal_block.rg_lru.input_gate_bias"},
    {Slot::rec_gate, "temporal_block.rg_lru.recurrent_gate_weight"},
    {Slot::rec_gate_bias, "temporal_block.rg_lru.recurrent_gate_bias"},
    {Slot::rec_out, "temporal_block.linear_out"},
};
constexpr Spelling kFalconH1[] = {
    {Slot::ffn_pre, "pre_ff_layernorm"},
    {Slot::ffn_gate, "feed_forward.gate_proj"},
    {Slot::ffn_up, "feed_forward.up_proj"},
    {Slot::ffn_down, "feed_forward.down_proj"},
};
constexpr Spelling kModernBert[] = {
    {Slot::embed, "embeddings.tok_embeddings"},
    {Slot::embed_norm, "embeddings.norm"},
    {Slot::final_norm, "final_norm"},
    {Slot::head_dense, "/head.dense"},
    {Slot::head_norm, "/head.norm"},
    {Slot::head, "/decoder"},
    {Slot::head_bias, "/decoder.bias"},
    {Slot::classifier, "/classifier"},
    {Slot::attn_pre, "attn_norm"},
    {Slot::attn_qkv, "attn.Wqkv"},
    {Slot::attn_o, "attn.Wo"},
    {Slot::ffn_pre, "mlp_norm"},
    {Slot::ffn_up, "mlp.Wi"},
    {Slot::ffn_down, "mlp.Wo"},
};
constexpr Place kModernBertPlaces[] = {{"", "model.", "layers."}, {"", "", "layers."}};
constexpr Place kAlbertPlaces[] = {{"", "", "encoder.albert_layer_groups."},
                                   {"", "albert.", "encoder.albert_layer_groups."}};
constexpr Place kChatGlmPlaces[] = {{"", "transformer.encoder.", "layers."}};
constexpr Place kExaonePlaces[] = {{"", "transformer.", "h."}};

Dialect modern_bert_dialect() {
  return kModernBert;
}
Places modern_bert_places() {
  return kModernBertPlaces;
}
Places albert_places() {
  return kAlbertPlaces;
}
Places chat_glm_places() {
  return kChatGlmPlaces;
}
Places exaone_places() {
  return kExaonePlaces;
}

constexpr Family kDecoders[] = {
    // --- decoders with the names of LLaMA
    {"llama",
     "smollm3 minicpm arcee seed_oss helium ernie4_5 apertus hunyuan_v1_dense llama_embed codellama "
     "mellum vicuna granitemoeshared",
     assemble_text,
     llama_dialect,
     {},
     llama_places,
     {}},
    {"mistral",
     "ministral mistral3 devstral",
     assemble_text,
     llama_dialect,
     {},
     llama_places,
     {.windows = Windows::all}},
    {"mixtral", "", assemble_text, llama_dialect, {}, llama_places, {.windows = Windows::all}},
    {"qwen2",
     "qwen3 qwen2_moe qwen2moe qwen3_moe qwen3moe qwen3_next qwen3next",
     assemble_text,
     llama_dialect,
     {},
     llama_places,
     {.windows = Windows::none}},
    {"gemma",
     "",
     assemble_text,
     llama_dialect,
     {},
     llama_places,
     {.tied = true, .activation = "gelu_pytorch_tanh"}},
    {"gemma2",
     "",
     assemble_text,
     llama_dialect,
     kSandwich,
     llama_places,
     {.tied = true, .activation = "gelu_pytorch_tanh", .windows = Windows::even}},
    {"gemma3_text",
     "",
     assemble_text,
     llama_dialect,
     kSandwich,
     llama_places,
     {.tied = true, .activation = "gelu_pytorch_tanh", .windows = Windows::all_but_nth, .window_step = 6}},
    {"phi",
     "phi2",
     assemble_text,
     llama_dialect,
     {},
     llama_places,
     {.norm = NormKind::layer, .parallel = true, .activation = "gelu_new"}},
    {"phi3", "phi4", assemble_text, llama_dialect, {}, llama_places, {.windows = Windows::all}},
    {"phimoe",
     "phi3moe",
     assemble_text,
     llama_dialect,
     kPhimoe,
     llama_places,
     {.norm = NormKind::layer, .windows = Windows::all}},
    {"starcoder2",
     "",
     assemble_text,
     llama_dialect,
     kStarcoder2,
     llama_places,
     {.norm = NormKind::layer, .tied = true, .activation = "gelu_pytorch_tanh", .windows = Windows::all}},
    {"olmo",
     "",
     assemble_text,
     llama_dialect,
     {},
     llama_places,
     {.norm = NormKind::layer, .bare_norms = true}},
    {"olmo2", "olmo3", assemble_text, llama_dialect, kPostBranch, llama_places, {}},
    {"olmoe", "", assemble_text, llama_dialect, {}, llama_places, {}},
    {"stablelm", "", assemble_text, llama_dialect, {}, llama_places, {.norm = NormKind::layer}},
    {"granite",
     "granitemoe granitemoehybrid granitehybrid",
     assemble_text,
     llama_dialect,
     {},
     llama_places,
     {}},
    {"cohere",
     "command_r cohere2",
     assemble_text,
     llama_dialect,
     {},
     llama_places,
     {.norm = NormKind::layer,
      .parallel = true,
      .tied = true,
      .windows = Windows::all_but_nth,
      .window_step = 4}},
    {"internlm", "internlm3 baichuan", assemble_text, llama_dialect, {}, llama_places, {}},
    {"internlm2", "", assemble_text, internlm_dialect, {}, llama_places, {}},
    {"glm", "", assemble_text, llama_dialect, {}, llama_places, {}},
    {"glm4", "", assemble_text, llama_dialect, kGlm4, llama_places, {}},
    {"glm4_moe", "glm4moe dots1", assemble_text, llama_dialect, {}, llama_places, {}},
    {"chatglm", "", assemble_text, llama_dialect, kChatGlm, chat_glm_places, {}},
    {"exaone", "", assemble_text, llama_dialect, kExaone, exaone_places, {}},
    {"exaone4", "", assemble_text, llama_dialect, kPostBranch, llama_places, {}},
    {"qwen", "", assemble_text, llama_dialect, kQwen1, exaone_places, {}},
    {"nemotron",
     "",
     assemble_text,
     llama_dialect,
     {},
     llama_places,
     {.norm = NormKind::layer, .activation = "relu2"}},
    {"persimmon",
     "fuyu",
     assemble_text,
     llama_dialect,
     kPersimmon,
     llama_places,
     {.norm = NormKind::layer, .activation = "relu2"}},
    {"deepseek_v2",
     "deepseek_v3 deepseek2 deepseek minicpm3 kimi_k2 longcat_flash",
     assemble_text,
     llama_dialect,
     {},
     llama_places,
     {}},
    {"gpt_oss", "", assemble_text, llama_dialect, {}, llama_places, {.windows = Windows::even}},
    {"llama4_text",
     "llama4",
     assemble_text,
     llama_dialect,
     {},
     llama_places,
     {.windows = Windows::all_but_nth, .window_step = 4}},
    {"jamba", "", assemble_text, llama_dialect, {}, llama_places, {.position = Position::none}},
    {"falcon_h1", "", assemble_text, llama_dialect, kFalconH1, llama_places, {}},
    {"recurrent_gemma",
     "recurrentgemma",
     assemble_text,
     llama_dialect,
     kGriffin,
     llama_places,
     {.tied = true, .activation = "gelu_pytorch_tanh", .windows = Windows::all}},
    // --- older lineages
    {"gpt2",
     "",
     assemble_text,
     gpt2_dialect,
     {},
     gpt2_places,
     {.norm = NormKind::layer,
      .position = Position::learned,
      .transposed = true,
      .tied = true,
      .activation = "gelu_new"}},
    {"gpt_bigcode",
     "starcoder gpt_neo gptneo",
     assemble_text,
     gpt2_dialect,
     {},
     gpt2_places,
     {.norm = NormKind::layer,
      .position = Position::learned,
      .tied = true,
      .activation = "gelu_pytorch_tanh"}},
    {"gptj",
     "codegen",
     assemble_text,
     gptj_dialect,
     {},
     gpt2_places,
     {.norm = NormKind::layer, .parallel = true, .activation = "gelu_new"}},
    {"gpt_neox",
     "gptneox",
     assemble_text,
     neox_dialect,
     {},
     llama_places,
     {.norm = NormKind::layer, .parallel = true, .activation = "gelu"}},
    {"bloom",
     "",
     assemble_text,
     bloom_dialect,
     {},
     gpt2_places,
     {.norm = NormKind::layer, .position = Position::alibi, .tied = true, .activation = "gelu"}},
    {"falcon",
     "refinedweb refinedwebmodel",
     assemble_text,
     bloom_dialect,
     {},
     gpt2_places,
     {.norm = NormKind::layer, .parallel = true, .tied = true, .activation = "gelu"}},
    {"mpt",
     "",
     assemble_text,
     mpt_dialect,
     {},
     gpt2_places,
     {.norm = NormKind::layer, .position = Position::alibi, .tied = true, .activation = "gelu"}},
    {"dbrx", "", assemble_text, mpt_dialect, {}, gpt2_places, {.norm = NormKind::layer}},
    {"opt",
     "",
     assemble_text,
     opt_dialect,
     {},
     decoder_places,
     {.norm = NormKind::layer, .position = Position::learned, .tied = true, .activation = "relu"}},
};

constexpr Traits kBertTraits{.norm = NormKind::layer,
                             .position = Position::learned,
                             .causal = false,
                             .tied = true,
                             .pooled = true,
                             .activation = "gelu"};
constexpr Traits kAlbertTraits{.norm = NormKind::layer,
                               .position = Position::learned,
                               .causal = false,
                               .tied = true,
                               .pooled = true,
                               .activation = "gelu_new",
                               .shared_layers = true};
constexpr Family kEncoders[] = {
    {"bert",
     "roberta xlm_roberta camembert electra ernie bert_generation layoutlm data2vec_text mpnet jina_bert_v2",
     assemble_text,
     bert_dialect,
     {},
     bert_places,
     kBertTraits},
    {"deberta_v2", "deberta", assemble_text, bert_dialect, {}, bert_places, kBertTraits},
    {"distilbert", "", assemble_text, distilbert_dialect, {}, bert_places, kBertTraits},
    {"albert", "", assemble_text, albert_dialect, {}, albert_places, kAlbertTraits},
    {"modernbert",
     "modern_bert",
     assemble_text,
     modern_bert_dialect,
     {},
     modern_bert_places,
     {.norm = NormKind::layer, .causal = false, .tied = true, .activation = "gelu"}},
};

constexpr Family kRecurrent[] = {
    {"mamba",
     "falcon_mamba falconmamba mamba2",
     assemble_text,
     mamba_dialect,
     {},
     llama_places,
     {.position = Position::none, .tied = true}},
    {"rwkv", "", assemble_rwkv, rwkv_dialect, {}, gpt2_places, {.norm = NormKind::layer}},
};

}  // namespace

std::span<const Family> decoder_families() {
  return kDecoders;
}
std::span<const Family> encoder_families() {
  return kEncoders;
}
std::span<const Family> recurrent_families() {
  return kRecurrent;
}

}  // namespace haoline::blueprints
