// Floor division in canonical form. What divides leaves as a polynomial, coefficients of the rest lie in
// [0, divisor), nested divisions by numbers are one, and common factors are gone:
//   (64*b + r) // 8 = 8*b + r // 8      ((h - 1) // 2) // 2 = (h - 1) // 4      (a*b*768) // (a*12) = 64*b
// A remainder has no form of its own: a % b is a - b*(a // b); the printer recognises it.
#include <algorithm>
#include <numeric>

#include "ir/dim_pool.h"

namespace haoline {
namespace {

Int128 magnitude(Int128 value) {
  return value < 0 ? -value : value;
}

// gcd(0, x) = |x|. Negative extremes of 128 bits do not occur: callers pass coefficients below 2^126.
Int128 gcd(Int128 a, Int128 b) {
  a = magnitude(a);
  b = magnitude(b);
  while (b != 0) {
    const Int128 rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

constexpr Int128 kSafe = Int128{1} << 126;
bool is_safe(std::span<const Term> terms) {
  return std::all_of(terms.begin(), terms.end(),
                     [](const Term& t) { return t.coefficient > -kSafe && t.coefficient < kSafe; });
}

Int128 content(std::span<const Term> terms, Int128 start = 0) {
  Int128 common = start;
  for (const Term& term : terms) {
    if (common == 1) break;
    common = gcd(common, term.coefficient);
  }
  return common;
}

Terms copied(std::span<const Term> terms) {
  return Terms(terms);
}

}  // namespace

bool DimPool::Impl::never_negative(std::uint32_t index) const {
  const std::span<const std::uint32_t> factors = monomial(index).atoms;
  return std::all_of(factors.begin(), factors.end(), [&](std::uint32_t i) { return atom_range(i).low >= 0; });
}

std::optional<std::uint32_t> DimPool::Impl::quotient(std::uint32_t a, std::uint32_t b) {
  if (b == 0) return a;
  const std::span<const std::uint32_t> whole = monomial(a).atoms;
  const std::span<const std::uint32_t> part = monomial(b).atoms;
  if (!std::includes(whole.begin(), whole.end(), part.begin(), part.end())) return std::nullopt;
  std::array<std::uint32_t, kMaxDegree> left;
  const auto end = std::set_difference(whole.begin(), whole.end(), part.begin(), part.end(), left.begin());
  return intern_monomial({left.data(), static_cast<std::size_t>(end - left.begin())});
}

Dim DimPool::Impl::floor_div(Dim a, Dim b) {
  if (a.is_unknown() || b.is_unknown()) return Dim::unknown();
  if (b.is(1)) return a;
  if (a.is(0)) return 0;
  if (a == b) return 1;
  {
    const Remembered& known = slot_for(Memo::floor_div, a, b);
    if (known.operation == Memo::floor_div && known.a == a && known.b == b) return known.result;
  }
  Term room_a, room_b;
  Dim result = Dim::unknown();
  if (is_safe(view(a, room_a)) && is_safe(view(b, room_b))) {
    const auto divisor = constant(b);
    result = divisor ? divide_by_number(a, *divisor) : divide_by_expression(a, b);
  }
  slot_for(Memo::floor_div, a, b) = {a, b, result, 0, Memo::floor_div};
  return result;
}

// floor((R + p // d) / c) = floor((d*R + p) / (d*c)), as R is an integer.
std::optional<Dim> DimPool::Impl::unnest(const Terms& rest, Int128 divisor) {
  const Term* nested = nullptr;
  for (const Term& term : rest) {
    const auto index = term.coefficient == 1 ? bare_atom(term) : std::nullopt;
    if (!index || atom(*index).kind != AtomKind::floor_div || !constant(atom(*index).operands[1])) continue;
    if (nested) return std::nullopt;  // no reason to prefer one of two
    nested = &term;
  }
  if (!nested) return std::nullopt;
  const Atom& inner = atom(*bare_atom(*nested));
  const Dim dividend = inner.operands[0];
  const Int128 inner_divisor = *constant(inner.operands[1]);
  const auto product = checked_mul(divisor, inner_divisor);
  if (!product || *product >= kSafe) return std::nullopt;
  const auto others = merged(rest, {nested, 1}, -1);
  Term room;
  const auto joined = others ? merged(view(dividend, room), *others, inner_divisor) : std::nullopt;
  if (!joined) return std::nullopt;
  return floor_div(intern(*joined), number(*product));
}

Dim DimPool::Impl::divide_by_number(Dim a, Int128 divisor) {
  if (const auto value = constant(a)) return number(haoline::floor_div(*value, divisor));
  Term room;
  Terms given = copied(view(a, room));
  if (divisor < 0) {
    divisor = -divisor;
    for (Term& term : given) term.coefficient = -term.coefficient;
  }
  Terms whole, rest;
  for (const Term& term : given) {
    const Int128 q = haoline::floor_div(term.coefficient, divisor);
    const Int128 left = term.coefficient - q * divisor;
    if (q != 0) whole.push_back({q, term.monomial});
    if (left != 0) rest.push_back({left, term.monomial});
  }
  const Int128 common =
      content({rest.begin() + (rest.empty() || rest[0].monomial != 0 ? 0 : 1), rest.end()}, divisor);
  if (common > 1) {
    divisor /= common;
    for (Term& term : rest) term.coefficient /= common;  // floors the constant, divides the others exactly
    if (!rest.empty() && rest[0].coefficient == 0) rest.erase(0);
  }
  const Dim outside = intern(whole);
  if (divisor == 1) return add(outside, intern(rest), 1);
  const Range bounds = range_of(rest, 2);
  if (is_finite(bounds.low) && is_finite(bounds.high)) {
    const Int128 low = haoline::floor_div(bounds.low, divisor);
    if (low == haoline::floor_div(bounds.high, divisor)) return add(outside, number(low), 1);
  }
  if (const auto flat = unnest(rest, divisor)) return add(outside, *flat, 1);
  const std::array<Dim, 2> operands{intern(rest), number(divisor)};
  if (operands[0].is_unknown()) return Dim::unknown();
  const Range range = floor_div_range(bounds, {divisor, divisor});
  return add(outside, intern_atom(AtomKind::floor_div, operands, range), 1);
}

// Divides both by the number and the factors that every term of both has. The factors are taken to be above
// 0: they divide something.
void DimPool::Impl::cancel_common_factors(Terms& a, Terms& b) {
  const Int128 common = content(b, content(a));
  std::vector<std::uint32_t> shared;
  bool first = true;
  const auto narrow = [&](const Terms& terms) {
    for (const Term& term : terms) {
      const std::span<const std::uint32_t> factors = monomial(term.monomial).atoms;
      if (first) {
        shared.assign(factors.begin(), factors.end());
        first = false;
        continue;
      }
      std::vector<std::uint32_t> both;
      std::set_intersection(shared.begin(), shared.end(), factors.begin(), factors.end(),
                            std::back_inserter(both));
      shared = std::move(both);
      if (shared.empty()) return;
    }
  };
  narrow(b);
  narrow(a);
  std::erase_if(shared, [&](std::uint32_t i) { return atom_range(i).low < 0; });
  const auto factor = intern_monomial(shared);
  for (Terms* terms : {&a, &b}) {
    for (Term& term : *terms) {
      if (common > 1) term.coefficient /= common;
      if (factor) term.monomial = quotient(term.monomial, *factor).value_or(term.monomial);
    }
    normalize(*terms);
  }
}

bool DimPool::Impl::monomial_less(std::uint32_t a, std::uint32_t b) const {
  const std::span<const std::uint32_t> x = monomial(a).atoms, y = monomial(b).atoms;
  if (x.size() != y.size()) return x.size() < y.size();
  // The lower atom where they first differ means the higher power of it.
  return std::lexicographical_compare(y.begin(), y.end(), x.begin(), x.end());
}

// a = b*whole + rest, no term of the rest being divisible by the leading one of b: the remainder of long
// division, which is unique, so that (a + b - 1) // b and (a - 1) // b + 1 are the same. False: too long to
// be worth it.
bool DimPool::Impl::divide_long(const Terms& a, const Terms& b, Terms& whole, Terms& rest) {
  constexpr std::size_t kMaxSteps = 64;
  const auto below = [&](const Term& x, const Term& y) { return monomial_less(x.monomial, y.monomial); };
  const Term divisor = *std::max_element(b.begin(), b.end(), below);
  rest = a;
  for (std::size_t step = 0; step < kMaxSteps; ++step) {
    std::optional<Term> part;
    const Term* top = nullptr;
    for (const Term& term : rest) {
      if (top && !below(*top, term)) continue;
      const Int128 q = haoline::floor_div(term.coefficient, divisor.coefficient);
      const auto monomial = q != 0 ? quotient(term.monomial, divisor.monomial) : std::nullopt;
      if (!monomial) continue;
      top = &term;
      part = Term{q, *monomial};
    }
    if (!part) return normalize(whole);
    whole.push_back(*part);
    Terms product;
    for (const Term& term : b) {
      const auto joined = times(term.monomial, part->monomial);
      const auto coefficient = checked_mul(term.coefficient, part->coefficient);
      if (!joined || !coefficient) return false;
      product.push_back({*coefficient, *joined});
    }
    if (!normalize(product)) return false;
    auto left = merged(rest, product, -1);
    if (!left || left->size() > kMaxTerms || !is_safe(*left)) return false;
    rest = std::move(*left);
  }
  return false;
}

// The quotient where the bounds leave only one: 0 <= rest < b, or -b <= rest < 0.
std::optional<Dim> DimPool::Impl::quotient_by_bounds(const Terms& rest, const Terms& b) {
  const Range divisor = range_of(b, 2);
  if (divisor.low < 0) return std::nullopt;
  const Int128 least = std::max<Int128>(divisor.low, 1);  // it divides, so it is not 0
  const Range dividend = range_of(rest, 2);
  if (dividend.low >= 0) {
    if (dividend.high < least) return Dim(0);
    const auto gap = merged(b, rest, -1);
    if (gap && range_of(*gap, 2).low >= 1) return Dim(0);
  } else if (dividend.high < 0) {
    if (dividend.low >= -least) return Dim(-1);
    const auto gap = merged(b, rest, 1);
    if (gap && range_of(*gap, 2).low >= 0) return Dim(-1);
  }
  return std::nullopt;
}

Dim DimPool::Impl::divide_by_expression(Dim a, Dim b) {
  Term room_a, room_b;
  Terms dividend = copied(view(a, room_a));
  Terms divisor = copied(view(b, room_b));
  cancel_common_factors(dividend, divisor);
  const Term leading = *std::max_element(divisor.begin(), divisor.end(), [&](const Term& x, const Term& y) {
    return monomial_less(x.monomial, y.monomial);
  });
  if (leading.coefficient < 0) {
    for (Term& term : dividend) term.coefficient = -term.coefficient;
    for (Term& term : divisor) term.coefficient = -term.coefficient;
  }
  if (divisor.size() == 1 && divisor[0].monomial == 0) {
    return floor_div(intern(dividend), number(divisor[0].coefficient));
  }
  Terms whole, rest;
  if (divide_long(dividend, divisor, whole, rest) && !whole.empty()) {
    return add(intern(whole), floor_div(intern(rest), intern(divisor)), 1);
  }
  if (const auto bounded = quotient_by_bounds(dividend, divisor)) return *bounded;
  const Dim top = intern(dividend), bottom = intern(divisor);
  if (top.is_unknown() || bottom.is_unknown()) return Dim::unknown();
  if (const auto inner = bare_atom(top); inner && atom(*inner).kind == AtomKind::floor_div) {
    const Dim first = atom(*inner).operands[0], second = atom(*inner).operands[1];
    if (range_of(second).low >= 0 && range_of(bottom).low >= 0)
      return floor_div(first, multiply(second, bottom));
  }
  const std::array<Dim, 2> operands{top, bottom};
  const Range range = floor_div_range(range_of(top), range_of(bottom));
  return intern_atom(AtomKind::floor_div, operands, range);
}

}  // namespace haoline
