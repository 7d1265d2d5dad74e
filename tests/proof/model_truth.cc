// Every model of the corpus against what a reference runtime said of its tensors: dtype and shape of each,
// once inferred with symbols and then evaluated, and once with the symbols bound from the start. And for
// every dynamic model, formulas evaluated at 1, 2 and 7 are what inferring with that number gives.
//
//   model_truth [--filter TEXT] [--list-failures] [--models FOLDER]
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
#include "truth_file.h"

namespace haoline::proof {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// External data beside the model.
struct Folder : FileProvider {
  explicit Folder(fs::path where) : folder(std::move(where)) {}
  Result<Opened> open(std::string_view name) override {
    const fs::path path = folder / name;
    if (!fs::exists(path)) return Error{ErrorKind::unreadable, {}, 0, false, "no such file", {}};
    files.push_back(read_file(path));
    return Opened{as_bytes(files.back())};
  }
  fs::path folder;
  std::deque<std::string> files;
};

// "file tensor: reason": an extent that only the data decides. "file !finding-id: reason": the diagnosis of a
// file that no runtime can run ("!error": it cannot be read).
struct Exceptions {
  std::map<std::string, std::set<std::string>> by_file;
  bool covers(const std::string& file, const std::string& tensor) const {
    const auto found = by_file.find(file);
    return found != by_file.end() && found->second.contains(tensor);
  }
};

Exceptions read_exceptions(const fs::path& path) {
  Exceptions exceptions;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const std::size_t space = line.find(' ');
    const std::size_t colon = line.find(": ", space);
    if (line.empty() || line[0] == '#' || colon == std::string::npos) continue;
    exceptions.by_file[line.substr(0, space)].insert(line.substr(space + 1, colon - space - 1));
  }
  return exceptions;
}

struct Report {
  std::size_t tensors = 0;
  std::size_t numbers = 0;  // at which formulas were evaluated
  std::vector<std::string> failures;
  void fail(std::string why) { failures.push_back(std::move(why)); }
};

const TruthTensor* find_input(const Truth& truth, std::string_view name) {
  for (const TruthTensor& input : truth.inputs) {
    if (input.name == name) return &input;
  }
  return nullptr;
}

// Values that the recorded run fed and that steer shapes: scalars and short vectors of integers and booleans.
void give_values(const Model& model, const Truth& truth, std::size_t binding, InferOptions& options) {
  const Graph& main = model.main();
  for (const TensorId id : main.inputs) {
    const Tensor& input = main.tensors[id];
    const DType dtype = input.type.dtype;
    const TruthTensor* recorded = find_input(truth, input.name);
    if (!recorded || recorded->is_sequence || !recorded->shapes[binding]) continue;
    if (!is_integer(dtype) && dtype != DType::boolean) continue;
    const Extents& extents = *recorded->shapes[binding];
    const bool is_short =
        extents.empty() || (extents.size() == 1 && extents[0] <= 16 && !input.shape[0].is_pooled());
    if (!is_short) continue;
    const std::size_t count = extents.empty() ? 1 : static_cast<std::size_t>(extents[0]);
    const auto named = truth.bindings[binding].find(std::string(input.name));
    std::optional<std::int64_t> fill = truth.integer_fill;
    if (named != truth.bindings[binding].end()) fill = named->second;
    if (dtype == DType::boolean) fill = 1;
    if (fill) options.input_values[std::string(input.name)] = std::vector<std::int64_t>(count, *fill);
  }
}

// An input that the file declares without a shape has the recorded one.
void give_shapes(const Model& model, const Truth& truth, std::size_t binding, InferOptions& options) {
  const Graph& main = model.main();
  for (const TensorId id : main.inputs) {
    const Tensor& input = main.tensors[id];
    const TruthTensor* recorded = find_input(truth, input.name);
    if (!recorded || recorded->is_sequence || !input.type.is_tensor() || input.shape.has_rank()) continue;
    if (!recorded->shapes[binding]) continue;
    std::vector<std::string> extents;
    for (const std::int64_t extent : *recorded->shapes[binding]) extents.push_back(std::to_string(extent));
    options.input_shapes.push_back({std::string(input.name), std::move(extents)});
  }
}

// The value of every symbol of the inputs, from the recorded shapes of the inputs.
Bindings bindings_of(const Model& model, const Inference& inference, const Truth& truth,
                     std::size_t binding) {
  Bindings bindings;
  const Graph& main = model.main();
  for (const TensorId id : main.inputs) {
    const TruthTensor* recorded = find_input(truth, main.tensors[id].name);
    if (!recorded) continue;
    const OperandFacts& facts = inference.facts(Model::kMain, id);
    if (recorded->is_sequence) {
      if (const Symbol* symbol = inference.dims.symbol_of(facts.length)) {
        bindings[symbol->name] = static_cast<std::int64_t>(recorded->shapes.size());
      }
      if (recorded->shapes.empty()) continue;
    }
    const std::optional<Extents>& extents = recorded->shapes[recorded->is_sequence ? 0 : binding];
    if (!extents || facts.shape.rank() != extents->size()) continue;
    for (std::size_t axis = 0; axis < extents->size(); ++axis) {
      if (const Symbol* symbol = inference.dims.symbol_of(facts.shape[axis])) {
        bindings[symbol->name] = (*extents)[axis];
      }
    }
  }
  return bindings;
}

std::string element_type(const std::string& recorded) {
  const std::size_t open = recorded.find('(');
  return open == std::string::npos ? recorded : recorded.substr(open + 1, recorded.size() - open - 2);
}

std::string judge_tensor(const OperandFacts& ours, const TruthTensor& truth, std::size_t binding,
                         const Inference& inference, const Bindings& bindings, Strictness strictness) {
  const std::string dtype = element_type(truth.dtype);
  if (!dtype.empty() && dtype != "none" && dtype != "empty" && dtype != "?" &&
      dtype != name(ours.type.dtype)) {
    return "type " + to_string(ours.type) + ", recorded " + truth.dtype;
  }
  if (truth.is_sequence) {
    Recorded recorded;
    recorded.is_sequence = true;
    for (const std::optional<Extents>& extents : truth.shapes) {
      recorded.tensors.push_back({ours.type.dtype, extents.value_or(Extents{}), {}, {}});
    }
    return judge(ours, recorded, inference.dims, bindings, strictness);
  }
  const std::optional<Extents>& extents = truth.shapes[binding];
  if (!extents) return {};
  // A null of the record says nothing; ours may say anything there.
  Extents observed = *extents;
  Shape compared = ours.shape;
  for (std::size_t axis = 0; axis < observed.size() && axis < compared.rank(); ++axis) {
    if (observed[axis] < 0) observed[axis] = 0, compared[axis] = Dim(0);
  }
  return judge_shape(compared, observed, inference.dims, bindings, strictness);
}

using NameIndex = std::map<std::string_view, TensorId, std::less<>>;

NameIndex index_names(const Graph& graph) {
  NameIndex index;
  for (const TensorId t : graph.tensors.ids()) {
    const Tensor& tensor = graph.tensors[t];
    index.emplace(tensor.source_name.empty() ? tensor.name : tensor.source_name, t);
  }
  return index;
}

void compare(const Model& model, const Truth& truth, std::size_t binding, const Inference& inference,
             const Bindings& bindings, const Exceptions& exceptions, const char* way, Report& report) {
  const NameIndex index = index_names(model.main());
  for (const TruthTensor& tensor : truth.tensors) {
    const std::string place =
        std::string("[") + way + " " + std::to_string(binding) + "] " + tensor.name + ": ";
    ++report.tensors;
    const auto found = index.find(tensor.name);
    if (found == index.end()) {
      report.fail(place + "is not in our graph");
      continue;
    }
    const bool is_excepted = exceptions.covers(truth.name, tensor.name);
    const Strictness strictness{is_excepted, is_excepted};
    const OperandFacts& ours = inference.facts(Model::kMain, found->second);
    std::string why = judge_tensor(ours, tensor, binding, inference, bindings, strictness);
    if (is_excepted && judge_tensor(ours, tensor, binding, inference, bindings, {}).empty()) {
      why = "is listed as an exception and needs none";
    }
    if (!why.empty()) report.fail(place + why);
  }
}

void compare_both_ways(const Model& model, const Truth& truth, const Exceptions& exceptions, Report& report) {
  for (std::size_t b = 0; b < truth.bindings.size(); ++b) {
    InferOptions options;
    give_shapes(model, truth, b, options);
    give_values(model, truth, b, options);
    const Result<Inference> symbolic = infer(model, options);
    if (!symbolic) return report.fail("refused: " + symbolic.error().to_string());
    const Bindings bindings = bindings_of(model, *symbolic, truth, b);
    compare(model, truth, b, *symbolic, bindings, exceptions, "symbols", report);
    if (bindings.empty()) continue;
    options.bind = bindings;
    const Result<Inference> bound = infer(model, options);
    if (!bound) return report.fail("refused: " + bound.error().to_string());
    compare(model, truth, b, *bound, bindings, exceptions, "bound", report);
  }
}

// --- formulas against inference with numbers

bool same_figure(Dim formula, Dim figure, const Inference& symbolic, const Inference& bound,
                 const Bindings& bindings) {
  if (symbolic.dims.depends_on_data(formula) || bound.dims.depends_on_data(figure)) return true;
  const std::optional<Int128> evaluated = symbolic.dims.evaluate(formula, bindings);
  return !evaluated || evaluated == bound.dims.evaluate(figure, bindings);
}

std::string compare_node(const NodeFacts& formula, const NodeFacts& figure, const Inference& symbolic,
                         const Inference& bound, const Bindings& bindings) {
  if (!same_figure(formula.cost.macs, figure.cost.macs, symbolic, bound, bindings)) return "MACs";
  for (std::size_t k = 0; k < kArithKinds; ++k) {
    if (!same_figure(formula.cost.operations[k], figure.cost.operations[k], symbolic, bound, bindings)) {
      return std::string("operations ") + std::string(name(static_cast<Arith>(k)));
    }
  }
  if (!same_figure(formula.bytes_read, figure.bytes_read, symbolic, bound, bindings)) return "bytes read";
  if (!same_figure(formula.bytes_written, figure.bytes_written, symbolic, bound, bindings))
    return "bytes written";
  if (!same_figure(formula.executions, figure.executions, symbolic, bound, bindings)) return "executions";
  return {};
}

void compare_formulas(const Model& model, const Inference& symbolic, const Inference& bound,
                      const Bindings& bindings, const std::string& label, Report& report) {
  for (const GraphId g : model.graphs.ids()) {
    const Graph& graph = model.graphs[g];
    if (symbolic.graphs[g].tensors.size() != bound.graphs[g].tensors.size()) continue;
    for (const TensorId t : symbolic.graphs[g].tensors.ids()) {
      const Shape& formula = symbolic.facts(g, t).shape;
      const Shape& figure = bound.facts(g, t).shape;
      bool same = formula.has_rank() ? formula.rank() == figure.rank() : true;
      for (std::size_t axis = 0; same && axis < formula.rank(); ++axis) {
        same = same_figure(formula[axis], figure[axis], symbolic, bound, bindings);
      }
      if (!same) {
        report.fail(label + std::string(graph.tensors[t].name) + ": " + to_string(formula, symbolic.dims) +
                    " against " + to_string(figure, bound.dims));
      }
    }
    for (const NodeId n : symbolic.graphs[g].nodes.ids()) {
      const std::string what =
          compare_node(symbolic.graphs[g].nodes[n], bound.graphs[g].nodes[n], symbolic, bound, bindings);
      if (!what.empty())
        report.fail(label + "node " + std::string(graph.nodes[n].name) + ": " + what + " differ");
    }
  }
}

// The first symbol of the inputs, and those that the model can only be valid with when they equal it.
std::vector<std::string> equal_symbols(const Model& model, const Inference& inference) {
  std::vector<std::string> names;
  std::set<std::uint64_t> known;
  const auto add = [&](Dim dim) {
    const Symbol* symbol = inference.dims.symbol_of(dim);
    if (symbol && known.insert(dim.bits()).second) names.push_back(symbol->name);
  };
  for (const TensorId id : model.main().inputs) {
    for (const Dim dim : inference.facts(Model::kMain, id).shape) {
      if (names.empty()) add(dim);
    }
  }
  for (std::size_t before = 0; before != names.size();) {
    before = names.size();
    for (const LearnedConstraint& learned : inference.constraints) {
      if (learned.constraint.kind != Constraint::Kind::equal) continue;
      if (known.contains(learned.constraint.a.bits())) add(learned.constraint.b);
      if (known.contains(learned.constraint.b.bits())) add(learned.constraint.a);
    }
  }
  return names;
}

// Whether the model is one with these bindings: an extent below 0 says that it is not.
bool is_valid(const Inference& symbolic, const Bindings& bindings) {
  for (const GraphFacts& graph : symbolic.graphs) {
    for (const OperandFacts& facts : graph.tensors) {
      for (const Dim dim : facts.shape) {
        const std::optional<Int128> extent = symbolic.dims.evaluate(dim, bindings);
        if (extent && *extent < 0) return false;
      }
    }
  }
  return true;
}

bool contradicts(const Inference& inference) {
  return std::any_of(inference.findings.begin(), inference.findings.end(), [](const Finding& finding) {
    return finding.kind == FindingKind::contradicting_shapes;
  });
}

void compare_at_numbers(const Model& model, const Truth& truth, Report& report) {
  InferOptions options;
  give_shapes(model, truth, 0, options);
  give_values(model, truth, 0, options);
  const Result<Inference> symbolic = infer(model, options);
  if (!symbolic) return;
  const Bindings recorded = bindings_of(model, *symbolic, truth, 0);
  if (recorded.empty()) return;  // nothing is dynamic
  const std::vector<std::string> batch = equal_symbols(model, *symbolic);
  if (batch.empty()) return;
  for (const std::int64_t k : {1, 2, 7}) {
    Bindings bindings = recorded;
    for (const std::string& name : batch) bindings[name] = k;
    if (!is_valid(*symbolic, bindings)) continue;
    options.bind = bindings;
    const Result<Inference> bound = infer(model, options);
    if (!bound) return report.fail("refused: " + bound.error().to_string());
    if (contradicts(*bound) && !contradicts(*symbolic)) continue;  // no model with that number
    ++report.numbers;
    compare_formulas(model, *symbolic, *bound, bindings, "[" + batch.front() + "=" + std::to_string(k) + "] ",
                     report);
  }
}

// --- files that no runtime can run

void expect_diagnosis(const Truth& truth, const Result<Model>& model, const Exceptions& exceptions,
                      Report& report) {
  const auto expected = exceptions.by_file.find(truth.name);
  std::set<std::string> ids;
  if (!model) {
    ids.insert("!error");
  } else {
    for (const Finding& finding : model->findings) ids.insert("!" + std::string(info(finding.kind).id));
    if (const Result<Inference> inference = infer(*model)) {
      for (const Finding& finding : inference->findings) ids.insert("!" + std::string(info(finding.kind).id));
    } else {
      ids.insert("!error");
    }
  }
  if (expected != exceptions.by_file.end()) {
    for (const std::string& id : expected->second) {
      if (ids.contains(id)) return;
    }
  }
  std::string got;
  for (const std::string& id : ids) got += " " + id;
  report.fail("no expected diagnosis; found:" + got);
}

Report check(const Truth& truth, const fs::path& models, const Exceptions& exceptions) {
  Report report;
  const fs::path path = models / truth.file;
  const std::string bytes = read_file(path);
  Folder folder(path.parent_path());
  ReadOptions options;
  options.name = truth.file;
  options.files = &folder;
  const Result<Model> model = read_model(as_bytes(bytes), options);
  if (truth.source.empty()) {
    expect_diagnosis(truth, model, exceptions, report);
  } else if (!model) {
    if (!exceptions.covers(truth.name, "!error")) report.fail("cannot be read: " + model.error().to_string());
  } else {
    compare_both_ways(*model, truth, exceptions, report);
    compare_at_numbers(*model, truth, report);
  }
  return report;
}

struct Flags {
  std::string filter, models;
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
    else if (flag == "--models" && i + 1 < argc)
      flags.models = argv[++i];
  }
  const char* shared = std::getenv("HAOLINE_SHARED");
  if (flags.models.empty())
    flags.models = shared ? std::string(shared) + "/models" : HAOLINE_SOURCE_DIR "/../shared/models";
  return flags;
}

int run(const Flags& flags) {
  const fs::path models = flags.models;
  const fs::path records = models / "truth" / "onnx";
  if (!fs::is_directory(records)) {
    std::puts("SKIPPED: no model corpus at ../shared/models (set HAOLINE_SHARED)");
    return 77;
  }
  const Exceptions exceptions = read_exceptions(HAOLINE_SOURCE_DIR "/tests/proof/truth_exceptions.txt");
  std::set<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(records)) paths.insert(entry.path());
  std::size_t files = 0, failed = 0, tensors = 0, numbers = 0, absent = 0;
  for (const fs::path& path : paths) {
    const std::optional<Truth> truth = read_truth(path.string());
    if (!truth || truth->name.find(flags.filter) == std::string::npos) continue;
    if (!fs::exists(models / truth->file)) {
      ++absent;  // full-size networks: their generator makes them on demand
      continue;
    }
    const Report report = check(*truth, models, exceptions);
    ++files;
    tensors += report.tensors;
    numbers += report.numbers;
    if (report.failures.empty()) continue;
    ++failed;
    std::printf("%s: %zu failures\n", truth->name.c_str(), report.failures.size());
    for (std::size_t i = 0; i < report.failures.size() && (flags.list_failures || i < 3); ++i) {
      std::printf("    %s\n", report.failures[i].c_str());
    }
  }
  std::printf(
      "%zu of %zu files agree, %zu tensors compared, formulas at %zu numbers; %zu records without a file\n",
      files - failed, files, tensors, numbers, absent);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace haoline::proof

int main(int argc, char** argv) {
  return haoline::proof::run(haoline::proof::read_flags(argc, argv));
}
