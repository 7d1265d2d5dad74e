#include "ops/product.h"

#include "ops/refuse.h"

namespace haoline {
namespace {

// A matrix operand as rows and columns after its transposition. A vector has no rows (a) or no columns (b).
struct Matrix {
  Dim rows;
  Dim columns;
};

Matrix matrix_of(const Shape& shape, bool transpose) {
  const Dim rows = shape[shape.rank() - 2];
  const Dim columns = shape[shape.rank() - 1];
  return transpose ? Matrix{columns, rows} : Matrix{rows, columns};
}

struct Product {
  bool a_is_vector = false;
  bool b_is_vector = false;
  Dim m = 1;
  Dim n = 1;
  Dim k_of_a;
  Dim k_of_b;
};

Product read_product(const OpCall& call, const ProductOperands& operands) {
  const Shape& a = call.shape(operands.a);
  const Shape& b = call.shape(operands.b);
  Product product;
  product.a_is_vector = a.rank() == 1;
  product.b_is_vector = b.rank() == 1;
  if (product.a_is_vector) {
    product.k_of_a = a[0];
  } else {
    const Matrix matrix = matrix_of(a, operands.transpose_a);
    product.m = matrix.rows;
    product.k_of_a = matrix.columns;
  }
  if (product.b_is_vector) {
    product.k_of_b = b[0];
  } else {
    const Matrix matrix = matrix_of(b, operands.transpose_b);
    product.k_of_b = matrix.rows;
    product.n = matrix.columns;
  }
  return product;
}

OpError check_inner(OpCall& call, Dim a, Dim b) {
  if (certainly_differ(call.pool(), a, b)) {
    return refuse(call.pool(), {"inner extents differ: ", a, " and ", b});
  }
  call.require_equal(a, b);
  return std::nullopt;
}

void note_product(const OpCall& call, Dim m, Dim n, Dim k) {
  call.note("m", m);
  call.note("n", n);
  call.note("k", k);
}

}  // namespace

OpError infer_matmul(OpCall& call, const ProductOperands& operands) {
  const Shape& a = call.shape(operands.a);
  const Shape& b = call.shape(operands.b);
  if (a.rank() == 0 || b.rank() == 0) return Message("a scalar cannot be an operand of a matrix product");
  const Product product = read_product(call, operands);
  if (OpError error = check_inner(call, product.k_of_a, product.k_of_b)) return error;

  const Shape a_batch(a.first(product.a_is_vector ? 0 : a.rank() - 2));
  const Shape b_batch(b.first(product.b_is_vector ? 0 : b.rank() - 2));
  Shape out = call.broadcast(a_batch, b_batch);
  if (!product.a_is_vector) out.push_back(product.m);
  if (!product.b_is_vector) out.push_back(product.n);
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

Cost matmul_cost(const OpCall& call, const ProductOperands& operands) {
  if (call.rank(operands.a) == 0 || call.rank(operands.b) == 0) return Cost::unknown();
  const Product product = read_product(call, operands);
  const Dim k = better_known(product.k_of_b, product.k_of_a);
  const Shape& out = call.output_shape(0);
  Cost cost;
  cost.macs = call.output_elements(0) * k;
  const std::size_t matrix_axes = (product.a_is_vector ? 0u : 1u) + (product.b_is_vector ? 0u : 1u);
  if (out.has_rank() && out.rank() >= matrix_axes) {
    call.note("batch", element_count(Shape(out.first(out.rank() - matrix_axes)), call.pool()));
  }
  note_product(call, product.m, product.n, k);
  return cost;
}

namespace {

ProductOperands gemm_operands(const OpCall& call) {
  return {0, 1, call.integer("transA", 0) != 0, call.integer("transB", 0) != 0};
}

}  // namespace

OpError infer_gemm(OpCall& call, std::size_t c) {
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    if (call.rank(i) != 2) {
      return refuse(call.pool(),
                    {i == 0 ? "A" : "B", " has rank ", call.rank(i), ", Gemm multiplies matrices"});
    }
  }
  const Product product = read_product(call, gemm_operands(call));
  if (OpError error = check_inner(call, product.k_of_a, product.k_of_b)) return error;
  Shape out{product.m, product.n};
  if (call.has(c)) {
    // C is broadcast to the product, never the other way round; it may know an extent that A and B do not.
    const Shape& addend = call.shape(c);
    if (addend.rank() > 2)
      return refuse(call.pool(), {"C has rank ", addend.rank(), ", it has to fit a matrix"});
    for (std::size_t i = 0; i < addend.rank(); ++i) {
      Dim& extent = out[2 - addend.rank() + i];
      if (addend[i].is(1)) continue;
      if (certainly_differ(call.pool(), addend[i], extent) && addend[i].is_inline()) {
        return refuse(call.pool(), {"C has an extent of ", addend[i], " where the product has ", extent});
      }
      if (addend[i].is_inline()) extent = call.require_equal(extent, addend[i]);
    }
  }
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

Cost gemm_cost(const OpCall& call, std::size_t c) {
  if (call.rank(0) != 2 || call.rank(1) != 2) return Cost::unknown();
  const Product product = read_product(call, gemm_operands(call));
  const Dim k = better_known(product.k_of_b, product.k_of_a);
  Cost cost;
  cost.macs = call.output_elements(0) * k;
  if (call.has(c)) cost.add(Arith::add, call.output_elements(0), call.pool());
  if (call.real("alpha", 1) != 1) cost.add(Arith::multiply, call.output_elements(0), call.pool());
  if (call.has(c) && call.real("beta", 1) != 1) cost.add(Arith::multiply, call.elements(c), call.pool());
  note_product(call, product.m, product.n, k);
  return cost;
}

}  // namespace haoline
