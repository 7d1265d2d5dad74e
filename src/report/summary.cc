// The sentence on top and the short description of a node: what the operators say, and no more.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "base/sort.h"
#include "report/builder.h"
#include "report/format.h"

namespace haoline {
namespace {

struct Share {
  std::string_view name;
  std::size_t nodes;
  double part;
};

std::string percent(double part) {
  std::array<char, 32> text;
  const double value = part * 100;
  if (value < 100 && value >= 99.95) return "over 99.9 %";
  const int digits = value >= 99.95 ? 0 : 1;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits).ptr;
  return std::string(text.data(), end) + " %";
}

// Shares of the total multiply-accumulates, largest first; empty when there are none.
std::vector<Share> shares(Builder& b, const std::vector<NamedCost>& rows) {
  const auto total = b.value(b.in.totals.total.macs);
  std::vector<Share> out;
  if (!total || *total <= 0) return out;
  for (const NamedCost& row : rows) {
    const auto macs = b.value(row.cost.macs);
    if (!macs || *macs <= 0) continue;
    out.push_back({row.name, row.cost.nodes, static_cast<double>(*macs) / static_cast<double>(*total)});
  }
  sort_stably(out, [](const Share& x, const Share& y) { return x.part > y.part; });
  return out;
}

std::size_t count_of(const CostTotals& totals, std::initializer_list<std::string_view> operators) {
  std::size_t nodes = 0;
  for (const NamedCost& row : totals.by_operator) {
    if (std::find(operators.begin(), operators.end(), row.name) != operators.end()) nodes += row.cost.nodes;
  }
  return nodes;
}

std::string kind_of(Builder& b, const std::vector<Share>& by_category) {
  const CostTotals& totals = b.in.totals;
  if (by_category.empty()) {
    if (count_of(totals, {"ai.onnx.ml.TreeEnsembleClassifier", "ai.onnx.ml.TreeEnsembleRegressor",
                          "ai.onnx.ml.TreeEnsemble"}) != 0) {
      return "Tree ensemble";
    }
    return {};
  }
  const std::string_view first = by_category.front().name;
  const std::size_t softmax = count_of(totals, {"Softmax"});
  if (first == "conv") return "Convolutional network";
  if (first == "recurrent") return "Recurrent network";
  if (first == "attention") return "Attention network";
  if (first == "linear") {
    for (const Share& share : by_category) {
      if (share.name == "attention") return "Matrix products with attention";
      if (share.name == "recurrent") return "Matrix products with recurrent cells";
    }
    return softmax > 1 ? "Matrix products with " + std::to_string(softmax) + " softmax" : "Matrix products";
  }
  return "Network";
}

void add_counts(std::string& text, const CostTotals& totals) {
  std::vector<const NamedCost*> rows;
  for (const NamedCost& row : totals.by_operator) rows.push_back(&row);
  sort_stably(rows, [](const NamedCost* x, const NamedCost* y) { return x->cost.nodes > y->cost.nodes; });
  for (std::size_t i = 0; i < rows.size() && i < 3; ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(rows[i]->cost.nodes) + " " +
            std::string(short_operator(rows[i]->name));
  }
}

std::string joined(std::span<const std::int64_t> numbers) {
  std::string text;
  for (const std::int64_t n : numbers) text += (text.empty() ? "" : "x") + std::to_string(n);
  return text;
}

std::span<const std::int64_t> integers(const Node& node, std::string_view name) {
  const Attribute* attribute = node.attribute(name);
  if (!attribute) return {};
  const auto* list = std::get_if<std::span<const std::int64_t>>(&attribute->value);
  return list ? *list : std::span<const std::int64_t>{};
}

// Whether that axis of a filter is spatial: by `filter_layout` (one letter per axis), else behind the first
// two.
bool is_spatial(const Node& node, std::size_t axis) {
  const Attribute* layout = node.attribute("filter_layout");
  const auto* letters = layout ? std::get_if<std::string_view>(&layout->value) : nullptr;
  if (!letters || axis >= letters->size()) return axis >= 2;
  return std::string_view("OIG").find((*letters)[axis]) == std::string_view::npos;
}

// "3x3 /2 in 32 groups": kernel from the weight, strides and groups from the attributes.
std::string convolution_detail(Builder& b, GraphId graph, const Node& node) {
  std::vector<std::int64_t> kernel;
  const std::size_t weight = node.inputs.size() > 3 && name_of(node.op).name.starts_with("QLinear") ? 3 : 1;
  if (node.inputs.size() > weight && node.inputs[weight]) {
    const Shape& shape = b.in.inference.facts(graph, node.inputs[weight]).shape;
    for (std::size_t i = 0; i < shape.rank(); ++i) {
      const auto extent = is_spatial(node, i) ? shape[i].number() : std::nullopt;
      if (extent) kernel.push_back(*extent);
    }
  }
  std::string text = joined(kernel);
  const auto strides = integers(node, "strides");
  if (!strides.empty() &&
      std::any_of(strides.begin(), strides.end(), [](std::int64_t s) { return s != 1; })) {
    const bool same =
        std::all_of(strides.begin(), strides.end(), [&](std::int64_t s) { return s == strides[0]; });
    text += " /" + (same ? std::to_string(strides[0]) : joined(strides));
  }
  if (const Attribute* group = node.attribute("group")) {
    const auto* groups = std::get_if<std::int64_t>(&group->value);
    if (groups && *groups > 1) text += " g" + std::to_string(*groups);
  }
  return text;
}

// The matrix of a product: "768x3072".
std::string product_detail(Builder& b, GraphId graph, const Node& node) {
  const Attribute* rows = node.attribute("K");  // of a packed weight, whose own shape says nothing
  const Attribute* columns = node.attribute("N");
  if (rows && columns) {
    const auto* k = std::get_if<std::int64_t>(&rows->value);
    const auto* n = std::get_if<std::int64_t>(&columns->value);
    if (k && n) return std::to_string(*k) + "x" + std::to_string(*n);
  }
  if (node.inputs.size() < 2 || !node.inputs[1]) return {};
  const Shape& shape = b.in.inference.facts(graph, node.inputs[1]).shape;
  if (shape.rank() < 2) return {};
  std::vector<std::int64_t> sides;
  for (const Dim side : shape.last(2)) {
    const auto extent = b.value(side);
    if (!extent || *extent > 1'000'000'000) return {};
    sides.push_back(static_cast<std::int64_t>(*extent));
  }
  return joined(sides);
}

}  // namespace

MessageText build_summary(Builder& b) {
  std::string text;
  const std::vector<Share> categories = shares(b, b.in.totals.by_category);
  const std::vector<Share> operators = shares(b, b.in.totals.by_operator);
  const std::string kind = kind_of(b, categories);
  if (operators.empty()) {
    if (b.has_no_graph() && b.in.model.main().tensors.empty())
      return {{{"Neither weights nor a graph that can be read", false}}};
    if (b.has_no_graph())
      return {{{"Weights only: the file does not say how they are used, so no cost is known", false}}};
    if (b.in.model.main().nodes.empty()) return {{{"No nodes", false}}};
    const auto macs = b.value(b.in.totals.total.macs);
    const bool none = macs && *macs == 0 && b.in.totals.total.complete;
    if (!kind.empty()) {
      text = kind + ": ";
    } else if (none) {
      text = "No multiply-accumulates: ";
    }
    add_counts(text, b.in.totals);
  } else {
    text = kind + ": ";
    for (std::size_t i = 0; i < operators.size() && i < 2 && (i == 0 || operators[i].part >= 0.005); ++i) {
      text += i == 0 ? percent(operators[i].part) + " of the MACs in "
                     : ", " + percent(operators[i].part) + " in ";
      text += std::to_string(operators[i].nodes) + " " + std::string(short_operator(operators[i].name));
    }
  }
  return {{{b.text(text), false}}};
}

Word node_detail(Builder& b, GraphId graph, const Node& node) {
  switch (category_of(node)) {
    case Category::conv:
      return {b.text(convolution_detail(b, graph, node))};
    case Category::linear:
      return {b.text(product_detail(b, graph, node))};
    default:
      return {};
  }
}

}  // namespace haoline
