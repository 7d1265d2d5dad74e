#include "formats/tensorflow/variables.h"

#include <algorithm>

#include "formats/tensorflow/wire.h"

namespace haoline::tensorflow {
namespace {

using namespace graphdef;
namespace gw = graphdef::wire;
namespace sw = tensorflow::wire;

constexpr Place kObjects{nullptr, "object_graph_def"};

bool is_assign(std::string_view op) {
  return op == "AssignVariableOp" || op == "Assign";
}

// The strings of a constant.
std::vector<std::string_view> strings_of(Context& context, const NodeList& list, const NodeDef& node) {
  std::vector<std::string_view> texts;
  if (node.op != "Const") return texts;
  const Bytes tensor = Attrs(context, list.attrs(node)).tensor("value");
  Fields message(tensor, {nullptr, "value"}, gw::tensor::kFields, context);
  while (message.next()) {
    if (message.number() == gw::tensor::string_val) texts.push_back(message.text());
  }
  return texts;
}

// A place in the call of the function a resource is passed to.
std::optional<std::size_t> argument_of(const FunctionDef& function, std::string_view name) {
  for (std::size_t i = 0; i < function.inputs.size(); ++i) {
    if (function.inputs[i].name == name) return i;
  }
  return std::nullopt;
}

}  // namespace

void Variables::read_keys(Bytes trackable) {
  Context context(trackable);  // in another file; a defect there leaves names
  Fields message(trackable, {nullptr, "nodes"}, sw::trackable::kFields, context);
  std::size_t index = 0;
  while (message.next()) {
    if (message.number() != sw::trackable::nodes) continue;
    Fields object(message.bytes(), {nullptr, "nodes"}, sw::trackable_object::kFields, context);
    while (object.next()) {
      if (object.number() != sw::trackable_object::attributes) continue;
      Fields tensor(object.bytes(), {nullptr, "attributes"}, sw::serialized::kFields, context);
      std::string_view name, key;
      while (tensor.next()) {
        if (tensor.number() == sw::serialized::name) name = tensor.text();
        if (tensor.number() == sw::serialized::checkpoint_key) key = tensor.text();
      }
      if (name == "VARIABLE_VALUE" && index < objects_.size()) objects_[index].key = key;
    }
    ++index;
  }
}

void Variables::read_objects(Bytes saved_objects) {
  Fields message(saved_objects, kObjects, sw::objects::kFields, context_);
  while (message.next()) {
    if (message.number() != sw::objects::nodes) continue;
    Object out;
    Fields object(message.bytes(), {&kObjects, "nodes"}, sw::object::kFields, context_);
    while (object.next()) {
      if (object.number() != sw::object::variable) continue;
      out.is_variable = true;
      out.trained = Trained::no;  // the wire leaves out what is false
      Fields variable(object.bytes(), {&kObjects, "variable"}, sw::variable::kFields, context_);
      while (variable.next()) {
        if (variable.number() == sw::variable::name) out.name = variable.text();
        if (variable.number() == sw::variable::trainable && variable.number64() != 0)
          out.trained = Trained::yes;
      }
    }
    objects_.push_back(out);
  }
  if (bundle_) read_keys(as_bytes(bundle_->text("_CHECKPOINTABLE_OBJECT_GRAPH", model_)));
  for (std::uint32_t i = 0; i < objects_.size(); ++i) {
    const Object& object = objects_[i];
    if (!object.is_variable) continue;
    if (!object.key.empty()) object_of_key_.insert(object.key, i);
    if (!object.name.empty()) object_of_name_.insert(object.name, i);
  }
}

void Variables::follow_in(const NodeList& list, std::vector<Restored>& found) {
  NameTable names(list.nodes.size());
  bool restores = false;
  for (std::uint32_t i = 0; i < list.nodes.size(); ++i) {
    names.insert(list.nodes[i].name, i);
    restores = restores || list.nodes[i].op == "RestoreV2";
  }
  if (!restores) return;
  const auto node_of = [&](std::string_view input) -> const NodeDef* {
    const std::uint32_t* index = names.find(parse_endpoint(input).node);
    return index == nullptr ? nullptr : &list.nodes[*index];
  };
  for (const NodeDef& assign : list.nodes) {
    if (!is_assign(assign.op) || assign.input_count < 2) continue;
    std::string_view from = list.inputs(assign)[1];
    const NodeDef* producer = node_of(from);
    for (int step = 0; producer && step < 8 && producer->op == "Identity" && producer->input_count > 0;
         ++step) {
      from = list.inputs(*producer)[0];
      producer = node_of(from);
    }
    if (!producer || producer->op != "RestoreV2" || producer->input_count < 2) continue;
    const NodeDef* constant = node_of(list.inputs(*producer)[1]);
    if (constant == nullptr) continue;
    const std::vector<std::string_view> keys = strings_of(context_, list, *constant);
    const std::uint32_t index = parse_endpoint(from).index;
    if (index < keys.size()) found.push_back({parse_endpoint(list.inputs(assign)[0]).node, keys[index]});
  }
}

void Variables::follow_restores() {
  const auto note = [&](std::string_view node, std::string_view key) {
    if (key_of_node_.insert(node, static_cast<std::uint32_t>(keys_.size())).is_new) keys_.push_back(key);
  };
  std::vector<Restored> found;
  follow_in(graph_.nodes, found);
  for (const Restored& restored : found) note(restored.node, restored.key);
  // TensorFlow 2: a function restores, the main graph passes the variables to it.
  for (const NodeDef& call : graph_.nodes.nodes) {
    if (call.op != "StatefulPartitionedCall" && call.op != "PartitionedCall") continue;
    const Attrs attrs(context_, graph_.nodes.attrs(call));
    const std::string_view name = attrs.function("f");
    const std::uint32_t* index = name.empty() ? nullptr : graph_.function_index.find(name);
    if (index == nullptr || name.find("restore") == std::string_view::npos) continue;
    FunctionDef& function = graph_.functions[*index];
    read_function(context_, function);
    found.clear();
    follow_in(function.nodes, found);
    std::vector<std::string_view> passed;
    for (const std::string_view input : graph_.nodes.inputs(call)) {
      if (!input.starts_with("^")) passed.push_back(parse_endpoint(input).node);
    }
    for (const Restored& restored : found) {
      const std::optional<std::size_t> argument = argument_of(function, restored.node);
      if (argument && *argument < passed.size()) note(passed[*argument], restored.key);
    }
  }
}

StoredValue Variables::stored(std::string_view key) {
  StoredValue value;
  if (!bundle_ || key.empty()) return value;
  value.data = bundle_->data(key, model_);
  if (const std::uint32_t* object = object_of_key_.find(key)) value.trained = objects_[*object].trained;
  return value;
}

StoredValue Variables::variable(std::string_view node, std::string_view shared_name) {
  if (const std::uint32_t* index = key_of_node_.find(node)) {
    const StoredValue value = stored(keys_[*index]);
    if (value.data != nullptr) return value;
  }
  for (const std::string_view name : {shared_name, node}) {
    if (name.empty()) continue;
    if (const std::uint32_t* index = object_of_name_.find(name)) return object(*index);
    const StoredValue value = stored(name);
    if (value.data != nullptr) return value;
  }
  return {};
}

StoredValue Variables::object(std::uint32_t index) {
  if (index >= objects_.size()) return {};
  StoredValue value = stored(objects_[index].key);
  value.trained = objects_[index].trained;
  return value;
}

std::string_view Variables::object_name(std::uint32_t index) const {
  return index < objects_.size() ? objects_[index].name : std::string_view();
}

}  // namespace haoline::tensorflow
