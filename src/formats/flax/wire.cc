#include "formats/flax/wire.h"

#include <utility>

namespace haoline::flax {
namespace {

constexpr int kMaxDepth = 64;

}  // namespace

template <class T>
std::optional<T> Cursor::big_endian() {
  if (left() < sizeof(T)) return std::nullopt;
  T value;
  unsigned char swapped[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); ++i)
    swapped[i] = std::to_integer<unsigned char>(bytes_[static_cast<std::size_t>(at_) + sizeof(T) - 1 - i]);
  std::memcpy(&value, swapped, sizeof(T));
  at_ += sizeof(T);
  return value;
}

std::optional<Bytes> Cursor::take(std::uint64_t size) {
  if (size > left()) return std::nullopt;
  const Bytes taken = bytes_.subspan(static_cast<std::size_t>(at_), static_cast<std::size_t>(size));
  at_ += size;
  return taken;
}

std::optional<Token> Cursor::next() {
  Token token;
  token.at = at();
  const auto first = big_endian<std::uint8_t>();
  if (!first) return std::nullopt;
  const std::uint8_t byte = *first;
  // A number of `width` bytes that follows; -1: it does not.
  const auto number = [&](int width) -> std::optional<std::uint64_t> {
    if (width == 1) return big_endian<std::uint8_t>();
    if (width == 2) return big_endian<std::uint16_t>();
    if (width == 4) return big_endian<std::uint32_t>();
    return big_endian<std::uint64_t>();
  };
  const auto with_payload = [&](Kind kind, std::optional<std::uint64_t> size) -> std::optional<Token> {
    if (!size) return std::nullopt;
    if (kind == Kind::extension) {
      const auto code = big_endian<std::uint8_t>();
      if (!code) return std::nullopt;
      token.code = *code;
    }
    const auto payload = take(*size);
    if (!payload) return std::nullopt;
    token.kind = kind;
    token.payload = *payload;
    return token;
  };
  // Every element needs a byte at least.
  const auto collection = [&](Kind kind, std::optional<std::uint64_t> size) -> std::optional<Token> {
    if (!size || *size > left()) return std::nullopt;
    token.kind = kind;
    token.size = *size;
    return token;
  };
  const auto integer = [&](std::int64_t value) -> std::optional<Token> {
    token.kind = Kind::integer;
    token.integer = value;
    token.real = static_cast<double>(value);
    return token;
  };
  const auto real = [&](std::optional<double> value) -> std::optional<Token> {
    if (!value) return std::nullopt;
    token.kind = Kind::real;
    token.real = *value;
    return token;
  };

  if (byte < 0x80) return integer(byte);
  if (byte >= 0xe0) return integer(static_cast<std::int8_t>(byte));
  if (byte < 0x90) return collection(Kind::map, byte & 0x0f);
  if (byte < 0xa0) return collection(Kind::list, byte & 0x0f);
  if (byte < 0xc0) return with_payload(Kind::text, byte & 0x1f);
  if (byte == 0xc0) return token;
  if (byte == 0xc2 || byte == 0xc3) {
    token.kind = Kind::boolean;
    token.integer = byte & 1;
    return token;
  }
  if (byte >= 0xc4 && byte <= 0xc6) return with_payload(Kind::bytes, number(1 << (byte - 0xc4)));
  if (byte >= 0xc7 && byte <= 0xc9) return with_payload(Kind::extension, number(1 << (byte - 0xc7)));
  if (byte == 0xca) {
    const auto value = big_endian<float>();
    return real(value ? std::optional<double>(*value) : std::nullopt);
  }
  if (byte == 0xcb) return real(big_endian<double>());
  if (byte >= 0xcc && byte <= 0xcf) {
    const auto value = number(1 << (byte - 0xcc));
    return value ? integer(static_cast<std::int64_t>(*value)) : std::nullopt;
  }
  if (byte >= 0xd0 && byte <= 0xd3) {
    const int width = 1 << (byte - 0xd0);
    const auto value = number(width);
    if (!value) return std::nullopt;
    const int unused = 64 - width * 8;
    return integer(static_cast<std::int64_t>(*value << unused) >> unused);
  }
  if (byte >= 0xd4 && byte <= 0xd8) return with_payload(Kind::extension, std::uint64_t{1} << (byte - 0xd4));
  if (byte >= 0xd9 && byte <= 0xdb) return with_payload(Kind::text, number(1 << (byte - 0xd9)));
  if (byte == 0xdc || byte == 0xdd) return collection(Kind::list, number(byte == 0xdc ? 2 : 4));
  if (byte == 0xde || byte == 0xdf) return collection(Kind::map, number(byte == 0xde ? 2 : 4));
  return std::nullopt;  // 0xc1
}

bool skip(Cursor& cursor, int depth) {
  const auto token = cursor.next();
  if (!token || depth > kMaxDepth) return false;
  const std::uint64_t values = token->kind == Kind::map    ? token->size * 2
                               : token->kind == Kind::list ? token->size
                                                           : 0;
  for (std::uint64_t i = 0; i < values; ++i) {
    if (!skip(cursor, depth + 1)) return false;
  }
  return true;
}

}  // namespace haoline::flax
