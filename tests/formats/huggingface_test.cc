// Configs as facts, and the size of a tokenizer without parsing it.
#include "formats/shared/huggingface.h"

#include <gtest/gtest.h>

namespace haoline {
namespace {

TEST(HuggingFace, FlattensAConfig) {
  Model model;
  const auto facts = read_config(
      as_bytes(
          R"({"model_type":"llava","text_config":{"hidden_size":64,"rope_theta":1e6},"flags":[true,false],)"
          R"("layers":[{"kind":"a"},{"kind":"b"}],"model_type":"llava_next"})"),
      model);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->family, "llava_next");  // the last of repeated keys, as in Python
  EXPECT_EQ(facts->find("text_config.hidden_size")->integer, 64);
  EXPECT_EQ(facts->find("text_config.rope_theta")->real, 1e6);
  EXPECT_EQ(facts->find("layers.1.kind")->text, "b");
  EXPECT_EQ(facts->find("flags")->list[0].integer, 1);
  EXPECT_EQ(facts->find("missing"), nullptr);
  EXPECT_FALSE(read_config(as_bytes("[1]"), model));
  EXPECT_FALSE(read_config(as_bytes("{"), model));
}

TEST(HuggingFace, CountsTokensOfEveryKindOfTokenizer) {
  const auto count = [](std::string_view text) {
    const auto tokens = count_tokens(as_bytes(text));
    return tokens ? static_cast<int>(*tokens) : -1;
  };
  EXPECT_EQ(
      count(R"({"version":"1.0","model":{"type":"BPE","vocab":{"a":0,"\"b\\":1,"}":2},"merges":["a b"]}})"),
      3);
  EXPECT_EQ(count(R"({"added_tokens":[{"id":7,"content":"<s>"},{"id":3}],"model":{"vocab":{"a":0}}})"), 8);
  EXPECT_EQ(count(R"({"model":{"type":"Unigram","vocab":[["<unk>",0.0],["]",-1.5e-3]]}})"), 2);
  EXPECT_EQ(count(R"({"model":{"type":"BPE"}})"), -1);
  EXPECT_EQ(count(R"({"model":{"vocab":{"a":0)"), -1);
  EXPECT_EQ(count(""), -1);
  const std::string whole = R"({"added_tokens":[{"id":7}],"model":{"vocab":{"a":0,"b":1}}})";
  for (std::size_t size = 0; size + 3 < whole.size(); ++size)
    EXPECT_EQ(count(whole.substr(0, size)), -1) << size;
}

}  // namespace
}  // namespace haoline
