// Finds the tensors of a block: slots to names, by the dialect of the file.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/small_vector.h"
#include "blueprints/family.h"
#include "blueprints/weights.h"

namespace haoline::blueprints {

// A module of the file: its weight, its bias if it has one, its name.
struct Found {
  TensorId weight, bias;
  std::string_view name;  // "model.layers.3.self_attn.q_proj"; lives until the next find of the same Names
  explicit operator bool() const { return bool(weight); }
};

class Names {
 public:
  Names(const Weights& weights, Dialect slots, Dialect first);

  void enter(const Place& place);       // the stack
  void layer(std::string_view prefix);  // "model.layers.3."

  Found find(Slot slot) const;
  Found expert(Slot slot, std::int64_t index) const;  // a spelling with '#'
  bool has(Slot slot) const { return bool(find(slot).weight); }
  const std::string& layer_prefix() const { return layer_; }
  const std::string& root() const { return root_; }

 private:
  Found look(Slot slot, std::string_view number, bool numbered) const;

  const Weights* weights_;
  std::array<SmallVector<std::string_view, 4>, kSlots> texts_;
  std::string above_, root_, layer_;
  mutable std::string text_;
};

// weight and bias of the module `name`, however the file packs them.
Found find_module(const Weights& weights, std::string_view name);

}  // namespace haoline::blueprints
