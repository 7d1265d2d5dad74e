// Fourier transforms and mel filters.
//
// A transform of n points counts as a radix-2 fast one: n/2 · ⌈log2 n⌉ butterflies, each a complex product
// (four products, two sums) and two complex sums: 4 products and 6 sums. n has to be a number for that.
#include "ops/signal.h"

#include <bit>

#include "ops/onnx_dtype.h"
#include "ops/op_table.h"
#include "ops/shape_helpers.h"

namespace haoline {

void add_transform(Cost& cost, const OpCall& call, Dim points, Dim count) {
  const auto n = points.number();
  const bool usable = n && *n > 0;
  const Dim stages = usable
                         ? Dim(static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(*n - 1))))
                         : Dim::unknown();
  call.note("points", points);
  call.note("stages", stages);
  call.note("transforms", count);
  DimPool& pool = call.pool();
  const Dim twice = pool.multiply(pool.multiply(points, stages), count);  // butterflies, doubled
  cost.add(Arith::multiply, pool.multiply(twice, 2), pool);
  cost.add(Arith::add, pool.multiply(twice, 3), pool);
}

namespace {

// The axis of a DFT: an attribute before version 20, an operand since. Nothing where it is not known.
std::optional<std::int64_t> dft_axis(const OpCall& call) {
  if (call.version() != 0 && call.version() < 20) return call.integer("axis", 1);
  if (!call.has(2)) return -2;
  return call.scalar_constant(2);
}

// Points of the transform: operand 1, else the extent.
Dim dft_length(const OpCall& call, std::size_t axis) {
  if (!call.has(1)) return call.shape(0)[axis];
  const Value* length = call.value(1);
  return length && length->size() == 1 ? (*length)[0].integer() : Dim::unknown();
}

OpError infer_dft(OpCall& call) {
  const std::size_t rank = call.rank(0);
  if (rank < 2) return refuse(call.pool(), {"operand has rank ", rank, ", at least 2 is needed"});
  if (certainly_below(call.pool(), call.dim(0, -1), 1) || certainly_differ(call.pool(), call.dim(0, -1), 2)) {
    if (certainly_differ(call.pool(), call.dim(0, -1), 1)) {
      return refuse(call.pool(),
                    {"the last extent is ", call.dim(0, -1), ", 1 (real) or 2 (complex) is needed"});
    }
  }
  const std::optional<std::int64_t> wanted = dft_axis(call);
  if (!wanted) {
    call.set_shape(0, Shape::of_unknown(rank));
    return std::nullopt;
  }
  const std::optional<std::size_t> axis = normalize_axis(*wanted, rank);
  if (!axis || *axis + 1 == rank) return axis_out_of_range(*wanted, rank - 1);
  const bool onesided = call.integer("onesided") != 0, inverse = call.integer("inverse") != 0;
  Shape shape = call.shape(0);
  DimPool& pool = call.pool();
  Dim points = dft_length(call, *axis);
  const bool mirrors = inverse && onesided;  // half a spectrum in, a real signal out
  if (mirrors && !call.has(1)) points = pool.multiply(pool.subtract(points, 1), 2);
  shape[*axis] = onesided && !inverse ? pool.add(pool.floor_div(points, 2), 1) : points;
  shape[rank - 1] = mirrors ? 1 : 2;
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

Cost dft_cost(const OpCall& call) {
  const std::optional<std::int64_t> wanted = dft_axis(call);
  const auto axis = wanted ? normalize_axis(*wanted, call.rank(0)) : std::nullopt;
  if (!axis) return Cost::unknown();
  Cost cost;
  Dim count = 1;
  for (std::size_t i = 0; i + 1 < call.rank(0); ++i) {
    if (i != *axis) count = call.pool().multiply(count, call.shape(0)[i]);
  }
  Dim points = dft_length(call, *axis);
  if (call.integer("onesided") != 0 && call.integer("inverse") != 0) points = call.output_shape(0)[*axis];
  add_transform(cost, call, points, count);
  if (call.integer("inverse") != 0) cost.add(Arith::divide, call.output_elements(0), call.pool());
  return cost;
}

// Samples of one frame: operand 3, else the window's extent.
Dim stft_frame(const OpCall& call) {
  if (const Value* given = call.value(3); given && given->size() == 1) return (*given)[0].integer();
  if (!call.has(3) && call.has(2) && call.rank(2) == 1) return call.shape(2)[0];
  return Dim::unknown();
}

OpError infer_stft(OpCall& call) {
  DimPool& pool = call.pool();
  if (call.rank(0) != 3 && call.rank(0) != 2) {
    return refuse(pool, {"the signal has rank ", call.rank(0), ", [batch, samples, 1 or 2] is needed"});
  }
  const Dim frame = stft_frame(call);
  if (call.has(2) && call.has(3) && call.rank(2) == 1) call.require_equal(frame, call.shape(2)[0]);
  const Value* given = call.value(1);
  const Dim step = given && given->size() == 1 ? (*given)[0].integer() : Dim::unknown();
  const Dim frames = pool.add(pool.floor_div(pool.subtract(call.shape(0)[1], frame), step), 1);
  const bool onesided = call.integer("onesided", 1) != 0;
  const Dim bins = onesided ? pool.add(pool.floor_div(frame, 2), 1) : frame;
  call.set_shape(0, {call.shape(0)[0], frames, bins, 2});
  return std::nullopt;
}

Cost stft_cost(const OpCall& call) {
  if (!call.output_shape(0).has_rank() || call.output_shape(0).rank() != 4) return Cost::unknown();
  Cost cost;
  DimPool& pool = call.pool();
  const Dim frames = pool.multiply(call.output_shape(0)[0], call.output_shape(0)[1]);
  const Dim frame = stft_frame(call);
  add_transform(cost, call, frame, frames);
  if (call.has(2)) {
    const Dim parts = call.rank(0) == 3 ? call.shape(0)[2] : Dim(1);
    cost.add(Arith::multiply, pool.multiply(pool.multiply(frames, frame), parts), pool);
  }
  return cost;
}

OpError infer_mel(OpCall& call) {
  const auto scalar = [&](std::size_t i) {
    const Value* value = call.value(i);
    return value && value->size() == 1 ? (*value)[0].integer() : Dim::unknown();
  };
  DimPool& pool = call.pool();
  call.set_dtype(0, dtype_of_onnx(call.integer("output_datatype", 1)));
  call.set_shape(0, {pool.add(pool.floor_div(scalar(1), 2), 1), scalar(0)});
  return std::nullopt;
}

// The filters' edges on the mel scale, and two divisions and differences at most where a triangle is.
Cost mel_cost(const OpCall& call) {
  Cost cost;
  if (!call.output_shape(0).has_rank() || call.output_shape(0).rank() != 2) return Cost::unknown();
  const Dim edges = call.pool().add(call.output_shape(0)[1], 2);
  cost.add({.add = 2, .multiply = 2, .divide = 2, .transcendental = 1}, edges, call.pool());
  cost.add({.add = 1, .divide = 1}, call.output_elements(0), call.pool());
  return cost;
}

constexpr OpRow kRows[] = {
    {Op::DFT, Category::linear, infer_dft, CostRule::formula(dft_cost),
     "transforms · points · ⌈log2 points⌉ / 2 butterflies of 4 products and 6 sums (radix 2), no MACs; "
     "unknown for "
     "points that are no number"},
    {Op::STFT, Category::linear, infer_stft, CostRule::formula(stft_cost),
     "frames · points · ⌈log2 points⌉ / 2 butterflies of 4 products and 6 sums (radix 2), one product per "
     "sample "
     "of a window; no MACs"},
    {Op::MelWeightMatrix, Category::constant, infer_mel, CostRule::formula(mel_cost),
     "seven operations per filter edge, a difference and a division per element"},
};

}  // namespace

std::span<const OpRow> signal_rows() {
  return kRows;
}

}  // namespace haoline
