// Dense layers as one operator, and quantization whose scales lie beside the tensors.
#include "ops/op_table.h"
#include "ops/refuse.h"
#include "ops/shape_helpers.h"

namespace haoline {
namespace {

// --- FullyConnected: operand, weight, bias. `filter_layout` "OI" (the default) has one row per unit, "IO"
// one column. Leading axes stay with keep_num_dims, else they are one: rows of the weight's input extent.
// `weight_extents` are those of a packed weight when unpacked.

struct Dense {
  Dim units;
  Dim inputs;
};

Dense read_dense(const OpCall& call) {
  const bool by_column = call.text("filter_layout", "OI") == "IO";
  if (const auto unpacked = call.integer_list("weight_extents"); unpacked.size() == 2) {
    return {call.pool().number(unpacked[by_column ? 1 : 0]), call.pool().number(unpacked[by_column ? 0 : 1])};
  }
  return {call.dim(1, by_column ? 1 : 0), call.dim(1, by_column ? 0 : 1)};
}

bool is_matrix(const OpCall& call) {
  return call.rank(1) == 2 || call.integer_list("weight_extents").size() == 2;
}

OpError infer_fully_connected(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  DimPool& pool = call.pool();
  if (!is_matrix(call)) return refuse(pool, {"the weight has rank ", call.rank(1), ", it has to be 2"});
  const Dense dense = read_dense(call);
  const Shape& in = call.shape(0);
  if (call.integer("keep_num_dims") != 0 && in.rank() > 0) {
    if (certainly_differ(pool, in.back(), dense.inputs)) {
      return refuse(pool, {"the input has ", in.back(), " features, the weight expects ", dense.inputs});
    }
    call.require_equal(in.back(), dense.inputs);
    Shape out = in;
    out[out.rank() - 1] = dense.units;
    call.set_shape(0, std::move(out));
    return std::nullopt;
  }
  const Expr elements = call.elements(0);
  if (dense.inputs.number().value_or(1) <= 0) {
    return refuse(pool, {"the weight expects ", dense.inputs, " features"});
  }
  if (certainly_differ(pool, pool.mod(elements, dense.inputs), 0)) {
    return refuse(pool, {elements, " elements do not divide into rows of ", dense.inputs});
  }
  // One extent that is the row itself leaves the others as they are, symbols included.
  Dim rows = elements.floor_div(dense.inputs);
  if (in.rank() == 2 && in[1] == dense.inputs) rows = in[0];
  call.require_divisible(elements, dense.inputs);
  call.set_shape(0, Shape{rows, dense.units});
  return std::nullopt;
}

Cost fully_connected_cost(const OpCall& call) {
  if (!is_matrix(call)) return Cost::unknown();
  const Dense dense = read_dense(call);
  Cost cost;
  cost.macs = call.output_elements(0) * dense.inputs;
  if (call.has(2)) cost.add(Arith::add, call.output_elements(0), call.pool());
  call.note("outputs", call.output_elements(0));
  call.note("inputs", dense.inputs);
  return cost;
}

// --- the same numbers in another form

OpError infer_typed_as_named(OpCall& call) {
  const std::optional<DType> wanted = dtype_named(call.text("dtype"));
  if (wanted) call.set_dtype(0, *wanted);
  for (std::size_t i = 1; i < call.output_count(); ++i) {  // the range that was used
    call.set_dtype(i, DType::float32);
    call.set_shape(i, Shape{});
  }
  return infer_same_shape(call);
}

constexpr OpRow kRows[] = {
    {.op = Op::Densify,
     .category = Category::constant,
     .infer = infer_same_facts,
     .cost = CostRule::free(),
     .counts = "a sparse constant is unfolded, no arithmetic",
     .any_rank = true},
    {.op = Op::Dequantize,
     .category = Category::quantize,
     .infer = infer_typed_as_named,
     .cost = CostRule::per_output({.add = 1, .multiply = 1}),
     .counts = "a subtraction and a multiplication per element",
     .any_rank = true},
    {.op = Op::FullyConnected,
     .category = Category::linear,
     .infer = infer_fully_connected,
     .cost = CostRule::formula(fully_connected_cost),
     .counts = "outputs·inputs: one per output element and input feature; a bias is one addition per output "
               "element"},
    {.op = Op::Quantize,
     .category = Category::quantize,
     .infer = infer_typed_as_named,
     .cost = CostRule::per_output({.add = 2, .divide = 1, .compare = 2}),
     .counts = "division, rounding, zero point and saturation per element",
     .any_rank = true},
};

}  // namespace

std::span<const OpRow> extra_product_rows() {
  return kRows;
}

}  // namespace haoline
