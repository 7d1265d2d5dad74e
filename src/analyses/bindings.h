// The value of every symbol: given, derived from constraints, or the default 1.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyses/inference.h"

namespace haoline {

enum class BindingSource : std::uint8_t {
  given,
  fallback,
  derived,
  data
};  // "given" "default" "derived" "data"

struct Binding {
  Dim symbol;
  BindingSource source = BindingSource::fallback;
  std::optional<std::int64_t> value;  // nothing for a data symbol
  Dim bound;                          // of a data symbol: its largest value, an expression
};

struct BoundSymbols {
  std::vector<Binding> symbols;  // every symbol of the model, in order of first appearance
  Bindings values;               // name -> value, those that have one
};

// `given` comes from --bind and its shorthands. An unknown name, or a binding that contradicts a constraint,
// is an error that names the place.
Result<BoundSymbols> bind_symbols(const Model& model, Inference& inference, const Bindings& given);

}  // namespace haoline
