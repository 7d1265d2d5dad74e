#include "report/utf8.h"

#include <algorithm>
#include <iterator>

namespace haoline {
namespace {

struct Interval {
  char32_t low, high;
};

template <std::size_t N>
bool contains(const Interval (&table)[N], char32_t value) {
  const Interval* at = std::upper_bound(std::begin(table), std::end(table), value,
                                        [](char32_t v, const Interval& i) { return v < i.low; });
  return at != std::begin(table) && value <= std::prev(at)->high;
}

constexpr Interval kDisruptive[] = {
    {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},       {0x61C, 0x61C},
    {0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F},
    {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
};
constexpr Interval kCombining[] = {
    {0x300, 0x36F},   {0x483, 0x489},     {0x591, 0x5BD},   {0x610, 0x61A},   {0x64B, 0x65F},
    {0x6D6, 0x6DC},   {0x93C, 0x93C},     {0x941, 0x948},   {0xE31, 0xE31},   {0xE34, 0xE3A},
    {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},   {0x20D0, 0x20FF}, {0x3099, 0x309A}, {0xFE00, 0xFE0F},
    {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF},
};
constexpr Interval kWide[] = {
    {0x1100, 0x115F}, {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},
    {0xA000, 0xA4CF}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE4F},   {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
};

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

constexpr CodePoint kInvalid{0xFFFD, 1, false};

}  // namespace

CodePoint decode_utf8(std::string_view text, std::size_t at) {
  const unsigned char lead = byte_at(text, at);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() - at < length) return kInvalid;
  char32_t value = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned char next = byte_at(text, at + i);
    if ((next & 0xC0) != 0x80) return kInvalid;
    value = value << 6 | (next & 0x3Fu);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return kInvalid;
  return {value, length, true};
}

void append_utf8(std::string& out, char32_t value) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((value >> shift) & 0x3F)); };
  if (value < 0x80) {
    out += static_cast<char>(value);
  } else if (value < 0x800) {
    out += static_cast<char>(0xC0 | (value >> 6));
    tail(0);
  } else if (value < 0x10000) {
    out += static_cast<char>(0xE0 | (value >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (value >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_disruptive(char32_t value) {
  return contains(kDisruptive, value);
}

void append_safe(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    if (!point.valid) {
      out += "\uFFFD";
    } else if (is_disruptive(point.value)) {
      out += point.value < 0x100 ? "\\x" : "\\u";
      for (int shift = point.value < 0x100 ? 4 : point.value < 0x10000 ? 12 : 16; shift >= 0; shift -= 4) {
        out += kHex[(point.value >> shift) & 15];
      }
    } else {
      out.append(text.substr(at, point.length));
    }
    at += point.length;
  }
}

std::string safe(std::string_view text) {
  std::string out;
  append_safe(out, text);
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    width += contains(kCombining, point.value) ? 0 : contains(kWide, point.value) ? 2 : 1;
    at += point.length;
  }
  return width;
}

}  // namespace haoline
