#include "ops/microsoft/rules.h"

#include <string>
#include <utility>

#include "ops/onnx_dtype.h"

namespace haoline::ms {

Dim extent(const OpCall& call, std::size_t operand, std::int64_t axis) {
  return call.has_rank(operand) ? call.dim(operand, axis).dim() : Dim::unknown();
}

Dim elements_of(const OpCall& call, std::size_t operand) {
  return call.has(operand) ? call.elements(operand).dim() : Dim::unknown();
}

Dim output_extent(const OpCall& call, std::size_t result, std::int64_t axis) {
  if (result >= call.output_count() || !call.output_shape(result).has_rank()) return Dim::unknown();
  const Shape& shape = call.output_shape(result);
  const std::optional<std::size_t> at = normalize_axis(axis, shape.rank());
  return at ? shape[*at] : Dim::unknown();
}

Dim integer_of(const OpCall& call, std::size_t operand) {
  const Value* value = call.value(operand);
  return value && value->size() == 1 ? (*value)[0].integer() : Dim::unknown();
}

Dim rows_of(const OpCall& call, std::size_t operand, std::size_t count) {
  if (!call.has_rank(operand) || call.rank(operand) < count) return Dim::unknown();
  Dim rows = 1;
  for (const Dim dim : call.shape(operand).first(call.rank(operand) - count)) {
    rows = call.pool().multiply(rows, dim);
  }
  return rows;
}

std::optional<DType> dtype_attribute(const OpCall& call, std::string_view name) {
  const DType dtype = dtype_of_onnx(call.integer(name, 0));
  return dtype == DType::unknown ? std::nullopt : std::optional(dtype);
}

OpError same_as_first(OpCall& call) {
  if (call.has(0)) call.set_shape(0, call.shape(0));
  return {};
}

OpError all_same_as_first(OpCall& call) {
  for (std::size_t i = 0; call.has(0) && i < call.output_count(); ++i) call.set_shape(i, call.shape(0));
  return {};
}

Shape with_last(const OpCall& call, std::size_t operand, Dim last) {
  if (!call.has_rank(operand) || call.rank(operand) == 0) return Shape::unknown_rank();
  Shape shape = call.shape(operand);
  shape[shape.rank() - 1] = last;
  return shape;
}

namespace {

// Batch extents of both operands, broadcast against each other.
Shape batch_of(OpCall& call, const Shape& a, const Shape& b) {
  const Shape left(a.first(a.rank() > 2 ? a.rank() - 2 : 0));
  const Shape right(b.first(b.rank() > 2 ? b.rank() - 2 : 0));
  return call.broadcast(left, right);
}

}  // namespace

Product matmul(OpCall& call, const Shape& a, const Shape& b) {
  Product product;
  if (!a.has_rank() || !b.has_rank()) return product;
  if (a.rank() == 0 || b.rank() == 0) {
    product.error = Message("a matrix product needs operands of rank 1 or more");
    return product;
  }
  const Dim inner_a = a.back();
  const Dim inner_b = b.rank() == 1 ? b[0] : b[b.rank() - 2];
  product.inner = call.require_equal(inner_a, inner_b);
  Shape shape = batch_of(call, a, b);
  if (!shape.has_rank()) return product;
  if (a.rank() > 1) shape.push_back(a[a.rank() - 2]);
  if (b.rank() > 1) shape.push_back(b.back());
  product.shape = std::move(shape);
  return product;
}

Product gemm(OpCall& call, std::size_t a, std::size_t b, bool transpose_a, bool transpose_b) {
  Product product;
  if (!call.has_rank(a) || !call.has_rank(b)) return product;
  if (call.rank(a) != 2 || call.rank(b) != 2) {
    product.error = Message("both factors have to be matrices");
    return product;
  }
  product.inner = call.require_equal(call.shape(a)[transpose_a ? 0 : 1], call.shape(b)[transpose_b ? 1 : 0]);
  product.shape = Shape{call.shape(a)[transpose_a ? 1 : 0], call.shape(b)[transpose_b ? 0 : 1]};
  return product;
}

OpError needs_rank(const OpCall& call, std::size_t operand, std::size_t rank, std::string_view what) {
  if (!call.has_rank(operand) || call.rank(operand) == rank) return {};
  Message message("the rank of ");
  message.add(what)
      .add(" is ")
      .add(std::to_string(call.rank(operand)))
      .add(", not ")
      .add(std::to_string(rank));
  return message;
}

std::optional<Work> activation_work(std::string_view name) {
  std::string lower;
  for (const char c : name) lower.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  static constexpr std::pair<std::string_view, Work> kKnown[] = {
      {"", {}},
      {"none", {}},
      {"identity", {}},
      {"relu", {.compare = 1}},
      {"relu2", {.multiply = 1, .compare = 1}},
      {"relu_squared", {.multiply = 1, .compare = 1}},
      {"leakyrelu", {.multiply = 1, .compare = 1}},
      {"thresholdedrelu", {.compare = 1}},
      {"elu", {.add = 1, .multiply = 1, .transcendental = 1, .compare = 1}},
      {"selu", {.add = 1, .multiply = 2, .transcendental = 1, .compare = 1}},
      {"tanh", {.transcendental = 1}},
      {"sigmoid", kSigmoid},
      {"hardsigmoid", {.add = 1, .multiply = 1, .compare = 2}},
      {"hardswish", {.add = 1, .multiply = 2, .compare = 2}},
      {"silu", kSilu},
      {"swish", kSilu},
      {"gelu", kGelu},
      {"fastgelu", kTanhGelu},
      {"quickgelu", {.add = 1, .multiply = 2, .divide = 1, .transcendental = 1}},
      {"softplus", {.add = 1, .transcendental = 2}},
      {"softsign", {.add = 2, .divide = 1}},
      {"softmax", kSoftmax},
      {"clip", {.compare = 2}},
  };
  for (const auto& [known, work] : kKnown) {
    if (known == lower) return work;
  }
  return std::nullopt;
}

void add_layer_norm(Cost& cost, Dim elements, Dim means, DimPool& pool) {
  cost.add({.add = 4, .multiply = 3}, elements, pool);
  cost.add({.add = 1, .divide = 3, .square_root = 1}, means, pool);
}

void add_rms_norm(Cost& cost, Dim elements, Dim means, DimPool& pool) {
  cost.add({.add = 1, .multiply = 3}, elements, pool);
  cost.add({.add = 1, .divide = 2, .square_root = 1}, means, pool);
}

Cost macs_only(Dim macs) {
  Cost cost;
  cost.macs = macs;
  return cost;
}

}  // namespace haoline::ms
