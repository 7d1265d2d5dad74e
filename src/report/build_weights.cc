// Stored weights and the memory of a language model: quantization, the cache, what a context comes to.
#include <algorithm>
#include <map>
#include <string>

#include "analyses/context_memory.h"
#include "analyses/weight_groups.h"
#include "report/builder.h"

namespace haoline {
namespace {

Quantity exactly(Int128 value) {
  Quantity quantity;
  quantity.value = value;
  return quantity;
}

std::optional<std::int64_t> if_any(std::int64_t number) {
  return number != 0 ? std::optional(number) : std::nullopt;
}

// --- the cache

// A cache that inputs and outputs of the graph carry.
void add_carried_cache(Builder& b, const KvCache& cache, MemoryInfo& out) {
  KvCacheInfo info{
      .layers = static_cast<std::int64_t>(cache.layers), .heads = cache.heads, .head_size = cache.head_size};
  for (const TensorId tensor : cache.inputs) info.inputs.push_back(b.tensor(Model::kMain, tensor));
  for (const TensorId tensor : cache.outputs) info.outputs.push_back(b.tensor(Model::kMain, tensor));
  if (cache.bytes_per_token) out.kv_cache_bytes_per_token = exactly(*cache.bytes_per_token);
  out.kv_cache = std::move(info);
}

CacheLayerInfo kind_info(const CacheLayers& kind) {
  constexpr std::string_view kWords[] = {"attention", "latent", "recurrent", "cross-attention"};
  return {.kind = {kWords[static_cast<std::size_t>(kind.kind)]},
          .layers = kind.layers,
          .heads = if_any(kind.heads),
          .key_size = if_any(kind.key_size),
          .value_size = if_any(kind.value_size),
          .latent_size = if_any(kind.latent_size),
          .window = if_any(kind.window),
          .state_elements = if_any(kind.state_elements),
          .source_tokens = if_any(kind.source_tokens)};
}

// The cache that an architecture needs.
KvCacheInfo cache_of_blueprint(const CacheFacts& cache) {
  KvCacheInfo out;
  bool is_first = true;
  for (const CacheLayers& kind : cache.layers) {
    out.by_kind.push_back(kind_info(kind));
    out.layers += kind.layers;
    if (kind.window > 0) out.window = std::min(kind.window, out.window.value_or(kind.window));
    if (kind.kind != CacheLayers::Kind::attention) continue;
    const auto size = kind.key_size == kind.value_size ? if_any(kind.key_size) : std::nullopt;
    out.heads = is_first || out.heads == kind.heads ? if_any(kind.heads) : std::nullopt;
    out.head_size = is_first || out.head_size == size ? size : std::nullopt;
    is_first = false;
  }
  out.state_bytes_per_sequence = if_any(cache.state_bytes());
  out.cross_attention_bytes = if_any(cache.cross_attention_bytes());
  if (cache.bytes_per_token_expanded() != cache.bytes_per_token())
    out.expanded_bytes_per_token = cache.bytes_per_token_expanded();
  return out;
}

std::vector<ContextInfo> build_contexts(Builder& b) {
  std::vector<ContextInfo> out;
  const std::int64_t trained = b.in.model.blueprint ? b.in.model.blueprint->context : 0;
  for (const ContextMemory& row : memory_at_contexts(b.in.model, b.in.inference, b.in.memory, b.in.bound)) {
    ContextInfo info{.tokens = row.tokens, .cache = {name(row.cache)}};
    info.cache_bytes = exactly(row.cache_bytes + row.state_bytes);
    if (row.weights_bytes) info.weights_bytes = exactly(*row.weights_bytes);
    if (row.compute_bytes) {
      info.compute_bytes = exactly(*row.compute_bytes);
      info.compute_bytes->basis = Basis::assumed;
    }
    if (row.total_bytes) {
      info.total_bytes = exactly(*row.total_bytes);
      if (row.compute_bytes) info.total_bytes->basis = Basis::assumed;
    }
    info.beyond_training = trained > 0 && row.tokens > trained;
    out.push_back(std::move(info));
  }
  return out;
}

// --- quantization

// The packing of a parameter's tensor; null: it is stored as its type says.
const Quantization* packing_of(Builder& b, const Parameter& parameter) {
  const Quantization* packing = b.in.model.graphs[parameter.graph].tensors[parameter.tensor].quantization;
  return packing != nullptr && !packing->logical_extents.empty() ? packing : nullptr;
}

// Bits of one logical element as stored. Several logical elements in a byte are a packed weight; block types
// have a name instead of a number.
std::string bits_of(Builder& b, const Parameter& parameter) {
  if (const Quantization* packing = packing_of(b, parameter); packing != nullptr && packing->bits > 0)
    return std::to_string(packing->bits);
  const DTypeInfo& type = info(parameter.dtype);
  if (type.bits == 0) return type.block_elements > 1 ? std::string(type.name) : "other";
  const auto elements = b.value(parameter.elements), bytes = b.value(parameter.memory_bytes);
  if (type.bits == 8 && elements && bytes && *bytes > 0 && *elements > *bytes) {
    return std::to_string(std::max<int>(1, static_cast<int>(*bytes * 8 / *elements)));
  }
  return std::to_string(type.bits);
}

bool is_quantized_type(DType dtype) {
  const DTypeInfo& type = info(dtype);
  return type.kind == DTypeClass::block || (is_integer(dtype) && type.bits <= 8) ||
         (type.kind == DTypeClass::floating && type.bits != 0 && type.bits <= 8);
}

void add_scheme(QuantizationInfo& out, std::string_view word) {
  if (std::find(out.scheme.begin(), out.scheme.end(), Word{word}) == out.scheme.end())
    out.scheme.push_back({word});
}

// A file of weights, whether a blueprint made a graph of it or not.
bool holds_weights(const Model& model) {
  return model.architecture || model.blueprint || model.main().nodes.empty();
}

// In files of weights: the mix by what the weights are for.
void add_mix(Builder& b, QuantizationInfo& out) {
  if (!holds_weights(b.in.model)) return;
  Int128 parameters = 0, bytes = 0;
  for (const WeightMix& mix : mix_of_weights(b.in.model, b.in.parameters)) {
    WeightGroupInfo group{.group = {name(mix.group)}, .parameters = mix.parameters, .bytes = mix.bytes};
    group.bits_per_weight = static_cast<double>(Int128{mix.bytes} * 8) / static_cast<double>(mix.parameters);
    for (const WeightMix::Part& part : mix.parts) {
      const std::string bits = part.bits > 0 ? " " + std::to_string(part.bits) : "";
      group.types.add({b.text(std::string(part.type) + bits)}, part.parameters);
    }
    out.groups.push_back(std::move(group));
    parameters += mix.parameters;
    bytes += mix.bytes;
  }
  if (parameters > 0) out.bits_per_weight = static_cast<double>(bytes * 8) / static_cast<double>(parameters);
}

}  // namespace

void build_cache(Builder& b, MemoryInfo& out) {
  if (b.in.model.blueprint && !b.in.model.blueprint->cache.layers.empty()) {
    const CacheFacts& cache = b.in.model.blueprint->cache;
    out.kv_cache = cache_of_blueprint(cache);
    out.kv_cache_bytes_per_token = exactly(cache.bytes_per_token());
    out.contexts = build_contexts(b);
  } else if (b.in.memory.kv_cache) {
    add_carried_cache(b, *b.in.memory.kv_cache, out);
  }
}

std::optional<QuantizationInfo> build_quantization(Builder& b) {
  struct Scheme {
    std::string_view word;
    std::string_view prefix;  // of the operator's name without its domain
  };
  constexpr Scheme kSchemes[] = {
      {"qdq", "DequantizeLinear"},
      {"qoperator", "QLinear"},
      {"qoperator", "QGemm"},
      {"qoperator", "QAttention"},
      {"dynamic", "DynamicQuantize"},
      {"dynamic", "MatMulInteger"},
      {"dynamic", "ConvInteger"},
      {"weight-only", "MatMulNBits"},
      {"weight-only", "MatMulBnb4"},
      {"weight-only", "QMoE"},
      {"weight-only", "GatherBlockQuantized"},
  };
  QuantizationInfo out;
  for (const NamedCost& row : b.in.totals.by_operator) {
    const std::string_view name = row.name.substr(row.name.find_last_of('.') + 1);
    for (const Scheme& scheme : kSchemes) {
      if (!name.starts_with(scheme.prefix)) continue;
      add_scheme(out, scheme.word);
    }
  }
  std::map<std::string, Dim> bits;
  bool stored = false;
  for (const Parameter& parameter : b.in.parameters.parameters) {
    if (parameter.role != ParameterRole::trainable && parameter.role != ParameterRole::buffer) continue;
    stored = stored || is_quantized_type(parameter.dtype) || packing_of(b, parameter) != nullptr;
    const Quantization* quantization =
        b.in.model.graphs[parameter.graph].tensors[parameter.tensor].quantization;
    if (quantization != nullptr && holds_weights(b.in.model)) add_scheme(out, b.text(quantization->scheme));
    Dim& sum = bits.try_emplace(bits_of(b, parameter), Dim(0)).first->second;
    sum = b.dims().add(sum, parameter.elements);
  }
  if (out.scheme.empty() && !stored) return std::nullopt;
  if (out.scheme.empty()) out.scheme.push_back({"stored"});
  for (const auto& [word, elements] : bits) out.weights_bits.add({b.text(word)}, b.value(elements));
  if (const auto& facts = b.in.model.architecture) {
    const FactValue* type = facts->find("quantization.file_type");
    if (type != nullptr) out.file_type = {b.text(type->text)};
  }
  add_mix(b, out);
  return out;
}

std::optional<TensorQuantization> build_tensor_quantization(Builder& b, const Tensor& tensor) {
  if (tensor.quantization == nullptr) return std::nullopt;
  const Quantization& from = *tensor.quantization;
  TensorQuantization out{.scheme = {b.text(from.scheme)}};
  if (from.axis >= 0) out.axis = from.axis;
  out.block = if_any(from.block);
  out.bits = if_any(from.bits);
  out.shape = b.report.arena.copy(from.logical_extents);
  if (from.scales.size() == 1) out.scale = static_cast<double>(from.scales[0]);
  if (from.zero_points.size() == 1) out.zero_point = from.zero_points[0];
  return out;
}

}  // namespace haoline
