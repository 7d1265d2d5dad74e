#include "formats/shared/json.h"

#include <gtest/gtest.h>

#include <string>

namespace haoline {
namespace {

json::Document parsed(std::string_view text) {
  Result<json::Document> document = json::Document::parse(as_bytes(text));
  EXPECT_TRUE(document) << text << ": " << (document ? "" : document.error().to_string());
  return document ? std::move(*document) : std::move(*json::Document::parse(as_bytes("null")));
}

TEST(Json, AnswersPathsAndIsEmptyWhereThereIsNothing) {
  const json::Document d =
      parsed(R"({"a": [1, {"b": "c\u00e4\n"}], "n": null, "f": 2.0, "t": true, "a2": {"k": -3}})");
  EXPECT_EQ(d.root()["a"][1]["b"].text(), "cä\n");
  EXPECT_EQ(d.root()["a"].size(), 2u);
  EXPECT_EQ(d.root()["a2"]["k"].integer(), -3);
  EXPECT_EQ(d.root()["f"].integer(), 2);
  EXPECT_FALSE(d.root()["f"].is_integer());
  EXPECT_TRUE(d.root()["n"].is_null());
  EXPECT_TRUE(d.root()["t"].boolean());
  EXPECT_FALSE(d.root()["a"][7]["x"]["y"]);
  EXPECT_EQ(d.root()["a"]["x"].integer(42), 42);
  EXPECT_EQ(d.root().member(1).key, "n");
  EXPECT_EQ(parsed(R"({"k": 1, "k": 2})").root()["k"].integer(), 2);
}

TEST(Json, ReadsWhatPythonWrites) {
  const json::Document d = parsed("\xef\xbb\xbf[NaN, -Infinity, 18446744073709551615]");
  EXPECT_TRUE(d.root()[0].number() != d.root()[0].number());
  EXPECT_LT(d.root()[1].number(), -1e308);
  EXPECT_EQ(d.root()[2].unsigned_integer(), 18446744073709551615u);
}

TEST(Json, EveryTruncationIsALocatedError) {
  const std::string text = R"({"a": [1, {"b": "c"}], "d": 12.5})";
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto result = json::Document::parse(as_bytes(std::string_view(text).substr(0, size)), 100);
    ASSERT_FALSE(result) << size;
    EXPECT_GE(result.error().offset, 100u);
    EXPECT_LE(result.error().offset, 100 + size);
  }
  EXPECT_FALSE(json::Document::parse(as_bytes(std::string_view("[1]\0", 4))));
}

TEST(Json, DepthIsBounded) {
  EXPECT_TRUE(json::Document::parse(as_bytes(std::string(64, '[') + std::string(64, ']'))));
  EXPECT_FALSE(json::Document::parse(as_bytes(std::string(65, '[') + std::string(65, ']'))));
  EXPECT_FALSE(json::Document::parse(as_bytes(std::string(1'000'000, '['))));
}

}  // namespace
}  // namespace haoline
