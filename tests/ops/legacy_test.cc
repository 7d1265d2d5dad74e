// Operators of old files and classical models that no runtime at hand runs one by one.
#include <gtest/gtest.h>

#include "support/one_node.h"

namespace haoline {
namespace {

using test::OneNode;

TEST(GruUnit, CombinesGatesWithTheState) {
  OneNode node(Op::GRUUnit, 1);
  node.input({2, 3}).input({2, 9}).input({2}).input({1});
  EXPECT_EQ(node.shape(), "[2, 3]");
  EXPECT_EQ(node.macs(), "0");
  EXPECT_EQ(node.arithmetic(), "36");  // 6 elements, 6 operations each
}

TEST(GivenTensorFill, AppendsItsExtraShape) {
  OneNode node(Op::GivenTensorFill, 1);
  node.values({2, 3}).integer("input_as_shape", 1).integers("extra_shape", {4});
  EXPECT_EQ(node.shape(), "[2, 3, 4]");
  EXPECT_EQ(node.dtype(), DType::float32);
}

TEST(MlDictVectorizer, IsAsWideAsItsVocabulary) {
  OneNode node(Op::MlDictVectorizer, 1);
  node.input({}, DType::float32).integers("int64_vocabulary", {5, 6, 7});
  EXPECT_EQ(node.shape(), "[1, 3]");
}

TEST(MlCastMap, ASparseMapHasItsDeclaredWidth) {
  OneNode node(Op::MlCastMap, 1);
  node.input({}, DType::float32).text("map_form", "SPARSE").integer("max_map", 9).text("cast_to", "TO_INT64");
  EXPECT_EQ(node.shape(), "[1, 9]");
  EXPECT_EQ(node.dtype(), DType::int64);
}

TEST(MlZipMap, GivesFloatsPerLabel) {
  OneNode node(Op::MlZipMap, 1);
  node.input({4, 3}).integers("classlabels_int64s", {0, 1, 2});
  EXPECT_EQ(node.refusal(), "");
  EXPECT_EQ(node.dtype(), DType::float32);
}

}  // namespace
}  // namespace haoline
