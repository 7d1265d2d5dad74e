// Operators of vision networks and of states that ONNX lacks: adaptive pools, blocks with every axis named,
// channel shuffles, bags of embeddings, variables.
#include "ops/movement.h"
#include "ops/op_table.h"
#include "ops/refuse.h"
#include "ops/shape_helpers.h"
#include "ops/window.h"

namespace haoline {
namespace {

OpError infer_same(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  return infer_same_shape(call);
}

// The pooled axes are the last ones, their extents an attribute; -1 keeps an axis as it is.
OpError infer_sized_pool(OpCall& call, std::span<const std::int64_t> sizes) {
  if (!call.has_rank(0)) return std::nullopt;
  Shape out = call.shape(0);
  if (out.rank() < sizes.size() || out.rank() > sizes.size() + 2) {
    return refuse(call.pool(), {"the input has rank ", out.rank(), " for ", sizes.size(), " pooled axes"});
  }
  const std::size_t first = out.rank() - sizes.size();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] >= 0) out[first + i] = sizes[i];
  }
  call.set_shape(0, out);
  call.set_shape(1, std::move(out));
  return std::nullopt;
}

// The spatial extents of the result are the attribute output_size (ATen), else operand 1 (OpenVINO).
OpError infer_adaptive(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  call.set_dtype(1, DType::int64);
  if (const auto sizes = call.integer_list("output_size"); !sizes.empty())
    return infer_sized_pool(call, sizes);
  if (!call.has_rank(0) || call.rank(0) < 3) return std::nullopt;
  const ImageLayout layout = image_layout(call, call.rank(0));
  const auto wanted = extents_operand(call, 1);
  Shape shape = call.shape(0);
  if (wanted && wanted->size() != layout.spatial_rank) {
    return refuse(call.pool(), {"operand 1 has ", wanted->size(), " entries, the input has ",
                                layout.spatial_rank, " spatial axes"});
  }
  for (std::size_t i = 0; i < layout.spatial_rank; ++i) {
    const Dim extent = wanted ? (*wanted)[i] : Dim::unknown();
    if (certainly_below(call.pool(), extent, 0))
      return refuse(call.pool(), {"the result has an extent of ", extent});
    shape[layout.spatial + i] = extent;
  }
  call.set_shape(0, shape);
  call.set_shape(1, std::move(shape));
  return std::nullopt;
}

// Windows overlap where sizes do not divide; every input element at least once is what is counted.
Cost adaptive_average_cost(const OpCall& call) {
  Cost cost;
  cost.add(Arith::add, call.elements(0), call.pool());
  cost.add(Arith::divide, call.output_elements(0), call.pool());
  return cost;
}

// Every axis has a block and two edges, each an operand.
OpError infer_blocks(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0) || call.rank(0) == 0) return std::nullopt;
  const std::size_t rank = call.rank(0);
  const auto blocks = extents_operand(call, 1), begin = extents_operand(call, 2),
             end = extents_operand(call, 3);
  if (!blocks || !begin || !end) {
    call.set_shape(0, Shape::of_unknown(rank));
    return std::nullopt;
  }
  if (blocks->size() != rank || begin->size() != rank || end->size() != rank)
    return Message("a block and two edges are needed for every axis");
  DimPool& pool = call.pool();
  const bool to_batch = call.node().op == Op::SpaceToBatch;
  Shape shape = call.shape(0);
  Dim all = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    if ((*blocks)[i].number().value_or(1) < 1)
      return refuse(pool, {"a block has an extent of ", (*blocks)[i]});
    all = pool.multiply(all, (*blocks)[i]);
    if (i == 0) continue;
    const Dim edges = pool.add((*begin)[i], (*end)[i]);
    shape[i] = to_batch ? pool.floor_div(pool.add(shape[i], edges), (*blocks)[i])
                        : pool.subtract(pool.multiply(shape[i], (*blocks)[i]), edges);
  }
  shape[0] = to_batch ? pool.multiply(shape[0], all) : pool.floor_div(shape[0], all);
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

// The result has the extents that operand 1 lists.
OpError infer_broadcast_in_dim(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  const auto extents = extents_operand(call, 1);
  if (!extents) return std::nullopt;
  Shape shape;
  for (const Dim extent : *extents) {
    if (extent.number().value_or(0) < 0)
      return refuse(call.pool(), {"the new shape has an extent of ", extent});
    shape.push_back(extent.is_unknown() ? data_extent(call, shape.rank()) : extent);
  }
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

// table, indices, then bags by where they begin ("offsets"), by row ("packed"), or the number of each
// element's bag and of bags ("segments").
OpError infer_bag(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0) || call.rank(0) == 0) return std::nullopt;
  const std::string_view how = call.text("bags");
  Shape shape = call.shape(0);
  if (how == "segments") {
    const auto count = call.integers(3);
    shape[0] = count && count->size() == 1 ? (*count)[0] : Dim::unknown();
  } else {
    shape[0] = call.dim(how == "offsets" ? 2 : 1, 0);
  }
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

// One addition per element of every row that is looked up.
Cost bag_cost(const OpCall& call) {
  if (!call.has_rank(0) || call.rank(0) == 0) return Cost::unknown();
  Expr width = call.number(1);
  for (std::size_t i = 1; i < call.rank(0); ++i) width *= call.shape(0)[i];
  Cost cost;
  cost.add(Arith::add, call.elements(1) * width, call.pool());
  return cost;
}

// A state has the type of its first value, or the one that is given. Its shape may change from run to run.
OpError infer_read_state(OpCall& call) {
  if (call.has(0)) call.set_dtype(0, call.dtype(0));
  if (const auto given = dtype_named(call.text("dtype"))) call.set_dtype(0, *given);
  return std::nullopt;
}

// A constant in another form: what it is stands beside it.
OpError infer_decompress(OpCall& call) {
  if (const auto given = dtype_named(call.text("dtype"))) call.set_dtype(0, *given);
  Shape shape;
  for (const std::int64_t extent : call.integer_list("extents"))
    shape.push_back(extent < 0 ? Dim::unknown() : call.pool().number(extent));
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

constexpr OpRow row(Op op, Category category, InferRule infer, CostRule cost, std::string_view counts) {
  return {op, category, infer, cost, counts, Traffic::whole, Alias::none, true};
}
constexpr std::string_view kPlaces = "elements change places, no arithmetic";

constexpr OpRow kRows[] = {
    row(Op::AdaptiveAveragePool, Category::pool, infer_adaptive, CostRule::formula(adaptive_average_cost),
        "1 addition per element of the operand (windows that overlap are not counted twice), 1 division per "
        "element of the result"),
    row(Op::AdaptiveMaxPool, Category::pool, infer_adaptive, CostRule::per_input({.compare = 1}),
        "1 comparison per element of the operand (windows that overlap are not counted twice)"),
    row(Op::BatchToSpace, Category::reshape, infer_blocks, CostRule::free(), kPlaces),
    row(Op::BroadcastInDim, Category::reshape, infer_broadcast_in_dim, CostRule::free(),
        "elements are repeated, no arithmetic"),
    row(Op::ChannelNormalization, Category::norm, infer_same, CostRule::per_output({.add = 1, .multiply = 1}),
        "the mean is taken off and the rest scaled; what depends on a channel alone is not counted"),
    row(Op::ChannelScale, Category::norm, infer_same, CostRule::per_output({.add = 1, .multiply = 1}),
        "a multiplication and an addition per element"),
    row(Op::Decompress, Category::quantize, infer_decompress, CostRule::free(),
        "a stored form of a constant is unpacked when the model is loaded"),
    row(Op::EmbeddingBag, Category::embed, infer_bag, CostRule::formula(bag_cost),
        "1 addition per element of every row that is looked up"),
    row(Op::NormalizeL2, Category::norm, infer_same,
        CostRule::per_input({.add = 1, .multiply = 1, .divide = 1}),
        "a square, an addition and a division per element; the roots are not counted"),
    row(Op::ReadState, Category::constant, infer_read_state, CostRule::free(), "a copy, no arithmetic"),
    row(Op::ScatterUpdate, Category::slice, infer_same, CostRule::free(),
        "slices are replaced, no arithmetic"),
    row(Op::ShuffleChannels, Category::transpose, infer_same, CostRule::free(), kPlaces),
    row(Op::SpaceToBatch, Category::reshape, infer_blocks, CostRule::free(), kPlaces),
    row(Op::WriteState, Category::constant, infer_same, CostRule::free(), "a copy, no arithmetic"),
};

}  // namespace

std::span<const OpRow> extra_vision_rows() {
  return kRows;
}

}  // namespace haoline
