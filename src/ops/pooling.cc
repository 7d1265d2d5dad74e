#include "ops/op_table.h"
#include "ops/refuse.h"
#include "ops/window.h"

namespace haoline {
namespace {

OpError check_image(const OpCall& call, std::size_t least) {
  if (call.rank(0) >= least) return std::nullopt;
  return refuse(call.pool(), {"the input has rank ", call.rank(0), ", a pool needs at least ", least});
}

OpError infer_pool(OpCall& call) {
  DimPool& pool = call.pool();
  if (OpError error = check_image(call, 3)) return error;
  const Shape& data = call.shape(0);
  const ImageLayout layout = image_layout(call, data.rank());
  Windows windows;
  if (OpError error = read_windows(call, layout.spatial_rank, windows)) return error;
  Shape out = data;
  for (std::size_t i = 0; i < layout.spatial_rank; ++i) {
    const Expr in(data[layout.spatial + i], pool);
    const Expr count = window_count(windows, i, in);
    if (certainly_below(pool, count, 0)) {
      return refuse(pool, {"a window that spans ", window_span(windows.axes[i], pool),
                           " does not fit into an extent of ", in});
    }
    out[layout.spatial + i] = count;
  }
  call.set_shape(0, out);
  call.set_shape(1, std::move(out));
  call.set_dtype(1, DType::int64);  // the indices of MaxPool
  return std::nullopt;
}

// `tap` for every element of every window, `window` once per window.
Cost pool_cost(const OpCall& call, const Work& tap, const Work& window) {
  DimPool& pool = call.pool();
  const Shape& data = call.shape(0);
  const Shape& result = call.output_shape(0);
  if (data.rank() < 3 || result.rank() != data.rank()) return Cost::unknown();
  const ImageLayout layout = image_layout(call, data.rank());
  Windows windows;
  if (read_windows(call, layout.spatial_rank, windows)) return Cost::unknown();
  const Expr out = call.output_elements(0);
  Cost cost;
  cost.add(tap, out * kernel_elements(windows, pool), pool);
  cost.add(window, out, pool);
  call.note("batch", result[0]);
  call.note("channels", result[layout.channel]);
  note_windows(call, windows, data.dims().subspan(layout.spatial, layout.spatial_rank),
               result.dims().subspan(layout.spatial, layout.spatial_rank));
  return cost;
}

// |x|^p of an element and its sum; the root of the sum.
Work power_and_sum(double p) {
  if (p == 1) return {.add = 2};
  if (p == 2) return {.add = 1, .multiply = 1};
  return {.add = 2, .transcendental = 1};
}
Work root(double p) {
  if (p == 1) return {};
  if (p == 2) return {.square_root = 1};
  return {.transcendental = 1};
}

// The norm's order is a real in the first version, an integer later.
double order(const OpCall& call) {
  const Attribute* own = call.node().attribute("p");
  if (own && std::holds_alternative<double>(own->value)) return std::get<double>(own->value);
  return static_cast<double>(call.integer("p", 2));
}

Cost max_pool_cost(const OpCall& call) {
  return pool_cost(call, {.compare = 1}, {});
}
Cost average_pool_cost(const OpCall& call) {
  return pool_cost(call, {.add = 1}, {.divide = 1});
}
Cost lp_pool_cost(const OpCall& call) {
  return pool_cost(call, power_and_sum(order(call)), root(order(call)));
}

// --- pools over whole channels

OpError infer_global_pool(OpCall& call) {
  if (OpError error = check_image(call, 2)) return error;
  const ImageLayout layout = image_layout(call, call.rank(0));
  Shape out = call.shape(0);
  for (std::size_t i = 0; i < layout.spatial_rank; ++i) out[layout.spatial + i] = 1;
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

Cost global_cost(const OpCall& call, const Work& element, const Work& channel) {
  Cost cost;
  cost.add(element, call.elements(0), call.pool());
  cost.add(channel, call.output_elements(0), call.pool());
  return cost;
}
Cost global_average_cost(const OpCall& call) {
  return global_cost(call, {.add = 1}, {.divide = 1});
}
Cost global_lp_cost(const OpCall& call) {
  return global_cost(call, power_and_sum(order(call)), root(order(call)));
}

// --- MaxRoiPool

OpError infer_max_roi_pool(OpCall& call) {
  DimPool& pool = call.pool();
  if (call.rank(0) != 4 || call.rank(1) != 2) {
    return refuse(pool, {"the image has rank ", call.rank(0), " and the regions rank ", call.rank(1),
                         ", MaxRoiPool needs 4 and 2"});
  }
  const std::span<const std::int64_t> pooled = call.integer_list("pooled_shape");
  if (pooled.size() != 2) return refuse(pool, {"pooled_shape has ", pooled.size(), " entries, it needs 2"});
  call.set_shape(0, Shape{call.dim(1, 0), call.dim(0, 1), pool.number(pooled[0]), pool.number(pooled[1])});
  return std::nullopt;
}

// How large the regions are is data: the comparisons are unknown, products there are none.
Cost max_roi_pool_cost(const OpCall& call) {
  Cost cost;
  cost.add(Arith::compare, Dim::unknown(), call.pool());
  return cost;
}

// --- MaxUnpool

OpError infer_max_unpool(OpCall& call) {
  DimPool& pool = call.pool();
  if (OpError error = check_image(call, 3)) return error;
  const Shape& data = call.shape(0);
  Shape out = data;
  if (call.has(2)) {
    const std::optional<std::vector<Dim>> wanted = call.integers(2);
    for (std::size_t i = 0; i < data.rank(); ++i) {
      out[i] = wanted && wanted->size() == data.rank() ? (*wanted)[i] : Dim::unknown();
    }
  } else {
    Windows windows;
    if (OpError error = read_windows(call, data.rank() - 2, windows)) return error;
    for (std::size_t i = 0; i + 2 < data.rank(); ++i)
      out[2 + i] = window_extent(windows, i, {data[2 + i], pool});
  }
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

constexpr std::string_view kGlobalMaxCounts = "one comparison per input element";

constexpr OpRow kRows[] = {
    {.op = Op::MaxPool,
     .category = Category::pool,
     .infer = infer_pool,
     .cost = CostRule::formula(max_pool_cost),
     .counts = "batch·channels·out_h·out_w·kernel_h·kernel_w comparisons, one factor per spatial axis"},
    {.op = Op::AveragePool,
     .category = Category::pool,
     .infer = infer_pool,
     .cost = CostRule::formula(average_pool_cost),
     .counts = "batch·channels·out_h·out_w·kernel_h·kernel_w additions, one division per output element"},
    {.op = Op::LpPool,
     .category = Category::pool,
     .infer = infer_pool,
     .cost = CostRule::formula(lp_pool_cost),
     .counts = "power and sum for each of batch·channels·out_h·out_w·kernel_h·kernel_w taps (p = 2: a "
               "multiplication and an "
               "addition), one root per output element"},
    {.op = Op::GlobalMaxPool,
     .category = Category::pool,
     .infer = infer_global_pool,
     .cost = CostRule::per_input({.compare = 1}),
     .counts = kGlobalMaxCounts},
    {.op = Op::GlobalAveragePool,
     .category = Category::pool,
     .infer = infer_global_pool,
     .cost = CostRule::formula(global_average_cost),
     .counts = "one addition per input element, one division per output element"},
    {.op = Op::GlobalLpPool,
     .category = Category::pool,
     .infer = infer_global_pool,
     .cost = CostRule::formula(global_lp_cost),
     .counts = "power and sum per input element (p = 2: a multiplication and an addition), one root per "
               "output element"},
    {.op = Op::MaxRoiPool,
     .category = Category::pool,
     .infer = infer_max_roi_pool,
     .cost = CostRule::formula(max_roi_pool_cost),
     .counts = "no products; the comparisons depend on the size of the regions, which is data"},
    {.op = Op::MaxUnpool,
     .category = Category::pool,
     .infer = infer_max_unpool,
     .cost = CostRule::free(),
     .counts = "moves values to the remembered positions"},
};

}  // namespace

std::span<const OpRow> pooling_rows() {
  return kRows;
}

}  // namespace haoline
