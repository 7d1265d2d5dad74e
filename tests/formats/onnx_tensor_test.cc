// Every way a tensor can be stored gives the same elements; where they lie and what they cost is kept.
#include <gtest/gtest.h>

#include <map>

#include "formats/format.h"
#include "formats/onnx/tensor_proto.h"
#include "ir/tensor_elements.h"
#include "support/onnx_writer.h"

namespace haoline {
namespace {

using namespace test;

struct Read {
  explicit Read(const Wire& tensor) : file(tensor.bytes()), result(onnx::read_tensor_proto(as_bytes(file))) {}
  const TensorData& data() const { return result->value.tensor; }
  std::vector<double> reals() const {
    ElementReader reader(data());
    std::vector<double> out(100);
    out.resize(reader.read(std::span(out)));
    return out;
  }
  std::vector<std::int64_t> integers() const {
    ElementReader reader(data());
    std::vector<std::int64_t> out(100);
    out.resize(reader.read(std::span(out)));
    return out;
  }
  std::string file;
  Result<onnx::StoredFile> result;
};

using Reals = std::vector<double>;
using Integers = std::vector<std::int64_t>;

TEST(OnnxTensor, RawElementsOfEveryType) {
  const auto raw = [](int type, std::vector<std::int64_t> dims, std::string_view bytes) {
    return Read(onnx_tensor("t", type, dims).text(9, bytes));
  };
  EXPECT_EQ(raw(1, {2}, raw_bytes({1.5f, -2.f})).reals(), (Reals{1.5, -2}));
  EXPECT_EQ(raw(11, {1}, raw_bytes({0.1})).reals(), (Reals{0.1}));
  EXPECT_EQ(raw(2, {2}, "\xff\x01").integers(), (Integers{255, 1}));
  EXPECT_EQ(raw(3, {2}, "\xff\x7f").integers(), (Integers{-1, 127}));
  EXPECT_EQ(raw(4, {1}, raw_bytes<std::uint16_t>({65535})).integers(), (Integers{65535}));
  EXPECT_EQ(raw(5, {1}, raw_bytes<std::int16_t>({-3})).integers(), (Integers{-3}));
  EXPECT_EQ(raw(6, {1}, raw_bytes<std::int32_t>({-70000})).integers(), (Integers{-70000}));
  EXPECT_EQ(raw(7, {1}, raw_bytes<std::int64_t>({INT64_MIN})).integers(), (Integers{INT64_MIN}));
  EXPECT_EQ(raw(9, {2}, std::string_view("\0\1", 2)).integers(), (Integers{0, 1}));
  EXPECT_EQ(raw(12, {1}, raw_bytes<std::uint32_t>({UINT32_MAX})).integers(), (Integers{4294967295}));
  EXPECT_EQ(raw(13, {1}, raw_bytes<std::uint64_t>({1u << 31})).reals(), (Reals{2147483648.0}));
  EXPECT_EQ(raw(10, {2}, raw_bytes<std::uint16_t>({0x3c00, 0xc000})).reals(), (Reals{1, -2}));
  EXPECT_EQ(raw(16, {2}, raw_bytes<std::uint16_t>({0x3f80, 0xc000})).reals(), (Reals{1, -2}));
  EXPECT_EQ(raw(17, {1}, "\x38").reals(), (Reals{1}));
  EXPECT_EQ(raw(18, {1}, "\x40").reals(), (Reals{1}));
  EXPECT_EQ(raw(19, {1}, "\x3c").reals(), (Reals{1}));
  EXPECT_EQ(raw(20, {1}, "\x40").reals(), (Reals{1}));
  EXPECT_EQ(raw(24, {1}, "\x80").reals(), (Reals{2}));
}

TEST(OnnxTensor, PackedElementsBeginWithTheLowBits) {
  const auto raw = [](int type, std::int64_t count, std::string_view bytes) {
    return Read(onnx_tensor("t", type, {count}).text(9, bytes));
  };
  EXPECT_EQ(raw(21, 3, "\xa1\x0f").integers(), (Integers{1, 10, 15}));         // uint4
  EXPECT_EQ(raw(22, 3, "\x8f\x07").integers(), (Integers{-1, -8, 7}));         // int4
  EXPECT_EQ(raw(25, 5, "\xe4\x02").integers(), (Integers{0, 1, 2, 3, 2}));     // uint2
  EXPECT_EQ(raw(26, 5, "\xe4\x02").integers(), (Integers{0, 1, -2, -1, -2}));  // int2
  EXPECT_EQ(raw(23, 3, "\x9f\x07").reals(), (Reals{-6, -0.5, 6}));             // float4_e2m1
}

TEST(OnnxTensor, TypedFieldsPackedAreSeenWhereTheyLie) {
  const Read floats(onnx_tensor("t", 1, {2}).text(4, raw_bytes({1.f, 2.f})));
  EXPECT_EQ(floats.reals(), (Reals{1, 2}));
  EXPECT_EQ(floats.data().encoding, TensorData::Encoding::raw);
  EXPECT_EQ(floats.data().offset, 9u);
  const Read doubles(onnx_tensor("t", 11, {1}).text(10, raw_bytes({2.5})));
  EXPECT_EQ(doubles.reals(), (Reals{2.5}));
  const Read longs(onnx_tensor("t", 7, {3}).text(7, varints({-1, 0, INT64_MAX})));
  EXPECT_EQ(longs.integers(), (Integers{-1, 0, INT64_MAX}));
  EXPECT_EQ(longs.data().encoding, TensorData::Encoding::varint);
  EXPECT_EQ(longs.data().stored_bytes, 20u);
  const Read bytes(onnx_tensor("t", 3, {2}).text(5, varints({-1, 5})));
  EXPECT_EQ(bytes.integers(), (Integers{-1, 5}));
  const Read halves(onnx_tensor("t", 10, {2}).text(5, varints({0x3c00, 0xc000})));
  EXPECT_EQ(halves.reals(), (Reals{1, -2}));
  const Read unsigned_longs(onnx_tensor("t", 13, {1}).text(11, varints({-1})));
  EXPECT_EQ(unsigned_longs.reals(), (Reals{18446744073709551615.0}));
  const Read booleans(onnx_tensor("t", 9, {2}).text(5, varints({0, 1})));
  EXPECT_EQ(booleans.integers(), (Integers{0, 1}));
}

TEST(OnnxTensor, TypedFieldsInPiecesAreJoined) {
  const Read floats(onnx_tensor("t", 1, {3}).real(4, 1.f).text(4, raw_bytes({2.f})).real(4, 3.f));
  EXPECT_EQ(floats.reals(), (Reals{1, 2, 3}));
  EXPECT_EQ(floats.data().encoding, TensorData::Encoding::raw);
  EXPECT_EQ(floats.data().stored_bytes, 12u);
  const Read ints(onnx_tensor("t", 6, {3}).number(5, -7).number(5, 8).text(5, varints({9})));
  EXPECT_EQ(ints.integers(), (Integers{-7, 8, 9}));
  const Read halves(onnx_tensor("t", 16, {2}).number(5, 0x3f80).number(5, 0xc000));
  EXPECT_EQ(halves.reals(), (Reals{1, -2}));
}

TEST(OnnxTensor, FourBitElementsInVarintsArePairs) {
  EXPECT_EQ(Read(onnx_tensor("t", 22, {3}).text(5, varints({0x8f, 0x07}))).integers(), (Integers{-1, -8, 7}));
}

TEST(OnnxTensor, ComplexAndTextAreKept) {
  const Read complex(onnx_tensor("t", 14, {1}).text(4, raw_bytes({1.f, 2.f})));
  EXPECT_EQ(complex.data().bytes.size(), 8u);
  EXPECT_FALSE(ElementReader(complex.data()).can_read());
  const Read text(onnx_tensor("t", 8, {2}).text(6, "a").text(6, "bc"));
  ASSERT_EQ(text.data().texts.size(), 2u);
  EXPECT_EQ(text.data().texts[1], "bc");
  EXPECT_EQ(text.data().stored_bytes, 3u);
}

TEST(OnnxTensor, ScalarsAndEmptyTensors) {
  EXPECT_EQ(Read(onnx_tensor("t", 1, {}).text(9, raw_bytes({4.f}))).reals(), (Reals{4}));
  const Read empty(onnx_tensor("t", 1, {0, 5}));
  EXPECT_EQ(empty.data().encoding, TensorData::Encoding::raw);
  EXPECT_TRUE(empty.reals().empty());
  EXPECT_EQ(element_count(empty.data()), 0);
}

TEST(OnnxTensor, ExtentsMayBePacked) {
  const Read read(Wire().text(1, varints({2, 1})).number(2, 2).text(9, "ab"));
  EXPECT_EQ(read.integers(), (Integers{97, 98}));
}

std::string finding_of(const Wire& tensor) {
  const std::string file = onnx_model(OnnxGraph().constant(tensor).node("Relu", {"w"}, {"y"}).output("y"));
  const Result<Model> model = read_model(as_bytes(file));
  if (!model) return model.error().to_string();
  if (model->findings.empty()) return "";
  const Finding& finding = model->findings[0];
  return std::string(info(finding.kind).id) + ": " + finding.message.to_string();
}

TEST(OnnxTensor, ElementsThatDoNotFitTheShapeAreAFindingAndAbsent) {
  EXPECT_EQ(finding_of(onnx_tensor("w", 1, {2}).text(9, raw_bytes({1.f, 2.f}))), "");
  EXPECT_EQ(finding_of(onnx_tensor("w", 1, {3}).text(9, raw_bytes({1.f, 2.f}))),
            "truncated-weights: the weights of `w` do not fit its shape: 3 elements, 8 bytes stored");
  EXPECT_EQ(finding_of(onnx_tensor("w", 1, {1}).text(9, raw_bytes({1.f, 2.f}))),
            "truncated-weights: the weights of `w` do not fit its shape: 1 element, 8 bytes stored");
  EXPECT_EQ(finding_of(onnx_tensor("w", 1, {1024})),
            "truncated-weights: the weights of `w` are not in the file: 1,024 elements without data");
  EXPECT_EQ(finding_of(onnx_tensor("w", 7, {3}).text(7, varints({1, 2}))),
            "truncated-weights: the weights of `w` do not fit its shape: 3 elements, 2 bytes stored");
  EXPECT_EQ(finding_of(onnx_tensor("w", 1, {1}).text(7, varints({1}))),
            "truncated-weights: the weights of `w` are not in the file: 1 element without data");
  EXPECT_EQ(finding_of(onnx_tensor("w", 77, {1}).text(9, "abcd")),
            "unknown-dtype: `w` has an element type that ONNX does not define");
}

TEST(OnnxTensor, SparseOnesKnowWhatTheyStore) {
  const Wire sparse = Wire()
                          .message(1, onnx_tensor("s", 1, {2}).text(9, raw_bytes({1.f, 2.f})))
                          .message(2, onnx_tensor("", 7, {2}).text(9, raw_bytes<std::int64_t>({3, 5})))
                          .number(3, 2)
                          .number(3, 4);
  const std::string file = onnx_model(OnnxGraph().add(15, sparse).node("Relu", {"s"}, {"y"}).output("y"));
  const Result<Model> model = read_model(as_bytes(file));
  ASSERT_TRUE(model) << model.error().to_string();
  const TensorData& data = *model->main().tensors[TensorId{0}].constant;
  EXPECT_TRUE(data.is_sparse);
  EXPECT_EQ(element_count(data), 8);
  EXPECT_EQ(data.stored_elements, 2u);
  EXPECT_EQ(data.stored_bytes, 24u);
  EXPECT_FALSE(ElementReader(data).can_read());
  EXPECT_NE(finding_of(onnx_tensor("w", 1, {0})), "x");
}

TEST(OnnxTensor, SequencesAndOptionals) {
  const Wire one = onnx_tensor("a", 7, {1}).text(9, raw_bytes<std::int64_t>({4}));
  const Wire two = onnx_tensor("b", 7, {0});
  const std::string sequence = Wire().text(1, "s").number(2, 1).message(3, one).message(3, two).bytes();
  const auto read = onnx::read_sequence_proto(as_bytes(sequence));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->value.name, "s");
  ASSERT_EQ(read->value.elements.size(), 2u);
  EXPECT_EQ(read->value.elements[1].tensor.extents[0], 0);
  const std::string optional = Wire().text(1, "o").number(2, 3).message(5, Wire().append(sequence)).bytes();
  const auto inner = onnx::read_optional_proto(as_bytes(optional));
  ASSERT_TRUE(inner);
  ASSERT_EQ(inner->value.elements.size(), 1u);
  EXPECT_EQ(inner->value.elements[0].elements.size(), 2u);
  EXPECT_EQ(onnx::read_optional_proto({})->value.elements.size(), 0u);
}

// Files in memory, with the promise of every provider.
struct MemoryFiles : FileProvider {
  std::map<std::string, std::string, std::less<>> files;
  Result<Opened> open(std::string_view name) override {
    const auto found = files.find(name);
    if (found == files.end()) return Error{ErrorKind::unreadable, "", 0, false, "the file is not there", ""};
    return Opened{as_bytes(found->second)};
  }
};

Wire external(std::string_view name, std::int64_t count, std::string_view offset, std::string_view length,
              std::string_view location = "w.bin") {
  Wire tensor = onnx_tensor(name, 1, {count}).number(14, 1).message(13, onnx_entry("location", location));
  if (!offset.empty()) tensor.message(13, onnx_entry("offset", offset));
  if (!length.empty()) tensor.message(13, onnx_entry("length", length));
  return tensor;
}

struct External {
  External(const std::vector<Wire>& tensors, const std::map<std::string, std::string, std::less<>>& files) {
    OnnxGraph graph;
    for (const Wire& tensor : tensors) graph.constant(tensor);
    file = onnx_model(graph);
    provider.files = files;
    ReadOptions options;
    options.files = &provider;
    model = read_model(as_bytes(file), options);
  }
  std::string says() const {
    if (!model) return model.error().to_string();
    std::string text;
    for (const Finding& f : model->findings)
      text += std::string(info(f.kind).id) + ": " + f.message.to_string() + "\n";
    return text;
  }
  const TensorData& tensor(std::uint32_t i) const { return *model->main().tensors[TensorId{i}].constant; }
  std::string file;
  MemoryFiles provider;
  Result<Model> model = Error{};
};

TEST(OnnxExternal, ElementsLieInTheOtherFile) {
  const std::string weights = std::string(64, '\0') + raw_bytes({1.f, 2.f}) + raw_bytes({3.f}) + "tail";
  const External read({external("a", 2, "64", "8"), external("b", 1, "72", "")}, {{"w.bin", weights}});
  EXPECT_EQ(read.says(), "");
  EXPECT_EQ(read.tensor(0).file, FileId{1});
  EXPECT_EQ(read.tensor(0).offset, 64u);
  EXPECT_EQ(load<float>(read.tensor(1).bytes.data()), 3.f);
  EXPECT_EQ(read.model->files[FileId{1}].role, "external data");
  std::map<ByteLabel, std::uint64_t> labels;
  for (const ByteSpan& span : read.model->spans) {
    if (span.file == FileId{1}) labels[span.label] += span.size;
  }
  EXPECT_EQ(labels[ByteLabel::weights], 12u);
  EXPECT_EQ(labels[ByteLabel::unreachable], 68u);  // 64 bytes are as long as the alignment: no padding
}

TEST(OnnxExternal, BytesBetweenAlignedTensorsArePadding) {
  const std::string weights = raw_bytes({1.f}) + std::string(60, '\0') + raw_bytes({2.f});
  const External read(
      {external("a", 1, "0", "4"), external("b", 1, "64", "4"), external("again", 1, "0", "4")},
      {{"w.bin", weights}});
  std::map<ByteLabel, std::uint64_t> labels;
  for (const ByteSpan& span : read.model->spans) {
    if (span.file == FileId{1}) labels[span.label] += span.size;
  }
  EXPECT_EQ(labels[ByteLabel::weights], 8u);
  EXPECT_EQ(labels[ByteLabel::padding], 60u);
}

TEST(OnnxExternal, AMissingFileIsOneFindingAndTheHeaderStillComes) {
  const External read({external("a", 2, "", ""), external("b", 2, "8", "8")}, {});
  EXPECT_EQ(read.says(),
            "missing-external-data: 2 tensors have their data in `w.bin`: the file is not there\n");
  EXPECT_EQ(read.tensor(0).encoding, TensorData::Encoding::absent);
  EXPECT_EQ(read.tensor(0).extents[0], 2);
}

TEST(OnnxExternal, RangesBeyondTheFileAreFindings) {
  EXPECT_EQ(External({external("a", 4, "0", "16")}, {{"w.bin", "12345678"}}).says(),
            "truncated-weights: a tensor's data ends after the file: 16 bytes wanted, the file has 8\n");
  EXPECT_EQ(External({external("a", 1, "18446744073709551615", "4")}, {{"w.bin", "12345678"}}).says(),
            "truncated-weights: a tensor's data ends after the file: 4 bytes wanted, the file has 8\n");
  EXPECT_EQ(External({external("a", 1, "0", "8")}, {{"w.bin", "12345678"}}).says(),
            "truncated-weights: a tensor's data has 8 bytes, its shape needs 4\n");
}

TEST(OnnxExternal, AnEntryThatMakesNoSenseIsAnError) {
  EXPECT_NE(
      External({external("a", 1, "-4", "4")}, {}).says().find("has an offset or length that is no number"),
      std::string::npos);
  EXPECT_NE(External({onnx_tensor("a", 1, {1}).number(14, 1)}, {})
                .says()
                .find("does not say in which file the data is"),
            std::string::npos);
}

}  // namespace
}  // namespace haoline
