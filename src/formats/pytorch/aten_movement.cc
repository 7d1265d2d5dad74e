// Elements in other places: shapes, slices, joins, pads.
#include "formats/pytorch/aten.h"

namespace haoline::pytorch {
namespace {

bool reshape(Translation& t) {
  t.operand("self");
  t.list(t.has("size") ? "size" : "shape");
  return t.plan.inputs[1].index != TensorId::kNone;
}

// view(x, dtype) is another reading of the same bytes and has no ONNX form.
bool view(Translation& t) {
  if (t["size"].is(Value::Kind::integer) || t["size"].is(Value::Kind::dtype)) return false;
  return reshape(t);
}

bool like(Translation& t) {
  t.operand("self");
  t.operand("other");
  return true;
}

bool expand(Translation& t) {
  std::optional<std::vector<std::int64_t>> sizes = t.integers("size");
  t.operand("self");
  if (sizes) {
    for (std::int64_t& size : *sizes) size = size == -1 ? 1 : size;  // -1 keeps an extent, and so does 1
    t.list(*sizes);
  } else {
    t.list("size", 1);
  }
  return true;
}

bool flatten(Translation& t) {
  const std::int64_t begin = t.integer("start_dim", 0);
  const std::int64_t end = t.integer("end_dim", -1);
  t.operand("self");
  if (begin == 1 && end == -1) {
    t.plan.op = "Flatten";
    t.set("axis", std::int64_t{1});
    return true;
  }
  t.set("begin", begin);
  t.set("end", end);
  return true;
}

bool unflatten(Translation& t) {
  t.operand("self");
  t.list("sizes");
  t.set("axis", t.integer("dim", 0));
  return true;
}

// The order of all axes where the rank is known, else the two that change places.
bool swap_axes(Translation& t) {
  std::int64_t a = t.row.extra == 1 ? 0 : t.integer("dim0", 0);
  std::int64_t b = t.row.extra == 1 ? 1 : t.integer("dim1", 1);
  t.operand("self");
  const std::optional<std::size_t> rank = t.rank_of("self");
  if (!rank) {
    t.set("first", a);
    t.set("second", b);
    return true;
  }
  const auto size = static_cast<std::int64_t>(*rank);
  if (size < 2) {
    t.plan.op = "Identity";
    return true;
  }
  a += a < 0 ? size : 0;
  b += b < 0 ? size : 0;
  if (a < 0 || b < 0 || a >= size || b >= size) return false;
  std::vector<std::int64_t> order(*rank);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
  std::swap(order[static_cast<std::size_t>(a)], order[static_cast<std::size_t>(b)]);
  t.plan.op = "Transpose";
  t.set("perm", order);
  return true;
}

bool permute(Translation& t) {
  std::optional<std::vector<std::int64_t>> order = t.integers("dims");
  if (!order) return false;
  for (std::int64_t& axis : *order) axis += axis < 0 ? static_cast<std::int64_t>(order->size()) : 0;
  t.operand("self");
  t.set("perm", *order);
  return true;
}

bool squeeze(Translation& t) {
  t.operand("self");
  if (t.has("dim")) t.list("dim");
  return true;
}

bool unsqueeze(Translation& t) {
  t.operand("self");
  t.list("dim");
  return true;
}

bool repeat(Translation& t) {
  t.operand("self");
  t.list(t.row.extra == 1 ? "dims" : "repeats");
  return true;
}

bool join(Translation& t) {
  const std::optional<std::int64_t> axis = t.has("dim") ? t.integer("dim") : std::optional<std::int64_t>(0);
  if (!axis) return false;
  const Value& tensors = t["tensors"];
  if (tensors.is_sequence()) {
    t.plan.op = "ConcatFromSequence";
    t.operand(tensors);
    t.set("new_axis", std::int64_t{t.row.op == "Concat" ? 0 : 1});
  } else if (!t.tensors("tensors")) {
    return false;
  }
  t.set("axis", *axis);
  return true;
}

// Pieces of equal size, or of the sizes given. As one list: a sequence.
bool split(Translation& t) {
  const std::optional<std::int64_t> axis = t.has("dim") ? t.integer("dim") : std::optional<std::int64_t>(0);
  if (!axis) return false;
  t.operand("self");
  t.set("axis", *axis);
  const std::string_view sizes = t.has("split_sizes")  ? "split_sizes"
                                 : t.has("split_size") ? "split_size"
                                                       : "sections";
  const std::optional<std::vector<std::int64_t>> known = t.integers(sizes);
  if (t.wanted == 0) {
    t.plan.op = "SplitToSequence";
    if (known && known->size() == 1 && t[sizes].is(Value::Kind::integer)) {
      t.plan.inputs.push_back(t.w.integer((*known)[0]));
    } else {
      t.list(sizes);
    }
    return true;
  }
  t.results(t.wanted);
  if (known && known->size() == t.wanted && !t[sizes].is(Value::Kind::integer)) {
    t.list(*known);
  } else if (known && known->size() == 1) {
    // Equal pieces, the last one smaller: known sizes but for the last, which the extent decides.
    t.plan.op = "haoline.SplitBySize";
    t.set("size", (*known)[0]);
  } else {
    return false;
  }
  return true;
}

bool chunk(Translation& t) {
  const std::optional<std::int64_t> count = t.integer("chunks");
  const std::optional<std::int64_t> axis = t.has("dim") ? t.integer("dim") : std::optional<std::int64_t>(0);
  if (!count || !axis || *count < 1 || *count > 4096) return false;
  t.operand("self");
  t.set("axis", *axis);
  t.set("num_outputs", *count);
  t.results(static_cast<std::size_t>(*count));
  return true;
}

bool unbind(Translation& t) {
  if (t.wanted == 0) return false;
  t.operand("self");
  t.set("axis", t.integer("dim", 0));
  t.results(t.wanted);
  return true;
}

bool select(Translation& t) {
  const std::optional<std::int64_t> axis = t.integer("dim");
  if (!axis) return false;
  t.operand("self");
  t.number("index", DType::int64);
  t.set("axis", *axis);
  return true;
}

bool slice(Translation& t) {
  constexpr std::int64_t kEnd = INT64_MAX;
  const std::optional<std::int64_t> axis = t.has("dim") ? t.integer("dim") : std::optional<std::int64_t>(0);
  if (!axis) return false;
  t.operand("self");
  const auto bound = [&](std::string_view name, std::int64_t otherwise) {
    const Value& value = t[name];
    if (value.is_tensor()) return t.operand(value);
    t.list(std::vector<std::int64_t>{t.integer(name, otherwise)});
  };
  bound("start", 0);
  bound("end", kEnd);
  t.list(std::vector<std::int64_t>{*axis});
  t.list(std::vector<std::int64_t>{t.integer("step", 1)});
  return true;
}

bool narrow(Translation& t) {
  const auto axis = t.integer("dim");
  const auto start = t.integer("start");
  const auto length = t.integer("length");
  if (!axis || !start || !length) return false;
  t.operand("self");
  t.list(std::vector<std::int64_t>{*start});
  t.list(std::vector<std::int64_t>{*start + *length});
  t.list(std::vector<std::int64_t>{*axis});
  return true;
}

// x[:, :, i]: one index tensor among whole axes is Gather; more, or a mask, is nothing ONNX has.
bool index(Translation& t) {
  const Value& indices = t["indices"];
  if (!indices.is_items()) return false;
  std::optional<std::size_t> axis;
  for (std::size_t i = 0; i < indices.items->values.size(); ++i) {
    if (!indices.items->values[i].is_tensor()) continue;
    if (axis) return false;
    axis = i;
  }
  if (!axis) return false;
  const DType type = t.w.dtype_of(indices.items->values[*axis]);
  if (type == DType::boolean || type == DType::uint8 || type == DType::unknown) return false;
  t.operand("self");
  t.operand(indices.items->values[*axis]);
  t.set("axis", static_cast<std::int64_t>(*axis));
  return true;
}

bool index_select(Translation& t) {
  const std::optional<std::int64_t> axis = t.integer("dim");
  if (!axis) return false;
  t.operand("self");
  t.operand("index");
  t.set("axis", *axis);
  return true;
}

bool scatter(Translation& t) {
  const std::optional<std::int64_t> axis = t.integer("dim");
  if (!axis || !t["src"].is_tensor()) return false;
  t.operand("self");
  t.operand("index");
  t.operand("src");
  t.set("axis", *axis);
  if (t.row.extra == 1) t.set("reduction", std::string_view("add"));
  return true;
}

// PyTorch lists pads from the last axis inwards, begin and end by turns.
bool pad(Translation& t) {
  const std::optional<std::vector<std::int64_t>> pads = t.integers(t.has("padding") ? "padding" : "pad");
  if (!pads || pads->empty() || pads->size() % 2 != 0) return false;
  std::vector<std::int64_t> begins, ends, axes;
  for (std::size_t i = 0; i < pads->size(); i += 2) {
    begins.push_back((*pads)[i]);
    ends.push_back((*pads)[i + 1]);
    axes.push_back(-static_cast<std::int64_t>(i / 2) - 1);
  }
  begins.insert(begins.end(), ends.begin(), ends.end());
  std::string_view mode = t.row.extra == 1   ? "reflect"
                          : t.row.extra == 2 ? "edge"
                          : t.row.extra == 3 ? "wrap"
                                             : "constant";
  if (t["mode"].is(Value::Kind::text)) {
    mode = t["mode"].text == "replicate" ? "edge" : t["mode"].text == "circular" ? "wrap" : t["mode"].text;
  }
  t.operand("self");
  t.list(begins);
  if (mode == "constant") {
    t.operand(t.has("value") ? t["value"] : Value::number(0.0), t.dtype_of("self"));
  } else {
    t.absent();
  }
  t.list(axes);
  t.set("mode", mode);
  return true;
}

bool shuffle(Translation& t) {
  const std::optional<std::int64_t> factor =
      t.integer(t.row.extra == 1 ? "upscale_factor" : "downscale_factor");
  if (!factor) return false;
  t.operand("self");
  t.set("blocksize", *factor);
  if (t.row.extra == 1) t.set("mode", std::string_view("CRD"));
  return true;
}

bool triangle(Translation& t) {
  t.operand("self");
  if (t.has("diagonal")) t.number("diagonal", DType::int64);
  t.set("upper", t.row.extra);
  return true;
}

bool with_axes(Translation& t) {
  t.operand("self");
  if (const auto axes = t.integers("dims")) t.set("axes", *axes);
  if (const auto shifts = t.integers("shifts")) t.set("shifts", *shifts);
  return true;
}

constexpr AtenRow kRows[] = {
    {"reshape", "self shape", reshape, "Reshape"},
    {"view", "self size", view, "Reshape"},
    {"_unsafe_view", "self size", view, "Reshape"},
    {"view_as", "self other", like, "haoline.ReshapeLike"},
    {"reshape_as", "self other", like, "haoline.ReshapeLike"},
    {"expand", "self size implicit", expand, "Expand"},
    {"broadcast_to", "self size", expand, "Expand"},
    {"expand_as", "self other", like, "haoline.ReshapeLike", 1},
    {"flatten", "self start_dim end_dim", flatten, "haoline.FlattenAxes"},
    {"unflatten", "self dim sizes", unflatten, "haoline.UnflattenAxis"},
    {"transpose", "self dim0 dim1", swap_axes, "haoline.SwapAxes"},
    {"swapaxes", "self dim0 dim1", swap_axes, "haoline.SwapAxes"},
    {"t", "self", swap_axes, "haoline.SwapAxes", 1},
    {"numpy_T", "self", swap_axes, "haoline.SwapAxes", 1},
    {"permute", "self dims", permute, "Transpose"},
    {"squeeze", "self dim", squeeze, "Squeeze"},
    {"unsqueeze", "self dim", unsqueeze, "Unsqueeze"},
    {"repeat", "self repeats", repeat, "Tile"},
    {"tile", "self dims", repeat, "Tile", 1},
    {"cat", "tensors dim", join, "Concat"},
    {"concat", "tensors dim", join, "Concat"},
    {"stack", "tensors dim", join, "haoline.Stack"},
    {"split", "self split_size dim", split, "Split"},
    {"split_with_sizes", "self split_sizes dim", split, "Split"},
    {"chunk", "self chunks dim", chunk, "Split"},
    {"unbind", "self dim", unbind, "haoline.Unstack"},
    {"select", "self dim index", select, "Gather"},
    {"slice", "self dim start end step", slice, "Slice"},
    {"narrow", "self dim start length", narrow, "Slice"},
    {"index", "self indices", index, "Gather"},
    {"index_select", "self dim index", index_select, "Gather"},
    {"gather", "self dim index", index_select, "GatherElements"},
    {"scatter", "self dim index src", scatter, "ScatterElements"},
    {"scatter_add", "self dim index src", scatter, "ScatterElements", 1},
    {"pad", "self pad mode value", pad, "Pad"},
    {"constant_pad_nd", "self pad value", pad, "Pad"},
    {"reflection_pad1d", "self padding", pad, "Pad", 1},
    {"reflection_pad2d", "self padding", pad, "Pad", 1},
    {"reflection_pad3d", "self padding", pad, "Pad", 1},
    {"replication_pad1d", "self padding", pad, "Pad", 2},
    {"replication_pad2d", "self padding", pad, "Pad", 2},
    {"replication_pad3d", "self padding", pad, "Pad", 2},
    {"pixel_shuffle", "self upscale_factor", shuffle, "DepthToSpace", 1},
    {"pixel_unshuffle", "self downscale_factor", shuffle, "SpaceToDepth"},
    {"tril", "self diagonal", triangle, "Trilu", 0},
    {"triu", "self diagonal", triangle, "Trilu", 1},
    {"nonzero", "self", same, "haoline.ArgWhere"},
    {"argwhere", "self", same, "haoline.ArgWhere"},
    {"roll", "self shifts dims", with_axes, "haoline.Roll"},
    {"flip", "self dims", with_axes, "haoline.Flip"},
};

}  // namespace

std::span<const AtenRow> aten_movement_rows() {
  return kRows;
}

}  // namespace haoline::pytorch
