// The rows: every node, tensor and weight. Names are copied into the report once per tensor and node.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "analyses/weight_statistics.h"
#include "report/builder.h"

namespace haoline {
namespace {

// Names of one graph in the report's arena.
struct GraphNames {
  IdVector<NodeId, NodeName> nodes;
  IdVector<TensorId, TensorName> tensors;
};

GraphNames copy_names(Builder& b, const Graph& graph) {
  GraphNames names{IdVector<NodeId, NodeName>(graph.nodes.size()),
                   IdVector<TensorId, TensorName>(graph.tensors.size())};
  for (const NodeId node : graph.nodes.ids()) names.nodes[node].text = b.text(graph.nodes[node].name);
  for (const TensorId tensor : graph.tensors.ids())
    names.tensors[tensor].text = b.text(graph.tensors[tensor].name);
  return names;
}

std::span<const TensorName> operands(Builder& b, const GraphNames& names, std::span<const TensorId> ids) {
  const auto out = b.report.arena.allocate<TensorName>(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i)
    new (&out[i]) TensorName(ids[i] ? names.tensors[ids[i]] : TensorName{});
  return out;
}

constexpr std::size_t kLongList = 64;   // a longer list is cut …
constexpr std::size_t kListBegin = 16;  // … to this many elements

template <class T>
std::span<const T> cut_list(Builder& b, std::span<const T> list, AttributeText& text) {
  if (list.size() > kLongList) {
    text.elements = list.size();
    list = list.first(kListBegin);
  }
  return b.report.arena.copy(list);
}

AttributeText::Constant constant(Builder& b, const TensorData& data) {
  return {haoline::name(data.dtype), b.report.arena.copy(data.extents)};
}

// Names of enumerations in the operator specifications; other texts may be private (labels, stop words).
bool is_vocabulary(std::string_view attribute) {
  constexpr std::string_view kWords[] = {"activations",
                                         "aggregate_function",
                                         "approximate",
                                         "auto_pad",
                                         "coordinate_transformation_mode",
                                         "direction",
                                         "equation",
                                         "interpolation",
                                         "kernel_type",
                                         "keep_aspect_ratio_policy",
                                         "mode",
                                         "nearest_mode",
                                         "nodes_modes",
                                         "padding_mode",
                                         "post_transform",
                                         "reduction",
                                         "rounding_type",
                                         "case_change_action"};
  return std::find(std::begin(kWords), std::end(kWords), attribute) != std::end(kWords);
}

AttributeText attribute_text(Builder& b, const Attribute& attribute) {
  AttributeText out;
  out.is_vocabulary = is_vocabulary(attribute.name);
  const Attribute::Payload& value = attribute.value;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) out.value = *integer;
  if (const auto* real = std::get_if<double>(&value)) out.value = *real;
  if (const auto* text = std::get_if<std::string_view>(&value)) out.value = b.text(*text);
  if (const auto* list = std::get_if<std::span<const std::int64_t>>(&value))
    out.value = cut_list(b, *list, out);
  if (const auto* list = std::get_if<std::span<const float>>(&value)) out.value = cut_list(b, *list, out);
  if (const auto* list = std::get_if<std::span<const std::string_view>>(&value)) {
    std::vector<std::string_view> texts;
    if (list->size() > kLongList) out.elements = list->size();
    const auto kept = out.elements != 0 ? list->first(kListBegin) : *list;
    for (const std::string_view text : kept) texts.push_back(b.text(text));
    out.value = b.report.arena.copy(texts);
  }
  if (const auto* tensor = std::get_if<const TensorData*>(&value); tensor && *tensor)
    out.value = constant(b, **tensor);
  if (const auto* body = std::get_if<GraphId>(&value)) out.value = b.path(*body);
  if (const auto* bodies = std::get_if<std::span<const GraphId>>(&value)) {
    std::vector<GraphPath> paths;
    for (const GraphId body : *bodies) paths.push_back(b.path(body));
    out.value = b.report.arena.copy(paths);
  }
  if (const auto* type = std::get_if<const Type*>(&value); type && *type)
    out.value = b.text(to_string(**type));
  return out;
}

std::span<const std::pair<AttributeName, AttributeText>> attributes(Builder& b, const Node& node) {
  using Entry = std::pair<AttributeName, AttributeText>;
  const auto out = b.report.arena.allocate<Entry>(node.attributes.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Attribute& attribute = node.attributes[i];
    new (&out[i]) Entry(b.name<AttributeName>(attribute.name), attribute_text(b, attribute));
  }
  return out;
}

NodeRow node_row(Builder& b, GraphId g, NodeId n, const GraphNames& names) {
  const Node& node = b.in.model.graphs[g].nodes[n];
  const NodeFacts& facts = b.in.inference.graphs[g].nodes[n];
  const bool known = facts.basis == CostBasis::known;
  NodeRow row{.id = n.index,
              .name = names.nodes[n],
              .source_name = b.name<NodeName>(node.source_name),
              .op = b.op(node),
              .domain = {node.domain.empty() ? std::string_view("ai.onnx") : b.text(node.domain)},
              .category = {name(category_of(node))},
              .scope = b.name<ScopeName>(node.scope),
              .graph = b.path(g),
              .inputs = operands(b, names, node.inputs),
              .outputs = operands(b, names, node.outputs),
              .attributes = attributes(b, node),
              .macs = b.figure(known ? facts.cost.macs : Dim::unknown()),
              .flops = b.figure(known ? b.flops(facts.cost) : Dim::unknown()),
              .bytes_read = b.figure(facts.bytes_read),
              .bytes_written = b.figure(facts.bytes_written),
              .weight_bytes = b.figure(facts.weight_bytes)};
  if (b.in.parameters.of_node.contains(g) && b.in.parameters.of_node[g].contains(n)) {
    row.parameters = b.value(b.in.parameters.of_node[g][n]);
  }
  return row;
}

// Who reads each tensor of a graph: one array of names, and where each tensor's part begins.
struct Consumers {
  std::vector<std::uint32_t> begin;
  std::span<NodeName> names;
  std::span<const NodeName> of(TensorId tensor) const {
    return names.subspan(begin[tensor.index], begin[tensor.index + 1] - begin[tensor.index]);
  }
};

Consumers find_consumers(Builder& b, const Graph& graph, const GraphNames& names) {
  Consumers out;
  out.begin.assign(graph.tensors.size() + 1, 0);
  for (const Node& node : graph.nodes) {
    for (const TensorId input : node.inputs) {
      if (input) ++out.begin[input.index + 1];
    }
  }
  for (std::size_t i = 1; i < out.begin.size(); ++i) out.begin[i] += out.begin[i - 1];
  out.names = b.report.arena.allocate<NodeName>(out.begin.back());
  std::vector<std::uint32_t> next(out.begin.begin(), out.begin.end() - 1);
  for (const NodeId n : graph.nodes.ids()) {
    for (const TensorId input : graph.nodes[n].inputs) {
      if (input) new (&out.names[next[input.index]++]) NodeName(names.nodes[n]);
    }
  }
  return out;
}

using RoleTable = IdVector<GraphId, IdVector<TensorId, std::string_view>>;

RoleTable find_roles(Builder& b) {
  const Model& model = b.in.model;
  RoleTable roles(model.graphs.size());
  for (const GraphId g : model.graphs.ids()) {
    roles[g] = IdVector<TensorId, std::string_view>(model.graphs[g].tensors.size(), "activation");
    for (const TensorId t : model.graphs[g].tensors.ids()) {
      if (model.graphs[g].tensors[t].constant) roles[g][t] = "constant";
      if (model.graphs[g].tensors[t].is_state) roles[g][t] = "state";
    }
    for (const TensorId input : model.graphs[g].inputs) roles[g][input] = "input";
    for (const TensorId output : model.graphs[g].outputs) {
      if (output && roles[g][output] == "activation") roles[g][output] = "output";
    }
  }
  for (const Parameter& parameter : b.in.parameters.parameters) {
    const bool learned =
        parameter.role == ParameterRole::trainable || parameter.role == ParameterRole::buffer;
    roles[parameter.graph][parameter.tensor] = learned ? "weight" : "constant";
  }
  if (b.in.memory.kv_cache) {
    for (const TensorId tensor : b.in.memory.kv_cache->inputs) roles[Model::kMain][tensor] = "state";
    for (const TensorId tensor : b.in.memory.kv_cache->outputs) roles[Model::kMain][tensor] = "state";
  }
  return roles;
}

void add_tensors(Builder& b, GraphId g, const GraphNames& names, const RoleTable& roles,
                 std::vector<TensorRow>& out) {
  const Graph& graph = b.in.model.graphs[g];
  const Consumers consumers = find_consumers(b, graph, names);
  for (const TensorId t : graph.tensors.ids()) {
    const Tensor& tensor = graph.tensors[t];
    const OperandFacts& facts = b.in.inference.graphs[g].tensors[t];
    out.push_back({.name = names.tensors[t],
                   .source_name = b.name<TensorName>(tensor.source_name),
                   .graph = b.path(g),
                   .dtype = b.type(facts.type),
                   .shape = b.shape(facts.shape),
                   .value_shape = b.value_shape(facts.shape),
                   .bytes = b.figure(byte_size(facts.type, facts.shape, b.dims())),
                   .role = {roles[g][t]},
                   .producer = tensor.producer ? names.nodes[tensor.producer] : NodeName{},
                   .consumers = consumers.of(t),
                   .quantization = build_tensor_quantization(b, tensor)});
  }
}

Word role_word(ParameterRole role) {
  constexpr std::string_view kWords[] = {"unused", "trainable", "buffer", "constant"};
  return {kWords[static_cast<std::size_t>(role)]};
}

std::optional<StatisticsInfo> statistics_of(const Graph& graph, TensorId tensor) {
  const TensorData* data = stored_constant(graph, tensor);
  const std::optional<WeightStatistics> found = data ? measure(*data) : std::nullopt;
  if (!found || found->elements == 0) return std::nullopt;
  StatisticsInfo out{.zeros = static_cast<double>(found->zeros) / static_cast<double>(found->elements),
                     .nans = static_cast<std::int64_t>(found->nans),
                     .infinities = static_cast<std::int64_t>(found->infinities)};
  if (found->finite != 0) {
    out.minimum = found->minimum;
    out.maximum = found->maximum;
    out.mean = found->mean;
    out.deviation = found->deviation;
  }
  return out;
}

std::vector<WeightRow> build_weights(Builder& b) {
  std::vector<WeightRow> out;
  out.reserve(b.in.parameters.parameters.size());
  for (const Parameter& parameter : b.in.parameters.parameters) {
    std::vector<NodeName> users;
    for (const Parameter::User& user : parameter.users) users.push_back(b.node(user.graph, user.node));
    out.push_back({.name = b.tensor(parameter.graph, parameter.tensor),
                   .graph = b.path(parameter.graph),
                   .role = role_word(parameter.role),
                   .assumed = parameter.assumed,
                   .dtype = {name(parameter.dtype)},
                   .shape = b.shape(b.in.inference.facts(parameter.graph, parameter.tensor).shape),
                   .elements = b.value(parameter.elements),
                   .stored_bytes = parameter.stored_bytes,
                   .users = b.report.arena.copy(users),
                   .statistics = statistics_of(b.in.model.graphs[parameter.graph], parameter.tensor)});
  }
  return out;
}

}  // namespace

void build_rows(Builder& b) {
  std::size_t nodes = 0, tensors = 0;
  for (const Graph& graph : b.in.model.graphs) {
    nodes += graph.nodes.size();
    tensors += graph.tensors.size();
  }
  if (b.options.nodes) b.report.nodes.emplace().reserve(nodes);
  if (b.options.tensors) b.report.tensors.emplace().reserve(tensors);
  if (b.options.nodes || b.options.tensors) {
    const RoleTable roles = b.options.tensors ? find_roles(b) : RoleTable();
    for (const GraphId g : b.in.model.graphs.ids()) {
      const GraphNames names = copy_names(b, b.in.model.graphs[g]);
      if (b.options.nodes) {
        for (const NodeId n : b.in.model.graphs[g].nodes.ids())
          b.report.nodes->push_back(node_row(b, g, n, names));
      }
      if (b.options.tensors) add_tensors(b, g, names, roles, *b.report.tensors);
    }
  }
  if (b.options.weights) b.report.weights = build_weights(b);
}

}  // namespace haoline
