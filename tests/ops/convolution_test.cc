#include <gtest/gtest.h>

#include "support/one_node.h"

namespace haoline {
namespace {

using test::OneNode;

TEST(Conv, CountsOneMacPerTapAndInputChannelOfItsGroup) {
  OneNode conv(Op::Conv, 11);
  conv.input({1, 64, 56, 56}).input({64, 64, 3, 3}).integers("pads", {1, 1, 1, 1});
  EXPECT_EQ(conv.shape(), "[1, 64, 56, 56]");
  EXPECT_EQ(conv.macs(), "115605504");  // 64·56·56·64·9, the figure of ResNet-50's layer1.0.conv2
  EXPECT_EQ(conv.arithmetic(), "0");
}

TEST(Conv, GroupsDivideTheChannelsEachOutputSees) {
  OneNode conv(Op::Conv, 11);
  conv.input({2, 64, 8, 8}).input({32, 16, 1, 1}).input({32}).integer("group", 4);
  EXPECT_EQ(conv.shape(), "[2, 32, 8, 8]");
  EXPECT_EQ(conv.macs(), std::to_string(2 * 32 * 8 * 8 * 16));
  EXPECT_EQ(conv.count(Arith::add), std::to_string(2 * 32 * 8 * 8));  // the bias
}

TEST(Conv, DepthwiseSeesOneChannel) {
  OneNode conv(Op::Conv, 11);
  conv.input({1, 32, 112, 112}).input({32, 1, 3, 3}).integer("group", 32).integers("pads", {1, 1, 1, 1});
  EXPECT_EQ(conv.macs(), std::to_string(32 * 112 * 112 * 9));
}

TEST(Conv, WorksAlongOneAndThreeAxes) {
  OneNode audio(Op::Conv, 11);
  audio.input({1, 80, 3000}).input({384, 80, 3}).integers("strides", {2}).integers("pads", {1, 1});
  EXPECT_EQ(audio.shape(), "[1, 384, 1500]");
  EXPECT_EQ(audio.macs(), std::to_string(384LL * 1500 * 80 * 3));

  OneNode video(Op::Conv, 11);
  video.input({1, 3, 16, 112, 112}).input({64, 3, 3, 7, 7}).integers("strides", {1, 2, 2});
  video.integers("pads", {1, 3, 3, 1, 3, 3});
  EXPECT_EQ(video.shape(), "[1, 64, 16, 56, 56]");
  EXPECT_EQ(video.macs(), std::to_string(64LL * 16 * 56 * 56 * 3 * 3 * 7 * 7));
}

TEST(Conv, SymbolicExtentsGiveTheNumbersThatNumbersGive) {
  OneNode conv(Op::Conv, 11);
  const Dim batch = conv.symbol("batch"), h = conv.symbol("h"), w = conv.symbol("w");
  conv.input({batch, 3, h, w})
      .input({64, 3, 7, 7})
      .integers("strides", {2, 2})
      .integers("pads", {3, 3, 3, 3});
  for (const std::int64_t size : {7, 32, 224, 225, 1023}) {
    OneNode bound(Op::Conv, 11);
    bound.input({2, 3, size, size + 5}).input({64, 3, 7, 7}).integers("strides", {2, 2});
    bound.integers("pads", {3, 3, 3, 3});
    const Bindings bindings = {{"batch", 2}, {"h", size}, {"w", size + 5}};
    EXPECT_EQ(conv.macs_at(bindings), bound.macs_at({})) << size;
    EXPECT_EQ(conv.extent_at(2, bindings), bound.extent_at(2, {})) << size;
  }
  EXPECT_EQ(conv.macs_at({{"batch", 1}, {"h", 224}, {"w", 224}}), 118013952);  // 112·112·64·3·49
}

TEST(Conv, PadsAutomatically) {
  const auto extent = [](std::string_view mode, std::int64_t in, std::int64_t stride) {
    OneNode conv(Op::Conv, 11);
    conv.input({1, 1, in}).input({1, 1, 3}).integers("strides", {stride}).text("auto_pad", mode);
    return conv.shape();
  };
  EXPECT_EQ(extent("SAME_UPPER", 7, 2), "[1, 1, 4]");
  EXPECT_EQ(extent("SAME_LOWER", 6, 4), "[1, 1, 2]");
  EXPECT_EQ(extent("VALID", 7, 2), "[1, 1, 3]");
}

TEST(Conv, DilationSpreadsTheTaps) {
  OneNode conv(Op::Conv, 11);
  conv.input({1, 1, 10, 10}).input({1, 1, 3, 3}).integers("dilations", {2, 3});
  EXPECT_EQ(conv.shape(), "[1, 1, 6, 4]");
}

TEST(Conv, ReadsOtherLayoutsOfTheSameConvolution) {
  OneNode conv(Op::Conv, 11);
  conv.input({1, 56, 56, 64})
      .input({3, 3, 64, 128})
      .text("data_layout", "NHWC")
      .text("filter_layout", "HWIO");
  conv.integers("strides", {2, 2}).text("auto_pad", "SAME_UPPER");
  EXPECT_EQ(conv.shape(), "[1, 28, 28, 128]");
  EXPECT_EQ(conv.macs(), std::to_string(28 * 28 * 128 * 64 * 9));

  OneNode depthwise(Op::Conv, 11);
  depthwise.input({1, 10, 10, 8})
      .input({3, 3, 8, 2})
      .text("data_layout", "NHWC")
      .text("filter_layout", "HWGO");
  EXPECT_EQ(depthwise.shape(), "[1, 8, 8, 16]");
  EXPECT_EQ(depthwise.macs(), std::to_string(8 * 8 * 16 * 9));
}

TEST(Conv, AWeightTellsTheChannelsAnActivationDoesNotKnow) {
  OneNode conv(Op::Conv, 11);
  conv.input({1, conv.symbol("c"), 8, 8}).input({4, 3, 1, 1});
  EXPECT_EQ(conv.learned(), std::vector<std::string>{"c == 3"});
  EXPECT_EQ(conv.macs(), std::to_string(4 * 8 * 8 * 3));
}

TEST(Conv, NamesTheQuantitiesOfItsFormula) {
  OneNode conv(Op::Conv, 11);
  conv.input({1, 64, 56, 56}).input({64, 64, 3, 3}).integers("pads", {1, 1, 1, 1});
  const std::vector<std::string> notes = conv.notes();
  for (const char* expected : {"batch = 1", "out_channels = 64", "out_h = 56", "in_w = 56", "kernel_h = 3",
                               "pad_top = 1", "in_channels = 64", "group = 1"}) {
    EXPECT_NE(std::find(notes.begin(), notes.end(), expected), notes.end()) << expected;
  }
}

TEST(Conv, RefusesWhatCannotFit) {
  const auto refusal = [](Shape data, Shape weight, std::int64_t group) {
    OneNode conv(Op::Conv, 11);
    conv.input(std::move(data)).input(std::move(weight)).integer("group", group);
    return conv.refusal();
  };
  EXPECT_EQ(refusal({1, 64, 8, 8}, {8, 32, 3, 3}, 1),
            "input has 64 channels, the weight expects 32 × 1 groups");
  EXPECT_EQ(refusal({1, 64, 8, 8}, {9, 32, 3, 3}, 2), "9 output channels cannot be split into 2 groups");
  EXPECT_EQ(refusal({1, 64, 8, 8}, {8, 64, 3}, 1), "the weight has rank 3, the input rank 4");
  EXPECT_EQ(refusal({1, 64, 2, 8}, {8, 64, 3, 3}, 1),
            "a kernel that spans 3 does not fit into an extent of 2 padded to 2");
  EXPECT_EQ(refusal({1, 64}, {8, 64}, 1), "the input has rank 2, a convolution needs at least 3");
  EXPECT_EQ(refusal({1, 64, 8, 8}, {8, 64, 3, 3}, 0), "group is 0, it has to be above 0");
}

TEST(Conv, RefusesAttributesOfTheWrongLength) {
  OneNode conv(Op::Conv, 11);
  conv.input({1, 3, 8, 8}).input({8, 3, 3, 3}).integers("strides", {2});
  EXPECT_EQ(conv.refusal(), "strides has 1 entries, the input has 2 spatial axes");
  OneNode zero(Op::Conv, 11);
  zero.input({1, 3, 8, 8}).input({8, 3, 3, 3}).integers("strides", {2, 0});
  EXPECT_EQ(zero.refusal(), "strides has the entry 0, it has to be above 0");
  OneNode kernel(Op::Conv, 11);
  kernel.input({1, 3, 8, 8}).input({8, 3, 3, 3}).integers("kernel_shape", {5, 5});
  EXPECT_EQ(kernel.refusal(), "kernel_shape says 5, the weight has a kernel of 3");
}

TEST(ConvTranspose, CountsInputPositions) {
  OneNode up(Op::ConvTranspose, 11);
  up.input({2, 64, 7, 7}).input({64, 16, 4, 4}).input({32}).integer("group", 2).integers("strides", {2, 2});
  up.integers("pads", {1, 1, 1, 1});
  EXPECT_EQ(up.shape(), "[2, 32, 14, 14]");  // (7-1)·2 + 4 - 2
  EXPECT_EQ(up.macs(), std::to_string(2 * 7 * 7 * 4 * 4 * 64 * 16));
  EXPECT_EQ(up.count(Arith::add), std::to_string(2 * 32 * 14 * 14));
}

TEST(ConvTranspose, SizesItsResultAsRuntimesDo) {  // the extents are ONNX Runtime's
  const auto shape = [](std::string_view mode, std::vector<std::int64_t> padding, std::int64_t dilation) {
    OneNode up(Op::ConvTranspose, 11);
    up.input({1, 1, 6, 6}).input({1, 1, 3, 3}).integers("strides", {2, 2}).text("auto_pad", mode);
    if (!padding.empty()) up.integers("output_padding", std::move(padding));
    up.integers("dilations", {dilation, dilation});
    return up.shape();
  };
  EXPECT_EQ(shape("NOTSET", {}, 1), "[1, 1, 13, 13]");
  EXPECT_EQ(shape("NOTSET", {1, 1}, 1), "[1, 1, 14, 14]");
  EXPECT_EQ(shape("NOTSET", {}, 2), "[1, 1, 15, 15]");
  EXPECT_EQ(shape("SAME_UPPER", {}, 1), "[1, 1, 12, 12]");
  EXPECT_EQ(shape("SAME_LOWER", {1, 1}, 1), "[1, 1, 12, 12]");
  EXPECT_EQ(shape("VALID", {}, 1), "[1, 1, 13, 13]");
  OneNode given(Op::ConvTranspose, 11);
  given.input({1, 1, 3, 3}).input({1, 2, 3, 3}).integers("strides", {3, 2}).integers("output_shape", {10, 8});
  EXPECT_EQ(given.shape(), "[1, 2, 10, 8]");
}

TEST(ConvTranspose, RefusesChannelsTheWeightDoesNotHave) {
  OneNode up(Op::ConvTranspose, 11);
  up.input({1, 8, 7, 7}).input({64, 16, 4, 4});
  EXPECT_EQ(up.refusal(), "input has 8 channels, the weight expects 64");
}

TEST(ConvInteger, CostsWhatTheFloatOneDoes) {
  OneNode conv(Op::ConvInteger, 10);
  conv.input({1, 64, 56, 56}, DType::uint8).input({64, 64, 3, 3}, DType::int8).input({}, DType::uint8);
  conv.integers("pads", {1, 1, 1, 1});
  EXPECT_EQ(conv.macs(), "115605504");
  EXPECT_EQ(conv.arithmetic(), "0");  // operand 2 is a zero point, not a bias
  EXPECT_EQ(conv.dtype(), DType::int32);
}

TEST(QLinearConv, CostsWhatTheFloatOneDoes) {
  OneNode conv(Op::QLinearConv, 10);
  conv.input({1, 64, 56, 56}, DType::uint8).input({}).input({}, DType::uint8);
  conv.input({64, 64, 3, 3}, DType::int8).input({64}).input({64}, DType::int8);
  conv.input({}).input({}, DType::uint8).input({64}, DType::int32).integers("pads", {1, 1, 1, 1});
  EXPECT_EQ(conv.shape(), "[1, 64, 56, 56]");
  EXPECT_EQ(conv.macs(), "115605504");
  EXPECT_EQ(conv.count(Arith::add), std::to_string(64 * 56 * 56));
  EXPECT_EQ(conv.dtype(), DType::uint8);
}

TEST(DeformConv, CountsTheConvolutionAndTheSamplesApart) {
  OneNode conv(Op::DeformConv, 19);
  conv.input({1, 2, 5, 5}).input({4, 2, 3, 3}).input({1, 18, 3, 3}).input({4}).input({1, 9, 3, 3});
  EXPECT_EQ(conv.shape(), "[1, 4, 3, 3]");
  EXPECT_EQ(conv.macs(), std::to_string(4 * 9 * 2 * 9));
  const int samples = 2 * 9 * 9;
  EXPECT_EQ(conv.count(Arith::multiply), std::to_string(5 * samples));     // 4 bilinear, 1 mask
  EXPECT_EQ(conv.count(Arith::add), std::to_string(3 * samples + 4 * 9));  // bilinear, bias
}

TEST(Col2Im, PutsBlocksBack) {
  OneNode op(Op::Col2Im, 18);
  op.input({1, 10, 12}).values({5, 5}).values({1, 5});
  EXPECT_EQ(op.shape(), "[1, 2, 5, 5]");
  OneNode unknown(Op::Col2Im, 18);
  unknown.input({1, 10, 12}).input({2}, DType::int64).input({2}, DType::int64);
  EXPECT_EQ(unknown.shape(), "[1, ?, ?, ?]");
}

TEST(CausalConvWithState, IsDepthwiseAndKeepsTheLastPositions) {
  OneNode conv(Op::CausalConvWithState, 27, 2);
  conv.input({2, 8, 5}).input({8, 1, 4}).input({8});
  EXPECT_EQ(conv.shape(0), "[2, 8, 5]");
  EXPECT_EQ(conv.shape(1), "[2, 8, 3]");
  EXPECT_EQ(conv.macs(), std::to_string(2 * 8 * 5 * 4));
}

}  // namespace
}  // namespace haoline
