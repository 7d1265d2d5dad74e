// A net becomes a graph: layers in execution order, ports as tensors.
#include <algorithm>
#include <queue>

#include "base/text.h"
#include "formats/openvino/layer.h"
#include "formats/shared/name_table.h"

namespace haoline::openvino {
namespace {

struct PortKey {
  std::int64_t layer, port;
  friend bool operator==(const PortKey&, const PortKey&) = default;
};
struct PortHash {
  std::size_t operator()(const PortKey& key) const {
    const auto layer = static_cast<std::uint64_t>(key.layer), port = static_cast<std::uint64_t>(key.port);
    return static_cast<std::size_t>((layer * 0x9e3779b97f4a7c15u + port) ^ (layer >> 29));
  }
};

Shape shape_of(DimPool& pool, const Extents& dims) {
  SmallVector<Dim, 5> list;
  for (const std::int64_t dim : dims) list.push_back(dim < 0 ? Dim::unknown() : pool.number(dim));
  return Shape(std::move(list));
}

// The first of several names; a comma of the name itself is escaped.
std::string_view first_name(std::string_view names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == ',' && (i == 0 || names[i - 1] != '\\')) return names.substr(0, i);
  }
  return names;
}

class GraphReader {
 public:
  GraphReader(Reading& reading, const NetRecord& net, GraphId id, const BodyPlan* plan)
      : r_(reading), net_(net), id_(id), plan_(plan) {}

  void read() {
    index_layers();
    index_edges();
    if (!r_.ok()) return;
    const std::vector<std::uint32_t> order = execution_order();
    if (!r_.ok()) return;
    graph().nodes.reserve(net_.layers.size());
    graph().tensors.reserve(net_.layers.size());
    for (const std::uint32_t index : order) {
      read_layer(net_.layers[index]);
      if (!r_.ok()) return;
    }
    finish();
  }

 private:
  Graph& graph() { return r_.model.graphs[id_]; }
  Arena& arena() { return r_.model.arena; }
  void fail(std::uint64_t at, std::string message) {
    r_.fail(ErrorKind::malformed, at, "layers", std::move(message),
            "The model is incomplete or damaged; export it again.");
  }

  void index_layers() {
    by_id_.reserve(net_.layers.size());
    for (std::uint32_t i = 0; i < net_.layers.size(); ++i) {
      if (!by_id_.emplace(net_.layers[i].id, i).second)
        return fail(net_.layers[i].at, "two layers have the id " + std::to_string(net_.layers[i].id));
    }
  }

  void index_edges() {
    sources_.reserve(net_.edges.size());
    for (const EdgeRecord& edge : net_.edges) {
      if (!by_id_.contains(edge.from_layer) || !by_id_.contains(edge.to_layer))
        return fail(edge.at, "an edge joins a layer that is not there");
      sources_.emplace(PortKey{edge.to_layer, edge.to_port}, PortKey{edge.from_layer, edge.from_port});
    }
  }

  // Of what is ready the earliest of the file, so that a file in order keeps it.
  std::vector<std::uint32_t> execution_order() {
    std::vector<std::uint32_t> missing(net_.layers.size()), order;
    std::vector<std::vector<std::uint32_t>> users(net_.layers.size());
    for (const EdgeRecord& edge : net_.edges) {
      const std::uint32_t to = by_id_[edge.to_layer];
      ++missing[to];
      users[by_id_[edge.from_layer]].push_back(to);
    }
    std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ready;
    for (std::uint32_t i = 0; i < net_.layers.size(); ++i) {
      if (missing[i] == 0) ready.push(i);
    }
    order.reserve(net_.layers.size());
    while (!ready.empty()) {
      order.push_back(ready.top());
      ready.pop();
      for (const std::uint32_t user : users[order.back()]) {
        if (--missing[user] == 0) ready.push(user);
      }
    }
    if (order.size() == net_.layers.size()) return order;
    const auto in_cycle =
        std::find_if(missing.begin(), missing.end(), [](std::uint32_t m) { return m != 0; });
    fail(net_.layers[static_cast<std::size_t>(in_cycle - missing.begin())].at,
         "layers wait for each other in a circle");
    return order;
  }

  // --- names

  std::string_view unique(NameTable& taken, std::string_view wanted, std::string_view fallback,
                          std::uint32_t id) {
    if (!wanted.empty() && taken.insert(wanted, id).is_new) return wanted;
    std::string text = std::string(wanted.empty() ? fallback : wanted) + "#" + std::to_string(id);
    while (taken.find(text) != nullptr) text += "#" + std::to_string(id);
    const std::string_view name = arena().text(text);
    taken.insert(name, id);
    return name;
  }

  TensorId add_tensor(std::string_view wanted) {
    const auto id = static_cast<std::uint32_t>(graph().tensors.size());
    Tensor tensor;
    tensor.name = unique(tensor_names_, wanted, {}, id);
    if (tensor.name != wanted && !wanted.empty()) tensor.source_name = wanted;
    return graph().tensors.add(std::move(tensor));
  }

  std::string_view output_name(const LayerRecord& layer, std::size_t port) {
    const std::string_view own = first_name(layer.outputs[port]->names);
    if (!own.empty()) return own;
    if (layer.outputs.size() < 2) return layer.name;
    return arena().text(std::string(layer.name) + "." + std::to_string(port));
  }

  // --- tensors

  TensorId add_output(const LayerRecord& layer, std::size_t port) {
    const TensorId id = add_tensor(output_name(layer, port));
    const PortRecord& record = *layer.outputs[port];
    Tensor& tensor = graph().tensors[id];
    tensor.type.dtype = element_type(record.precision.empty() ? layer.precision : record.precision).dtype;
    if (!record.dims.empty()) tensor.shape = shape_of(*r_.model.dims, record.dims);
    made_[{layer.id, record.id}] = id;
    return id;
  }

  TensorId operand(const LayerRecord& layer, const PortRecord& port) {
    const auto source = sources_.find({layer.id, port.id});
    if (source == sources_.end()) return {};
    if (const auto made = made_.find(source->second); made != made_.end()) return made->second;
    fail(layer.at, "an edge begins at a port that its layer does not have");
    return {};
  }

  static bool is_parameter(const LayerRecord& layer) {
    return layer.type == "Parameter" || layer.type == "Input";
  }

  void read_parameter(const LayerRecord& layer) {
    if (layer.outputs.empty()) return fail(layer.at, "an input has no port");
    const TensorId id = add_output(layer, 0);
    Tensor& tensor = graph().tensors[id];
    if (plan_ != nullptr) {
      if (const auto capture = plan_->captures.find(layer.id); capture != plan_->captures.end()) {
        tensor.outer = capture->second;
        return;
      }
    }
    if (layer.has("element_type")) tensor.type.dtype = element_type(layer.get("element_type")).dtype;
    if (layer.has("shape")) tensor.shape = parse_shape(layer.get("shape"), tensor.name);
    parameters_[layer.id] = id;
    parameter_order_.push_back(id);
  }

  // "?,3,1..10,-1", "..." where the rank is not fixed.
  Shape parse_shape(std::string_view text, std::string_view name) {
    text = trimmed(text);
    if (text.starts_with('[') && text.ends_with(']')) text = trimmed(text.substr(1, text.size() - 2));
    if (text.find("...") != std::string_view::npos) return Shape::unknown_rank();
    SmallVector<Dim, 5> dims;
    while (!text.empty()) {
      const std::size_t comma = text.find(',');
      dims.push_back(parse_dim(trimmed(text.substr(0, comma)), name, dims.size()));
      if (comma == std::string_view::npos) break;
      text.remove_prefix(comma + 1);
    }
    return Shape(std::move(dims));
  }

  // An extent that is not fixed is named by whoever reads the graph; one with limits here, to keep them.
  Dim parse_dim(std::string_view text, std::string_view name, std::size_t axis) {
    DimPool& pool = *r_.model.dims;
    if (const std::optional<std::int64_t> number = parse_integer(text))
      return *number < 0 ? Dim::unknown() : pool.number(*number);
    const std::size_t dots = text.find("..");
    if (dots == std::string_view::npos || plan_ != nullptr) return Dim::unknown();
    Symbol symbol;
    symbol.name = std::string(name) + "_" + std::to_string(axis);
    if (!pool.find_symbol(symbol.name).is_unknown()) return Dim::unknown();
    const std::optional<std::int64_t> low = parse_integer(text.substr(0, dots));
    const std::optional<std::int64_t> high = parse_integer(text.substr(dots + 2));
    const Dim dim = pool.symbol(std::move(symbol));
    Range range = pool.range(dim);
    if (low && *low >= 0) range.low = *low;
    if (high && *high >= range.low) range.high = *high;
    pool.restrict(dim, range);
    return dim;
  }

  void read_constant(const LayerRecord& layer) {
    if (layer.outputs.empty()) return fail(layer.at, "a constant has no port");
    const TensorId id = add_output(layer, 0);
    TensorData data;
    const std::string_view name = graph().tensors[id].name;
    std::string_view type = layer.get("element_type");
    if (const BlobRecord* blob = layer.blob("custom")) {
      type = !blob->precision.empty()               ? blob->precision
             : !layer.outputs[0]->precision.empty() ? layer.outputs[0]->precision
                                                    : layer.precision;
      data = constant_of(r_, name, type, layer.outputs[0]->dims, blob->offset, blob->size, layer.at);
    } else {
      const auto shape = parse_integers(layer.get("shape"));
      const auto offset = parse_integer(layer.get("offset")), size = parse_integer(layer.get("size"));
      if (!shape || !offset || !size || *offset < 0 || *size < 0)
        return fail(layer.at, "a constant does not say which part of the .bin it is");
      Extents extents;
      for (const std::int64_t extent : *shape) extents.push_back(extent);
      data = constant_of(r_, name, type, extents, static_cast<std::uint64_t>(*offset),
                         static_cast<std::uint64_t>(*size), layer.at);
    }
    set_constant(id, data, element_type(type));
  }

  void set_constant(TensorId id, const TensorData& data, const ElementType& element) {
    Tensor& tensor = graph().tensors[id];
    tensor.constant = arena().create(data);
    tensor.type.dtype = data.dtype;
    Extents extents;
    for (const std::int64_t extent : data.extents) extents.push_back(extent);
    tensor.shape = shape_of(*r_.model.dims, extents);
    if (element.scheme.empty() && element.dtype != DType::unknown) return;
    Quantization q;
    q.scheme = element.scheme.empty() ? "packed" : element.scheme;
    q.bits = static_cast<std::int32_t>(element.bits);
    if (q.bits != 0) tensor.quantization = arena().create(q);
  }

  // --- nodes

  void read_layer(const LayerRecord& layer) {
    if (is_parameter(layer)) return read_parameter(layer);
    if (layer.type == "Const") return read_constant(layer);
    if (layer.type == "Result") {
      const TensorId source = layer.inputs.empty() ? TensorId{} : operand(layer, *layer.inputs[0]);
      if (r_.ok() && !source) fail(layer.at, "an output has no source");
      results_[layer.id] = source;
      if (source) result_order_.push_back(source);
      return;
    }
    add_node(layer);
  }

  void add_node(const LayerRecord& layer) {
    if (++r_.nodes > r_.options.max_nodes) {
      r_.fail(ErrorKind::unsupported, layer.at, "layers",
              "there are more than the " + grouped(r_.options.max_nodes) + " layers that are read");
      return;
    }
    Layer made(r_, id_, layer);
    made.node = NodeId{static_cast<std::uint32_t>(graph().nodes.size())};
    made.path = graph().path;
    made.name = unique(node_names_, layer.name, layer.type, made.node.index);
    for (const PortRecord* port : layer.inputs) made.inputs.push_back(operand(layer, *port));
    if (!r_.ok()) return;
    const SmallVector<TensorId, 8> operands = made.inputs;
    const Translation* translation = find_translation(layer.type, r_.is_legacy);
    bool is_translated = translation != nullptr && is_known_set(layer);
    if (is_translated) {
      made.op = translation->op;
      is_translated = translation->translate == nullptr || translation->translate(made);
      if (!r_.ok()) return;
    }
    if (!is_translated || made.op == Op::unknown) stay(made, operands);
    place(made);
  }

  // Layers of a user's own library may be called like OpenVINO's.
  static bool is_known_set(const LayerRecord& layer) {
    return layer.version.empty() || layer.version.starts_with("opset") || layer.version == "experimental" ||
           layer.version == "ie_internal_opset";
  }

  // An operator that is not known, with what the file says of it.
  void stay(Layer& made, const SmallVector<TensorId, 8>& operands) {
    made.op = Op::unknown;
    made.inputs = operands;
    made.attributes.clear();
    for (const xml::Attribute& a : made.record.data) made.set(a.name, a.value);
  }

  void place(Layer& made) {
    const LayerRecord& layer = made.record;
    const std::size_t inputs = made.inputs.size();
    const std::span<TensorId> operands = arena().allocate<TensorId>(inputs + layer.outputs.size());
    std::uninitialized_copy(made.inputs.begin(), made.inputs.end(), operands.begin());
    for (std::size_t i = 0; i < layer.outputs.size(); ++i) {
      const TensorId id = add_output(layer, i);
      graph().tensors[id].producer = made.node;
      graph().tensors[id].is_state = layer.type == "ReadValue";
      std::construct_at(&operands[inputs + i], id);
    }
    for (const xml::Attribute& a : layer.runtime)
      made.set(arena().text("rt_info." + std::string(a.name)), a.value);
    Node node;
    node.op = made.op;
    node.op_type = layer.type;
    node.domain = layer.version;
    node.name = made.name;
    if (node.name != layer.name) node.source_name = layer.name;
    const std::size_t slash = node.name.find_last_of('/');
    if (slash != std::string_view::npos) node.scope = node.name.substr(0, slash);
    const std::string_view domain = name_of(made.op).domain;
    node.version = made.version != 0 ? made.version : domain.empty() ? 21 : domain == "com.microsoft" ? 1 : 0;
    node.inputs = operands.first(inputs);
    node.outputs = operands.subspan(inputs);
    node.attributes = arena().copy(made.attributes);
    node.source_offset = layer.at;
    graph().nodes.add(node);
  }

  void finish() {
    Graph& g = graph();
    if (plan_ != nullptr) {
      for (const std::int64_t layer : plan_->inputs) {
        const auto found = parameters_.find(layer);
        if (found == parameters_.end()) return fail(0, "a body lacks an input that its layer feeds");
        g.inputs.push_back(found->second);
      }
      for (const std::int64_t layer : plan_->outputs) {
        const auto found = results_.find(layer);
        if (found == results_.end() || !found->second)
          return fail(0, "a body lacks an output that its layer takes");
        g.outputs.push_back(found->second);
      }
      return;
    }
    g.inputs = parameter_order_;
    g.outputs = result_order_;
    if (!g.outputs.empty()) return;
    // Before version 10 there are no Result layers: what nothing reads is an output.
    std::vector<bool> read(g.tensors.size());
    for (const Node& node : g.nodes) {
      for (const TensorId input : node.inputs) {
        if (input) read[input.index] = true;
      }
    }
    for (const Node& node : g.nodes) {
      for (const TensorId output : node.outputs) {
        if (!read[output.index]) g.outputs.push_back(output);
      }
    }
  }

  Reading& r_;
  const NetRecord& net_;
  GraphId id_;
  const BodyPlan* plan_;
  std::unordered_map<std::int64_t, std::uint32_t> by_id_;
  std::unordered_map<PortKey, PortKey, PortHash> sources_;
  std::unordered_map<PortKey, TensorId, PortHash> made_;
  std::unordered_map<std::int64_t, TensorId> parameters_, results_;
  std::vector<TensorId> parameter_order_, result_order_;
  NameTable tensor_names_, node_names_;
};

}  // namespace

void read_graph(Reading& r, const NetRecord& net, GraphId id, const BodyPlan* plan) {
  GraphReader(r, net, id, plan).read();
  if (r.ok()) mark_compressed(r, id);
}

}  // namespace haoline::openvino
