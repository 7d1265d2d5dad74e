// The doors of DimPool: inline numbers are answered here, expressions by its inside.
#include "ir/dim.h"

#include <algorithm>

#include "ir/dim_pool.h"

namespace haoline {
namespace {

constexpr bool both_inline(Dim a, Dim b) {
  return ((a.bits() | b.bits()) & 3) == 0;
}
// The number of an inline Dim whose kind has just been checked.
constexpr std::int64_t value_of(Dim dim) {
  return static_cast<std::int64_t>(dim.bits()) >> 2;
}

}  // namespace

DimPool::DimPool() : impl_(std::make_unique<Impl>(nullptr)) {}
DimPool::DimPool(const DimPool* base) : impl_(std::make_unique<Impl>(base ? base->impl_.get() : nullptr)) {}
DimPool::~DimPool() = default;
DimPool::DimPool(DimPool&&) noexcept = default;
DimPool& DimPool::operator=(DimPool&&) noexcept = default;

Dim DimPool::number(Int128 value) {
  return impl_->number(value);
}

Dim DimPool::symbol(std::string_view name) {
  if (const auto found = impl_->find_symbol(name)) return impl_->dim_of_symbol(*found);
  Symbol made;
  made.name = std::string(name);
  return impl_->add_symbol(std::move(made));
}

Dim DimPool::symbol(Symbol symbol) {
  if (const auto found = impl_->find_symbol(symbol.name)) return impl_->dim_of_symbol(*found);
  return impl_->add_symbol(std::move(symbol));
}

Dim DimPool::data_symbol(std::string_view wanted, Dim upper_bound) {
  Symbol made;
  made.name = std::string(wanted);
  made.origin = SymbolOrigin::data;
  made.upper_bound = upper_bound;
  if (!upper_bound.is_unknown()) made.range.high = std::max<Int128>(0, range(upper_bound).high);
  if (impl_->find_symbol(made.name)) {
    std::uint32_t& suffix = impl_->next_suffix.emplace(made.name, 2).first->second;
    do {
      made.name = std::string(wanted) + "_" + std::to_string(suffix++);
    } while (impl_->find_symbol(made.name));
  }
  return impl_->add_symbol(std::move(made));
}

Dim DimPool::add(Dim a, Dim b) {
  if (both_inline(a, b)) [[likely]] {
    const std::int64_t total = value_of(a) + value_of(b);  // 62 bits each: no overflow
    return Dim::fits(total) ? Dim(total) : impl_->number(total);
  }
  if (a.is(0)) return b;
  return impl_->add(a, b, 1);
}

Dim DimPool::subtract(Dim a, Dim b) {
  if (both_inline(a, b)) [[likely]] {
    const std::int64_t total = value_of(a) - value_of(b);
    return Dim::fits(total) ? Dim(total) : impl_->number(total);
  }
  if (a == b && !a.is_unknown()) return 0;
  return impl_->add(a, b, -1);
}

Dim DimPool::negate(Dim a) {
  return subtract(0, a);
}

Dim DimPool::sum(std::span<const Dim> dims) {
  return impl_->sum(dims);
}

Dim DimPool::multiply(Dim a, Dim b) {
  if (both_inline(a, b)) [[likely]] {
    std::int64_t product;
    if (!__builtin_mul_overflow(value_of(a), value_of(b), &product) && Dim::fits(product))
      return Dim(product);
    return impl_->number(static_cast<Int128>(value_of(a)) * value_of(b));
  }
  return impl_->multiply(a, b);
}

Dim DimPool::floor_div(Dim a, Dim b) {
  if (b.is(0)) return Dim::unknown();
  if (both_inline(a, b)) [[likely]] {
    const std::int64_t x = value_of(a), y = value_of(b);
    const std::int64_t q = x / y;
    return impl_->number((x % y != 0 && ((x < 0) != (y < 0))) ? q - 1 : q);
  }
  return impl_->floor_div(a, b);
}

Dim DimPool::ceil_div(Dim a, Dim b) {
  if (a.is_unknown() || b.is_unknown() || b.is(0)) return Dim::unknown();
  // A divisor that cannot be negative is above 0, or there is nothing to divide.
  if (range(b).low >= 0) return floor_div(subtract(add(a, b), 1), b);
  return negate(floor_div(negate(a), b));
}

Dim DimPool::mod(Dim a, Dim b) {
  return subtract(a, multiply(b, floor_div(a, b)));
}

Dim DimPool::min(Dim a, Dim b) {
  if (both_inline(a, b)) [[likely]]
    return value_of(a) < value_of(b) ? a : b;
  return impl_->extreme(AtomKind::min, a, b);
}

Dim DimPool::max(Dim a, Dim b) {
  if (both_inline(a, b)) [[likely]]
    return value_of(a) > value_of(b) ? a : b;
  return impl_->extreme(AtomKind::max, a, b);
}

Dim DimPool::broadcast(Dim a, Dim b) {
  if (a == b || b.is(1)) return a;
  if (a.is(1)) return b;
  const auto number_a = constant(a), number_b = constant(b);
  if (number_a && number_b) return Dim::unknown();  // two different numbers: a contradiction
  if (number_a) return a;
  if (number_b) return b;
  if (a.is_unknown() || b.is_unknown()) return Dim::unknown();
  // An extent that is never 1 leaves the other nothing but 1 or itself.
  const bool a_wins = range(a).low > 1, b_wins = range(b).low > 1;
  if (a_wins && (!b_wins || a.bits() < b.bits())) return a;
  if (b_wins) return b;
  return max(a, b);
}

Dim DimPool::substitute(Dim dim, std::span<const std::pair<Dim, Dim>> symbol_to_value) {
  return symbol_to_value.empty() ? dim : impl_->substitute(dim, symbol_to_value);
}

std::optional<Int128> DimPool::constant(Dim dim) const {
  return impl_->constant(dim);
}
Range DimPool::range(Dim dim) const {
  return impl_->range_of(dim);
}

std::optional<bool> DimPool::less(Dim a, Dim b) const {
  const auto difference = impl_->difference_range(a, b);
  if (!difference) return std::nullopt;
  if (difference->low > 0) return true;
  if (difference->high <= 0) return false;
  return std::nullopt;
}

std::optional<bool> DimPool::equal(Dim a, Dim b) const {
  if (a.is_unknown() || b.is_unknown()) return std::nullopt;
  if (a == b) return true;
  const auto difference = impl_->difference_range(a, b);
  if (difference && (difference->low > 0 || difference->high < 0)) return false;
  return std::nullopt;
}

bool DimPool::is_symbol(Dim dim) const {
  return symbol_of(dim) != nullptr;
}

const Symbol* DimPool::symbol_of(Dim dim) const {
  const auto atom = impl_->bare_atom(dim);
  if (!atom || impl_->atom(*atom).kind != AtomKind::symbol) return nullptr;
  return &impl_->symbol_record(impl_->atom(*atom).symbol);
}

std::vector<Dim> DimPool::symbols_in(Dim dim) const {
  std::vector<std::uint32_t> found;
  impl_->collect_symbols(dim, found);
  std::sort(found.begin(), found.end(), [&](std::uint32_t a, std::uint32_t b) {
    return impl_->symbol_record(a).name < impl_->symbol_record(b).name;
  });
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::vector<Dim> symbols;
  for (const std::uint32_t index : found) symbols.push_back(impl_->dim_of_symbol(index));
  return symbols;
}

bool DimPool::depends_on_data(Dim dim) const {
  Term room;
  for (const Term& term : impl_->view(dim, room)) {
    for (const std::uint32_t atom : impl_->monomial(term.monomial).atoms) {
      if (impl_->atom(atom).on_data) return true;
    }
  }
  return false;
}

std::size_t DimPool::symbol_count() const {
  return impl_->symbol_total();
}
const Symbol& DimPool::symbol_at(std::size_t index) const {
  return impl_->symbol_record(static_cast<std::uint32_t>(index));
}

Dim DimPool::find_symbol(std::string_view name) const {
  const auto found = impl_->find_symbol(name);
  return found ? impl_->dim_of_symbol(*found) : Dim::unknown();
}

void DimPool::restrict(Dim symbol, Range range) {
  const auto atom = impl_->bare_atom(symbol);
  if (!atom || impl_->atom(*atom).kind != AtomKind::symbol) return;
  const std::uint32_t index = impl_->atom(*atom).symbol;
  Symbol* record = nullptr;
  if (index >= impl_->first_symbol) {
    record = &impl_->symbols[index - impl_->first_symbol];
  } else {
    record = &impl_->narrowed.try_emplace(index, impl_->symbol_record(index)).first->second;
  }
  record->range = intersect(record->range, range);
  impl_->memo.clear();  // what is proven may be more now
}

std::size_t DimPool::size() const {
  return impl_->first_polynomial + impl_->polynomials.size();
}

}  // namespace haoline
