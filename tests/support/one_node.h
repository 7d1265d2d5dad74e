// One node and its operands, stated inline, for tests of operator rows:
//
//   OneNode conv(Op::Conv, 11);
//   conv.input({1, 64, 56, 56}).input({64, 64, 3, 3}).integers("pads", {1, 1, 1, 1});
//   EXPECT_EQ(conv.shape(), "[1, 64, 56, 56]");
//   EXPECT_EQ(conv.macs(), "115605504");
//
// Expressions come back as text: symbols are "h" in the shape given as conv.symbol("h").
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ops/op_table.h"

namespace haoline::test {

class OneNode {
 public:
  OneNode(Op op, std::int32_t version, std::size_t results = 1) {
    node_.op = op;
    node_.version = version;
    node_.op_type = name_of(op).name;
    node_.name = "node";
    for (std::size_t i = 0; i < results; ++i)
      result_ids_.push_back(TensorId{static_cast<std::uint32_t>(100 + i)});
    node_.outputs = result_ids_;
    results_.resize(results);
  }
  OneNode(const OneNode&) = delete;

  Dim symbol(std::string_view name) { return pool_.symbol(name); }
  DimPool& pool() { return pool_; }

  OneNode& input(Shape shape, DType dtype = DType::float32, Value value = {}) {
    OperandFacts& facts = operands_.emplace_back();
    facts.type.dtype = dtype;
    facts.shape = std::move(shape);
    facts.value = std::move(value);
    pointers_.push_back(&facts);
    return *this;
  }
  OneNode& absent() {
    pointers_.push_back(nullptr);
    return *this;
  }
  // A one-dimensional int64 operand whose elements are known.
  OneNode& values(std::vector<Dim> elements) {
    const auto count = static_cast<std::int64_t>(elements.size());
    return input(Shape{count}, DType::int64, Value::integers(elements));
  }
  OneNode& reals(const std::vector<float>& elements) {
    std::vector<Number> numbers;
    for (const float element : elements) numbers.push_back(Number::of(static_cast<double>(element)));
    return input(Shape{static_cast<std::int64_t>(elements.size())}, DType::float32,
                 Value(std::move(numbers)));
  }

  OneNode& integer(std::string_view name, std::int64_t value) { return add(name, value); }
  OneNode& real(std::string_view name, double value) { return add(name, value); }
  OneNode& text(std::string_view name, std::string_view value) { return add(name, value); }
  OneNode& integers(std::string_view name, std::vector<std::int64_t> value) {
    lists_.push_back(std::move(value));
    return add(name, std::span<const std::int64_t>(lists_.back()));
  }
  OneNode& graph(std::string_view name) { return add(name, GraphId{1}); }

  // What the rule refuses, in words; "" when it does not.
  std::string refusal() {
    run();
    return error_ ? error_->to_string() : "";
  }
  std::string shape(std::size_t result = 0) {
    run();
    return error_ ? "refused: " + error_->to_string() : to_string(results_[result].shape, pool_);
  }
  // Known elements: "[2, h, 1/2, ?]", "none" when nothing is known.
  std::string value(std::size_t result = 0) {
    run();
    return spell(results_[result].value, pool_);
  }
  static std::string spell(const Value& value, const DimPool& pool) {
    if (!value) return "none";
    std::string text = "[";
    for (const Number& n : value.elements()) {
      if (text.size() > 1) text += ", ";
      if (n.kind == Number::Kind::unknown) text += "?";
      if (n.kind == Number::Kind::real) text += "real";
      if (n.kind == Number::Kind::exact) text += pool.to_string(n.numerator);
      if (n.kind == Number::Kind::exact && n.denominator != 1) text += "/" + std::to_string(n.denominator);
    }
    return text + "]";
  }
  // Result types that the engine would take from the schema.
  OneNode& result_dtype(DType dtype, std::size_t result = 0) {
    results_[result].type.dtype = dtype;
    return *this;
  }
  DType dtype(std::size_t result = 0) {
    run();
    return results_[result].type.dtype;
  }
  std::string macs() { return pool_.to_string(cost().macs); }
  std::string count(Arith kind) { return pool_.to_string(cost().operations[static_cast<std::size_t>(kind)]); }
  std::string arithmetic() { return pool_.to_string(cost().arithmetic(pool_)); }
  // A quantity's number under bindings; -1 when it has none.
  std::int64_t macs_at(const Bindings& bindings) { return at(cost().macs, bindings); }
  std::int64_t extent_at(std::size_t axis, const Bindings& bindings) {
    run();
    return at(results_[0].shape[axis], bindings);
  }
  // "a == b" for everything the rule learned.
  std::vector<std::string> learned() {
    run();
    std::vector<std::string> texts;
    for (const Constraint& c : call_->constraints()) {
      const char* relation = c.kind == Constraint::Kind::equal ? " == " : " divisible by ";
      texts.push_back(pool_.to_string(c.a) + relation + pool_.to_string(c.b));
    }
    return texts;
  }
  // The quantities the cost rule names for `explain`: "out_channels = 64".
  std::vector<std::string> notes() {
    std::vector<OpCall::Note> notes;
    run();
    call_->listen(notes);
    cost();
    std::vector<std::string> texts;
    for (const OpCall::Note& note : notes)
      texts.push_back(std::string(note.name) + " = " + pool_.to_string(note.value));
    return texts;
  }
  Cost cost() {
    run();
    if (error_) return Cost::unknown();
    const CostRule& rule = find_row(node_.op)->cost;
    Cost cost;
    switch (rule.kind) {
      case CostRule::Class::formula:
        return rule.function(*call_);
      case CostRule::Class::per_output:
        cost.add(rule.work, call_->output_elements(0), pool_);
        return cost;
      case CostRule::Class::per_input:
        cost.add(rule.work, call_->elements(0), pool_);
        return cost;
      case CostRule::Class::free:
        return cost;
      default:
        return Cost::unknown();
    }
  }

 private:
  template <class Payload>
  OneNode& add(std::string_view name, Payload value) {
    Attribute attribute;
    attribute.name = name;
    attribute.value = value;
    attributes_.push_back(attribute);
    return *this;
  }
  std::int64_t at(Dim dim, const Bindings& bindings) {
    const std::optional<Int128> number = pool_.evaluate(dim, bindings);
    return number ? static_cast<std::int64_t>(*number) : -1;
  }
  void run() {
    if (call_) return;
    node_.attributes = attributes_;
    call_ = std::make_unique<OpCall>(node_, find_schema(node_.op, node_.version), pointers_, results_, pool_);
    const OpRow* row = find_row(node_.op);
    if (!row || !row->infer) {
      error_ = Message("no rule");
      return;
    }
    error_ = row->infer(*call_);
  }

  Node node_;
  std::vector<TensorId> result_ids_;
  std::deque<OperandFacts> operands_;
  std::vector<const OperandFacts*> pointers_;
  std::vector<OperandFacts> results_;
  std::vector<Attribute> attributes_;
  std::deque<std::vector<std::int64_t>> lists_;
  DimPool pool_;
  std::unique_ptr<OpCall> call_;
  OpError error_;
};

}  // namespace haoline::test
