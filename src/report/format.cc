#include "report/format.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <iterator>

#include "report/utf8.h"

namespace haoline {
namespace {

std::string fixed(double value, int digits) {
  std::array<char, 64> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits).ptr;
  return {text.data(), end};
}

// `significant` digits in all, for values from 0 to a few thousands.
std::string significant(double value, int digits) {
  const int before = value >= 1000 ? 4 : value >= 100 ? 3 : value >= 10 ? 2 : 1;
  return fixed(value, std::max(0, digits - before));
}

void append_grouped(std::string& out, std::string_view digits) {
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
}

// Whether an identifier goes on at that place, or is the name of a function.
bool continues(std::string_view text, std::size_t at) {
  return at < text.size() &&
         (std::isalnum(static_cast<unsigned char>(text[at])) || text[at] == '_' || text[at] == '(');
}

}  // namespace

std::string grouped(Int128 value) {
  const std::string digits = to_decimal(value);
  std::string out;
  std::string_view rest = digits;
  if (value < 0) {
    out += '-';
    rest.remove_prefix(1);
  }
  append_grouped(out, rest);
  return out;
}

std::string scaled(Int128 value) {
  if (value > -10'000 && value < 10'000) return grouped(value);
  constexpr std::string_view kUnits[] = {"", " k", " M", " G", " T", " P", " E"};
  double size = static_cast<double>(value < 0 ? -value : value);
  std::size_t unit = 0;
  for (; size >= 999.95 && unit + 1 < std::size(kUnits); ++unit) size /= 1000;
  return (value < 0 ? "-" : "") + significant(size, 4) + std::string(kUnits[unit]);
}

std::string bytes_text(Int128 bytes) {
  if (bytes < 1024) return grouped(bytes) + " B";
  constexpr std::string_view kUnits[] = {" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  double size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1023.95 && unit + 1 < std::size(kUnits); ++unit) size /= 1024;
  std::string text = significant(size, 3);
  if (text.find('.') != std::string::npos && bytes % (Int128{1} << (10 * unit)) == 0)
    text = text.substr(0, text.find('.'));
  return text + std::string(kUnits[unit]);
}

std::string percent_text(double part, double whole) {
  if (whole <= 0) return {};
  const double share = part / whole * 100;
  if (share > 0 && share < 0.05) return "<0.1 %";
  if (share < 100 && share >= 99.95) return ">99.9 %";
  return fixed(share, share >= 99.95 ? 0 : 1) + " %";
}

std::string_view short_operator(std::string_view display) {
  for (const std::string_view domain : {"com.microsoft.", "ai.onnx.ml.", "ai.onnx.preview.training."}) {
    if (display.starts_with(domain) && display.find('.', domain.size()) == std::string_view::npos) {
      return display.substr(domain.size());
    }
  }
  return display;
}

std::string symbol_text(std::string_view name) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  const bool is_identifier = !name.empty() && !std::isdigit(static_cast<unsigned char>(name.front())) &&
                             std::all_of(name.begin(), name.end(), is_part);
  return is_identifier ? std::string(name) : "`" + safe(name) + "`";
}

std::string people_formula(std::string_view ascii) {
  constexpr std::string_view kPowers[] = {"", "", "²", "³", "⁴"};
  std::string out;
  for (std::size_t at = 0; at < ascii.size();) {
    const char c = ascii[at];
    std::size_t end = at + 1;
    if (c == '`') {  // a name that is no identifier
      end = std::min(ascii.find('`', end), ascii.size() - 1) + 1;
      append_safe(out, ascii.substr(at, end - at));
    } else if (std::isdigit(static_cast<unsigned char>(c))) {
      while (end < ascii.size() && std::isdigit(static_cast<unsigned char>(ascii[end]))) ++end;
      append_grouped(out, ascii.substr(at, end - at));
    } else if (std::isalpha(static_cast<unsigned char>(c)) || c == '_') {
      while (end < ascii.size() &&
             (std::isalnum(static_cast<unsigned char>(ascii[end])) || ascii[end] == '_'))
        ++end;
      const std::string_view word = ascii.substr(at, end - at);
      append_safe(out, word);
      std::size_t power = 1;  // seq*seq reads as seq²
      while (power + 1 < std::size(kPowers) && ascii.substr(end, 1) == "*" &&
             ascii.substr(end + 1, word.size()) == word && !continues(ascii, end + 1 + word.size())) {
        end += 1 + word.size();
        ++power;
      }
      out += kPowers[power];
    } else if (c == '*') {
      out += "·";
    } else {
      append_safe(out, ascii.substr(at, 1));
    }
    at = end;
  }
  return out;
}

std::string shape_text(const ShapeText& shape) {
  if (!shape.has_rank) return "?";
  std::string out = "[";
  for (std::size_t i = 0; i < shape.extents.size(); ++i) {
    const Dimension& extent = shape.extents[i];
    if (i != 0) out += ", ";
    if (extent.number) {
      out += std::to_string(*extent.number);
    } else {
      out += extent.formula.text.empty() ? "?" : people_formula(extent.formula.text);
    }
  }
  return out + "]";
}

std::string shape_text(const ValueShape& shape) {
  if (!shape.has_rank) return "?";
  if (shape.extents.empty()) return "scalar";
  std::string out;
  for (std::size_t i = 0; i < shape.extents.size(); ++i) {
    if (i != 0) out += 'x';
    out += shape.extents[i] ? std::to_string(*shape.extents[i]) : "?";
  }
  return out;
}

std::string quantity_text(const Quantity& quantity, std::string (*unit)(Int128)) {
  if (!quantity.value) {
    return quantity.max ? "at most " + unit(*quantity.max) : "unknown";
  }
  const std::string text = unit(*quantity.value);
  if (!quantity.complete) return *quantity.value == 0 ? "unknown" : "at least " + text;
  return quantity.basis == Basis::bounded ? "at most " + text : text;
}

std::string plural(std::size_t count, std::string_view noun) {
  return grouped(static_cast<Int128>(count)) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string shortened(std::string_view name, std::size_t width) {
  if (display_width(name) <= width) return std::string(name);
  std::size_t at = 0;
  while (at < name.size() && display_width(name.substr(at)) + 1 > width) at += decode_utf8(name, at).length;
  return "…" + std::string(name.substr(at));
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t used = display_width(text);
  if (used < width) text.append(width - used, ' ');
  return text;
}

std::string right_aligned(std::string text, std::size_t width) {
  const std::size_t used = display_width(text);
  return used < width ? std::string(width - used, ' ') + text : text;
}

std::string wrapped(std::string_view text, std::size_t first_column, std::size_t indent, std::size_t width) {
  std::string out;
  std::size_t column = first_column;
  const auto new_line = [&] {
    while (out.ends_with(' ')) out.pop_back();
    out += '\n';
    out.append(indent, ' ');
    column = indent;
  };
  bool at_start = true;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    const std::size_t needed = display_width(word);
    if (!at_start && column + 1 + needed > width) {
      new_line();
      at_start = true;
    }
    if (!at_start) {
      out += ' ';
      ++column;
    }
    for (std::size_t at = 0; at < word.size();) {
      const std::size_t length = decode_utf8(word, at).length;
      const std::size_t columns = display_width(word.substr(at, length));
      if (column + columns > width) new_line();
      out.append(word.substr(at, length) == kNoBreak ? " " : word.substr(at, length));
      column += columns;
      at += length;
    }
    at_start = false;
  }
  return out;
}

}  // namespace haoline
