#include <gtest/gtest.h>

#include "support/one_node.h"

namespace haoline {
namespace {

using test::OneNode;

TEST(Resize, ScalesAsRuntimesDo) {  // the extents are ONNX Runtime's
  const auto extent = [](std::int64_t in, float scale) {
    OneNode resize(Op::Resize, 13);
    resize.input({1, 1, in, in}).absent().reals({1, 1, scale, scale});
    return resize.extent_at(2, {});
  };
  EXPECT_EQ(extent(10, 0.7F), 7);  // 6.99999988 in exact arithmetic
  EXPECT_EQ(extent(10, 0.1F), 1);
  EXPECT_EQ(extent(70, 1.3333334F), 93);
  EXPECT_EQ(extent(100, 0.29999998F), 29);
  EXPECT_EQ(extent(7, 2), 14);
}

TEST(Resize, StaysExactInSymbols) {
  OneNode doubled(Op::Resize, 13);
  doubled.input({1, 1, doubled.symbol("h"), doubled.symbol("w")}).absent().reals({1, 1, 2, 0.5F});
  EXPECT_EQ(doubled.shape(), "[1, 1, 2*h, w // 2]");

  OneNode simple(Op::Resize, 13);
  simple.input({1, 1, simple.symbol("h"), 8}).absent().reals({1, 1, 0.7F, 1});
  for (const std::int64_t h : {3, 10, 20, 70, 100, 1000}) {
    OneNode number(Op::Resize, 13);
    number.input({1, 1, h, 8}).absent().reals({1, 1, 0.7F, 1});
    EXPECT_EQ(simple.extent_at(2, {{"h", h}}), number.extent_at(2, {})) << h;
  }
  OneNode odd(Op::Resize, 13);
  odd.input({1, 1, odd.symbol("h"), 8}).absent().reals({1, 1, 0.29999998F, 1});
  EXPECT_EQ(odd.shape(), "[1, 1, ?, 8]");  // no simple fraction: float32 rounding decides
}

TEST(Resize, TakesSizesOfTheListedAxes) {
  OneNode resize(Op::Resize, 18);
  resize.input({1, 3, 32, 32}).absent().absent().values({resize.symbol("h"), 48}).integers("axes", {2, 3});
  EXPECT_EQ(resize.shape(), "[1, 3, h, 48]");
}

TEST(Resize, KeepsTheAspectRatioAsRuntimesDo) {  // the extents are ONNX Runtime's
  const auto shape = [](std::string_view policy, bool listed) {
    OneNode resize(Op::Resize, 18);
    resize.input({1, 1, 7, 11}).absent().absent().text("keep_aspect_ratio_policy", policy);
    if (listed) {
      resize.values({5, 5}).integers("axes", {2, 3});
    } else {
      resize.values({1, 1, 5, 5});
    }
    return resize.shape();
  };
  EXPECT_EQ(shape("not_larger", true), "[1, 1, 3, 5]");
  EXPECT_EQ(shape("not_smaller", true), "[1, 1, 5, 8]");
  EXPECT_EQ(shape("not_larger", false), "[0, 0, 3, 5]");
  EXPECT_EQ(shape("not_smaller", false), "[1, 1, 7, 11]");
}

TEST(Resize, KeepsTheAspectRatioInSymbols) {
  for (const std::string_view policy : {"not_larger", "not_smaller"}) {
    OneNode symbolic(Op::Resize, 18);
    symbolic.input({1, 1, symbolic.symbol("h"), symbolic.symbol("w")}).absent().absent().values({5, 9});
    symbolic.integers("axes", {2, 3}).text("keep_aspect_ratio_policy", policy);
    for (const std::int64_t h : {1, 3, 7, 32, 224}) {
      for (const std::int64_t w : {2, 5, 11, 48, 199}) {
        OneNode number(Op::Resize, 18);
        number.input({1, 1, h, w}).absent().absent().values({5, 9}).integers("axes", {2, 3});
        number.text("keep_aspect_ratio_policy", policy);
        for (const std::size_t axis : {2, 3}) {
          EXPECT_EQ(symbolic.extent_at(axis, {{"h", h}, {"w", w}}), number.extent_at(axis, {}))
              << h << "x" << w;
        }
      }
    }
  }
}

TEST(Resize, CountsInterpolationAlongTheResizedAxes) {
  const auto arithmetic = [](std::string_view mode) {
    OneNode resize(Op::Resize, 13);
    resize.input({1, 2, 4, 4}).absent().reals({1, 1, 2, 2}).text("mode", mode);
    return resize.arithmetic();
  };
  const int elements = 2 * 8 * 8;
  EXPECT_EQ(arithmetic("nearest"), "0");
  EXPECT_EQ(arithmetic("linear"), std::to_string(elements * 3 * 3));
  EXPECT_EQ(arithmetic("cubic"), std::to_string(elements * 5 * 7));
}

TEST(Resize, RefusesWhatSaysNothing) {
  OneNode nothing(Op::Resize, 13);
  nothing.input({1, 1, 4, 4}).absent().reals({});
  EXPECT_EQ(nothing.refusal(), "neither scales nor sizes are given");
  OneNode few(Op::Resize, 13);
  few.input({1, 1, 4, 4}).absent().reals({2, 2});
  EXPECT_EQ(few.refusal(), "scales has 2 entries for 4 axes");
  OneNode negative(Op::Resize, 13);
  negative.input({1, 1, 4, 4}).absent().reals({1, 1, -1, 2});
  EXPECT_EQ(negative.refusal(), "a scale is not above 0");
}

TEST(Upsample, ReadsItsScalesWhereEachVersionPutsThem) {
  OneNode first(Op::Upsample, 1);
  first.input({1, 1, 4, 6}).real("height_scale", 2.0).real("width_scale", 1.5);
  EXPECT_EQ(first.shape(), "[1, 1, 8, 9]");
  OneNode operand(Op::Upsample, 9);
  operand.input({1, 1, 4, 6}).reals({1, 1, 3, 3});
  EXPECT_EQ(operand.shape(), "[1, 1, 12, 18]");
}

TEST(GridSample, TakesItsSpatialAxesFromTheGrid) {
  OneNode sample(Op::GridSample, 20);
  sample.input({2, 3, 8, 8}).input({2, 5, 6, 2}).text("mode", "linear");
  EXPECT_EQ(sample.shape(), "[2, 3, 5, 6]");
  EXPECT_EQ(sample.arithmetic(), std::to_string(2 * 5 * 6 * 2 * 4 + 2 * 3 * 5 * 6 * 9));
  OneNode wrong(Op::GridSample, 20);
  wrong.input({2, 3, 8, 8}).input({2, 5, 6, 3});
  EXPECT_EQ(wrong.refusal(), "the grid has 3 coordinates per point for 2 spatial axes");
}

TEST(AffineGrid, HasOneCoordinatePerSpatialAxis) {
  OneNode grid(Op::AffineGrid, 20);
  grid.input({2, 2, 3}).values({2, 3, 5, 6});
  EXPECT_EQ(grid.shape(), "[2, 5, 6, 2]");
  EXPECT_EQ(grid.arithmetic(), std::to_string(2 * 5 * 6 * 2 * 3 * 2));
}

TEST(RoiAlign, CountsItsSamplesWhereTheyAreGiven) {
  OneNode align(Op::RoiAlign, 16);
  align.input({1, 256, 50, 50}).input({100, 4}).input({100}, DType::int64);
  align.integer("output_height", 7).integer("output_width", 7).integer("sampling_ratio", 2);
  EXPECT_EQ(align.shape(), "[100, 256, 7, 7]");
  const std::int64_t elements = 100LL * 256 * 49;
  EXPECT_EQ(align.arithmetic(), std::to_string(elements * 4 * 8 + elements));
  OneNode adaptive(Op::RoiAlign, 16);
  adaptive.input({1, 256, 50, 50}).input({100, 4}).input({100}, DType::int64);
  EXPECT_EQ(adaptive.arithmetic(), "?");
  EXPECT_EQ(adaptive.macs(), "0");
}

TEST(NonMaxSuppression, IsBoundedByBatchClassesAndBoxes) {
  const auto bound = [](std::vector<Dim> most) {
    OneNode nms(Op::NonMaxSuppression, 11);
    nms.input({2, 1000, 4}).input({2, 80, 1000}).values(std::move(most));
    EXPECT_EQ(nms.shape(), "[node_selected, 3]");
    return nms.pool().evaluate_bound(nms.pool().find_symbol("node_selected"), {});
  };
  EXPECT_EQ(bound({100}), 2 * 80 * 100);
  EXPECT_EQ(bound({5000}), 2 * 80 * 1000);
  OneNode none(Op::NonMaxSuppression, 11);
  none.input({2, 1000, 4}).input({2, 80, 1000});
  EXPECT_EQ(none.shape(), "[0, 3]");
}

TEST(ImageDecoder, KnowsOnlyTheChannels) {
  OneNode decoder(Op::ImageDecoder, 20);
  decoder.input({decoder.symbol("bytes")}, DType::uint8).text("pixel_format", "Grayscale");
  EXPECT_EQ(decoder.shape(), "[node_height, node_width, 1]");
}

}  // namespace
}  // namespace haoline
