#include "formats/openvino/layer.h"

#include "ir/tensor_elements.h"

namespace haoline::openvino {
namespace {

constexpr std::uint64_t kMostElements = 4096;  // of a constant that steers its operator

}  // namespace

const Tensor* Layer::tensor(std::size_t input) const {
  if (input >= inputs.size() || !inputs[input]) return nullptr;
  return &reading_.model.graphs[graph_].tensors[inputs[input]];
}

std::optional<Integers> Layer::constant(std::size_t input) const {
  const Tensor* operand = tensor(input);
  if (operand == nullptr || operand->constant == nullptr) return std::nullopt;
  const TensorData& data = *operand->constant;
  ElementReader reader(data);
  if (!reader.can_read() || !reader.is_integer() || data.stored_elements > kMostElements) return std::nullopt;
  Integers list(static_cast<std::size_t>(data.stored_elements), 0);
  const std::size_t got = reader.read(std::span<std::int64_t>(list.data(), list.size()));
  if (got != list.size()) return std::nullopt;
  return list;
}

std::optional<double> Layer::real_constant(std::size_t input) const {
  const Tensor* operand = tensor(input);
  if (operand == nullptr || operand->constant == nullptr) return std::nullopt;
  ElementReader reader(*operand->constant);
  double value = 0;
  if (operand->constant->stored_elements != 1 || !reader.can_read() || reader.read(std::span(&value, 1)) != 1)
    return std::nullopt;
  return value;
}

std::optional<std::size_t> Layer::rank(std::size_t input) const {
  const Tensor* operand = tensor(input);
  if (operand != nullptr && operand->shape.has_rank()) return operand->shape.rank();
  if (input < record.inputs.size() && !record.inputs[input]->dims.empty())
    return record.inputs[input]->dims.size();
  return std::nullopt;
}

std::int64_t Layer::dim(std::size_t input, std::size_t axis) const {
  const Tensor* operand = tensor(input);
  if (operand != nullptr && operand->shape.has_rank() && axis < operand->shape.rank())
    return operand->shape[axis].number().value_or(-1);
  if (input < record.inputs.size() && axis < record.inputs[input]->dims.size())
    return record.inputs[input]->dims[axis];
  return -1;
}

void Layer::set(std::string_view key, const Integers& values) {
  attributes.push_back({key, reading_.model.arena.copy(std::span<const std::int64_t>(values)), {}});
}

void Layer::set_reals(std::string_view key, const SmallVector<float, 6>& values) {
  attributes.push_back({key, reading_.model.arena.copy(std::span<const float>(values)), {}});
}

TensorId Layer::make_constant(std::string_view role, const Integers& values) {
  Model& model = reading_.model;
  TensorData data;
  data.dtype = DType::int64;
  const std::int64_t extent[] = {static_cast<std::int64_t>(values.size())};
  data.extents = model.arena.copy(std::span<const std::int64_t>(extent));
  data.bytes = std::as_bytes(model.arena.copy(std::span<const std::int64_t>(values)));
  data.stored_elements = values.size();
  Tensor made;
  made.name = model.arena.text(std::string(name) + "/" + std::string(role));
  made.type.dtype = DType::int64;
  made.shape = Shape{model.dims->number(extent[0])};
  made.constant = model.arena.create(data);
  return model.graphs[graph_].tensors.add(std::move(made));
}

}  // namespace haoline::openvino
