#include "formats/shared/keras_weights.h"

#include <algorithm>

namespace haoline::keras {
namespace {

bool fits(const Variable& variable, const Wanted& wanted) {
  const std::span<const std::int64_t> extents = variable.data.extents;
  if (wanted.extents.empty() && !extents.empty()) return true;  // the config says nothing of it
  return std::equal(extents.begin(), extents.end(), wanted.extents.begin(), wanted.extents.end(),
                    [](std::int64_t stored, std::int64_t said) { return said < 0 || stored == said; });
}

// "conv2d/kernel:0" → "kernel"
std::string_view last_part(std::string_view name) {
  if (const std::size_t colon = name.rfind(':'); colon != std::string_view::npos)
    name = name.substr(0, colon);
  return name.substr(name.rfind('/') + 1);
}

bool has_part(std::string_view name, std::string_view part) {
  for (std::size_t at = name.find(part); at != std::string_view::npos; at = name.find(part, at + 1)) {
    const bool begins = at == 0 || name[at - 1] == '/';
    const std::size_t end = at + part.size();
    if (begins && end < name.size() && name[end] == '/') return true;
  }
  return false;
}

void find_by_path(WeightStore& store, const Place& place, std::span<const Wanted> wanted,
                  std::vector<Variable*>& found) {
  std::vector<std::string_view> done;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (std::find(done.begin(), done.end(), wanted[i].part) != done.end()) continue;
    done.push_back(wanted[i].part);
    const std::vector<Variable*> stored = store.of(place, wanted[i].part);
    std::size_t next = 0;
    for (std::size_t k = i; k < wanted.size() && next < stored.size(); ++k) {
      if (wanted[k].part == wanted[i].part) found[k] = stored[next++];
    }
  }
}

void find_by_name(const std::vector<Variable*>& stored, std::span<const Wanted> wanted,
                  std::vector<Variable*>& found) {
  if (stored.size() == wanted.size()) {
    bool all_fit = true;
    for (std::size_t i = 0; i < stored.size(); ++i) all_fit = all_fit && fits(*stored[i], wanted[i]);
    if (all_fit) {
      found.assign(stored.begin(), stored.end());
      return;
    }
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    for (Variable* variable : stored) {
      const bool taken = std::find(found.begin(), found.end(), variable) != found.end();
      if (taken || last_part(variable->name) != wanted[i].name) continue;
      if (!wanted[i].legacy.empty() && !has_part(variable->name, wanted[i].legacy)) continue;
      found[i] = variable;
      break;
    }
  }
}

}  // namespace

std::vector<Variable*> find_weights(WeightStore& store, const Place& place, std::span<const Wanted> wanted) {
  std::vector<Variable*> found(wanted.size(), nullptr);
  if (store.is_by_path()) {
    find_by_path(store, place, wanted, found);
  } else {
    find_by_name(store.of(place, {}), wanted, found);
  }
  for (Variable* variable : found) {
    if (variable) variable->is_used = true;
  }
  return found;
}

}  // namespace haoline::keras
