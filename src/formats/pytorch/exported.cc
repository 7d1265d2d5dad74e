// torch.export: a graph in JSON, every tensor with type and sizes, weights beside it.
#include "formats/pytorch/exported.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace haoline::pytorch {
namespace {

// Checks that compute nothing: what they demand is in the ranges of the symbols.
bool is_check(std::string_view target) {
  return target.find("._assert_") != std::string_view::npos ||
         target.find("sym_constrain_range") != std::string_view::npos;
}

// "torch.ops.aten.conv2d.default" -> "aten.conv2d.default", as torch prints it.
std::string_view spelled(std::string_view target) {
  if (target.starts_with("torch.ops.higher_order.")) return target.substr(23);
  return target.starts_with("torch.ops.") ? target.substr(10) : target;
}

struct Name {
  std::string qualified;   // "conv2d", "quantized::conv2d"
  std::string overloaded;  // "arange.start"
};
Name name_of(std::string_view target) {
  const std::string_view text = spelled(target);
  const std::size_t first = text.find('.');
  if (first == std::string_view::npos) return {std::string(text), {}};
  const std::string_view space = text.substr(0, first);
  const std::string_view rest = text.substr(first + 1);
  if (space == "_operator" || space == "math" || space == "builtins") {
    struct Row {
      std::string_view python, aten;
    };
    constexpr Row kRows[] = {{"truediv", "div"},
                             {"mod", "remainder"},
                             {"floordiv", "floordiv"},
                             {"and_", "__and__"},
                             {"or_", "__or__"}};
    for (const Row& row : kRows) {
      if (row.python == rest) return {std::string(row.aten), {}};
    }
    return {std::string(rest), {}};
  }
  const std::string base(rest.substr(0, rest.find('.')));
  if (space == "aten") return {base, std::string(rest)};
  return {std::string(space) + "::" + base, {}};
}

}  // namespace

void ExportedProgram::read_ranges(json::Value ranges) {
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const json::Member range = ranges.member(i);
    const json::Value low = range.value["min_val"];
    const json::Value high = range.value["max_val"];
    const std::string text = (low.is_integer() ? std::to_string(low.integer()) : "?") + " to " +
                             (high.is_integer() ? std::to_string(high.integer()) : "?");
    r_.say("range." + std::string(range.key), text);
    const Dim symbol = r_.model.dims->symbol(range.key);
    Range bounds = r_.model.dims->range(symbol);
    if (low.is_integer()) bounds.low = std::max<Int128>(bounds.low, low.integer());
    if (high.is_integer() && high.integer() >= low.integer())
      bounds.high = std::min<Int128>(bounds.high, high.integer());
    if (bounds.low <= bounds.high) r_.model.dims->restrict(symbol, bounds);
  }
}

void ExportedProgram::declare(TensorId tensor, json::Value graph, std::string_view name) {
  const json::Value meta = graph["tensor_values"][name];
  if (!meta) return;
  const json::Value tensor_meta = meta["meta"] ? meta["meta"] : meta;
  Tensor& made = writer_.graph().tensors[tensor];
  made.type.dtype = exported_dtype(tensor_meta["dtype"].integer());
  const json::Value sizes = tensor_meta["sizes"];
  if (!sizes.is_array()) return;
  Shape shape;
  for (std::size_t i = 0; i < std::min<std::size_t>(sizes.size(), 64); ++i)
    shape.push_back(read_size(sizes[i], r_));
  made.shape = std::move(shape);
}

void ExportedProgram::add_weight(std::string_view argument, std::string_view qualified, Trained trained,
                                 Names& names) {
  const StoredTensor* stored = weights_.find(std::string(qualified));
  if (stored == nullptr) return;
  StoredTensor weight = *stored;
  weight.trained = trained;
  const TensorId id = writer_.add_weight(qualified, weight);
  if (!id) return;
  if (argument != qualified) writer_.graph().tensors[id].source_name = r_.model.arena.text(argument);
  names.insert_or_assign(argument, Value::of_tensor(Model::kMain, id));
}

// Weights are inputs of the exported graph; the signature says which.
void ExportedProgram::add_inputs(json::Value graph, json::Value signature, Names& names) {
  const json::Value specs = signature["input_specs"];
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const json::Value spec = specs[i];
    struct Row {
      std::string_view kind, name;
      Trained trained;
    };
    constexpr Row kRows[] = {{"parameter", "parameter_name", Trained::yes},
                             {"buffer", "buffer_name", Trained::no},
                             {"tensor_constant", "tensor_constant_name", Trained::auxiliary}};
    for (const Row& row : kRows) {
      const json::Value of = spec[row.kind];
      if (of) add_weight(of["arg"]["name"].text(), of[row.name].text(), row.trained, names);
    }
  }
  const json::Value inputs = graph["inputs"];
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    json::Value name = inputs[i]["as_tensor"]["name"];
    const bool is_number = !name;
    if (is_number)
      name = inputs[i]["as_sym_int"]["as_name"] ? inputs[i]["as_sym_int"]["as_name"]
                                                : inputs[i]["as_sym_bool"]["as_name"];
    if (!name.is_text() || names.contains(name.text())) continue;
    const TensorId id = writer_.add_input(name.text());
    declare(id, graph, name.text());
    Value value = Value::of_tensor(writer_.here(), id);
    if (is_number) {
      value.is_scalar = true;
      value.scalar_type = DType::int64;
      writer_.graph().tensors[id].type.dtype = DType::int64;
      writer_.graph().tensors[id].shape = Shape{};
    }
    names.insert_or_assign(writer_.graph().tensors[id].name, value);
    names.insert_or_assign(r_.model.arena.text(name.text()), value);
  }
}

Value ExportedProgram::argument(json::Value argument, Names& names, int depth) {
  if (!argument.is_object() || argument.size() == 0 || depth > 4) return Value::none();
  const json::Member of = argument.member(0);
  const json::Value v = of.value;
  const auto named = [&](std::string_view name) {
    const auto at = names.find(name);
    return at == names.end() ? Value::none() : at->second;
  };
  const auto all = [&](auto convert) {
    std::vector<Value> items;
    for (std::size_t i = 0; i < v.size(); ++i) items.push_back(convert(v[i]));
    return Value::of_items(Value::Kind::list, std::move(items));
  };
  const auto symbolic = [&](json::Value s) {
    if (s["as_name"]) return named(s["as_name"].text());
    if (s["as_int"]) return Value::number(s["as_int"].integer());
    if (s["as_bool"]) return Value::boolean(s["as_bool"].boolean());
    if (s["as_float"]) return Value::number(s["as_float"].number());
    return Value::none();
  };
  const std::string_view kind = of.key;
  if (kind == "as_tensor") return named(v["name"].text());
  if (kind == "as_tensors") return all([&](json::Value item) { return named(item["name"].text()); });
  if (kind == "as_optional_tensors")
    return all([&](json::Value item) { return this->argument(item, names, depth + 1); });
  if (kind == "as_optional_tensor") return this->argument(v, names, depth + 1);
  if (kind == "as_int") return Value::number(v.integer());
  if (kind == "as_float") {
    if (v.is_text())
      return Value::number(v.text() == "-Infinity" ? -static_cast<double>(INFINITY)
                                                   : static_cast<double>(INFINITY));
    return Value::number(v.number());
  }
  if (kind == "as_bool") return Value::boolean(v.boolean());
  if (kind == "as_string") return Value::of_text(r_.model.arena.text(v.text()));
  if (kind == "as_ints") return all([](json::Value item) { return Value::number(item.integer()); });
  if (kind == "as_floats") return all([](json::Value item) { return Value::number(item.number()); });
  if (kind == "as_bools") return all([](json::Value item) { return Value::boolean(item.boolean()); });
  if (kind == "as_sym_int" || kind == "as_sym_bool" || kind == "as_sym_float") return symbolic(v);
  if (kind == "as_sym_ints" || kind == "as_sym_bools" || kind == "as_sym_floats") return all(symbolic);
  if (kind == "as_scalar_type") return Value::of_dtype(exported_dtype(v.integer()));
  return Value::none();
}

std::string_view ExportedProgram::scope_of(json::Value node) {
  // "L__self__,,pkg.Net;L__self__conv1,conv1,torch.nn…Conv2d": the module's path is the second field of the
  // last.
  std::string_view stack = node["metadata"]["nn_module_stack"].text();
  if (const std::size_t last = stack.rfind(';'); last != std::string_view::npos)
    stack.remove_prefix(last + 1);
  const std::size_t begin = stack.find(',');
  if (begin == std::string_view::npos) return {};
  stack.remove_prefix(begin + 1);
  std::string path(stack.substr(0, stack.find(',')));
  std::replace(path.begin(), path.end(), '.', '/');
  return path.empty() ? std::string_view() : r_.model.arena.text(path);
}

void ExportedProgram::collect(const Value& value, std::vector<TensorId>& operands) {
  if (value.is_tensor()) operands.push_back(writer_.in_here(value));
  if (!value.is_items()) return;
  for (const Value& item : value.items->values) collect(item, operands);
}

// Adds the node; its results have the names, types and sizes of the program.
void ExportedProgram::finish(json::Value graph, json::Value node, Plan plan, Names& names) {
  plan.name = node["name"].text();
  plan.source = spelled(node["target"].text());
  plan.scope = scope_of(node);
  struct Result {
    std::string_view name;
    bool is_number;
  };
  std::vector<Result> results;
  const json::Value outputs = node["outputs"];
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const json::Value out = outputs[i];
    if (out["as_tensor"]) results.push_back({out["as_tensor"]["name"].text(), false});
    for (std::size_t k = 0; k < out["as_tensors"].size(); ++k)
      results.push_back({out["as_tensors"][k]["name"].text(), false});
    for (std::size_t k = 0; k < out["as_optional_tensors"].size(); ++k) {
      results.push_back({out["as_optional_tensors"][k]["as_tensor"]["name"].text(), false});
    }
    for (const std::string_view kind : {"as_sym_int", "as_sym_bool", "as_sym_float"}) {
      if (out[kind]["as_name"]) results.push_back({out[kind]["as_name"].text(), true});
    }
  }
  plan.outputs.clear();
  for (const Result& result : results) plan.outputs.push_back(result.name);
  const std::vector<TensorId> made = writer_.add(plan);
  for (std::size_t i = 0; i < made.size(); ++i) {
    Value value = Value::of_tensor(writer_.here(), made[i]);
    if (results[i].is_number) {
      value.is_scalar = true;
      value.scalar_type = DType::int64;
      writer_.graph().tensors[made[i]].type.dtype = DType::int64;
      writer_.graph().tensors[made[i]].shape = Shape{};
    } else {
      declare(made[i], graph, results[i].name);
    }
    names.insert_or_assign(r_.model.arena.text(results[i].name), value);
  }
}

// A graph that an operator carries. Its inputs are the operands behind it.
GraphId ExportedProgram::read_body(json::Value graph, std::string_view name) {
  const GraphId body = writer_.begin_body(name);
  Names inside;
  add_inputs(graph, json::Value(), inside);
  read_nodes(graph, inside);
  add_outputs(graph, inside);
  return body;
}

bool ExportedProgram::higher_order(json::Value graph, json::Value node, std::string_view name, Names& names) {
  struct Row {
    std::string_view name, op, first, second;
  };
  constexpr Row kRows[] = {{"cond", "If", "then_branch", "else_branch"},
                           {"while_loop", "haoline.While", "cond", "body"},
                           {"wrap_with_set_grad_enabled", "haoline.Call", "body", ""},
                           {"wrap_with_autocast", "haoline.Call", "body", ""},
                           {"invoke_subgraph", "haoline.Call", "body", ""}};
  const auto* row =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.name == name; });
  if (row == std::end(kRows)) return false;
  Plan plan;
  plan.op = row->op;
  std::vector<GraphId> bodies;
  const json::Value inputs = node["inputs"];
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const json::Value of = inputs[i]["arg"];
    if (of["as_graph"]) {
      bodies.push_back(read_body(of["as_graph"]["graph"], of["as_graph"]["name"].text()));
    } else {
      collect(argument(of, names), plan.inputs);
    }
  }
  const std::string_view attributes[] = {row->first, row->second};
  for (std::size_t i = 0; i < std::min<std::size_t>(bodies.size(), 2); ++i) {
    if (!attributes[i].empty()) plan.attributes.push_back(writer_.attribute(attributes[i], bodies[i]));
  }
  finish(graph, node, std::move(plan), names);
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const std::string_view as = i < 2 && !attributes[i].empty() ? attributes[i] : std::string_view("graph");
    writer_.adopt(writer_.last_node(), as, bodies[i]);
  }
  return true;
}

void ExportedProgram::read_node(json::Value graph, json::Value node, Names& names) {
  const std::string_view target = node["target"].text();
  if (is_check(target)) return;
  if (target.starts_with("torch.ops.higher_order.") && higher_order(graph, node, target.substr(23), names))
    return;
  std::vector<Argument> arguments;
  const json::Value inputs = node["inputs"];
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string_view keyword = inputs[i]["name"].text();
    arguments.push_back({keyword, argument(inputs[i]["arg"], names)});
  }
  std::size_t results = 0;
  for (std::size_t i = 0; i < node["outputs"].size(); ++i) {
    results += node["outputs"][i]["as_tensors"] ? node["outputs"][i]["as_tensors"].size() : 1;
  }
  const Name name = name_of(target);
  const AtenRow* row = name.overloaded.empty() ? nullptr : find_aten(name.overloaded);
  if (row == nullptr) row = find_aten(name.qualified);
  if (row != nullptr) {
    Translation translation(writer_, *row, arguments, results);
    translation.plan.scope = scope_of(node);
    if (row->translate(translation) && translation.bound && !translation.plan.inputs.empty()) {
      return finish(graph, node, std::move(translation.plan), names);
    }
  }
  Plan plan;
  for (const Argument& given : arguments) collect(given.value, plan.inputs);
  finish(graph, node, std::move(plan), names);
}

void ExportedProgram::read_nodes(json::Value graph, Names& names) {
  if (++depth_ > kMaxDepth) {
    r_.fail(located(ErrorKind::unsupported, "graph", 0, "has graphs nested too deeply",
                    "Export the model again."));
  }
  const json::Value nodes = graph["nodes"];
  for (std::size_t i = 0; i < nodes.size() && r_.ok(); ++i) read_node(graph, nodes[i], names);
  --depth_;
}

void ExportedProgram::add_outputs(json::Value graph, Names& names) {
  std::vector<TensorId> outputs;
  for (std::size_t i = 0; i < graph["outputs"].size(); ++i)
    collect(argument(graph["outputs"][i], names), outputs);
  std::erase_if(outputs, [](TensorId id) { return !id; });
  if (writer_.here() == Model::kMain) {
    writer_.graph().outputs = std::move(outputs);
  } else {
    writer_.end_body(outputs);
  }
}

void ExportedProgram::read(json::Value program) {
  const json::Value module = program["graph_module"];
  const json::Value graph = module["graph"];
  if (!graph["nodes"].is_array()) {
    return r_.fail(located(ErrorKind::malformed, "graph_module", 0, "has no graph",
                           "The file is damaged; export it again."));
  }
  r_.model.producer_version = r_.model.arena.text(program["torch_version"].text());
  read_ranges(program["range_constraints"]);
  Names names;
  add_inputs(graph, module["signature"], names);
  // What is stored and not in the signature is still part of the file.
  for (const std::string& name : weights_.names()) {
    const StoredTensor* stored = weights_.find(name);
    if (stored != nullptr && !r_.names.contains(name)) writer_.add_weight(name, *stored);
  }
  read_nodes(graph, names);
  if (r_.ok()) add_outputs(graph, names);
}

void read_exported(Reading& r, Zip& zip) {
  const ZipMember* program = nullptr;
  for (const ZipMember& member : zip.members()) {
    const bool is_one =
        member.name.ends_with("serialized_exported_program.json") ||
        (member.name.find("models/") != std::string_view::npos && member.name.ends_with(".json"));
    if (is_one && (program == nullptr || member.name.ends_with("/model.json"))) program = &member;
  }
  if (program == nullptr) return;
  const Result<Bytes> text = zip.read(*program, r.model.arena);
  if (!text) return r.fail(text.error());
  const Result<json::Document> document = json::Document::parse(*text, program->header, 512);
  if (!document) return r.fail(document.error());
  const json::Value version = document->root()["schema_version"];
  r.model.format_version = "torch.export";
  if (version)
    r.model.format_version +=
        " " + std::to_string(version["major"].integer()) + "." + std::to_string(version["minor"].integer());
  r.model.opsets.push_back({"aten", document->root()["opset_version"]["aten"].integer()});
  ExportedWeights weights(r, zip);
  weights.open();
  if (r.ok()) ExportedProgram(r, weights).read(document->root());
}

}  // namespace haoline::pytorch
