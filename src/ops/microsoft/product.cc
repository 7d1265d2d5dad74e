// Matrix products: with transposition, scaling and activation fused in, and the integer ones.
#include "ops/microsoft/rules.h"
#include "ops/op_table.h"

namespace haoline {
namespace {

using namespace ms;

// --- FusedMatMul: operands may be stored transposed

// The shape after `trans_batch` (the first axis moves behind the batch axes) and `trans` (the last two swap).
Shape as_multiplied(const Shape& stored, bool trans, bool trans_batch) {
  Shape shape = stored;
  if (shape.rank() < 2) return shape;
  if (trans_batch) {
    for (std::size_t i = 1; i + 1 < shape.rank(); ++i) std::swap(shape[i - 1], shape[i]);
  }
  if (trans) std::swap(shape[shape.rank() - 2], shape[shape.rank() - 1]);
  return shape;
}

Product fused_product(OpCall& call) {
  if (!call.has_rank(0) || !call.has_rank(1)) return {};
  return matmul(call,
                as_multiplied(call.shape(0), call.integer("transA") != 0, call.integer("transBatchA") != 0),
                as_multiplied(call.shape(1), call.integer("transB") != 0, call.integer("transBatchB") != 0));
}

OpError infer_fused(OpCall& call) {
  Product product = fused_product(call);
  if (product.error) return product.error;
  call.set_shape(0, std::move(product.shape));
  return {};
}

// The extent both operands share: that of A after transposition.
Dim fused_inner(const OpCall& call) {
  if (!call.has_rank(0)) return Dim::unknown();
  const Shape a = as_multiplied(call.shape(0), call.integer("transA") != 0, call.integer("transBatchA") != 0);
  return a.rank() == 0 ? Dim::unknown() : a.back();
}

Cost product_cost(const OpCall& call, Dim inner) {
  const Dim results = call.output_elements(0);
  call.note("results", results);
  call.note("inner", inner);
  return macs_only(call.pool().multiply(results, inner));
}

void add_scale(Cost& cost, const OpCall& call) {
  if (call.real("alpha", 1.0) != 1.0) cost.add(Arith::multiply, call.output_elements(0), call.pool());
}

// The activation's own work; an activation nobody documents makes the arithmetic unknown, not the products.
void add_activation(Cost& cost, const OpCall& call, std::string_view name) {
  if (const std::optional<Work> work = activation_work(name)) {
    cost.add(*work, call.output_elements(0), call.pool());
  } else {
    cost.operations.fill(Dim::unknown());
  }
}

Cost cost_fused(const OpCall& call) {
  Cost cost = product_cost(call, fused_inner(call));
  add_scale(cost, call);
  add_activation(cost, call, call.text("activation"));
  return cost;
}

// --- products of stored matrices: A × B and a bias

OpError infer_matmul(OpCall& call) {
  if (!call.has_rank(0) || !call.has_rank(1)) return {};
  Product product = matmul(call, call.shape(0), call.shape(1));
  if (product.error) return product.error;
  call.set_shape(0, std::move(product.shape));
  return {};
}

OpError infer_matmul_integer16(OpCall& call) {
  call.set_dtype(0, DType::int32);
  return infer_matmul(call);
}

Cost cost_gemm_fast_gelu(const OpCall& call) {
  Cost cost = product_cost(call, extent(call, 0, -1));
  if (call.has(2)) cost.add(Arith::add, call.output_elements(0), call.pool());
  cost.add(kTanhGelu, call.output_elements(0), call.pool());
  return cost;
}

Cost cost_matmul(const OpCall& call) {
  return product_cost(call, extent(call, 0, -1));
}

// A is quantized on the way: its range, scale and rounding; the result is scaled back.
Cost cost_dynamic_quantize(const OpCall& call) {
  Cost cost = product_cost(call, extent(call, 0, -1));
  cost.add({.add = 2, .divide = 1, .compare = 4}, elements_of(call, 0), call.pool());
  cost.add({.add = static_cast<std::uint8_t>(call.has(4) ? 1 : 0), .multiply = 1}, call.output_elements(0),
           call.pool());
  return cost;
}

Cost cost_integer_to_float(const OpCall& call) {
  Cost cost = product_cost(call, extent(call, 0, -1));
  cost.add({.add = static_cast<std::uint8_t>(call.has(6) ? 1 : 0), .multiply = 1}, call.output_elements(0),
           call.pool());
  return cost;
}

// --- Gemm

OpError infer_gemm_of(OpCall& call, std::size_t b) {
  Product product = gemm(call, 0, b, call.integer("transA") != 0, call.integer("transB") != 0);
  if (product.error) return product.error;
  call.set_shape(0, std::move(product.shape));
  return {};
}

Dim gemm_inner(const OpCall& call) {
  return extent(call, 0, call.integer("transA") != 0 ? 0 : 1);
}

void add_bias(Cost& cost, const OpCall& call, std::size_t c) {
  if (!call.has(c)) return;
  cost.add(Arith::add, call.output_elements(0), call.pool());
  if (call.real("beta", 1.0) != 1.0) cost.add(Arith::multiply, elements_of(call, c), call.pool());
}

OpError infer_fused_gemm(OpCall& call) {
  return infer_gemm_of(call, 1);
}

Cost cost_fused_gemm(const OpCall& call) {
  Cost cost = product_cost(call, gemm_inner(call));
  add_scale(cost, call);
  add_bias(cost, call, 2);
  add_activation(cost, call, call.text("activation"));
  return cost;
}

OpError infer_gemm_float8(OpCall& call) {
  if (const std::optional<DType> dtype = dtype_attribute(call, "dtype")) call.set_dtype(0, *dtype);
  return infer_gemm_of(call, 1);
}

OpError infer_qgemm(OpCall& call) {
  call.set_dtype(0, call.has(8) ? call.dtype(8) : DType::float32);
  return infer_gemm_of(call, 3);
}

Cost cost_qgemm(const OpCall& call) {
  Cost cost = product_cost(call, gemm_inner(call));
  const Dim results = call.output_elements(0);
  if (call.has(6)) cost.add(Arith::add, results, call.pool());
  cost.add(Arith::multiply, results, call.pool());
  if (call.has(8)) cost.add(kQuantize, results, call.pool());
  return cost;
}

// --- QOrderedMatMul: B is stored (N, K) when its order is columns (0)

OpError infer_ordered_matmul(OpCall& call) {
  if (!call.has_rank(0) || !call.has_rank(2)) return {};
  // The registry infers the plain product, whatever the order attributes say.
  Product product = matmul(call, call.shape(0), call.shape(2));
  if (product.error) return product.error;
  call.set_shape(0, std::move(product.shape));
  return {};
}

Cost cost_ordered_matmul(const OpCall& call) {
  Cost cost = product_cost(call, extent(call, 0, -1));
  const Dim results = call.output_elements(0);
  if (call.has(5)) cost.add(Arith::add, results, call.pool());
  if (call.has(6)) cost.add({.add = 1, .multiply = 1}, results, call.pool());
  cost.add(Arith::multiply, results, call.pool());
  cost.add(kQuantize, results, call.pool());
  return cost;
}

// --- RouterGateUpProj: one product, split into router logits and an activated half

OpError infer_router_gate_up(OpCall& call) {
  if (OpError error = needs_rank(call, 1, 2, "the weight")) return error;
  DimPool& pool = call.pool();
  const Dim router = call.number(call.integer("router_size"));
  call.require_equal(extent(call, 0, -1), extent(call, 1, 0));
  call.set_shape(0, with_last(call, 0, router));
  call.set_shape(1, with_last(call, 0, pool.floor_div(pool.subtract(extent(call, 1, 1), router), Dim(2))));
  return {};
}

Cost cost_router_gate_up(const OpCall& call) {
  Cost cost = macs_only(call.pool().multiply(elements_of(call, 0), extent(call, 1, 1)));
  cost.add(kSilu, call.output_elements(1), call.pool());
  cost.add(Arith::multiply, call.output_elements(1), call.pool());
  return cost;
}

constexpr std::string_view kCounts = "elements of the result·inner extent";

constexpr OpRow kRows[] = {
    {.op = Op::MsFusedMatMul,
     .category = Category::linear,
     .infer = infer_fused,
     .cost = CostRule::formula(cost_fused),
     .counts = kCounts},
    {.op = Op::MsTransposeMatMul,
     .category = Category::linear,
     .infer = infer_fused,
     .cost = CostRule::formula(cost_fused),
     .counts = kCounts},
    {.op = Op::MsFusedMatMulActivation,
     .category = Category::linear,
     .infer = infer_fused,
     .cost = CostRule::formula(cost_fused),
     .counts = kCounts},
    {.op = Op::MsSparseToDenseMatMul,
     .category = Category::linear,
     .infer = infer_fused,
     .cost = CostRule::unknown(),
     .counts = "how many elements of A are stored is only in the data"},
    {.op = Op::MsFusedGemm,
     .category = Category::linear,
     .infer = infer_fused_gemm,
     .cost = CostRule::formula(cost_fused_gemm),
     .counts = kCounts},
    {.op = Op::MsGemmFloat8,
     .category = Category::linear,
     .infer = infer_gemm_float8,
     .cost = CostRule::formula(cost_fused_gemm),
     .counts = kCounts,
     .any_rank = true},
    {.op = Op::MsGemmFastGelu,
     .category = Category::linear,
     .infer = infer_matmul,
     .cost = CostRule::formula(cost_gemm_fast_gelu),
     .counts = kCounts},
    {.op = Op::MsMatMulInteger16,
     .category = Category::linear,
     .infer = infer_matmul_integer16,
     .cost = CostRule::formula(cost_matmul),
     .counts = kCounts},
    {.op = Op::MsMatMulIntegerToFloat,
     .category = Category::linear,
     .infer = infer_matmul,
     .cost = CostRule::formula(cost_integer_to_float),
     .counts = kCounts,
     .any_rank = true},
    {.op = Op::MsDynamicQuantizeMatMul,
     .category = Category::linear,
     .infer = infer_matmul,
     .cost = CostRule::formula(cost_dynamic_quantize),
     .counts = kCounts,
     .any_rank = true},
    {.op = Op::MsQGemm,
     .category = Category::linear,
     .infer = infer_qgemm,
     .cost = CostRule::formula(cost_qgemm),
     .counts = kCounts,
     .any_rank = true},
    {.op = Op::MsQOrderedMatMul,
     .category = Category::linear,
     .infer = infer_ordered_matmul,
     .cost = CostRule::formula(cost_ordered_matmul),
     .counts = kCounts,
     .any_rank = true},
    {.op = Op::MsRouterGateUpProj,
     .category = Category::linear,
     .infer = infer_router_gate_up,
     .cost = CostRule::formula(cost_router_gate_up),
     .counts = "rows·K·(router + 2·inter)"},
};

}  // namespace

std::span<const OpRow> ms_product_rows() {
  return kRows;
}

}  // namespace haoline
