#include "ops/tensor_value.h"

#include <bit>
#include <cmath>

#include "base/bytes.h"
#include "ir/shape.h"

namespace haoline {
namespace {

template <class T>
Number integer_at(const std::byte* at, DimPool& pool) {
  return Number::exact(pool.number(load<T>(at)));
}

template <class T>
Number real_at(const std::byte* at, DimPool&) {
  return Number::of(static_cast<double>(load<T>(at)));
}

// Sign, exponent and significand of the 16-bit formats.
template <int exponent_bits, int fraction_bits>
Number short_real(std::uint16_t bits) {
  constexpr int kBias = (1 << (exponent_bits - 1)) - 1;
  constexpr int kSpecial = (1 << exponent_bits) - 1;
  const int exponent = (bits >> fraction_bits) & kSpecial;
  const int fraction = bits & ((1 << fraction_bits) - 1);
  const double sign = bits >> 15 ? -1.0 : 1.0;
  if (exponent == kSpecial) {
    return Number::of(fraction != 0 ? std::numeric_limits<double>::quiet_NaN()
                                    : sign * std::numeric_limits<double>::infinity());
  }
  const double significand = exponent == 0 ? fraction : fraction + (1 << fraction_bits);
  return Number::of(sign * std::ldexp(significand, std::max(exponent, 1) - kBias - fraction_bits));
}

Number half_at(const std::byte* at, DimPool&) {
  return short_real<5, 10>(load<std::uint16_t>(at));
}
Number bfloat_at(const std::byte* at, DimPool&) {
  return short_real<8, 7>(load<std::uint16_t>(at));
}
Number truth_at(const std::byte* at, DimPool&) {
  return Number::exact(load<std::uint8_t>(at) != 0 ? 1 : 0);
}

using Decoder = Number (*)(const std::byte*, DimPool&);

Decoder decoder_of(DType dtype) {
  switch (dtype) {
    case DType::int64:
      return integer_at<std::int64_t>;
    case DType::int32:
      return integer_at<std::int32_t>;
    case DType::int16:
      return integer_at<std::int16_t>;
    case DType::int8:
      return integer_at<std::int8_t>;
    case DType::uint64:
      return integer_at<std::uint64_t>;
    case DType::uint32:
      return integer_at<std::uint32_t>;
    case DType::uint16:
      return integer_at<std::uint16_t>;
    case DType::uint8:
      return integer_at<std::uint8_t>;
    case DType::boolean:
      return truth_at;
    case DType::float64:
      return real_at<double>;
    case DType::float32:
      return real_at<float>;
    case DType::float16:
      return half_at;
    case DType::bfloat16:
      return bfloat_at;
    default:
      return nullptr;
  }
}

Value decode_raw(const TensorData& data, std::size_t count, DimPool& pool) {
  const Decoder decode = decoder_of(data.dtype);
  const std::size_t size = info(data.dtype).block_bytes;
  if (!decode || size == 0 || data.bytes.size() / size < count) return {};
  std::vector<Number> elements;
  elements.reserve(count);
  for (std::size_t i = 0; i < count; ++i) elements.push_back(decode(data.bytes.data() + i * size, pool));
  return Value(std::move(elements));
}

// The bits a varint of that type stands for: protobuf widens negative numbers to 64 bits.
Number varint_element(DType dtype, std::uint64_t bits, DimPool& pool) {
  const auto narrow = static_cast<std::uint16_t>(bits);
  switch (dtype) {
    case DType::uint64:
      return Number::exact(pool.number(bits));
    case DType::uint32:
      return Number::exact(pool.number(static_cast<std::uint32_t>(bits)));
    case DType::boolean:
      return Number::exact(bits != 0 ? 1 : 0);
    case DType::float16:
      return short_real<5, 10>(narrow);
    case DType::bfloat16:
      return short_real<8, 7>(narrow);
    default:
      return Number::exact(pool.number(static_cast<std::int64_t>(bits)));
  }
}

bool stores_one_varint_each(DType dtype) {
  if (dtype == DType::float16 || dtype == DType::bfloat16 || dtype == DType::boolean) return true;
  return is_integer(dtype) && info(dtype).bits >= 8;
}

Value decode_varints(const TensorData& data, std::size_t count, DimPool& pool) {
  if (!stores_one_varint_each(data.dtype)) return {};
  std::vector<Number> elements;
  elements.reserve(count);
  std::size_t at = 0;
  while (elements.size() < count) {
    std::uint64_t bits = 0;
    int shift = 0;
    for (bool more = true; more; shift += 7) {
      if (at == data.bytes.size() || shift > 63) return {};
      const auto byte = std::to_integer<std::uint8_t>(data.bytes[at++]);
      bits |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      more = (byte & 0x80) != 0;
    }
    elements.push_back(varint_element(data.dtype, bits, pool));
  }
  return Value(std::move(elements));
}

}  // namespace

std::size_t decodable_elements(const TensorData& data) {
  const bool is_stored =
      data.encoding == TensorData::Encoding::raw || data.encoding == TensorData::Encoding::varint;
  if (!is_stored || data.is_sparse) return 0;
  const std::size_t most = is_float(data.dtype) ? kMaxFloatElements : Value::kMaxElements;
  std::size_t count = 1;
  for (const std::int64_t extent : data.extents) {
    if (extent < 0 || extent > static_cast<std::int64_t>(most)) return 0;
    count *= static_cast<std::size_t>(extent);
    if (count > most) return 0;
  }
  return count;
}

Value value_of(const TensorData& data, DimPool& pool) {
  const std::size_t count = decodable_elements(data);
  bool is_empty = false;
  for (const std::int64_t extent : data.extents) is_empty = is_empty || extent == 0;
  if (count == 0) return is_empty ? Value(std::vector<Number>{}) : Value();
  return data.encoding == TensorData::Encoding::varint ? decode_varints(data, count, pool)
                                                       : decode_raw(data, count, pool);
}

Shape shape_of(const TensorData& data, DimPool& pool) {
  Shape shape;
  for (const std::int64_t extent : data.extents) shape.push_back(pool.number(extent));
  return shape;
}

}  // namespace haoline
