#include "blueprints/config.h"

#include <algorithm>
#include <array>
#include <span>

namespace haoline::blueprints {
namespace {

// The first spelling is the usual one; the others are those of single families.
struct Spellings {
  Key key;
  std::array<std::string_view, 8> names;
};
constexpr Spellings kKeys[] = {
    {Key::hidden, {"hidden_size", "n_embd", "d_model", "dim", "model_dim", "embed_dim"}},
    {Key::layers,
     {"num_hidden_layers", "n_layer", "n_layers", "num_layers", "decoder_layers", "encoder_layers"}},
    {Key::heads,
     {"num_attention_heads", "n_head", "n_heads", "num_heads", "decoder_attention_heads",
      "encoder_attention_heads"}},
    {Key::kv_heads,
     {"num_key_value_heads", "num_kv_heads", "n_head_kv", "multi_query_group_num", "attn_config.kv_n_heads"}},
    {Key::head_size, {"head_dim", "d_kv", "attention_head_dim", "kv_channels"}},
    {Key::inner,
     {"intermediate_size", "n_inner", "d_ff", "ffn_dim", "hidden_dim", "ffn_hidden_size", "decoder_ffn_dim",
      "encoder_ffn_dim"}},
    {Key::vocabulary, {"vocab_size", "padded_vocab_size"}},
    {Key::context,
     {"max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "n_ctx", "max_sequence_length",
      "context_length", "max_target_positions"}},
    {Key::activation,
     {"hidden_act", "hidden_activation", "activation_function", "activation", "feed_forward_proj",
      "mlp_hidden_act"}},
    {Key::experts,
     {"num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts",
      "ffn_config.moe_num_experts"}},
    {Key::top_k,
     {"num_experts_per_tok", "num_experts_per_token", "moe_top_k", "ffn_config.moe_top_k", "moe_k",
      "num_selected_experts"}},
    {Key::window, {"sliding_window", "attention_chunk_size", "attention_window_size", "sliding_window_size"}},
    {Key::image_size, {"image_size", "img_size"}},
    {Key::patch_size, {"patch_size"}},
};
static_assert(std::size(kKeys) == static_cast<std::size_t>(Key::count_));

std::span<const std::string_view> spellings(Key key) {
  for (const Spellings& row : kKeys) {
    if (row.key != key) continue;
    const auto end = std::find(row.names.begin(), row.names.end(), std::string_view());
    return {row.names.data(), static_cast<std::size_t>(end - row.names.begin())};
  }
  return {};
}

std::optional<std::int64_t> as_integer(const FactValue* value) {
  using Kind = FactValue::Kind;
  if (!value) return std::nullopt;
  if (value->kind == Kind::integer || value->kind == Kind::boolean) return value->integer;
  if (value->kind == Kind::real && value->real >= -1e15 && value->real <= 1e15) {
    return static_cast<std::int64_t>(value->real);
  }
  // One number per layer or axis: the first; readers of a list ask for the list.
  if (value->kind == Kind::list && !value->list.empty()) return as_integer(&value->list[0]);
  return std::nullopt;
}

}  // namespace

const FactValue* Config::find(std::string_view key) const {
  const FactValue* value = facts_->find(prefix_ + std::string(key));
  return value && value->kind != FactValue::Kind::null ? value : nullptr;
}

bool Config::has_sub(std::string_view name) const {
  const std::string prefix = prefix_ + std::string(name) + ".";
  const auto at =
      std::lower_bound(facts_->entries.begin(), facts_->entries.end(), std::string_view(prefix),
                       [](const Fact& fact, std::string_view wanted) { return fact.key < wanted; });
  return at != facts_->entries.end() && at->key.starts_with(prefix);
}

Config Config::sub(std::string_view name) const {
  return has_sub(name) ? Config(*facts_, prefix_ + std::string(name) + ".") : *this;
}

std::optional<std::int64_t> Config::integer(Key key) const {
  for (const std::string_view name : spellings(key)) {
    if (const auto value = as_integer(find(name))) return value;
  }
  return std::nullopt;
}

std::string_view Config::text(Key key, std::string_view otherwise) const {
  for (const std::string_view name : spellings(key)) {
    if (const std::string_view value = text(name); !value.empty()) return value;
  }
  return otherwise;
}

std::optional<std::int64_t> Config::integer(std::string_view key) const {
  return as_integer(find(key));
}

std::optional<double> Config::real(std::string_view key) const {
  const FactValue* value = find(key);
  const bool number =
      value && (value->kind == FactValue::Kind::real || value->kind == FactValue::Kind::integer);
  return number ? std::optional(value->real) : std::nullopt;
}

bool Config::flag(std::string_view key, bool otherwise) const {
  const auto value = integer(key);
  return value ? *value != 0 : otherwise;
}

std::string_view Config::text(std::string_view key, std::string_view otherwise) const {
  const FactValue* value = find(key);
  return value && value->kind == FactValue::Kind::text ? value->text : otherwise;
}

std::vector<std::int64_t> Config::integers(std::string_view key) const {
  std::vector<std::int64_t> out;
  const FactValue* value = find(key);
  if (!value || value->kind != FactValue::Kind::list) return out;
  for (const FactValue& item : value->list) out.push_back(as_integer(&item).value_or(0));
  return out;
}

std::vector<std::string_view> Config::texts(std::string_view key) const {
  std::vector<std::string_view> out;
  const FactValue* value = find(key);
  if (!value || value->kind != FactValue::Kind::list) return out;
  for (const FactValue& item : value->list) out.push_back(item.text);
  return out;
}

}  // namespace haoline::blueprints
