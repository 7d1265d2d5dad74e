// Recurrent cells with one operand per gate, as mobile runtimes have them: every weight may be absent, the
// state is an operand that lives on, and one step or a whole sequence is the same operator.
#include "ops/op_table.h"
#include "ops/refuse.h"

namespace haoline {
namespace {

// A range of operands [first, last].
struct Slots {
  std::size_t first;
  std::size_t last;
};

// One direction of a cell.
struct LstmSlots {
  Slots products;   // matrices that meet the input or the state
  Slots peepholes;  // vectors that meet the cell state
  Slots biases;     // of gates
  std::size_t projection;
  std::size_t projection_bias;
  Slots normalizers;  // coefficients of layer normalizations; first > last: none
  std::size_t forget_recurrent;
};
constexpr LstmSlots kOneWay{{1, 8}, {9, 11}, {12, 15}, 16, 17, {20, 23}, 6};
constexpr LstmSlots kForward{{1, 8}, {9, 11}, {12, 15}, 16, 17, {1, 0}, 6};
constexpr LstmSlots kBackward{{18, 25}, {26, 28}, {29, 32}, 33, 34, {1, 0}, 23};
constexpr Slots kForwardAuxiliary{40, 43};
constexpr Slots kBackwardAuxiliary{44, 47};

// Rows that the cell works on: steps × batch.
Expr rows_of(const OpCall& call) {
  Expr rows = call.number(1);
  const Shape& input = call.shape(0);
  for (std::size_t i = 0; i + 1 < input.rank(); ++i) rows *= input[i];
  return rows;
}

// The leading axes of the input before another last extent.
Shape with_features(const Shape& input, Dim features) {
  Shape shape(input.first(input.rank() - 1));
  shape.push_back(features);
  return shape;
}

// The states that live on may be of unknown rank, the input not.
OpError check_input(const OpCall& call) {
  if (call.rank(0) == 2 || call.rank(0) == 3) return std::nullopt;
  return refuse(call.pool(), {"the input has rank ", call.rank(0), ", it has to be 2 or 3"});
}

// What one operand is to the rows of input: a product per element of a matrix, an operation per element of a
// vector.
void add_products(Cost& cost, const OpCall& call, Slots slots, Expr rows) {
  for (std::size_t i = slots.first; i <= slots.last; ++i) {
    if (call.has(i)) cost.macs = Expr(cost.macs, call.pool()) + rows * call.elements(i);
  }
}
void add_vectors(Cost& cost, const OpCall& call, Slots slots, const Work& work, Expr rows) {
  for (std::size_t i = slots.first; i <= slots.last; ++i) {
    if (call.has(i)) cost.add(work, rows * call.elements(i), call.pool());
  }
}

// --- LSTM. With kernel "BASIC" (input, previous output, weights, biases, previous state) all gates share one
// matrix.

bool is_basic(const OpCall& call) {
  return call.text("kernel") == "BASIC";
}

// Features of the result: of the projection where there is one, else the units.
Dim lstm_features(const OpCall& call, const LstmSlots& slots) {
  if (call.has(slots.projection)) return call.dim(slots.projection, 0);
  const Dim cells = call.dim(slots.products.first + 1, 0);  // input to forget gate: always there
  return better_known(cells, call.dim(slots.forget_recurrent, -1));
}

OpError infer_basic_lstm(OpCall& call) {
  const Dim units = call.dim(2, 0).floor_div(4);
  const Dim batch = call.dim(0, 0);
  for (std::size_t i = 0; i < 4; ++i) call.set_dtype(i, call.dtype(0));
  call.set_shape(0, Shape{batch, units});
  call.set_shape(1, Shape{batch, units});
  call.set_shape(2, Shape{batch, call.dim(2, 1)});
  call.set_shape(3, Shape{batch, call.dim(2, 0)});
  return std::nullopt;
}

OpError infer_lstm(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0)) return std::nullopt;
  if (OpError error = check_input(call)) return error;
  if (is_basic(call)) return infer_basic_lstm(call);
  call.set_shape(0, with_features(call.shape(0), lstm_features(call, kOneWay)));
  return std::nullopt;
}

constexpr Work kLstmWork{.add = 5, .multiply = 3, .transcendental = 5};

Cost direction_cost(const OpCall& call, const LstmSlots& slots, Expr rows) {
  DimPool& pool = call.pool();
  Cost cost;
  add_products(cost, call, slots.products, rows);
  add_products(cost, call, {slots.projection, slots.projection}, rows);
  add_vectors(cost, call, slots.peepholes, {.add = 1, .multiply = 1}, rows);
  add_vectors(cost, call, slots.biases, {.add = 1}, rows);
  add_vectors(cost, call, {slots.projection_bias, slots.projection_bias}, {.add = 1}, rows);
  add_vectors(cost, call, slots.normalizers, {.add = 3, .multiply = 3}, rows);
  cost.add(kLstmWork, rows * call.dim(slots.products.first + 1, 0), pool);
  return cost;
}

void add(Cost& cost, const Cost& other, DimPool& pool) {
  cost.macs = pool.add(cost.macs, other.macs);
  for (std::size_t i = 0; i < kArithKinds; ++i) {
    cost.operations[i] = pool.add(cost.operations[i], other.operations[i]);
  }
}

Cost lstm_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  const Expr rows = rows_of(call);
  call.note("rows", rows);
  if (!is_basic(call)) return direction_cost(call, kOneWay, rows);
  Cost cost;
  add_products(cost, call, {2, 2}, rows);
  add_vectors(cost, call, {3, 3}, {.add = 1}, rows);
  cost.add(kLstmWork, rows * call.dim(2, 0).floor_div(4), pool);
  return cost;
}

// --- both directions; with merge_outputs side by side in one result

OpError set_directions(OpCall& call, Dim forward, Dim backward) {
  call.set_dtype(0, call.dtype(0));
  call.set_dtype(1, call.dtype(0));
  if (!call.has_rank(0)) return std::nullopt;
  if (OpError error = check_input(call)) return error;
  const bool merges = call.integer("merge_outputs") != 0;
  const Dim first = merges ? call.pool().add(forward, backward) : forward;
  call.set_shape(0, with_features(call.shape(0), first));
  call.set_shape(1, with_features(call.shape(0), backward));
  return std::nullopt;
}

OpError infer_bidirectional_lstm(OpCall& call) {
  return set_directions(call, lstm_features(call, kForward), lstm_features(call, kBackward));
}

Cost bidirectional_lstm_cost(const OpCall& call) {
  const Expr rows = rows_of(call);
  call.note("rows", rows);
  Cost cost = direction_cost(call, kForward, rows);
  add(cost, direction_cost(call, kBackward, rows), call.pool());
  add_products(cost, call, kForwardAuxiliary, rows);
  add_products(cost, call, kBackwardAuxiliary, rows);
  return cost;
}

// --- simple cells: input, weights, recurrent weights, bias, state

OpError infer_rnn(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0)) return std::nullopt;
  if (OpError error = check_input(call)) return error;
  call.set_shape(0, with_features(call.shape(0), call.dim(1, 0)));
  return std::nullopt;
}

constexpr Work kRnnWork{.add = 1, .transcendental = 1};

Cost rnn_cost(const OpCall& call) {
  const Expr rows = rows_of(call);
  call.note("rows", rows);
  Cost cost;
  add_products(cost, call, {1, 2}, rows);
  add_vectors(cost, call, {3, 3}, {.add = 1}, rows);
  cost.add(kRnnWork, rows * call.dim(1, 0), call.pool());
  return cost;
}

OpError infer_bidirectional_rnn(OpCall& call) {
  return set_directions(call, call.dim(1, 0), call.dim(5, 0));
}

Cost bidirectional_rnn_cost(const OpCall& call) {
  Cost cost = rnn_cost(call);
  const Expr rows = rows_of(call);
  add_products(cost, call, {5, 6}, rows);
  add_products(cost, call, {10, 11}, rows);
  add_vectors(cost, call, {7, 7}, {.add = 1}, rows);
  cost.add(kRnnWork, rows * call.dim(5, 0), call.pool());
  return cost;
}

// --- Svdf: a dense layer factored over features and time; `rank` filters make one unit

OpError infer_svdf(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0)) return std::nullopt;
  const std::int64_t rank = call.integer("rank", 1);
  if (rank < 1) return refuse(call.pool(), {"the factorization has rank ", rank});
  if (call.rank(0) != 2)
    return refuse(call.pool(), {"the input has rank ", call.rank(0), ", it has to be 2"});
  call.set_shape(0, Shape{call.dim(0, 0), call.dim(1, 0).floor_div(rank)});
  return std::nullopt;
}

Cost svdf_cost(const OpCall& call) {
  const Expr rows = rows_of(call);
  Cost cost;
  add_products(cost, call, {1, 2}, rows);
  add_vectors(cost, call, {3, 3}, {.add = 1}, rows);
  call.note("rows", rows);
  return cost;
}

constexpr std::string_view kCellCounts =
    "rows (steps·batch) times the elements of every weight matrix that is there: products of input, state, "
    "projection; per row the biases, peepholes and activations of every unit";

constexpr OpRow cell(Op op, InferRule infer, CostFunction cost) {
  return {.op = op,
          .category = Category::recurrent,
          .infer = infer,
          .cost = CostRule::formula(cost),
          .counts = kCellCounts,
          .any_rank = true};
}

constexpr OpRow kRows[] = {
    cell(Op::LiteBidirectionalLstm, infer_bidirectional_lstm, bidirectional_lstm_cost),
    cell(Op::LiteBidirectionalRnn, infer_bidirectional_rnn, bidirectional_rnn_cost),
    cell(Op::LiteLstm, infer_lstm, lstm_cost),
    cell(Op::LiteRnn, infer_rnn, rnn_cost),
    cell(Op::Svdf, infer_svdf, svdf_cost),
};

}  // namespace

std::span<const OpRow> extra_recurrent_rows() {
  return kRows;
}

}  // namespace haoline
