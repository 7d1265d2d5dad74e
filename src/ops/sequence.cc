// Sequences, optionals and strings. Of a sequence we know the element type, how many elements there are and,
// as far as they agree, their shape.
#include <algorithm>

#include "ops/onnx_dtype.h"
#include "ops/op_table.h"
#include "ops/shape_helpers.h"

namespace haoline {
namespace {

// What two elements of a sequence have in common.
Shape agreed(const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank() || a.rank() != b.rank()) return Shape::unknown_rank();
  Shape shape = a;
  for (std::size_t i = 0; i < a.rank(); ++i) {
    if (a[i] != b[i]) shape[i] = Dim::unknown();
  }
  return shape;
}

void set_sequence(OpCall& call, DType dtype, Shape shape, Dim length) {
  call.set_type(0, Type{dtype}.wrapped(Container::sequence));
  call.set_shape(0, std::move(shape));
  call.set_length(0, length);
}

// Longer sequences are not followed element by element.
constexpr std::size_t kMaxFollowed = 16;

// Which of `count` elements operand `i` names, negative from the end; nothing when it is not known.
std::optional<std::size_t> known_position(const OpCall& call, std::size_t i, std::size_t count) {
  const std::optional<std::int64_t> position = call.scalar_constant(i);
  return position ? normalize_axis(*position, count) : std::nullopt;
}

OpError infer_sequence_empty(OpCall& call) {
  const DType dtype = call.has_attribute("dtype") ? dtype_of_onnx(call.integer("dtype")) : DType::float32;
  set_sequence(call, dtype, Shape::unknown_rank(), 0);
  call.set_elements(0, {});
  return std::nullopt;
}

OpError infer_sequence_construct(OpCall& call) {
  if (!call.has(0)) return std::nullopt;
  Shape shape = call.shape(0);
  std::vector<Shape> elements;
  for (std::size_t i = 0; i < call.input_count(); ++i) {
    if (!call.has(i)) continue;
    shape = agreed(shape, call.shape(i));
    if (i < kMaxFollowed) elements.push_back(call.shape(i));
  }
  set_sequence(call, call.dtype(0), std::move(shape), static_cast<std::int64_t>(call.input_count()));
  if (elements.size() == call.input_count()) call.set_elements(0, std::move(elements));
  return std::nullopt;
}

OpError infer_sequence_at(OpCall& call) {
  if (!call.has(0)) return std::nullopt;
  const OperandFacts& sequence = call.input(0);
  call.set_type(0, sequence.type.unwrapped());
  call.set_shape(0, sequence.shape);
  if (!sequence.elements) return std::nullopt;
  const std::optional<std::size_t> at = known_position(call, 1, sequence.elements->size());
  if (at) call.set_shape(0, (*sequence.elements)[*at]);
  return std::nullopt;
}

// The elements after an insertion, where all of them and the place are known.
void insert_element(OpCall& call, const OperandFacts& before) {
  if (!before.elements || before.elements->size() >= kMaxFollowed) return;
  std::vector<Shape> elements = *before.elements;
  // One place more than there are elements: behind the last.
  const std::optional<std::size_t> at =
      call.has(2) ? known_position(call, 2, elements.size() + 1) : std::optional(elements.size());
  if (!at) return;
  const bool from_end = call.has(2) && call.scalar_constant(2).value_or(0) < 0;
  const std::size_t place = from_end && *at > 0 ? *at - 1 : *at;
  elements.insert(elements.begin() + static_cast<std::ptrdiff_t>(place), call.shape(1));
  call.set_elements(0, std::move(elements));
}

OpError infer_sequence_insert(OpCall& call) {
  if (!call.has(0) || !call.has(1)) return std::nullopt;
  const OperandFacts& before = call.input(0);
  const bool first = before.length.is(0);
  const DType dtype = before.type.dtype == DType::unknown ? call.dtype(1) : before.type.dtype;
  set_sequence(call, dtype, first ? call.shape(1) : agreed(before.shape, call.shape(1)),
               call.pool().add(before.length, 1));
  insert_element(call, before);
  return std::nullopt;
}

void erase_element(OpCall& call, const OperandFacts& before) {
  if (!before.elements || before.elements->empty()) return;
  std::vector<Shape> elements = *before.elements;
  const std::optional<std::size_t> at =
      call.has(1) ? known_position(call, 1, elements.size()) : std::optional(elements.size() - 1);
  OperandFacts facts = call.output(0);
  facts.elements = nullptr;
  call.set_facts(0, facts);
  if (!at) return;
  elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(*at));
  call.set_elements(0, std::move(elements));
}

OpError infer_sequence_erase(OpCall& call) {
  if (!call.has(0)) return std::nullopt;
  const OperandFacts& before = call.input(0);
  if (before.length.is(0)) return Message("an element is erased from an empty sequence");
  call.set_facts(0, before);
  call.set_length(0, call.pool().subtract(before.length, 1));
  erase_element(call, before);
  return std::nullopt;
}

OpError infer_sequence_length(OpCall& call) {
  call.set_dtype(0, DType::int64);
  call.set_shape(0, {});
  if (call.has(0) && !call.input(0).length.is_unknown())
    call.set_value(0, Value::scalar(Number::exact(call.input(0).length)));
  return std::nullopt;
}

// Pieces of the sizes that operand 1 lists: they agree in the axis where all sizes are one.
OpError split_by_list(OpCall& call, std::size_t axis, Shape shape) {
  const Dim total = shape[axis];
  shape[axis] = Dim::unknown();
  Dim length = call.shape(1)[0];
  if (const auto sizes = call.integers(1)) {
    length = static_cast<std::int64_t>(sizes->size());
    call.require_equal(call.pool().sum(*sizes), total);
    const bool same = std::all_of(sizes->begin(), sizes->end(), [&](Dim d) { return d == sizes->front(); });
    if (same && !sizes->empty()) shape[axis] = sizes->front();
  }
  set_sequence(call, call.dtype(0), std::move(shape), length);
  return std::nullopt;
}

OpError infer_split_to_sequence(OpCall& call) {
  const Shape& input = call.shape(0);
  const std::optional<std::size_t> axis = normalize_axis(call.integer("axis"), input.rank());
  if (!axis) return axis_out_of_range(call.integer("axis"), input.rank());
  Shape shape = input;
  if (!call.has(1)) {
    if (call.integer("keepdims", 1) != 0) {
      shape[*axis] = 1;
    } else {
      shape.erase(*axis);
    }
    set_sequence(call, call.dtype(0), std::move(shape), input[*axis]);
    return std::nullopt;
  }
  if (call.rank(1) == 1) return split_by_list(call, *axis, std::move(shape));
  // One size for all pieces; what is left over makes a smaller last one.
  const Value* size = call.value(1);
  const Dim piece = size && size->size() == 1 ? (*size)[0].integer() : Dim::unknown();
  if (certainly_below(call.pool(), piece, 1)) return refuse(call.pool(), {"pieces of size ", piece});
  const bool divides = call.pool().mod(input[*axis], piece).is(0);
  shape[*axis] = divides ? piece : Dim::unknown();
  set_sequence(call, call.dtype(0), std::move(shape), call.pool().ceil_div(input[*axis], piece));
  return std::nullopt;
}

Dim joined_extent(OpCall& call, const std::vector<Shape>& elements, std::size_t axis) {
  Dim total = 0;
  for (const Shape& element : elements) {
    total = call.pool().add(total, axis < element.rank() ? element[axis] : Dim::unknown());
  }
  return total;
}

OpError infer_concat_from_sequence(OpCall& call) {
  if (!call.has(0)) return std::nullopt;
  const OperandFacts& sequence = call.input(0);
  call.set_type(0, sequence.type.unwrapped());
  if (!sequence.shape.has_rank()) return std::nullopt;
  const bool stacks = call.integer("new_axis") != 0;
  const std::size_t rank = sequence.shape.rank() + (stacks ? 1 : 0);
  const std::optional<std::size_t> axis = normalize_axis(call.integer("axis"), rank);
  if (!axis) return axis_out_of_range(call.integer("axis"), rank);
  Shape shape = sequence.shape;
  if (stacks) {
    shape.insert(*axis, sequence.length);
  } else {
    shape[*axis] = call.pool().multiply(sequence.length, shape[*axis]);
    if (sequence.elements) shape[*axis] = joined_extent(call, *sequence.elements, *axis);
  }
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

// --- optionals

OpError infer_optional(OpCall& call) {
  if (call.has(0)) {
    call.set_facts(0, call.input(0));
    call.set_type(0, call.input(0).type.wrapped(Container::optional));
  } else if (const Type* type = call.type_attribute("type")) {
    call.set_type(0, type->wrapped(Container::optional));
  }
  return std::nullopt;
}

OpError infer_optional_get_element(OpCall& call) {
  if (!call.has(0)) return std::nullopt;
  call.set_facts(0, call.input(0));
  if (call.input(0).type.is(Container::optional)) call.set_type(0, call.input(0).type.unwrapped());
  return std::nullopt;
}

OpError infer_optional_has_element(OpCall& call) {
  call.set_dtype(0, DType::boolean);
  call.set_shape(0, {});
  // What is no optional is there; an absent operand is not.
  if (!call.has(0) || call.input(0).type.is_tensor() || call.input(0).type.is(Container::sequence)) {
    const bool known = !call.has(0) || call.dtype(0) != DType::unknown;
    if (known) call.set_value(0, Value::scalar(Number::exact(call.has(0) ? 1 : 0)));
  }
  return std::nullopt;
}

// --- strings

OpError infer_string_split(OpCall& call) {
  const std::int64_t most = call.integer("maxsplit", -1);
  call.set_dtype(0, DType::string);
  call.set_dtype(1, DType::int64);
  Shape shape = call.shape(0);
  call.set_shape(1, shape);
  const Dim bound = most >= 0 && call.has_attribute("maxsplit") ? call.pool().add(most, 1) : Dim::unknown();
  shape.push_back(call.data_symbol("parts", bound));
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

// Stop words leave; when nothing is left, one empty string is.
OpError infer_string_normalizer(OpCall& call) {
  const std::size_t rank = call.rank(0);
  if (rank != 1 && rank != 2) return refuse(call.pool(), {"operand has rank ", rank, ", 1 or 2 are allowed"});
  Shape shape = call.shape(0);
  if (!call.text_list("stopwords").empty()) {
    const Dim bound = call.pool().max(shape[rank - 1], 1);
    shape[rank - 1] = call.data_symbol("words", bound);
  }
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

OpError infer_tf_idf(OpCall& call) {
  const std::size_t rank = call.rank(0);
  if (rank > 2) return refuse(call.pool(), {"operand has rank ", rank, ", at most 2 is allowed"});
  call.set_dtype(0, DType::float32);
  const std::span<const std::int64_t> indexes = call.integer_list("ngram_indexes");
  Shape shape;
  if (rank == 2) shape.push_back(call.shape(0)[0]);
  if (indexes.empty()) {
    shape.push_back(Dim::unknown());
  } else {
    const std::int64_t last = *std::max_element(indexes.begin(), indexes.end());
    shape.push_back(call.pool().add(call.pool().number(last), 1));
  }
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

// Every n-gram that starts at an element, at every allowed distance, is looked up: one comparison each.
Cost tf_idf_cost(const OpCall& call) {
  Cost cost;
  const std::int64_t shortest = std::clamp<std::int64_t>(call.integer("min_gram_length", 1), 1, 1 << 20);
  const std::int64_t longest =
      std::clamp<std::int64_t>(call.integer("max_gram_length", 1), shortest, 1 << 20);
  const std::int64_t distances = std::clamp<std::int64_t>(call.integer("max_skip_count"), 0, 1 << 20) + 1;
  // One element has no gaps, so skips make no difference to it.
  const std::int64_t single = shortest == 1 ? 1 : 0;
  const Expr lookups = call.number(single) + (longest - shortest + 1 - single) * call.number(distances);
  call.note("lookups_per_element", lookups);
  cost.add(Arith::compare, call.elements(0) * lookups, call.pool());
  if (call.text("mode") != "TF") cost.add(Arith::multiply, call.output_elements(0), call.pool());
  return cost;
}

constexpr OpRow container(Op op, Category category, InferRule infer, std::string_view counts,
                          Traffic traffic = Traffic::whole, Alias alias = Alias::none) {
  return {op, category, infer, CostRule::free(), counts, traffic, alias, true};
}

constexpr std::string_view kPassed = "elements are passed on, no arithmetic";
constexpr std::string_view kText = "text is handled, no arithmetic on numbers";

constexpr OpRow kRows[] = {
    container(Op::SequenceEmpty, Category::constant, infer_sequence_empty, kPassed),
    container(Op::SequenceConstruct, Category::concat, infer_sequence_construct, kPassed),
    container(Op::SequenceAt, Category::slice, infer_sequence_at, kPassed, Traffic::gathered),
    container(Op::SequenceInsert, Category::concat, infer_sequence_insert, kPassed),
    container(Op::SequenceErase, Category::slice, infer_sequence_erase, kPassed),
    container(Op::SequenceLength, Category::constant, infer_sequence_length, kPassed, Traffic::header),
    {Op::SplitToSequence, Category::split, infer_split_to_sequence, CostRule::free(), kPassed},
    container(Op::ConcatFromSequence, Category::concat, infer_concat_from_sequence, kPassed),
    container(Op::Optional, Category::control, infer_optional, kPassed, Traffic::view, Alias::view),
    container(Op::OptionalGetElement, Category::control, infer_optional_get_element, kPassed, Traffic::view,
              Alias::view),
    container(Op::OptionalHasElement, Category::control, infer_optional_has_element, kPassed,
              Traffic::header),
    {Op::StringConcat, Category::concat, infer_broadcast, CostRule::free(), kText},
    {Op::StringSplit, Category::split, infer_string_split, CostRule::free(), kText},
    {Op::StringNormalizer, Category::elementwise, infer_string_normalizer, CostRule::free(), kText},
    {Op::RegexFullMatch, Category::compare, infer_same_as_bool, CostRule::free(), kText},
    {Op::TfIdfVectorizer, Category::embed, infer_tf_idf, CostRule::formula(tf_idf_cost),
     "one comparison per element, n-gram length and skip distance (lookups); with IDF one product per "
     "result"},
};

}  // namespace

std::span<const OpRow> sequence_rows() {
  return kRows;
}

}  // namespace haoline
