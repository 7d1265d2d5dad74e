#include "ops/tensor_value.h"

#include "ir/tensor_elements.h"
#include "ops/op_call.h"

namespace haoline {

std::size_t decodable_elements(const TensorData& data) {
  const std::optional<std::int64_t> count = element_count(data);
  const std::size_t most = is_float(data.dtype) ? kMaxFloatElements : Value::kMaxElements;
  if (!count || static_cast<std::uint64_t>(*count) > most || !ElementReader(data).can_read()) return 0;
  return static_cast<std::size_t>(*count);
}

Value value_of(const TensorData& data, DimPool& pool) {
  const std::optional<std::int64_t> count = element_count(data);
  const bool is_empty = count && *count == 0;
  return is_empty || decodable_elements(data) != 0 ? decode_value(data, pool) : Value();
}

Shape shape_of(const TensorData& data, DimPool& pool) {
  if (data.extents.size() > OpCall::kMaxRank) return Shape::unknown_rank();
  Shape shape;
  for (const std::int64_t extent : data.extents) shape.push_back(pool.number(extent));
  return shape;
}

}  // namespace haoline
