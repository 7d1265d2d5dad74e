// Every recorded com.microsoft case (contrib/cases.txt, written by contrib/record.py): our types and shapes
// equal what ONNX Runtime computed, or where it has no kernel, what the registered shape inference says.
//
// Each case is inferred three ways: with the recorded integer inputs known, without them, and with every
// other input extent a symbol; in the last two, saying nothing is fine, saying something wrong is not.
//
//   contrib_proof [--filter TEXT]
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "analyses/inference.h"
#include "formats/format.h"
#include "judge.h"
#include "recorded.h"

namespace haoline::proof {
namespace {

// What was recorded of one result.
struct Said {
  bool is_inferred = false;  // by the registration, not by a run
  RecordedTensor tensor;     // extents -1: left open
  bool has_rank = true;
};

struct Case {
  std::string op, variant, model;
  std::vector<RecordedTensor> inputs;
  std::vector<Said> outputs;  // those the node has
};

std::string decode_base64(std::string_view text) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) break;
    bits = (bits << 6 | static_cast<unsigned>(digit)) & 0xffffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count & 0xff));
  }
  return bytes;
}

RecordedTensor read_tensor(std::string_view base64) {
  const std::optional<Recorded> recorded = read_recorded(decode_base64(base64), Type{});
  return recorded && !recorded->tensors.empty() ? recorded->tensors.front() : RecordedTensor{};
}

// "float32 [2,?,4]", "? ?rank"
Said read_inferred(std::istringstream& words) {
  Said said;
  said.is_inferred = true;
  std::string type, extents;
  words >> type >> extents;
  said.tensor.dtype = dtype_named(type).value_or(DType::unknown);
  said.has_rank = extents.starts_with("[");
  for (char& c : extents) {
    if (c == '[' || c == ']' || c == ',') c = ' ';
  }
  std::istringstream numbers(said.has_rank ? extents : "");
  for (std::string extent; numbers >> extent;) {
    said.tensor.extents.push_back(extent == "?" ? -1 : std::stoll(extent));
  }
  return said;
}

std::vector<Case> read_cases(const char* path) {
  std::vector<Case> cases;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string kind, text;
    words >> kind;
    if (kind == "case") {
      cases.emplace_back();
      words >> cases.back().op >> cases.back().variant;
    } else if (kind == "inferred") {
      cases.back().outputs.push_back(read_inferred(words));
    } else if (words >> text; kind == "model") {
      cases.back().model = decode_base64(text);
    } else if (kind == "input") {
      cases.back().inputs.push_back(read_tensor(text));
    } else if (kind == "output" && text != "-") {
      cases.back().outputs.push_back({false, read_tensor(text), true});
    }
  }
  return cases;
}

enum class Way { values, no_values, symbols };
constexpr const char* kWays[] = {"values", "no values", "symbols"};

struct Request {
  InferOptions options;
  Bindings bindings;
};

Request make_request(const Model& model, const Case& test, Way way) {
  Request request;
  request.options.ignore_declared = true;
  request.options.force_shapes = true;
  const Graph& main = model.main();
  for (std::size_t k = 0; k < std::min(main.inputs.size(), test.inputs.size()); ++k) {
    const Tensor& input = main.tensors[main.inputs[k]];
    const RecordedTensor& tensor = test.inputs[k];
    const std::optional<Value> value = way == Way::no_values ? std::nullopt : value_of(tensor, 0);
    if (value) request.options.input_numbers.emplace(input.name, *value);
    std::vector<std::string> extents;
    for (std::size_t axis = 0; axis < tensor.extents.size(); ++axis) {
      extents.push_back(std::to_string(tensor.extents[axis]));
      if (way != Way::symbols || value) continue;
      extents.back() = "in" + std::to_string(k) + "_" + std::to_string(axis);
      request.bindings[extents.back()] = tensor.extents[axis];
    }
    request.options.input_shapes.push_back({std::string(input.name), std::move(extents)});
  }
  return request;
}

std::string judge_said(const OperandFacts& ours, const Said& said, const DimPool& pool,
                       const Bindings& bindings, Strictness strictness) {
  const bool type_is_open = said.tensor.dtype == DType::unknown;
  const bool may_miss = strictness.may_be_unknown && ours.type.dtype == DType::unknown;
  if (!type_is_open && !may_miss && ours.type.dtype != said.tensor.dtype) {
    return "type " + to_string(ours.type) + ", recorded " + std::string(name(said.tensor.dtype));
  }
  if (!said.has_rank) return {};
  Shape shape = ours.shape;
  std::vector<std::int64_t> extents = said.tensor.extents;
  if (shape.has_rank() && shape.rank() == extents.size()) {
    for (std::size_t axis = extents.size(); axis-- > 0;) {
      if (extents[axis] >= 0) continue;
      shape.erase(axis);
      extents.erase(extents.begin() + static_cast<std::ptrdiff_t>(axis));
    }
  }
  if (std::string why = judge_shape(shape, extents, pool, bindings, strictness); !why.empty()) return why;
  return said.is_inferred ? std::string() : judge_value(ours, said.tensor, pool, bindings);
}

// Results whose extents only the data decides.
bool is_left_to_data(const std::string& op) {
  return op == "com.microsoft.Unique" || op == "com.microsoft.Tokenizer" ||
         op == "com.microsoft.DynamicTimeWarping" || op == "com.microsoft.BifurcationDetector";
}

std::string try_way(const Model& model, const Case& test, Way way) {
  const Request request = make_request(model, test, way);
  const Result<Inference> inference = infer(model, request.options);
  if (!inference) return "refused: " + inference.error().to_string();
  const Graph& main = model.main();
  const Strictness strictness{way != Way::values, is_left_to_data(test.op)};
  for (std::size_t k = 0; k < std::min(main.outputs.size(), test.outputs.size()); ++k) {
    const OperandFacts& ours = inference->facts(Model::kMain, main.outputs[k]);
    const std::string why = judge_said(ours, test.outputs[k], inference->dims, request.bindings, strictness);
    if (!why.empty()) return std::string(main.tensors[main.outputs[k]].name) + ": " + why;
  }
  for (const Finding& finding : inference->findings) {
    if (finding.kind == FindingKind::contradicting_shapes || finding.kind == FindingKind::wrong_arity) {
      return std::string(info(finding.kind).id) + ": " + finding.message.to_string();
    }
  }
  return {};
}

std::string try_case(const Case& test) {
  const Result<Model> model = read_model(as_bytes(test.model), {});
  if (!model) return model.error().to_string();
  if (model->main().outputs.size() != test.outputs.size()) return "the record lacks results";
  for (const Way way : {Way::values, Way::no_values, Way::symbols}) {
    if (const std::string why = try_way(*model, test, way); !why.empty()) {
      return std::string("[") + kWays[static_cast<int>(way)] + "] " + why;
    }
  }
  return {};
}

int run(const std::string& filter) {
  int passed = 0, failed = 0;
  for (const Case& test : read_cases(HAOLINE_SOURCE_DIR "/tests/proof/contrib/cases.txt")) {
    const std::string label = test.op + " " + test.variant;
    if (label.find(filter) == std::string::npos) continue;
    const std::string why = try_case(test);
    ++(why.empty() ? passed : failed);
    if (!why.empty()) std::printf("%s: %s\n", label.c_str(), why.c_str());
  }
  std::printf("%d cases passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace
}  // namespace haoline::proof

int main(int argc, char** argv) {
  return haoline::proof::run(argc > 2 ? argv[2] : "");
}
