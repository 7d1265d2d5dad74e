// The recurrent cells, for every operator that runs one.
#pragma once

#include <cstddef>
#include <string_view>

#include "ops/op_row.h"

namespace haoline {

// What a cell does for every element of its hidden state and step, beyond its two products.
struct Cell {
  std::int64_t gates;
  Work work;            // joining the products, activations, update of the state
  bool has_cell_state;  // LSTM: a third result
};
inline constexpr Cell kRnnCell{1, {.add = 1, .transcendental = 1}, false};
inline constexpr Cell kGruCell{3, {.add = 5, .multiply = 3, .transcendental = 3}, false};
inline constexpr Cell kLstmCell{4, {.add = 5, .multiply = 3, .transcendental = 5}, true};

inline constexpr std::string_view kRecurrentCounts =
    "steps·batch·directions·gates·hidden·(input + hidden); per hidden element and step the gates' additions, "
    "activations "
    "(one transcendental operation each) and products, two additions per gate for biases";

// X, W, R, B, sequence_lens, initial_h, (initial_c, P) in ONNX's order.
OpError infer_recurrent(OpCall& call, const Cell& cell);
Cost recurrent_cost(const OpCall& call, const Cell& cell);

}  // namespace haoline
