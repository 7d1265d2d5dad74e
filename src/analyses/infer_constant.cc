// Facts of stored constants. Small integers, and very small floats, become values that rules can follow.
#include "analyses/infer_engine.h"

namespace haoline::engine {
namespace {

constexpr std::size_t kMaxFloatElements = 64;  // resize scales, range limits; never weights

constexpr std::int64_t kTooMany = Value::kMaxElements + 1;

template <class T>
Value decode_raw(const TensorData& data, std::size_t count, DimPool& pool) {
  if (data.bytes.size() < count * sizeof(T)) return {};
  std::vector<Number> numbers;
  numbers.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const T element = load<T>(data.bytes.data() + i * sizeof(T));
    if constexpr (std::is_floating_point_v<T>) {
      numbers.push_back(Number::of(static_cast<double>(element)));
    } else {
      numbers.push_back(Number::exact(pool.number(element)));
    }
  }
  return Value(std::move(numbers));
}

Value decode_value(const TensorData& data, std::size_t count, DimPool& pool) {
  if (data.encoding != TensorData::Encoding::raw || data.is_sparse) return {};
  switch (data.dtype) {
    case DType::int64:
      return decode_raw<std::int64_t>(data, count, pool);
    case DType::int32:
      return decode_raw<std::int32_t>(data, count, pool);
    case DType::uint8:
    case DType::boolean:
      return decode_raw<std::uint8_t>(data, count, pool);
    case DType::float32:
      return decode_raw<float>(data, count, pool);
    case DType::float64:
      return decode_raw<double>(data, count, pool);
    default:
      return {};
  }
}

std::size_t worth_decoding(DType dtype) {
  if (is_float(dtype)) return kMaxFloatElements;
  return is_integer(dtype) || dtype == DType::boolean ? Value::kMaxElements : 0;
}

}  // namespace

OperandFacts constant_facts(Engine& engine, const TensorData& data) {
  OperandFacts facts;
  facts.type.dtype = data.dtype;
  facts.shape = Shape{};
  facts.constant = &data;
  std::size_t count = 1;
  for (const std::int64_t extent : data.extents) {
    facts.shape.push_back(engine.pool.number(extent));
    const bool is_large = extent < 0 || extent > kTooMany || count > Value::kMaxElements;
    count = is_large && extent != 0 ? Value::kMaxElements + 1 : count * static_cast<std::size_t>(extent);
  }
  if (count > worth_decoding(data.dtype) || count > engine.decoded_left) return facts;
  engine.decoded_left -= count;
  facts.value = decode_value(data, count, engine.pool);
  return facts;
}

}  // namespace haoline::engine
