#include <gtest/gtest.h>

#include "support/one_node.h"

namespace haoline {
namespace {

using test::OneNode;

TEST(Lstm, CountsBothProductsOfFourGatesInBothDirections) {
  OneNode lstm(Op::LSTM, 14, 3);
  lstm.input({35, 8, 128}).input({2, 4 * 256, 128}).input({2, 4 * 256, 256}).input({2, 8 * 256});
  lstm.text("direction", "bidirectional").integer("hidden_size", 256);
  EXPECT_EQ(lstm.shape(0), "[35, 2, 8, 256]");
  EXPECT_EQ(lstm.shape(1), "[2, 8, 256]");
  EXPECT_EQ(lstm.shape(2), "[2, 8, 256]");
  EXPECT_EQ(lstm.macs(), std::to_string(35LL * 8 * 2 * 4 * 256 * (128 + 256)));
  const std::int64_t elements = 35LL * 8 * 2 * 256;
  EXPECT_EQ(lstm.count(Arith::add),
            std::to_string(elements * (5 + 8)));  // joined gates and cell, two biases a gate
  EXPECT_EQ(lstm.count(Arith::transcendental), std::to_string(elements * 5));
}

TEST(Lstm, PeepholesAreArithmetic) {
  OneNode lstm(Op::LSTM, 7, 3);
  lstm.input({1, 2, 4})
      .input({1, 12, 4})
      .input({1, 12, 3})
      .input({1, 24})
      .absent()
      .input({1, 2, 3})
      .input({1, 2, 3});
  lstm.input({1, 9}).integer("hidden_size", 3);
  EXPECT_EQ(lstm.macs(), std::to_string(2 * 4 * 3 * (4 + 3)));
  EXPECT_EQ(lstm.count(Arith::multiply), std::to_string(2 * 3 * (3 + 3)));
}

TEST(Lstm, LayoutOnePutsTheBatchFirst) {
  OneNode lstm(Op::LSTM, 14, 3);
  lstm.input({8, 35, 128}).input({1, 1024, 128}).input({1, 1024, 256}).integer("layout", 1);
  EXPECT_EQ(lstm.shape(0), "[8, 35, 1, 256]");
  EXPECT_EQ(lstm.shape(1), "[8, 1, 256]");
  EXPECT_EQ(lstm.macs(), std::to_string(35LL * 8 * 4 * 256 * (128 + 256)));
}

TEST(Lstm, RefusesWeightsOfAnotherSize) {
  OneNode lstm(Op::LSTM, 14, 3);
  lstm.input({35, 8, 128}).input({1, 1000, 128}).input({1, 1024, 256}).integer("hidden_size", 256);
  EXPECT_EQ(lstm.refusal(), "W has 1000 along axis 1, the cell needs 1024");
  OneNode flat(Op::LSTM, 14, 3);
  flat.input({8, 128}).input({1, 1024, 128}).input({1, 1024, 256});
  EXPECT_EQ(flat.refusal(), "X has rank 2, it has to be 3");
}

TEST(Gru, HasThreeGates) {
  OneNode gru(Op::GRU, 14, 2);
  gru.input({gru.symbol("seq"), gru.symbol("batch"), 64}).input({1, 3 * 32, 64}).input({1, 3 * 32, 32});
  gru.integer("linear_before_reset", 1).text("direction", "reverse");
  EXPECT_EQ(gru.shape(0), "[seq, 1, batch, 32]");
  EXPECT_EQ(gru.macs_at({{"seq", 7}, {"batch", 3}}), 7 * 3 * 3 * 32 * (64 + 32));
}

TEST(Rnn, HasOneGate) {
  OneNode rnn(Op::RNN, 14, 2);
  rnn.input({5, 2, 10}).input({1, 20, 10}).input({1, 20, 20}).input({1, 40});
  EXPECT_EQ(rnn.shape(0), "[5, 1, 2, 20]");
  EXPECT_EQ(rnn.macs(), std::to_string(5 * 2 * 20 * (10 + 20)));
}

}  // namespace
}  // namespace haoline
