#include <cmath>

#include "ops/arithmetic.h"
#include "ops/onnx_dtype.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

// Where an operand's element lies for a broadcast result.
struct Broadcast {
  KnownElements operand;
  PlainShape strides;

  explicit Broadcast(KnownElements known) : operand(std::move(known)), strides(strides_of(operand.extents)) {}
  Number at(const PlainShape& index) const {
    return operand.at(broadcast_position(operand.extents, strides, index));
  }
};

// All operands, when the result is small enough to have a value.
std::optional<std::vector<Broadcast>> broadcast_operands(const OpCall& call, const PlainShape& result) {
  std::vector<Broadcast> operands;
  for (std::size_t i = 0; i < call.input_count(); ++i) {
    std::optional<KnownElements> known = known_elements(call, i);
    if (!known || !broadcasts_to(known->extents, result)) return std::nullopt;
    operands.emplace_back(*std::move(known));
  }
  return operands;
}

BinaryNumber folding_of(Op op) {
  switch (op) {
    case Op::Max:
      return max_numbers;
    case Op::Min:
      return min_numbers;
    default:
      return add_numbers;
  }
}

bool has_every_value(const OpCall& call) {
  for (std::size_t i = 0; i < call.input_count(); ++i) {
    if (!call.value(i)) return false;
  }
  return true;
}

Number test(const Number& element, bool (*real)(double)) {
  if (element.kind == Number::Kind::exact) return Number::exact(0);
  if (element.kind == Number::Kind::real) return Number::exact(real(element.real) ? 1 : 0);
  return Number::unknown();
}

}  // namespace

OpError infer_cast(OpCall& call) {
  // The oldest version spells the type by name.
  const std::string_view spelled = call.text("to");
  const DType to = spelled.empty() ? dtype_of_onnx(call.integer("to")) : dtype_of_onnx_name(spelled);
  call.set_dtype(0, to);
  infer_same_shape(call);
  set_unary_value(call, cast_number);
  return std::nullopt;
}

OpError infer_cast_like(OpCall& call) {
  if (call.has(1)) call.set_dtype(0, call.dtype(1));
  infer_same_shape(call);
  set_unary_value(call, cast_number);
  return std::nullopt;
}

OpError infer_bit_cast(OpCall& call) {
  const DType to = dtype_of_onnx(call.integer("to"));
  call.set_dtype(0, to);
  if (!call.has(0)) return std::nullopt;
  const int from_bits = info(call.dtype(0)).bits;
  const int to_bits = info(to).bits;
  if (from_bits != 0 && to_bits != 0 && from_bits != to_bits) {
    return Message("elements of " + std::to_string(from_bits) + " bits cannot be read as elements of " +
                   std::to_string(to_bits) + " bits");
  }
  return infer_same_shape(call);
}

OpError infer_where(OpCall& call) {
  if (call.has(1)) call.set_dtype(0, call.dtype(1));
  infer_broadcast(call);
  if (!call.value(0) && !call.value(1) && !call.value(2)) return std::nullopt;
  const std::optional<PlainShape> extents = value_extents(call.output_shape(0));
  if (!extents) return std::nullopt;
  const auto operands = broadcast_operands(call, *extents);
  if (!operands || operands->size() != 3) return std::nullopt;
  call.set_value(0, fill_value(*extents, [&](const PlainShape& index) {
                   const Dim condition = (*operands)[0].at(index).integer();
                   const Number yes = (*operands)[1].at(index);
                   const Number no = (*operands)[2].at(index);
                   if (condition.is(0)) return no;
                   if (condition.number()) return yes;
                   return yes == no ? yes : Number::unknown();
                 }));
  return std::nullopt;
}

OpError infer_variadic(OpCall& call) {
  infer_broadcast(call);
  if (!has_every_value(call)) return std::nullopt;
  const std::optional<PlainShape> extents = value_extents(call.output_shape(0));
  if (!extents) return std::nullopt;
  const auto operands = broadcast_operands(call, *extents);
  if (!operands || operands->empty()) return std::nullopt;
  const NumberContext context{call.pool(), call.output(0).type.dtype};
  const BinaryNumber fold = folding_of(call.node().op);
  const Number share = Number::exact(static_cast<std::int64_t>(operands->size()));
  const bool is_mean = call.node().op == Op::Mean;
  call.set_value(0, fill_value(*extents, [&](const PlainShape& index) {
                   Number result = (*operands)[0].at(index);
                   for (std::size_t i = 1; i < operands->size(); ++i) {
                     result = fold(context, result, (*operands)[i].at(index));
                   }
                   return is_mean ? divide_numbers(context, result, share) : result;
                 }));
  return std::nullopt;
}

OpError infer_clip(OpCall& call) {
  infer_same_shape(call);
  const Value* source = call.value(0);
  if (!source) return std::nullopt;
  const NumberContext context{call.pool(), call.output(0).type.dtype};
  const bool by_attribute = call.version() != 0 && call.version() < 11;
  const auto bound = [&](std::string_view name, std::size_t input) -> std::optional<Number> {
    if (by_attribute) {
      if (call.version() < 6 && !call.has_attribute(name)) return std::nullopt;
      return Number::of(call.real(name));
    }
    if (!call.has(input)) return std::nullopt;
    const Value* value = call.value(input);
    return value && value->size() == 1 ? (*value)[0] : Number::unknown();
  };
  const std::optional<Number> low = bound("min", 1);
  const std::optional<Number> high = bound("max", 2);
  std::vector<Number> elements;
  elements.reserve(source->size());
  for (Number element : source->elements()) {
    if (low) element = max_numbers(context, element, *low);
    if (high) element = min_numbers(context, element, *high);
    elements.push_back(element);
  }
  call.set_value(0, Value(std::move(elements)));
  return std::nullopt;
}

OpError infer_modulo(OpCall& call) {
  infer_broadcast(call);
  set_binary_value(call, call.integer("fmod") != 0 ? fmod_numbers : modulo_numbers);
  return std::nullopt;
}

OpError infer_shift(OpCall& call) {
  infer_broadcast(call);
  set_binary_value(call, call.text("direction") == "LEFT" ? shift_left_numbers : shift_right_numbers);
  return std::nullopt;
}

OpError infer_is_nan(OpCall& call) {
  infer_same_as_bool(call);
  set_unary_value(call, [](const NumberContext&, const Number& element) {
    return test(element, [](double x) { return std::isnan(x); });
  });
  return std::nullopt;
}

OpError infer_is_inf(OpCall& call) {
  infer_same_as_bool(call);
  const bool positive = call.integer("detect_positive", 1) != 0;
  const bool negative = call.integer("detect_negative", 1) != 0;
  if (!positive || !negative) return std::nullopt;
  set_unary_value(call, [](const NumberContext&, const Number& element) {
    return test(element, [](double x) { return std::isinf(x); });
  });
  return std::nullopt;
}

}  // namespace haoline
