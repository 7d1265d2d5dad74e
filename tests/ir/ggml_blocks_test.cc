// ggml's blocks decode to what the gguf package makes of them.
#include "ir/ggml_blocks.h"

#include <gtest/gtest.h>

#include <cmath>

#include "ir/tensor_elements.h"

namespace haoline {
namespace {

// Bytes of a linear congruence; the scales at these offsets are then set to 0.5 and 0.25, so that every value
// is exact.
std::vector<std::byte> block_of(DType dtype, const int (&halves)[2]) {
  std::vector<std::byte> block(info(dtype).block_bytes);
  std::uint32_t x = 12345;
  for (std::byte& byte : block) {
    x = (x * 1103515245u + 12345u) & 0x7fffffffu;
    byte = static_cast<std::byte>(x >> 16 & 255);
  }
  const std::uint16_t scales[] = {0x3800, 0x3400};
  for (int i = 0; i < 2; ++i) {
    if (halves[i] >= 0) std::memcpy(&block[static_cast<std::size_t>(halves[i])], &scales[i], 2);
  }
  if (dtype == DType::mxfp4) block[0] = std::byte{127};
  if (dtype == DType::nvfp4) {
    const std::uint8_t unsigned_floats[] = {0x38, 0x40, 0x01, 0x7f};
    std::memcpy(block.data(), unsigned_floats, 4);
  }
  return block;
}

// Recorded from gguf.quants.dequantize (gguf 0.19.0): the sum, the sum weighted by place from 1, and the
// elements 0, 1, n/2-1, n/2, n-2, n-1.
struct Row {
  DType dtype;
  int halves[2];
  double sum, weighted;
  double elements[6];
};
constexpr Row kRows[] = {
    {DType::q4_0, {0, -1}, -0.5, -295.5, {-1.5, 1.0, 2.0, -1.0, -0.5, -1.0}},
    {DType::q4_1, {0, 2}, 134.5, 1917.0, {7.75, 6.75, 0.25, 0.75, 7.75, 0.75}},
    {DType::q5_0, {0, -1}, 15.0, 109.0, {6.5, -3.0, 4.5, 0.5, -0.5, 0.5}},
    {DType::q5_1, {0, 2}, 280.0, 4229.5, {13.25, 10.75, 8.25, 14.75, 13.25, 3.25}},
    {DType::q8_0, {0, -1}, 374.5, 7818.5, {50.5, -43.0, 54.0, -1.5, 60.0, 57.5}},
    {DType::q2_k, {80, 82}, 1474.0, 187909.0, {2.75, -3.25, 3.75, 1.75, -1.75, -1.75}},
    {DType::q3_k, {108, -1}, -509.5, -66147.5, {40.0, 10.0, 5.0, 3.0, 48.0, 36.0}},
    {DType::q4_k, {0, 2}, 24476.5, 2688600.0, {133.0, 179.5, 123.25, 15.75, 102.25, 118.25}},
    {DType::q5_k, {0, 2}, 52052.5, 5642616.0, {319.0, 71.0, 370.25, 190.75, 222.25, 38.25}},
    {DType::q6_k, {208, -1}, -12308.5, -1319560.0, {-1512.0, -216.0, 868.0, 630.0, 310.0, 139.5}},
    {DType::iq4_nl, {0, -1}, 1.0, -4098.0, {-17.5, 12.5, 26.5, -11.0, -5.0, -11.0}},
    {DType::iq4_xs, {0, -1}, -1147.5, -219907.0, {-12.5, 17.5, -114.0, -539.5, 172.5, -55.0}},
    {DType::tq1_0, {52, -1}, -24.0, -2899.5, {0.5, -0.5, 0.0, 0.0, 0.0, 0.0}},
    {DType::tq2_0, {64, -1}, 70.0, 9366.5, {-0.5, -0.5, 0.0, -0.5, -0.5, 1.0}},
    {DType::mxfp4, {-1, -1}, -5.0, 242.0, {2.0, 3.0, -0.5, 0.0, 6.0, 6.0}},
    {DType::nvfp4, {-1, -1}, -18.03515625, 144.7373046875, {-6.0, -3.0, 1.0, -0.01171875, 0.0, -0.0}},
};

TEST(GgmlBlocks, DecodeAsTheGgufPackageDoes) {
  for (const Row& row : kRows) {
    const auto block = block_of(row.dtype, row.halves);
    const auto n = static_cast<std::size_t>(info(row.dtype).block_elements);
    float out[kMostBlockElements];
    ASSERT_TRUE(can_decode_blocks(row.dtype));
    decode_block(row.dtype, block.data(), out);
    double sum = 0, weighted = 0;
    for (std::size_t i = 0; i < n; ++i) {
      sum += static_cast<double>(out[i]);
      weighted += static_cast<double>(out[i]) * static_cast<double>(i + 1);
    }
    EXPECT_EQ(sum, row.sum) << name(row.dtype);
    EXPECT_EQ(weighted, row.weighted) << name(row.dtype);
    const std::size_t places[] = {0, 1, n / 2 - 1, n / 2, n - 2, n - 1};
    for (std::size_t i = 0; i < 6; ++i)
      EXPECT_EQ(static_cast<double>(out[places[i]]), row.elements[i]) << name(row.dtype) << " " << places[i];
  }
}

// What the package lacks, by hand: a sign bit each; two bits each around 1; bytes times a scale.
TEST(GgmlBlocks, DecodeWhatThePackageLacks) {
  float out[kMostBlockElements];
  std::vector<std::byte> block(36);
  block[1] = std::byte{0x3c};  // 1.0
  block[2] = std::byte{0b00000101};
  decode_block(DType::q1_0, block.data(), out);
  EXPECT_EQ(out[0], 1.0f);
  EXPECT_EQ(out[1], -1.0f);
  EXPECT_EQ(out[2], 1.0f);
  EXPECT_EQ(out[127], -1.0f);
  block[2] = std::byte{0b11100100};
  decode_block(DType::q2_0, block.data(), out);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(out[i], static_cast<float>(i - 1));
  block[4] = std::byte{0xfe};
  decode_block(DType::q8_1, block.data(), out);
  EXPECT_EQ(out[0], -2.0f);
  EXPECT_FALSE(can_decode_blocks(DType::iq2_xxs));
  EXPECT_FALSE(can_decode_blocks(DType::float32));
}

TEST(GgmlBlocks, AreReadAsElementsAcrossBlocks) {
  const int halves[] = {0, -1};
  const auto block = block_of(DType::q8_0, halves);
  std::vector<std::byte> bytes(block);
  bytes.insert(bytes.end(), block.begin(), block.end());
  const std::int64_t extents[] = {2, 32};
  TensorData data;
  data.dtype = DType::q8_0;
  data.extents = extents;
  data.bytes = bytes;
  ElementReader reader(data);
  ASSERT_TRUE(reader.can_read());
  EXPECT_FALSE(reader.is_integer());
  double room[7], sum = 0;
  std::size_t count = 0;
  for (std::size_t n; (n = reader.read(std::span<double>(room))) != 0; count += n) {
    for (std::size_t i = 0; i < n; ++i) sum += room[i];
  }
  EXPECT_EQ(count, 64u);
  EXPECT_EQ(sum, 2 * 374.5);
}

}  // namespace
}  // namespace haoline
