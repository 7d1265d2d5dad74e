// Operators that rename, reorder, repeat, join or pad data without computing on it.
#include "ops/movement.h"

#include "ops/op_table.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"
#include "ops/window.h"

namespace haoline {
namespace {

OpError read_permutation(const OpCall& call, Axes& order) {
  const std::size_t rank = call.rank(0);
  if (!call.has_attribute("perm")) {
    for (std::size_t i = rank; i-- > 0;) order.push_back(i);
    return std::nullopt;
  }
  const std::span<const std::int64_t> given = call.integer_list("perm");
  if (given.size() != rank) {
    return Message("a permutation of " + std::to_string(given.size()) + " axes for an operand of rank " +
                   std::to_string(rank));
  }
  return normalize_axes(given, rank, order);
}

OpError infer_transpose(OpCall& call) {
  if (!call.has_rank(0)) return std::nullopt;
  Axes order;
  if (OpError error = read_permutation(call, order)) return error;
  Shape shape;
  for (const std::size_t axis : order) shape.push_back(call.shape(0)[axis]);
  call.set_shape(0, std::move(shape));
  const std::optional<KnownElements> known = known_elements(call, 0);
  if (!known) return std::nullopt;
  const PlainShape strides = strides_of(known->extents);
  set_moved_value(call, 0, [&](const PlainShape& index) {
    std::int64_t position = 0;
    for (std::size_t i = 0; i < index.size(); ++i) position += index[i] * strides[order[i]];
    return static_cast<std::size_t>(position);
  });
  return std::nullopt;
}

OpError wrong_rank_of_image(std::size_t rank) {
  return Message("the operand has rank " + std::to_string(rank) + ", expected 4");
}

OpError not_divisible(const DimPool& pool, std::string_view what, Dim extent, Dim block) {
  return refuse(pool, {what, " ", extent, " does not divide by ", block});
}

bool certainly_not_divisible(DimPool& pool, Dim a, Dim b) {
  return certainly_differ(pool, pool.mod(a, b), 0);
}

// The result's image: one extent for channels, two for space, wherever the layout puts them.
Shape image(const Shape& like, const ImageLayout& layout, Dim channels, Dim rows, Dim columns) {
  Shape shape = like;
  shape[layout.channel] = channels;
  shape[layout.spatial] = rows;
  shape[layout.spatial + 1] = columns;
  return shape;
}

OpError infer_space_to_depth(OpCall& call) {
  if (!call.has_rank(0)) return std::nullopt;
  if (call.rank(0) != 4) return wrong_rank_of_image(call.rank(0));
  const ImageLayout layout = image_layout(call, 4);
  const Shape& in = call.shape(0);
  const Dim block = call.pool().number(call.integer("blocksize"));
  const Expr channels(in[layout.channel], call.pool());
  const Expr rows(in[layout.spatial], call.pool()), columns(in[layout.spatial + 1], call.pool());
  if (block.number().value_or(0) <= 0) return refuse(call.pool(), {"the block size is ", block});
  if (certainly_not_divisible(call.pool(), rows, block))
    return not_divisible(call.pool(), "height", rows, block);
  if (certainly_not_divisible(call.pool(), columns, block)) {
    return not_divisible(call.pool(), "width", columns, block);
  }
  call.require_divisible(rows, block);
  call.require_divisible(columns, block);
  call.set_shape(
      0, image(in, layout, channels * block * block, rows.floor_div(block), columns.floor_div(block)));
  return std::nullopt;
}

OpError infer_depth_to_space(OpCall& call) {
  if (!call.has_rank(0)) return std::nullopt;
  if (call.rank(0) != 4) return wrong_rank_of_image(call.rank(0));
  const ImageLayout layout = image_layout(call, 4);
  const Shape& in = call.shape(0);
  const Dim block = call.pool().number(call.integer("blocksize"));
  if (block.number().value_or(0) <= 0) return refuse(call.pool(), {"the block size is ", block});
  const Dim area = call.pool().multiply(block, block);
  const Expr channels(in[layout.channel], call.pool());
  const Expr rows(in[layout.spatial], call.pool()), columns(in[layout.spatial + 1], call.pool());
  if (certainly_not_divisible(call.pool(), channels, area)) {
    return not_divisible(call.pool(), "the number of channels", channels, area);
  }
  call.require_divisible(channels, area);
  call.set_shape(0, image(in, layout, channels.floor_div(area), rows * block, columns * block));
  return std::nullopt;
}

OpError infer_trilu(OpCall& call) {
  infer_same_shape(call);
  const std::optional<KnownElements> known = known_elements(call, 0);
  const std::optional<std::int64_t> k = call.has(1) ? call.scalar_constant(1) : 0;
  if (!known || !known->value || !k || known->extents.size() < 2) return std::nullopt;
  const PlainShape strides = strides_of(known->extents);
  const bool upper = call.integer("upper") != 0;
  call.set_value(0, fill_value(known->extents, [&](const PlainShape& index) {
                   const std::int64_t row = index[index.size() - 2], column = index.back();
                   const bool keep = upper ? column - row >= *k : column - row <= *k;
                   return keep ? known->at(broadcast_position(known->extents, strides, index))
                               : Number::exact(0);
                 }));
  return std::nullopt;
}

constexpr OpRow view(Op op, InferRule infer) {
  return {op,
          Category::reshape,
          infer,
          CostRule::free(),
          "the same elements under another shape, no arithmetic",
          Traffic::view,
          Alias::view,
          true};
}
constexpr OpRow move(Op op, Category category, InferRule infer, std::string_view counts) {
  return {op, category, infer, CostRule::free(), counts, Traffic::whole, Alias::none, true};
}

constexpr OpRow kRows[] = {
    view(Op::Reshape, infer_reshape),
    view(Op::Flatten, infer_flatten),
    view(Op::Squeeze, infer_squeeze),
    view(Op::Unsqueeze, infer_unsqueeze),
    move(Op::Expand, Category::reshape, infer_expand, "elements are repeated, no arithmetic"),
    move(Op::Tile, Category::reshape, infer_tile, "elements are repeated, no arithmetic"),
    move(Op::SpaceToDepth, Category::reshape, infer_space_to_depth, "elements change places, no arithmetic"),
    move(Op::DepthToSpace, Category::reshape, infer_depth_to_space, "elements change places, no arithmetic"),
    move(Op::Transpose, Category::transpose, infer_transpose, "elements change places, no arithmetic"),
    move(Op::ReverseSequence, Category::transpose, infer_same_shape, "elements change places, no arithmetic"),
    move(Op::Concat, Category::concat, infer_concat, "operands are copied side by side, no arithmetic"),
    move(Op::Split, Category::split, infer_split, "parts are copied, no arithmetic"),
    move(Op::Pad, Category::pad, infer_pad, "elements are copied or filled in, no arithmetic"),
    move(Op::CenterCropPad, Category::pad, infer_center_crop_pad,
         "elements are copied or filled in, no arithmetic"),
    move(Op::Trilu, Category::slice, infer_trilu, "one triangle is kept, no arithmetic"),
};

}  // namespace

std::span<const OpRow> movement_rows() {
  return kRows;
}

}  // namespace haoline
