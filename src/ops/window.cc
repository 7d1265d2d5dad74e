#include "ops/window.h"

#include <array>

#include "ops/refuse.h"

namespace haoline {
namespace {

// An attribute with one entry per spatial axis, or `per_axis` of them.
OpError check_length(const OpCall& call, std::string_view attribute, std::size_t expected,
                     std::size_t spatial_rank) {
  const std::size_t given = call.integer_list(attribute).size();
  if (given == 0 || given == expected) return std::nullopt;
  return refuse(call.pool(),
                {attribute, " has ", given, " entries, the input has ", spatial_rank, " spatial axes"});
}

OpError check_positive(const OpCall& call, std::string_view attribute) {
  for (const std::int64_t entry : call.integer_list(attribute)) {
    if (entry <= 0)
      return refuse(call.pool(), {attribute, " has the entry ", entry, ", it has to be above 0"});
  }
  return std::nullopt;
}

Dim entry(const OpCall& call, std::string_view attribute, std::size_t i, Dim otherwise) {
  const std::span<const std::int64_t> list = call.integer_list(attribute);
  return i < list.size() ? call.pool().number(list[i]) : otherwise;
}

AutoPad read_auto_pad(const OpCall& call) {
  const std::string_view text = call.text("auto_pad", "NOTSET");
  if (text == "VALID") return AutoPad::valid;
  return text == "SAME_UPPER" || text == "SAME_LOWER" ? AutoPad::same : AutoPad::notset;
}

}  // namespace

ImageLayout image_layout(const OpCall& call, std::size_t rank, bool channels_last) {
  const std::string_view text = call.text("data_layout");
  const std::size_t spatial_rank = rank < 2 ? 0 : rank - 2;
  if (channels_last || (!text.empty() && text.back() == 'C')) return {rank - 1, 1, spatial_rank};
  return {1, 2, spatial_rank};
}

OpError read_filter(const OpCall& call, const Shape& weight, std::string_view channels, Filter& filter) {
  const std::string_view layout = call.text("filter_layout");
  if (!layout.empty() && layout.size() != weight.rank()) {
    return refuse(call.pool(),
                  {"filter_layout names ", layout.size(), " axes, the weight has rank ", weight.rank()});
  }
  for (std::size_t axis = 0; axis < weight.rank(); ++axis) {
    const char letter = !layout.empty() ? layout[axis] : axis < channels.size() ? channels[axis] : 'X';
    switch (letter) {
      case 'O':
        filter.out = weight[axis];
        break;
      case 'I':
        filter.in = weight[axis];
        break;
      case 'G':
        filter.groups = weight[axis], filter.has_groups = true;
        break;
      default:
        filter.kernel.push_back(weight[axis]);
    }
  }
  return std::nullopt;
}

OpError read_windows(const OpCall& call, std::size_t spatial_rank, Windows& windows) {
  for (const std::string_view attribute : {"kernel_shape", "strides", "dilations", "output_padding"}) {
    if (OpError error = check_length(call, attribute, spatial_rank, spatial_rank)) return error;
    if (attribute == "output_padding") continue;
    if (OpError error = check_positive(call, attribute)) return error;
  }
  if (OpError error = check_length(call, "pads", 2 * spatial_rank, spatial_rank)) return error;

  windows.auto_pad = read_auto_pad(call);
  windows.ceil_mode = call.integer("ceil_mode", 0) != 0;
  windows.keeps_last = call.integer("ceil_mode", 0) == 2;
  for (std::size_t i = 0; i < spatial_rank; ++i) {
    Window window;
    window.kernel = entry(call, "kernel_shape", i, Dim::unknown());
    window.stride = entry(call, "strides", i, 1);
    window.dilation = entry(call, "dilations", i, 1);
    window.output_padding = entry(call, "output_padding", i, 0);
    if (windows.auto_pad == AutoPad::notset) {
      window.pad_begin = entry(call, "pads", i, 0);
      window.pad_end = entry(call, "pads", i + spatial_rank, 0);
    }
    windows.axes.push_back(window);
  }
  return std::nullopt;
}

Expr window_span(const Window& window, DimPool& pool) {
  return (Expr(window.kernel, pool) - 1) * window.dilation + 1;
}

Expr window_count(const Windows& windows, std::size_t axis, Expr in) {
  DimPool& pool = in.pool();
  const Window& window = windows.axes[axis];
  if (windows.auto_pad == AutoPad::same) return in.ceil_div(window.stride);
  const Expr span = window_span(window, pool);
  const Expr room = in + window.pad_begin + window.pad_end - span;
  if (!windows.ceil_mode) return room.floor_div(window.stride) + 1;
  // The last start has to lie before the end of the data; only a window that starts a whole stride behind its
  // predecessor's reach can fail that.
  const Expr rounded_up = room.ceil_div(window.stride);
  if (windows.keeps_last) return rounded_up + 1;
  if (pool.less(Expr(window.stride, pool) + window.pad_end - 1, span).value_or(false)) return rounded_up + 1;
  return rounded_up.min((in + window.pad_begin - 1).floor_div(window.stride)) + 1;
}

Expr window_extent(const Windows& windows, std::size_t axis, Expr in) {
  const Window& window = windows.axes[axis];
  if (windows.auto_pad == AutoPad::same) return in * window.stride;
  return (in - 1) * window.stride + window.output_padding + window_span(window, in.pool()) -
         window.pad_begin - window.pad_end;
}

Dim kernel_elements(const Windows& windows, DimPool& pool) {
  Dim product = 1;
  for (const Window& window : windows.axes) product = pool.multiply(product, window.kernel);
  return product;
}

void note_windows(const OpCall& call, const Windows& windows, std::span<const Dim> in,
                  std::span<const Dim> out) {
  struct Names {
    std::string_view in, out, kernel, stride, dilation, pad_begin, pad_end;
  };
  static constexpr std::array<Names, 3> kNames = {{
      {"in_d", "out_d", "kernel_d", "stride_d", "dilation_d", "pad_front", "pad_back"},
      {"in_h", "out_h", "kernel_h", "stride_h", "dilation_h", "pad_top", "pad_bottom"},
      {"in_w", "out_w", "kernel_w", "stride_w", "dilation_w", "pad_left", "pad_right"},
  }};
  const std::size_t rank = windows.axes.size();
  if (rank > kNames.size() || in.size() != rank || out.size() != rank) return;
  for (std::size_t i = 0; i < rank; ++i) {
    const Names& names = kNames[kNames.size() - rank + i];
    const Window& window = windows.axes[i];
    call.note(names.out, out[i]);
    call.note(names.in, in[i]);
    call.note(names.kernel, window.kernel);
    call.note(names.stride, window.stride);
    call.note(names.dilation, window.dilation);
    call.note(names.pad_begin, window.pad_begin);
    call.note(names.pad_end, window.pad_end);
  }
}

}  // namespace haoline
