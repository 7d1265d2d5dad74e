// What is known of a tensor's elements: integers as expressions (they steer shapes), small exact fractions
// (a resize scale times an extent), other reals. Only for small tensors; row-major order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "ir/dim.h"

namespace haoline {

// One element: unknown; exact = numerator / denominator (denominator > 0, 1 for integers and booleans);
// or a real that has no short exact fraction (NaN and infinities too).
struct Number {
  enum class Kind : std::uint8_t { unknown, exact, real };
  Kind kind = Kind::unknown;
  Dim numerator;
  std::int64_t denominator = 1;
  double real = 0;

  static Number unknown() { return {}; }
  static Number exact(Dim numerator, std::int64_t denominator = 1) {
    return numerator.is_unknown() ? Number{} : Number{Kind::exact, numerator, denominator, 0};
  }
  // The exact fraction where the double is one with a small denominator (0.5, 2.0), else a real.
  static Number of(double value);

  bool is_known() const { return kind != Kind::unknown; }
  bool is_integer() const { return kind == Kind::exact && denominator == 1; }
  // The expression of an integer element; unknown otherwise.
  Dim integer() const { return is_integer() ? numerator : Dim::unknown(); }
  std::optional<double> constant() const;  // as a double, when it is a number without symbols

  friend bool operator==(const Number&, const Number&) = default;
};

// The elements of a tensor whose extents are numbers. Shared, because Identity, Reshape and friends
// pass them on unchanged; immutable.
class Value {
 public:
  static constexpr std::size_t kMaxElements = 4096;  // beyond that a value steers nothing we follow

  Value() = default;  // nothing known
  explicit Value(std::vector<Number> elements)
      : elements_(std::make_shared<const std::vector<Number>>(std::move(elements))) {}
  static Value scalar(Number number) { return Value(std::vector<Number>{number}); }
  static Value integers(std::span<const Dim> dims) {
    std::vector<Number> elements;
    elements.reserve(dims.size());
    for (const Dim dim : dims) elements.push_back(Number::exact(dim));
    return Value(std::move(elements));
  }

  explicit operator bool() const { return elements_ != nullptr; }
  std::size_t size() const { return elements_ ? elements_->size() : 0; }
  const Number& operator[](std::size_t i) const { return (*elements_)[i]; }
  std::span<const Number> elements() const {
    return elements_ ? std::span<const Number>(*elements_) : std::span<const Number>();
  }
  bool is_fully_known() const {
    for (const Number& n : elements()) {
      if (!n.is_known()) return false;
    }
    return elements_ != nullptr;
  }

 private:
  std::shared_ptr<const std::vector<Number>> elements_;
};

}  // namespace haoline
