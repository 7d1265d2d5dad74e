// Attention that is more than two products: over a shared latent, with relative positions as operands of
// their own, in windows of an image.
#include "ops/op_table.h"
#include "ops/refuse.h"

namespace haoline {
namespace {

constexpr Work kSoftmax{.add = 2, .multiply = 1, .divide = 1, .transcendental = 1, .compare = 1};

// --- LatentAttention: keys and values of all heads are made of one latent per token.
// query (batch, tokens, heads · (nope + rope)), latent (batch, tokens, rank), rotary key (batch, tokens,
// rope), the weight that expands a latent (heads · (nope + value), rank) whole or as a key and a value part,
// past (batch, past, rank + rope).

constexpr std::size_t kQuery = 0, kLatent = 1, kRope = 2, kPast = 5;

struct LatentSizes {
  Dim heads, nope, rope, value, total;
};

LatentSizes read_latent(const OpCall& call) {
  DimPool& pool = call.pool();
  Dim total = call.dim(kLatent, 1);
  if (call.has(kPast)) total = pool.add(total, call.dim(kPast, 1));
  return {pool.number(call.integer("heads", 0)), pool.number(call.integer("nope_size", 0)),
          pool.number(call.integer("rope_size", 0)), pool.number(call.integer("value_size", 0)), total};
}

OpError infer_latent(OpCall& call) {
  DimPool& pool = call.pool();
  for (const std::size_t i : {kQuery, kLatent, kRope}) {
    if (call.rank(i) != 3) return refuse(pool, {"operand ", i, " has rank ", call.rank(i), ", not 3"});
  }
  const LatentSizes s = read_latent(call);
  const Dim width = pool.multiply(s.heads, pool.add(s.nope, s.rope));
  if (certainly_differ(pool, call.dim(kQuery, 2), width)) {
    return refuse(pool, {"the query has ", call.dim(kQuery, 2), " values per token, its heads need ", width});
  }
  call.set_dtype(0, call.dtype(kQuery));
  call.set_shape(0, Shape{call.dim(kQuery, 0), call.dim(kQuery, 1), pool.multiply(s.heads, s.value)});
  call.set_dtype(1, call.dtype(call.has(kPast) ? kPast : kLatent));
  call.set_shape(1, Shape{call.dim(kLatent, 0), s.total, call.dim(kLatent, 2) + call.dim(kRope, 2)});
  return std::nullopt;
}

Cost latent_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  const LatentSizes s = read_latent(call);
  const Expr tokens = call.dim(kQuery, 0) * call.dim(kQuery, 1);
  const Expr scores = tokens * s.heads * s.total;
  const Expr key = Expr(s.nope, pool) + s.rope;
  Cost cost;
  cost.macs =
      scores * (key + s.value) + tokens * s.heads * (Expr(s.nope, pool) + s.value) * call.dim(kLatent, 2);
  cost.add({.multiply = 1}, scores, pool);
  cost.add(kSoftmax, scores, pool);
  call.note("tokens", tokens);
  call.note("heads", s.heads);
  call.note("keys", s.total);
  call.note("key_size", key);
  call.note("value_size", s.value);
  call.note("latent", call.dim(kLatent, 2));
  return cost;
}

// --- DisentangledAttention: query, key, value (batch, tokens, width), and relative positions as keys and as
// queries (distances, width); either may be absent

OpError infer_disentangled(OpCall& call) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (call.rank(i) != 3) {
      return refuse(call.pool(), {"operand ", i, " has rank ", call.rank(i), ", not 3"});
    }
  }
  call.set_dtype(0, call.dtype(0));
  call.set_shape(0, Shape{call.dim(0, 0), call.dim(0, 1), call.dim(2, 2)});
  return std::nullopt;
}

Cost disentangled_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  const Expr queries = call.elements(0);
  const Expr scores = call.dim(0, 0) * call.dim(0, 1) * call.dim(1, 1) * call.integer("heads", 1);
  Cost cost;
  Expr macs = queries * call.dim(1, 1) + call.output_elements(0) * call.dim(1, 1);
  if (call.has(3)) macs = macs + queries * call.dim(3, 0);
  if (call.has(4)) macs = macs + call.elements(1) * call.dim(4, 0);
  cost.macs = macs;
  cost.add({.multiply = 1}, scores, pool);
  cost.add(Arith::add, scores * ((call.has(3) ? 1 : 0) + (call.has(4) ? 1 : 0)), pool);
  cost.add(kSoftmax, scores, pool);
  return cost;
}

// --- WindowPartition: an image of tokens (batch, rows · columns, width) to windows of `window` × `window`
// tokens, padded to whole windows; WindowMerge is the way back

OpError infer_partition(OpCall& call) {
  const std::int64_t rows = call.integer("rows", 0), columns = call.integer("columns", 0);
  const std::int64_t window = call.integer("window", 0);
  if (rows <= 0 || columns <= 0 || window <= 0) return Message("rows, columns and window have to be above 0");
  call.set_dtype(0, call.dtype(0));
  const Expr windows = call.number((rows - 1) / window + 1) * call.number((columns - 1) / window + 1);
  call.set_shape(0, Shape{call.dim(0, 0) * windows, call.number(window) * window, call.dim(0, 2)});
  return std::nullopt;
}

OpError infer_merge(OpCall& call) {
  const std::int64_t rows = call.integer("rows", 0), columns = call.integer("columns", 0);
  const std::int64_t window = call.integer("window", 0);
  if (rows <= 0 || columns <= 0 || window <= 0) return Message("rows, columns and window have to be above 0");
  call.set_dtype(0, call.dtype(0));
  const Expr windows = call.number((rows - 1) / window + 1) * call.number((columns - 1) / window + 1);
  call.set_shape(0, Shape{call.dim(0, 0).floor_div(windows), call.number(rows) * columns, call.dim(0, 2)});
  return std::nullopt;
}

constexpr OpRow kRows[] = {
    {.op = Op::LatentAttention,
     .category = Category::attention,
     .infer = infer_latent,
     .cost = CostRule::formula(latent_cost),
     .counts = "tokens·heads·keys·(key_size + value_size): both full products; and tokens·heads·(nope_size + "
               "value_size)·latent: the latent of every new token expanded (or the query absorbed) once"},
    {.op = Op::DisentangledAttention,
     .category = Category::attention,
     .infer = infer_disentangled,
     .cost = CostRule::formula(disentangled_cost),
     .counts = "both full products, and queries and keys with every relative position"},
    {.op = Op::WindowPartition,
     .category = Category::reshape,
     .infer = infer_partition,
     .cost = CostRule::free(),
     .counts = "moves tokens"},
    {.op = Op::WindowMerge,
     .category = Category::reshape,
     .infer = infer_merge,
     .cost = CostRule::free(),
     .counts = "moves tokens"},
};

}  // namespace

std::span<const OpRow> extra_attention_rows() {
  return kRows;
}

}  // namespace haoline
