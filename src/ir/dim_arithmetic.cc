// Sums and products of polynomials.
#include <algorithm>

#include "ir/dim_pool.h"

namespace haoline {

std::optional<Terms> DimPool::Impl::merged(std::span<const Term> a, std::span<const Term> b,
                                           Int128 times_b) const {
  Terms out;
  auto at_a = a.begin();
  auto at_b = b.begin();
  while (at_a != a.end() || at_b != b.end()) {
    if (at_b == b.end() || (at_a != a.end() && at_a->monomial < at_b->monomial)) {
      out.push_back(*at_a++);
      continue;
    }
    std::optional<Int128> coefficient = checked_mul(at_b->coefficient, times_b);
    if (!coefficient) return std::nullopt;
    const std::uint32_t monomial = at_b->monomial;
    if (at_a != a.end() && at_a->monomial == monomial) {
      coefficient = checked_add(at_a->coefficient, *coefficient);
      if (!coefficient) return std::nullopt;
      ++at_a;
    }
    ++at_b;
    if (*coefficient != 0) out.push_back({*coefficient, monomial});
  }
  return out;
}

bool DimPool::Impl::normalize(Terms& terms) const {
  std::sort(terms.begin(), terms.end(), [](const Term& a, const Term& b) { return a.monomial < b.monomial; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < terms.size();) {
    Term joined = terms[i++];
    for (; i < terms.size() && terms[i].monomial == joined.monomial; ++i) {
      const auto total = checked_add(joined.coefficient, terms[i].coefficient);
      if (!total) return false;
      joined.coefficient = *total;
    }
    if (joined.coefficient != 0) terms[kept++] = joined;
  }
  terms.resize(kept);
  return true;
}

std::optional<std::uint32_t> DimPool::Impl::times(std::uint32_t a, std::uint32_t b) {
  if (a == 0) return b;
  if (b == 0) return a;
  const std::span<const std::uint32_t> left = monomial(a).atoms;
  const std::span<const std::uint32_t> right = monomial(b).atoms;
  if (left.size() + right.size() > kMaxDegree) return std::nullopt;
  std::array<std::uint32_t, kMaxDegree> joined;
  const auto end = std::merge(left.begin(), left.end(), right.begin(), right.end(), joined.begin());
  return intern_monomial({joined.data(), static_cast<std::size_t>(end - joined.begin())});
}

Dim DimPool::Impl::add(Dim a, Dim b, Int128 times_b) {
  if (a.is_unknown() || b.is_unknown()) return Dim::unknown();
  if (b.is(0)) return a;
  Remembered& known = slot_for(Memo::add, a, b);
  if (known.operation == Memo::add && known.a == a && known.b == b && known.times == times_b)
    return known.result;
  Term room_a, room_b;
  const auto terms = merged(view(a, room_a), view(b, room_b), times_b);
  const Dim result = terms ? intern(*terms) : Dim::unknown();
  known = {a, b, result, times_b, Memo::add};
  return result;
}

Dim DimPool::Impl::multiply(Dim a, Dim b) {
  if (a.is_unknown() || b.is_unknown()) return Dim::unknown();
  if (a.is(0) || b.is(0)) return 0;
  if (a.is(1)) return b;
  if (b.is(1)) return a;
  if (a.bits() > b.bits()) std::swap(a, b);
  Remembered& known = slot_for(Memo::multiply, a, b);
  if (known.operation == Memo::multiply && known.a == a && known.b == b) return known.result;
  Term room_a, room_b;
  const std::span<const Term> left = view(a, room_a);
  const std::span<const Term> right = view(b, room_b);
  Dim result = Dim::unknown();
  if (left.size() * right.size() <= kMaxPairs) {
    Terms product;
    bool fits = true;
    for (const Term& x : left) {
      for (const Term& y : right) {
        const auto coefficient = checked_mul(x.coefficient, y.coefficient);
        const auto monomial = coefficient ? times(x.monomial, y.monomial) : std::nullopt;
        if (!monomial) {
          fits = false;
          break;
        }
        product.push_back({*coefficient, *monomial});
      }
      if (!fits) break;
    }
    if (fits && normalize(product)) result = intern(product);
  }
  slot_for(Memo::multiply, a, b) = {a, b, result, 0, Memo::multiply};
  return result;
}

Dim DimPool::Impl::sum(std::span<const Dim> dims) {
  Int128 number_part = 0;
  std::vector<Dim> expressions;
  for (const Dim dim : dims) {
    if (dim.is_unknown()) return Dim::unknown();
    if (dim.is_inline()) {  // 2^61 each: 2^66 of them would be needed to overflow
      number_part += dim.inline_value();
    } else {
      expressions.push_back(dim);
    }
  }
  if (expressions.empty()) return number(number_part);
  // Equal expressions are equal handles: count them first, then add each once.
  std::sort(expressions.begin(), expressions.end(), [](Dim a, Dim b) { return a.bits() < b.bits(); });
  Terms total;
  if (number_part != 0) total.push_back({number_part, 0});
  for (std::size_t i = 0; i < expressions.size();) {
    const Dim dim = expressions[i];
    Int128 count = 0;
    for (; i < expressions.size() && expressions[i] == dim; ++i) ++count;
    Term room;
    auto next = merged(total, view(dim, room), count);
    if (!next || next->size() > kMaxTerms) return Dim::unknown();
    total = std::move(*next);
  }
  return intern(total);
}

}  // namespace haoline
