#include "ir/facts.h"

#include <algorithm>
#include <limits>

#include "base/checked.h"

namespace haoline {

const FactValue* ArchitectureFacts::find(std::string_view key) const {
  const auto at =
      std::lower_bound(entries.begin(), entries.end(), key,
                       [](const Fact& fact, std::string_view wanted) { return fact.key < wanted; });
  return at != entries.end() && at->key == key ? &at->value : nullptr;
}

namespace {

// Elements of all layers as bytes; what no integer holds is the largest one.
class Sum {
 public:
  void add(std::int64_t layers, std::int64_t elements) {
    total_ += Int128{std::max<std::int64_t>(0, layers)} * std::max<std::int64_t>(0, elements);
  }
  std::int64_t bytes(std::int64_t bits) const {
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    const Int128 all = std::min<Int128>(total_, kMost) * bits / 8;
    return static_cast<std::int64_t>(std::min<Int128>(all, kMost));
  }

 private:
  Int128 total_ = 0;
};

}  // namespace

std::int64_t CacheLayers::elements_per_token() const {
  if (kind == Kind::attention) return heads * (key_size + value_size);
  return kind == Kind::latent ? latent_size : 0;
}

std::int64_t CacheFacts::bytes_per_token() const {
  Sum sum;
  for (const CacheLayers& l : layers) sum.add(l.layers, l.elements_per_token());
  return sum.bytes(element_bits);
}

std::int64_t CacheFacts::bytes_per_token_expanded() const {
  Sum sum;
  for (const CacheLayers& l : layers) {
    sum.add(l.layers, l.kind == CacheLayers::Kind::latent ? l.expanded_size : l.elements_per_token());
  }
  return sum.bytes(element_bits);
}

std::int64_t CacheFacts::state_bytes() const {
  Sum sum;
  for (const CacheLayers& l : layers) sum.add(l.layers, l.state_elements);
  return sum.bytes(element_bits);
}

std::int64_t CacheFacts::cross_attention_bytes() const {
  Sum sum;
  for (const CacheLayers& l : layers) {
    if (l.kind != CacheLayers::Kind::cross_attention) continue;
    sum.add(l.layers * l.source_tokens, l.heads * (l.key_size + l.value_size));
  }
  return sum.bytes(element_bits);
}

}  // namespace haoline
