// Random expressions against plain integers: every handle is made together with its values at several
// bindings, computed by ordinary 128-bit arithmetic.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "ir/dim.h"

namespace haoline {
namespace {

constexpr std::size_t kPoints = 6;
using Values = std::array<Int128, kPoints>;

struct Sample {
  Dim dim;
  Values values;
  std::string spelled;  // how it was made, for messages
};

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {
    for (std::size_t p = 0; p < kPoints; ++p) {
      bindings_[p] = {{"a", below(40)}, {"b", 1 + below(9)}, {"c d", 1 + below(300)}, {"e", 1 + below(3)}};
    }
    for (const char* name : {"a", "b", "c d", "e"}) {
      Sample sample{pool.symbol(name), {}, name};
      for (std::size_t p = 0; p < kPoints; ++p) sample.values[p] = bindings_[p].find(name)->second;
      samples_.push_back(sample);
    }
    for (const std::int64_t n : {-7, -1, 0, 1, 2, 3, 8, 64}) samples_.push_back(constant(n));
  }

  static Sample constant(std::int64_t n) {
    Sample sample{Dim(n), {}, std::to_string(n)};
    sample.values.fill(n);
    return sample;
  }

  // A new sample from two old ones; false when the operation is not defined at some binding.
  bool step() {
    const Sample x = pick(), y = pick();
    const int operation = static_cast<int>(below(8));
    static constexpr const char* kNames[] = {"+", "-", "*", "//", "%", "ceildiv", "min", "max"};
    Sample made{Dim::unknown(), {}, "(" + x.spelled + " " + kNames[operation] + " " + y.spelled + ")"};
    for (std::size_t p = 0; p < kPoints; ++p) {
      const Int128 u = x.values[p], v = y.values[p];
      if (operation >= 3 && operation <= 5 && v == 0) return false;
      switch (operation) {
        case 0:
          made.values[p] = u + v;
          break;
        case 1:
          made.values[p] = u - v;
          break;
        case 2:
          made.values[p] = u * v;
          break;
        case 3:
          made.values[p] = floor_div(u, v);
          break;
        case 4:
          made.values[p] = floor_mod(u, v);
          break;
        case 5:
          made.values[p] = -floor_div(-u, v);
          break;
        case 6:
          made.values[p] = std::min(u, v);
          break;
        default:
          made.values[p] = std::max(u, v);
          break;
      }
      if (made.values[p] > (Int128{1} << 50) || made.values[p] < -(Int128{1} << 50)) return false;
    }
    switch (operation) {
      case 0:
        made.dim = pool.add(x.dim, y.dim);
        break;
      case 1:
        made.dim = pool.subtract(x.dim, y.dim);
        break;
      case 2:
        made.dim = pool.multiply(x.dim, y.dim);
        break;
      case 3:
        made.dim = pool.floor_div(x.dim, y.dim);
        break;
      case 4:
        made.dim = pool.mod(x.dim, y.dim);
        break;
      case 5:
        made.dim = pool.ceil_div(x.dim, y.dim);
        break;
      case 6:
        made.dim = pool.min(x.dim, y.dim);
        break;
      default:
        made.dim = pool.max(x.dim, y.dim);
        break;
    }
    if (made.dim.is_unknown() || made.spelled.size() > 160) return false;
    last = made;
    if (samples_.size() < 60) {
      samples_.push_back(made);
    } else {
      samples_[12 + below(48)] = made;
    }
    return true;
  }

  const Bindings& bindings(std::size_t p) const { return bindings_[p]; }
  const Sample& pick() { return samples_[below(static_cast<std::int64_t>(samples_.size()))]; }
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
  }

  DimPool pool;
  Sample last;

 private:
  std::mt19937 random_;
  std::array<Bindings, kPoints> bindings_;
  std::vector<Sample> samples_;
};

class RandomDims : public testing::TestWithParam<std::uint32_t> {};

TEST_P(RandomDims, EvaluateToWhatPlainArithmeticSays) {
  Generator g(GetParam());
  for (int i = 0; i < 1500; ++i) {
    if (!g.step()) continue;
    for (std::size_t p = 0; p < kPoints; ++p) {
      const auto value = g.pool.evaluate(g.last.dim, g.bindings(p));
      ASSERT_TRUE(value) << g.last.spelled << " = " << g.pool.to_string(g.last.dim);
      ASSERT_EQ(to_decimal(*value), to_decimal(g.last.values[p]))
          << g.last.spelled << " = " << g.pool.to_string(g.last.dim) << " at point " << p;
    }
  }
}

TEST_P(RandomDims, StayWithinTheirProvenRange) {
  Generator g(GetParam());
  for (int i = 0; i < 1500; ++i) {
    if (!g.step()) continue;
    const Range range = g.pool.range(g.last.dim);
    const Sample other = g.pick();
    const auto less = g.pool.less(g.last.dim, other.dim);
    const auto equal = g.pool.equal(g.last.dim, other.dim);
    for (std::size_t p = 0; p < kPoints; ++p) {
      const Int128 value = g.last.values[p];
      ASSERT_TRUE(range.low <= value && value <= range.high)
          << g.last.spelled << " = " << g.pool.to_string(g.last.dim) << " in " << to_decimal(range.low)
          << " to " << to_decimal(range.high) << " is " << to_decimal(value);
      if (less) {
        ASSERT_EQ(*less, value < other.values[p]) << g.last.spelled << " < " << other.spelled;
      }
      if (equal) {
        ASSERT_EQ(*equal, value == other.values[p]) << g.last.spelled << " == " << other.spelled;
      }
    }
  }
}

TEST_P(RandomDims, ReadBackWhatTheyPrint) {
  Generator g(GetParam());
  for (int i = 0; i < 1500; ++i) {
    if (!g.step()) continue;
    const std::string text = g.pool.to_string(g.last.dim);
    const auto parsed = g.pool.parse(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
    ASSERT_EQ(g.pool.to_string(*parsed), text);
    for (std::size_t p = 0; p < kPoints; ++p) {
      ASSERT_EQ(g.pool.evaluate(*parsed, g.bindings(p)), g.last.values[p]) << text;
    }
    EXPECT_EQ(*parsed, g.last.dim) << text << " from " << g.last.spelled;
  }
}

TEST_P(RandomDims, SubstitutedByNumbersAreTheirValue) {
  Generator g(GetParam());
  for (int i = 0; i < 500; ++i) {
    if (!g.step()) continue;
    for (std::size_t p = 0; p < kPoints; ++p) {
      std::vector<std::pair<Dim, Dim>> values;
      for (const auto& [name, value] : g.bindings(p)) values.emplace_back(g.pool.symbol(name), Dim(value));
      ASSERT_EQ(g.pool.constant(g.pool.substitute(g.last.dim, values)), g.last.values[p]) << g.last.spelled;
    }
  }
}

TEST_P(RandomDims, AreCommutativeAndAssociativeByHandle) {
  Generator g(GetParam());
  for (int i = 0; i < 300; ++i) {
    g.step();
    const Dim x = g.pick().dim, y = g.pick().dim, z = g.pick().dim;
    DimPool& p = g.pool;
    EXPECT_EQ(p.add(x, y), p.add(y, x));
    EXPECT_EQ(p.multiply(x, y), p.multiply(y, x));
    EXPECT_EQ(p.min(x, y), p.min(y, x));
    EXPECT_EQ(p.max(x, y), p.max(y, x));
    EXPECT_EQ(p.broadcast(x, y), p.broadcast(y, x));
    EXPECT_EQ(p.add(p.add(x, y), z), p.add(x, p.add(y, z)));
    const Dim left = p.multiply(p.add(x, y), z), right = p.add(p.multiply(x, z), p.multiply(y, z));
    if (!left.is_unknown() && !right.is_unknown()) {
      EXPECT_EQ(left, right);
    }
    EXPECT_EQ(p.sum(std::array{x, y, z}), p.add(x, p.add(y, z)));
  }
}

TEST_P(RandomDims, ProductsDivideExactlyByTheirFactors) {
  Generator g(GetParam());
  DimPool& p = g.pool;
  const Dim names[] = {p.symbol("a"), p.symbol("b"), p.symbol("c d"), p.symbol("e")};
  for (int i = 0; i < 300; ++i) {
    const auto polynomial = [&] {
      Dim total = g.below(3);
      for (int t = 0; t < 2; ++t) {
        total = p.add(total, p.multiply(1 + g.below(12), p.multiply(names[g.below(4)], names[g.below(4)])));
      }
      return total;
    };
    const Dim x = polynomial(), y = polynomial();
    ASSERT_EQ(p.floor_div(p.multiply(x, y), y), x) << p.to_string(x) << " times " << p.to_string(y);
    ASSERT_EQ(p.mod(p.multiply(x, y), y), Dim(0));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomDims, testing::Range<std::uint32_t>(1, 13));

}  // namespace
}  // namespace haoline
