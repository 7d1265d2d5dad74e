// Paddings as pairs per axis, blocks between batch and space, and dilation.
#include <string>

#include "ops/extra_movement.h"
#include "ops/movement.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

// An operand [axes, 2] as pairs, or unknown ones.
std::optional<std::vector<Dim>> pairs(const OpCall& call, std::size_t input, std::size_t axes) {
  const Value* value = call.value(input);
  if (!value) return std::vector<Dim>(2 * axes, Dim::unknown());
  if (value->size() != 2 * axes) return std::nullopt;
  std::vector<Dim> list;
  for (const Number& number : value->elements()) list.push_back(number.integer());
  return list;
}

OpError wrong_pairs(std::size_t axes) {
  return Message("a begin and an end are needed for each of " + std::to_string(axes) + " axes");
}

Dim known_or_data(OpCall& call, std::size_t axis, Dim extent) {
  return extent.is_unknown() && !call.shape(0)[axis].is_unknown() ? data_extent(call, axis) : extent;
}

struct Blocks {
  std::vector<Dim> sizes, edges;
  Dim product = 1;
};

OpError read_blocks(const OpCall& call, Blocks& blocks, bool& is_known) {
  const std::optional<std::vector<Dim>> sizes = extents_operand(call, 1);
  is_known = sizes.has_value();
  if (!is_known) return std::nullopt;
  blocks.sizes = *sizes;
  if (blocks.sizes.size() + 1 > call.rank(0)) {
    return Message(std::to_string(blocks.sizes.size()) + " block sizes for an operand of rank " +
                   std::to_string(call.rank(0)));
  }
  const std::optional<std::vector<Dim>> edges = pairs(call, 2, blocks.sizes.size());
  if (!edges) return wrong_pairs(blocks.sizes.size());
  blocks.edges = *edges;
  for (const Dim size : blocks.sizes) {
    if (size.number().value_or(1) < 1) return refuse(call.pool(), {"a block has an extent of ", size});
    blocks.product = call.pool().multiply(blocks.product, size);
  }
  return std::nullopt;
}

}  // namespace

OpError infer_space_to_batch(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0) || call.rank(0) == 0) return std::nullopt;
  Blocks blocks;
  bool is_known = false;
  if (OpError error = read_blocks(call, blocks, is_known)) return error;
  DimPool& pool = call.pool();
  Shape shape = is_known ? call.shape(0) : Shape::of_unknown(call.rank(0));
  if (is_known) shape[0] = pool.multiply(shape[0], blocks.product);
  for (std::size_t i = 0; i < blocks.sizes.size(); ++i) {
    const Dim padded = pool.add(pool.add(shape[i + 1], blocks.edges[2 * i]), blocks.edges[2 * i + 1]);
    if (certainly_differ(pool, pool.mod(padded, blocks.sizes[i]), 0)) {
      return refuse(pool, {"a padded extent of ", padded, " does not divide by ", blocks.sizes[i]});
    }
    call.require_divisible(padded, blocks.sizes[i]);
    shape[i + 1] = known_or_data(call, i + 1, pool.floor_div(padded, blocks.sizes[i]));
  }
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

OpError infer_batch_to_space(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0) || call.rank(0) == 0) return std::nullopt;
  Blocks blocks;
  bool is_known = false;
  if (OpError error = read_blocks(call, blocks, is_known)) return error;
  DimPool& pool = call.pool();
  Shape shape = is_known ? call.shape(0) : Shape::of_unknown(call.rank(0));
  if (is_known) {
    if (certainly_differ(pool, pool.mod(shape[0], blocks.product), 0)) {
      return refuse(pool, {"a batch of ", shape[0], " does not divide into blocks of ", blocks.product});
    }
    call.require_divisible(shape[0], blocks.product);
    shape[0] = pool.floor_div(shape[0], blocks.product);
  }
  for (std::size_t i = 0; i < blocks.sizes.size(); ++i) {
    const Dim grown = pool.multiply(shape[i + 1], blocks.sizes[i]);
    const Dim cropped = pool.subtract(pool.subtract(grown, blocks.edges[2 * i]), blocks.edges[2 * i + 1]);
    shape[i + 1] = known_or_data(call, i + 1, cropped);
  }
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

OpError infer_pad_pairs(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0)) return std::nullopt;
  const std::size_t rank = call.rank(0);
  const std::optional<std::vector<Dim>> pads = pairs(call, 1, rank);
  if (!pads) return wrong_pairs(rank);
  DimPool& pool = call.pool();
  Shape shape = call.shape(0);
  for (std::size_t i = 0; i < rank; ++i) {
    const Dim padded = pool.add(pool.add(shape[i], (*pads)[2 * i]), (*pads)[2 * i + 1]);
    shape[i] = known_or_data(call, i, padded);
  }
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

OpError infer_dilate(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0)) return std::nullopt;
  const std::size_t rank = call.rank(0);
  const std::vector<Dim> steps = extents_operand(call, 1).value_or(std::vector<Dim>(rank, Dim::unknown()));
  if (steps.size() != rank) {
    return Message(std::to_string(steps.size()) + " dilations for an operand of rank " +
                   std::to_string(rank));
  }
  DimPool& pool = call.pool();
  Shape shape = call.shape(0);
  for (std::size_t i = 0; i < rank; ++i) {
    const Dim spread = pool.add(pool.multiply(pool.subtract(shape[i], 1), steps[i]), 1);
    shape[i] = known_or_data(call, i, shape[i].is(0) ? Dim(0) : spread);
  }
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

}  // namespace haoline
