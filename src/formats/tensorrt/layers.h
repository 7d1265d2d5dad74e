// A layer of the list becomes one node: its tensors with the shapes and types that the list declares, its
// weights as constants whose elements are not stored, its parameters as attributes.
#pragma once

#include <map>
#include <string_view>

#include "formats/format.h"
#include "formats/shared/json.h"
#include "ir/engine_facts.h"
#include "ir/graph_builder.h"

namespace haoline::tensorrt {

class Layers {
 public:
  explicit Layers(GraphBuilder& graph) : graph_(graph) {}

  void add_input(std::string_view name, json::Value tensor);
  void add(json::Value layer, EngineFacts& facts);  // an object, or the name alone
  TensorId find(std::string_view name) const;
  bool names_only() const { return names_only_; }

 private:
  TensorId tensor(json::Value operand);
  void declare(TensorId tensor, json::Value operand);
  std::vector<TensorId> operands_of(json::Value layer);
  void add_weights(json::Value layer, std::string_view name, std::vector<TensorId>& operands);

  GraphBuilder& graph_;
  std::map<std::string_view, TensorId, std::less<>> tensors_;
  bool names_only_ = false;
};

// "Row major linear FP32", "Thirty-two wide channel vectorized row major Int8 format", "Half", "Float".
DType dtype_of(std::string_view format);
// "conv1.weight + QuantizeLinear_7 + Conv_9", TensorRT 10's "[ONNX Layer: /a/Conv]" metadata: the operators.
std::span<const std::string_view> sources_of(std::string_view name, std::string_view metadata, Arena& arena);

}  // namespace haoline::tensorrt
