// Numbers out of expressions: under bindings, at bounds, and with symbols replaced.
#include <algorithm>

#include "ir/dim_pool.h"

namespace haoline {

std::optional<Int128> DimPool::Impl::evaluate_atom(std::uint32_t index, const Bindings& bindings) const {
  const Atom& of = atom(index);
  if (of.kind == AtomKind::symbol) {
    const auto bound = bindings.find(symbol_record(of.symbol).name);
    if (bound == bindings.end()) return std::nullopt;
    return bound->second;
  }
  auto result = evaluate(of.operands[0], bindings);
  for (std::size_t i = 1; result && i < of.operands.size(); ++i) {
    const auto next = evaluate(of.operands[i], bindings);
    if (!next) return std::nullopt;
    if (of.kind == AtomKind::min) {
      result = std::min(*result, *next);
    } else if (of.kind == AtomKind::max) {
      result = std::max(*result, *next);
    } else {
      if (*next == 0 || (*next == -1 && *result == std::numeric_limits<Int128>::min())) return std::nullopt;
      result = haoline::floor_div(*result, *next);
    }
  }
  return result;
}

std::optional<Int128> DimPool::Impl::evaluate(Dim dim, const Bindings& bindings) const {
  if (dim.is_inline()) return dim.inline_value();
  if (dim.is_unknown()) return std::nullopt;
  Int128 total = 0;
  for (const Term& term : polynomial(dim.pool_index())) {
    std::optional<Int128> product = term.coefficient;
    for (const std::uint32_t i : monomial(term.monomial).atoms) {
      const auto factor = evaluate_atom(i, bindings);
      product = factor ? checked_mul(*product, *factor) : std::nullopt;
      if (!product) return std::nullopt;
    }
    const auto next = checked_add(total, *product);
    if (!next) return std::nullopt;
    total = *next;
  }
  return total;
}

Range DimPool::Impl::bound_atom(std::uint32_t index, const Bindings& bindings, int depth, bool& known) const {
  const Atom& of = atom(index);
  if (of.kind != AtomKind::symbol) {
    const Range first = bound(of.operands[0], bindings, depth, known);
    if (of.kind == AtomKind::floor_div)
      return floor_div_range(first, bound(of.operands[1], bindings, depth, known));
    Range joined = first;
    for (const Dim operand : of.operands.subspan(1)) {
      const Range next = bound(operand, bindings, depth, known);
      joined = of.kind == AtomKind::min
                   ? Range{std::min(joined.low, next.low), std::min(joined.high, next.high)}
                   : Range{std::max(joined.low, next.low), std::max(joined.high, next.high)};
    }
    return joined;
  }
  const Symbol& symbol = symbol_record(of.symbol);
  if (const auto given = bindings.find(symbol.name); given != bindings.end())
    return {given->second, given->second};
  if (symbol.origin != SymbolOrigin::data || depth == 0) {
    known = known && symbol.origin == SymbolOrigin::data;  // an unbound name has no largest value
    return symbol.range;
  }
  if (symbol.upper_bound.is_unknown()) return symbol.range;
  const Range limit = bound(symbol.upper_bound, bindings, depth - 1, known);
  return {symbol.range.low, std::min(symbol.range.high, limit.high)};
}

Range DimPool::Impl::bound(Dim dim, const Bindings& bindings, int depth, bool& known) const {
  if (dim.is_unknown()) {
    known = false;
    return {};
  }
  Term room;
  Range total{0, 0};
  for (const Term& term : view(dim, room)) {
    Range product{1, 1};
    for (const std::uint32_t i : monomial(term.monomial).atoms) {
      product = product * bound_atom(i, bindings, depth, known);
    }
    total = total + scaled(product, std::clamp(term.coefficient, -Range::kInfinity, Range::kInfinity));
  }
  return total;
}

std::optional<Int128> DimPool::evaluate(Dim dim, const Bindings& bindings) const {
  return impl_->evaluate(dim, bindings);
}

std::optional<Int128> DimPool::evaluate_bound(Dim dim, const Bindings& bindings) const {
  constexpr int kMaxBoundDepth = 8;  // bounds that mention data symbols with bounds of their own
  bool known = true;
  const Range range = impl_->bound(dim, bindings, kMaxBoundDepth, known);
  if (!known || !is_finite(range.high)) return std::nullopt;
  return range.high;
}

Dim DimPool::Impl::substitute_atom(std::uint32_t index,
                                   std::span<const std::pair<Dim, Dim>> symbol_to_value) {
  const Atom of = atom(index);
  if (of.kind == AtomKind::symbol) {
    const Dim self = dim_of_symbol(of.symbol);
    for (const auto& [symbol, value] : symbol_to_value) {
      if (symbol == self) return value;
    }
    return self;
  }
  Dim result = substitute(of.operands[0], symbol_to_value);
  for (const Dim operand : of.operands.subspan(1)) {
    const Dim next = substitute(operand, symbol_to_value);
    // A division by what has become 0 is unknown.
    if (of.kind == AtomKind::floor_div) {
      result = next.is(0) ? Dim::unknown()
               : next.is_inline() && result.is_inline()
                   ? number(haoline::floor_div(Int128{result.inline_value()}, next.inline_value()))
                   : floor_div(result, next);
    } else {
      result = extreme(of.kind, result, next);
    }
  }
  return result;
}

Dim DimPool::Impl::substitute(Dim dim, std::span<const std::pair<Dim, Dim>> symbol_to_value) {
  if (!dim.is_pooled()) return dim;
  Dim total = 0;
  for (const Term& term : polynomial(dim.pool_index())) {
    Dim product = number(term.coefficient);
    for (const std::uint32_t i : monomial(term.monomial).atoms) {
      product = multiply(product, substitute_atom(i, symbol_to_value));
    }
    total = add(total, product, 1);
  }
  return total;
}

void DimPool::Impl::collect_symbols(Dim dim, std::vector<std::uint32_t>& found) const {
  if (!dim.is_pooled()) return;
  for (const Term& term : polynomial(dim.pool_index())) {
    for (const std::uint32_t i : monomial(term.monomial).atoms) {
      const Atom& of = atom(i);
      if (of.kind == AtomKind::symbol) found.push_back(of.symbol);
      for (const Dim operand : of.operands) collect_symbols(operand, found);
    }
  }
}

}  // namespace haoline
