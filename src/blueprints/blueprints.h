// Model architectures as tables of blocks: the forward graph of a file that holds only weights.
//
// A reader that finds weights and a configuration sets Model::architecture and leaves the main graph without
// nodes; the pipeline then calls build(). The graph is made of canonical operators over the file's own
// tensors, found by name, so that shapes, costs, memory and every report work on it as on any other model.
// How to add an architecture: docs/blueprints.md.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "ir/model.h"

namespace haoline::blueprints {

// Is there a table for this family (or, where none is named, may the tensor names tell)?
bool knows(const ArchitectureFacts& facts);

struct BlueprintResult {
  bool built = false;     // the main graph has nodes, inputs and outputs now
  std::string_view name;  // of the table that was used; empty when none fits
};

// Adds inputs, nodes and outputs to the main graph and sets Model::blueprint. What had to be assumed, what
// the architecture needs and the file lacks, and what the file holds and nothing uses become findings. Where
// no table fits, the model is left as it is but for a finding that says so.
BlueprintResult build(Model& model);

}  // namespace haoline::blueprints
