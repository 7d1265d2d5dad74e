#include "analyses/parameter_roles.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <vector>

#include "ir/tensor_elements.h"

namespace haoline {
namespace {

// A set of slots.
template <class... Slots>
constexpr std::uint32_t slots(Slots... members) {
  return (std::uint32_t{0} | ... | (std::uint32_t{1} << static_cast<unsigned>(members)));
}
constexpr std::uint32_t kAll = ~std::uint32_t{0};

struct SlotRule {
  Op op;
  std::uint32_t trainable = 0;  // weights, biases, scales of normalizations
  std::uint32_t buffers = 0;    // running statistics
  std::uint32_t operands = 0;   // elementwise: trainable if they look like it, which is a judgement
  std::uint32_t tables = 0;     // looked up by row: an embedding if it has rows
};

constexpr SlotRule kRules[] = {
    // ai.onnx
    {Op::Conv, slots(1, 2)},
    {Op::ConvInteger, slots(1)},
    {Op::ConvTranspose, slots(1, 2)},
    {Op::DeformConv, slots(1, 3)},
    {Op::QLinearConv, slots(3, 8)},
    {Op::CausalConvWithState, slots(1, 2)},
    {Op::MatMul, slots(0, 1)},
    {Op::MatMulInteger, slots(0, 1)},
    {Op::QLinearMatMul, slots(0, 3)},
    {Op::Gemm, slots(0, 1, 2)},
    {Op::Einsum, kAll},
    {Op::RNN, slots(1, 2, 3)},
    {Op::GRU, slots(1, 2, 3)},
    {Op::LSTM, slots(1, 2, 3, 7)},
    {Op::GRUUnit, slots(1, 2, 3)},
    {Op::BatchNormalization, slots(1, 2), slots(3, 4)},
    {Op::InstanceNormalization, slots(1, 2)},
    {Op::GroupNormalization, slots(1, 2)},
    {Op::LayerNormalization, slots(1, 2)},
    {Op::RMSNormalization, slots(1)},
    {Op::SimplifiedLayerNormalization, slots(1)},
    {Op::PRelu, slots(1)},
    {Op::Add, 0, 0, slots(0, 1)},
    {Op::Sub, 0, 0, slots(0, 1)},
    {Op::Mul, 0, 0, slots(0, 1)},
    {Op::Div, 0, 0, slots(0, 1)},
    {Op::Sum, 0, 0, kAll},
    {Op::Concat, 0, 0, kAll},
    {Op::Gather, 0, 0, 0, slots(0)},
    {Op::GatherND, 0, 0, 0, slots(0)},
    {Op::GatherElements, 0, 0, 0, slots(0)},
    // haoline
    {Op::BatchGather, 0, 0, 0, slots(0)},
    {Op::BatchStatisticsNorm, slots(1, 2)},
    {Op::BiasAdd, slots(1)},
    {Op::BlockLstm, slots(4, 5, 6, 7, 8)},
    {Op::ChannelNormalization, 0, slots(1, 2)},
    {Op::ChannelScale, slots(1, 2)},
    {Op::ConvPrelu, slots(1, 2, 3)},
    {Op::CudnnRnn, slots(3)},
    {Op::EmbeddingBag, 0, 0, 0, slots(0)},
    {Op::EmbeddingLookupSparse, 0, 0, 0, slots(4)},
    {Op::FloorDiv, 0, 0, slots(0, 1)},
    {Op::FullyConnected, slots(1, 2)},
    {Op::GruBlockCell, slots(2, 3, 4, 5)},
    {Op::GruCell, slots(2, 3, 4)},
    {Op::GruSequence, slots(3, 4, 5)},
    {Op::HashTableLookup, 0, 0, 0, slots(2)},
    {Op::LiteBidirectionalLstm, kAll},
    {Op::LiteBidirectionalRnn, slots(1, 2, 3, 5, 6, 7, 10, 11)},
    {Op::LiteLstm, kAll},
    {Op::LiteRnn, slots(1, 2, 3)},
    {Op::LstmBlockCell, slots(3, 4, 5, 6, 7)},
    {Op::LstmCell, slots(3, 4, 5)},
    {Op::LstmSequence, slots(4, 5, 6)},
    {Op::RnnCell, slots(2, 3, 4)},
    {Op::RnnSequence, slots(3, 4, 5)},
    {Op::SquaredDifference, 0, 0, slots(0, 1)},
    {Op::Stack, 0, 0, kAll},
    {Op::Svdf, slots(1, 2, 3)},
    // com.microsoft
    {Op::MsAttention, slots(1, 2)},
    {Op::MsAttnLSTM, slots(1, 2, 3, 7, 8, 9, 10, 13)},
    {Op::MsBiasAdd, slots(1), 0, slots(2)},
    {Op::MsBiasDropout, slots(1)},
    {Op::MsBiasGelu, slots(1)},
    {Op::MsBiasSplitGelu, slots(1)},
    {Op::MsBitmaskBiasDropout, slots(1)},
    {Op::MsBranchwiseRMSNorm, slots(1)},
    {Op::MsCausalConvWithState, slots(1, 2)},
    {Op::MsConvTransposeWithDynamicPads, slots(1, 3)},
    {Op::MsDecoderAttention, slots(2, 3, 4)},
    {Op::MsDecoderMaskedMultiHeadAttention, slots(10)},
    {Op::MsDecoderMaskedSelfAttention, slots(1, 2)},
    {Op::MsDynamicQuantizeLSTM, slots(1, 2, 3, 7)},
    {Op::MsDynamicQuantizeMatMul, slots(1, 4)},
    {Op::MsDynamicSparseAttention, slots(14, 15, 16)},
    {Op::MsEmbedLayerNormalization, slots(2, 3, 4, 5, 6)},
    {Op::MsEngramGate, slots(3, 4, 5)},
    {Op::MsFastGelu, slots(1)},
    {Op::MsFusedConv, slots(1, 2)},
    {Op::MsFusedGemm, slots(0, 1, 2)},
    {Op::MsFusedMatMul, slots(0, 1)},
    {Op::MsFusedMatMulActivation, slots(0, 1)},
    {Op::MsGatedAdd, slots(3)},
    {Op::MsGatedDeltaNet, slots(7, 8)},
    {Op::MsGatedRMSNorm, slots(1)},
    {Op::MsGatedRelativePositionBias, slots(1, 3, 4, 5)},
    {Op::MsGatherBlockQuantized, slots(0)},
    {Op::MsGatherND, 0, 0, 0, slots(0)},
    {Op::MsGemmFastGelu, slots(1, 2)},
    {Op::MsGemmFloat8, slots(0, 1, 2)},
    {Op::MsGroupNorm, slots(1, 2)},
    {Op::MsGroupQueryAttention, slots(11, 14, 15)},
    {Op::MsHyperConnectionLowRankMix, slots(1, 2, 3, 4)},
    {Op::MsLinearAttentionGate, slots(1)},
    {Op::MsLongformerAttention, slots(1, 2, 4, 5)},
    {Op::MsMamba2Verify, slots(3, 4, 5, 6, 7, 8)},
    {Op::MsMatMulBlockQuantizedFp4Weight, slots(1, 5)},
    {Op::MsMatMulBlockQuantizedFp8Weight, slots(1, 4)},
    {Op::MsMatMulBnb4, slots(1)},
    {Op::MsMatMulFpQ4, slots(1)},
    {Op::MsMatMulInteger16, slots(0, 1)},
    {Op::MsMatMulIntegerToFloat, slots(0, 1, 6)},
    {Op::MsMatMulNBits, slots(1, 5)},
    {Op::MsMatMulNBitsMlp, slots(2, 3, 5, 6, 8)},
    {Op::MsMatMulNBitsQLoRA, slots(1, 3, 5)},
    {Op::MsMatMulNBitsQkv, slots(2, 3, 5, 6, 8, 9, 11)},
    {Op::MsMatMulPacked, slots(1)},
    {Op::MsMoE, slots(2, 3, 4, 5, 6, 7)},
    {Op::MsMoEGroupRouter, slots(2), slots(1)},
    {Op::MsMoEPacked, slots(2, 3, 4, 5)},
    {Op::MsMultiHeadAttention, slots(3)},
    {Op::MsNhwcConv, slots(1, 2)},
    {Op::MsNhwcFusedConv, slots(1, 2)},
    {Op::MsPackedAttention, slots(1, 2)},
    {Op::MsPackedMultiHeadAttention, slots(3)},
    {Op::MsPackedSparseAttentionIndexer, slots(2, 3)},
    {Op::MsPagedAttention, slots(11, 12, 13)},
    {Op::MsQAttention, slots(1, 2)},
    {Op::MsQEmbedLayerNormalization, slots(2, 3, 4, 5, 6)},
    {Op::MsQGemm, slots(0, 3, 6)},
    {Op::MsQLinearAdd, 0, 0, slots(0, 3)},
    {Op::MsQLinearMul, 0, 0, slots(0, 3)},
    {Op::MsQLinearConv, slots(3, 8)},
    {Op::MsQMoE, slots(2, 4, 5, 7, 8, 10, 14)},
    {Op::MsQOrderedAttention, slots(5, 6, 7, 11, 12, 13)},
    {Op::MsQOrderedLayerNormalization, slots(2, 3)},
    {Op::MsQOrderedLongformerAttention, slots(2, 4, 8, 10)},
    {Op::MsQOrderedMatMul, slots(0, 2, 5)},
    {Op::MsRMSNormRotary, slots(1)},
    {Op::MsRelativePositionBias, slots(0)},
    {Op::MsRouterGateUpProj, slots(1)},
    {Op::MsSkipGroupNorm, slots(1, 2, 4)},
    {Op::MsSkipLayerNormalization, slots(2, 3, 4)},
    {Op::MsSkipSimplifiedLayerNormalization, slots(2, 3)},
    {Op::MsSparseAttentionIndexer, slots(2, 3)},
    {Op::MsSparsePagedAttention, slots(16, 17, 18)},
    {Op::MsSparseToDenseMatMul, slots(0, 1)},
    {Op::MsTorchEmbedding, slots(0)},
    {Op::MsTransposeMatMul, slots(0, 1)},
    {Op::MsVarlenCausalConvWithState, slots(1, 3)},
    {Op::MsWordConvEmbedding, slots(1, 2, 3)},
};

struct PassingRule {
  Op op;
  Passing passing;
};
constexpr PassingRule kPassing[] = {
    {Op::Identity, Passing::first},
    {Op::Cast, Passing::first},
    {Op::CastLike, Passing::first},
    {Op::BitCast, Passing::first},
    {Op::Transpose, Passing::first},
    {Op::Reshape, Passing::first},
    {Op::Flatten, Passing::first},
    {Op::Squeeze, Passing::first},
    {Op::Unsqueeze, Passing::first},
    {Op::DequantizeLinear, Passing::first},
    {Op::QuantizeLinear, Passing::first},
    {Op::Slice, Passing::first},
    {Op::DynamicSlice, Passing::first},
    {Op::Split, Passing::first},
    {Op::Expand, Passing::first},
    {Op::Tile, Passing::first},
    {Op::Pad, Passing::first},
    {Op::Decompress, Passing::first},
    {Op::Densify, Passing::first},
    {Op::Dequantize, Passing::first},
    {Op::FakeQuant, Passing::first},
    {Op::PadPairs, Passing::first},
    {Op::Permute, Passing::first},
    {Op::Quantize, Passing::first},
    {Op::Reverse, Passing::first},
    {Op::SliceBySize, Passing::first},
    {Op::SplitRest, Passing::first},
    {Op::StridedSlice, Passing::first},
    {Op::Rank, Passing::ignored},
    {Op::MemcpyFromHost, Passing::first},
    {Op::MemcpyToHost, Passing::first},
    {Op::MsDequantizeLinear, Passing::first},
    {Op::MsQuantizeLinear, Passing::first},
    {Op::MsDequantizeBFP, Passing::first},
    {Op::MsQuantizeBFP, Passing::first},
    {Op::MsDequantizeWithOrder, Passing::first},
    {Op::MsQuantizeWithOrder, Passing::first},
    {Op::MsExpandDims, Passing::first},
    {Op::MsPad, Passing::first},
    {Op::Shape, Passing::ignored},
    {Op::Size, Passing::ignored},
};

// Index + 1 into a table, by operator; made at compile time.
template <class Table>
constexpr std::array<std::uint8_t, kOpCount> index_of(const Table& table) {
  std::array<std::uint8_t, kOpCount> index{};
  for (std::size_t i = 0; i < std::size(table); ++i) {
    index[static_cast<std::size_t>(table[i].op)] = static_cast<std::uint8_t>(i + 1);
  }
  return index;
}
static_assert(std::size(kRules) < 255 && std::size(kPassing) < 255);
constexpr auto kRuleOf = index_of(kRules);
constexpr auto kPassingOf = index_of(kPassing);

// The first elements of a stored floating tensor, at most `limit`; empty when they cannot be read.
std::vector<double> first_elements(const TensorData& data, std::size_t limit) {
  if (!is_float(data.dtype)) return {};
  std::vector<double> out(std::min(limit, static_cast<std::size_t>(element_count(data).value_or(0))));
  ElementReader reader(data);
  std::size_t filled = 0;
  while (filled < out.size()) {
    const std::size_t count = reader.read(std::span<double>(out).subspan(filled));
    if (count == 0) break;
    filled += count;
  }
  out.resize(filled);
  return out;
}

std::size_t count_above_one(std::span<const std::int64_t> extents) {
  return static_cast<std::size_t>(
      std::count_if(extents.begin(), extents.end(), [](auto e) { return e > 1; }));
}

// Sines and cosines of positions: position 0 gives zeros and ones, position 1 at frequency 1 gives sin 1 or
// cos 1.
bool is_position_table(const TensorData& data) {
  if (count_above_one(data.extents) < 2 || data.extents.back() < 2) return false;
  const auto width = static_cast<std::size_t>(data.extents.back());
  if (width > 65'536) return false;
  const std::vector<double> rows = first_elements(data, 2 * width);
  if (rows.size() < 2 * width) return false;
  for (std::size_t i = 0; i < width; ++i) {
    if (rows[i] != 0.0 && rows[i] != 1.0) return false;
  }
  return std::any_of(rows.begin() + static_cast<std::ptrdiff_t>(width), rows.end(), [](double v) {
    return std::abs(v - std::sin(1.0)) < 2e-3 || std::abs(v - std::cos(1.0)) < 2e-3;
  });
}

// The frequencies of a rotary embedding: a vector that falls from exactly 1 towards 0.
bool is_frequency_vector(const TensorData& data) {
  constexpr std::size_t kMost = 4096;
  if (count_above_one(data.extents) != 1) return false;
  const std::vector<double> values = first_elements(data, kMost + 1);
  if (values.size() < 2 || values.size() > kMost || values[0] != 1.0 || values.back() <= 0.0) return false;
  return std::adjacent_find(values.begin(), values.end(), std::less_equal<>()) == values.end();
}

// Zeros (and ones) beside "minus infinity", or a square of zeros and ones.
bool is_mask(const TensorData& data) {
  constexpr std::size_t kSample = 1024;
  constexpr double kBlocked = -1e3;
  if (count_above_one(data.extents) < 2) return false;
  bool blocked = false, zero = false, one = false;
  for (const double value : first_elements(data, kSample)) {
    if (value <= kBlocked) {
      blocked = true;
    } else if (value == 0.0) {
      zero = true;
    } else if (value == 1.0) {
      one = true;
    } else {
      return false;
    }
  }
  const std::size_t rank = data.extents.size();
  return blocked || (zero && one && data.extents[rank - 1] == data.extents[rank - 2]);
}

bool is_fixed(const TensorData* data) {
  return data && (is_position_table(*data) || is_frequency_vector(*data) || is_mask(*data));
}

std::size_t axes_above_one(const Shape& shape) {
  return static_cast<std::size_t>(std::count_if(shape.begin(), shape.end(), [](Dim d) { return !d.is(1); }));
}

bool is_small_integer(DType dtype) {
  const auto bits = info(dtype).bits;
  return is_integer(dtype) && bits > 0 && bits <= 8;
}

Role role_of_operand(const ConstantOperand& operand) {
  const bool numeric = is_float(operand.dtype) || is_small_integer(operand.dtype);
  if (!numeric || operand.computed || operand.steers || operand.elements.is(1) || !operand.shape->has_rank())
    return {};
  if (axes_above_one(*operand.shape) == 0 || is_fixed(operand.data)) return {};
  return {ParameterRole::trainable, true};
}

Role role_of_table(const ConstantOperand& operand) {
  const bool numeric = is_float(operand.dtype) || is_small_integer(operand.dtype);
  if (!numeric || operand.computed || !operand.shape->has_rank() || operand.shape->rank() < 2) return {};
  if (is_fixed(operand.data)) return {};
  return {ParameterRole::trainable, false};
}

std::int64_t integer(const Node& node, std::string_view name, std::int64_t otherwise) {
  const Attribute* attribute = node.attribute(name);
  const auto* value = attribute ? std::get_if<std::int64_t>(&attribute->value) : nullptr;
  return value ? *value : otherwise;
}

}  // namespace

bool owns_slot(Op op, std::size_t slot) {
  const std::uint8_t index = kRuleOf[static_cast<std::size_t>(op)];
  if (index == 0) return false;
  const std::uint32_t bit = 1u << std::min<std::size_t>(slot, 31);
  return ((kRules[index - 1].trainable | kRules[index - 1].buffers) & bit) != 0;
}

Role role_in(const Node& node, std::size_t slot, const ConstantOperand& operand) {
  // A custom operator that is called like one we know ("Conv" of some layout's domain) is taken for its like.
  const bool judged = node.op == Op::unknown;
  const Op op = judged ? find_op({}, node.op_type) : node.op;
  const std::uint8_t index = kRuleOf[static_cast<std::size_t>(op)];
  if (index == 0) return {};
  const SlotRule& rule = kRules[index - 1];
  const std::uint32_t bit = 1u << std::min<std::size_t>(slot, 31);
  if (rule.buffers & bit) return {ParameterRole::buffer, judged};
  if (rule.tables & bit) return role_of_table(operand);
  if (rule.operands & bit) return role_of_operand(operand);
  if (!(rule.trainable & bit)) return {};
  // A product with a falling vector is how rotary frequencies meet positions.
  const bool product = op == Op::MatMul || op == Op::Einsum;
  if (product && operand.data && is_frequency_vector(*operand.data)) return {};
  return {ParameterRole::trainable, judged};
}

std::optional<Dim> packed_elements(const Node& node, std::size_t slot, Dim stored, DType dtype,
                                   DimPool& pool) {
  const auto extent = [&](std::string_view name) {
    const std::int64_t value = integer(node, name, -1);
    return value < 0 ? Dim::unknown() : pool.number(value);
  };
  const auto per_byte = [&](std::int64_t bits) -> std::optional<Dim> {
    if (info(dtype).bits != 8 || bits <= 0 || bits >= 8 || 8 % bits != 0) return std::nullopt;
    return pool.multiply(stored, Dim(8 / bits));
  };
  switch (node.op) {
    case Op::MsMatMulNBits:
    case Op::MsMatMulBnb4:
      if (slot != 1) return std::nullopt;
      return pool.multiply(extent("N"), extent("K"));
    case Op::MsGatherBlockQuantized:
      return slot == 0 ? per_byte(integer(node, "bits", 4)) : std::nullopt;
    case Op::MsMatMulNBitsMlp:
      return slot == 3 || slot == 6 ? per_byte(integer(node, "bits", 4)) : std::nullopt;
    case Op::MsMatMulNBitsQkv:
      return slot == 3 || slot == 6 || slot == 9 ? per_byte(integer(node, "bits", 4)) : std::nullopt;
    case Op::MsMatMulNBitsQLoRA:
      return slot == 1 ? per_byte(integer(node, "bits", 4)) : std::nullopt;
    case Op::MsQMoE:
      return slot == 2 || slot == 5 || slot == 8 ? per_byte(integer(node, "expert_weight_bits", 4))
                                                 : std::nullopt;
    default:
      return std::nullopt;
  }
}

Passing passing_of(Op op) {
  const std::uint8_t index = kPassingOf[static_cast<std::size_t>(op)];
  return index == 0 ? Passing::none : kPassing[index - 1].passing;
}

}  // namespace haoline
