// What a blueprint's graph comes to: parameters, multiply-accumulates, cache, and every complaint on the way.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "analyses/bindings.h"
#include "analyses/inference.h"
#include "analyses/parameters.h"
#include "analyses/totals.h"
#include "blueprints/blueprints.h"
#include "support/weight_file.h"

namespace haoline::test {

using Number = std::int64_t;

struct Figures {
  Number parameters = 0, macs = 0, cache_per_token = 0;
  std::vector<std::string> complaints;  // of the blueprint and of inference
};

inline Figures figures(Model& model, const Bindings& bindings) {
  Figures out;
  blueprints::build(model);
  for (const Finding& finding : model.findings) out.complaints.push_back(finding.message.to_string());
  Result<Inference> inference = infer(model, {});
  if (!inference) {
    out.complaints.push_back(inference.error().message);
    return out;
  }
  for (const Finding& finding : inference->findings) {
    out.complaints.push_back((finding.node ? std::string(model.main().nodes[finding.node].name) + ": " : "") +
                             finding.message.to_string());
  }
  Result<BoundSymbols> bound = bind_symbols(model, *inference, bindings);
  if (!bound) {
    out.complaints.push_back(bound.error().message);
    return out;
  }
  const auto value = [&](Dim dim) {
    return static_cast<Number>(inference->dims.evaluate(dim, bound->values).value_or(-1));
  };
  const CostTotals totals = total_costs(model, *inference);
  if (totals.nodes != totals.nodes_known) out.complaints.push_back("a node of unknown cost");
  out.parameters = value(count_parameters(model, *inference).trainable);
  out.macs = value(totals.total.macs);
  if (model.blueprint) out.cache_per_token = model.blueprint->cache.bytes_per_token();
  return out;
}

inline void expect(Model model, const Bindings& bindings, Number parameters, Number macs, Number cache) {
  const Figures got = figures(model, bindings);
  EXPECT_EQ(got.complaints, std::vector<std::string>());
  EXPECT_EQ(got.parameters, parameters);
  EXPECT_EQ(got.macs, macs);
  EXPECT_EQ(got.cache_per_token, cache);
}

// --- decoders of the LLaMA kind, with their closed forms

struct Sizes {
  Number layers, width, heads, kv_heads, head, inner, vocabulary;
  bool tied = false, bias = false, head_norms = false, sandwich = false, fused = false;
};

inline WeightFile llama(std::string_view family, const Sizes& s) {
  WeightFile file(family);
  file.is_class("SomethingForCausalLM");
  file.says("hidden_size", s.width).says("num_hidden_layers", s.layers).says("num_attention_heads", s.heads);
  file.says("num_key_value_heads", s.kv_heads).says("head_dim", s.head).says("intermediate_size", s.inner);
  file.says("vocab_size", s.vocabulary).says("tie_word_embeddings", s.tied);
  file.tensor("model.embed_tokens.weight", {s.vocabulary, s.width});
  for (Number i = 0; i < s.layers; ++i) {
    const std::string layer = "model.layers." + std::to_string(i) + ".";
    const Number q = s.heads * s.head, kv = s.kv_heads * s.head;
    if (s.fused) {
      file.linear(layer + "self_attn.qkv_proj", s.width, q + 2 * kv)
          .linear(layer + "mlp.gate_up_proj", s.width, 2 * s.inner);
    } else {
      file.linear(layer + "self_attn.q_proj", s.width, q, s.bias)
          .linear(layer + "self_attn.k_proj", s.width, kv, s.bias);
      file.linear(layer + "self_attn.v_proj", s.width, kv, s.bias);
      file.linear(layer + "mlp.gate_proj", s.width, s.inner).linear(layer + "mlp.up_proj", s.width, s.inner);
    }
    file.linear(layer + "self_attn.o_proj", q, s.width).linear(layer + "mlp.down_proj", s.inner, s.width);
    if (s.head_norms) file.norm(layer + "self_attn.q_norm", s.head).norm(layer + "self_attn.k_norm", s.head);
    file.norm(layer + "input_layernorm", s.width).norm(layer + "post_attention_layernorm", s.width);
    if (s.sandwich) {
      file.norm(layer + "pre_feedforward_layernorm", s.width)
          .norm(layer + "post_feedforward_layernorm", s.width);
    }
  }
  file.norm("model.norm", s.width);
  if (!s.tied) file.linear("lm_head", s.width, s.vocabulary);
  return file;
}

inline Number attention_weights(const Sizes& s) {
  return 2 * s.width * s.head * (s.heads + s.kv_heads);
}
inline Number llama_parameters(const Sizes& s) {
  Number layer = attention_weights(s) + 3 * s.width * s.inner + (s.sandwich ? 4 : 2) * s.width;
  if (s.bias) layer += s.head * (s.heads + 2 * s.kv_heads);
  if (s.head_norms) layer += 2 * s.head;
  return s.layers * layer + s.width + (s.tied ? 1 : 2) * s.vocabulary * s.width;
}
// `queries` new tokens that see `keys` in all.
inline Number llama_macs(const Sizes& s, Number batch, Number queries, Number keys) {
  const Number layer =
      queries * (attention_weights(s) + 3 * s.width * s.inner) + 2 * queries * keys * s.heads * s.head;
  return batch * (s.layers * layer + queries * s.vocabulary * s.width);
}
inline Number cache(const Sizes& s) {
  return s.layers * 2 * s.kv_heads * s.head * 2;
}

}  // namespace haoline::test
