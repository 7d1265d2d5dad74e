// Interning: every record once, through the levels of overlays.
#include <algorithm>

#include "ir/dim_pool.h"

namespace haoline {
namespace {

std::uint32_t mixed(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

std::uint32_t hash_terms(std::span<const Term> terms) {
  std::uint32_t hash = static_cast<std::uint32_t>(terms.size());
  for (const Term& term : terms) {
    hash = mixed(hash, static_cast<std::uint64_t>(term.coefficient));
    hash = mixed(hash,
                 static_cast<std::uint64_t>(term.coefficient >> 64) ^ (std::uint64_t{term.monomial} << 20));
  }
  return hash;
}

std::uint32_t hash_atoms(std::span<const std::uint32_t> atoms) {
  std::uint32_t hash = 7;
  for (const std::uint32_t atom : atoms) hash = mixed(hash, atom);
  return hash;
}

std::uint32_t hash_operands(AtomKind kind, std::span<const Dim> operands) {
  std::uint32_t hash = static_cast<std::uint32_t>(kind) + 11;
  for (const Dim dim : operands) hash = mixed(hash, dim.bits());
  return hash;
}

bool same_terms(std::span<const Term> a, std::span<const Term> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Term& x, const Term& y) {
    return x.coefficient == y.coefficient && x.monomial == y.monomial;
  });
}

}  // namespace

DimPool::Impl::Impl(const Impl* below) : base(below) {
  if (base) {
    first_atom = base->first_atom + static_cast<std::uint32_t>(base->atoms.size());
    first_monomial = base->first_monomial + static_cast<std::uint32_t>(base->monomials.size());
    first_polynomial = base->first_polynomial + static_cast<std::uint32_t>(base->polynomials.size());
    first_symbol = base->symbol_total();
  } else {
    monomials.push_back({});  // the empty monomial is number 0
    monomial_table.insert(hash_atoms({}), 0);
  }
}

const Symbol& DimPool::Impl::symbol_record(std::uint32_t i) const {
  if (i >= first_symbol) return symbols[i - first_symbol];
  const auto own = narrowed.find(i);
  return own != narrowed.end() ? own->second : base->symbol_record(i);
}

std::span<const Term> DimPool::Impl::view(Dim dim, Term& room) const {
  if (dim.is_pooled()) return polynomial(dim.pool_index());
  if (dim.is_unknown() || dim.inline_value() == 0) return {};
  room = {dim.inline_value(), 0};
  return {&room, 1};
}

std::optional<std::uint32_t> DimPool::Impl::bare_atom(const Term& term) const {
  const std::span<const std::uint32_t> of = monomial(term.monomial).atoms;
  return of.size() == 1 ? std::optional(of[0]) : std::nullopt;
}

std::optional<std::uint32_t> DimPool::Impl::bare_atom(Dim dim) const {
  if (!dim.is_pooled()) return std::nullopt;
  const std::span<const Term> terms = polynomial(dim.pool_index());
  if (terms.size() != 1 || terms[0].coefficient != 1) return std::nullopt;
  return bare_atom(terms[0]);
}

std::optional<Int128> DimPool::Impl::constant(Dim dim) const {
  if (dim.is_inline()) return dim.inline_value();
  if (!dim.is_pooled()) return std::nullopt;
  const std::span<const Term> terms = polynomial(dim.pool_index());
  if (terms.size() == 1 && terms[0].monomial == 0) return terms[0].coefficient;
  return std::nullopt;
}

Dim DimPool::Impl::number(Int128 value) {
  constexpr Int128 limit = Int128{1} << 61;
  if (value >= -limit && value < limit) return Dim(static_cast<std::int64_t>(value));
  const Term term{value, 0};
  return intern({&term, 1});
}

std::optional<std::uint32_t> DimPool::Impl::find_polynomial(std::uint32_t hash,
                                                            std::span<const Term> terms) const {
  for (const Impl* level = this; level; level = level->base) {
    const auto found = level->polynomial_table.find(
        hash, [&](std::uint32_t i) { return same_terms(level->polynomial(i), terms); });
    if (found) return found;
  }
  return std::nullopt;
}

Dim DimPool::Impl::intern(std::span<const Term> terms) {
  if (terms.empty()) return 0;
  if (terms.size() == 1 && terms[0].monomial == 0) {
    const Int128 value = terms[0].coefficient;
    if (value >= -(Int128{1} << 61) && value < (Int128{1} << 61))
      return Dim(static_cast<std::int64_t>(value));
  }
  const std::uint32_t hash = hash_terms(terms);
  if (const auto found = find_polynomial(hash, terms)) return Dim::pooled(*found);
  if (terms.size() > kMaxTerms || stored_terms + terms.size() > kMaxStored) return Dim::unknown();
  std::uint32_t weight = 0;
  for (const Term& term : terms) weight += 1 + monomial(term.monomial).weight;
  if (weight > kMaxWeight) return Dim::unknown();
  stored_terms += terms.size();
  polynomials.push_back(arena.copy(terms));
  const std::uint32_t index = first_polynomial + static_cast<std::uint32_t>(polynomials.size() - 1);
  polynomial_table.insert(hash, index);
  return Dim::pooled(index);
}

std::optional<std::uint32_t> DimPool::Impl::find_monomial(std::uint32_t hash,
                                                          std::span<const std::uint32_t> wanted) const {
  for (const Impl* level = this; level; level = level->base) {
    const auto found = level->monomial_table.find(hash, [&](std::uint32_t i) {
      const std::span<const std::uint32_t> there = level->monomial(i).atoms;
      return std::equal(there.begin(), there.end(), wanted.begin(), wanted.end());
    });
    if (found) return found;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> DimPool::Impl::intern_monomial(std::span<const std::uint32_t> sorted_atoms) {
  const std::uint32_t hash = hash_atoms(sorted_atoms);
  if (const auto found = find_monomial(hash, sorted_atoms)) return found;
  if (sorted_atoms.size() > kMaxDegree || stored_terms > kMaxStored) return std::nullopt;
  std::uint32_t weight = 0;
  for (const std::uint32_t i : sorted_atoms) weight += atom(i).weight;
  stored_terms += sorted_atoms.size();
  monomials.push_back({arena.copy(sorted_atoms), weight});
  const std::uint32_t index = first_monomial + static_cast<std::uint32_t>(monomials.size() - 1);
  monomial_table.insert(hash, index);
  return index;
}

std::optional<std::uint32_t> DimPool::Impl::find_atom(std::uint32_t hash, AtomKind kind,
                                                      std::span<const Dim> operands) const {
  for (const Impl* level = this; level; level = level->base) {
    const auto found = level->atom_table.find(hash, [&](std::uint32_t i) {
      const Atom& there = level->atom(i);
      return there.kind == kind &&
             std::equal(there.operands.begin(), there.operands.end(), operands.begin(), operands.end());
    });
    if (found) return found;
  }
  return std::nullopt;
}

Dim DimPool::Impl::dim_of_atom(std::uint32_t index) {
  const auto single = intern_monomial({&index, 1});
  if (!single) return Dim::unknown();
  const Term term{1, *single};
  return intern({&term, 1});
}

Dim DimPool::Impl::intern_atom(AtomKind kind, std::span<const Dim> operands, Range range) {
  const std::uint32_t hash = hash_operands(kind, operands);
  if (const auto found = find_atom(hash, kind, operands)) return dim_of_atom(*found);
  Atom made;
  made.kind = kind;
  made.range = range;
  for (const Dim operand : operands) {
    Term room;
    for (const Term& term : view(operand, room)) {
      const Monomial& factors = monomial(term.monomial);
      made.weight += 1 + factors.weight;
      for (const std::uint32_t i : factors.atoms) {
        const Atom& inner = atom(i);
        made.depth = std::max(made.depth, static_cast<std::uint16_t>(inner.depth + 1));
        made.on_data = made.on_data || inner.on_data;
      }
    }
  }
  if (made.depth > kMaxDepth || made.weight > kMaxAtomWeight || stored_terms > kMaxStored)
    return Dim::unknown();
  stored_terms += operands.size();
  made.operands = arena.copy(operands);
  atoms.push_back(made);
  const std::uint32_t index = first_atom + static_cast<std::uint32_t>(atoms.size() - 1);
  atom_table.insert(hash, index);
  return dim_of_atom(index);
}

std::optional<std::uint32_t> DimPool::Impl::find_symbol(std::string_view name) const {
  for (const Impl* level = this; level; level = level->base) {
    const auto found = level->symbol_by_name.find(name);
    if (found != level->symbol_by_name.end()) return found->second;
  }
  return std::nullopt;
}

Dim DimPool::Impl::dim_of_symbol(std::uint32_t symbol) const {
  return symbol >= first_symbol ? symbol_dims[symbol - first_symbol] : base->dim_of_symbol(symbol);
}

Dim DimPool::Impl::add_symbol(Symbol symbol) {
  const std::uint32_t index = symbol_total();
  Atom made;
  made.symbol = index;
  made.on_data = symbol.origin == SymbolOrigin::data;
  made.range = symbol.range;
  symbols.push_back(std::move(symbol));
  symbol_by_name.emplace(symbols.back().name, index);
  atoms.push_back(made);
  symbol_dims.push_back(dim_of_atom(first_atom + static_cast<std::uint32_t>(atoms.size() - 1)));
  return symbol_dims.back();
}

DimPool::Impl::Remembered& DimPool::Impl::slot_for(Memo operation, Dim a, Dim b) {
  constexpr std::size_t kSlots = 2048;
  if (memo.empty()) memo.resize(kSlots);
  return memo[mixed(mixed(static_cast<std::uint64_t>(operation), a.bits()), b.bits()) % kSlots];
}

}  // namespace haoline
