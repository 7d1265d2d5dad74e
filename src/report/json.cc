#include "report/json.h"

#include <array>
#include <cmath>
#include <limits>

#include "report/utf8.h"

namespace haoline {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

// Bytes that stand for themselves in a JSON string: printable ASCII but the quote, the backslash and '<'.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7F; ++c) plain[c] = true;
  plain['"'] = plain['\\'] = plain['<'] = false;
  return plain;
}();

void append_unit(std::string& out, char32_t unit) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(unit >> shift) & 15];
}

void append_escape(std::string& out, char32_t value) {
  switch (value) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      break;
  }
  if (value > 0xFFFF) {
    append_unit(out, 0xD800 + ((value - 0x10000) >> 10));
    append_unit(out, 0xDC00 + ((value - 0x10000) & 0x3FF));
  } else {
    append_unit(out, value);
  }
}

}  // namespace

void JsonWriter::append_quoted(std::string& out, std::string_view text) {
  out += '"';
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at;
    while (end < text.size() && kPlain[static_cast<unsigned char>(text[end])]) ++end;
    out.append(text, at, end - at);
    at = end;
    if (at == text.size()) break;
    const CodePoint point = decode_utf8(text, at);
    if (!point.valid) {
      out += "\uFFFD";
    } else if (point.value < 0x80 ? point.value != '<' : is_disruptive(point.value)) {
      append_escape(out, point.value);
    } else if (point.value == '<' && (text.substr(at, 2) == "</" || text.substr(at, 2) == "<!")) {
      append_unit(out, '<');  // a report may be embedded in a script element
    } else {
      out.append(text, at, point.length);
    }
    at += point.length;
  }
  out += '"';
}

void JsonWriter::number(Int128 value) {
  if (value >= std::numeric_limits<std::int64_t>::min() &&
      value <= std::numeric_limits<std::int64_t>::max()) {
    digits(static_cast<std::int64_t>(value));
  } else {
    literal(to_decimal(value));
  }
}

void JsonWriter::number(double value) {
  if (!std::isfinite(value)) return null();
  before_value();
  char buffer[40];
  out_.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

}  // namespace haoline
