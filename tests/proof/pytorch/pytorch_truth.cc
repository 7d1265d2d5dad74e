// PyTorch files of the corpus against what PyTorch itself said of them: every tensor with type and extents,
// parameters, operators and the values of exported graphs; and, where the corpus only counted, the counts.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "analyses/inference.h"
#include "analyses/parameters.h"
#include "analyses/totals.h"
#include "base/mapped_file.h"
#include "formats/format.h"
#include "formats/shared/json.h"

namespace haoline {
namespace {

namespace fs = std::filesystem;

int problems = 0;
int compared = 0;

void complain(const std::string& file, const std::string& what) {
  std::printf("%s: %s\n", file.c_str(), what.c_str());
  ++problems;
}

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// PyTorch's quantized types are the integers they store.
std::string plain_dtype(std::string_view dtype) {
  if (dtype == "qint8") return "int8";
  if (dtype == "quint8") return "uint8";
  if (dtype == "qint32") return "int32";
  return std::string(dtype);
}

struct Seen {
  std::string dtype, shape;
};

// Tensors of all graphs by name and by the name the file gives them, as inference knows them.
std::multimap<std::string, Seen> tensors_of(const Model& model, const Inference& inference) {
  std::multimap<std::string, Seen> seen;
  for (const GraphId id : model.graphs.ids()) {
    const Graph& graph = model.graphs[id];
    for (const TensorId tensor : graph.tensors.ids()) {
      const Tensor& t = graph.tensors[tensor];
      const OperandFacts& facts = inference.graphs[id].tensors[tensor];
      const Seen as{std::string(name(facts.type.dtype)), to_string(facts.shape, inference.dims)};
      seen.emplace(std::string(t.name), as);
      if (!t.source_name.empty()) seen.emplace(std::string(t.source_name), as);
    }
  }
  return seen;
}

std::string shape_text(json::Value extents) {
  std::string out = "[";
  for (std::size_t i = 0; i < extents.size(); ++i) {
    if (i != 0) out += ", ";
    out += extents[i].is_text() ? std::string(extents[i].text()) : std::to_string(extents[i].integer());
  }
  return out + "]";
}

void compare_rows(const std::string& file, json::Value rows, const std::multimap<std::string, Seen>& seen) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string wanted(rows[i][0].text());
    const std::string dtype = plain_dtype(rows[i][1].text());
    const std::string shape = shape_text(rows[i][2]);
    const auto [begin, end] = seen.equal_range(wanted);
    if (begin == end) {
      complain(file, "has no tensor " + wanted);
      continue;
    }
    // Subclasses of tensors are listed with their class: only the extents are comparable.
    const bool has_class = dtype.find("ensor") != std::string::npos;
    const bool found = std::any_of(begin, end, [&](const auto& entry) {
      return entry.second.shape == shape && (has_class || entry.second.dtype == dtype);
    });
    ++compared;
    if (!found)
      complain(file, wanted + " is " + begin->second.dtype + " " + begin->second.shape + ", not " + dtype +
                         " " + shape);
  }
}

std::set<std::string> operators_of(const Model& model, bool main_only) {
  std::set<std::string> names;
  for (const GraphId id : model.graphs.ids()) {
    if (main_only && id != Model::kMain) continue;
    for (const Node& node : model.graphs[id].nodes) names.insert(std::string(node.op_type));
  }
  return names;
}

std::string joined(const std::set<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : " ") + name;
  return out;
}

// What torch lists and a graph of ours spells otherwise: constants are tensors, and cond's one result is
// taken out of its tuple by a getitem of torch.fx that the file itself does not have.
void compare_operators(const std::string& file, json::Value names, const Model& model, bool main_only) {
  if (!names.is_array()) return;
  std::set<std::string> wanted;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name(names[i].text());
    if (name != "prim::Constant" && name != "<built-in function getitem>") wanted.insert(name);
  }
  const std::set<std::string> seen = operators_of(model, main_only);
  ++compared;
  if (seen != wanted) complain(file, "has the operators " + joined(seen) + ", not " + joined(wanted));
}

struct Opened {
  MappedFile map;
  Model model;
};

bool open(const fs::path& path, Opened& out) {
  Result<MappedFile> map = MappedFile::open(path.string());
  if (!map) return false;
  out.map = std::move(*map);
  ReadOptions options;
  const std::string name = path.filename().string();
  options.name = name;
  Result<Model> model = read_model(out.map.bytes(), options);
  if (!model) {
    complain(name, model.error().to_string());
    return false;
  }
  out.model = std::move(*model);
  return true;
}

std::optional<std::int64_t> number(Dim dim) {
  return dim.number();
}

void check_truth(const fs::path& models, const fs::path& record) {
  const std::string text = text_of(record);
  const Result<json::Document> document = json::Document::parse(as_bytes(text));
  const std::string stem = record.stem().string();
  if (!document) return complain(stem, "the record cannot be read");
  const json::Value truth = document->root();
  fs::path file;
  for (const fs::directory_entry& entry : fs::directory_iterator(models / "torch")) {
    if (entry.path().stem() == stem) file = entry.path();
  }
  Opened opened;
  if (!open(file, opened)) return complain(stem, "cannot be read");
  InferOptions options;
  std::vector<std::string> example;
  for (std::size_t i = 0; i < truth["example_input"].size(); ++i) {
    example.push_back(std::to_string(truth["example_input"][i].integer()));
  }
  if (!example.empty()) {
    const Tensor& input = opened.model.main().tensors[opened.model.main().inputs.at(0)];
    options.input_shapes.push_back({std::string(input.name), example});
  }
  Result<Inference> inference = infer(opened.model, options);
  if (!inference) return complain(stem, inference.error().to_string());
  compare_rows(stem, truth["tensors"], tensors_of(opened.model, *inference));
  compare_rows(stem, truth["node_values"], tensors_of(opened.model, *inference));
  if (truth["node_values"]) {  // and again without what the file says of its intermediate values
    options.ignore_declared = true;
    const Result<Inference> own = infer(opened.model, options);
    if (!own) return complain(stem, own.error().to_string());
    compare_rows(stem + " (inferred)", truth["node_values"], tensors_of(opened.model, *own));
  }
  compare_operators(stem, truth["ops"], opened.model, true);
  compare_operators(stem, truth["top_graph_kinds"], opened.model, true);
  const ParameterFacts facts = count_parameters(opened.model, *inference);
  ++compared;
  if (number(facts.trainable) != truth["params"].integer()) {
    complain(stem, "has " + inference->dims.to_string(facts.trainable) + " trainable parameters, not " +
                       std::to_string(truth["params"].integer()));
  }
  if (!example.empty()) {
    const TensorId output = opened.model.main().outputs.at(0);
    const std::string shape =
        to_string(inference->graphs[Model::kMain].tensors[output].shape, inference->dims);
    ++compared;
    if (shape != shape_text(truth["output"]))
      complain(stem, "gives " + shape + ", not " + shape_text(truth["output"]));
  }
}

// Rows of the corpus' own table, "| `torch/x.pt` | … | zip, 10 tensors, 8,083 elements | …". Left out are
// files where the table counts what is no weight of the model, each with its reason.
void check_counts(const fs::path& models) {
  const std::map<std::string, std::string> kOther = {
      {"burn_checkpoint.pt", "counts the optimizer's momentum"},
      {"floadia_resnet8.pt", "counts the state_dict and the module beside it"},
      {"floadia_resnet8_int8.pt", "counts what is not packed"},
      {"blazeface_front.pth", ""},
  };
  std::ifstream in(models / "README.md");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("| `torch/", 0) != 0) continue;
    const std::string file = line.substr(9, line.find('`', 9) - 9);
    const std::size_t at = line.find(" elements");
    const std::size_t tensors_at = line.find(" tensors, ");
    if (at == std::string::npos || tensors_at == std::string::npos || file.ends_with(".pt2")) continue;
    if (kOther.contains(file) && !kOther.at(file).empty()) continue;
    const auto before = [&](std::size_t end) {
      std::size_t begin = end;
      while (begin > 0 &&
             (std::isdigit(static_cast<unsigned char>(line[begin - 1])) != 0 || line[begin - 1] == ','))
        --begin;
      std::string digits = line.substr(begin, end - begin);
      digits.erase(std::remove(digits.begin(), digits.end(), ','), digits.end());
      return std::atoll(digits.c_str());
    };
    Opened opened;
    if (!open(models / "torch" / file, opened)) continue;
    long long tensors = 0;
    long long elements = 0;
    for (const Tensor& tensor : opened.model.main().tensors) {
      if (tensor.constant == nullptr || tensor.name.find('#') != std::string_view::npos) continue;  // of code
      ++tensors;
      long long count = 1;
      for (const std::int64_t extent : tensor.constant->extents) count *= extent;
      elements += count;
    }
    compared += 2;
    if (tensors != before(tensors_at))
      complain(file, "has " + std::to_string(tensors) + " tensors, the corpus counts " +
                         std::to_string(before(tensors_at)));
    if (elements != before(at))
      complain(file, "has " + std::to_string(elements) + " elements, the corpus counts " +
                         std::to_string(before(at)));
  }
}

struct Figure {
  std::string file;
  InferOptions options;
  std::int64_t macs;
  std::int64_t trainable;
};

void check_figure(const fs::path& models, const Figure& figure) {
  Opened opened;
  if (!open(models / "torch" / figure.file, opened)) return complain(figure.file, "cannot be read");
  Result<Inference> inference = infer(opened.model, figure.options);
  if (!inference) return complain(figure.file, inference.error().to_string());
  const CostTotals totals = total_costs(opened.model, *inference);
  const ParameterFacts facts = count_parameters(opened.model, *inference);
  compared += 2;
  if (number(totals.total.macs) != figure.macs) {
    complain(figure.file, "costs " + inference->dims.to_string(totals.total.macs) + " MACs, not " +
                              std::to_string(figure.macs));
  }
  if (number(facts.trainable) != figure.trainable) {
    complain(figure.file, "has " + inference->dims.to_string(facts.trainable) +
                              " trainable parameters, not " + std::to_string(figure.trainable));
  }
}

void check_figures(const fs::path& models) {
  const auto shaped = [](std::vector<InferOptions::InputShape> shapes) {
    InferOptions options;
    options.input_shapes = std::move(shapes);
    return options;
  };
  // ResNet-8, quantized and scripted, is the network of thirty other files: its MACs are theirs.
  check_figure(
      models, {"floadia_resnet8_int8.pt", shaped({{"input_1", {"1", "32", "32", "3"}}}), 12'501'632, 78'186});
  // Two images of 16 x 16: 8·256 outputs of 27 products, 16·64 of 36, and twice 10 of 16.
  constexpr std::int64_t kConvNet = 2 * (8 * 256 * 27 + 16 * 64 * 36 + 2 * 160);
  check_figure(models, {"convnet_traced.pt", shaped({{"x", {"2", "3", "16", "16"}}}), kConvNet, 1018});
  InferOptions bound;
  bound.bind = {{"s77", 2}};
  check_figure(models, {"convnet_export.pt2", bound, kConvNet, 1018});
  // Three steps of a GRU cell over four rows, 3·16·(16 + 16) products each, and one linear layer.
  InferOptions steps = shaped({{"x", {"4", "16"}}});
  steps.input_values["steps"] = {3};
  check_figure(models, {"loops_scripted.pt", steps, 3 * 4 * 3 * 16 * 32 + 4 * 16 * 16, 2176});
  // The costlier branch: three rows through a linear layer of 12 x 12.
  check_figure(models, {"cond_export.pt2", {}, 3 * 12 * 12, 312});
}

// Files that are no model say so in one line.
void check_refusals(const fs::path& models) {
  Result<MappedFile> map = MappedFile::open((models / "torch" / "burn_broken.pt").string());
  if (!map) return complain("burn_broken.pt", "cannot be opened");
  ++compared;
  if (read_model(map->bytes())) complain("burn_broken.pt", "is read, and should not be");
}

}  // namespace
}  // namespace haoline

int main() {
  namespace fs = std::filesystem;
  const fs::path models = fs::path(HAOLINE_SOURCE_DIR) / ".." / "shared" / "models";
  if (!fs::exists(models / "truth" / "torch")) {
    std::printf("skipped: the corpus is not beside the checkout\n");
    return 77;
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(models / "truth" / "torch")) {
    haoline::check_truth(models, entry.path());
  }
  haoline::check_counts(models);
  haoline::check_figures(models);
  haoline::check_refusals(models);
  std::printf("%d comparisons, %d problems\n", haoline::compared, haoline::problems);
  return haoline::problems == 0 ? 0 : 1;
}
