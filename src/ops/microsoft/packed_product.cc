// Matrix products whose weight is quantized and packed: the logical extents come from attributes. A product
// costs what the float one does; unpacking the weight is a subtraction and a multiplication per weight, every
// time.
#include "ops/microsoft/rules.h"
#include "ops/op_table.h"

namespace haoline {
namespace {

using namespace ms;

// (…, K) × (K, N): rows·K·N, and the weight's dequantization.
Cost packed_cost(const OpCall& call, Dim inner, Dim columns, const Work& unpack) {
  DimPool& pool = call.pool();
  const Dim rows = rows_of(call, 0);
  const Dim weights = pool.multiply(inner, columns);
  call.note("rows", rows);
  call.note("inner", inner);
  call.note("columns", columns);
  Cost cost = macs_only(pool.multiply(rows, weights));
  cost.add(unpack, weights, pool);
  return cost;
}

void add_bias(Cost& cost, const OpCall& call, std::size_t operand, Dim columns) {
  if (call.has(operand)) cost.add(Arith::add, call.pool().multiply(rows_of(call, 0), columns), call.pool());
}

OpError infer_columns(OpCall& call, Dim inner, Dim columns) {
  if (call.has_rank(0) && call.rank(0) == 0) return Message("the input needs rank 1 or more");
  call.require_equal(extent(call, 0, -1), inner);
  call.set_shape(0, with_last(call, 0, columns));
  return {};
}

OpError infer_nbits(OpCall& call) {
  return infer_columns(call, call.number(call.integer("K")), call.number(call.integer("N")));
}

Cost cost_nbits(const OpCall& call) {
  const Dim columns = call.number(call.integer("N"));
  Cost cost = packed_cost(call, call.number(call.integer("K")), columns, kDequantize);
  add_bias(cost, call, 5, columns);
  return cost;
}

// A weight stored (N, K) is transposed unless transB is 0.
OpError infer_bnb4(OpCall& call) {
  const Dim k = call.number(call.integer("K"));
  const Dim n = call.number(call.integer("N"));
  return call.integer("transB", 1) != 0 ? infer_columns(call, k, n) : infer_columns(call, n, k);
}

// The codes index a table; only the scale is arithmetic.
Cost cost_bnb4(const OpCall& call) {
  return packed_cost(call, call.number(call.integer("K")), call.number(call.integer("N")), {.multiply = 1});
}

// MatMulFpQ4: the extents are the elements of operand 2.
struct Extents {
  Dim inner, columns;
};

Extents blob_extents(const OpCall& call) {
  const std::optional<std::vector<Dim>> shape = call.integers(2);
  return shape && shape->size() == 2 ? Extents{(*shape)[0], (*shape)[1]} : Extents{};
}

OpError infer_fpq4(OpCall& call) {
  const Extents extents = blob_extents(call);
  return infer_columns(call, extents.inner, extents.columns);
}

Cost cost_fpq4(const OpCall& call) {
  const Extents extents = blob_extents(call);
  return packed_cost(call, extents.inner, extents.columns, kDequantize);
}

// B is (N, K/2) bytes or (N, K) elements.
OpError infer_fp4(OpCall& call) {
  return infer_columns(call, call.pool().multiply(extent(call, 1, 1), Dim(2)), extent(call, 1, 0));
}

Cost cost_fp4(const OpCall& call) {
  Cost cost = packed_cost(call, call.pool().multiply(extent(call, 1, 1), Dim(2)), extent(call, 1, 0),
                          {.multiply = 2});
  add_bias(cost, call, 5, extent(call, 1, 0));
  return cost;
}

OpError infer_fp8(OpCall& call) {
  return infer_columns(call, extent(call, 1, 1), extent(call, 1, 0));
}

Cost cost_fp8(const OpCall& call) {
  Cost cost = packed_cost(call, extent(call, 1, 1), extent(call, 1, 0), {.multiply = 1});
  if (call.has(3)) cost.add({.add = 1, .multiply = 1, .divide = 1}, elements_of(call, 0), call.pool());
  add_bias(cost, call, 4, extent(call, 1, 0));
  return cost;
}

Cost cost_packed(const OpCall& call) {
  const Dim columns = call.number(call.integer("N"));
  Cost cost = packed_cost(call, call.number(call.integer("K")), columns, {.multiply = 1});
  if (const std::optional<Work> work = activation_work(call.text("activation_type"))) {
    cost.add(*work, call.output_elements(0), call.pool());
  }
  return cost;
}

// --- several products of one normalized input

void add_norm(Cost& cost, const OpCall& call, bool norm, bool skip) {
  if (norm) add_rms_norm(cost, elements_of(call, 0), rows_of(call, 0), call.pool());
  if (skip) cost.add(Arith::add, elements_of(call, 0), call.pool());
}

Cost& operator+=(Cost& sum, std::pair<Cost, DimPool*> more) {
  sum.macs = more.second->add(sum.macs, more.first.macs);
  for (std::size_t i = 0; i < kArithKinds; ++i) {
    sum.operations[i] = more.second->add(sum.operations[i], more.first.operations[i]);
  }
  return sum;
}

OpError infer_mlp(OpCall& call) {
  if (call.has(0)) call.set_shape(1, call.shape(0));
  return infer_nbits(call);
}

Cost cost_mlp(const OpCall& call) {
  const Dim inner = call.number(call.integer("K"));
  const Dim columns = call.number(call.integer("N"));
  Cost cost = packed_cost(call, inner, columns, kDequantize);
  cost += {packed_cost(call, inner, columns, kDequantize), &call.pool()};
  add_bias(cost, call, 5, columns);
  add_bias(cost, call, 8, columns);
  add_norm(cost, call, call.has(2), call.has(1));
  const Dim results = call.output_elements(0);
  cost.add(Arith::multiply, results, call.pool());
  if (const std::optional<Work> work = activation_work(call.text("activation"))) {
    cost.add(*work, results, call.pool());
  } else {
    cost.operations.fill(Dim::unknown());
  }
  return cost;
}

OpError infer_qkv(OpCall& call) {
  const Dim kv = call.number(call.integer("Nkv"));
  call.require_equal(extent(call, 0, -1), call.number(call.integer("K")));
  call.set_shape(0, with_last(call, 0, call.number(call.integer("Nq"))));
  call.set_shape(1, with_last(call, 0, kv));
  call.set_shape(2, with_last(call, 0, kv));
  if (call.has(0)) call.set_shape(3, call.shape(0));
  return {};
}

Cost cost_qkv(const OpCall& call) {
  const Dim inner = call.number(call.integer("K"));
  const Dim q = call.number(call.integer("Nq"));
  const Dim kv = call.number(call.integer("Nkv"));
  Cost cost = packed_cost(call, inner, q, kDequantize);
  cost += {packed_cost(call, inner, kv, kDequantize), &call.pool()};
  cost += {packed_cost(call, inner, kv, kDequantize), &call.pool()};
  add_bias(cost, call, 5, q);
  add_bias(cost, call, 8, kv);
  add_bias(cost, call, 11, kv);
  add_norm(cost, call, true, call.has(1));
  return cost;
}

Cost cost_lora(const OpCall& call) {
  const Dim inner = call.number(call.integer("K"));
  const Dim columns = call.number(call.integer("N"));
  const Dim rank = extent(call, 4, 0);
  Cost cost = packed_cost(call, inner, columns, kDequantize);
  cost += {packed_cost(call, inner, rank, kDequantize), &call.pool()};
  cost += {packed_cost(call, rank, columns, kDequantize), &call.pool()};
  cost.add(Arith::add, call.output_elements(0), call.pool());
  return cost;
}

constexpr std::string_view kCounts =
    "rows·K·N with logical extents; unpacking the weight: a subtraction and a multiplication per weight";
constexpr std::string_view kScaled = "rows·K·N with logical extents; unpacking the weight: its scales";

constexpr OpRow kRows[] = {
    {.op = Op::MsMatMulNBits,
     .category = Category::linear,
     .infer = infer_nbits,
     .cost = CostRule::formula(cost_nbits),
     .counts = kCounts,
     .any_rank = true},
    {.op = Op::MsMatMulBnb4,
     .category = Category::linear,
     .infer = infer_bnb4,
     .cost = CostRule::formula(cost_bnb4),
     .counts = kScaled,
     .any_rank = true},
    {.op = Op::MsMatMulFpQ4,
     .category = Category::linear,
     .infer = infer_fpq4,
     .cost = CostRule::formula(cost_fpq4),
     .counts = kCounts,
     .any_rank = true},
    {.op = Op::MsMatMulBlockQuantizedFp4Weight,
     .category = Category::linear,
     .infer = infer_fp4,
     .cost = CostRule::formula(cost_fp4),
     .counts = kScaled,
     .any_rank = true},
    {.op = Op::MsMatMulBlockQuantizedFp8Weight,
     .category = Category::linear,
     .infer = infer_fp8,
     .cost = CostRule::formula(cost_fp8),
     .counts = kScaled,
     .any_rank = true},
    {.op = Op::MsMatMulPacked,
     .category = Category::linear,
     .infer = infer_nbits,
     .cost = CostRule::formula(cost_packed),
     .counts = kScaled,
     .any_rank = true},
    {.op = Op::MsMatMulNBitsMlp,
     .category = Category::linear,
     .infer = infer_mlp,
     .cost = CostRule::formula(cost_mlp),
     .counts = "2·rows·K·N: gate and up",
     .any_rank = true},
    {.op = Op::MsMatMulNBitsQkv,
     .category = Category::linear,
     .infer = infer_qkv,
     .cost = CostRule::formula(cost_qkv),
     .counts = "rows·K·(Nq + 2·Nkv)",
     .any_rank = true},
    {.op = Op::MsMatMulNBitsQLoRA,
     .category = Category::linear,
     .infer = infer_nbits,
     .cost = CostRule::formula(cost_lora),
     .counts = "rows·(K·N + K·rank + rank·N)",
     .any_rank = true},
};

}  // namespace

std::span<const OpRow> ms_packed_product_rows() {
  return kRows;
}

}  // namespace haoline
