#include <gtest/gtest.h>

#include "support/inferred.h"

namespace haoline {
namespace {

using test::Inferred;

TEST(Sequence, ConstructKeepsWhatElementsAgreeIn) {
  GraphBuilder g;
  const TensorId a = g.input("a", DType::float32, {2, "n"}), b = g.input("b", DType::float32, {3, "n"});
  const TensorId both = g.node("SequenceConstruct", {a, b});
  const TensorId length = g.node("SequenceLength", {both});
  const TensorId first = g.node("SequenceAt", {both, g.scalar("zero", 0)});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(both), "sequence(float32) [?, n] x 2");
  EXPECT_EQ(inferred.value(length), "[2]");
  EXPECT_EQ(inferred.said(first), "float32 [2, n]");
}

TEST(Sequence, ElementsOfAShortOneAreFollowedByPosition) {
  GraphBuilder g;
  const TensorId a = g.input("a", DType::float32, {2}), b = g.input("b", DType::float32, {3});
  const TensorId c = g.input("c", DType::float32, {"n"}), where = g.input("where", DType::int64, {});
  const TensorId both = g.node("SequenceConstruct", {a, b});
  const TensorId three = g.node("SequenceInsert", {both, c, g.scalar("before_last", -1)});
  const TensorId middle = g.node("SequenceAt", {three, g.scalar("one", 1)});
  const TensorId two = g.node("SequenceErase", {three, g.scalar("zero", 0)});
  const TensorId last = g.node("SequenceAt", {two, g.scalar("last", -1)});
  const TensorId joined = g.node("ConcatFromSequence", {three}, {{"axis", 0}});
  const TensorId unknown = g.node("SequenceAt", {g.node("SequenceInsert", {both, c, where}), where});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(middle), "float32 [n]");
  EXPECT_EQ(inferred.said(last), "float32 [3]");
  EXPECT_EQ(inferred.said(joined), "float32 [n + 5]");
  EXPECT_EQ(inferred.said(unknown), "float32 [?]");
}

TEST(Sequence, InsertAndEraseCount) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::int64, {4});
  const TensorId none = g.node("SequenceEmpty", {}, {{"dtype", 7}});
  const TensorId one = g.node("SequenceInsert", {none, x});
  const TensorId two = g.node("SequenceInsert", {one, x, g.scalar("zero", 0)});
  const TensorId back = g.node("SequenceErase", {two});
  const TensorId broken = g.node("SequenceErase", {none});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(none), "sequence(int64) ? x 0");
  EXPECT_EQ(inferred.said(one), "sequence(int64) [4] x 1");
  EXPECT_EQ(inferred.said(two), "sequence(int64) [4] x 2");
  EXPECT_EQ(inferred.said(back), "sequence(int64) [4] x 1");
  EXPECT_EQ(inferred.facts(broken).length, Dim::unknown());
  EXPECT_NE(inferred.finding(FindingKind::contradicting_shapes), "");
}

TEST(Sequence, SplitMakesEqualPiecesAndConcatJoinsThem) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n", 12});
  const TensorId rows = g.node("SplitToSequence", {x}, {{"axis", 0}});
  const TensorId flat = g.node("SplitToSequence", {x}, {{"axis", 0}, {"keepdims", 0}});
  const TensorId fours = g.node("SplitToSequence", {x, g.scalar("four", 4)}, {{"axis", 1}});
  const TensorId fives = g.node("SplitToSequence", {x, g.scalar("five", 5)}, {{"axis", 1}});
  const TensorId listed = g.node("SplitToSequence", {x, g.constant("sizes", {7, 5})}, {{"axis", 1}});
  const TensorId joined = g.node("ConcatFromSequence", {fours}, {{"axis", 1}});
  const TensorId stacked = g.node("ConcatFromSequence", {flat}, {{"axis", -1}, {"new_axis", 1}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(rows), "sequence(float32) [1, 12] x n");
  EXPECT_EQ(inferred.said(flat), "sequence(float32) [12] x n");
  EXPECT_EQ(inferred.said(fours), "sequence(float32) [n, 4] x 3");
  EXPECT_EQ(inferred.said(fives), "sequence(float32) [n, ?] x 3");
  EXPECT_EQ(inferred.said(listed), "sequence(float32) [n, ?] x 2");
  EXPECT_EQ(inferred.said(joined), "float32 [n, 12]");
  EXPECT_EQ(inferred.said(stacked), "float32 [12, n]");
}

TEST(Sequence, SizesThatDoNotAddUpAreFound) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {12});
  g.node("SplitToSequence", {x, g.constant("sizes", {7, 4})});
  Inferred inferred(std::move(g));
  EXPECT_NE(inferred.finding(FindingKind::contradicting_shapes), "");
}

TEST(Optional, WrapsAndUnwraps) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n", 3});
  const TensorId maybe = g.node("Optional", {x});
  const TensorId again = g.node("OptionalGetElement", {maybe});
  const TensorId same = g.node("OptionalGetElement", {x});
  const TensorId there = g.node("OptionalHasElement", {x});
  const TensorId absent = g.node("OptionalHasElement", {TensorId{}});
  const TensorId unknown = g.node("OptionalHasElement", {maybe});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(maybe), "optional(float32) [n, 3] x ?");
  EXPECT_EQ(inferred.said(again), "float32 [n, 3]");
  EXPECT_EQ(inferred.said(same), "float32 [n, 3]");
  EXPECT_EQ(inferred.value(there), "[1]");
  EXPECT_EQ(inferred.value(absent), "[0]");
  EXPECT_EQ(inferred.said(unknown), "bool []");
  EXPECT_EQ(inferred.value(unknown), "none");
}

TEST(Strings, PartsAndStopWordsAreDecidedByTheText) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::string, {"n"});
  const std::vector<TensorId> parts = g.nodes("StringSplit", {x}, 2, {{"maxsplit", 3}}, "split");
  const TensorId kept =
      g.node("StringNormalizer", {x}, {{"stopwords", std::vector<std::string>{"monday"}}}, "normalize");
  const TensorId upper = g.node("StringNormalizer", {x}, {{"case_change_action", "UPPER"}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(parts[0]), "string [n, split_parts]");
  EXPECT_EQ(inferred.said(parts[1]), "int64 [n]");
  EXPECT_EQ(inferred.said(kept), "string [normalize_words]");
  EXPECT_EQ(inferred.said(upper), "string [n]");
  const DimPool& dims = inferred.inference().dims;
  EXPECT_EQ(dims.evaluate_bound(inferred.facts(parts[0]).shape[1], {{"n", 2}}), 4);
  EXPECT_EQ(dims.evaluate_bound(inferred.facts(kept).shape[0], {{"n", 7}}), 7);
  EXPECT_EQ(dims.evaluate_bound(inferred.facts(kept).shape[0], {{"n", 0}}), 1);
}

// 6 elements, n-grams of 2 and 3 at distances 1 and 2: 4 look-ups each.
TEST(Strings, TfIdfLooksEveryNgramUp) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::int64, {"n", 6});
  const TensorId y = g.node("TfIdfVectorizer", {x},
                            {{"ngram_indexes", {0, 1, 6}},
                             {"min_gram_length", 2},
                             {"max_gram_length", 3},
                             {"max_skip_count", 1},
                             {"mode", "IDF"}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y), "float32 [n, 7]");
  EXPECT_EQ(inferred.count(Arith::compare), "24*n");
  EXPECT_EQ(inferred.count(Arith::multiply), "7*n");
}

}  // namespace
}  // namespace haoline
