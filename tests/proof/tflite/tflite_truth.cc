// Every TFLite file of the corpus against what LiteRT computed: name, type, shape, signature and quantization
// of every tensor of the main graph and of the bodies. Shapes twice: with the shapes that the file declares
// for its intermediate tensors, and without any of them, so that our own inference has to find them.
//
//   tflite_truth [--filter TEXT] [--models FOLDER]
//
// make_operators.py makes such a folder with a file per builtin operator.
#include <rapidjson/document.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "analyses/inference.h"
#include "formats/format.h"

namespace haoline::proof {
namespace {

namespace fs = std::filesystem;
using Json = rapidjson::Value;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// "file tensor: reason": what our inference cannot find without the declaration, or what the runtime gets
// wrong.
std::map<std::string, std::set<std::string>> read_exceptions(const fs::path& path) {
  std::map<std::string, std::set<std::string>> exceptions;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const std::size_t space = line.find(' ');
    const std::size_t colon = line.find(": ", space);
    if (line.empty() || line[0] == '#' || colon == std::string::npos) continue;
    exceptions[line.substr(0, space)].insert(line.substr(space + 1, colon - space - 1));
  }
  return exceptions;
}

struct Report {
  std::string file;
  std::set<std::string> exceptions;
  std::set<std::string> used;
  std::size_t tensors = 0;
  int failures = 0;

  void fail(const std::string& tensor, const std::string& why) {
    if (exceptions.contains(tensor)) {
      used.insert(tensor);
      return;
    }
    ++failures;
    std::printf("%s %s: %s\n", file.c_str(), tensor.c_str(), why.c_str());
  }
};

std::string spell(const Json& list) {
  std::string text = "[";
  for (const Json& extent : list.GetArray()) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(extent.GetInt64());
  }
  return text + "]";
}

// Whether the shape is the list under the bindings; an unknown extent is no agreement.
bool agrees(const Shape& ours, const Json& wanted, const DimPool& pool, const Bindings& bindings) {
  if (!ours.has_rank() || ours.rank() != wanted.Size()) return false;
  for (rapidjson::SizeType i = 0; i < wanted.Size(); ++i) {
    const std::optional<Int128> extent = pool.evaluate(ours[i], bindings);
    if (!extent || *extent != wanted[i].GetInt64()) return false;
  }
  return true;
}

// The same for what no runtime computed: an extent that the file leaves open may be unknown.
bool may_be(const Shape& ours, const Json& wanted, const DimPool& pool, const Bindings& bindings) {
  if (!ours.has_rank() || ours.rank() != wanted.Size()) return false;
  for (rapidjson::SizeType i = 0; i < wanted.Size(); ++i) {
    const std::optional<Int128> extent = pool.evaluate(ours[i], bindings);
    if (extent && *extent != wanted[i].GetInt64()) return false;
  }
  return true;
}

std::string word_of(const Type& type) {
  if (type.is_tensor()) return std::string(name(type.dtype));
  return type.is(Container::opaque) ? "variant" : to_string(type);
}

// Of lists longer than four the record has the first, the last, the smallest and the largest.
template <class T>
std::vector<T> brief(std::vector<T> list) {
  if (list.size() <= 4) return list;
  const auto [low, high] = std::minmax_element(list.begin(), list.end());
  return {list.front(), list.back(), *low, *high};
}

void compare_quantization(const Tensor& tensor, const Json& wanted, Report& report) {
  const std::string name(tensor.name);
  const Quantization* ours = tensor.quantization;
  if (wanted.IsNull()) {
    if (ours != nullptr) report.fail(name, "is quantized here, not there");
    return;
  }
  if (ours == nullptr) return report.fail(name, "is not quantized here");
  const auto count = static_cast<std::size_t>(wanted["n"].GetInt64());
  if (ours->scales.size() != count) {
    return report.fail(name, std::to_string(ours->scales.size()) + " scales, not " + std::to_string(count));
  }
  const std::int64_t axis = count > 1 ? wanted["axis"].GetInt64() : -1;
  if (ours->axis != axis)
    report.fail(name, "axis " + std::to_string(ours->axis) + ", not " + std::to_string(axis));
  const std::vector<float> mine_scales = brief(std::vector<float>(ours->scales.begin(), ours->scales.end()));
  std::vector<std::int64_t> all_zeros(ours->zero_points.begin(), ours->zero_points.end());
  all_zeros.resize(count);
  const std::vector<std::int64_t> mine_zeros = brief(all_zeros);
  const Json& scales = wanted["scale"];
  for (rapidjson::SizeType i = 0; i < scales.Size(); ++i) {
    const double theirs = scales[i].GetDouble(), mine = static_cast<double>(mine_scales[i]);
    if (std::fabs(mine - theirs) > 1e-6 * std::fabs(theirs)) report.fail(name, "another scale");
  }
  const Json& zeros = wanted["zero_point"];
  for (rapidjson::SizeType i = 0; i < zeros.Size(); ++i) {
    if (mine_zeros[i] != zeros[i].GetInt64()) report.fail(name, "another zero point");
  }
}

// The declared shape has an open extent exactly where the signature has one.
void compare_signature(const Tensor& tensor, const Json& shape, const Json& signature, Report& report) {
  if (!tensor.shape.has_rank() || tensor.shape.rank() != shape.Size()) return;
  for (rapidjson::SizeType i = 0; i < shape.Size(); ++i) {
    const bool is_open = signature.IsArray() && i < signature.Size() && signature[i].GetInt64() == -1;
    if (is_open != !tensor.shape[i].number().has_value()) {
      report.fail(std::string(tensor.name),
                  "extent " + std::to_string(i) + " is not open as in the signature");
    }
  }
}

void compare_tensors(const Model& model, GraphId id, const Json& truth, const Inference& declared,
                     const Inference* derived, const Bindings& bindings, Report& report) {
  const Graph& graph = model.graphs[id];
  if (graph.tensors.size() < truth.Size()) return report.fail("*", "tensors are missing");
  for (const TensorId t : graph.tensors.ids()) {
    if (t.index >= truth.Size()) continue;
    const Json& row = truth[t.index];
    const Tensor& tensor = graph.tensors[t];
    const std::string name(tensor.name);
    ++report.tensors;
    const std::string_view spelled = tensor.source_name.empty() ? tensor.name : tensor.source_name;
    if (spelled != row[0].GetString() && !(tensor.name.starts_with('#') && *row[0].GetString() == 0)) {
      report.fail(name, std::string("is called ") + row[0].GetString());
    }
    const OperandFacts& facts = declared.graphs[id].tensors[t];
    if (word_of(tensor.type) != row[1].GetString() || word_of(facts.type) != row[1].GetString()) {
      report.fail(name, word_of(facts.type) + ", not " + row[1].GetString());
    }
    if (derived != nullptr) compare_quantization(tensor, row[4], report);
    if (!row[2].IsArray()) continue;
    compare_signature(tensor, row[2], row[3], report);
    const bool is_fine = derived != nullptr ? agrees(facts.shape, row[2], declared.dims, bindings)
                                            : may_be(facts.shape, row[2], declared.dims, bindings);
    if (!is_fine) {
      report.fail(name, to_string(facts.shape, declared.dims) + ", not " + spell(row[2]));
    }
    if (derived == nullptr || !tensor.producer) continue;
    const OperandFacts& own = derived->graphs[id].tensors[t];
    if (!agrees(own.shape, row[2], derived->dims, bindings)) {
      report.fail(name, to_string(own.shape, derived->dims) + " by inference alone, not " + spell(row[2]));
    }
    if (word_of(own.type) != row[1].GetString()) {
      report.fail(name, word_of(own.type) + " by inference alone, not " + row[1].GetString());
    }
  }
}

// The first axis of every input that is open there is one number, every other open axis another.
Bindings bindings_of(const Model& model, const Json& truth) {
  Bindings bindings;
  // What the runtime did not run is recorded as the file has it: open extents are 1 there.
  static const Json kOnes = [] {
    Json ones(rapidjson::kObjectType);
    static rapidjson::Document::AllocatorType allocator;
    ones.AddMember("first", 1, allocator).AddMember("other", 1, allocator);
    return ones;
  }();
  const bool is_bound = truth.HasMember("bind") && truth["bind"].IsObject();
  const Json& bind = is_bound ? truth["bind"] : kOnes;
  for (const TensorId input : model.main().inputs) {
    const Tensor& tensor = model.main().tensors[input];
    for (std::size_t axis = 0; axis < tensor.shape.rank(); ++axis) {
      if (tensor.shape[axis].number()) continue;
      const char* which = axis == 0 ? "first" : "other";
      if (bind.HasMember(which))
        bindings[std::string(tensor.name) + "_" + std::to_string(axis)] = bind[which].GetInt64();
    }
  }
  return bindings;
}

void compare_lists(const Model& model, const Json& truth, Report& report) {
  const auto compare = [&](const std::vector<TensorId>& ours, const char* key) {
    if (!truth.HasMember(key)) return;
    const Json& names = truth[key];
    bool same = names.Size() == ours.size();
    for (rapidjson::SizeType i = 0; same && i < names.Size(); ++i) {
      same = names[i].GetStringLength() == 0 || model.main().tensors[ours[i]].name == names[i].GetString();
    }
    if (!same) report.fail("*", std::string("other ") + key);
  };
  compare(model.main().inputs, "inputs");
  compare(model.main().outputs, "outputs");
  if (!truth.HasMember("ops")) return;
  std::map<std::string, std::int64_t> operators;
  for (const Node& node : model.main().nodes) ++operators[std::string(node.op_type)];
  bool same = operators.size() == truth["ops"].MemberCount();
  for (const auto& member : truth["ops"].GetObject())
    same = same && operators[member.name.GetString()] == member.value.GetInt64();
  if (!same) report.fail("*", "other operators");
}

void prove(const fs::path& models, const Json& truth, Report& report) {
  const std::string bytes = read_file(models / truth["file"].GetString());
  const Result<Model> model = read_model(as_bytes(bytes));
  if (!model) return report.fail("*", model.error().to_string());
  InferOptions alone;
  alone.ignore_declared = true;
  const Result<Inference> declared = infer(*model), derived = infer(*model, alone);
  if (!declared || !derived) return report.fail("*", "cannot be inferred");
  for (const Finding& finding : declared->findings) {
    const bool is_wrong = finding.kind == FindingKind::wrong_arity ||
                          finding.kind == FindingKind::invalid_attribute ||
                          finding.kind == FindingKind::contradicting_shapes ||
                          finding.kind == FindingKind::contradicting_declaration;
    if (is_wrong) report.fail("!" + std::string(info(finding.kind).id), finding.message.to_string());
  }
  const Bindings bindings = bindings_of(*model, truth);
  compare_lists(*model, truth, report);
  // Without the runtime the record holds what the file declares.
  const bool is_computed = std::strcmp(truth["source"].GetString(), "litert") == 0;
  compare_tensors(*model, Model::kMain, truth["tensors"], *declared, is_computed ? &*derived : nullptr,
                  bindings, report);
  if (!truth.HasMember("subgraph_tensors")) return;
  const Json& subgraphs = truth["subgraph_tensors"];
  for (rapidjson::SizeType i = 0; i < subgraphs.Size(); ++i) {
    const GraphId id{i + 1};
    if (!model->graphs.contains(id)) return report.fail("*", "a subgraph is missing");
    compare_tensors(*model, id, subgraphs[i], *declared, &*derived, bindings, report);
  }
}

int run(int argc, char** argv) {
  const fs::path source(HAOLINE_SOURCE_DIR);
  fs::path models = source / "../shared/models";
  std::string filter;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--filter") == 0) filter = argv[i + 1];
    if (std::strcmp(argv[i], "--models") == 0) models = argv[i + 1];
  }
  if (!fs::exists(models / "truth/tflite")) {
    std::printf("%s is not there: nothing is compared\n", (models / "truth/tflite").c_str());
    return 77;
  }
  auto exceptions = read_exceptions(source / "tests/proof/tflite/exceptions.txt");
  std::size_t files = 0, tensors = 0, failures = 0, excepted = 0;
  for (const auto& entry : fs::directory_iterator(models / "truth/tflite")) {
    const std::string name = entry.path().stem().string();
    if (!filter.empty() && name.find(filter) == std::string::npos) continue;
    rapidjson::Document truth;
    truth.Parse(read_file(entry.path()).c_str());
    if (truth.HasParseError() || !truth.HasMember("tensors")) continue;
    Report report{name, exceptions[name], {}, 0, 0};
    prove(models, truth, report);
    for (const std::string& excepted_name : report.exceptions) {
      if (!report.used.contains(excepted_name))
        report.fail(excepted_name + " (exception)", "is not needed any more");
    }
    ++files;
    tensors += report.tensors;
    failures += static_cast<std::size_t>(report.failures);
    excepted += report.used.size();
  }
  std::printf("%zu files, %zu tensors, %zu failures, %zu exceptions\n", files, tensors, failures, excepted);
  return failures == 0 && files != 0 ? 0 : 1;
}

}  // namespace
}  // namespace haoline::proof

int main(int argc, char** argv) {
  return haoline::proof::run(argc, argv);
}
