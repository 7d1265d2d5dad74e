// HDF5 files as the usual library writes them (tests/formats/keras/make_samples.py), and what becomes of
// damage.
#include "formats/shared/hdf5.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

namespace haoline::hdf5 {
namespace {

std::string load_sample(const std::string& name) {
  std::ifstream file(std::string(HAOLINE_SOURCE_DIR) + "/tests/formats/keras/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class T>
std::vector<T> values(const File& file, std::string_view path, Arena& arena) {
  const Object* dataset = file.find(file.root(), path);
  if (!dataset) return {};
  const Elements elements = file.read(*dataset, arena);
  std::vector<T> out(elements.bytes.size() / sizeof(T));
  if (!out.empty()) std::memcpy(out.data(), elements.bytes.data(), out.size() * sizeof(T));
  return out;
}

template <class T>
std::vector<T> counted_to(std::size_t n) {
  std::vector<T> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(static_cast<T>(i));
  return out;
}

class Samples : public testing::TestWithParam<const char*> {
 protected:
  Samples() : bytes_(load_sample(std::string(GetParam()) + ".h5")), opened_(File::open(as_bytes(bytes_))) {}
  const File& file() { return *opened_; }
  std::string bytes_;
  Result<File> opened_;
  Arena arena_;
};
INSTANTIATE_TEST_SUITE_P(Layouts, Samples, testing::Values("earliest", "latest"));

TEST_P(Samples, ElementsOfEveryTypeArriveLittleEndian) {
  ASSERT_TRUE(opened_) << opened_.error().to_string();
  const std::vector<float> six = counted_to<float>(6);
  EXPECT_EQ(values<float>(file(), "type_f4", arena_), six);
  EXPECT_EQ(values<float>(file(), "type_be_f4", arena_), six);
  EXPECT_EQ(values<double>(file(), "type_f8", arena_), counted_to<double>(6));
  EXPECT_EQ(values<std::int8_t>(file(), "type_i1", arena_), counted_to<std::int8_t>(6));
  EXPECT_EQ(values<std::int64_t>(file(), "type_be_i8", arena_), counted_to<std::int64_t>(6));
  EXPECT_EQ(values<std::uint8_t>(file(), "type_bool", arena_), (std::vector<std::uint8_t>{0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(values<float>(file(), "scalar", arena_), std::vector<float>{3});
  const auto type = [&](std::string_view path) { return file().find(file().root(), path)->type; };
  EXPECT_EQ(type("type_f2").dtype, DType::float16);
  EXPECT_EQ(type("type_be_i8").dtype, DType::int64);
  EXPECT_EQ(type("type_u1").dtype, DType::uint8);
  EXPECT_EQ(type("type_bool").dtype, DType::boolean);
  EXPECT_EQ(type("texts").kind, Type::Kind::variable_text);
}

TEST_P(Samples, ChunksOfEveryIndexAndFilterComeTogether) {
  ASSERT_TRUE(opened_);
  struct Case {
    const char* name;
    std::size_t elements;
  };
  for (const Case c :
       {Case{"single", 9}, Case{"fixed", 35}, Case{"grown", 36}, Case{"grown_last", 36}, Case{"tree", 36}}) {
    for (const char* filter : {"plain", "gzip", "lzf"}) {
      const std::string path = std::string(c.name) + "_" + filter;
      if (!file().find(file().root(), path)) continue;
      EXPECT_EQ(values<float>(file(), path, arena_), counted_to<float>(c.elements)) << path;
    }
  }
  EXPECT_EQ(values<float>(file(), "many", arena_), counted_to<float>(300));
}

TEST_P(Samples, ContiguousElementsAreAViewIntoTheFile) {
  ASSERT_TRUE(opened_);
  const Elements elements = file().read(*file().find(file().root(), "type_f4"), arena_);
  EXPECT_EQ(elements.state, Elements::State::view);
  EXPECT_EQ(reinterpret_cast<const char*>(elements.bytes.data()), bytes_.data() + elements.offset);
  EXPECT_EQ(file().read(*file().find(file().root(), "unwritten"), arena_).state, Elements::State::unwritten);
}

TEST_P(Samples, AttributesAndMembersAreComplete) {
  ASSERT_TRUE(opened_);
  const Object& root = file().root();
  EXPECT_EQ(file().texts(*root.attribute("fixed")), (std::vector<std::string_view>{"one", "three"}));
  EXPECT_EQ(file().text(*root.attribute("variable")), "caf\xc3\xa9");
  EXPECT_EQ(file().texts(*root.attribute("list")), (std::vector<std::string_view>{"x", "yy"}));
  EXPECT_TRUE(root.attribute("nothing")->space.is_null);
  const Object* group = file().child(root, "group");
  ASSERT_NE(group, nullptr);
  EXPECT_EQ(group->attributes.size(), 12u);
  EXPECT_EQ(load<std::int64_t>(group->attribute("attribute_11")->data.data()), 11);
  EXPECT_EQ(group->children.size(), 20u);  // the way back to the root is no member
  EXPECT_EQ(values<std::int32_t>(file(), "group/member_19", arena_), std::vector<std::int32_t>{19});
  EXPECT_EQ(file().child(root, "soft"), nullptr);
}

// Reads everything there is to read; whatever happens, it ends.
void exhaust(Bytes bytes) {
  const Result<File> file = File::open(bytes);
  if (!file) {
    EXPECT_FALSE(file.error().message.empty());
    return;
  }
  Arena arena;
  for (const Object& object : file->objects()) {
    if (object.is_dataset) {
      file->read(object, arena);
      file->stored(object);
    }
    for (const Attribute& attribute : object.attributes) file->texts(attribute);
  }
}

TEST_P(Samples, AFileCutAnywhereIsRefusedOrRead) {
  for (std::size_t size = 0; size < bytes_.size(); size += size < 2048 ? 1 : 211)
    exhaust(as_bytes(std::string_view(bytes_).substr(0, size)));
}

TEST_P(Samples, DamagedBytesDoNoHarm) {
  std::mt19937 random(7);
  for (int run = 0; run < 400; ++run) {
    std::string damaged = bytes_;
    for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    exhaust(as_bytes(damaged));
  }
}

TEST(Hdf5, WhatIsNoFileSaysSo) {
  const Result<File> file = File::open(as_bytes("not a file"));
  ASSERT_FALSE(file);
  EXPECT_EQ(
      file.error().to_string(),
      "hdf5.superblock at byte 0x0: has no HDF5 signature. The file is cut short or damaged; get it again");
}

}  // namespace
}  // namespace haoline::hdf5
