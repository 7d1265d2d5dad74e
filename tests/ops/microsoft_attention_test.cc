// Figures of com.microsoft attention, derived by hand from the definitions: both products in full,
// projections included where the operator contains them.
#include <gtest/gtest.h>

#include "support/one_node.h"

namespace haoline {
namespace {

using test::OneNode;

// batch 2, 3 positions, input 12 wide, 2 heads of 8: hidden 16.
//   projections 2·3·12·48 = 3456, products 2·3·3·(16 + 16) = 576
TEST(MsAttention, CountsItsProjectionsAndBothProducts) {
  OneNode node(Op::MsAttention, 1, 2);
  node.input({2, 3, 12}).input({12, 48}).input({48}).integer("num_heads", 2);
  EXPECT_EQ(node.shape(0), "[2, 3, 16]");
  EXPECT_EQ(node.shape(1), "[2, 2, 2, 3, 8]");
  EXPECT_EQ(node.macs(), "4032");
}

// With a past of 4 positions every query sees 7 keys: 3456 + 2·3·7·32 = 4800.
TEST(MsAttention, SeesThePastAsWell) {
  OneNode node(Op::MsAttention, 1, 2);
  node.input({2, 3, 12}).input({12, 48}).input({48}).absent().input({2, 2, 2, 4, 8}).integer("num_heads", 2);
  EXPECT_EQ(node.shape(1), "[2, 2, 2, 7, 8]");
  EXPECT_EQ(node.macs(), "4800");
}

TEST(MsAttention, ASharedBufferKeepsItsCapacity) {
  OneNode node(Op::MsAttention, 1, 2);
  node.input({2, 1, 12}).input({12, 48}).input({48}).absent().input({2, 2, 2, 32, 8}).absent().values({5});
  node.integer("num_heads", 2).integer("past_present_share_buffer", 1);
  EXPECT_EQ(node.shape(1), "[2, 2, 2, 32, 8]");
  EXPECT_EQ(node.macs(), "1536");  // 2·12·48 + 2·1·6·32
}

TEST(MsAttention, ValuesMayBeWiderThanKeys) {
  OneNode node(Op::MsAttention, 1);
  node.input({2, 3, 12}).input({12, 56}).integer("num_heads", 2).integers("qkv_hidden_sizes", {16, 16, 24});
  EXPECT_EQ(node.shape(), "[2, 3, 24]");
  EXPECT_EQ(node.macs(), "4752");  // 2·3·12·56 + 2·9·(16 + 24)
}

TEST(MsAttention, RefusesAMatrixAsInput) {
  OneNode node(Op::MsAttention, 1);
  node.input({3, 12}).input({12, 48}).integer("num_heads", 2);
  EXPECT_NE(node.refusal(), "");
}

TEST(MsAttention, StaysSymbolic) {
  OneNode node(Op::MsAttention, 1);
  node.input({node.symbol("b"), node.symbol("s"), 12}).input({12, 48}).integer("num_heads", 2);
  EXPECT_EQ(node.macs_at({{"b", 2}, {"s", 3}}), 4032);
  EXPECT_EQ(node.macs_at({{"b", 1}, {"s", 7}}), 7 * 12 * 48 + 7 * 7 * 32);
}

TEST(MsQAttention, CostsWhatTheFloatOneDoes) {
  OneNode node(Op::MsQAttention, 1);
  node.input({2, 3, 12}, DType::uint8).input({12, 48}, DType::int8).input({48}).input({}).input({});
  node.integer("num_heads", 2);
  EXPECT_EQ(node.macs(), "4032");
}

// 2·3·5·(16 + 24) = 1200
TEST(MsMultiHeadAttention, CountsBothProductsOfCrossAttention) {
  OneNode node(Op::MsMultiHeadAttention, 1);
  node.input({2, 3, 16}).input({2, 5, 16}).input({2, 5, 24}).integer("num_heads", 2);
  EXPECT_EQ(node.shape(), "[2, 3, 24]");
  EXPECT_EQ(node.macs(), "1200");
}

TEST(MsMultiHeadAttention, ReadsPackedQueriesKeysAndValues) {
  OneNode node(Op::MsMultiHeadAttention, 1);
  node.input({2, 3, 2, 3, 8}).integer("num_heads", 2);
  EXPECT_EQ(node.shape(), "[2, 3, 16]");
  EXPECT_EQ(node.macs(), "576");  // 2·9·32
}

TEST(MsMultiHeadAttention, CountsOneScorePerHead) {
  OneNode node(Op::MsMultiHeadAttention, 1);
  node.input({2, 3, 16}).input({2, 5, 16}).input({2, 5, 16}).integer("num_heads", 2);
  EXPECT_EQ(node.count(Arith::transcendental), "60");  // 2·2·3·5
}

TEST(MsDecoderMaskedMultiHeadAttention, OneQuerySeesPastAndItself) {
  OneNode node(Op::MsDecoderMaskedMultiHeadAttention, 1, 3);
  node.input({2, 1, 16}).input({2, 1, 16}).input({2, 1, 16}).absent().absent();
  node.input({2, 2, 32, 8}).input({2, 2, 32, 8}).values({9});
  node.integer("num_heads", 2).integer("past_present_share_buffer", 1);
  EXPECT_EQ(node.shape(1), "[2, 2, 32, 8]");
  EXPECT_EQ(node.macs(), "640");  // 2·1·10·32
}

TEST(MsDecoderMaskedSelfAttention, ProjectsAndAttends) {
  OneNode node(Op::MsDecoderMaskedSelfAttention, 1, 2);
  node.input({2, 1, 12}).input({12, 48}).input({48}).absent().input({2, 2, 2, 4, 8}).absent().values({4});
  node.integer("num_heads", 2);
  EXPECT_EQ(node.shape(1), "[2, 2, 2, 5, 8]");
  EXPECT_EQ(node.macs(), "1472");  // 2·12·48 + 2·5·32
}

TEST(MsPackedAttention, TakesTheProductsAtThePaddedLength) {
  OneNode node(Op::MsPackedAttention, 1);
  node.input({5, 12}).input({12, 48}).input({48}).input({2, 3}, DType::int32).input({3}, DType::int32);
  node.integer("num_heads", 2);
  EXPECT_EQ(node.shape(), "[5, 16]");
  EXPECT_EQ(node.macs(), "3456");  // 5·12·48 + 2·9·32
}

TEST(MsLongformerAttention, GivesNoDiscountForWindows) {
  OneNode node(Op::MsLongformerAttention, 1);
  node.input({1, 4, 16}).input({16, 48}).input({48}).input({1, 4}).input({16, 48}).input({48});
  node.input({1, 4}, DType::int32).integer("num_heads", 2).integer("window", 2);
  EXPECT_EQ(node.shape(), "[1, 4, 16]");
  EXPECT_EQ(node.macs(), "6656");  // 2·4·16·48 + 16·32
}

TEST(MsQOrderedAttention, ProjectsWithThreeWeights) {
  OneNode node(Op::MsQOrderedAttention, 1);
  node.input({2, 3, 12}, DType::int8);
  for (int i = 0; i < 4; ++i) node.input({});
  for (int i = 0; i < 3; ++i) node.input({12, 16}, DType::int8);
  for (int i = 0; i < 3; ++i) node.input({});
  for (int i = 0; i < 3; ++i) node.input({16});
  node.absent().absent().input({});
  node.integer("num_heads", 2);
  EXPECT_EQ(node.shape(), "[2, 3, 16]");
  EXPECT_EQ(node.macs(), "4032");
}

TEST(MsQOrderedLongformerAttention, CountsAsLongformer) {
  OneNode node(Op::MsQOrderedLongformerAttention, 1);
  node.input({1, 4, 16}, DType::int8).input({}).input({16, 48}, DType::int8).input({}).input({48}).input({});
  node.input({}).input({1, 4}, DType::float16).input({16, 48}, DType::int8).input({}).input({48}).input({});
  node.input({1, 4}, DType::int32).input({}).integer("num_heads", 2).integer("window", 2);
  EXPECT_EQ(node.shape(), "[1, 4, 16]");
  EXPECT_EQ(node.macs(), "6656");
}

// 32 query heads over 8 key heads of 128, one new token after 99: 1·100·(4096 + 4096).
TEST(MsGroupQueryAttention, CountsQueryHeadsNotKeyHeads) {
  OneNode node(Op::MsGroupQueryAttention, 1, 3);
  node.input({1, 1, 4096})
      .input({1, 1, 1024})
      .input({1, 1, 1024})
      .input({1, 8, 99, 128})
      .input({1, 8, 99, 128});
  node.input({1}, DType::int32).input({}, DType::int32, Value::scalar(Number::exact(100)));
  node.integer("num_heads", 32).integer("kv_num_heads", 8);
  EXPECT_EQ(node.shape(0), "[1, 1, 4096]");
  EXPECT_EQ(node.shape(1), "[1, 8, 100, 128]");
  EXPECT_EQ(node.macs(), "819200");
}

TEST(MsGroupQueryAttention, ReadsPackedProjections) {
  OneNode node(Op::MsGroupQueryAttention, 1, 3);
  node.input({2, 3, 32}).absent().absent().input({2, 1, 0, 8}).input({2, 1, 0, 8});
  node.input({2}, DType::int32).input({}, DType::int32, Value::scalar(Number::exact(3)));
  node.integer("num_heads", 2).integer("kv_num_heads", 1);
  EXPECT_EQ(node.shape(0), "[2, 3, 16]");
  EXPECT_EQ(node.shape(2), "[2, 1, 3, 8]");
  EXPECT_EQ(node.macs(), "576");
}

TEST(MsGroupQueryAttention, ACacheOfBytesStaysOne) {
  OneNode node(Op::MsGroupQueryAttention, 1, 3);
  node.input({1, 1, 16}, DType::float16).input({1, 1, 8}, DType::float16).input({1, 1, 8}, DType::float16);
  node.input({1, 1, 64, 4}, DType::uint8).input({1, 1, 64, 4}, DType::uint8);
  node.input({1}, DType::int32).input({}, DType::int32, Value::scalar(Number::exact(9)));
  node.integer("num_heads", 2).integer("kv_num_heads", 1);
  EXPECT_EQ(node.dtype(1), DType::uint8);
  EXPECT_EQ(node.shape(1), "[1, 1, 64, 4]");
  EXPECT_EQ(node.macs(), "288");  // 9·32
}

// How long the cache becomes is not known when total_sequence_length is not.
TEST(MsGroupQueryAttention, SaysNothingOfACacheItCannotKnow) {
  OneNode node(Op::MsGroupQueryAttention, 1, 3);
  node.input({1, 1, 16}).input({1, 1, 8}).input({1, 1, 8}).input({1, 1, 64, 8}).input({1, 1, 64, 8});
  node.input({1}, DType::int32).input({}, DType::int32);
  node.integer("num_heads", 2).integer("kv_num_heads", 1);
  EXPECT_EQ(node.shape(1), "[1, 1, ?, 8]");
  EXPECT_EQ(node.macs(), "?");
}

TEST(MsPagedAttention, KeepsItsPagesAndDoesNotGuessItsCost) {
  OneNode node(Op::MsPagedAttention, 1, 3);
  node.input({7, 32}, DType::float16).absent().absent();
  node.input({10, 16, 1, 8}, DType::int8).input({10, 16, 1, 8}, DType::int8);
  node.input({3}, DType::int32).input({2}, DType::int32).input({2, 4}, DType::int32);
  node.integer("num_heads", 2).integer("kv_num_heads", 1);
  EXPECT_EQ(node.shape(0), "[7, 16]");
  EXPECT_EQ(node.shape(1), "[10, 16, 1, 8]");
  EXPECT_EQ(node.dtype(1), DType::int8);
  EXPECT_EQ(node.macs(), "?");
}

TEST(MsPagedAttention, LatentValuesAreNarrower) {
  OneNode node(Op::MsPagedAttention, 1, 2);
  node.input({7, 2 * 576}, DType::float16).absent().absent().input({10, 16, 1, 576}, DType::float16).absent();
  node.input({3}, DType::int32).input({2}, DType::int32).input({2, 4}, DType::int32);
  node.integer("num_heads", 2).integer("kv_num_heads", 1).integer("v_head_size", 512);
  node.text("kv_cache_layout", "LATENT");
  EXPECT_EQ(node.shape(0), "[7, 1024]");
}

TEST(MsDynamicSparseAttention, ReadsOnlyWhatIsSelected) {
  OneNode node(Op::MsDynamicSparseAttention, 1, 3);
  node.input({1, 4, 16}).input({1, 4, 8}).input({1, 4, 8}).input({1, 1, 64, 8}).input({1, 1, 64, 8});
  node.absent().absent().input({4, 6}, DType::int32).input({4}, DType::int32).input({1}, DType::int32);
  node.input({}, DType::int32).integer("num_heads", 2).integer("kv_num_heads", 1);
  EXPECT_EQ(node.shape(1), "[1, 1, 64, 8]");
  EXPECT_EQ(node.macs(), "768");  // 4·6·32
}

TEST(MsSparsePagedAttention, AddsTheLocalWindow) {
  OneNode node(Op::MsSparsePagedAttention, 1, 3);
  node.input({5, 32}, DType::float16).absent().absent();
  node.input({10, 16, 1, 8}, DType::float16).input({10, 16, 1, 8}, DType::float16);
  node.input({3}, DType::int32).input({2}, DType::int32).input({2, 4}, DType::int32).absent();
  node.input({5, 6}, DType::int32).input({5}, DType::int32);
  node.integer("num_heads", 2).integer("kv_num_heads", 1).integer("local_window_size", 4);
  node.text("attention_mode", "local_plus_selected");
  EXPECT_EQ(node.shape(0), "[5, 16]");
  EXPECT_EQ(node.macs(), "1600");  // 5·(6 + 4)·32
}

// A state of 8 × 6 for 2 heads: update, retrieval and reading for each of 2·3 tokens: 6·48·2·3.
TEST(MsLinearAttention, CountsUpdateRetrievalAndReading) {
  OneNode node(Op::MsLinearAttention, 1, 2);
  node.input({2, 3, 16}).input({2, 3, 16}).input({2, 3, 12});
  node.integer("q_num_heads", 2).integer("kv_num_heads", 2);
  EXPECT_EQ(node.shape(0), "[2, 3, 12]");
  EXPECT_EQ(node.shape(1), "[2, 2, 8, 6]");
  EXPECT_EQ(node.macs(), "1728");
}

TEST(MsLinearAttention, ALinearRuleRetrievesNothing) {
  OneNode node(Op::MsLinearAttention, 1, 2);
  node.input({2, 3, 16}).input({2, 3, 16}).input({2, 3, 12}).text("update_rule", "linear");
  node.integer("q_num_heads", 2).integer("kv_num_heads", 2);
  EXPECT_EQ(node.macs(), "1152");
}

TEST(MsGatedDeltaNet, CountsAsLinearAttention) {
  OneNode node(Op::MsGatedDeltaNet, 1, 2);
  node.input({6, 2, 8}).input({6, 2, 8}).input({6, 2, 6});
  EXPECT_EQ(node.shape(0), "[6, 2, 6]");
  EXPECT_EQ(node.macs(), "1728");
}

TEST(MsGatedDeltaNetStateReplay, ReturnsTheDestination) {
  OneNode node(Op::MsGatedDeltaNetStateReplay, 1);
  node.input({100}).input({50}).input({80}).input({11}, DType::int64);
  EXPECT_EQ(node.shape(), "[80]");
}

TEST(MsMamba2Verify, StatesKeepTheirShapes) {
  OneNode node(Op::MsMamba2Verify, 1, 3);
  node.input({3, 900}, DType::bfloat16).input({4, 384, 3}, DType::bfloat16).input({4, 2, 128, 64});
  node.integer("heads", 2).integer("n_groups", 1);
  EXPECT_EQ(node.shape(0), "[3, 128]");
  EXPECT_EQ(node.shape(1), "[4, 384, 3]");
  EXPECT_EQ(node.shape(2), "[4, 2, 128, 64]");
}

TEST(MsRotaryEmbedding, CountsOnlyRotatedElements) {
  OneNode whole(Op::MsRotaryEmbedding, 1);
  whole.input({2, 3, 16}).input({2, 3}, DType::int64).input({32, 4}).input({32, 4});
  EXPECT_EQ(whole.arithmetic(), "288");  // 96·3
  OneNode part(Op::MsRotaryEmbedding, 1);
  part.input({2, 3, 16}).input({2, 3}, DType::int64).input({32, 2}).input({32, 2});
  part.integer("num_heads", 2).integer("rotary_embedding_dim", 4);
  EXPECT_EQ(part.arithmetic(), "144");  // 2·3·2·4·3
}

}  // namespace
}  // namespace haoline
