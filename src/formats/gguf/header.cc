#include "formats/gguf/header.h"

#include <algorithm>
#include <string>

#include "base/checked.h"
#include "base/text.h"

namespace haoline::gguf {
namespace {

constexpr std::string_view kDamaged = "The file is cut short or damaged; download it again.";

std::string numbered(std::string_view what, std::uint64_t index) {
  return std::string(what) + "[" + std::to_string(index) + "]";
}

bool is_value_type(std::uint32_t code) {
  return code < kValueTypes;
}

// Passes over `count` elements of that type.
void skip_elements(Cursor& cursor, ValueType type, std::uint64_t count, const std::string& path, int depth) {
  if (const std::uint64_t size = fixed_size(type)) {
    if (count > cursor.left() / size) return cursor.skip(cursor.left() + 1);
    return cursor.skip(count * size);
  }
  if (type == ValueType::text) return cursor.skip_texts(count);
  if (depth >= kMaxArrayDepth)
    return cursor.fail(ErrorKind::malformed, path, cursor.at(), "nests arrays too deeply",
                       std::string(kDamaged));
  for (; count != 0 && cursor.ok(); --count) {
    const std::uint64_t at = cursor.at();
    const auto inner = cursor.number<std::uint32_t>();
    const std::uint64_t inner_count = cursor.count();
    if (!cursor.ok()) return;
    if (!is_value_type(inner))
      return cursor.fail(ErrorKind::malformed, path, at,
                         "has the unknown value type " + std::to_string(inner), std::string(kDamaged));
    skip_elements(cursor, static_cast<ValueType>(inner), inner_count, path, depth + 1);
  }
}

Pair read_pair(Cursor& cursor, std::uint64_t index) {
  Pair pair;
  pair.key = cursor.text();
  const std::uint64_t at = cursor.at();
  const auto code = cursor.number<std::uint32_t>();
  if (!cursor.ok()) return pair;
  const auto unknown = [&](std::uint32_t type) {
    cursor.fail(ErrorKind::malformed, numbered("metadata", index), at,
                "has the unknown value type " + std::to_string(type), std::string(kDamaged));
  };
  if (!is_value_type(code)) return unknown(code), pair;
  pair.type = static_cast<ValueType>(code);
  if (pair.type == ValueType::array) {
    const auto element = cursor.number<std::uint32_t>();
    pair.count = cursor.count();
    if (!cursor.ok()) return pair;
    if (!is_value_type(element)) return unknown(element), pair;
    pair.element = static_cast<ValueType>(element);
    pair.begin = cursor.at();
    skip_elements(cursor, pair.element, pair.count, numbered("metadata", index), 0);
  } else if (pair.type == ValueType::text) {
    pair.begin = cursor.at();
    pair.text = cursor.text();
  } else {
    pair.begin = cursor.at();
    cursor.skip(fixed_size(pair.type));
  }
  pair.end = cursor.at();
  return pair;
}

TensorRecord read_tensor(Cursor& cursor, std::uint64_t index, Arena& arena) {
  TensorRecord tensor;
  tensor.at = cursor.at();
  tensor.name = cursor.text();
  const auto rank = cursor.number<std::uint32_t>();
  if (!cursor.ok()) return tensor;
  if (rank > kMaxRank) {
    cursor.fail(ErrorKind::malformed, numbered("tensors", index), tensor.at,
                "has " + grouped(rank) + " dimensions", std::string(kDamaged));
    return tensor;
  }
  const std::span<std::int64_t> extents = arena.allocate<std::int64_t>(rank);
  for (std::uint32_t axis = rank; axis-- > 0;) {
    const std::uint64_t extent = cursor.count();
    if (extent > static_cast<std::uint64_t>(INT64_MAX)) {
      cursor.fail(ErrorKind::malformed, numbered("tensors", index), tensor.at, "has an extent beyond 2^63",
                  std::string(kDamaged));
      extents[axis] = 0;
      continue;
    }
    extents[axis] = static_cast<std::int64_t>(extent);
  }
  tensor.extents = extents;
  tensor.type = cursor.number<std::uint32_t>();
  tensor.offset = cursor.number<std::uint64_t>();
  return tensor;
}

std::uint64_t alignment_of(Cursor& cursor, const Header& header) {
  const Pair* pair = header.find("general.alignment");
  if (pair == nullptr) return kDefaultAlignment;
  const auto alignment = header.integer(*pair);
  if (alignment && *alignment > 0 && *alignment <= (std::int64_t{1} << 30))
    return static_cast<std::uint64_t>(*alignment);
  cursor.fail(ErrorKind::malformed, "metadata", pair->begin,
              "general.alignment is no number that data could be aligned to", std::string(kDamaged));
  return kDefaultAlignment;
}

// Version and byte order. A big-endian version is a small number in the highest byte.
void read_version(Cursor& cursor, Header& header) {
  const auto written = cursor.number<std::uint32_t>();
  if (!cursor.ok()) return;
  header.is_big_endian = (written & 0xffff) == 0 && written != 0;
  header.version = header.is_big_endian ? __builtin_bswap32(written) : written;
  if (header.version == 0 || header.version > kNewestVersion) {
    cursor.fail(ErrorKind::unsupported, "header", 4,
                "is GGUF version " + grouped(header.version) + ", the newest that haoline knows is " +
                    std::to_string(kNewestVersion),
                "Look for a newer haoline, or convert the model again.");
    return;
  }
  cursor.set_layout(header.is_big_endian, header.version == 1);
}

}  // namespace

bool begins_like_gguf(Bytes head) {
  return as_text(head).starts_with(kMagic);
}

Result<Header> read_header(Bytes file, Arena& arena) {
  constexpr std::size_t kShortest = 8;  // the mark and a version
  if (file.size() < kShortest || !begins_like_gguf(file)) {
    Error error;
    error.kind = ErrorKind::truncated;
    error.message = "is no GGUF file, or only its first bytes";
    error.advice = std::string(kDamaged);
    return error;
  }
  Header header;
  header.file = file;
  Cursor cursor(file, kMagic.size());
  read_version(cursor, header);
  const std::uint64_t tensors = cursor.count();
  const std::uint64_t pairs = cursor.count();
  const std::uint64_t shortest = header.version == 1 ? 1 : 2;  // in words of 32 bits, of a count
  if (cursor.ok() && pairs > cursor.left() / (shortest * 4 + 5))
    cursor.fail(ErrorKind::truncated, "header", 8,
                "claims " + grouped(pairs) + " metadata pairs, " + grouped(cursor.left()) + " bytes are left",
                std::string(kDamaged));
  if (cursor.ok() && tensors > cursor.left() / (shortest * 4 + 16))
    cursor.fail(ErrorKind::truncated, "header", 8,
                "claims " + grouped(tensors) + " tensors, " + grouped(cursor.left()) + " bytes are left",
                std::string(kDamaged));
  header.pairs_begin = cursor.at();
  if (cursor.ok()) header.pairs.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(pairs, 256)));
  for (std::uint64_t i = 0; i < pairs && cursor.ok(); ++i) header.pairs.push_back(read_pair(cursor, i));
  header.pairs_end = cursor.at();
  if (cursor.ok()) header.tensors.reserve(static_cast<std::size_t>(tensors));
  for (std::uint64_t i = 0; i < tensors && cursor.ok(); ++i)
    header.tensors.push_back(read_tensor(cursor, i, arena));
  header.tensors_end = cursor.at();
  if (cursor.ok()) header.alignment = alignment_of(cursor, header);
  if (!cursor.ok()) return cursor.error();
  header.data = (header.tensors_end + header.alignment - 1) / header.alignment * header.alignment;
  return header;
}

const Pair* Header::find(std::string_view key) const {
  const auto at = std::find_if(pairs.begin(), pairs.end(), [&](const Pair& pair) { return pair.key == key; });
  return at != pairs.end() ? &*at : nullptr;
}

Cursor Header::cursor_at(std::uint64_t at) const {
  Cursor cursor(file, at);
  cursor.set_layout(is_big_endian, version == 1);
  return cursor;
}

std::optional<std::int64_t> Header::integer(const Pair& pair) const {
  Cursor cursor = cursor_at(pair.begin);
  switch (pair.type) {
    case ValueType::uint8:
      return cursor.number<std::uint8_t>();
    case ValueType::int8:
      return cursor.number<std::int8_t>();
    case ValueType::uint16:
      return cursor.number<std::uint16_t>();
    case ValueType::int16:
      return cursor.number<std::int16_t>();
    case ValueType::uint32:
      return cursor.number<std::uint32_t>();
    case ValueType::int32:
      return cursor.number<std::int32_t>();
    case ValueType::boolean:
      return cursor.number<std::uint8_t>() != 0 ? 1 : 0;
    case ValueType::uint64: {
      const auto value = cursor.number<std::uint64_t>();
      if (value > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
      return static_cast<std::int64_t>(value);
    }
    case ValueType::int64:
      return cursor.number<std::int64_t>();
    default:
      return std::nullopt;
  }
}

std::optional<double> Header::real(const Pair& pair) const {
  Cursor cursor = cursor_at(pair.begin);
  if (pair.type == ValueType::float32) return static_cast<double>(cursor.number<float>());
  if (pair.type == ValueType::float64) return cursor.number<double>();
  if (const auto number = integer(pair)) return static_cast<double>(*number);
  return std::nullopt;
}

Pair Header::element(const Pair& array, std::uint64_t index) const {
  Pair one;
  one.type = array.element;
  one.begin = array.begin + index * fixed_size(array.element);
  one.end = one.begin + fixed_size(array.element);
  return one;
}

std::optional<std::int64_t> Header::integer(std::string_view key) const {
  const Pair* pair = find(key);
  return pair != nullptr ? integer(*pair) : std::nullopt;
}

std::string_view Header::text(std::string_view key) const {
  const Pair* pair = find(key);
  return pair != nullptr ? pair->text : std::string_view();
}

void Header::texts(const Pair& array, std::uint64_t most, std::vector<std::string_view>& out) const {
  if (array.element != ValueType::text) return;
  Cursor cursor = cursor_at(array.begin);
  for (std::uint64_t i = 0; i < std::min(array.count, most) && cursor.ok(); ++i) out.push_back(cursor.text());
}

}  // namespace haoline::gguf
