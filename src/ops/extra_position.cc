// Tokens and their places: rows of embedding tables, rotations, learned distances.
#include "ops/op_table.h"
#include "ops/refuse.h"

namespace haoline {
namespace {

// --- EmbeddingLookup: rows of a table (rows, width) by integer ids

// The extents of a packed table are those of the attribute, not the stored ones.
OpError infer_lookup(OpCall& call) {
  const std::span<const std::int64_t> unpacked = call.integer_list("weight_extents");
  if (unpacked.size() != 2 && call.rank(0) != 2) {
    return refuse(call.pool(), {"the table has rank ", call.rank(0), ", it has to be 2"});
  }
  Shape shape = call.shape(1);
  shape.push_back(unpacked.size() == 2 ? call.pool().number(unpacked[1]) : call.dim(0, 1).dim());
  call.set_shape(0, std::move(shape));
  const Type* type = call.type_attribute("type");
  call.set_dtype(0, type ? type->dtype : call.dtype(0));
  return std::nullopt;
}

// --- RotaryPosition: the first `rotary_dim` values of every head of x (batch, tokens, heads · size) turn
// with their position

OpError infer_rotary(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  call.set_shape(0, call.shape(0));
  return std::nullopt;
}

Cost rotary_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  const std::int64_t size = call.integer("head_size", 0), part = call.integer("rotary_dim", size);
  if (size <= 0 || part < 0 || part > size) return Cost::unknown();
  const Expr rotated = (call.elements(0) * pool.number(part)).floor_div(pool.number(size));
  Cost cost;
  cost.add({.add = 1, .multiply = 2}, rotated, pool);
  call.note("rotated_elements", rotated);
  return cost;
}

// --- RelativeBias: a learned number per head and distance, from a table (buckets, heads), for the queries of
// x, the keys of y and those of a cache (batch, heads, past, size)

OpError infer_relative_bias(OpCall& call) {
  DimPool& pool = call.pool();
  if (call.rank(0) != 2) return refuse(pool, {"the table has rank ", call.rank(0), ", it has to be 2"});
  Dim keys = call.dim(2, 1);
  if (call.has_rank(3) && call.rank(3) == 4) keys = pool.add(keys, call.dim(3, 2));
  call.set_dtype(0, call.dtype(1));
  call.set_shape(0, Shape{Dim(1), call.dim(0, 1), call.dim(1, 1), keys});
  return std::nullopt;
}

constexpr OpRow kRows[] = {
    {.op = Op::EmbeddingLookup,
     .category = Category::embed,
     .infer = infer_lookup,
     .cost = CostRule::free(),
     .counts = "selects rows: no arithmetic",
     .traffic = Traffic::gathered},
    {.op = Op::RotaryPosition,
     .category = Category::attention,
     .infer = infer_rotary,
     .cost = CostRule::formula(rotary_cost),
     .counts = "two multiplications and an addition per rotated element; the angles are a table",
     .alias = Alias::in_place_first},
    {.op = Op::RelativeBias,
     .category = Category::embed,
     .infer = infer_relative_bias,
     .cost = CostRule::free(),
     .counts = "selects rows: no arithmetic"},
};

}  // namespace

std::span<const OpRow> extra_position_rows() {
  return kRows;
}

}  // namespace haoline
