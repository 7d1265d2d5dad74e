// What value rules share: walking over elements, broadcasting, picking elements from elsewhere.
//
// Only tensors of at most Value::kMaxElements elements with plain numbers as extents have values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "ops/number_math.h"
#include "ops/op_call.h"

namespace haoline {

using PlainShape = SmallVector<std::int64_t, 6>;

// The extents as numbers when a value of that shape can be known.
std::optional<PlainShape> value_extents(const Shape& shape);
std::size_t count_of(const PlainShape& extents);
// Elements between neighbours along each axis, row-major.
PlainShape strides_of(const PlainShape& extents);

// A known operand, or one of which no element is known.
struct KnownElements {
  const Value* value = nullptr;
  PlainShape extents;
  Number at(std::size_t i) const { return value ? (*value)[i] : Number::unknown(); }
};
// Nothing where the operand's shape allows no value.
std::optional<KnownElements> known_elements(const OpCall& call, std::size_t input);

// The multi-index of an element, stepped in row-major order.
class Odometer {
 public:
  explicit Odometer(const PlainShape& extents) : extents_(extents), index_(extents.size(), 0) {}
  const PlainShape& index() const { return index_; }
  void step() {
    for (std::size_t axis = extents_.size(); axis-- > 0;) {
      if (++index_[axis] < extents_[axis]) return;
      index_[axis] = 0;
    }
  }

 private:
  const PlainShape& extents_;
  PlainShape index_;
};

// A value whose every element is function(multi-index).
template <class Function>
Value fill_value(const PlainShape& extents, Function function) {
  const std::size_t count = count_of(extents);
  std::vector<Number> elements;
  elements.reserve(count);
  Odometer odometer(extents);
  for (std::size_t i = 0; i < count; ++i, odometer.step()) elements.push_back(function(odometer.index()));
  return Value(std::move(elements));
}

// Position in `source` of the element that broadcasting puts at `index` (of an equal or larger rank).
std::size_t broadcast_position(const PlainShape& source, const PlainShape& strides, const PlainShape& index);

// Every extent is 1 or the target's, aligned at the end.
bool broadcasts_to(const PlainShape& source, const PlainShape& target);

// Result 0 = function(operand 0), element by element, in result 0's type.
void set_unary_value(OpCall& call, UnaryNumber function);
// Result 0 = function(operand 0, operand 1), broadcast. `keep_unknown`: the function may know an element
// although one operand knows none (And, Or).
void set_binary_value(OpCall& call, BinaryNumber function, bool keep_unknown = false);

// Result `output` takes every element from operand 0: position(multi-index of the result) is the place there.
template <class Function>
void set_moved_value(OpCall& call, std::size_t output, Function position) {
  const Value* source = call.value(0);
  const std::optional<PlainShape> extents = value_extents(call.output_shape(output));
  if (!source || !extents) return;
  call.set_value(output, fill_value(*extents, [&](const PlainShape& index) -> Number {
                   const std::size_t at = position(index);
                   return at < source->size() ? (*source)[at] : Number::unknown();
                 }));
}

}  // namespace haoline
