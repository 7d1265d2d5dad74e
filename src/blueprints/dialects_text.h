// Spellings of text models, one table per lineage of names.
#pragma once

#include "blueprints/slots.h"

namespace haoline::blueprints {

Dialect llama_dialect();  // "self_attn.q_proj", "mlp.gate_proj"; most decoders since 2023
Dialect gpt2_dialect();   // "attn.c_attn", "mlp.c_fc"
Dialect neox_dialect();   // "attention.query_key_value": GPT-NeoX, Pythia
Dialect bloom_dialect();  // "self_attention.query_key_value": BLOOM, Falcon
Dialect mpt_dialect();
Dialect gptj_dialect();
Dialect opt_dialect();  // "self_attn.q_proj", "fc1": OPT, BART, Whisper …
Dialect internlm_dialect();
Dialect bert_dialect();  // BERT, RoBERTa, ELECTRA, DeBERTa
Dialect distilbert_dialect();
Dialect albert_dialect();
Dialect mamba_dialect();
Dialect rwkv_dialect();

Places llama_places();
Places gpt2_places();
Places bert_places();
Places decoder_places();  // OPT

}  // namespace haoline::blueprints
