// Finding a node by what a user calls it.
#pragma once

#include <string_view>

#include "base/result.h"
#include "ir/model.h"

namespace haoline {

struct NodePlace {
  GraphId graph;
  NodeId node;
};

// The node of that name: of the main graph, else of the first body that has it; "<graph path>/<name>" is
// exact. Also by what the file calls it, or by the name of a tensor it makes. None: a usage error that lists
// near names.
Result<NodePlace> find_node(const Model& model, std::string_view name);

}  // namespace haoline
