// Every byte of the model's files has a label; the labels add up to the files.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/model.h"

namespace haoline {

struct ByteAccounting {
  struct Weights {
    DType dtype;
    std::uint64_t bytes;
  };
  std::vector<Weights> weights;  // by dtype, used weights
  std::uint64_t structure = 0, metadata = 0, padding = 0, duplicate = 0, unreachable = 0;
  std::uint64_t total = 0;  // equals the sum of the file sizes
};

// `by_content`: weights with equal bytes count once, the others as duplicate (reads every weight).
ByteAccounting account_bytes(const Model& model, bool by_content = false);

}  // namespace haoline
