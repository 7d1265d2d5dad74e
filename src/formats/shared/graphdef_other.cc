// Images, quantization, lists of tensors.
#include <algorithm>

#include "formats/shared/graphdef_map.h"

namespace haoline::graphdef {
namespace {

// image, size: height and width
bool resize(Translation& t, std::string_view mode) {
  if (t.count() != 2) return false;
  const TensorId size = t.inputs[1];
  t.inputs = {t.inputs[0], TensorId{}, TensorId{}, size};
  t.set_text("mode", mode);
  static constexpr std::int64_t kAxes[] = {1, 2};
  t.set_list("axes", kAxes);
  const bool aligns = t.attrs.boolean("align_corners");
  const bool has_centers = t.attrs.boolean("half_pixel_centers");
  t.set_text("coordinate_transformation_mode", aligns        ? "align_corners"
                                               : has_centers ? "half_pixel"
                                                             : "asymmetric");
  if (mode == "nearest") t.set_text("nearest_mode", aligns ? "round_prefer_ceil" : "floor");
  return true;
}

void set_text_dtype(Translation& t, std::string_view attribute, std::int64_t otherwise) {
  const DType dtype = dtype_of(t.attrs.type(attribute, otherwise));
  if (dtype != DType::unknown) t.set_text("dtype", name(dtype));
}

constexpr std::int64_t kFloat = 1;

}  // namespace

bool resize_bilinear(Translation& t) {
  return resize(t, "linear");
}
bool resize_nearest(Translation& t) {
  return resize(t, "nearest");
}
bool resize_cubic(Translation& t) {
  return resize(t, "cubic");
}
bool resize_area(Translation& t) {
  return resize(t, "linear");
}

bool crop_and_resize(Translation& t) {
  t.set_text("method", t.attrs.text("method", "bilinear"));
  return true;
}

bool image_decoder(Translation& t) {
  const std::int64_t channels = t.attrs.integer("channels");
  t.set_text("pixel_format", channels == 1 ? "Grayscale" : "RGB");
  return channels == 0 || channels == 1 || channels == 3;
}

// boxes, scores, at most, thresholds; filled up to that number on demand
bool suppress_padded(Translation& t) {
  const bool pads = t.attrs.boolean("pad_to_max_output_size");
  if (pads) t.op = Op::NonMaxSuppressionPadded;
  return true;
}

bool fake_quant(Translation& t) {
  t.set("num_bits", t.attrs.integer("num_bits", 8));
  t.set("narrow_range", t.attrs.boolean("narrow_range") ? 1 : 0);
  return true;
}

bool quantize(Translation& t) {
  set_text_dtype(t, "T", 0);
  return true;
}
bool dequantize(Translation& t) {
  set_text_dtype(t, "dtype", kFloat);
  return true;
}

// A variable's handle stands for its value, unless nobody knows which variable it is.
bool read_variable(Translation& t) {
  if (t.count() != 1 || !t.inputs[0]) return false;
  const Tensor& variable = t.b.model.graphs[t.scope.graph].tensors[t.inputs[0]];
  if (variable.type.is(Container::opaque)) t.op = Op::ReadVariable;
  return true;
}

bool first_operand(Translation& t) {
  t.keep(1);
  return true;
}

// --- lists of tensors (what TensorFlow's loops gather into)

bool list_from_tensor(Translation& t) {
  t.set("axis", 0);
  t.set("keepdims", 0);
  t.keep(1);
  return true;
}

bool list_stack(Translation& t) {
  t.set("axis", 0);
  t.set("new_axis", 1);
  t.keep(1);
  return true;
}

bool list_item(Translation& t) {
  t.keep(2);
  return true;
}

bool list_length(Translation& t) {
  t.set_text("index_type", "int32");
  return true;
}

bool list_push(Translation& t) {
  return t.count() == 2;
}

// extents of an element, number of elements
bool list_reserve(Translation& t) {
  set_text_dtype(t, "element_dtype", 0);
  return true;
}

// extents of an element, the most elements there may be: it begins without any
bool list_empty(Translation& t) {
  set_text_dtype(t, "element_dtype", 0);
  t.set("is_empty", 1);
  return true;
}

bool list_set(Translation& t) {
  t.keep(3);
  return true;
}

}  // namespace haoline::graphdef
