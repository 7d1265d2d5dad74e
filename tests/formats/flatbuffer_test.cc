// The FlatBuffers cursor on bytes that are right, damaged and hostile.
#include "formats/shared/flatbuffer.h"

#include <gtest/gtest.h>

#include "support/flatbuffer_writer.h"

namespace haoline {
namespace {

using flatbuffer::Context;
using flatbuffer::Field;
using flatbuffer::Table;
using flatbuffer::Tables;
using test::FlatBufferWriter;

constexpr Field kNumber{0, "number"}, kName{1, "name"}, kList{2, "list"}, kChildren{3, "children"},
    kAbsent{7, "absent"};

std::string two_children() {
  FlatBufferWriter f;
  const auto a = f.table({{0, std::int32_t{7}}, {1, f.text("a")}});
  const auto b = f.table({{0, std::int32_t{8}}, {2, f.numbers<std::int64_t>({1, -2, 3})}});
  return f.finish(f.table({{1, f.text("root")}, {3, f.list({a, b})}}), "TEST");
}

TEST(FlatBuffer, ReadsNumbersTextsListsAndTables) {
  const std::string file = two_children();
  ASSERT_TRUE(flatbuffer::has_identifier(as_bytes(file), "TEST"));
  Context context(as_bytes(file));
  const Table root = Table::root(context);
  EXPECT_EQ(root.text(kName), "root");
  const Tables children = root.tables(kChildren);
  ASSERT_EQ(children.size(), 2u);
  EXPECT_EQ(children[0].number<std::int32_t>(kNumber), 7);
  EXPECT_EQ(children[0].text(kName), "a");
  const auto list = children[1].numbers<std::int64_t>(kList);
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[1], -2);
  EXPECT_TRUE(context.ok());
}

TEST(FlatBuffer, AnAbsentFieldHasTheDefault) {
  const std::string file = two_children();
  Context context(as_bytes(file));
  const Table root = Table::root(context);
  EXPECT_EQ(root.number<std::int32_t>(kNumber, 5), 5);
  EXPECT_EQ(root.number<std::int32_t>(kAbsent, 6), 6);
  const Table none = root.table(kAbsent);
  EXPECT_FALSE(none);
  EXPECT_EQ(none.text(kName), "");
  EXPECT_EQ(none.tables(kChildren).size(), 0u);
  EXPECT_TRUE(context.ok());
}

TEST(FlatBuffer, AnErrorNamesTheRecordAndTheByte) {
  const std::string file = two_children();
  Context context(as_bytes(file));
  const Table root = Table::root(context);
  const Tables children = root.tables(kChildren);
  const Table second = children[1];
  second.fail(kList, ErrorKind::malformed, "is wrong");
  EXPECT_EQ(context.error().path, "children[1].list");
  EXPECT_TRUE(context.error().has_offset);
  second.fail(kList, ErrorKind::malformed, "is still wrong");
  EXPECT_EQ(context.error().message, "is wrong");
}

void walk(const Table& table, int depth) {
  if (depth > 100) return;
  (void)table.number<std::int32_t>(kNumber);
  (void)table.text(kName);
  for (const std::int64_t number : table.numbers<std::int64_t>(kList)) (void)number;
  const Tables children = table.tables(kChildren);
  for (std::size_t i = 0; i < children.size(); ++i) {
    const Table child = children[i];
    if (child) walk(child, depth + 1);
  }
}

TEST(FlatBuffer, EveryCutIsRefusedOrReadWithinTheFile) {
  const std::string whole = two_children();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    Context context(as_bytes(std::string_view(cut.data(), cut.size())));
    const Table root = Table::root(context);
    if (root) walk(root, 0);
    if (size < 8) {
      EXPECT_EQ(context.error().kind, ErrorKind::truncated);
    }
  }
}

TEST(FlatBuffer, EveryChangedByteStaysWithinTheFile) {
  const std::string whole = two_children();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int value : {0, 1, 0x7f, 0xff}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(value);
      Context context(as_bytes(changed));
      const Table root = Table::root(context);
      if (root) walk(root, 0);
    }
  }
}

TEST(FlatBuffer, ATableWithinItselfHasAnEnd) {
  std::string file = two_children();
  Context plain(as_bytes(file));
  const Table root = Table::root(plain);
  const Tables children = root.tables(kChildren);
  ASSERT_EQ(children.size(), 2u);
  // The first entry of the list of children leads back to the root: a walk would never end.
  std::size_t entry = std::string::npos;
  for (std::size_t at = 8; at + 12 <= file.size(); at += 4) {
    const auto count = load<std::uint32_t>(as_bytes(file).data() + at);
    const auto first = load<std::uint32_t>(as_bytes(file).data() + at + 4);
    if (count == 2 && at + 4 + first == children[0].offset()) entry = at + 4;
  }
  ASSERT_NE(entry, std::string::npos);
  const auto back = static_cast<std::uint32_t>(root.offset() - entry);  // wraps: offsets are unsigned
  std::memcpy(file.data() + entry, &back, 4);
  Context context(as_bytes(file));
  walk(Table::root(context), 0);
  EXPECT_FALSE(context.ok());
}

TEST(FlatBuffer, SharedRecordsAreFollowedAFewTimesOnly) {
  FlatBufferWriter f;
  auto child = f.table({{2, f.numbers<std::int64_t>(std::vector<std::int64_t>(4096, 1))}});
  for (int level = 0; level < 6; ++level) child = f.table({{3, f.list(std::vector(64, child))}});
  const std::string file = f.finish(child, "TEST");
  Context context(as_bytes(file));
  const Table root = Table::root(context);
  walk(root, 0);  // 64^6 visits, if it were allowed
  ASSERT_FALSE(context.ok());
  EXPECT_EQ(context.error().message, "shares its records too often");
}

}  // namespace
}  // namespace haoline
