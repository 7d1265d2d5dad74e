#include <string_view>

#include "ops/op_table.h"
#include "ops/refuse.h"

namespace haoline {
namespace {

// --- scaled dot product attention: Attention, FlexAttention

constexpr std::size_t kQ = 0, kK = 1, kV = 2, kMask = 3, kPastKey = 4, kPastValue = 5;

// (batch, heads, sequence, head), however the operand is stored.
struct Heads {
  Dim batch, heads, sequence, head;
  bool packed = false;  // (batch, sequence, heads · head)
};

OpError read_heads(const OpCall& call, std::size_t operand, std::string_view name,
                   std::string_view heads_attribute, Heads& heads) {
  DimPool& pool = call.pool();
  if (call.rank(operand) == 4) {
    heads = {call.dim(operand, 0), call.dim(operand, 1), call.dim(operand, 2), call.dim(operand, 3), false};
    return std::nullopt;
  }
  if (call.rank(operand) != 3) {
    return refuse(pool, {name, " has rank ", call.rank(operand), ", attention needs 3 or 4"});
  }
  const std::int64_t count = call.integer(heads_attribute, 0);
  if (count <= 0) return refuse(pool, {name, " has rank 3, which needs ", heads_attribute});
  const Expr hidden = call.dim(operand, 2);
  if (certainly_differ(pool, hidden.mod(count), 0)) {
    return refuse(pool, {name, " has ", hidden, " values per token, not a multiple of ", count, " heads"});
  }
  heads = {call.dim(operand, 0), count, call.dim(operand, 1), hidden.floor_div(count), true};
  return std::nullopt;
}

struct AttentionSizes {
  Heads q, k, v;
  Dim total;  // keys that every query sees: past and present ones
};

OpError read_attention(const OpCall& call, AttentionSizes& sizes) {
  DimPool& pool = call.pool();
  if (OpError error = read_heads(call, kQ, "Q", "q_num_heads", sizes.q)) return error;
  if (OpError error = read_heads(call, kK, "K", "kv_num_heads", sizes.k)) return error;
  if (OpError error = read_heads(call, kV, "V", "kv_num_heads", sizes.v)) return error;
  if (certainly_differ(pool, sizes.q.head, sizes.k.head)) {
    return refuse(pool, {"the query's heads are of ", sizes.q.head, ", the key's of ", sizes.k.head});
  }
  if (certainly_differ(pool, sizes.k.heads, sizes.v.heads)) {
    return refuse(pool, {"the key has ", sizes.k.heads, " heads, the value ", sizes.v.heads});
  }
  if (certainly_differ(pool, pool.mod(sizes.q.heads, sizes.k.heads), 0)) {
    return refuse(pool, {sizes.q.heads, " query heads cannot share ", sizes.k.heads, " key heads"});
  }
  if (certainly_differ(pool, sizes.k.sequence, sizes.v.sequence)) {
    return refuse(pool, {"the key has ", sizes.k.sequence, " tokens, the value ", sizes.v.sequence});
  }
  sizes.total = better_known(sizes.k.sequence, sizes.v.sequence);
  for (const std::size_t past : {kPastKey, kPastValue}) {
    if (!call.has(past)) continue;
    sizes.total = call.dim(past, 2) + sizes.total;
    break;
  }
  return std::nullopt;
}

OpError infer_attention(OpCall& call) {
  AttentionSizes s;
  if (OpError error = read_attention(call, s)) return error;
  const Dim batch = call.require_equal(call.require_equal(s.q.batch, s.k.batch), s.v.batch);
  const Dim head = call.require_equal(s.q.head, s.k.head);
  const Dim kv_heads = call.require_equal(s.k.heads, s.v.heads);
  call.require_equal(s.k.sequence, s.v.sequence);
  if (s.q.packed) {
    call.set_shape(0, Shape{batch, s.q.sequence, call.pool().multiply(s.q.heads, s.v.head)});
  } else {
    call.set_shape(0, Shape{batch, s.q.heads, s.q.sequence, s.v.head});
  }
  call.set_shape(1, Shape{batch, kv_heads, s.total, head});
  call.set_shape(2, Shape{batch, kv_heads, s.total, s.v.head});
  call.set_shape(3, Shape{batch, s.q.heads, s.q.sequence, s.total});
  return std::nullopt;
}

constexpr Work kSoftmax{.add = 2, .divide = 1, .transcendental = 1, .compare = 1};

// Both products; scaling and softmax are arithmetic per score.
Cost products_cost(const OpCall& call, const AttentionSizes& s, Expr& scores) {
  DimPool& pool = call.pool();
  scores = Expr(s.q.batch, pool) * s.q.heads * s.q.sequence * s.total;
  const Expr head{better_known(s.q.head, s.k.head), pool};
  Cost cost;
  cost.macs = scores * (head + s.v.head);
  cost.add({.multiply = 1}, scores, pool);
  cost.add(kSoftmax, scores, pool);
  call.note("batch", s.q.batch);
  call.note("query_heads", s.q.heads);
  call.note("queries", s.q.sequence);
  call.note("keys", s.total);
  call.note("head_size", head);
  call.note("value_size", s.v.head);
  return cost;
}

Cost attention_cost(const OpCall& call) {
  AttentionSizes s;
  if (read_attention(call, s)) return Cost::unknown();
  Expr scores{Dim::unknown(), call.pool()};
  Cost cost = products_cost(call, s, scores);
  if (call.has(kMask)) cost.add(Arith::add, scores, call.pool());
  if (call.integer("is_causal", 0) != 0) cost.add(Arith::add, scores, call.pool());
  if (call.real("softcap", 0) != 0) {
    cost.add({.multiply = 1, .divide = 1, .transcendental = 1}, scores, call.pool());
  }
  return cost;
}

// SinkAttention: Attention with a learned score per head (operand 6) that takes part in the softmax.
OpError infer_sink_attention(OpCall& call) {
  for (std::size_t i = 0; i < call.output_count(); ++i) {
    call.set_dtype(i, call.dtype(i == 0 || !call.has(kPastKey) ? kQ : kPastKey));
  }
  return infer_attention(call);
}

// The subgraphs score_mod and prob_mod compute on every score; what they cost is not known here.
Cost flex_attention_cost(const OpCall& call) {
  AttentionSizes s;
  if (read_attention(call, s)) return Cost::unknown();
  Expr scores{Dim::unknown(), call.pool()};
  Cost cost = products_cost(call, s, scores);
  if (call.has_attribute("score_mod") || call.has_attribute("prob_mod")) {
    cost.add(Arith::add, Dim::unknown(), call.pool());
  }
  return cost;
}

// --- RotaryEmbedding

OpError infer_rotary(OpCall& call) {
  if (call.rank(0) != 3 && call.rank(0) != 4) {
    return refuse(call.pool(), {"the input has rank ", call.rank(0), ", rotary embedding needs 3 or 4"});
  }
  call.set_shape(0, call.shape(0));
  return std::nullopt;
}

Cost rotary_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  Expr rotated = call.elements(0);
  if (const std::int64_t part = call.integer("rotary_embedding_dim", 0); part > 0) {
    const Expr tokens = call.rank(0) == 4 ? call.dim(0, 0) * call.dim(0, 1) * call.dim(0, 2)
                                          : call.dim(0, 0) * call.dim(0, 1) * call.integer("num_heads", 0);
    rotated = tokens * part;
  }
  Cost cost;
  cost.add({.add = 1, .multiply = 2}, rotated, pool);
  call.note("rotated_elements", rotated);
  return cost;
}

// --- TensorScatter

OpError infer_tensor_scatter(OpCall& call) {
  DimPool& pool = call.pool();
  const Shape& cache = call.shape(0);
  const Shape& update = call.shape(1);
  if (cache.rank() != update.rank()) {
    return refuse(pool, {"the cache has rank ", cache.rank(), ", the update ", update.rank()});
  }
  const std::int64_t given = call.integer("axis", -2);
  const std::optional<std::size_t> axis = normalize_axis(given, cache.rank());
  if (!axis || *axis == 0)
    return refuse(pool, {"axis ", given, " is no sequence axis of rank ", cache.rank()});
  Shape out = cache;
  for (std::size_t i = 0; i < cache.rank(); ++i) {
    if (i == *axis) continue;
    if (certainly_differ(pool, cache[i], update[i])) {
      return refuse(pool, {"cache and update differ along axis ", i, ": ", cache[i], " and ", update[i]});
    }
    out[i] = call.require_equal(cache[i], update[i]);
  }
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

// --- LinearAttention: a state of key × value per head, written and read once per token

struct LinearSizes {
  Dim batch, tokens, query_heads, state_heads, key, value;
};

OpError read_linear(const OpCall& call, LinearSizes& sizes) {
  DimPool& pool = call.pool();
  const std::int64_t query_heads = call.integer("q_num_heads", 0);
  const std::int64_t state_heads = call.integer("kv_num_heads", 0);
  if (query_heads <= 0 || state_heads <= 0) return Message("q_num_heads and kv_num_heads have to be above 0");
  for (const std::size_t i : {kQ, kK, kV}) {
    if (call.rank(i) != 3)
      return refuse(pool, {"operand ", i, " has rank ", call.rank(i), ", it has to be 3"});
  }
  sizes = {call.dim(kQ, 0),
           call.dim(kQ, 1),
           query_heads,
           state_heads,
           better_known(call.dim(kQ, 2).floor_div(query_heads), call.dim(kK, 2).floor_div(state_heads)),
           call.dim(kV, 2).floor_div(state_heads)};
  return std::nullopt;
}

constexpr std::size_t kPastState = 3, kDecay = 4, kBeta = 5;

OpError infer_linear_attention(OpCall& call) {
  LinearSizes s;
  if (OpError error = read_linear(call, s)) return error;
  const Dim batch = call.require_equal(s.batch, call.dim(kK, 0));
  const Dim tokens = call.require_equal(s.tokens, call.dim(kK, 1));
  call.set_shape(0, Shape{batch, tokens, call.pool().multiply(s.query_heads, s.value)});
  call.set_shape(1, Shape{batch, s.state_heads, s.key, s.value});
  call.set_dtype(1, call.dtype(call.has(kPastState) ? kPastState : kQ));
  return std::nullopt;
}

Cost linear_attention_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  LinearSizes s;
  if (read_linear(call, s)) return Cost::unknown();
  const std::string_view rule = call.text("update_rule", "gated_delta");
  const bool gated = rule == "gated" || rule == "gated_delta";
  const bool delta = rule == "delta" || rule == "gated_delta";
  const Expr tokens = Expr(s.batch, pool) * s.tokens;
  const Expr state = Expr(s.key, pool) * s.value;
  Cost cost;
  cost.macs = tokens * state * (Expr(s.query_heads, pool) + pool.multiply(s.state_heads, delta ? 2 : 1));
  if (gated) {
    cost.add(Arith::multiply, tokens * state * s.state_heads, pool);
    if (call.has(kDecay)) cost.add(Arith::transcendental, call.elements(kDecay), pool);
  }
  if (delta && call.has(kBeta)) {
    cost.add({.add = 1, .multiply = 1}, tokens * s.state_heads * s.value, pool);
  }
  cost.add(Arith::multiply, call.output_elements(0), pool);
  call.note("batch", s.batch);
  call.note("tokens", s.tokens);
  call.note("query_heads", s.query_heads);
  call.note("state_heads", s.state_heads);
  call.note("key_size", s.key);
  call.note("value_size", s.value);
  return cost;
}

constexpr std::string_view kAttentionCounts =
    "batch·query_heads·queries·keys·(head_size + value_size): both full products, no discount for masks; 6 "
    "operations per "
    "score for scale and softmax, one more per mask, 3 more for softcap";

constexpr OpRow kRows[] = {
    {.op = Op::Attention,
     .category = Category::attention,
     .infer = infer_attention,
     .cost = CostRule::formula(attention_cost),
     .counts = kAttentionCounts},
    {.op = Op::PreviewFlexAttention,
     .category = Category::attention,
     .infer = infer_attention,
     .cost = CostRule::formula(flex_attention_cost),
     .counts = kAttentionCounts},
    {.op = Op::SinkAttention,
     .category = Category::attention,
     .infer = infer_sink_attention,
     .cost = CostRule::formula(attention_cost),
     .counts = kAttentionCounts},
    {.op = Op::RotaryEmbedding,
     .category = Category::attention,
     .infer = infer_rotary,
     .cost = CostRule::formula(rotary_cost),
     .counts = "two multiplications and an addition per rotated element"},
    {.op = Op::TensorScatter,
     .category = Category::attention,
     .infer = infer_tensor_scatter,
     .cost = CostRule::free(),
     .counts = "writes new tokens into a cache",
     .alias = Alias::in_place_first},
    {.op = Op::LinearAttention,
     .category = Category::attention,
     .infer = infer_linear_attention,
     .cost = CostRule::formula(linear_attention_cost),
     .counts = "batch·tokens·key_size·value_size·(query_heads + state_heads): every token writes the state "
               "of each key head "
               "and reads it for each query head; the delta rules read it once more to correct it. Decay, "
               "rate and scale "
               "are arithmetic"},
};

}  // namespace

std::span<const OpRow> attention_rows() {
  return kRows;
}

}  // namespace haoline
