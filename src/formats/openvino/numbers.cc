#include "formats/openvino/numbers.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

namespace haoline::openvino {
namespace {

struct TypeName {
  std::string_view name;
  ElementType type;
};

// The lower-case words of layers, then the upper-case ones of ports. nf4 and the types of odd widths have no
// type of their own here: codes of that many bits.
constexpr TypeName kTypes[] = {
    {"f64", {DType::float64, 64}},
    {"f32", {DType::float32, 32}},
    {"f16", {DType::float16, 16}},
    {"bf16", {DType::bfloat16, 16}},
    {"f8e4m3", {DType::float8_e4m3fn, 8}},
    {"f8e5m2", {DType::float8_e5m2, 8}},
    {"f8e8m0", {DType::float8_e8m0, 8}},
    {"f4e2m1", {DType::float4_e2m1, 4}},
    {"nf4", {DType::uint4, 4, "nf4"}},
    {"i64", {DType::int64, 64}},
    {"i32", {DType::int32, 32}},
    {"i16", {DType::int16, 16}},
    {"i8", {DType::int8, 8}},
    {"i4", {DType::int4, 4}},
    {"u64", {DType::uint64, 64}},
    {"u32", {DType::uint32, 32}},
    {"u16", {DType::uint16, 16}},
    {"u8", {DType::uint8, 8}},
    {"u4", {DType::uint4, 4}},
    {"u2", {DType::uint2, 2}},
    {"u1", {DType::unknown, 1}},
    {"u3", {DType::unknown, 3}},
    {"u6", {DType::unknown, 6}},
    {"boolean", {DType::boolean, 8}},
    {"string", {DType::string, 0}},
    {"FP64", {DType::float64, 64}},
    {"FP32", {DType::float32, 32}},
    {"FP16", {DType::float16, 16}},
    {"BF16", {DType::bfloat16, 16}},
    {"F8E4M3", {DType::float8_e4m3fn, 8}},
    {"F8E5M2", {DType::float8_e5m2, 8}},
    {"F8E8M0", {DType::float8_e8m0, 8}},
    {"F4E2M1", {DType::float4_e2m1, 4}},
    {"NF4", {DType::uint4, 4, "nf4"}},
    {"I64", {DType::int64, 64}},
    {"I32", {DType::int32, 32}},
    {"I16", {DType::int16, 16}},
    {"I8", {DType::int8, 8}},
    {"I4", {DType::int4, 4}},
    {"U64", {DType::uint64, 64}},
    {"U32", {DType::uint32, 32}},
    {"U16", {DType::uint16, 16}},
    {"U8", {DType::uint8, 8}},
    {"U4", {DType::uint4, 4}},
    {"U2", {DType::uint2, 2}},
    {"U1", {DType::unknown, 1}},
    {"BIN", {DType::unknown, 1}},
    {"U3", {DType::unknown, 3}},
    {"U6", {DType::unknown, 6}},
    {"BOOL", {DType::boolean, 8}},
    {"STRING", {DType::string, 0}},
};

template <class List, class Parse>
std::optional<List> parse_list(std::string_view text, Parse parse) {
  constexpr std::size_t kMost = 65536;
  List list;
  text = trimmed(text);
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const auto value = parse(text.substr(0, comma));
    if (!value || list.size() == kMost) return std::nullopt;
    list.push_back(static_cast<std::remove_cvref_t<decltype(list[0])>>(*value));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return list;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  text = trimmed(text);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// The C library's function: the browser's has no from_chars for reals. It needs an end.
std::optional<double> parse_real(std::string_view text) {
  text = trimmed(text);
  if (text.empty() || text.size() > 64) return std::nullopt;
  const std::string digits(text);
  char* stop = nullptr;
  const double value = std::strtod(digits.c_str(), &stop);
  if (stop != digits.c_str() + digits.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

bool parse_boolean(std::string_view text, bool otherwise) {
  text = trimmed(text);
  if (text == "true" || text == "True" || text == "1") return true;
  if (text == "false" || text == "False" || text == "0") return false;
  return otherwise;
}

std::optional<SmallVector<std::int64_t, 6>> parse_integers(std::string_view text) {
  return parse_list<SmallVector<std::int64_t, 6>>(text, parse_integer);
}

std::optional<SmallVector<float, 6>> parse_reals(std::string_view text) {
  return parse_list<SmallVector<float, 6>>(text, parse_real);
}

ElementType element_type(std::string_view name) {
  for (const TypeName& type : kTypes) {
    if (type.name == name) return type.type;
  }
  return {};
}

}  // namespace haoline::openvino
