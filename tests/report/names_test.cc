// Names from files are hostile: every renderer has to survive them.
#include <gtest/gtest.h>

#include "report/format.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/utf8.h"

namespace haoline {
namespace {

std::string json(std::string_view text) {
  std::string out;
  JsonWriter::append_quoted(out, text);
  return out;
}

TEST(JsonText, EscapesQuotesBackslashesAndControls) {
  EXPECT_EQ(json("a\"b\\c\nd\x01"), R"("a\"b\\c\nd\u0001")");
}
TEST(JsonText, KeepsTextBeyondAscii) {
  EXPECT_EQ(json("größe 層"), "\"größe 層\"");
}
TEST(JsonText, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(json("a\xff"
                 "b"),
            "\"a\uFFFDb\"");
  EXPECT_EQ(json("\xc0\xaf"), "\"\uFFFD\uFFFD\"");                      // overlong slash
  EXPECT_EQ(json("\xed\xa0\x80"), "\"\uFFFD\uFFFD\uFFFD\"");            // a surrogate
  EXPECT_EQ(json("\xf4\x90\x80\x80"), "\"\uFFFD\uFFFD\uFFFD\uFFFD\"");  // beyond Unicode
  EXPECT_EQ(json("cut \xe5\xb1"), "\"cut \uFFFD\uFFFD\"");
}
TEST(JsonText, EscapesWhatWouldRearrangeALine) {
  EXPECT_EQ(json("\u202egnp.exe"), R"("\u202egnp.exe")");
  EXPECT_EQ(json("\u2028"), R"("\u2028")");
  EXPECT_EQ(json("\xf3\xa0\x80\x81"), R"("\udb40\udc01")");  // a tag character, as a surrogate pair
}
TEST(JsonText, CannotEndAScriptElement) {
  EXPECT_EQ(json("</script><b>"), R"("\u003c/script><b>")");
}

TEST(SafeText, NeutralisesTerminalEscapes) {
  EXPECT_EQ(safe("\x1b[31mred\x07"), "\\x1b[31mred\\x07");
  EXPECT_EQ(safe("\u202eabc"), "\\u202eabc");
  EXPECT_EQ(safe("\xc2\x9b"
                 "31m"),
            "\\x9b31m");  // the eight-bit form of ESC [
}
TEST(SafeText, HasOneLine) {
  EXPECT_EQ(safe("a\nb\r\tc"), "a\\x0ab\\x0d\\x09c");
}

TEST(MarkdownText, HasNoMarkup) {
  EXPECT_EQ(markdown_text("*a* [b](c) <i>"), R"(\*a\* \[b\](c) \<i\>)");
  EXPECT_EQ(markdown_text("a|b"), R"(a\|b)");
}
TEST(MarkdownCode, SurvivesBackticksAndBars) {
  EXPECT_EQ(markdown_code("conv/1"), "`conv/1`");
  EXPECT_EQ(markdown_code("a`b|c"), "`` a`b\\|c ``");
  EXPECT_EQ(markdown_code(""), "");
}

TEST(Width, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("größe"), 5u);
  EXPECT_EQ(display_width("層"), 2u);
  EXPECT_EQ(display_width("e\u0301"), 1u);  // a combining accent
}

TEST(Shortened, KeepsTheEndOfAName) {
  EXPECT_EQ(shortened("encoder/layer.11/output", 12), "…r.11/output");
  EXPECT_EQ(shortened("short", 12), "short");
}

}  // namespace
}  // namespace haoline
