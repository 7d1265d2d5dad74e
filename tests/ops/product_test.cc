#include <gtest/gtest.h>

#include "support/one_node.h"

namespace haoline {
namespace {

using test::OneNode;

TEST(MatMul, BroadcastsItsBatches) {
  OneNode product(Op::MatMul, 13);
  product.input({product.symbol("batch"), 12, 128, 64}).input({12, 64, 128});
  EXPECT_EQ(product.shape(), "[batch, 12, 128, 128]");
  EXPECT_EQ(product.macs(), std::to_string(12 * 128 * 128 * 64) + "*batch");
}

TEST(MatMul, TakesVectorsAsRowsAndColumns) {
  const auto shape = [](Shape a, Shape b) {
    OneNode product(Op::MatMul, 13);
    product.input(std::move(a)).input(std::move(b));
    return product.shape() + " " + product.macs();
  };
  EXPECT_EQ(shape({3}, {3}), "[] 3");
  EXPECT_EQ(shape({3}, {5, 3, 2}), "[5, 2] 30");
  EXPECT_EQ(shape({5, 2, 3}, {3}), "[5, 2] 30");
}

TEST(MatMul, RefusesInnerExtentsThatDiffer) {
  OneNode product(Op::MatMul, 13);
  product.input({2, 3}).input({4, 5});
  EXPECT_EQ(product.refusal(), "inner extents differ: 3 and 4");
  OneNode scalar(Op::MatMul, 13);
  scalar.input({}).input({4, 5});
  EXPECT_EQ(scalar.refusal(), "a scalar cannot be an operand of a matrix product");
}

TEST(MatMul, TheWeightKnowsTheInnerExtent) {
  OneNode product(Op::MatMul, 13);
  product.input({8, Dim::unknown()}).input({768, 10});
  EXPECT_EQ(product.macs(), std::to_string(8 * 768 * 10));
}

TEST(Gemm, CountsTransposedOperandsAlike) {
  for (const bool a : {false, true}) {
    for (const bool b : {false, true}) {
      OneNode gemm(Op::Gemm, 13);
      gemm.input(a ? Shape{2048, 4} : Shape{4, 2048})
          .input(b ? Shape{1000, 2048} : Shape{2048, 1000})
          .input({1000});
      gemm.integer("transA", a ? 1 : 0).integer("transB", b ? 1 : 0);
      EXPECT_EQ(gemm.shape(), "[4, 1000]");
      EXPECT_EQ(gemm.macs(), std::to_string(4 * 2048 * 1000));
      EXPECT_EQ(gemm.arithmetic(), "4000");  // the bias
    }
  }
}

TEST(Gemm, ScalingCostsOnlyWhatItScales) {
  OneNode gemm(Op::Gemm, 13);
  gemm.input({4, 8}).input({8, 16}).input({16}).real("alpha", 0.5).real("beta", 0.25);
  EXPECT_EQ(gemm.count(Arith::multiply), std::to_string(4 * 16 + 16));
}

TEST(Gemm, RefusesAnAddendThatDoesNotFit) {
  OneNode gemm(Op::Gemm, 13);
  gemm.input({4, 8}).input({8, 16}).input({15});
  EXPECT_EQ(gemm.refusal(), "C has an extent of 15 where the product has 16");
  OneNode rank(Op::Gemm, 13);
  rank.input({2, 4, 8}).input({8, 16});
  EXPECT_EQ(rank.refusal(), "A has rank 3, Gemm multiplies matrices");
}

std::string einsum(std::string_view equation, const std::vector<Shape>& shapes) {
  OneNode node(Op::Einsum, 12);
  for (const Shape& shape : shapes) node.input(shape);
  node.text("equation", equation);
  const std::string refusal = node.refusal();
  return refusal.empty() ? node.shape() + " " + node.macs() + " " + node.arithmetic() : refusal;
}

TEST(Einsum, ABatchedProductCountsAllLabels) {
  EXPECT_EQ(einsum("bij,bjk->bik", {{5, 2, 3}, {5, 3, 4}}), "[5, 2, 4] 120 0");
  EXPECT_EQ(einsum("bhqd,bhkd->bhqk", {{2, 12, 16, 64}, {2, 12, 16, 64}}),
            "[2, 12, 16, 16] " + std::to_string(2 * 12 * 16 * 16 * 64) + " 0");
}

TEST(Einsum, OrdersImplicitOutputsByLetter) {
  EXPECT_EQ(einsum("bA,Ac", {{2, 3}, {3, 4}}), "[2, 4] 24 0");
  EXPECT_EQ(einsum("ba", {{2, 3}}), "[3, 2] 0 0");
  EXPECT_EQ(einsum("ij , jk", {{2, 3}, {3, 4}}), "[2, 4] 24 0");
}

TEST(Einsum, BroadcastsAnEllipsisAlignedAtTheRight) {
  EXPECT_EQ(einsum("...ij,...jk->...ik", {{5, 2, 3}, {1, 3, 4}}), "[5, 2, 4] 120 0");
  EXPECT_EQ(einsum("...ij,...jk", {{7, 5, 2, 3}, {5, 3, 4}}), "[7, 5, 2, 4] 840 0");
  EXPECT_EQ(einsum("...ii->...i", {{3, 5, 5}}), "[3, 5] 0 0");
}

TEST(Einsum, OneOperandOnlyAdds) {
  EXPECT_EQ(einsum("ij->i", {{3, 4}}), "[3] 0 12");
  EXPECT_EQ(einsum("ii", {{4, 4}}), "[] 0 4");  // the trace
  EXPECT_EQ(einsum("ij->ji", {{3, 4}}), "[4, 3] 0 0");
}

TEST(Einsum, ContractsManyOperandsFromTheLeft) {
  // (ij,jk)->ik: 2·3·4, then (ik,kl)->il: 2·4·5.
  EXPECT_EQ(einsum("ij,jk,kl->il", {{2, 3}, {3, 4}, {4, 5}}), "[2, 5] 64 0");
}

TEST(Einsum, RefusesEquationsThatDoNotFit) {
  EXPECT_EQ(einsum("ij,jk->ik", {{2, 3}, {4, 5}}),
            "one label of the equation is 3 in one operand and 4 in another");
  EXPECT_EQ(einsum("ij->i", {{2, 3, 4}}), "the equation gives operand 0 2 axes, it has 3");
  EXPECT_EQ(einsum("ij,jk", {{2, 3}}), "the equation has more operands than the node's 1");
  EXPECT_EQ(einsum("ij", {{2, 3}, {3, 4}}), "the equation has 1 operands, the node 2");
  EXPECT_EQ(einsum("ij->ik", {{2, 3}}), "the equation's output has a label that no operand has");
  EXPECT_EQ(einsum("ij->ii", {{2, 3}}), "the equation's output has a label twice");
  EXPECT_EQ(einsum("i.j->i", {{2, 3}}), "the equation has a '.' that is no ellipsis");
  EXPECT_EQ(einsum("i1->i", {{2, 3}}), "the equation has a character that is no letter");
}

TEST(Det, CountsEliminationAsArithmetic) {
  OneNode det(Op::Det, 11);
  det.input({2, 3, 3});
  EXPECT_EQ(det.shape(), "[2]");
  EXPECT_EQ(det.macs(), "0");
  // 3 × 3: 2 + 1 divisions, 4 + 1 updates, 2 products of the diagonal; twice.
  EXPECT_EQ(det.count(Arith::divide), "6");
  EXPECT_EQ(det.count(Arith::add), "10");
  EXPECT_EQ(det.count(Arith::multiply), "14");
  OneNode flat(Op::Det, 11);
  flat.input({2, 3});
  EXPECT_EQ(flat.refusal(), "a matrix of 2 × 3 has no determinant");
}

TEST(QLinearMatMul, CostsWhatTheFloatOneDoes) {
  OneNode product(Op::QLinearMatMul, 21);
  product.input({2, 4}, DType::uint8).input({}).input({}, DType::uint8).input({4, 3}, DType::int8).input({});
  product.input({}, DType::int8).input({}).input({}, DType::int8);
  EXPECT_EQ(product.shape(), "[2, 3]");
  EXPECT_EQ(product.macs(), "24");
  EXPECT_EQ(product.dtype(), DType::int8);
}

TEST(MatMulInteger, CostsWhatTheFloatOneDoesAndGivesInt32) {
  OneNode product(Op::MatMulInteger, 10);
  product.input({4, 3}, DType::uint8).input({3, 2}, DType::int8);
  EXPECT_EQ(product.macs(), "24");
  EXPECT_EQ(product.dtype(), DType::int32);
}

}  // namespace
}  // namespace haoline
