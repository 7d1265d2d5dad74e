// Messages of a dataset or attribute: element type, extents, where the elements are, filters.
#include <algorithm>
#include <array>

#include "formats/shared/hdf5_reading.h"

namespace haoline::hdf5 {
namespace {

constexpr std::size_t kMaxRank = 32;
constexpr std::size_t kMaxFilters = 32;

bool damaged(Reading& r, Bytes where, std::string_view what) {
  return r.fail(r.offset_of(where.data()), what, "is damaged");
}

DType integer_of(std::uint64_t size, bool is_signed) {
  constexpr std::array kSigned{DType::int8, DType::int16, DType::int32, DType::int64};
  constexpr std::array kUnsigned{DType::uint8, DType::uint16, DType::uint32, DType::uint64};
  for (std::size_t i = 0; i < kSigned.size(); ++i) {
    if (size == std::uint64_t{1} << i) return is_signed ? kSigned[i] : kUnsigned[i];
  }
  return DType::unknown;
}

// Which float it is, by where its exponent lies and how many bits it has.
struct FloatLayout {
  std::uint64_t size;
  unsigned exponent_at, exponent_bits, mantissa_bits;
  DType dtype;
};
constexpr FloatLayout kFloats[] = {
    {8, 52, 11, 52, DType::float64}, {4, 23, 8, 23, DType::float32},     {2, 10, 5, 10, DType::float16},
    {2, 7, 8, 7, DType::bfloat16},   {1, 3, 4, 3, DType::float8_e4m3fn}, {1, 2, 5, 2, DType::float8_e5m2},
};

DType float_of(Cursor& properties, std::uint64_t size) {
  properties.skip(4);
  const unsigned exponent_at = properties.u8(), exponent_bits = properties.u8();
  properties.skip(1);
  const unsigned mantissa_bits = properties.u8();
  for (const FloatLayout& f : kFloats) {
    if (f.size == size && f.exponent_at == exponent_at && f.exponent_bits == exponent_bits &&
        f.mantissa_bits == mantissa_bits)
      return f.dtype;
  }
  return DType::unknown;
}

enum TypeClass : std::uint8_t { kFixed = 0, kFloat = 1, kText = 3, kOpaque = 5, kEnum = 8, kVariable = 9 };

}  // namespace

std::optional<std::uint64_t> Space::elements() const {
  if (is_null) return 0;
  std::uint64_t count = 1;
  for (const std::uint64_t extent : extents) {
    if (__builtin_mul_overflow(count, extent, &count)) return std::nullopt;
  }
  return count;
}

bool read_type(Reading& r, Cursor& cursor, Type& type, int depth) {
  const std::uint8_t head = cursor.u8();
  const std::uint64_t bits = cursor.number(3);
  type.size = cursor.u32();
  type.big_endian = false;
  if (!cursor.ok()) return false;
  switch (head & 15) {
    case kFixed:
      type.kind = Type::Kind::integer;
      type.big_endian = (bits & 1) != 0;
      type.dtype = integer_of(type.size, (bits & 8) != 0);
      cursor.skip(4);
      break;
    case kFloat:
      type.kind = Type::Kind::real;
      type.big_endian = (bits & 1) != 0;
      type.dtype = float_of(cursor, type.size);
      cursor.skip(4);
      break;
    case kText:
      type.kind = Type::Kind::text;
      break;
    case kOpaque:
      type.kind = Type::Kind::opaque;
      cursor.skip(bits & 255);
      break;
    case kEnum: {
      // A boolean is an enumeration of two bytes' worth: FALSE and TRUE. Others are their base type.
      Type base;
      if (depth > 8 || !read_type(r, cursor, base, depth + 1)) return false;
      const bool is_boolean = base.size == 1 && (bits & 0xffff) == 2;
      type.kind = is_boolean ? Type::Kind::boolean : base.kind;
      type.dtype = is_boolean ? DType::boolean : base.dtype;
      type.big_endian = base.big_endian;
      break;
    }
    case kVariable:
      type.kind = (bits & 15) == 1 ? Type::Kind::variable_text : Type::Kind::other;
      break;
    default:
      type.kind =
          Type::Kind::other;  // compound, reference, array, time, bit field: only their size matters here
  }
  return cursor.ok();
}

bool read_space(Reading& r, Cursor& cursor, Space& space) {
  const std::uint8_t version = cursor.u8();
  const std::size_t rank = cursor.u8();
  const std::uint8_t flags = cursor.u8();
  if (version == 1) {
    cursor.skip(5);
  } else {
    space.is_null = cursor.u8() == 2;
  }
  if (!cursor.ok() || version == 0 || version > 2 || rank > kMaxRank) return false;
  const std::span<std::uint64_t> extents = r.arena.allocate<std::uint64_t>(rank);
  for (std::uint64_t& extent : extents) extent = cursor.length();
  space.extents = extents;
  space.largest = extents;
  if (flags & 1) {
    const std::span<std::uint64_t> largest = r.arena.allocate<std::uint64_t>(rank);
    for (std::uint64_t& extent : largest) extent = cursor.length();
    space.largest = largest;
  }
  return cursor.ok();
}

namespace {

bool read_chunk_extents(Reading& r, Cursor& cursor, Storage& storage, std::size_t rank, unsigned width) {
  // The last one is the size of an element.
  if (rank < 2 || rank > kMaxRank + 1) return false;
  const std::span<std::uint64_t> extents = r.arena.allocate<std::uint64_t>(rank - 1);
  for (std::uint64_t& extent : extents) {
    extent = cursor.number(width);
    if (extent == 0) return false;
  }
  cursor.skip(width);
  storage.chunk = extents;
  return cursor.ok();
}

bool read_old_layout(Reading& r, Cursor& cursor, Storage& storage) {
  const std::size_t rank = cursor.u8();
  const std::uint8_t kind = cursor.u8();
  cursor.skip(5);
  if (kind != 0) storage.address = cursor.offset();
  if (kind == 2) {
    storage.layout = Layout::chunked;
    return read_chunk_extents(r, cursor, storage, rank, 4);
  }
  if (rank > kMaxRank) return false;
  cursor.skip(4 * rank);
  storage.layout = kind == 0 ? Layout::compact : Layout::contiguous;
  if (kind == 0) storage.compact = cursor.take(cursor.u32());
  storage.size = Storage::kNowhere;  // these versions do not say
  return cursor.ok();
}

bool read_chunk_index(Reading& r, Cursor& cursor, Storage& storage) {
  const std::uint8_t flags = cursor.u8();
  const std::size_t rank = cursor.u8();
  const unsigned width = cursor.u8();
  if (width == 0 || width > 8 || !read_chunk_extents(r, cursor, storage, rank, width)) return false;
  storage.edges_unfiltered = (flags & 1) != 0;
  const std::uint8_t index = cursor.u8();
  switch (index) {
    case 1:
      storage.index = ChunkIndex::single;
      storage.single_is_filtered = (flags & 2) != 0;
      if (storage.single_is_filtered) {
        storage.single_size = cursor.length();
        storage.single_mask = cursor.u32();
      }
      break;
    case 2:
      storage.index = ChunkIndex::implicit;
      break;
    case 3:
      storage.index = ChunkIndex::fixed_array;
      cursor.skip(1);
      break;
    case 4:
      storage.index = ChunkIndex::extensible_array;
      cursor.skip(5);
      break;
    case 5:
      storage.index = ChunkIndex::tree2;
      cursor.skip(6);
      break;
    default:
      return false;
  }
  storage.address = cursor.offset();
  return cursor.ok();
}

}  // namespace

bool read_layout(Reading& r, Cursor& cursor, Object& object) {
  Storage& storage = object.storage;
  const std::uint8_t version = cursor.u8();
  if (version == 1 || version == 2) return read_old_layout(r, cursor, storage);
  if (version == 0 || version > 5) return false;
  switch (cursor.u8()) {
    case 0:
      storage.layout = Layout::compact;
      storage.compact = cursor.take(cursor.u16());
      return cursor.ok();
    case 1:
      storage.layout = Layout::contiguous;
      storage.address = cursor.offset();
      storage.size = cursor.length();
      return cursor.ok();
    case 2: {
      storage.layout = Layout::chunked;
      if (version >= 4) return read_chunk_index(r, cursor, storage);
      const std::size_t rank = cursor.u8();
      storage.address = cursor.offset();
      return read_chunk_extents(r, cursor, storage, rank, 4);
    }
    default:
      storage.layout = Layout::other;  // virtual: elements of other files
      return cursor.ok();
  }
}

bool read_filters(Reading& r, Cursor& cursor, Object& object) {
  const std::uint8_t version = cursor.u8();
  const std::size_t count = cursor.u8();
  if (version == 0 || version > 2 || count > kMaxFilters) return false;
  if (version == 1) cursor.skip(6);
  const std::span<Filter> filters = r.arena.allocate<Filter>(count);
  for (Filter& filter : filters) {
    filter = {};
    filter.id = cursor.u16();
    const std::size_t name = version == 1 || filter.id >= 256 ? cursor.u16() : 0;
    cursor.skip(2);
    const std::size_t parameters = cursor.u16();
    cursor.skip(version == 1 ? (name + 7) / 8 * 8 : name);
    if (!cursor.ok() || parameters > cursor.left() / 4) return false;
    const std::span<std::uint32_t> values = r.arena.allocate<std::uint32_t>(parameters);
    for (std::uint32_t& value : values) value = cursor.u32();
    if (version == 1 && parameters % 2 == 1) cursor.skip(std::min<std::size_t>(4, cursor.left()));
    filter.parameters = values;
  }
  object.storage.filters = filters;
  return cursor.ok();
}

bool read_attribute(Reading& r, Bytes bytes, Attribute& attribute) {
  Cursor cursor = r.over(bytes);
  const std::uint8_t version = cursor.u8();
  const std::uint8_t flags = cursor.u8();
  const std::size_t name = cursor.u16(), type = cursor.u16(), space = cursor.u16();
  if (version == 3) cursor.skip(1);
  if (!cursor.ok() || version == 0 || version > 3) return damaged(r, bytes, "attribute");
  const auto part = [&](std::size_t size) {
    const Bytes taken = cursor.take(size);
    if (version == 1) cursor.skip((8 - size % 8) % 8);
    return taken;
  };
  const std::string_view text = as_text(part(name));
  attribute.name = text.substr(0, text.find('\0'));
  HeaderMessage type_message{message::datatype, version > 1 && (flags & 1) != 0, part(type)};
  HeaderMessage space_message{message::dataspace, version > 1 && (flags & 2) != 0, part(space)};
  if (!cursor.ok()) return damaged(r, bytes, "attribute");
  if (!resolve_shared(r, type_message) || !resolve_shared(r, space_message)) return false;
  Cursor type_cursor = r.over(type_message.data), space_cursor = r.over(space_message.data);
  if (!read_type(r, type_cursor, attribute.type) || !read_space(r, space_cursor, attribute.space))
    return damaged(r, bytes, "attribute");
  attribute.data = cursor.take(cursor.left());
  return true;
}

}  // namespace haoline::hdf5
