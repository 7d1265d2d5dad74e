#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include "base/text.h"
#include "formats/shared/graphdef.h"
#include "formats/shared/graphdef_schema.h"

namespace haoline::graphdef {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-' || c == '+';
}

class TextReader {
 public:
  explicit TextReader(std::string_view text) : text_(text) {}

  bool record(WireWriter& out, Record record, char closing, std::size_t depth) {
    if (depth > kMaxTextDepth) return fail("nests deeper than 64 levels");
    for (;;) {
      skip_space();
      if (at_ == text_.size()) return closing == '\0' || fail("ends within a record");
      if (text_[at_] == closing) return ++at_, true;
      if (!field(out, record, depth)) return false;
      skip_space();
      if (at_ < text_.size() && (text_[at_] == ',' || text_[at_] == ';')) ++at_;
    }
  }

  Error error() const {
    Error error;
    error.kind = ErrorKind::malformed;
    error.offset = failed_at_;
    error.has_offset = true;
    error.message = message_;
    error.advice = "The text is damaged; export the model again.";
    return error;
  }

 private:
  bool fail(std::string_view message) {
    if (message_.empty()) {
      message_ = message;
      failed_at_ = at_;
    }
    return false;
  }

  void skip_space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at_;
      } else {
        return;
      }
    }
  }
  char peek() {
    skip_space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  std::string_view word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  bool field(WireWriter& out, Record record, std::size_t depth) {
    if (peek() == '[') return skip_bracket() && skip_value(depth);
    const std::string_view name = word();
    if (name.empty()) return fail("a field's name should stand here");
    const FieldSpec* spec = nullptr;
    for (const FieldSpec& candidate : fields_of(record)) {
      if (candidate.name == name) spec = &candidate;
    }
    const bool has_colon = peek() == ':';
    if (has_colon) ++at_;
    const char next = peek();
    if (!has_colon && next != '{' && next != '<') return fail("a value should stand here");
    if (spec == nullptr) return skip_one_or_list(depth);
    if (next != '[') return value(out, *spec, depth);
    ++at_;
    if (peek() == ']') return ++at_, true;
    for (;;) {
      if (!value(out, *spec, depth)) return false;
      const char separator = peek();
      ++at_;
      if (separator == ']') return true;
      if (separator != ',') return --at_, fail("a list goes on with a comma");
    }
  }

  bool value(WireWriter& out, const FieldSpec& spec, std::size_t depth) {
    const char next = peek();
    if (spec.kind == FieldKind::record || spec.kind == FieldKind::map) {
      if (next != '{' && next != '<') return fail("a record should stand here");
      ++at_;
      WireWriter inner;
      if (!record(inner, spec.record, next == '{' ? '}' : '>', depth + 1)) return false;
      out.bytes(spec.number, inner.text());
      return true;
    }
    if (next == '"' || next == '\'') {
      std::string text;
      if (!quoted(text)) return false;
      if (spec.kind != FieldKind::text && spec.kind != FieldKind::bytes)
        return fail("a number should stand here");
      out.bytes(spec.number, text);
      return true;
    }
    const std::string_view literal = word();
    return literal.empty() ? fail("a value should stand here") : scalar(out, spec, literal);
  }

  bool scalar(WireWriter& out, const FieldSpec& spec, std::string_view literal) {
    switch (spec.kind) {
      case FieldKind::boolean:
        out.integer(spec.number, literal == "true" || literal == "True" || literal == "t" || literal == "1");
        return true;
      case FieldKind::type:
        if (literal.starts_with("DT_")) {
          out.integer(spec.number, type_named(literal));
          return true;
        }
        [[fallthrough]];
      case FieldKind::integer:
        if (const std::optional<std::int64_t> number = integer(literal)) {
          out.integer(spec.number, *number);
          return true;
        }
        return fail("is no whole number");
      case FieldKind::real32:
        if (const std::optional<double> number = real(literal)) {
          out.real32(spec.number, static_cast<float>(*number));
          return true;
        }
        return fail("is no number");
      case FieldKind::real64:
        if (const std::optional<double> number = real(literal)) {
          out.real64(spec.number, *number);
          return true;
        }
        return fail("is no number");
      default:
        return fail("text in quotes should stand here");
    }
  }

  static std::optional<std::int64_t> integer(std::string_view literal) {
    const bool is_negative = literal.starts_with("-");
    if (is_negative) literal.remove_prefix(1);
    const bool is_hex = literal.starts_with("0x") || literal.starts_with("0X");
    const unsigned base = is_hex ? 16 : literal.size() > 1 && literal[0] == '0' ? 8 : 10;
    if (is_hex) literal.remove_prefix(2);
    if (literal.empty() || literal.size() > 22) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : literal) {
      const int digit = digit_of(c);
      if (digit < 0 || static_cast<unsigned>(digit) >= base) return std::nullopt;
      value = value * base + static_cast<std::uint64_t>(digit);
    }
    return static_cast<std::int64_t>(is_negative ? std::uint64_t{0} - value : value);
  }

  static std::optional<double> real(std::string_view literal) {
    std::string text(literal);
    if (text.size() > 64) return std::nullopt;
    const std::string_view bare = literal.starts_with("-") ? literal.substr(1) : literal;
    const double sign = literal.starts_with("-") ? -1 : 1;
    if (bare == "inf" || bare == "infinity" || bare == "Infinity")
      return sign * std::numeric_limits<double>::infinity();
    if (bare == "nan" || bare == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text.ends_with('f') || text.ends_with('F')) text.pop_back();
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    return end == text.c_str() || *end != '\0' ? std::nullopt : std::optional(value);
  }

  static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  }

  // One or several texts side by side.
  bool quoted(std::string& out) {
    while (peek() == '"' || peek() == '\'') {
      const char quote = text_[at_++];
      while (at_ < text_.size() && text_[at_] != quote) {
        if (text_[at_] == '\n') return fail("a text ends with its line");
        if (text_[at_] == '\\') {
          ++at_;
          escape(out);
        } else {
          out += text_[at_++];
        }
      }
      if (at_ == text_.size()) return fail("ends within a text");
      ++at_;
    }
    return true;
  }

  void escape(std::string& out) {
    if (at_ == text_.size()) return;
    const char c = text_[at_++];
    static constexpr std::string_view kFrom = "nrtabfv", kTo = "\n\r\t\a\b\f\v";
    if (const std::size_t plain = kFrom.find(c); plain != std::string_view::npos) {
      out += kTo[plain];
      return;
    }
    const bool is_hex = c == 'x' || c == 'X';
    if (!is_hex && (c < '0' || c > '7')) {
      out += c;
      return;
    }
    unsigned value = is_hex ? 0 : static_cast<unsigned>(c - '0');
    const unsigned base = is_hex ? 16 : 8;
    for (int more = 2; more > 0 && at_ < text_.size(); --more, ++at_) {
      const int digit = digit_of(text_[at_]);
      if (digit < 0 || static_cast<unsigned>(digit) >= base) break;
      value = value * base + static_cast<unsigned>(digit);
    }
    out += static_cast<char>(value);
  }

  bool skip_bracket() {
    const std::size_t end = text_.find(']', at_);
    if (end == std::string_view::npos) return fail("ends within brackets");
    at_ = end + 1;
    if (peek() == ':') ++at_;
    return true;
  }

  bool skip_one_or_list(std::size_t depth) {
    if (peek() != '[') return skip_value(depth);
    ++at_;
    while (peek() != ']') {
      if (at_ >= text_.size()) return fail("ends within a list");
      if (text_[at_] == ',') {
        ++at_;
      } else if (!skip_value(depth)) {
        return false;
      }
    }
    return ++at_, true;
  }

  // A field that no record here has.
  bool skip_value(std::size_t depth) {
    const char next = peek();
    if (next == '"' || next == '\'') {
      std::string unread;
      return quoted(unread);
    }
    if (next != '{' && next != '<') return !word().empty() || fail("a value should stand here");
    if (depth > kMaxTextDepth) return fail("nests deeper than 64 levels");
    const char closing = next == '{' ? '}' : '>';
    ++at_;
    for (;;) {
      const char c = peek();
      if (c == '\0') return fail("ends within a record");
      if (c == closing) return ++at_, true;
      if (c == ',' || c == ';') {
        ++at_;
        continue;
      }
      if (c == '[' ? !skip_bracket() : word().empty()) return fail("a field's name should stand here");
      if (peek() == ':') ++at_;
      if (!skip_one_or_list(depth + 1)) return false;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t failed_at_ = 0;
  std::string message_;
};

}  // namespace

Result<Bytes> encode_text(std::string_view text, Record root, Arena& arena) {
  TextReader reader(text);
  WireWriter out;
  if (!reader.record(out, root, '\0', 0)) return reader.error();
  return as_bytes(arena.text(out.text()));
}

}  // namespace haoline::graphdef
