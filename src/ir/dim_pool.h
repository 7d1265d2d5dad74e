// The inside of a DimPool: polynomials over atoms, hash-consed on three levels (atoms, monomials,
// polynomials), each level continuing the numbering of the pool below it. Private to src/ir/dim_*.cc.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.h"
#include "base/index_table.h"
#include "base/small_vector.h"
#include "ir/dim.h"

namespace haoline {

// coefficient × monomial. Monomial 0 is the empty one, so its coefficient is the constant.
struct Term {
  Int128 coefficient;
  std::uint32_t monomial;
};
using Terms = SmallVector<Term, 6>;  // sorted by monomial, no zero coefficient, when a polynomial

enum class AtomKind : std::uint8_t { symbol, floor_div, min, max };

struct Atom {
  AtomKind kind = AtomKind::symbol;
  bool on_data = false;      // a data symbol occurs in it
  std::uint16_t depth = 0;   // nesting of operands: bounds every recursion
  std::uint32_t weight = 1;  // size as a tree: bounds every walk
  std::uint32_t symbol = 0;
  Range range;  // when it was made; later restrictions only narrow it
  std::span<const Dim> operands;
};

struct Monomial {
  std::span<const std::uint32_t> atoms;  // sorted, repeated for powers
  std::uint32_t weight = 0;
};

struct DimPool::Impl {
  explicit Impl(const Impl* below);

  static constexpr std::size_t kMaxPairs = 8192;        // terms × terms of one product
  static constexpr std::size_t kMaxDegree = 24;         // atoms of one monomial
  static constexpr std::uint32_t kMaxWeight = 4096;     // of one polynomial, as a tree
  static constexpr std::uint32_t kMaxAtomWeight = 256;  // of one division, minimum or maximum, as a tree
  static constexpr std::uint16_t kMaxDepth = 12;        // of nested operands
  static constexpr std::size_t kMaxOperands = 8;        // of one minimum or maximum
  static constexpr std::size_t kMaxRelaxed = 12;        // terms among which bounds look for cancellation
  static constexpr std::size_t kMaxStored = 4'000'000;  // terms of one pool: memory stays bounded

  // --- records, through the levels
  const Atom& atom(std::uint32_t i) const { return i < first_atom ? base->atom(i) : atoms[i - first_atom]; }
  const Monomial& monomial(std::uint32_t i) const {
    return i < first_monomial ? base->monomial(i) : monomials[i - first_monomial];
  }
  std::span<const Term> polynomial(std::uint32_t i) const {
    return i < first_polynomial ? base->polynomial(i) : polynomials[i - first_polynomial];
  }
  const Symbol& symbol_record(std::uint32_t i) const;
  std::uint32_t symbol_total() const { return first_symbol + static_cast<std::uint32_t>(symbols.size()); }
  // The terms of a known Dim; `room` holds the one of an inline number.
  std::span<const Term> view(Dim dim, Term& room) const;
  // The only atom of a Dim that is one bare atom.
  std::optional<std::uint32_t> bare_atom(Dim dim) const;
  std::optional<std::uint32_t> bare_atom(const Term& term) const;  // coefficient aside
  std::optional<Int128> constant(Dim dim) const;
  bool never_negative(std::uint32_t monomial) const;  // every atom is proven >= 0

  // --- interning
  Dim number(Int128 value);
  Dim intern(std::span<const Term> terms);  // sorted and without zeros
  std::optional<std::uint32_t> intern_monomial(std::span<const std::uint32_t> sorted_atoms);
  Dim intern_atom(AtomKind kind, std::span<const Dim> operands, Range range);
  Dim dim_of_atom(std::uint32_t atom);
  std::optional<std::uint32_t> find_symbol(std::string_view name) const;
  std::optional<std::uint32_t> find_polynomial(std::uint32_t hash, std::span<const Term> terms) const;
  std::optional<std::uint32_t> find_monomial(std::uint32_t hash, std::span<const std::uint32_t> wanted) const;
  std::optional<std::uint32_t> find_atom(std::uint32_t hash, AtomKind kind,
                                         std::span<const Dim> operands) const;
  Dim add_symbol(Symbol symbol);
  Dim dim_of_symbol(std::uint32_t symbol) const;

  // --- polynomial arithmetic (dim_arithmetic.cc). nullopt: overflow or too large.
  std::optional<Terms> merged(std::span<const Term> a, std::span<const Term> b, Int128 times_b) const;
  bool normalize(Terms& terms) const;  // sorts and joins equal monomials; false: overflow
  std::optional<std::uint32_t> times(std::uint32_t a, std::uint32_t b);
  std::optional<std::uint32_t> quotient(std::uint32_t a, std::uint32_t b);  // exact
  Dim add(Dim a, Dim b, Int128 times_b);
  Dim multiply(Dim a, Dim b);
  Dim sum(std::span<const Dim> dims);

  // --- division (dim_division.cc)
  Dim floor_div(Dim a, Dim b);
  Dim divide_by_number(Dim a, Int128 divisor);
  Dim divide_by_expression(Dim a, Dim b);
  std::optional<Dim> unnest(const Terms& rest, Int128 divisor);
  void cancel_common_factors(Terms& a, Terms& b);
  bool divide_long(const Terms& a, const Terms& b, Terms& whole, Terms& rest);
  std::optional<Dim> quotient_by_bounds(const Terms& rest, const Terms& b);
  bool monomial_less(std::uint32_t a, std::uint32_t b) const;  // graded lexicographic

  // --- order (dim_order.cc)
  Dim extreme(AtomKind kind, Dim a, Dim b);
  bool proven_at_most(Dim a, Dim b, int depth) const;
  Range range_of(Dim dim) const;
  Range range_of(std::span<const Term> terms, int effort) const;
  Range plain_range(std::span<const Term> terms) const;
  Range atom_range(std::uint32_t atom) const;
  Range floor_div_range(Range a, Range b) const;
  std::optional<Range> difference_range(Dim a, Dim b) const;  // of b - a
  void relax_floor_divisions(std::span<const Term> terms, Range& range) const;
  void relax_extremes(std::span<const Term> terms, int effort, Range& range) const;

  // --- evaluation (dim_evaluate.cc)
  std::optional<Int128> evaluate(Dim dim, const Bindings& bindings) const;
  std::optional<Int128> evaluate_atom(std::uint32_t atom, const Bindings& bindings) const;
  Range bound(Dim dim, const Bindings& bindings, int depth, bool& known) const;
  Range bound_atom(std::uint32_t atom, const Bindings& bindings, int depth, bool& known) const;
  Dim substitute(Dim dim, std::span<const std::pair<Dim, Dim>> symbol_to_value);
  Dim substitute_atom(std::uint32_t atom, std::span<const std::pair<Dim, Dim>> symbol_to_value);
  void collect_symbols(Dim dim, std::vector<std::uint32_t>& found) const;

  // --- recent results of operations on expressions
  enum class Memo : std::uint8_t { none, add, multiply, floor_div, min, max };
  struct Remembered {
    Dim a, b, result;
    Int128 times = 0;
    Memo operation = Memo::none;
  };
  Remembered& slot_for(Memo operation, Dim a, Dim b);

  const Impl* base;
  std::uint32_t first_atom = 0, first_monomial = 0, first_polynomial = 0, first_symbol = 0;
  Arena arena;
  std::vector<Atom> atoms;
  std::vector<Monomial> monomials;
  std::vector<std::span<const Term>> polynomials;
  std::deque<Symbol> symbols;
  std::vector<Dim> symbol_dims;
  std::unordered_map<std::string_view, std::uint32_t> symbol_by_name;
  std::map<std::uint32_t, Symbol> narrowed;  // symbols of the base, restricted here
  IndexTable atom_table, monomial_table, polynomial_table;
  std::unordered_map<std::string, std::uint32_t> next_suffix;  // of data symbols
  std::size_t stored_terms = 0;
  std::vector<Remembered> memo;
};

// --- interval arithmetic that saturates at the infinities of Range
Range operator+(const Range& a, const Range& b);
Range operator*(const Range& a, const Range& b);
Range scaled(const Range& range, Int128 factor);
inline Range intersect(const Range& a, const Range& b) {
  return {a.low > b.low ? a.low : b.low, a.high < b.high ? a.high : b.high};
}
inline Range hull(const Range& a, const Range& b) {
  return {a.low < b.low ? a.low : b.low, a.high > b.high ? a.high : b.high};
}
inline bool is_finite(Int128 value) {
  return value > -Range::kInfinity && value < Range::kInfinity;
}

// Identifiers of the formula grammar need no backquotes.
bool is_identifier(std::string_view name);

}  // namespace haoline
