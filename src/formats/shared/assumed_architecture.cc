// Weights without a config: the family from the names of their tensors, the sizes from their extents.
#include <algorithm>
#include <initializer_list>
#include <string>

#include "formats/shared/huggingface.h"

namespace haoline {
namespace {

// The first row whose fragments all occur in names decides; what it must not have comes last.
struct Row {
  std::string_view family;
  std::string_view has[3];
  std::string_view lacks;
};
constexpr Row kRows[] = {
    {"deepseek_v3", {".kv_a_proj_with_mqa.", ".e_score_correction_bias"}, ""},
    {"deepseek_v2", {".kv_a_proj_with_mqa."}, ""},
    {"mixtral", {".block_sparse_moe.experts.", ".self_attn.q_proj."}, ""},
    {"gpt_oss", {".self_attn.sinks", ".mlp.experts.gate_up_proj"}, ""},
    {"qwen2_moe", {".mlp.shared_expert.gate_proj.", ".self_attn.q_proj."}, ""},
    {"qwen3_moe", {".mlp.experts.0.", ".self_attn.q_norm."}, ""},
    {"gemma3_text", {".pre_feedforward_layernorm.", ".self_attn.q_norm."}, ""},
    {"gemma2", {".pre_feedforward_layernorm."}, ""},
    {"olmo2", {".post_feedforward_layernorm.", ".self_attn.q_norm."}, ""},
    {"qwen3", {".self_attn.q_norm.", ".mlp.gate_proj."}, ""},
    {"phi3", {".self_attn.qkv_proj.", ".mlp.gate_up_proj."}, ""},
    {"qwen2", {".self_attn.q_proj.bias", ".mlp.gate_proj."}, ".self_attn.o_proj.bias"},
    {"llama", {".self_attn.q_proj.", ".mlp.gate_proj.", ".input_layernorm."}, ""},
    {"phi", {".self_attn.dense.", ".mlp.fc1.", ".self_attn.q_proj."}, ""},
    {"starcoder2", {".self_attn.q_proj.", ".mlp.c_fc."}, ""},
    {"whisper", {"encoder.conv1.", "decoder.layers.0.encoder_attn."}, ""},
    {"bart", {"decoder.layers.0.encoder_attn.", "encoder.embed_positions."}, ""},
    {"opt", {"decoder.layers.0.self_attn.", "decoder.embed_positions."}, "encoder_attn"},
    {"gptj", {".attn.q_proj.", ".mlp.fc_in."}, ""},
    {"codegen", {".attn.qkv_proj.", ".mlp.fc_in."}, ""},
    {"gpt_neo", {".attn.attention.q_proj."}, ""},
    {"gpt2", {"h.0.attn.c_attn.", "wte."}, ""},
    {"bloom", {"word_embeddings_layernorm.", ".self_attention.query_key_value."}, ""},
    {"falcon", {".self_attention.query_key_value."}, ""},
    {"gpt_neox", {".attention.query_key_value.", "embed_in."}, ""},
    {"mpt", {".attn.Wqkv.", ".ffn.up_proj."}, ""},
    {"modernbert", {".attn.Wqkv.", ".mlp.Wi."}, ""},
    {"albert", {"albert_layer_groups"}, ""},
    {"distilbert", {".attention.q_lin."}, ""},
    {"deberta-v2", {".attention.self.query_proj."}, ""},
    {"swin", {"relative_position_bias_table", "patch_embeddings.", ".attention.self.query."}, ""},
    {"electra", {"electra.", ".attention.self.query."}, ""},
    {"roberta", {"roberta.", ".attention.self.query."}, ""},
    {"bert", {".attention.self.query.", "word_embeddings."}, ""},
    {"t5", {".SelfAttention.q.", "block.0."}, ""},
    {"mamba", {".mixer.A_log", ".mixer.x_proj."}, ""},
    {"mamba2", {".mixer.A_log", ".mixer.in_proj."}, ".self_attn."},
    {"rwkv", {".attention.time_decay"}, ""},
    {"siglip", {"vision_model.encoder.layers.", "vision_model.head.attention"}, ""},
    {"clip", {"vision_model.encoder.layers.", "text_model.encoder.layers."}, ""},
    {"dinov2", {"patch_embeddings.projection.", ".layer_scale1.lambda1"}, ""},
    {"vit", {"patch_embeddings.projection.", ".attention.attention.query."}, ""},
    {"wav2vec2", {"feature_extractor.conv_layers.0.", ".attention.q_proj."}, ""},
};

class Names {
 public:
  explicit Names(const Graph& graph) : graph_(graph) {}

  bool any(std::string_view fragment) const {
    return std::any_of(graph_.tensors.begin(), graph_.tensors.end(),
                       [&](const Tensor& t) { return t.name.find(fragment) != std::string_view::npos; });
  }

  // Extents of the first tensor whose name ends so, as its layer states them; empty: there is none.
  std::span<const std::int64_t> extents(std::initializer_list<std::string_view> endings) const {
    for (const std::string_view ending : endings) {
      for (const Tensor& t : graph_.tensors) {
        if (!t.name.ends_with(ending) || t.constant == nullptr) continue;
        if (t.quantization != nullptr && !t.quantization->logical_extents.empty())
          return t.quantization->logical_extents;
        return t.constant->extents;
      }
    }
    return {};
  }

  // One more than the largest number behind ".layers." and the like.
  std::int64_t layers() const {
    std::int64_t most = 0;
    for (const Tensor& t : graph_.tensors) {
      for (const std::string_view word : {"layers.", "layer.", "h.", "block.", "blocks."}) {
        const std::size_t at = t.name.find(word);
        if (at == std::string_view::npos || (at != 0 && t.name[at - 1] != '.')) continue;
        std::int64_t number = 0;
        std::size_t digits = at + word.size();
        const std::size_t begin = digits;
        for (; digits < t.name.size() && digits - begin < 6 && t.name[digits] >= '0' && t.name[digits] <= '9';
             ++digits)
          number = number * 10 + (t.name[digits] - '0');
        if (digits != begin) most = std::max(most, number + 1);
      }
    }
    return most;
  }

 private:
  const Graph& graph_;
};

// Nothing in the extents tells how a projection is cut into heads: 128 elements a head is what large models
// have, 64 what smaller ones have.
std::int64_t likely_head(std::int64_t queries, std::int64_t keys) {
  for (const std::int64_t size : {queries >= 2048 ? 128 : 64, 64, 32, 16, 8}) {
    if (queries % size == 0 && keys % size == 0) return size;
  }
  return 0;
}

class Assumption {
 public:
  Assumption(Model& model, std::string_view family) : names_(model.graphs[Model::kMain]) {
    facts_.source = "tensor names";
    facts_.family = family;
  }

  ArchitectureFacts run() {
    if (const std::int64_t layers = names_.layers()) add("num_hidden_layers", layers);
    const auto embedding = names_.extents({"embed_tokens.weight", "wte.weight", "word_embeddings.weight",
                                           "embed_in.weight", "shared.weight", "embeddings.weight"});
    if (embedding.size() == 2) {
      add("vocab_size", embedding[0]);
      add("hidden_size", embedding[1]);
    }
    const auto inner =
        names_.extents({"mlp.gate_proj.weight", "mlp.gate_proj.qweight", "mlp.fc1.weight", "mlp.c_fc.weight",
                        "intermediate.dense.weight", "DenseReluDense.wi.weight"});
    // GPT-2's weights stand the other way round.
    if (inner.size() == 2) add("intermediate_size", facts_.family == "gpt2" ? inner[1] : inner[0]);
    const auto queries = names_.extents({"self_attn.q_proj.weight", "self_attn.q_proj.qweight",
                                         "attention.self.query.weight", "attention.attention.query.weight"});
    const auto keys = names_.extents({"self_attn.k_proj.weight", "self_attn.k_proj.qweight",
                                      "attention.self.key.weight", "attention.attention.key.weight"});
    const auto norm = names_.extents({"self_attn.q_norm.weight"});
    if (queries.size() == 2 && keys.size() == 2) {
      head_ = norm.size() == 1 && norm[0] > 0 && norm[0] < queries[0] ? norm[0]
                                                                      : likely_head(queries[0], keys[0]);
      is_head_known_ = norm.size() == 1;
      heads(queries[0], keys[0]);
    }
    const auto joined = names_.extents({"attn.c_attn.weight"});
    if (joined.size() == 2 && joined[0] > 0 && joined[0] % 64 == 0) {
      head_ = 64;
      heads(joined[0], 0);
    }
    std::sort(facts_.entries.begin(), facts_.entries.end(),
              [](const Fact& a, const Fact& b) { return a.key < b.key; });
    return std::move(facts_);
  }

  std::int64_t assumed_head() const { return is_head_known_ ? 0 : head_; }

 private:
  void add(std::string_view key, std::int64_t value) {
    facts_.entries.push_back({key, {FactValue::Kind::integer, value, static_cast<double>(value), {}, {}}});
  }
  void heads(std::int64_t queries, std::int64_t keys) {
    if (head_ <= 0) return;
    add("head_dim", head_);
    add("num_attention_heads", queries / head_);
    if (keys > 0) add("num_key_value_heads", keys / head_);
  }

  Names names_;
  ArchitectureFacts facts_;
  std::int64_t head_ = 0;
  bool is_head_known_ = false;
};

bool fits(const Names& names, const Row& row) {
  for (const std::string_view fragment : row.has) {
    if (!fragment.empty() && !names.any(fragment)) return false;
  }
  return row.lacks.empty() || !names.any(row.lacks);
}

}  // namespace

bool is_adapter(const Model& model) {
  const Names names(model.graphs[Model::kMain]);
  return names.any(".lora_A.") || names.any(".lora_down.") || names.any(".lora_a") ||
         names.any(".lora_embedding_A");
}

void assume_architecture(Model& model) {
  const Names names(model.graphs[Model::kMain]);
  const auto* row =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return fits(names, r); });
  if (row == std::end(kRows)) return;
  Assumption assumption(model, row->family);
  model.architecture = assumption.run();
  Message message(
      "No config says what the weights are for: from the tensors' names the family is taken to be " +
      std::string(row->family));
  if (const std::int64_t head = assumption.assumed_head())
    message.add(", with heads of " + std::to_string(head) + " elements");
  model.findings.push_back({FindingKind::assumed_architecture, std::move(message)});
}

}  // namespace haoline
