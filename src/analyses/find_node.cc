#include "analyses/find_node.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace haoline {
namespace {

constexpr std::size_t kNear = 5;
constexpr std::size_t kLongestCompared = 96;   // names beyond are not compared letter by letter
constexpr std::size_t kMostCompared = 20'000;  // nor are more than so many

bool is_named(const Graph& graph, const Node& node, std::string_view name) {
  if (node.name == name || (!node.source_name.empty() && node.source_name == name)) return true;
  const std::string_view path = graph.path;
  if (!path.empty() && name.size() == path.size() + 1 + node.name.size() && name.starts_with(path) &&
      name[path.size()] == '/' && name.ends_with(node.name)) {
    return true;
  }
  return std::any_of(node.outputs.begin(), node.outputs.end(),
                     [&](TensorId output) { return output && graph.tensors[output].name == name; });
}

// Insertions, deletions and substitutions between two names.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

std::vector<std::string_view> near_names(const Model& model, std::string_view name) {
  std::vector<std::pair<std::size_t, std::string_view>> ranked;
  for (const Graph& graph : model.graphs) {
    for (const Node& node : graph.nodes) {
      if (ranked.size() >= kMostCompared) break;
      std::size_t rank = kLongestCompared * 2;
      if (node.name.find(name) != std::string_view::npos) {
        rank = 0;
      } else if (name.size() <= kLongestCompared && node.name.size() <= kLongestCompared) {
        rank = distance(name, node.name);
      }
      ranked.emplace_back(rank, node.name);
    }
  }
  const std::size_t count = std::min(kNear, ranked.size());
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count), ranked.end());
  std::vector<std::string_view> names;
  names.reserve(count);
  for (std::size_t i = 0; i < count; ++i) names.push_back(ranked[i].second);
  return names;
}

}  // namespace

Result<NodePlace> find_node(const Model& model, std::string_view name) {
  for (const GraphId graph : model.graphs.ids()) {
    for (const NodeId node : model.graphs[graph].nodes.ids()) {
      if (is_named(model.graphs[graph], model.graphs[graph].nodes[node], name)) return NodePlace{graph, node};
    }
  }
  Error error;
  error.kind = ErrorKind::usage;
  error.message = "no node is called `" + std::string(name) + "`";
  const std::vector<std::string_view> names = near_names(model, name);
  for (std::size_t i = 0; i < names.size(); ++i) {
    error.advice += (i == 0 ? "Near names: " : ", ") + std::string(names[i]);
  }
  if (!names.empty()) error.advice += ".";
  return error;
}

}  // namespace haoline
