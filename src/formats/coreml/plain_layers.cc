// Layers without weights: arithmetic, movement, shapes. Field numbers are those of NeuralNetwork.proto.
#include <algorithm>
#include <limits>

#include "formats/coreml/network.h"

namespace haoline::coreml {
namespace {

double real(const Message& from, std::uint32_t field, float otherwise = 0) {
  return static_cast<double>(from.real(field, otherwise));
}

// --- arithmetic

// With one input the other is a setting; with many they are all taken.
bool with_alpha(NetworkLayer& layer, std::uint32_t field) {
  if (layer.made.inputs.size() != 1) return true;
  const float alpha[] = {layer.params.real(field)};
  layer.add(layer.reals("alpha", alpha));
  return true;
}
bool add(NetworkLayer& layer) {
  if (layer.made.inputs.size() > 2) layer.made.op = Op::Sum;
  return with_alpha(layer, 1);
}
bool multiply(NetworkLayer& layer) {
  return with_alpha(layer, 1) && layer.made.inputs.size() == 2;
}
bool compare_1(NetworkLayer& layer) {
  return with_alpha(layer, 1);
}
bool compare_2(NetworkLayer& layer) {
  return with_alpha(layer, 2);
}

bool unary(NetworkLayer& layer) {
  constexpr Op kOps[] = {Op::Sqrt, Op::Rsqrt, Op::Reciprocal, Op::Pow, Op::Exp, Op::Log, Op::Abs, Op::Max};
  const std::int64_t type = layer.params.integer(1);
  if (type < 0 || type >= static_cast<std::int64_t>(std::size(kOps))) return false;
  layer.made.op = kOps[type];
  if (layer.made.op == Op::Pow || layer.made.op == Op::Max) with_alpha(layer, 2);
  layer.set("scale", real(layer.params, 5, 1));
  layer.set("shift", real(layer.params, 4));
  return true;
}

bool clip(NetworkLayer& layer) {
  layer.set("min", real(layer.params, 1));
  layer.set("max", real(layer.params, 2));
  layer.made.version = 6;
  return true;
}

bool gelu(NetworkLayer& layer) {
  const std::int64_t mode = layer.params.integer(1);
  if (mode == 2) layer.made.op = Op::MsQuickGelu;
  if (mode != 2) layer.set("approximate", mode == 1 ? "tanh" : "none");
  return true;
}

bool reduce_axes(NetworkLayer& layer) {
  const Integers axes = layer.params.integers(1);
  if (layer.params.integer(3) == 0 && !axes.empty()) layer.add(layer.integers("axes", axes));
  layer.set("keepdims", std::int64_t{layer.params.integer(2) != 0});
  return true;
}

// The oldest reduction names its axes: CHW, HW, C, H, W.
bool reduce(NetworkLayer& layer) {
  constexpr Op kOps[] = {Op::ReduceSum, Op::ReduceMean, Op::ReduceProd, Op::ReduceLogSum, Op::ReduceSumSquare,
                         Op::ReduceL1,  Op::ReduceL2,   Op::ReduceMax,  Op::ReduceMin,    Op::ArgMax};
  const std::int64_t mode = layer.params.integer(1), axis = layer.params.integer(3);
  if (mode < 0 || mode >= static_cast<std::int64_t>(std::size(kOps)) || axis < 0 || axis > 4) return false;
  layer.made.op = kOps[mode];
  const Integers axes[] = {{-3, -2, -1}, {-2, -1}, {-3}, {-2}, {-1}};
  layer.set("keepdims", std::int64_t{1});
  if (layer.made.op == Op::ArgMax) {
    layer.set("axis", axes[axis][0]);
    return axes[axis].size() == 1;
  }
  layer.add(layer.integers("axes", axes[axis]));
  return true;
}

bool arg(NetworkLayer& layer) {
  layer.set("axis", layer.params.integer(1));
  layer.set("keepdims", std::int64_t{layer.params.integer(2) == 0});
  layer.set("index_type", "int32");
  return true;
}

// Along the channels: axis 1 of [batch, channels, …], the third from the end otherwise.
bool softmax(NetworkLayer& layer) {
  layer.set("axis", std::int64_t{layer.rank_five ? 1 : -3});
  return true;
}

bool at_axis(NetworkLayer& layer) {
  layer.set("axis", layer.params.integer(1));
  return true;
}

bool cumulate(NetworkLayer& layer) {
  layer.add(layer.scalar("axis", layer.params.integer(1)));
  layer.set("exclusive", std::int64_t{layer.params.integer(2) != 0});
  layer.set("reverse", std::int64_t{layer.params.integer(3) != 0});
  return true;
}

bool top_k(NetworkLayer& layer) {
  if (layer.made.inputs.size() == 1) layer.add(layer.integers("k", {layer.params.integer(2)}));
  layer.set("axis", layer.params.integer(1));
  layer.set("largest", std::int64_t{layer.params.integer(3) == 0});
  return true;
}

// --- movement

bool concat(NetworkLayer& layer) {
  layer.set("axis", std::int64_t{layer.params.integer(100) != 0 ? 0 : layer.rank_five ? 1 : -3});
  return layer.params.integer(100) == 0;
}

bool split(NetworkLayer& layer) {
  layer.set("axis", std::int64_t{layer.rank_five ? 1 : -3});
  layer.set("num_outputs", layer.params.integer(1));
  return true;
}
bool split_nd(NetworkLayer& layer) {
  layer.set("axis", layer.params.integer(1));
  const Integers sizes = layer.params.integers(3);
  if (sizes.empty()) layer.set("num_outputs", layer.params.integer(2));
  if (!sizes.empty()) layer.add(layer.integers("sizes", sizes));
  return true;
}

// Everything but the batch becomes one axis.
bool flatten(NetworkLayer& layer) {
  layer.set("axis", std::int64_t{1});
  return true;
}
bool flatten_2d(NetworkLayer& layer) {
  layer.set("axis", layer.params.integer(1));
  return true;
}

// [channels, height, width] behind the batch.
bool reshape(NetworkLayer& layer) {
  Integers shape = layer.params.integers(1);
  if (shape.size() == 3) shape.insert(0, 0);
  if (shape.size() != 4) return false;
  layer.add(layer.integers("shape", shape));
  return true;
}
bool reshape_static(NetworkLayer& layer) {
  layer.add(layer.integers("shape", layer.params.integers(1)));
  return true;
}

// Of [sequence, channels, height, width]; the sequence stays in front.
bool permute(NetworkLayer& layer) {
  const Integers order = layer.params.integers(1);
  if (order.size() != 4 || order[0] != 0) return false;
  layer.set("perm", order);
  return true;
}
bool transpose(NetworkLayer& layer) {
  layer.set("perm", layer.params.integers(1));
  return true;
}

bool axes_operand(NetworkLayer& layer) {
  const Integers axes = layer.params.integers(1);
  if (!axes.empty()) layer.add(layer.integers("axes", axes));
  return true;
}

bool padding(NetworkLayer& layer) {
  Integers begin = {0, 0}, end = {0, 0};
  layer.params.sub(10).each(10, [&](const Message& edge) {
    begin.push_back(edge.integer(1));
    end.push_back(edge.integer(2));
  });
  if (begin.size() != 4) return layer.params.sub(10).bytes().empty();
  begin.append(end.begin(), end.end());
  layer.add(layer.integers("pads", begin));
  layer.set("mode", layer.params.has(2) ? "reflect" : layer.params.has(3) ? "edge" : "constant");
  return true;
}

// Pairs for every axis.
bool constant_pad(NetworkLayer& layer) {
  const Integers pairs = layer.params.integers(2);
  if (layer.params.integer(3) != 0 || pairs.size() % 2 != 0 || layer.made.inputs.size() != 1) return false;
  Integers pads;
  for (std::size_t i = 0; i < pairs.size(); i += 2) pads.push_back(pairs[i]);
  for (std::size_t i = 1; i < pairs.size(); i += 2) pads.push_back(pairs[i]);
  layer.add(layer.integers("pads", pads));
  return true;
}

bool upsample(NetworkLayer& layer) {
  const Integers factors = layer.params.integers(1);
  if (factors.size() != 2) return false;
  const float scales[] = {static_cast<float>(factors[0]), static_cast<float>(factors[1])};
  layer.add({});
  layer.add(layer.reals("scales", scales));
  layer.set("axes", Integers{-2, -1});
  layer.set("mode", layer.params.integer(5) == 1 ? "linear" : "nearest");
  return true;
}
bool resize(NetworkLayer& layer) {
  const Integers size = layer.params.integers(1);
  if (size.size() != 2) return false;
  layer.add({});
  layer.add({});
  layer.add(layer.integers("sizes", size));
  layer.set("axes", Integers{-2, -1});
  layer.set("mode", "linear");
  return true;
}

bool reorganize(NetworkLayer& layer) {
  const std::int64_t mode = layer.params.integer(1);
  layer.made.op = mode == 0 ? Op::SpaceToDepth : Op::DepthToSpace;
  layer.set("blocksize", layer.params.integer(2, 1));
  if (mode == 2) layer.set("mode", "CRD");
  return mode >= 0 && mode <= 2;
}

// One axis of channels, height and width; an end below zero counts from the end, both inclusive of it.
bool slice(NetworkLayer& layer) {
  const std::int64_t start = layer.params.integer(1), end = layer.params.integer(2),
                     axis = layer.params.integer(4);
  const std::int64_t stride = layer.params.integer(3, 1);
  if (axis < 0 || axis > 2 || stride < 1) return false;
  layer.add(layer.integers("starts", {start}));
  layer.add(layer.integers("ends", {end == -1 ? std::numeric_limits<std::int64_t>::max() : end}));
  layer.add(layer.integers("axes", {axis - 3}));
  layer.add(layer.integers("steps", {stride}));
  return true;
}

std::int64_t mask_of(const Integers& flags) {
  std::int64_t mask = 0;
  for (std::size_t i = 0; i < flags.size() && i < 32; ++i) {
    if (flags[i] != 0) mask |= std::int64_t{1} << i;
  }
  return mask;
}

bool slice_static(NetworkLayer& layer) {
  layer.add(layer.integers("begin", layer.params.integers(1)));
  layer.add(layer.integers("end", layer.params.integers(3)));
  layer.add(layer.integers("strides", layer.params.integers(5)));
  layer.set("begin_mask", mask_of(layer.params.integers(2)));
  layer.set("end_mask", mask_of(layer.params.integers(4)));
  layer.set("shrink_axis_mask", mask_of(layer.params.integers(6)));
  return true;
}

bool crop(NetworkLayer& layer) {
  if (layer.made.inputs.size() != 1) return false;
  Integers starts, ends;
  layer.params.sub(1).each(10, [&](const Message& edge) {
    starts.push_back(edge.integer(1));
    const std::int64_t end = edge.integer(2);
    ends.push_back(end == 0 ? std::numeric_limits<std::int64_t>::max() : -end);
  });
  if (starts.size() != 2) return false;
  layer.add(layer.integers("starts", starts));
  layer.add(layer.integers("ends", ends));
  layer.add(layer.integers("axes", {-2, -1}));
  return true;
}

bool tile(NetworkLayer& layer) {
  if (layer.made.inputs.size() == 1) layer.add(layer.integers("repeats", layer.params.integers(1)));
  return true;
}

bool broadcast_static(NetworkLayer& layer) {
  layer.add(layer.integers("shape", layer.params.integers(1)));
  return true;
}

bool scatter(NetworkLayer& layer) {
  layer.set("axis", layer.params.integer(1));
  return layer.params.integer(2) == 0;
}
bool scatter_nd(NetworkLayer& layer) {
  return layer.params.integer(1) == 0;
}

bool reverse_sequence(NetworkLayer& layer) {
  layer.set("batch_axis", layer.params.integer(1));
  layer.set("time_axis", layer.params.integer(2));
  return true;
}
bool reverse(NetworkLayer& layer) {
  Integers axes;
  const Integers flags = layer.params.integers(1);
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (flags[i] != 0) axes.push_back(static_cast<std::int64_t>(i));
  }
  layer.add(layer.integers("axes", axes));
  return true;
}

bool lower(NetworkLayer& layer) {
  layer.set("upper", std::int64_t{0});
  layer.add(layer.scalar("k", layer.params.integer(1)));
  return true;
}
bool upper(NetworkLayer& layer) {
  layer.set("upper", std::int64_t{1});
  layer.add(layer.scalar("k", layer.params.integer(1)));
  return true;
}

bool shape(NetworkLayer& layer) {
  layer.set("index_type", "int32");
  return true;
}

constexpr NetworkTranslation kRows[] = {
    {175, "softmax", Op::Softmax, softmax},
    {190, "crop", Op::Slice, crop},
    {200, "padding", Op::Pad, padding},
    {210, "upsample", Op::Resize, upsample},
    {211, "resizeBilinear", Op::Resize, resize},
    {212, "cropResize"},
    {220, "unary", Op::unknown, unary},
    {230, "add", Op::Add, add},
    {231, "multiply", Op::Mul, multiply},
    {240, "average", Op::Mean},
    {260, "max", Op::Max},
    {261, "min", Op::Min},
    {270, "dot"},
    {280, "reduce", Op::unknown, reduce},
    {300, "reshape", Op::Reshape, reshape},
    {301, "flatten", Op::Flatten, flatten},
    {310, "permute", Op::Transpose, permute},
    {320, "concat", Op::Concat, concat},
    {330, "split", Op::Split, split},
    {340, "sequenceRepeat"},
    {345, "reorganizeData", Op::unknown, reorganize},
    {350, "slice", Op::Slice, slice},
    {500, "custom"},
    {600, "copy", Op::Identity},
    {605, "branch", Op::If},
    {615, "loop"},
    {620, "loopBreak"},
    {625, "loopContinue"},
    {635, "rangeStatic"},
    {640, "rangeDynamic"},
    {660, "clip", Op::Clip, clip},
    {665, "ceil", Op::Ceil},
    {670, "floor", Op::Floor},
    {680, "sign", Op::Sign},
    {685, "round", Op::Round},
    {700, "exp2"},
    {710, "sin", Op::Sin},
    {715, "cos", Op::Cos},
    {720, "tan", Op::Tan},
    {730, "asin", Op::Asin},
    {735, "acos", Op::Acos},
    {740, "atan", Op::Atan},
    {750, "sinh", Op::Sinh},
    {755, "cosh", Op::Cosh},
    {760, "tanh", Op::Tanh},
    {770, "asinh", Op::Asinh},
    {775, "acosh", Op::Acosh},
    {780, "atanh", Op::Atanh},
    {790, "erf", Op::Erf},
    {795, "gelu", Op::Gelu, gelu},
    {815, "equal", Op::Equal, compare_1},
    {820, "notEqual", Op::NotEqual, compare_1},
    {825, "lessThan", Op::Less, compare_2},
    {827, "lessEqual", Op::LessOrEqual, compare_2},
    {830, "greaterThan", Op::Greater, compare_2},
    {832, "greaterEqual", Op::GreaterOrEqual, compare_2},
    {840, "logicalOr", Op::Or},
    {845, "logicalXor", Op::Xor},
    {850, "logicalNot", Op::Not},
    {855, "logicalAnd", Op::And},
    {865, "modBroadcastable", Op::Mod},
    {870, "minBroadcastable", Op::Min},
    {875, "maxBroadcastable", Op::Max},
    {880, "addBroadcastable", Op::Add},
    {885, "powBroadcastable", Op::Pow},
    {890, "divideBroadcastable", Op::Div},
    {895, "floorDivBroadcastable", Op::FloorDiv},
    {900, "multiplyBroadcastable", Op::Mul},
    {905, "subtractBroadcastable", Op::Sub},
    {920, "tile", Op::Tile, tile},
    {925, "stack", Op::Stack, at_axis},
    {930, "gather", Op::Gather, at_axis},
    {935, "scatter", Op::ScatterUpdate, scatter},
    {940, "gatherND", Op::GatherND},
    {945, "scatterND", Op::ScatterND, scatter_nd},
    {950, "softmaxND", Op::Softmax, at_axis},
    {952, "gatherAlongAxis", Op::GatherElements, at_axis},
    {954, "scatterAlongAxis", Op::ScatterElements, scatter},
    {960, "reverse", Op::Reverse, reverse},
    {965, "reverseSeq", Op::ReverseSequence, reverse_sequence},
    {975, "splitND", Op::Split, split_nd},
    {980, "concatND", Op::Concat, at_axis},
    {985, "transpose", Op::Transpose, transpose},
    {995, "sliceStatic", Op::StridedSlice, slice_static},
    {1000, "sliceDynamic"},
    {1005, "slidingWindows"},
    {1015, "topK", Op::TopK, top_k},
    {1020, "argMin", Op::ArgMin, arg},
    {1025, "argMax", Op::ArgMax, arg},
    {1065, "getShape", Op::Shape, shape},
    {1080, "fillLike"},
    {1085, "fillStatic"},
    {1090, "fillDynamic"},
    {1100, "broadcastToLike"},
    {1105, "broadcastToStatic", Op::Expand, broadcast_static},
    {1110, "broadcastToDynamic", Op::Expand},
    {1120, "squeeze", Op::Squeeze, axes_operand},
    {1125, "expandDims", Op::Unsqueeze, axes_operand},
    {1130, "flattenTo2D", Op::Flatten, flatten_2d},
    {1135, "reshapeLike"},
    {1140, "reshapeStatic", Op::Reshape, reshape_static},
    {1145, "reshapeDynamic", Op::Reshape},
    {1150, "rankPreservingReshape", Op::Reshape, reshape_static},
    {1155, "constantPad", Op::Pad, constant_pad},
    {1170, "randomNormalLike"},
    {1175, "randomNormalStatic"},
    {1180, "randomNormalDynamic"},
    {1190, "randomUniformLike"},
    {1195, "randomUniformStatic"},
    {1200, "randomUniformDynamic"},
    {1210, "randomBernoulliLike"},
    {1215, "randomBernoulliStatic"},
    {1220, "randomBernoulliDynamic"},
    {1230, "categoricalDistribution"},
    {1250, "reduceL1", Op::ReduceL1, reduce_axes},
    {1255, "reduceL2", Op::ReduceL2, reduce_axes},
    {1260, "reduceMax", Op::ReduceMax, reduce_axes},
    {1265, "reduceMin", Op::ReduceMin, reduce_axes},
    {1270, "reduceSum", Op::ReduceSum, reduce_axes},
    {1275, "reduceProd", Op::ReduceProd, reduce_axes},
    {1280, "reduceMean", Op::ReduceMean, reduce_axes},
    {1285, "reduceLogSum", Op::ReduceLogSum, reduce_axes},
    {1290, "reduceSumSquare", Op::ReduceSumSquare, reduce_axes},
    {1295, "reduceLogSumExp", Op::ReduceLogSumExp, reduce_axes},
    {1313, "whereNonZero"},
    {1315, "matrixBandPart"},
    {1320, "lowerTriangular", Op::Trilu, lower},
    {1325, "upperTriangular", Op::Trilu, upper},
    {1330, "whereBroadcastable", Op::Where},
    {1400, "NonMaximumSuppression"},
    {1450, "oneHot"},
    {1455, "cumSum", Op::CumSum, cumulate},
    {1460, "clampedReLU"},
    {1461, "argSort"},
    {1470, "sliceBySize"},
};

}  // namespace

std::span<const NetworkTranslation> plain_layers() {
  return kRows;
}

const NetworkTranslation* find_layer(std::uint32_t number) {
  for (const auto rows : {network_layers(), plain_layers()}) {
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const NetworkTranslation& t) { return t.number == number; });
    if (found != rows.end()) return &*found;
  }
  return nullptr;
}

}  // namespace haoline::coreml
