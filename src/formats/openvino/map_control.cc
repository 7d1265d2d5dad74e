// Layers with bodies, and the state that a model keeps between runs.
//
// What a body only reads becomes a capture; what it changes or sees in slices stays an operand:
//   If             condition; branches take everything else as captures
//   Iterate        trip count, condition, carried tensors, sliced tensors. The body gets the number of the
//   run, the
//                  carried tensors and one slice of each sliced one; it returns the condition, the carried
//                  tensors, then whatever else the layer takes. See ops/extra_iterate.h for the attributes.
#include <algorithm>

#include "formats/openvino/layer.h"

namespace haoline::openvino {
namespace {

std::optional<TensorId> operand_of_port(const Layer& layer, std::int64_t port) {
  for (std::size_t i = 0; i < layer.record.inputs.size() && i < layer.inputs.size(); ++i) {
    if (layer.record.inputs[i]->id == port) return layer.inputs[i];
  }
  return std::nullopt;
}

bool fail(Layer& layer, std::string message) {
  layer.reading().fail(ErrorKind::malformed, layer.record.at, "layers", std::move(message),
                       "The model is incomplete or damaged; export it again.");
  return false;
}

GraphId add_body(Layer& layer, const NetRecord& net, std::string_view attribute, const BodyPlan& plan) {
  Model& model = layer.reading().model;
  Graph body;
  body.name = net.name;
  std::string path(layer.path);
  if (!path.empty()) path += '/';
  path.append(layer.name).append("/").append(attribute);
  body.path = model.arena.text(path);
  body.parent = layer.graph();
  body.owner = layer.node;
  const GraphId id = model.graphs.add(std::move(body));
  read_graph(layer.reading(), net, id, &plan);
  return id;
}

// --- If

bool read_branch(Layer& layer, const std::vector<PortMapRecord>& map, const NetRecord& net,
                 std::string_view name) {
  BodyPlan plan;
  for (const PortMapRecord& port : map) {
    if (port.is_output) continue;
    const std::optional<TensorId> outer = operand_of_port(layer, port.external_port);
    if (!outer || !*outer) return fail(layer, "a branch takes an input that its layer does not have");
    plan.captures.emplace(port.internal_layer, *outer);
  }
  for (const PortRecord* output : layer.record.outputs) {
    const auto found = std::find_if(map.begin(), map.end(), [&](const PortMapRecord& port) {
      return port.is_output && port.external_port == output->id;
    });
    if (found == map.end()) return fail(layer, "a branch does not make an output of its layer");
    plan.outputs.push_back(found->internal_layer);
  }
  layer.set(name, add_body(layer, net, name, plan));
  return layer.reading().ok();
}

// The ports of the maps are counted from the first operand and result, not by the ids of the layer's ports.
std::vector<PortMapRecord> by_port_id(const Layer& layer, std::vector<PortMapRecord> map) {
  for (PortMapRecord& port : map) {
    const auto& list = port.is_output ? layer.record.outputs : layer.record.inputs;
    const bool is_id = std::any_of(list.begin(), list.end(),
                                   [&](const PortRecord* p) { return p->id == port.external_port; });
    const auto index = static_cast<std::size_t>(port.external_port);
    if (!is_id && port.external_port >= 0 && index < list.size()) port.external_port = list[index]->id;
  }
  return map;
}

bool branches(Layer& layer) {
  const LayerRecord& record = layer.record;
  if (!record.then_body || !record.else_body || layer.inputs.empty())
    return fail(layer, "an If lacks a branch");
  if (!read_branch(layer, by_port_id(layer, record.then_map), *record.then_body, "then_branch")) return false;
  if (!read_branch(layer, by_port_id(layer, record.else_map), *record.else_body, "else_branch")) return false;
  layer.keep(1);
  return true;
}

// --- Loop, TensorIterator

struct Sliced {
  TensorId tensor;
  const PortMapRecord* port;
};

// Which operands are carried, sliced or only read.
struct Iteration {
  BodyPlan plan;
  SmallVector<TensorId, 8> carried;
  std::vector<std::int64_t> carried_results;
  std::vector<Sliced> sliced;
  std::int64_t counter = -1;    // the Parameter that gets the number of the run
  std::int64_t condition = -1;  // the Result that says whether to go on
};

const EdgeRecord* back_edge_to(const LayerRecord& record, std::int64_t parameter) {
  for (const EdgeRecord& edge : record.back_edges) {
    if (edge.to_layer == parameter) return &edge;
  }
  return nullptr;
}

bool sort_inputs(Layer& layer, Iteration& iteration) {
  std::vector<const PortMapRecord*> sliced, carried;
  for (const PortMapRecord& port : layer.record.port_map) {
    if (port.is_output) {
      if (port.purpose == "execution_condition") iteration.condition = port.internal_layer;
      continue;
    }
    if (port.purpose == "current_iteration") {
      iteration.counter = port.internal_layer;
      continue;
    }
    const std::optional<TensorId> outer = operand_of_port(layer, port.external_port);
    if (!outer || !*outer) return fail(layer, "a body takes an input that its layer does not have");
    if (port.has_axis) {
      sliced.push_back(&port);
      iteration.sliced.push_back({*outer, &port});
    } else if (const EdgeRecord* edge = back_edge_to(layer.record, port.internal_layer)) {
      carried.push_back(&port);
      iteration.carried.push_back(*outer);
      iteration.carried_results.push_back(edge->from_layer);
    } else {
      iteration.plan.captures.emplace(port.internal_layer, *outer);
    }
  }
  if (iteration.counter >= 0) iteration.plan.inputs.push_back(iteration.counter);
  for (const auto* port : carried) iteration.plan.inputs.push_back(port->internal_layer);
  for (const auto* port : sliced) iteration.plan.inputs.push_back(port->internal_layer);
  return true;
}

// One list entry per result of the layer: which result of the body it is, and along which axis they are
// joined.
bool sort_outputs(Layer& layer, Iteration& iteration) {
  BodyPlan& plan = iteration.plan;
  if (iteration.condition >= 0) plan.outputs.push_back(iteration.condition);
  const std::size_t first = plan.outputs.size();
  plan.outputs.insert(plan.outputs.end(), iteration.carried_results.begin(), iteration.carried_results.end());
  Integers sources, axes, joined;
  for (const PortRecord* output : layer.record.outputs) {
    const PortMapRecord* map = nullptr;
    for (const PortMapRecord& port : layer.record.port_map) {
      if (port.is_output && port.purpose.empty() && port.external_port == output->id) map = &port;
    }
    if (map == nullptr) return fail(layer, "a body does not make an output of its layer");
    const auto begin = plan.outputs.begin() + static_cast<std::ptrdiff_t>(first);
    const auto carried_end = begin + static_cast<std::ptrdiff_t>(iteration.carried_results.size());
    const auto found = std::find(begin, carried_end, map->internal_layer);
    if (found != carried_end && !map->has_axis) {
      sources.push_back(found - plan.outputs.begin());
    } else {
      sources.push_back(static_cast<std::int64_t>(plan.outputs.size()));
      plan.outputs.push_back(map->internal_layer);
    }
    joined.push_back(map->has_axis ? 1 : 0);
    axes.push_back(map->axis);
  }
  layer.set("output_sources", sources);
  layer.set("output_joined", joined);
  layer.set("output_axes", axes);
  return true;
}

void set_slices(Layer& layer, const Iteration& iteration) {
  Integers axes, starts, ends, strides, parts;
  for (const Sliced& slice : iteration.sliced) {
    axes.push_back(slice.port->axis);
    starts.push_back(slice.port->start);
    ends.push_back(slice.port->end);
    strides.push_back(slice.port->stride);
    parts.push_back(slice.port->part_size);
  }
  layer.set("slice_axes", axes);
  layer.set("slice_starts", starts);
  layer.set("slice_ends", ends);
  layer.set("slice_strides", strides);
  layer.set("slice_parts", parts);
}

bool iterate(Layer& layer) {
  if (!layer.record.body) return fail(layer, "a loop lacks its body");
  Iteration iteration;
  if (!sort_inputs(layer, iteration) || !sort_outputs(layer, iteration)) return false;
  // Loop has the trip count and the condition as its first two operands, TensorIterator has neither.
  const bool is_loop = layer.record.type == "Loop";
  SmallVector<TensorId, 8> operands;
  operands.push_back(is_loop && layer.has_input(0) ? layer.inputs[0] : TensorId{});
  operands.push_back(is_loop && layer.has_input(1) ? layer.inputs[1] : TensorId{});
  operands.append(iteration.carried.begin(), iteration.carried.end());
  for (const Sliced& slice : iteration.sliced) operands.push_back(slice.tensor);
  layer.set("carried", static_cast<std::int64_t>(iteration.carried.size()));
  layer.set("takes_counter", std::int64_t{iteration.counter >= 0});
  layer.set("returns_condition", std::int64_t{iteration.condition >= 0});
  set_slices(layer, iteration);
  layer.set("body", add_body(layer, *layer.record.body, "body", iteration.plan));
  layer.inputs = operands;
  return layer.reading().ok();
}

// --- variables

bool read_value(Layer& layer) {
  const DType dtype = element_type(layer.get("variable_type")).dtype;
  if (dtype != DType::unknown) layer.set("dtype", name(dtype));
  layer.set("variable_id", layer.get("variable_id"));
  return true;
}

bool assign(Layer& layer) {
  layer.set("variable_id", layer.get("variable_id"));
  return true;
}

constexpr Translation kRows[] = {
    {"Assign", Op::WriteState, assign},       {"If", Op::If, branches},
    {"Loop", Op::Iterate, iterate},           {"ReadValue", Op::ReadState, read_value},
    {"TensorIterator", Op::Iterate, iterate},
};

}  // namespace

std::span<const Translation> control_translations() {
  return kRows;
}

}  // namespace haoline::openvino
