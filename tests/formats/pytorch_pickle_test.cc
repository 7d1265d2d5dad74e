// The pickle machine: every opcode is data, nothing is called, nothing that is wrong goes unsaid.
#include <gtest/gtest.h>

#include "formats/pytorch/pickle.h"
#include "support/pickle_writer.h"

namespace haoline::pickle {
namespace {

using namespace test;
using namespace std::string_literals;

struct Read {
  std::string bytes;
  Arena arena;
  Pickle pickle;
  std::string problem;
  Ref root = kNone;
};

Read read_bytes(std::string bytes) {
  Read out;
  out.bytes = std::move(bytes);
  Result<Pickle> result = read({as_bytes(out.bytes), "data.pkl", 100}, out.arena);
  if (!result) {
    out.problem = result.error().to_string();
    return out;
  }
  out.pickle = std::move(*result);
  out.root = out.pickle.root();
  return out;
}

std::int64_t integer_of(const std::string& bytes) {
  const Read r = read_bytes(bytes);
  EXPECT_EQ(r.problem, "");
  EXPECT_EQ(r.pickle.kind(r.root), Kind::integer);
  return r.pickle.integer(r.root);
}
std::string text_of(const std::string& bytes) {
  const Read r = read_bytes(bytes);
  EXPECT_EQ(r.problem, "");
  return std::string(r.pickle.text(r.root));
}

TEST(Pickle, ReadsIntegersOfEveryProtocol) {
  EXPECT_EQ(integer_of("K\x07."), 7);
  EXPECT_EQ(integer_of("M\x01\x02."), 0x201);
  EXPECT_EQ(integer_of("J\xff\xff\xff\xff."), -1);
  EXPECT_EQ(integer_of("I-12\n."), -12);
  EXPECT_EQ(integer_of("L34L\n."), 34);
  EXPECT_EQ(integer_of("\x8a\x01\x80."), -128);
  EXPECT_EQ(integer_of("\x8a\x02\x80\x00."s), 128);
  EXPECT_EQ(integer_of("\x8a\x00."s), 0);
  EXPECT_EQ(integer_of("\x8b\x02\x00\x00\x00\x00\x01."s), 256);
}

TEST(Pickle, KeepsIntegersBeyond64BitsAsTheirBytes) {
  const Read r = read_bytes("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.");
  ASSERT_EQ(r.problem, "");
  EXPECT_EQ(r.pickle.kind(r.root), Kind::big);
  EXPECT_EQ(r.pickle.text(r.root).size(), 10u);
}

TEST(Pickle, ReadsRealsAndTexts) {
  const Read real = read_bytes("G\x3f\xf8\x00\x00\x00\x00\x00\x00."s);
  EXPECT_EQ(real.pickle.real(real.root), 1.5);
  const Read line = read_bytes("F-2.5e3\n.");
  EXPECT_EQ(line.pickle.real(line.root), -2500);
  EXPECT_EQ(text_of("U\x03"
                    "abc."),
            "abc");
  EXPECT_EQ(text_of("\x8c\x02hi."), "hi");
  EXPECT_EQ(text_of("S'it\\'s\\x41\\n'\n."), "it'sA\n");
  EXPECT_EQ(text_of("Vab\\u00e9\n."), "ab\xc3\xa9");
  EXPECT_EQ(text_of("C\x02\x00\x01."s), "\0\1"s);
  EXPECT_EQ(text_of("\x96\x02\x00\x00\x00\x00\x00\x00\x00zz."s), "zz");
}

TEST(Pickle, BuildsContainers) {
  const Read r = read_bytes(pickled(p_dict({{"list",
                                             "](K\x01K\x02"
                                             "e"},
                                            {"pair", "K\x03K\x04\x86"},
                                            {"set", "\x8f(K\x05\x90"}})));
  ASSERT_EQ(r.problem, "");
  const Pickle& p = r.pickle;
  EXPECT_EQ(p.pairs(r.root), 3u);
  const Ref list = p.find(r.root, "list");
  ASSERT_EQ(p.items(list).size(), 2u);
  EXPECT_EQ(p.integer(p.items(list)[1]), 2);
  EXPECT_EQ(p.kind(p.find(r.root, "pair")), Kind::tuple);
  EXPECT_EQ(p.kind(p.find(r.root, "set")), Kind::set);
  EXPECT_EQ(p.find(r.root, "absent"), kNone);
}

TEST(Pickle, ReadsProtocolZero) {
  const Read r = read_bytes("(dp0\nS'a'\np1\n(lp2\nI1\naI01\nas.");
  ASSERT_EQ(r.problem, "");
  const Ref list = r.pickle.find(r.root, "a");
  ASSERT_EQ(r.pickle.items(list).size(), 2u);
  EXPECT_TRUE(r.pickle.boolean(r.pickle.items(list)[1]));
}

TEST(Pickle, NeverCallsButSaysWhatWouldBeCalled) {
  for (const std::string& bytes :
       {"cos\nsystem\n(S'true'\ntR."s, "(S'true'\nios\nsystem\n."s, "(cos\nsystem\nS'true'\no."s,
        "\x8c\x02os\x8c\x06system\x93(S'true'\ntR."s}) {
    const Read r = read_bytes(bytes);
    ASSERT_EQ(r.problem, "") << bytes;
    EXPECT_TRUE(r.pickle.is_call_of(r.root, "os", "system")) << bytes;
    EXPECT_EQ(r.pickle.text(r.pickle.argument(r.root, 0)), "true") << bytes;
  }
}

TEST(Pickle, KeepsTheStateOfObjects) {
  const Read r = read_bytes(pickled(p_object("pkg.mod", "Net", p_dict({{"n", p_int(3)}}))));
  ASSERT_EQ(r.problem, "");
  EXPECT_TRUE(r.pickle.is_call_of(r.root, "pkg.mod", "Net"));
  EXPECT_EQ(r.pickle.integer(r.pickle.find(r.pickle.attributes(r.root), "n")), 3);
}

TEST(Pickle, TakesCyclesAsTheyAre) {
  const Read r = read_bytes(
      "]q\x00h\x00"
      "a."s);
  ASSERT_EQ(r.problem, "");
  EXPECT_EQ(r.pickle.items(r.root)[0], r.root);
}

TEST(Pickle, ReadsAnOrderedDictOfPython2) {
  const Read r = read_bytes(
      "ccollections\nOrderedDict\n(](](S'k'\nI5\nea"
      "etR.");
  EXPECT_NE(r.problem, "");  // the pairs are not closed
  const Read good = read_bytes(
      "ccollections\nOrderedDict\n((l(lS'k'\naI5\naa"
      "tR.");
  ASSERT_EQ(good.problem, "");
  EXPECT_EQ(good.pickle.integer(good.pickle.find(good.root, "k")), 5);
}

TEST(Pickle, RefusesWithThePlace) {
  EXPECT_EQ(read_bytes("K").problem,
            "data.pkl at byte 0x64: a pickle's opcode needs 1 bytes, 0 are left. The file is cut short; "
            "fetch it again.");
  EXPECT_EQ(read_bytes("K\x01\xff.").problem.substr(0, 54),
            "data.pkl at byte 0x66: has no pickle opcode 255. The f");
  EXPECT_NE(read_bytes(".").problem, "");
  EXPECT_NE(read_bytes("K\x01t.").problem, "");                  // no mark
  EXPECT_NE(read_bytes("h\x05.").problem, "");                   // never remembered
  EXPECT_NE(read_bytes("K\x01r\xff\xff\xff\x7f.").problem, "");  // a number beyond the bytes
  EXPECT_NE(read_bytes("\x82\x01.").problem, "");                // an extension code
  EXPECT_NE(read_bytes("\x97.").problem, "");                    // a buffer outside
  EXPECT_NE(read_bytes("\x80\x06N.").problem, "");               // a newer protocol
  EXPECT_NE(read_bytes("K\x01K\x02"
                       "a.")
                .problem,
            "");                                   // appends to a number
  EXPECT_NE(read_bytes("}(K\x01u.").problem, "");  // a key without a value
  EXPECT_NE(read_bytes("X\xff\xff\xff\xff"
                       "a.")
                .problem,
            "");  // a text longer than the file
  EXPECT_NE(read_bytes("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
                       "a.")
                .problem,
            "");
}

TEST(Pickle, SurvivesBeingCutAnywhere) {
  const std::string whole = pickled(p_dict({{"w", p_tensor("FloatStorage", "0", 6, {2, 3})},
                                            {"o", p_object("m", "C", p_dict({{"x", "G12345678"}}))},
                                            {"s", "S'a'\n"}}));
  ASSERT_EQ(read_bytes(whole).problem, "");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(read_bytes(whole.substr(0, length)).problem, "") << length;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {  // any byte may be anything
    for (const char wrong : {'\0', '\xff', 'R', 'b', 'u', 't', '.'}) {
      std::string bytes = whole;
      bytes[at] = wrong;
      read_bytes(std::move(bytes));
    }
  }
}

}  // namespace
}  // namespace haoline::pickle
