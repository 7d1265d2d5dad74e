#include "ir/graph_builder.h"

#include <algorithm>

namespace haoline {
namespace {

Shape shape_of(const Extents& extents, DimPool& pool) {
  Shape shape;
  for (const Extent& extent : extents) shape.push_back(extent.in(pool));
  return shape;
}

Shape shape_of(std::span<const std::int64_t> extents, DimPool& pool) {
  Shape shape;
  for (const std::int64_t extent : extents) shape.push_back(pool.number(extent));
  return shape;
}

}  // namespace

Dim Extent::in(DimPool& pool) const {
  if (const Dim* dim = std::get_if<Dim>(&value_)) return *dim;
  const Result<Dim> parsed = pool.parse(*std::get_if<std::string>(&value_));
  return parsed ? *parsed : Dim::unknown();
}

BuilderAttribute::BuilderAttribute(std::string n, const GraphBuilder& body)
    : name(std::move(n)), value(body.id()) {}

GraphBuilder::GraphBuilder(std::int64_t opset) : model_(std::make_shared<Model>()) {
  model_->format = "built";
  model_->opsets.push_back({"", opset});
  id_ = model_->graphs.add({});
}

GraphBuilder& GraphBuilder::import(std::string_view domain, std::int64_t version) {
  for (OperatorSet& set : model_->opsets) {
    if (set.domain == domain) {
      set.version = version;
      return *this;
    }
  }
  model_->opsets.push_back({model_->arena.text(domain), version});
  return *this;
}

std::int64_t GraphBuilder::version_of(std::string_view domain) {
  for (const OperatorSet& set : model_->opsets) {
    if (set.domain == domain) return set.version;
  }
  const std::int64_t version = domain == "ai.onnx.ml" ? 5 : 1;
  import(domain, version);
  return version;
}

std::string_view GraphBuilder::unique(std::unordered_set<std::string_view>& taken, std::string_view wanted,
                                      std::string_view fallback, std::size_t index) {
  std::string name(wanted.empty() ? fallback : wanted);
  if (wanted.empty() || taken.contains(name)) name += "#" + std::to_string(index);
  while (taken.contains(name)) name += "_";
  const std::string_view kept = model_->arena.text(name);
  taken.insert(kept);
  return kept;
}

TensorId GraphBuilder::add_tensor(std::string_view name, Tensor tensor) {
  tensor.name = unique(tensor_names_, name, "", graph().tensors.size());
  return graph().tensors.add(std::move(tensor));
}

TensorId GraphBuilder::input(std::string_view name, Type type, Shape shape) {
  Tensor tensor;
  tensor.type = std::move(type);
  tensor.shape = std::move(shape);
  const TensorId id = add_tensor(name, std::move(tensor));
  graph().inputs.push_back(id);
  return id;
}

TensorId GraphBuilder::input(std::string_view name, DType dtype, const Extents& extents) {
  return input(name, Type{dtype}, shape_of(extents, *model_->dims));
}

TensorId GraphBuilder::constant(std::string_view name, const TensorData& data) {
  Tensor tensor;
  tensor.type.dtype = data.dtype;
  tensor.shape = shape_of(data.extents, *model_->dims);
  tensor.constant = model_->arena.create(data);
  return add_tensor(name, std::move(tensor));
}

TensorId GraphBuilder::weight(std::string_view name, DType dtype, const std::vector<std::int64_t>& extents) {
  TensorData data;
  data.dtype = dtype;
  data.encoding = TensorData::Encoding::filler;
  data.extents = model_->arena.copy(extents);
  return constant(name, data);
}

template <class T>
TensorData GraphBuilder::raw(DType dtype, const std::vector<T>& values,
                             const std::vector<std::int64_t>& extents) {
  TensorData data;
  data.dtype = dtype;
  data.extents = model_->arena.copy(extents);
  data.bytes = std::as_bytes(model_->arena.copy(values));
  data.stored_bytes = data.bytes.size();
  data.stored_elements = values.size();
  return data;
}

TensorData GraphBuilder::tensor(const std::vector<std::int64_t>& values,
                                const std::vector<std::int64_t>& extents) {
  return raw(DType::int64, values, extents);
}

TensorData GraphBuilder::float_tensor(const std::vector<float>& values,
                                      const std::vector<std::int64_t>& extents) {
  return raw(DType::float32, values, extents);
}

TensorId GraphBuilder::constant(std::string_view name, const std::vector<std::int64_t>& values,
                                const std::vector<std::int64_t>& extents) {
  return constant(name, tensor(values, extents));
}

TensorId GraphBuilder::constant(std::string_view name, const std::vector<std::int64_t>& values) {
  return constant(name, values, {static_cast<std::int64_t>(values.size())});
}

TensorId GraphBuilder::floats(std::string_view name, const std::vector<float>& values,
                              const std::vector<std::int64_t>& extents) {
  return constant(name, float_tensor(values, extents));
}

TensorId GraphBuilder::floats(std::string_view name, const std::vector<float>& values) {
  return floats(name, values, {static_cast<std::int64_t>(values.size())});
}

Attribute GraphBuilder::attribute(const BuilderAttribute& from, std::string_view node_name, NodeId node) {
  Arena& arena = model_->arena;
  const auto adopt = [&](GraphId body, std::string_view suffix) {
    Graph& child = model_->graphs[body];
    const std::string above = graph().path.empty() ? "" : std::string(graph().path) + "/";
    child.path = arena.text(above + std::string(node_name) + "/" + from.name + std::string(suffix));
    child.parent = id_;
    child.owner = node;
  };
  const auto payload = [&](const auto& value) -> Attribute::Payload {
    using T = std::decay_t<decltype(value)>;
    if constexpr (std::is_same_v<T, std::string>) {
      return arena.text(value);
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      std::vector<std::string_view> texts;
      for (const std::string& text : value) texts.push_back(arena.text(text));
      return arena.copy(texts);
    } else if constexpr (std::is_same_v<T, TensorData>) {
      return static_cast<const TensorData*>(arena.create(value));
    } else if constexpr (std::is_same_v<T, Type>) {
      // Types own memory when nested deeply; those of tests do not, and an arena runs no destructors.
      const std::span<std::byte> room = arena.allocate<std::byte>(sizeof(Type) + alignof(Type));
      void* at = room.data();
      std::size_t size = room.size();
      std::align(alignof(Type), sizeof(Type), at, size);
      return static_cast<const Type*>(new (at) Type(value));
    } else if constexpr (std::is_same_v<T, GraphId>) {
      adopt(value, "");
      return value;
    } else if constexpr (std::is_same_v<T, std::vector<GraphId>>) {
      for (std::size_t i = 0; i < value.size(); ++i) adopt(value[i], std::to_string(i));
      return arena.copy(value);
    } else if constexpr (std::is_arithmetic_v<T>) {
      return value;
    } else {
      return arena.copy(value);
    }
  };
  return {arena.text(from.name), std::visit(payload, from.value), {}};
}

std::vector<TensorId> GraphBuilder::nodes(std::string_view op, const std::vector<TensorId>& inputs,
                                          std::size_t outputs, const BuilderAttributes& attributes,
                                          std::string_view name) {
  Arena& arena = model_->arena;
  const std::size_t dot = op.rfind('.');
  const std::string_view domain = dot == std::string_view::npos ? std::string_view() : op.substr(0, dot);
  const std::string_view type = dot == std::string_view::npos ? op : op.substr(dot + 1);
  const NodeId id{static_cast<std::uint32_t>(graph().nodes.size())};
  Node node;
  node.op = find_op(domain, type);
  node.op_type = arena.text(type);
  node.domain = arena.text(domain == "ai.onnx" ? std::string_view() : domain);
  node.name = unique(node_names_, name, type, id.index);
  node.version = static_cast<std::int32_t>(version_of(node.domain));
  node.inputs = arena.copy(inputs);
  std::vector<Attribute> made;
  for (const BuilderAttribute& from : attributes) made.push_back(attribute(from, node.name, id));
  const std::span<Attribute> room = arena.allocate<Attribute>(made.size());
  std::uninitialized_copy(made.begin(), made.end(), room.begin());
  node.attributes = room;
  std::vector<TensorId> results;
  for (std::size_t i = 0; i < outputs; ++i) {
    Tensor result;
    result.producer = id;
    const std::string suffix = i == 0 ? "" : "." + std::to_string(i);
    results.push_back(add_tensor(std::string(node.name) + ":out" + suffix, std::move(result)));
  }
  node.outputs = arena.copy(results);
  graph().nodes.add(node);
  return results;
}

TensorId GraphBuilder::node(std::string_view op, const std::vector<TensorId>& inputs,
                            const BuilderAttributes& attributes, std::string_view name) {
  return nodes(op, inputs, 1, attributes, name)[0];
}

void GraphBuilder::declare(TensorId tensor, DType dtype, const Extents& extents) {
  graph().tensors[tensor].type = Type{dtype};
  graph().tensors[tensor].shape = shape_of(extents, *model_->dims);
}

void GraphBuilder::rename(TensorId tensor, std::string_view name) {
  tensor_names_.erase(graph().tensors[tensor].name);
  graph().tensors[tensor].name = unique(tensor_names_, name, "", tensor.index);
}

GraphBuilder GraphBuilder::body(std::string_view name) {
  Graph child;
  child.name = model_->arena.text(name);
  child.parent = id_;
  return {model_, model_->graphs.add(std::move(child))};
}

TensorId GraphBuilder::capture(TensorId of_enclosing) {
  const Tensor& outer = model_->graphs[graph().parent].tensors[of_enclosing];
  Tensor tensor;
  tensor.type = outer.type;
  tensor.shape = outer.shape;
  tensor.outer = of_enclosing;
  return add_tensor(outer.name, std::move(tensor));
}

Model GraphBuilder::build() && {
  return std::move(*model_);
}

}  // namespace haoline
