// Operators that move data: where TFLite has an operand and ONNX an attribute, a constant becomes the
// attribute, and anything else the operator of ours that takes the operand.
#include "formats/tflite/translate.h"
#include "ir/tensor_elements.h"

namespace haoline::tflite {
namespace {

// Pairs per axis, as ONNX lists them: all begins, then all ends.
bool pads_to_attribute(Draft& draft) {
  const std::optional<std::vector<std::int64_t>> pairs = draft.integers(1);
  if (!pairs || pairs->size() % 2 != 0) return false;
  const std::size_t axes = pairs->size() / 2;
  std::vector<std::int64_t> pads(pairs->size());
  for (std::size_t i = 0; i < axes; ++i) {
    pads[i] = (*pairs)[2 * i];
    pads[axes + i] = (*pairs)[2 * i + 1];
  }
  draft.add("pads", std::span<const std::int64_t>(pads));
  draft.version = 2;
  return true;
}

std::optional<double> scalar(const Draft& draft, std::size_t operand) {
  const Tensor* tensor = draft.input(operand);
  if (tensor == nullptr || tensor->constant == nullptr) return std::nullopt;
  ElementReader reader(*tensor->constant);
  double value = 0;
  if (!reader.can_read() || reader.read(std::span<double>(&value, 1)) != 1) return std::nullopt;
  return value;
}

}  // namespace

// The operand wins over the option; extents of 0 are extents of 0.
void reshape(Draft& draft) {
  if (draft.has(1)) {
    remove(draft, "new_shape");
    return draft.add("allowzero", 1);
  }
  for (Attribute& attribute : draft.attributes) {
    if (attribute.name == "new_shape") {
      attribute.name = "shape";
      draft.reorder({0});
      return draft.become(Op::Reshape, 1);
    }
  }
  draft.become(Op::unknown);
}

void squeeze(Draft& draft) {
  draft.version = 11;
}

void transpose(Draft& draft) {
  const std::optional<std::vector<std::int64_t>> order = draft.integers(1);
  if (!order) return draft.become(Op::Permute);
  draft.add("perm", std::span<const std::int64_t>(*order));
  draft.reorder({0});
}

void pad(Draft& draft) {
  if (!pads_to_attribute(draft)) return draft.become(Op::PadPairs);
  draft.reorder({0});
}

void pad_v2(Draft& draft) {
  const std::optional<double> value = draft.has(2) ? scalar(draft, 2) : 0.0;
  if (!value || !pads_to_attribute(draft)) return draft.become(Op::PadPairs);
  draft.add_real("value", *value);
  draft.reorder({0});
}

void mirror_pad(Draft& draft) {
  pad(draft);
}

// axis, data
void split(Draft& draft) {
  operand_to_attribute(draft, 0, "axis");
  if (draft.op == Op::unknown) return;
  draft.add("num_outputs", static_cast<std::int64_t>(draft.outputs.size()));
  draft.reorder({1});
}

// data, sizes (one may be -1: the rest), axis
void split_v(Draft& draft) {
  operand_to_attribute(draft, 2, "axis");
  if (draft.op == Op::unknown) return;
  std::optional<std::vector<std::int64_t>> sizes = draft.integers(1);
  if (!sizes) return draft.reorder({0, 1});
  Int128 sum = 0;
  std::int64_t* rest = nullptr;
  for (std::int64_t& size : *sizes) {
    if (size < 0)
      rest = &size;
    else
      sum += size;
  }
  const auto axis = std::get<std::int64_t>(draft.attributes.back().value);
  const std::optional<std::int64_t> extent = draft.extent(0, static_cast<int>(axis)).number();
  if (rest != nullptr) {
    if (!extent || sum > *extent) return draft.become(Op::unknown);
    *rest = *extent - static_cast<std::int64_t>(sum);
  }
  draft.add("split", std::span<const std::int64_t>(*sizes));
  draft.version = 11;
  draft.reorder({0});
}

void gather(Draft& draft) {
  for (const Attribute& attribute : draft.attributes) {
    if (attribute.name == "batch_dims") return draft.become(Op::BatchGather);
  }
}

// extents, value
void fill(Draft& draft) {
  draft.reorder({1, 0});
}

// A vector of conditions chooses whole rows, which ONNX cannot.
void select(Draft& draft) {
  const Tensor* condition = draft.input(0);
  const Tensor* yes = draft.input(1);
  if (condition == nullptr || yes == nullptr || !condition->shape.has_rank() || !yes->shape.has_rank())
    return;
  if (condition->shape.rank() == 1 && yes->shape.rank() > 1) draft.become(Op::unknown);
}

}  // namespace haoline::tflite
