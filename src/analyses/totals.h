// Costs added up: in total, by operator, category and name scope. A total over nodes of which some are
// unknown is the sum of the known ones and says so.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyses/inference.h"
#include "ops/op_row.h"

namespace haoline {

// Quantities of several nodes. `complete` is false when a node's figure was unknown and left out.
struct CostSum {
  std::size_t nodes = 0;  // counted nodes; bodies included, function calls inlined
  Dim macs = 0;
  Dim flops = 0;
  std::array<Dim, kArithKinds> operations{Dim(0), Dim(0), Dim(0), Dim(0), Dim(0), Dim(0), Dim(0)};
  Dim bytes_read = 0;
  Dim bytes_written = 0;
  Dim weight_bytes = 0;
  bool complete = true;        // every node's arithmetic is known
  bool bytes_complete = true;  // every node's traffic is known
};

struct NamedCost {
  std::string_view name;  // operator as displayed ("Conv", "com.microsoft.Gelu"), category, or scope path
  CostSum cost;
};

struct CostTotals {
  CostSum total;
  std::vector<NamedCost> by_operator;  // by name
  std::vector<NamedCost> by_category;  // in order of Category
  std::vector<NamedCost> by_scope;     // every prefix of every scope, parents before children
  // Coverage: nodes whose cost is known, and those that are not, in order, with the reason.
  std::size_t nodes = 0;
  std::size_t nodes_known = 0;
  struct Uncovered {
    GraphId graph;
    NodeId node;
    CostBasis why;
  };
  std::vector<Uncovered> uncovered;
};

// Sums in `inference.dims` (formulas need a pool), the main graph with its bodies: If, Loop and Scan cost
// what the nodes of their bodies cost, and those count under their own operator, `executions` times, never
// twice. If counts its costliest branch: in expressions max() of every quantity, while the groups take the
// branch with the most FLOPs (where that depends on symbols: with every symbol 1). `nodes` and coverage are
// over all branches.
// Scopes, of which large models have thousands, only if somebody wants them.
CostTotals total_costs(const Model& model, Inference& inference, bool by_scope = true);

// "Conv" for ai.onnx, else "com.microsoft.Gelu"; of an operator nobody knows, what the file calls it.
std::string_view display_operator(const Node& node);
Category category_of(const Node& node);

}  // namespace haoline
