// Rules meet whatever a file claims: any rank, any extent, any attribute. They may refuse or stay silent,
// but they end and keep to their memory.
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "ops/op_table.h"

namespace haoline {
namespace {

class Hostile {
 public:
  explicit Hostile(unsigned seed) : random_(seed) {}

  // One node of the operator with operands that satisfy its arity and nothing else.
  void try_row(const OpRow& row, const Schema& schema) {
    DimPool pool;
    pool_ = &pool;
    Node node;
    node.op = row.op;
    node.version = schema.since;
    node.name = "node";
    node.op_type = name_of(row.op).name;
    std::deque<OperandFacts> facts;
    std::vector<const OperandFacts*> operands;
    const std::size_t most = std::min<std::size_t>(static_cast<std::size_t>(schema.max_inputs), 6);
    for (std::size_t i = 0; i < std::max(most, schema.inputs.size()); ++i) {
      const SchemaParam* param = input_param(schema, i);
      if (!param) break;
      const bool required = param->option == 's';
      if (!required && chance(3)) {
        operands.push_back(nullptr);
      } else {
        operands.push_back(&facts.emplace_back(operand(row.any_rank)));
      }
    }
    while (!operands.empty() && !operands.back()) operands.pop_back();

    std::vector<TensorId> ids;
    std::vector<OperandFacts> results(std::min<std::size_t>(static_cast<std::size_t>(schema.max_outputs), 4));
    for (std::size_t i = 0; i < results.size(); ++i) ids.push_back(TensorId{static_cast<std::uint32_t>(i)});
    node.outputs = ids;
    lists_.clear();
    std::vector<Attribute> attributes;
    for (const SchemaAttribute& attribute : schema.attributes) add_attribute(attribute, attributes);
    node.attributes = attributes;

    OpCall call(node, &schema, operands, results, pool);
    if (row.infer && row.infer(call)) {
      for (OperandFacts& result : results) result.shape = shape(true);  // what a file declares instead
    }
    if (row.cost.kind == CostRule::Class::formula) (void)row.cost.function(call);
  }

 private:
  bool chance(unsigned of) { return random_() % of == 0; }

  Dim extent() {
    switch (random_() % 10) {
      case 0:
        return Dim::unknown();
      case 1:
        return pool_->symbol("n");
      case 2:
        return pool_->add(pool_->symbol("m"), Dim(3));
      case 3:
        return 0;
      case 4:
        return 1;
      case 5:
        return pool_->number(Int128{1} << 62);
      default:
        return Dim(static_cast<std::int64_t>(random_() % 9));
    }
  }

  Shape shape(bool any_rank) {
    if (any_rank && chance(6)) return Shape::unknown_rank();
    Shape shape;
    for (std::size_t rank = random_() % 6; rank > 0; --rank) shape.push_back(extent());
    return shape;
  }

  OperandFacts operand(bool any_rank) {
    static constexpr DType kTypes[] = {DType::float32, DType::int64, DType::boolean, DType::string,
                                       DType::uint8};
    OperandFacts facts;
    facts.type.dtype = kTypes[random_() % std::size(kTypes)];
    facts.shape = shape(any_rank);
    // A value has as many elements as the shape says.
    const std::optional<Int128> count = pool_->constant(element_count(facts.shape, *pool_));
    if (!count || *count > 64 || *count < 0 || chance(3)) return facts;
    std::vector<Number> elements;
    for (Int128 i = 0; i < *count; ++i) elements.push_back(element());
    facts.value = Value(std::move(elements));
    return facts;
  }

  Number element() {
    switch (random_() % 8) {
      case 0:
        return Number::unknown();
      case 1:
        return Number::of(std::numeric_limits<double>::infinity());
      case 2:
        return Number::of(0.3);
      case 3:
        return Number::exact(pool_->symbol("n"));
      case 4:
        return Number::exact(pool_->number(std::numeric_limits<std::int64_t>::max()));
      case 5:
        return Number::exact(pool_->number(std::numeric_limits<std::int64_t>::min()));
      default:
        return Number::exact(Dim(static_cast<std::int64_t>(random_() % 7) - 2));
    }
  }

  std::int64_t integer() {
    switch (random_() % 8) {
      case 0:
        return std::numeric_limits<std::int64_t>::max();
      case 1:
        return std::numeric_limits<std::int64_t>::min();
      case 2:
        return -1;
      default:
        return static_cast<std::int64_t>(random_() % 6);
    }
  }

  void add_attribute(const SchemaAttribute& attribute, std::vector<Attribute>& attributes) {
    if (!attribute.required && chance(2)) return;
    Attribute added;
    added.name = attribute.name;
    if (attribute.kind == 'i') {
      added.value = integer();
    } else if (attribute.kind == 'f') {
      added.value = chance(2) ? 0.5 : -std::numeric_limits<double>::infinity();
    } else if (attribute.kind == 's') {
      static constexpr std::string_view kTexts[] = {"",          "SAME_UPPER", "VALID",        "linear",
                                                    "ij,jk->ik", "...,->",     "bidirectional"};
      added.value = kTexts[random_() % std::size(kTexts)];
    } else if (attribute.kind == 'I') {
      std::vector<std::int64_t>& list = lists_.emplace_back();
      for (std::size_t n = random_() % 5; n > 0; --n) list.push_back(integer());
      added.value = std::span<const std::int64_t>(list);
    } else {
      return;
    }
    attributes.push_back(added);
  }

  std::mt19937 random_;
  DimPool* pool_ = nullptr;
  std::deque<std::vector<std::int64_t>> lists_;
};

TEST(Rules, SurviveWhateverAFileClaims) {
  constexpr int kRounds = 40;
  for (const Family family : families()) {
    for (const OpRow& row : family()) {
      Hostile hostile(static_cast<unsigned>(row.op));
      for (int round = 0; round < kRounds; ++round) {
        const Schema* schema = find_schema(row.op, round % 30);
        if (schema) hostile.try_row(row, *schema);
      }
    }
  }
}

}  // namespace
}  // namespace haoline
