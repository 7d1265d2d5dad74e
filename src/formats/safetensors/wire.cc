#include "formats/safetensors/wire.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "base/text.h"

namespace haoline::safetensors {
namespace {

constexpr std::string_view kDamaged = "The file is cut short or damaged; download it again.";
constexpr std::size_t kMaxRank = 64;
constexpr int kMaxDepth = 64;  // of values that nobody asked for

struct DTypeWord {
  std::string_view word;
  DType dtype;
};
constexpr DTypeWord kWords[] = {
    {"BF16", DType::bfloat16},
    {"F32", DType::float32},
    {"F16", DType::float16},
    {"I32", DType::int32},
    {"U8", DType::uint8},
    {"I8", DType::int8},
    {"I64", DType::int64},
    {"BOOL", DType::boolean},
    {"F64", DType::float64},
    {"F8_E4M3", DType::float8_e4m3fn},
    {"F8_E5M2", DType::float8_e5m2},
    {"F8_E8M0", DType::float8_e8m0},
    {"F8_E4M3FNUZ", DType::float8_e4m3fnuz},
    {"F8_E5M2FNUZ", DType::float8_e5m2fnuz},
    {"F6_E2M3", DType::float6_e2m3},
    {"F6_E3M2", DType::float6_e3m2},
    {"F4", DType::float4_e2m1},
    {"I16", DType::int16},
    {"U16", DType::uint16},
    {"U32", DType::uint32},
    {"U64", DType::uint64},
    {"C64", DType::complex64},
};

// Appends a code point as UTF-8.
void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | (c >> 6));
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3f));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

// JSON as far as a header has it, without a tree. The first failure sticks; every read then gives nothing.
class Scanner {
 public:
  Scanner(std::string_view text, std::uint64_t offset, Arena& arena)
      : at_(text.data()),
        begin_(text.data()),
        end_(text.data() + text.size()),
        offset_(offset),
        arena_(arena) {}

  bool ok() const { return ok_; }
  const Error& error() const { return error_; }
  std::uint64_t at() const { return offset_ + static_cast<std::uint64_t>(at_ - begin_); }
  bool at_end() { return space(), at_ == end_; }

  void fail(std::string message, std::string path = "header") {
    if (!ok_) return;
    ok_ = false;
    error_ = {ErrorKind::malformed, std::move(path), at(), true, std::move(message), std::string(kDamaged)};
    at_ = end_;
  }

  char peek() {
    space();
    return at_ != end_ ? *at_ : '\0';
  }
  bool take(char c) {
    if (peek() != c || !ok_) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail(std::string("is not the JSON of a SafeTensors header: '") + c + "' expected");
  }

  std::string_view string() {
    expect('"');
    if (!ok_) return {};
    const char* const begin = at_;
    const char* run = begin;
    while (true) {
      const void* quote = std::memchr(run, '"', static_cast<std::size_t>(end_ - run));
      if (quote == nullptr) return fail("has a text without an end"), std::string_view();
      run = static_cast<const char*>(quote);
      const char* slash = run;
      while (slash != begin && slash[-1] == '\\') --slash;
      if ((run - slash) % 2 == 0) break;
      ++run;
    }
    at_ = run + 1;
    const std::string_view raw(begin, static_cast<std::size_t>(run - begin));
    return raw.find('\\') == std::string_view::npos ? raw : unescaped(raw);
  }

  std::uint64_t number() {
    space();
    std::uint64_t value = 0;
    const char* const begin = at_;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
      const auto digit = static_cast<std::uint64_t>(*at_ - '0');
      if (value > (UINT64_MAX - digit) / 10) return fail("has a number beyond 64 bits"), 0;
      value = value * 10 + digit;
    }
    if (at_ == begin) fail("has no whole number where one is needed");
    return value;
  }

  // Over a value of any kind.
  void skip() {
    int depth = 0;
    do {
      const char c = peek();
      if (c == '"') {
        (void)string();
      } else if (c == '{' || c == '[') {
        if (++depth > kMaxDepth) fail("nests too deeply");
        ++at_;
      } else if ((c == '}' || c == ']') && depth > 0) {
        --depth;
        ++at_;
      } else if (depth > 0 && (c == ',' || c == ':')) {
        ++at_;
      } else if (std::strchr("-0123456789tfn", c) != nullptr && c != '\0') {
        while (at_ != end_ && std::strchr(" \t\r\n,:]}", *at_) == nullptr) ++at_;
      } else {
        fail("is not the JSON of a SafeTensors header: a value expected");
      }
    } while (ok_ && depth != 0);
  }

 private:
  void space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  static std::optional<std::uint32_t> hex(std::string_view raw, std::size_t at) {
    if (at + 4 > raw.size()) return std::nullopt;
    std::uint32_t value = 0;
    for (const char c : raw.substr(at, 4)) {
      const char* const digits = "0123456789abcdef";
      const char* const found = c == '\0' ? nullptr : std::strchr(digits, c | 0x20);
      if (found == nullptr) return std::nullopt;
      value = value * 16 + static_cast<std::uint32_t>(found - digits);
    }
    return value;
  }

  std::string_view unescaped(std::string_view raw) {
    constexpr std::string_view kFrom = "\"\\/bfnrt";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    std::string out;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '\\') {
        out += raw[i];
        continue;
      }
      const char c = ++i < raw.size() ? raw[i] : '\0';
      if (const std::size_t plain = kFrom.find(c); plain != std::string_view::npos) {
        out += kTo[plain];
        continue;
      }
      auto code = c == 'u' ? hex(raw, i + 1) : std::nullopt;
      if (!code) return fail("has an escape that JSON does not know"), std::string_view();
      i += 4;
      if (*code >= 0xd800 && *code < 0xdc00 && raw.substr(i + 1).starts_with("\\u")) {
        const auto low = hex(raw, i + 3);
        if (low && *low >= 0xdc00 && *low < 0xe000) {
          code = 0x10000 + ((*code - 0xd800) << 10) + (*low - 0xdc00);
          i += 6;
        }
      }
      append_utf8(out, *code);
    }
    return arena_.text(out);
  }

  const char* at_;
  const char* begin_;
  const char* end_;
  std::uint64_t offset_;
  Arena& arena_;
  bool ok_ = true;
  Error error_;
};

// The members of an object: calls `member` with each key.
template <class Member>
void each(Scanner& scan, Member member) {
  scan.expect('{');
  if (scan.take('}')) return;
  do {
    const std::string_view key = scan.string();
    scan.expect(':');
    if (scan.ok()) member(key);
  } while (scan.ok() && scan.take(','));
  scan.expect('}');
}

template <class Element>
void each_element(Scanner& scan, Element element) {
  scan.expect('[');
  if (scan.take(']')) return;
  do {
    element();
  } while (scan.ok() && scan.take(','));
  scan.expect(']');
}

Record read_record(Scanner& scan, std::string_view name, std::size_t index, Arena& arena) {
  Record record;
  record.name = name;
  record.at = scan.at();
  bool has_shape = false, has_offsets = false;
  each(scan, [&](std::string_view key) {
    if (key == "dtype") {
      record.dtype = scan.string();
    } else if (key == "shape") {
      std::int64_t extents[kMaxRank];
      std::size_t rank = 0;
      each_element(scan, [&] {
        const std::uint64_t extent = scan.number();
        if (rank == kMaxRank || extent > static_cast<std::uint64_t>(INT64_MAX))
          return scan.fail("has a shape that no tensor can have");
        extents[rank++] = static_cast<std::int64_t>(extent);
      });
      record.extents = arena.copy(std::span<const std::int64_t>(extents, rank));
      has_shape = true;
    } else if (key == "data_offsets") {
      std::uint64_t offsets[2] = {};
      std::size_t count = 0;
      each_element(scan, [&] {
        const std::uint64_t offset = scan.number();
        if (count < 2) offsets[count] = offset;
        ++count;
      });
      if (count != 2 || offsets[0] > offsets[1]) scan.fail("has data_offsets that are no stretch of bytes");
      record.begin = offsets[0];
      record.end = offsets[1];
      has_offsets = true;
    } else {
      scan.skip();
    }
  });
  if (scan.ok() && (record.dtype.empty() || !has_shape || !has_offsets)) {
    scan.fail("lacks a dtype, a shape or data_offsets", "tensors[" + std::to_string(index) + "]");
  }
  return record;
}

}  // namespace

DType dtype_of(std::string_view word) {
  const auto* at =
      std::find_if(std::begin(kWords), std::end(kWords), [&](const DTypeWord& w) { return w.word == word; });
  return at != std::end(kWords) ? at->dtype : DType::unknown;
}

// JSON right behind a plausible length. A length beyond the file is a file that was cut short.
bool begins_like_safetensors(Bytes head, std::uint64_t file_size) {
  if (head.size() < 10 || file_size < 10) return false;
  const auto length = load<std::uint64_t>(head.data());
  if (length < 2 || length > kLongestHeader) return false;
  std::string_view text = as_text(head.subspan(8));
  if (length < text.size()) text = text.substr(0, static_cast<std::size_t>(length));
  if (text[0] != '{') return false;
  const std::size_t next = text.find_first_not_of(" \t\r\n", 1);
  return next != std::string_view::npos && (text[next] == '"' || text[next] == '}');
}

Result<Header> read_header(Bytes file, Arena& arena) {
  Header header;
  const std::uint64_t length = file.size() < 8 ? 0 : load<std::uint64_t>(file.data());
  Error error{.path = "header", .has_offset = true, .advice = std::string(kDamaged)};
  if (length > kLongestHeader) {
    error.message = "claims a header of " + grouped(length) + " bytes, at most " + grouped(kLongestHeader) +
                    " are allowed";
    return error;
  }
  if (file.size() < 8 || length > file.size() - 8) {
    error.kind = ErrorKind::truncated;
    error.message = "claims a header of " + grouped(length) + " bytes, " +
                    grouped(file.size() < 8 ? 0 : file.size() - 8) + " are left";
    return error;
  }
  header.data = 8 + length;
  Scanner scan(as_text(file.subspan(8, static_cast<std::size_t>(length))), 8, arena);
  header.tensors.reserve(static_cast<std::size_t>(length / 160));  // about as long as a record is
  each(scan, [&](std::string_view name) {
    if (name != "__metadata__") {
      header.tensors.push_back(read_record(scan, name, header.tensors.size(), arena));
      return;
    }
    header.metadata_begin = scan.at();
    each(scan, [&](std::string_view key) {
      if (scan.peek() != '"') return scan.skip();
      header.metadata.push_back({key, scan.string()});
    });
    header.metadata_end = scan.at();
  });
  if (scan.ok() && !scan.at_end()) scan.fail("has something behind its JSON");
  if (!scan.ok()) return scan.error();
  return header;
}

}  // namespace haoline::safetensors
