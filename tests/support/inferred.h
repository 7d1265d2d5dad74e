// A graph stated with GraphBuilder and what inference makes of it, as text:
//
//   GraphBuilder g;
//   const TensorId y = g.node("Relu", {g.input("x", DType::float32, {"n", 3})});
//   Inferred inferred(std::move(g));
//   EXPECT_EQ(inferred.said(y), "float32 [n, 3]");
#pragma once

#include <string>
#include <string_view>

#include "analyses/inference.h"
#include "ir/graph_builder.h"

namespace haoline::test {

class Inferred {
 public:
  explicit Inferred(GraphBuilder&& builder, const InferOptions& options = {})
      : model_(std::move(builder).build()), inference_(infer(model_, options)) {}

  const Model& model() const { return model_; }
  Inference& inference() { return *inference_; }
  bool failed() const { return !inference_; }
  std::string error() const { return inference_ ? "" : inference_.error().to_string(); }

  const OperandFacts& facts(TensorId tensor) { return inference_->facts(Model::kMain, tensor); }
  std::string text(Dim dim) { return inference_->dims.to_string(dim); }
  // "float32 [n, 3]", "sequence(float32) [3] x 4" (the elements' shape and how many).
  std::string said(TensorId tensor) {
    const OperandFacts& of = facts(tensor);
    std::string words = to_string(of.type) + " " + to_string(of.shape, inference_->dims);
    if (!of.type.is_tensor()) words += " x " + text(of.length);
    return words;
  }
  std::string value(TensorId tensor) {
    std::string words;
    for (const Number& n : facts(tensor).value.elements()) {
      words += (words.empty() ? "" : ", ") + text(n.integer());
    }
    return words;
  }
  const Cost& cost(std::uint32_t node = 0) {
    return inference_->graphs[Model::kMain].nodes[NodeId{node}].cost;
  }
  std::string macs(std::uint32_t node = 0) { return text(cost(node).macs); }
  std::string count(Arith kind, std::uint32_t node = 0) {
    return text(cost(node).operations[static_cast<std::size_t>(kind)]);
  }
  std::string arithmetic(std::uint32_t node = 0) { return text(cost(node).arithmetic(inference_->dims)); }
  // The first finding of that kind in words; "" when there is none.
  std::string finding(FindingKind kind) {
    for (const Finding& finding : inference_->findings) {
      if (finding.kind == kind) return finding.message.to_string();
    }
    return "";
  }

 private:
  Model model_;
  Result<Inference> inference_;
};

}  // namespace haoline::test
