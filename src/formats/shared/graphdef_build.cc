// The main graph: where it begins and ends, and the walk over it.
#include "formats/shared/graphdef_build.h"

#include <algorithm>

#include "base/text.h"

namespace haoline::graphdef {
namespace {

constexpr std::size_t kMaxFindings = 4096;

// What makes no result that a forward pass is asked for: it trains, saves, summarizes or waits.
constexpr std::string_view kNoResults[] = {"Abort",
                                           "Assert",
                                           "ControlTrigger",
                                           "MergeSummary",
                                           "NoOp",
                                           "Print",
                                           "PrintV2",
                                           "Save",
                                           "SaveSlices",
                                           "SaveV2",
                                           "MergeV2Checkpoints",
                                           "ShardedFilename",
                                           "WriteSummary",
                                           "WriteFile",
                                           "Restore",
                                           "RestoreSlice",
                                           "RestoreV2",
                                           "IsVariableInitialized",
                                           "ReadVariableOp",
                                           "VarIsInitializedOp",
                                           "ReportUninitializedVariables",
                                           "QueueCloseV2",
                                           "QueueEnqueueV2",
                                           "QueueEnqueueManyV2",
                                           "QueueDequeueV2",
                                           "QueueDequeueManyV2",
                                           "QueueSizeV2",
                                           "FIFOQueueV2",
                                           "RandomShuffleQueueV2",
                                           "InitializeTableV2",
                                           "InitializeTable",
                                           "InitializeTableFromTextFileV2",
                                           "InitializeTableFromTextFile",
                                           "LookupTableImportV2",
                                           "LookupTableImport",
                                           "DestroyResourceOp",
                                           "DeleteIterator",
                                           "MakeIterator",
                                           "Const",
                                           "Placeholder",
                                           "PlaceholderV2",
                                           "VariableV2",
                                           "Variable",
                                           "VarHandleOp",
                                           "HashTableV2",
                                           "HashTable",
                                           "MutableHashTableV2",
                                           "Assign",
                                           "AssignAdd",
                                           "AssignSub",
                                           "AssignVariableOp",
                                           "AssignAddVariableOp",
                                           "AssignSubVariableOp",
                                           "ScalarSummary",
                                           "HistogramSummary",
                                           "ImageSummary",
                                           "AudioSummary",
                                           "AudioSummaryV2",
                                           "TensorSummary",
                                           "TensorSummaryV2",
                                           "WriteScalarSummary",
                                           "WriteHistogramSummary",
                                           "WriteImageSummary",
                                           "WriteGraphSummary",
                                           "WriteAudioSummary",
                                           "SummaryWriter",
                                           "CreateSummaryFileWriter",
                                           "CloseSummaryWriter",
                                           "FlushSummaryWriter",
                                           "_Retval"};
constexpr std::string_view kTrainingScopes[] = {"gradients", "save", "train", "training",
                                                "report_uninitialized_variables"};

bool begins_with_scope(std::string_view name, std::string_view scope) {
  if (!name.starts_with(scope)) return false;
  std::string_view rest = name.substr(scope.size());
  if (rest.starts_with("_")) {  // a second one: "gradients_1"
    rest.remove_prefix(1);
    while (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') rest.remove_prefix(1);
  }
  return rest.starts_with("/");
}

bool is_aside(const NodeDef& node, bool skips_scopes) {
  if (std::find(std::begin(kNoResults), std::end(kNoResults), node.op) != std::end(kNoResults)) return true;
  if (node.op.find("Apply") != std::string_view::npos && node.op.find("Gradient") == std::string_view::npos) {
    const bool trains = node.op.starts_with("Apply") || node.op.starts_with("ResourceApply") ||
                        node.op.starts_with("SparseApply") || node.op.starts_with("ResourceSparseApply");
    if (trains) return true;
  }
  return skips_scopes && std::any_of(std::begin(kTrainingScopes), std::end(kTrainingScopes),
                                     [&](std::string_view s) { return begins_with_scope(node.name, s); });
}

// Nodes whose results nobody reads, in the order of the file.
std::vector<std::uint32_t> find_ends(const Scope& scope, bool skips_scopes) {
  const NodeList& list = *scope.list;
  std::vector<bool> is_read(list.nodes.size());
  NameTable names = scope.names;
  for (const NodeDef& node : list.nodes) {
    if (is_aside(node, skips_scopes)) continue;
    for (const std::string_view input : list.inputs(node)) {
      const Endpoint end = parse_endpoint(input);
      const std::uint32_t* index = end.is_control ? nullptr : names.find(end.node);
      if (index != nullptr) is_read[*index] = true;
    }
  }
  std::vector<std::uint32_t> ends;
  for (std::uint32_t i = 0; i < list.nodes.size(); ++i) {
    if (!is_read[i] && !is_aside(list.nodes[i], skips_scopes)) ends.push_back(i);
  }
  return ends;
}

struct Output {
  std::string_view name;  // an endpoint
  Need need;
  const Interface::Port* port = nullptr;
};

bool has_training(const NodeList& list) {
  return std::any_of(list.nodes.begin(), list.nodes.end(), [](const NodeDef& node) {
    return node.op == "SaveV2" || node.op == "RestoreV2" || node.op.find("Apply") != std::string_view::npos;
  });
}

void add_output(Building& b, Scope& scope, std::string_view name, const Interface::Port* port, bool is_asked,
                std::vector<Output>& outputs) {
  Output output{name, {}, port};
  const Endpoint end = parse_endpoint(name);
  if (end.is_valid && locate(b, scope, end, output.need)) {
    outputs.push_back(output);
    return;
  }
  const Place place{nullptr, is_asked ? "outputs" : "signature.outputs"};
  b.context.fail(is_asked ? ErrorKind::usage : ErrorKind::malformed, place, nullptr,
                 "names a tensor that the graph does not have: " + std::string(name),
                 is_asked ? "Give the name of a node, with \":1\" behind it for its second result." : "");
}

void add_ends(Building& b, Scope& scope, std::vector<Output>& outputs) {
  std::vector<std::uint32_t> ends =
      find_ends(scope, has_training(scope.list->nodes.empty() ? NodeList{} : *scope.list));
  if (ends.empty()) ends = find_ends(scope, false);
  for (const std::uint32_t index : ends) {
    const NodeDef& node = scope.list->nodes[index];
    const std::size_t count = results_of_node(b, scope, node).types.size();
    // Statistics of a normalization are no results that anybody asks for.
    const bool first_only = node.op.starts_with("FusedBatchNorm") || count == 0;
    for (std::uint32_t i = 0; i < (first_only ? std::min<std::size_t>(count, 1) : count); ++i)
      outputs.push_back({node.name, {index, i}, nullptr});
  }
}

std::vector<Output> find_outputs(Building& b, Scope& scope, const Interface& interface) {
  std::vector<Output> outputs;
  if (!b.options.graph_outputs.empty()) {
    for (const std::string& name : b.options.graph_outputs)
      add_output(b, scope, name, nullptr, true, outputs);
  } else if (!interface.outputs.empty()) {
    for (const Interface::Port& port : interface.outputs)
      add_output(b, scope, port.tensor, &port, false, outputs);
  } else {
    add_ends(b, scope, outputs);
  }
  return outputs;
}

// One symbol for the leading extent of all inputs, if it is open in every one of them.
bool shares_batch(std::span<const std::optional<PlainShape>> shapes) {
  bool any = false;
  for (const std::optional<PlainShape>& shape : shapes) {
    if (!shape || !shape->has_rank) return false;
    if (shape->extents.empty()) continue;
    if (shape->extents[0] >= 0) return false;
    any = true;
  }
  return any;
}

struct Input {
  Need need;
  std::string_view name;
  std::int64_t type = 0;
  std::optional<PlainShape> shape;
};

bool is_placeholder(const NodeDef& node) {
  return node.op == "Placeholder" || node.op == "PlaceholderV2" || node.op == "PlaceholderWithDefault" ||
         node.op == "_Arg";
}

// A default of one element is a setting, not an input: the graph goes by it.
bool has_setting(const Scope& scope, const NodeDef& node) {
  if (node.op != "PlaceholderWithDefault" || node.input_count == 0) return false;
  NameTable names = scope.names;
  const std::uint32_t* from = names.find(parse_endpoint(scope.list->inputs(node)[0]).node);
  return from != nullptr && scope.list->nodes[*from].op == "Const";
}

Input input_of(Building& b, const Scope& scope, Need need) {
  const NodeDef& node = scope.list->nodes[need.node];
  const Attrs attrs(b.context, scope.list->attrs(node));
  Input input{need, node.name, 0, {}};
  const Results results = results_of_node(b, scope, node);
  if (need.result < results.types.size()) input.type = results.types[need.result];
  if (std::vector<PlainShape> shapes = attrs.shapes("_output_shapes"); need.result < shapes.size())
    input.shape = std::move(shapes[need.result]);
  if (is_placeholder(node)) {
    std::optional<PlainShape> shape = attrs.shape("shape");
    // A producer before version 24 wrote a scalar where it did not know the shape.
    const bool means_unknown =
        shape && shape->has_rank && shape->extents.empty() && b.source.producer > 0 && b.source.producer < 24;
    if (shape && !means_unknown) input.shape = std::move(shape);
    if (input.shape && input.shape->has_rank && input.shape->extents.empty()) {
      if (std::optional<PlainShape> told = attrs.shape("_user_specified_shape"))
        input.shape = std::move(told);
    }
  }
  return input;
}

std::vector<Input> find_inputs(Building& b, Scope& scope, const Interface& interface,
                               std::span<const Output> outputs) {
  std::vector<Input> inputs;
  const auto add = [&](std::string_view name, const Interface::Port* port, bool is_asked) {
    Need need{};
    const Endpoint end = parse_endpoint(name);
    if (!end.is_valid || !locate(b, scope, end, need)) {
      const Place place{nullptr, is_asked ? "inputs" : "signature.inputs"};
      b.context.fail(is_asked ? ErrorKind::usage : ErrorKind::malformed, place, nullptr,
                     "names a tensor that the graph does not have: " + std::string(name));
      return;
    }
    Input input = input_of(b, scope, need);
    if (port != nullptr && port->shape) input.shape = port->shape;
    if (port != nullptr && input.type == 0) input.type = port->type;
    scope.states[need.node].is_cut = true;
    inputs.push_back(std::move(input));
  };
  for (const std::string& name : b.options.graph_inputs) add(name, nullptr, true);
  if (b.options.graph_inputs.empty()) {
    for (const Interface::Port& port : interface.inputs) add(port.tensor, &port, false);
  }
  if (!b.ok()) return inputs;
  std::vector<Need> roots;
  for (const Output& output : outputs) roots.push_back(output.need);
  mark_needed(b, scope, roots);
  for (std::uint32_t i = 0; i < scope.list->nodes.size(); ++i) {
    const NodeDef& node = scope.list->nodes[i];
    if (scope.states[i].is_cut || !scope.states[i].is_needed || !is_placeholder(node)) continue;
    if (has_setting(scope, node)) continue;
    inputs.push_back(input_of(b, scope, {i, 0}));
    scope.states[i].is_cut = true;
  }
  return inputs;
}

void create_inputs(Building& b, Scope& scope, std::span<const Input> inputs) {
  std::vector<std::optional<PlainShape>> shapes;
  for (const Input& input : inputs) shapes.push_back(input.shape);
  const bool shares = shares_batch(shapes);
  for (const Input& input : inputs) {
    NodeState& state = scope.states[input.need.node];
    const std::size_t count = std::max<std::size_t>(input.need.result + 1, state.results.size());
    if (count != state.results.size()) {
      const std::span<TensorId> results = b.model.arena.allocate<TensorId>(count);
      std::uninitialized_fill(results.begin(), results.end(), TensorId{});
      std::copy(state.results.begin(), state.results.end(), results.begin());
      state.results = results;
    }
    if (state.results[input.need.result]) continue;  // named twice
    state.results[input.need.result] =
        add_input(b, scope, input.name, input.need.result, input.type, input.shape, shares);
  }
}

// A node of which one result is an input and another is needed has to run all the same.
void uncut(Scope& scope, std::span<const Input> inputs) {
  for (const Input& input : inputs) {
    NodeState& state = scope.states[input.need.node];
    std::uint64_t covered = 0;
    for (const Input& other : inputs) {
      if (other.need.node == input.need.node) covered |= std::uint64_t{1} << std::min(other.need.result, 63u);
    }
    if ((state.used & ~covered) != 0) state.is_cut = false;
  }
}

}  // namespace

void Building::fail(ErrorKind kind, const Scope& scope, std::uint32_t node, std::string message,
                    std::string advice) {
  const Place library{nullptr, "library"};
  const Place function{&library, "function", scope.function ? scope.function->index : 0};
  const Place place{scope.function ? &function : nullptr, scope.function ? "node_def" : "node", node};
  const std::byte* at =
      scope.list && node < scope.list->nodes.size() && has_offsets ? scope.list->nodes[node].tag : nullptr;
  context.fail(kind, place, at, std::move(message), std::move(advice));
}

void Building::remark(Finding finding) {
  if (model.findings.size() < kMaxFindings) model.findings.push_back(std::move(finding));
}

void Building::label(Bytes bytes, ByteLabel label, DType dtype) {
  if (!has_offsets || bytes.empty()) return;
  model.spans.push_back({FileId{0}, label, dtype, context.offset_of(bytes.data()), bytes.size()});
}

bool charge(Building& b, std::uint64_t units, const Scope& scope, std::uint32_t node) {
  b.effort += units;
  if (b.effort <= 4'000'000 + b.source_size / 2) return true;
  b.fail(ErrorKind::unsupported, scope, node,
         "is called so often that the graph outgrows what the file's size justifies");
  return false;
}

void build(Building& b, const Interface& interface) {
  b.calls.assign(b.source.functions.size(), 0);
  b.model.graphs.add(Graph{});
  b.labels.add({});
  if (b.source.nodes.nodes.size() > b.options.max_nodes) {
    b.context.fail(ErrorKind::unsupported, {nullptr, "node"}, nullptr,
                   "has " + grouped(b.source.nodes.nodes.size()) + " nodes, at most " +
                       grouped(b.options.max_nodes) + " are read");
    return;
  }
  Scope scope;
  scope.graph = Model::kMain;
  open_scope(b, scope, b.source.nodes);
  if (!b.ok()) return;
  const std::vector<Output> outputs = find_outputs(b, scope, interface);
  if (!b.ok()) return;
  const std::vector<Input> inputs = find_inputs(b, scope, interface, outputs);
  if (!b.ok()) return;
  uncut(scope, inputs);
  create_inputs(b, scope, inputs);
  translate_nodes(b, scope);
  for (const Output& output : outputs) {
    if (!b.ok()) return;
    const NodeState& state = scope.states[output.need.node];
    const TensorId id =
        output.need.result < state.results.size() ? state.results[output.need.result] : TensorId{};
    if (id) b.model.graphs[Model::kMain].outputs.push_back(id);
  }
  for (const FunctionDef& function : b.source.functions) {
    b.model.functions.push_back(
        {"", function.name, "", function.nodes.nodes.size(), b.calls[function.index]});
  }
  if (b.kept_loops != 0) {
    b.remark({FindingKind::unread_content,
              haoline::Message(counted(b.kept_loops, "loop edge") +
                               " of TensorFlow 1: the nodes of such a loop are counted for one run")});
  }
  if (b.ok()) finish_names(b);
}

}  // namespace haoline::graphdef
