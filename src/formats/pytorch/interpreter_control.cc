// Branches and loops: followed where the condition is known, else written as If and Loop.
#include <algorithm>

#include "formats/pytorch/interpreter.h"

namespace haoline::pytorch {
namespace {

using syntax::Expression;
using syntax::Index;
using syntax::kNothing;
using syntax::Statement;

constexpr std::int64_t kMostUnrolled = 4096;

}  // namespace

void Interpreter::assigned(const Frame& frame, const Indices& statements,
                           std::vector<std::string_view>& out) const {
  const auto add = [&](std::string_view name) {
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  };
  for (const Index index : statements) {
    const Statement& s = statement_at(frame, index);
    for (const Index target : s.kind == Statement::Kind::assign ? s.targets : Indices{}) {
      const Expression& e = expression(frame, target);
      if (e.kind == Expression::Kind::name) add(e.text);
      for (const Index item : e.kind == Expression::Kind::tuple ? e.items : Indices{}) {
        if (expression(frame, item).kind == Expression::Kind::name) add(expression(frame, item).text);
      }
    }
    assigned(frame, s.body, out);
    assigned(frame, s.other, out);
  }
}

bool Interpreter::mentions_list(const Frame& frame, Index index, int depth) const {
  if (index == kNothing) return false;
  if (depth > 200) return true;  // long chains lean to one side: deep enough to be careful
  const Expression& e = expression(frame, index);
  if (e.kind == Expression::Kind::name) {
    const auto at = frame.names.find(e.text);
    return at != frame.names.end() && at->second.is_items();
  }
  if (mentions_list(frame, e.first, depth + 1) || mentions_list(frame, e.second, depth + 1)) return true;
  return std::any_of(e.items.begin(), e.items.end(),
                     [&](Index item) { return mentions_list(frame, item, depth + 1); });
}
bool Interpreter::mentions_list(const Frame& frame, const Indices& statements) const {
  return std::any_of(statements.begin(), statements.end(), [&](Index index) {
    const Statement& s = statement_at(frame, index);
    return mentions_list(frame, s.value, 0) || mentions_list(frame, s.body) || mentions_list(frame, s.other);
  });
}

bool Interpreter::is_leaf(const Value& value) {
  return value.is_tensor() || value.is_number() || value.is(Value::Kind::stored) || value.is_sequence();
}

// Tensors and numbers below a value, in order.
void Interpreter::flatten(const Value& value, std::vector<Value>& leaves) {
  if (!walk()) return;
  if (is_leaf(value)) {
    leaves.push_back(value);
  } else if (value.is_items()) {
    for (const Value& item : value.items->values) flatten(item, leaves);
  }
}

Value Interpreter::rebuilt(const Value& shape, const std::vector<Value>& leaves, std::size_t& at) {
  if (!walk()) return Value::none();
  if (is_leaf(shape)) return at < leaves.size() ? leaves[at++] : Value::none();
  if (!shape.is_items()) return shape;
  std::vector<Value> items;
  for (const Value& item : shape.items->values) items.push_back(rebuilt(item, leaves, at));
  Value made = Value::of_items(shape.kind, std::move(items));
  made.text = shape.text;
  return made;
}

bool Interpreter::same_shape(const Value& a, const Value& b) {
  if (!walk()) return false;
  if (is_leaf(a) || is_leaf(b)) return is_leaf(a) && is_leaf(b);
  if (!a.is_items() || !b.is_items()) return a.kind == b.kind;
  const auto& x = a.items->values;
  const auto& y = b.items->values;
  return x.size() == y.size() && std::equal(x.begin(), x.end(), y.begin(),
                                            [&](const Value& p, const Value& q) { return same_shape(p, q); });
}

TensorId Interpreter::operand(const Value& leaf) {
  Value value = leaf;
  materialize(value);
  TensorId found;
  if (value.is_tensor()) found = writer_.in_here(value);
  if (value.is_sequence())
    found = writer_.in_here(Value::of_tensor(value.items->graph, value.items->sequence));
  if (found) return found;
  if (value.is_number())
    return writer_.number(value, value.is(Value::Kind::real) ? DType::float64 : DType::unknown);
  // What cannot be had here (a value that another branch made) is a tensor of which nothing is known.
  Plan unknown;
  unknown.source = "prim::Constant";
  unknown.outputs.resize(1);
  return writer_.add(unknown)[0];
}

namespace {

bool equal_known(const Value& a, const Value& b) {
  return a.is_number() && b.is_number() && a.kind == b.kind && a.integer == b.integer &&
         a.as_real() == b.as_real();
}

// A leaf's stand-in: another tensor of the same kind.
Value stand_in(const Value& leaf, GraphId graph, TensorId tensor) {
  if (leaf.is_sequence()) {
    Value list = Value::of_items(leaf.kind, {});
    list.items->is_sequence = true;
    list.items->graph = graph;
    list.items->sequence = tensor;
    return list;
  }
  Value value = Value::of_tensor(graph, tensor);
  value.is_scalar = leaf.is_number() || leaf.is_scalar;
  value.scalar_type = leaf.is_scalar                  ? leaf.scalar_type
                      : leaf.is(Value::Kind::boolean) ? DType::boolean
                      : leaf.is(Value::Kind::integer) ? DType::int64
                      : leaf.is(Value::Kind::real)    ? DType::float64
                                                      : DType::unknown;
  return value;
}

}  // namespace

Interpreter::Flow Interpreter::branch(Frame& frame, const Statement& s) {
  targets_.clear();
  const Value condition = evaluate(frame, s.value);
  if (condition.is_number()) return block(frame, condition.as_real() != 0 ? s.body : s.other);
  if (raises(frame, s.body)) return block(frame, s.other);
  if (raises(frame, s.other)) return block(frame, s.body);
  if (!condition.is_tensor()) {
    // Something this reader does not follow decides (a device, a flag): as Python sees it, none is false.
    return block(frame, condition.is(Value::Kind::none) ? s.other : s.body);
  }
  return symbolic_branch(frame, s, condition);
}

Interpreter::Flow Interpreter::symbolic_branch(Frame& frame, const Statement& s, const Value& condition) {
  struct Side {
    GraphId body;
    Environment names;
    Flow flow = Flow::on;
    Value result;
  };
  Side sides[2];
  effort_ += frame.names.size() / 16;
  const Environment before = frame.names;
  const bool had_result = frame.has_result;
  for (std::size_t i = 0; i < 2; ++i) {
    Side& side = sides[i];
    side.body = writer_.begin_body(i == 0 ? "then" : "else");
    frame.names = before;
    side.flow = block(frame, i == 0 ? s.body : s.other);
    side.names = std::move(frame.names);
    side.result = frame.result;
    frame.has_result = had_result;
    writer_.end_body({});
    if (!r_.ok()) return Flow::raised;
  }
  frame.names = before;
  // What both sides leave: results when both return, else the names that either assigns.
  std::vector<std::pair<std::string_view, std::array<Value, 2>>> merged;
  const bool both_gave = sides[0].flow == Flow::gave && sides[1].flow == Flow::gave;
  if (both_gave) {
    merged.push_back({std::string_view("return"), {sides[0].result, sides[1].result}});
  } else {
    std::vector<std::string_view> names;
    assigned(frame, s.body, names);
    assigned(frame, s.other, names);
    for (const std::string_view name : names) {
      const auto a = sides[0].names.find(name);
      const auto b = sides[1].names.find(name);
      if (a != sides[0].names.end() && b != sides[1].names.end())
        merged.push_back({name, {a->second, b->second}});
    }
  }
  Plan plan;
  plan.op = "If";
  plan.source = "prim::If";
  plan.scope = frame.scope;
  plan.inputs = {operand(condition)};
  std::vector<TensorId> outputs[2];
  struct Merge {
    std::string_view name;
    Value shape;
    std::vector<Value> leaves;      // known ones; what the If gives is filled in later
    std::vector<std::size_t> from;  // index of the result, or npos for a known leaf
  };
  std::vector<Merge> merges;
  for (auto& [name, values] : merged) {
    const bool fits = same_shape(values[0], values[1]);
    if (!fits) {  // a tensor or nothing, lists of other lengths: whichever is more
      const bool first = is_leaf(values[0]) || values[0].is_items();
      frame.names.insert_or_assign(name, Value::opaque());
      static_cast<void>(first);
      continue;
    }
    std::vector<Value> leaves[2];
    flatten(values[0], leaves[0]);
    flatten(values[1], leaves[1]);
    Merge merge{name, values[0], {}, {}};
    for (std::size_t i = 0; i < leaves[0].size(); ++i) {
      const bool same_tensor = leaves[0][i].is_tensor() && leaves[1][i].is_tensor() &&
                               leaves[0][i].graph == leaves[1][i].graph &&
                               leaves[0][i].tensor == leaves[1][i].tensor;
      merge.leaves.push_back(leaves[0][i]);
      if (same_tensor || equal_known(leaves[0][i], leaves[1][i])) {
        merge.from.push_back(std::string_view::npos);
        continue;
      }
      merge.from.push_back(plan.outputs.size());
      plan.outputs.push_back(
          r_.model.arena.text(frame.path.empty() ? std::string(name) : frame.path + "." + std::string(name)));
      for (std::size_t side = 0; side < 2; ++side) {
        writer_.resume_body(sides[side].body);
        outputs[side].push_back(operand(leaves[side][i]));
        writer_.end_body(outputs[side]);
      }
    }
    merges.push_back(std::move(merge));
  }
  plan.attributes = {writer_.attribute("then_branch", sides[0].body),
                     writer_.attribute("else_branch", sides[1].body)};
  const std::vector<TensorId> made = writer_.add(plan);
  const NodeId node = writer_.last_node();
  writer_.adopt(node, "then_branch", sides[0].body);
  writer_.adopt(node, "else_branch", sides[1].body);
  for (Merge& merge : merges) {
    for (std::size_t i = 0; i < merge.leaves.size(); ++i) {
      if (merge.from[i] != std::string_view::npos)
        merge.leaves[i] = stand_in(merge.leaves[i], writer_.here(), made[merge.from[i]]);
    }
    std::size_t at = 0;
    const Value value = rebuilt(merge.shape, merge.leaves, at);
    if (both_gave) {
      frame.result = value;
      frame.has_result = true;
    } else {
      frame.names.insert_or_assign(merge.name, value);
    }
  }
  return both_gave ? Flow::gave : Flow::on;
}

Interpreter::Flow Interpreter::repeat(Frame& frame, const Statement& s) {
  for (std::int64_t i = 0; i < kMostUnrolled && r_.ok(); ++i) {
    targets_.clear();
    const Value condition = evaluate(frame, s.value);
    if (condition.is_tensor()) return loop(frame, s, Value::none(), {});
    if (!condition.is_number() || condition.as_real() == 0) return Flow::on;
    const Flow flow = block(frame, s.body);
    if (flow != Flow::on) return flow;
  }
  return Flow::on;
}

Interpreter::Flow Interpreter::each(Frame& frame, const Statement& s) {
  const Expression& over = expression(frame, s.value);
  const bool is_range = over.kind == Expression::Kind::call &&
                        expression(frame, over.first).text == "range" && !over.items.empty();
  targets_.clear();
  const std::string_view counter = expression(frame, s.targets[0]).text;
  if (!is_range) {
    const Value list = evaluate(frame, s.value);
    if (!list.is_items()) return Flow::on;
    const std::vector<Value> items = list.items->values;
    for (const Value& item : items) {
      assign(frame, s.targets[0], item);
      const Flow flow = block(frame, s.body);
      if (flow != Flow::on) return flow;
    }
    return Flow::on;
  }
  const Value trips = evaluate(frame, over.items[over.items.size() == 1 ? 0 : 1]);
  const bool is_known = trips.is(Value::Kind::integer) && trips.integer <= kMostUnrolled;
  if (!is_known || (!mentions_list(frame, s.body) && trips.integer > 1))
    return loop(frame, s, trips, counter);
  const std::int64_t begin = over.items.size() > 1 ? evaluate(frame, over.items[0]).integer : 0;
  for (std::int64_t i = begin; i < trips.integer && r_.ok(); ++i) {
    frame.names.insert_or_assign(counter, Value::number(i));
    const Flow flow = block(frame, s.body);
    if (flow != Flow::on) return flow;
  }
  return Flow::on;
}

// A list that grows in a loop is a sequence of the graph from before the loop on.
Value Interpreter::to_sequence(Value list) {
  if (!list.is(Value::Kind::list) || list.items->is_sequence) return list;
  Plan plan;
  plan.op = list.items->values.empty() ? "SequenceEmpty" : "SequenceConstruct";
  plan.source = "prim::ListConstruct";
  for (const Value& item : list.items->values) plan.inputs.push_back(operand(item));
  plan.outputs.resize(1);
  const TensorId made = writer_.add(plan)[0];
  list.items->values.clear();
  list.items->is_sequence = true;
  list.items->graph = writer_.here();
  list.items->sequence = made;
  return list;
}

// Loop(trips, condition, carried…): `trips` none for a while loop.
Interpreter::Flow Interpreter::loop(Frame& frame, const Statement& s, const Value& trips,
                                    std::string_view counter) {
  effort_ += frame.names.size() / 16;
  std::vector<std::string_view> names;
  assigned(frame, s.body, names);
  std::erase_if(names, [&](std::string_view name) { return !frame.names.contains(name); });
  // Lists that the body appends to.
  for (const auto& [name, value] : Environment(frame.names)) {
    if (value.is(Value::Kind::list) && mentions_list(frame, s.body)) {
      const bool is_named = std::any_of(s.body.begin(), s.body.end(), [&, n = name](Index index) {
        const Statement& inner = statement_at(frame, index);
        if (inner.value == kNothing) return false;
        const Expression& e = expression(frame, inner.value);
        return e.kind == Expression::Kind::call && expression(frame, e.first).text == "append" &&
               !e.items.empty() && expression(frame, e.items[0]).text == n;
      });
      if (!is_named) continue;
      to_sequence(value);
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  Plan plan;
  plan.op = "Loop";
  plan.source = "prim::Loop";
  plan.scope = frame.scope;
  plan.inputs.push_back(trips.is_given() ? operand(trips) : TensorId{});
  const Value condition = trips.is_given() ? Value::none() : evaluate(frame, s.value);
  plan.inputs.push_back(condition.is_tensor() ? operand(condition) : TensorId{});
  std::vector<Value> initial;
  std::vector<std::vector<Value>> leaves(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    flatten(frame.names.at(names[i]), leaves[i]);
    for (const Value& leaf : leaves[i]) {
      plan.inputs.push_back(operand(leaf));
      initial.push_back(leaf);
    }
  }
  const Environment before = frame.names;
  const GraphId body = writer_.begin_body("body");
  const TensorId index = writer_.add_input(counter.empty() ? "trip" : counter);
  writer_.graph().tensors[index].type.dtype = DType::int64;
  writer_.graph().tensors[index].shape = Shape{};
  const TensorId goes_on = writer_.add_input("goes_on");
  writer_.graph().tensors[goes_on].type.dtype = DType::boolean;
  writer_.graph().tensors[goes_on].shape = Shape{};
  Value trip = Value::of_tensor(body, index);
  trip.is_scalar = true;
  trip.scalar_type = DType::int64;
  if (!counter.empty()) frame.names.insert_or_assign(counter, trip);
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<Value> inside;
    for (const Value& leaf : leaves[i]) inside.push_back(stand_in(leaf, body, writer_.add_input(names[i])));
    std::size_t at = 0;
    Value& seen = frame.names.at(names[i]);
    if (seen.is_sequence() && inside.size() == 1) {
      seen = inside[0];
    } else {
      seen = rebuilt(seen, inside, at);
    }
  }
  block(frame, s.body);
  std::vector<TensorId> outputs;
  targets_.clear();
  const Value again = trips.is_given() ? Value::none() : evaluate(frame, s.value);
  outputs.push_back(again.is_tensor() ? operand(again) : again.is_number() ? operand(again) : goes_on);
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<Value> after;
    flatten(frame.names.at(names[i]), after);
    for (std::size_t k = 0; k < leaves[i].size(); ++k) {
      const TensorId id = k < after.size() ? operand(after[k]) : TensorId{};
      // A value the body does not give any more is what it was.
      outputs.push_back(id ? id : writer_.graph().inputs[outputs.size() + 1]);
    }
  }
  writer_.end_body(outputs);
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t k = 0; k < leaves[i].size(); ++k) {
      plan.outputs.push_back(r_.model.arena.text(
          frame.path.empty() ? std::string(names[i]) : frame.path + "." + std::string(names[i])));
    }
  }
  plan.attributes = {writer_.attribute("body", body)};
  const std::vector<TensorId> made = writer_.add(plan);
  writer_.adopt(writer_.last_node(), "body", body);
  frame.names = before;
  std::size_t next = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    Value& value = frame.names.at(names[i]);
    std::vector<Value> outside;
    for (const Value& leaf : leaves[i]) outside.push_back(stand_in(leaf, writer_.here(), made[next++]));
    std::size_t at = 0;
    if (value.is_sequence() && outside.size() == 1) {
      value.items->graph = writer_.here();
      value.items->sequence = outside[0].items->sequence;
    } else {
      value = rebuilt(value, outside, at);
    }
  }
  return r_.ok() ? Flow::on : Flow::raised;
}

}  // namespace haoline::pytorch
