// What running a node once costs, as expressions: multiply-accumulates apart from all other arithmetic.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ir/dim.h"

namespace haoline {

// Arithmetic outside multiply-accumulates, by kind. One operation each, whatever the hardware spends on it.
enum class Arith : std::uint8_t {
  add,       // also subtract, negate, absolute value, rounding
  multiply,  // also shifts
  divide,    // also remainder, reciprocal
  square_root,
  transcendental,  // exp, log, tanh, erf, sine, power …
  compare,         // also min, max, select by comparison
  logic,           // and, or, xor, not
};
inline constexpr std::size_t kArithKinds = 7;
std::string_view name(Arith kind);

// Operations per element, for the declared classes of CostRule.
struct Work {
  std::uint8_t add = 0, multiply = 0, divide = 0, square_root = 0, transcendental = 0, compare = 0, logic = 0;
  constexpr std::array<std::uint8_t, kArithKinds> by_kind() const {
    return {add, multiply, divide, square_root, transcendental, compare, logic};
  }
};

struct Cost {
  Dim macs = 0;
  std::array<Dim, kArithKinds> operations{Dim(0), Dim(0), Dim(0), Dim(0), Dim(0), Dim(0), Dim(0)};

  static Cost unknown() {
    Cost cost;
    cost.macs = Dim::unknown();
    cost.operations.fill(Dim::unknown());
    return cost;
  }
  void add(Arith kind, Dim count, DimPool& pool) {
    Dim& slot = operations[static_cast<std::size_t>(kind)];
    slot = pool.add(slot, count);
  }
  void add(const Work& work, Dim elements, DimPool& pool);  // work × elements

  // FLOPs = 2·MACs + every other operation.
  Dim arithmetic(DimPool& pool) const;
  Dim flops(DimPool& pool) const;
};

}  // namespace haoline
