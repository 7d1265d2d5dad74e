// NumPy arrays, alone and in a zip, as weights.
#include <gtest/gtest.h>

#include "formats/format.h"
#include "support/zip_writer.h"

namespace haoline {
namespace {

using namespace test;
using namespace std::string_literals;

std::string npy(const std::string& descr, bool fortran, const std::string& shape, const std::string& elements,
                int version = 1) {
  std::string header = "{'descr': " + descr + ", 'fortran_order': " + (fortran ? "True" : "False") +
                       ", 'shape': " + shape + ", }";
  while ((header.size() + (version == 1 ? 11 : 13)) % 64 != 0) header += ' ';
  header += '\n';
  std::string out = "\x93NUMPY"s + static_cast<char>(version) + '\0';
  put_number(out, header.size(), version == 1 ? 2 : 4);
  return out + header + elements;
}

struct Read {
  std::string bytes;
  Model model;
  std::string problem;
};
Read read_file(std::string bytes, std::string_view name = "w.npy") {
  Read out;
  out.bytes = std::move(bytes);
  ReadOptions options;
  options.name = name;
  Result<Model> model = read_model(as_bytes(out.bytes), options);
  if (model) {
    out.model = std::move(*model);
  } else {
    out.problem = model.error().to_string();
  }
  return out;
}
std::string first(const Read& r) {
  const Tensor& tensor = r.model.main().tensors[TensorId{0}];
  return std::string(tensor.name) + " " + std::string(name(tensor.type.dtype)) +
         to_string(tensor.shape, *r.model.dims);
}

TEST(NumPy, ReadsAnArrayOfEveryHeaderVersion) {
  for (const int version : {1, 2, 3}) {
    const Read r = read_file(npy("'<f4'", false, "(2, 3)", std::string(24, 'x'), version));
    ASSERT_EQ(r.problem, "");
    EXPECT_EQ(first(r), "w float32[2, 3]");
    EXPECT_EQ(r.model.main().tensors[TensorId{0}].constant->bytes.size(), 24u);
  }
  EXPECT_EQ(first(read_file(npy("'|b1'", false, "()", "\1"))), "w bool[]");
  EXPECT_EQ(first(read_file(npy("'<c16'", false, "(1L,)", std::string(16, '\0')))), "w complex128[1]");
}

TEST(NumPy, PutsColumnsIntoOrder) {
  const Read r = read_file(npy("'|u1'", true, "(2, 3)", "\1\2\3\4\5\6"));
  ASSERT_EQ(r.problem, "");
  EXPECT_EQ(as_text(r.model.main().tensors[TensorId{0}].constant->bytes), "\1\3\5\2\4\6");
}

TEST(NumPy, ReadsAZipOfArrays) {
  const Read r = read_file(zip_of({{"a.npy", npy("'<i8'", false, "(2,)", std::string(16, '\0'))},
                                   {"layer/b.npy", npy("'<f2'", false, "(3,)", std::string(6, '\0'))}}),
                           "m.npz");
  ASSERT_EQ(r.problem, "");
  EXPECT_EQ(r.model.format_version, "npz");
  EXPECT_EQ(first(r), "a int64[2]");
  EXPECT_EQ(r.model.main().tensors[TensorId{1}].name, "layer/b");
  const TensorData& data = *r.model.main().tensors[TensorId{1}].constant;
  EXPECT_EQ(data.bytes.data(), reinterpret_cast<const std::byte*>(r.bytes.data()) + data.offset);
}

TEST(NumPy, NamesStructuresAndRefusesObjects) {
  const Read structure = read_file(npy("[('a', '<f4'), ('b', '<i2')]", false, "(2,)", std::string(12, '\0')));
  ASSERT_EQ(structure.problem, "");
  EXPECT_EQ(structure.model.findings.at(0).kind, FindingKind::unknown_dtype);
  EXPECT_NE(read_file(npy("'|O'", false, "(2,)", "\x80\x03.")).problem.find("holds Python objects"),
            std::string::npos);
  EXPECT_NE(read_file(npy("'>f4'", false, "(2,)", std::string(8, '\0'))).problem.find("is big-endian"),
            std::string::npos);
}

TEST(NumPy, RefusesWhatIsCut) {
  const std::string whole = npy("'<f4'", false, "(2, 3)", std::string(24, 'x'));
  EXPECT_NE(read_file(whole.substr(0, whole.size() - 1)).problem.find("an array needs 24 bytes, 23 are left"),
            std::string::npos);
  for (std::size_t length = 9; length < whole.size(); ++length)
    EXPECT_NE(read_file(whole.substr(0, length)).problem, "") << length;
  for (std::size_t at = 0; at < 128; ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x15);
    read_file(std::move(bytes));
  }
  EXPECT_NE(read_file(npy("'<f4'", false, "(4611686018427387904, 4611686018427387904)", "")).problem, "");
}

}  // namespace
}  // namespace haoline
