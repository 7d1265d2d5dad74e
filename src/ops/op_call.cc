#include "ops/op_call.h"

#include <algorithm>
#include <string>

namespace haoline {
namespace {

const SchemaDefault* schema_default(const Schema* schema, std::string_view name) {
  if (!schema) return nullptr;
  const auto at =
      std::lower_bound(schema->attributes.begin(), schema->attributes.end(), name,
                       [](const SchemaAttribute& a, std::string_view wanted) { return a.name < wanted; });
  if (at == schema->attributes.end() || at->name != name || !at->fallback.present) return nullptr;
  return &at->fallback;
}

// The payload of the node's own attribute when it has the expected kind; a wrong kind counts as absent.
template <class T>
const T* payload(const Node& node, std::string_view name) {
  const Attribute* attribute = node.attribute(name);
  return attribute ? std::get_if<T>(&attribute->value) : nullptr;
}

template <class T>
T payload_or_empty(const Node& node, std::string_view name) {
  const T* found = payload<T>(node, name);
  return found ? *found : T{};
}

// How much a dimension says: a number over an expression over what only the data decides over nothing.
int knowledge(Dim dim, const DimPool& pool) {
  if (dim.is_unknown()) return 0;
  if (dim.is_inline()) return 3;
  return pool.depends_on_data(dim) ? 1 : 2;
}

}  // namespace

const OperandFacts& OpCall::absent() {
  static const OperandFacts nothing{};
  return nothing;
}

Expr OpCall::dim(std::size_t i, std::int64_t axis) const {
  if (!has_rank(i)) return {Dim::unknown(), pool_};
  const std::optional<std::size_t> at = normalize_axis(axis, rank(i));
  return {at ? shape(i)[*at] : Dim::unknown(), pool_};
}

std::optional<std::vector<Dim>> OpCall::integers(std::size_t i) const {
  const Value* known = value(i);
  if (!known) return std::nullopt;
  std::vector<Dim> dims;
  dims.reserve(known->size());
  for (const Number& n : known->elements()) {
    if (!n.is_integer()) return std::nullopt;
    dims.push_back(n.integer());
  }
  return dims;
}

std::optional<std::vector<std::int64_t>> OpCall::constants(std::size_t i) const {
  const Value* known = value(i);
  if (!known) return std::nullopt;
  std::vector<std::int64_t> numbers;
  numbers.reserve(known->size());
  for (const Number& n : known->elements()) {
    const std::optional<Int128> number = n.is_integer() ? pool_.constant(n.integer()) : std::nullopt;
    if (!number || *number < std::numeric_limits<std::int64_t>::min() ||
        *number > std::numeric_limits<std::int64_t>::max()) {
      return std::nullopt;
    }
    numbers.push_back(static_cast<std::int64_t>(*number));
  }
  return numbers;
}

std::optional<std::int64_t> OpCall::scalar_constant(std::size_t i) const {
  const Value* known = value(i);
  if (!known || known->size() != 1) return std::nullopt;
  const std::optional<std::vector<std::int64_t>> numbers = constants(i);
  return numbers ? std::optional(numbers->front()) : std::nullopt;
}

std::int64_t OpCall::integer(std::string_view name, std::int64_t otherwise) const {
  if (const auto* own = payload<std::int64_t>(node_, name)) return *own;
  const SchemaDefault* fallback = schema_default(schema_, name);
  return fallback ? fallback->integer : otherwise;
}

double OpCall::real(std::string_view name, double otherwise) const {
  if (const auto* own = payload<double>(node_, name)) return *own;
  const SchemaDefault* fallback = schema_default(schema_, name);
  return fallback ? fallback->real : otherwise;
}

std::string_view OpCall::text(std::string_view name, std::string_view otherwise) const {
  if (const auto* own = payload<std::string_view>(node_, name)) return *own;
  const SchemaDefault* fallback = schema_default(schema_, name);
  return fallback ? fallback->text : otherwise;
}

std::span<const std::int64_t> OpCall::integer_list(std::string_view name) const {
  return payload_or_empty<std::span<const std::int64_t>>(node_, name);
}

std::span<const float> OpCall::real_list(std::string_view name) const {
  return payload_or_empty<std::span<const float>>(node_, name);
}

std::span<const std::string_view> OpCall::text_list(std::string_view name) const {
  return payload_or_empty<std::span<const std::string_view>>(node_, name);
}

const TensorData* OpCall::tensor(std::string_view name) const {
  return payload_or_empty<const TensorData*>(node_, name);
}

const Type* OpCall::type_attribute(std::string_view name) const {
  return payload_or_empty<const Type*>(node_, name);
}

Dim OpCall::data_symbol(std::string_view what, Dim upper_bound) {
  const std::size_t ordinal = data_symbols_made_++;
  if (data_symbols_ && ordinal < data_symbols_->size()) {
    const Dim before = (*data_symbols_)[ordinal];
    const Symbol* symbol = pool_.symbol_of(before);
    if (symbol && symbol->upper_bound == upper_bound) return before;
  }
  std::string name(node_.name);
  name += '_';
  name += what;
  const Dim fresh = pool_.data_symbol(name, upper_bound);
  if (data_symbols_) {
    data_symbols_->resize(std::max(data_symbols_->size(), ordinal + 1));
    (*data_symbols_)[ordinal] = fresh;
  }
  return fresh;
}

Dim OpCall::require_equal(Dim a, Dim b) {
  if (a.is_unknown()) return b;
  if (b.is_unknown() || a == b) return a;
  constraints_.push_back({Constraint::Kind::equal, a, b});
  return knowledge(b, pool_) > knowledge(a, pool_) ? b : a;
}

void OpCall::require_divisible(Dim a, Dim b) {
  if (a.is_unknown() || b.is_unknown() || b.is(1)) return;
  const Dim rest = pool_.mod(a, b);
  if (!rest.is(0)) constraints_.push_back({Constraint::Kind::divisible, a, b});
}

Shape OpCall::broadcast(const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank()) return Shape::unknown_rank();
  if (a == b) return a;
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape out = longer;
  const std::size_t lead = longer.rank() - shorter.rank();
  for (std::size_t i = 0; i < shorter.rank(); ++i) {
    const Dim x = longer[lead + i];
    const Dim y = shorter[i];
    if (x == y && !x.is_unknown()) continue;
    out[lead + i] = pool_.broadcast(x, y);
    const bool both_numbers = x.is_inline() && y.is_inline();
    if (both_numbers && x != y && !x.is(1) && !y.is(1))
      constraints_.push_back({Constraint::Kind::equal, x, y});
  }
  return out;
}

std::optional<std::size_t> normalize_axis(std::int64_t axis, std::size_t rank) {
  const auto extent = static_cast<std::int64_t>(rank);
  if (axis < -extent || axis >= extent) return std::nullopt;
  return static_cast<std::size_t>(axis < 0 ? axis + extent : axis);
}

}  // namespace haoline
