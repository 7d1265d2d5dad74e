// Convolutions, pools and other operators on images. TFLite's images are NHWC, and shapes are kept as stored.
#include "formats/tflite/translate.h"

namespace haoline::tflite {
namespace {

// Input channels by the weight's input channels per group.
void add_group(Draft& draft, Dim channels, Dim per_group) {
  const std::optional<std::int64_t> all = channels.number(), part = per_group.number();
  if (all && part && *part > 0 && *all > *part && *all % *part == 0) draft.add("group", *all / *part);
}

// The wanted shape is operand 0; weight, data and bias follow. Batch and channels are known from those.
void transposed(Draft& draft, std::size_t spatial_axes) {
  if (const auto wanted = draft.integers(0); wanted && wanted->size() == spatial_axes + 2) {
    draft.add("output_shape", std::span<const std::int64_t>(*wanted).subspan(1, spatial_axes));
  }
  draft.reorder({2, 1, 3});
}

void resize(Draft& draft, std::string_view mode) {
  const bool aligns = take_flag(draft, "align_corners");
  const bool is_half = take_flag(draft, "half_pixel_centers");
  draft.add("mode", mode);
  draft.add("coordinate_transformation_mode", aligns    ? "align_corners"
                                              : is_half ? "half_pixel"
                                                        : "asymmetric");
  draft.add("axes", {1, 2});
  draft.reorder({0, draft.inputs.size(), draft.inputs.size(), 1});
}

}  // namespace

void conv_2d(Draft& draft) {
  draft.add("data_layout", "NHWC");
  draft.add("filter_layout", "OHWI");
  add_group(draft, draft.extent(0, -1), draft.extent(1, -1));
}

// One filter per channel and multiple of it: [1, height, width, channels · multiplier].
void depthwise_conv_2d(Draft& draft) {
  draft.add("data_layout", "NHWC");
  draft.add("filter_layout", "IHWO");
  const std::optional<std::int64_t> channels = draft.extent(0, -1).number();
  if (channels) return draft.add("group", *channels);
  const std::optional<std::int64_t> outputs = draft.extent(1, -1).number();
  const auto multiplier = draft.options.number<std::int32_t>({3, "depth_multiplier"}, 1);
  if (outputs) draft.add("group", multiplier > 0 ? *outputs / multiplier : *outputs);
}

void conv_3d(Draft& draft) {
  draft.add("data_layout", "NDHWC");
  draft.add("filter_layout", "DHWIO");
  add_group(draft, draft.extent(0, -1), draft.extent(1, -2));
}

void transpose_conv(Draft& draft) {
  draft.add("data_layout", "NHWC");
  draft.add("filter_layout", "OHWI");
  transposed(draft, 2);
}

void conv_3d_transpose(Draft& draft) {
  draft.add("data_layout", "NDHWC");
  draft.add("filter_layout", "DHWOI");
  transposed(draft, 3);
}

void pool_2d(Draft& draft) {
  draft.add("data_layout", "NHWC");
}

// The root of the mean of squares; ONNX's sums, so the mean is noted.
void l2_pool_2d(Draft& draft) {
  draft.add("data_layout", "NHWC");
  draft.add("p", 2);
  draft.add("mean", 1);
}

void depth_to_space(Draft& draft) {
  draft.add("data_layout", "NHWC");
}

void resize_bilinear(Draft& draft) {
  resize(draft, "linear");
}
void resize_nearest(Draft& draft) {
  resize(draft, "nearest");
}

// The window reaches `radius` channels to both sides; ONNX divides alpha by the window's size.
void local_response_normalization(Draft& draft) {
  const std::int64_t radius = draft.options.number<std::int32_t>({0, "radius"});
  const std::int64_t size = 2 * radius + 1;
  remove(draft, "radius");
  for (Attribute& attribute : draft.attributes) {
    if (attribute.name == "alpha")
      attribute.value = std::get<double>(attribute.value) * static_cast<double>(size);
  }
  draft.add("size", size);
  draft.add("data_layout", "NHWC");
}

}  // namespace haoline::tflite
