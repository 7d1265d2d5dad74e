// Which reader takes a file, and what is said of the others.
#include <gtest/gtest.h>

#include "formats/format.h"
#include "support/onnx_writer.h"

namespace haoline {
namespace {

using namespace test;
using namespace std::string_view_literals;

std::string format_of(std::string_view file) {
  const Format* format = detect(as_bytes(file));
  return format == nullptr ? "none" : std::string(format->name);
}
std::string says(std::string_view file) {
  const Result<Model> model = read_model(as_bytes(file));
  return model ? "read" : model.error().to_string();
}

TEST(Registry, KnowsOnnxByItsContent) {
  OnnxGraph graph;
  graph.input("x", 1, {1}).node("Relu", {"x"}, {"y"}).output("y");
  EXPECT_EQ(format_of(onnx_model(graph)), "onnx");
  const std::string far(5000, 'd');  // the graph begins after the bytes that detection sees
  EXPECT_EQ(format_of(Wire().number(1, 8).text(2, "p").text(6, far).message(7, graph.wire()).bytes()),
            "onnx");
  EXPECT_EQ(format_of(Wire().message(8, onnx_opset("", 9)).number(1, 3).message(7, graph.wire()).bytes()),
            "onnx");
  EXPECT_EQ(format_of(onnx_model(graph).substr(0, 60)), "onnx");
}

TEST(Registry, TellsProtobufFilesApart) {
  const std::string text(100, 't');
  // SavedModel: version, then a message.
  EXPECT_EQ(format_of(Wire()
                          .number(1, 1)
                          .message(2, Wire()
                                          .message(1, Wire().text(4, "serve"))
                                          .message(2, Wire().message(1, Wire().text(1, "x").text(2, text))))
                          .bytes()),
            "tensorflow");
  // GraphDef: nodes. Caffe: a name.
  EXPECT_EQ(format_of(Wire().message(1, Wire().text(1, "x").text(2, text)).bytes()), "tensorflow");
  EXPECT_EQ(format_of(Wire().text(1, text).bytes()), "none");
  // Core ML: version, description, then a kind of model beyond field 200.
  EXPECT_EQ(format_of(Wire()
                          .number(1, 4)
                          .message(2, Wire().message(1, Wire().text(1, "in")))
                          .message(500, Wire().text(1, text))
                          .bytes()),
            "coreml");
  EXPECT_EQ(format_of(std::string(200, '\0')), "none");
  EXPECT_EQ(format_of("some text that is no model at all"), "none");
  EXPECT_EQ(format_of(""), "none");
}

TEST(Registry, SaysWhatAFileLooksLike) {
  EXPECT_EQ(says("7767517\n"sv),
            "looks like ncnn, which haoline does not read. Convert the model to ONNX to inspect it now.");
  EXPECT_EQ(says("\x1c\0\0\0TFL2"sv),
            "looks like TensorFlow Lite with a schema that haoline does not read. Convert the model again.");
  EXPECT_EQ(says("version https://git-lfs.github.com/spec/v1\n"sv),
            "is a Git LFS pointer, not the model itself. Run `git lfs pull`.");
  EXPECT_EQ(says("<!DOCTYPE html><html>"sv), "is a web page, not a model. Download the file itself.");
  EXPECT_EQ(says(""), "is empty. Download it again.");
  EXPECT_EQ(says(std::string(100, '\0')),
            "begins with zeros only. The download did not finish; download it again.");
  EXPECT_EQ(says("hello"), "is no model that haoline knows. Check the file's name, or download it again.");
}

}  // namespace
}  // namespace haoline
