// Recorded from the Python package ml_dtypes 0.6 (NumPy for float16): code, value.
#include "base/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <span>

namespace haoline {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
struct Row {
  std::uint32_t bits;
  double value;
};

constexpr Row kFloat16Rows[] = {{0x0, 0.0},
                                {0x1, 5.960464477539063e-08},
                                {0x3ff, 6.097555160522461e-05},
                                {0x400, 6.103515625e-05},
                                {0x3c00, 1.0},
                                {0x3555, 0.333251953125},
                                {0x4248, 3.140625},
                                {0x7bff, 65504.0},
                                {0x7c00, kInfinity},
                                {0x7e00, kNan},
                                {0x8000, -0.0},
                                {0x8001, -5.960464477539063e-08},
                                {0xc000, -2.0},
                                {0xfbff, -65504.0},
                                {0xfc00, -kInfinity}};
constexpr Row kBfloat16Rows[] = {{0x0, 0.0},
                                 {0x1, 9.183549615799121e-41},
                                 {0x7f, 1.1663108012064884e-38},
                                 {0x80, 1.1754943508222875e-38},
                                 {0x3f80, 1.0},
                                 {0x4049, 3.140625},
                                 {0x7f7f, 3.3895313892515355e+38},
                                 {0x7f80, kInfinity},
                                 {0x7fc0, kNan},
                                 {0x8000, -0.0},
                                 {0xc000, -2.0},
                                 {0xff80, -kInfinity}};
constexpr Row kE4M3FnRows[] = {
    {0x0, 0.0},           {0x1, 0.001953125}, {0x2, 0.00390625},  {0x3, 0.005859375}, {0x4, 0.0078125},
    {0x7, 0.013671875},   {0x8, 0.015625},    {0x9, 0.017578125}, {0x38, 1.0},        {0x3c, 1.5},
    {0x40, 2.0},          {0x55, 13.0},       {0x77, 240.0},      {0x78, 256.0},      {0x7b, 352.0},
    {0x7c, 384.0},        {0x7d, 416.0},      {0x7e, 448.0},      {0x7f, kNan},       {0x80, -0.0},
    {0x81, -0.001953125}, {0x84, -0.0078125}, {0xbc, -1.5},       {0xc1, -2.25},      {0xf8, -256.0},
    {0xfb, -352.0},       {0xfc, -384.0},     {0xfe, -448.0},     {0xff, kNan}};
constexpr Row kE4M3FnuzRows[] = {{0x0, 0.0},          {0x1, 0.0009765625}, {0x2, 0.001953125},
                                 {0x3, 0.0029296875}, {0x4, 0.00390625},   {0x7, 0.0068359375},
                                 {0x8, 0.0078125},    {0x9, 0.0087890625}, {0x38, 0.5},
                                 {0x3c, 0.75},        {0x40, 1.0},         {0x55, 6.5},
                                 {0x77, 120.0},       {0x78, 128.0},       {0x7b, 176.0},
                                 {0x7c, 192.0},       {0x7d, 208.0},       {0x7e, 224.0},
                                 {0x7f, 240.0},       {0x80, kNan},        {0x81, -0.0009765625},
                                 {0x84, -0.00390625}, {0xbc, -0.75},       {0xc1, -1.125},
                                 {0xf8, -128.0},      {0xfb, -176.0},      {0xfc, -192.0},
                                 {0xfe, -224.0},      {0xff, -240.0}};
constexpr Row kE5M2Rows[] = {{0x0, 0.0},
                             {0x1, 1.52587890625e-05},
                             {0x2, 3.0517578125e-05},
                             {0x3, 4.57763671875e-05},
                             {0x4, 6.103515625e-05},
                             {0x7, 0.0001068115234375},
                             {0x8, 0.0001220703125},
                             {0x9, 0.000152587890625},
                             {0x38, 0.5},
                             {0x3c, 1.0},
                             {0x40, 2.0},
                             {0x55, 80.0},
                             {0x77, 28672.0},
                             {0x78, 32768.0},
                             {0x7b, 57344.0},
                             {0x7c, kInfinity},
                             {0x7d, kNan},
                             {0x7e, kNan},
                             {0x7f, kNan},
                             {0x80, -0.0},
                             {0x81, -1.52587890625e-05},
                             {0x84, -6.103515625e-05},
                             {0xbc, -1.0},
                             {0xc1, -2.5},
                             {0xf8, -32768.0},
                             {0xfb, -57344.0},
                             {0xfc, -kInfinity},
                             {0xfe, kNan},
                             {0xff, kNan}};
constexpr Row kE5M2FnuzRows[] = {{0x0, 0.0},
                                 {0x1, 7.62939453125e-06},
                                 {0x2, 1.52587890625e-05},
                                 {0x3, 2.288818359375e-05},
                                 {0x4, 3.0517578125e-05},
                                 {0x7, 5.340576171875e-05},
                                 {0x8, 6.103515625e-05},
                                 {0x9, 7.62939453125e-05},
                                 {0x38, 0.25},
                                 {0x3c, 0.5},
                                 {0x40, 1.0},
                                 {0x55, 40.0},
                                 {0x77, 14336.0},
                                 {0x78, 16384.0},
                                 {0x7b, 28672.0},
                                 {0x7c, 32768.0},
                                 {0x7d, 40960.0},
                                 {0x7e, 49152.0},
                                 {0x7f, 57344.0},
                                 {0x80, kNan},
                                 {0x81, -7.62939453125e-06},
                                 {0x84, -3.0517578125e-05},
                                 {0xbc, -0.5},
                                 {0xc1, -1.25},
                                 {0xf8, -16384.0},
                                 {0xfb, -28672.0},
                                 {0xfc, -32768.0},
                                 {0xfe, -49152.0},
                                 {0xff, -57344.0}};
constexpr Row kE8M0Rows[] = {{0x0, 5.877471754111438e-39},
                             {0x1, 1.1754943508222875e-38},
                             {0x7e, 0.5},
                             {0x7f, 1.0},
                             {0x80, 2.0},
                             {0xfe, 1.7014118346046923e+38},
                             {0xff, kNan}};
constexpr Row kE2M1Rows[] = {{0x0, 0.0},  {0x1, 0.5},  {0x2, 1.0},  {0x3, 1.5},  {0x4, 2.0},  {0x5, 3.0},
                             {0x6, 4.0},  {0x7, 6.0},  {0x8, -0.0}, {0x9, -0.5}, {0xa, -1.0}, {0xb, -1.5},
                             {0xc, -2.0}, {0xd, -3.0}, {0xe, -4.0}, {0xf, -6.0}};

void expect_same(double value, const Row& row) {
  if (std::isnan(row.value)) {
    EXPECT_TRUE(std::isnan(value)) << std::hex << row.bits;
  } else {
    EXPECT_EQ(value, row.value) << std::hex << row.bits;
    EXPECT_EQ(std::signbit(value), std::signbit(row.value)) << std::hex << row.bits;
  }
}
void expect_rows(const FloatLayout& layout, std::span<const Row> rows) {
  for (const Row& row : rows) expect_same(to_double(layout, row.bits), row);
}

TEST(Half, EveryKindHasTheRecordedValues) {
  expect_rows(kFloat16, kFloat16Rows);
  expect_rows(kFloat8E4M3Fn, kE4M3FnRows);
  expect_rows(kFloat8E4M3Fnuz, kE4M3FnuzRows);
  expect_rows(kFloat8E5M2, kE5M2Rows);
  expect_rows(kFloat8E5M2Fnuz, kE5M2FnuzRows);
  expect_rows(kFloat4E2M1, kE2M1Rows);
  for (const Row& row : kBfloat16Rows)
    expect_same(bfloat16_to_double(static_cast<std::uint16_t>(row.bits)), row);
  for (const Row& row : kE8M0Rows)
    expect_same(float8_e8m0_to_double(static_cast<std::uint8_t>(row.bits)), row);
}

TEST(Half, TheGenericLayoutReadsBfloat16AsTheShortcutDoes) {
  expect_rows(kBfloat16, kBfloat16Rows);
}

}  // namespace
}  // namespace haoline
