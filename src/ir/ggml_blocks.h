// ggml's block types as numbers: so many elements share a scale, some a minimum, and are packed beside it.
//
// Decoded are the types that need no lookup grid: q4_0 … q8_1, the K-quants, iq4_nl and iq4_xs, the ternary
// ones, mxfp4, nvfp4, q1_0, q2_0. The other iq types draw from codebooks of thousands of entries.
#pragma once

#include <span>

#include "base/bytes.h"
#include "ir/dtype.h"

namespace haoline {

inline constexpr std::size_t kMostBlockElements = 256;

bool can_decode_blocks(DType dtype);

// One block: `bytes` has info(dtype).block_bytes, `out` room for info(dtype).block_elements.
void decode_block(DType dtype, const std::byte* bytes, float* out);

}  // namespace haoline
