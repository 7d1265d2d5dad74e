// How a figure came about: the rule and its source, the operands, the formula, the numbers.
#pragma once

#include <string>
#include <vector>

#include "analyses/bindings.h"
#include "analyses/memory.h"
#include "analyses/parameters.h"

namespace haoline {

enum class Figure : std::uint8_t { macs, shape, bytes, peak, parameters };

struct Explanation {
  Dim result;               // the figure; unknown for shapes
  std::string result_text;  // "115,605,504 · batch   MACs of Conv (ai.onnx, opset 11)"
  struct Line {
    std::string label;  // "=", "out_h", "input data", "rule"
    std::string text;
  };
  std::vector<Line> lines;
};

// An unknown node name or a figure the node does not have is a usage error that lists near names.
Result<Explanation> explain(const Model& model, Inference& inference, const BoundSymbols& bound,
                            std::string_view node, Figure figure);

}  // namespace haoline
