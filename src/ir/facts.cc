#include "ir/facts.h"

#include <algorithm>

namespace haoline {

const FactValue* ArchitectureFacts::find(std::string_view key) const {
  const auto at =
      std::lower_bound(entries.begin(), entries.end(), key,
                       [](const Fact& fact, std::string_view wanted) { return fact.key < wanted; });
  return at != entries.end() && at->key == key ? &at->value : nullptr;
}

}  // namespace haoline
