// Arithmetic that convolutions and pools share: where channels and spatial axes lie, and how many windows
// of a kernel fit along an axis.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/small_vector.h"
#include "ops/op_row.h"

namespace haoline {

// Axes of an image tensor: a batch, channels, and consecutive spatial axes. The attribute `data_layout`
// ("NHWC", any text that ends in C) puts the channels last; ONNX itself has them second.
struct ImageLayout {
  std::size_t channel = 1;
  std::size_t spatial = 2;  // the first one
  std::size_t spatial_rank = 0;
};
ImageLayout image_layout(const OpCall& call, std::size_t rank, bool channels_last = false);

// Extents of a weight by meaning. The attribute `filter_layout` spells its axes: O and I are output and
// input channels (of one group), G is a group axis, every other letter is spatial. "HWGO" is the depthwise
// filter of TensorFlow. Without it the layout is `channels` ("OI", "IO") and then spatial axes.
struct Filter {
  Dim groups = 1;  // extent of the G axis
  Dim out = 1;
  Dim in = 1;
  bool has_groups = false;
  SmallVector<Dim, 3> kernel;
};
OpError read_filter(const OpCall& call, const Shape& weight, std::string_view channels, Filter& filter);

enum class AutoPad : std::uint8_t { notset, same, valid };

// How a kernel walks along one axis.
struct Window {
  Dim kernel = 1;
  Dim stride = 1;
  Dim dilation = 1;
  Dim pad_begin = 0;
  Dim pad_end = 0;
  Dim output_padding = 0;  // transposed convolution only
};
struct Windows {
  SmallVector<Window, 3> axes;
  AutoPad auto_pad = AutoPad::notset;
  bool ceil_mode = false;
  bool keeps_last = false;  // ceil_mode 2: a window that starts behind the data stays, too
};

// Reads strides, dilations, pads, output_padding, auto_pad, ceil_mode and, if present, kernel_shape.
OpError read_windows(const OpCall& call, std::size_t spatial_rank, Windows& windows);

// dilation · (kernel - 1) + 1: what the kernel spans.
Expr window_span(const Window& window, DimPool& pool);

// Windows along an axis of extent `in`:
//   not padded automatically   floor((in + pads - span) / stride) + 1
//   VALID                      the same without pads
//   SAME                       ceil(in / stride)
// With ceil_mode the division rounds up, but a window that would start in the padding behind the data is
// dropped.
Expr window_count(const Windows& windows, std::size_t axis, Expr in);

// Extent from which such windows come (transposed convolution).
Expr window_extent(const Windows& windows, std::size_t axis, Expr in);

Dim kernel_elements(const Windows& windows, DimPool& pool);

// Names for `explain`: "in_h", "out_h", "kernel_h", "stride_h", … by spatial rank; nothing above three.
void note_windows(const OpCall& call, const Windows& windows, std::span<const Dim> in,
                  std::span<const Dim> out);

}  // namespace haoline
