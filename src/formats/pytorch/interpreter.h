// Follows the code of a TorchScript archive with values that stand for tensors, and writes down every
// operator it meets. Modules' methods are inlined with the module's path as scope; numbers that are known are
// computed, what only the run decides is a scalar tensor; branches and loops that depend on it become If and
// Loop.
//
// A branch that does nothing but raise is a check: the other one is followed.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/pytorch/aten.h"
#include "formats/pytorch/objects.h"
#include "formats/pytorch/writer.h"

namespace haoline::pytorch {

class Interpreter {
 public:
  Interpreter(Reading& reading, Objects& objects) : r_(reading), objects_(objects), writer_(reading) {}

  void run();  // forward of the root object

 private:
  using Environment = std::unordered_map<std::string_view, Value>;
  struct Frame {
    const Unit* unit = nullptr;
    Environment names;
    std::string path;  // of the module, for names of tensors
    std::string_view scope;
    Value result;
    bool has_result = false;
  };
  enum class Flow : std::uint8_t { on, gave, raised };
  using Indices = std::vector<syntax::Index>;

  // --- interpreter.cc: statements, inputs and outputs
  void add_weights(const Value& object);
  Value make_input(const std::string& name, const Unit& unit, syntax::Index type, int depth);
  void add_outputs(const Value& value, int depth);
  Flow block(Frame& frame, const Indices& statements);
  Flow statement(Frame& frame, const syntax::Statement& s);
  void assign(Frame& frame, syntax::Index target, const Value& value);
  void unpack(Frame& frame, const syntax::Expression& target, const Value& value);
  bool raises(const Frame& frame, const Indices& statements) const;
  bool enter(std::string_view what);  // false beyond a depth or an effort
  const syntax::Expression& expression(const Frame& frame, syntax::Index index) const {
    return frame.unit->program.expressions[index];
  }
  const syntax::Statement& statement_at(const Frame& frame, syntax::Index index) const {
    return frame.unit->program.statements[index];
  }

  // --- interpreter_control.cc
  Flow branch(Frame& frame, const syntax::Statement& s);
  Flow symbolic_branch(Frame& frame, const syntax::Statement& s, const Value& condition);
  Flow repeat(Frame& frame, const syntax::Statement& s);
  Flow each(Frame& frame, const syntax::Statement& s);
  Flow loop(Frame& frame, const syntax::Statement& s, const Value& trips, std::string_view counter);
  void assigned(const Frame& frame, const Indices& statements, std::vector<std::string_view>& out) const;
  bool mentions_list(const Frame& frame, const Indices& statements) const;
  bool mentions_list(const Frame& frame, syntax::Index index, int depth) const;
  void flatten(const Value& value, std::vector<Value>& leaves);
  Value rebuilt(const Value& shape, const std::vector<Value>& leaves, std::size_t& at);
  bool same_shape(const Value& a, const Value& b);
  bool walk();  // false once walks over values took more steps than any model needs
  Value kept(const Value& item, int depth = 0);  // a copy that shares nothing that can change
  static bool is_leaf(const Value& value);
  TensorId operand(const Value& leaf);
  Value to_sequence(Value list);

  // --- interpreter_evaluate.cc: expressions
  Value evaluate(Frame& frame, syntax::Index index, std::size_t wanted = 1);
  Value attribute(const Value& base, std::string_view name);
  Value subscript(Frame& frame, const syntax::Expression& e);
  Value binary(Frame& frame, const syntax::Expression& e);
  Value call(Frame& frame, const syntax::Expression& e, std::size_t wanted);
  Value call_builtin(Frame& frame, std::string_view name, std::vector<Argument>& arguments,
                     std::size_t wanted);
  Value call_code(const Definition& definition, std::vector<Argument>& arguments, const Value* self,
                  const Frame& from);
  Value call_method(Frame& frame, const Value& self, std::string_view name, std::vector<Argument>& arguments);
  void restore(const Value& object);
  std::vector<Argument> arguments_of(Frame& frame, const syntax::Expression& e);

  // --- interpreter_operator.cc: operators
  Value call_operator(Frame& frame, std::string_view name, std::vector<Argument>& arguments,
                      std::size_t wanted);
  bool computed(std::string_view name, const std::vector<Argument>& arguments, Value& out);
  bool list_operator(Frame& frame, std::string_view name, std::vector<Argument>& arguments, Value& out);
  Value prepacked(std::string_view name, const std::vector<Argument>& arguments);
  Value unknown_operator(Frame& frame, std::string_view source, const std::vector<Argument>& arguments,
                         std::size_t wanted);
  Value results(Frame& frame, std::string_view name, const std::vector<Argument>& arguments,
                const std::vector<TensorId>& outputs, std::size_t wanted);
  void materialize(Value& value, int depth = 0);
  std::string_view output_name(const Frame& frame, std::size_t index);

  Reading& r_;
  Objects& objects_;
  Writer writer_;
  std::unordered_map<std::int64_t, Value> made_;  // tensors of the file that are in the graph, by number
  std::vector<std::string_view> targets_;         // names that the statement at hand assigns
  std::size_t depth_ = 0;
  std::size_t effort_ = 0;
  std::size_t walks_ = 0;
};

}  // namespace haoline::pytorch
