// Recurrent cells whose weights are one matrix for all gates, batch first: one step, or a sequence of them.
// A cell has x, its states, then W, R, B; a sequence has the lengths behind the states, and its directions
// are axis 1 of everything but x.
#include "ops/op_table.h"
#include "ops/recurrent.h"

namespace haoline {
namespace {

constexpr std::size_t kX = 0, kH = 1;

struct Kind {
  Cell cell;
  bool is_sequence;
  std::size_t states() const { return cell.has_cell_state ? 2 : 1; }
  std::size_t weight() const { return 1 + states() + (is_sequence ? 1 : 0); }
};

Kind kind_of(const OpCall& call) {
  switch (call.node().op) {
    case Op::LstmCell:
      return {kLstmCell, false};
    case Op::LstmSequence:
      return {kLstmCell, true};
    case Op::GruCell:
      return {kGruCell, false};
    case Op::GruSequence:
      return {kGruCell, true};
    case Op::RnnCell:
      return {kRnnCell, false};
    default:
      return {kRnnCell, true};
  }
}

Dim hidden_of(const OpCall& call, const Kind& kind) {
  if (call.has_rank(kH) && call.rank(kH) > 0 && !call.shape(kH).back().is_unknown())
    return call.shape(kH).back();
  if (const std::int64_t size = call.integer("hidden_size"); size > 0) return call.number(size);
  return call.dim(kind.weight() + 1, -1);
}

Dim directions_of(const OpCall& call, const Kind& kind) {
  if (!kind.is_sequence) return 1;
  return call.text("direction") == "bidirectional" ? 2 : 1;
}

OpError infer_cell(OpCall& call) {
  const Kind kind = kind_of(call);
  for (std::size_t i = 0; i < call.output_count(); ++i) call.set_dtype(i, call.dtype(kX));
  const std::size_t rank = kind.is_sequence ? 3 : 2;
  if (call.has_rank(kX) && call.rank(kX) != rank)
    return Message(kind.is_sequence ? "a sequence has to have 3 axes" : "a step has to have 2 axes");
  const Dim hidden = hidden_of(call, kind);
  const Dim batch = call.dim(kX, 0);
  Shape state = {batch, hidden};
  if (kind.is_sequence) state.insert(1, directions_of(call, kind));
  std::size_t output = 0;
  if (kind.is_sequence) {
    Shape all = state;
    all.insert(2, call.dim(kX, 1));
    call.set_shape(output++, std::move(all));
  }
  for (std::size_t i = 0; i < kind.states(); ++i) call.set_shape(output++, state);
  return std::nullopt;
}

Cost cell_cost(const OpCall& call) {
  const Kind kind = kind_of(call);
  DimPool& pool = call.pool();
  const Dim steps = kind.is_sequence ? call.dim(kX, 1).dim() : Dim(1);
  const Dim hidden = hidden_of(call, kind), input = call.dim(kX, -1);
  const Dim directions = directions_of(call, kind);
  const Expr elements = Expr(steps, pool) * call.dim(kX, 0) * directions * hidden;
  Cost cost;
  cost.macs = elements * kind.cell.gates * (Expr(input, pool) + hidden);
  cost.add(kind.cell.work, elements, pool);
  if (call.has(kind.weight() + 2)) cost.add(Arith::add, elements * kind.cell.gates, pool);
  call.note("steps", steps);
  call.note("batch", call.dim(kX, 0));
  call.note("directions", directions);
  call.note("gates", kind.cell.gates);
  call.note("hidden", hidden);
  call.note("input", input);
  return cost;
}

constexpr OpRow recurrent(Op op) {
  return {op,
          Category::recurrent,
          infer_cell,
          CostRule::formula(cell_cost),
          "steps·batch·directions·gates·hidden·(input + hidden); per hidden element and step the gates' "
          "additions, "
          "activations and products, one addition per gate for the bias",
          Traffic::whole,
          Alias::none,
          true};
}

// --- layers with steps first: x is [steps, batch, input], or has the features at axis 1 or 2 of an image

std::optional<std::size_t> feature_axis(const OpCall& call) {
  if (!call.has_rank(kX)) return std::nullopt;
  switch (call.rank(kX)) {
    case 3:
    case 5:
      return 2;
    case 4:
      return 1;
    default:
      return std::nullopt;
  }
}

OpError infer_gates(OpCall& call) {
  for (std::size_t i = 0; i < call.output_count(); ++i) call.set_dtype(i, call.dtype(kX));
  const std::optional<std::size_t> axis = feature_axis(call);
  if (!axis) return std::nullopt;
  const std::int64_t hidden = call.integer("hidden_size"), directions = call.integer("directions", 1);
  Shape shape = call.shape(kX);
  shape[*axis] = call.pool().number(Int128{hidden} * directions);
  if (call.integer("gives_sequence") == 0 && shape.rank() != 4) shape[0] = 1;
  call.set_shape(0, shape);
  if (shape.rank() == 3) {
    for (std::size_t i = 1; i < call.output_count(); ++i) call.set_shape(i, Shape{shape[1], shape[2]});
  }
  return std::nullopt;
}

Cost gates_cost(const OpCall& call) {
  const std::optional<std::size_t> axis = feature_axis(call);
  if (!axis) return Cost::unknown();
  DimPool& pool = call.pool();
  const std::int64_t gates = call.integer("gates", 1), input = call.integer("input_size");
  const std::int64_t hidden = call.integer("hidden_size"), directions = call.integer("directions", 1);
  if (input <= 0 || hidden <= 0 || gates <= 0) return Cost::unknown();
  const Expr rows = call.elements(kX).floor_div(pool.number(input));
  const Expr elements = rows * pool.number(hidden) * pool.number(directions);
  const Cell& cell = gates == 4 ? kLstmCell : gates == 3 ? kGruCell : kRnnCell;
  Cost cost;
  cost.macs = elements * pool.number(gates) * pool.add(pool.number(input), pool.number(hidden));
  cost.add(cell.work, elements, pool);
  call.note("rows", rows);
  call.note("gates", pool.number(gates));
  call.note("hidden", pool.number(hidden));
  call.note("input", pool.number(input));
  return cost;
}

constexpr OpRow kRows[] = {
    {Op::GateRecurrent, Category::recurrent, infer_gates, CostRule::formula(gates_cost),
     "steps·batch·directions·gates·hidden·(input + hidden); per hidden element and step the gates' "
     "additions, "
     "activations and products",
     Traffic::whole, Alias::none, true},
    recurrent(Op::GruCell),
    recurrent(Op::GruSequence),
    recurrent(Op::LstmCell),
    recurrent(Op::LstmSequence),
    recurrent(Op::RnnCell),
    recurrent(Op::RnnSequence),
};

}  // namespace

std::span<const OpRow> extra_sequence_rows() {
  return kRows;
}

}  // namespace haoline
