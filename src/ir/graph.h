// The one graph every reader produces and every analysis reads.
//
// Names and constant bytes are views into the mapped files or into the model's arena, so reading copies no
// weights. A graph does not change after its reader returns it; what analyses learn lies in tables beside it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "ir/attribute.h"
#include "ir/op.h"
#include "ir/shape.h"
#include "ir/type.h"

namespace haoline {

// Whether the file itself says that training changes a constant (a variable's flag). Where it says nothing,
// the role follows from the operator that reads it. An auxiliary is neither weight nor statistic: scales,
// zero points and indices beside a packed weight.
enum class Trained : std::uint8_t { unsaid, no, yes, auxiliary };

// Anything that flows: an input, a constant, a node's output, or an outer graph's tensor seen from a body.
struct Tensor {
  std::string_view name;                       // unique within the graph
  std::string_view source_name;                // what the file says, when `name` had to differ; else empty
  Type type;                                   // as declared; dtype unknown where the file is silent
  Shape shape = Shape::unknown_rank();         // as declared
  const TensorData* constant = nullptr;        // an initializer
  NodeId producer;                             // none: an input, a constant or a capture
  const Quantization* quantization = nullptr;  // where the format keeps it beside the tensor
  bool is_state = false;                       // survives from one run to the next (variables, caches)
  Trained trained = Trained::unsaid;           // of a constant
  TensorId outer;  // of a body: the tensor of the enclosing graph that this name refers to
};

struct Node {
  Op op = Op::unknown;           // canonical; unknown: see op_type and domain
  std::string_view op_type;      // the source's spelling
  std::string_view domain;       // "" is ai.onnx
  std::string_view name;         // unique within the graph
  std::string_view source_name;  // what the file says, when `name` had to differ; else empty
  std::string_view scope;    // call path of inlined functions and module scopes, '/'-separated; may be empty
  std::int32_t version = 0;  // of the node's operator set; 0: the model imports none
  std::span<const TensorId> inputs;   // an absent optional operand is TensorId{}
  std::span<const TensorId> outputs;  // an unused optional result is TensorId{}
  std::span<const Attribute> attributes;
  std::uint64_t source_offset = 0;  // byte where the node's record begins in the main file

  const Attribute* attribute(std::string_view wanted) const {
    for (const Attribute& a : attributes) {
      if (a.name == wanted) return &a;
    }
    return nullptr;
  }
};

struct Graph {
  std::string_view name;  // as the file has it
  std::string_view path;  // "" for the main graph, "<node>/<attribute>" below it, from the main graph down
  GraphId parent;         // of a body
  NodeId owner;           // of a body: the node of the parent that runs it
  IdVector<TensorId, Tensor> tensors;
  IdVector<NodeId, Node> nodes;  // in execution order (topological)
  std::vector<TensorId>
      inputs;  // of the main graph: those a caller feeds (initializers with the same name are not here)
  std::vector<TensorId> outputs;
};

}  // namespace haoline
