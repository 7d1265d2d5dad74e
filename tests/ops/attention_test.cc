#include <gtest/gtest.h>

#include "support/one_node.h"

namespace haoline {
namespace {

using test::OneNode;

TEST(Attention, CountsBothFullProducts) {
  OneNode attention(Op::Attention, 23, 4);
  attention.input({2, 12, 128, 64}).input({2, 12, 128, 64}).input({2, 12, 128, 64}).integer("is_causal", 1);
  EXPECT_EQ(attention.shape(0), "[2, 12, 128, 64]");
  EXPECT_EQ(attention.shape(3), "[2, 12, 128, 128]");
  EXPECT_EQ(attention.macs(), std::to_string(2LL * 12 * 128 * 128 * (64 + 64)));
}

TEST(Attention, GroupedHeadsWithACacheCostWhatFullHeadsDo) {
  OneNode attention(Op::Attention, 23, 4);
  const Dim batch = attention.symbol("batch"), seq = attention.symbol("seq"), past = attention.symbol("past");
  attention.input({batch, seq, 32 * 128}).input({batch, seq, 8 * 128}).input({batch, seq, 8 * 96});
  attention.absent().input({batch, 8, past, 128}).input({batch, 8, past, 96});
  attention.integer("q_num_heads", 32).integer("kv_num_heads", 8);
  EXPECT_EQ(attention.shape(0), "[batch, seq, 3072]");  // 32 heads of 96
  const Bindings bindings = {{"batch", 2}, {"seq", 3}, {"past", 100}};
  EXPECT_EQ(attention.macs_at(bindings), 2LL * 32 * 3 * 103 * (128 + 96));
  OneNode numbers(Op::Attention, 23, 4);
  numbers.input({2, 3, 32 * 128}).input({2, 3, 8 * 128}).input({2, 3, 8 * 96});
  numbers.absent().input({2, 8, 100, 128}).input({2, 8, 100, 96});
  numbers.integer("q_num_heads", 32).integer("kv_num_heads", 8);
  EXPECT_EQ(numbers.shape(1), "[2, 8, 103, 128]");
  EXPECT_EQ(numbers.shape(2), "[2, 8, 103, 96]");
  EXPECT_EQ(numbers.shape(3), "[2, 32, 3, 103]");
  EXPECT_EQ(numbers.macs_at({}), attention.macs_at(bindings));
}

TEST(Attention, MasksAndSoftcapAreArithmeticPerScore) {
  OneNode attention(Op::Attention, 23);
  attention.input({1, 1, 4, 8}).input({1, 1, 6, 8}).input({1, 1, 6, 8}).input({4, 6}).real("softcap", 2);
  EXPECT_EQ(attention.arithmetic(), std::to_string(4 * 6 * (6 + 1 + 3)));
}

TEST(Attention, RefusesHeadsThatDoNotFit) {
  const auto refusal = [](Shape q, Shape k, Shape v) {
    OneNode attention(Op::Attention, 23);
    attention.input(std::move(q)).input(std::move(k)).input(std::move(v));
    return attention.refusal();
  };
  EXPECT_EQ(refusal({1, 4, 8, 64}, {1, 4, 8, 32}, {1, 4, 8, 32}),
            "the query's heads are of 64, the key's of 32");
  EXPECT_EQ(refusal({1, 4, 8, 64}, {1, 3, 8, 64}, {1, 3, 8, 64}), "4 query heads cannot share 3 key heads");
  EXPECT_EQ(refusal({1, 4, 8, 64}, {1, 4, 8, 64}, {1, 4, 7, 64}), "the key has 8 tokens, the value 7");
  EXPECT_EQ(refusal({1, 8, 64}, {1, 8, 64}, {1, 8, 64}), "Q has rank 3, which needs q_num_heads");
}

TEST(FlexAttention, WhatItsModifiersCostIsUnknown) {
  OneNode plain(Op::PreviewFlexAttention, 1);
  plain.input({1, 2, 4, 8}).input({1, 2, 6, 8}).input({1, 2, 6, 8});
  EXPECT_EQ(plain.macs(), std::to_string(2 * 4 * 6 * 16));
  EXPECT_EQ(plain.arithmetic(), std::to_string(2 * 4 * 6 * 6));
  OneNode modified(Op::PreviewFlexAttention, 1);
  modified.input({1, 2, 4, 8}).input({1, 2, 6, 8}).input({1, 2, 6, 8}).graph("score_mod");
  EXPECT_EQ(modified.macs(), std::to_string(2 * 4 * 6 * 16));
  EXPECT_EQ(modified.arithmetic(), "?");
}

TEST(RotaryEmbedding, RotatesOnlyThePartItIsTold) {
  OneNode whole(Op::RotaryEmbedding, 23);
  whole.input({2, 4, 3, 8}).input({50, 4}).input({50, 4}).input({2, 3}, DType::int64);
  EXPECT_EQ(whole.shape(), "[2, 4, 3, 8]");
  EXPECT_EQ(whole.arithmetic(), std::to_string(2 * 4 * 3 * 8 * 3));
  OneNode part(Op::RotaryEmbedding, 23);
  part.input({2, 3, 32}).input({50, 2}).input({50, 2}).input({2, 3}, DType::int64);
  part.integer("num_heads", 4).integer("rotary_embedding_dim", 4);
  EXPECT_EQ(part.arithmetic(), std::to_string(2 * 4 * 3 * 4 * 3));
}

TEST(TensorScatter, KeepsTheCachesShape) {
  OneNode scatter(Op::TensorScatter, 24);
  scatter.input({2, 8, 1024, 64}).input({2, 8, 1, 64}).input({2}, DType::int64);
  EXPECT_EQ(scatter.shape(), "[2, 8, 1024, 64]");
  EXPECT_EQ(scatter.arithmetic(), "0");
  OneNode wrong(Op::TensorScatter, 24);
  wrong.input({2, 8, 1024, 64}).input({2, 4, 1, 64});
  EXPECT_EQ(wrong.refusal(), "cache and update differ along axis 1: 8 and 4");
}

TEST(LinearAttention, WritesTheStatePerKeyHeadAndReadsItPerQueryHead) {
  const auto macs = [](std::string_view rule) {
    OneNode attention(Op::LinearAttention, 27, 2);
    attention.input({2, 5, 8 * 16}).input({2, 5, 4 * 16}).input({2, 5, 4 * 32});
    attention.integer("q_num_heads", 8).integer("kv_num_heads", 4).text("update_rule", rule);
    EXPECT_EQ(attention.shape(0), "[2, 5, 256]");
    EXPECT_EQ(attention.shape(1), "[2, 4, 16, 32]");
    return attention.macs();
  };
  EXPECT_EQ(macs("linear"), std::to_string(2 * 5 * 16 * 32 * (8 + 4)));
  EXPECT_EQ(macs("gated_delta"), std::to_string(2 * 5 * 16 * 32 * (8 + 4 + 4)));
}

}  // namespace
}  // namespace haoline
