#include "ops/product.h"

#include "ops/einsum.h"
#include "ops/op_table.h"
#include "ops/refuse.h"

namespace haoline {
namespace {

// Other formats exchange the last two axes of an operand by the attributes transA and transB.
ProductOperands matmul_operands(const OpCall& call) {
  return {0, 1, call.integer("transA") != 0, call.integer("transB") != 0};
}
OpError infer_mat_mul(OpCall& call) {
  return infer_matmul(call, matmul_operands(call));
}
Cost mat_mul_cost(const OpCall& call) {
  return matmul_cost(call, matmul_operands(call));
}

OpError infer_gemm_row(OpCall& call) {
  return infer_gemm(call);
}
Cost gemm_row_cost(const OpCall& call) {
  return gemm_cost(call);
}

// --- Det

OpError infer_det(OpCall& call) {
  const Shape& in = call.shape(0);
  if (in.rank() < 2)
    return refuse(call.pool(), {"the input has rank ", in.rank(), ", a determinant needs a matrix"});
  const Dim rows = in[in.rank() - 2];
  const Dim columns = in[in.rank() - 1];
  if (certainly_differ(call.pool(), rows, columns)) {
    return refuse(call.pool(), {"a matrix of ", rows, " × ", columns, " has no determinant"});
  }
  call.require_equal(rows, columns);
  call.set_shape(0, Shape(in.first(in.rank() - 2)));
  return std::nullopt;
}

// Gaussian elimination of an n × n matrix: step i divides i rows below the pivot and updates i² elements
// (i = n-1 … 1); then the diagonal is multiplied.
Cost det_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  if (call.rank(0) < 2) return Cost::unknown();
  const Expr n{better_known(call.dim(0, -1), call.dim(0, -2)), pool};
  const Expr matrices = call.output_elements(0);
  const Expr updates = matrices * ((n - 1) * n * (n * 2 - 1)).floor_div(6);
  Cost cost;
  cost.add(Arith::divide, matrices * ((n - 1) * n).floor_div(2), pool);
  cost.add(Arith::multiply, updates + matrices * (n - 1), pool);
  cost.add(Arith::add, updates, pool);
  call.note("matrices", matrices);
  call.note("n", n);
  return cost;
}

constexpr OpRow kRows[] = {
    {.op = Op::MatMul,
     .category = Category::linear,
     .infer = infer_mat_mul,
     .cost = CostRule::formula(mat_mul_cost),
     .counts = kMatMulCounts},
    {.op = Op::Gemm,
     .category = Category::linear,
     .infer = infer_gemm_row,
     .cost = CostRule::formula(gemm_row_cost),
     .counts = kGemmCounts},
    {.op = Op::Einsum,
     .category = Category::linear,
     .infer = infer_einsum,
     .cost = CostRule::formula(einsum_cost),
     .counts = "two operands: the product of the extents of all labels; more: the same for the result so far "
               "with the next "
               "operand, from left to right; one: an addition per element where labels are summed"},
    {.op = Op::Det,
     .category = Category::linear,
     .infer = infer_det,
     .cost = CostRule::formula(det_cost),
     .counts = "elimination, as arithmetic: n·(n-1)/2 divisions, (n-1)·n·(2n-1)/6 multiplications and "
               "subtractions, n-1 "
               "multiplications of the diagonal, for every n × n matrix"},
};

}  // namespace

std::span<const OpRow> product_rows() {
  return kRows;
}

}  // namespace haoline
