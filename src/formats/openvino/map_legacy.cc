// The layers of versions 2 to 7: settings where later versions have operands, weights inside the layer.
#include <array>
#include <string>

#include "formats/openvino/layer.h"

namespace haoline::openvino {
namespace {

// A setting per spatial axis, outermost first: "kernel" = "3,3", or in the oldest files kernel-y and
// kernel-x.
Integers spatial(const Layer& layer, std::string_view list, std::string_view prefix) {
  if (Integers all = layer.integers(list); !all.empty()) return all;
  Integers axes;
  for (const char axis : {'z', 'y', 'x'}) {
    const std::string key = std::string(prefix) + "-" + axis;
    if (layer.has(key)) axes.push_back(layer.integer(key, 0));
  }
  return axes;
}

void set_windows(Layer& layer) {
  if (const Integers strides = spatial(layer, "strides", "stride"); !strides.empty())
    layer.set("strides", strides);
  if (const Integers dilations = spatial(layer, "dilations", "dilation"); !dilations.empty())
    layer.set("dilations", dilations);
  const std::string_view mode = layer.get("auto_pad");
  if (mode == "valid") layer.set("auto_pad", "VALID");
  if (mode == "same_upper") layer.set("auto_pad", "SAME_UPPER");
  if (mode == "same_lower") layer.set("auto_pad", "SAME_LOWER");
  Integers begin = spatial(layer, "pads_begin", "pad");
  Integers end = layer.integers("pads_end");
  if (end.empty()) end = spatial(layer, "", "pad");
  if (end.size() != begin.size()) end = begin;
  begin.append(end.begin(), end.end());
  if (!begin.empty()) layer.set("pads", begin);
}

// A weight that lies inside the layer becomes a constant operand.
TensorId add_weight(Layer& layer, std::string_view blob_name, const Integers& extents) {
  const BlobRecord* blob = layer.record.blob(blob_name);
  if (blob == nullptr) return {};
  Reading& r = layer.reading();
  Integers shape = extents;
  std::string_view type = !blob->precision.empty() ? blob->precision : layer.record.precision;
  // Older files keep float16 weights in a layer that says FP32, and the other way round: the size decides.
  Integers::value_type count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || (extent != 0 && count > (std::int64_t{1} << 50) / extent)) return {};
    count *= extent;
  }
  if (count > 0 && blob->size == static_cast<std::uint64_t>(count) * 2) type = "FP16";
  if (count > 0 && blob->size == static_cast<std::uint64_t>(count) * 4) type = "FP32";
  if (count > 0 && blob->size == static_cast<std::uint64_t>(count)) type = "I8";
  Tensor made;
  made.name = r.model.arena.text(std::string(layer.name) + "/" + std::string(blob_name));
  Extents list;
  SmallVector<Dim, 5> dims;
  for (const std::int64_t extent : shape) {
    list.push_back(extent);
    dims.push_back(r.model.dims->number(extent));
  }
  const TensorData data = constant_of(r, made.name, type, list, blob->offset, blob->size, layer.record.at);
  made.constant = r.model.arena.create(data);
  made.type.dtype = data.dtype;
  made.shape = Shape(std::move(dims));
  return r.model.graphs[layer.graph()].tensors.add(std::move(made));
}

Integers one(std::int64_t extent) {
  return Integers{extent};
}

bool weighted(Layer& layer, const Integers& extents, std::int64_t channels) {
  const TensorId weight = add_weight(layer, "weights", extents);
  if (!weight) return layer.inputs.size() > 1;  // newer ones have them as operands
  layer.keep(1);
  layer.inputs.push_back(weight);
  if (const TensorId bias = add_weight(layer, "biases", one(channels))) layer.inputs.push_back(bias);
  return true;
}

bool convolve(Layer& layer, bool transposed) {
  const Integers kernel = spatial(layer, "kernel", "kernel");
  const std::int64_t group = layer.integer("group", 1), out = layer.integer("output", 0);
  const std::int64_t in = layer.dim(0, 1);
  if (kernel.empty() || group < 1 || out < 1 || in < 1) return false;
  Integers extents = transposed ? Integers{in, out / group} : Integers{out, in / group};
  extents.append(kernel.begin(), kernel.end());
  layer.set("kernel_shape", kernel);
  layer.set("group", group);
  set_windows(layer);
  return weighted(layer, extents, out);
}
bool convolution(Layer& layer) {
  return convolve(layer, false);
}
bool deconvolution(Layer& layer) {
  return convolve(layer, true);
}

// Everything but the batch is one vector.
bool fully_connected(Layer& layer) {
  const std::int64_t out = layer.integer("out-size", 0);
  const BlobRecord* weights = layer.record.blob("weights");
  const std::optional<std::size_t> rank = layer.rank(0);
  if (out < 1 || !rank || *rank == 0) return false;
  std::int64_t in = 1;
  for (std::size_t i = *rank == 3 ? 2 : 1; i < *rank; ++i) {
    const std::int64_t extent = layer.dim(0, i);
    if (extent < 1 || extent > (std::int64_t{1} << 40) / in) return false;
    in *= extent;
  }
  if (weights == nullptr) return false;
  layer.set("keep_num_dims", std::int64_t{*rank == 3});
  return weighted(layer, {out, in}, out);
}

bool pooling(Layer& layer) {
  const Integers kernel = spatial(layer, "kernel", "kernel");
  if (kernel.empty()) return false;
  layer.op = layer.get("pool-method") == "avg" ? Op::AveragePool : Op::MaxPool;
  layer.set("kernel_shape", kernel);
  set_windows(layer);
  const std::string_view rounding = layer.get("rounding_type");
  if (rounding != "floor") layer.set("ceil_mode", std::int64_t{1});
  if (layer.op == Op::AveragePool)
    layer.set("count_include_pad", std::int64_t{!layer.flag("exclude-pad", false)});
  return true;
}

bool relu(Layer& layer) {
  const double slope = layer.real("negative_slope", 0);
  if (slope == 0) return true;
  layer.op = Op::LeakyRelu;
  layer.set("alpha", slope);
  return true;
}

bool activation(Layer& layer) {
  struct Named {
    std::string_view type;
    Op op;
  };
  constexpr Named kNamed[] = {{"sigmoid", Op::Sigmoid}, {"tanh", Op::Tanh},  {"elu", Op::Elu},
                              {"relu", Op::Relu},       {"relu6", Op::Clip}, {"exp", Op::Exp},
                              {"not", Op::Not},         {"log", Op::Log},    {"square", Op::Square}};
  for (const Named& named : kNamed) {
    if (layer.get("type") == named.type) layer.op = named.op;
  }
  if (layer.op == Op::Elu) layer.set("alpha", layer.real("alpha", 1));
  if (layer.op == Op::Clip) {
    layer.set("min", 0.0);
    layer.set("max", layer.real("n", 6));
    layer.version = 6;
  }
  return layer.op != Op::unknown;
}

bool eltwise(Layer& layer) {
  struct Named {
    std::string_view operation;
    Op op;
  };
  constexpr Named kNamed[] = {{"sum", Op::Add},
                              {"mul", Op::Mul},
                              {"prod", Op::Mul},
                              {"max", Op::Max},
                              {"sub", Op::Sub},
                              {"min", Op::Min},
                              {"div", Op::Div},
                              {"squared_diff", Op::SquaredDifference},
                              {"equal", Op::Equal},
                              {"pow", Op::Pow},
                              {"not_equal", Op::NotEqual},
                              {"greater", Op::Greater},
                              {"less", Op::Less},
                              {"floor_mod", Op::Mod},
                              {"logical_and", Op::And},
                              {"logical_or", Op::Or},
                              {"logical_xor", Op::Xor},
                              {"greater_equal", Op::GreaterOrEqual},
                              {"less_equal", Op::LessOrEqual},
                              {"mean", Op::Mean}};
  const std::string_view wanted = layer.get("operation");
  layer.op = wanted.empty() ? Op::Add : Op::unknown;
  for (const Named& named : kNamed) {
    if (wanted == named.operation) layer.op = named.op;
  }
  if (layer.inputs.size() > 2 && layer.op == Op::Add) layer.op = Op::Sum;
  const bool takes_many =
      layer.op == Op::Sum || layer.op == Op::Max || layer.op == Op::Min || layer.op == Op::Mean;
  return layer.op != Op::unknown && (layer.inputs.size() == 2 || takes_many);
}

bool norm(Layer& layer) {
  layer.set("alpha", layer.real("alpha", 1e-4));
  layer.set("beta", layer.real("beta", 0.75));
  layer.set("bias", layer.real("k", 1));
  layer.set("size", layer.integer("local-size", layer.integer("local_size", 5)));
  return true;
}

bool along_axis(Layer& layer) {
  layer.set("axis", layer.integer("axis", 1));
  return true;
}

// Scale and shift per channel: the affine half of a normalization.
bool scale_shift(Layer& layer) {
  const std::int64_t channels = layer.dim(0, 1);
  if (channels < 1) return false;
  return weighted(layer, one(channels), channels);
}

// Its weights are variances, its biases means.
bool batch_norm(Layer& layer) {
  const std::int64_t channels = layer.dim(0, 1);
  if (channels < 1) return false;
  layer.set("epsilon", layer.real("epsilon", layer.real("eps", 1e-5)));
  const TensorId variance = add_weight(layer, "weights", one(channels));
  const TensorId mean = add_weight(layer, "biases", one(channels));
  if (!variance || !mean) return false;
  layer.keep(1);
  layer.inputs.push_back(mean);
  layer.inputs.push_back(variance);
  return true;
}

bool prelu(Layer& layer) {
  const std::int64_t channels = layer.flag("channel_shared", false) ? 1 : layer.dim(0, 1);
  if (channels < 1) return false;
  return weighted(layer, one(channels), channels);
}

bool clamp(Layer& layer) {
  layer.set("min", layer.real("min", 0));
  layer.set("max", layer.real("max", 1));
  layer.version = 6;
  return true;
}

bool permute(Layer& layer) {
  layer.set("perm", layer.integers("order"));
  return true;
}

// The shape as a setting ("dim"), or as an operand; what comes out is declared.
bool reshape(Layer& layer) {
  if (layer.inputs.size() > 1) return true;
  Integers wanted = layer.integers("dim");
  if (wanted.empty() && layer.outputs() == 1) {
    for (const std::int64_t extent : layer.record.outputs[0]->dims) wanted.push_back(extent);
  }
  if (wanted.empty()) return false;
  layer.inputs.push_back(layer.make_constant("shape", wanted));
  return true;
}

bool flatten(Layer& layer) {
  const std::optional<std::size_t> rank = layer.rank(0);
  const std::int64_t end = layer.integer("end_axis", -1);
  if (!rank || (end != -1 && end + 1 != static_cast<std::int64_t>(*rank)) || layer.integer("axis", 1) != 1)
    return false;
  layer.set("axis", std::int64_t{1});
  return true;
}

// Equal parts along an axis; the sizes are those of the ports.
bool split(Layer& layer) {
  const std::int64_t axis = layer.integer("axis", 1);
  layer.set("axis", axis);
  Integers lengths;
  for (const PortRecord* port : layer.record.outputs) {
    if (axis < 0 || static_cast<std::size_t>(axis) >= port->dims.size()) return false;
    lengths.push_back(port->dims[static_cast<std::size_t>(axis)]);
  }
  layer.keep(1);
  layer.inputs.push_back(layer.make_constant("lengths", lengths));
  return true;
}

bool tile(Layer& layer) {
  const std::optional<std::size_t> rank = layer.rank(0);
  const std::int64_t axis = layer.integer("axis", -1), tiles = layer.integer("tiles", 1);
  if (!rank || axis < 0 || static_cast<std::size_t>(axis) >= *rank) return false;
  Integers repeats(*rank, 1);
  repeats[static_cast<std::size_t>(axis)] = tiles;
  layer.inputs.push_back(layer.make_constant("repeats", repeats));
  return true;
}

bool gemm(Layer& layer) {
  const bool a = layer.flag("transpose_a", false), b = layer.flag("transpose_b", false);
  layer.op = a || b ? Op::MsFusedMatMul : Op::MatMul;
  if (a || b) {
    layer.set("transA", std::int64_t{a});
    layer.set("transB", std::int64_t{b});
  }
  return layer.inputs.size() == 2;
}

bool gather(Layer& layer) {
  layer.set("axis", layer.integer("axis", 0));
  return layer.inputs.size() == 2;
}

bool reduce(Layer& layer) {
  layer.set("keepdims", std::int64_t{layer.flag("keep_dims", true)});
  return true;
}

bool blocks(Layer& layer) {
  layer.set("blocksize", layer.integer("block_size", 1));
  return layer.rank(0) == 4;
}

bool shuffle(Layer& layer) {
  layer.set("axis", layer.integer("axis", 1));
  layer.set("group", layer.integer("group", 1));
  return true;
}

bool quantize(Layer& layer) {
  layer.set("levels", layer.integer("levels", 2));
  return true;
}

bool as_they_are(Layer&) {
  return true;
}

bool stays(Layer&) {
  return false;
}

bool convert(Layer& layer) {
  if (layer.outputs() == 0) return false;
  const DType dtype = element_type(layer.record.outputs[0]->precision).dtype;
  const std::int64_t code = dtype == DType::float32   ? 1
                            : dtype == DType::float16 ? 10
                            : dtype == DType::int32   ? 6
                            : dtype == DType::int64   ? 7
                            : dtype == DType::uint8   ? 2
                            : dtype == DType::int8    ? 3
                                                      : 0;
  layer.set("to", code);
  return code != 0;
}

constexpr Translation kRows[] = {
    {"Activation", Op::unknown, activation},
    {"BatchNormalization", Op::ChannelNormalization, batch_norm},
    {"Clamp", Op::Clip, clamp},
    {"Concat", Op::Concat, along_axis},
    {"Convert", Op::Cast, convert},
    {"Convolution", Op::Conv, convolution},
    {"Copy", Op::Identity, as_they_are},
    {"Crop", Op::unknown, stays},
    {"Deconvolution", Op::ConvTranspose, deconvolution},
    {"DepthToSpace", Op::DepthToSpace, blocks},
    {"Eltwise", Op::unknown, eltwise},
    {"FakeQuantize", Op::FakeQuant, quantize},
    {"Flatten", Op::Flatten, flatten},
    {"FullyConnected", Op::FullyConnected, fully_connected},
    {"Gather", Op::Gather, gather},
    {"Gemm", Op::MatMul, gemm},
    {"Interp", Op::unknown, stays},
    {"LSTMCell", Op::unknown, stays},
    {"Norm", Op::LRN, norm},
    {"Normalize", Op::unknown, stays},
    {"OneHot", Op::unknown, stays},
    {"PReLU", Op::PRelu, prelu},
    {"Pad", Op::unknown, stays},
    {"Permute", Op::Transpose, permute},
    {"Pooling", Op::unknown, pooling},
    {"Power", Op::unknown, stays},
    {"Quantize", Op::FakeQuant, quantize},
    {"ReLU", Op::Relu, relu},
    {"ReduceAnd", Op::ReduceAll, reduce},
    {"ReduceMax", Op::ReduceMax, reduce},
    {"ReduceMean", Op::ReduceMean, reduce},
    {"ReduceMin", Op::ReduceMin, reduce},
    {"ReduceOr", Op::ReduceAny, reduce},
    {"ReduceProd", Op::ReduceProd, reduce},
    {"ReduceSum", Op::ReduceSum, reduce},
    {"Resample", Op::unknown, stays},
    {"Reshape", Op::Reshape, reshape},
    {"ScaleShift", Op::ChannelScale, scale_shift},
    {"ShapeOf", Op::unknown, stays},
    {"ShuffleChannels", Op::ShuffleChannels, shuffle},
    {"Slice", Op::Split, split},
    {"SoftMax", Op::Softmax, along_axis},
    {"SpaceToDepth", Op::SpaceToDepth, blocks},
    {"Split", Op::Split, split},
    {"StridedSlice", Op::unknown, stays},
    {"TensorIterator", Op::unknown, stays},
    {"Tile", Op::Tile, tile},
    {"TopK", Op::unknown, stays},
    {"Unsqueeze", Op::Unsqueeze, as_they_are},
};

}  // namespace

std::span<const Translation> legacy_translations() {
  return kRows;
}

}  // namespace haoline::openvino
