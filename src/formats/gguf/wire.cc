#include "formats/gguf/wire.h"

#include <algorithm>
#include <array>

namespace haoline::gguf {
namespace {

constexpr std::uint8_t kFixedSizes[kValueTypes] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
constexpr std::string_view kValueNames[kValueTypes] = {"uint8",  "int8",    "uint16", "int16",  "uint32",
                                                       "int32",  "float32", "bool",   "string", "array",
                                                       "uint64", "int64",   "float64"};

// ggml's list of types, sorted by code. Codes that are not here were given up before a GGUF file had them (4,
// 5) or are not given out yet. 31–33 and 36–38 are q4_0 and iq4_nl with rows interleaved for one processor:
// as many bytes, in another order.
constexpr TensorType kTensorTypes[] = {
    {0, "F32", DType::float32},        {1, "F16", DType::float16},        {2, "Q4_0", DType::q4_0},
    {3, "Q4_1", DType::q4_1},          {6, "Q5_0", DType::q5_0},          {7, "Q5_1", DType::q5_1},
    {8, "Q8_0", DType::q8_0},          {9, "Q8_1", DType::q8_1},          {10, "Q2_K", DType::q2_k},
    {11, "Q3_K", DType::q3_k},         {12, "Q4_K", DType::q4_k},         {13, "Q5_K", DType::q5_k},
    {14, "Q6_K", DType::q6_k},         {15, "Q8_K", DType::q8_k},         {16, "IQ2_XXS", DType::iq2_xxs},
    {17, "IQ2_XS", DType::iq2_xs},     {18, "IQ3_XXS", DType::iq3_xxs},   {19, "IQ1_S", DType::iq1_s},
    {20, "IQ4_NL", DType::iq4_nl},     {21, "IQ3_S", DType::iq3_s},       {22, "IQ2_S", DType::iq2_s},
    {23, "IQ4_XS", DType::iq4_xs},     {24, "I8", DType::int8},           {25, "I16", DType::int16},
    {26, "I32", DType::int32},         {27, "I64", DType::int64},         {28, "F64", DType::float64},
    {29, "IQ1_M", DType::iq1_m},       {30, "BF16", DType::bfloat16},     {31, "Q4_0_4_4", DType::q4_0},
    {32, "Q4_0_4_8", DType::q4_0},     {33, "Q4_0_8_8", DType::q4_0},     {34, "TQ1_0", DType::tq1_0},
    {35, "TQ2_0", DType::tq2_0},       {36, "IQ4_NL_4_4", DType::iq4_nl}, {37, "IQ4_NL_4_8", DType::iq4_nl},
    {38, "IQ4_NL_8_8", DType::iq4_nl}, {39, "MXFP4", DType::mxfp4},       {40, "NVFP4", DType::nvfp4},
    {41, "Q1_0", DType::q1_0},         {42, "Q2_0", DType::q2_0},
};

struct FileType {
  std::uint64_t code;
  std::string_view name;
};
constexpr FileType kFileTypes[] = {
    {0, "F32"},       {1, "F16"},       {2, "Q4_0"},      {3, "Q4_1"},    {7, "Q8_0"},     {8, "Q5_0"},
    {9, "Q5_1"},      {10, "Q2_K"},     {11, "Q3_K_S"},   {12, "Q3_K_M"}, {13, "Q3_K_L"},  {14, "Q4_K_S"},
    {15, "Q4_K_M"},   {16, "Q5_K_S"},   {17, "Q5_K_M"},   {18, "Q6_K"},   {19, "IQ2_XXS"}, {20, "IQ2_XS"},
    {21, "Q2_K_S"},   {22, "IQ3_XS"},   {23, "IQ3_XXS"},  {24, "IQ1_S"},  {25, "IQ4_NL"},  {26, "IQ3_S"},
    {27, "IQ3_M"},    {28, "IQ2_S"},    {29, "IQ2_M"},    {30, "IQ4_XS"}, {31, "IQ1_M"},   {32, "BF16"},
    {33, "Q4_0_4_4"}, {34, "Q4_0_4_8"}, {35, "Q4_0_8_8"}, {36, "TQ1_0"},  {37, "TQ2_0"},   {38, "MXFP4_MOE"},
    {39, "NVFP4"},    {40, "Q1_0"},     {41, "Q2_0"},
};

}  // namespace

std::uint64_t fixed_size(ValueType type) {
  return kFixedSizes[static_cast<std::uint32_t>(type)];
}

std::string_view name_of(ValueType type) {
  return kValueNames[static_cast<std::uint32_t>(type)];
}

const TensorType* find_tensor_type(std::uint32_t code) {
  const auto* at =
      std::lower_bound(std::begin(kTensorTypes), std::end(kTensorTypes), code,
                       [](const TensorType& type, std::uint32_t wanted) { return type.code < wanted; });
  return at != std::end(kTensorTypes) && at->code == code ? at : nullptr;
}

std::string_view file_type_name(std::uint64_t code) {
  const auto* at = std::find_if(std::begin(kFileTypes), std::end(kFileTypes),
                                [&](const FileType& type) { return type.code == code; });
  return at != std::end(kFileTypes) ? at->name : std::string_view();
}

void Cursor::skip_texts(std::uint64_t texts) {
  if (is_big_endian_ || has_short_counts_) {
    for (; texts != 0 && ok_; --texts) (void)text();
    return;
  }
  // The vocabulary of a language model: hundreds of thousands of lengths, each where the last one says.
  const std::byte* const data = file_.data();
  const std::uint64_t size = file_.size();
  std::uint64_t at = at_;
  for (; texts != 0; --texts) {
    if (size - at < 8) return cut_short();
    const auto length = load<std::uint64_t>(data + at);
    at += 8;
    if (length > size - at) return cut_short();
    at += length;
  }
  at_ = at;
}

void Cursor::fail(ErrorKind kind, std::string path, std::uint64_t offset, std::string message,
                  std::string advice) {
  if (!ok_) return;
  ok_ = false;
  error_ = {kind, std::move(path), offset, true, std::move(message), std::move(advice)};
  at_ = file_.size();
}

void Cursor::cut_short() {
  fail(ErrorKind::truncated, "header", at_, "the file ends inside its header",
       "The file is cut short or damaged; download it again.");
}

}  // namespace haoline::gguf
