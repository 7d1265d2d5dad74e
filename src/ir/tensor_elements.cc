#include "ir/tensor_elements.h"

#include <algorithm>
#include <array>

#include "base/half.h"
#include "ir/ggml_blocks.h"

namespace haoline {
namespace {

// The bits of element `i` of packed bytes, low bits first. 1, 2, 4 or 8 bytes wide, or a part of a byte.
std::uint64_t bits_at(const TensorData& data, const DTypeInfo& type, std::size_t i) {
  const std::byte* const bytes = data.bytes.data();
  switch (type.bits) {
    case 2:
      return (std::to_integer<std::uint64_t>(bytes[i / 4]) >> (i % 4 * 2)) & 3;
    case 4:
      return (std::to_integer<std::uint64_t>(bytes[i / 2]) >> (i % 2 * 4)) & 15;
    case 8:
      return std::to_integer<std::uint64_t>(bytes[i]);
    case 16:
      return load<std::uint16_t>(bytes + i * 2);
    case 32:
      return load<std::uint32_t>(bytes + i * 4);
    default:
      return load<std::uint64_t>(bytes + i * 8);
  }
}

std::int64_t signed_value(std::uint64_t bits, unsigned width) {
  const unsigned unused = 64 - width;
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

double real_value(DType dtype, std::uint64_t bits) {
  const auto low = static_cast<std::uint32_t>(bits);
  switch (dtype) {
    case DType::float64:
      return std::bit_cast<double>(bits);
    case DType::float32:
      return static_cast<double>(std::bit_cast<float>(low));
    case DType::float16:
      return to_double(kFloat16, low);
    case DType::bfloat16:
      return bfloat16_to_double(static_cast<std::uint16_t>(low));
    case DType::float8_e4m3fn:
      return to_double(kFloat8E4M3Fn, low);
    case DType::float8_e4m3fnuz:
      return to_double(kFloat8E4M3Fnuz, low);
    case DType::float8_e5m2:
      return to_double(kFloat8E5M2, low);
    case DType::float8_e5m2fnuz:
      return to_double(kFloat8E5M2Fnuz, low);
    case DType::float8_e8m0:
      return float8_e8m0_to_double(static_cast<std::uint8_t>(low));
    default:
      return to_double(kFloat4E2M1, low);
  }
}

bool holds_numbers(DType dtype) {
  if (info(dtype).bits == 6) return false;  // four in three bytes, in an order that no format states
  switch (info(dtype).kind) {
    case DTypeClass::floating:
    case DTypeClass::signed_integer:
    case DTypeClass::unsigned_integer:
    case DTypeClass::boolean:
      return true;
    case DTypeClass::block:
      return can_decode_blocks(dtype);
    default:
      return false;
  }
}

template <class Out>
Out element(DType dtype, const DTypeInfo& type, std::uint64_t bits) {
  switch (type.kind) {
    case DTypeClass::floating:
      return static_cast<Out>(real_value(dtype, bits));
    case DTypeClass::signed_integer:
      return static_cast<Out>(signed_value(bits, type.bits));
    case DTypeClass::boolean:
      return static_cast<Out>(bits != 0 ? 1 : 0);
    default:
      return static_cast<Out>(type.bits < 64 ? bits & ((std::uint64_t{1} << type.bits) - 1) : bits);
  }
}

// The element types that weights mostly have, without a decision per element.
template <class Stored, class Out>
void convert(const std::byte* from, std::span<Out> room) {
  for (std::size_t i = 0; i < room.size(); ++i)
    room[i] = static_cast<Out>(load<Stored>(from + i * sizeof(Stored)));
}
template <class Out>
bool convert_plain(DType dtype, Bytes bytes, std::size_t first, std::span<Out> room) {
  const std::byte* const from = bytes.data() + first * info(dtype).block_bytes;
  switch (dtype) {
    case DType::float32:
      return convert<float>(from, room), true;
    case DType::float64:
      return convert<double>(from, room), true;
    case DType::int64:
      return convert<std::int64_t>(from, room), true;
    case DType::int32:
      return convert<std::int32_t>(from, room), true;
    case DType::int8:
      return convert<std::int8_t>(from, room), true;
    case DType::uint8:
      return convert<std::uint8_t>(from, room), true;
    default:
      return false;
  }
}

// One varint; false when it does not end within the bytes.
bool next_varint(Bytes bytes, std::size_t& at, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; at < bytes.size() && shift < 64; shift += 7) {
    const auto byte = std::to_integer<std::uint64_t>(bytes[at++]);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace

std::optional<std::int64_t> element_count(const TensorData& data) {
  std::int64_t count = 1;
  bool is_empty = false;
  for (const std::int64_t extent : data.extents) {
    if (extent < 0) return std::nullopt;
    is_empty = is_empty || extent == 0;
  }
  if (is_empty) return 0;
  for (const std::int64_t extent : data.extents) {
    if (__builtin_mul_overflow(count, extent, &count)) return std::nullopt;
  }
  return count;
}

ElementReader::ElementReader(const TensorData& data) : data_(data) {
  const std::optional<std::int64_t> count = element_count(data);
  if (!count || data.is_sparse || !holds_numbers(data.dtype)) return;
  count_ = static_cast<std::size_t>(*count);
  if (data.encoding == TensorData::Encoding::raw) {
    const std::optional<Int128> wanted = byte_size(data.dtype, *count);
    can_read_ = wanted && *wanted <= static_cast<Int128>(data.bytes.size());
  } else {
    can_read_ = data.encoding == TensorData::Encoding::varint && count_ <= data.bytes.size();
  }
}

bool ElementReader::is_integer() const {
  const DTypeClass kind = info(data_.dtype).kind;
  return haoline::is_integer(data_.dtype) || kind == DTypeClass::boolean;
}

template <class Out>
std::size_t ElementReader::read_elements(std::span<Out> room) {
  if (!can_read_) return 0;
  const DTypeInfo& type = info(data_.dtype);
  const std::size_t wanted = std::min(room.size(), count_ - next_);
  const bool is_varint = data_.encoding == TensorData::Encoding::varint;
  if (!is_varint && convert_plain(data_.dtype, data_.bytes, next_, room.first(wanted))) {
    next_ += wanted;
    return wanted;
  }
  for (std::size_t i = 0; i < wanted; ++i) {
    std::uint64_t bits = 0;
    if (!is_varint) {
      bits = bits_at(data_, type, next_ + i);
    } else if (!next_varint(data_.bytes, at_, bits)) {
      count_ = next_ + i;  // fewer than claimed
      next_ = count_;
      return i;
    }
    room[i] = element<Out>(data_.dtype, type, bits);
  }
  next_ += wanted;
  return wanted;
}

// A block is decoded whole, again where a read begins within it.
std::size_t ElementReader::read_blocks(std::span<double> room) {
  const DTypeInfo& type = info(data_.dtype);
  const std::size_t wanted = can_read_ ? std::min(room.size(), count_ - next_) : 0;
  float block[kMostBlockElements];
  for (std::size_t done = 0; done < wanted;) {
    const std::size_t in_block = next_ % type.block_elements;
    decode_block(data_.dtype, data_.bytes.data() + next_ / type.block_elements * type.block_bytes, block);
    const std::size_t taken = std::min(wanted - done, type.block_elements - in_block);
    for (std::size_t i = 0; i < taken; ++i) room[done + i] = static_cast<double>(block[in_block + i]);
    done += taken;
    next_ += taken;
  }
  return wanted;
}

std::size_t ElementReader::read(std::span<double> room) {
  return info(data_.dtype).kind == DTypeClass::block ? read_blocks(room) : read_elements(room);
}

std::size_t ElementReader::read(std::span<std::int64_t> room) {
  return is_integer() ? read_elements(room) : 0;
}

Value decode_value(const TensorData& data, DimPool& pool) {
  ElementReader reader(data);
  const std::optional<std::int64_t> count = element_count(data);
  if (!reader.can_read() || *count > static_cast<std::int64_t>(Value::kMaxElements)) return {};
  std::vector<Number> numbers(static_cast<std::size_t>(*count));
  if (reader.is_integer()) {
    std::vector<std::int64_t> integers(numbers.size());
    if (reader.read(std::span(integers)) != integers.size()) return {};
    const bool is_unsigned = data.dtype == DType::uint64;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const Int128 value =
          is_unsigned ? static_cast<Int128>(static_cast<std::uint64_t>(integers[i])) : integers[i];
      numbers[i] = Number::exact(pool.number(value));
    }
  } else {
    std::vector<double> reals(numbers.size());
    if (reader.read(std::span(reals)) != reals.size()) return {};
    std::transform(reals.begin(), reals.end(), numbers.begin(), Number::of);
  }
  return Value(std::move(numbers));
}

}  // namespace haoline
