// What several com.microsoft rules share. The operators, their operands and their layouts are as ONNX Runtime
// documents them in its operator registry (1.32).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "ops/op_row.h"

namespace haoline::ms {

// --- asking, where an operand may be absent or of unknown rank
Dim extent(const OpCall& call, std::size_t operand, std::int64_t axis);
Dim elements_of(const OpCall& call, std::size_t operand);  // unknown when absent
Dim output_extent(const OpCall& call, std::size_t result, std::int64_t axis);
// The one integer of a small operand (a length, an axis), as an expression.
Dim integer_of(const OpCall& call, std::size_t operand);
// Product of all extents but the last `count`; unknown without a rank.
Dim rows_of(const OpCall& call, std::size_t operand, std::size_t count = 1);
// Whether two extents are the same or one of them is not known.
std::optional<DType> dtype_attribute(const OpCall& call, std::string_view name);  // a TensorProto.DataType

// --- shapes
// Operand 0's shape for result 0, for the first two, for all of them.
OpError same_as_first(OpCall& call);
OpError all_same_as_first(OpCall& call);
// All extents of an operand but its last, then `last`.
Shape with_last(const OpCall& call, std::size_t operand, Dim last);
// numpy.matmul of two shapes of known rank; `inner` receives the common extent.
struct Product {
  Shape shape = Shape::unknown_rank();
  Dim inner;
  OpError error;
};
Product matmul(OpCall& call, const Shape& a, const Shape& b);
// (M, K) × (K, N), either one stored transposed.
Product gemm(OpCall& call, std::size_t a, std::size_t b, bool transpose_a, bool transpose_b);
OpError needs_rank(const OpCall& call, std::size_t operand, std::size_t rank, std::string_view what);

// --- cost
// Arithmetic of one element.
inline constexpr Work kSoftmax{.add = 2, .divide = 1, .transcendental = 1, .compare = 1};
inline constexpr Work kScaledSoftmax{.add = 2, .multiply = 1, .divide = 1, .transcendental = 1, .compare = 1};
inline constexpr Work kSigmoid{.add = 1, .divide = 1, .transcendental = 1};
inline constexpr Work kSilu{.add = 1, .multiply = 1, .divide = 1, .transcendental = 1};
inline constexpr Work kGelu{.add = 1, .multiply = 3, .transcendental = 1};      // x/2·(1 + erf(x/√2))
inline constexpr Work kTanhGelu{.add = 2, .multiply = 6, .transcendental = 1};  // the tanh approximation
inline constexpr Work kRotary{.add = 1, .multiply = 2};                         // x·cos ± partner·sin
inline constexpr Work kDequantize{.add = 1, .multiply = 1};                     // (q - zero) · scale
inline constexpr Work kQuantize{.add = 2, .divide = 1, .compare = 2};           // round, shift, saturate
// Of a fused activation by its name, any spelling of case; nullopt for a name nobody documents.
std::optional<Work> activation_work(std::string_view name);

// Normalizations, counted as ONNX's are: 7 operations per element and 5 per mean; 4 and 4 without a mean.
void add_layer_norm(Cost& cost, Dim elements, Dim means, DimPool& pool);
void add_rms_norm(Cost& cost, Dim elements, Dim means, DimPool& pool);

Cost macs_only(Dim macs);

}  // namespace haoline::ms
