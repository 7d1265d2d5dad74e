// The main graph's inputs: as declared, as the request overrides them.
#include <string>

#include "analyses/infer_engine.h"

namespace haoline::engine {
namespace {

Error usage(std::string message, std::string advice = {}) {
  Error error;
  error.kind = ErrorKind::usage;
  error.message = std::move(message);
  error.advice = std::move(advice);
  return error;
}

// A symbol of an input's open extent; a name that the file uses for something else gets a mark.
Dim open_symbol(DimPool& pool, std::string name) {
  while (!pool.find_symbol(name).is_unknown()) name += '_';
  return pool.symbol(name);
}

bool holds_sequence(const Type& type) {
  return type.is(Container::sequence) ||
         (type.is(Container::optional) && type.unwrapped().is(Container::sequence));
}

TensorId find_input(const Graph& graph, std::string_view name) {
  for (const TensorId input : graph.inputs) {
    if (graph.tensors[input].name == name) return input;
  }
  return {};
}

std::string list_inputs(const Graph& graph) {
  std::string text = "The inputs are ";
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    if (i) text += ", ";
    text += '`' + std::string(graph.tensors[graph.inputs[i]].name) + '`';
  }
  return graph.inputs.empty() ? "The model has no inputs" : text;
}

// Everything a request says of one extent has to agree with the declaration and with what it said before.
std::optional<Error> equate(Engine& engine, std::string_view input, std::size_t axis, Dim declared,
                            Dim wanted) {
  DimPool& pool = engine.pool;
  const Dim current = engine.substitution.apply(declared, pool);
  if (current.is_unknown() || wanted.is_unknown() || current == wanted) return std::nullopt;
  if (pool.is_symbol(declared) && current == declared) {
    if (pool.depends_on_data(wanted)) return std::nullopt;
    engine.substitution.bound.push_back({declared, wanted});
    return std::nullopt;
  }
  if (engine.options.force_shapes) return std::nullopt;
  std::string message = "extent " + std::to_string(axis) + " of input `" + std::string(input) + "` is " +
                        pool.to_string(current) + ", not " + pool.to_string(wanted);
  return usage(std::move(message), "Give the same, or override it with --force-shape");
}

std::optional<Error> bind_symbols(Engine& engine) {
  for (const auto& [name, value] : engine.options.bind) {
    const Dim symbol = engine.pool.find_symbol(name);
    if (symbol.is_unknown()) continue;  // perhaps one that inference makes; whoever binds knows all names
    if (value < 0)
      return usage("`" + name + "` cannot be " + std::to_string(value) + ": extents are not negative");
    engine.substitution.bound.push_back({symbol, engine.pool.number(value)});
  }
  return std::nullopt;
}

Result<Shape> parse_shape(Engine& engine, const InferOptions::InputShape& wanted) {
  Shape shape;
  for (const std::string& text : wanted.extents) {
    Result<Dim> dim = engine.pool.parse(text);
    if (!dim) return usage("`" + text + "` is no extent: " + dim.error().message);
    const std::optional<Int128> number = engine.pool.constant(*dim);
    if (number && *number < 0) return usage("`" + text + "` is no extent: it is negative");
    shape.push_back(*dim);
  }
  return shape;
}

std::optional<Error> apply_shape(Engine& engine, const InferOptions::InputShape& wanted) {
  const Graph& main = engine.model.main();
  if (wanted.name.empty() && main.inputs.size() != 1) {
    return usage("a shape without a name needs a model with one input", list_inputs(main));
  }
  const TensorId input = wanted.name.empty() ? main.inputs[0] : find_input(main, wanted.name);
  if (!input) return usage("there is no input `" + wanted.name + "`", list_inputs(main));
  const Result<Shape> shape = parse_shape(engine, wanted);
  if (!shape) return shape.error();
  const Tensor& tensor = main.tensors[input];
  const Shape& declared = engine.out.graphs[Model::kMain].tensors[input].shape;
  engine.given_shapes[input.index] = *shape;
  if (!declared.has_rank()) return std::nullopt;
  if (declared.rank() != shape->rank()) {
    if (engine.options.force_shapes) return std::nullopt;
    return usage("input `" + std::string(tensor.name) + "` has " + std::to_string(declared.rank()) +
                     " extents, not " + std::to_string(shape->rank()),
                 "Override it with --force-shape");
  }
  for (std::size_t axis = 0; axis < shape->rank(); ++axis) {
    if (auto error = equate(engine, tensor.name, axis, declared[axis], (*shape)[axis])) return error;
  }
  return std::nullopt;
}

// A value fixes the extent of a vector whose length was open.
std::optional<Error> apply_value(Engine& engine, std::string_view name, Value value) {
  const Graph& main = engine.model.main();
  const TensorId input = find_input(main, name);
  if (!input) return usage("there is no input `" + std::string(name) + "`", list_inputs(main));
  const auto given = engine.given_shapes.find(input.index);
  const Shape& shape = given != engine.given_shapes.end()
                           ? given->second
                           : engine.out.graphs[Model::kMain].tensors[input].shape;
  const auto count = static_cast<std::int64_t>(value.size());
  if (shape.has_rank() && shape.rank() == 1) {
    if (auto error = equate(engine, name, 0, shape[0], Dim(count))) return error;
  }
  Shape settled = shape;
  engine.substitution.apply(settled, engine.pool);
  const std::optional<Int128> elements = engine.pool.constant(element_count(settled, engine.pool));
  if (elements && *elements != count) {
    return usage("input `" + std::string(name) + "` has " + to_decimal(*elements) + " elements, " +
                 std::to_string(count) + " values are given");
  }
  engine.given_values[input.index] = std::move(value);
  return std::nullopt;
}

}  // namespace

namespace {

void name_axes(Engine& engine, const std::string& input, Shape& shape) {
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    Dim& dim = shape[axis];
    if (dim.is_unknown()) dim = open_symbol(engine.pool, input + "_" + std::to_string(axis));
  }
  for (const Dim dim : shape) {
    if (!dim.is_pooled()) continue;
    for (const Dim symbol : engine.pool.symbols_in(dim)) engine.input_symbols.insert(symbol.bits());
  }
}

void use_value(const Engine& engine, TensorId input, OperandFacts& facts) {
  const auto value = engine.given_values.find(input.index);
  if (value == engine.given_values.end()) return;
  facts.value = value->second;
  if (!facts.shape.has_rank()) facts.shape = Shape{Dim(static_cast<std::int64_t>(value->second.size()))};
}

}  // namespace

// An extent that the file leaves open gets the name <input>_<axis>, so that figures can be formulas in it;
// how many elements a sequence has is as open as an extent.
void name_inputs(Engine& engine) {
  const Graph& main = engine.model.main();
  for (const TensorId input : main.inputs) {
    const Tensor& tensor = main.tensors[input];
    const std::string name(tensor.name);
    OperandFacts facts = engine.out.graphs[Model::kMain].tensors[input];
    facts.type = tensor.type;
    facts.shape = tensor.shape;
    if (holds_sequence(facts.type)) facts.length = open_symbol(engine.pool, name + "_length");
    if (facts.type.is_tensor()) name_axes(engine, name, facts.shape);
    keep_facts(engine, Model::kMain, input, std::move(facts));
  }
}

std::optional<Error> read_request(Engine& engine) {
  if (auto error = bind_symbols(engine)) return error;
  for (const InferOptions::InputShape& wanted : engine.options.input_shapes) {
    if (auto error = apply_shape(engine, wanted)) return error;
  }
  for (const auto& [name, numbers] : engine.options.input_values) {
    std::vector<Dim> dims;
    for (const std::int64_t n : numbers) dims.push_back(engine.pool.number(n));
    if (auto error = apply_value(engine, name, Value::integers(dims))) return error;
  }
  for (const auto& [name, value] : engine.options.input_numbers) {
    if (auto error = apply_value(engine, name, value)) return error;
  }
  return std::nullopt;
}

void set_inputs(Engine& engine) {
  for (const TensorId input : engine.model.main().inputs) {
    OperandFacts facts = engine.out.graphs[Model::kMain].tensors[input];
    const auto given = engine.given_shapes.find(input.index);
    if (given != engine.given_shapes.end()) facts.shape = given->second;
    engine.substitution.apply(facts.shape, engine.pool);
    facts.length = engine.substitution.apply(facts.length, engine.pool);
    use_value(engine, input, facts);
    keep_facts(engine, Model::kMain, input, std::move(facts));
  }
}

}  // namespace haoline::engine
