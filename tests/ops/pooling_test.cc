#include <gtest/gtest.h>

#include "support/one_node.h"

namespace haoline {
namespace {

using test::OneNode;

std::string pooled(Op op, std::int32_t version, std::int64_t in, std::int64_t kernel, std::int64_t stride,
                   std::int64_t pad_end, bool ceil) {
  OneNode pool(op, version);
  pool.input({1, 1, in}).integers("kernel_shape", {kernel}).integers("strides", {stride});
  pool.integers("pads", {0, pad_end}).integer("ceil_mode", ceil ? 1 : 0);
  return pool.shape();
}

TEST(MaxPool, ComparesEveryTap) {
  OneNode pool(Op::MaxPool, 12, 2);
  pool.input({1, 64, 112, 112}).integers("kernel_shape", {3, 3}).integers("strides", {2, 2});
  pool.integers("pads", {1, 1, 1, 1});
  EXPECT_EQ(pool.shape(0), "[1, 64, 56, 56]");
  EXPECT_EQ(pool.shape(1), "[1, 64, 56, 56]");
  EXPECT_EQ(pool.dtype(1), DType::int64);
  EXPECT_EQ(pool.macs(), "0");
  EXPECT_EQ(pool.count(Arith::compare), std::to_string(64 * 56 * 56 * 9));
}

TEST(MaxPool, AWindowHasToStartInsideTheData) {  // the extents are ONNX Runtime's, at every version
  for (const std::int32_t version : {10, 11, 12, 22}) {
    EXPECT_EQ(pooled(Op::MaxPool, version, 5, 1, 3, 0, true), "[1, 1, 2]");
    EXPECT_EQ(pooled(Op::MaxPool, version, 7, 2, 3, 1, true), "[1, 1, 3]");
    EXPECT_EQ(pooled(Op::AveragePool, version, 6, 3, 2, 0, true), "[1, 1, 3]");
    EXPECT_EQ(pooled(Op::AveragePool, version, 6, 3, 2, 0, false), "[1, 1, 2]");
  }
}

TEST(MaxPool, SymbolicCeilModeGivesTheNumbersThatNumbersGive) {
  for (const std::int64_t kernel : {1, 2, 3}) {
    OneNode symbolic(Op::MaxPool, 12);
    symbolic.input({1, 1, symbolic.symbol("n")}).integers("kernel_shape", {kernel}).integers("strides", {3});
    symbolic.integers("pads", {0, 1}).integer("ceil_mode", 1);
    for (std::int64_t n = 3; n < 20; ++n) {
      OneNode number(Op::MaxPool, 12);
      number.input({1, 1, n}).integers("kernel_shape", {kernel}).integers("strides", {3});
      number.integers("pads", {0, 1}).integer("ceil_mode", 1);
      EXPECT_EQ(symbolic.extent_at(2, {{"n", n}}), number.extent_at(2, {})) << kernel << " " << n;
    }
  }
}

TEST(MaxPool, RefusesAWindowLargerThanTheData) {
  OneNode pool(Op::MaxPool, 12);
  pool.input({1, 1, 1, 9}).integers("kernel_shape", {3, 3});
  EXPECT_EQ(pool.refusal(), "a window that spans 3 does not fit into an extent of 1");
}

TEST(AveragePool, AddsEveryTapAndDividesOnce) {
  OneNode pool(Op::AveragePool, 19);
  pool.input({2, 8, 4, 4}).integers("kernel_shape", {2, 2}).integers("strides", {2, 2});
  EXPECT_EQ(pool.shape(), "[2, 8, 2, 2]");
  EXPECT_EQ(pool.count(Arith::add), std::to_string(2 * 8 * 2 * 2 * 4));
  EXPECT_EQ(pool.count(Arith::divide), std::to_string(2 * 8 * 2 * 2));
}

TEST(LpPool, TakesARootPerWindow) {
  OneNode pool(Op::LpPool, 18);
  pool.input({1, 1, 6, 6})
      .integers("kernel_shape", {3, 3})
      .integers("strides", {2, 2})
      .integers("dilations", {2, 2});
  EXPECT_EQ(pool.shape(), "[1, 1, 1, 1]");
  EXPECT_EQ(pool.count(Arith::multiply), "9");
  EXPECT_EQ(pool.count(Arith::square_root), "1");
}

TEST(GlobalAveragePool, LeavesOneElementPerChannelInEitherLayout) {
  OneNode pool(Op::GlobalAveragePool, 1);
  pool.input({2, 512, 7, 7});
  EXPECT_EQ(pool.shape(), "[2, 512, 1, 1]");
  EXPECT_EQ(pool.count(Arith::add), std::to_string(2 * 512 * 49));
  EXPECT_EQ(pool.count(Arith::divide), std::to_string(2 * 512));
  OneNode last(Op::GlobalAveragePool, 1);
  last.input({2, 7, 7, 512}).text("data_layout", "NHWC");
  EXPECT_EQ(last.shape(), "[2, 1, 1, 512]");
}

TEST(MaxUnpool, UndoesItsPoolOrTakesTheGivenShape) {
  OneNode unpool(Op::MaxUnpool, 11);
  unpool.input({1, 1, 2, 2}).input({1, 1, 2, 2}, DType::int64).integers("kernel_shape", {2, 2});
  unpool.integers("strides", {2, 2});
  EXPECT_EQ(unpool.shape(), "[1, 1, 4, 4]");
  OneNode given(Op::MaxUnpool, 11);
  given.input({1, 1, 2, 2})
      .input({1, 1, 2, 2}, DType::int64)
      .values({1, 1, 5, 5})
      .integers("kernel_shape", {2, 2});
  EXPECT_EQ(given.shape(), "[1, 1, 5, 5]");
}

TEST(MaxRoiPool, HasOneImagePerRegion) {
  OneNode pool(Op::MaxRoiPool, 1);
  pool.input({1, 256, 50, 50}).input({pool.symbol("regions"), 5}).integers("pooled_shape", {7, 7});
  EXPECT_EQ(pool.shape(), "[regions, 256, 7, 7]");
  EXPECT_EQ(pool.macs(), "0");
  EXPECT_EQ(pool.arithmetic(), "?");  // the regions' sizes are data
}

}  // namespace
}  // namespace haoline
