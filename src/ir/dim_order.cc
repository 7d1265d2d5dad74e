// What can be proven about size: intervals, and minima and maxima that they decide.
#include <algorithm>

#include "ir/dim_pool.h"

namespace haoline {
namespace {

constexpr Int128 kInfinity = Range::kInfinity;

Int128 saturated(Int128 value) {
  return std::clamp(value, -kInfinity, kInfinity);
}

Int128 saturated_product(Int128 a, Int128 b) {
  if (a == 0 || b == 0) return 0;
  const auto product = checked_mul(a, b);
  if (product) return saturated(*product);
  return (a < 0) == (b < 0) ? kInfinity : -kInfinity;
}

// Infinities of one sign meet; of two signs only where the caller joins a lower with an upper end, never.
Int128 saturated_sum(Int128 a, Int128 b, Int128 open) {
  if (!is_finite(a) || !is_finite(b)) return open;
  return saturated(a + b);
}

}  // namespace

Range operator+(const Range& a, const Range& b) {
  return {saturated_sum(a.low, b.low, -kInfinity), saturated_sum(a.high, b.high, kInfinity)};
}

Range operator*(const Range& a, const Range& b) {
  const auto [low, high] = std::minmax({saturated_product(a.low, b.low), saturated_product(a.low, b.high),
                                        saturated_product(a.high, b.low), saturated_product(a.high, b.high)});
  return {low, high};
}

Range scaled(const Range& range, Int128 factor) {
  return range * Range{factor, factor};
}

Range DimPool::Impl::atom_range(std::uint32_t index) const {
  const Atom& of = atom(index);
  return of.kind == AtomKind::symbol ? symbol_record(of.symbol).range : of.range;
}

Range DimPool::Impl::plain_range(std::span<const Term> terms) const {
  Range total{0, 0};
  for (const Term& term : terms) {
    Range product{1, 1};
    for (const std::uint32_t i : monomial(term.monomial).atoms) product = product * atom_range(i);
    total = total + scaled(product, saturated(term.coefficient));
  }
  return total;
}

// Every bare p // c lies in [(p - c + 1) / c, p / c]: put that in and see whether p cancels against other
// terms.
void DimPool::Impl::relax_floor_divisions(std::span<const Term> terms, Range& range) const {
  constexpr Int128 kMaxScale = Int128{1} << 40;
  const auto divisor_of = [&](const Term& term) -> Int128 {
    const auto index = bare_atom(term);
    if (!index || atom(*index).kind != AtomKind::floor_div) return 0;
    return constant(atom(*index).operands[1]).value_or(0);
  };
  Int128 scale = 1;
  for (const Term& term : terms) {
    const Int128 divisor = divisor_of(term);
    if (divisor == 0) continue;
    if (divisor > kMaxScale || scale > kMaxScale) return;
    if (scale % divisor != 0) scale *= divisor;
  }
  if (scale == 1) return;
  Terms joined;
  Range slack{0, 0};
  for (const Term& term : terms) {
    const Int128 divisor = divisor_of(term);
    std::optional<Terms> next;
    if (divisor == 0) {
      next = merged(joined, {&term, 1}, scale);
    } else {
      const auto factor = checked_mul(term.coefficient, scale / divisor);
      if (!factor) return;
      Term room;
      next = merged(joined, view(atom(*bare_atom(term)).operands[0], room), *factor);
      slack = slack + scaled({0, divisor - 1}, saturated(-*factor));
    }
    if (!next) return;
    joined = std::move(*next);
  }
  const Range relaxed = plain_range(joined) + slack;
  if (is_finite(relaxed.low)) range.low = std::max(range.low, -haoline::floor_div(-relaxed.low, scale));
  if (is_finite(relaxed.high)) range.high = std::min(range.high, haoline::floor_div(relaxed.high, scale));
}

// A minimum or maximum equals one of its operands and is on one side of all of them.
void DimPool::Impl::relax_extremes(std::span<const Term> terms, int effort, Range& range) const {
  for (const Term& term : terms) {
    const auto index = bare_atom(term);
    if (!index || (atom(*index).kind != AtomKind::min && atom(*index).kind != AtomKind::max)) continue;
    const auto others = merged(terms, {&term, 1}, -1);
    if (!others) return;
    Range all{kInfinity, -kInfinity};
    Range side;
    const bool above = (atom(*index).kind == AtomKind::max) == (term.coefficient > 0);
    for (const Dim operand : atom(*index).operands) {
      Term room;
      const auto replaced = merged(*others, view(operand, room), term.coefficient);
      if (!replaced) return;
      const Range one = range_of(*replaced, effort - 1);
      all = hull(all, one);
      side = intersect(side, above ? Range{one.low, kInfinity} : Range{-kInfinity, one.high});
    }
    range = intersect(range, intersect(all, side));
  }
}

Range DimPool::Impl::range_of(std::span<const Term> terms, int effort) const {
  Range range = plain_range(terms);
  if (terms.size() < 2 || terms.size() > kMaxRelaxed || effort == 0) return range;
  relax_floor_divisions(terms, range);
  relax_extremes(terms, effort, range);
  return range;
}

Range DimPool::Impl::range_of(Dim dim) const {
  if (dim.is_unknown()) return {};
  Term room;
  return range_of(view(dim, room), 2);
}

Range DimPool::Impl::floor_div_range(Range a, Range b) const {
  if (b.low < 0) return {};
  // It divides, so it is at least 1. The quotient shrinks towards 0 (or -1) as the divisor grows.
  const Int128 least = std::max<Int128>(b.low, 1);
  const Int128 most = std::max(b.high, least);
  const auto divided = [](Int128 x, Int128 by) { return is_finite(x) ? haoline::floor_div(x, by) : x; };
  return {divided(a.low, a.low >= 0 ? most : least), divided(a.high, a.high >= 0 ? least : most)};
}

std::optional<Range> DimPool::Impl::difference_range(Dim a, Dim b) const {
  if (a.is_unknown() || b.is_unknown()) return std::nullopt;
  Term room_a, room_b;
  const auto terms = merged(view(b, room_b), view(a, room_a), -1);
  if (!terms) return std::nullopt;
  return range_of(*terms, 2);
}

bool DimPool::Impl::proven_at_most(Dim a, Dim b, int depth) const {
  if (a == b) return true;
  // "To the end" is spelled as the largest 64-bit integer; an extent is never above it.
  const auto limit = constant(b);
  if (limit && *limit >= std::numeric_limits<std::int64_t>::max() && !constant(a)) return true;
  const auto difference = difference_range(a, b);
  if (difference && difference->low >= 0) return true;
  if (depth == 0) return false;
  const auto operands_of = [&](Dim dim, AtomKind kind) -> std::span<const Dim> {
    const auto index = bare_atom(dim);
    return index && atom(*index).kind == kind ? atom(*index).operands : std::span<const Dim>();
  };
  const auto some = [](std::span<const Dim> dims, auto holds) {
    return std::any_of(dims.begin(), dims.end(), holds);
  };
  const auto every = [](std::span<const Dim> dims, auto holds) {
    return !dims.empty() && std::all_of(dims.begin(), dims.end(), holds);
  };
  const auto below_b = [&](Dim dim) { return proven_at_most(dim, b, depth - 1); };
  const auto above_a = [&](Dim dim) { return proven_at_most(a, dim, depth - 1); };
  return some(operands_of(b, AtomKind::max), above_a) || some(operands_of(a, AtomKind::min), below_b) ||
         every(operands_of(a, AtomKind::max), below_b) || every(operands_of(b, AtomKind::min), above_a);
}

Dim DimPool::Impl::extreme(AtomKind kind, Dim a, Dim b) {
  if (a.is_unknown() || b.is_unknown()) return Dim::unknown();
  if (a == b) return a;
  if (a.bits() > b.bits()) std::swap(a, b);
  const Memo operation = kind == AtomKind::min ? Memo::min : Memo::max;
  Remembered& known = slot_for(operation, a, b);
  if (known.operation == operation && known.a == a && known.b == b) return known.result;
  SmallVector<Dim, 8> operands;
  for (const Dim side : {a, b}) {
    const auto index = bare_atom(side);
    if (index && atom(*index).kind == kind) {
      for (const Dim inner : atom(*index).operands) operands.push_back(inner);
    } else {
      operands.push_back(side);
    }
  }
  std::sort(operands.begin(), operands.end(), [](Dim x, Dim y) { return x.bits() < y.bits(); });
  SmallVector<Dim, 8> kept;
  for (const Dim candidate : operands) {
    const auto loses_to = [&](Dim other) {
      return kind == AtomKind::min ? proven_at_most(other, candidate, 2)
                                   : proven_at_most(candidate, other, 2);
    };
    if (std::any_of(kept.begin(), kept.end(), loses_to)) continue;
    for (std::size_t i = kept.size(); i-- > 0;) {
      const Dim other = kept[i];
      const bool beaten =
          kind == AtomKind::min ? proven_at_most(candidate, other, 2) : proven_at_most(other, candidate, 2);
      if (beaten) kept.erase(i);
    }
    kept.push_back(candidate);
  }
  Dim result = Dim::unknown();
  if (kept.size() == 1) {
    result = kept[0];
  } else if (kept.size() <= kMaxOperands) {
    Range range = range_of(kept[0]);
    for (const Dim dim : kept) {
      const Range one = range_of(dim);
      range = kind == AtomKind::min ? Range{std::min(range.low, one.low), std::min(range.high, one.high)}
                                    : Range{std::max(range.low, one.low), std::max(range.high, one.high)};
    }
    result = intern_atom(kind, kept, range);
  }
  slot_for(operation, a, b) = {a, b, result, 0, operation};
  return result;
}

}  // namespace haoline
