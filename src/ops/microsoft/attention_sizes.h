// The extents every attention of com.microsoft boils down to, and what they cost.
//
// Both products are counted in full, causal masks, windows and padding included; scaling and softmax are
// arithmetic per score. Projections and biases that the operator contains come on top.
#pragma once

#include <cstdint>

#include "ops/microsoft/rules.h"

namespace haoline::ms {

struct AttentionSizes {
  Dim batch;
  Dim heads;         // query heads
  Dim queries;       // query positions
  Dim keys;          // key positions that a query sees, cached ones included
  Dim hidden;        // of a query over all heads
  Dim value_hidden;  // of a result over all heads
};

// Both products, scaling and softmax.
Cost attention_cost(const OpCall& call, const AttentionSizes& sizes);
// rows × inner × columns multiply-accumulates and a bias of `columns` if there is one.
void add_projection(Cost& cost, Dim rows, Dim inner, Dim columns, bool bias, DimPool& pool);

// (2, batch, heads, positions, head size): key and value caches in one tensor.
Shape stacked_cache(Dim batch, Dim heads, Dim positions, Dim head_size);

}  // namespace haoline::ms
