#include "ops/recurrent.h"

#include "ops/op_table.h"
#include "ops/refuse.h"

namespace haoline {
namespace {

constexpr std::size_t kX = 0, kW = 1, kR = 2, kB = 3, kInitialH = 5, kInitialC = 6, kP = 7;

struct Sizes {
  Dim steps, batch, directions, hidden, input;
};

bool batch_first(const OpCall& call) {
  return call.integer("layout", 0) != 0;
}

// Every extent from whoever knows it best: X, the weights, the attributes, the initial state.
Sizes read_sizes(const OpCall& call, const Cell& cell) {
  DimPool& pool = call.pool();
  Sizes sizes;
  sizes.steps = call.dim(kX, batch_first(call) ? 1 : 0);
  sizes.batch = call.dim(kX, batch_first(call) ? 0 : 1);
  sizes.input = better_known(call.dim(kW, 2), call.dim(kX, 2));
  sizes.directions = call.text("direction", "forward") == "bidirectional" ? 2 : 1;
  sizes.hidden = call.dim(kR, 2);
  if (call.has_attribute("hidden_size")) sizes.hidden = pool.number(call.integer("hidden_size"));
  if (sizes.hidden.is_unknown()) sizes.hidden = call.dim(kW, 1).floor_div(cell.gates);
  if (call.has_rank(kInitialH) && call.rank(kInitialH) == 3) {
    sizes.batch = better_known(sizes.batch, call.dim(kInitialH, batch_first(call) ? 0 : 1));
  }
  return sizes;
}

struct Expected {
  std::size_t operand;
  std::string_view name;
  Shape extents;
};

OpError check_operand(OpCall& call, const Expected& expected) {
  if (!call.has_rank(expected.operand)) return std::nullopt;
  const Shape& shape = call.shape(expected.operand);
  if (shape.rank() != expected.extents.rank()) {
    return refuse(call.pool(),
                  {expected.name, " has rank ", shape.rank(), ", it has to be ", expected.extents.rank()});
  }
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    if (certainly_differ(call.pool(), shape[i], expected.extents[i])) {
      return refuse(call.pool(), {expected.name, " has ", shape[i], " along axis ", i, ", the cell needs ",
                                  expected.extents[i]});
    }
    call.require_equal(shape[i], expected.extents[i]);
  }
  return std::nullopt;
}

}  // namespace

OpError infer_recurrent(OpCall& call, const Cell& cell) {
  DimPool& pool = call.pool();
  if (call.rank(kX) != 3) return refuse(pool, {"X has rank ", call.rank(kX), ", it has to be 3"});
  const Sizes s = read_sizes(call, cell);
  const Dim gate_rows = pool.multiply(s.hidden, cell.gates);
  const bool first = batch_first(call);
  const Shape state = first ? Shape{s.batch, s.directions, s.hidden} : Shape{s.directions, s.batch, s.hidden};
  const Expected operands[] = {
      {kW, "W", {s.directions, gate_rows, s.input}},
      {kX, "X", {call.dim(kX, 0), call.dim(kX, 1), s.input}},
      {kR, "R", {s.directions, gate_rows, s.hidden}},
      {kB, "B", {s.directions, pool.multiply(gate_rows, 2)}},
      {kInitialH, "initial_h", state},
      {kInitialC, "initial_c", state},
      {kP, "P", {s.directions, pool.multiply(s.hidden, 3)}},
  };
  for (const Expected& operand : operands) {
    if (!cell.has_cell_state && operand.operand > kInitialH) break;
    if (OpError error = check_operand(call, operand)) return error;
  }
  call.set_shape(0, first ? Shape{s.batch, s.steps, s.directions, s.hidden}
                          : Shape{s.steps, s.directions, s.batch, s.hidden});
  call.set_shape(1, state);
  if (cell.has_cell_state) call.set_shape(2, state);
  return std::nullopt;
}

Cost recurrent_cost(const OpCall& call, const Cell& cell) {
  DimPool& pool = call.pool();
  if (call.rank(kX) != 3) return Cost::unknown();
  const Sizes s = read_sizes(call, cell);
  const Expr elements = Expr(s.steps, pool) * s.batch * s.directions * s.hidden;
  Cost cost;
  cost.macs = elements * cell.gates * (Expr(s.input, pool) + s.hidden);
  cost.add(cell.work, elements, pool);
  if (call.has(kB)) cost.add(Arith::add, elements * (2 * cell.gates), pool);
  if (cell.has_cell_state && call.has(kP)) cost.add({.add = 3, .multiply = 3}, elements, pool);
  call.note("steps", s.steps);
  call.note("batch", s.batch);
  call.note("directions", s.directions);
  call.note("gates", cell.gates);
  call.note("hidden", s.hidden);
  call.note("input", s.input);
  return cost;
}

namespace {

OpError infer_rnn(OpCall& call) {
  return infer_recurrent(call, kRnnCell);
}
OpError infer_gru(OpCall& call) {
  return infer_recurrent(call, kGruCell);
}
OpError infer_lstm(OpCall& call) {
  return infer_recurrent(call, kLstmCell);
}
Cost rnn_cost(const OpCall& call) {
  return recurrent_cost(call, kRnnCell);
}
Cost gru_cost(const OpCall& call) {
  return recurrent_cost(call, kGruCell);
}
Cost lstm_cost(const OpCall& call) {
  return recurrent_cost(call, kLstmCell);
}

constexpr OpRow kRows[] = {
    {.op = Op::RNN,
     .category = Category::recurrent,
     .infer = infer_rnn,
     .cost = CostRule::formula(rnn_cost),
     .counts = kRecurrentCounts},
    {.op = Op::GRU,
     .category = Category::recurrent,
     .infer = infer_gru,
     .cost = CostRule::formula(gru_cost),
     .counts = kRecurrentCounts},
    {.op = Op::LSTM,
     .category = Category::recurrent,
     .infer = infer_lstm,
     .cost = CostRule::formula(lstm_cost),
     .counts = kRecurrentCounts},
};

}  // namespace

std::span<const OpRow> recurrent_rows() {
  return kRows;
}

}  // namespace haoline
