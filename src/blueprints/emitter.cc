#include "blueprints/emitter.h"

#include <algorithm>

namespace haoline::blueprints {
namespace {

constexpr std::int32_t kOnnxVersion = 24;

}  // namespace

Emitter::Emitter(Model& model, DType activations, DType cache)
    : model_(model), graph_(model.graphs[Model::kMain]), activations_(activations), cache_(cache) {
  names_.reserve(graph_.tensors.size() * 4);
  for (const Tensor& tensor : graph_.tensors) names_.insert(tensor.name);
}

std::string_view Emitter::unique(std::string_view wanted, std::string_view ending, std::size_t index) {
  text_.assign(wanted);
  text_ += ending;
  if (names_.contains(text_)) text_ += "#" + std::to_string(index);
  while (names_.contains(text_)) text_ += "_";
  const std::string_view kept = model_.arena.text(text_);
  names_.insert(kept);
  return kept;
}

// "model.layers.3.self_attn.q_proj" is in model/layers/3/self_attn.
std::string_view Emitter::scope_of(std::string_view node_name) {
  const std::size_t dot = node_name.rfind('.');
  if (dot == std::string_view::npos) return {};
  text_.assign(node_name.substr(0, dot));
  std::replace(text_.begin(), text_.end(), '.', '/');
  if (text_ != last_scope_) last_scope_ = model_.arena.text(text_);
  return last_scope_;
}

TensorId Emitter::input(std::string_view name, DType dtype, std::initializer_list<Dim> extents) {
  Tensor tensor;
  tensor.name = unique(name, "", graph_.tensors.size());
  tensor.type.dtype = dtype;
  tensor.shape = Shape(extents);
  const TensorId id = graph_.tensors.add(std::move(tensor));
  graph_.inputs.push_back(id);
  return id;
}

Attribute Emitter::attribute(const Attr& from) {
  Attribute made;
  made.name = from.name;
  if (const auto* integer = std::get_if<std::int64_t>(&from.value)) {
    made.value = *integer;
  } else if (const auto* real = std::get_if<double>(&from.value)) {
    made.value = *real;
  } else if (const auto* text = std::get_if<std::string_view>(&from.value)) {
    made.value = *text;
  } else if (const auto* list = std::get_if<std::vector<std::int64_t>>(&from.value)) {
    made.value = model_.arena.copy(*list);
  } else if (const auto* dtype = std::get_if<DType>(&from.value)) {
    Type type;
    type.dtype = *dtype;
    if (model_.types.empty() || !(model_.types.back() == type)) model_.types.push_back(type);
    made.value = static_cast<const Type*>(&model_.types.back());
  }
  return made;
}

TensorId Emitter::node(Op op, std::string_view name, std::span<const TensorId> inputs,
                       std::initializer_list<Attr> attributes, std::size_t outputs) {
  Node node;
  node.op = op;
  node.op_type = name_of(op).name;
  node.domain = name_of(op).domain;
  node.version = node.domain.empty() ? kOnnxVersion : 1;
  node.name = unique(name, "", graph_.nodes.size());
  node.scope = scope_of(name);
  node.inputs = model_.arena.copy(inputs);
  const std::span<Attribute> made = model_.arena.allocate<Attribute>(attributes.size());
  std::size_t filled = 0;
  for (const Attr& attr : attributes) new (&made[filled++]) Attribute(attribute(attr));
  node.attributes = made;

  const NodeId id{static_cast<std::uint32_t>(graph_.nodes.size())};
  const std::span<TensorId> results = model_.arena.allocate<TensorId>(outputs);
  for (std::size_t i = 0; i < outputs; ++i) {
    Tensor tensor;
    const char ending[] = {':', static_cast<char>('0' + i % 10), 0};
    tensor.name = unique(node.name, ending, graph_.tensors.size());
    tensor.producer = id;
    new (&results[i]) TensorId(graph_.tensors.add(std::move(tensor)));
  }
  node.outputs = results;
  graph_.nodes.add(node);
  return results[0];
}

TensorId Emitter::integers(std::initializer_list<std::int64_t> values) {
  const auto [at, is_new] = integers_.try_emplace(std::vector<std::int64_t>(values));
  if (!is_new) return at->second;
  TensorData data;
  data.dtype = DType::int64;
  const auto kept = model_.arena.copy(at->first);
  data.extents = model_.arena.copy(std::vector<std::int64_t>{static_cast<std::int64_t>(kept.size())});
  data.bytes = std::as_bytes(kept);
  data.stored_elements = kept.size();
  Tensor tensor;
  std::string name = "blueprint";
  for (const std::int64_t value : values) name += "_" + std::to_string(value);
  tensor.name = unique(name, "", graph_.tensors.size());
  tensor.type.dtype = DType::int64;
  tensor.shape = Shape{number(static_cast<std::int64_t>(kept.size()))};
  tensor.constant = model_.arena.create(data);
  tensor.trained = Trained::auxiliary;
  return at->second = graph_.tensors.add(std::move(tensor));
}

void Emitter::output(TensorId tensor, std::string_view name) {
  if (!tensor) return;
  graph_.tensors[tensor].name = unique(name, "", tensor.index);
  graph_.outputs.push_back(tensor);
}

}  // namespace haoline::blueprints
