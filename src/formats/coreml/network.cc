// Neural networks: layers joined by the names of what they make.
#include "formats/coreml/network.h"
#include "base/text.h"

namespace haoline::coreml {
namespace {

struct LayerRecord {
  std::string_view name;
  SmallVector<std::string_view, 4> inputs, outputs;
  std::vector<Shape> shapes;  // of the outputs, where the file declares them
  std::uint32_t kind = 0;
  Bytes params;
};

Shape declared_shape(Reading& r, Bytes bytes, const Place& place) {
  const Message tensor(r, bytes, place);
  SmallVector<Dim, 5> dims;
  for (const std::int64_t extent : tensor.integers(2))
    dims.push_back(extent < 0 ? Dim::unknown() : r.model.dims->number(extent));
  const auto rank = tensor.integer(1);
  if (static_cast<std::int64_t>(dims.size()) != rank) return Shape::unknown_rank();
  return Shape(std::move(dims));
}

LayerRecord read_record(Reading& r, Bytes bytes, const Place& place) {
  LayerRecord layer;
  Fields message(bytes, place, {}, r.context);
  while (message.next()) {
    switch (message.number()) {
      case 1:
        layer.name = message.text();
        break;
      case 2:
        layer.inputs.push_back(message.text());
        break;
      case 3:
        layer.outputs.push_back(message.text());
        break;
      case 5:
        layer.shapes.push_back(declared_shape(r, message.bytes(), place));
        break;
      default:
        if (message.number() >= 100 && layer.kind == 0) {
          layer.kind = message.number();
          layer.params = message.bytes();
        }
    }
  }
  return layer;
}

void add_constant_layer(Reading& r, Scope& scope, const LayerRecord& record, const Place& place) {
  NetworkLayer layer{r, scope, Message(r, record.params, place), {}};
  layer.made.unique = record.name;
  const Integers shape = layer.params.integers(1);
  const TensorId id = layer.weight(2, "data", shape, Trained::unsaid);
  for (const std::string_view output : record.outputs) {
    if (id) scope.names[output] = id;
  }
}

// Everything that a layer of no known kind, or a custom one, keeps in its weights.
void add_custom_weights(NetworkLayer& layer) {
  layer.set("className", layer.params.text(10));
  // Each has its own elements and no shape but their number.
  Fields message = layer.params.fields();
  std::uint32_t i = 0;
  while (message.next()) {
    if (message.number() != 20) continue;
    const Message one(layer.r, message.field(), layer.params.place());
    layer.add(layer.weight(one, 20, layer.r.model.arena.text("weights" + std::to_string(i++)), {}));
  }
}

void read_branch(NetworkLayer& layer, std::uint32_t field, std::string_view attribute,
                 const LayerRecord& record) {
  const std::string_view parent_path = layer.r.model.graphs[layer.scope.graph].path;
  std::string path(parent_path);
  if (!path.empty()) path += '/';
  path.append(layer.made.unique).append("/").append(attribute);
  const GraphId body =
      add_graph(layer.r, {}, layer.scope.graph, layer.made.id, layer.r.model.arena.text(path));
  Scope inner{body, &layer.scope};
  read_network(layer.r, inner, layer.params.sub(field).bytes(), layer.params.place(), layer.depth + 1);
  for (const std::string_view output : record.outputs) {
    const TensorId made = find(layer.r, inner, output);
    if (made) layer.r.model.graphs[body].outputs.push_back(made);
  }
  layer.made.attributes.push_back({attribute, body, {}});
}

void read_layer(Reading& r, Scope& scope, Bytes bytes, const Place& place, bool rank_five,
                std::size_t depth) {
  const LayerRecord record = read_record(r, bytes, place);
  if (!r.ok()) return;
  constexpr std::uint32_t kLoadConstant = 290, kLoadConstantND = 1070, kBranch = 605, kLoop = 615,
                          kCustom = 500;
  if (record.kind == kLoadConstant || record.kind == kLoadConstantND)
    return add_constant_layer(r, scope, record, place);
  const NetworkTranslation* translation = find_layer(record.kind);
  NetworkLayer layer{r, scope, Message(r, record.params, place), {}, rank_five, depth};
  Made& made = layer.made;
  made.type = translation != nullptr ? translation->name : std::string_view("layer of a later version");
  made.name = record.name;
  made.at = r.context.offset_of(bytes.data());
  reserve_node(r, scope, made);
  for (const std::string_view input : record.inputs) {
    const TensorId id = find(r, scope, input);
    if (!id) {
      r.context.fail(ErrorKind::malformed, place, bytes.data(), "takes a blob that nothing before it makes",
                     "The model is incomplete or damaged; convert it again.");
      return;
    }
    made.inputs.push_back(id);
  }
  const SmallVector<TensorId, 8> operands = made.inputs;
  made.op = translation != nullptr ? translation->op : Op::unknown;
  if (translation != nullptr && translation->translate != nullptr && !translation->translate(layer)) {
    made.op = Op::unknown;
    if (made.inputs.size() < operands.size()) made.inputs = operands;
  }
  if (record.kind == kCustom) add_custom_weights(layer);
  if (record.kind == kBranch) {
    read_branch(layer, 1, "then_branch", record);
    read_branch(layer, 2, "else_branch", record);
  }
  if (record.kind == kLoop) {
    read_branch(layer, 3, "condition", record);
    read_branch(layer, 4, "body", record);
  }
  if (!r.ok()) return;
  for (std::size_t i = 0; i < record.outputs.size(); ++i) {
    const TensorId id = declare(r, scope, record.outputs[i]);
    Tensor& tensor = r.model.graphs[scope.graph].tensors[id];
    if (i < record.shapes.size() && !rank_five) tensor.shape = record.shapes[i];
    made.outputs.push_back(id);
  }
  place_node(r, scope, made);
}

}  // namespace

std::optional<std::size_t> NetworkLayer::rank(std::size_t input) const {
  if (input >= made.inputs.size() || !made.inputs[input]) return std::nullopt;
  const Shape& shape = r.model.graphs[scope.graph].tensors[made.inputs[input]].shape;
  return shape.has_rank() ? std::optional(shape.rank()) : std::nullopt;
}

std::int64_t NetworkLayer::dim(std::size_t input, std::size_t axis) const {
  if (input >= made.inputs.size() || !made.inputs[input]) return -1;
  const Shape& shape = r.model.graphs[scope.graph].tensors[made.inputs[input]].shape;
  return shape.has_rank() && axis < shape.rank() ? shape[axis].number().value_or(-1) : -1;
}

TensorId NetworkLayer::integers(std::string_view role, const Integers& values) {
  const std::string name = std::string(made.unique) + "/" + std::string(role);
  return add_constant(r, scope.graph, r.model.arena.text(name), integer_data(r, values));
}
TensorId NetworkLayer::scalar(std::string_view role, std::int64_t value) {
  const std::string name = std::string(made.unique) + "/" + std::string(role);
  return add_constant(r, scope.graph, r.model.arena.text(name), integer_data(r, {value}, true));
}
TensorId NetworkLayer::reals(std::string_view role, std::span<const float> values) {
  const std::string name = std::string(made.unique) + "/" + std::string(role);
  return add_constant(r, scope.graph, r.model.arena.text(name), float_data(r, values));
}

bool is_rank_five(Bytes network) {
  Context context(network);
  Fields message(network, {nullptr, "network"}, {}, context);
  std::int64_t mapping = 0;
  while (message.next()) {
    if (message.number() == 5) mapping = message.integer();
  }
  return mapping == 0;
}

void read_network(Reading& r, Scope& scope, Bytes bytes, const Place& place, std::size_t depth) {
  if (depth >= kMaxDepth) {
    r.context.fail(ErrorKind::unsupported, place, bytes.data(), "networks are nested too deeply");
    return;
  }
  const bool rank_five = is_rank_five(bytes);
  Fields message(bytes, place, {}, r.context);
  std::uint32_t index = 0;
  std::string labels;
  std::uint64_t classes = 0;
  while (message.next()) {
    switch (message.number()) {
      case 1:
        read_layer(r, scope, message.bytes(), {&place, "layers", index++}, rank_five, depth);
        break;
      case 100: {  // class labels as text
        Fields vector(message.bytes(), place, {}, r.context);
        while (vector.next()) {
          if (vector.number() != 1) continue;
          ++classes;
          if (labels.size() < 4096) labels += (labels.empty() ? "" : ", ") + std::string(vector.text());
        }
        break;
      }
      case 101: {
        const Integers numbers = Message(r, message.bytes(), place).integers(1);
        classes = numbers.size();
        for (const std::int64_t number : numbers) {
          if (labels.size() < 4096) labels += (labels.empty() ? "" : ", ") + std::to_string(number);
        }
        break;
      }
      default:
        break;
    }
  }
  if (classes == 0) return;
  r.add_metadata("classes", r.model.arena.text(std::to_string(classes)));
  r.add_metadata("classLabels", r.model.arena.text(labels));
}

}  // namespace haoline::coreml
