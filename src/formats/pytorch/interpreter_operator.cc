// Operators: computed where everything is known, else a node of the graph.
#include <algorithm>
#include <array>
#include <cmath>

#include "formats/pytorch/interpreter.h"

namespace haoline::pytorch {
namespace {

// Operators whose result is a number of the code, not a tensor.
struct ScalarResult {
  std::string_view name;
  DType dtype;
};
constexpr ScalarResult kScalars[] = {
    {"dim", DType::int64},
    {"numel", DType::int64},
    {"len", DType::int64},
    {"Int", DType::int64},
    {"IntImplicit", DType::int64},
    {"Float", DType::float64},
    {"FloatImplicit", DType::float64},
    {"Bool", DType::boolean},
    {"__contains__", DType::boolean},
    {"__not__", DType::boolean},
    {"__is__", DType::boolean},
    {"__isnot__", DType::boolean},
    {"is_floating_point", DType::boolean},
    {"prim::min", DType::int64},
    {"prim::max", DType::int64},
    {"__range_length", DType::int64},
    {"__derive_index", DType::int64},
    {"ScalarImplicit", DType::float64},
    {"item", DType::float64},
};

bool is_comparison(std::string_view name) {
  return name == "eq" || name == "ne" || name == "lt" || name == "gt" || name == "le" || name == "ge";
}

constexpr std::string_view kOpaque[] = {"prim::device",
                                        "prim::layout",
                                        "prim::type",
                                        "prim::grad",
                                        "prim::is_cuda",
                                        "str",
                                        "format",
                                        "warn",
                                        "device",
                                        "manual_seed",
                                        "is_scripting",
                                        "prim::PythonOp",
                                        "__torch_function__"};

bool are_equal(const Value& a, const Value& b) {
  if (a.is(Value::Kind::text) && b.is(Value::Kind::text)) return a.text == b.text;
  if (a.is_number() && b.is_number()) return a.as_real() == b.as_real();
  return a.is(Value::Kind::none) && b.is(Value::Kind::none);
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  const std::int64_t q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

// Arithmetic of two known numbers; nothing where it is not defined.
std::optional<Value> arithmetic(std::string_view name, const Value& a, const Value& b) {
  const double x = a.as_real();
  const double y = b.as_real();
  if (name == "eq") return Value::boolean(x == y);
  if (name == "ne") return Value::boolean(x != y);
  if (name == "lt") return Value::boolean(x < y);
  if (name == "gt") return Value::boolean(x > y);
  if (name == "le") return Value::boolean(x <= y);
  if (name == "ge") return Value::boolean(x >= y);
  if (name == "__and__") return Value::boolean(x != 0 && y != 0);
  if (name == "__or__") return Value::boolean(x != 0 || y != 0);
  const bool is_whole = !a.is(Value::Kind::real) && !b.is(Value::Kind::real);
  std::int64_t out = 0;
  if (name == "add") {
    if (!is_whole) return Value::number(x + y);
    return __builtin_add_overflow(a.integer, b.integer, &out) ? std::nullopt
                                                              : std::optional(Value::number(out));
  }
  if (name == "sub") {
    if (!is_whole) return Value::number(x - y);
    return __builtin_sub_overflow(a.integer, b.integer, &out) ? std::nullopt
                                                              : std::optional(Value::number(out));
  }
  if (name == "mul") {
    if (!is_whole) return Value::number(x * y);
    return __builtin_mul_overflow(a.integer, b.integer, &out) ? std::nullopt
                                                              : std::optional(Value::number(out));
  }
  if (name == "div") return y == 0 ? std::nullopt : std::optional(Value::number(x / y));
  if (name == "floordiv" || name == "floor_divide") {
    if (y == 0 || (is_whole && b.integer == -1)) return std::nullopt;
    return is_whole ? Value::number(floor_div(a.integer, b.integer)) : Value::number(std::floor(x / y));
  }
  if (name == "remainder") {
    if (y == 0 || (is_whole && b.integer == -1)) return std::nullopt;
    if (is_whole) return Value::number(a.integer - floor_div(a.integer, b.integer) * b.integer);
    return Value::number(x - std::floor(x / y) * y);
  }
  if (name == "pow") return Value::number(std::pow(x, y));
  if (name == "prim::min") return x <= y ? a : b;
  if (name == "prim::max") return x >= y ? a : b;
  return std::nullopt;
}

std::optional<Value> arithmetic(std::string_view name, const Value& a) {
  const double x = a.as_real();
  if (name == "Int" || name == "IntImplicit") {
    return std::fabs(x) < 9e18 ? std::optional(Value::number(
                                     a.is(Value::Kind::real) ? static_cast<std::int64_t>(x) : a.integer))
                               : std::nullopt;
  }
  if (name == "Float" || name == "FloatImplicit") return Value::number(x);
  if (name == "Bool") return Value::boolean(x != 0);
  if (name == "__not__") return Value::boolean(x == 0);
  if (name == "neg")
    return a.is(Value::Kind::real)  ? Value::number(-x)
           : a.integer == INT64_MIN ? std::nullopt
                                    : std::optional(Value::number(-a.integer));
  if (name == "sqrt") return Value::number(std::sqrt(x));
  if (name == "floor")
    return Value::number(static_cast<std::int64_t>(std::fabs(x) < 9e18 ? std::floor(x) : 0));
  if (name == "ceil") return Value::number(static_cast<std::int64_t>(std::fabs(x) < 9e18 ? std::ceil(x) : 0));
  if (name == "prim::NumToTensor" || name == "ScalarImplicit" || name == "item") return a;
  return std::nullopt;
}

}  // namespace

// What needs no node: arithmetic of known numbers, questions whose answer the kind of a value is.
bool Interpreter::computed(std::string_view name, const std::vector<Argument>& arguments, Value& out) {
  if (std::find(std::begin(kOpaque), std::end(kOpaque), name) != std::end(kOpaque)) {
    out = Value::opaque();
    return true;
  }
  if (arguments.empty()) {
    if (name == "is_grad_enabled" || name == "is_autocast_enabled") out = Value::boolean(false);
    return name == "is_grad_enabled" || name == "is_autocast_enabled";
  }
  const Value& a = arguments[0].value;
  if (name == "__is__" || name == "__isnot__") {
    const Value& b = arguments.size() > 1 ? arguments[1].value : a;
    if (a.is(Value::Kind::opaque) || b.is(Value::Kind::opaque)) return false;
    const bool same =
        a.is(Value::Kind::none) == b.is(Value::Kind::none) && (a.is(Value::Kind::none) || are_equal(a, b));
    out = Value::boolean(same == (name == "__is__"));
    return true;
  }
  if (name == "prim::dtype") {
    const DType type = writer_.dtype_of(a);
    out = type == DType::unknown ? Value::opaque() : Value::of_dtype(type);
    return true;
  }
  if (name == "prim::unchecked_unwrap_optional" || name == "_unwrap_optional" || name == "prim::data" ||
      name == "prim::unchecked_cast") {
    out = a;
    return true;
  }
  if (name == "dim") {
    if (const std::optional<std::size_t> rank = writer_.rank_of(a)) {
      out = Value::number(static_cast<std::int64_t>(*rank));
      return true;
    }
    return false;
  }
  if (name == "is_floating_point" && writer_.dtype_of(a) != DType::unknown) {
    out = Value::boolean(is_float(writer_.dtype_of(a)));
    return true;
  }
  if ((name == "eq" || name == "ne") && arguments.size() > 1 &&
      (a.is(Value::Kind::text) || a.is(Value::Kind::none) || a.is(Value::Kind::dtype))) {
    const Value& b = arguments[1].value;
    if (b.is(Value::Kind::opaque) || b.is_tensor()) return false;
    const bool same = are_equal(a, b) || (a.is(Value::Kind::dtype) && b.is(Value::Kind::integer) &&
                                          dtype_of_code(b.integer) == static_cast<DType>(a.integer));
    out = Value::boolean(same == (name == "eq"));
    return true;
  }
  if (!a.is_number()) return false;
  std::optional<Value> value;
  if (arguments.size() == 1) value = arithmetic(name, a);
  if (arguments.size() == 2 && arguments[1].value.is_number())
    value = arithmetic(name, a, arguments[1].value);
  if (name == "__range_length" && arguments.size() == 3 && arguments[1].value.is_number() &&
      arguments[2].value.integer > 0) {
    value = Value::number(
        std::max<std::int64_t>(0, (arguments[1].value.integer - a.integer + arguments[2].value.integer - 1) /
                                      arguments[2].value.integer));
  }
  if (!value) return false;
  out = *value;
  return true;
}

// Lists of the code.
bool Interpreter::list_operator(Frame& frame, std::string_view name, std::vector<Argument>& arguments,
                                Value& out) {
  if (arguments.empty()) return false;
  Value& a = arguments[0].value;
  if (name == "append" && a.is_items() && arguments.size() == 2) {
    a.items->values.push_back(kept(arguments[1].value));
    out = a;
    return true;
  }
  if (name == "append" && a.is_sequence() && arguments.size() == 2) {
    Plan plan;
    plan.op = "SequenceInsert";
    plan.source = "aten::append";
    plan.scope = frame.scope;
    plan.inputs = {operand(a), operand(arguments[1].value)};
    plan.outputs.resize(1);
    const TensorId made = writer_.add(plan)[0];
    a.items->graph = writer_.here();
    a.items->sequence = made;
    out = a;
    return true;
  }
  if (!a.is_items()) return false;
  auto& items = a.items->values;
  if (name != "len" && name != "__getitem__" && name != "__contains__")
    effort_ += items.size() / 4;  // copies below
  if (name == "len") {
    out = Value::number(static_cast<std::int64_t>(items.size()) / (a.is(Value::Kind::dictionary) ? 2 : 1));
    return true;
  }
  if (name == "list" || name == "copy") {
    out = Value::of_items(Value::Kind::list, items);
    return true;
  }
  if (name == "extend" && arguments.size() == 2 && arguments[1].value.is_items()) {
    const Value more = kept(arguments[1].value);
    if (!more.is_items()) return false;
    items.insert(items.end(), more.items->values.begin(), more.items->values.end());
    out = a;
    return true;
  }
  if (name == "add" && arguments.size() == 2 && arguments[1].value.is_items()) {
    std::vector<Value> joined = items;
    const auto& more = arguments[1].value.items->values;
    joined.insert(joined.end(), more.begin(), more.end());
    out = Value::of_items(Value::Kind::list, std::move(joined));
    return true;
  }
  if (name == "pop" && !items.empty()) {
    out = items.back();
    items.pop_back();
    return true;
  }
  if (name == "slice") {
    const auto bound = [&](std::size_t i, std::int64_t otherwise) {
      if (i >= arguments.size() || !arguments[i].value.is(Value::Kind::integer)) return otherwise;
      const std::int64_t given = arguments[i].value.integer;
      return std::clamp<std::int64_t>(given < 0 ? given + std::ssize(items) : given, 0, std::ssize(items));
    };
    const std::int64_t begin = bound(1, 0);
    const std::int64_t end = std::max(begin, bound(2, std::ssize(items)));
    out = Value::of_items(Value::Kind::list, {items.begin() + begin, items.begin() + end});
    return true;
  }
  if (name == "__contains__" && arguments.size() == 2) {
    const Value& b = arguments[1].value;
    const std::size_t step = a.is(Value::Kind::dictionary) ? 2 : 1;
    if (!b.is_number() && !b.is(Value::Kind::text)) return false;
    bool found = false;
    for (std::size_t i = 0; i < items.size(); i += step) found = found || are_equal(items[i], b);
    out = Value::boolean(found);
    return true;
  }
  if (name == "__getitem__" && arguments.size() == 2 && arguments[1].value.is(Value::Kind::integer)) {
    const std::int64_t given = arguments[1].value.integer;
    const std::int64_t index = given < 0 ? given + std::ssize(items) : given;
    out = index >= 0 && index < std::ssize(items) ? items[static_cast<std::size_t>(index)] : Value::none();
    return true;
  }
  if ((name == "eq" || name == "ne") && arguments.size() == 2 && arguments[1].value.is_items()) {
    const auto& other = arguments[1].value.items->values;
    bool same = items.size() == other.size();
    for (std::size_t i = 0; same && i < items.size(); ++i) {
      if (!items[i].is_number() || !other[i].is_number()) return false;
      same = are_equal(items[i], other[i]);
    }
    out = Value::boolean(same == (name == "eq"));
    return true;
  }
  return false;
}

// conv2d_prepack(weight, bias, stride, padding, dilation, groups), linear_prepack(weight, bias): their
// arguments are what the packed weight holds.
Value Interpreter::prepacked(std::string_view, const std::vector<Argument>& arguments) {
  std::vector<Value> parts;
  for (const Argument& argument : arguments) parts.push_back(argument.value);
  if (parts.size() == 7) parts.erase(parts.begin() + 4);  // transposed ones have output_padding between
  return Value::of_items(Value::Kind::tuple, std::move(parts));
}

void Interpreter::materialize(Value& value, int depth) {
  if (depth > 8 || !walk()) return;
  if (value.is_items()) {
    for (Value& item : value.items->values) materialize(item, depth + 1);
    return;
  }
  if (!value.is(Value::Kind::stored)) return;
  if (const auto known = made_.find(value.integer); known != made_.end()) {
    value = known->second;
    return;
  }
  const StoredTensor* stored = objects_.stored(value);
  if (stored == nullptr) return;
  // state[10] of a quantized layer is its weight, state[11] its bias.
  std::string name(value.text);
  if (name.ends_with(".10")) name.replace(name.size() - 3, 3, ".weight");
  if (name.ends_with(".11")) name.replace(name.size() - 3, 3, ".bias");
  const std::int64_t number = value.integer;
  value = Value::of_tensor(Model::kMain, writer_.add_weight(name, *stored));
  made_.emplace(number, value);
}

std::string_view Interpreter::output_name(const Frame& frame, std::size_t index) {
  if (index >= targets_.size() || targets_[index].empty()) return {};
  if (frame.path.empty()) return targets_[index];
  return r_.model.arena.text(frame.path + "." + std::string(targets_[index]));
}

Value Interpreter::results(Frame&, std::string_view name, const std::vector<Argument>& arguments,
                           const std::vector<TensorId>& outputs, std::size_t wanted) {
  if (outputs.empty()) return Value::none();
  const auto scalar = std::find_if(std::begin(kScalars), std::end(kScalars),
                                   [&](const ScalarResult& s) { return s.name == name; });
  DType type = scalar == std::end(kScalars) ? DType::unknown : scalar->dtype;
  if (name == "size" && arguments.size() > 1) type = DType::int64;
  // Arithmetic of numbers gives numbers.
  const bool all_scalar =
      !arguments.empty() && std::all_of(arguments.begin(), arguments.end(), [](const Argument& a) {
        return a.value.is_number() || a.value.is_scalar;
      });
  if (type == DType::unknown && all_scalar && name != "prim::NumToTensor") {
    type = is_comparison(name) ? DType::boolean : DType::int64;
    for (const Argument& a : arguments) {
      if (a.value.is(Value::Kind::real) || a.value.scalar_type == DType::float64)
        type = is_comparison(name) ? DType::boolean : DType::float64;
    }
  }
  std::vector<Value> values;
  for (const TensorId id : outputs) {
    Value value = Value::of_tensor(writer_.here(), id);
    if (type != DType::unknown) {
      value.is_scalar = true;
      value.scalar_type = type;
    }
    values.push_back(value);
  }
  if (values.size() == 1 && wanted <= 1) return values[0];
  return Value::of_items(Value::Kind::tuple, std::move(values));
}

Value Interpreter::unknown_operator(Frame& frame, std::string_view source,
                                    const std::vector<Argument>& arguments, std::size_t wanted) {
  Plan plan;
  plan.source = source;
  plan.scope = frame.scope;
  for (const Argument& argument : arguments) {
    std::vector<Value> leaves;
    flatten(argument.value, leaves);
    for (const Value& leaf : leaves) {
      if (!leaf.is_number()) plan.inputs.push_back(operand(leaf));
    }
  }
  for (std::size_t i = 0; i < std::max<std::size_t>(wanted, 1); ++i)
    plan.outputs.push_back(output_name(frame, i));
  const std::size_t colons = source.rfind(':');
  const std::string_view name = colons == std::string_view::npos ? source : source.substr(colons + 1);
  return results(frame, name, arguments, writer_.add(plan), wanted);
}

Value Interpreter::call_operator(Frame& frame, std::string_view name, std::vector<Argument>& arguments,
                                 std::size_t wanted) {
  if (!enter("an operator")) return Value::none();
  Value out;
  if (computed(name, arguments, out) || list_operator(frame, name, arguments, out)) return out;
  if (name == "prim::RaiseException" || name == "range") return Value::none();
  if (name.ends_with("_prepack")) return prepacked(name, arguments);
  for (Argument& argument : arguments) materialize(argument.value);
  const bool has_namespace = name.find("::") != std::string_view::npos;
  const std::string_view source = has_namespace ? name : r_.model.arena.text("aten::" + std::string(name));
  const AtenRow* row = find_aten(name);
  if (row == nullptr) return unknown_operator(frame, source, arguments, wanted);
  Translation translation(writer_, *row, arguments, wanted);
  translation.plan.source = source;
  translation.plan.scope = frame.scope;
  if (!row->translate(translation) || !translation.bound)
    return unknown_operator(frame, source, arguments, wanted);
  for (std::size_t i = 0; i < translation.plan.outputs.size(); ++i)
    translation.plan.outputs[i] = output_name(frame, i);
  const std::vector<TensorId> made = writer_.add(translation.plan);
  if (translation.plan.op == "SplitToSequence") {
    Value list = Value::of_items(Value::Kind::list, {});
    list.items->is_sequence = true;
    list.items->graph = writer_.here();
    list.items->sequence = made[0];
    return list;
  }
  return results(frame, name, arguments, made, wanted);
}

}  // namespace haoline::pytorch
