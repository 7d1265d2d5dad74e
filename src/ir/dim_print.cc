// Expressions as text. One canonical spelling: highest degree first, the constant last, products and
// equal degrees in alphabetical order; ceiling divisions and remainders are recognised.
#include <algorithm>
#include <cctype>

#include "ir/dim_pool.h"

namespace haoline {
namespace {

bool is_reserved(std::string_view name) {
  return name == "min" || name == "max" || name == "ceildiv";
}

}  // namespace

bool is_identifier(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (name.empty() || !is_letter(name[0]) || is_reserved(name)) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

namespace {

// One addend: a positive or negative number of times some factors.
struct Addend {
  Int128 coefficient;
  std::size_t degree;
  std::string text;        // of the factors; empty for the constant
  bool needs_parentheses;  // a lone division or remainder, once something multiplies it
  bool only_symbols;       // written before its equals in degree
};

}  // namespace

class DimPrinter {
 public:
  DimPrinter(const DimPool::Impl& pool, Spelling spelling)
      : pool_(pool), ascii_(spelling == Spelling::ascii) {}

  std::string text(Dim dim) const {
    if (dim.is_unknown()) return "?";
    Term room;
    return text(std::vector<Term>(spread(pool_.view(dim, room))));
  }

 private:
  using Span = std::span<const Term>;
  static std::vector<Term> spread(Span terms) { return {terms.begin(), terms.end()}; }

  std::string text(std::vector<Term> terms) const {
    std::vector<Addend> addends;
    take_remainders(terms, addends);
    take_ceilings(terms, addends);
    for (const Term& term : terms) addends.push_back(addend(term));
    std::sort(addends.begin(), addends.end(), [](const Addend& a, const Addend& b) {
      if (a.degree != b.degree) return a.degree > b.degree;
      return a.only_symbols != b.only_symbols ? a.only_symbols : a.text < b.text;
    });
    // "x - 1", "b - a", "1 - x": never a minus in front while something else can stand there.
    const auto positive =
        std::find_if(addends.begin(), addends.end(), [](const Addend& a) { return a.coefficient > 0; });
    if (positive != addends.end()) std::rotate(addends.begin(), positive, positive + 1);
    if (addends.empty()) return "0";
    std::string out;
    for (const Addend& a : addends) append(out, a);
    return out;
  }

  void append(std::string& out, const Addend& a) const {
    const bool negative = a.coefficient < 0;
    if (!out.empty()) {
      out += negative ? " - " : " + ";
    } else if (negative) {
      out += '-';
    }
    std::string number = to_decimal(a.coefficient);
    if (negative) number.erase(0, 1);
    const bool one = number == "1";
    if (a.text.empty()) {
      out += number;
    } else if (one && !(negative && a.needs_parentheses)) {
      out += a.text;
    } else {
      if (!one) out += number + times();
      out += a.needs_parentheses ? "(" + a.text + ")" : a.text;
    }
  }

  Addend addend(const Term& term) const {
    const std::span<const std::uint32_t> factors = pool_.monomial(term.monomial).atoms;
    if (factors.size() == 1) {
      auto [text, compound] = factor(factors[0]);
      return {term.coefficient, 1, std::move(text), compound,
              pool_.atom(factors[0]).kind == AtomKind::symbol};
    }
    std::vector<std::string> symbols, others;
    for (const std::uint32_t i : factors) {
      auto [text, compound] = factor(i);
      const bool symbol = pool_.atom(i).kind == AtomKind::symbol;
      (symbol ? symbols : others).push_back(compound ? "(" + text + ")" : text);
    }
    std::sort(symbols.begin(), symbols.end());
    std::sort(others.begin(), others.end());
    const bool only_symbols = others.empty();
    symbols.insert(symbols.end(), others.begin(), others.end());
    std::string joined;
    for (const std::string& part : symbols) joined += (joined.empty() ? "" : times()) + part;
    return {term.coefficient, factors.size(), std::move(joined), false, only_symbols};
  }

  // Text, and whether it needs parentheses inside a product.
  std::pair<std::string, bool> factor(std::uint32_t index) const {
    const Atom& of = pool_.atom(index);
    switch (of.kind) {
      case AtomKind::symbol:
        return {name(pool_.symbol_record(of.symbol).name), false};
      case AtomKind::floor_div:
        return division(of.operands[0], of.operands[1]);
      case AtomKind::min:
        return {call("min", of.operands), false};
      case AtomKind::max:
        return {call("max", of.operands), false};
    }
    return {"?", false};
  }

  std::string call(const char* function, std::span<const Dim> operands) const {
    std::vector<std::pair<bool, std::string>> parts;  // numbers last
    for (const Dim dim : operands) parts.emplace_back(pool_.constant(dim).has_value(), text(dim));
    std::sort(parts.begin(), parts.end());
    std::string joined;
    for (const auto& [number, part] : parts) joined += (joined.empty() ? "" : ", ") + part;
    return function + ("(" + joined + ")");
  }

  std::pair<std::string, bool> division(Dim dividend, Dim divisor) const {
    const auto number = pool_.constant(divisor);
    Term room;
    std::vector<Term> terms = spread(pool_.view(dividend, room));
    if (number && *number > 1 && !terms.empty() && terms[0].monomial == 0 &&
        terms[0].coefficient == *number - 1) {
      terms.erase(terms.begin());
      return {ceiling(text(std::move(terms)), text(divisor)), false};
    }
    if (!ascii_) return {"⌊" + operand(dividend) + "/" + operand(divisor) + "⌋", false};
    return {operand(dividend) + " // " + operand(divisor), true};
  }

  std::string ceiling(std::string dividend, std::string divisor) const {
    if (ascii_) return "ceildiv(" + dividend + ", " + divisor + ")";
    const auto wrapped = [](const std::string& part) {
      return part.find(' ') == std::string::npos ? part : "(" + part + ")";
    };
    return "⌈" + wrapped(dividend) + "/" + wrapped(divisor) + "⌉";
  }

  // An operand of // or %: in parentheses unless it is one name, number or call.
  std::string operand(Dim dim) const {
    if (const auto index = pool_.bare_atom(dim)) {
      auto [words, compound] = factor(*index);
      return compound ? "(" + words + ")" : std::move(words);
    }
    const bool plain = dim.is_inline() && !(dim.bits() >> 63);
    return plain ? text(dim) : "(" + text(dim) + ")";
  }

  // a - b*(a // b), any number of times, is that many times a % b. For divisors that are numbers.
  void take_remainders(std::vector<Term>& terms, std::vector<Addend>& addends) const {
    for (std::size_t i = 0; i < terms.size();) {
      const auto index = pool_.bare_atom(terms[i]);
      const Atom* of = index ? &pool_.atom(*index) : nullptr;
      const auto divisor =
          of && of->kind == AtomKind::floor_div ? pool_.constant(of->operands[1]) : std::nullopt;
      if (!divisor || terms[i].coefficient % *divisor != 0) {
        ++i;
        continue;
      }
      const Int128 count = -(terms[i].coefficient / *divisor);
      Term room;
      const Span dividend = pool_.view(of->operands[0], room);
      std::vector<Term> rest = terms;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
      if (!take(rest, dividend, count)) {
        ++i;
        continue;
      }
      const std::string text =
          operand(of->operands[0]) + (ascii_ ? " % " : " mod ") + operand(of->operands[1]);
      addends.push_back({count, 1, text, true, false});
      terms = std::move(rest);
      i = 0;
    }
  }

  // Removes `count` times the addends; false unless each but the constant is there in just that number.
  static bool take(std::vector<Term>& from, Span addends, Int128 count) {
    Int128 constant = 0;
    for (const Term& wanted : addends) {
      const auto amount = checked_mul(wanted.coefficient, count);
      if (!amount) return false;
      if (wanted.monomial == 0) {
        constant = *amount;
        continue;
      }
      const auto there = std::find_if(from.begin(), from.end(), [&](const Term& t) {
        return t.monomial == wanted.monomial && t.coefficient == *amount;
      });
      if (there == from.end()) return false;
      from.erase(there);
    }
    return add_constant(from, -constant);
  }

  static bool add_constant(std::vector<Term>& terms, Int128 value) {
    if (value == 0) return true;
    if (terms.empty() || terms[0].monomial != 0) terms.insert(terms.begin(), Term{0, 0});
    const auto total = checked_add(terms[0].coefficient, value);
    if (!total) return false;
    terms[0].coefficient = *total;
    if (*total == 0) terms.erase(terms.begin());
    return true;
  }

  // (a - 1) // b + 1 is ceildiv(a, b) for divisors that are no numbers (those hide it in the dividend).
  void take_ceilings(std::vector<Term>& terms, std::vector<Addend>& addends) const {
    for (std::size_t i = 0; i < terms.size();) {
      const auto index = pool_.bare_atom(terms[i]);
      const bool fits = index && pool_.atom(*index).kind == AtomKind::floor_div &&
                        !pool_.constant(pool_.atom(*index).operands[1]) && terms[0].monomial == 0 &&
                        terms[0].coefficient == terms[i].coefficient &&
                        pool_.range_of(pool_.atom(*index).operands[1]).low >= 0;
      if (!fits) {
        ++i;
        continue;
      }
      const Atom& of = pool_.atom(*index);
      const Int128 count = terms[i].coefficient;
      Term room;
      std::vector<Term> dividend = spread(pool_.view(of.operands[0], room));
      if (!add_constant(dividend, 1)) return;
      addends.push_back({count, 1, ceiling(text(std::move(dividend)), text(of.operands[1])), false, false});
      terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(i));
      terms.erase(terms.begin());
      return;  // the constant is used up
    }
  }

  static std::string name(const std::string& symbol) {
    if (is_identifier(symbol)) return symbol;
    std::string quoted = "`";
    for (const char c : symbol) quoted += c == '`' ? std::string("``") : std::string(1, c);
    return quoted + "`";
  }

  const char* times() const { return ascii_ ? "*" : "·"; }

  const DimPool::Impl& pool_;
  bool ascii_;
};

std::string DimPool::to_string(Dim dim, Spelling spelling) const {
  if (dim.is_inline()) return std::to_string(dim.inline_value());
  return DimPrinter(*impl_, spelling).text(dim);
}

}  // namespace haoline
