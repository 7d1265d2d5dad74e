// Parameters: trainable weights, buffers (running statistics) and other constants, each once. Roles follow
// from the operator and the slot that consumes a tensor (report.md, Definitions).
#pragma once

#include <optional>
#include <vector>

#include "analyses/inference.h"
#include "base/small_vector.h"

namespace haoline {

enum class ParameterRole : std::uint8_t { none, trainable, buffer, constant };

// One stored tensor of the model (an initializer, a Constant node's value, a ConstantOfShape filler, a packed
// weight), wherever it is used.
struct Parameter {
  GraphId graph;
  TensorId tensor;  // the tensor the constant belongs to, in its own graph
  ParameterRole role = ParameterRole::constant;
  bool assumed = false;          // the role was a judgement: listed in parameters.assumed
  DType dtype = DType::unknown;  // stored type
  Dim elements;                  // logical elements (a packed 4-bit weight counts its values, not its bytes)
  std::uint64_t stored_bytes = 0;  // in the file
  Dim memory_bytes;                // unpacked as the runtime holds it (stored type)
  struct User {
    GraphId graph;
    NodeId node;
    std::uint32_t slot;
  };
  SmallVector<User, 2> users;  // computing nodes, seen through views, casts and dequantization
};

struct ParameterFacts {
  std::vector<Parameter> parameters;  // in order of graph and tensor
  Dim trainable = 0;
  Dim buffers = 0;
  Dim constants = 0;
  std::uint64_t stored_bytes = 0;  // trainable and buffers
  bool complete = true;
  struct ByName {
    std::string_view name;
    Dim elements;
  };
  std::vector<ByName> by_dtype;     // trainable and buffers, stored dtype
  std::vector<ByName> by_operator;  // first user's operator
  std::vector<std::size_t> shared;  // indices into `parameters`: more than one user
  // Per node: trainable and buffer elements that it is the first user of.
  IdVector<GraphId, IdVector<NodeId, Dim>> of_node;
};

// `by_content`: also joins tensors with equal bytes (reads every weight once).
ParameterFacts count_parameters(const Model& model, Inference& inference, bool by_content = false);

}  // namespace haoline
