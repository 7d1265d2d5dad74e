// Operators that ONNX lacks: shapes with symbols, values that steer shapes, costs by hand.
#include <gtest/gtest.h>

#include "support/one_node.h"

namespace haoline {
namespace {

using test::OneNode;

TEST(StridedSlice, CutsShrinksAndInsertsByMasks) {
  OneNode node(Op::StridedSlice, 1);
  node.input({4, node.symbol("n"), 6}).values({1, 0, 0}).values({2, 0, -1}).values({1, 1, 2});
  node.integer("shrink_axis_mask", 1).integer("begin_mask", 2).integer("end_mask", 2);
  EXPECT_EQ(node.shape(), "[n, 3]");
  OneNode grown(Op::StridedSlice, 1);
  grown.input({4, 5}).values({0, 1}).values({0, 3}).values({1, 1});
  grown.integer("new_axis_mask", 1);
  EXPECT_EQ(grown.shape(), "[1, 2, 5]");
  OneNode rest(Op::StridedSlice, 1);
  rest.input({4, 5, 6}).values({0, 1}).values({0, 3}).values({1, 1});
  rest.integer("ellipsis_mask", 1);
  EXPECT_EQ(rest.shape(), "[4, 5, 2]");
}

TEST(StridedSlice, PicksElementsOfAShape) {
  OneNode node(Op::StridedSlice, 1);
  node.values({node.symbol("n"), 4, 6}).values({0}).values({1}).values({1});
  node.integer("shrink_axis_mask", 1);
  EXPECT_EQ(node.shape(), "[]");
  EXPECT_EQ(node.value(), "[n]");
  OneNode backwards(Op::StridedSlice, 1);
  backwards.values({1, 2, 3}).values({0}).values({0}).values({-1});
  backwards.integer("begin_mask", 1).integer("end_mask", 1);
  EXPECT_EQ(backwards.value(), "[3, 2, 1]");
}

TEST(SliceBySize, ASizeOfMinusOneIsTheRest) {
  OneNode node(Op::SliceBySize, 1);
  node.input({node.symbol("n"), 5}).values({2, 1}).values({-1, 3});
  EXPECT_EQ(node.shape(), "[n - 2, 3]");
}

TEST(Stack, JoinsScalarsToAShape) {
  OneNode node(Op::Stack, 1);
  node.input({}, DType::int32, Value::scalar(Number::exact(node.symbol("n"))));
  node.input({}, DType::int32, Value::scalar(Number::exact(8)));
  EXPECT_EQ(node.shape(), "[2]");
  EXPECT_EQ(node.value(), "[n, 8]");
}

TEST(SpaceToBatch, AndBackAreInverse) {
  OneNode there(Op::SpaceToBatchND, 1);
  there.input({there.symbol("n"), 5, 6, 3}).values({2, 3});
  there.input({2, 2}, DType::int32, Value::integers(std::vector<Dim>{1, 0, 0, 0}));
  EXPECT_EQ(there.shape(), "[6*n, 3, 2, 3]");
  OneNode back(Op::BatchToSpaceND, 1);
  back.input({12, 3, 2, 3}).values({2, 3});
  back.input({2, 2}, DType::int32, Value::integers(std::vector<Dim>{1, 0, 0, 0}));
  EXPECT_EQ(back.shape(), "[2, 5, 6, 3]");
}

TEST(FullyConnected, FlattensOrKeepsTheLeadingAxes) {
  OneNode flat(Op::FullyConnected, 1);
  flat.input({flat.symbol("n"), 3, 8}).input({5, 8}).input({5});
  EXPECT_EQ(flat.shape(), "[3*n, 5]");
  EXPECT_EQ(flat.macs(), "120*n");
  OneNode kept(Op::FullyConnected, 1);
  kept.input({kept.symbol("n"), 3, 8}).input({5, 8});
  kept.integer("keep_num_dims", 1);
  EXPECT_EQ(kept.shape(), "[n, 3, 5]");
  OneNode by_column(Op::FullyConnected, 1);
  by_column.input({2, 8}).input({8, 5});
  by_column.text("filter_layout", "IO");
  EXPECT_EQ(by_column.shape(), "[2, 5]");
}

TEST(MatMul, TransposesByAttribute) {
  OneNode node(Op::MatMul, 13);
  node.input({7, 5, 4}).input({6, 5});
  node.integer("transA", 1).integer("transB", 1);
  EXPECT_EQ(node.shape(), "[7, 4, 6]");
  EXPECT_EQ(node.macs(), "840");
}

TEST(LiteLstm, CountsEveryWeightOncePerRow) {
  OneNode node(Op::LiteLstm, 1);
  node.input({2, 7, 4});
  for (int i = 0; i < 4; ++i) node.input({6, 4});
  for (int i = 0; i < 4; ++i) node.input({6, 6});
  EXPECT_EQ(node.shape(), "[2, 7, 6]");
  EXPECT_EQ(node.macs(), "3360");  // 14 rows × 4 gates × 6 units × (4 + 6)
}

TEST(Svdf, HasFeaturesAndTime) {
  OneNode node(Op::Svdf, 1);
  node.input({2, 4}).input({8, 4}).input({8, 5}).input({4});
  node.integer("rank", 2);
  EXPECT_EQ(node.shape(), "[2, 4]");
  EXPECT_EQ(node.macs(), "144");  // 2 × 8 × (4 + 5)
}

TEST(BatchGather, RunsAlongSharedAxes) {
  OneNode node(Op::BatchGather, 1);
  node.input({2, 5, 6}).input({2, 3}, DType::int32);
  node.integer("axis", 1).integer("batch_dims", 1);
  EXPECT_EQ(node.shape(), "[2, 3, 6]");
}

TEST(BroadcastArgs, IsAShapeAsAValue) {
  OneNode node(Op::BroadcastArgs, 1);
  node.values({node.symbol("n"), 1, 4}).values({3, 1});
  EXPECT_EQ(node.value(), "[n, 3, 4]");
}

TEST(SegmentReduce, MultipliesExtents) {
  OneNode node(Op::SegmentReduce, 1);
  node.values({node.symbol("n"), 4, 4})
      .values({0, 1, 1})
      .input({}, DType::int32, Value::scalar(Number::exact(2)));
  node.text("reduction", "prod");
  EXPECT_EQ(node.value(), "[n, 16]");
}

TEST(DepthToSpace, FollowsTheLayout) {
  OneNode node(Op::DepthToSpace, 13);
  node.input({1, 4, 5, 8});
  node.integer("blocksize", 2).text("data_layout", "NHWC");
  EXPECT_EQ(node.shape(), "[1, 8, 10, 2]");
}

}  // namespace
}  // namespace haoline
