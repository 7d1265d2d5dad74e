#include "formats/gguf/facts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace haoline::gguf {
namespace {

constexpr std::uint64_t kLongestList = 4096;  // of numbers, as a fact: one per layer
constexpr std::uint64_t kLongestShown = 32;   // as text
constexpr std::uint64_t kTextsShown = 8;

struct Word {
  std::string_view ggml;  // after "<architecture>."
  std::string_view config;
};
// Keys whose meaning is the same. What needs more than another name is in the functions below.
constexpr Word kWords[] = {
    {"attention.attn_logit_softcapping", "attn_logit_softcapping"},
    {"attn_logit_softcapping", "attn_logit_softcapping"},
    {"attention.causal", "is_causal"},
    {"attention.clamp_kqv", "clip_qkv"},
    {"attention.head_count", "num_attention_heads"},
    {"attention.head_count_kv", "num_key_value_heads"},
    {"attention.indexer.head_count", "index_n_heads"},
    {"attention.indexer.key_length", "index_head_dim"},
    {"attention.indexer.top_k", "index_topk"},
    {"attention.kv_lora_rank", "kv_lora_rank"},
    {"attention.layer_norm_epsilon", "layer_norm_eps"},
    {"attention.layer_norm_rms_epsilon", "rms_norm_eps"},
    {"attention.q_lora_rank", "q_lora_rank"},
    {"attention.relative_buckets_count", "relative_attention_num_buckets"},
    {"attention.scale", "attention_multiplier"},
    {"attention.shared_kv_layers", "num_kv_shared_layers"},
    {"attention.sliding_window", "sliding_window"},
    {"attention.sliding_window_pattern", "sliding_window_pattern"},
    {"attention.key_length_swa", "swa_head_dim"},
    {"attention.value_length_swa", "swa_v_head_dim"},
    {"block_count", "num_hidden_layers"},
    {"classifier.output_labels", "id2label"},
    {"context_length", "max_position_embeddings"},
    {"decoder_block_count", "num_decoder_layers"},
    {"decoder_start_token_id", "decoder_start_token_id"},
    {"embedding_length", "hidden_size"},
    {"embedding_length_per_layer_input", "hidden_size_per_layer_input"},
    {"embedding_scale", "embedding_multiplier"},
    {"expert_count", "num_local_experts"},
    {"expert_feed_forward_length", "moe_intermediate_size"},
    {"expert_group_count", "n_group"},
    {"expert_group_used_count", "topk_group"},
    {"expert_shared_count", "n_shared_experts"},
    {"expert_shared_feed_forward_length", "shared_expert_intermediate_size"},
    {"expert_used_count", "num_experts_per_tok"},
    {"expert_weights_norm", "norm_topk_prob"},
    {"expert_weights_scale", "routed_scaling_factor"},
    {"feed_forward_length", "intermediate_size"},
    {"final_logit_softcapping", "final_logit_softcapping"},
    {"full_attention_interval", "full_attention_interval"},
    {"image_size", "image_size"},
    {"interleave_moe_layer_step", "interleave_moe_layer_step"},
    {"leading_dense_block_count", "first_k_dense_replace"},
    {"logit_scale", "logit_scale"},
    {"moe_every_n_layers", "moe_every_n_layers"},
    {"nextn_predict_layers", "num_nextn_predict_layers"},
    {"num_channels", "num_channels"},
    {"patch_size", "patch_size"},
    {"projection_dim", "projection_dim"},
    {"residual_scale", "residual_multiplier"},
    {"rope.dimension_count", "rotary_dim"},
    {"rope.freq_base", "rope_theta"},
    {"rope.freq_base_swa", "rope_local_base_freq"},
    {"rope.scaling.attn_factor", "rope_scaling.attention_factor"},
    {"rope.scaling.factor", "rope_scaling.factor"},
    {"rope.scaling.original_context_length", "rope_scaling.original_max_position_embeddings"},
    {"rope.scaling.type", "rope_scaling.rope_type"},
    {"rope.scaling.yarn_beta_fast", "rope_scaling.beta_fast"},
    {"rope.scaling.yarn_beta_slow", "rope_scaling.beta_slow"},
    {"rope.scaling.yarn_log_multiplier", "rope_scaling.mscale_all_dim"},
    {"shortconv.l_cache", "conv_L_cache"},
    {"ssm.conv_kernel", "conv_kernel"},
    {"ssm.conv_kernel", "mamba_d_conv"},
    {"ssm.group_count", "n_groups"},
    {"ssm.group_count", "mamba_n_groups"},
    {"ssm.inner_size", "mamba_d_ssm"},
    {"ssm.state_size", "state_size"},
    {"ssm.state_size", "mamba_d_state"},
    {"ssm.time_step_rank", "time_step_rank"},
    {"ssm.time_step_rank", "mamba_dt_rank"},
    {"time_decay_extra_dim", "time_decay_extra_dim"},
    {"time_mix_extra_dim", "time_mix_extra_dim"},
    {"token_shift_count", "token_shift_count"},
    {"use_parallel_residual", "use_parallel_residual"},
    {"vocab_size", "vocab_size"},
    {"wkv.head_size", "head_size"},
};
// Of the tokenizer, whole keys.
constexpr Word kTokenizerWords[] = {
    {"tokenizer.ggml.bos_token_id", "bos_token_id"},
    {"tokenizer.ggml.eos_token_id", "eos_token_id"},
    {"tokenizer.ggml.padding_token_id", "pad_token_id"},
    {"tokenizer.ggml.token_type_count", "type_vocab_size"},
};

class Translator {
 public:
  Translator(const Header& header, Arena& arena) : header_(header), arena_(arena) {}

  ArchitectureFacts run(bool is_tied) {
    facts_.source = "GGUF metadata";
    facts_.family = header_.text("general.architecture");
    facts_.naming = TensorNaming::ggml;
    for (const Pair& pair : header_.pairs) keep(pair.key, pair);
    for (const Word& word : kTokenizerWords) {
      if (const Pair* pair = header_.find(word.ggml)) keep(word.config, *pair);
    }
    translate_scope(std::string(facts_.family) + ".", "");
    // The encoders of a multimodal projector.
    translate_scope("clip.vision.", "vision_config.");
    translate_scope("clip.audio.", "audio_config.");
    complete();
    add("tie_word_embeddings", boolean(is_tied));
    if (const auto type = header_.integer("general.file_type")) {
      const std::string_view name = file_type_name(static_cast<std::uint64_t>(*type));
      if (!name.empty()) add("quantization.file_type", text(name));
    }
    settle();
    return std::move(facts_);
  }

 private:
  static FactValue integer(std::int64_t value) {
    return {FactValue::Kind::integer, value, static_cast<double>(value), {}, {}};
  }
  static FactValue boolean(bool value) {
    return {FactValue::Kind::boolean, value ? 1 : 0, value ? 1.0 : 0.0, {}, {}};
  }
  static FactValue text(std::string_view value) { return {FactValue::Kind::text, 0, 0, value, {}}; }

  FactValue scalar(const Pair& pair) const {
    if (pair.type == ValueType::text) return text(pair.text);
    if (pair.type == ValueType::boolean) return boolean(header_.integer(pair).value_or(0) != 0);
    if (const auto number = header_.integer(pair)) return integer(*number);
    if (const auto real = header_.real(pair)) return {FactValue::Kind::real, 0, *real, {}, {}};
    return {};
  }

  // Nothing for long arrays (vocabularies) and arrays of arrays.
  FactValue value_of(const Pair& pair) const {
    if (pair.type != ValueType::array) return scalar(pair);
    FactValue value;
    const bool is_text = pair.element == ValueType::text;
    if (pair.count > (is_text ? kLongestShown : kLongestList) || pair.element == ValueType::array)
      return value;
    std::vector<FactValue> list;
    if (is_text) {
      std::vector<std::string_view> texts;
      header_.texts(pair, kLongestShown, texts);
      for (const std::string_view one : texts) list.push_back(text(one));
    } else {
      for (std::uint64_t i = 0; i < pair.count; ++i) list.push_back(scalar(header_.element(pair, i)));
    }
    value.kind = FactValue::Kind::list;
    value.list = arena_.copy(list);
    return value;
  }

  void add(std::string_view key, FactValue value) { facts_.entries.push_back({key, value}); }
  void keep(std::string_view key, const Pair& pair) {
    const FactValue value = value_of(pair);
    if (value.kind != FactValue::Kind::null) add(key, value);
  }

  void translate_scope(const std::string& scope, std::string_view config_scope) {
    for (const Pair& pair : header_.pairs) {
      if (!pair.key.starts_with(scope)) continue;
      const std::string_view rest = pair.key.substr(scope.size());
      for (const Word& word : kWords) {
        if (word.ggml != rest) continue;
        keep(config_scope.empty() ? word.config
                                  : arena_.text(std::string(config_scope) + std::string(word.config)),
             pair);
      }
    }
  }

  std::optional<std::int64_t> own(std::string_view key) const {
    return header_.integer(std::string(facts_.family) + "." + std::string(key));
  }
  void replace(std::string_view key, FactValue value) {
    std::erase_if(facts_.entries, [&](const Fact& fact) { return fact.key == key; });
    add(key, value);
  }

  // What two vocabularies say differently.
  void complete() {
    if (!own("vocab_size")) {
      const Pair* tokens = header_.find("tokenizer.ggml.tokens");
      if (tokens != nullptr && tokens->type == ValueType::array)
        add("vocab_size", integer(static_cast<std::int64_t>(tokens->count)));
    }
    // ggml counts the layers of multi-token prediction as layers.
    const auto layers = own("block_count");
    const auto predicting = own("nextn_predict_layers");
    if (layers && predicting && *predicting > 0 && *predicting < *layers)
      replace("num_hidden_layers", integer(*layers - *predicting));
    // A pure state-space model has no feed-forward part; a config calls its inner size intermediate.
    const auto inner = own("ssm.inner_size");
    if (inner && own("feed_forward_length").value_or(0) == 0) replace("intermediate_size", integer(*inner));
    const auto key_length = own("attention.key_length");
    const auto value_length = own("attention.value_length");
    if (own("attention.kv_lora_rank")) return latent_attention();
    if (key_length) add("head_dim", integer(*key_length));
    if (value_length) add("v_head_dim", integer(*value_length));
    const auto heads = own("attention.head_count");
    const auto width = own("embedding_length");
    const auto rotary = own("rope.dimension_count");
    const std::int64_t head = key_length ? *key_length : heads && width && *heads > 0 ? *width / *heads : 0;
    if (rotary && head > 0 && *rotary != head) {
      add("partial_rotary_factor",
          {FactValue::Kind::real, 0, static_cast<double>(*rotary) / static_cast<double>(head), {}, {}});
    }
  }

  // Keys and values of a head, out of the sizes that ggml keeps: newer files say those of the latent under
  // key_length and the heads' own under key_length_mla.
  void latent_attention() {
    const auto own_key = own("attention.key_length_mla");
    const auto own_value = own("attention.value_length_mla");
    const auto key = own_key ? own_key : own("attention.key_length");
    const auto value = own_value ? own_value : own("attention.value_length");
    const auto rotary = own("rope.dimension_count");
    if (rotary) add("qk_rope_head_dim", integer(*rotary));
    if (key && rotary && *key > *rotary) add("qk_nope_head_dim", integer(*key - *rotary));
    if (key) add("qk_head_dim", integer(*key));
    if (value) add("v_head_dim", integer(*value));
    // Stored as the one latent head it is computed with.
    const auto heads = own("attention.head_count");
    if (heads) replace("num_key_value_heads", integer(*heads));
  }

  // Sorted, the first of equal keys.
  void settle() {
    auto& entries = facts_.entries;
    std::stable_sort(entries.begin(), entries.end(),
                     [](const Fact& a, const Fact& b) { return a.key < b.key; });
    entries.erase(std::unique(entries.begin(), entries.end(),
                              [](const Fact& a, const Fact& b) { return a.key == b.key; }),
                  entries.end());
  }

  const Header& header_;
  Arena& arena_;
  ArchitectureFacts facts_;
};

void append_number(std::string& out, const Header& header, const Pair& pair) {
  if (pair.type == ValueType::boolean) {
    out += header.integer(pair).value_or(0) != 0 ? "true" : "false";
    return;
  }
  char room[40];
  std::to_chars_result end{room, {}};
  if (const auto integer = header.integer(pair)) {
    end = std::to_chars(room, room + sizeof room, *integer);
  } else if (pair.type == ValueType::float32) {  // as short as it can be read back
    end = std::to_chars(room, room + sizeof room, static_cast<float>(header.real(pair).value_or(0)));
  } else if (const auto real = header.real(pair)) {
    end = std::to_chars(room, room + sizeof room, *real);
  } else {
    out += "more than 2^63";
    return;
  }
  out.append(room, end.ptr);
}

std::string shown_array(const Header& header, const Pair& pair) {
  const bool is_text = pair.element == ValueType::text;
  if (pair.element == ValueType::array || pair.count > (is_text ? kTextsShown : kLongestShown)) {
    return std::to_string(pair.count) + " x " + std::string(name_of(pair.element));
  }
  std::string out = "[";
  std::vector<std::string_view> texts;
  header.texts(pair, kTextsShown, texts);
  for (std::uint64_t i = 0; i < pair.count; ++i) {
    if (i != 0) out += ", ";
    if (is_text) {
      out += i < texts.size() ? texts[static_cast<std::size_t>(i)] : std::string_view();
    } else {
      append_number(out, header, header.element(pair, i));
    }
  }
  return out + "]";
}

}  // namespace

ArchitectureFacts translate(const Header& header, bool is_tied, Arena& arena) {
  return Translator(header, arena).run(is_tied);
}

std::vector<MetadataEntry> describe_pairs(const Header& header, Arena& arena) {
  std::vector<MetadataEntry> out;
  out.reserve(header.pairs.size());
  for (const Pair& pair : header.pairs) {
    if (pair.type == ValueType::text) {
      out.push_back({pair.key, pair.text});
    } else if (pair.type == ValueType::array) {
      out.push_back({pair.key, arena.text(shown_array(header, pair))});
    } else {
      std::string number;
      append_number(number, header, pair);
      out.push_back({pair.key, arena.text(number)});
    }
  }
  return out;
}

}  // namespace haoline::gguf
