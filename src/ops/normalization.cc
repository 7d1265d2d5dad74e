#include <utility>

#include "ops/onnx_dtype.h"
#include "ops/op_table.h"
#include "ops/refuse.h"
#include "ops/window.h"

namespace haoline {
namespace {

// Operations per element. Mean and variance are two sums, a difference and a square; then the difference is
// divided by the deviation, i.e. multiplied by its reciprocal.
constexpr Work kStandardize{.add = 3, .multiply = 2};
constexpr Work kScale{.multiply = 1};
constexpr Work kShift{.add = 1};
// Per group over which mean and variance are taken: two divisions by the count, epsilon, root, reciprocal.
constexpr Work kStatistics{.add = 1, .divide = 3, .square_root = 1};
// Without a mean: the square and its sum, the product with the reciprocal root; per group one division less.
constexpr Work kRootMeanSquare{.add = 1, .multiply = 2};
constexpr Work kRootMeanSquareStatistics{.add = 1, .divide = 2, .square_root = 1};

// A per-channel operand has as many elements as there are channels.
OpError check_channels(OpCall& call, std::size_t operand, std::string_view what, Dim& channels) {
  if (!call.has(operand) || call.rank(operand) != 1) return std::nullopt;
  const Dim extent = call.shape(operand)[0];
  if (certainly_differ(call.pool(), extent, channels)) {
    return refuse(call.pool(), {what, " has ", extent, " elements for ", channels, " channels"});
  }
  channels = call.require_equal(channels, extent);
  return std::nullopt;
}

OpError infer_same_as_input(OpCall& call) {
  call.set_shape(0, call.shape(0));
  return std::nullopt;
}

// --- BatchNormalization

bool is_training(const OpCall& call) {
  if (call.version() >= 14) return call.integer("training_mode", 0) != 0;
  return call.version() < 7 && call.integer("is_test", 0) == 0 && call.output_count() > 1;
}

// A matrix is a batch of channels; anything else has its channels where images have them.
std::size_t channel_axis(const OpCall& call) {
  return call.rank(0) < 2 ? 0 : image_layout(call, call.rank(0)).channel;
}

OpError infer_batch_normalization(OpCall& call) {
  if (call.rank(0) == 0) return Message("a scalar cannot be batch-normalized");
  Shape out = call.shape(0);
  Dim& channels = out[channel_axis(call)];
  // One-dimensional data is a batch with a single channel.
  Dim single = 1;
  Dim& expected = call.rank(0) == 1 ? single : channels;
  constexpr std::string_view kNames[] = {"X", "scale", "B", "mean", "var"};
  // Before version 9 `spatial` 0 asked for one statistic per activation instead of per channel.
  const bool per_channel = call.version() >= 9 || call.integer("spatial", 1) != 0;
  for (std::size_t i = 1; per_channel && i < 5; ++i) {
    if (OpError error = check_channels(call, i, kNames[i], expected)) return error;
  }
  const Shape statistics = per_channel   ? Shape{expected}
                           : call.has(3) ? call.shape(3)
                                         : Shape::unknown_rank();
  call.set_shape(0, std::move(out));
  for (std::size_t i = 1; i < call.output_count(); ++i) {
    call.set_shape(i, statistics);
    if (call.has(3)) call.set_dtype(i, call.dtype(3));
  }
  return std::nullopt;
}

Cost batch_normalization_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  Cost cost;
  const Expr elements = call.elements(0);
  const Expr channels = call.has(1) ? call.elements(1) : Expr(Dim::unknown(), pool);
  // Scale and shift are computed once per channel: epsilon, root, division, and their product with the mean.
  cost.add({.add = 1, .multiply = 1}, elements, pool);
  cost.add({.add = 2, .multiply = 1, .divide = 1, .square_root = 1}, channels, pool);
  if (is_training(call)) {
    cost.add({.add = 3, .multiply = 1}, elements, pool);
    // Mean and variance by division; both running averages are mixed.
    cost.add({.add = 2, .multiply = 4, .divide = 2}, channels, pool);
  }
  call.note("elements", elements);
  call.note("channels", channels);
  return cost;
}

// --- InstanceNormalization, GroupNormalization

OpError infer_instance_normalization(OpCall& call) {
  if (call.rank(0) < 2)
    return refuse(call.pool(), {"the input has rank ", call.rank(0), ", it needs channels"});
  Shape out = call.shape(0);
  Dim& channels = out[channel_axis(call)];
  if (OpError error = check_channels(call, 1, "scale", channels)) return error;
  if (OpError error = check_channels(call, 2, "B", channels)) return error;
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

Cost normalize_cost(const OpCall& call, Dim groups) {
  Cost cost;
  cost.add(kStandardize, call.elements(0), call.pool());
  cost.add(kStatistics, groups, call.pool());
  call.note("elements", call.elements(0));
  call.note("groups", groups);
  return cost;
}

void add_scale_and_shift(const OpCall& call, Cost& cost, bool shift) {
  cost.add(kScale, call.elements(0), call.pool());
  if (shift) cost.add(kShift, call.elements(0), call.pool());
}

Cost instance_normalization_cost(const OpCall& call) {
  if (call.rank(0) < 2) return Cost::unknown();
  const Expr channels = call.dim(0, static_cast<std::int64_t>(channel_axis(call)));
  Cost cost = normalize_cost(call, call.dim(0, 0) * channels);
  add_scale_and_shift(call, cost, true);
  return cost;
}

OpError infer_group_normalization(OpCall& call) {
  DimPool& pool = call.pool();
  if (call.rank(0) < 2) return refuse(pool, {"the input has rank ", call.rank(0), ", it needs channels"});
  const Dim groups = pool.number(call.integer("num_groups", 1));
  if (certainly_below(pool, groups, 1))
    return refuse(pool, {"num_groups is ", groups, ", it has to be above 0"});
  Shape out = call.shape(0);
  Dim& channels = out[channel_axis(call)];
  if (certainly_differ(pool, pool.mod(channels, groups), 0)) {
    return refuse(pool, {channels, " channels cannot be split into ", groups, " groups"});
  }
  call.require_divisible(channels, groups);
  // Scale and bias belonged to a group before version 21, to a channel since.
  Dim expected = call.version() >= 21 ? channels : groups;
  if (OpError error = check_channels(call, 1, "scale", expected)) return error;
  if (OpError error = check_channels(call, 2, "bias", expected)) return error;
  if (call.version() >= 21) channels = expected;
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

Cost group_normalization_cost(const OpCall& call) {
  Cost cost = normalize_cost(call, call.dim(0, 0) * call.integer("num_groups", 1));
  add_scale_and_shift(call, cost, true);
  return cost;
}

// --- LayerNormalization, RMSNormalization: over the axes from `axis` on

// The shape with every normalized axis 1; unknown rank when `axis` is out of range.
Shape statistics_shape(const OpCall& call) {
  const std::optional<std::size_t> axis = normalize_axis(call.integer("axis", -1), call.rank(0));
  if (!axis) return Shape::unknown_rank();
  Shape shape = call.shape(0);
  for (std::size_t i = *axis; i < shape.rank(); ++i) shape[i] = 1;
  return shape;
}

OpError infer_layer_normalization(OpCall& call) {
  DimPool& pool = call.pool();
  const Shape& in = call.shape(0);
  const std::int64_t given = call.integer("axis", -1);
  const std::optional<std::size_t> axis = normalize_axis(given, in.rank());
  if (!axis) return refuse(pool, {"axis ", given, " is out of range for rank ", in.rank()});
  Shape out = in;
  // Scale broadcasts to the normalized axes, aligned at the last; the last extent is what it knows best.
  const Shape& scale = call.shape(1);
  if (scale.rank() > in.rank())
    return refuse(pool, {"the scale has rank ", scale.rank(), ", the input ", in.rank()});
  for (std::size_t i = 0; i < scale.rank(); ++i) {
    Dim& extent = out[in.rank() - scale.rank() + i];
    if (scale[i].is(1)) continue;
    if (certainly_differ(pool, scale[i], extent)) {
      return refuse(pool, {"the scale has an extent of ", scale[i], " where the input has ", extent});
    }
    extent = call.require_equal(extent, scale[i]);
  }
  call.set_shape(0, std::move(out));
  const DType stash = dtype_of_onnx(call.integer("stash_type", 1));
  for (std::size_t i = 1; i < call.output_count(); ++i) {
    call.set_shape(i, statistics_shape(call));
    call.set_dtype(i, stash);
  }
  return std::nullopt;
}

Cost layer_normalization_cost(const OpCall& call) {
  Cost cost = normalize_cost(call, element_count(statistics_shape(call), call.pool()));
  add_scale_and_shift(call, cost, call.has(2));
  return cost;
}

OpError infer_rms_normalization(OpCall& call) {
  if (call.has(1)) call.set_dtype(0, call.dtype(1));
  return infer_layer_normalization(call);
}

Cost rms_normalization_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  const Dim rows = element_count(statistics_shape(call), pool);
  Cost cost;
  cost.add(kRootMeanSquare, call.elements(0), pool);
  cost.add(kRootMeanSquareStatistics, rows, pool);
  add_scale_and_shift(call, cost, false);
  call.note("elements", call.elements(0));
  call.note("rows", rows);
  return cost;
}

// --- LpNormalization, LRN, MeanVarianceNormalization

Cost lp_normalization_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  const std::optional<std::size_t> axis = normalize_axis(call.integer("axis", -1), call.rank(0));
  if (!axis) return Cost::unknown();
  Shape rows = call.shape(0);
  rows[*axis] = 1;
  const Expr elements = call.elements(0);
  Cost cost;
  if (call.integer("p", 2) == 1) {
    cost.add({.add = 2, .divide = 1}, elements, pool);
  } else {
    cost.add({.add = 1, .multiply = 1, .divide = 1}, elements, pool);
    cost.add(Arith::square_root, element_count(rows, pool), pool);
  }
  return cost;
}

Cost lrn_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  const Expr elements = call.elements(0);
  Cost cost;
  cost.add({.add = 1, .multiply = 2, .divide = 1, .transcendental = 1}, elements, pool);
  cost.add(Arith::add, elements * pool.number(call.integer("size", 1)), pool);
  return cost;
}

// Mean and variance are taken over the listed axes (batch and space unless told otherwise).
Cost mean_variance_cost(const OpCall& call) {
  static constexpr std::int64_t kDefault[] = {0, 2, 3};
  std::span<const std::int64_t> axes = call.integer_list("axes");
  if (axes.empty()) axes = kDefault;
  Shape groups = call.shape(0);
  for (const std::int64_t given : axes) {
    const std::optional<std::size_t> axis = normalize_axis(given, groups.rank());
    if (!axis) return Cost::unknown();
    groups[*axis] = 1;
  }
  return normalize_cost(call, element_count(groups, call.pool()));
}

constexpr std::string_view kLayerNormCounts =
    "7 operations per element (two sums, difference, square, division by the deviation, scale, shift), 5 per "
    "mean";
constexpr std::string_view kRmsNormCounts =
    "4 operations per element (square, sum, division by the root, scale), 4 per row";

constexpr OpRow kRows[] = {
    {.op = Op::BatchNormalization,
     .category = Category::norm,
     .infer = infer_batch_normalization,
     .cost = CostRule::formula(batch_normalization_cost),
     .counts = "a multiplication and an addition per element (scale and shift), 5 operations per channel to "
               "make them; "
               "training adds 4 per element and 8 per channel for the statistics",
     .alias = Alias::in_place_first},
    {.op = Op::InstanceNormalization,
     .category = Category::norm,
     .infer = infer_instance_normalization,
     .cost = CostRule::formula(instance_normalization_cost),
     .counts = kLayerNormCounts},
    {.op = Op::GroupNormalization,
     .category = Category::norm,
     .infer = infer_group_normalization,
     .cost = CostRule::formula(group_normalization_cost),
     .counts = kLayerNormCounts},
    {.op = Op::LayerNormalization,
     .category = Category::norm,
     .infer = infer_layer_normalization,
     .cost = CostRule::formula(layer_normalization_cost),
     .counts = kLayerNormCounts},
    {.op = Op::RMSNormalization,
     .category = Category::norm,
     .infer = infer_rms_normalization,
     .cost = CostRule::formula(rms_normalization_cost),
     .counts = kRmsNormCounts},
    {.op = Op::SimplifiedLayerNormalization,
     .category = Category::norm,
     .infer = infer_rms_normalization,
     .cost = CostRule::formula(rms_normalization_cost),
     .counts = kRmsNormCounts},
    {.op = Op::LpNormalization,
     .category = Category::norm,
     .infer = infer_same_as_input,
     .cost = CostRule::formula(lp_normalization_cost),
     .counts = "power, sum and division per element; for p = 2 a root per row"},
    {.op = Op::LRN,
     .category = Category::norm,
     .infer = infer_same_as_input,
     .cost = CostRule::formula(lrn_cost),
     .counts =
         "size + 5 operations per element (square, sum over size channels, alpha, bias, power, division)"},
    {.op = Op::MeanVarianceNormalization,
     .category = Category::norm,
     .infer = infer_same_as_input,
     .cost = CostRule::formula(mean_variance_cost),
     .counts =
         "5 operations per element (two sums, difference, square, division by the deviation), 5 per mean"},
};

}  // namespace

std::span<const OpRow> normalization_rows() {
  return kRows;
}

}  // namespace haoline
