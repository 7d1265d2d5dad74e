// What a language model occupies at a context: weights, the cache for that many tokens, and an estimate of
// what computing needs beside them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "analyses/memory.h"

namespace haoline {

enum class CacheType : std::uint8_t { float16, q8_0 };
std::string_view name(CacheType type);  // "f16", "q8_0": as runtimes spell the option

struct ContextMemory {
  std::int64_t tokens = 0;
  CacheType cache = CacheType::float16;
  Int128 cache_bytes = 0;  // keys and values of the tokens, windowed layers at most their window
  Int128 state_bytes = 0;  // recurrent states and cross-attention, whatever the context
  std::optional<Int128> weights_bytes;
  std::optional<Int128> compute_bytes;  // an estimate: live activations of a step of kComputeStep tokens
  std::optional<Int128> total_bytes;    // with the estimate where there is one
};

inline constexpr std::int64_t kContexts[] = {2048, 8192, 32768, 131072};
inline constexpr std::int64_t kComputeStep =
    512;  // tokens that runtimes take at once while they read a prompt

// Bytes of one sequence's cache; a block type keeps a scale for every 32 elements of a head.
Int128 cache_bytes(const CacheFacts& cache, std::int64_t tokens, CacheType type);

// Every context with every type. Empty where the model keeps nothing per token.
std::vector<ContextMemory> memory_at_contexts(const Model& model, Inference& inference,
                                              const MemoryFacts& memory, const BoundSymbols& bound);

}  // namespace haoline
