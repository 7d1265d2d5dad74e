// Text generation as one node (the decoder is a subgraph that runs as often as the data wants), token
// bookkeeping, tokenizers, and containers of compiled code.
#include "ops/microsoft/rules.h"
#include "ops/op_table.h"

namespace haoline {
namespace {

using namespace ms;

// --- searches: sequences are as long as max_length allows

Dim vocabulary(const OpCall& call) {
  const std::int64_t size = call.integer("vocab_size", -1);
  return size > 0 ? call.number(size).dim() : Dim::unknown();
}

OpError infer_beam_search(OpCall& call) {
  const Dim batch = extent(call, 0, 0);
  const Dim length = integer_of(call, 1);
  const Dim beams = integer_of(call, 3);
  const Dim returned = integer_of(call, 4);
  // Sound goes in as (batch, features, frames): the prompt is operand 10 then.
  const Dim prompt = extent(call, call.has_rank(0) && call.rank(0) == 3 ? 10 : 0, 1);
  call.set_shape(0, Shape{batch, returned, length});
  call.set_dtype(0, DType::int32);
  call.set_shape(1, Shape{batch, returned});
  call.set_shape(2, Shape{call.pool().subtract(length, prompt), batch, beams, vocabulary(call)});
  if (call.node().op == Op::MsWhisperBeamSearch) call.set_shape(4, Shape{batch});
  return {};
}

OpError infer_greedy(OpCall& call) {
  const Dim batch = extent(call, 0, 0);
  call.set_shape(0, Shape{batch, integer_of(call, 1)});
  call.set_shape(1, Shape{batch, vocabulary(call)});
  return {};
}

// --- n-grams

OpError infer_second(OpCall& call) {
  if (call.has(1)) call.set_shape(0, call.shape(1));
  return {};
}

OpError infer_bifurcation(OpCall& call) {
  const Dim longest = call.pool().add(extent(call, 1, 0), extent(call, 3, 0));
  call.set_shape(0, Shape{call.data_symbol("tokens", longest)});
  call.set_shape(1, Shape{});
  return {};
}

// Ids that precede a token in its longest n-gram.
Dim history_length(const OpCall& call) {
  return call.pool().subtract(call.number(call.integer("max_ngram_size")), Dim(1));
}

// Heads of every n-gram order from 2 on.
Dim hash_heads(const OpCall& call) {
  return call.pool().multiply(history_length(call), call.number(call.integer("n_head_per_ngram")));
}

OpError infer_hash(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 2, "the ids")) return error;
  const Dim batch = extent(call, 0, 0);
  call.set_shape(0, Shape{batch, extent(call, 0, 1), hash_heads(call)});
  call.set_shape(1, Shape{batch, history_length(call)});
  return {};
}

OpError infer_varlen_hash(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 1, "the ids")) return error;
  DimPool& pool = call.pool();
  const Dim batch = pool.subtract(extent(call, 3, 0), Dim(1));
  const Dim history = history_length(call);
  call.set_shape(0, Shape{extent(call, 0, 0), hash_heads(call)});
  call.set_shape(1, Shape{batch, history});
  call.set_shape(2, Shape{batch, history});
  call.set_shape(3, Shape{batch, call.number(call.integer("state_update_capacity")), history});
  return {};
}

// Per order n: n - 1 products and exclusive ors more than the order before; per head a remainder.
Cost cost_hash(const OpCall& call) {
  DimPool& pool = call.pool();
  const Dim ids = elements_of(call, 0);
  const Dim orders = call.number(call.integer("max_ngram_size"));
  Cost cost;
  cost.add(Arith::multiply, pool.multiply(ids, orders), pool);
  cost.add(Arith::logic, pool.multiply(ids, pool.subtract(orders, Dim(1))), pool);
  cost.add(Arith::divide, pool.multiply(ids, hash_heads(call)), pool);
  return cost;
}

// --- strings

OpError infer_tokenizer(OpCall& call) {
  if (!call.has_rank(0)) return {};
  if (call.rank(0) != 1 && call.rank(0) != 2) return Message("the strings need rank 1 or 2");
  Shape shape = call.shape(0);
  shape.push_back(call.data_symbol("tokens"));
  call.set_shape(0, std::move(shape));
  return {};
}

// Four bytes at a time: two products, a rotation, an exclusive or, another rotation, product and sum; then
// the mix.
Cost cost_murmur(const OpCall& call) {
  const DType dtype = call.has(0) ? call.dtype(0) : DType::unknown;
  if (dtype == DType::string || dtype == DType::unknown) return Cost::unknown();
  const bool wide = info(dtype).bits == 64;
  Cost cost;
  const Work one{.add = 1, .multiply = 10, .logic = 6};
  const Work two{.add = 2, .multiply = 15, .logic = 9};
  cost.add(wide ? two : one, elements_of(call, 0), call.pool());
  return cost;
}

OpError infer_murmur(OpCall& call) {
  call.set_dtype(0, call.integer("positive", 1) != 0 ? DType::uint32 : DType::int32);
  return same_as_first(call);
}

OpError infer_speculative(OpCall& call) {
  if (!call.has_rank(0) || !call.has(3) || !call.has(4)) return {};
  call.set_dtype(0, DType::int32);
  call.set_shape(0, Shape{call.rank(0) == 1 ? Dim(1) : extent(call, 0, 0)});
  call.set_shape(1, call.shape(3));
  call.set_shape(2, call.shape(4));
  return {};
}

constexpr std::string_view kSearch = "how often the decoder runs is only in the data";
constexpr std::string_view kCompiled = "compiled code of an execution provider: nothing inside can be seen";

constexpr OpRow kRows[] = {
    {.op = Op::MsBeamSearch,
     .category = Category::control,
     .infer = infer_beam_search,
     .cost = CostRule::unknown(),
     .counts = kSearch,
     .any_rank = true},
    {.op = Op::MsWhisperBeamSearch,
     .category = Category::control,
     .infer = infer_beam_search,
     .cost = CostRule::unknown(),
     .counts = kSearch,
     .any_rank = true},
    {.op = Op::MsGreedySearch,
     .category = Category::control,
     .infer = infer_greedy,
     .cost = CostRule::unknown(),
     .counts = kSearch,
     .any_rank = true},
    {.op = Op::MsSampling,
     .category = Category::control,
     .infer = infer_greedy,
     .cost = CostRule::unknown(),
     .counts = kSearch,
     .any_rank = true},
    {.op = Op::MsNGramRepeatBlock,
     .category = Category::elementwise,
     .infer = infer_second,
     .cost = CostRule::unknown(),
     .counts = "how many n-grams match is only in the data",
     .any_rank = true},
    {.op = Op::MsBifurcationDetector,
     .category = Category::slice,
     .infer = infer_bifurcation,
     .cost = CostRule::unknown(),
     .counts = "how many tokens match is only in the data",
     .any_rank = true},
    {.op = Op::MsNGramHashMapping,
     .category = Category::embed,
     .infer = infer_hash,
     .cost = CostRule::formula(cost_hash),
     .counts = "ids·(orders products and exclusive ors, heads remainders)",
     .any_rank = true},
    {.op = Op::MsVarlenNGramHashMapping,
     .category = Category::embed,
     .infer = infer_varlen_hash,
     .cost = CostRule::formula(cost_hash),
     .counts = "ids·(orders products and exclusive ors, heads remainders)",
     .any_rank = true},
    {.op = Op::MsSpeculativePrefixCommit,
     .category = Category::control,
     .infer = infer_speculative,
     .cost = CostRule::free(),
     .any_rank = true},
    {.op = Op::MsTokenizer,
     .category = Category::split,
     .infer = infer_tokenizer,
     .cost = CostRule::unknown(),
     .counts = "work on strings is not counted",
     .any_rank = true},
    {.op = Op::MsMurmurHash3,
     .category = Category::elementwise,
     .infer = infer_murmur,
     .cost = CostRule::formula(cost_murmur),
     .counts = "per element of four bytes: one block and the final mix",
     .any_rank = true},
    {.op = Op::MsEPContext, .category = Category::unknown, .cost = CostRule::unknown(), .counts = kCompiled},
    {.op = Op::MsSnpe, .category = Category::unknown, .cost = CostRule::unknown(), .counts = kCompiled},
};

}  // namespace

std::span<const OpRow> ms_generation_rows() {
  return kRows;
}

}  // namespace haoline
