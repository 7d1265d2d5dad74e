// Types, shapes, integer values and costs of every tensor and node, as tables beside the model.
//
// One pass in execution order. Integer tensors that steer shapes are followed symbolically, bodies of If,
// Loop and Scan are inferred with what their node feeds them. What could not be known is a finding and an
// unknown, never 0.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/shared_table.h"
#include "ir/model.h"
#include "ops/cost.h"
#include "ops/op_call.h"

namespace haoline {

struct InferOptions {
  // Symbols replaced by numbers before anything is inferred ("bound from the start").
  Bindings bind;
  // Shapes of inputs that replace what the file declares; parts may be symbols of `dims` given by name.
  struct InputShape {
    std::string name;                  // empty: the only input
    std::vector<std::string> extents;  // "1", "batch", "2*seq"
  };
  std::vector<InputShape> input_shapes;
  bool force_shapes = false;  // override fixed extents too
  // Values of small integer inputs (shapes, axes, trip counts), row-major.
  std::map<std::string, std::vector<std::int64_t>, std::less<>> input_values;
  // The same for any numbers (resize scales, range limits); elements without symbols.
  std::map<std::string, Value, std::less<>> input_numbers;
  // Do not use the types and shapes that the file declares for anything but graph inputs (proof tests).
  bool ignore_declared = false;
};

// How a node's cost came about.
enum class CostBasis : std::uint8_t { known, unknown_operator, no_rule, unknown_shape };

struct NodeFacts {
  Cost cost;  // of one execution of the node; of If, Loop, Scan: with its bodies
  CostBasis basis = CostBasis::unknown_shape;
  Dim bytes_read;
  Dim bytes_written;
  Dim weight_bytes;    // of bytes_read: what comes from constants
  Dim executions = 1;  // per run of the model: trip counts of the enclosing bodies multiplied
};

using FactTable = SharedTable<TensorId, OperandFacts>;
using CostTable = SharedTable<NodeId, NodeFacts>;

// Layers repeat: what is worked out from facts is worked out once per kind of them.
struct GraphFacts {
  FactTable tensors;
  CostTable nodes;
};

// An equality or divisibility the model is valid only with, and where it was learned.
struct LearnedConstraint {
  Constraint constraint;
  GraphId graph;
  NodeId node;
};

struct Inference {
  DimPool dims;  // overlay on the model's pool: handles below belong to it
  IdVector<GraphId, GraphFacts> graphs;
  std::vector<LearnedConstraint> constraints;
  std::vector<Finding> findings;

  const OperandFacts& facts(GraphId graph, TensorId tensor) const { return graphs[graph].tensors[tensor]; }
};

// The request may contradict the model (an unknown input, a fixed extent without force_shapes): a usage
// error.
Result<Inference> infer(const Model& model, const InferOptions& options = {});

// Bytes a tensor of that type and shape occupies; unknown for strings, containers and unknown extents.
Dim byte_size(const Type& type, const Shape& shape, DimPool& pool);

}  // namespace haoline
