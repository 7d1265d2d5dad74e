// Calls of local functions: the body's nodes take the place of the call.
#include "formats/onnx/reading.h"

#include "base/text.h"

namespace haoline::onnx {
namespace {

bool is_recursive(const Scope& scope, const FunctionRecord& function) {
  for (const Frame* frame = scope.frame.get(); frame != nullptr; frame = frame->caller->frame.get()) {
    if (frame->function == &function) return true;
  }
  return false;
}

std::shared_ptr<Frame> enter(Reading& r, const std::shared_ptr<Scope>& caller, const NodeRecord& call,
                             const FunctionRecord& function) {
  auto frame = std::make_shared<Frame>();
  frame->function = &function;
  frame->arguments.assign(call.attributes.begin(), call.attributes.end());
  frame->caller = caller;
  frame->depth = caller->frame ? caller->frame->depth + 1 : 1;
  std::string path;
  if (caller->frame) path.append(caller->frame->path).append(1, '/');
  if (call.name.empty()) {
    path.append(call.op_type).append(1, '#').append(std::to_string(r.model.functions[function.index].calls));
  } else {
    path.append(call.name);
  }
  frame->path = r.model.arena.text(path);
  frame->module = frame->path;
  while (!frame->module.empty() && frame->module.front() == '/') frame->module.remove_prefix(1);
  return frame;
}

bool bind_inputs(Reading& r, Scope& caller, Scope& inner, const NodeRecord& call,
                 const FunctionRecord& function, const Place& place) {
  if (call.inputs.size() > function.inputs.size() || call.outputs.size() > function.outputs.size()) {
    r.fail(ErrorKind::malformed, place, call.tag,
           "passes " + counted(call.inputs.size(), "input") + " and takes " +
               counted(call.outputs.size(), "output") + " where its function has " +
               std::to_string(function.inputs.size()) + " and " + std::to_string(function.outputs.size()));
    return false;
  }
  for (std::size_t i = 0; i < function.inputs.size(); ++i) {
    std::uint32_t index = kAbsent;
    if (i < call.inputs.size()) {
      const TensorId actual =
          resolve_input(r, caller, call.inputs[i], call, place, static_cast<std::uint32_t>(i));
      if (actual) index = actual.index;
    }
    if (!inner.names.insert(function.inputs[i], index).is_new) {
      r.fail(ErrorKind::malformed, {nullptr, "functions", function.index}, nullptr,
             "has two inputs of the same name");
      return false;
    }
  }
  return true;
}

struct PassedOn {  // an output that is an input or another output under a second name
  std::string_view from;
  TensorId to;
};

bool bind_outputs(Reading& r, Scope& caller, Scope& inner, const NodeRecord& call,
                  const FunctionRecord& function, const Place& place, std::vector<PassedOn>& passed_on) {
  for (std::size_t i = 0; i < call.outputs.size(); ++i) {
    if (call.outputs[i].empty()) continue;
    const Place here{&place, "output", static_cast<std::uint32_t>(i)};
    const TensorId actual = declare(r, caller, call.outputs[i], here, call.tag);
    if (!r.ok()) return false;
    const std::string_view formal = function.outputs[i];
    if (!inner.names.insert(formal, actual.index | kPromised).is_new) passed_on.push_back({formal, actual});
  }
  return true;
}

// The file says "this input is also the result" without a node; a graph needs one that produces it.
void add_identity(Reading& r, Scope& inner, const NodeRecord& call, const PassedOn& output,
                  const Place& place) {
  TensorId from;
  if (!find_tensor(r, inner, output.from, from) || !from) {
    r.fail(ErrorKind::malformed, place, call.tag, "takes a result that its function does not make");
    return;
  }
  Graph& graph = r.model.graphs[inner.graph];
  const NodeId id{static_cast<std::uint32_t>(graph.nodes.size())};
  Node node;
  node.op = Op::Identity;
  node.op_type = "Identity";
  node.scope = inner.frame->module;
  node.version = std::max<std::int32_t>(1, r.opsets->find({}));
  const std::span<TensorId> operands = r.model.arena.allocate<TensorId>(2);
  operands[0] = from;
  operands[1] = output.to;
  node.inputs = operands.first(1);
  node.outputs = operands.last(1);
  node.source_offset = r.offset_of(call.tag);
  graph.tensors[output.to].producer = id;
  graph.nodes.add(node);
  r.notes[inner.graph].needs_node_names = true;
}

void check_outputs(Reading& r, Scope& inner, const NodeRecord& call, const FunctionRecord& function,
                   const Place& place) {
  for (std::size_t i = 0; i < call.outputs.size(); ++i) {
    const std::uint32_t* value = inner.names.find(function.outputs[i]);
    if (value == nullptr || (*value & kPromised) == 0) continue;
    r.fail(ErrorKind::malformed, {&place, "output", static_cast<std::uint32_t>(i)}, call.tag,
           "takes a result that its function does not make");
    return;
  }
}

}  // namespace

bool charge(Reading& r, std::uint64_t units, const Place& place, const std::byte* at) {
  r.effort += units;
  if (r.effort <= 4'000'000 + r.file.size() / 2) return true;
  r.fail(ErrorKind::unsupported, place, at,
         "is called so often that the graph outgrows what the file's size justifies");
  return false;
}

const FunctionRecord* find_function(Reading& r, const NodeRecord& node) {
  r.key.assign(node.domain).append(1, '\0').append(node.op_type).append(1, '\0').append(node.overload);
  const std::uint32_t* index = r.function_index.find(r.key);
  return index == nullptr ? nullptr : &r.functions[*index];
}

void inline_call(Reading& r, const std::shared_ptr<Scope>& caller, const NodeRecord& call,
                 const FunctionRecord& function, const Place& place) {
  if (is_recursive(*caller, function) || (caller->frame && caller->frame->depth >= kMaxDepth)) {
    const bool is_loop = is_recursive(*caller, function);
    r.fail(ErrorKind::malformed, place, call.tag,
           is_loop ? "calls a function from within itself" : "nests more than 64 calls of functions");
    return;
  }
  --r.nodes;  // the call is replaced
  ++r.model.functions[function.index].calls;
  if (!charge(r, 8 + function.inputs.size() + function.outputs.size(), place, call.tag)) return;
  auto inner = std::make_shared<Scope>();
  inner->graph = caller->graph;
  inner->frame = enter(r, caller, call, function);
  inner->prefix = inner->frame->path;
  if (!charge(r, inner->prefix.size() / 16, place, call.tag)) return;
  r.notes[caller->graph].names_may_collide = true;
  std::vector<PassedOn> passed_on;
  if (!bind_inputs(r, *caller, *inner, call, function, place)) return;
  if (!bind_outputs(r, *caller, *inner, call, function, place, passed_on)) return;
  const Place body{nullptr, "functions", function.index};
  std::uint32_t index = 0;
  for (const Record& node : function.nodes) {
    read_node(r, inner, node, {&body, "node", index++});
    if (!r.ok()) return;
  }
  report_unproduced(r, *inner, body);
  if (r.ok()) check_outputs(r, *inner, call, function, place);
  for (const PassedOn& output : passed_on) {
    if (r.ok()) add_identity(r, *inner, call, output, place);
  }
}

}  // namespace haoline::onnx
