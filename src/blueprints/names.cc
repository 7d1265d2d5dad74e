#include "blueprints/names.h"

#include <algorithm>
#include <iterator>

namespace haoline::blueprints {
namespace {

// How a module's matrix is called: as it is, quantized by GPTQ or AWQ, packed by compressed-tensors, in MXFP4
// blocks; or the module is a bare parameter.
constexpr std::string_view kWeightEndings[] = {".weight", "", ".qweight", ".weight_packed", "_blocks"};
constexpr std::string_view kBiasEndings[] = {".bias", "_bias"};

}  // namespace

Found find_module(const Weights& weights, std::string_view name) {
  Found found;
  found.name = name;
  for (const std::string_view ending : kWeightEndings) {
    if (found.weight = weights.find({name, ending}); found.weight) break;
  }
  for (const std::string_view ending : kBiasEndings) {
    if (found.bias = weights.find({name, ending}); found.bias) break;
  }
  return found;
}

// Spellings of a layer that no tensor of the file has are left out at once: most slots of a dialect are
// empty.
Names::Names(const Weights& weights, Dialect slots, Dialect first) : weights_(&weights) {
  const auto occurs = [&](const Spelling& row) {
    if (is_of_stack(row.slot)) return true;
    return std::any_of(std::begin(kWeightEndings), std::end(kWeightEndings),
                       [&](std::string_view ending) { return weights.any_tail(row.text, ending); });
  };
  std::array<bool, kSlots> replaced{};
  for (const Spelling& row : first) {
    replaced[static_cast<std::size_t>(row.slot)] = true;
    if (occurs(row)) texts_[static_cast<std::size_t>(row.slot)].push_back(row.text);
  }
  for (const Spelling& row : slots) {
    const auto slot = static_cast<std::size_t>(row.slot);
    if (!replaced[slot] && occurs(row)) texts_[slot].push_back(row.text);
  }
}

void Names::enter(const Place& place) {
  above_ = place.above;
  root_ = above_ + std::string(place.root);
}

void Names::layer(std::string_view prefix) {
  layer_ = prefix;
}

Found Names::look(Slot slot, std::string_view number, bool numbered) const {
  for (std::string_view text : texts_[static_cast<std::size_t>(slot)]) {
    if (text.empty()) continue;  // a row that only takes the slot away
    const std::size_t hash = text.find('#');
    if ((hash != std::string_view::npos) != numbered) continue;
    const bool is_above = text.starts_with('/');
    if (is_above) text.remove_prefix(1);
    text_ = is_above ? above_ : is_of_stack(slot) ? root_ : layer_;
    if (numbered) {
      const std::size_t at = text.find('#');
      text_ += text.substr(0, at);
      text_ += number;
      text_ += text.substr(at + 1);
    } else {
      text_ += text;
    }
    Found found = find_module(*weights_, text_);
    if (!found && is_above && !above_.empty()) {
      text_ = text;
      found = find_module(*weights_, text_);
    }
    if (found) return found;
  }
  return {};
}

Found Names::find(Slot slot) const {
  return look(slot, {}, false);
}

Found Names::expert(Slot slot, std::int64_t index) const {
  return look(slot, std::to_string(index), true);
}

}  // namespace haoline::blueprints
