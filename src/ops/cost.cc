#include "ops/cost.h"

namespace haoline {

std::string_view name(Arith kind) {
  constexpr std::string_view kNames[kArithKinds] = {
      "add", "multiply", "divide", "square_root", "transcendental", "compare", "logic",
  };
  return kNames[static_cast<std::size_t>(kind)];
}

void Cost::add(const Work& work, Dim elements, DimPool& pool) {
  const std::array<std::uint8_t, kArithKinds> per_element = work.by_kind();
  for (std::size_t i = 0; i < kArithKinds; ++i) {
    if (per_element[i] == 0) continue;  // 0 times an unknown count is nothing done, not unknown
    operations[i] = pool.add(operations[i], pool.multiply(Dim(per_element[i]), elements));
  }
}

Dim Cost::arithmetic(DimPool& pool) const {
  Dim total = 0;
  for (const Dim count : operations) total = pool.add(total, count);
  return total;
}

Dim Cost::flops(DimPool& pool) const {
  return pool.add(pool.multiply(Dim(2), macs), arithmetic(pool));
}

}  // namespace haoline
