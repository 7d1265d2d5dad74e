// What Dim promises, as sentences. Random checks of the same promises are in dim_random_test.cc.
#include "ir/dim.h"

#include <gtest/gtest.h>

#include <limits>

namespace haoline {
namespace {

struct Dims : testing::Test {
  DimPool pool;
  Expr b{pool.symbol("batch"), pool};
  Expr s{pool.symbol("seq"), pool};
  Expr h{pool.symbol("h"), pool};
  std::string text(Dim dim) { return pool.to_string(dim); }
};

TEST_F(Dims, SmallNumbersAreInline) {
  EXPECT_EQ(pool.add(2, 3), Dim(5));
  EXPECT_EQ(pool.subtract(2, 3), Dim(-1));
  EXPECT_EQ(pool.multiply(-4, 3), Dim(-12));
  EXPECT_EQ(pool.floor_div(-7, 2), Dim(-4));
  EXPECT_EQ(pool.ceil_div(-7, 2), Dim(-3));
  EXPECT_EQ(pool.ceil_div(7, -2), Dim(-3));
  EXPECT_EQ(pool.mod(-7, 2), Dim(1));
  EXPECT_EQ(pool.mod(7, -2), Dim(-1));
  EXPECT_EQ(pool.size(), 3u);  // the three symbols
}

TEST_F(Dims, NumbersBeyondSixtyOneBitsArePooledAndStayExact) {
  const Dim large = pool.multiply(std::int64_t{1} << 60, 6);
  EXPECT_TRUE(large.is_pooled());
  EXPECT_EQ(text(large), "6917529027641081856");
  EXPECT_EQ(pool.floor_div(large, 6), Dim(std::int64_t{1} << 60));
  EXPECT_EQ(large, pool.number(Int128{6} << 60));
  EXPECT_EQ(pool.constant(large), Int128{6} << 60);
}

TEST_F(Dims, BeyondOneHundredTwentyEightBitsIsUnknown) {
  const Dim large = pool.number(Int128{1} << 100);
  EXPECT_TRUE(pool.multiply(large, large).is_unknown());
  EXPECT_TRUE(pool.multiply(pool.multiply(large, b), large).is_unknown());
  Dim doubled = pool.multiply(pool.number(Int128{1} << 126), b);
  EXPECT_TRUE(pool.add(doubled, doubled).is_unknown());
}

TEST_F(Dims, UnknownAbsorbs) {
  const Dim u = Dim::unknown();
  for (const Dim other : {Dim(0), Dim(1), Dim(b)}) {
    EXPECT_TRUE(pool.add(u, other).is_unknown());
    EXPECT_TRUE(pool.multiply(other, u).is_unknown());
    EXPECT_TRUE(pool.floor_div(other, u).is_unknown());
    EXPECT_TRUE(pool.ceil_div(u, other).is_unknown());
    EXPECT_TRUE(pool.mod(other, u).is_unknown());
    EXPECT_TRUE(pool.min(u, other).is_unknown());
    EXPECT_TRUE(pool.max(other, u).is_unknown());
  }
  EXPECT_TRUE(pool.floor_div(b, 0).is_unknown());
  EXPECT_TRUE(pool.mod(b, 0).is_unknown());
}

TEST_F(Dims, EqualPolynomialsAreEqualHandles) {
  EXPECT_EQ(((b + s) * (b - s)).dim(), (b * b - s * s).dim());
  EXPECT_EQ((b + s - b).dim(), s.dim());
  EXPECT_EQ((b - b).dim(), Dim(0));
  EXPECT_EQ((b * s).dim(), (s * b).dim());
}

TEST_F(Dims, ADivisorSplitsOffWhatItDivides) {
  EXPECT_EQ(text((b * 64 + s).floor_div(8)), "8*batch + seq // 8");
  EXPECT_EQ(text((b * 8).floor_div(8)), "batch");
  EXPECT_EQ(text((b * 9 + 1).floor_div(8)), "batch + (batch + 1) // 8");
  EXPECT_EQ(text((h * 2 + 1).floor_div(4)), "h // 2");
  EXPECT_EQ((h + 7).floor_div(8).dim(), ((h - 1).floor_div(8) + 1).dim());
}

TEST_F(Dims, DivisionsByNumbersNestIntoOne) {
  const Expr once = (h - 1).floor_div(2) + 1;
  const Expr twice = (once - 1).floor_div(2) + 1;
  EXPECT_EQ(text(once), "ceildiv(h, 2)");
  EXPECT_EQ(text(twice), "ceildiv(h, 4)");
  EXPECT_EQ(text(h.floor_div(2).floor_div(3)), "h // 6");
  EXPECT_EQ(text((s + h.floor_div(2)).floor_div(4)), "(h + 2*seq) // 8");
}

TEST_F(Dims, ProductsDivideByProducts) {
  EXPECT_EQ(text((b * s * 768).floor_div(b * 12)), "64*seq");
  EXPECT_EQ(text((b * s * 4).floor_div(b)), "4*seq");
  EXPECT_EQ(text((b * s * 768).floor_div(b * (12 * 64))), "seq");
  EXPECT_EQ(text((b * s * 12).floor_div(b * 64)), "(3*seq) // 16");
  EXPECT_EQ(text(((s + 1) * b * 4).floor_div(s + 1)), "4*batch");
  EXPECT_EQ(text(((s + b) * (h + 1)).floor_div(h + 1)), "batch + seq");
  EXPECT_EQ(text((h.ceil_div(2) * b * 6).floor_div(h.ceil_div(2) * 3)), "2*batch");
  EXPECT_EQ(text((b * s + 3).floor_div(b)), "seq + 3 // batch");
}

TEST_F(Dims, CeilingDivisionsAreRecognised) {
  EXPECT_EQ(text(h.ceil_div(8)), "ceildiv(h, 8)");
  EXPECT_EQ(text(h.ceil_div(b)), "ceildiv(h, batch)");
  EXPECT_EQ(text(h.ceil_div(b) * 2), "2*ceildiv(h, batch)");
}

TEST_F(Dims, RemaindersAreRecognised) {
  EXPECT_EQ(text(h.mod(8)), "h % 8");
  EXPECT_EQ(text((h + 1).mod(8) * 3 + 2), "3*((h + 1) % 8) + 2");
  EXPECT_EQ((h.floor_div(8) * 8 + h.mod(8)).dim(), h.dim());
  EXPECT_EQ(text((h * 16 + 3).mod(8)), "3");
  EXPECT_EQ(h.mod(8).floor_div(8).dim(), Dim(0));
}

TEST_F(Dims, MinimaAndMaximaUseWhatIsProven) {
  const std::int64_t to_the_end = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(pool.max(0, b), b.dim());
  EXPECT_EQ(pool.min(b, pool.number(to_the_end)), b.dim());
  EXPECT_EQ(pool.min(b * 2 + s, pool.number(to_the_end)), (b * 2 + s).dim());
  EXPECT_EQ(pool.min(b, b + 1), b.dim());
  EXPECT_EQ(pool.max(b, b + s), (b + s).dim());
  EXPECT_EQ(pool.min(pool.min(s, b), s), pool.min(b, s));
  EXPECT_EQ(text(pool.min(pool.min(s, 5), b)), "min(batch, seq, 5)");
  EXPECT_EQ(pool.max(0, b - pool.min(b, 5)), (b - pool.min(b, 5)).dim());
  EXPECT_EQ(pool.min(b, pool.max(b, s)), b.dim());
  EXPECT_EQ(pool.max(h - h.floor_div(2), 0), (h - h.floor_div(2)).dim());
}

TEST_F(Dims, BroadcastKeepsTheBetterKnownExtent) {
  EXPECT_EQ(pool.broadcast(1, b), b.dim());
  EXPECT_EQ(pool.broadcast(b, b), b.dim());
  EXPECT_EQ(pool.broadcast(7, b), Dim(7));
  EXPECT_EQ(pool.broadcast(Dim::unknown(), 7), Dim(7));
  EXPECT_TRUE(pool.broadcast(Dim::unknown(), b).is_unknown());
  EXPECT_EQ(pool.broadcast(Dim::unknown(), 1), Dim::unknown());
  EXPECT_TRUE(pool.broadcast(3, 4).is_unknown());
  EXPECT_EQ(text(pool.broadcast(b, s)), "max(batch, seq)");
  EXPECT_EQ(pool.broadcast(b + 2, s), (b + 2).dim());
}

TEST_F(Dims, OrderIsProvenOrNotClaimed) {
  EXPECT_EQ(pool.less(b, b + 1), true);
  EXPECT_EQ(pool.less(b + 1, b), false);
  EXPECT_EQ(pool.less(b, s), std::nullopt);
  EXPECT_EQ(pool.equal(b, b + 1), false);
  EXPECT_EQ(pool.equal(b, s), std::nullopt);
  EXPECT_EQ(pool.equal(Dim::unknown(), Dim::unknown()), std::nullopt);
  EXPECT_EQ(pool.less(h.mod(8), 8), true);
}

TEST_F(Dims, AnOverlayKeepsTheHandlesOfItsBase) {
  DimPool overlay(&pool);
  EXPECT_EQ(overlay.symbol("batch"), b.dim());
  const Dim doubled = (b * 2).dim();
  DimPool later(&pool);
  EXPECT_EQ(later.multiply(b, 2), doubled);
  const Dim own = later.multiply(later.symbol("own"), b);
  EXPECT_EQ(later.to_string(own), "batch*own");
  EXPECT_TRUE(pool.find_symbol("own").is_unknown());
  EXPECT_EQ(later.symbol_count(), pool.symbol_count() + 1);
  DimPool moved = std::move(later);
  EXPECT_EQ(moved.to_string(own), "batch*own");
}

TEST_F(Dims, AnOverlayRestrictsItsOwnCopyOfASymbol) {
  DimPool overlay(&pool);
  overlay.restrict(b, {2, 8});
  EXPECT_EQ(overlay.max(b, 2), b.dim());
  EXPECT_EQ(overlay.range(b).high, 8);
  EXPECT_EQ(pool.range(b).low, 0);
  EXPECT_EQ(text(pool.max(b, 2)), "max(batch, 2)");
}

TEST_F(Dims, DataSymbolsHaveBoundsAndFreshNames) {
  const Expr found{pool.data_symbol("nonzero_count", b * s), pool};
  const Dim second = pool.data_symbol("nonzero_count", Dim::unknown());
  EXPECT_EQ(text(second), "nonzero_count_2");
  EXPECT_TRUE(pool.depends_on_data(found * 4 + b));
  EXPECT_FALSE(pool.depends_on_data(b));
  const Bindings bindings{{"batch", 2}, {"seq", 5}};
  EXPECT_EQ(pool.evaluate(found, bindings), std::nullopt);
  EXPECT_EQ(pool.evaluate_bound(found * 4 + b, bindings), 42);
  EXPECT_EQ(pool.evaluate_bound(second, bindings), std::nullopt);
  EXPECT_EQ(pool.evaluate_bound(found, {}), std::nullopt);
}

TEST_F(Dims, EvaluationNeedsEverySymbol) {
  EXPECT_EQ(pool.evaluate(b * 3 + s, {{"batch", 2}, {"seq", 5}}), 11);
  EXPECT_EQ(pool.evaluate(b * 3 + s, {{"batch", 2}}), std::nullopt);
  EXPECT_EQ(pool.evaluate(s.floor_div(b), {{"batch", 0}, {"seq", 5}}), std::nullopt);
  EXPECT_EQ(pool.evaluate(b * b * b * b, {{"batch", std::int64_t{1} << 40}}), std::nullopt);
}

TEST_F(Dims, SubstitutionReplacesAllSymbolsAtOnce) {
  const std::pair<Dim, Dim> swap[] = {{b, s}, {s, b}};
  EXPECT_EQ(pool.substitute(b * 2 + s, swap), (s * 2 + b).dim());
  const std::pair<Dim, Dim> number[] = {{h, 224}};
  EXPECT_EQ(pool.substitute(h.ceil_div(32) * b, number), (b * 7).dim());
}

TEST_F(Dims, SumsManyExpressionsAtOnce) {
  std::vector<Dim> dims;
  const std::size_t before = pool.size();
  const Dim part = (b * s).dim();
  for (int i = 0; i < 1000; ++i) dims.push_back(i % 2 ? part : Dim(3));
  EXPECT_EQ(text(pool.sum(dims)), "500*batch*seq + 1500");
  EXPECT_LE(pool.size(), before + 2);
  dims.push_back(Dim::unknown());
  EXPECT_TRUE(pool.sum(dims).is_unknown());
}

TEST_F(Dims, GrowthIsBounded) {
  Dim product = 1;
  for (int i = 0; i < 12; ++i) {
    product = pool.multiply(product, pool.add(pool.symbol("x" + std::to_string(i)), 1));
  }
  EXPECT_TRUE(product.is_unknown());
  Dim nested = b;
  for (int i = 0; i < 1000; ++i)
    nested = pool.max(pool.multiply(pool.floor_div(nested, s), 3), pool.subtract(h, nested));
  EXPECT_TRUE(nested.is_unknown());
}

TEST_F(Dims, AreSpelledWithTheHighestDegreeFirst) {
  EXPECT_EQ(text(s * 2 + 1), "2*seq + 1");
  EXPECT_EQ(text(1 - s), "1 - seq");
  EXPECT_EQ(text(s - 1), "seq - 1");
  EXPECT_EQ(text(0 - s), "-seq");
  EXPECT_EQ(text(s - b * s), "seq - batch*seq");
  EXPECT_EQ(text(b * b + s), "batch*batch + seq");
  EXPECT_EQ(text(h.floor_div(2) * b), "batch*(h // 2)");
  EXPECT_EQ(text(pool.symbol("past sequence")), "`past sequence`");
  EXPECT_EQ(text(pool.symbol("a`b")), "`a``b`");
  EXPECT_EQ(text(pool.symbol("min")), "`min`");
  EXPECT_EQ(pool.to_string(h.ceil_div(2), Spelling::people), "⌈h/2⌉");
  EXPECT_EQ(pool.to_string(b * s * 2 + 1, Spelling::people), "2·batch·seq + 1");
}

TEST_F(Dims, FormulasThatCannotBeReadSayWhere) {
  for (const char* bad :
       {"", "2*", "(a", "a b", "`a", "foo(a)", "min()", "ceildiv(a)", "a // 0", "a $ b", "1 +"}) {
    EXPECT_FALSE(pool.parse(bad)) << bad;
  }
  EXPECT_FALSE(pool.parse(std::string(100000, '(')));
  EXPECT_FALSE(pool.parse(std::string(60, '9')));
  EXPECT_EQ(pool.parse("a b").error().message, "formula, column 3: expected an operator or the end");
  EXPECT_EQ(text(*pool.parse("2 * seq+1")), "2*seq + 1");
  EXPECT_EQ(text(*pool.parse("-h // 2 * 3 % 7")),
            text(pool.mod(pool.multiply(pool.floor_div(pool.negate(h), 2), 3), 7)));
}

}  // namespace
}  // namespace haoline
