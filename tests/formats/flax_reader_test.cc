// Flax checkpoints: trees, arrays in pieces, scalars, and bytes that nobody should trust.
#include <gtest/gtest.h>

#include "formats/format.h"

namespace haoline {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

// MessagePack, as far as the tests write it.
std::string text(std::string_view s) {
  return "\xd9"s + static_cast<char>(s.size()) + std::string(s);
}
std::string bytes(std::size_t size) {
  return "\xc4"s + static_cast<char>(size) + std::string(size, '\1');
}
std::string array(const std::string& extents, std::string_view dtype, std::size_t size, char code = 1) {
  const std::string inside = "\x93"s + extents + text(dtype) + bytes(size);
  return "\xc7"s + static_cast<char>(inside.size()) + code + inside;
}

TEST(Flax, ReadsATree) {
  const std::string file = "\x83"s + text("params") + "\x81"s + text("Dense_0") + "\x82"s + text("kernel") +
                           array("\x92\x02\x03", "float32", 24) + text("bias") +
                           array("\x91\x03", "bfloat16", 6) + text("batch_stats") + "\x81"s + text("mean") +
                           array("\x91\x02", "float32", 8) + text("step") + "\xcd\x01\x00"s;
  const Result<Model> model = read_model(as_bytes(file));
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->format, "flax");
  const auto& tensors = model->main().tensors;
  ASSERT_EQ(tensors.size(), 3u);
  EXPECT_EQ(tensors[TensorId{0}].name, "params/Dense_0/kernel");
  EXPECT_EQ(to_string(tensors[TensorId{0}].shape, *model->dims), "[2, 3]");
  EXPECT_EQ(tensors[TensorId{0}].constant->bytes.size(), 24u);
  EXPECT_EQ(tensors[TensorId{0}].constant->bytes[0], std::byte{1});
  EXPECT_EQ(tensors[TensorId{1}].type.dtype, DType::bfloat16);
  EXPECT_EQ(tensors[TensorId{2}].trained, Trained::no);
  ASSERT_EQ(model->metadata.size(), 1u);
  EXPECT_EQ(model->metadata[0].key, "step");
  EXPECT_EQ(model->metadata[0].value, "256");
  std::uint64_t weights = 0;
  for (const ByteSpan& span : model->spans)
    weights += span.label == ByteLabel::weights ? span.size : 1'000'000;
  EXPECT_EQ(weights, 24u + 6u + 8u);
  EXPECT_TRUE(model->findings.empty());
}

TEST(Flax, JoinsAnArrayThatWasWrittenInChunks) {
  const std::string file = "\x82"s + text("a") + array("\x91\x02", "int8", 2) + text("w") + "\x83"s +
                           text("__msgpack_chunked_array__") + "\xc3"s + text("shape") + "\x82"s + text("0") +
                           "\x02"s + text("1") + "\x03"s + text("chunks") + "\x82"s + text("0") +
                           array("\x91\x04", "float32", 16) + text("1") + array("\x91\x02", "float32", 8);
  const Result<Model> model = read_model(as_bytes(file));
  ASSERT_TRUE(model) << model.error().to_string();
  const auto& tensors = model->main().tensors;
  ASSERT_EQ(tensors.size(), 2u);
  EXPECT_EQ(tensors[TensorId{1}].name, "w");
  EXPECT_EQ(to_string(tensors[TensorId{1}].shape, *model->dims), "[2, 3]");
  EXPECT_EQ(tensors[TensorId{1}].constant->stored_bytes, 24u);
}

TEST(Flax, RefusesEveryCutAndWhatIsNoFlax) {
  const std::string whole = "\x81"s + text("params") + "\x82"s + text("a") + array("\x91\x02", "int8", 2) +
                            text("b") + array("\x91\x03", "int8", 3);
  ASSERT_TRUE(read_model(as_bytes(whole)));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_model(as_bytes(std::string_view(whole).substr(0, size)), {.format = "flax"})) << size;
  EXPECT_EQ(detect(as_bytes("\x81\xa1k\x01"sv)), nullptr);
  const std::string wrong = "\x81"s + text("a") + array("\x91\x02", "int8", 3);
  EXPECT_FALSE(read_model(as_bytes(wrong)));
  EXPECT_FALSE(read_model(as_bytes(std::string(1000, '\x81')), {.format = "flax"}));
}

}  // namespace
}  // namespace haoline
