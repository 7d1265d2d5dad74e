// Options of builtin operators as attributes: one table for each of the schema's option records. What an
// option is called, and how it is spelled, is ONNX's choice where ONNX has the attribute. An option at its
// default is left out, unless ONNX's default differs (then its row says `always`).
#include <algorithm>

#include "formats/shared/onnx_types.h"
#include "formats/tflite/draft.h"

namespace haoline::tflite {
namespace {

enum class Kind : std::uint8_t {
  flag,
  number,  // int32
  long_number,
  real,
  activation,
  padding,    // SAME or VALID
  word,       // a number that stands for one of the words
  dtype,      // spelled as a word
  onnx_type,  // spelled as ONNX's number
  text,
  numbers,  // int32
  long_numbers,
  reals,
  pair,    // of numbers, in two slots: height, width
  triple,  // depth, height, width
};

struct Option {
  std::string_view name;
  Kind kind;
  std::uint16_t slot;
  std::uint16_t slot2 = 0, slot3 = 0;
  std::int64_t otherwise = 0;  // the schema's default
  bool always = false;
  std::span<const std::string_view> words = {};
};

using Options = std::span<const Option>;

constexpr std::string_view kActivations[] = {"", "relu", "relu_n1_to_1", "relu6", "tanh", "sign_bit"};
constexpr std::string_view kPaddings[] = {"SAME_UPPER", "VALID"};
constexpr std::string_view kCombiners[] = {"sum", "mean", "sqrtn"};
constexpr std::string_view kKernels[] = {"FULL", "BASIC"};
constexpr std::string_view kHashes[] = {"UNKNOWN", "SPARSE", "DENSE"};
constexpr std::string_view kMirrors[] = {"reflect", "symmetric"};
constexpr std::string_view kFormats[] = {"", "SHUFFLED4x16INT8"};
constexpr std::string_view kGelus[] = {"none", "tanh"};
constexpr std::string_view kGenerators[] = {"DEFAULT", "PHILOX", "THREEFRY"};
constexpr std::string_view kDirections[] = {"EQ", "NE", "GE", "GT", "LE", "LT"};
constexpr std::string_view kComparisons[] = {"", "FLOAT", "FLOAT_TOTAL_ORDER", "SIGNED", "UNSIGNED"};

constexpr Option activation(std::uint16_t slot) {
  return {"activation", Kind::activation, slot};
}
constexpr Option flag(std::string_view name, std::uint16_t slot, bool otherwise = false) {
  return {name, Kind::flag, slot, 0, 0, otherwise ? 1 : 0};
}
constexpr Option number(std::string_view name, std::uint16_t slot, std::int64_t otherwise = 0) {
  return {name, Kind::number, slot, 0, 0, otherwise};
}
constexpr Option always(std::string_view name, Kind kind, std::uint16_t slot) {
  return {name, kind, slot, 0, 0, 0, true};
}
constexpr Option real(std::string_view name, std::uint16_t slot) {
  return {name, Kind::real, slot};
}
constexpr Option word(std::string_view name, std::uint16_t slot, std::span<const std::string_view> words) {
  return {name, Kind::word, slot, 0, 0, 0, false, words};
}
constexpr Option longs(std::string_view name, std::uint16_t slot) {
  return {name, Kind::long_numbers, slot};
}

constexpr Option kConv2D[] = {{"auto_pad", Kind::padding, 0, 0, 0, 0, true},
                              {"strides", Kind::pair, 2, 1, 0, 0, true},
                              {"dilations", Kind::pair, 5, 4, 0, 1},
                              activation(3),
                              {"quantized_bias_type", Kind::dtype, 6}};
constexpr Option kDepthwiseConv2D[] = {{"auto_pad", Kind::padding, 0, 0, 0, 0, true},
                                       {"strides", Kind::pair, 2, 1, 0, 0, true},
                                       {"dilations", Kind::pair, 6, 5, 0, 1},
                                       number("depth_multiplier", 3),
                                       activation(4)};
constexpr Option kConv3D[] = {{"auto_pad", Kind::padding, 0, 0, 0, 0, true},
                              {"strides", Kind::triple, 1, 3, 2, 0, true},
                              {"dilations", Kind::triple, 5, 7, 6, 1},
                              activation(4)};
constexpr Option kTransposeConv[] = {{"auto_pad", Kind::padding, 0, 0, 0, 0, true},
                                     {"strides", Kind::pair, 2, 1, 0, 0, true},
                                     activation(3),
                                     {"quantized_bias_type", Kind::dtype, 4}};
constexpr Option kPool2D[] = {{"auto_pad", Kind::padding, 0, 0, 0, 0, true},
                              {"strides", Kind::pair, 2, 1, 0, 0, true},
                              {"kernel_shape", Kind::pair, 4, 3, 0, 0, true},
                              activation(5)};
constexpr Option kConcatEmbeddings[] = {number("num_channels", 0),
                                        {"num_columns_per_channel", Kind::numbers, 1},
                                        {"embedding_dim_per_channel", Kind::numbers, 2}};
constexpr Option kLshProjection[] = {word("type", 0, kHashes)};
constexpr Option kSvdf[] = {always("rank", Kind::number, 0), activation(1),
                            flag("asymmetric_quantize_inputs", 2)};
constexpr Option kRnn[] = {activation(0), flag("asymmetric_quantize_inputs", 1)};
constexpr Option kSequenceRnn[] = {flag("time_major", 0), activation(1),
                                   flag("asymmetric_quantize_inputs", 2)};
constexpr Option kBidirectionalRnn[] = {flag("time_major", 0), activation(1), flag("merge_outputs", 2),
                                        flag("asymmetric_quantize_inputs", 3)};
constexpr Option kFullyConnected[] = {activation(0),
                                      word("weights_format", 1, kFormats),
                                      flag("keep_num_dims", 2),
                                      flag("asymmetric_quantize_inputs", 3),
                                      {"quantized_bias_type", Kind::dtype, 4}};
constexpr Option kSoftmax[] = {real("beta", 0)};
constexpr Option kConcatenation[] = {always("axis", Kind::number, 0), activation(1)};
constexpr Option kActivation[] = {activation(0)};
constexpr Option kAdd[] = {activation(0), flag("pot_scale_int16", 1, true)};
constexpr Option kLrn[] = {number("radius", 0), real("bias", 1), real("alpha", 2), real("beta", 3)};
constexpr Option kLstm[] = {activation(0), real("cell_clip", 1), real("proj_clip", 2),
                            word("kernel", 3, kKernels), flag("asymmetric_quantize_inputs", 4)};
constexpr Option kSequenceLstm[] = {activation(0),
                                    real("cell_clip", 1),
                                    real("proj_clip", 2),
                                    flag("time_major", 3),
                                    flag("asymmetric_quantize_inputs", 4),
                                    flag("diagonal_recurrent_tensors", 5)};
constexpr Option kBidirectionalLstm[] = {activation(0),
                                         real("cell_clip", 1),
                                         real("proj_clip", 2),
                                         flag("merge_outputs", 3),
                                         flag("time_major", 4, true),
                                         flag("asymmetric_quantize_inputs", 5)};
constexpr Option kResizeBilinear[] = {flag("align_corners", 2), flag("half_pixel_centers", 3)};
constexpr Option kResizeNearest[] = {flag("align_corners", 0), flag("half_pixel_centers", 1)};
constexpr Option kReshape[] = {{"new_shape", Kind::numbers, 0}};
constexpr Option kSkipGram[] = {number("ngram_size", 0), number("max_skip_size", 1),
                                flag("include_all_ngrams", 2)};
constexpr Option kBlockSize[] = {always("blocksize", Kind::number, 0)};
constexpr Option kEmbeddingSparse[] = {word("combiner", 0, kCombiners)};
constexpr Option kGather[] = {always("axis", Kind::number, 0), number("batch_dims", 1)};
constexpr Option kReducer[] = {always("keepdims", Kind::flag, 0)};
constexpr Option kSqueeze[] = {{"axes", Kind::numbers, 0}};
constexpr Option kStridedSlice[] = {number("begin_mask", 0),       number("end_mask", 1),
                                    number("ellipsis_mask", 2),    number("new_axis_mask", 3),
                                    number("shrink_axis_mask", 4), flag("offset", 5)};
constexpr Option kCast[] = {{"to", Kind::onnx_type, 1}};
constexpr Option kSparseToDense[] = {flag("validate_indices", 0)};
constexpr Option kFakeQuant[] = {real("min", 0), real("max", 1), number("num_bits", 2),
                                 flag("narrow_range", 3)};
constexpr Option kPack[] = {always("axis", Kind::number, 1)};
constexpr Option kOneHot[] = {always("axis", Kind::number, 0)};
constexpr Option kUnpack[] = {always("axis", Kind::number, 1)};
constexpr Option kLeakyRelu[] = {always("alpha", Kind::real, 0)};
constexpr Option kMirrorPad[] = {{"mode", Kind::word, 0, 0, 0, 0, true, kMirrors}};
constexpr Option kReverseSequence[] = {always("time_axis", Kind::number, 0),
                                       always("batch_axis", Kind::number, 1)};
constexpr Option kBatchMatMul[] = {flag("transA", 0), flag("transB", 1),
                                   flag("asymmetric_quantize_inputs", 2)};
constexpr Option kCumsum[] = {flag("exclusive", 0), flag("reverse", 1)};
constexpr Option kHashtable[] = {number("table_id", 0), always("key_dtype", Kind::dtype, 1),
                                 always("value_dtype", Kind::dtype, 2)};
constexpr Option kVarHandle[] = {{"container", Kind::text, 0}, {"shared_name", Kind::text, 1}};
constexpr Option kRandom[] = {{"seed", Kind::long_number, 0}, {"seed2", Kind::long_number, 1}};
constexpr Option kBucketize[] = {{"boundaries", Kind::reals, 0}};
constexpr Option kGelu[] = {{"approximate", Kind::word, 0, 0, 0, 0, false, kGelus}};

constexpr Option kShloConcatenate[] = {always("axis", Kind::long_number, 0)};
constexpr Option kShloBroadcast[] = {longs("broadcast_dimensions", 0)};
constexpr Option kShloSlice[] = {longs("begin", 0), longs("end", 1), longs("strides", 2)};
constexpr Option kShloConvolution[] = {longs("strides", 0),
                                       longs("lhs_dilation", 2),
                                       longs("dilations", 3),
                                       {"group", Kind::long_number, 14, 0, 0, 1},
                                       {"batch_group_count", Kind::long_number, 15, 0, 0, 1}};
constexpr Option kShloCustomCall[] = {{"call_target_name", Kind::text, 0},
                                      flag("has_side_effect", 1),
                                      {"backend_config", Kind::text, 2},
                                      number("api_version", 3)};
constexpr Option kShloReduce[] = {longs("dimensions", 0)};
constexpr Option kShloScatter[] = {flag("indices_are_sorted", 0),
                                   longs("update_window_dims", 1),
                                   longs("inserted_window_dims", 2),
                                   longs("scatter_dims_to_operand_dims", 3),
                                   {"index_vector_dim", Kind::long_number, 4},
                                   flag("unique_indices", 5)};
constexpr Option kShloCompare[] = {{"comparison_direction", Kind::word, 0, 0, 0, 0, true, kDirections},
                                   word("compare_type", 1, kComparisons)};
constexpr Option kShloDynamicSlice[] = {longs("slice_sizes", 0)};
constexpr Option kShloPad[] = {longs("edge_padding_low", 0), longs("edge_padding_high", 1),
                               longs("interior_padding", 2)};
constexpr Option kShloIota[] = {always("iota_dimension", Kind::long_number, 0)};
constexpr Option kShloDot[] = {longs("lhs_batching_dimensions", 0), longs("rhs_batching_dimensions", 1),
                               longs("lhs_contracting_dimensions", 2),
                               longs("rhs_contracting_dimensions", 3)};
constexpr Option kShloReduceWindow[] = {longs("window_dimensions", 0), longs("window_strides", 1),
                                        longs("base_dilations", 2), longs("window_dilations", 3),
                                        longs("padding", 4)};
constexpr Option kShloSort[] = {{"dimension", Kind::long_number, 0, 0, 0, 0, true}, flag("is_stable", 1)};
constexpr Option kShloGather[] = {longs("offset_dims", 0),     longs("collapsed_slice_dims", 1),
                                  longs("start_index_map", 2), {"index_vector_dim", Kind::long_number, 3},
                                  longs("slice_sizes", 4),     flag("indices_are_sorted", 5)};
constexpr Option kShloTranspose[] = {longs("perm", 0)};
constexpr Option kShloGenerator[] = {word("algorithm", 0, kGenerators)};
constexpr Option kShloComposite[] = {{"name", Kind::text, 0}, number("version", 4)};
constexpr Option kReduceWindow[] = {number("reduce_function", 0)};

// A member of a union and its options. Members without a row have none; types of results (ArgMax, Shape,
// Unique) are those of the results' tensors.
struct Member {
  std::uint8_t number;
  Options options;
};
constexpr Member kFirst[] = {{1, kConv2D},
                             {2, kDepthwiseConv2D},
                             {3, kConcatEmbeddings},
                             {4, kLshProjection},
                             {5, kPool2D},
                             {6, kSvdf},
                             {7, kRnn},
                             {8, kFullyConnected},
                             {9, kSoftmax},
                             {10, kConcatenation},
                             {11, kAdd},
                             {12, kActivation},
                             {13, kLrn},
                             {14, kLstm},
                             {15, kResizeBilinear},
                             {17, kReshape},
                             {18, kSkipGram},
                             {19, kBlockSize},
                             {20, kEmbeddingSparse},
                             {21, kActivation},
                             {23, kGather},
                             {27, kReducer},
                             {28, kAdd},
                             {29, kActivation},
                             {30, kSqueeze},
                             {31, kSequenceRnn},
                             {32, kStridedSlice},
                             {37, kCast},
                             {49, kTransposeConv},
                             {50, kSparseToDense},
                             {58, kFakeQuant},
                             {59, kPack},
                             {61, kOneHot},
                             {64, kUnpack},
                             {69, kBidirectionalLstm},
                             {70, kBidirectionalRnn},
                             {71, kSequenceLstm},
                             {74, kResizeNearest},
                             {75, kLeakyRelu},
                             {77, kMirrorPad},
                             {87, kReverseSequence},
                             {94, kBlockSize},
                             {101, kBatchMatMul},
                             {102, kCumsum},
                             {106, kConv3D},
                             {107, kHashtable},
                             {111, kVarHandle},
                             {114, kRandom},
                             {115, kBucketize},
                             {116, kGelu}};
constexpr Member kSecond[] = {
    {1, kShloConcatenate},   {2, kShloBroadcast}, {3, kShloSlice},     {4, kShloConvolution},
    {5, kShloCustomCall},    {6, kShloReduce},    {7, kShloScatter},   {8, kShloCompare},
    {9, kShloDynamicSlice},  {10, kShloPad},      {11, kShloIota},     {12, kShloDot},
    {13, kShloReduceWindow}, {14, kShloSort},     {16, kShloGather},   {17, kShloTranspose},
    {19, kShloGenerator},    {20, kReduceWindow}, {21, kShloComposite}};

std::span<const std::int64_t> widened(Draft& draft, Numbers<std::int32_t> numbers) {
  const std::span<std::int64_t> wide = draft.r.model.arena.allocate<std::int64_t>(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) wide[i] = numbers[i];
  return wide;
}

void add_word(Draft& draft, const Option& option, std::span<const std::string_view> words) {
  const auto value = draft.options.number<std::int8_t>({option.slot, option.name});
  if (value == 0 && !option.always) return;
  if (value < 0 || static_cast<std::size_t>(value) >= words.size()) {
    draft.add(option.name, std::int64_t{value});  // newer than our list: as the number
  } else if (!words[static_cast<std::size_t>(value)].empty()) {
    draft.add(option.name, words[static_cast<std::size_t>(value)]);
  }
}

void add_integer(Draft& draft, const Option& option, std::int64_t value) {
  if (value != option.otherwise || option.always) draft.add(option.name, value);
}

void add_group(Draft& draft, const Option& option, std::size_t count) {
  const std::uint16_t slots[] = {option.slot, option.slot2, option.slot3};
  std::int64_t values[3] = {};
  bool is_default = !option.always;
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = draft.options.number<std::int32_t>({slots[i], option.name},
                                                   static_cast<std::int32_t>(option.otherwise));
    is_default = is_default && values[i] == option.otherwise;
  }
  if (!is_default) draft.add(option.name, std::span<const std::int64_t>(values, count));
}

void add_option(Draft& draft, const Option& option) {
  const Table& options = draft.options;
  const Field field{option.slot, option.name};
  switch (option.kind) {
    case Kind::flag:
      return add_integer(draft, option, options.flag(field, option.otherwise != 0) ? 1 : 0);
    case Kind::number:
      return add_integer(draft, option,
                         options.number<std::int32_t>(field, static_cast<std::int32_t>(option.otherwise)));
    case Kind::long_number:
      return add_integer(draft, option, options.number<std::int64_t>(field, option.otherwise));
    case Kind::real: {
      const auto value = static_cast<double>(options.number<float>(field));
      if (value != 0 || option.always) draft.add_real(option.name, value);
      return;
    }
    case Kind::activation:
      return add_word(draft, option, kActivations);
    case Kind::padding:
      return add_word(draft, option, kPaddings);
    case Kind::word:
      return add_word(draft, option, option.words);
    case Kind::dtype: {
      const DType dtype = dtype_of(options.number<std::int8_t>(field));
      if (dtype != DType::float32 || option.always) draft.add(option.name, name(dtype));
      return;
    }
    case Kind::onnx_type:
      return draft.add(option.name, onnx_code_of(dtype_of(options.number<std::int8_t>(field))));
    case Kind::text:
      if (const std::string_view text = options.text(field); !text.empty()) draft.add(option.name, text);
      return;
    case Kind::numbers:
      if (const auto list = options.numbers<std::int32_t>(field); !list.empty())
        draft.attributes.push_back({option.name, widened(draft, list), {}});
      return;
    case Kind::long_numbers:
      if (const auto list = options.numbers<std::int64_t>(field); !list.empty())
        draft.attributes.push_back({option.name, flatbuffer::array_of(list, draft.r.model.arena), {}});
      return;
    case Kind::reals:
      if (const auto list = options.numbers<float>(field); !list.empty())
        draft.attributes.push_back({option.name, flatbuffer::array_of(list, draft.r.model.arena), {}});
      return;
    case Kind::pair:
      return add_group(draft, option, 2);
    case Kind::triple:
      return add_group(draft, option, 3);
  }
}

}  // namespace

void read_options(Draft& draft, std::uint8_t kind, bool is_second_union) {
  const std::span<const Member> members =
      is_second_union ? std::span<const Member>(kSecond) : std::span<const Member>(kFirst);
  const auto member =
      std::lower_bound(members.begin(), members.end(), kind,
                       [](const Member& m, std::uint8_t wanted) { return m.number < wanted; });
  if (member == members.end() || member->number != kind) return;
  for (const Option& option : member->options) add_option(draft, option);
}

}  // namespace haoline::tflite
