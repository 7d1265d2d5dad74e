// Functions: calls in place, and the bodies of branches and loops.
#include <algorithm>
#include <array>
#include <memory>

#include "base/text.h"
#include "formats/shared/graphdef_build.h"

namespace haoline::graphdef {
namespace {

struct CallOp {
  std::string_view op, attribute;
};
constexpr CallOp kCallOps[] = {{"PartitionedCall", "f"},
                               {"StatefulPartitionedCall", "f"},
                               {"TPUPartitionedCall", "f"},
                               {"RemoteCall", "f"},
                               {"XlaLaunch", "function"}};

// A function's nodes that change a state: they run although nobody reads a result.
constexpr std::string_view kEffects[] = {"AssignAddVariableOp",
                                         "AssignSubVariableOp",
                                         "AssignVariableOp",
                                         "AssignAdd",
                                         "AssignSub",
                                         "Assign",
                                         "ResourceScatterAdd",
                                         "ResourceScatterUpdate",
                                         "ResourceScatterNdUpdate"};

FunctionDef* find_function(Building& b, std::string_view name) {
  const std::uint32_t* index = name.empty() ? nullptr : b.source.function_index.find(name);
  return index == nullptr ? nullptr : &b.source.functions[*index];
}

bool may_enter(Building& b, const Scope& scope, std::uint32_t index, const FunctionDef& function) {
  bool is_recursive = false;
  for (const Scope* at = &scope; at != nullptr; at = at->caller) is_recursive |= at->function == &function;
  if (!is_recursive && scope.depth < kMaxDepth) return true;
  b.fail(ErrorKind::malformed, scope, index,
         is_recursive ? "calls a function from within itself" : "nests more than 64 calls of functions");
  return false;
}

// Opens the function's scope with the arguments given.
bool enter(Building& b, Scope& scope, std::uint32_t index, FunctionDef& function, Scope& inner,
           std::size_t arguments) {
  if (!may_enter(b, scope, index, function)) return false;
  read_function(b.context, function);
  if (!b.ok()) return false;
  if (!charge(b, 8 + function.inputs.size() + function.nodes.nodes.size(), scope, index)) return false;
  ++b.calls[function.index];
  inner.function = &function;
  inner.caller = &scope;
  inner.depth = scope.depth + 1;
  open_scope(b, inner, function.nodes);
  if (!b.ok()) return false;
  const bool has_list =
      std::any_of(function.inputs.begin(), function.inputs.end(), [](const Arg& arg) { return arg.is_list; });
  if (!has_list && arguments != function.inputs.size()) {
    b.fail(ErrorKind::malformed, scope, index,
           "passes " + counted(arguments, "argument") + " where its function has " +
               std::to_string(function.inputs.size()));
    return false;
  }
  for (std::uint32_t i = 0; i < function.inputs.size(); ++i) {
    if (inner.names.insert(function.inputs[i].name, kArgument | i).is_new) continue;
    b.fail(ErrorKind::malformed, scope, index, "calls a function with two values of one name");
    return false;
  }
  return true;
}

std::string_view result_endpoint(const FunctionDef& function, std::size_t result) {
  for (const Attr& entry : function.results) {
    if (entry.name == function.outputs[result].name) return as_text(entry.value);
  }
  return {};
}

// Marks what the results that are wanted need, and what changes a state.
void need_results(Building& b, Scope& inner, std::uint64_t wanted) {
  const FunctionDef& function = *inner.function;
  std::vector<Need> roots;
  for (std::uint32_t i = 0; i < function.outputs.size(); ++i) {
    if (((wanted >> std::min(i, 63u)) & 1) == 0) continue;
    Need need{};
    if (locate(b, inner, parse_endpoint(result_endpoint(function, i)), need)) roots.push_back(need);
  }
  for (const Attr& control : function.controls) {
    const std::uint32_t* index = inner.names.find(as_text(control.value));
    if (index == nullptr || (*index & kArgument) != 0) continue;
    const std::string_view op = inner.list->nodes[*index].op;
    if (std::find(std::begin(kEffects), std::end(kEffects), op) != std::end(kEffects))
      roots.push_back({*index, 0});
  }
  mark_needed(b, inner, roots);
}

// A result that the function makes is called what its caller calls it.
void rename(Building& b, const Scope& scope, const NodeDef& call, std::uint32_t result, TensorId id,
            std::size_t first_new, std::vector<TensorId>& renamed) {
  if (!id || id.index < first_new) return;
  if (std::find(renamed.begin(), renamed.end(), id) != renamed.end()) return;
  renamed.push_back(id);
  b.key.clear();
  if (!scope.prefix.empty()) b.key.append(scope.prefix).append(1, '/');
  b.key.append(call.name);
  if (result != 0) b.key.append(1, ':').append(std::to_string(result));
  Tensor& tensor = b.model.graphs[scope.graph].tensors[id];
  if (tensor.source_name.empty()) tensor.source_name = tensor.name;
  tensor.name = b.model.arena.text(b.key);
}

SmallVector<TensorId, 8> data_inputs(Building& b, Scope& scope, std::uint32_t index) {
  SmallVector<TensorId, 8> inputs;
  for (const std::string_view input : scope.list->inputs(scope.list->nodes[index])) {
    if (!input.starts_with("^")) inputs.push_back(resolve(b, scope, input, index));
  }
  return inputs;
}

// --- bodies

struct Body {
  std::string_view label;
  bool captures = false;  // sees its arguments as outer tensors (a branch), else as inputs (a loop)
};

void bind_argument(Building& b, Scope& scope, Scope& inner, TensorId actual, const Arg& formal,
                   const Body& body) {
  const TensorId id = add_tensor(b, inner, formal.name);
  Tensor& tensor = b.model.graphs[inner.graph].tensors[id];
  inner.arguments.push_back(id);
  if (body.captures) {
    tensor.outer = actual;
    if (!actual) inner.arguments.back() = {};
    return;
  }
  // What a variable holds passes a loop as its own type; else what the function says.
  const Type formal_type = type_of(formal.type);
  const Tensor* outside = actual ? &b.model.graphs[scope.graph].tensors[actual] : nullptr;
  tensor.type = formal_type.dtype == DType::unknown && outside != nullptr ? outside->type : formal_type;
  b.model.graphs[inner.graph].inputs.push_back(id);
}

GraphId make_body(Building& b, Scope& scope, std::uint32_t index, std::string_view function_name,
                  std::span<const TensorId> arguments, const Body& body) {
  FunctionDef* function = find_function(b, function_name);
  if (function == nullptr) {
    b.fail(ErrorKind::malformed, scope, index, "runs a function that the file does not have");
    return {};
  }
  Graph graph;
  graph.name = function->name;
  graph.parent = scope.graph;
  graph.owner = NodeId{static_cast<std::uint32_t>(b.model.graphs[scope.graph].nodes.size())};
  const GraphId id = b.model.graphs.add(std::move(graph));
  b.labels.add(body.label);
  Scope inner;
  inner.graph = id;
  if (!enter(b, scope, index, *function, inner, arguments.size())) return id;
  for (std::size_t i = 0; i < std::min(arguments.size(), function->inputs.size()); ++i)
    bind_argument(b, scope, inner, arguments[i], function->inputs[i], body);
  need_results(b, inner, ~std::uint64_t{0});
  translate_nodes(b, inner);
  for (std::size_t i = 0; i < function->outputs.size() && b.ok(); ++i) {
    const TensorId result = resolve(b, inner, result_endpoint(*function, i), index);
    b.model.graphs[id].outputs.push_back(result);
  }
  return id;
}

void add_control_node(Building& b, Scope& scope, std::uint32_t index, Op op, std::span<const TensorId> inputs,
                      std::vector<Attribute> attributes) {
  const NodeDef& def = scope.list->nodes[index];
  const Results results = results_of_node(b, scope, def);
  const Attrs attrs(b.context, scope.list->attrs(def));
  const std::vector<PlainShape> shapes = attrs.shapes("output_shapes");
  const std::span<TensorId> outputs = b.model.arena.allocate<TensorId>(results.types.size());
  const NodeId id{static_cast<std::uint32_t>(b.model.graphs[scope.graph].nodes.size())};
  for (std::uint32_t i = 0; i < outputs.size(); ++i) {
    outputs[i] = add_tensor(b, scope, def.name, i);
    Tensor& tensor = b.model.graphs[scope.graph].tensors[outputs[i]];
    tensor.producer = id;
    tensor.type.dtype = dtype_of(results.types[i]);
    if (i < shapes.size() && shapes[i].has_rank && tensor.type.dtype != DType::unknown)
      tensor.shape = shape_of(b, shapes[i]);
  }
  Node node;
  node.op = op;
  node.op_type = def.op;
  node.domain = op == Op::unknown ? "tensorflow" : "";
  node.name = prefixed(b, scope, def.name);
  if (!scope.prefix.empty()) node.source_name = def.name;
  node.scope = module_of(node.name);
  node.version = 21;
  node.inputs = b.model.arena.copy(inputs);
  node.outputs = outputs;
  node.attributes = b.model.arena.copy(attributes);
  node.source_offset = b.offset_of(def.tag);
  b.model.graphs[scope.graph].nodes.add(node);
  scope.states[index].results = outputs;
}

}  // namespace

FunctionDef* called_function(Building& b, const Scope& scope, const NodeDef& node) {
  if (b.source.functions.empty() || !b.options.inline_functions) return nullptr;
  for (const CallOp& call : kCallOps) {
    if (node.op == call.op)
      return find_function(b, Attrs(b.context, scope.list->attrs(node)).function(call.attribute));
  }
  return find_function(b, node.op);
}

void inline_call(Building& b, Scope& scope, std::uint32_t index, FunctionDef& function) {
  const NodeDef& call = scope.list->nodes[index];
  --b.nodes;  // the call is replaced
  Scope inner;
  inner.graph = scope.graph;
  inner.prefix = prefixed(b, scope, call.name);
  if (!charge(b, inner.prefix.size() / 16, scope, index)) return;
  const SmallVector<TensorId, 8> arguments = data_inputs(b, scope, index);
  if (!b.ok() || !enter(b, scope, index, function, inner, arguments.size())) return;
  inner.arguments.assign(arguments.begin(), arguments.end());
  need_results(b, inner, scope.states[index].used);
  const std::size_t first_new = b.model.graphs[scope.graph].tensors.size();
  translate_nodes(b, inner);
  const std::span<TensorId> results = b.model.arena.allocate<TensorId>(function.outputs.size());
  std::uninitialized_fill(results.begin(), results.end(), TensorId{});
  std::vector<TensorId> renamed;
  for (std::uint32_t i = 0; i < results.size() && b.ok(); ++i) {
    if (((scope.states[index].used >> std::min(i, 63u)) & 1) == 0) continue;
    results[i] = resolve(b, inner, result_endpoint(function, i), index);
    rename(b, scope, call, i, results[i], first_new, renamed);
  }
  scope.states[index].results = results;
}

void translate_branches(Building& b, Scope& scope, std::uint32_t index) {
  const NodeDef& node = scope.list->nodes[index];
  const Attrs attrs(b.context, scope.list->attrs(node));
  const SmallVector<TensorId, 8> inputs = data_inputs(b, scope, index);
  if (!b.ok()) return;
  if (inputs.empty()) return b.fail(ErrorKind::malformed, scope, index, "lacks its condition");
  const std::span<const TensorId> arguments(inputs.data() + 1, inputs.size() - 1);
  std::vector<std::string_view> branches = attrs.functions("branches");
  const bool is_case = node.op == "Case" || node.op == "StatelessCase";
  if (!is_case) branches = {attrs.function("else_branch"), attrs.function("then_branch")};
  std::vector<Attribute> attributes;
  if (branches.size() == 2) {  // an index beyond the last branch takes the last, as a condition that holds
    const GraphId then_branch = make_body(b, scope, index, branches[1], arguments, {"then_branch", true});
    if (!b.ok()) return;
    const GraphId else_branch = make_body(b, scope, index, branches[0], arguments, {"else_branch", true});
    attributes = {{"then_branch", then_branch, {}}, {"else_branch", else_branch, {}}};
  } else {
    std::vector<GraphId> graphs;
    for (std::size_t i = 0; i < branches.size() && b.ok(); ++i) {
      b.key.assign("branches[").append(std::to_string(i)).append(1, ']');
      graphs.push_back(make_body(b, scope, index, branches[i], arguments, {b.model.arena.text(b.key), true}));
    }
    attributes = {{"branches", b.model.arena.copy(graphs), {}}};
  }
  if (!b.ok()) return;
  const Op op = branches.size() == 2 ? Op::If : Op::unknown;
  add_control_node(b, scope, index, op, std::span(inputs.data(), 1), std::move(attributes));
}

void translate_while(Building& b, Scope& scope, std::uint32_t index) {
  const NodeDef& node = scope.list->nodes[index];
  const Attrs attrs(b.context, scope.list->attrs(node));
  const SmallVector<TensorId, 8> inputs = data_inputs(b, scope, index);
  if (!b.ok()) return;
  const std::span<const TensorId> arguments(inputs.data(), inputs.size());
  const GraphId cond = make_body(b, scope, index, attrs.function("cond"), arguments, {"cond", false});
  if (!b.ok()) return;
  const GraphId body = make_body(b, scope, index, attrs.function("body"), arguments, {"body", false});
  if (!b.ok()) return;
  add_control_node(b, scope, index, Op::While, arguments, {{"cond", cond, {}}, {"body", body, {}}});
}

}  // namespace haoline::graphdef
