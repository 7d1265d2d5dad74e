// What the section builders share: texts that are copied into the report once, figures and shapes with their
// formulas.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>

#include "report/build.h"

namespace haoline {

class Builder {
 public:
  Builder(const ReportInput& input, const ReportOptions& wanted, Report& filled)
      : in(input), options(wanted), report(filled) {}

  const ReportInput& in;
  const ReportOptions& options;
  Report& report;

  std::string_view text(std::string_view value) { return report.arena.text(value); }
  template <class N>
  N name(std::string_view value) {
    return N{text(value)};
  }
  DimPool& dims() { return in.inference.dims; }

  // The number under the bindings; nothing when it is unknown or the data decides.
  std::optional<Int128> value(Dim dim);
  Formula formula(Dim dim);  // empty for a number
  QuantityRef figure(Dim dim);
  Quantity total(Dim dim, bool complete = true);

  ShapeText shape(const Shape& shape);
  ValueShape value_shape(const Shape& shape);
  Word type(const Type& type);
  MessageText message(const Message& message);

  NodeName node(GraphId graph, NodeId id);
  TensorName tensor(GraphId graph, TensorId id);
  GraphPath path(GraphId graph);
  OperatorName op(const Node& node) { return {text(display_operator(node))}; }
  PortInfo port(TensorId tensor);
  // The file holds weights and says nothing of how they are used: nothing is known of the cost.
  bool has_no_graph() const;
  // Of a node, by the chosen definition.
  Dim flops(const Cost& cost);

 private:
  std::unordered_map<std::uint64_t, QuantityRef> figures_;
  std::unordered_map<std::uint64_t, std::string_view> formulas_;
  std::unordered_map<std::string_view, std::string_view> paths_;
};

// One function per section, one file per group of them.
ModelInfo build_model(Builder& b);
Map<SymbolName, BindingInfo> build_bindings(Builder& b);
GraphInfo build_graph(Builder& b);
ParameterInfo build_parameters(Builder& b);
CostInfo build_cost(Builder& b);
MemoryInfo build_memory(Builder& b);
void build_cache(Builder& b, MemoryInfo& out);
std::optional<QuantizationInfo> build_quantization(Builder& b);
std::optional<TensorQuantization> build_tensor_quantization(Builder& b, const Tensor& tensor);
std::optional<EngineInfo> build_engine(Builder& b);
std::vector<FindingInfoText> build_findings(Builder& b);
MessageText build_summary(Builder& b);
Word node_detail(Builder& b, GraphId graph, const Node& node);
void build_rows(Builder& b);

}  // namespace haoline
