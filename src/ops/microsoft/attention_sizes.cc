#include "ops/microsoft/attention_sizes.h"

namespace haoline::ms {

Cost attention_cost(const OpCall& call, const AttentionSizes& sizes) {
  DimPool& pool = call.pool();
  call.note("batch", sizes.batch);
  call.note("queries", sizes.queries);
  call.note("keys", sizes.keys);
  call.note("hidden", sizes.hidden);
  call.note("value_hidden", sizes.value_hidden);
  const Dim pairs = pool.multiply(sizes.batch, pool.multiply(sizes.queries, sizes.keys));
  Cost cost;
  cost.macs = pool.multiply(pairs, pool.add(sizes.hidden, sizes.value_hidden));
  cost.add(kScaledSoftmax, pool.multiply(pairs, sizes.heads), pool);
  return cost;
}

void add_projection(Cost& cost, Dim rows, Dim inner, Dim columns, bool bias, DimPool& pool) {
  const Dim results = pool.multiply(rows, columns);
  cost.macs = pool.add(cost.macs, pool.multiply(results, inner));
  if (bias) cost.add(Arith::add, results, pool);
}

Shape stacked_cache(Dim batch, Dim heads, Dim positions, Dim head_size) {
  return Shape{2, batch, heads, positions, head_size};
}

}  // namespace haoline::ms
