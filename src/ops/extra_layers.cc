// Layers that are one operator to their framework and several products in one: separable convolutions, whole
// recurrent layers, attention with its projections. Weights come after the data; where their layout differs
// between versions, sizes are attributes.
#include <string>

#include "ops/convolution.h"
#include "ops/op_table.h"
#include "ops/recurrent.h"
#include "ops/refuse.h"
#include "ops/shape_helpers.h"
#include "ops/window.h"

namespace haoline {
namespace {

Expr product(std::span<const Dim> dims, DimPool& pool) {
  Expr result(1, pool);
  for (const Dim dim : dims) result *= dim;
  return result;
}

// --- SeparableConv: data, depthwise weight ("HWGO"), pointwise weight (1, 1, in, out), bias

OpError infer_separable(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (OpError error = infer_convolution(call, {0, 1, kNoOperand, false})) return error;
  if (!call.output_shape(0).has_rank() || !call.has_rank(2) || call.rank(2) < 2) return std::nullopt;
  Shape out = call.output_shape(0);
  const ImageLayout layout = image_layout(call, out.rank());
  if (certainly_differ(call.pool(), out[layout.channel], call.dim(2, -2))) {
    return refuse(call.pool(), {"the depthwise weight makes ", out[layout.channel],
                                " channels, the pointwise one expects ", call.dim(2, -2)});
  }
  out[layout.channel] = call.dim(2, -1);
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

Cost separable_cost(const OpCall& call) {
  const Shape& out = call.output_shape(0);
  if (out.rank() < 3 || call.rank(2) < 2 || call.rank(1) < 2) return Cost::unknown();
  DimPool& pool = call.pool();
  const ImageLayout layout = image_layout(call, out.rank());
  const Expr places = product(out.dims().subspan(layout.spatial, layout.spatial_rank), pool) * out[0];
  Cost cost;
  cost.macs = places * (call.elements(1) + call.elements(2).dim());
  if (call.has(3)) cost.add(Arith::add, call.output_elements(0), pool);
  call.note("places", places);
  call.note("depthwise", call.elements(1));
  call.note("pointwise", call.elements(2));
  return cost;
}

// --- LocallyConnected: data, weight [places, taps, filters], bias

OpError infer_nothing(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  return std::nullopt;
}

Cost local_cost(const OpCall& call) {
  Cost cost;
  cost.macs = call.dim(0, 0) * call.elements(1);
  if (call.has(2)) cost.add(Arith::add, call.output_elements(0), call.pool());
  return cost;
}

// --- EinsumDense: data, weight, bias; the equation says which axes of the weight meet the data

Cost einsum_dense_cost(const OpCall& call) {
  const std::string_view equation = call.text("equation");
  const std::size_t comma = equation.find(','), arrow = equation.find("->");
  if (comma == std::string_view::npos || arrow == std::string_view::npos || comma > arrow)
    return Cost::unknown();
  const std::string_view weight = equation.substr(comma + 1, arrow - comma - 1),
                         out = equation.substr(arrow + 2);
  if (call.rank(1) != weight.size()) return Cost::unknown();
  Expr met(1, call.pool());
  for (std::size_t i = 0; i < weight.size(); ++i) {
    if (out.find(weight[i]) == std::string_view::npos) met *= call.shape(1)[i];
  }
  Cost cost;
  cost.macs = call.output_elements(0) * met.dim();
  if (call.has(2)) cost.add(Arith::add, call.output_elements(0), call.pool());
  call.note("outputs", call.output_elements(0));
  call.note("inputs", met);
  return cost;
}

// --- RecurrentLayer: data [batch, steps, features], weights, initial states

const Cell* cell_named(std::string_view name) {
  return name == "lstm" ? &kLstmCell : name == "gru" ? &kGruCell : name == "simple" ? &kRnnCell : nullptr;
}

Dim extent_given(const OpCall& call, std::int64_t number) {
  return number < 0 ? Dim::unknown() : call.pool().number(number);
}

OpError infer_recurrent_layer(OpCall& call) {
  for (std::size_t i = 0; i < call.output_count(); ++i) call.set_dtype(i, call.dtype(0));
  if (call.rank(0) != 3)
    return refuse(call.pool(), {"the input has rank ", call.rank(0), ", it has to be 3"});
  const std::span<const std::int64_t> units = call.integer_list("units");
  if (units.empty()) return Message("the layer has no units");
  const std::string_view merge = call.text("merge");
  Dim width = extent_given(call, units.back());
  if (merge == "concat") width = call.pool().multiply(width, 2);
  const bool sequences = call.integer("return_sequences") != 0;
  const Shape result =
      sequences ? Shape{call.dim(0, 0), call.dim(0, 1), width} : Shape{call.dim(0, 0), width};
  std::size_t next = 0;
  call.set_shape(next++, result);
  if (merge == "none") call.set_shape(next++, result);
  // The states of every cell, one direction after the other.
  const std::span<const std::string_view> cells = call.text_list("cells");
  for (int direction = 0; direction < (call.integer("directions", 1) == 2 ? 2 : 1); ++direction) {
    for (std::size_t i = 0; i < cells.size() && i < units.size(); ++i) {
      for (int state = 0; state < (cells[i] == "lstm" ? 2 : 1); ++state)
        call.set_shape(next++, Shape{call.dim(0, 0), extent_given(call, units[i])});
    }
    if (next >= call.output_count()) break;
  }
  return std::nullopt;
}

Cost recurrent_layer_cost(const OpCall& call) {
  if (call.rank(0) != 3) return Cost::unknown();
  DimPool& pool = call.pool();
  const std::span<const std::string_view> cells = call.text_list("cells");
  const std::span<const std::int64_t> units = call.integer_list("units");
  if (cells.empty() || cells.size() != units.size()) return Cost::unknown();
  const Expr rows = call.dim(0, 0) * call.dim(0, 1).dim() * call.integer("directions", 1);
  Dim features = call.dim(0, 2);
  Cost cost;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Cell* cell = cell_named(cells[i]);
    if (!cell) return Cost::unknown();
    const Dim hidden = extent_given(call, units[i]);
    const Expr elements = rows * hidden;
    cost.macs = Expr(cost.macs, pool) + elements * cell->gates * (Expr(features, pool) + hidden).dim();
    cost.add(cell->work, elements, pool);
    if (call.integer("use_bias", 1) != 0) cost.add(Arith::add, elements * cell->gates, pool);
    features = hidden;
  }
  call.note("batch", call.dim(0, 0));
  call.note("steps", call.dim(0, 1));
  call.note("input", call.dim(0, 2));
  call.note("hidden", extent_given(call, units.back()));
  call.note("directions", pool.number(call.integer("directions", 1)));
  return cost;
}

// --- ConvLstm: data [batch, steps, image], kernel, recurrent kernel, bias; the state is convolved as well

// One step's image and the windows over it.
OpError read_conv_lstm(const OpCall& call, Shape& step, Windows& windows) {
  if (call.rank(0) < 4)
    return refuse(call.pool(), {"the input has rank ", call.rank(0), ", it needs at least 4"});
  step = call.shape(0);
  step.erase(1);
  const ImageLayout layout = image_layout(call, step.rank());
  if (OpError error = read_windows(call, layout.spatial_rank, windows)) return error;
  for (std::size_t i = 0; i < layout.spatial_rank; ++i)
    step[layout.spatial + i] = window_count(windows, i, Expr(step[layout.spatial + i], call.pool()));
  step[layout.channel] = extent_given(call, call.integer("filters", -1));
  return std::nullopt;
}

OpError infer_conv_lstm(OpCall& call) {
  for (std::size_t i = 0; i < call.output_count(); ++i) call.set_dtype(i, call.dtype(0));
  Shape step;
  Windows windows;
  if (OpError error = read_conv_lstm(call, step, windows)) return error;
  Shape result = step;
  if (call.integer("return_sequences") != 0) result.insert(1, call.dim(0, 1));
  call.set_shape(0, std::move(result));
  call.set_shape(1, step);
  call.set_shape(2, step);
  return std::nullopt;
}

Cost conv_lstm_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  Shape step;
  Windows windows;
  if (read_conv_lstm(call, step, windows)) return Cost::unknown();
  const ImageLayout layout = image_layout(call, step.rank());
  const Dim channels = call.shape(0)[layout.channel + 1];
  const Expr elements = Expr(element_count(step, pool), pool) * call.dim(0, 1).dim();
  Cost cost;
  cost.macs =
      elements * 4 * kernel_elements(windows, pool) * (Expr(channels, pool) + step[layout.channel]).dim();
  cost.add(kLstmCell.work, elements, pool);
  if (call.integer("use_bias", 1) != 0) cost.add(Arith::add, elements * 4, pool);
  call.note("elements", elements);
  call.note("kernel", kernel_elements(windows, pool));
  call.note("input", channels);
  return cost;
}

// --- ScoreAttention: query, value, key, scale

OpError infer_score_attention(OpCall& call) {
  for (std::size_t i = 0; i < call.output_count(); ++i) call.set_dtype(i, call.dtype(0));
  if (call.rank(0) < 2 || call.rank(1) < 2)
    return refuse(call.pool(), {"query and value have the ranks ", call.rank(0), " and ", call.rank(1)});
  Shape out = call.shape(0), scores = call.shape(0);
  out[out.rank() - 1] = call.dim(1, -1);
  scores[scores.rank() - 1] = call.dim(1, -2);
  call.set_shape(0, std::move(out));
  call.set_shape(1, std::move(scores));
  return std::nullopt;
}

constexpr Work kSoftmax{.add = 2, .divide = 1, .transcendental = 1, .compare = 1};

Cost score_attention_cost(const OpCall& call) {
  if (call.rank(0) < 2 || call.rank(1) < 2) return Cost::unknown();
  DimPool& pool = call.pool();
  const Expr scores = product(call.shape(0).first(call.rank(0) - 1), pool) * call.dim(1, -2).dim();
  Cost cost;
  const std::string_view mode = call.text("score_mode", "dot");
  cost.macs = scores * call.dim(1, -1).dim();
  if (mode == "dot") {
    cost.macs = Expr(cost.macs, pool) + scores * call.dim(0, -1).dim();
  } else {
    // Sums through a tangent, added up.
    cost.add({.add = 2, .multiply = 1, .transcendental = 1}, scores * call.dim(0, -1).dim(), pool);
  }
  cost.add(kSoftmax, scores, pool);
  call.note("scores", scores);
  return cost;
}

// --- ProjectedAttention: query, value, key, then weight and bias of query, key, value and output

OpError infer_projected_attention(OpCall& call) {
  for (std::size_t i = 0; i < call.output_count(); ++i) call.set_dtype(i, call.dtype(0));
  if (call.rank(0) < 2 || call.rank(1) < 2)
    return refuse(call.pool(), {"query and value have the ranks ", call.rank(0), " and ", call.rank(1)});
  Shape out = call.shape(0);
  out[out.rank() - 1] = extent_given(call, call.integer("output_dim", -1));
  call.set_shape(0, std::move(out));
  if (call.rank(0) == 3 && call.rank(1) == 3)
    call.set_shape(1, Shape{call.dim(0, 0), extent_given(call, call.integer("num_heads", -1)), call.dim(0, 1),
                            call.dim(1, 1)});
  return std::nullopt;
}

Cost projected_attention_cost(const OpCall& call) {
  if (call.rank(0) < 2 || call.rank(1) < 2 || call.rank(2) < 2) return Cost::unknown();
  DimPool& pool = call.pool();
  const Dim heads = extent_given(call, call.integer("num_heads", -1));
  const Dim groups = extent_given(call, call.integer("num_key_value_heads", -1));
  const Dim key = extent_given(call, call.integer("key_dim", -1));
  const Dim value = extent_given(call, call.integer("value_dim", -1));
  const Expr queries = product(call.shape(0).first(call.rank(0) - 1), pool);
  const Expr values = product(call.shape(1).first(call.rank(1) - 1), pool);
  const Expr keys = product(call.shape(2).first(call.rank(2) - 1), pool);
  // Keys that one query meets: along the attention axes, else along all but the batch.
  Expr met(1, pool);
  const std::span<const std::int64_t> axes = call.integer_list("attention_axes");
  for (std::size_t i = 1; axes.empty() && i + 1 < call.rank(1); ++i) met *= call.shape(1)[i];
  for (const std::int64_t axis : axes) met *= call.dim(1, axis);
  const Expr scores = queries * met.dim() * heads;
  const Expr wide_key = Expr(heads, pool) * key, wide_value = Expr(heads, pool) * value;
  Expr macs = queries * call.dim(0, -1).dim() * wide_key.dim();
  macs += keys * call.dim(2, -1).dim() * pool.multiply(groups, key);
  macs += values * call.dim(1, -1).dim() * pool.multiply(groups, value);
  macs += scores * key;
  macs += scores * value;
  macs += queries * wide_value.dim() * extent_given(call, call.integer("output_dim", -1));
  Cost cost;
  cost.macs = macs;
  cost.add(kSoftmax, scores, pool);
  cost.add(Arith::multiply, queries * wide_key.dim(), pool);
  if (call.integer("use_bias", 1) != 0) {
    cost.add(Arith::add, queries * wide_key.dim(), pool);
    cost.add(Arith::add, keys * pool.multiply(groups, key), pool);
    cost.add(Arith::add, values * pool.multiply(groups, value), pool);
    cost.add(Arith::add, call.output_elements(0), pool);
  }
  call.note("queries", queries);
  call.note("keys", met);
  call.note("heads", heads);
  call.note("key_size", key);
  call.note("value_size", value);
  return cost;
}

// --- small ones

OpError infer_repeat_vector(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (call.rank(0) != 2)
    return refuse(call.pool(), {"the input has rank ", call.rank(0), ", it has to be 2"});
  call.set_shape(0, Shape{call.dim(0, 0), call.number(call.integer("n", 1)), call.dim(0, 1)});
  return std::nullopt;
}

OpError infer_dot_product(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  call.set_shape(0, Shape{call.dim(0, 0), 1});
  return std::nullopt;
}

Cost dot_product_cost(const OpCall& call) {
  Cost cost;
  cost.macs = call.elements(0);
  return cost;
}

OpError infer_product(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  return infer_broadcast(call);
}

Cost product_cost(const OpCall& call) {
  Cost cost;
  const auto factors = static_cast<std::int64_t>(call.input_count());
  cost.add(Arith::multiply, call.output_elements(0) * std::max<std::int64_t>(factors - 1, 0), call.pool());
  return cost;
}

OpError infer_typed_as_operand(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  return infer_same_shape(call);
}

constexpr OpRow kRows[] = {
    {.op = Op::ConvLstm,
     .category = Category::recurrent,
     .infer = infer_conv_lstm,
     .cost = CostRule::formula(conv_lstm_cost),
     .counts =
         "steps·elements·4·kernel·(input + filters): both convolutions of every gate; the cell's arithmetic "
         "as in LSTM"},
    {.op = Op::DotProduct,
     .category = Category::linear,
     .infer = infer_dot_product,
     .cost = CostRule::formula(dot_product_cost),
     .counts = "one per element of an operand"},
    {.op = Op::EinsumDense,
     .category = Category::linear,
     .infer = infer_nothing,
     .cost = CostRule::formula(einsum_dense_cost),
     .counts = "outputs·inputs, inputs being the weight's axes that the result does not have; a bias is one "
               "addition "
               "per output element",
     .any_rank = true},
    {.op = Op::LocallyConnected,
     .category = Category::conv,
     .infer = infer_nothing,
     .cost = CostRule::formula(local_cost),
     .counts = "batch·weight: every place has a kernel of its own; a bias is one addition per output element",
     .any_rank = true},
    {.op = Op::Masking,
     .category = Category::elementwise,
     .infer = infer_typed_as_operand,
     .cost = CostRule::per_output({.multiply = 1, .compare = 1}),
     .counts = "one comparison and one multiplication per element",
     .any_rank = true},
    {.op = Op::Product,
     .category = Category::elementwise,
     .infer = infer_product,
     .cost = CostRule::formula(product_cost),
     .counts = "one multiplication per output element and operand after the first"},
    {.op = Op::ProjectedAttention,
     .category = Category::attention,
     .infer = infer_projected_attention,
     .cost = CostRule::formula(projected_attention_cost),
     .counts = "four projections, and queries·keys·heads·(key_size + value_size) for both products"},
    {.op = Op::RecurrentLayer,
     .category = Category::recurrent,
     .infer = infer_recurrent_layer,
     .cost = CostRule::formula(recurrent_layer_cost),
     .counts =
         "batch·steps·directions·gates·hidden·(input + hidden), added up over stacked cells; the cell's "
         "arithmetic as in LSTM, GRU and RNN"},
    {.op = Op::RepeatVector,
     .category = Category::reshape,
     .infer = infer_repeat_vector,
     .cost = CostRule::free(),
     .counts = "elements are copied, no arithmetic"},
    {.op = Op::Rescaling,
     .category = Category::elementwise,
     .infer = infer_typed_as_operand,
     .cost = CostRule::per_output({.add = 1, .multiply = 1}),
     .counts = "one multiplication and one addition per element",
     .any_rank = true},
    {.op = Op::ScoreAttention,
     .category = Category::attention,
     .infer = infer_score_attention,
     .cost = CostRule::formula(score_attention_cost),
     .counts =
         "queries·keys·(key_size + value_size); additive scores have one product less and a tangent per key "
         "feature instead"},
    {.op = Op::SeparableConv,
     .category = Category::conv,
     .infer = infer_separable,
     .cost = CostRule::formula(separable_cost),
     .counts = "batch·out_h·out_w·(depthwise + pointwise weight), one factor per spatial axis; a bias is one "
               "addition "
               "per output element"},
    {.op = Op::Standardize,
     .category = Category::norm,
     .infer = infer_typed_as_operand,
     .cost = CostRule::per_output({.add = 1, .divide = 1}),
     .counts = "a subtraction and a division per element",
     .any_rank = true},
};

}  // namespace

std::span<const OpRow> extra_layer_rows() {
  return kRows;
}

}  // namespace haoline
