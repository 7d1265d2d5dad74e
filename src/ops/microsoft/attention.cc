// Attention without grouped heads: with its projections (Attention, QAttention …) and after them
// (MultiHeadAttention …), dense and packed.
#include "ops/microsoft/attention_sizes.h"
#include "ops/op_table.h"

namespace haoline {
namespace {

using namespace ms;

// --- Attention, DecoderMaskedSelfAttention, QAttention, PackedAttention: projections inside

// Where these operators keep what their rules need.
struct Slots {
  std::size_t past;
  std::size_t past_length;
};

Slots slots_of(Op op) {
  if (op == Op::MsQAttention) return {8, 99};
  if (op == Op::MsPackedAttention) return {99, 99};
  return {4, 6};
}

// Hidden sizes of query, key and value, from `qkv_hidden_sizes` or a third of the merged weights each.
struct Hidden {
  Dim q, k, v;
};

Hidden hidden_sizes(const OpCall& call) {
  const std::span<const std::int64_t> sizes = call.integer_list("qkv_hidden_sizes");
  DimPool& pool = call.pool();
  if (sizes.size() == 3) return {pool.number(sizes[0]), pool.number(sizes[1]), pool.number(sizes[2])};
  const Dim third = pool.floor_div(extent(call, 1, 1), Dim(3));
  return {third, third, third};
}

bool shares_buffer(const OpCall& call) {
  return call.integer("past_present_share_buffer") != 0;
}

// Positions a query attends to.
Dim key_positions(const OpCall& call) {
  const Slots slots = slots_of(call.node().op);
  const Dim queries = extent(call, 0, 1);
  if (!call.has(slots.past)) return queries;
  const Dim past = shares_buffer(call) ? integer_of(call, slots.past_length) : extent(call, slots.past, 3);
  return call.pool().add(past, queries);
}

OpError infer_attention(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 3, "the input")) return error;
  if (OpError error = needs_rank(call, 1, 2, "the weights")) return error;
  const Slots slots = slots_of(call.node().op);
  if (OpError error = needs_rank(call, slots.past, 5, "the past state")) return error;
  call.require_equal(extent(call, 0, 2), extent(call, 1, 0));
  const Hidden hidden = hidden_sizes(call);
  const Dim batch = extent(call, 0, 0);
  call.set_shape(0, Shape{batch, extent(call, 0, 1), hidden.v});
  const Dim heads = call.number(call.integer("num_heads"));
  if (call.has(slots.past) && shares_buffer(call)) {
    call.set_shape(1, call.shape(slots.past));
  } else {
    call.set_shape(1,
                   stacked_cache(batch, heads, key_positions(call), call.pool().floor_div(hidden.k, heads)));
  }
  return {};
}

Cost cost_attention(const OpCall& call) {
  DimPool& pool = call.pool();
  const Hidden hidden = hidden_sizes(call);
  const Dim batch = extent(call, 0, 0);
  const Dim queries = extent(call, 0, 1);
  Cost cost = attention_cost(call, {batch, call.number(call.integer("num_heads")), queries,
                                    key_positions(call), hidden.q, hidden.v});
  add_projection(cost, pool.multiply(batch, queries), extent(call, 0, 2), extent(call, 1, 1), call.has(2),
                 pool);
  if (call.integer("do_rotary") != 0) {
    cost.add(kRotary, pool.multiply(pool.multiply(batch, queries), pool.add(hidden.q, hidden.k)), pool);
  }
  return cost;
}

OpError infer_packed_attention(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 2, "the input")) return error;
  if (OpError error = needs_rank(call, 1, 2, "the weights")) return error;
  call.require_equal(extent(call, 0, 1), extent(call, 1, 0));
  call.set_shape(0, Shape{extent(call, 0, 0), hidden_sizes(call).v});
  return {};
}

// The packed operators take the products at the padded length, which token_offset has the shape of.
Cost cost_packed_attention(const OpCall& call) {
  const Hidden hidden = hidden_sizes(call);
  const Dim length = extent(call, 3, 1);
  Cost cost = attention_cost(
      call, {extent(call, 3, 0), call.number(call.integer("num_heads")), length, length, hidden.q, hidden.v});
  add_projection(cost, extent(call, 0, 0), extent(call, 0, 1), extent(call, 1, 1), call.has(2), call.pool());
  return cost;
}

OpError infer_packed_multi_head(OpCall& call) {
  if (!call.has_rank(0)) return {};
  DimPool& pool = call.pool();
  if (call.rank(0) == 4) {  // (tokens, heads, 3, head size)
    call.set_shape(0, Shape{extent(call, 0, 0), pool.multiply(extent(call, 0, 1), extent(call, 0, 3))});
    return {};
  }
  if (OpError error = needs_rank(call, 0, 2, "the query")) return error;
  call.set_shape(0, Shape{extent(call, 0, 0), extent(call, 2, 1)});
  return {};
}

Cost cost_packed_multi_head(const OpCall& call) {
  const Dim length = extent(call, 4, 1);
  const Dim value_hidden = output_extent(call, 0, 1);
  const Dim hidden = call.has_rank(0) && call.rank(0) == 4 ? value_hidden : extent(call, 0, 1);
  return attention_cost(call, {extent(call, 4, 0), call.number(call.integer("num_heads")), length, length,
                               hidden, value_hidden});
}

// --- MultiHeadAttention and DecoderMaskedMultiHeadAttention: after the projections

struct MultiHead {
  Dim batch, queries, new_keys, total_keys, hidden, value_hidden, head_size, value_head_size;
  std::optional<Shape> shared_cache;  // present has the shape of past
};

bool is_decoder(const OpCall& call) {
  return call.node().op == Op::MsDecoderMaskedMultiHeadAttention;
}

void read_key_value(const OpCall& call, MultiHead& sizes, Dim heads) {
  DimPool& pool = call.pool();
  if (call.rank(0) == 5) {  // packed (batch, positions, heads, 3, head size)
    sizes.hidden = sizes.value_hidden = pool.multiply(extent(call, 0, 2), extent(call, 0, 4));
    sizes.new_keys = sizes.queries;
  } else if (!call.has(1) && is_decoder(call)) {  // packed (batch, 1, 2·hidden + value hidden), alike in size
    sizes.hidden = sizes.value_hidden = pool.floor_div(extent(call, 0, 2), Dim(3));
    sizes.new_keys = sizes.queries;
  } else if (call.has_rank(1) && call.rank(1) == 5) {  // packed (batch, positions, heads, 2, head size)
    sizes.value_hidden = sizes.hidden;
    sizes.new_keys = extent(call, 1, 1);
  } else if (call.has_rank(2) && call.rank(2) == 4) {  // (batch, heads, positions, head size)
    sizes.value_hidden = pool.multiply(extent(call, 2, 1), extent(call, 2, 3));
    sizes.new_keys = extent(call, 1, 2);
  } else {
    sizes.value_hidden = extent(call, 2, 2);
    sizes.new_keys = extent(call, 1, 1);
  }
  sizes.head_size = pool.floor_div(sizes.hidden, heads);
  sizes.value_head_size = pool.floor_div(sizes.value_hidden, heads);
}

MultiHead read_multi_head(const OpCall& call) {
  MultiHead sizes;
  if (!call.has_rank(0) || call.rank(0) < 3) return sizes;
  const std::size_t past = is_decoder(call) ? 5 : 6;
  const std::size_t past_length = is_decoder(call) ? 7 : 8;
  const bool shared = is_decoder(call) ? shares_buffer(call) : call.has(past) && call.has(past_length);
  sizes.batch = extent(call, 0, 0);
  sizes.queries = extent(call, 0, 1);
  sizes.hidden = extent(call, 0, 2);
  read_key_value(call, sizes, call.number(call.integer("num_heads")));
  sizes.total_keys = sizes.new_keys;
  if (call.has(past)) {
    const Dim before = shared ? integer_of(call, past_length) : extent(call, past, 2);
    sizes.total_keys = call.pool().add(before, sizes.new_keys);
    if (shared) sizes.shared_cache = call.shape(past);
  }
  return sizes;
}

OpError infer_multi_head(OpCall& call) {
  if (call.has_rank(0) && call.rank(0) != 3 && call.rank(0) != 5) {
    return Message("the query needs rank 3, or 5 when keys and values are packed with it");
  }
  if (!call.has_rank(0)) return {};
  const MultiHead sizes = read_multi_head(call);
  const Dim heads = call.number(call.integer("num_heads"));
  call.set_shape(0, Shape{sizes.batch, sizes.queries, sizes.value_hidden});
  if (sizes.shared_cache) {
    call.set_shape(1, *sizes.shared_cache);
    call.set_shape(2, *sizes.shared_cache);
  } else {
    call.set_shape(1, Shape{sizes.batch, heads, sizes.total_keys, sizes.head_size});
    call.set_shape(2, Shape{sizes.batch, heads, sizes.total_keys, sizes.value_head_size});
  }
  call.set_shape(3, Shape{sizes.batch, heads, sizes.queries, sizes.total_keys});
  if (call.dtype(0) == DType::float32) call.set_dtype(3, DType::float32);
  return {};
}

Cost cost_multi_head(const OpCall& call) {
  const MultiHead sizes = read_multi_head(call);
  DimPool& pool = call.pool();
  Cost cost = attention_cost(call, {sizes.batch, call.number(call.integer("num_heads")), sizes.queries,
                                    sizes.total_keys, sizes.hidden, sizes.value_hidden});
  if (call.has(is_decoder(call) ? 10 : 3)) {
    const Dim queried = pool.multiply(sizes.queries, sizes.hidden);
    const Dim keyed = pool.multiply(sizes.new_keys, pool.add(sizes.hidden, sizes.value_hidden));
    cost.add(Arith::add, pool.multiply(sizes.batch, pool.add(queried, keyed)), pool);
  }
  return cost;
}

// --- DecoderAttention: (positions, batch, hidden), projections inside, mode decided by boolean operands

OpError infer_decoder_attention(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 3, "the query")) return error;
  if (!call.has_rank(0)) return {};
  const Dim heads = call.number(call.integer("num_heads"));
  const Dim head_size = call.pool().floor_div(extent(call, 0, 2), heads);
  call.set_shape(0, call.shape(0));
  // How many positions the new caches hold depends on the boolean operands.
  call.set_shape(1, Shape{extent(call, 0, 1), heads, Dim::unknown(), head_size});
  call.set_shape(2, Shape{extent(call, 0, 1), heads, Dim::unknown(), head_size});
  return {};
}

// --- LongformerAttention

Cost longformer_cost(const OpCall& call, std::size_t weight, std::size_t global_weight) {
  DimPool& pool = call.pool();
  const Dim batch = extent(call, 0, 0);
  const Dim positions = extent(call, 0, 1);
  const Dim hidden = extent(call, 0, 2);
  Cost cost = attention_cost(
      call, {batch, call.number(call.integer("num_heads")), positions, positions, hidden, hidden});
  const Dim rows = pool.multiply(batch, positions);
  add_projection(cost, rows, hidden, extent(call, weight, 1), true, pool);
  add_projection(cost, rows, hidden, extent(call, global_weight, 1), true, pool);
  return cost;
}

Cost cost_longformer(const OpCall& call) {
  return longformer_cost(call, 1, 4);
}
Cost cost_ordered_longformer(const OpCall& call) {
  return longformer_cost(call, 2, 8);
}

// --- QOrderedAttention: one weight each for query, key and value

OpError infer_ordered_attention(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 3, "the input")) return error;
  call.set_shape(0, with_last(call, 0, extent(call, 7, 1)));
  return {};
}

Cost cost_ordered_attention(const OpCall& call) {
  DimPool& pool = call.pool();
  const Dim batch = extent(call, 0, 0);
  const Dim queries = extent(call, 0, 1);
  const Dim keys = call.has(18) ? pool.add(extent(call, 18, 3), queries) : queries;
  Cost cost = attention_cost(call, {batch, call.number(call.integer("num_heads")), queries, keys,
                                    extent(call, 5, 1), extent(call, 7, 1)});
  for (std::size_t i = 0; i < 3; ++i) {
    add_projection(cost, pool.multiply(batch, queries), extent(call, 0, 2), extent(call, 5 + i, 1),
                   call.has(11 + i), pool);
  }
  return cost;
}

constexpr std::string_view kProjected =
    "batch·queries·in·(q + k + v) of the projections + batch·queries·keys·(hidden + value_hidden) of both "
    "products; "
    "keys = past + new, masks give no discount";
constexpr std::string_view kProducts =
    "batch·queries·keys·(hidden + value_hidden): both products; keys = past + new, masks give no discount";
constexpr std::string_view kLongformer =
    "both projections (local and global) of every position + batch·positions²·2·hidden: windows give no "
    "discount";

constexpr OpRow kRows[] = {
    {.op = Op::MsAttention,
     .category = Category::attention,
     .infer = infer_attention,
     .cost = CostRule::formula(cost_attention),
     .counts = kProjected,
     .any_rank = true},
    {.op = Op::MsQAttention,
     .category = Category::attention,
     .infer = infer_attention,
     .cost = CostRule::formula(cost_attention),
     .counts = kProjected,
     .any_rank = true},
    {.op = Op::MsDecoderMaskedSelfAttention,
     .category = Category::attention,
     .infer = infer_attention,
     .cost = CostRule::formula(cost_attention),
     .counts = kProjected,
     .any_rank = true},
    {.op = Op::MsPackedAttention,
     .category = Category::attention,
     .infer = infer_packed_attention,
     .cost = CostRule::formula(cost_packed_attention),
     .counts =
         "tokens·in·(q + k + v) + batch·positions²·(hidden + value_hidden): sequences at their padded length",
     .any_rank = true},
    {.op = Op::MsPackedMultiHeadAttention,
     .category = Category::attention,
     .infer = infer_packed_multi_head,
     .cost = CostRule::formula(cost_packed_multi_head),
     .counts = "batch·positions²·(hidden + value_hidden): sequences at their padded length",
     .any_rank = true},
    {.op = Op::MsMultiHeadAttention,
     .category = Category::attention,
     .infer = infer_multi_head,
     .cost = CostRule::formula(cost_multi_head),
     .counts = kProducts,
     .any_rank = true},
    {.op = Op::MsDecoderMaskedMultiHeadAttention,
     .category = Category::attention,
     .infer = infer_multi_head,
     .cost = CostRule::formula(cost_multi_head),
     .counts = kProducts,
     .any_rank = true},
    {.op = Op::MsDecoderAttention,
     .category = Category::attention,
     .infer = infer_decoder_attention,
     .cost = CostRule::unknown(),
     .counts = "boolean operands decide between self and cross attention",
     .any_rank = true},
    {.op = Op::MsLongformerAttention,
     .category = Category::attention,
     .infer = same_as_first,
     .cost = CostRule::formula(cost_longformer),
     .counts = kLongformer,
     .any_rank = true},
    {.op = Op::MsQOrderedAttention,
     .category = Category::attention,
     .infer = infer_ordered_attention,
     .cost = CostRule::formula(cost_ordered_attention),
     .counts = kProjected,
     .any_rank = true},
    {.op = Op::MsQOrderedLongformerAttention,
     .category = Category::attention,
     .infer = same_as_first,
     .cost = CostRule::formula(cost_ordered_longformer),
     .counts = kLongformer,
     .any_rank = true},
};

}  // namespace

std::span<const OpRow> ms_attention_rows() {
  return kRows;
}

}  // namespace haoline
