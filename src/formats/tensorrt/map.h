// Which canonical operator a layer is.
#pragma once

#include "formats/format.h"
#include "formats/shared/json.h"
#include "ir/graph_builder.h"

namespace haoline::tensorrt {

struct Mapped {
  std::string_view op;  // for GraphBuilder::node; empty: the layer stays itself
  BuilderAttributes attributes;
};

// `operands`: how many tensors flow in, weights not counted.
Mapped map_layer(json::Value layer, std::size_t operands);
std::string_view kind_of(json::Value layer);  // its ParameterType, else its LayerType
std::span<const SourceOperator> known_layers();

}  // namespace haoline::tensorrt
