#include "blueprints/families.h"

#include <algorithm>
#include <string>

namespace haoline::blueprints {
namespace {

using Table = std::span<const Family> (*)();
constexpr Table kTables[] = {decoder_families, encoder_families, recurrent_families, sequence_families,
                             vision_families};

bool lists(std::string_view words, std::string_view wanted) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == wanted) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

}  // namespace

const Family* find_family(std::string_view name) {
  // "deberta-v2" and "deberta_v2" are one.
  std::string spelled(name);
  std::replace(spelled.begin(), spelled.end(), '-', '_');
  for (const Table table : kTables) {
    for (const Family& family : table()) {
      if (family.name == spelled || lists(family.also, spelled)) return &family;
    }
  }
  return nullptr;
}

}  // namespace haoline::blueprints
