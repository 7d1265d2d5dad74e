#include "ir/facts.h"

#include <algorithm>

namespace haoline {

const FactValue* ArchitectureFacts::find(std::string_view key) const {
  const auto at =
      std::lower_bound(entries.begin(), entries.end(), key,
                       [](const Fact& fact, std::string_view wanted) { return fact.key < wanted; });
  return at != entries.end() && at->key == key ? &at->value : nullptr;
}

std::int64_t CacheLayers::elements_per_token() const {
  if (kind == Kind::attention) return heads * (key_size + value_size);
  return kind == Kind::latent ? latent_size : 0;
}

std::int64_t CacheFacts::bytes_per_token() const {
  std::int64_t elements = 0;
  for (const CacheLayers& l : layers) elements += l.layers * l.elements_per_token();
  return elements * element_bits / 8;
}

std::int64_t CacheFacts::bytes_per_token_expanded() const {
  std::int64_t elements = 0;
  for (const CacheLayers& l : layers) {
    elements += l.layers * (l.kind == CacheLayers::Kind::latent ? l.expanded_size : l.elements_per_token());
  }
  return elements * element_bits / 8;
}

std::int64_t CacheFacts::state_bytes() const {
  std::int64_t elements = 0;
  for (const CacheLayers& l : layers) elements += l.layers * l.state_elements;
  return elements * element_bits / 8;
}

std::int64_t CacheFacts::cross_attention_bytes() const {
  std::int64_t elements = 0;
  for (const CacheLayers& l : layers) {
    if (l.kind != CacheLayers::Kind::cross_attention) continue;
    elements += l.layers * l.source_tokens * l.heads * (l.key_size + l.value_size);
  }
  return elements * element_bits / 8;
}

}  // namespace haoline
