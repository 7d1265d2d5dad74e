#include "analyses/memory.h"

#include <gtest/gtest.h>

#include "support/figures.h"

namespace haoline {
namespace {

using test::Figures;

// x(64 bytes) → Relu → a; a → MatMul → b; Add(b, a) → y
GraphBuilder residual() {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {1, 16});
  const TensorId a = g.node("Relu", {x}, {}, "relu");
  const TensorId b = g.node("MatMul", {a, g.weight("w", DType::float32, {16, 16})}, {}, "matmul");
  g.output(g.node("Add", {b, a}, {}, "add"));
  return g;
}

TEST(Memory, LivesFromItsProducerToItsLastConsumer) {
  Figures figures(residual());
  const MemoryFacts memory = figures.memory();
  EXPECT_EQ(memory.plain.series, (std::vector<std::uint64_t>{128, 128, 192}));
  EXPECT_EQ(memory.plain.peak_bytes, 192u);
  EXPECT_EQ(memory.plain.peak_node, NodeId{2});
  EXPECT_EQ(memory.plain.live_at_peak.size(), 3u);
  EXPECT_EQ(memory.plain.arena.bytes, 192u);
  EXPECT_EQ(figures.text(memory.weights_bytes), "1024");
  EXPECT_EQ(memory.peak_with_bodies, 192u);
}

// A weight that the file states by its extents is a weight in every figure; any other filler is computed.
TEST(Memory, OfAWeightThatConstantOfShapeFillsIsApart) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {1, 4});
  const TensorId w = g.node("ConstantOfShape", {g.constant("shape", {4, 4})});
  const TensorId y = g.node("MatMul", {x, w});
  g.output(g.node("Concat", {y, g.node("ConstantOfShape", {g.constant("more", {1, 2})})}, {{"axis", 1}}));
  Figures figures(std::move(g));
  const MemoryFacts memory = figures.memory();
  // x; x and y; y and the two zeros; those and the result of 24 bytes.
  EXPECT_EQ(memory.plain.series, (std::vector<std::uint64_t>{16, 32, 24, 48}));
  EXPECT_EQ(figures.text(figures.parameters().trainable), "16");
  EXPECT_EQ(figures.text(memory.weights_bytes), "96");  // the weight, and the shapes: two numbers each
}

TEST(Memory, IsReusedInPlaceWhereTheOperandDies) {
  Figures figures(residual());
  const MemoryFacts memory = figures.memory();
  // Relu overwrites x; Add overwrites b (or a): two storages of 64 bytes.
  EXPECT_EQ(memory.in_place.peak_bytes, 128u);
  EXPECT_EQ(memory.in_place.arena.bytes, 128u);
  EXPECT_EQ(memory.in_place.arena.lower_bound, 128u);
}

TEST(Memory, OfAnOperandThatIsStillNeededIsNotOverwritten) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {16});
  const TensorId a = g.node("Relu", {x});
  g.output(a);
  g.output(g.node("Sigmoid", {a}));  // a leaves the graph
  Figures figures(std::move(g));
  EXPECT_EQ(figures.memory().in_place.peak_bytes, 128u);
}

TEST(Memory, OfViewsIsTheirOperandsOnlyWithReuse) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {4, 4});
  const TensorId v = g.node("Reshape", {x, g.constant("shape", {16})});
  const TensorId y = g.node("Softmax", {x});
  g.output(v);
  g.output(y);
  Figures figures(std::move(g));
  const MemoryFacts memory = figures.memory();
  EXPECT_EQ(memory.plain.peak_bytes, 192u);
  EXPECT_EQ(memory.in_place.peak_bytes, 128u);  // the view keeps x alive, so Softmax needs its own
}

TEST(Memory, CountsInputsFromTheStartAndOutputsToTheEnd) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {16});
  const TensorId late = g.input("late", DType::float32, {8});
  const TensorId a = g.node("Exp", {x});
  g.output(a);
  const TensorId b = g.node("Exp", {late});
  g.output(g.node("Exp", {b}));
  Figures figures(std::move(g));
  EXPECT_EQ(figures.memory().plain.series,
            (std::vector<std::uint64_t>{64 + 32 + 64, 32 + 64 + 32, 64 + 32 + 32}));
}

TEST(Memory, OfACaptureLastsUntilTheNodeThatRunsTheBody) {
  GraphBuilder g;
  const TensorId flag = g.input("flag", DType::boolean, {});
  const TensorId x = g.input("x", DType::float32, {16});
  const TensorId a = g.node("Exp", {x});
  const TensorId b = g.node("Exp", {x});
  GraphBuilder yes = g.body(), no = g.body();
  TensorId inner = yes.node("Exp", {yes.capture(a)});
  inner = yes.node("Exp", {inner});
  yes.output(yes.node("Exp", {inner}));
  no.output(no.node("Neg", {no.capture(a)}));
  g.output(b);
  g.output(g.node("If", {flag}, {{"then_branch", yes}, {"else_branch", no}}));
  Figures figures(std::move(g));
  const MemoryFacts memory = figures.memory();
  EXPECT_EQ(memory.plain.series[1], 64u * 3 + 1);   // x, a (captured later), b, flag
  EXPECT_EQ(memory.plain.series[2], 64u * 3 + 1);   // a, b, the result, flag
  EXPECT_EQ(memory.peak_with_bodies, 64u * 5 + 1);  // and two of the branch's own at a time
}

TEST(Memory, IsEvaluatedUnderBindingsAndKeepsItsFormula) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"batch", 16});
  g.output(g.node("MatMul", {x, g.weight("w", DType::float32, {16, 4})}));
  Figures figures(std::move(g), {{"batch", 8}});
  const MemoryFacts memory = figures.memory();
  EXPECT_EQ(memory.plain.peak_bytes, 8u * 20 * 4);
  EXPECT_EQ(figures.text(memory.peak_formula), "80*batch");
}

TEST(Memory, OfUnknownSizesIsListedAndNotCounted) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {16});
  g.output(g.node("custom.Mystery", {x}));
  Figures figures(std::move(g));
  const MemoryFacts memory = figures.memory();
  ASSERT_EQ(memory.unsized.size(), 1u);
  EXPECT_EQ(memory.plain.peak_bytes, 64u);
}

TEST(Memory, OfDataDependentTensorsIsTheirBound) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {4, 4});
  g.output(g.node("NonZero", {x}));  // int64 [2, at most 16]
  Figures figures(std::move(g));
  const MemoryFacts memory = figures.memory();
  EXPECT_TRUE(memory.bounded);
  EXPECT_EQ(memory.plain.peak_bytes, 64u + 2 * 16 * 8);
}

TEST(Memory, SpikesAreLocalMaximaWithTheirCause) {
  GraphBuilder g;
  TensorId x = g.input("x", DType::float32, {4});
  x = g.node("Exp", {x});
  x = g.node("Expand", {x, g.constant("wide", {16, 4})});
  x = g.node("ReduceMax", {x, g.constant("axes", {0})}, {{"keepdims", 0}});
  g.output(g.node("Exp", {x}));
  Figures figures(std::move(g));
  const MemoryFacts memory = figures.memory();
  ASSERT_FALSE(memory.spikes.empty());
  EXPECT_EQ(memory.spikes[0].node, NodeId{1});
  EXPECT_EQ(memory.spikes[0].bytes, 16u + 256u);
}

TEST(KvCache, IsFoundWhereAnInputGrowsByATokenAndGoesOut) {
  GraphBuilder g;
  const TensorId query = g.input("query", DType::float32, {"batch", 8, "seq", 16});
  for (const char* which : {"key", "value"}) {
    const TensorId past =
        g.input(std::string("past_key_values.0.") + which, DType::float16, {"batch", 2, "past", 16});
    const TensorId fresh = g.input(std::string("new_") + which, DType::float16, {"batch", 2, "seq", 16});
    const TensorId present = g.node("Concat", {past, g.node("Neg", {fresh})}, {{"axis", -2}});
    g.rename(present, std::string("present.0.") + which);
    g.output(present);
  }
  g.output(g.node("Exp", {query}));
  Figures figures(std::move(g));
  const auto cache = figures.memory().kv_cache;
  ASSERT_TRUE(cache.has_value());
  EXPECT_EQ(cache->layers, 1u);
  EXPECT_EQ(cache->heads, 2);
  EXPECT_EQ(cache->head_size, 16);
  EXPECT_EQ(cache->bytes_per_token, 2u * 2 * 16 * 2);  // keys and values, heads, head size, 16 bit
}

TEST(KvCache, IsAbsentFromAConvolutionalNetworkThatConcatenatesItsInput) {
  GraphBuilder g;
  const TensorId image = g.input("image", DType::float32, {1, 3, 8, 8});
  const TensorId features = g.node("Conv", {image, g.weight("w", DType::float32, {4, 3, 1, 1})});
  g.output(g.node("Concat", {image, features}, {{"axis", 1}}));
  Figures figures(std::move(g));
  EXPECT_FALSE(figures.memory().kv_cache.has_value());
}

}  // namespace
}  // namespace haoline
