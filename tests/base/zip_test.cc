#include "base/zip.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace haoline {
namespace {

void put16(std::string& out, std::uint64_t v) {
  for (int i = 0; i < 2; ++i) out += static_cast<char>(v >> (8 * i));
}
void put32(std::string& out, std::uint64_t v) {
  put16(out, v & 0xffff);
  put16(out, v >> 16);
}

struct Member {
  std::string name, bytes;
  std::uint32_t size;  // unpacked
  std::uint16_t method = 0;
};

// An archive as PKWARE's note has it, without checksums.
std::string archive(const std::vector<Member>& members, std::string in_front = {}, std::string comment = {}) {
  std::string out, directory;
  for (const Member& m : members) {
    const std::size_t at = out.size();
    for (std::string* s : {&out, &directory}) {
      const bool local = s == &out;
      put32(*s, local ? 0x04034b50 : 0x02014b50);
      if (!local) put16(*s, 20);
      put16(*s, 20);
      put16(*s, 0);
      put16(*s, m.method);
      put32(*s, 0);
      put32(*s, 0);
      put32(*s, m.bytes.size());
      put32(*s, m.size);
      put16(*s, m.name.size());
      put16(*s, 0);
      if (!local) {
        put16(*s, 0);
        put32(*s, 0);
        put32(*s, 0);
        put32(*s, at);
      }
      *s += m.name;
    }
    out += m.bytes;
  }
  const std::size_t begin = out.size();
  out += directory;
  put32(out, 0x06054b50);
  put32(out, 0);
  put16(out, members.size());
  put16(out, members.size());
  put32(out, directory.size());
  put32(out, begin);
  put16(out, comment.size());
  return in_front + out + comment;
}

// "haoline" forty times, by Python's zlib at level 9, raw.
const std::string kPacked("\xcb\x48\xcc\xcf\xc9\xcc\x4b\xcd\x18\xa5\x50\x29\x00", 13);

TEST(Zip, ReadsStoredMembersAsViewsAndDeflatedOnesUnpacked) {
  const std::string file = archive({{"a/data.pkl", "plain", 5}, {"b.json", kPacked, 280, 8}});
  Result<Zip> zip = Zip::open(as_bytes(file));
  ASSERT_TRUE(zip) << zip.error().to_string();
  ASSERT_EQ(zip->members().size(), 2u);
  Arena arena;
  const Result<Bytes> plain = zip->read(*zip->find_below("data.pkl"), arena);
  ASSERT_TRUE(plain);
  EXPECT_EQ(as_text(*plain), "plain");
  EXPECT_EQ(as_text(*plain).data(), file.data() + 30 + 10);
  std::string forty;
  for (int i = 0; i < 40; ++i) forty += "haoline";
  const Result<Bytes> unpacked = zip->read(*zip->find("b.json"), arena);
  ASSERT_TRUE(unpacked) << unpacked.error().to_string();
  EXPECT_EQ(as_text(*unpacked), forty);
  EXPECT_EQ(zip->find("data.pkl"), nullptr);
}

TEST(Zip, FindsItsMembersBehindSomethingElseAndBeforeAComment) {
  const std::string file = archive({{"labels.txt", "cat", 3}}, std::string(100, 'x'), "PK\5\6 in a comment");
  Result<Zip> zip = Zip::open(as_bytes(file));
  ASSERT_TRUE(zip) << zip.error().to_string();
  Arena arena;
  const Result<Bytes> bytes = zip->read(zip->members()[0], arena);
  ASSERT_TRUE(bytes) << bytes.error().to_string();
  EXPECT_EQ(as_text(*bytes), "cat");
}

TEST(Zip, EveryTruncationIsAnError) {
  const std::string file = archive({{"a", "plain", 5}, {"b", "more", 4}});
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(Zip::open(as_bytes(std::string_view(file).substr(0, size)))) << size;
  }
}

TEST(Zip, RefusesBombsEncryptionAndOtherMethods) {
  Arena arena;
  const auto read = [&](Member member, int flags = 0) {
    std::string file = archive({member});
    if (flags != 0) file[file.rfind("PK\1\2") + 8] = static_cast<char>(flags);
    Result<Zip> zip = Zip::open(as_bytes(file));
    return zip && zip->read(zip->members()[0], arena);
  };
  EXPECT_TRUE(read({"x", kPacked, 280, 8}));
  EXPECT_FALSE(read({"x", kPacked, 281, 8}));         // not its size
  EXPECT_FALSE(read({"x", kPacked, 0x40000000, 8}));  // more than deflate can
  EXPECT_FALSE(read({"x", kPacked, 280, 12}));
  EXPECT_FALSE(read({"x", kPacked, 280, 8}, 1));
  EXPECT_FALSE(read({"x", "plain", 6, 0}));
}

}  // namespace
}  // namespace haoline
