// Operators that move, select, join or place data.
#include "formats/openvino/layer.h"

namespace haoline::openvino {
namespace {

constexpr std::int64_t kOne = 1;

// An operand that ONNX has as an attribute. Only a stored one can be translated.
bool take_axis(Layer& layer, std::size_t input, std::string_view name = "axis") {
  const std::optional<Integers> axis = layer.constant(input);
  if (!axis || axis->size() != 1) return false;
  layer.set(name, (*axis)[0]);
  layer.drop(input);
  return true;
}

// Indices are int64 in ONNX; here the file chooses.
void take_index_type(Layer& layer, std::string_view key, std::string_view otherwise) {
  std::string_view type = layer.get(key);
  if (type.empty()) type = otherwise;
  const DType dtype = element_type(type).dtype;
  if (dtype != DType::unknown && dtype != DType::int64) layer.set("index_type", name(dtype));
}

bool concat(Layer& layer) {
  layer.set("axis", layer.integer("axis", 1));
  return true;
}

bool reshape(Layer& layer) {
  layer.set("allowzero", std::int64_t{!layer.flag("special_zero", false)});
  return true;
}

bool transpose(Layer& layer) {
  const std::optional<Integers> order = layer.constant(1);
  if (!order) {
    layer.op = Op::Permute;
    return layer.has_input(1);
  }
  if (!order->empty()) layer.set("perm", *order);
  layer.keep(1);
  return true;
}

bool split(Layer& layer) {
  layer.set("num_outputs", layer.integer("num_splits", static_cast<std::int64_t>(layer.outputs())));
  return take_axis(layer, 1);
}

// One length may be -1: the rest. ONNX wants a number.
bool variadic_split(Layer& layer) {
  const std::optional<Integers> axis = layer.constant(1);
  std::optional<Integers> lengths = layer.constant(2);
  if (!axis || axis->size() != 1 || !layer.has_input(2)) return false;
  if (lengths) {
    const auto rank = static_cast<std::int64_t>(layer.rank(0).value_or(0));
    const std::int64_t at = (*axis)[0] < 0 ? (*axis)[0] + rank : (*axis)[0];
    std::int64_t rest = at < 0 ? -1 : layer.dim(0, static_cast<std::size_t>(at));
    std::size_t open = lengths->size();
    for (std::size_t i = 0; i < lengths->size(); ++i) {
      if ((*lengths)[i] == -1) {
        if (open != lengths->size()) return false;
        open = i;
      } else if ((*lengths)[i] < 0 || (rest >= 0 && (*lengths)[i] > rest)) {
        return false;
      } else if (rest >= 0) {
        rest -= (*lengths)[i];
      }
    }
    if (open != lengths->size()) {
      if (rest < 0) return false;
      (*lengths)[open] = rest;
      layer.inputs[2] = layer.make_constant("lengths", *lengths);
    }
  }
  return take_axis(layer, 1);
}

bool broadcast_to(Layer& layer) {
  const std::string_view mode = layer.get("mode");
  if (mode == "explicit" || (mode.empty() && layer.inputs.size() == 3)) layer.op = Op::BroadcastInDim;
  if (layer.op == Op::Expand) layer.keep(2);
  return mode != "pdpd" && layer.has_input(1);
}

// The shorter of shape and repeats is filled up with ones in front.
bool tile(Layer& layer) {
  const std::optional<Integers> repeats = layer.constant(1);
  const std::optional<std::size_t> rank = layer.rank(0);
  if (!repeats || !rank || repeats->size() == *rank) return layer.has_input(1);
  if (repeats->size() > *rank) {
    layer.set("adds_axes", kOne);
    return true;
  }
  Integers full(*rank - repeats->size(), kOne);
  full.append(repeats->begin(), repeats->end());
  layer.inputs[1] = layer.make_constant("repeats", full);
  return true;
}

bool pad(Layer& layer) {
  const std::optional<Integers> begin = layer.constant(1), end = layer.constant(2);
  if (!begin || !end || begin->size() != end->size()) return false;
  Integers pads = *begin;
  pads.append(end->begin(), end->end());
  const std::string_view mode = layer.get("pad_mode");
  layer.set("mode", mode.empty() ? "constant" : mode);
  layer.inputs[1] = layer.make_constant("pads", pads);
  layer.drop(2);
  return true;
}

bool gather(Layer& layer) {
  const std::int64_t batch = layer.integer("batch_dims", 0);
  if (batch != 0) {
    layer.op = Op::BatchGather;
    layer.set("batch_dims", batch);
  }
  return take_axis(layer, 2);
}

bool gather_elements(Layer& layer) {
  layer.set("axis", layer.integer("axis", 0));
  return true;
}

// Before operator set 8 batch axes were joined into one.
bool gather_nd(Layer& layer) {
  const std::int64_t batch = layer.integer("batch_dims", 0);
  layer.set("batch_dims", batch);
  return layer.record.version != "opset5" || batch < 2;
}

bool scatter_elements(Layer& layer) {
  const std::string_view how = layer.get("reduction");
  if (how == "mean") return false;
  layer.set("reduction", how == "sum"                   ? "add"
                         : how == "prod"                ? "mul"
                         : how == "min" || how == "max" ? how
                                                        : "none");
  return take_axis(layer, 3);
}

bool scatter_nd(Layer& layer) {
  const std::string_view how = layer.get("reduction");
  layer.set("reduction", how == "sum"                   ? "add"
                         : how == "prod"                ? "mul"
                         : how == "min" || how == "max" ? how
                                                        : "none");
  return how != "sub";
}

// Masks are lists of 0 and 1 here, and bits in the canonical operator. A begin or end is taken where its mask
// is 1.
std::int64_t bits(const Layer& layer, std::string_view key, std::int64_t meaning) {
  std::int64_t mask = 0;
  const Integers list = layer.integers(key);
  for (std::size_t i = 0; i < list.size() && i < 32; ++i) {
    if (list[i] == meaning) mask |= std::int64_t{1} << i;
  }
  return mask;
}
bool strided_slice(Layer& layer) {
  layer.set("begin_mask", bits(layer, "begin_mask", 1));
  layer.set("end_mask", bits(layer, "end_mask", 1));
  layer.set("new_axis_mask", bits(layer, "new_axis_mask", 1));
  layer.set("shrink_axis_mask", bits(layer, "shrink_axis_mask", 1));
  layer.set("ellipsis_mask", bits(layer, "ellipsis_mask", 1));
  if (layer.inputs.size() == 3) {
    const std::optional<Integers> begin = layer.constant(1), end = layer.constant(2);
    if (!begin && !end) return false;
    layer.inputs.push_back(layer.make_constant("strides", Integers((begin ? begin : end)->size(), kOne)));
  }
  return layer.inputs.size() == 4;
}

// data, start, stop, step, axes; ONNX has the axes before the steps.
bool slice(Layer& layer) {
  if (layer.inputs.size() < 4) return false;
  const TensorId steps = layer.inputs[3];
  layer.inputs[3] = layer.inputs.size() > 4 ? layer.inputs[4] : TensorId{};
  layer.keep(4);
  layer.inputs.push_back(steps);
  return true;
}

bool shape_of(Layer& layer) {
  take_index_type(layer, "output_type", "i64");
  return true;
}

bool top_k(Layer& layer) {
  layer.set("axis", layer.integer("axis", -1));
  layer.set("largest", std::int64_t{layer.get("mode") != "min"});
  layer.set("sorted", std::int64_t{layer.get("sort") != "none"});
  take_index_type(layer, "index_element_type", "i32");
  // Their k may be a scalar; ONNX's has one axis.
  return true;
}

bool one_hot(Layer& layer) {
  layer.set("axis", layer.integer("axis", -1));
  return layer.inputs.size() == 4;
}

bool unique(Layer& layer) {
  layer.set("sorted", std::int64_t{layer.flag("sorted", true)});
  take_index_type(layer, "index_element_type", "i64");
  return layer.inputs.size() < 2 || take_axis(layer, 1);
}

bool reverse_sequence(Layer& layer) {
  layer.set("batch_axis", layer.integer("batch_axis", 0));
  layer.set("time_axis", layer.integer("seq_axis", 1));
  return true;
}

bool reverse(Layer& layer) {
  return layer.get("mode") != "mask";
}

bool blocks(Layer& layer) {
  if (layer.rank(0) != 4) return false;
  layer.set("blocksize", layer.integer("block_size", 1));
  if (layer.op == Op::DepthToSpace) layer.set("mode", layer.get("mode") == "depth_first" ? "CRD" : "DCR");
  return layer.op == Op::DepthToSpace || layer.get("mode") != "depth_first";
}

bool shuffle(Layer& layer) {
  layer.set("axis", layer.integer("axis", 1));
  layer.set("group", layer.integer("group", 1));
  return true;
}

bool random_uniform(Layer& layer) {
  const DType dtype = element_type(layer.get("output_type")).dtype;
  if (dtype == DType::unknown) return false;
  layer.set("dtype", name(dtype));
  layer.keep(1);
  return true;
}

bool non_zero(Layer& layer) {
  take_index_type(layer, "output_type", "i64");
  return true;
}

bool range(Layer& layer) {
  take_index_type(layer, "output_type", "i64");
  return true;
}

bool col2im(Layer& layer) {
  for (const std::string_view key : {"strides", "dilations"}) {
    if (layer.has(key)) layer.set(key, layer.integers(key));
  }
  Integers pads = layer.integers("pads_begin");
  const Integers end = layer.integers("pads_end");
  pads.append(end.begin(), end.end());
  if (!pads.empty()) layer.set("pads", pads);
  return true;
}

// Bags by where they begin, packed in rows, or by the number of each element's.
bool embedding_bag(Layer& layer) {
  const std::string_view type = layer.record.type;
  layer.set("bags", type.find("Offsets") != std::string_view::npos  ? "offsets"
                    : type.find("Packed") != std::string_view::npos ? "packed"
                                                                    : "segments");
  const std::string_view how = layer.get("reduction");
  layer.set("reduction", how.empty() ? "sum" : how);
  return true;
}

constexpr Translation kRows[] = {
    {"BatchToSpace", Op::BatchToSpace},
    {"Broadcast", Op::Expand, broadcast_to},
    {"Col2Im", Op::Col2Im, col2im},
    {"Concat", Op::Concat, concat},
    {"DepthToSpace", Op::DepthToSpace, blocks},
    {"EmbeddingBagOffsets", Op::EmbeddingBag, embedding_bag},
    {"EmbeddingBagOffsetsSum", Op::EmbeddingBag, embedding_bag},
    {"EmbeddingBagPacked", Op::EmbeddingBag, embedding_bag},
    {"EmbeddingBagPackedSum", Op::EmbeddingBag, embedding_bag},
    {"EmbeddingSegmentsSum", Op::EmbeddingBag, embedding_bag},
    {"Gather", Op::Gather, gather},
    {"GatherElements", Op::GatherElements, gather_elements},
    {"GatherND", Op::GatherND, gather_nd},
    {"NonZero", Op::NonZero, non_zero},
    {"OneHot", Op::OneHotOnOff, one_hot},
    {"Pad", Op::Pad, pad},
    {"RandomUniform", Op::RandomOfShape, random_uniform},
    {"Range", Op::Range, range},
    {"Reshape", Op::Reshape, reshape},
    {"Reverse", Op::Reverse, reverse},
    {"ReverseSequence", Op::ReverseSequence, reverse_sequence},
    {"Roll", Op::Roll},
    {"ScatterElementsUpdate", Op::ScatterElements, scatter_elements},
    {"ScatterNDUpdate", Op::ScatterND, scatter_nd},
    {"ScatterUpdate", Op::ScatterUpdate},
    {"ShapeOf", Op::Shape, shape_of},
    {"ShuffleChannels", Op::ShuffleChannels, shuffle},
    {"Slice", Op::Slice, slice},
    {"SpaceToBatch", Op::SpaceToBatch},
    {"SpaceToDepth", Op::SpaceToDepth, blocks},
    {"Split", Op::Split, split},
    {"Squeeze", Op::Squeeze},
    {"StridedSlice", Op::StridedSlice, strided_slice},
    {"Tile", Op::Tile, tile},
    {"TopK", Op::TopK, top_k},
    {"Transpose", Op::Transpose, transpose},
    {"Unique", Op::Unique, unique},
    {"Unsqueeze", Op::Unsqueeze},
    {"VariadicSplit", Op::Split, variadic_split},
};

}  // namespace

std::span<const Translation> movement_translations() {
  return kRows;
}

}  // namespace haoline::openvino
