// Dimensions and quantities: a number, an expression over named symbols, or unknown.
//
// A Dim is an 8-byte handle. Integers below 2^61 are inline; everything else is an expression in a
// DimPool, hash-consed in one canonical spelling, so that equal values of one pool are equal handles and
// `==` is the comparison. Expressions are polynomials with 128-bit coefficients over atoms; an atom is a
// symbol or a floor division, remainder, minimum or maximum that does not simplify. (Ceiling division
// enters as a floor division; the printer recovers it.)
//
// Unknown absorbs: whatever is computed from it is unknown, and so is a result beyond 128 bits or
// beyond kMaxTerms. Nothing ever turns into a silent 0 or 1. (0 times unknown is unknown, too: the
// unknown may be no number at all.)
//
// A model's pool is frozen once the reader returns. An analysis opens an overlay on it and returns the
// overlay with its result; handles of the base stay valid in the overlay. Nothing here is global or locked.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "base/result.h"

namespace haoline {

class DimPool;

class Dim {
 public:
  constexpr Dim() = default;  // unknown
  // Implicit, so that `Shape{1, 3, 224}` reads well. A number that does not fit inline is unknown:
  // numbers from a file go through DimPool::number instead.
  constexpr Dim(std::int64_t number)
      : bits_(fits(number) ? static_cast<std::uint64_t>(number) << 2 | kNumber : kUnknown) {}
  static constexpr Dim unknown() { return {}; }

  constexpr bool is_unknown() const { return bits_ == kUnknown; }
  constexpr bool is_inline() const { return (bits_ & 3) == kNumber; }
  constexpr bool is_pooled() const { return (bits_ & 3) == kPooled; }
  constexpr bool is(std::int64_t number) const { return is_inline() && inline_value() == number; }
  // The inline number. Pooled constants (beyond 2^61) are found by DimPool::constant.
  constexpr std::optional<std::int64_t> number() const {
    return is_inline() ? std::optional(inline_value()) : std::nullopt;
  }

  // Same handle. Two unknowns compare equal here; ask is_unknown() where that matters.
  friend constexpr bool operator==(Dim, Dim) = default;

  // For hashing and side tables.
  constexpr std::uint64_t bits() const { return bits_; }

  static constexpr bool fits(std::int64_t n) {
    return n >= -(std::int64_t{1} << 61) && n < (std::int64_t{1} << 61);
  }

 private:
  friend class DimPool;
  static constexpr std::uint64_t kNumber = 0, kPooled = 1, kUnknown = 2;
  constexpr std::int64_t inline_value() const { return static_cast<std::int64_t>(bits_) >> 2; }
  static constexpr Dim pooled(std::uint32_t index) {
    Dim dim;
    dim.bits_ = std::uint64_t{index} << 2 | kPooled;
    return dim;
  }
  constexpr std::uint32_t pool_index() const { return static_cast<std::uint32_t>(bits_ >> 2); }

  std::uint64_t bits_ = kUnknown;
};

// Proven bounds, both ends included; an open end is the extreme of 128 bits.
struct Range {
  static constexpr Int128 kInfinity = (static_cast<Int128>(std::numeric_limits<std::int64_t>::max()) << 62);
  Int128 low = -kInfinity;
  Int128 high = kInfinity;
  friend bool operator==(const Range&, const Range&) = default;
};

enum class SymbolOrigin : std::uint8_t {
  declared,  // the file's own name, or <input>_<axis>
  data,      // only the data decides (NonZero, NMS, trip counts): has an upper bound or none
  derived,   // invented by an analysis to stand for an expression that has no spelling
};

struct Symbol {
  std::string name;  // as the file spells it; may be no identifier
  SymbolOrigin origin = SymbolOrigin::declared;
  Range range{0, Range::kInfinity};
  Dim upper_bound;  // of a data symbol; unknown where there is none
};

using Bindings = std::map<std::string, std::int64_t, std::less<>>;  // {"batch": 8}

enum class Spelling : std::uint8_t {
  ascii,   // the grammar of report.md: "2*seq + 1", "ceildiv(h, 2)", "min(a, b)", "h // 2", "h % 2"
  people,  // "2·seq + 1", "⌈h/2⌉"
};

class DimPool {
 public:
  DimPool();
  explicit DimPool(const DimPool* base);  // an overlay; `base` is not changed and must outlive it
  ~DimPool();
  DimPool(DimPool&&) noexcept;
  DimPool& operator=(DimPool&&) noexcept;
  DimPool(const DimPool&) = delete;

  static constexpr std::size_t kMaxTerms = 512;  // of one expression; what is larger is unknown

  // --- making
  Dim number(Int128 value);  // any number: inline, pooled, or unknown when beyond 128 bits
  // The symbol of that name; made on first sight. A second call with the same name returns the same
  // symbol and leaves its origin and range alone.
  Dim symbol(std::string_view name);
  Dim symbol(Symbol symbol);
  // A fresh data symbol: `wanted` or `wanted_2`, `wanted_3` … when the name is taken.
  Dim data_symbol(std::string_view wanted, Dim upper_bound);

  Dim add(Dim a, Dim b);
  Dim subtract(Dim a, Dim b);
  Dim multiply(Dim a, Dim b);
  Dim negate(Dim a);
  // All of them added up at once: running totals that are expressions would each stay in the pool.
  Dim sum(std::span<const Dim> dims);
  Dim floor_div(Dim a, Dim b);  // rounds to minus infinity; unknown when b is 0
  Dim ceil_div(Dim a, Dim b);
  Dim mod(Dim a, Dim b);  // sign of the divisor; unknown when b is 0
  Dim min(Dim a, Dim b);
  Dim max(Dim a, Dim b);
  // (The largest 64-bit integer, which means "to the end", never wins a minimum.)
  // The extent two operands broadcast to (NumPy): 1 gives way, equal stays, a number above 1 wins over a
  // symbol (which then can only be 1 or that number). Two different symbols give max(a, b), which is exact
  // for every valid binding with extents above 0. Unknown only if a number cannot win over the unknown side.
  Dim broadcast(Dim a, Dim b);

  // Replaces symbols by expressions, all at once: used to bind before inferring.
  Dim substitute(Dim dim, std::span<const std::pair<Dim, Dim>> symbol_to_value);

  // --- asking
  std::optional<Int128> constant(Dim dim) const;  // a number, inline or pooled
  Range range(Dim dim) const;                     // proven bounds; everything for unknown
  // Proven order. nullopt: depends on the binding, or not provable by the bounds we track.
  std::optional<bool> less(Dim a, Dim b) const;
  std::optional<bool> equal(Dim a, Dim b) const;  // true: same handle; false: proven different
  bool is_symbol(Dim dim) const;                  // exactly one bare symbol
  const Symbol* symbol_of(Dim dim) const;         // that symbol, else null
  // Every symbol that occurs, each once, by name.
  std::vector<Dim> symbols_in(Dim dim) const;
  bool depends_on_data(Dim dim) const;  // some symbol in it has origin data

  // Unknown is nullopt, so is an unbound symbol, a division by 0 and an overflow.
  std::optional<Int128> evaluate(Dim dim, const Bindings& bindings) const;
  // The largest value over data symbols at their bounds, other symbols as bound. nullopt: no bound.
  std::optional<Int128> evaluate_bound(Dim dim, const Bindings& bindings) const;

  std::string to_string(Dim dim, Spelling spelling = Spelling::ascii) const;  // "?" for unknown
  // Reads the ascii grammar (docs/formulas.md has the EBNF). Unknown names become symbols.
  Result<Dim> parse(std::string_view text);

  // All symbols, base first, in order of creation.
  std::size_t symbol_count() const;
  const Symbol& symbol_at(std::size_t index) const;
  Dim find_symbol(std::string_view name) const;  // unknown when there is none
  // Narrows what is known of a symbol (an overlay keeps its own copy of the range).
  void restrict(Dim symbol, Range range);

  std::size_t size() const;  // expressions, base included

 private:
  friend class DimPrinter;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// An expression with its pool at hand, so that rules can be written as formulas:
//   const Expr out = (in + pads - kernel).floor_div(stride) + 1;
class Expr {
 public:
  Expr(Dim dim, DimPool& pool) : dim_(dim), pool_(&pool) {}
  operator Dim() const { return dim_; }
  Dim dim() const { return dim_; }
  bool is_unknown() const { return dim_.is_unknown(); }
  bool is(std::int64_t number) const { return dim_.is(number); }
  DimPool& pool() const { return *pool_; }

  friend Expr operator+(const Expr& a, const Expr& b) { return {a.pool_->add(a.dim_, b.dim_), *a.pool_}; }
  friend Expr operator-(const Expr& a, const Expr& b) {
    return {a.pool_->subtract(a.dim_, b.dim_), *a.pool_};
  }
  friend Expr operator*(const Expr& a, const Expr& b) {
    return {a.pool_->multiply(a.dim_, b.dim_), *a.pool_};
  }
  friend Expr operator+(const Expr& a, Dim b) { return {a.pool_->add(a.dim_, b), *a.pool_}; }
  friend Expr operator-(const Expr& a, Dim b) { return {a.pool_->subtract(a.dim_, b), *a.pool_}; }
  friend Expr operator*(const Expr& a, Dim b) { return {a.pool_->multiply(a.dim_, b), *a.pool_}; }
  friend Expr operator+(const Expr& a, std::int64_t b) { return a + Dim(b); }
  friend Expr operator-(const Expr& a, std::int64_t b) { return a - Dim(b); }
  friend Expr operator*(const Expr& a, std::int64_t b) { return a * Dim(b); }
  friend Expr operator-(std::int64_t a, const Expr& b) {
    return {b.pool_->subtract(Dim(a), b.dim_), *b.pool_};
  }
  friend Expr operator*(std::int64_t a, const Expr& b) { return b * Dim(a); }
  Expr& operator+=(Dim b) { return *this = *this + b; }
  Expr& operator*=(Dim b) { return *this = *this * b; }

  Expr floor_div(Dim b) const { return {pool_->floor_div(dim_, b), *pool_}; }
  Expr ceil_div(Dim b) const { return {pool_->ceil_div(dim_, b), *pool_}; }
  Expr mod(Dim b) const { return {pool_->mod(dim_, b), *pool_}; }
  Expr min(Dim b) const { return {pool_->min(dim_, b), *pool_}; }
  Expr max(Dim b) const { return {pool_->max(dim_, b), *pool_}; }

 private:
  Dim dim_;
  DimPool* pool_;
};

}  // namespace haoline
