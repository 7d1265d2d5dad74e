// Matrix products, for every operator that is one: float, integer, quantized, fused.
#pragma once

#include <cstddef>
#include <string_view>

#include "ops/op_row.h"

namespace haoline {

// Where a product finds its operands, and how they lie.
struct ProductOperands {
  std::size_t a = 0;
  std::size_t b = 1;
  bool transpose_a = false;  // the last two axes of a are exchanged
  bool transpose_b = false;
};

inline constexpr std::string_view kMatMulCounts =
    "batch·m·n·k: one per output element and element of the summed extent; batch is the broadcast of the "
    "leading axes";

// NumPy's matmul: a vector on either side is a row or a column, leading axes broadcast.
OpError infer_matmul(OpCall& call, const ProductOperands& operands = {});
Cost matmul_cost(const OpCall& call, const ProductOperands& operands = {});

inline constexpr std::string_view kGemmCounts =
    "m·n·k; C is one addition per output element, alpha and beta other than 1 one multiplication per element "
    "they scale";

// Gemm with its attributes transA, transB, alpha, beta; the addend is operand `c`.
OpError infer_gemm(OpCall& call, std::size_t c = 2);
Cost gemm_cost(const OpCall& call, std::size_t c = 2);

}  // namespace haoline
