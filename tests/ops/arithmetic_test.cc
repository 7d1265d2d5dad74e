#include <gtest/gtest.h>

#include <limits>

#include "ops/number_math.h"
#include "support/inferred.h"

namespace haoline {
namespace {

using test::Inferred;
using test::OneNode;

// A scalar float32 or int64 operand.
Value real(double x) {
  return Value::scalar(Number::of(x));
}
Value whole(Dim x) {
  return Value::scalar(Number::exact(x));
}

std::string int_result(Op op, std::int64_t a, std::int64_t b, std::int32_t version = 14) {
  OneNode node(op, version);
  node.input({}, DType::int64, whole(a)).input({}, DType::int64, whole(b)).result_dtype(DType::int64);
  return node.value();
}

std::string float_result(Op op, double a, double b) {
  OneNode node(op, 14);
  node.input({}, DType::float32, real(a)).input({}, DType::float32, real(b)).result_dtype(DType::float32);
  return node.value();
}

TEST(Arithmetic, DividesIntegersTowardZero) {
  EXPECT_EQ(int_result(Op::Div, 7, 2), "[3]");
  EXPECT_EQ(int_result(Op::Div, -7, 2), "[-3]");
  EXPECT_EQ(int_result(Op::Div, 7, -2), "[-3]");
  EXPECT_EQ(int_result(Op::Div, 7, 0), "[?]");
}

TEST(Arithmetic, DivisionOfAnExpressionThatMayBeNegativeHoldsOnBothSides) {
  OneNode node(Op::Div, 14);
  const Dim shifted = node.pool().subtract(node.symbol("h"), 7);
  node.input({}, DType::int64, whole(shifted)).input({}, DType::int64, whole(2)).result_dtype(DType::int64);
  OneNode shape(Op::ConstantOfShape, 9);
  const NumberContext context{node.pool(), DType::int64};
  const Dim quotient = divide_numbers(context, Number::exact(shifted), Number::exact(2)).integer();
  for (const std::int64_t h : {0, 1, 2, 6, 7, 8, 9, 20}) {
    EXPECT_EQ(node.pool().evaluate(quotient, {{"h", h}}), std::optional<Int128>((h - 7) / 2)) << h;
  }
}

TEST(Arithmetic, DivisionOfAnExtentIsAFloor) {
  OneNode node(Op::Div, 14);
  node.input({}, DType::int64, whole(node.symbol("h"))).input({}, DType::int64, whole(2));
  node.result_dtype(DType::int64);
  EXPECT_EQ(node.value(), "[h // 2]");
}

TEST(Arithmetic, RemaindersFollowTheDivisorOrTheDividend) {
  EXPECT_EQ(int_result(Op::Mod, -7, 3, 13), "[2]");
  OneNode node(Op::Mod, 13);
  node.input({}, DType::int64, whole(-7)).input({}, DType::int64, whole(3)).integer("fmod", 1);
  node.result_dtype(DType::int64);
  EXPECT_EQ(node.value(), "[-1]");
}

TEST(Arithmetic, RoundsFloatsToTheirType) {
  // 0.7 is 0.699999988 in float32; times 10 it rounds to 7, so that its floor is 7.
  EXPECT_EQ(float_result(Op::Mul, static_cast<double>(0.7F), 10), "[7]");
  EXPECT_EQ(float_result(Op::Add, 16777216, 1), "[16777216]");
}

TEST(Arithmetic, KeepsWhatAnIntegerTypeCannotHoldUnknown) {
  OneNode node(Op::Add, 14);
  node.input({}, DType::int32, whole(std::numeric_limits<std::int32_t>::max()));
  node.input({}, DType::int32, whole(1)).result_dtype(DType::int32);
  EXPECT_EQ(node.value(), "[?]");
}

TEST(Arithmetic, FractionsOfSymbolsReduce) {
  DimPool pool;
  const NumberContext context{pool, DType::float32};
  const Dim h = pool.symbol("h");
  const Number half = divide_numbers(context, Number::exact(h), Number::exact(2));
  EXPECT_EQ(half.denominator, 2);
  EXPECT_EQ(multiply_numbers(context, half, Number::exact(2)), Number::exact(h));
  EXPECT_EQ(add_numbers(context, half, half), Number::exact(h));
  EXPECT_EQ(pool.to_string(floor_number(context, half).integer()), "h // 2");
  EXPECT_EQ(pool.to_string(ceil_number(context, half).integer()), "ceildiv(h, 2)");
}

TEST(Arithmetic, RoundsHalvesOfSymbolsToEven) {
  DimPool pool;
  const NumberContext context{pool, DType::float32};
  for (const std::int64_t parts : {2, 3, 5}) {
    const Number rounded = round_number(context, fraction(pool, pool.symbol("h"), parts));
    for (std::int64_t h = 0; h < 12; ++h) {
      const std::int64_t twice = 2 * (h % parts);
      const std::int64_t below = h / parts;
      const std::int64_t even = twice == parts ? below + below % 2 : below + (twice > parts ? 1 : 0);
      EXPECT_EQ(pool.evaluate(rounded.integer(), {{"h", h}}), std::optional<Int128>(even))
          << h << "/" << parts;
    }
  }
  EXPECT_EQ(round_number(context, Number::of(2.5)), Number::exact(2));
  EXPECT_EQ(round_number(context, Number::of(-1.5)), Number::exact(-2));
  EXPECT_FALSE(round_number(context, fraction(pool, pool.symbol("h"), 4)).is_known());
}

TEST(Comparison, DecidesOnlyWhatIsProven) {
  DimPool pool;
  const NumberContext context{pool, DType::boolean};
  const Number h = Number::exact(pool.symbol("h"));
  const Number above = Number::exact(pool.add(pool.symbol("h"), 1));
  EXPECT_EQ(less_numbers(context, h, above), Number::exact(1));
  EXPECT_EQ(equal_numbers(context, h, Number::exact(-1)), Number::exact(0));
  EXPECT_EQ(greater_or_equal_numbers(context, h, Number::exact(0)), Number::exact(1));
  EXPECT_FALSE(equal_numbers(context, h, Number::exact(1)).is_known());
  EXPECT_FALSE(less_numbers(context, h, Number::exact(5)).is_known());
}

TEST(Logic, OneOperandMayDecide) {
  DimPool pool;
  const NumberContext context{pool, DType::boolean};
  EXPECT_EQ(and_numbers(context, Number::exact(0), Number::unknown()), Number::exact(0));
  EXPECT_EQ(or_numbers(context, Number::unknown(), Number::exact(1)), Number::exact(1));
  EXPECT_FALSE(and_numbers(context, Number::exact(1), Number::unknown()).is_known());
}

TEST(Where, ChoosesElementsAndKeepsWhatIsEqualAnyway) {
  OneNode node(Op::Where, 16);
  node.input({3}, DType::boolean, Value({Number::exact(1), Number::unknown(), Number::unknown()}));
  node.values({4, 5, 6}).values({node.symbol("h"), 5, 7});
  EXPECT_EQ(node.value(), "[4, 5, ?]");
}

TEST(Cast, TruncatesTowardZeroAndChecksTheRange) {
  const auto cast = [](double x, DType dtype) {
    DimPool pool;
    return cast_number({pool, dtype}, Number::of(x));
  };
  EXPECT_EQ(cast(2.75, DType::int64), Number::exact(2));
  EXPECT_EQ(cast(-2.75, DType::int64), Number::exact(-2));
  EXPECT_EQ(cast(0.3, DType::int32), Number::exact(0));
  EXPECT_EQ(cast(0.3, DType::boolean), Number::exact(1));
  EXPECT_FALSE(cast(300, DType::uint8).is_known());
  EXPECT_FALSE(cast(1e30, DType::int64).is_known());
  EXPECT_FALSE(cast(std::numeric_limits<double>::quiet_NaN(), DType::int64).is_known());
}

TEST(Cast, SpellsItsTypeAsTheVersionDoes) {
  OneNode first(Op::Cast, 1);
  first.input({2}).text("to", "INT64");
  EXPECT_EQ(first.dtype(), DType::int64);
  OneNode later(Op::Cast, 13);
  later.input({2}).integer("to", 16);
  EXPECT_EQ(later.dtype(), DType::bfloat16);
}

TEST(BitCast, RefusesOtherWidths) {
  OneNode node(Op::BitCast, 26);
  node.input({2}).integer("to", 7);
  EXPECT_EQ(node.refusal(), "elements of 32 bits cannot be read as elements of 64 bits");
}

TEST(Elementwise, BroadcastsAndCountsResults) {
  OneNode node(Op::Add, 14);
  const Dim batch = node.symbol("batch");
  node.input({batch, 1, 8}).input({4, 1});
  EXPECT_EQ(node.shape(), "[batch, 4, 8]");
  EXPECT_EQ(node.count(Arith::add), "32*batch");
}

TEST(Elementwise, BeforeVersion7TheFirstOperandDecides) {
  OneNode node(Op::Add, 6);
  node.input({2, 3, 4, 5}).input({3, 4}).integer("broadcast", 1).integer("axis", 1);
  EXPECT_EQ(node.shape(), "[2, 3, 4, 5]");
  OneNode known(Op::Add, 6);
  known.input({2, 2}, DType::int64, Value::integers(std::vector<Dim>{1, 2, 3, 4})).values({10, 20});
  known.integer("broadcast", 1).integer("axis", 0).result_dtype(DType::int64);
  EXPECT_EQ(known.value(), "[11, 12, 23, 24]");
}

TEST(Variadic, CountsOneOperationLessThanOperands) {
  OneNode node(Op::Max, 13);
  node.input({8}).input({8}).input({8});
  EXPECT_EQ(node.count(Arith::compare), "16");
  OneNode mean(Op::Mean, 13);
  mean.input({8}).input({8}).input({8});
  EXPECT_EQ(mean.count(Arith::add), "16");
  EXPECT_EQ(mean.count(Arith::divide), "8");
}

TEST(Clip, CountsItsBounds) {
  OneNode both(Op::Clip, 6);
  both.input({10});
  EXPECT_EQ(both.count(Arith::compare), "20");
  OneNode one(Op::Clip, 13);
  one.input({10}).input({});
  EXPECT_EQ(one.count(Arith::compare), "10");
}

TEST(Clip, BoundsSymbols) {
  OneNode node(Op::Clip, 13);
  node.values({node.symbol("h")}).absent().input({}, DType::int64, whole(512)).result_dtype(DType::int64);
  EXPECT_EQ(node.value(), "[min(h, 512)]");
}

TEST(Softmax, CountsEachOperationByKind) {
  OneNode node(Op::Softmax, 13);
  const Dim batch = node.symbol("batch");
  node.input({batch, 10});
  EXPECT_EQ(node.count(Arith::transcendental), "10*batch");
  EXPECT_EQ(node.count(Arith::add), "20*batch");
  EXPECT_EQ(node.count(Arith::divide), "10*batch");
  EXPECT_EQ(node.count(Arith::compare), "10*batch");
  EXPECT_EQ(node.macs(), "0");
  OneNode wrong(Op::Softmax, 13);
  wrong.input({2, 3}).integer("axis", 2);
  EXPECT_EQ(wrong.refusal(), "axis 2 is out of range for rank 2");
}

TEST(LogSoftmax, TakesOneLogPerRow) {
  OneNode node(Op::LogSoftmax, 13);
  node.input({4, 10, 6}).integer("axis", 1);
  EXPECT_EQ(node.count(Arith::transcendental), std::to_string(4 * 10 * 6 + 4 * 6));
  OneNode flattened(Op::LogSoftmax, 11);
  flattened.input({4, 10, 6}).integer("axis", 1);
  EXPECT_EQ(flattened.count(Arith::transcendental), std::to_string(4 * 10 * 6 + 4));
}

TEST(Gelu, CostsWhatItsFormulaHolds) {
  OneNode exact(Op::Gelu, 20);
  exact.input({100});
  EXPECT_EQ(exact.arithmetic(), "500");
  OneNode tanh(Op::Gelu, 20);
  tanh.input({100}).text("approximate", "tanh");
  EXPECT_EQ(tanh.arithmetic(), "900");
}

TEST(Dropout, CostsNothingUnlessItTrains) {
  OneNode node(Op::Dropout, 13, 2);
  node.input({8, 4});
  EXPECT_EQ(node.shape(1), "[8, 4]");
  EXPECT_EQ(node.dtype(1), DType::boolean);
  EXPECT_EQ(node.arithmetic(), "0");
  OneNode trains(Op::Dropout, 13);
  trains.input({8, 4}).input({}).input({}, DType::boolean, whole(1));
  EXPECT_EQ(trains.count(Arith::multiply), "32");
}

}  // namespace
}  // namespace haoline
