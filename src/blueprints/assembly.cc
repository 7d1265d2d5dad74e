#include "blueprints/assembly.h"

#include <algorithm>

namespace haoline::blueprints {

std::string_view module_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(0, dot);
}

Assembly::Assembly(Model& m, Weights& w, Emitter& e, const Family& f, BlueprintFacts& b)
    : model(m),
      weights(w),
      emit(e),
      family(&f),
      facts(b),
      ggml(m.architecture->naming == TensorNaming::ggml),
      config(*m.architecture),
      traits(f.traits),
      names(w,
            ggml      ? ggml_dialect()
            : f.slots ? f.slots()
                      : Dialect(),
            ggml ? Dialect() : f.first) {
  if (ggml) traits.transposed = false;
}

void Assembly::adopt(const Family& other) {
  family = &other;
  traits = other.traits;
  if (ggml) traits.transposed = false;
  names = Names(weights,
                ggml          ? ggml_dialect()
                : other.slots ? other.slots()
                              : Dialect(),
                ggml ? Dialect() : other.first);
  hidden = 0;
  expected_layers = -1;
  relative_bias = {};
}

bool Assembly::enter(Places places) {
  static constexpr Place kGgml{"", "", "blk."};
  for (const Place& place : ggml ? Places(&kGgml, 1) : places) {
    std::string prefix(place.above);
    prefix += place.root;
    prefix += place.layers;
    if (!weights.any_below(prefix + "0.")) continue;
    names.enter(place);
    layers_ = std::move(prefix);
    return true;
  }
  return false;
}

std::int64_t Assembly::count_layers() const {
  return weights.count_below(layers_);
}

void Assembly::enter_layer(std::int64_t index) {
  names.layer(layers_ + std::to_string(index) + ".");
}

void Assembly::read_sizes() {
  if (hidden == 0) hidden = config.integer(Key::hidden, 0);
  heads = config.integer(Key::heads, 0);
  head_size = config.integer(Key::head_size, 0);
  // Numbers that no model has are as good as none.
  constexpr std::int64_t kMost = 1 << 20;
  if (heads < 0 || heads > kMost) heads = 0;
  if (head_size < 0 || head_size > kMost) head_size = 0;
  if (hidden < 0 || hidden > kMost * 16) hidden = 0;
  if (head_size <= 0 && heads > 0 && hidden > 0) head_size = hidden / heads;
}

std::string_view Assembly::activation() const {
  return config.text(Key::activation, traits.activation);
}

void Assembly::assume(Message message) {
  Finding finding;
  finding.kind = FindingKind::assumed_architecture;
  finding.message = std::move(message);
  model.findings.push_back(std::move(finding));
}

void Assembly::missing(std::string_view what) {
  constexpr std::size_t kListed = 20;
  if (++missing_ > kListed) return;
  assume(Message("The architecture needs ").name(what).add(", which the file does not have; it is left out"));
}

void Assembly::keep(const CacheLayers& one) {
  for (CacheLayers& layers : facts.cache.layers) {
    CacheLayers same = one;
    same.layers = layers.layers;
    if (!(same == layers)) continue;
    ++layers.layers;
    return;
  }
  facts.cache.layers.push_back(one);
  facts.cache.layers.back().layers = 1;
}

// --- inputs

Dim Assembly::symbol(std::string_view name, std::int64_t otherwise) {
  bool known = false;
  for (const SymbolDefault& one : facts.defaults) known = known || one.symbol == name;
  if (!known) facts.defaults.push_back({emit.arena().text(name), otherwise, {}});
  return emit.symbol(name);
}

Dim Assembly::symbol_like(std::string_view name, std::string_view other) {
  facts.defaults.push_back({emit.arena().text(name), 0, emit.arena().text(other)});
  return emit.symbol(name);
}

Dim Assembly::past() {
  return symbol("past", 0);
}

TensorId Assembly::token_ids(std::string_view name, std::string_view length) {
  batch = emit.symbol("batch");
  tokens = emit.symbol(length);
  positions = {};
  return emit.input(name, DType::int64, {batch, tokens});
}

TensorId Assembly::position_ids() {
  if (!positions) positions = emit.input(label + "position_ids", DType::int64, {batch, tokens});
  return positions;
}

}  // namespace haoline::blueprints
