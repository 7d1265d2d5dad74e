#include "ops/convolution.h"
#include "ops/refuse.h"
#include "ops/window.h"

namespace haoline {
namespace {

// What both rules need of a convolution: the weight's extents, the group count, the windows with their
// kernel.
struct Parts {
  ImageLayout layout;
  Filter filter;
  Dim group = 1;
  Windows windows;
};

// The weight holds the kernel; kernel_shape only repeats it.
OpError settle_kernel(const OpCall& call, Parts& parts) {
  for (std::size_t i = 0; i < parts.layout.spatial_rank; ++i) {
    Dim& kernel = parts.windows.axes[i].kernel;
    const Dim weight = parts.filter.kernel[i];
    if (certainly_differ(call.pool(), kernel, weight)) {
      return refuse(call.pool(), {"kernel_shape says ", kernel, ", the weight has a kernel of ", weight});
    }
    kernel = better_known(weight, kernel);
  }
  return std::nullopt;
}

// Formats that spell the filter's layout do not always say how many groups there are: as many as filters of
// that depth fit side by side.
Dim group_count(const OpCall& call, const Parts& parts, const Shape& data) {
  if (parts.filter.has_groups && !call.has_attribute("group")) return parts.filter.groups;
  if (call.has_attribute("group") || call.text("filter_layout").empty())
    return call.pool().number(call.integer("group", 1));
  const std::optional<std::int64_t> channels = data[parts.layout.channel].number();
  const std::optional<std::int64_t> depth = parts.filter.in.number();
  const bool divides = channels && depth && *depth > 0 && *channels % *depth == 0;
  return divides ? Dim(*channels / *depth) : Dim(1);
}

OpError read_parts(const OpCall& call, const ConvOperands& operands, std::string_view channels,
                   Parts& parts) {
  const Shape& data = call.shape(operands.data);
  const Shape& weight = call.shape(operands.weight);
  if (data.rank() < 3) {
    return refuse(call.pool(), {"the input has rank ", data.rank(), ", a convolution needs at least 3"});
  }
  parts.layout = image_layout(call, data.rank(), operands.channels_last);
  if (OpError error = read_filter(call, weight, channels, parts.filter)) return error;
  if (parts.filter.kernel.size() != parts.layout.spatial_rank) {
    return refuse(call.pool(), {"the weight has rank ", weight.rank(), ", the input rank ", data.rank()});
  }
  if (const std::int64_t group = call.integer("group", 1); group <= 0) {
    return refuse(call.pool(), {"group is ", group, ", it has to be above 0"});
  }
  parts.group = group_count(call, parts, data);
  if (OpError error = read_windows(call, parts.layout.spatial_rank, parts.windows)) return error;
  return settle_kernel(call, parts);
}

std::span<const Dim> spatial(const Shape& shape, const ImageLayout& layout) {
  return shape.dims().subspan(layout.spatial, layout.spatial_rank);
}

Shape image_shape(const Shape& like, const ImageLayout& layout, Dim channels) {
  Shape shape = Shape::of_unknown(like.rank());
  shape[0] = like[0];
  shape[layout.channel] = channels;
  return shape;
}

OpError check_bias(OpCall& call, std::size_t bias, Dim& channels) {
  if (!call.has(bias)) return std::nullopt;
  if (call.rank(bias) != 1)
    return refuse(call.pool(), {"the bias has rank ", call.rank(bias), ", it has to be 1"});
  const Dim extent = call.shape(bias)[0];
  if (certainly_differ(call.pool(), extent, channels)) {
    return refuse(call.pool(), {"the bias has ", extent, " elements for ", channels, " output channels"});
  }
  channels = call.require_equal(channels, extent);
  return std::nullopt;
}

Cost bias_cost(const OpCall& call, const ConvOperands& operands) {
  Cost cost;
  if (call.has(operands.bias)) cost.add(Arith::add, call.output_elements(0), call.pool());
  return cost;
}

Expr product(std::span<const Dim> dims, DimPool& pool) {
  Expr result(1, pool);
  for (const Dim dim : dims) result *= dim;
  return result;
}

}  // namespace

OpError infer_convolution(OpCall& call, const ConvOperands& operands) {
  DimPool& pool = call.pool();
  Parts parts;
  if (OpError error = read_parts(call, operands, "OI", parts)) return error;
  const Shape& data = call.shape(operands.data);
  const ImageLayout& layout = parts.layout;

  const Dim in_channels = data[layout.channel];
  const Dim expected = pool.multiply(parts.filter.in, parts.group);
  if (certainly_differ(pool, in_channels, expected)) {
    return refuse(pool, {"input has ", in_channels, " channels, the weight expects ", parts.filter.in, " × ",
                         parts.group, " groups"});
  }
  call.require_equal(in_channels, expected);

  Dim out_channels = pool.multiply(parts.filter.out, parts.filter.groups);
  const Dim remainder = pool.mod(out_channels, parts.group);
  if (certainly_differ(pool, remainder, 0)) {
    return refuse(pool, {out_channels, " output channels cannot be split into ", parts.group, " groups"});
  }
  if (OpError error = check_bias(call, operands.bias, out_channels)) return error;

  Shape out = image_shape(data, layout, out_channels);
  for (std::size_t i = 0; i < layout.spatial_rank; ++i) {
    const Expr in(data[layout.spatial + i], pool);
    const Expr count = window_count(parts.windows, i, in);
    if (certainly_below(pool, count, 1) && !certainly_below(pool, in, 1)) {
      const Window& window = parts.windows.axes[i];
      return refuse(
          pool, {"a kernel that spans ", window_span(window, pool), " does not fit into an extent of ", in,
                 " padded to ", in + window.pad_begin + window.pad_end});
    }
    out[layout.spatial + i] = count;
  }
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

Cost convolution_cost(const OpCall& call, const ConvOperands& operands) {
  DimPool& pool = call.pool();
  Parts parts;
  const Shape& out = call.output_shape(0);
  const Shape& data = call.shape(operands.data);
  if (out.rank() != data.rank() || read_parts(call, operands, "OI", parts)) return Cost::unknown();
  const Dim in_per_group =
      better_known(parts.filter.in, pool.floor_div(data[parts.layout.channel], parts.group));

  Cost cost = bias_cost(call, operands);
  cost.macs = call.output_elements(0) * in_per_group * kernel_elements(parts.windows, pool);
  call.note("batch", out[0]);
  call.note("out_channels", out[parts.layout.channel]);
  note_windows(call, parts.windows, spatial(data, parts.layout), spatial(out, parts.layout));
  call.note("in_channels",
            better_known(data[parts.layout.channel], pool.multiply(in_per_group, parts.group)));
  call.note("group", parts.group);
  return cost;
}

OpError infer_transposed_convolution(OpCall& call, const ConvOperands& operands) {
  DimPool& pool = call.pool();
  Parts parts;
  if (OpError error = read_parts(call, operands, "IO", parts)) return error;
  const Shape& data = call.shape(operands.data);
  const ImageLayout& layout = parts.layout;

  const Dim in_channels = data[layout.channel];
  const Dim expected = pool.multiply(parts.filter.in, parts.filter.groups);
  if (certainly_differ(pool, in_channels, expected)) {
    return refuse(pool, {"input has ", in_channels, " channels, the weight expects ", expected});
  }
  call.require_equal(in_channels, expected);
  Dim out_channels = pool.multiply(parts.filter.out, parts.group);
  if (OpError error = check_bias(call, operands.bias, out_channels)) return error;

  // output_shape lists the spatial extents; old files give batch and channels, too.
  std::span<const std::int64_t> wanted = call.integer_list("output_shape");
  if (wanted.size() == layout.spatial_rank + 2) wanted = wanted.subspan(2);
  if (!wanted.empty() && wanted.size() != layout.spatial_rank) {
    return refuse(pool, {"output_shape has ", wanted.size(), " entries, the input has ", layout.spatial_rank,
                         " spatial axes"});
  }
  Shape out = image_shape(data, layout, out_channels);
  for (std::size_t i = 0; i < layout.spatial_rank; ++i) {
    const Expr in(data[layout.spatial + i], pool);
    const Dim extent = wanted.empty() ? window_extent(parts.windows, i, in).dim() : pool.number(wanted[i]);
    if (certainly_below(pool, extent, 0)) return refuse(pool, {"pads leave an output extent of ", extent});
    out[layout.spatial + i] = extent;
  }
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

Cost transposed_convolution_cost(const OpCall& call, const ConvOperands& operands) {
  DimPool& pool = call.pool();
  Parts parts;
  const Shape& out = call.output_shape(0);
  const Shape& data = call.shape(operands.data);
  if (out.rank() != data.rank() || read_parts(call, operands, "IO", parts)) return Cost::unknown();
  const Dim in_channels =
      better_known(pool.multiply(parts.filter.in, parts.filter.groups), data[parts.layout.channel]);

  Cost cost = bias_cost(call, operands);
  cost.macs = Expr(data[0], pool) * product(spatial(data, parts.layout), pool) * in_channels *
              kernel_elements(parts.windows, pool) * parts.filter.out;
  call.note("batch", data[0]);
  note_windows(call, parts.windows, spatial(data, parts.layout), spatial(out, parts.layout));
  call.note("in_channels", in_channels);
  call.note("out_channels", out[parts.layout.channel]);
  call.note("group", parts.group);
  return cost;
}

}  // namespace haoline
