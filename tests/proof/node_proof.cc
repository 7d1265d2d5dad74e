// Every operator test of the `onnx` package: with the declared results withheld, our types and shapes equal
// the declared ones and the recorded data, and where a value rule claims an element, it is the recorded one.
//
// Each case is inferred four ways:
//   values     recorded small inputs (shapes, axes, scales …) are known: everything has to be equal
//   no values  inputs are unknown: saying nothing is fine, saying something wrong is not
//   symbols    every input extent is a symbol; formulas, evaluated, have to be the recorded extents, or
//   unknown declared   as `values`, compared with what the file declares of its outputs
//
//   node_proof [--filter TEXT] [--list-failures] [--data FOLDER]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "analyses/inference.h"
#include "formats/format.h"
#include "judge.h"
#include "ops/op_table.h"
#include "recorded.h"

namespace haoline::proof {
namespace {

namespace fs = std::filesystem;
using Exceptions = std::map<std::string, std::string>;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

struct Case {
  std::string name;
  std::string file;                          // the model's bytes
  std::vector<std::string> inputs, outputs;  // serialized
};

std::vector<std::string> read_numbered(const fs::path& folder, const std::string& stem) {
  std::vector<std::string> files;
  for (int k = 0;; ++k) {
    const fs::path path = folder / (stem + "_" + std::to_string(k) + ".pb");
    if (!fs::exists(path)) return files;
    files.push_back(read_file(path));
  }
}

Case read_case(const fs::path& folder) {
  const fs::path data = folder / "test_data_set_0";
  return {folder.filename().string(), read_file(folder / "model.onnx"), read_numbered(data, "input"),
          read_numbered(data, "output")};
}

// What the case is about: its operator, or for a function body written out, the case's own name.
std::string subject_of(const Model& model, const std::string& name) {
  if (name.find("_expanded") != std::string::npos) return "(expanded)";
  const Node* last = nullptr;
  for (const Node& node : model.main().nodes) {
    if (node.op_type != "Constant") last = &node;
  }
  if (!last) return "Constant";
  return last->domain.empty() ? std::string(last->op_type)
                              : std::string(last->domain) + "." + std::string(last->op_type);
}

// The first node whose results are not known, for a failure's line.
std::string culprit(const Model& model, const Inference& inference) {
  for (const NodeId id : model.main().nodes.ids()) {
    const Node& node = model.main().nodes[id];
    for (const TensorId t : node.outputs) {
      if (!t) continue;
      const OperandFacts& facts = inference.facts(Model::kMain, t);
      if (facts.type.dtype != DType::unknown && facts.shape.is_complete()) continue;
      const OpRow* row = find_row(node.op);
      return " <- " + std::string(node.op_type) + (!row ? " (no row)" : row->infer ? "" : " (no rule)");
    }
  }
  return {};
}

struct Request {
  InferOptions options;
  Bindings bindings;
};

std::vector<std::string> recorded_extents(const RecordedTensor& tensor) {
  std::vector<std::string> extents;
  for (const std::int64_t extent : tensor.extents) extents.push_back(std::to_string(extent));
  return extents;
}

// A sequence has a length, and elements whose declared extents mean something only where they agree.
void bind_sequence(const Model& model, const Tensor& input, const Recorded& recorded, Bindings& bindings) {
  bindings[std::string(input.name) + "_length"] = static_cast<std::int64_t>(recorded.tensors.size());
  for (std::size_t axis = 0; axis < input.shape.rank(); ++axis) {
    const Symbol* symbol = model.dims->symbol_of(input.shape[axis]);
    bool agrees = symbol && !recorded.tensors.empty();
    for (const RecordedTensor& tensor : recorded.tensors) {
      agrees = agrees && tensor.extents.size() == input.shape.rank() &&
               tensor.extents[axis] == recorded.tensors.front().extents[axis];
    }
    if (agrees) bindings[symbol->name] = recorded.tensors.front().extents[axis];
  }
}

Request make_request(const Model& model, const Case& test, bool with_values, bool with_symbols) {
  Request request;
  request.options.ignore_declared = true;
  request.options.force_shapes = true;
  const Graph& main = model.main();
  for (std::size_t k = 0; k < std::min(main.inputs.size(), test.inputs.size()); ++k) {
    const Tensor& input = main.tensors[main.inputs[k]];
    const std::optional<Recorded> recorded = read_recorded(test.inputs[k], input.type);
    if (recorded && !recorded->is_present) request.bindings[std::string(input.name) + "_length"] = 0;
    if (recorded && recorded->is_sequence) bind_sequence(model, input, *recorded, request.bindings);
    if (!recorded || recorded->is_sequence || !recorded->is_present || !input.type.is_tensor()) continue;
    const RecordedTensor& tensor = recorded->tensors.front();
    std::vector<std::string> extents = recorded_extents(tensor);
    const std::optional<Value> value = with_values ? value_of(tensor, 64) : std::nullopt;
    if (value) request.options.input_numbers.emplace(input.name, *value);
    for (std::size_t axis = 0; with_symbols && !value && axis < extents.size(); ++axis) {
      extents[axis] = "in" + std::to_string(k) + "_" + std::to_string(axis);
      request.bindings[extents[axis]] = tensor.extents[axis];
    }
    request.options.input_shapes.push_back({std::string(input.name), std::move(extents)});
  }
  return request;
}

std::string judge_declared(const Tensor& declared, const OperandFacts& ours, const DimPool& pool) {
  if (!(declared.type == ours.type))
    return "type " + to_string(ours.type) + ", declared " + to_string(declared.type);
  if (!declared.shape.has_rank()) return {};
  if (!ours.shape.has_rank()) return "rank is unknown, declared " + to_string(declared.shape, pool);
  if (declared.shape.rank() != ours.shape.rank()) {
    return "shape " + to_string(ours.shape, pool) + ", declared " + to_string(declared.shape, pool);
  }
  for (std::size_t axis = 0; axis < ours.shape.rank(); ++axis) {
    if (pool.equal(ours.shape[axis], declared.shape[axis]).value_or(true)) continue;
    return "shape " + to_string(ours.shape, pool) + ", declared " + to_string(declared.shape, pool);
  }
  return {};
}

enum class Way { values, no_values, symbols };
constexpr const char* kWays[] = {"values", "no values", "symbols"};

std::string try_way(const Model& model, const Case& test, Way way, bool is_excepted) {
  const Request request = make_request(model, test, way != Way::no_values, way == Way::symbols);
  const Result<Inference> inference = infer(model, request.options);
  if (!inference) return "refused: " + inference.error().to_string();
  const Graph& main = model.main();
  const Strictness strictness{way != Way::values, is_excepted};
  for (std::size_t k = 0; k < std::min(main.outputs.size(), test.outputs.size()); ++k) {
    const Tensor& output = main.tensors[main.outputs[k]];
    const OperandFacts& ours = inference->facts(Model::kMain, main.outputs[k]);
    std::string why;
    if (const std::optional<Recorded> recorded = read_recorded(test.outputs[k], output.type)) {
      why = judge(ours, *recorded, inference->dims, request.bindings, strictness);
    }
    if (why.empty() && way == Way::values) why = judge_declared(output, ours, inference->dims);
    if (!why.empty()) return std::string(output.name) + ": " + why + culprit(model, *inference);
  }
  for (const Finding& finding : inference->findings) {
    if (finding.kind == FindingKind::contradicting_shapes || finding.kind == FindingKind::wrong_arity) {
      return std::string(info(finding.kind).id) + ": " + finding.message.to_string();
    }
  }
  return {};
}

struct Tally {
  int passed = 0;
  int failed = 0;
  std::map<std::string, int> reasons;
};

struct Outcome {
  std::string subject, failure;
};

Outcome try_case(const Case& test, const Exceptions& exceptions) {
  const Result<Model> model = read_model(as_bytes(test.file), {});
  if (!model) return {"(unreadable)", model.error().to_string()};
  Outcome outcome{subject_of(*model, test.name), {}};
  if (exceptions.contains(test.name) && try_way(*model, test, Way::values, false).empty()) {
    outcome.failure = "is listed as an exception and needs none";
    return outcome;
  }
  for (const Way way : {Way::values, Way::no_values, Way::symbols}) {
    const std::string why = try_way(*model, test, way, exceptions.contains(test.name));
    if (why.empty()) continue;
    outcome.failure = std::string("[") + kWays[static_cast<int>(way)] + "] " + why;
    return outcome;
  }
  return outcome;
}

Exceptions read_exceptions(const fs::path& path) {
  Exceptions exceptions;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const std::size_t colon = line.find(':');
    if (line.empty() || line[0] == '#' || colon == std::string::npos) continue;
    exceptions[line.substr(0, colon)] = line.substr(colon + 1);
  }
  return exceptions;
}

struct Flags {
  std::string filter, data;
  bool list_failures = false;
};

Flags read_flags(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--list-failures")
      flags.list_failures = true;
    else if (flag == "--filter" && i + 1 < argc)
      flags.filter = argv[++i];
    else if (flag == "--data" && i + 1 < argc)
      flags.data = argv[++i];
    else
      flags.data = flag;
  }
  const char* folder = std::getenv("HAOLINE_ONNX_NODE_TESTS");
  if (flags.data.empty() && folder) flags.data = folder;
  return flags;
}

void print_table(const std::map<std::string, Tally>& tallies) {
  for (const auto& [subject, tally] : tallies) {
    if (tally.failed == 0) continue;
    std::printf("%-40s %4d passed %4d failed\n", subject.c_str(), tally.passed, tally.failed);
    int shown = 0;
    for (const auto& [reason, count] : tally.reasons) {
      if (++shown <= 4) std::printf("    %3d × %s\n", count, reason.c_str());
    }
  }
}

// "test_if_seq" is about the filter "If" when its operator is, and about "if_seq" by its name.
bool is_wanted(const Flags& flags, const std::string& name, const std::string& subject) {
  return flags.filter.empty() || subject == flags.filter || name.find(flags.filter) != std::string::npos;
}

int run(const Flags& flags) {
  if (flags.data.empty() || !fs::is_directory(flags.data)) {
    std::puts(
        "SKIPPED: no operator tests; set HAOLINE_ONNX_NODE_TESTS to …/onnx/backend/test/data/node (onnx "
        "1.22)");
    return 77;
  }
  const Exceptions exceptions = read_exceptions(HAOLINE_SOURCE_DIR "/tests/proof/node_exceptions.txt");
  std::set<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(flags.data)) folders.insert(entry.path());
  std::map<std::string, Tally> tallies;
  int passed = 0, failed = 0;
  for (const fs::path& folder : folders) {
    if (!fs::exists(folder / "model.onnx")) continue;
    const Case test = read_case(folder);
    const Outcome outcome = try_case(test, exceptions);
    if (!is_wanted(flags, test.name, outcome.subject)) continue;
    Tally& tally = tallies[outcome.subject];
    ++(outcome.failure.empty() ? passed : failed);
    ++(outcome.failure.empty() ? tally.passed : tally.failed);
    if (outcome.failure.empty()) continue;
    ++tally.reasons[outcome.failure];
    if (flags.list_failures) std::printf("%s: %s\n", test.name.c_str(), outcome.failure.c_str());
  }
  if (!flags.list_failures) print_table(tallies);
  std::printf("%d cases passed, %d failed; %zu may leave an extent to the data\n", passed, failed,
              exceptions.size());
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace haoline::proof

int main(int argc, char** argv) {
  return haoline::proof::run(haoline::proof::read_flags(argc, argv));
}
