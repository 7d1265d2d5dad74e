#include "ir/ggml_blocks.h"

#include <cmath>

#include "base/half.h"

namespace haoline {
namespace {

using Decode = void (*)(const std::byte* bytes, float* out);

constexpr std::int8_t kIq4[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
// Twice the values of a 4-bit float, so that they are whole.
constexpr std::int8_t kFloat4Doubled[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

unsigned u8(const std::byte* at) {
  return std::to_integer<unsigned>(*at);
}
int i8(const std::byte* at) {
  return static_cast<std::int8_t>(u8(at));
}
float half(const std::byte* at) {
  return static_cast<float>(float16_to_double(load<std::uint16_t>(at)));
}
float times(float scale, int value) {
  return scale * static_cast<float>(value);
}

// Low nibbles are the first half of the block, high ones the second.
void q4_0(const std::byte* b, float* out) {
  const float d = half(b);
  for (int j = 0; j < 16; ++j) {
    const auto q = static_cast<int>(u8(b + 2 + j));
    out[j] = times(d, (q & 15) - 8);
    out[j + 16] = times(d, (q >> 4) - 8);
  }
}
void q4_1(const std::byte* b, float* out) {
  const float d = half(b), m = half(b + 2);
  for (int j = 0; j < 16; ++j) {
    const auto q = static_cast<int>(u8(b + 4 + j));
    out[j] = times(d, q & 15) + m;
    out[j + 16] = times(d, q >> 4) + m;
  }
}
// The fifth bits stand together in a word.
void q5_0(const std::byte* b, float* out) {
  const float d = half(b);
  const auto high = load<std::uint32_t>(b + 2);
  for (int j = 0; j < 16; ++j) {
    const auto q = static_cast<int>(u8(b + 6 + j));
    out[j] = times(d, ((q & 15) | static_cast<int>((high >> j & 1) << 4)) - 16);
    out[j + 16] = times(d, ((q >> 4) | static_cast<int>((high >> (j + 16) & 1) << 4)) - 16);
  }
}
void q5_1(const std::byte* b, float* out) {
  const float d = half(b), m = half(b + 2);
  const auto high = load<std::uint32_t>(b + 4);
  for (int j = 0; j < 16; ++j) {
    const auto q = static_cast<int>(u8(b + 8 + j));
    out[j] = times(d, (q & 15) | static_cast<int>((high >> j & 1) << 4)) + m;
    out[j + 16] = times(d, (q >> 4) | static_cast<int>((high >> (j + 16) & 1) << 4)) + m;
  }
}
void q8_0(const std::byte* b, float* out) {
  const float d = half(b);
  for (int j = 0; j < 32; ++j) out[j] = times(d, i8(b + 2 + j));
}
void q8_1(const std::byte* b, float* out) {
  const float d = half(b);
  for (int j = 0; j < 32; ++j) out[j] = times(d, i8(b + 4 + j));
}
void q8_k(const std::byte* b, float* out) {
  const auto d = load<float>(b);
  for (int j = 0; j < 256; ++j) out[j] = times(d, i8(b + 4 + j));
}

// Sixteen groups of sixteen, each with 4 bits of scale and 4 of minimum.
void q2_k(const std::byte* b, float* out) {
  const std::byte* const q = b + 16;
  const float d = half(b + 80), dmin = half(b + 82);
  for (int group = 0; group < 16; ++group) {
    const auto scale = static_cast<int>(u8(b + group));
    const float dl = times(d, scale & 15), ml = times(dmin, scale >> 4);
    const int shift = group % 8 / 2 * 2;
    const std::byte* const from = q + group / 8 * 32 + group % 2 * 16;
    for (int l = 0; l < 16; ++l)
      out[group * 16 + l] = times(dl, static_cast<int>(u8(from + l) >> shift & 3)) - ml;
  }
}

// The third bit says that nothing is taken off; sixteen scales of 6 bits in twelve bytes.
void q3_k(const std::byte* b, float* out) {
  const std::byte* const high = b;
  const std::byte* const q = b + 32;
  const std::byte* const scales = b + 96;
  const float d = half(b + 108);
  for (int group = 0; group < 16; ++group) {
    const unsigned low = u8(scales + group % 8) >> (group / 8 * 4) & 15;
    const unsigned top = u8(scales + 8 + group % 4) >> (group / 4 * 2) & 3;
    const float dl = times(d, static_cast<int>(low | top << 4) - 32);
    const int part = group % 8 / 2;
    const int bit = group / 8 * 4 + part;
    for (int l = 0; l < 16; ++l) {
      const int at = group % 2 * 16 + l;
      const auto value = static_cast<int>(u8(q + group / 8 * 32 + at) >> (part * 2) & 3);
      out[group * 16 + l] = times(dl, value - ((u8(high + at) >> bit & 1) != 0 ? 0 : 4));
    }
  }
}

// Scales and minima of q4_k and q5_k: eight of 6 bits each in twelve bytes.
struct ScaleAndMinimum {
  int scale, minimum;
};
ScaleAndMinimum scale_of(const std::byte* s, int j) {
  if (j < 4) return {static_cast<int>(u8(s + j) & 63), static_cast<int>(u8(s + j + 4) & 63)};
  return {static_cast<int>((u8(s + j + 4) & 15) | (u8(s + j - 4) >> 6) << 4),
          static_cast<int>(u8(s + j + 4) >> 4 | (u8(s + j) >> 6) << 4)};
}
void q4_k(const std::byte* b, float* out) {
  const float d = half(b), dmin = half(b + 2);
  for (int j = 0; j < 8; ++j) {
    const ScaleAndMinimum s = scale_of(b + 4, j);
    const float dl = times(d, s.scale), ml = times(dmin, s.minimum);
    for (int l = 0; l < 32; ++l)
      out[j * 32 + l] = times(dl, static_cast<int>(u8(b + 16 + j / 2 * 32 + l) >> (j % 2 * 4) & 15)) - ml;
  }
}
void q5_k(const std::byte* b, float* out) {
  const float d = half(b), dmin = half(b + 2);
  for (int j = 0; j < 8; ++j) {
    const ScaleAndMinimum s = scale_of(b + 4, j);
    const float dl = times(d, s.scale), ml = times(dmin, s.minimum);
    for (int l = 0; l < 32; ++l) {
      const unsigned low = u8(b + 48 + j / 2 * 32 + l) >> (j % 2 * 4) & 15;
      const unsigned fifth = u8(b + 16 + l) >> j & 1;
      out[j * 32 + l] = times(dl, static_cast<int>(low | fifth << 4)) - ml;
    }
  }
}
void q6_k(const std::byte* b, float* out) {
  const float d = half(b + 208);
  for (int i = 0; i < 256; ++i) {
    const int side = i / 128, quarter = i % 128 / 32, l = i % 32;
    const unsigned low = u8(b + side * 64 + quarter % 2 * 32 + l) >> (quarter / 2 * 4) & 15;
    const unsigned top = u8(b + 128 + side * 32 + l) >> (quarter * 2) & 3;
    const float dl = times(d, i8(b + 192 + i / 16));
    out[i] = times(dl, static_cast<int>(low | top << 4) - 32);
  }
}

void iq4_nl(const std::byte* b, float* out) {
  const float d = half(b);
  for (int j = 0; j < 16; ++j) {
    const unsigned q = u8(b + 2 + j);
    out[j] = times(d, kIq4[q & 15]);
    out[j + 16] = times(d, kIq4[q >> 4]);
  }
}
void iq4_xs(const std::byte* b, float* out) {
  const float d = half(b);
  const auto high = load<std::uint16_t>(b + 2);
  for (int group = 0; group < 8; ++group) {
    const unsigned low = u8(b + 4 + group / 2) >> (group % 2 * 4) & 15;
    const auto top = static_cast<unsigned>(high >> (group * 2) & 3);
    const float dl = times(d, static_cast<int>(low | top << 4) - 32);
    for (int j = 0; j < 16; ++j) {
      const unsigned q = u8(b + 8 + group * 16 + j);
      out[group * 32 + j] = times(dl, kIq4[q & 15]);
      out[group * 32 + j + 16] = times(dl, kIq4[q >> 4]);
    }
  }
}

// Five ternary digits in a byte, the first one highest: multiplied by a power of three, the digit is what
// runs over the byte.
int trit(unsigned byte, unsigned power) {
  return static_cast<int>((byte * power & 255) * 3 >> 8) - 1;
}
void tq1_0(const std::byte* b, float* out) {
  constexpr unsigned kPowers[] = {1, 3, 9, 27, 81};
  const float d = half(b + 52);
  for (int n = 0; n < 5; ++n) {
    for (int m = 0; m < 32; ++m) out[n * 32 + m] = times(d, trit(u8(b + m), kPowers[n]));
    for (int m = 0; m < 16; ++m) out[160 + n * 16 + m] = times(d, trit(u8(b + 32 + m), kPowers[n]));
  }
  for (int n = 0; n < 4; ++n) {
    for (int m = 0; m < 4; ++m) out[240 + n * 4 + m] = times(d, trit(u8(b + 48 + m), kPowers[n]));
  }
}
void tq2_0(const std::byte* b, float* out) {
  const float d = half(b + 64);
  for (int i = 0; i < 256; ++i) {
    const unsigned q = u8(b + i / 128 * 32 + i % 32) >> (i % 128 / 32 * 2) & 3;
    out[i] = times(d, static_cast<int>(q) - 1);
  }
}

void mxfp4(const std::byte* b, float* out) {
  const auto d = static_cast<float>(std::ldexp(1.0, static_cast<int>(u8(b)) - 128));
  for (int j = 0; j < 16; ++j) {
    const unsigned q = u8(b + 1 + j);
    out[j] = times(d, kFloat4Doubled[q & 15]);
    out[j + 16] = times(d, kFloat4Doubled[q >> 4]);
  }
}
// Four groups of sixteen, each with an unsigned 8-bit float for a scale.
void nvfp4(const std::byte* b, float* out) {
  for (int group = 0; group < 4; ++group) {
    const unsigned code = u8(b + group) & 127;
    const double scale = code == 127 ? 0 : to_double(kFloat8E4M3Fn, code);
    const auto d = static_cast<float>(scale / 2);
    for (int j = 0; j < 8; ++j) {
      const unsigned q = u8(b + 4 + group * 8 + j);
      out[group * 16 + j] = times(d, kFloat4Doubled[q & 15]);
      out[group * 16 + j + 8] = times(d, kFloat4Doubled[q >> 4]);
    }
  }
}

void q1_0(const std::byte* b, float* out) {
  const float d = half(b);
  for (int i = 0; i < 128; ++i) out[i] = (u8(b + 2 + i / 8) >> (i % 8) & 1) != 0 ? d : -d;
}
void q2_0(const std::byte* b, float* out) {
  const float d = half(b);
  for (int i = 0; i < 64; ++i) out[i] = times(d, static_cast<int>(u8(b + 2 + i / 4) >> (i % 4 * 2) & 3) - 1);
}

struct Row {
  DType dtype;
  Decode decode;
};
constexpr Row kRows[] = {
    {DType::q4_0, q4_0},     {DType::q4_1, q4_1},     {DType::q5_0, q5_0},   {DType::q5_1, q5_1},
    {DType::q8_0, q8_0},     {DType::q8_1, q8_1},     {DType::q2_k, q2_k},   {DType::q3_k, q3_k},
    {DType::q4_k, q4_k},     {DType::q5_k, q5_k},     {DType::q6_k, q6_k},   {DType::q8_k, q8_k},
    {DType::iq4_nl, iq4_nl}, {DType::iq4_xs, iq4_xs}, {DType::tq1_0, tq1_0}, {DType::tq2_0, tq2_0},
    {DType::mxfp4, mxfp4},   {DType::nvfp4, nvfp4},   {DType::q1_0, q1_0},   {DType::q2_0, q2_0},
};

Decode find(DType dtype) {
  for (const Row& row : kRows) {
    if (row.dtype == dtype) return row.decode;
  }
  return nullptr;
}

}  // namespace

bool can_decode_blocks(DType dtype) {
  return find(dtype) != nullptr;
}

void decode_block(DType dtype, const std::byte* bytes, float* out) {
  if (const Decode decode = find(dtype)) decode(bytes, out);
}

}  // namespace haoline
