// An ML program becomes a graph: const is a tensor, everything else a node; blocks are bodies.
#include <algorithm>

#include "base/text.h"
#include "formats/coreml/call.h"
#include "ir/tensor_elements.h"

namespace haoline::coreml {
namespace {

Shape shape_of(DimPool& pool, const MilType& type) {
  if (!type.has_rank) return Shape::unknown_rank();
  SmallVector<Dim, 5> dims;
  for (const std::int64_t extent : type.dims)
    dims.push_back(extent < 0 ? Dim::unknown() : pool.number(extent));
  return Shape(std::move(dims));
}

void declare_type(Reading& r, Tensor& tensor, const MilType& type) {
  tensor.type.dtype = type.dtype;
  if (type.is_list) tensor.type.containers.push_back(Container::sequence);
  if (type.is_other) tensor.type.containers.push_back(Container::opaque);
  if (!type.is_list && !type.is_other) tensor.shape = shape_of(*r.model.dims, type);
}

class ProgramReader {
 public:
  explicit ProgramReader(Reading& r) : r_(r) {}

  void read_block(Scope& scope, const MilBlock& block, std::size_t depth) {
    for (const MilOperation& operation : block.operations) {
      if (!r_.ok()) return;
      if (operation.type == "const") {
        add_const(scope, operation);
      } else {
        add_node(scope, operation, depth);
      }
    }
    for (const std::string_view output : block.outputs) {
      const TensorId id = find(r_, scope, output);
      if (!id) return fail("a block gives back something that nothing makes");
      r_.model.graphs[scope.graph].outputs.push_back(id);
    }
  }

 private:
  void fail(std::string what) {
    r_.context.fail(ErrorKind::malformed, {nullptr, "mlProgram"}, r_.file.data(), std::move(what),
                    "The model is incomplete or damaged; convert it again.");
  }

  void add_const(Scope& scope, const MilOperation& operation) {
    const MilValue* value = operation.attribute("val");
    if (value == nullptr) {
      if (const MilArgument* input = operation.input("val"); input != nullptr && !input->bindings.empty())
        value = input->bindings[0].value;
    }
    for (const MilNamed& output : operation.outputs) {
      TensorData data;
      if (value != nullptr) data = value->data;
      if (value == nullptr || value->type.is_other || value->type.is_list)
        data.encoding = TensorData::Encoding::absent;
      const TensorId id = declare(r_, scope, output.name);
      Tensor& tensor = r_.model.graphs[scope.graph].tensors[id];
      tensor.constant = r_.model.arena.create(data);
      declare_type(r_, tensor, output.type);
      if (value == nullptr || value->type.dtype != DType::unknown || value->type.bits == 0) continue;
      Quantization q;
      q.scheme = "packed";
      q.bits = static_cast<std::int32_t>(value->type.bits);
      tensor.quantization = r_.model.arena.create(q);
    }
  }

  GraphId add_body(Call& call, const MilBlock& block, std::string_view attribute, std::size_t depth) {
    std::string path(r_.model.graphs[call.scope.graph].path);
    if (!path.empty()) path += '/';
    path.append(call.made.unique).append("/").append(attribute);
    const GraphId body = add_graph(r_, {}, call.scope.graph, call.made.id, r_.model.arena.text(path));
    Scope inner{body, &call.scope};
    for (const MilNamed& input : block.inputs) {
      const TensorId id = declare(r_, inner, input.name);
      declare_type(r_, r_.model.graphs[body].tensors[id], input.type);
      r_.model.graphs[body].inputs.push_back(id);
    }
    read_block(inner, block, depth + 1);
    call.made.attributes.push_back({attribute, body, {}});
    return body;
  }

  // if: the branches see everything around them. while: a condition and a body over what they carry.
  void add_bodies(Call& call, std::size_t depth) {
    const MilOperation& operation = call.operation;
    if (operation.type == "cond" && operation.blocks.size() == 2) {
      call.made.op = Op::If;
      call.add(call.tensor("pred"));
      add_body(call, operation.blocks[0], "then_branch", depth);
      add_body(call, operation.blocks[1], "else_branch", depth);
    } else if (operation.type == "while_loop" && operation.blocks.size() == 2) {
      call.made.op = Op::While;
      add_all(call, "loop_vars");
      add_body(call, operation.blocks[0], "cond", depth);
      add_body(call, operation.blocks[1], "body", depth);
    } else {
      std::uint32_t index = 0;
      for (const MilBlock& block : operation.blocks)
        add_body(call, block, r_.model.arena.text("block" + std::to_string(index++)), depth);
    }
  }

  void add_all(Call& call, std::string_view key) {
    const MilArgument* argument = call.operation.input(key);
    if (argument == nullptr) return;
    for (const MilBinding& binding : argument->bindings) call.add(bound(call, key, binding));
  }

 public:
  static TensorId bound(Call& call, std::string_view key, const MilBinding& binding) {
    if (!binding.name.empty()) return find(call.r, call.scope, binding.name);
    if (binding.value == nullptr) return {};
    const std::string name = std::string(call.made.unique) + "/" + std::string(key);
    return add_constant(call.r, call.scope.graph, call.r.model.arena.text(name), binding.value->data);
  }

 private:
  // Operands in canonical order; absent ones at the end are left out.
  void add_operands(Call& call, std::string_view order) {
    while (!order.empty()) {
      const std::size_t space = order.find(' ');
      const std::string_view key = order.substr(0, space);
      if (key.starts_with('*')) {
        add_all(call, key.substr(1));
      } else {
        call.add(key == "-" ? TensorId{} : call.tensor(key));
      }
      order = space == std::string_view::npos ? std::string_view{} : order.substr(space + 1);
    }
    while (!call.made.inputs.empty() && !call.made.inputs.back()) call.made.inputs.pop_back();
  }

  // Everything it takes, as itself; settings that are single numbers or texts as attributes.
  void stay(Call& call) {
    call.made.op = Op::unknown;
    call.made.inputs.clear();
    call.made.attributes.clear();
    for (const MilArgument& argument : call.operation.inputs) {
      for (const MilBinding& binding : argument.bindings) call.add(bound(call, argument.name, binding));
    }
    if (!call.operation.type.starts_with("constexpr")) return;
    for (const auto& [key, value] : call.operation.attributes) {
      if (key != "name" && value->data.dtype != DType::string) call.add(bound(call, key, {{}, value}));
    }
  }

  void add_node(Scope& scope, const MilOperation& operation, std::size_t depth) {
    if (depth >= kMaxDepth) return fail("blocks are nested too deeply");
    Call call(r_, scope, operation);
    Made& made = call.made;
    made.type = operation.type;
    made.at = operation.at;
    if (const MilValue* name = operation.attribute("name"); name != nullptr && name->data.texts.size() == 1)
      made.name = name->data.texts[0];
    if (made.name.empty() && !operation.outputs.empty()) made.name = operation.outputs[0].name;
    reserve_node(r_, scope, made);
    if (!names_are_known(call)) return;
    if (!operation.blocks.empty()) {
      add_bodies(call, depth);
    } else {
      const MilTranslation* translation = find_mil(operation.type);
      if (translation != nullptr) {
        made.op = translation->op;
        add_operands(call, translation->operands);
      }
      const bool is_translated =
          translation != nullptr && (!translation->translate || translation->translate(call));
      if (!is_translated || made.op == Op::unknown) stay(call);
    }
    if (!r_.ok()) return;
    for (const MilNamed& output : operation.outputs) {
      const TensorId id = declare(r_, scope, output.name);
      Tensor& tensor = r_.model.graphs[scope.graph].tensors[id];
      declare_type(r_, tensor, output.type);
      tensor.is_state = operation.type == "read_state";
      made.outputs.push_back(id);
    }
    place_node(r_, scope, made);
  }

  bool names_are_known(Call& call) {
    for (const MilArgument& argument : call.operation.inputs) {
      for (const MilBinding& binding : argument.bindings) {
        if (binding.name.empty() || find(r_, call.scope, binding.name)) continue;
        fail("an operation takes something that nothing before it makes");
        return false;
      }
    }
    return true;
  }

  Reading& r_;
};

void add_inputs(Reading& r, Scope& scope, const MilFunction& function, const Description& description) {
  for (const MilNamed& input : function.inputs) {
    const TensorId id = declare(r, scope, input.name);
    Graph& graph = r.model.graphs[scope.graph];
    Tensor& tensor = graph.tensors[id];
    declare_type(r, tensor, input.type);
    tensor.is_state = input.type.is_state;
    // The description knows which extents may vary, and how they are called.
    for (const FeatureDescription& feature : description.inputs) {
      if (feature.name == input.name && feature.shape.has_rank() && !feature.is_image &&
          feature.shape.rank() == tensor.shape.rank() && !feature.shape.is_scalar())
        tensor.shape = feature.shape;
    }
    graph.inputs.push_back(id);
  }
}

void read_functions(Reading& r, const MilProgram& program, const Description& description) {
  if (program.functions.empty()) {
    r.context.fail(ErrorKind::malformed, {nullptr, "mlProgram"}, r.file.data(), "has no function",
                   "The model is incomplete; convert it again.");
    return;
  }
  const std::string_view wanted =
      description.default_function.empty() ? "main" : description.default_function;
  const auto found = std::find_if(program.functions.begin(), program.functions.end(),
                                  [&](const MilFunction& f) { return f.name == wanted; });
  const MilFunction& main = found == program.functions.end() ? program.functions.front() : *found;
  r.model.opsets.push_back({main.opset, program.version});
  for (const MilFunction& function : program.functions)
    r.model.functions.push_back({function.opset, function.name, {}, function.block.operations.size(), 0});
  if (program.functions.size() > 1) {
    haoline::Message message("the report is of ");
    message.name(main.name).add(", one of " + counted(program.functions.size(), "function"));
    r.remark(FindingKind::unread_content, std::move(message));
  }
  Scope scope{add_graph(r, main.name)};
  add_inputs(r, scope, main, description);
  ProgramReader(r).read_block(scope, main.block, 0);
}

}  // namespace

const TensorData* Call::data(std::string_view key) {
  const MilArgument* argument = operation.input(key);
  if (argument == nullptr) {
    const MilValue* value = operation.attribute(key);
    return value == nullptr ? nullptr : &value->data;
  }
  if (argument->bindings.size() != 1) return nullptr;
  const MilBinding& binding = argument->bindings[0];
  if (binding.value != nullptr) return &binding.value->data;
  const TensorId id = find(r, scope, binding.name);
  if (!id) return nullptr;
  const Tensor* tensor = &r.model.graphs[scope.graph].tensors[id];
  GraphId graph = scope.graph;
  while (tensor->outer) {
    graph = r.model.graphs[graph].parent;
    tensor = &r.model.graphs[graph].tensors[tensor->outer];
  }
  return tensor->constant;
}

TensorId Call::tensor(std::string_view key) {
  const MilArgument* argument = operation.input(key);
  if (argument != nullptr && argument->bindings.empty()) return {};
  if (argument != nullptr) return ProgramReader::bound(*this, key, argument->bindings[0]);
  const MilValue* value = operation.attribute(key);
  return value == nullptr ? TensorId{} : ProgramReader::bound(*this, key, {{}, value});
}

std::optional<Integers> Call::integers(std::string_view key) {
  constexpr std::uint64_t kMost = 4096;
  const TensorData* constant = data(key);
  if (constant == nullptr || constant->stored_elements > kMost) return std::nullopt;
  ElementReader reader(*constant);
  if (!reader.can_read() || !reader.is_integer()) return std::nullopt;
  Integers list(static_cast<std::size_t>(constant->stored_elements), 0);
  if (reader.read(std::span<std::int64_t>(list.data(), list.size())) != list.size()) return std::nullopt;
  return list;
}

std::int64_t Call::integer(std::string_view key, std::int64_t otherwise) {
  const std::optional<Integers> list = integers(key);
  return list && list->size() == 1 ? (*list)[0] : otherwise;
}

double Call::real(std::string_view key, double otherwise) {
  const TensorData* constant = data(key);
  if (constant == nullptr || constant->stored_elements != 1) return otherwise;
  ElementReader reader(*constant);
  double value = otherwise;
  if (!reader.can_read() || reader.read(std::span(&value, 1)) != 1) return otherwise;
  return value;
}

std::string_view Call::text(std::string_view key, std::string_view otherwise) {
  const TensorData* constant = data(key);
  return constant != nullptr && constant->texts.size() == 1 ? constant->texts[0] : otherwise;
}

std::optional<std::size_t> Call::rank(std::string_view key) {
  const MilArgument* argument = operation.input(key);
  if (argument == nullptr || argument->bindings.empty() || argument->bindings[0].name.empty())
    return std::nullopt;
  const TensorId id = find(r, scope, argument->bindings[0].name);
  if (!id) return std::nullopt;
  const Shape& shape = r.model.graphs[scope.graph].tensors[id].shape;
  return shape.has_rank() ? std::optional(shape.rank()) : std::nullopt;
}

std::int64_t Call::dim(std::string_view key, std::size_t axis) {
  if (rank(key).value_or(0) <= axis) return -1;
  const TensorId id = find(r, scope, operation.input(key)->bindings[0].name);
  return r.model.graphs[scope.graph].tensors[id].shape[axis].number().value_or(-1);
}

TensorId Call::make(std::string_view role, const Integers& values, bool is_scalar) {
  const std::string name = std::string(made.unique) + "/" + std::string(role);
  return add_constant(r, scope.graph, r.model.arena.text(name), integer_data(r, values, is_scalar));
}

TensorId Call::make(std::string_view role, std::span<const float> values) {
  const std::string name = std::string(made.unique) + "/" + std::string(role);
  return add_constant(r, scope.graph, r.model.arena.text(name), float_data(r, values));
}

const MilTranslation* find_mil(std::string_view type) {
  for (const auto rows : {mil_math(), mil_networks(), mil_movement()}) {
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const MilTranslation& t) { return t.type == type; });
    if (found != rows.end()) return &*found;
  }
  return nullptr;
}

void read_program(Reading& r, Bytes bytes, const Place& place, const Description& description) {
  MilProgram program;
  if (read_mil(r, bytes, place, program)) read_functions(r, program, description);
}

void read_program_text(Reading& r) {
  MilProgram program;
  if (read_mil_text(r, program)) read_functions(r, program, {});
}

}  // namespace haoline::coreml
