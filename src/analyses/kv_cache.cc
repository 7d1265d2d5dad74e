#include "analyses/kv_cache.h"

namespace haoline {

std::optional<KvCache> find_kv_cache(const Model&, Inference&, const BoundSymbols&) {
  return std::nullopt;
}

}  // namespace haoline
