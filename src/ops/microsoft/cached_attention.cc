// Grouped-query attention with key-value caches, sparse and paged attention, linear attention and the
// operators around them.
#include <algorithm>

#include "ops/microsoft/attention_sizes.h"
#include "ops/op_table.h"

namespace haoline {
namespace {

using namespace ms;

// --- GroupQueryAttention and its kin: (batch, positions, heads·size), keys and values apart or packed behind

struct Grouped {
  Dim heads, kv_heads, head_size;
  Dim hidden;  // of queries and results
  Dim new_keys;
};

Grouped read_grouped(const OpCall& call, std::int64_t position_axis = 1) {
  DimPool& pool = call.pool();
  Grouped sizes;
  sizes.heads = call.number(call.integer("num_heads"));
  sizes.kv_heads = call.number(call.integer("kv_num_heads"));
  const Dim width = extent(call, 0, -1);
  if (call.has(1)) {
    sizes.head_size = pool.floor_div(width, sizes.heads);
    sizes.hidden = width;
    sizes.new_keys = extent(call, 1, position_axis);
  } else {  // packed: query heads, then key heads, then value heads
    const Dim all = pool.add(sizes.heads, pool.multiply(Dim(2), sizes.kv_heads));
    sizes.head_size = pool.floor_div(width, all);
    sizes.hidden = pool.multiply(sizes.head_size, sizes.heads);
    sizes.new_keys = extent(call, 0, position_axis);
  }
  return sizes;
}

// Positions the caches hold afterwards. A cache that grows ends at total_sequence_length, one that is
// shared keeps its capacity: the longer of both, as the kernel allocates it.
Dim cache_positions(const OpCall& call, const Grouped& sizes) {
  const Dim total = integer_of(call, 6);
  if (!call.has(3)) return total.is_unknown() ? sizes.new_keys : total;
  if (call.integer("sliding_window_cache") != 0) return extent(call, 3, 2);
  return call.pool().max(extent(call, 3, 2), total);
}

OpError infer_group_query(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 3, "the query")) return error;
  if (OpError error = needs_rank(call, 3, 4, "the key cache")) return error;
  const Grouped sizes = read_grouped(call);
  if (call.has_rank(0)) call.set_shape(0, Shape{extent(call, 0, 0), extent(call, 0, 1), sizes.hidden});
  const Dim positions = cache_positions(call, sizes);
  for (std::size_t i = 1; i <= 2; ++i) {
    const std::size_t past = i + 2;
    call.set_dtype(i, call.has(past) ? call.dtype(past) : call.dtype(0));
    if (call.has(past) && !call.has_rank(past)) continue;
    call.set_shape(i, call.has(past) ? Shape{extent(call, past, 0), extent(call, past, 1), positions,
                                             extent(call, past, 3)}
                                     : Shape{extent(call, 0, 0), sizes.kv_heads, positions, sizes.head_size});
  }
  const Dim total = integer_of(call, 6);
  call.set_shape(3, Shape{extent(call, 0, 0), sizes.heads, extent(call, 0, 1),
                          total.is_unknown() && !call.has(3) ? sizes.new_keys : total});
  return {};
}

void add_rotary(Cost& cost, const OpCall& call, Dim rows, const Grouped& sizes) {
  if (call.integer("do_rotary") == 0) return;
  DimPool& pool = call.pool();
  const Dim rotated = pool.multiply(pool.add(sizes.heads, sizes.kv_heads), sizes.head_size);
  cost.add(kRotary, pool.multiply(rows, rotated), pool);
}

Cost cost_group_query(const OpCall& call) {
  const Grouped sizes = read_grouped(call);
  Dim keys = integer_of(call, 6);
  if (keys.is_unknown()) keys = call.has(3) ? output_extent(call, 1, 2) : sizes.new_keys;
  const Dim batch = extent(call, 0, 0);
  const Dim queries = extent(call, 0, 1);
  Cost cost = attention_cost(call, {batch, sizes.heads, queries, keys, sizes.hidden, sizes.hidden});
  add_rotary(cost, call, call.pool().multiply(batch, queries), sizes);
  return cost;
}

OpError infer_sparse(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 3, "the query")) return error;
  const Grouped sizes = read_grouped(call);
  if (call.has_rank(0)) call.set_shape(0, Shape{extent(call, 0, 0), extent(call, 0, 1), sizes.hidden});
  for (std::size_t i = 1; i <= 2; ++i) {
    if (call.has(i + 2)) call.set_shape(i, call.shape(i + 2));
  }
  return {};
}

Cost cost_sparse(const OpCall& call) {
  const Grouped sizes = read_grouped(call);
  const Dim batch = extent(call, 0, 0);
  const Dim queries = extent(call, 0, 1);
  Cost cost =
      attention_cost(call, {batch, sizes.heads, queries, integer_of(call, 7), sizes.hidden, sizes.hidden});
  add_rotary(cost, call, call.pool().multiply(batch, queries), sizes);
  return cost;
}

// --- PagedAttention: (tokens, heads·size), caches in pages

OpError infer_paged(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 2, "the query")) return error;
  const bool latent = call.text("kv_cache_layout", "SEPARATE") == "LATENT";
  const std::int64_t value_size = call.integer("v_head_size");
  const Grouped sizes = read_grouped(call, 0);
  Dim hidden = sizes.hidden;
  if (latent) {  // one cache; keys are never packed behind queries
    hidden = extent(call, 0, 1);
    if (value_size > 0) hidden = call.pool().multiply(sizes.heads, call.number(value_size));
  }
  if (call.has_rank(0)) call.set_shape(0, Shape{extent(call, 0, 0), hidden});
  for (std::size_t i = 1; i <= 2; ++i) {
    if (!call.has(i + 2)) continue;
    call.set_shape(i, call.shape(i + 2));
    call.set_dtype(i, call.dtype(i + 2));
  }
  return {};
}

// --- attention to entries that somebody else selected

OpError infer_dynamic_sparse(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 3, "the query")) return error;
  const Grouped sizes = read_grouped(call);
  if (call.has_rank(0)) call.set_shape(0, Shape{extent(call, 0, 0), extent(call, 0, 1), sizes.hidden});
  call.set_dtype(0, call.integer("output_bf16") != 0 ? DType::bfloat16 : call.dtype(0));
  for (std::size_t i = 1; i <= 2; ++i) {
    if (!call.has(i + 2)) continue;
    call.set_shape(i, call.shape(i + 2));
    call.set_dtype(i, call.dtype(i + 2));
  }
  return {};
}

// Every row reads at most as many entries as its selection holds, and its local window.
Dim selected_positions(const OpCall& call, std::size_t selection) {
  const Dim selected = extent(call, selection, 1);
  if (call.text("attention_mode", "selected_only") != "local_plus_selected") return selected;
  const std::int64_t window = call.integer("local_window_size", -1);
  return window < 0 ? Dim::unknown() : call.pool().add(selected, call.number(window));
}

Cost cost_dynamic_sparse(const OpCall& call) {
  const Grouped sizes = read_grouped(call);
  const Dim batch = extent(call, 0, 0);
  const Dim queries = extent(call, 0, 1);
  Cost cost = attention_cost(
      call, {batch, sizes.heads, queries, selected_positions(call, 7), sizes.hidden, sizes.hidden});
  add_rotary(cost, call, call.pool().multiply(batch, queries), sizes);
  return cost;
}

Cost cost_sparse_paged(const OpCall& call) {
  const Grouped sizes = read_grouped(call, 0);
  const Dim tokens = extent(call, 0, 0);
  Cost cost =
      attention_cost(call, {1, sizes.heads, tokens, selected_positions(call, 9), sizes.hidden, sizes.hidden});
  add_rotary(cost, call, tokens, sizes);
  return cost;
}

// --- linear attention: a state of key size × value size per head, updated and read once per token

// Multiply-accumulates of one token: the update and the reading, and with a delta rule the retrieval.
Cost linear_cost(const OpCall& call, Dim tokens, Dim state_heads, Dim read_heads, Dim key_size,
                 Dim value_size) {
  DimPool& pool = call.pool();
  const std::string_view rule = call.text("update_rule", "gated_delta");
  const bool delta = rule == "delta" || rule == "gated_delta";
  const bool gated = rule == "gated" || rule == "gated_delta";
  const Dim state = pool.multiply(key_size, value_size);
  const Dim updates = pool.multiply(state_heads, Dim(delta ? 2 : 1));
  Cost cost = macs_only(pool.multiply(tokens, pool.multiply(state, pool.add(updates, read_heads))));
  if (gated) cost.add(Arith::multiply, pool.multiply(tokens, pool.multiply(state, state_heads)), pool);
  return cost;
}

struct Linear {
  Dim query_heads, kv_heads, read_heads, key_size, value_size;
};

Linear read_linear(const OpCall& call) {
  DimPool& pool = call.pool();
  Linear sizes;
  sizes.query_heads = call.number(call.integer("q_num_heads"));
  sizes.kv_heads = call.number(call.integer("kv_num_heads"));
  sizes.read_heads = pool.max(sizes.query_heads, sizes.kv_heads);
  sizes.key_size = pool.floor_div(extent(call, 0, 2), sizes.query_heads);
  sizes.value_size = pool.floor_div(extent(call, 2, 2), sizes.kv_heads);
  return sizes;
}

OpError infer_linear(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 3, "the query")) return error;
  if (OpError error = needs_rank(call, 2, 3, "the value")) return error;
  const Linear sizes = read_linear(call);
  const Dim batch = extent(call, 0, 0);
  call.set_shape(0,
                 Shape{batch, extent(call, 0, 1), call.pool().multiply(sizes.read_heads, sizes.value_size)});
  Shape state{batch, sizes.kv_heads, sizes.key_size, sizes.value_size};
  if (const std::int64_t window = call.integer("state_window"); window > 0)
    state.insert(0, call.number(window));
  call.set_shape(1, std::move(state));
  if (!call.has(3)) call.set_dtype(1, call.dtype(0));
  return {};
}

Cost cost_linear(const OpCall& call) {
  const Linear sizes = read_linear(call);
  const Dim tokens = call.pool().multiply(extent(call, 0, 0), extent(call, 0, 1));
  return linear_cost(call, tokens, sizes.kv_heads, sizes.read_heads, sizes.key_size, sizes.value_size);
}

// GatedDeltaNet: (tokens, heads, size) or (batch, positions, heads, size); packed when key and value are
// absent.
OpError infer_gated_delta(OpCall& call) {
  if (!call.has_rank(0)) return {};
  DimPool& pool = call.pool();
  Dim heads = extent(call, 2, -2);
  Dim size = extent(call, 2, -1);
  Dim key_size = extent(call, 0, -1);
  Dim key_heads = extent(call, 1, -2);
  Shape shape = Shape::unknown_rank();
  if (call.has(1)) {
    shape = call.shape(0);
    if (shape.rank() < 3) return Message("the query needs rank 3 or 4");
    shape[shape.rank() - 2] = pool.max(shape[shape.rank() - 2], heads);
    shape[shape.rank() - 1] = size;
  } else {
    heads = extent(call, 6, 1);
    size = extent(call, 6, 2);
    key_size = extent(call, 6, 3);
    const Dim width = pool.subtract(extent(call, 0, -1), pool.multiply(heads, size));
    key_heads = pool.floor_div(width, pool.multiply(Dim(2), key_size));
    if (call.rank(0) < 2) return Message("the packed query needs rank 2 or 3");
    shape = Shape(call.shape(0).first(call.rank(0) - 1));
    shape.push_back(heads);
    shape.push_back(size);
  }
  call.set_shape(0, std::move(shape));
  if (call.has(6)) call.set_shape(1, call.shape(6));
  call.set_dtype(1, DType::float32);
  call.set_dtype(2, DType::float32);
  const Dim capacity = call.number(call.integer("state_update_capacity"));
  const Dim decay = call.has_rank(4) && call.has_rank(0) && call.has(1) && call.rank(4) == call.rank(0)
                        ? pool.multiply(heads, key_size)
                        : heads;
  const Dim row = pool.add(decay, pool.add(pool.multiply(key_heads, key_size), pool.multiply(heads, size)));
  call.set_shape(2, Shape{call.has(6) ? extent(call, 6, 0) : Dim::unknown(), pool.multiply(capacity, row)});
  return {};
}

Cost cost_gated_delta(const OpCall& call) {
  const Dim heads = call.has(2) ? extent(call, 2, -2) : extent(call, 6, 1);
  const Dim value_size = call.has(2) ? extent(call, 2, -1) : extent(call, 6, 2);
  const Dim key_size = call.has(1) ? extent(call, 0, -1) : extent(call, 6, 3);
  const Dim tokens = rows_of(call, 0, call.has(1) ? 2 : 1);
  return linear_cost(call, tokens, heads, heads, key_size, value_size);
}

// --- the operators that select

// Entries a row of a selection has room for: attributes alone decide.
Dim selection_capacity(const OpCall& call) {
  if (call.text("policy_mode") == "csa") return call.number(call.integer("index_topk"));
  const Dim most =
      call.pool().add(call.number(call.integer("token_budget")), call.number(call.integer("compress_ratio")));
  return call.pool().subtract(most, Dim(1));
}

OpError infer_indexer(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 3, "the query")) return error;
  call.set_shape(0, Shape{extent(call, 0, 0), extent(call, 0, 1), selection_capacity(call)});
  call.set_dtype(0, DType::int32);
  if (call.has(12) && call.has(7)) {
    call.set_shape(1, call.shape(7));
  } else if (call.has_rank(7) && call.rank(7) == 3) {
    const bool raw = call.text("policy_mode") == "qsa";  // one entry per token
    const Dim grown = raw ? call.pool().add(extent(call, 7, 1), extent(call, 0, 1)) : Dim::unknown();
    call.set_shape(1, Shape{extent(call, 7, 0), grown, extent(call, 7, 2)});
  }
  call.set_shape(2, Shape{2, extent(call, 0, 0), Dim::unknown(), extent(call, 13, 3)});
  return {};
}

OpError infer_packed_indexer(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 2, "the query")) return error;
  const Dim tokens = extent(call, 0, 0);
  call.set_shape(0, Shape{tokens, selection_capacity(call)});
  call.set_shape(1, Shape{tokens});
  for (std::size_t i = 2; i <= 5; ++i) {
    if (call.has(i + 10)) call.set_shape(i, call.shape(i + 10));
  }
  const Dim batch = extent(call, 12, 0);
  call.set_shape(6, Shape{batch, call.number(call.integer("state_update_capacity")), extent(call, 12, 2)});
  call.set_shape(7, Shape{tokens});
  call.set_shape(8, Shape{batch});
  return {};
}

OpError infer_indexer_merge(OpCall& call) {
  const Dim rows = extent(call, 2, 0);
  call.set_shape(0, Shape{rows, call.number(call.integer("max_output_entries"))});
  call.set_shape(1, Shape{rows});
  call.set_shape(2, Shape{rows});
  return {};
}

OpError infer_backing(OpCall& call) {  // the result is the destination's allocation
  if (call.has(2)) call.set_shape(0, call.shape(2));
  return {};
}

// Mamba2Verify: one sequence through convolution, recurrence and norm.
OpError infer_mamba2(OpCall& call) {
  DimPool& pool = call.pool();
  const Dim inner =
      pool.multiply(call.number(call.integer("heads")), call.number(call.integer("head_dim", 64)));
  const Dim rows = extent(call, 0, 0);
  call.set_shape(0, Shape{rows, inner});
  if (call.has(1)) call.set_shape(1, call.shape(1));
  if (call.has(2)) call.set_shape(2, call.shape(2));
  call.set_shape(3, Shape{rows, extent(call, 1, 1)});
  call.set_shape(4, Shape{rows, inner});
  return {};
}

constexpr std::string_view kGrouped =
    "batch·queries·keys·2·heads·head_size: both products; keys = total_sequence_length, else what the cache "
    "holds; "
    "masks and windows give no discount";
constexpr std::string_view kSelected =
    "queries·(selected + local window)·2·heads·head_size: both products over the entries that a row may hold";
constexpr std::string_view kLinear =
    "tokens·key_size·value_size·(state heads for the update + again for a delta rule's retrieval + heads "
    "that read)";
constexpr std::string_view kIndexer = "how many blocks are scored depends on the data";

constexpr OpRow kRows[] = {
    {.op = Op::MsGroupQueryAttention,
     .category = Category::attention,
     .infer = infer_group_query,
     .cost = CostRule::formula(cost_group_query),
     .counts = kGrouped,
     .any_rank = true},
    {.op = Op::MsSparseAttention,
     .category = Category::attention,
     .infer = infer_sparse,
     .cost = CostRule::formula(cost_sparse),
     .counts = kGrouped,
     .any_rank = true},
    {.op = Op::MsPagedAttention,
     .category = Category::attention,
     .infer = infer_paged,
     .cost = CostRule::unknown(),
     .counts = "the lengths of cached sequences are only in the data",
     .any_rank = true},
    {.op = Op::MsDynamicSparseAttention,
     .category = Category::attention,
     .infer = infer_dynamic_sparse,
     .cost = CostRule::formula(cost_dynamic_sparse),
     .counts = kSelected,
     .any_rank = true},
    {.op = Op::MsSparsePagedAttention,
     .category = Category::attention,
     .infer = infer_paged,
     .cost = CostRule::formula(cost_sparse_paged),
     .counts = kSelected,
     .any_rank = true},
    {.op = Op::MsLinearAttention,
     .category = Category::attention,
     .infer = infer_linear,
     .cost = CostRule::formula(cost_linear),
     .counts = kLinear},
    {.op = Op::MsGatedDeltaNet,
     .category = Category::attention,
     .infer = infer_gated_delta,
     .cost = CostRule::formula(cost_gated_delta),
     .counts = kLinear,
     .any_rank = true},
    {.op = Op::MsGatedDeltaNetStateReplay,
     .category = Category::attention,
     .infer = infer_backing,
     .cost = CostRule::unknown(),
     .counts = "how much is replayed is only in the data",
     .any_rank = true},
    {.op = Op::MsMamba2Verify,
     .category = Category::recurrent,
     .infer = infer_mamba2,
     .cost = CostRule::unknown(),
     .counts = "a fused kernel of one model: how its recurrence is carried out is not specified",
     .any_rank = true},
    {.op = Op::MsSparseAttentionIndexer,
     .category = Category::attention,
     .infer = infer_indexer,
     .cost = CostRule::unknown(),
     .counts = kIndexer,
     .any_rank = true},
    {.op = Op::MsPackedSparseAttentionIndexer,
     .category = Category::attention,
     .infer = infer_packed_indexer,
     .cost = CostRule::unknown(),
     .counts = kIndexer,
     .any_rank = true},
    {.op = Op::MsPackedSparseAttentionIndexerMerge,
     .category = Category::attention,
     .infer = infer_indexer_merge,
     .cost = CostRule::unknown(),
     .counts = kIndexer,
     .any_rank = true},
};

}  // namespace

std::span<const OpRow> ms_cached_attention_rows() {
  return kRows;
}

}  // namespace haoline
