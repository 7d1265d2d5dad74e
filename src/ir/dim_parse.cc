// The inverse of printing: the ascii grammar of docs/formulas.md.
#include <algorithm>

#include "ir/dim_pool.h"

namespace haoline {
namespace {

class Parser {
 public:
  Parser(std::string_view text, DimPool& pool) : text_(text), pool_(pool) {}

  Result<Dim> parse() {
    const Dim dim = sum(0);
    skip_spaces();
    if (message_.empty() && at_ < text_.size()) fail("expected an operator or the end");
    if (message_.empty() && dim.is_unknown()) fail("beyond 128 bits, or too large an expression");
    if (message_.empty()) return dim;
    return Error{ErrorKind::usage,
                 {},
                 0,
                 false,
                 "formula, column " + std::to_string(std::min(place_, text_.size()) + 1) + ": " + message_,
                 "Formulas look like 2*seq + 1, h // 2 or min(a, 512)"};
  }

 private:
  static constexpr int kMaxNesting = 64;

  Dim fail(std::string message) {
    if (message_.empty()) {
      message_ = std::move(message);
      place_ = at_;
    }
    return Dim::unknown();
  }

  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool take(std::string_view token) {
    skip_spaces();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  Dim sum(int depth) {
    if (depth > kMaxNesting) return fail("nested too deeply");
    Dim total = product(depth);
    while (message_.empty()) {
      if (take("+")) {
        total = pool_.add(total, product(depth));
      } else if (take("-")) {
        total = pool_.subtract(total, product(depth));
      } else {
        break;
      }
    }
    return total;
  }

  Dim product(int depth) {
    Dim total = factor(depth);
    while (message_.empty()) {
      if (take("*")) {
        total = pool_.multiply(total, factor(depth));
      } else if (take("//")) {
        const Dim divisor = factor(depth);
        if (divisor.is(0)) return fail("division by zero");
        total = pool_.floor_div(total, divisor);
      } else if (take("%")) {
        const Dim divisor = factor(depth);
        if (divisor.is(0)) return fail("division by zero");
        total = pool_.mod(total, divisor);
      } else {
        break;
      }
    }
    return total;
  }

  Dim factor(int depth) {
    bool negative = false;
    while (take("-")) negative = !negative;
    const Dim value = primary(depth);
    return negative ? pool_.negate(value) : value;
  }

  Dim primary(int depth) {
    skip_spaces();
    if (at_ == text_.size()) return fail("expected a number, a name or a parenthesis");
    const char c = text_[at_];
    if (c >= '0' && c <= '9') return number();
    if (c == '`') return quoted_name();
    if (take("(")) {
      const Dim inner = sum(depth + 1);
      return take(")") ? inner : fail("expected )");
    }
    const std::size_t start = at_;
    while (at_ < text_.size() && is_name_character(text_[at_])) ++at_;
    const std::string_view name = text_.substr(start, at_ - start);
    if (name.empty()) return fail("expected a number, a name or a parenthesis");
    if (take("(")) return call(name, depth + 1);
    return pool_.symbol(name);
  }

  static bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }

  Dim number() {
    Int128 value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      const auto shifted = checked_mul(value, 10);
      const auto next = shifted ? checked_add(*shifted, text_[at_] - '0') : std::nullopt;
      if (!next) return fail("a number beyond 128 bits");
      value = *next;
    }
    return pool_.number(value);
  }

  Dim quoted_name() {
    std::string name;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '`') {
        if (!text_.substr(at_).starts_with("``")) {
          ++at_;
          return pool_.symbol(name);
        }
        ++at_;
      }
      name += text_[at_];
    }
    return fail("a backquote is not closed");
  }

  Dim call(std::string_view function, int depth) {
    const bool is_min = function == "min", is_max = function == "max", is_ceiling = function == "ceildiv";
    if (!is_min && !is_max && !is_ceiling) return fail("the functions are min, max and ceildiv");
    Dim result = sum(depth);
    std::size_t operands = 1;
    for (; message_.empty() && take(","); ++operands) {
      const Dim next = sum(depth);
      if (is_ceiling && next.is(0)) return fail("division by zero");
      result = is_min   ? pool_.min(result, next)
               : is_max ? pool_.max(result, next)
                        : pool_.ceil_div(result, next);
    }
    if (is_ceiling && operands != 2) return fail("ceildiv takes two operands");
    return take(")") ? result : fail("expected )");
  }

  std::string_view text_;
  DimPool& pool_;
  std::size_t at_ = 0;
  std::size_t place_ = 0;
  std::string message_;
};

}  // namespace

Result<Dim> DimPool::parse(std::string_view text) {
  if (text == "?") return Dim::unknown();
  return Parser(text, *this).parse();
}

}  // namespace haoline
