#include "formats/numpy/array.h"

#include <algorithm>

#include "base/checked.h"
#include "base/text.h"

namespace haoline::numpy {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "\x93NUMPY"sv;
constexpr std::size_t kMaxRank = 64;

Error located(ErrorKind kind, std::string_view place, std::uint64_t offset, std::string message,
              std::string advice) {
  Error error;
  error.kind = kind;
  error.path = std::string(place);
  error.offset = offset;
  error.has_offset = true;
  error.message = std::move(message);
  error.advice = std::move(advice);
  return error;
}

// The header is a Python literal: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class Literal {
 public:
  explicit Literal(std::string_view text) : text_(text) {}

  bool read(ArrayHeader& out) {
    if (!accept("{")) return false;
    bool has_descr = false;
    bool has_shape = false;
    while (!accept("}")) {
      std::string_view key;
      if (!quoted(key) || !accept(":")) return false;
      if (key == "descr") {
        has_descr = descr(out);
        if (!has_descr) return false;
      } else if (key == "fortran_order") {
        if (accept("True")) {
          out.fortran_order = true;
        } else if (!accept("False")) {
          return false;
        }
      } else if (key == "shape") {
        has_shape = shape(out.extents);
        if (!has_shape) return false;
      } else {
        return false;
      }
      if (!accept(",") && peek() != '}') return false;
    }
    return has_descr && has_shape;
  }

 private:
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(std::string_view wanted) {
    peek();
    if (text_.substr(at_, wanted.size()) != wanted) return false;
    at_ += wanted.size();
    return true;
  }
  bool quoted(std::string_view& out) {
    const char quote = peek();
    if (quote != '\'' && quote != '"') return false;
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) return false;
    out = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return true;
  }
  // A text, or a list of fields, which is kept as it is spelled.
  bool descr(ArrayHeader& out) {
    std::string_view text;
    if (quoted(text)) {
      out.descr = text;
      return true;
    }
    if (peek() != '[') return false;
    const std::size_t begin = at_;
    int depth = 0;
    char quote = '\0';
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (quote != '\0') {
        quote = c == quote ? '\0' : quote;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '[' || c == '(') {
        ++depth;
      } else if ((c == ']' || c == ')') && --depth == 0) {
        out.descr = text_.substr(begin, ++at_ - begin);
        return true;
      }
    }
    return false;
  }
  bool shape(std::vector<std::int64_t>& out) {
    if (!accept("(")) return false;
    while (!accept(")")) {
      peek();
      std::size_t end = at_;
      while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') ++end;
      const std::optional<std::uint64_t> extent = parse_decimal(text_.substr(at_, end - at_));
      if (!extent || *extent > (std::uint64_t{1} << 62) || out.size() >= kMaxRank) return false;
      out.push_back(static_cast<std::int64_t>(*extent));
      at_ = end;
      accept("L");  // Python 2 wrote 3L
      if (!accept(",") && peek() != ')') return false;
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

struct Row {
  std::string_view code;
  DType dtype;
};
constexpr Row kRows[] = {{"f8", DType::float64},   {"f4", DType::float32},    {"f2", DType::float16},
                         {"i8", DType::int64},     {"i4", DType::int32},      {"i2", DType::int16},
                         {"i1", DType::int8},      {"u8", DType::uint64},     {"u4", DType::uint32},
                         {"u2", DType::uint16},    {"u1", DType::uint8},      {"b1", DType::boolean},
                         {"c8", DType::complex64}, {"c16", DType::complex128}};

// False: nothing a model holds (Python objects), or of the other byte order.
bool understand(ArrayHeader& header, std::string& problem) {
  std::string_view code = header.descr;
  if (code.find("|O") != std::string_view::npos || code == "O") {
    problem = "holds Python objects, which are not read";
    return false;
  }
  if (!code.empty() && code.front() == '[') return true;  // a structure: kept as bytes
  const char order = code.empty() ? '\0' : code.front();
  if (order == '<' || order == '|' || order == '=' || order == '>') code.remove_prefix(1);
  for (const Row& row : kRows) {
    if (row.code != code) continue;
    if (order == '>' && info(row.dtype).bits > 8) {
      problem = "is big-endian";
      return false;
    }
    header.dtype = row.dtype;
    header.item_bytes = info(row.dtype).block_bytes;
    return true;
  }
  const std::optional<std::uint64_t> count = code.size() > 1 ? parse_decimal(code.substr(1)) : std::nullopt;
  if (!code.empty() && (code.front() == 'M' || code.front() == 'm')) {  // times are 64-bit counts
    header.dtype = DType::int64;
    header.item_bytes = 8;
  } else if (count && *count <= (1u << 30) && (code.front() == 'S' || code.front() == 'V')) {
    header.item_bytes = *count;
    header.dtype = code.front() == 'S' ? DType::string : DType::unknown;
  } else if (count && *count <= (1u << 28) && code.front() == 'U') {
    header.item_bytes = 4 * *count;
    header.dtype = DType::string;
  }
  return true;
}

}  // namespace

bool sniff_array(Bytes head) {
  return as_text(head).starts_with(kMagic) && head.size() > 8 && std::to_integer<int>(head[6]) >= 1 &&
         std::to_integer<int>(head[6]) <= 3;
}

Result<ArrayHeader> read_array_header(Bytes file, std::string_view place, std::uint64_t offset) {
  constexpr std::string_view kAdvice = "The file is damaged or cut short; save it again.";
  if (!sniff_array(file)) {
    return located(ErrorKind::malformed, place, offset, "is no NumPy array of version 1 to 3",
                   std::string(kAdvice));
  }
  const bool is_first = std::to_integer<int>(file[6]) == 1;
  const std::size_t at = is_first ? 10 : 12;
  if (file.size() < at)
    return located(ErrorKind::truncated, place, offset, "ends within its header", std::string(kAdvice));
  const std::uint64_t length =
      is_first ? load<std::uint16_t>(file.data() + 8) : load<std::uint32_t>(file.data() + 8);
  if (length > file.size() - at) {
    return located(
        ErrorKind::truncated, place, offset + 8,
        "claims a header of " + grouped(length) + " bytes, " + grouped(file.size() - at) + " are left",
        std::string(kAdvice));
  }
  ArrayHeader header;
  header.data = at + length;
  if (!Literal(as_text(file).substr(at, static_cast<std::size_t>(length))).read(header)) {
    return located(ErrorKind::malformed, place, offset + at, "has a header that does not describe an array",
                   std::string(kAdvice));
  }
  std::string problem;
  if (!understand(header, problem)) {
    return located(ErrorKind::unsupported, place, offset + at, problem,
                   "Convert it to a little-endian array of numbers with NumPy.");
  }
  return header;
}

}  // namespace haoline::numpy
