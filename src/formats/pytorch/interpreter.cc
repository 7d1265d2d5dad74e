#include "formats/pytorch/interpreter.h"

#include <algorithm>

#include "base/text.h"

namespace haoline::pytorch {
namespace {

using syntax::Expression;
using syntax::Index;
using syntax::kNothing;
using syntax::Statement;

constexpr std::size_t kMaxDepthOfCalls = 400;  // of calls, blocks and expressions together
// Statements, expressions and calls, and copies of what lists hold. Small files get less: an honest one is
// followed in a few steps per byte of its code.
constexpr std::size_t kMaxEffort = 3'000'000;
constexpr std::size_t kLeastEffort = 400'000;
constexpr std::size_t kEffortPerByte = 8;
constexpr std::size_t kMaxWalks = 20'000'000;  // over items of values

}  // namespace

bool Interpreter::enter(std::string_view what) {
  if (!r_.ok()) return false;
  const std::size_t allowed = std::min(kMaxEffort, kLeastEffort + kEffortPerByte * r_.file.size());
  if (depth_ > kMaxDepthOfCalls || effort_ > allowed || walks_ > kMaxWalks) {
    r_.fail(located(
        ErrorKind::unsupported, "code", 0,
        depth_ > kMaxDepthOfCalls ? "its calls are nested too deeply" : "following it takes too many steps",
        "This is no ordinary model; export it again with torch.export."));
    return false;
  }
  static_cast<void>(what);
  ++effort_;
  return true;
}

// Parameters and buffers, each under the name state_dict gives it.
void Interpreter::add_weights(const Value& root) {
  std::vector<Value> pending = {root};
  std::set<std::int64_t> seen;
  while (!pending.empty() && r_.ok()) {
    const Value next = pending.back();
    pending.pop_back();
    if (!next.is(Value::Kind::object) || !seen.insert(next.integer).second) continue;
    Object& object = objects_.at(next);
    restore(next);
    for (const bool is_parameter : {true, false}) {
      for (const std::string_view name :
           objects_.listed(object.type, is_parameter ? "__parameters__" : "__buffers__")) {
        const auto at = object.attributes.find(name);
        if (at == object.attributes.end() || !at->second.is(Value::Kind::stored)) continue;
        materialize(at->second);
        if (!at->second.is_tensor()) continue;
        // onnx2torch registers the initializers of its ONNX model as buffers; what they are, their users
        // tell.
        const bool says = is_parameter || !name.starts_with("onnx_initializer_");
        if (says)
          writer_.graph().tensors[at->second.tensor].trained = is_parameter ? Trained::yes : Trained::no;
      }
    }
    std::vector<std::pair<std::string_view, Value>> children;
    for (const auto& [name, value] : object.attributes) {
      if (value.is(Value::Kind::object)) children.emplace_back(name, value);
    }
    std::sort(children.begin(), children.end(),
              [](const auto& a, const auto& b) { return a.first > b.first; });
    for (const auto& child : children) pending.push_back(child.second);
    r_.say(object.path.empty() ? "module" : "module." + object.path,
           object.type.starts_with("__torch__.") ? object.type.substr(10) : object.type);
  }
}

// A parameter of forward by its annotation. What is no tensor or number is left as nothing.
Value Interpreter::make_input(const std::string& name, const Unit& unit, Index type, int depth) {
  if (depth > 4) return Value::none();
  const auto tensor = [&](DType scalar) {
    const TensorId id = writer_.add_input(name);
    Value value = Value::of_tensor(writer_.here(), id);
    if (scalar != DType::unknown) {
      Tensor& made = writer_.graph().tensors[id];
      made.type.dtype = scalar;
      made.shape = Shape{};
      value.is_scalar = true;
      value.scalar_type = scalar;
    }
    return value;
  };
  if (type == kNothing) return tensor(DType::unknown);
  const Expression& e = unit.program.expressions[type];
  if (e.kind == Expression::Kind::name) {
    if (e.text == "int") return tensor(DType::int64);
    if (e.text == "float") return tensor(DType::float64);
    if (e.text == "bool") return tensor(DType::boolean);
    if (e.text == "str") return tensor(DType::string);
    return tensor(DType::unknown);
  }
  if (e.kind != Expression::Kind::subscript || e.first == kNothing) return tensor(DType::unknown);
  const std::string_view container = unit.program.expressions[e.first].text;
  if (container == "Optional" && !e.items.empty()) return make_input(name, unit, e.items[0], depth + 1);
  if (container == "Tuple") {
    std::vector<Value> parts;
    for (const Index item : e.items)
      parts.push_back(make_input(name + "." + std::to_string(parts.size()), unit, item, depth + 1));
    return Value::of_items(Value::Kind::tuple, std::move(parts));
  }
  Value value = tensor(DType::unknown);
  Tensor& made = writer_.graph().tensors[value.tensor];
  if (container == "List") {
    const std::string_view element = e.items.empty() || e.items[0] == kNothing
                                         ? std::string_view()
                                         : unit.program.expressions[e.items[0]].text;
    made.type.containers.push_back(Container::sequence);
    made.type.dtype = element == "str"     ? DType::string
                      : element == "int"   ? DType::int64
                      : element == "float" ? DType::float64
                                           : DType::unknown;
    Value list = Value::of_items(Value::Kind::list, {});
    list.items->is_sequence = true;
    list.items->graph = value.graph;
    list.items->sequence = value.tensor;
    return list;
  }
  if (container == "Dict") made.type.containers.push_back(Container::opaque);
  return value;
}

bool Interpreter::walk() {
  return ++walks_ <= kMaxWalks;
}

// A list inside itself would be a circle, so a list takes in copies: lists as tuples of what they hold now.
Value Interpreter::kept(const Value& item, int depth) {
  if (!item.items || item.is_sequence()) return item;
  if (depth > 4 || !walk()) return Value::opaque();
  effort_ += item.items->values.size();
  std::vector<Value> now;
  for (const Value& value : item.items->values) now.push_back(kept(value, depth + 1));
  Value made = Value::of_items(item.is(Value::Kind::list) ? Value::Kind::tuple : item.kind, std::move(now));
  made.text = item.text;
  return made;
}

void Interpreter::add_outputs(const Value& given, int depth) {
  if (depth > 8 || !walk()) return;
  Value value = given;
  materialize(value);
  if (value.is_tensor()) {
    writer_.graph().outputs.push_back(operand(value));
  } else if (value.is_sequence()) {
    writer_.graph().outputs.push_back(operand(value));
  } else if (value.is_items()) {
    for (const Value& item : value.items->values) add_outputs(item, depth + 1);
  }
}

void Interpreter::run() {
  const Value root = objects_.root();
  if (!r_.ok() || !root.is(Value::Kind::object)) return;
  add_weights(root);
  const Object& object = objects_.at(root);
  const Definition forward = objects_.method(object.type, "forward");
  if (!forward) {
    r_.remark(FindingKind::assumed_architecture,
              "the script has no forward method: only its weights are shown");
    return;
  }
  std::vector<Argument> arguments;
  const Statement& s = *forward.statement;
  for (std::size_t i = 1; i < s.parameters.size(); ++i) {
    if (s.defaults[i] != kNothing) continue;  // the default is what an ordinary call gives
    arguments.push_back(
        {s.parameters[i], make_input(std::string(s.parameters[i]), *forward.unit, s.types[i], 0)});
  }
  Frame outside;
  add_outputs(call_code(forward, arguments, &root, outside), 0);
}

Interpreter::Flow Interpreter::block(Frame& frame, const Indices& statements) {
  for (const Index index : statements) {
    if (!enter("a statement")) return Flow::raised;
    ++depth_;
    const Flow flow = statement(frame, statement_at(frame, index));
    --depth_;
    if (flow != Flow::on) return flow;
  }
  return Flow::on;
}

Interpreter::Flow Interpreter::statement(Frame& frame, const Statement& s) {
  switch (s.kind) {
    case Statement::Kind::assign: {
      targets_.clear();
      std::size_t wanted = 1;
      const Expression& target = expression(frame, s.targets[0]);
      if (target.kind == Expression::Kind::tuple || target.kind == Expression::Kind::list) {
        wanted = target.items.size();
        for (const Index item : target.items) targets_.push_back(expression(frame, item).text);
      } else if (target.kind == Expression::Kind::name) {
        targets_.push_back(target.text);
      }
      const Value value =
          evaluate(frame, s.value, wanted == 1 && target.kind != Expression::Kind::tuple ? 0 : wanted);
      targets_.clear();
      for (const Index each_target : s.targets) assign(frame, each_target, value);
      return Flow::on;
    }
    case Statement::Kind::evaluate:
      targets_.clear();
      evaluate(frame, s.value, 0);
      return Flow::on;
    case Statement::Kind::give:
      targets_.clear();
      frame.result = s.value == kNothing ? Value::none() : evaluate(frame, s.value, 0);
      frame.has_result = true;
      return Flow::gave;
    case Statement::Kind::branch:
      return branch(frame, s);
    case Statement::Kind::repeat:
      return repeat(frame, s);
    case Statement::Kind::each:
      return each(frame, s);
    case Statement::Kind::raise:
      return Flow::raised;
    case Statement::Kind::define:
    case Statement::Kind::type:
    case Statement::Kind::nothing:
      return Flow::on;
  }
  return Flow::on;
}

void Interpreter::assign(Frame& frame, Index index, const Value& value) {
  const Expression& target = expression(frame, index);
  switch (target.kind) {
    case Expression::Kind::name:
      frame.names.insert_or_assign(target.text, value);
      return;
    case Expression::Kind::attribute: {
      const Value object = evaluate(frame, target.first);
      if (object.is(Value::Kind::object)) objects_.at(object).attributes.insert_or_assign(target.text, value);
      return;
    }
    case Expression::Kind::tuple:
    case Expression::Kind::list:
      return unpack(frame, target, value);
    case Expression::Kind::subscript: {
      const Value base = evaluate(frame, target.first);
      const Value at = target.items.empty() ? Value() : evaluate(frame, target.items[0]);
      if (!base.is_items()) return;
      auto& items = base.items->values;
      if (base.is(Value::Kind::dictionary)) {
        items.push_back(kept(at));
        items.push_back(kept(value));
      } else if (at.is(Value::Kind::integer) && at.integer >= 0 && at.integer < std::ssize(items)) {
        items[static_cast<std::size_t>(at.integer)] = kept(value);
      }
      return;
    }
    default:
      return;
  }
}

void Interpreter::unpack(Frame& frame, const Expression& target, const Value& value) {
  if (value.is_items()) {
    for (std::size_t i = 0; i < target.items.size(); ++i) {
      assign(frame, target.items[i], i < value.items->values.size() ? value.items->values[i] : Value::none());
    }
    return;
  }
  // A list whose length the run decides: its items one by one.
  for (std::size_t i = 0; i < target.items.size(); ++i) {
    Value item = Value::none();
    if (value.is_sequence() || value.is_tensor()) {
      Plan plan;
      plan.op = value.is_sequence() ? "SequenceAt" : "Gather";
      plan.source = "prim::ListUnpack";
      plan.scope = frame.scope;
      plan.inputs = {
          writer_.in_here(value.is_sequence() ? Value::of_tensor(value.items->graph, value.items->sequence)
                                              : value),
          writer_.integer(static_cast<std::int64_t>(i))};
      plan.outputs.resize(1);
      item = Value::of_tensor(writer_.here(), writer_.add(plan)[0]);
    }
    assign(frame, target.items[i], item);
  }
}

// Nothing but messages before an exception.
bool Interpreter::raises(const Frame& frame, const Indices& statements) const {
  for (const Index index : statements) {
    const Statement& s = statement_at(frame, index);
    if (s.kind == Statement::Kind::raise) return true;
    if (s.kind != Statement::Kind::evaluate || s.value == kNothing) continue;
    const Expression& e = expression(frame, s.value);
    if (e.kind == Expression::Kind::call && expression(frame, e.first).text == "RaiseException") return true;
  }
  return false;
}

}  // namespace haoline::pytorch
