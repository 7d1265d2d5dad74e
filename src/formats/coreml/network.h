// A layer of a neural network while it is translated. Internal to this folder.
#pragma once

#include <span>

#include "formats/coreml/reading.h"
#include "formats/coreml/wire.h"

namespace haoline::coreml {

struct NetworkLayer {
  Reading& r;
  Scope& scope;
  Message params;
  Made made;
  bool rank_five = false;
  std::size_t depth = 0;

  std::optional<std::size_t> rank(std::size_t input) const;
  std::int64_t dim(std::size_t input, std::size_t axis) const;  // -1: not known
  // --- attributes
  void set(std::string_view key, std::int64_t value) { made.attributes.push_back({key, value, {}}); }
  void set(std::string_view key, const Integers& values) {
    made.attributes.push_back({key, r.model.arena.copy(std::span<const std::int64_t>(values)), {}});
  }
  void set(std::string_view key, std::string_view text) { made.attributes.push_back({key, text, {}}); }
  void set(std::string_view key, double value) { made.attributes.push_back({key, value, {}}); }
  // --- operands that the file keeps in the layer
  TensorId integers(std::string_view role, const Integers& values);
  TensorId scalar(std::string_view role, std::int64_t value);
  TensorId reals(std::string_view role, std::span<const float> values);
  // A WeightParams field; none where it is absent. Empty extents: one axis.
  TensorId weight(std::uint32_t field, std::string_view role, Integers extents,
                  Trained trained = Trained::yes) {
    return weight(params, field, role, std::move(extents), trained);
  }
  TensorId weight(const Message& from, std::uint32_t field, std::string_view role, Integers extents,
                  Trained trained = Trained::yes);
  void add(TensorId operand) { made.inputs.push_back(operand); }
};

struct NetworkTranslation {
  std::uint32_t number;
  std::string_view name;
  Op op = Op::unknown;
  bool (*translate)(NetworkLayer&) = nullptr;  // false: it stays as itself
};
std::span<const NetworkTranslation> network_layers();  // network_layers.cc: those with weights and windows
std::span<const NetworkTranslation> plain_layers();    // plain_layers.cc: arithmetic, movement, shapes
const NetworkTranslation* find_layer(std::uint32_t number);

}  // namespace haoline::coreml
