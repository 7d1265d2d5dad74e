#include <algorithm>
#include <cmath>
#include <string>

#include "ops/constant.h"
#include "ops/movement.h"
#include "ops/onnx_dtype.h"
#include "ops/shape_helpers.h"
#include "ops/tensor_value.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

OperandFacts facts_of(const TensorData& data, DimPool& pool) {
  OperandFacts facts;
  facts.type.dtype = data.dtype;
  facts.shape = shape_of(data, pool);
  facts.value = value_of(data, pool);
  facts.is_constant = true;
  return facts;
}

void set_list(OpCall& call, DType dtype, std::size_t length, Value value) {
  call.set_dtype(0, dtype);
  call.set_shape(0, Shape{static_cast<std::int64_t>(length)});
  call.set_value(0, std::move(value));
}

void set_scalar(OpCall& call, DType dtype, Value value) {
  call.set_dtype(0, dtype);
  call.set_shape(0, Shape{});
  call.set_value(0, std::move(value));
}

Value integer_value(std::span<const std::int64_t> numbers, DimPool& pool) {
  if (numbers.size() > Value::kMaxElements) return {};
  std::vector<Number> elements;
  elements.reserve(numbers.size());
  for (const std::int64_t number : numbers) elements.push_back(Number::exact(pool.number(number)));
  return Value(std::move(elements));
}

Value real_value(std::span<const float> numbers) {
  if (numbers.size() > kMaxFloatElements) return {};
  std::vector<Number> elements;
  elements.reserve(numbers.size());
  for (const float number : numbers) elements.push_back(Number::of(static_cast<double>(number)));
  return Value(std::move(elements));
}

}  // namespace

OpError infer_constant(OpCall& call) {
  DimPool& pool = call.pool();
  for (const std::string_view name : {"value", "sparse_value"}) {
    if (const TensorData* data = call.tensor(name)) {
      call.set_facts(0, facts_of(*data, pool));
      return std::nullopt;
    }
  }
  if (call.has_attribute("value_int")) {
    set_scalar(call, DType::int64, Value::scalar(Number::exact(pool.number(call.integer("value_int")))));
  } else if (call.has_attribute("value_float")) {
    set_scalar(call, DType::float32, Value::scalar(Number::of(call.real("value_float"))));
  } else if (call.has_attribute("value_string")) {
    set_scalar(call, DType::string, {});
  } else if (call.has_attribute("value_ints")) {
    const std::span<const std::int64_t> list = call.integer_list("value_ints");
    set_list(call, DType::int64, list.size(), integer_value(list, pool));
  } else if (call.has_attribute("value_floats")) {
    const std::span<const float> list = call.real_list("value_floats");
    set_list(call, DType::float32, list.size(), real_value(list));
  } else if (call.has_attribute("value_strings")) {
    set_list(call, DType::string, call.text_list("value_strings").size(), {});
  }
  return std::nullopt;
}

OpError infer_constant_of_shape(OpCall& call) {
  Number element = Number::exact(0);
  call.set_dtype(0, DType::float32);
  if (const TensorData* data = call.tensor("value")) {
    call.set_dtype(0, data->dtype);
    const Value value = value_of(*data, call.pool());
    element = value.size() == 1 ? value[0] : Number::unknown();
  }
  const std::optional<std::vector<Dim>> extents = extents_operand(call, 0);
  if (!extents) return std::nullopt;
  Shape shape;
  for (std::size_t i = 0; i < extents->size(); ++i) {
    const Dim extent = (*extents)[i];
    if (extent.number().value_or(0) < 0) return refuse(call.pool(), {"the shape has an extent of ", extent});
    shape.push_back(extent.is_unknown() ? data_extent(call, i) : extent);
  }
  call.set_shape(0, std::move(shape));
  const std::optional<PlainShape> small = value_extents(call.output_shape(0));
  if (small && element.is_known()) call.set_value(0, Value(std::vector<Number>(count_of(*small), element)));
  return std::nullopt;
}

namespace {

Number scalar_of(const OpCall& call, std::size_t input) {
  const Value* value = call.value(input);
  return value && value->size() == 1 ? (*value)[0] : Number::unknown();
}

// ⌈(limit − start) / delta⌉, at least 0.
Dim range_length(const OpCall& call, const Number& start, const Number& limit, const Number& delta) {
  DimPool& pool = call.pool();
  const Number distance = subtract_numbers({pool, call.dtype(0)}, limit, start);
  const std::optional<double> plain = distance.constant();
  const std::optional<double> step = delta.constant();
  if (is_float(call.dtype(0)) && plain && step) {  // as runtimes do: the quotient in double precision
    const double length = std::ceil(*plain / *step);
    constexpr double kMost = 4611686018427387904.0;  // 2^62
    if (!(length < kMost)) return Dim::unknown();
    return pool.number(length > 0 ? static_cast<std::int64_t>(length) : 0);
  }
  if (!is_float(call.dtype(0)) && (!distance.is_integer() || !delta.is_integer())) return Dim::unknown();
  if (step && *step == 0) return Dim::unknown();
  // The type that keeps fractions exact.
  const Number steps = divide_numbers({pool, DType::float64}, distance, delta);
  return pool.max(0, ceil_number({pool, DType::float64}, steps).integer());
}

}  // namespace

OpError infer_range(OpCall& call) {
  if (call.has(0)) call.set_dtype(0, call.dtype(0));
  const Number start = scalar_of(call, 0), limit = scalar_of(call, 1), delta = scalar_of(call, 2);
  if (delta.integer().is(0)) return Message("a step of 0");
  Dim length = range_length(call, start, limit, delta);
  if (length.is_unknown()) length = call.data_symbol("length");
  call.set_shape(0, Shape{length});
  const std::optional<PlainShape> extents = value_extents(call.output_shape(0));
  if (!extents) return std::nullopt;
  const NumberContext context{call.pool(), call.output(0).type.dtype};
  call.set_value(0, fill_value(*extents, [&](const PlainShape& at) {
                   const Number steps = Number::exact(at[0]);
                   return add_numbers(context, start, multiply_numbers(context, delta, steps));
                 }));
  return std::nullopt;
}

OpError infer_eye_like(OpCall& call) {
  if (call.has_attribute("dtype"))
    call.set_dtype(0, dtype_of_onnx(call.integer("dtype")));
  else if (call.has(0))
    call.set_dtype(0, call.dtype(0));
  infer_same_shape(call);
  if (call.has_rank(0) && call.rank(0) != 2) {
    return Message("the operand has rank " + std::to_string(call.rank(0)) + ", expected 2");
  }
  const std::optional<PlainShape> extents = value_extents(call.output_shape(0));
  if (!extents) return std::nullopt;
  const std::int64_t k = call.integer("k");
  call.set_value(0, fill_value(*extents, [&](const PlainShape& at) {
                   return Number::exact(at[1] - at[0] == k ? 1 : 0);
                 }));
  return std::nullopt;
}

OpError infer_shape(OpCall& call) {
  call.set_dtype(0, DType::int64);
  if (!call.has_rank(0)) {
    call.set_shape(0, Shape::of_unknown(1));
    return std::nullopt;
  }
  const auto rank = static_cast<std::int64_t>(call.rank(0));
  const auto clamp = [&](std::int64_t axis) {
    return std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  const std::int64_t begin = clamp(call.integer("start"));
  const std::int64_t end = call.has_attribute("end") ? clamp(call.integer("end")) : rank;
  const auto count = static_cast<std::size_t>(std::max<std::int64_t>(end - begin, 0));
  const std::span<const Dim> dims =
      call.shape(0).dims().subspan(count == 0 ? 0 : static_cast<std::size_t>(begin), count);
  call.set_shape(0, Shape{static_cast<std::int64_t>(count)});
  call.set_value(0, Value::integers(dims));
  return std::nullopt;
}

OpError infer_size(OpCall& call) {
  call.set_dtype(0, DType::int64);
  call.set_shape(0, Shape{});
  if (call.has_rank(0)) call.set_value(0, Value::scalar(Number::exact(call.elements(0))));
  return std::nullopt;
}

}  // namespace haoline
