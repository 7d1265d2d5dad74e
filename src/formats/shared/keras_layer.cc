#include "formats/shared/keras_layer.h"

#include <algorithm>

namespace haoline::keras {

bool Build::fail(std::string path, std::string message, ErrorKind kind) {
  if (error) return false;
  Error made;
  made.kind = kind;
  made.path = std::move(path);
  made.message = std::move(message);
  made.advice = "Save the model again with Keras";
  error = std::move(made);
  return false;
}

std::string function_name(json::Value value) {
  if (value.is_text()) return std::string(value.text());
  if (!value.is_object()) return {};
  const json::Value config = value["config"];
  if (value["class_name"].text() == "function" && config.is_text()) return std::string(config.text());
  std::string name(value["class_name"].text());
  if (config.is_text()) return std::string(config.text());
  if (const json::Value bits = config["bits"]; bits.is_number() && name.starts_with("quantized_")) {
    name += "(" + std::to_string(bits.integer());
    if (config["integer"].is_number()) name += "," + std::to_string(config["integer"].integer());
    name += ")";
  }
  return name;
}

Shape unknown_shape(std::size_t rank) {
  return Shape::of_unknown(rank);
}

Dim window_count(DimPool& pool, Dim in, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                 std::string_view padding) {
  if (in.is_unknown() || stride <= 0) return Dim::unknown();
  const Expr extent(in, pool);
  if (padding == "same") return extent.ceil_div(stride);
  if (padding == "causal") return (extent - 1).floor_div(stride) + 1;
  if (kernel < 1 || dilation < 1) return Dim::unknown();
  const Expr span = (Expr(pool.number(kernel), pool) - 1) * dilation + 1;
  return (extent - span.dim()).floor_div(stride) + 1;
}

const Shape& Layer::shape(std::size_t i) const {
  static const Shape kUnknown = Shape::unknown_rank();
  if (i >= in.size() || !in[i]) return kUnknown;
  return graph.graph().tensors[in[i]].shape;
}

std::int64_t Layer::extent(std::size_t i, std::int64_t axis) const {
  const Shape& s = shape(i);
  const auto rank = static_cast<std::int64_t>(s.rank());
  if (!s.has_rank() || axis >= rank || axis < -rank) return -1;
  return s[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)].number().value_or(-1);
}

json::Value Layer::get(std::initializer_list<std::string_view> keys) const {
  for (const std::string_view key : keys) {
    if (const json::Value value = config[key]; value && !value.is_null()) return value;
  }
  return {};
}

bool Layer::is_on(std::string_view key, bool otherwise) const {
  return config[key].boolean(otherwise);
}

std::int64_t Layer::integer(std::initializer_list<std::string_view> keys, std::int64_t otherwise) const {
  return get(keys).integer(otherwise);
}

std::vector<std::int64_t> Layer::per_axis(std::initializer_list<std::string_view> keys, std::size_t rank,
                                          std::int64_t otherwise) const {
  const json::Value value = get(keys);
  std::vector<std::int64_t> numbers(rank, otherwise);
  for (std::size_t i = 0; i < rank; ++i) {
    // Tuples are lists in most versions, an object with "items" in some.
    const json::Value list = value.is_object() ? value["items"] : value;
    numbers[i] = list.is_array() ? list[i].integer(otherwise) : list.integer(otherwise);
  }
  return numbers;
}

bool Layer::is_channels_last() const {
  const std::string_view said = get({"data_format", "dim_ordering"}).text("channels_last");
  return said != "channels_first" && said != "th";
}

std::string_view Layer::padding() const {
  return get({"padding", "border_mode"}).text("valid");
}

std::string Layer::activation(std::initializer_list<std::string_view> keys) const {
  const std::string function = function_name(get(keys));
  return function == "linear" ? std::string() : function;
}

std::string Layer::data_layout(std::size_t spatial) const {
  const std::string_view letters = std::string_view("DHW").substr(3 - std::min<std::size_t>(spatial, 3));
  return is_channels_last() ? "N" + std::string(letters) + "C" : "NC" + std::string(letters);
}

namespace {

std::string qualified(const Layer& layer, std::string_view what) {
  return (layer.scope.empty() ? "" : layer.scope + "/") + std::string(layer.name) + "/" + std::string(what);
}

// "quantized_bits(6,0)" of QKeras: the weight is rounded to so many bits whenever it is used.
const Quantization* rounding_of(Layer& layer, std::string_view weight) {
  weight = weight.substr(weight.rfind('/') + 1);
  constexpr std::string_view kKernel = "_kernel";
  const std::string_view short_name = weight.ends_with(kKernel) && weight != "recurrent_kernel"
                                          ? weight.substr(0, weight.size() - kKernel.size())
                                          : weight;
  const std::string key =
      (weight == "recurrent_kernel" ? "recurrent" : std::string(short_name)) + "_quantizer";
  const std::string text = function_name(layer.get({key}));
  if (text.empty()) return nullptr;
  const std::string function = text.substr(0, text.find('('));
  std::int64_t bits = function == "binary" || function == "stochastic_binary" ? 1 : 0;
  if (function == "ternary" || function == "stochastic_ternary") bits = 2;
  if (function.starts_with("quantized_")) {
    const std::size_t open = text.find_first_of("0123456789", function.size());
    bits = 8;  // QKeras' own default
    if (open != std::string::npos && text.find('(') < open) {
      bits = 0;
      for (std::size_t i = open; i < text.size() && i < open + 3 && text[i] >= '0' && text[i] <= '9'; ++i)
        bits = bits * 10 + (text[i] - '0');
    }
  }
  if (bits == 0) return nullptr;
  Quantization made;
  made.scheme = layer.graph.model().arena.text(function);
  made.bits = static_cast<std::int32_t>(bits);
  return layer.graph.model().arena.create(made);
}

// The file's weight in this graph, made once however often its layer is called.
TensorId place_variable(Layer& layer, const Variable& variable, std::string_view what, Trained trained) {
  const std::string name = variable.name.empty() ? qualified(layer, what) : std::string(variable.name);
  const std::string key = std::to_string(layer.graph.id().index) + "|" + std::string(variable.name) + "|" +
                          std::string(variable.source_name);
  const auto [at, is_new] = layer.build.constants.try_emplace(key, TensorId{});
  if (!is_new) return at->second;
  const TensorId id = layer.graph.constant(name, variable.data);
  Tensor& tensor = layer.graph.graph().tensors[id];
  Arena& arena = layer.graph.model().arena;  // the store and its file do not outlive the reading
  tensor.trained = trained;
  tensor.quantization = variable.quantization ? variable.quantization : rounding_of(layer, what);
  if (!variable.source_name.empty()) {
    tensor.source_name = arena.text(variable.source_name);
  } else if (tensor.name != variable.name) {
    tensor.source_name = arena.text(variable.name);
  }
  at->second = id;
  return id;
}

// Keras 3 keeps weights as int8, two of them in a byte where they have four bits, with scales behind the
// layer's own variables: real = stored / scale.
const Quantization* packing_of(Layer& layer, const Variable& variable, const Wanted& wanted,
                               std::size_t own) {
  if (variable.data.dtype != DType::int8 || !layer.build.store->is_by_path()) return nullptr;
  const std::vector<Variable*> stored = layer.build.store->of(layer.place, wanted.part);
  Quantization made;
  made.scheme = "affine";
  Arena& arena = layer.graph.model().arena;
  if (own < stored.size() && stored[own]->data.dtype == DType::float32 && !wanted.extents.empty()) {
    const TensorData& scale = stored[own]->data;
    stored[own]->is_used = true;
    std::vector<float> scales;
    for (std::size_t at = 0; at + sizeof(float) <= scale.bytes.size(); at += sizeof(float)) {
      const float value = load<float>(scale.bytes.data() + at);
      scales.push_back(value == 0 ? 0 : 1 / value);
    }
    made.scales = arena.copy(scales);
    const bool by_row = wanted.name == "embeddings";
    made.axis = by_row ? 0 : static_cast<std::int32_t>(wanted.extents.size()) - 1;
  }
  const bool known = std::all_of(wanted.extents.begin(), wanted.extents.end(), [](auto e) { return e >= 0; });
  const std::span<const std::int64_t> extents = variable.data.extents;
  if (known && !std::equal(extents.begin(), extents.end(), wanted.extents.begin(), wanted.extents.end())) {
    made.bits = 4;
    made.logical_extents = arena.copy(wanted.extents);
  }
  return arena.create(made);
}

void apply_packing(Layer& layer, TensorId id, const Quantization* packing) {
  if (!packing) return;
  Tensor& tensor = layer.graph.graph().tensors[id];
  tensor.quantization = packing;
  if (packing->logical_extents.empty()) return;
  // Two elements in a byte, the first in its lower half: as an int4 tensor lies, unless a row ends in half a
  // byte.
  TensorData data = *tensor.constant;
  std::uint64_t count = 1;
  Shape shape;
  for (const std::int64_t extent : packing->logical_extents) {
    if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(extent), &count)) return;
    shape.push_back(layer.pool().number(extent));
  }
  data.dtype = DType::int4;
  data.extents = packing->logical_extents;
  if (data.encoding == TensorData::Encoding::raw && data.bytes.size() != (count + 1) / 2) {
    data.encoding = TensorData::Encoding::absent;
    data.bytes = {};
  }
  Quantization plain = *packing;
  plain.bits = 0;
  plain.logical_extents = {};
  Arena& arena = layer.graph.model().arena;
  tensor.constant = arena.create(data);
  tensor.quantization = arena.create(plain);
  tensor.type.dtype = DType::int4;
  tensor.shape = shape;
}

// A weight of which only the config speaks: its extents count, its elements are nowhere.
TensorId place_filler(Layer& layer, const Wanted& wanted) {
  const std::string what =
      (wanted.legacy.empty() ? "" : std::string(wanted.legacy) + "/") + std::string(wanted.name);
  const std::string name = qualified(layer, what);
  const std::string identity =
      layer.place.path + "|" + std::string(wanted.part) + "|" + std::string(wanted.name);
  const auto [at, is_new] =
      layer.build.constants.try_emplace(std::to_string(layer.graph.id().index) + "|" + identity, TensorId{});
  if (!is_new) return at->second;
  const bool known = std::all_of(wanted.extents.begin(), wanted.extents.end(), [](auto e) { return e >= 0; });
  const TensorId id =
      layer.graph.weight(name, DType::float32, known ? wanted.extents : std::vector<std::int64_t>{});
  Tensor& tensor = layer.graph.graph().tensors[id];
  if (!known) {
    // Nothing to count: an operand whose extents only a build would know.
    tensor.constant = nullptr;
    Shape shape;
    for (const std::int64_t extent : wanted.extents)
      shape.push_back(extent < 0 ? Dim::unknown() : layer.pool().number(extent));
    tensor.shape = shape;
  }
  tensor.trained = wanted.trained;
  tensor.quantization = rounding_of(layer, wanted.name);
  at->second = id;
  return id;
}

}  // namespace

std::vector<TensorId> Layer::weights(const std::vector<Wanted>& wanted) {
  std::vector<Variable*> found(wanted.size(), nullptr);
  if (build.store) found = find_weights(*build.store, place, wanted);
  std::vector<TensorId> ids;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (found[i]) {
      const std::string what =
          (wanted[i].legacy.empty() ? "" : std::string(wanted[i].legacy) + "/") + std::string(wanted[i].name);
      ids.push_back(place_variable(*this, *found[i], what, wanted[i].trained));
      const auto own = static_cast<std::size_t>(std::count_if(
          wanted.begin(), wanted.end(), [&](const Wanted& w) { return w.part == wanted[i].part; }));
      if (i == 0 || wanted[i].name == "kernel")
        apply_packing(*this, ids.back(), packing_of(*this, *found[i], wanted[i], own));
      continue;
    }
    if (build.store && build.missing++ == 0)
      build.first_missing = std::string(name) + "/" + std::string(wanted[i].name);
    ids.push_back(place_filler(*this, wanted[i]));
  }
  return ids;
}

std::vector<TensorId> Layer::stored_weights() {
  std::vector<TensorId> ids;
  if (!build.store) return ids;
  for (Variable* variable : build.store->all_of(place)) {
    variable->is_used = true;
    const std::string_view path = variable->source_name;
    const std::string_view below =
        path.size() > place.path.size() ? path.substr(place.path.size() + 1) : std::string_view("weight");
    ids.push_back(place_variable(*this, *variable, below, Trained::yes));
  }
  return ids;
}

TensorId Layer::implied(std::string_view what, std::int64_t extent) {
  const TensorId id =
      graph.weight(std::string(name) + "/" + std::string(what), DType::float32,
                   extent < 0 ? std::vector<std::int64_t>{} : std::vector<std::int64_t>{extent});
  graph.graph().tensors[id].trained = Trained::auxiliary;
  if (extent < 0) graph.graph().tensors[id].shape = unknown_shape(1);
  return id;
}

TensorId Layer::numbers(std::string_view what, const std::vector<std::int64_t>& values) {
  return graph.constant(std::string(name) + "/" + std::string(what), values);
}

void Layer::emit(std::string_view canonical, const std::vector<TensorId>& inputs,
                 BuilderAttributes attributes, const std::vector<Shape>& shapes) {
  if (build.nodes++ >= build.max_nodes) {
    build.fail("model_config", "has more than " + std::to_string(build.max_nodes) + " layers",
               ErrorKind::unsupported);
    return;
  }
  const bool is_onnx = find_op("", canonical) != Op::unknown;
  const std::string op = (is_onnx ? "" : "haoline.") + std::string(canonical.empty() ? type : canonical);
  out = graph.nodes(op, inputs, shapes.size(), attributes, name);
  Graph& g = graph.graph();
  Node& node = g.nodes[graph.last_node()];
  Arena& arena = graph.model().arena;
  node.op_type = arena.text(type);
  node.domain = arena.text(domain);
  node.scope = arena.text(scope);
  if (canonical.empty()) node.op = Op::unknown;
  if (node.name != name) node.source_name = arena.text(name);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::string wanted =
        (scope.empty() ? "" : scope + "/") + std::string(name) + (i == 0 ? "" : ":" + std::to_string(i));
    graph.rename(out[i], wanted);
    Tensor& tensor = g.tensors[out[i]];
    if (tensor.name != wanted) tensor.source_name = arena.text(wanted);
    tensor.shape = shapes[i];
  }
}

void Layer::emit_as_itself(const std::vector<Shape>& shapes) {
  std::vector<TensorId> inputs = in;
  for (const TensorId weight : stored_weights()) inputs.push_back(weight);
  emit({}, inputs, {}, shapes.empty() ? std::vector<Shape>{Shape::unknown_rank()} : shapes);
  for (const TensorId id : out) graph.graph().tensors[id].type.dtype = DType::float32;
}

}  // namespace haoline::keras
