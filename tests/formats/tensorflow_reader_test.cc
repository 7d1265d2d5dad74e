#include <gtest/gtest.h>

#include <map>
#include <string>

#include "formats/format.h"
#include "formats/shared/graphdef_schema.h"
#include "formats/tensorflow/table.h"

namespace haoline {
namespace {

using graphdef::Record;
using graphdef::WireWriter;

struct Memory : FileProvider {
  std::map<std::string, std::string, std::less<>> files;
  Result<Opened> open(std::string_view name) override {
    const auto found = files.find(name);
    if (found != files.end()) return Opened{as_bytes(found->second)};
    Error error;
    error.kind = ErrorKind::unreadable;
    error.message = "is not there";
    return error;
  }
  std::vector<std::string> list() override {
    std::vector<std::string> names;
    for (const auto& [name, content] : files) names.push_back(name);
    return names;
  }
};

// The wire bytes that a text stands for.
std::string wire(std::string_view text, Record root = Record::graph) {
  Arena arena;
  const Result<Bytes> bytes = graphdef::encode_text(text, root, arena);
  EXPECT_TRUE(bytes) << (bytes ? "" : bytes.error().to_string());
  return bytes ? std::string(as_text(*bytes)) : std::string();
}

std::string node(std::string_view name, std::string_view op, std::initializer_list<std::string_view> inputs,
                 std::string_view attributes = {}) {
  std::string text = "node { name: '" + std::string(name) + "' op: '" + std::string(op) + "' ";
  for (const std::string_view input : inputs) text += "input: '" + std::string(input) + "' ";
  return text + std::string(attributes) + " }\n";
}
std::string attr(std::string_view key, std::string_view value) {
  return "attr { key: '" + std::string(key) + "' value { " + std::string(value) + " } } ";
}
std::string shape(std::initializer_list<int> extents) {
  std::string text = "shape { ";
  for (const int extent : extents) text += "dim { size: " + std::to_string(extent) + " } ";
  return text + "}";
}
std::string placeholder(std::string_view name, std::initializer_list<int> extents) {
  return node(name, "Placeholder", {}, attr("dtype", "type: DT_FLOAT") + attr("shape", shape(extents)));
}
std::string splat(std::string_view name, std::string_view type, std::string_view value,
                  std::initializer_list<int> extents) {
  std::string tensor_shape = "tensor_" + shape(extents);
  return node(name, "Const", {},
              attr("value", "tensor { dtype: " + std::string(type) + " " + tensor_shape + " " +
                                std::string(value) + " }"));
}

Result<Model> read(const std::string& bytes, const ReadOptions& options = {}) {
  return read_model(as_bytes(bytes), options);
}

const Tensor* find(const Graph& graph, std::string_view name) {
  for (const Tensor& tensor : graph.tensors) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

const std::string kSmall = placeholder("x", {-1, 8, 8, 3}) +
                           splat("w", "DT_FLOAT", "float_val: 0.5", {3, 3, 3, 4}) +
                           node("conv", "Conv2D", {"x", "w"},
                                attr("strides", "list { i: [1, 2, 2, 1] }") + attr("padding", "s: 'SAME'")) +
                           node("out", "Relu", {"conv"});

TEST(TensorFlow, ReadsAFrozenGraphFromTextAndFromBytesAlike) {
  for (const std::string& file : {kSmall, wire(kSmall)}) {
    const Result<Model> model = read(file);
    ASSERT_TRUE(model) << model.error().to_string();
    EXPECT_EQ(model->format, "tensorflow");
    const Graph& graph = model->main();
    ASSERT_EQ(graph.nodes.size(), 2U);
    const Node& conv = graph.nodes[NodeId{0}];
    EXPECT_EQ(conv.op, Op::Conv);
    EXPECT_EQ(conv.op_type, "Conv2D");
    EXPECT_EQ(std::get<std::string_view>(conv.attribute("filter_layout")->value), "HWIO");
    const auto strides = std::get<std::span<const std::int64_t>>(conv.attribute("strides")->value);
    EXPECT_EQ(std::vector<std::int64_t>(strides.begin(), strides.end()), (std::vector<std::int64_t>{2, 2}));
    ASSERT_EQ(graph.inputs.size(), 1U);
    EXPECT_EQ(to_string(graph.tensors[graph.inputs[0]].shape, *model->dims), "[batch, 8, 8, 3]");
    ASSERT_EQ(graph.outputs.size(), 1U);
    EXPECT_EQ(graph.tensors[graph.outputs[0]].name, "out");
  }
}

TEST(TensorFlow, WritesOutAConstantThatRepeatsOneElement) {
  const std::string file = placeholder("x", {2, 2}) + splat("axes", "DT_INT32", "int_val: [7, 9]", {4}) +
                           node("out", "Sum", {"x", "axes"});
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  const Tensor* axes = find(model->main(), "axes");
  ASSERT_TRUE(axes && axes->constant);
  ASSERT_EQ(axes->constant->bytes.size(), 16U);
  const auto at = [&](std::size_t i) { return load<std::int32_t>(axes->constant->bytes.data() + 4 * i); };
  EXPECT_EQ(at(0), 7);
  EXPECT_EQ(at(1), 9);
  EXPECT_EQ(at(3), 9);
}

TEST(TensorFlow, TakesNoRoomForAHugeConstantThatRepeatsOneElement) {
  const std::string file = placeholder("x", {2}) +
                           splat("w", "DT_FLOAT", "float_val: 1", {1 << 20, 1 << 20}) +
                           node("out", "Add", {"x", "w"});
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(find(model->main(), "w")->constant->encoding, TensorData::Encoding::filler);
}

TEST(TensorFlow, CutsAGraphWhereItIsTold) {
  const std::vector<std::string> inputs{"conv:0"}, outputs{"out"};
  ReadOptions options;
  options.graph_inputs = inputs;
  options.graph_outputs = outputs;
  const Result<Model> model = read(kSmall, options);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->main().nodes.size(), 1U);
  ASSERT_EQ(model->main().inputs.size(), 1U);
  EXPECT_EQ(model->main().tensors[model->main().inputs[0]].name, "conv");
  const std::vector<std::string> wrong{"nowhere"};
  options.graph_outputs = wrong;
  const Result<Model> refused = read(kSmall, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
}

TEST(TensorFlow, LeavesOutWhatTrainsAndSaves) {
  const std::string file = kSmall + splat("names", "DT_STRING", "string_val: 'w'", {1}) +
                           node("save/SaveV2", "SaveV2", {"names", "names", "names", "conv"}) +
                           node("gradients/g", "ReluGrad", {"out", "conv"}) + node("init", "NoOp", {"^conv"});
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  ASSERT_EQ(model->main().outputs.size(), 1U);
  EXPECT_EQ(model->main().tensors[model->main().outputs[0]].name, "out");
}

TEST(TensorFlow, KeepsAnOperatorThatNobodyKnows) {
  const std::string file = placeholder("x", {2}) + node("out", "MyCustomOp", {"x"}, attr("width", "i: 5"));
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  const Node& custom = model->main().nodes[NodeId{0}];
  EXPECT_EQ(custom.op, Op::unknown);
  EXPECT_EQ(custom.op_type, "MyCustomOp");
  EXPECT_EQ(std::get<std::int64_t>(custom.attribute("width")->value), 5);
}

// --- functions

std::string function(std::string_view name, std::string_view body, std::string_view result) {
  return "library { function { signature { name: '" + std::string(name) +
         "' input_arg { name: 'a' type: DT_FLOAT } output_arg { name: 'y' type: DT_FLOAT } } " +
         std::string(body) + " ret { key: 'y' value: '" + std::string(result) + "' } } }\n";
}
std::string node_def(std::string_view text) {
  return "node_def" + std::string(text.substr(4));
}
std::string call(std::string_view name, std::string_view of, std::string_view input) {
  return node(name, "StatefulPartitionedCall", {input},
              attr("f", "func { name: '" + std::string(of) + "' }") + attr("Tin", "list { type: DT_FLOAT }") +
                  attr("Tout", "list { type: DT_FLOAT }"));
}

TEST(TensorFlow, InlinesCallsBelowTheirNames) {
  const std::string inner = node_def(node("layer/act", "Relu", {"a"}));
  const std::string file = placeholder("x", {2}) + call("one", "f", "x") + call("two", "f", "one") +
                           function("f", inner, "layer/act:activations:0");
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  const Graph& graph = model->main();
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.nodes[NodeId{0}].name, "one/layer/act");
  EXPECT_EQ(graph.nodes[NodeId{0}].scope, "one/layer");
  EXPECT_EQ(graph.nodes[NodeId{1}].name, "two/layer/act");
  EXPECT_EQ(graph.tensors[graph.outputs[0]].name, "two");
  EXPECT_EQ(model->functions[0].calls, 2U);
}

TEST(TensorFlow, RefusesAFunctionThatCallsItself) {
  const std::string file = placeholder("x", {2}) + call("one", "f", "x") +
                           function("f", node_def(call("again", "f", "a")), "again:output:0");
  const Result<Model> model = read(file);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().message, "calls a function from within itself");
}

TEST(TensorFlow, BoundsWhatCallsOfCallsMayMake) {
  std::string file = placeholder("x", {2}) + call("start", "f0", "x");
  for (int i = 0; i < 40; ++i) {
    const std::string next = "f" + std::to_string(i + 1);
    file += function("f" + std::to_string(i),
                     node_def(call("p", next, "a")) + node_def(call("q", next, "p:output:0")), "q:output:0");
  }
  file += function("f40", node_def(node("r", "Relu", {"a"})), "r:activations:0");
  const Result<Model> model = read(file);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, ErrorKind::unsupported);
}

TEST(TensorFlow, MakesBodiesOfBranches) {
  const std::string branch = node_def(node("r", "Relu", {"a"}));
  const std::string file =
      placeholder("x", {2}) +
      node("c", "Placeholder", {}, attr("dtype", "type: DT_BOOL") + attr("shape", shape({}))) +
      node("if", "StatelessIf", {"c", "x"},
           attr("then_branch", "func { name: 't' }") + attr("else_branch", "func { name: 'e' }") +
               attr("Tin", "list { type: DT_FLOAT }") + attr("Tout", "list { type: DT_FLOAT }")) +
      function("t", branch, "r:activations:0") + function("e", node_def(node("n", "Neg", {"a"})), "n:y:0");
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  ASSERT_EQ(model->graphs.size(), 3U);
  EXPECT_EQ(model->main().nodes[NodeId{0}].op, Op::If);
  const Graph& then_branch = model->graphs[GraphId{1}];
  EXPECT_EQ(then_branch.path, "if/then_branch");
  EXPECT_EQ(then_branch.nodes[NodeId{0}].op, Op::Relu);
  EXPECT_TRUE(then_branch.tensors[then_branch.nodes[NodeId{0}].inputs[0]].outer);
}

TEST(TensorFlow, KeepsALoopOfTensorFlow1AsItsNodesAndSaysSo) {
  const std::string frame = attr("frame_name", "s: 'loop'");
  const std::string file =
      placeholder("x", {2}) + node("enter", "Enter", {"x"}, frame) +
      node("merge", "Merge", {"enter", "next"}) + splat("limit", "DT_FLOAT", "float_val: 3", {}) +
      node("less", "Less", {"merge", "limit"}) + node("all", "LoopCond", {"less"}) +
      node("switch", "Switch", {"merge", "all"}) + node("double", "Add", {"switch:1", "switch:1"}) +
      node("next", "NextIteration", {"double"}) + node("exit", "Exit", {"switch"}) +
      node("out", "Relu", {"exit"});
  const Result<Model> model = read(file);
  ASSERT_TRUE(model) << model.error().to_string();
  ASSERT_EQ(model->findings.size(), 1U);
  EXPECT_EQ(model->findings[0].kind, FindingKind::unread_content);
  EXPECT_EQ(model->main().tensors[model->main().outputs[0]].name, "out");
}

// --- damage

TEST(TensorFlow, RefusesACycle) {
  const Result<Model> model = read(placeholder("x", {2}) + node("a", "Add", {"x", "b"}) +
                                   node("b", "Relu", {"a"}) + node("out", "Relu", {"b"}));
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().message, "waits for its own result");
}

TEST(TensorFlow, SurvivesBytesCutAnywhere) {
  const std::string file =
      wire(kSmall + function("f", node_def(node("r", "Relu", {"a"})), "r:activations:0"));
  for (std::size_t size = 0; size < file.size(); ++size) {
    const Result<Model> model = read(file.substr(0, size));
    if (!model) {
      EXPECT_FALSE(model.error().message.empty());
    }
  }
  for (std::size_t size = 0; size < kSmall.size(); ++size) (void)read(kSmall.substr(0, size));
}

TEST(TensorFlow, SaysWhereATextIsDamaged) {
  const Result<Model> model = read("node { name: 'x' op: 'Relu' input: }");
  ASSERT_FALSE(model);
  EXPECT_TRUE(model.error().has_offset);
  EXPECT_EQ(model.error().offset, 35U);
}

TEST(TensorFlow, RefusesTextThatNestsTooDeep) {
  std::string text = "node { name: 'x' op: 'Relu' ";
  for (int i = 0; i < 100; ++i) text += "attr { key: 'f' value { func { ";
  EXPECT_FALSE(read(text));
}

// --- SavedModel

void put_varint(std::string& out, std::uint64_t value) {
  WireWriter writer;
  writer.varint(value);
  out += writer.text();
}
// A block of entries without shared beginnings, and its trailer.
std::string block(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string out;
  for (const auto& [key, value] : entries) {
    put_varint(out, 0);
    put_varint(out, key.size());
    put_varint(out, value.size());
    out += key + value;
  }
  return out + std::string("\0\0\0\0\1\0\0\0", 8);
}
std::string handle(std::uint64_t offset, std::uint64_t size) {
  std::string out;
  put_varint(out, offset);
  put_varint(out, size);
  return out;
}
std::string table(const std::vector<std::pair<std::string, std::string>>& entries) {
  const std::string data = block(entries);
  const std::string index = block({{"z", handle(0, data.size())}});
  const std::string trailer(5, '\0');
  std::string footer = handle(0, 0) + handle(data.size() + 5, index.size());
  footer.resize(40, '\0');
  const std::uint64_t magic = 0xdb4775248b80fb57;
  footer.append(reinterpret_cast<const char*>(&magic), 8);
  return data + trailer + index + trailer + footer;
}
std::string bundle_entry(std::int64_t type, std::initializer_list<int> extents, std::int64_t offset,
                         std::int64_t size) {
  WireWriter shape_writer;
  for (const int extent : extents) {
    WireWriter dim;
    dim.integer(1, extent);
    shape_writer.bytes(2, dim.text());
  }
  WireWriter entry;
  entry.integer(1, type);
  entry.bytes(2, shape_writer.text());
  entry.integer(4, offset);
  entry.integer(5, size);
  return entry.text();
}
std::string bundle_header() {
  WireWriter header;
  header.integer(1, 1);
  return header.text();
}

Memory saved_model() {
  const std::string handle_attrs = attr("dtype", "type: DT_FLOAT") + attr("shape", shape({2, 3})) +
                                   attr("shared_name", "s: 'dense/kernel'");
  const std::string graph =
      placeholder("serving_default_x", {-1, 2}) + node("kernel", "VarHandleOp", {}, handle_attrs) +
      node("read", "ReadVariableOp", {"kernel"}, attr("dtype", "type: DT_FLOAT")) +
      node("y", "MatMul", {"serving_default_x", "read"}) + node("unrelated", "Relu", {"y"});
  const std::string signature =
      "signature_def { key: 'serving_default' value { inputs { key: 'x' value { name: 'serving_default_x:0' "
      "dtype: "
      "DT_FLOAT } } outputs { key: 'y' value { name: 'y:0' dtype: DT_FLOAT } } } }";
  Memory files;
  files.files["saved_model.pb"] = wire(
      "saved_model_schema_version: 1 meta_graphs { meta_info_def { tags: 'serve' tensorflow_version: "
      "'2.19.1' } graph_def { " +
          graph + " } " + signature + " }",
      Record::saved_model);
  files.files["variables/variables.index"] =
      table({{"", bundle_header()}, {"dense/kernel", bundle_entry(1, {2, 3}, 8, 24)}});
  files.files["variables/variables.data-00000-of-00001"] = std::string(32, '\1');
  return files;
}

TEST(TensorFlow, TiesVariablesToTheirValues) {
  Memory files = saved_model();
  const Result<Model> model = read_model_folder(files);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->format_version, "SavedModel 1");
  EXPECT_EQ(model->producer_version, "2.19.1");
  const Tensor* kernel = find(model->main(), "kernel");
  ASSERT_TRUE(kernel && kernel->constant);
  EXPECT_EQ(kernel->constant->encoding, TensorData::Encoding::raw);
  EXPECT_EQ(kernel->constant->offset, 8U);
  EXPECT_EQ(model->files[kernel->constant->file].name, "variables/variables.data-00000-of-00001");
  EXPECT_EQ(model->main().nodes.size(), 2U);  // what the signature needs, no more
  EXPECT_TRUE(model->findings.empty());
  std::uint64_t labelled = 0;
  for (const ByteSpan& span : model->spans) labelled += span.file == kernel->constant->file ? span.size : 0;
  EXPECT_EQ(labelled, 32U);
}

TEST(TensorFlow, CountsVariablesWhoseValuesAreMissing) {
  for (const std::string missing : {"variables/variables.index", "variables/variables.data-00000-of-00001"}) {
    Memory files = saved_model();
    files.files.erase(missing);
    const Result<Model> model = read_model_folder(files);
    ASSERT_TRUE(model) << model.error().to_string();
    const Tensor* kernel = find(model->main(), "kernel");
    ASSERT_TRUE(kernel && kernel->constant);
    EXPECT_EQ(kernel->constant->encoding, TensorData::Encoding::absent);
    EXPECT_EQ(kernel->constant->extents.size(), 2U);
    ASSERT_FALSE(model->findings.empty());
    EXPECT_EQ(model->findings[0].kind, FindingKind::missing_external_data);
  }
}

TEST(TensorFlow, SurvivesAnIndexCutOrChangedAnywhere) {
  const Memory whole = saved_model();
  const std::string index = whole.files.at("variables/variables.index");
  for (std::size_t at = 0; at < index.size(); ++at) {
    Memory files = whole;
    files.files["variables/variables.index"] = index.substr(at);
    (void)read_model_folder(files);
    files.files["variables/variables.index"] = index;
    files.files["variables/variables.index"][at] = '\xff';
    (void)read_model_folder(files);
  }
}

TEST(TensorFlow, NamesTheFolderForALoneIndex) {
  const std::string index = table({{"", bundle_header()}});
  const Result<Model> model = read(index);
  ASSERT_FALSE(model);
  EXPECT_NE(model.error().advice.find("saved_model.pb"), std::string::npos);
}

TEST(TensorFlow, UnpacksSnappy) {
  bool ok = false;
  // 10 bytes: the literal "abc", then 7 bytes from 3 back.
  const std::string packed{
      "\x0a\x08"
      "abc\x0d\x03",
      7};
  const std::vector<std::byte> out = tensorflow::unpack_snappy(as_bytes(packed), 100, ok);
  EXPECT_TRUE(ok);
  EXPECT_EQ(as_text(Bytes(out)), "abcabcabca");
  tensorflow::unpack_snappy(as_bytes(packed), 9, ok);
  EXPECT_FALSE(ok);  // more than is allowed
  for (std::size_t size = 0; size < packed.size(); ++size) {
    tensorflow::unpack_snappy(as_bytes(packed).first(size), 100, ok);
    EXPECT_FALSE(ok);
  }
  const std::string far{"\x04\x0d\x09", 3};  // a copy from before the beginning
  tensorflow::unpack_snappy(as_bytes(far), 100, ok);
  EXPECT_FALSE(ok);
}

// --- TensorFlow.js

const std::string kModelJson = R"({"format": "graph-model", "convertedBy": "test",
 "signature": {"inputs": {"x": {"name": "x:0", "dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": "-1"}, {"size": "2"}]}}},
               "outputs": {"y": {"name": "y:0"}}},
 "modelTopology": {"node": [
  {"name": "x", "op": "Placeholder", "attr": {"dtype": {"type": "DT_FLOAT"}, "shape": {"shape": {"dim": [{"size": "-1"}, {"size": "2"}]}}}},
  {"name": "w", "op": "Const", "attr": {"value": {"tensor": {"dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": "2"}, {"size": "3"}]}}}}},
  {"name": "y", "op": "_FusedMatMul", "input": ["x", "w"], "attr": {"fused_ops": {"list": {"s": ["UmVsdQ=="]}}}}]},
 "weightsManifest": [{"paths": ["a.bin", "b.bin"], "weights": [
  {"name": "w", "shape": [2, 3], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": 0.5, "min": -1.0}}]}]})";

TEST(TensorFlowJs, JoinsAWeightThatTwoShardsHold) {
  Memory files;
  files.files["a.bin"] = "\1\2";
  files.files["b.bin"] = "\3\4\5\6";
  ReadOptions options;
  options.files = &files;
  const Result<Model> model = read(kModelJson, options);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->format, "tfjs");
  const Tensor* w = find(model->main(), "w");
  ASSERT_TRUE(w && w->constant && w->quantization);
  EXPECT_EQ(as_text(w->constant->bytes), "\1\2\3\4\5\6");
  EXPECT_EQ(w->constant->dtype, DType::uint8);
  EXPECT_EQ(w->quantization->scales[0], 0.5F);
  EXPECT_EQ(w->quantization->zero_points[0], 2);
  const Node& product = model->main().nodes[NodeId{0}];
  EXPECT_EQ(product.op, Op::Gemm);
  EXPECT_EQ(std::get<std::string_view>(product.attribute("activation")->value), "Relu");
  EXPECT_EQ(to_string(model->main().tensors[model->main().inputs[0]].shape, *model->dims), "[batch, 2]");
}

TEST(TensorFlowJs, ReportsShardsThatAreMissingOrShort) {
  Memory files;
  files.files["a.bin"] = "\1\2";
  ReadOptions options;
  options.files = &files;
  const Result<Model> missing = read(kModelJson, options);
  ASSERT_TRUE(missing) << missing.error().to_string();
  ASSERT_FALSE(missing->findings.empty());
  EXPECT_EQ(missing->findings[0].kind, FindingKind::missing_external_data);
  files.files["b.bin"] = "\3";
  const Result<Model> cut = read(kModelJson, options);
  ASSERT_TRUE(cut) << cut.error().to_string();
  ASSERT_FALSE(cut->findings.empty());
  EXPECT_EQ(cut->findings[0].kind, FindingKind::truncated_weights);
  EXPECT_EQ(find(cut->main(), "w")->constant->encoding, TensorData::Encoding::absent);
}

TEST(TensorFlowJs, SurvivesTextCutAnywhere) {
  for (std::size_t size = 0; size < kModelJson.size(); ++size) (void)read(kModelJson.substr(0, size));
}

}  // namespace
}  // namespace haoline
