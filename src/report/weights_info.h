// What the report says of stored weights and of a language model's memory: how the weights are quantized and
// where their bits lie, what the cache keeps, and what that comes to at usual contexts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "report/describe.h"
#include "report/values.h"

namespace haoline {

struct CacheLayerInfo {
  Word kind;
  std::int64_t layers = 0;
  std::optional<std::int64_t> heads, key_size, value_size, latent_size, window, state_elements, source_tokens;
  static constexpr std::string_view kName = "cache_layers";
  static constexpr auto describe() {
    using C = CacheLayerInfo;
    return std::tuple{
        field("kind", &C::kind,
              "`attention` (keys and values of every token), `latent` (one vector a token that both are made "
              "of), "
              "`recurrent` (a state of fixed size) or `cross-attention` (keys and values of the encoder's "
              "output)"),
        field("layers", &C::layers, "layers that keep the same"),
        field_if_any("heads", &C::heads, "key and value heads, before they are repeated"),
        field_if_any("key_size", &C::key_size, "elements of a key, one head"),
        field_if_any("value_size", &C::value_size, "elements of a value, one head"),
        field_if_any("latent_size", &C::latent_size,
                     "elements of the latent, the shared rotary key included"),
        field_if_any("window", &C::window, "tokens that are kept at most; absent: all"),
        field_if_any("state_elements", &C::state_elements, "elements of the state, one sequence"),
        field_if_any("source_tokens", &C::source_tokens,
                     "tokens of the encoder's output, where that is fixed")};
  }
};

struct KvCacheInfo {
  std::int64_t layers = 0;
  std::optional<std::int64_t> heads, head_size, window;
  std::optional<std::int64_t> state_bytes_per_sequence, cross_attention_bytes, expanded_bytes_per_token;
  std::vector<CacheLayerInfo> by_kind;
  std::vector<TensorName> inputs, outputs;
  static constexpr std::string_view kName = "kv_cache";
  static constexpr auto describe() {
    using K = KvCacheInfo;
    return std::tuple{
        field("layers", &K::layers, "layers that keep a cache"),
        field_if_any("heads", &K::heads, "key and value heads, where all layers have as many"),
        field_if_any("head_size", &K::head_size, "elements of one head, where all layers have as many"),
        field_if_any("window", &K::window, "tokens that windowed layers keep, the smallest window"),
        field_if_any("state_bytes_per_sequence", &K::state_bytes_per_sequence,
                     "recurrent states, which do not grow with the tokens"),
        field_if_any("cross_attention_bytes", &K::cross_attention_bytes,
                     "keys and values of the encoder's output, one sequence"),
        field_if_any("expanded_bytes_per_token", &K::expanded_bytes_per_token,
                     "with keys and values in place of latents, as some runtimes store them"),
        field_if_any("by_kind", &K::by_kind, "what the layers keep, by kind"),
        field("inputs", &K::inputs, "cache tensors that come in"),
        field("outputs", &K::outputs, "cache tensors that go out")};
  }
};

struct ContextInfo {
  std::int64_t tokens = 0;
  Word cache;
  Quantity cache_bytes;
  std::optional<Quantity> weights_bytes, compute_bytes, total_bytes;
  bool beyond_training = false;
  static constexpr std::string_view kName = "context";
  static constexpr auto describe() {
    using C = ContextInfo;
    return std::tuple{
        field("tokens", &C::tokens, "of one sequence"),
        field("cache", &C::cache, "element type of the cache: `f16` or `q8_0`"),
        field("cache_bytes", &C::cache_bytes,
              "keys, values and states of one sequence; windowed layers keep their window"),
        field_if_any("weights_bytes", &C::weights_bytes, "all weights"),
        field_if_any(
            "compute_bytes", &C::compute_bytes,
            "an estimate of what computing needs beside them: what the largest node reads and writes in a "
            "step of 512 tokens"),
        field_if_any("total_bytes", &C::total_bytes, "their sum, an estimate where `compute_bytes` is one"),
        field_if_any("beyond_training", &C::beyond_training, "more tokens than the model was made for")};
  }
};

struct WeightGroupInfo {
  Word group;
  Int128 parameters = 0;
  std::uint64_t bytes = 0;
  std::optional<double> bits_per_weight;
  Map<Word, std::optional<Int128>> types;
  static constexpr std::string_view kName = "weight_group";
  static constexpr auto describe() {
    using G = WeightGroupInfo;
    return std::tuple{field("group", &G::group,
                            "`embeddings`, `attention`, `feed-forward`, `experts`, `recurrent`, `norms`, "
                            "`output` or `other`, told by the "
                            "tensors' names"),
                      field("parameters", &G::parameters, "logical elements"),
                      field("bytes", &G::bytes, "what the file spends on them, scales and tables included"),
                      field_if_any("bits_per_weight", &G::bits_per_weight, "stored bits for each of them"),
                      field("types", &G::types,
                            "parameters by stored type, of packed weights by scheme and bits (`gptq 4`)")};
  }
};

struct QuantizationInfo {
  std::vector<Word> scheme;
  Map<Word, std::optional<Int128>> weights_bits;
  Word file_type;
  std::optional<double> bits_per_weight;
  std::vector<WeightGroupInfo> groups;
  static constexpr std::string_view kName = "quantization";
  static constexpr auto describe() {
    using Q = QuantizationInfo;
    return std::tuple{
        field("scheme", &Q::scheme,
              "how quantization is spelled: `qdq`, `qoperator`, `dynamic`, `weight-only`; of stored weights "
              "their layout "
              "(`ggml`, `gptq`, `awq`, …) or `stored` (only the stored type)"),
        field("weights_bits", &Q::weights_bits, "parameters by bits of their stored type"),
        field_if_any("file_type", &Q::file_type, "what the file calls its mix (`Q4_K_M`)"),
        field_if_any("bits_per_weight", &Q::bits_per_weight,
                     "of a file of weights: stored bits, scales and tables included, for each parameter"),
        field_if_any("groups", &Q::groups, "of a file of weights: the mix by what the weights are for")};
  }
};

struct TensorQuantization {
  Word scheme;
  std::optional<std::int64_t> axis, block, bits;
  std::span<const std::int64_t> shape;
  std::optional<double> scale;
  std::optional<std::int64_t> zero_point;
  static constexpr std::string_view kName = "tensor_quantization";
  static constexpr auto describe() {
    using T = TensorQuantization;
    return std::tuple{field("scheme", &T::scheme, "`affine`, `ggml`, `gptq`, …"),
                      field_if_any("axis", &T::axis,
                                   "each slice along it has its own scale; absent: one for all, or blocks"),
                      field_if_any("block", &T::block, "elements that share a scale"),
                      field_if_any("bits", &T::bits, "of one element, where the stored type does not say it"),
                      field_if_any("shape", &T::shape, "extents when unpacked"),
                      field_if_any("scale", &T::scale, "the scale, where there is one for all"),
                      field_if_any("zero_point", &T::zero_point,
                                   "the stored value that stands for 0, where there is one for all")};
  }
};

}  // namespace haoline
