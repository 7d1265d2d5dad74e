#include "formats/shared/graphdef_map.h"

#include <algorithm>
#include <array>

#include "ir/tensor_elements.h"

namespace haoline::graphdef {
namespace {

// Sorted by name. The last column: how many results the canonical operator has, where TensorFlow's has more.
constexpr Rule kRules[] = {
    {"Abs", Op::Abs},
    {"AccumulateNV2", Op::Sum},
    {"Acos", Op::Acos},
    {"Acosh", Op::Acosh},
    {"Add", Op::Add},
    {"AddN", Op::Sum},
    {"AddV2", Op::Add},
    {"AdjustContrastv2", Op::ColorAdjust, first_operand},
    {"AdjustHue", Op::ColorAdjust, first_operand},
    {"AdjustSaturation", Op::ColorAdjust, first_operand},
    {"All", Op::ReduceAll, reduce},
    {"Any", Op::ReduceAny, reduce},
    {"ApproximateEqual", Op::Equal},
    {"ArgMax", Op::ArgMax, arg_extreme},
    {"ArgMin", Op::ArgMin, arg_extreme},
    {"Asin", Op::Asin},
    {"Asinh", Op::Asinh},
    {"Assign", Op::AssignVariable},
    {"AssignAddVariableOp", Op::AssignVariable},
    {"AssignSubVariableOp", Op::AssignVariable},
    {"AssignVariableOp", Op::AssignVariable},
    {"Atan", Op::Atan},
    {"Atan2", Op::Atan2},
    {"Atanh", Op::Atanh},
    {"AvgPool", Op::AveragePool, pool},
    {"AvgPool3D", Op::AveragePool, pool},
    {"BatchMatMul", Op::MatMul, batch_mat_mul},
    {"BatchMatMulV2", Op::MatMul, batch_mat_mul},
    {"BatchMatMulV3", Op::MatMul, batch_mat_mul},
    {"BatchNormWithGlobalNormalization", Op::BatchNormalization, global_batch_norm},
    {"BatchToSpaceND", Op::BatchToSpaceND},
    {"BiasAdd", Op::BiasAdd, bias_add},
    {"BiasAddV1", Op::BiasAdd, bias_add},
    {"Bitcast", Op::BitCast, cast},
    {"BitwiseAnd", Op::BitwiseAnd},
    {"BitwiseOr", Op::BitwiseOr},
    {"BitwiseXor", Op::BitwiseXor},
    {"BlockLSTM", Op::BlockLstm, block_lstm},
    {"BlockLSTMV2", Op::BlockLstm, block_lstm},
    {"BroadcastArgs", Op::BroadcastArgs},
    {"BroadcastTo", Op::Expand},
    {"Bucketize", Op::Bucketize},
    {"Cast", Op::Cast, cast},
    {"Ceil", Op::Ceil},
    {"CheckNumerics", Op::Identity},
    {"CheckNumericsV2", Op::Identity},
    {"ClipByValue", Op::Clip},
    {"CombinedNonMaxSuppression", Op::CombinedNonMaxSuppression},
    {"Complex", Op::Complex},
    {"ComplexAbs", Op::ComplexAbs},
    {"Concat", Op::Concat, concat_v1},
    {"ConcatV2", Op::Concat, concat_v2},
    {"Conj", Op::Conj},
    {"ConjugateTranspose", Op::Permute, transpose},
    {"Conv", Op::Conv, conv},
    {"Conv2D", Op::Conv, conv},
    {"Conv2DBackpropInput", Op::ConvTranspose, transposed_conv},
    {"Conv2DBackpropInputV2", Op::ConvTranspose, transposed_conv},
    {"Conv3D", Op::Conv, conv},
    {"Conv3DBackpropInput", Op::ConvTranspose, transposed_conv},
    {"Conv3DBackpropInputV2", Op::ConvTranspose, transposed_conv},
    {"Copy", Op::Identity},
    {"CopyHost", Op::Identity},
    {"Cos", Op::Cos},
    {"Cosh", Op::Cosh},
    {"CropAndResize", Op::CropAndResize, crop_and_resize},
    {"CudnnRNN", Op::CudnnRnn, cudnn_rnn, 3},
    {"CudnnRNNV2", Op::CudnnRnn, cudnn_rnn, 3},
    {"CudnnRNNV3", Op::CudnnRnn, cudnn_rnn, 3},
    {"Cumprod", Op::CumProd, cumulate},
    {"Cumsum", Op::CumSum, cumulate},
    {"DataFormatDimMap", Op::Identity},
    {"DebugGradientIdentity", Op::Identity},
    {"DebugIdentity", Op::Identity},
    {"DecodeBmp", Op::ImageDecoder, image_decoder},
    {"DecodeGif", Op::ImageDecoder, image_decoder},
    {"DecodeImage", Op::ImageDecoder, image_decoder},
    {"DecodeJpeg", Op::ImageDecoder, image_decoder},
    {"DecodePng", Op::ImageDecoder, image_decoder},
    {"DeepCopy", Op::Identity},
    {"DepthToSpace", Op::DepthToSpace, blocks},
    {"DepthwiseConv2dNative", Op::Conv, depthwise_conv},
    {"Dequantize", Op::Dequantize, dequantize, 1},
    {"Digamma", Op::Digamma},
    {"Div", Op::Div},
    {"DivNoNan", Op::DivNoNan},
    {"Einsum", Op::Einsum, einsum},
    {"Elu", Op::Elu},
    {"EmptyTensorList", Op::ListReserve, list_empty},
    {"EnsureShape", Op::Identity},
    {"Enter", Op::Identity},
    {"Equal", Op::Equal},
    {"Erf", Op::Erf},
    {"Erfc", Op::Erfc},
    {"Erfinv", Op::Erfinv},
    {"EuclideanNorm", Op::ReduceL2, reduce},
    {"Exit", Op::Identity},
    {"Exp", Op::Exp},
    {"ExpandDims", Op::Unsqueeze},
    {"Expm1", Op::Expm1},
    {"ExtractImagePatches", Op::ExtractPatches, patches},
    {"FakeQuantWithMinMaxArgs", Op::FakeQuant, fake_quant},
    {"FakeQuantWithMinMaxVars", Op::FakeQuant, fake_quant},
    {"FakeQuantWithMinMaxVarsPerChannel", Op::FakeQuant, fake_quant},
    {"Fill", Op::Expand, fill},
    {"Floor", Op::Floor},
    {"FloorDiv", Op::FloorDiv},
    {"FloorMod", Op::Mod},
    {"FusedBatchNorm", Op::BatchNormalization, batch_norm},
    {"FusedBatchNormV2", Op::BatchNormalization, batch_norm},
    {"FusedBatchNormV3", Op::BatchNormalization, batch_norm},
    {"FusedDepthwiseConv2dNative", Op::Conv, fused_depthwise_conv},
    {"GRUBlockCell", Op::GruBlockCell},
    {"Gather", Op::Gather, gather_v1},
    {"GatherNd", Op::GatherND, gather_nd},
    {"GatherV2", Op::BatchGather, gather_v2},
    {"Greater", Op::Greater},
    {"GreaterEqual", Op::GreaterOrEqual},
    {"GuaranteeConst", Op::Identity},
    {"HSVToRGB", Op::ColorAdjust},
    {"HashTable", Op::HashTable},
    {"HashTableV2", Op::HashTable},
    {"Identity", Op::Identity},
    {"IdentityN", Op::IdentityN},
    {"Imag", Op::Imag},
    {"Inv", Op::Reciprocal},
    {"Invert", Op::BitwiseNot},
    {"InvertPermutation", Op::InvertPermutation},
    {"IsFinite", Op::IsFinite},
    {"IsInf", Op::IsInf},
    {"IsNan", Op::IsNaN},
    {"L2Loss", Op::L2Loss},
    {"LRN", Op::LRN, lrn},
    {"LSTMBlockCell", Op::LstmBlockCell, lstm_cell},
    {"LeakyRelu", Op::LeakyRelu, leaky_relu},
    {"LeftShift", Op::BitShift, shift_left},
    {"Less", Op::Less},
    {"LessEqual", Op::LessOrEqual},
    {"Lgamma", Op::Lgamma},
    {"LinSpace", Op::LinSpace},
    {"Log", Op::Log},
    {"Log1p", Op::Log1p},
    {"LogSoftmax", Op::LogSoftmax, last_axis},
    {"LogicalAnd", Op::And},
    {"LogicalNot", Op::Not},
    {"LogicalOr", Op::Or},
    {"LookupTableFind", Op::HashTableFind},
    {"LookupTableFindV2", Op::HashTableFind},
    {"LookupTableImport", Op::HashTableImport},
    {"LookupTableImportV2", Op::HashTableImport},
    {"LookupTableSize", Op::HashTableSize},
    {"LookupTableSizeV2", Op::HashTableSize},
    {"LoopCond", Op::Identity},
    {"MatMul", Op::MatMul, mat_mul},
    {"MatrixBandPart", Op::BandPart, first_operand},
    {"MatrixDeterminant", Op::Det},
    {"MatrixDiag", Op::MatrixDiag},
    {"MatrixDiagV2", Op::MatrixDiag, main_diagonal},
    {"MatrixDiagV3", Op::MatrixDiag, main_diagonal},
    {"MatrixInverse", Op::MatrixInverse},
    {"MatrixSetDiag", Op::MatrixSetDiag},
    {"MatrixSetDiagV2", Op::MatrixSetDiag},
    {"MatrixSetDiagV3", Op::MatrixSetDiag},
    {"Max", Op::ReduceMax, reduce},
    {"MaxPool", Op::MaxPool, pool, 1},
    {"MaxPool3D", Op::MaxPool, pool, 1},
    {"MaxPoolV2", Op::MaxPool, pool_with_operands},
    {"MaxPoolWithArgmax", Op::MaxPool, pool},
    {"Maximum", Op::Max},
    {"Mean", Op::ReduceMean, reduce},
    {"Merge", Op::Merge},
    {"Min", Op::ReduceMin, reduce},
    {"Minimum", Op::Min},
    {"MirrorPad", Op::PadPairs, mirror_pad},
    {"Mod", Op::Mod, truncated_mod},
    {"Mul", Op::Mul},
    {"MulNoNan", Op::MulNoNan},
    {"Multinomial", Op::SampleCategories, sample},
    {"MutableHashTable", Op::HashTable},
    {"MutableHashTableV2", Op::HashTable},
    {"Neg", Op::Neg},
    {"NextIteration", Op::Identity},
    {"NonMaxSuppression", Op::SuppressBoxes},
    {"NonMaxSuppressionV2", Op::SuppressBoxes},
    {"NonMaxSuppressionV3", Op::SuppressBoxes},
    {"NonMaxSuppressionV4", Op::SuppressBoxes, suppress_padded},
    {"NonMaxSuppressionV5", Op::SuppressBoxes, suppress_padded},
    {"NotEqual", Op::NotEqual},
    {"OneHot", Op::OneHotOnOff, one_hot},
    {"OnesLike", Op::OnesLike},
    {"Pack", Op::Stack, pack},
    {"Pad", Op::PadPairs},
    {"PadV2", Op::PadPairs},
    {"PlaceholderWithDefault", Op::Identity},
    {"PopulationCount", Op::PopulationCount},
    {"Pow", Op::Pow},
    {"Prelu", Op::PRelu},
    {"PreventGradient", Op::Identity},
    {"Prod", Op::ReduceProd, reduce},
    {"QuantizeAndDequantize", Op::FakeQuant, fake_quant},
    {"QuantizeAndDequantizeV2", Op::FakeQuant, fake_quant},
    {"QuantizeAndDequantizeV3", Op::FakeQuant, fake_quant},
    {"QuantizeAndDequantizeV4", Op::FakeQuant, fake_quant},
    {"QuantizeV2", Op::Quantize, quantize},
    {"RFFT2D", Op::Rfft2D},
    {"RGBToHSV", Op::ColorAdjust},
    {"RandomStandardNormal", Op::RandomOfShape, random},
    {"RandomUniform", Op::RandomOfShape, random},
    {"RandomUniformInt", Op::RandomOfShape, random},
    {"Range", Op::Range},
    {"Rank", Op::Rank},
    {"ReadVariableOp", Op::Identity, read_variable},
    {"Real", Op::Real},
    {"RealDiv", Op::Div},
    {"Reciprocal", Op::Reciprocal},
    {"RefEnter", Op::Identity},
    {"RefExit", Op::Identity},
    {"RefIdentity", Op::Identity},
    {"RefMerge", Op::Merge},
    {"RefNextIteration", Op::Identity},
    {"RefSwitch", Op::Switch},
    {"Relu", Op::Relu},
    {"Relu6", Op::Clip, relu6},
    {"Reshape", Op::Reshape, reshape},
    {"ResizeArea", Op::Resize, resize_area},
    {"ResizeBicubic", Op::Resize, resize_cubic},
    {"ResizeBilinear", Op::Resize, resize_bilinear},
    {"ResizeNearestNeighbor", Op::Resize, resize_nearest},
    {"ResourceGather", Op::BatchGather, resource_gather},
    {"ResourceGatherNd", Op::GatherND},
    {"ReverseSequence", Op::ReverseSequence, reverse_sequence},
    {"ReverseV2", Op::Reverse},
    {"RightShift", Op::BitShift, shift_right},
    {"Rint", Op::Round},
    {"Roll", Op::Roll, first_operand},
    {"Round", Op::Round},
    {"Rsqrt", Op::Rsqrt},
    {"ScatterNd", Op::ScatterToZeros},
    {"SegmentMax", Op::SegmentReduce},
    {"SegmentMaxV2", Op::SegmentReduce},
    {"SegmentMean", Op::SegmentReduce},
    {"SegmentMin", Op::SegmentReduce},
    {"SegmentMinV2", Op::SegmentReduce},
    {"SegmentProd", Op::SegmentReduce},
    {"SegmentProdV2", Op::SegmentReduce},
    {"SegmentSum", Op::SegmentReduce},
    {"SegmentSumV2", Op::SegmentReduce},
    {"Select", Op::Select},
    {"SelectV2", Op::Where},
    {"Selu", Op::Selu},
    {"Shape", Op::Shape, size_of},
    {"Sigmoid", Op::Sigmoid},
    {"Sign", Op::Sign},
    {"Sin", Op::Sin},
    {"Sinh", Op::Sinh},
    {"Size", Op::Size, size_of},
    {"Slice", Op::SliceBySize},
    {"Snapshot", Op::Identity},
    {"Softmax", Op::Softmax, last_axis},
    {"Softplus", Op::Softplus},
    {"Softsign", Op::Softsign},
    {"SpaceToBatchND", Op::SpaceToBatchND},
    {"SpaceToDepth", Op::SpaceToDepth, blocks},
    {"SparseMatMul", Op::MatMul, sparse_mat_mul},
    {"SparseToDense", Op::SparseToDense},
    {"Split", Op::Split, split},
    {"SplitV", Op::Split, split_v},
    {"Sqrt", Op::Sqrt},
    {"Square", Op::Square},
    {"SquaredDifference", Op::SquaredDifference},
    {"Squeeze", Op::Squeeze, squeeze},
    {"StatelessMultinomial", Op::SampleCategories, sample},
    {"StatelessRandomNormal", Op::RandomOfShape, random},
    {"StatelessRandomNormalV2", Op::RandomOfShape, random},
    {"StatelessRandomUniform", Op::RandomOfShape, random},
    {"StatelessRandomUniformInt", Op::RandomOfShape, random},
    {"StatelessRandomUniformIntV2", Op::RandomOfShape, random},
    {"StatelessRandomUniformV2", Op::RandomOfShape, random},
    {"StatelessTruncatedNormal", Op::RandomOfShape, random},
    {"StatelessTruncatedNormalV2", Op::RandomOfShape, random},
    {"StopGradient", Op::Identity},
    {"StridedSlice", Op::StridedSlice, strided_slice},
    {"Sub", Op::Sub},
    {"Sum", Op::ReduceSum, reduce},
    {"Switch", Op::Switch},
    {"Tan", Op::Tan},
    {"Tanh", Op::Tanh},
    {"TensorListFromTensor", Op::SplitToSequence, list_from_tensor},
    {"TensorListGetItem", Op::SequenceAt, list_item},
    {"TensorListLength", Op::SequenceLength, list_length},
    {"TensorListPushBack", Op::SequenceInsert, list_push},
    {"TensorListReserve", Op::ListReserve, list_reserve},
    {"TensorListSetItem", Op::ListSetItem, list_set},
    {"TensorListStack", Op::ConcatFromSequence, list_stack},
    {"TensorScatterAdd", Op::ScatterND, scatter_add},
    {"TensorScatterMax", Op::ScatterND, scatter_max},
    {"TensorScatterMin", Op::ScatterND, scatter_min},
    {"TensorScatterSub", Op::ScatterND, scatter_add},
    {"TensorScatterUpdate", Op::ScatterND},
    {"Tile", Op::Tile},
    {"TopK", Op::TopK, top_k},
    {"TopKV2", Op::TopK, top_k},
    {"Transpose", Op::Permute, transpose},
    {"TruncateDiv", Op::TruncateDiv},
    {"TruncateMod", Op::Mod, truncated_mod},
    {"TruncatedNormal", Op::RandomOfShape, random},
    {"Unpack", Op::Unstack, pack},
    {"UnsortedSegmentMax", Op::SegmentReduce},
    {"UnsortedSegmentMin", Op::SegmentReduce},
    {"UnsortedSegmentProd", Op::SegmentReduce},
    {"UnsortedSegmentSum", Op::SegmentReduce},
    {"Where", Op::ArgWhere},
    {"Xdivy", Op::Xdivy},
    {"Xlog1py", Op::Xlogy},
    {"Xlogy", Op::Xlogy},
    {"ZerosLike", Op::ZerosLike},
    {"_FusedBatchNormEx", Op::BatchNormalization, fused_batch_norm},
    {"_FusedConv2D", Op::Conv, fused_conv},
    {"_FusedDepthwiseConv2dNative", Op::Conv, fused_depthwise_conv},
    {"_FusedMatMul", Op::Gemm, fused_mat_mul},
    {"_Retval", Op::Identity},
};
static_assert(std::is_sorted(std::begin(kRules), std::end(kRules),
                             [](const Rule& a, const Rule& b) { return a.name < b.name; }));

// The stored constant behind an operand, seen through copies and the walls of branches.
const TensorData* stored(const Model& model, GraphId graph, TensorId tensor) {
  for (std::size_t step = 0; tensor && step < 64; ++step) {
    const Tensor& t = model.graphs[graph].tensors[tensor];
    if (t.constant != nullptr) return t.constant;
    if (t.outer) {
      tensor = t.outer;
      graph = model.graphs[graph].parent;
      continue;
    }
    if (!t.producer || !model.graphs[graph].nodes.contains(t.producer)) return nullptr;
    const Node& node = model.graphs[graph].nodes[t.producer];
    if (node.op != Op::Identity || node.inputs.empty()) return nullptr;
    tensor = node.inputs[0];
  }
  return nullptr;
}

constexpr std::int64_t kMostSettings = 4096;

}  // namespace

std::span<const Rule> rules() {
  return kRules;
}

const Rule* find_rule(std::string_view name) {
  const auto* found = std::lower_bound(std::begin(kRules), std::end(kRules), name,
                                       [](const Rule& rule, std::string_view n) { return rule.name < n; });
  return found != std::end(kRules) && found->name == name ? found : nullptr;
}

std::optional<std::vector<std::int64_t>> Translation::constant(std::size_t operand) const {
  const TensorData* data = operand < inputs.size() ? stored(b.model, scope.graph, inputs[operand]) : nullptr;
  if (data == nullptr) return std::nullopt;
  const std::int64_t count = element_count(*data).value_or(-1);
  if (count < 0 || count > kMostSettings) return std::nullopt;
  std::vector<std::int64_t> values(static_cast<std::size_t>(count));
  ElementReader reader(*data);
  if (count != 0 && (!reader.can_read() || !reader.is_integer())) return std::nullopt;
  std::size_t filled = 0;
  while (filled < values.size()) {
    const std::size_t read = reader.read(std::span<std::int64_t>(values).subspan(filled));
    if (read == 0) return std::nullopt;
    filled += read;
  }
  return values;
}

std::optional<std::int64_t> Translation::scalar(std::size_t operand) const {
  const auto values = constant(operand);
  return values && values->size() == 1 ? std::optional((*values)[0]) : std::nullopt;
}

std::optional<std::size_t> Translation::constant_rank(std::size_t operand) const {
  const TensorData* data = operand < inputs.size() ? stored(b.model, scope.graph, inputs[operand]) : nullptr;
  return data == nullptr ? std::nullopt : std::optional(data->extents.size());
}

TensorId Translation::made(std::string_view what, std::span<const std::int64_t> values, bool is_scalar) {
  TensorData data;
  data.dtype = DType::int64;
  const std::int64_t count = static_cast<std::int64_t>(values.size());
  if (!is_scalar) data.extents = b.model.arena.copy(std::span<const std::int64_t>(&count, 1));
  data.bytes = std::as_bytes(b.model.arena.copy(values));
  data.stored_elements = values.size();
  const std::string name = std::string(node.name) + "/" + std::string(what);
  return add_constant(b, scope, b.model.arena.text(name), b.model.arena.create(data));
}

TensorId Translation::made_real(std::string_view what, float value) {
  TensorData data;
  data.dtype = DType::float32;
  data.bytes = std::as_bytes(b.model.arena.copy(std::span<const float>(&value, 1)));
  data.stored_elements = 1;
  const std::string name = std::string(node.name) + "/" + std::string(what);
  return add_constant(b, scope, b.model.arena.text(name), b.model.arena.create(data));
}

}  // namespace haoline::graphdef
