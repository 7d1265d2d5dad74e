// One NodeDef: a constant, an input, a variable, a call, a body, or an operator.
#include <algorithm>
#include <array>
#include <memory>

#include "base/text.h"
#include "formats/shared/graphdef_build.h"
#include "formats/shared/graphdef_map.h"

namespace haoline::graphdef {
namespace {

void set_single(Building& b, Scope& scope, std::uint32_t index, TensorId id) {
  const std::span<TensorId> results = b.model.arena.allocate<TensorId>(1);
  results[0] = id;
  scope.states[index].results = results;
}

// --- what becomes a tensor, not a node

void translate_const(Building& b, Scope& scope, std::uint32_t index) {
  const NodeDef& node = scope.list->nodes[index];
  const Attrs attrs(b.context, scope.list->attrs(node));
  StoredValue value;
  if (b.values != nullptr) value = b.values->constant(node.name);
  const bool is_stored = value.data != nullptr;
  if (!is_stored) {
    const Place place{nullptr, "attr"};
    value.data = read_tensor(b, attrs.tensor("value"), {&place, "value"}, node.name);
  }
  if (!b.ok()) return;
  const TensorId id = add_constant(b, scope, node.name, value.data);
  b.model.graphs[scope.graph].tensors[id].quantization = value.quantization;
  set_single(b, scope, index, id);
}

// A variable whose values are not here still has its shape: its elements count.
const TensorData* absent_value(Building& b, const Attrs& attrs) {
  const std::optional<PlainShape> shape = attrs.shape("shape");
  if (!shape || !shape->has_rank) return nullptr;
  for (const std::int64_t extent : shape->extents) {
    if (extent < 0) return nullptr;
  }
  TensorData data;
  data.dtype = dtype_of(attrs.type("dtype"));
  data.encoding = TensorData::Encoding::absent;
  data.extents = b.model.arena.copy(shape->extents);
  return b.model.arena.create(data);
}

void translate_variable(Building& b, Scope& scope, std::uint32_t index) {
  const NodeDef& node = scope.list->nodes[index];
  const Attrs attrs(b.context, scope.list->attrs(node));
  StoredValue value;
  if (b.values != nullptr) value = b.values->variable(node.name, attrs.text("shared_name"));
  if (value.data == nullptr) {
    ++b.missing_variables;
    value.data = absent_value(b, attrs);
  }
  const TensorId id = add_constant(b, scope, node.name, value.data);
  Tensor& tensor = b.model.graphs[scope.graph].tensors[id];
  tensor.trained = value.trained;
  if (value.data == nullptr) {
    tensor.type = type_of(attrs.type("dtype"));
    if (const std::optional<PlainShape> shape = attrs.shape("shape")) tensor.shape = shape_of(b, *shape);
  }
  set_single(b, scope, index, id);
}

void translate_nothing(Building&, Scope&, std::uint32_t) {}

void translate_argument(Building& b, Scope& scope, std::uint32_t index) {
  const NodeDef& node = scope.list->nodes[index];
  const Attrs attrs(b.context, scope.list->attrs(node));
  set_single(
      b, scope, index,
      add_input(b, scope, node.name, 0, attrs.type("dtype", attrs.type("T")), attrs.shape("shape"), false));
}

struct Special {
  std::string_view name;
  void (*translate)(Building&, Scope&, std::uint32_t);
};
constexpr Special kSpecial[] = {
    {"Assert", translate_nothing},         {"AutoReloadVariable", translate_variable},
    {"Case", translate_branches},          {"Const", translate_const},
    {"ControlTrigger", translate_nothing}, {"If", translate_branches},
    {"NoOp", translate_nothing},           {"Placeholder", translate_argument},
    {"PlaceholderV2", translate_argument}, {"StatelessCase", translate_branches},
    {"StatelessIf", translate_branches},   {"StatelessWhile", translate_while},
    {"VarHandleOp", translate_variable},   {"Variable", translate_variable},
    {"VariableV2", translate_variable},    {"While", translate_while},
};
static_assert(std::is_sorted(std::begin(kSpecial), std::end(kSpecial),
                             [](const Special& a, const Special& b) { return a.name < b.name; }));

// --- operators

// What an operator that nobody translates says of itself, kept as it is.
void keep_attributes(Translation& t) {
  for (const Attr& attr : t.attrs.all()) {
    if (attr.name.starts_with("_")) continue;
    const Place place{nullptr, attr.name};
    Fields message(attr.value, place, wire::attr::kFields, t.b.context);
    while (message.next()) {
      switch (message.number()) {
        case wire::attr::i:
        case wire::attr::b:
          t.set(attr.name, message.integer());
          break;
        case wire::attr::f:
          t.set_real(attr.name, message.real());
          break;
        case wire::attr::s:
          t.set_text(attr.name, message.text());
          break;
        case wire::attr::type: {
          const DType dtype = dtype_of(message.integer());
          if (dtype != DType::unknown) t.set_text(attr.name, name(dtype));
          break;
        }
        case wire::attr::list:
          if (const std::vector<std::int64_t> list = t.attrs.integers(attr.name); !list.empty())
            t.set_list(attr.name, list);
          break;
        default:
          break;
      }
    }
  }
}

void gather_inputs(Building& b, Scope& scope, std::uint32_t index, SmallVector<TensorId, 8>& inputs) {
  for (const std::string_view input : scope.list->inputs(scope.list->nodes[index])) {
    if (input.starts_with("^")) continue;
    inputs.push_back(resolve(b, scope, input, index));
  }
}

void declare_results(Building& b, Scope& scope, const Translation& t, const Results& results,
                     std::span<TensorId> ids, const NodeState& state) {
  const std::vector<PlainShape> shapes = t.attrs.shapes("_output_shapes");
  for (std::uint32_t i = 0; i < ids.size(); ++i) {
    const bool is_used = ids.size() == 1 || ((state.used >> std::min(i, 63u)) & 1) != 0;
    ids[i] = TensorId{};
    if (!is_used) continue;
    ids[i] = add_tensor(b, scope, t.node.name, i);
    Tensor& tensor = b.model.graphs[scope.graph].tensors[ids[i]];
    if (i < results.types.size()) tensor.type.dtype = dtype_of(results.types[i]);
    // What a file declares of a handle is the handle's shape, not that of what it stands for.
    const bool is_handle = type_of(i < results.types.size() ? results.types[i] : 0).is(Container::opaque);
    if (!is_handle && i < shapes.size() && shapes[i].has_rank) tensor.shape = shape_of(b, shapes[i]);
  }
}

void add_node(Building& b, Scope& scope, std::uint32_t index, Translation& t,
              std::span<const TensorId> results) {
  Graph& graph = b.model.graphs[scope.graph];
  const NodeId id{static_cast<std::uint32_t>(graph.nodes.size())};
  while (!t.inputs.empty() && !t.inputs[t.inputs.size() - 1])
    t.inputs.resize(t.inputs.size() - 1, TensorId{});
  std::size_t outputs = std::min(t.results, results.size());
  while (outputs > 1 && !results[outputs - 1]) --outputs;
  Node node;
  node.op = t.op;
  node.op_type = t.node.op;
  node.domain = t.op == Op::unknown ? "tensorflow" : "";
  node.name = prefixed(b, scope, t.node.name);
  if (!scope.prefix.empty()) node.source_name = t.node.name;
  node.scope = module_of(node.name);
  node.version = 21;
  node.inputs = b.model.arena.copy(std::span<const TensorId>(t.inputs.data(), t.inputs.size()));
  node.outputs = b.model.arena.copy(results.first(outputs));
  node.attributes = b.model.arena.copy(t.attributes);
  node.source_offset = b.offset_of(scope.list->nodes[index].tag);
  for (const TensorId result : node.outputs) {
    if (result) graph.tensors[result].producer = id;
  }
  graph.nodes.add(node);
}

void translate_operator(Building& b, Scope& scope, std::uint32_t index) {
  const NodeDef& node = scope.list->nodes[index];
  NodeState& state = scope.states[index];
  Translation t{b, scope, node, Attrs(b.context, scope.list->attrs(node)), Op::unknown, {}, {}, 0};
  gather_inputs(b, scope, index, t.inputs);
  if (!b.ok()) return;
  const Results results = results_of_node(b, scope, node);
  const std::span<TensorId> ids = b.model.arena.allocate<TensorId>(results.types.size());
  std::uninitialized_fill(ids.begin(), ids.end(), TensorId{});
  t.results = ids.size();
  if (node.op == "NextIteration" || node.op == "RefNextIteration") ++b.kept_loops;
  if (const Rule* rule = find_rule(node.op)) {
    const SmallVector<TensorId, 8> operands = t.inputs;
    t.op = rule->op;
    if (rule->results != 0) t.results = std::min<std::size_t>(t.results, rule->results);
    if (rule->translate != nullptr && !rule->translate(t)) {
      t.op = Op::unknown;
      t.inputs = operands;
      t.attributes.clear();
      t.results = ids.size();
    }
  }
  if (t.op == Op::unknown) keep_attributes(t);
  declare_results(b, scope, t, results, ids, state);
  state.results = ids;
  if (b.ok()) add_node(b, scope, index, t, ids);
}

}  // namespace

void translate_node(Building& b, Scope& scope, std::uint32_t index) {
  const NodeDef& node = scope.list->nodes[index];
  if (++b.nodes > b.options.max_nodes) {
    return b.fail(ErrorKind::unsupported, scope, index,
                  "is beyond the " + grouped(b.options.max_nodes) + " nodes that are read");
  }
  if (scope.function != nullptr) {
    const std::uint64_t text = (scope.prefix.size() + node.name.size()) / 16;
    if (!charge(b, 4 + text * 2 + node.input_count + node.attr_count, scope, index)) return;
  }
  const auto* special =
      std::lower_bound(std::begin(kSpecial), std::end(kSpecial), node.op,
                       [](const Special& s, std::string_view name) { return s.name < name; });
  if (special != std::end(kSpecial) && special->name == node.op) return special->translate(b, scope, index);
  if (FunctionDef* function = called_function(b, scope, node)) return inline_call(b, scope, index, *function);
  translate_operator(b, scope, index);
}

Results results_of_node(Building& b, const Scope& scope, const NodeDef& node) {
  const Attrs attrs(b.context, scope.list->attrs(node));
  if (const FunctionDef* function = called_function(b, scope, node);
      function && attrs.types("Tout").empty()) {
    Results results;  // a call by the function's own name
    for (const Arg& arg : function->outputs) {
      results.named.push_back({arg.name, static_cast<std::uint32_t>(results.types.size()), 1});
      results.types.push_back(arg.type != 0 ? arg.type : attrs.type(arg.type_attr));
    }
    return results;
  }
  if (const SourceOp* op = find_source_op(node.op)) return results_of(*op, attrs, kMaxResults);
  // An operator nobody knows: one result, or as many as it declares.
  Results results;
  const std::size_t declared = std::max<std::size_t>(1, attrs.shapes("_output_shapes").size());
  const std::vector<std::int64_t> types = attrs.types("Tout");
  results.types.assign(std::min<std::size_t>(std::max(declared, types.size()), kMaxResults), 0);
  std::copy_n(types.begin(), std::min(types.size(), results.types.size()), results.types.begin());
  if (types.empty() && results.types.size() == 1) results.types[0] = attrs.type("T", attrs.type("dtype"));
  return results;
}

Type type_of(std::int64_t type) {
  Type out;
  out.dtype = dtype_of(type);
  const std::int64_t plain = type > kReference ? type - kReference : type;
  if (plain == kResource || plain == kVariant) out.containers.push_back(Container::opaque);
  return out;
}

Shape shape_of(Building& b, const PlainShape& plain) {
  if (!plain.has_rank) return Shape::unknown_rank();
  Shape shape;
  for (const std::int64_t extent : plain.extents)
    shape.push_back(extent < 0 ? Dim::unknown() : b.model.dims->number(extent));
  return shape;
}

TensorId add_constant(Building& b, Scope& scope, std::string_view name, const TensorData* data) {
  const TensorId id = add_tensor(b, scope, name);
  Tensor& tensor = b.model.graphs[scope.graph].tensors[id];
  if (data == nullptr) return id;
  tensor.constant = data;
  tensor.type.dtype = data->dtype;
  Shape shape;
  for (const std::int64_t extent : data->extents) shape.push_back(b.model.dims->number(extent));
  tensor.shape = std::move(shape);
  return id;
}

TensorId add_input(Building& b, Scope& scope, std::string_view name, std::uint32_t result, std::int64_t type,
                   const std::optional<PlainShape>& shape, bool shares_batch) {
  const TensorId id = add_tensor(b, scope, name, result);
  Graph& graph = b.model.graphs[scope.graph];
  Tensor& tensor = graph.tensors[id];
  tensor.type = type_of(type);
  // The shape of a handle is not that of what it stands for.
  if (shape && shape->has_rank && tensor.type.is_tensor()) {
    Shape extents;
    for (std::size_t axis = 0; axis < shape->extents.size(); ++axis) {
      if (shape->extents[axis] >= 0) {
        extents.push_back(b.model.dims->number(shape->extents[axis]));
        continue;
      }
      std::string symbol = std::string(tensor.name) + "_" + std::to_string(axis);
      if (axis == 0 && shares_batch) symbol = "batch";
      if (!shape->names[axis].empty()) symbol = shape->names[axis];
      extents.push_back(b.model.dims->symbol(symbol));
    }
    tensor.shape = std::move(extents);
  }
  graph.inputs.push_back(id);
  return id;
}

}  // namespace haoline::graphdef
