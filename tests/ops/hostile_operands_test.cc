// No row may crash, whatever a file claims: every operator with random operands (ranks, extents, values,
// absent ones) and random attributes, as far as the engine lets them through: required operands are there,
// and their ranks are known unless the row copes without.
#include <gtest/gtest.h>

#include <random>

#include "ops/schema.h"
#include "support/one_node.h"

namespace haoline {
namespace {

using test::OneNode;

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(engine_() % bound); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }

  std::int64_t number() {
    constexpr std::int64_t kNumbers[] = {0,  1,  2,  3,   4,         8,         16,
                                         -1, -2, -5, 100, INT64_MAX, INT64_MIN, std::int64_t{1} << 40};
    return kNumbers[below(std::size(kNumbers))];
  }
  std::int64_t tame() { return static_cast<std::int64_t>(below(5)); }

 private:
  std::mt19937 engine_;
};

Dim random_extent(Dice& dice, OneNode& node) {
  switch (dice.below(8)) {
    case 0:
      return Dim::unknown();
    case 1:
      return node.symbol("n");
    case 2:
      return node.pool().add(node.symbol("m"), Dim(1));
    case 3:
      return dice.one_in(4) ? Dim(std::int64_t{1} << 40) : Dim(0);
    default:
      return Dim(dice.tame());
  }
}

Shape random_shape(Dice& dice, OneNode& node, bool may_be_unknown) {
  if (may_be_unknown && dice.one_in(6)) return Shape::unknown_rank();
  Shape shape;
  const std::uint32_t rank = dice.one_in(3) ? dice.below(6) : 2 + dice.below(3);
  for (std::uint32_t i = 0; i < rank; ++i) shape.push_back(random_extent(dice, node));
  return shape;
}

// Elements for a small shape of numbers; nothing for others.
Value random_value(Dice& dice, OneNode& node, const Shape& shape) {
  const std::optional<Int128> count = node.pool().constant(element_count(shape, node.pool()));
  if (!count || *count > 16 || *count < 0 || dice.one_in(3)) return {};
  std::vector<Number> elements;
  for (Int128 i = 0; i < *count; ++i) {
    elements.push_back(dice.one_in(6) ? Number::unknown() : Number::exact(node.pool().number(dice.number())));
  }
  return Value(std::move(elements));
}

void add_operands(Dice& dice, OneNode& node, const Schema& schema, bool any_rank) {
  std::size_t count = schema.inputs.size();
  if (!schema.inputs.empty() && schema.inputs.back().option != 's' && schema.inputs.back().option != 'o') {
    count += dice.below(4);
  }
  constexpr DType kTypes[] = {DType::float32, DType::int64,   DType::int32,
                              DType::uint8,   DType::boolean, DType::string};
  for (std::size_t i = 0; i < count; ++i) {
    const SchemaParam* param = input_param(schema, i);
    if (param->option == 'o' && dice.one_in(2)) {
      node.absent();
      continue;
    }
    Shape shape = random_shape(dice, node, any_rank);
    Value value = random_value(dice, node, shape);
    node.input(std::move(shape), kTypes[dice.below(std::size(kTypes))], std::move(value));
  }
}

void add_attributes(Dice& dice, OneNode& node, const Schema& schema) {
  for (const SchemaAttribute& attribute : schema.attributes) {
    if (!attribute.required && dice.one_in(2)) continue;
    if (attribute.kind == 'i') node.integer(attribute.name, dice.one_in(3) ? dice.number() : dice.tame());
    if (attribute.kind == 'f') node.real(attribute.name, static_cast<double>(dice.number()));
    if (attribute.kind == 's') node.text(attribute.name, dice.one_in(2) ? "" : "NHWC");
    if (attribute.kind != 'I') continue;
    std::vector<std::int64_t> list;
    for (std::uint32_t n = dice.below(5); n > 0; --n)
      list.push_back(dice.one_in(3) ? dice.number() : dice.tame());
    node.integers(attribute.name, std::move(list));
  }
}

void try_once(const OpRow& row, const Schema& schema, std::uint32_t seed) {
  Dice dice(seed);
  OneNode node(row.op, schema.since, std::max<std::size_t>(1, schema.outputs.size()));
  add_operands(dice, node, schema, row.any_rank);
  add_attributes(dice, node, schema);
  node.refusal();
  node.cost();
}

TEST(EveryRow, SurvivesWhateverAFileClaims) {
  for (const Family family : families()) {
    for (const OpRow& row : family()) {
      const Schema* newest = find_schema(row.op, 1000);
      if (!newest || !row.infer) continue;
      SCOPED_TRACE(name_of(row.op).name);
      for (std::uint32_t seed = 0; seed < 60; ++seed) {
        // Old definitions, too: the oldest for every third seed.
        const Schema* schema = seed % 3 == 0 ? find_schema(row.op, 0) : newest;
        try_once(row, *schema, seed * 7919 + static_cast<std::uint32_t>(row.op));
      }
    }
  }
}

}  // namespace
}  // namespace haoline
