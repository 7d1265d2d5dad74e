#include "analyses/accounting.h"

#include <gtest/gtest.h>

#include <string>

#include "ir/graph_builder.h"

namespace haoline {
namespace {

// A file of 100 bytes: two equal weights of 16 bytes each, one of 8 that nothing uses, 10 of metadata, 4 of
// padding.
class Accounting : public ::testing::Test {
 protected:
  Accounting() : bytes_(100, '\0') {
    GraphBuilder g;
    const TensorId x = g.input("x", DType::float32, {1, 2});
    TensorId y = g.node("MatMul", {x, g.constant("a", stored(0, {2, 2}))});
    y = g.node("MatMul", {y, g.constant("b", stored(16, {2, 2}))});
    g.constant("unused", stored(32, {2}));
    g.output(y);
    model_ = std::move(g).build();
    model_.files.add({"model.onnx", "model", as_bytes(bytes_)});
    const FileId file{0};
    model_.spans = {{file, ByteLabel::weights, DType::float32, 0, 16},
                    {file, ByteLabel::weights, DType::float32, 16, 16},
                    {file, ByteLabel::weights, DType::float32, 32, 8},
                    {file, ByteLabel::metadata, DType::unknown, 40, 10},
                    {file, ByteLabel::padding, DType::unknown, 50, 4}};
  }
  TensorData stored(std::uint64_t offset, std::vector<std::int64_t> extents) {
    extents_.push_back(std::move(extents));
    TensorData data;
    data.dtype = DType::float32;
    data.extents = extents_.back();
    std::uint64_t size = 4;
    for (const std::int64_t extent : extents_.back()) size *= static_cast<std::uint64_t>(extent);
    data.bytes = as_bytes(bytes_).subspan(offset, size);
    data.file = FileId{0};
    data.offset = offset;
    data.stored_bytes = size;
    return data;
  }
  static std::uint64_t sum(const ByteAccounting& a) {
    std::uint64_t sum = a.structure + a.metadata + a.padding + a.duplicate + a.unreachable;
    for (const ByteAccounting::Weights& weights : a.weights) sum += weights.bytes;
    return sum;
  }

  std::string bytes_;
  std::deque<std::vector<std::int64_t>> extents_;
  Model model_;
};

TEST_F(Accounting, GivesEveryByteOneLabel) {
  const ByteAccounting a = account_bytes(model_);
  ASSERT_EQ(a.weights.size(), 1u);
  EXPECT_EQ(a.weights[0].bytes, 32u);
  EXPECT_EQ(a.unreachable, 8u);
  EXPECT_EQ(a.metadata, 10u);
  EXPECT_EQ(a.padding, 4u);
  EXPECT_EQ(a.duplicate, 0u);
  EXPECT_EQ(a.structure, 46u);
  EXPECT_EQ(a.total, 100u);
  EXPECT_EQ(sum(a), a.total);
}

TEST_F(Accounting, FindsEqualWeightsOnlyOnRequest) {
  const ByteAccounting a = account_bytes(model_, true);
  EXPECT_EQ(a.weights[0].bytes, 16u);
  EXPECT_EQ(a.duplicate, 16u);
  EXPECT_EQ(sum(a), a.total);
}

TEST_F(Accounting, KeepsTheTotalWhenAReaderClaimsMoreThanTheFileHas) {
  model_.spans.push_back({FileId{0}, ByteLabel::metadata, DType::unknown, 0, ~std::uint64_t{0}});
  const ByteAccounting a = account_bytes(model_);
  EXPECT_EQ(a.structure, 0u);
  EXPECT_EQ(sum(a), 100u);
}

}  // namespace
}  // namespace haoline
