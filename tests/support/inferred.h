// A graph stated in a few lines, inferred, and what was found out about one tensor as text.
//
//   GraphBuilder g;
//   const TensorId x = g.input("x", DType::float32, {"batch", 3, "h", "w"});
//   Inferred graph(std::move(g));
//   EXPECT_EQ(graph.shape(x), "[batch, 3, h, w]");
#pragma once

#include <string>

#include "analyses/inference.h"
#include "ir/graph_builder.h"
#include "support/one_node.h"

namespace haoline::test {

class Inferred {
 public:
  explicit Inferred(GraphBuilder&& builder, const InferOptions& options = {})
      : model_(std::move(builder).build()), inference_(infer(model_, options)) {}

  explicit operator bool() const { return bool(inference_); }
  Inference& inference() { return *inference_; }
  const Model& model() const { return model_; }
  const OperandFacts& facts(TensorId tensor) const { return inference_->facts(Model::kMain, tensor); }

  std::string shape(TensorId tensor) const { return to_string(facts(tensor).shape, inference_->dims); }
  std::string value(TensorId tensor) const { return OneNode::spell(facts(tensor).value, inference_->dims); }
  DType dtype(TensorId tensor) const { return facts(tensor).type.dtype; }
  // The first finding's words; "" when there is none.
  std::string finding() const {
    return inference_->findings.empty() ? "" : inference_->findings.front().message.to_string();
  }
  std::string finding(FindingKind kind) const {
    for (const Finding& finding : inference_->findings) {
      if (finding.kind == kind) return finding.message.to_string();
    }
    return "";
  }
  // "float32 [n, 3]"; of a container its elements and how many: "sequence(float32) [3] x 4".
  std::string said(TensorId tensor) const {
    const OperandFacts& of = facts(tensor);
    std::string words = to_string(of.type) + " " + to_string(of.shape, inference_->dims);
    return of.type.is_tensor() ? words : words + " x " + inference_->dims.to_string(of.length);
  }
  // What a node of the main graph costs.
  const Cost& cost(std::uint32_t node = 0) const {
    return inference_->graphs[Model::kMain].nodes[NodeId{node}].cost;
  }
  std::string macs(std::uint32_t node = 0) const { return inference_->dims.to_string(cost(node).macs); }
  std::string count(Arith kind, std::uint32_t node = 0) const {
    return inference_->dims.to_string(cost(node).operations[static_cast<std::size_t>(kind)]);
  }
  std::string arithmetic(std::uint32_t node = 0) {
    return inference_->dims.to_string(cost(node).arithmetic(inference_->dims));
  }
  // An extent under bindings; -1 when it has none.
  std::int64_t extent_at(TensorId tensor, std::size_t axis, const Bindings& bindings) const {
    const std::optional<Int128> number = inference_->dims.evaluate(facts(tensor).shape[axis], bindings);
    return number ? static_cast<std::int64_t>(*number) : -1;
  }

 private:
  Model model_;
  Result<Inference> inference_;
};

}  // namespace haoline::test
