#include "report/format.h"

#include <gtest/gtest.h>

namespace haoline {
namespace {

TEST(Grouped, SeparatesThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(-1000), "-1,000");
  EXPECT_EQ(grouped(Int128{4'089'184'256}), "4,089,184,256");
}
TEST(Scaled, HasFourDigits) {
  EXPECT_EQ(scaled(9'999), "9,999");
  EXPECT_EQ(scaled(25'557'032), "25.56 M");
  EXPECT_EQ(scaled(Int128{4'089'184'256}), "4.089 G");
  EXPECT_EQ(scaled(117'978'112), "118.0 M");
  EXPECT_EQ(scaled(999'960), "1.000 M");
}
TEST(BytesText, UsesBinaryUnits) {
  EXPECT_EQ(bytes_text(1023), "1,023 B");
  EXPECT_EQ(bytes_text(1024), "1 KiB");
  EXPECT_EQ(bytes_text(1536), "1.50 KiB");
  EXPECT_EQ(bytes_text(131'072), "128 KiB");
  EXPECT_EQ(bytes_text(9'633'792), "9.19 MiB");
  EXPECT_EQ(bytes_text(Int128{1} << 30), "1 GiB");
}
TEST(PeopleFormula, GroupsDigitsAndUsesDots) {
  EXPECT_EQ(people_formula("7504658432*batch*seq + 2*seq*seq"), "7,504,658,432·batch·seq + 2·seq²");
  EXPECT_EQ(people_formula("layer1234*2"), "layer1234·2");
  EXPECT_EQ(people_formula("`odd name 1234`*2"), "`odd name 1234`·2");
}
TEST(QuantityText, SaysWhatItIs) {
  Quantity quantity;
  quantity.value = 12;
  EXPECT_EQ(quantity_text(quantity), "12");
  quantity.complete = false;
  EXPECT_EQ(quantity_text(quantity), "at least 12");
  quantity.value.reset();
  EXPECT_EQ(quantity_text(quantity), "unknown");
  quantity.max = 4096;
  EXPECT_EQ(quantity_text(quantity, bytes_text), "at most 4 KiB");
}
TEST(Wrapped, BreaksAtSpacesAndBreaksLongWords) {
  EXPECT_EQ(wrapped("one two three", 0, 2, 8), "one two\n  three");
  EXPECT_EQ(wrapped("abcdefghij", 0, 0, 4), "abcd\nefgh\nij");
}
TEST(ShapeText, ShowsUnknownAsQuestionMark) {
  EXPECT_EQ(shape_text(ShapeText{}), "?");
  const Dimension extents[] = {{3, {}}, {std::nullopt, {"2*seq + 1"}}, {std::nullopt, {}}};
  EXPECT_EQ(shape_text(ShapeText{true, extents}), "[3, 2·seq + 1, ?]");
  EXPECT_EQ(shape_text(ValueShape{true, {}}), "scalar");
}

}  // namespace
}  // namespace haoline
