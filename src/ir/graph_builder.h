// Makes a model without a file: tests state a graph in a few lines, blueprints and transforms build on it.
//
//   GraphBuilder g(17);
//   const TensorId x = g.input("x", DType::float32, {"batch", 3, 224, 224});
//   const TensorId w = g.weight("w", DType::float32, {64, 3, 7, 7});
//   g.output(g.node("Conv", {x, w}, {{"strides", {2, 2}}}));
//   const Model model = std::move(g).build();
//
// Names are made unique as readers make them: an empty or repeated one gets "#<id>" behind it. The caller
// keeps to the order of execution; nothing is checked, because analyses have to cope with wrong graphs as
// well.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "ir/model.h"

namespace haoline {

// A number, a formula in the grammar of docs/formulas.md ("batch", "2*seq + 1"; "?" is unknown), or a Dim.
class Extent {
 public:
  Extent(int number) : value_(Dim(number)) {}
  Extent(std::int64_t number) : value_(Dim(number)) {}
  Extent(Dim dim) : value_(dim) {}
  Extent(const char* formula) : value_(std::string(formula)) {}
  Extent(std::string formula) : value_(std::move(formula)) {}
  Dim in(DimPool& pool) const;  // unknown where the formula cannot be read

 private:
  std::variant<Dim, std::string> value_;
};
using Extents = std::vector<Extent>;

class GraphBuilder;

struct BuilderAttribute {
  std::string name;
  std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<float>,
               std::vector<std::string>, TensorData, std::vector<GraphId>, GraphId, Type>
      value;

  BuilderAttribute(std::string n, int v) : name(std::move(n)), value(std::int64_t{v}) {}
  BuilderAttribute(std::string n, std::int64_t v) : name(std::move(n)), value(v) {}
  BuilderAttribute(std::string n, double v) : name(std::move(n)), value(v) {}
  BuilderAttribute(std::string n, const char* v) : name(std::move(n)), value(std::string(v)) {}
  BuilderAttribute(std::string n, std::string v) : name(std::move(n)), value(std::move(v)) {}
  BuilderAttribute(std::string n, std::initializer_list<std::int64_t> v)
      : name(std::move(n)), value(std::vector<std::int64_t>(v)) {}
  BuilderAttribute(std::string n, std::vector<std::int64_t> v) : name(std::move(n)), value(std::move(v)) {}
  BuilderAttribute(std::string n, std::vector<float> v) : name(std::move(n)), value(std::move(v)) {}
  BuilderAttribute(std::string n, std::vector<std::string> v) : name(std::move(n)), value(std::move(v)) {}
  BuilderAttribute(std::string n, TensorData v) : name(std::move(n)), value(v) {}
  BuilderAttribute(std::string n, GraphId v) : name(std::move(n)), value(v) {}
  BuilderAttribute(std::string n, const GraphBuilder& body);
  BuilderAttribute(std::string n, Type v) : name(std::move(n)), value(std::move(v)) {}
};
using BuilderAttributes = std::vector<BuilderAttribute>;

class GraphBuilder {
 public:
  static constexpr std::int64_t kOpset = 24;

  explicit GraphBuilder(std::int64_t opset = kOpset);
  // A domain that is used without an import gets its newest version that we know (ai.onnx.ml 5, others 1).
  GraphBuilder& import(std::string_view domain, std::int64_t version);

  TensorId input(std::string_view name, DType dtype, const Extents& extents);
  TensorId input(std::string_view name, Type type, Shape shape = Shape::unknown_rank());
  // A weight of that type and shape whose elements are all the same and not stored.
  TensorId weight(std::string_view name, DType dtype, const std::vector<std::int64_t>& extents);
  // Constants with elements. Without extents: one axis.
  TensorId constant(std::string_view name, const std::vector<std::int64_t>& values);
  TensorId constant(std::string_view name, const std::vector<std::int64_t>& values,
                    const std::vector<std::int64_t>& extents);
  TensorId floats(std::string_view name, const std::vector<float>& values);
  TensorId floats(std::string_view name, const std::vector<float>& values,
                  const std::vector<std::int64_t>& extents);
  TensorId scalar(std::string_view name, std::int64_t value) {
    return constant(name, std::vector<std::int64_t>{value}, {});
  }
  TensorId float_scalar(std::string_view name, float value) {
    return floats(name, std::vector<float>{value}, {});
  }
  TensorId constant(std::string_view name, const TensorData& data);
  // Elements for a tensor attribute.
  TensorData tensor(const std::vector<std::int64_t>& values, const std::vector<std::int64_t>& extents);
  TensorData float_tensor(const std::vector<float>& values, const std::vector<std::int64_t>& extents);

  // "Conv", "com.microsoft.Gelu". An absent operand is TensorId{}. Returns the first result.
  TensorId node(std::string_view op, const std::vector<TensorId>& inputs,
                const BuilderAttributes& attributes = {}, std::string_view name = {});
  std::vector<TensorId> nodes(std::string_view op, const std::vector<TensorId>& inputs, std::size_t outputs,
                              const BuilderAttributes& attributes = {}, std::string_view name = {});
  void output(TensorId tensor) { graph().outputs.push_back(tensor); }
  // What the file would claim of a tensor.
  void declare(TensorId tensor, DType dtype, const Extents& extents);
  void rename(TensorId tensor, std::string_view name);

  // The body of an If, Loop or Scan that a later node takes as attribute.
  GraphBuilder body(std::string_view name = {});
  TensorId capture(TensorId of_enclosing);  // in a body: a tensor of the enclosing graph

  Dim dim(std::string_view formula) { return Extent(std::string(formula)).in(*model_->dims); }
  NodeId last_node() const { return NodeId{static_cast<std::uint32_t>(graph().nodes.size() - 1)}; }
  GraphId id() const { return id_; }
  Model& model() { return *model_; }
  Graph& graph() { return model_->graphs[id_]; }
  const Graph& graph() const { return model_->graphs[id_]; }

  Model build() &&;  // of the main graph's builder; bodies are in it

 private:
  GraphBuilder(std::shared_ptr<Model> model, GraphId id) : model_(std::move(model)), id_(id) {}
  std::string_view unique(std::unordered_set<std::string_view>& taken, std::string_view wanted,
                          std::string_view fallback, std::size_t index);
  TensorId add_tensor(std::string_view name, Tensor tensor);
  Attribute attribute(const BuilderAttribute& from, std::string_view node_name, NodeId node);
  std::int64_t version_of(std::string_view domain);
  template <class T>
  TensorData raw(DType dtype, const std::vector<T>& values, const std::vector<std::int64_t>& extents);

  std::shared_ptr<Model> model_;
  GraphId id_;
  std::unordered_set<std::string_view> tensor_names_, node_names_;
};

}  // namespace haoline
