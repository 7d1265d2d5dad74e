// Functions, guarded arithmetic and small array operators that ONNX lacks.
#include <algorithm>
#include <string>

#include "ops/movement.h"
#include "ops/op_table.h"
#include "ops/shape_helpers.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

OpError infer_same(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  return infer_same_shape(call);
}

OpError infer_binary(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  return infer_broadcast(call);
}

// --- functions with values

Number divide_towards_zero(const NumberContext&, const Number& a, const Number& b) {
  const std::optional<std::int64_t> left = a.is_integer() ? a.integer().number() : std::nullopt;
  const std::optional<std::int64_t> right = b.is_integer() ? b.integer().number() : std::nullopt;
  if (!left || !right || *right == 0 || *right == -1) return Number::unknown();
  return Number::exact(Dim(*left / *right));
}
OpError infer_truncated(OpCall& call) {
  infer_binary(call);
  set_binary_value(call, divide_towards_zero);
  return std::nullopt;
}

Number one(const NumberContext&, const Number&) {
  return Number::exact(1);
}
OpError infer_ones(OpCall& call) {
  infer_same(call);
  set_unary_value(call, one);
  return std::nullopt;
}

OpError infer_population_count(OpCall& call) {
  call.set_dtype(0, DType::uint8);
  return infer_same_shape(call);
}

// --- branches and loops of TensorFlow 1: data goes one of two ways, and comes from one of several

OpError infer_switch(OpCall& call) {  // data, which way
  for (std::size_t i = 0; i < call.output_count(); ++i) {
    if (call.has(0)) call.set_facts(i, call.input(0));
  }
  return std::nullopt;
}

OpError infer_merge(OpCall& call) {
  OperandFacts facts;
  for (std::size_t i = 0; i < call.input_count(); ++i) {
    if (!call.has(i) || (!call.has_rank(i) && call.input(i).type.is_tensor())) continue;
    if (facts.type.dtype == DType::unknown && facts.type.containers.empty()) {
      facts = call.input(i);
      continue;
    }
    const Shape& other = call.shape(i);
    if (!other.has_rank() || other.rank() != facts.shape.rank()) facts.shape = Shape::unknown_rank();
    for (std::size_t k = 0; facts.shape.has_rank() && k < other.rank(); ++k) {
      if (facts.shape[k] != other[k]) facts.shape[k] = Dim::unknown();
    }
  }
  facts.value = {};
  facts.is_constant = false;
  call.set_facts(0, facts);
  call.set_dtype(1, DType::int32);
  call.set_shape(1, Shape{});
  return std::nullopt;
}

// --- arrays

// Every result is its operand.
OpError infer_identities(OpCall& call) {
  for (std::size_t i = 0; i < call.output_count(); ++i) {
    if (call.has(i)) call.set_facts(i, call.input(i));
  }
  return std::nullopt;
}

OpError infer_inverse_order(OpCall& call) {
  infer_same(call);
  const std::optional<std::vector<std::int64_t>> order = call.constants(0);
  if (!order) return std::nullopt;
  std::vector<Number> inverse(order->size());
  for (std::size_t i = 0; i < order->size(); ++i) {
    const std::int64_t to = (*order)[i];
    if (to < 0 || static_cast<std::size_t>(to) >= order->size()) return Message("is no permutation");
    inverse[static_cast<std::size_t>(to)] = Number::exact(static_cast<std::int64_t>(i));
  }
  call.set_value(0, Value(std::move(inverse)));
  return std::nullopt;
}

OpError infer_lin_space(OpCall& call) {  // first, last, how many
  call.set_dtype(0, call.dtype(0));
  const std::optional<std::vector<Dim>> count = call.integers(2);
  const bool is_known = count && count->size() == 1;
  call.set_shape(0, Shape{is_known ? (*count)[0] : data_extent(call, 0)});
  return std::nullopt;
}

// condition, where it holds, where not. The condition may be one row number per row.
OpError infer_select(OpCall& call) {
  call.set_dtype(0, call.dtype(1));
  if (!call.has_rank(1)) return std::nullopt;
  call.set_shape(0, call.shape(1));
  return std::nullopt;
}

// Parts of given sizes, of which one may be -1: what the others leave.
OpError infer_split_rest(OpCall& call) {
  for (std::size_t i = 0; i < call.output_count(); ++i) call.set_dtype(i, call.dtype(0));
  if (!call.has_rank(0)) return std::nullopt;
  const Shape& in = call.shape(0);
  const std::int64_t given = call.integer("axis");
  const std::optional<std::size_t> axis = normalize_axis(given, in.rank());
  if (!axis) return axis_out_of_range(given, in.rank());
  std::vector<Dim> sizes = call.integers(1).value_or(std::vector<Dim>(call.output_count(), Dim::unknown()));
  if (sizes.size() != call.output_count()) {
    return Message(std::to_string(sizes.size()) + " sizes for " + std::to_string(call.output_count()) +
                   " results");
  }
  Dim taken = 0;
  for (const Dim size : sizes) taken = call.pool().add(taken, size.is(-1) ? Dim(0) : size);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    Shape shape = in;
    shape[*axis] = sizes[i].is(-1) ? call.pool().subtract(in[*axis], taken) : sizes[i];
    call.set_shape(i, std::move(shape));
  }
  return std::nullopt;
}

// --- lists of tensors: what loops read from and gather into

// extents of an element (unknown ones are negative), how many
OpError infer_list_reserve(OpCall& call) {
  call.set_type(0,
                Type{dtype_named(call.text("dtype")).value_or(DType::unknown)}.wrapped(Container::sequence));
  if (call.integer("is_empty") != 0) {
    call.set_length(0, 0);
  } else if (const auto count = call.integers(1); count && count->size() == 1) {
    call.set_length(0, (*count)[0]);
  }
  const std::optional<std::vector<Dim>> extents = extents_operand(call, 0);
  if (!extents || call.rank(0) != 1) return std::nullopt;
  Shape shape;
  for (const Dim extent : *extents)
    shape.push_back(extent.number().value_or(0) < 0 ? Dim::unknown() : extent);
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

// list, place, element. What the elements have in common is learned from the element, as far as it says
// more; the place may lie behind the end.
OpError infer_list_set(OpCall& call) {
  if (!call.has(0)) return std::nullopt;
  OperandFacts facts = call.input(0);
  facts.elements = nullptr;
  if (facts.type.containers.empty() || !facts.type.is(Container::sequence))
    facts.type = Type{call.dtype(2)}.wrapped(Container::sequence);
  if (call.has_rank(2) && !facts.shape.has_rank()) facts.shape = call.shape(2);
  if (call.has_rank(2) && facts.shape.rank() == call.rank(2)) {
    for (std::size_t i = 0; i < facts.shape.rank(); ++i) {
      if (!call.shape(2)[i].is_unknown()) facts.shape[i] = call.shape(2)[i];
    }
  }
  call.set_facts(0, facts);
  return std::nullopt;
}

constexpr OpRow math(Op op, InferRule infer, Work work, std::string_view counts) {
  return {op,     Category::elementwise, infer,           CostRule::per_output(work),
          counts, Traffic::whole,        Alias::in_place, true};
}
constexpr OpRow function(Op op) {
  return math(op, infer_same, {.transcendental = 1}, "1 function value per element");
}
constexpr OpRow array(Op op, Category category, InferRule infer, std::string_view counts) {
  return {op, category, infer, CostRule::free(), counts, Traffic::whole, Alias::none, true};
}
constexpr std::string_view kPlaces = "elements change places, no arithmetic";

constexpr OpRow kRows[] = {
    array(Op::BandPart, Category::slice, infer_same, "a band is kept, no arithmetic"),
    math(Op::Conj, infer_same, {.add = 1}, "1 sign change per element"),
    function(Op::Digamma),
    math(Op::DivNoNan, infer_binary, {.divide = 1, .compare = 1},
         "a comparison and a division per element of the result"),
    function(Op::Erfc),
    function(Op::Erfinv),
    function(Op::Expm1),
    array(Op::IdentityN, Category::constant, infer_identities, "other names, no arithmetic"),
    array(Op::InvertPermutation, Category::transpose, infer_inverse_order, kPlaces),
    {Op::IsFinite, Category::compare, infer_same_as_bool, CostRule::per_output({.compare = 1}),
     "1 comparison per element", Traffic::whole, Alias::none, true},
    function(Op::Lgamma),
    math(Op::LinSpace, infer_lin_space, {.add = 1, .multiply = 1},
         "a multiplication and an addition per element"),
    array(Op::ListReserve, Category::constant, infer_list_reserve, "room for elements, no arithmetic"),
    array(Op::ListSetItem, Category::concat, infer_list_set, "an element is put in its place, no arithmetic"),
    function(Op::Log1p),
    math(Op::MulNoNan, infer_binary, {.multiply = 1, .compare = 1},
         "a comparison and a multiplication per element of the result"),
    array(Op::OnesLike, Category::constant, infer_ones, "ones, no arithmetic"),
    array(Op::Merge, Category::control, infer_merge, "one of its operands is passed on, no arithmetic"),
    math(Op::PopulationCount, infer_population_count, {.logic = 1}, "1 operation on bits per element"),
    {Op::Select, Category::compare, infer_select, CostRule::per_output({.compare = 1}),
     "1 choice per element of the result", Traffic::whole, Alias::none, true},
    array(Op::Switch, Category::control, infer_switch, "data is passed on one way, no arithmetic"),
    array(Op::SplitRest, Category::split, infer_split_rest, "parts are copied, no arithmetic"),
    math(Op::TruncateDiv, infer_truncated, {.divide = 1}, "1 division per element of the result"),
    math(Op::Xdivy, infer_binary, {.divide = 1, .compare = 1},
         "a comparison and a division per element of the result"),
    math(Op::Xlogy, infer_binary, {.multiply = 1, .transcendental = 1, .compare = 1},
         "a comparison, a logarithm and a multiplication per element of the result"),
};

}  // namespace

std::span<const OpRow> extra_function_rows() {
  return kRows;
}

}  // namespace haoline
