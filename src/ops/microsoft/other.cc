// What is left: older spellings of ONNX operators, images, spectra, distances.
#include "ops/microsoft/rules.h"
#include "ops/op_table.h"

namespace haoline {
namespace {

using namespace ms;

// --- older spellings

OpError infer_expand_dims(OpCall& call) {
  if (!call.has_rank(0)) return {};
  const std::optional<std::int64_t> axis = call.scalar_constant(1);
  if (!axis) {
    call.set_shape(0, Shape::of_unknown(call.rank(0) + 1));
    return {};
  }
  const std::optional<std::size_t> at = normalize_axis(*axis, call.rank(0) + 1);
  if (!at) return Message("the axis is out of range");
  Shape shape = call.shape(0);
  shape.insert(*at, 1);
  call.set_shape(0, std::move(shape));
  if (const Value* value = call.value(0)) call.set_value(0, *value);
  return {};
}

OpError infer_gather_nd(OpCall& call) {
  if (!call.has_rank(0) || !call.has_rank(1)) return {};
  if (call.rank(1) == 0) return Message("the indices need rank 1 or more");
  const std::optional<std::int64_t> depth = call.shape(1).back().number();
  if (!depth) return {};
  if (*depth < 0 || static_cast<std::size_t>(*depth) > call.rank(0)) {
    return Message("an index has more parts than the data has axes");
  }
  Shape shape(call.shape(1).first(call.rank(1) - 1));
  shape.append(call.shape(0).dims().subspan(static_cast<std::size_t>(*depth)));
  call.set_shape(0, std::move(shape));
  return {};
}

OpError infer_pad(OpCall& call) {
  if (!call.has_rank(0)) return {};
  Shape shape = Shape::of_unknown(call.rank(0));
  if (const std::optional<std::vector<Dim>> pads = call.integers(1)) {
    if (pads->size() != 2 * shape.rank()) return Message("pads needs a begin and an end for every axis");
    for (std::size_t i = 0; i < shape.rank(); ++i) {
      const Dim both = call.pool().add((*pads)[i], (*pads)[i + shape.rank()]);
      shape[i] = call.pool().add(call.shape(0)[i], both);
    }
  }
  call.set_shape(0, std::move(shape));
  return {};
}

// ceil((limit - start) / delta), at least 0; of integers only: a real range rounds.
OpError infer_range(OpCall& call) {
  call.set_shape(0, Shape::of_unknown(1));
  const Dim start = integer_of(call, 0);
  const Dim limit = integer_of(call, 1);
  const Dim delta = call.has(2) ? integer_of(call, 2) : Dim(1);
  if (delta.is(0)) return Message("the increment is 0");
  DimPool& pool = call.pool();
  const Dim count = pool.max(pool.ceil_div(pool.subtract(limit, start), delta), Dim(0));
  call.set_shape(0, Shape{count});
  const std::optional<std::int64_t> known = count.number();
  if (!is_integer(call.dtype(0)) || !known || *known > 1024) return {};
  std::vector<Dim> values;
  values.reserve(static_cast<std::size_t>(*known));
  for (std::int64_t i = 0; i < *known; ++i) values.push_back(pool.add(start, pool.multiply(Dim(i), delta)));
  call.set_value(0, Value::integers(values));
  return {};
}

OpError infer_unique(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 1, "the input")) return error;
  const Dim found = call.data_symbol("unique", extent(call, 0, 0));
  call.set_shape(0, Shape{found});
  call.set_shape(1, Shape{extent(call, 0, 0)});
  call.set_shape(2, Shape{found});
  call.set_dtype(1, DType::int64);
  call.set_dtype(2, DType::int64);
  return {};
}

OpError infer_echo(OpCall& call) {
  if (call.has(0)) call.set_facts(0, call.input(0));
  return {};
}

OpError infer_torch_embedding(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 2, "the weight")) return error;
  if (!call.has_rank(1)) return {};
  Shape shape = call.shape(1);
  shape.push_back(extent(call, 0, 1));
  call.set_shape(0, std::move(shape));
  return {};
}

// --- images

OpError infer_grid_sample(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 4, "the input")) return error;
  if (OpError error = needs_rank(call, 1, 4, "the grid")) return error;
  call.set_shape(0, Shape{call.require_equal(extent(call, 0, 0), extent(call, 1, 0)), extent(call, 0, 1),
                          extent(call, 1, 1), extent(call, 1, 2)});
  call.set_dtype(0, call.dtype(0));
  return {};
}

Cost sample_cost(const OpCall& call) {
  const std::string_view mode = call.text("mode", "bilinear");
  Cost cost;
  if (mode == "bilinear" || mode == "linear") {
    cost.add({.add = 3, .multiply = 4}, call.output_elements(0), call.pool());
  } else if (mode == "bicubic" || mode == "cubic") {
    cost.add({.add = 15, .multiply = 20}, call.output_elements(0), call.pool());
  }
  return cost;
}

OpError infer_crop(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 4, "the input")) return error;
  if (OpError error = needs_rank(call, 1, 2, "the regions")) return error;
  Dim height, width;
  if (const std::optional<std::vector<Dim>> size = call.integers(3)) {
    if (size->size() != 2) return Message("crop_size needs a height and a width");
    height = (*size)[0];
    width = (*size)[1];
  }
  call.set_shape(0, Shape{extent(call, 1, 0), extent(call, 0, 1), height, width});
  return {};
}

OpError infer_unfold(OpCall& call) {
  if (!call.has_rank(0)) return {};
  const std::optional<std::size_t> axis = normalize_axis(call.integer("dim", -1), call.rank(0));
  const std::int64_t size = call.integer("size");
  const std::int64_t step = call.integer("step", 1);
  if (!axis) return Message("the dimension to unfold is out of range");
  if (size <= 0 || step <= 0) return Message("size and step have to be above 0");
  DimPool& pool = call.pool();
  Shape shape = call.shape(0);
  const Dim steps = pool.floor_div(pool.subtract(shape[*axis], call.number(size)), call.number(step));
  shape[*axis] = pool.add(steps, Dim(1));
  shape.push_back(call.number(size));
  call.set_shape(0, std::move(shape));
  return {};
}

// --- spectra and complex numbers: a last axis of 2 holds real and imaginary parts

OpError infer_rfft(OpCall& call) {
  if (!call.has_rank(0) || call.rank(0) == 0) return {};
  Shape shape =
      with_last(call, 0, call.pool().add(call.pool().floor_div(extent(call, 0, -1), Dim(2)), Dim(1)));
  shape.push_back(2);
  call.set_shape(0, std::move(shape));
  return {};
}

OpError infer_irfft(OpCall& call) {
  if (!call.has_rank(0)) return {};
  if (call.rank(0) < 2) return Message("the input needs a signal axis and an axis of 2");
  DimPool& pool = call.pool();
  Shape shape(call.shape(0).first(call.rank(0) - 1));
  Dim& last = shape[shape.rank() - 1];
  last = pool.multiply(pool.subtract(last, Dim(1)), Dim(2));
  call.set_shape(0, std::move(shape));
  return {};
}

OpError infer_complex(OpCall& call) {
  if (!call.has_rank(0) || !call.has_rank(1)) return {};
  call.set_shape(0, call.broadcast(call.shape(0), call.shape(1)));
  return {};
}

// --- the rest

OpError infer_distance(OpCall& call) {
  if (OpError error = needs_rank(call, 0, 2, "A")) return error;
  if (OpError error = needs_rank(call, 1, 2, "B")) return error;
  call.require_equal(extent(call, 0, 1), extent(call, 1, 1));
  call.set_shape(0, Shape{extent(call, 0, 0), extent(call, 1, 0)});
  return {};
}

Cost cost_distance(const OpCall& call) {
  const std::string_view metric = call.text("metric", "sqeuclidean");
  if (metric != "sqeuclidean" && metric != "euclidean") return Cost::unknown();
  Cost cost;
  cost.add({.add = 2, .multiply = 1}, call.pool().multiply(call.output_elements(0), extent(call, 0, 1)),
           call.pool());
  if (metric == "euclidean") cost.add(Arith::square_root, call.output_elements(0), call.pool());
  return cost;
}

// The path has between max(M, N) and M + N - 1 points.
OpError infer_time_warping(OpCall& call) {
  if (!call.has_rank(0)) return {};
  if (call.rank(0) != 2 && call.rank(0) != 3)
    return Message("the costs need rank 2, or 3 with a first axis of 1");
  DimPool& pool = call.pool();
  const Dim longest = pool.subtract(pool.add(extent(call, 0, -2), extent(call, 0, -1)), Dim(1));
  call.set_shape(0, Shape{2, call.data_symbol("points", longest)});
  call.set_dtype(0, DType::int32);
  return {};
}

OpError infer_all_finite(OpCall& call) {
  call.set_shape(0, Shape{});
  call.set_dtype(0, DType::boolean);
  return {};
}

Cost cost_all_finite(const OpCall& call) {
  Cost cost;
  for (std::size_t i = 0; i < call.input_count(); ++i) {
    cost.add({.compare = 1}, elements_of(call, i), call.pool());
  }
  return cost;
}

constexpr std::string_view kSampled =
    "per result: four products and three additions (bilinear), 20 and 15 (bicubic)";

constexpr OpRow kRows[] = {
    {.op = Op::MsExpandDims,
     .category = Category::reshape,
     .infer = infer_expand_dims,
     .cost = CostRule::free(),
     .traffic = Traffic::view,
     .alias = Alias::view,
     .any_rank = true},
    {.op = Op::MsGatherND,
     .category = Category::slice,
     .infer = infer_gather_nd,
     .cost = CostRule::free(),
     .traffic = Traffic::gathered,
     .any_rank = true},
    {.op = Op::MsPad,
     .category = Category::pad,
     .infer = infer_pad,
     .cost = CostRule::free(),
     .any_rank = true},
    {.op = Op::MsRange,
     .category = Category::constant,
     .infer = infer_range,
     .cost = CostRule::per_output({.add = 1, .multiply = 1}),
     .counts = "start + index·delta",
     .any_rank = true},
    {.op = Op::MsTrilu,
     .category = Category::slice,
     .infer = same_as_first,
     .cost = CostRule::free(),
     .any_rank = true},
    {.op = Op::MsUnique,
     .category = Category::slice,
     .infer = infer_unique,
     .cost = CostRule::unknown(),
     .counts = "how much is compared depends on the data",
     .any_rank = true},
    {.op = Op::MsSampleOp,
     .category = Category::elementwise,
     .infer = infer_echo,
     .cost = CostRule::free(),
     .alias = Alias::in_place,
     .any_rank = true},
    {.op = Op::MsTorchEmbedding,
     .category = Category::embed,
     .infer = infer_torch_embedding,
     .cost = CostRule::free(),
     .traffic = Traffic::gathered,
     .any_rank = true},
    {.op = Op::MsGridSample,
     .category = Category::slice,
     .infer = infer_grid_sample,
     .cost = CostRule::formula(sample_cost),
     .counts = kSampled,
     .any_rank = true},
    {.op = Op::MsCropAndResize,
     .category = Category::slice,
     .infer = infer_crop,
     .cost = CostRule::formula(sample_cost),
     .counts = kSampled,
     .any_rank = true},
    {.op = Op::MsUnfoldTensor,
     .category = Category::slice,
     .infer = infer_unfold,
     .cost = CostRule::free(),
     .any_rank = true},
    {.op = Op::MsRfft,
     .category = Category::linear,
     .infer = infer_rfft,
     .cost = CostRule::unknown(),
     .counts = "depends on the factors of the length",
     .any_rank = true},
    {.op = Op::MsIrfft,
     .category = Category::linear,
     .infer = infer_irfft,
     .cost = CostRule::unknown(),
     .counts = "depends on the factors of the length",
     .any_rank = true},
    {.op = Op::MsComplexMul,
     .category = Category::elementwise,
     .infer = infer_complex,
     .cost = CostRule::per_output({.add = 1, .multiply = 2}),
     .counts = "two products and an addition per real or imaginary part",
     .any_rank = true},
    {.op = Op::MsComplexMulConj,
     .category = Category::elementwise,
     .infer = infer_complex,
     .cost = CostRule::per_output({.add = 1, .multiply = 2}),
     .counts = "two products and an addition per real or imaginary part",
     .any_rank = true},
    {.op = Op::MsCDist,
     .category = Category::reduce,
     .infer = infer_distance,
     .cost = CostRule::formula(cost_distance),
     .counts = "per pair and component: difference, square, sum",
     .any_rank = true},
    {.op = Op::MsInverse,
     .category = Category::linear,
     .infer = same_as_first,
     .cost = CostRule::unknown(),
     .counts = "depends on the algorithm",
     .any_rank = true},
    {.op = Op::MsDynamicTimeWarping,
     .category = Category::reduce,
     .infer = infer_time_warping,
     .cost = CostRule::per_input({.add = 1, .compare = 2}),
     .counts = "an addition and two comparisons per cell",
     .any_rank = true},
    {.op = Op::MsIsAllFinite,
     .category = Category::reduce,
     .infer = infer_all_finite,
     .cost = CostRule::formula(cost_all_finite),
     .counts = "a comparison per element",
     .any_rank = true},
};

}  // namespace

std::span<const OpRow> ms_other_rows() {
  return kRows;
}

}  // namespace haoline
