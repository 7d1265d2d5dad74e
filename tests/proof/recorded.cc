#include "recorded.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <protozero/pbf_message.hpp>

#include "base/bytes.h"
#include "base/half.h"

namespace haoline::proof {
namespace {

template <class T>
void read_raw(std::string_view raw, std::vector<Int128>& out) {
  for (std::size_t at = 0; at + sizeof(T) <= raw.size(); at += sizeof(T)) {
    out.push_back(load<T>(as_bytes(raw).data() + at));
  }
}
template <class T>
void read_raw(std::string_view raw, std::vector<double>& out) {
  for (std::size_t at = 0; at + sizeof(T) <= raw.size(); at += sizeof(T)) {
    out.push_back(static_cast<double>(load<T>(as_bytes(raw).data() + at)));
  }
}

void read_short_reals(std::span<const Int128> bits, RecordedTensor& tensor) {
  for (const Int128 n : bits) {
    const auto low = static_cast<std::uint16_t>(n);
    tensor.reals.push_back(tensor.dtype == DType::float16 ? to_double(kFloat16, low)
                                                          : bfloat16_to_double(low));
  }
}

// IEEE half and bfloat16 through float32: half's exponent is rebased, bfloat16 is the upper half of one.
double widen_half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 31) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return fraction != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * kInfinity;
  }
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

double widen_bfloat(std::uint16_t bits) {
  const std::uint32_t wide = std::uint32_t{bits} << 16;
  float out;
  std::memcpy(&out, &wide, sizeof(out));
  return static_cast<double>(out);
}

bool is_short_float(DType dtype) {
  return dtype == DType::float16 || dtype == DType::bfloat16;
}

void decode_short_floats(const std::vector<Int128>& bits, RecordedTensor& tensor) {
  for (const Int128 b : bits) {
    const auto narrow = static_cast<std::uint16_t>(b);
    tensor.reals.push_back(tensor.dtype == DType::float16 ? widen_half(narrow) : widen_bfloat(narrow));
  }
}

void decode_raw(std::string_view raw, RecordedTensor& tensor) {
  switch (tensor.dtype) {
    case DType::int64:
      return read_raw<std::int64_t>(raw, tensor.integers);
    case DType::int32:
      return read_raw<std::int32_t>(raw, tensor.integers);
    case DType::int16:
      return read_raw<std::int16_t>(raw, tensor.integers);
    case DType::int8:
      return read_raw<std::int8_t>(raw, tensor.integers);
    case DType::uint64:
      return read_raw<std::uint64_t>(raw, tensor.integers);
    case DType::uint32:
      return read_raw<std::uint32_t>(raw, tensor.integers);
    case DType::uint16:
      return read_raw<std::uint16_t>(raw, tensor.integers);
    case DType::uint8:
    case DType::boolean:
      return read_raw<std::uint8_t>(raw, tensor.integers);
    case DType::float32:
      return read_raw<float>(raw, tensor.reals);
    case DType::float64:
      return read_raw<double>(raw, tensor.reals);
    case DType::float16:
    case DType::bfloat16: {
      std::vector<Int128> bits;
      read_raw<std::uint16_t>(raw, bits);
      return read_short_reals(bits, tensor);
    }
    default:
      return;
  }
}

bool is_whole_integer(DType dtype) {
  return (is_integer(dtype) && info(dtype).bits >= 8) || dtype == DType::boolean;
}

RecordedTensor read_tensor(protozero::data_view bytes) {
  RecordedTensor tensor;
  std::string_view raw;
  std::vector<Int128> integers;
  std::vector<double> reals;
  protozero::pbf_reader reader(bytes);
  while (reader.next()) {
    const bool packed = reader.wire_type() == protozero::pbf_wire_type::length_delimited;
    switch (reader.tag()) {
      case 1:  // dims
        if (!packed)
          tensor.extents.push_back(reader.get_int64());
        else
          for (const std::int64_t extent : reader.get_packed_int64()) tensor.extents.push_back(extent);
        break;
      case 2:
        tensor.dtype = dtype_of_code(reader.get_int32());
        break;
      case 4:  // float_data
        if (!packed)
          reals.push_back(static_cast<double>(reader.get_float()));
        else
          for (const float x : reader.get_packed_float()) reals.push_back(static_cast<double>(x));
        break;
      case 5:  // int32_data
        if (!packed)
          integers.push_back(reader.get_int32());
        else
          for (const std::int32_t x : reader.get_packed_int32()) integers.push_back(x);
        break;
      case 7:  // int64_data
        if (!packed)
          integers.push_back(reader.get_int64());
        else
          for (const std::int64_t x : reader.get_packed_int64()) integers.push_back(x);
        break;
      case 9: {
        const protozero::data_view view = reader.get_view();
        raw = {view.data(), view.size()};
        break;
      }
      case 10:  // double_data
        if (!packed)
          reals.push_back(reader.get_double());
        else
          for (const double x : reader.get_packed_double()) reals.push_back(x);
        break;
      case 11:  // uint64_data
        if (!packed)
          integers.push_back(reader.get_uint64());
        else
          for (const std::uint64_t x : reader.get_packed_uint64()) integers.push_back(x);
        break;
      default:
        reader.skip();
    }
  }
  if (is_short_float(tensor.dtype)) {
    if (!raw.empty()) read_raw<std::uint16_t>(raw, integers);
    decode_short_floats(integers, tensor);
    return tensor;
  }
  if (!raw.empty()) decode_raw(raw, tensor);
  const bool is_short = tensor.dtype == DType::float16 || tensor.dtype == DType::bfloat16;
  if (is_short && tensor.reals.empty()) read_short_reals(integers, tensor);
  if (is_whole_integer(tensor.dtype) && !integers.empty()) tensor.integers = std::move(integers);
  if ((tensor.dtype == DType::float32 || tensor.dtype == DType::float64) && !reals.empty()) {
    tensor.reals = std::move(reals);
  }
  return tensor;
}

void read_sequence(protozero::data_view bytes, Recorded& out) {
  out.is_sequence = true;
  protozero::pbf_reader reader(bytes);
  while (reader.next()) {
    if (reader.tag() == 3)
      out.tensors.push_back(read_tensor(reader.get_view()));
    else
      reader.skip();
  }
}

void read_optional(protozero::data_view bytes, Recorded& out) {
  out.is_present = false;
  protozero::pbf_reader reader(bytes);
  while (reader.next()) {
    if (reader.tag() == 3) {
      out.tensors.push_back(read_tensor(reader.get_view()));
      out.is_present = true;
    } else if (reader.tag() == 5) {
      read_sequence(reader.get_view(), out);
      out.is_present = true;
    } else {
      reader.skip();
    }
  }
}

}  // namespace

DType dtype_of_code(std::int32_t code) {
  constexpr std::array kCodes = {
      DType::unknown,
      DType::float32,
      DType::uint8,
      DType::int8,
      DType::uint16,
      DType::int16,
      DType::int32,
      DType::int64,
      DType::string,
      DType::boolean,
      DType::float16,
      DType::float64,
      DType::uint32,
      DType::uint64,
      DType::complex64,
      DType::complex128,
      DType::bfloat16,
      DType::float8_e4m3fn,
      DType::float8_e4m3fnuz,
      DType::float8_e5m2,
      DType::float8_e5m2fnuz,
      DType::uint4,
      DType::int4,
      DType::float4_e2m1,
      DType::float8_e8m0,
      DType::uint2,
      DType::int2,
  };
  return code >= 0 && static_cast<std::size_t>(code) < kCodes.size() ? kCodes[static_cast<std::size_t>(code)]
                                                                     : DType::unknown;
}

std::optional<Recorded> read_recorded(std::string_view bytes, const Type& type) {
  Recorded out;
  const protozero::data_view view(bytes.data(), bytes.size());
  try {
    if (type.is(Container::sequence))
      read_sequence(view, out);
    else if (type.is(Container::optional))
      read_optional(view, out);
    else if (type.is_tensor())
      out.tensors.push_back(read_tensor(view));
    else
      return std::nullopt;
  } catch (const protozero::exception&) {
    return std::nullopt;
  }
  return out;
}

std::optional<Value> value_of(const RecordedTensor& tensor, std::size_t max_floats) {
  const std::size_t count = tensor.count();
  if (count > Value::kMaxElements || !tensor.has_elements()) return std::nullopt;
  std::vector<Number> numbers;
  if (is_whole_integer(tensor.dtype)) {
    for (const Int128 n : tensor.integers) {
      if (n > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
      const Dim dim(static_cast<std::int64_t>(n));
      numbers.push_back(Number::exact(dim));
    }
  } else if (is_float(tensor.dtype) && count <= max_floats) {
    for (const double x : tensor.reals) numbers.push_back(Number::of(x));
  } else {
    return std::nullopt;
  }
  if (numbers.size() != count) return std::nullopt;
  return Value(std::move(numbers));
}

}  // namespace haoline::proof
