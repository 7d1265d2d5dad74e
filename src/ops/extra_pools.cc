// Layers as PyTorch has them in one operator: pools to a given size, stacks of recurrent layers and single
// cells, gates over halves, products with an addend over batches, extremes with their places.
#include <algorithm>

#include "ops/op_table.h"
#include "ops/refuse.h"
#include "ops/shape_helpers.h"
#include "ops/window.h"

namespace haoline {
namespace {

// --- AdaptiveAveragePool, AdaptiveMaxPool: `output_size` per spatial axis, -1 keeps an extent

// --- recurrent layers. Operands: input, initial h, initial c (absent but for LSTM), then the weights of each
// layer and direction: W [gates·hidden, features], R [gates·hidden, hidden or projection], two biases.

struct Kind {
  std::int64_t gates;
  Work work;
};
Kind kind_of(const OpCall& call) {
  const std::string_view kind = call.text("kind", "lstm");
  if (kind == "gru") return {3, {.add = 4, .multiply = 3, .transcendental = 3}};
  if (kind == "rnn") return {1, {.add = 1, .transcendental = 1}};
  return {4, {.add = 3, .multiply = 3, .transcendental = 5}};
}
bool is_lstm(const OpCall& call) {
  return call.text("kind", "lstm") == "lstm";
}

constexpr std::size_t kFirstWeight = 3;

struct Stack {
  std::size_t layers = 1, directions = 1, per_layer = 2;
};
Stack stack_of(const OpCall& call) {
  Stack stack;
  stack.layers = static_cast<std::size_t>(std::clamp<std::int64_t>(call.integer("layers", 1), 1, 4096));
  stack.directions = call.integer("directions", 1) == 2 ? 2 : 1;
  const std::size_t weights = call.input_count() > kFirstWeight ? call.input_count() - kFirstWeight : 0;
  stack.per_layer = std::max<std::size_t>(2, weights / (stack.layers * stack.directions));
  return stack;
}

OpError infer_stacked_recurrent(OpCall& call) {
  for (std::size_t i = 0; i < 3; ++i) call.set_dtype(i, call.dtype(0));
  if (call.rank(0) != 2 && call.rank(0) != 3) {
    return refuse(call.pool(), {"the input has rank ", call.rank(0), ", it has to be 2 or 3"});
  }
  const Stack stack = stack_of(call);
  const Dim hidden = call.dim(kFirstWeight, 0).floor_div(kind_of(call).gates);
  const Dim features = stack.per_layer == 5 || stack.per_layer == 3
                           ? Dim(call.dim(kFirstWeight + stack.per_layer - 1, 0))
                           : hidden;
  Shape out = call.shape(0);
  out[out.rank() - 1] = call.pool().multiply(features, static_cast<std::int64_t>(stack.directions));
  call.set_shape(0, std::move(out));
  call.set_shape(1, call.shape(1));
  if (is_lstm(call)) call.set_shape(2, call.shape(2));
  return std::nullopt;
}

Cost stacked_recurrent_cost(const OpCall& call) {
  if (call.rank(0) != 2 && call.rank(0) != 3) return Cost::unknown();
  DimPool& pool = call.pool();
  const Stack stack = stack_of(call);
  const Kind kind = kind_of(call);
  Expr rows = call.dim(0, 0);  // steps × batch
  if (call.rank(0) == 3) rows *= call.dim(0, 1);
  Cost cost;
  Expr macs = call.number(0);
  for (std::size_t i = kFirstWeight; i < call.input_count(); ++i) {
    const bool is_matrix = call.rank(i) == 2;
    if (is_matrix) macs = macs + rows * call.elements(i);
    if (!is_matrix) cost.add(Arith::add, rows * call.elements(i), pool);
  }
  cost.macs = macs;
  const Dim hidden = call.dim(kFirstWeight, 0).floor_div(kind.gates);
  cost.add(kind.work, rows * hidden * static_cast<std::int64_t>(stack.layers * stack.directions), pool);
  call.note("rows", rows);
  call.note("hidden", hidden);
  return cost;
}

OpError infer_recurrent_cell(OpCall& call) {
  call.set_dtype(0, call.dtype(1));
  call.set_dtype(1, call.dtype(1));
  call.set_shape(0, call.shape(1));
  call.set_shape(1, call.shape(2));
  return std::nullopt;
}

Cost recurrent_cell_cost(const OpCall& call) {
  if (!call.has_rank(0) || call.rank(0) == 0) return Cost::unknown();
  DimPool& pool = call.pool();
  const Kind kind = kind_of(call);
  const Expr batch = call.rank(0) > 1 ? call.dim(0, 0) : call.number(1);
  Cost cost;
  Expr macs = call.number(0);
  for (std::size_t i = kFirstWeight; i < call.input_count(); ++i) {
    if (call.rank(i) == 2) macs = macs + batch * call.elements(i);
    if (call.rank(i) == 1) cost.add(Arith::add, batch * call.elements(i), pool);
  }
  cost.macs = macs;
  const Dim hidden = call.dim(kFirstWeight, 0).floor_div(kind.gates);
  cost.add(kind.work, batch * hidden, pool);
  call.note("batch", batch);
  call.note("hidden", hidden);
  return cost;
}

// --- GatedHalf: one half of an axis times the sigmoid of the other

OpError infer_gated_half(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  const std::int64_t given = call.integer("axis", -1);
  const std::optional<std::size_t> axis = normalize_axis(given, call.rank(0));
  if (!axis) return axis_out_of_range(given, call.rank(0));
  Shape out = call.shape(0);
  out[*axis] = call.pool().floor_div(out[*axis], 2);
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

OpError infer_first(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  return infer_same_shape(call);
}

// --- BatchedGemm: a × b + c, c broadcast

OpError infer_batched_gemm(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (call.rank(0) < 2 || call.rank(1) < 2)
    return refuse(call.pool(), {"a product needs operands of rank 2 at least"});
  call.require_equal(call.dim(0, -1), call.dim(1, -2));
  const Shape batch = call.broadcast(Shape(call.shape(0).first(call.rank(0) - 2)),
                                     Shape(call.shape(1).first(call.rank(1) - 2)));
  Shape out = batch;
  out.push_back(call.dim(0, -2));
  out.push_back(call.dim(1, -1));
  call.set_shape(0, std::move(out));
  return std::nullopt;
}
Cost batched_gemm_cost(const OpCall& call) {
  if (call.rank(0) < 2) return Cost::unknown();
  Cost cost;
  cost.macs = call.output_elements(0) * call.dim(0, -1);
  if (call.has(2)) cost.add(Arith::add, call.output_elements(0), call.pool());
  return cost;
}

// --- ReduceWithIndex: the extreme along `axis`, and where it is; Sort: all elements in order, and whence

OpError infer_reduce_with_index(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  call.set_dtype(1, DType::int64);
  if (!call.has_rank(0)) return std::nullopt;
  const std::int64_t given = call.integer("axis", -1);
  const std::optional<std::size_t> axis = normalize_axis(given, call.rank(0));
  if (!axis) return axis_out_of_range(given, call.rank(0));
  Shape out = call.shape(0);
  if (call.integer("keepdims", 0) != 0) {
    out[*axis] = 1;
  } else {
    out.erase(*axis);
  }
  call.set_shape(0, out);
  call.set_shape(1, std::move(out));
  return std::nullopt;
}
OpError infer_sort(OpCall& call) {
  const bool indices_only = call.output_count() == 1;
  call.set_dtype(0, indices_only ? DType::int64 : call.dtype(0));
  call.set_dtype(1, DType::int64);
  call.set_shape(0, call.shape(0));
  call.set_shape(1, call.shape(0));
  return std::nullopt;
}

constexpr std::string_view kStackCounts =
    "steps·batch·(elements of every weight matrix): both products of every gate, each step; biases are "
    "additions";

constexpr OpRow kRows[] = {
    {.op = Op::BatchedGemm,
     .category = Category::linear,
     .infer = infer_batched_gemm,
     .cost = CostRule::formula(batched_gemm_cost),
     .counts = "outputs·inner extent; the addend is one addition per output element"},
    {.op = Op::ChannelPRelu,
     .category = Category::activation,
     .infer = infer_first,
     .cost = CostRule::per_output({.multiply = 1, .compare = 1}),
     .counts = "a comparison and a multiplication per element",
     .alias = Alias::in_place_first},
    {.op = Op::GatedHalf,
     .category = Category::activation,
     .infer = infer_gated_half,
     .cost = CostRule::per_output({.add = 1, .multiply = 1, .divide = 1, .transcendental = 1}),
     .counts = "a sigmoid and a multiplication per output element"},
    {.op = Op::LogSigmoid,
     .category = Category::activation,
     .infer = infer_first,
     .cost = CostRule::per_output({.add = 1, .transcendental = 2}),
     .counts = "an exponential, an addition and a logarithm per element",
     .alias = Alias::in_place_first},
    {.op = Op::RecurrentCell,
     .category = Category::recurrent,
     .infer = infer_recurrent_cell,
     .cost = CostRule::formula(recurrent_cell_cost),
     .counts = "batch·(elements of both weight matrices); biases are additions"},
    {.op = Op::ReduceWithIndex,
     .category = Category::reduce,
     .infer = infer_reduce_with_index,
     .cost = CostRule::per_input({.compare = 1}),
     .counts = "a comparison per input element"},
    {.op = Op::Sort,
     .category = Category::reduce,
     .infer = infer_sort,
     .cost = CostRule::per_input({.compare = 1}),
     .counts = "a comparison per input element (at least)",
     .any_rank = true},
    {.op = Op::StackedRecurrent,
     .category = Category::recurrent,
     .infer = infer_stacked_recurrent,
     .cost = CostRule::formula(stacked_recurrent_cost),
     .counts = kStackCounts},
};

}  // namespace

std::span<const OpRow> extra_pool_rows() {
  return kRows;
}

}  // namespace haoline
