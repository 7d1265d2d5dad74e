#include "ops/resize.h"

#include <algorithm>
#include <cmath>

#include "ops/refuse.h"

namespace haoline {
namespace {

constexpr double kLargestExtent = 1e15;  // far below the limits of the conversions

std::optional<double> plain_number(Dim dim) {
  const std::optional<std::int64_t> number = dim.number();
  return number ? std::optional(static_cast<double>(*number)) : std::nullopt;
}

// The simplest fraction that rounds to the same float32: 0.7 as stored means 7/10.
std::optional<Number> simple_fraction(double scale) {
  constexpr std::int64_t kLargestDenominator = 1000;
  for (std::int64_t denominator = 1; denominator <= kLargestDenominator; ++denominator) {
    const double numerator = std::round(scale * static_cast<double>(denominator));
    if (std::fabs(numerator) > kLargestExtent) return std::nullopt;
    if (static_cast<float>(numerator / static_cast<double>(denominator)) == static_cast<float>(scale)) {
      return Number::exact(Dim(static_cast<std::int64_t>(numerator)), denominator);
    }
  }
  return std::nullopt;
}

Dim floor_in_float(double extent, double scale) {
  const float product = static_cast<float>(extent) * static_cast<float>(scale);
  return std::fabs(product) < kLargestExtent ? Dim(static_cast<std::int64_t>(std::floor(product)))
                                             : Dim::unknown();
}

// Which axes the operand's entries stand for: all of them, or those that `axes` lists.
OpError read_axes(const OpCall& call, std::size_t rank, SmallVector<std::size_t, 6>& axes) {
  const std::span<const std::int64_t> given = call.integer_list("axes");
  if (given.empty()) {
    for (std::size_t i = 0; i < rank; ++i) axes.push_back(i);
    return std::nullopt;
  }
  if (given.size() > rank)
    return refuse(call.pool(), {"axes has ", given.size(), " entries for rank ", rank});
  for (const std::int64_t axis : given) {
    const std::optional<std::size_t> at = normalize_axis(axis, rank);
    if (!at) return refuse(call.pool(), {"axis ", axis, " is out of range for rank ", rank});
    axes.push_back(*at);
  }
  return std::nullopt;
}

// An optional operand without elements counts as absent.
bool is_given(const OpCall& call, std::size_t operand) {
  return call.has(operand) &&
         !(call.has_rank(operand) && call.rank(operand) == 1 && call.dim(operand, 0).is(0));
}

OpError check_entries(const OpCall& call, std::size_t operand, std::string_view name, std::size_t axes) {
  const Dim entries = call.rank(operand) == 1 ? call.dim(operand, 0).dim() : Dim::unknown();
  if (!certainly_differ(call.pool(), entries, Dim(static_cast<std::int64_t>(axes)))) return std::nullopt;
  return refuse(call.pool(), {name, " has ", entries, " entries for ", axes, " axes"});
}

OpError apply_scales(const OpCall& call, std::size_t operand, std::span<const std::size_t> axes, Shape& out) {
  if (OpError error = check_entries(call, operand, "scales", axes.size())) return error;
  const Value* scales = call.value(operand);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const Number scale = scales && i < scales->size() ? (*scales)[i] : Number::unknown();
    if (scale.constant() && *scale.constant() <= 0) return Message("a scale is not above 0");
    out[axes[i]] = scaled_extent(out[axes[i]], scale, call.pool());
  }
  return std::nullopt;
}

// round(extent · to / from), halves up.
Expr rescaled(Expr extent, Dim to, Dim from) {
  DimPool& pool = extent.pool();
  return (extent * to * 2 + from).floor_div(pool.multiply(from, 2));
}

// The one scale by which every listed axis is multiplied, in float32; nothing when an extent is no number.
std::optional<float> common_scale(std::span<const std::size_t> axes, const std::vector<Dim>& wanted,
                                  bool not_larger, const Shape& in) {
  std::optional<float> scale;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::optional<double> to = plain_number(wanted[i]);
    const std::optional<double> from = plain_number(in[axes[i]]);
    if (!to || !from || *from == 0) return std::nullopt;
    const float ratio = static_cast<float>(*to) / static_cast<float>(*from);
    scale = !scale ? ratio : not_larger ? std::min(*scale, ratio) : std::max(*scale, ratio);
  }
  return scale;
}

// No extent larger (smaller) than asked for, the same scale for all listed axes. As expressions: rounding is
// monotone, so the smallest scale gives the smallest of the extents that each axis' own scale would give.
void keep_aspect_ratio(std::span<const std::size_t> axes, const std::vector<Dim>& wanted, bool not_larger,
                       DimPool& pool, Shape& out) {
  const Shape in = out;
  const std::optional<float> scale = common_scale(axes, wanted, not_larger, in);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    Dim& extent = out[axes[i]];
    if (scale) {
      extent = floor_in_float(*plain_number(extent) * static_cast<double>(*scale) + 0.5, 1);
      continue;
    }
    extent = wanted[i];
    for (std::size_t j = 0; j < axes.size(); ++j) {
      if (i == j) continue;
      const Dim other = rescaled({in[axes[i]], pool}, wanted[j], in[axes[j]]);
      extent = not_larger ? pool.min(extent, other) : pool.max(extent, other);
    }
  }
}

OpError apply_sizes(const OpCall& call, std::size_t operand, std::span<const std::size_t> axes, Shape& out) {
  if (OpError error = check_entries(call, operand, "sizes", axes.size())) return error;
  const Value* sizes = call.value(operand);
  std::vector<Dim> wanted(axes.size(), Dim::unknown());
  for (std::size_t i = 0; sizes && i < std::min(axes.size(), sizes->size()); ++i)
    wanted[i] = (*sizes)[i].integer();
  for (const Dim size : wanted) {
    if (certainly_below(call.pool(), size, 0)) return refuse(call.pool(), {"sizes has the entry ", size});
  }
  const std::string_view policy = call.text("keep_aspect_ratio_policy", "stretch");
  if (policy == "not_larger" || policy == "not_smaller") {
    keep_aspect_ratio(axes, wanted, policy == "not_larger", call.pool(), out);
    return std::nullopt;
  }
  for (std::size_t i = 0; i < axes.size(); ++i) out[axes[i]] = wanted[i];
  return std::nullopt;
}

void note_extents(const OpCall& call, const Shape& in, const Shape& out) {
  for (const Dim extent : in) call.note("in_extent", extent);
  for (const Dim extent : out) call.note("out_extent", extent);
}

}  // namespace

Dim scaled_extent(Dim extent, const Number& scale, DimPool& pool) {
  if (!scale.is_known()) return Dim::unknown();
  const std::optional<double> factor = scale.constant();
  const std::optional<double> number = plain_number(extent);
  if (factor && number) return floor_in_float(*number, *factor);
  const std::optional<Number> fraction = scale.kind == Number::Kind::exact && !factor
                                             ? std::optional(scale)
                                             : simple_fraction(factor.value_or(0));
  if (!fraction) return Dim::unknown();
  return pool.floor_div(pool.multiply(extent, fraction->numerator), Dim(fraction->denominator));
}

OpError infer_resize(OpCall& call) {
  Shape out = call.shape(0);
  SmallVector<std::size_t, 6> axes;
  if (OpError error = read_axes(call, out.rank(), axes)) return error;
  const std::span<const std::size_t> listed(axes.data(), axes.size());
  // The region of interest moves what is sampled; runtimes and the reference shape rule size the result
  // without it.
  const std::size_t scales = call.version() >= 11 ? 2 : 1;
  constexpr std::size_t kSizes = 3;
  if (is_given(call, kSizes)) {
    if (OpError error = apply_sizes(call, kSizes, listed, out)) return error;
  } else if (is_given(call, scales)) {
    if (OpError error = apply_scales(call, scales, listed, out)) return error;
  } else {
    return Message("neither scales nor sizes are given");
  }
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

OpError infer_upsample(OpCall& call) {
  DimPool& pool = call.pool();
  Shape out = call.shape(0);
  SmallVector<std::size_t, 6> axes;
  if (OpError error = read_axes(call, out.rank(), axes)) return error;
  const std::size_t rank = out.rank();
  if (call.version() >= 9) {
    if (!call.has(1)) return Message("scales are missing");
    if (OpError error = apply_scales(call, 1, {axes.data(), axes.size()}, out)) return error;
  } else if (call.version() >= 7) {
    const std::span<const float> scales = call.real_list("scales");
    if (scales.size() != rank)
      return refuse(pool, {"scales has ", scales.size(), " entries for ", rank, " axes"});
    for (std::size_t i = 0; i < rank; ++i) {
      out[i] = scaled_extent(out[i], Number::of(static_cast<double>(scales[i])), pool);
    }
  } else {
    if (rank != 4) return refuse(pool, {"the input has rank ", rank, ", it has to be 4"});
    out[2] = scaled_extent(out[2], Number::of(call.real("height_scale", 1)), pool);
    out[3] = scaled_extent(out[3], Number::of(call.real("width_scale", 1)), pool);
  }
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

Interpolation interpolation(std::string_view mode, std::size_t axes) {
  const std::size_t n = std::min<std::size_t>(axes, 16);
  if (mode == "linear" || mode == "bilinear") {
    const std::int64_t steps = (std::int64_t{1} << n) - 1;
    return {2 * steps, steps};
  }
  if (mode == "cubic" || mode == "bicubic") {
    const std::int64_t steps = ((std::int64_t{1} << (2 * n)) - 1) / 3;
    return {4 * steps, 3 * steps};
  }
  return {};
}

Cost resize_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  const Shape& in = call.shape(0);
  const Shape& out = call.output_shape(0);
  if (!out.has_rank() || out.rank() != in.rank()) return Cost::unknown();
  std::size_t resized = 0;
  for (std::size_t i = 0; i < in.rank(); ++i) resized += in[i] != out[i] || in[i].is_unknown() ? 1 : 0;
  const std::string_view mode = call.text("mode", "nearest");
  const Interpolation per_element = interpolation(mode, resized);
  Cost cost;
  if (per_element.additions == 0) return cost;
  // The filter stretches by the factor by which an axis shrinks.
  const Expr elements =
      call.integer("antialias", 0) != 0 ? Expr(Dim::unknown(), pool) : call.output_elements(0);
  cost.add(Arith::multiply, elements * per_element.multiplications, pool);
  cost.add(Arith::add, elements * per_element.additions, pool);
  note_extents(call, in, out);
  return cost;
}

}  // namespace haoline
