#include "analyses/context_memory.h"

#include <algorithm>
#include <unordered_map>

namespace haoline {
namespace {

// Elements of a row in blocks of 32 with a half for each, as q8_0 keeps them.
Int128 row_bytes(std::int64_t elements, CacheType type) {
  if (type == CacheType::float16) return Int128{elements} * 2;
  return byte_size(DType::q8_0, elements).value_or(0);
}

Int128 layer_bytes(const CacheLayers& kind, std::int64_t tokens, CacheType type) {
  const std::int64_t kept = kind.window > 0 ? std::min(kind.window, tokens) : tokens;
  switch (kind.kind) {
    case CacheLayers::Kind::attention:
      return Int128{kept} *
             (row_bytes(kind.heads * kind.key_size, type) + row_bytes(kind.heads * kind.value_size, type));
    case CacheLayers::Kind::latent:
      return Int128{kept} * row_bytes(kind.latent_size, type);
    case CacheLayers::Kind::recurrent:
    case CacheLayers::Kind::cross_attention:
      return 0;
  }
  return 0;
}

// The largest sum of what one node reads and writes, weights and cache apart. Extents repeat from layer to
// layer, so each is evaluated once.
class StepEstimate {
 public:
  StepEstimate(const Model& model, Inference& inference, Bindings bindings)
      : model_(model), inference_(inference), bindings_(std::move(bindings)) {}

  std::optional<Int128> run() {
    Int128 most = 0;
    const Graph& graph = model_.main();
    IdVector<TensorId, bool> is_apart(graph.tensors.size(), false);
    for (const TensorId input : graph.inputs) is_apart[input] = true;
    for (const TensorId output : graph.outputs)
      is_apart[output] = graph.tensors[output].name.starts_with("present");  // as blueprints call them
    for (const Node& node : graph.nodes) {
      Int128 sum = 0;
      for (const auto operands : {node.inputs, node.outputs}) {
        for (const TensorId id : operands) {
          if (!id || graph.tensors[id].constant != nullptr || is_apart[id]) continue;
          const auto bytes = bytes_of(id);
          if (!bytes) return std::nullopt;
          sum += *bytes;
        }
      }
      most = std::max(most, sum);
    }
    return most;
  }

 private:
  std::optional<Int128> bytes_of(TensorId id) {
    const OperandFacts& facts = inference_.facts(Model::kMain, id);
    const Dim bytes = byte_size(facts.type, facts.shape, inference_.dims);
    if (const auto number = bytes.number()) return Int128{*number};
    const auto [at, is_new] = known_.try_emplace(bytes.bits(), std::nullopt);
    if (is_new) at->second = inference_.dims.evaluate(bytes, bindings_);
    return at->second;
  }

  const Model& model_;
  Inference& inference_;
  Bindings bindings_;
  std::unordered_map<std::uint64_t, std::optional<Int128>> known_;
};

}  // namespace

std::string_view name(CacheType type) {
  return type == CacheType::float16 ? "f16" : "q8_0";
}

Int128 cache_bytes(const CacheFacts& cache, std::int64_t tokens, CacheType type) {
  Int128 sum = 0;
  for (const CacheLayers& kind : cache.layers) sum += Int128{kind.layers} * layer_bytes(kind, tokens, type);
  return sum;
}

std::vector<ContextMemory> memory_at_contexts(const Model& model, Inference& inference,
                                              const MemoryFacts& memory, const BoundSymbols& bound) {
  std::vector<ContextMemory> out;
  if (!model.blueprint || model.blueprint->cache.layers.empty()) return out;
  const CacheFacts& cache = model.blueprint->cache;
  if (cache_bytes(cache, 1, CacheType::float16) == 0) return out;
  const auto weights = inference.dims.evaluate(memory.weights_bytes, bound.values);
  const bool has_steps = bound.values.contains("seq") && bound.values.contains("past");
  for (const std::int64_t tokens : kContexts) {
    std::optional<Int128> compute;
    if (has_steps) {
      Bindings bindings = bound.values;
      bindings["seq"] = kComputeStep;
      bindings["past"] = tokens - kComputeStep;
      if (bindings.contains("batch")) bindings["batch"] = 1;
      compute = StepEstimate(model, inference, std::move(bindings)).run();
    }
    for (const CacheType type : {CacheType::float16, CacheType::q8_0}) {
      ContextMemory row{.tokens = tokens, .cache = type, .cache_bytes = cache_bytes(cache, tokens, type)};
      row.state_bytes = Int128{cache.state_bytes()} + cache.cross_attention_bytes();
      row.weights_bytes = weights;
      row.compute_bytes = compute;
      if (weights) row.total_bytes = *weights + row.cache_bytes + row.state_bytes + compute.value_or(0);
      out.push_back(row);
    }
  }
  return out;
}

}  // namespace haoline
