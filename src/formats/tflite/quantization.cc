// Scales and zero points beside a tensor: per tensor, per slice of an axis, or per block.
#include "formats/tflite/reading.h"

namespace haoline::tflite {
namespace {

namespace wq = wire::quantization;

bool has_any(Numbers<std::int64_t> numbers) {
  for (const std::int64_t number : numbers) {
    if (number != 0) return true;
  }
  return false;
}

// Scales in a tensor of their own: noted beside the tensor, by name.
void annotate(Reading& r, const GraphState& state, TensorId id, const Table& details, Field field,
              std::string_view key) {
  const auto index = details.number<std::int32_t>(field, -1);
  if (index < 0 || static_cast<std::size_t>(index) >= state.tensors.size()) return;
  const Table scales = state.tensors[static_cast<std::size_t>(index)];
  const std::string_view name = scales.text(wire::tensor::name);
  if (!name.empty()) r.model.annotations.push_back({state.id, id, key, name});
}

const Quantization* read_blocks(Reading& r, const GraphState& state, const Table& table, TensorId id,
                                std::size_t rank) {
  const Table details = table.table(wq::details);
  annotate(r, state, id, details, wire::blockwise::scales, "SCALE_TENSOR");
  annotate(r, state, id, details, wire::blockwise::zero_points, "ZERO_POINT_TENSOR");
  Quantization quantization;
  quantization.scheme = "affine";
  quantization.axis = rank == 0 ? -1 : static_cast<std::int32_t>(rank) - 1;  // blocks run along the last axis
  quantization.block = details.number<std::int32_t>(wire::blockwise::block_size);
  if (quantization.block < 0) {
    details.fail(wire::blockwise::block_size, ErrorKind::malformed, "is negative");
    return nullptr;
  }
  return r.model.arena.create(quantization);
}

}  // namespace

const Quantization* read_quantization(Reading& r, GraphState& state, const Table& table, TensorId id,
                                      std::size_t rank) {
  const auto details = table.number<std::uint8_t>(wq::details_type);
  if (details == wq::blockwise || details == wq::multi_axis) return read_blocks(r, state, table, id, rank);
  const Numbers<float> scales = table.numbers<float>(wq::scale);
  const Numbers<std::int64_t> zero_points = table.numbers<std::int64_t>(wq::zero_point);
  if (scales.empty()) return nullptr;  // the range a converter saw is no quantization
  Quantization quantization;
  quantization.scheme = "affine";
  quantization.scales = flatbuffer::array_of(scales, r.model.arena);
  if (zero_points.size() == scales.size() && has_any(zero_points)) {
    quantization.zero_points = flatbuffer::array_of(zero_points, r.model.arena);
  } else if (zero_points.size() == 1 && zero_points[0] != 0) {  // one for all slices
    const std::span<std::int64_t> repeated = r.model.arena.allocate<std::int64_t>(scales.size());
    for (std::int64_t& zero_point : repeated) zero_point = zero_points[0];
    quantization.zero_points = repeated;
  }
  if (scales.size() > 1) quantization.axis = table.number<std::int32_t>(wq::quantized_dimension);
  return r.model.arena.create(quantization);
}

}  // namespace haoline::tflite
