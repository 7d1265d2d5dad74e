// Arrays: shapes, slices, joins, reductions, and how their operands become attributes.
#include <algorithm>
#include <array>

#include "formats/shared/graphdef_map.h"

namespace haoline::graphdef {
namespace {

// The numbers of ONNX's element types, which Cast and its kin are told.
struct OnnxType {
  DType dtype;
  std::int64_t number;
};
constexpr OnnxType kOnnxTypes[] = {
    {DType::float32, 1},        {DType::uint8, 2},
    {DType::int8, 3},           {DType::uint16, 4},
    {DType::int16, 5},          {DType::int32, 6},
    {DType::int64, 7},          {DType::string, 8},
    {DType::boolean, 9},        {DType::float16, 10},
    {DType::float64, 11},       {DType::uint32, 12},
    {DType::uint64, 13},        {DType::complex64, 14},
    {DType::complex128, 15},    {DType::bfloat16, 16},
    {DType::float8_e4m3fn, 17}, {DType::float8_e4m3fnuz, 18},
    {DType::float8_e5m2, 19},   {DType::float8_e5m2fnuz, 20},
    {DType::uint4, 21},         {DType::int4, 22},
};

void drop_first(Translation& t) {
  SmallVector<TensorId, 8> rest;
  for (std::size_t i = 1; i < t.inputs.size(); ++i) rest.push_back(t.inputs[i]);
  t.inputs = rest;
}
void drop_last(Translation& t) {
  t.inputs.resize(t.inputs.size() - 1, TensorId{});
}

void set_index_type(Translation& t, std::string_view attribute, std::int64_t otherwise) {
  const DType dtype = dtype_of(t.attrs.type(attribute, otherwise));
  if (dtype != DType::unknown) t.set_text("index_type", name(dtype));
}

constexpr std::int64_t kInt32 = 3, kInt64 = 9;

bool scatter(Translation& t, std::string_view reduction) {
  t.set_text("reduction", reduction);
  return true;
}

}  // namespace

bool cast(Translation& t) {
  const DType to = dtype_of(t.attrs.type(t.op == Op::Cast ? "DstT" : "type"));
  const auto* found = std::find_if(std::begin(kOnnxTypes), std::end(kOnnxTypes),
                                   [&](const OnnxType& type) { return type.dtype == to; });
  if (found == std::end(kOnnxTypes)) return false;
  t.set("to", found->number);
  return true;
}

bool concat_v2(Translation& t) {
  if (t.count() < 2) return false;
  const auto axis = t.scalar(t.count() - 1);
  if (!axis) return false;
  drop_last(t);
  t.set("axis", *axis);
  return true;
}

bool concat_v1(Translation& t) {
  const auto axis = t.scalar(0);
  if (!axis || t.count() < 2) return false;
  drop_first(t);
  t.set("axis", *axis);
  return true;
}

bool split(Translation& t) {
  const auto axis = t.scalar(0);
  if (!axis || t.count() != 2) return false;
  drop_first(t);
  t.set("axis", *axis);
  t.set("num_outputs", static_cast<std::int64_t>(t.results));
  return true;
}

// data, sizes (one of which may be -1: the rest), axis
bool split_v(Translation& t) {
  const auto axis = t.scalar(2);
  if (!axis || t.count() != 3) return false;
  const auto sizes = t.constant(1);
  t.keep(2);
  t.set("axis", *axis);
  if (!sizes || std::find(sizes->begin(), sizes->end(), -1) == sizes->end()) return true;
  t.op = Op::SplitRest;
  return true;
}

bool pack(Translation& t) {
  t.set("axis", t.attrs.integer("axis"));
  return true;
}

bool squeeze(Translation& t) {
  const std::vector<std::int64_t> axes = t.attrs.integers("squeeze_dims");
  if (!axes.empty()) t.inputs.push_back(t.made("squeeze_dims", axes));
  return true;
}

bool strided_slice(Translation& t) {
  for (const std::string_view mask :
       {"begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"}) {
    if (const std::int64_t bits = t.attrs.integer(mask); bits != 0) t.set(mask, bits);
  }
  return true;
}

bool reshape(Translation& t) {
  t.set("allowzero", 1);
  return true;
}

bool transpose(Translation& t) {
  const auto order = t.constant(1);
  if (!order) return true;
  t.op = Op::Transpose;
  t.set_list("perm", *order);
  t.keep(1);
  return true;
}

// An empty list of axes reduces nothing.
bool reduce(Translation& t) {
  t.set("keepdims", t.attrs.boolean("keep_dims") ? 1 : 0);
  t.set("noop_with_empty_axes", 1);
  return true;
}

bool arg_extreme(Translation& t) {
  const auto axis = t.count() < 2 ? std::optional<std::int64_t>(0) : t.scalar(1);
  if (!axis) return false;
  t.keep(1);
  t.set("axis", *axis);
  t.set("keepdims", 0);
  set_index_type(t, "output_type", kInt64);
  return true;
}

bool cumulate(Translation& t) {
  if (t.attrs.boolean("exclusive")) t.set("exclusive", 1);
  if (t.attrs.boolean("reverse")) t.set("reverse", 1);
  return true;
}

bool gather_v1(Translation& t) {
  t.set("axis", 0);
  return true;
}

bool gather_v2(Translation& t) {
  const auto axis = t.scalar(2);
  if (!axis) return false;
  t.keep(2);
  t.set("axis", *axis);
  if (const std::int64_t batch = t.attrs.integer("batch_dims"); batch != 0) {
    t.set("batch_dims", batch);
  } else {
    t.op = Op::Gather;
  }
  return true;
}

bool resource_gather(Translation& t) {
  const std::int64_t batch = t.attrs.integer("batch_dims");
  t.set("axis", batch);
  if (batch != 0) {
    t.set("batch_dims", batch);
  } else {
    t.op = Op::Gather;
  }
  return true;
}

bool gather_nd(Translation& t) {
  if (const std::int64_t batch = t.attrs.integer("batch_dims"); batch != 0) t.set("batch_dims", batch);
  return true;
}

bool one_hot(Translation& t) {
  t.set("axis", t.attrs.integer("axis", -1));
  return true;
}

bool top_k(Translation& t) {
  if (t.node.op == "TopK") {
    const std::int64_t k = t.attrs.integer("k");
    t.inputs.push_back(t.made("k", {&k, 1}));
  }
  t.set("axis", -1);
  set_index_type(t, "index_type", kInt32);
  return true;
}

// extents, value: the value, as often as the extents say
bool fill(Translation& t) {
  if (t.count() != 2) return false;
  std::swap(t.inputs[0], t.inputs[1]);
  return true;
}

bool mirror_pad(Translation& t) {
  t.set_text("mode", t.attrs.text("mode") == "SYMMETRIC" ? "symmetric" : "reflect");
  return true;
}

bool size_of(Translation& t) {
  set_index_type(t, "out_type", kInt32);
  return true;
}

bool random(Translation& t) {
  const std::int64_t type = t.attrs.type("dtype", t.attrs.type("Tout"));
  if (const DType dtype = dtype_of(type); dtype != DType::unknown) t.set_text("dtype", name(dtype));
  t.keep(1);
  return true;
}

bool sample(Translation& t) {
  const DType dtype = dtype_of(t.attrs.type("output_dtype", kInt64));
  if (dtype != DType::unknown) t.set_text("dtype", name(dtype));
  t.keep(2);
  return true;
}

bool reverse_sequence(Translation& t) {
  t.set("batch_axis", t.attrs.integer("batch_dim"));
  t.set("time_axis", t.attrs.integer("seq_dim"));
  return true;
}

bool scatter_add(Translation& t) {
  return scatter(t, "add");
}
bool scatter_max(Translation& t) {
  return scatter(t, "max");
}
bool scatter_min(Translation& t) {
  return scatter(t, "min");
}

bool shift_left(Translation& t) {
  t.set_text("direction", "LEFT");
  return true;
}
bool shift_right(Translation& t) {
  t.set_text("direction", "RIGHT");
  return true;
}

bool truncated_mod(Translation& t) {
  t.set("fmod", 1);
  return true;
}

// A matrix with nothing but its main diagonal, as high as wide; other ones stay as themselves.
bool main_diagonal(Translation& t) {
  const auto diagonal = t.constant(1);
  const bool is_main =
      diagonal && std::all_of(diagonal->begin(), diagonal->end(), [](auto k) { return k == 0; });
  const bool is_square = t.scalar(2).value_or(0) == -1 && t.scalar(3).value_or(0) == -1;
  if (!is_main || !is_square) return false;
  t.keep(1);
  return true;
}

}  // namespace haoline::graphdef
