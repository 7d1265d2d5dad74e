#include "formats/pytorch/writer.h"

#include <cmath>
#include <cstring>

#include "base/half.h"
#include "base/text.h"

namespace haoline::pytorch {
namespace {

std::uint16_t to_bfloat16(float value) {
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16);
}

// Nearest half; enough for the constants of source code.
std::uint16_t to_float16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000);
  const int exponent = static_cast<int>(bits >> 23 & 0xff) - 127 + 15;
  const std::uint32_t fraction = bits & 0x7fffff;
  if (exponent >= 31)
    return static_cast<std::uint16_t>(sign | 0x7c00 | ((bits & 0x7fffffff) > 0x7f800000 ? 0x200 : 0));
  if (exponent <= 0) {
    if (exponent < -10) return sign;
    return static_cast<std::uint16_t>(sign | (fraction | 0x800000) >> (14 - exponent));
  }
  return static_cast<std::uint16_t>(sign | exponent << 10 | static_cast<int>(fraction >> 13));
}

// The element's bytes, little-endian.
std::string encoded(const Value& value, DType dtype) {
  const auto raw = [](auto number) {
    std::string out(sizeof number, '\0');
    std::memcpy(out.data(), &number, sizeof number);
    return out;
  };
  const double real = value.as_real();
  const bool is_whole = value.kind != Value::Kind::real;
  const std::int64_t integer = is_whole ? value.integer
                               : std::isfinite(real) && std::fabs(real) < 9e18
                                   ? static_cast<std::int64_t>(real)
                                   : 0;
  switch (dtype) {
    case DType::float64:
      return raw(real);
    case DType::float16:
      return raw(to_float16(static_cast<float>(real)));
    case DType::bfloat16:
      return raw(to_bfloat16(static_cast<float>(real)));
    case DType::int64:
    case DType::uint64:
      return raw(integer);
    case DType::int32:
    case DType::uint32:
      return raw(static_cast<std::int32_t>(integer));
    case DType::int16:
    case DType::uint16:
      return raw(static_cast<std::int16_t>(integer));
    case DType::int8:
    case DType::uint8:
      return raw(static_cast<std::int8_t>(integer));
    case DType::boolean:
      return raw(static_cast<std::int8_t>(integer != 0 || real != 0));
    default:
      return raw(static_cast<float>(real));
  }
}

bool is_encodable(DType dtype) {
  switch (dtype) {
    case DType::float64:
    case DType::float32:
    case DType::float16:
    case DType::bfloat16:
    case DType::boolean:
      return true;
    default:
      return is_integer(dtype) && info(dtype).bits >= 8;
  }
}

}  // namespace

Writer::Writer(Reading& reading) : r_(reading) {
  names_.resize(reading.model.graphs.size());
  for (const Tensor& tensor : reading.model.graphs[here_].tensors) names_[here_].tensors.insert(tensor.name);
}

std::string_view Writer::unique(std::unordered_set<std::string_view>& taken, std::string_view wanted,
                                std::string_view stem, std::size_t index, std::string_view& source) {
  if (!wanted.empty()) {
    const std::string_view kept = r_.model.arena.text(wanted);
    if (taken.insert(kept).second) return kept;
    source = kept;
  }
  std::string name(wanted.empty() ? stem : wanted);
  name += "#" + std::to_string(index);
  while (taken.contains(name)) name += "_";
  const std::string_view kept = r_.model.arena.text(name);
  taken.insert(kept);
  return kept;
}

TensorId Writer::add_tensor(std::string_view name) {
  Tensor tensor;
  tensor.name = unique(names_[here_].tensors, name, "", graph().tensors.size(), tensor.source_name);
  return graph().tensors.add(std::move(tensor));
}

TensorId Writer::add_weight(std::string_view name, const StoredTensor& stored) {
  std::string_view source;
  const std::size_t index = r_.model.main().tensors.size();
  const std::string_view kept = unique(names_[Model::kMain].tensors, name, "", index, source);
  const TensorId id = r_.add_weight(kept, stored);
  if (id && !source.empty()) r_.model.graphs[Model::kMain].tensors[id].source_name = source;
  return id;
}

TensorId Writer::constant(const TensorData& data) {
  const TensorId id = add_tensor({});
  Tensor& tensor = graph().tensors[id];
  tensor.type.dtype = data.dtype;
  tensor.shape = Shape{};
  for (const std::int64_t extent : data.extents) tensor.shape.push_back(r_.model.dims->number(extent));
  tensor.constant = r_.model.arena.create(data);
  return id;
}

TensorId Writer::integers(std::span<const std::int64_t> values) {
  std::string key = "i";
  for (const std::int64_t value : values) key += std::to_string(value) + ",";
  if (const auto known = constants_.find(key); known != constants_.end()) return in_here(known->second);
  TensorData data;
  data.dtype = DType::int64;
  data.extents = r_.model.arena.copy(std::vector<std::int64_t>{static_cast<std::int64_t>(values.size())});
  data.bytes = std::as_bytes(r_.model.arena.copy(values));
  data.stored_elements = values.size();
  const TensorId id = constant(data);
  // One made in a body is not seen from outside it.
  if (here_ == Model::kMain) constants_.emplace(std::move(key), Value::of_tensor(here_, id));
  return id;
}

TensorId Writer::integer(std::int64_t value) {
  return number(Value::number(value), DType::int64);
}

TensorId Writer::number(const Value& value, DType dtype) {
  if (!is_encodable(dtype)) {
    dtype = value.kind == Value::Kind::real      ? DType::float32
            : value.kind == Value::Kind::boolean ? DType::boolean
                                                 : DType::int64;
  }
  const std::string bytes = encoded(value, dtype);
  std::string key = "s" + std::to_string(static_cast<int>(dtype)) + ":" + bytes;
  if (const auto known = constants_.find(key); known != constants_.end()) return in_here(known->second);
  TensorData data;
  data.dtype = dtype;
  data.bytes = as_bytes(r_.model.arena.text(bytes));
  data.stored_elements = 1;
  const TensorId id = constant(data);
  if (here_ == Model::kMain) constants_.emplace(std::move(key), Value::of_tensor(here_, id));
  return id;
}

DType Writer::dtype_of(const Value& value) const {
  if (!value.is_tensor()) return DType::unknown;
  if (value.is_scalar) return value.scalar_type;
  return r_.model.graphs[value.graph].tensors[value.tensor].type.dtype;
}

std::optional<std::size_t> Writer::rank_of(const Value& value) const {
  if (!value.is_tensor()) return std::nullopt;
  const Shape& shape = r_.model.graphs[value.graph].tensors[value.tensor].shape;
  return shape.has_rank() ? std::optional(shape.rank()) : std::nullopt;
}

Attribute Writer::attribute(std::string_view name, const std::vector<std::int64_t>& values) {
  return {name, r_.model.arena.copy(values), {}};
}

Attribute Writer::tensor_attribute(std::string_view name, const Value& element, DType dtype) {
  if (!is_encodable(dtype)) dtype = element.kind == Value::Kind::integer ? DType::int64 : DType::float32;
  TensorData data;
  data.dtype = dtype;
  data.extents = r_.model.arena.copy(std::vector<std::int64_t>{1});
  data.bytes = as_bytes(r_.model.arena.text(encoded(element, dtype)));
  data.stored_elements = 1;
  return {name, static_cast<const TensorData*>(r_.model.arena.create(data)), {}};
}

TensorId Writer::capture(GraphId into, GraphId from, TensorId tensor) {
  if (into == from) return tensor;
  const std::uint64_t key = std::uint64_t{from.index} << 32 | tensor.index;
  if (const auto known = names_[into].captured.find(key); known != names_[into].captured.end())
    return known->second;
  const GraphId parent = r_.model.graphs[into].parent;
  if (!parent) return {};  // not around this one: a reader's mistake, never reached
  const TensorId outer = capture(parent, from, tensor);
  if (!outer) return {};
  Tensor seen;
  const Tensor& original = r_.model.graphs[parent].tensors[outer];
  seen.name =
      unique(names_[into].tensors, original.name, "", r_.model.graphs[into].tensors.size(), seen.source_name);
  seen.type = original.type;
  seen.shape = original.shape;
  seen.outer = outer;
  const TensorId id = r_.model.graphs[into].tensors.add(std::move(seen));
  names_[into].captured.emplace(key, id);
  return id;
}

TensorId Writer::in_here(const Value& tensor) {
  return tensor.tensor ? capture(here_, tensor.graph, tensor.tensor) : TensorId{};
}

std::vector<TensorId> Writer::add(const Plan& plan) {
  Arena& arena = r_.model.arena;
  if (graph().nodes.size() >= r_.options.max_nodes) {
    r_.fail(located(ErrorKind::unsupported, "code", 0,
                    "makes more than " + grouped(r_.options.max_nodes) + " nodes", ""));
  }
  const std::size_t dot = plan.op.rfind('.');
  const std::string_view domain = dot == std::string_view::npos ? std::string_view() : plan.op.substr(0, dot);
  Node node;
  node.op = plan.op.empty()
                ? Op::unknown
                : find_op(domain, dot == std::string_view::npos ? plan.op : plan.op.substr(dot + 1));
  node.op_type = arena.text(plan.source);
  node.scope = plan.scope;
  const std::string_view stem =
      node.op == Op::unknown ? plan.source : plan.op.substr(dot == std::string_view::npos ? 0 : dot + 1);
  node.name = unique(names_[here_].nodes, plan.name, stem, graph().nodes.size(), node.source_name);
  node.version = plan.version;
  node.inputs = arena.copy(plan.inputs);
  const std::span<Attribute> attributes = arena.allocate<Attribute>(plan.attributes.size());
  std::uninitialized_copy(plan.attributes.begin(), plan.attributes.end(), attributes.begin());
  node.attributes = attributes;
  const NodeId id{static_cast<std::uint32_t>(graph().nodes.size())};
  std::vector<TensorId> outputs;
  for (const std::string_view name : plan.outputs) {
    outputs.push_back(add_tensor(name));
    graph().tensors[outputs.back()].producer = id;
  }
  node.outputs = arena.copy(outputs);
  graph().nodes.add(node);
  return outputs;
}

GraphId Writer::begin_body(std::string_view name) {
  Graph body;
  body.name = r_.model.arena.text(name);
  body.parent = here_;
  here_ = r_.model.graphs.add(std::move(body));
  names_.resize(r_.model.graphs.size());
  return here_;
}

void Writer::end_body(std::span<const TensorId> outputs) {
  graph().outputs.assign(outputs.begin(), outputs.end());
  here_ = graph().parent;
}

TensorId Writer::add_input(std::string_view name) {
  const TensorId id = add_tensor(name);
  graph().inputs.push_back(id);
  return id;
}

void Writer::adopt(NodeId owner, std::string_view attribute, GraphId body) {
  Graph& child = r_.model.graphs[body];
  const Graph& parent = r_.model.graphs[child.parent];
  child.owner = owner;
  std::string path(parent.path);
  if (!path.empty()) path += '/';
  child.path = r_.model.arena.text(path.append(parent.nodes[owner].name).append("/").append(attribute));
}

}  // namespace haoline::pytorch
