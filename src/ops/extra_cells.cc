// Layers as TensorFlow has them and ONNX has not: a bias by itself, statistics of the batch, cells whose
// gates share one matrix, patches, boxes.
#include "ops/convolution.h"
#include "ops/op_table.h"
#include "ops/refuse.h"
#include "ops/shape_helpers.h"
#include "ops/window.h"

namespace haoline {
namespace {

// --- BiasAdd: one number per channel

OpError infer_bias(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0)) return std::nullopt;
  const Shape& in = call.shape(0);
  if (in.rank() < 2) return refuse(call.pool(), {"the input has rank ", in.rank(), ", at least 2 is needed"});
  // Without a layout, an image has its channels second, a row of features last.
  const bool is_last = in.rank() < 3 || !call.text("data_layout").empty();
  const std::size_t channel = is_last ? in.rank() - 1 : 1;
  Shape out = in;
  if (call.has_rank(1) && call.rank(1) == 1) {
    if (certainly_differ(call.pool(), in[channel], call.dim(1, 0))) {
      return refuse(call.pool(),
                    {"the bias has ", call.dim(1, 0), " elements for ", in[channel], " channels"});
    }
    out[channel] = call.require_equal(in[channel], call.dim(1, 0));
  }
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

// --- ConvPrelu: a convolution with a bias, then a slope per channel for what is negative

constexpr ConvOperands kConv{0, 1, 2, false};
OpError infer_conv_prelu(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  return infer_convolution(call, kConv);
}
Cost conv_prelu_cost(const OpCall& call) {
  Cost cost = convolution_cost(call, kConv);
  cost.add({.multiply = 1, .compare = 1}, call.output_elements(0), call.pool());
  return cost;
}

// --- BatchStatisticsNorm: a batch normalization that takes its statistics from the data: x, scale, shift

OpError infer_batch_statistics(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  call.set_shape(0, call.shape(0));
  for (std::size_t i = 1; i < call.output_count(); ++i) {
    call.set_dtype(i, call.dtype(1));
    call.set_shape(i, call.shape(1));
  }
  return std::nullopt;
}

// --- L2Loss: half the sum of squares

OpError infer_scalar(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  call.set_shape(0, Shape{});
  return std::nullopt;
}

// --- ExtractPatches: every window of an image laid out along the channels

OpError infer_patches(OpCall& call) {
  DimPool& pool = call.pool();
  call.set_dtype(0, call.dtype(0));
  if (call.rank(0) != 4) return refuse(pool, {"the image has rank ", call.rank(0), ", it has to be 4"});
  Windows windows;
  if (OpError error = read_windows(call, 2, windows)) return error;
  Shape out = call.shape(0);
  for (std::size_t i = 0; i < 2; ++i) out[1 + i] = window_count(windows, i, {out[1 + i], pool});
  out[3] = pool.multiply(out[3], kernel_elements(windows, pool));
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

// --- recurrent cells with one matrix [inputs + units, gates · units]

constexpr Work kLstmUnit{.add = 8, .multiply = 3, .divide = 3, .transcendental = 5};
constexpr Work kGruUnit{.add = 7, .multiply = 3, .divide = 2, .transcendental = 3};

struct CellSlots {
  std::size_t input, state, matrix;
};
constexpr CellSlots kLstmCell{0, 1, 3}, kBlockLstm{1, 2, 4}, kGruCell{0, 1, 2};

// All results are the state for every leading axis of the input.
OpError infer_cell(OpCall& call, const CellSlots& slots, std::size_t rank) {
  if (call.rank(slots.input) != rank || call.rank(slots.state) != 2) {
    return refuse(call.pool(), {"input and state have the ranks ", call.rank(slots.input), " and ",
                                call.rank(slots.state), ", the cell needs ", rank, " and 2"});
  }
  Shape out = call.shape(slots.input);
  out[rank - 1] = call.dim(slots.state, 1);
  for (std::size_t i = 0; i < call.output_count(); ++i) {
    call.set_dtype(i, call.dtype(slots.input));
    call.set_shape(i, out);
  }
  return std::nullopt;
}

Cost cell_cost(const OpCall& call, const CellSlots& slots, std::size_t matrices, const Work& unit) {
  DimPool& pool = call.pool();
  Expr rows = call.number(1);
  for (std::size_t i = 0; i + 1 < call.rank(slots.input); ++i) rows *= call.shape(slots.input)[i];
  Cost cost;
  for (std::size_t i = 0; i < matrices; ++i)
    cost.macs = Expr(cost.macs, pool) + rows * call.elements(slots.matrix + i);
  cost.add(unit, rows * call.dim(slots.state, 1), pool);
  return cost;
}

OpError infer_lstm_cell(OpCall& call) {
  return infer_cell(call, kLstmCell, 2);
}
Cost lstm_cell_cost(const OpCall& call) {
  return cell_cost(call, kLstmCell, 1, kLstmUnit);
}
OpError infer_block_lstm(OpCall& call) {
  return infer_cell(call, kBlockLstm, 3);
}
Cost block_lstm_cost(const OpCall& call) {
  return cell_cost(call, kBlockLstm, 1, kLstmUnit);
}
OpError infer_gru_cell(OpCall& call) {
  return infer_cell(call, kGruCell, 2);
}
Cost gru_cell_cost(const OpCall& call) {
  return cell_cost(call, kGruCell, 2, kGruUnit);
}

// --- CudnnRnn: data [steps, batch, features], states [layers · directions, batch, units], all weights in one
// vector

std::int64_t gates_of(const OpCall& call) {
  const std::string_view mode = call.text("rnn_mode", "lstm");
  return mode == "lstm" ? 4 : mode == "gru" ? 3 : 1;
}

OpError infer_cudnn(OpCall& call) {
  if (call.rank(0) != 3 || call.rank(1) != 3) {
    return refuse(call.pool(),
                  {"data and state have the ranks ", call.rank(0), " and ", call.rank(1), ", both need 3"});
  }
  const std::int64_t directions = call.text("direction") == "bidirectional" ? 2 : 1;
  Shape out = call.shape(0);
  out[2] = call.dim(1, 2) * directions;
  call.set_shape(0, std::move(out));
  call.set_shape(1, call.shape(1));
  call.set_shape(2, call.shape(call.has_rank(2) ? 2 : 1));
  for (std::size_t i = 0; i < call.output_count(); ++i) call.set_dtype(i, call.dtype(0));
  return std::nullopt;
}

// Each gate has two biases; the rest of the vector are matrices.
Cost cudnn_cost(const OpCall& call) {
  if (call.integer("num_proj") != 0 || call.rank(0) != 3 || call.rank(1) != 3) return Cost::unknown();
  DimPool& pool = call.pool();
  const Expr rows = call.dim(0, 0) * call.dim(0, 1);
  const Expr units = call.dim(1, 0) * call.dim(1, 2);
  Cost cost;
  cost.macs = rows * (call.elements(3) - units * (2 * gates_of(call)));
  cost.add(gates_of(call) == 4 ? kLstmUnit : kGruUnit, rows * units, pool);
  return cost;
}

constexpr std::string_view kCellCounts =
    "rows·elements of the weight matrix; activations and gates are arithmetic per unit";

constexpr OpRow kRows[] = {
    {.op = Op::BatchStatisticsNorm,
     .category = Category::norm,
     .infer = infer_batch_statistics,
     .cost = CostRule::per_input({.add = 4, .multiply = 3}),
     .counts = "mean and variance (3 operations per element), then scale and shift",
     .any_rank = true},
    {.op = Op::BiasAdd,
     .category = Category::elementwise,
     .infer = infer_bias,
     .cost = CostRule::per_output({.add = 1}),
     .counts = "1 addition per element of the result",
     .alias = Alias::in_place_first,
     .any_rank = true},
    {.op = Op::BlockLstm,
     .category = Category::recurrent,
     .infer = infer_block_lstm,
     .cost = CostRule::formula(block_lstm_cost),
     .counts = kCellCounts},
    {.op = Op::ConvPrelu,
     .category = Category::conv,
     .infer = infer_conv_prelu,
     .cost = CostRule::formula(conv_prelu_cost),
     .counts = kConvolutionCounts},
    {.op = Op::CudnnRnn,
     .category = Category::recurrent,
     .infer = infer_cudnn,
     .cost = CostRule::formula(cudnn_cost),
     .counts = "steps·batch·(elements of the weights without biases)"},
    {.op = Op::ExtractPatches,
     .category = Category::reshape,
     .infer = infer_patches,
     .cost = CostRule::free(),
     .counts = "elements are copied, no arithmetic"},
    {.op = Op::GruBlockCell,
     .category = Category::recurrent,
     .infer = infer_gru_cell,
     .cost = CostRule::formula(gru_cell_cost),
     .counts = kCellCounts},
    {.op = Op::L2Loss,
     .category = Category::reduce,
     .infer = infer_scalar,
     .cost = CostRule::per_input({.add = 1, .multiply = 1}),
     .counts = "a square and an addition per element",
     .any_rank = true},
    {.op = Op::LstmBlockCell,
     .category = Category::recurrent,
     .infer = infer_lstm_cell,
     .cost = CostRule::formula(lstm_cell_cost),
     .counts = kCellCounts},
    {.op = Op::MatrixInverse,
     .category = Category::linear,
     .infer = infer_same_shape,
     .cost = CostRule::unknown(),
     .counts = "not counted: the method is the runtime's choice"},
};

}  // namespace

std::span<const OpRow> extra_cell_rows() {
  return kRows;
}

}  // namespace haoline
