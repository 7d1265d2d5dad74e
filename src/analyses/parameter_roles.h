// What a constant is to the operator that reads it: weight, running statistic or setting. One table, by
// operator and slot; where the slot leaves it open (an operand of an addition), the elements decide.
#pragma once

#include <cstdint>
#include <optional>

#include "analyses/parameters.h"

namespace haoline {

// A constant operand as a node sees it.
struct ConstantOperand {
  DType dtype = DType::unknown;      // in the slot, after casts and dequantization
  const Shape* shape = nullptr;      // in the slot
  Dim elements;                      // of the stored tensor
  const TensorData* data = nullptr;  // stored elements; null: none (a filler, a list attribute)
  bool computed = false;  // folded from several constants or by arithmetic: no more a stored weight as such
  bool steers = false;    // the elements of the result are followed: shapes, sizes
};

struct Role {
  ParameterRole role = ParameterRole::constant;
  bool assumed = false;
};
// Is the slot one of a weight, bias or statistic, whatever the elements are?
bool owns_slot(Op op, std::size_t slot);

Role role_in(const Node& node, std::size_t slot, const ConstantOperand& operand);

// Logical elements of a packed weight (MatMulNBits, GatherBlockQuantized, QMoE …) in that slot; nothing where
// the stored extents are the logical ones.
std::optional<Dim> packed_elements(const Node& node, std::size_t slot, Dim stored, DType stored_dtype,
                                   DimPool& pool);

// How the result of a node relates to constant operands.
enum class Passing : std::uint8_t {
  none,     // a consumer, unless everything it reads is constant
  first,    // results are operand 0 in another form: views, casts, dequantization, slices
  ignored,  // results only tell its shape
};
Passing passing_of(Op op);

}  // namespace haoline
