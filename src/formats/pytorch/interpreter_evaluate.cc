// Expressions: names, attributes, items, calls.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "formats/pytorch/interpreter.h"

namespace haoline::pytorch {
namespace {

using syntax::Expression;
using syntax::Index;
using syntax::kNothing;
using syntax::Statement;

struct Deeper {
  explicit Deeper(std::size_t& depth) : d(depth) { ++d; }
  ~Deeper() { --d; }
  std::size_t& d;
};

}  // namespace

Value Interpreter::evaluate(Frame& frame, Index index, std::size_t wanted) {
  const Deeper deeper(depth_);
  if (index == kNothing || !enter("an expression")) return Value::none();
  const Expression& e = expression(frame, index);
  switch (e.kind) {
    case Expression::Kind::integer:
      return Value::number(e.integer);
    case Expression::Kind::real:
      return Value::number(e.real);
    case Expression::Kind::text:
      return Value::of_text(e.text);
    case Expression::Kind::truth:
      return Value::boolean(e.integer != 0);
    case Expression::Kind::name: {
      const auto at = frame.names.find(e.text);
      if (at != frame.names.end()) return at->second;
      if (e.text == "inf") return Value::number(static_cast<double>(INFINITY));
      if (e.text == "nan") return Value::number(static_cast<double>(NAN));
      return Value::path(e.text);
    }
    case Expression::Kind::attribute:
      return attribute(evaluate(frame, e.first), e.text);
    case Expression::Kind::subscript:
      return subscript(frame, e);
    case Expression::Kind::call:
      return call(frame, e, wanted);
    case Expression::Kind::tuple:
    case Expression::Kind::list:
    case Expression::Kind::dictionary: {
      const std::vector<std::string_view> targets = std::move(targets_);
      targets_.clear();
      std::vector<Value> items;
      for (const Index item : e.items) items.push_back(evaluate(frame, item));
      targets_ = targets;
      return Value::of_items(e.kind == Expression::Kind::tuple  ? Value::Kind::tuple
                             : e.kind == Expression::Kind::list ? Value::Kind::list
                                                                : Value::Kind::dictionary,
                             std::move(items));
    }
    case Expression::Kind::unary: {
      std::vector<Argument> arguments = {{{}, evaluate(frame, e.first)}};
      if (e.text == "+") return arguments[0].value;
      return call_operator(frame,
                           e.text == "not" ? "__not__"
                           : e.text == "~" ? "bitwise_not"
                                           : "neg",
                           arguments, 1);
    }
    case Expression::Kind::binary:
      return binary(frame, e);
    case Expression::Kind::choice: {
      const Value condition = evaluate(frame, e.items[0]);
      if (condition.is_number()) return evaluate(frame, condition.as_real() != 0 ? e.first : e.second);
      return evaluate(frame, condition.is(Value::Kind::none) ? e.second : e.first);
    }
    case Expression::Kind::starred:
    case Expression::Kind::keyword:
      return evaluate(frame, e.first);
    case Expression::Kind::none:
    case Expression::Kind::slice:
      return Value::none();
  }
  return Value::none();
}

Value Interpreter::attribute(const Value& base, std::string_view name) {
  switch (base.kind) {
    case Value::Kind::path: {
      if (base.text == "CONSTANTS" && name.starts_with("c")) {
        Value constant =
            objects_.constant(static_cast<std::size_t>(parse_decimal(name.substr(1)).value_or(1 << 30)));
        materialize(constant);
        return constant;
      }
      return Value::path(r_.model.arena.text(std::string(base.text) + "." + std::string(name)));
    }
    case Value::Kind::object: {
      restore(base);
      Object& object = objects_.at(base);
      const auto at = object.attributes.find(name);
      if (at == object.attributes.end()) return Value::none();
      materialize(at->second);
      return at->second;
    }
    case Value::Kind::tuple: {
      const std::vector<std::string_view> fields = objects_.fields(base.text);
      const auto at = std::find(fields.begin(), fields.end(), name);
      const auto index = static_cast<std::size_t>(at - fields.begin());
      return at != fields.end() && index < base.items->values.size() ? base.items->values[index]
                                                                     : Value::none();
    }
    default:
      return Value::opaque();
  }
}

// An object whose class restores it by code of its own (quantized layers).
void Interpreter::restore(const Value& self) {
  Object& object = objects_.at(self);
  if (object.is_restored) return;
  object.is_restored = true;
  const Definition definition = objects_.method(object.type, "__setstate__");
  if (!definition) return;
  std::vector<Argument> arguments = {{{}, objects_.restored_state(object)}};
  Frame outside;
  const std::vector<std::string_view> targets = std::move(targets_);
  call_code(definition, arguments, &self, outside);
  targets_ = targets;
}

Value Interpreter::subscript(Frame& frame, const Expression& e) {
  const Value base = evaluate(frame, e.first);
  if (e.items.empty() || e.items[0] == kNothing) return Value::none();
  const Value at = evaluate(frame, e.items[0]);
  if (base.is(Value::Kind::dictionary) && base.is_items()) {
    const auto& items = base.items->values;
    for (std::size_t i = items.size() / 2; i-- > 0;) {
      const Value& key = items[2 * i];
      if ((key.is(Value::Kind::text) && at.is(Value::Kind::text) && key.text == at.text) ||
          (key.is_number() && at.is_number() && key.integer == at.integer)) {
        return items[2 * i + 1];
      }
    }
    return Value::none();
  }
  if (base.is_items() && at.is(Value::Kind::integer)) {
    const auto size = std::ssize(base.items->values);
    const std::int64_t index = at.integer < 0 ? at.integer + size : at.integer;
    return index >= 0 && index < size ? base.items->values[static_cast<std::size_t>(index)] : Value::none();
  }
  if (!base.is_sequence() && !base.is_tensor()) return Value::opaque();
  Plan plan;
  plan.op = base.is_sequence() ? "SequenceAt" : "";
  plan.source = "aten::__getitem__";
  plan.scope = frame.scope;
  plan.inputs = {operand(base)};
  if (at.is_tensor() || at.is_number()) plan.inputs.push_back(operand(at));
  plan.outputs = {output_name(frame, 0)};
  return Value::of_tensor(writer_.here(), writer_.add(plan)[0]);
}

Value Interpreter::binary(Frame& frame, const Expression& e) {
  struct Row {
    std::string_view sign, name;
  };
  constexpr Row kRows[] = {
      {"+", "add"},       {"-", "sub"},       {"*", "mul"},     {"/", "div"},     {"//", "floor_divide"},
      {"%", "remainder"}, {"**", "pow"},      {"@", "matmul"},  {"==", "eq"},     {"!=", "ne"},
      {"<", "lt"},        {">", "gt"},        {"<=", "le"},     {">=", "ge"},     {"&", "__and__"},
      {"|", "__or__"},    {"and", "__and__"}, {"or", "__or__"}, {"is", "__is__"}, {"is not", "__isnot__"}};
  const std::vector<std::string_view> targets = std::move(targets_);
  targets_.clear();
  std::vector<Argument> arguments = {{{}, evaluate(frame, e.first)}, {{}, evaluate(frame, e.second)}};
  targets_ = targets;
  const auto* row =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.sign == e.text; });
  if (row == std::end(kRows)) return Value::opaque();
  return call_operator(frame, row->name, arguments, 1);
}

std::vector<Argument> Interpreter::arguments_of(Frame& frame, const Expression& e) {
  // Results inside are not what the statement names.
  const std::vector<std::string_view> targets = std::move(targets_);
  targets_.clear();
  std::vector<Argument> arguments;
  for (const Index item : e.items) {
    const Expression& argument = expression(frame, item);
    if (argument.kind == Expression::Kind::starred) continue;
    arguments.push_back({argument.kind == Expression::Kind::keyword ? argument.text : std::string_view(),
                         evaluate(frame, item)});
  }
  targets_ = targets;
  return arguments;
}

Value Interpreter::call(Frame& frame, const Expression& e, std::size_t wanted) {
  const Expression& callee = expression(frame, e.first);
  if (callee.kind == Expression::Kind::attribute) {
    const std::vector<std::string_view> targets = std::move(targets_);
    targets_.clear();
    const Value base = evaluate(frame, callee.first);
    targets_ = targets;
    if (base.is(Value::Kind::object)) {
      std::vector<Argument> arguments = arguments_of(frame, e);
      return call_method(frame, base, callee.text, arguments);
    }
    if (base.is(Value::Kind::path)) {
      std::vector<Argument> arguments = arguments_of(frame, e);
      const std::string_view name =
          r_.model.arena.text(std::string(base.text) + "." + std::string(callee.text));
      return call_builtin(frame, name, arguments, wanted);
    }
    // A packed weight unpacks to its weight and bias; a tensor's method is the operator of that name.
    if (callee.text == "unpack" && base.is_items()) return base;
    std::vector<Argument> arguments = arguments_of(frame, e);
    arguments.insert(arguments.begin(), {{}, base});
    return call_operator(frame, callee.text, arguments, wanted);
  }
  std::vector<Argument> arguments = arguments_of(frame, e);
  return call_builtin(frame, callee.text, arguments, wanted);
}

Value Interpreter::call_builtin(Frame& frame, std::string_view name, std::vector<Argument>& arguments,
                                std::size_t wanted) {
  const Value first = arguments.empty() ? Value() : arguments[0].value;
  const Value second = arguments.size() > 1 ? arguments[1].value : Value();
  if (name == "annotate" || name == "unchecked_cast") return second;
  if (name == "uninitialized") return Value::none();
  if (name == "getattr" && first.is(Value::Kind::object)) return attribute(first, second.text);
  if (name == "device" || name == "torch.device") return Value::opaque();
  if (name == "isinstance" || name == "hasattr") return Value::opaque();
  if (name.starts_with("torch.")) return call_operator(frame, name.substr(6), arguments, wanted);
  if (name.starts_with("ops.aten.")) return call_operator(frame, name.substr(9), arguments, wanted);
  if (name.starts_with("ops.")) {
    std::string qualified(name.substr(4));
    if (const std::size_t dot = qualified.find('.'); dot != std::string::npos)
      qualified.replace(dot, 1, "::");
    return call_operator(frame, r_.model.arena.text(qualified), arguments, wanted);
  }
  if (name.starts_with("__torch__.")) {
    const Definition definition = objects_.find(name);
    if (definition && definition.statement->kind == Statement::Kind::define)
      return call_code(definition, arguments, nullptr, frame);
    // A class: a NamedTuple keeps its fields.
    std::vector<Value> fields;
    for (const Argument& argument : arguments) fields.push_back(argument.value);
    Value tuple = Value::of_items(Value::Kind::tuple, std::move(fields));
    tuple.text = name;
    return tuple;
  }
  struct Row {
    std::string_view name, op;
  };
  constexpr Row kCasts[] = {{"int", "Int"},   {"float", "Float"},   {"bool", "Bool"},     {"len", "len"},
                            {"str", "str"},   {"min", "prim::min"}, {"max", "prim::max"}, {"abs", "abs"},
                            {"list", "list"}, {"range", "range"}};
  const auto* row =
      std::find_if(std::begin(kCasts), std::end(kCasts), [&](const Row& r) { return r.name == name; });
  return call_operator(frame, row == std::end(kCasts) ? name : row->op, arguments, wanted);
}

Value Interpreter::call_method(Frame& frame, const Value& self, std::string_view name,
                               std::vector<Argument>& arguments) {
  restore(self);
  const Definition definition = objects_.method(objects_.at(self).type, name);
  if (definition) return call_code(definition, arguments, &self, frame);
  // A class of C++ or an interface: nothing of it is known but what it is called.
  return unknown_operator(frame,
                          r_.model.arena.text(std::string(objects_.at(self).type) + "::" + std::string(name)),
                          arguments, 1);
}

// Runs a function of the code. `self` null: a free function, whose scope is its caller's.
Value Interpreter::call_code(const Definition& definition, std::vector<Argument>& arguments,
                             const Value* self, const Frame& from) {
  const Deeper deeper(depth_);
  if (!enter("a call")) return Value::none();
  const std::vector<std::string_view> targets = std::move(targets_);
  targets_.clear();
  Frame frame;
  frame.unit = definition.unit;
  frame.path = from.path;
  frame.scope = from.scope;
  const Statement& s = *definition.statement;
  std::size_t position = 0;
  if (self != nullptr) {
    frame.path = objects_.at(*self).path;
    frame.scope = r_.model.arena.text(objects_.at(*self).scope);
    if (!s.parameters.empty()) frame.names.emplace(s.parameters[position++], *self);
  }
  for (Argument& argument : arguments) {
    if (!argument.keyword.empty()) {
      frame.names.insert_or_assign(argument.keyword, std::move(argument.value));
    } else if (position < s.parameters.size()) {
      frame.names.insert_or_assign(s.parameters[position++], std::move(argument.value));
    }
  }
  for (std::size_t i = 0; i < s.parameters.size(); ++i) {
    if (s.defaults[i] != kNothing && !frame.names.contains(s.parameters[i])) {
      const Value value = evaluate(frame, s.defaults[i]);
      frame.names.emplace(s.parameters[i], value);
    }
  }
  block(frame, s.body);
  targets_ = targets;
  return frame.has_result ? frame.result : Value::none();
}

}  // namespace haoline::pytorch
