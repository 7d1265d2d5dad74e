// A NodeProto to a Node, or to the nodes of the function it calls.
#include <optional>

#include "base/text.h"
#include "formats/onnx/reading.h"
#include "formats/shared/module_scope.h"

namespace haoline::onnx {
namespace {

void read_node_metadata(Reading& r, NodeRecord& node, Fields& message, std::string_view& name_space) {
  const MetadataEntry entry = read_entry(r, message.bytes(), message.place());
  if (entry.key == "pkg.torch.onnx.name_scopes") node.module = scope_from_name_scopes(r, entry.value);
  if (entry.key == "namespace") name_space = entry.value;
}

void read_record(Reading& r, const Scope& scope, const Record& record, const Place& place, NodeRecord& node) {
  node.clear();
  node.tag = record.tag;
  std::string_view name_space;
  // What functions say is labelled at their first call.
  const bool labels = scope.frame == nullptr || r.model.functions[scope.frame->function->index].calls == 1;
  Fields message(record.bytes, place, wire::node::kFields, r.context);
  while (message.next()) {
    switch (message.number()) {
      case wire::node::input:
        node.inputs.push_back(message.text());
        break;
      case wire::node::output:
        node.outputs.push_back(message.text());
        break;
      case wire::node::name:
        node.name = message.text();
        break;
      case wire::node::op_type:
        node.op_type = message.text();
        break;
      case wire::node::domain:
        node.domain = message.text();
        break;
      case wire::node::overload:
        node.overload = message.text();
        break;
      case wire::node::attribute:
        node.attributes.push_back({message.tag(), message.bytes()});
        break;
      case wire::node::metadata_props:
        read_node_metadata(r, node, message, name_space);
        if (labels) r.label(message.field(), ByteLabel::metadata);
        break;
      case wire::node::doc_string:
        if (labels) r.label(message.field(), ByteLabel::metadata);
        break;
      case wire::node::device_configurations:
        break;
      default:
        r.unknown(message);
    }
  }
  if (node.domain == "ai.onnx") node.domain = {};
  if (node.module.empty() && !name_space.empty()) node.module = scope_from_namespace(r, name_space);
}

std::string_view scope_of(Reading& r, const Scope& scope, const NodeRecord& node) {
  const std::string_view own = node.module.empty() ? scope_of_name(node.name) : node.module;
  if (scope.frame == nullptr) return own;
  if (own.empty()) return scope.frame->module;
  r.key.assign(scope.frame->module).append(1, '/').append(own);
  return r.model.arena.text(r.key);
}

std::int32_t version_of(Reading& r, const Scope& scope, std::string_view domain) {
  std::int32_t version = scope.frame ? scope.frame->function->opsets->find(domain) : 0;
  if (version == 0) version = r.opsets->find(domain);
  if (version == 0 && r.missing_domains.insert(domain, 0).is_new) {
    haoline::Message message("the model uses operators of ");
    message.name(domain.empty() ? "ai.onnx" : domain).add(" and does not say which version of them");
    r.remark({FindingKind::missing_operator_set, std::move(message)});
  }
  return version;
}

void add_node(Reading& r, const std::shared_ptr<Scope>& scope, const NodeRecord& record, bool is_function,
              const Place& place) {
  const NodeId id{static_cast<std::uint32_t>(r.model.graphs[scope->graph].nodes.size())};
  const std::span<TensorId> operands =
      r.model.arena.allocate<TensorId>(record.inputs.size() + record.outputs.size());
  std::uninitialized_fill(operands.begin(), operands.end(), TensorId{});
  std::uint32_t at = 0;
  for (const std::string_view name : record.inputs) {
    operands[at] = resolve_input(r, *scope, name, record, place, at);
    ++at;
  }
  Node node;
  node.attributes = read_attributes(r, scope, id, record.attributes, place);
  if (!r.ok()) return;
  std::uint32_t output = 0;
  for (const std::string_view name : record.outputs) {
    const Place here{&place, "output", output++};
    const TensorId made = name.empty() ? TensorId{} : declare(r, *scope, name, here, record.tag);
    if (!r.ok()) return;
    operands[at++] = made;
    if (made) r.model.graphs[scope->graph].tensors[made].producer = id;
  }
  node.op = is_function ? Op::unknown : find_op(record.domain, record.op_type);
  node.op_type = record.op_type;
  node.domain = record.domain;
  node.name = record.name;
  if (!scope->prefix.empty() && !record.name.empty()) {
    r.key.assign(scope->prefix).append(1, '/').append(record.name);
    node.name = r.model.arena.text(r.key);
    node.source_name = record.name;
  }
  // Here, where the name has just been seen, the lookup is cheap.
  GraphNotes& notes = r.notes[scope->graph];
  if (node.name.empty() || !notes.node_names.insert(node.name, id.index).is_new)
    notes.needs_node_names = true;
  node.scope = scope_of(r, *scope, record);
  node.version = version_of(r, *scope, record.domain);
  node.inputs = operands.first(record.inputs.size());
  node.outputs = operands.subspan(record.inputs.size());
  node.source_offset = r.offset_of(record.tag);
  r.model.graphs[scope->graph].nodes.add(node);
}

}  // namespace

TensorId resolve_input(Reading& r, Scope& scope, std::string_view name, const NodeRecord& node,
                       const Place& place, std::uint32_t input) {
  if (name.empty()) return {};
  TensorId id;
  if (find_tensor(r, scope, name, id)) return id;
  id = add_tensor(r, scope, name);
  scope.names.insert(name, id.index | kForward);
  scope.forward.push_back({name, place.index, input, node.tag});
  return id;
}

void read_node(Reading& r, const std::shared_ptr<Scope>& scope, const Record& record, const Place& place) {
  if (++r.nodes > r.options.max_nodes) {
    r.fail(ErrorKind::unsupported, place, record.tag,
           "is beyond the " + grouped(r.options.max_nodes) + " nodes that are read");
    return;
  }
  std::optional<NodeRecord> own;  // a call's record is in use while its body is read
  NodeRecord& node = r.functions.empty() ? r.node_record : own.emplace();
  read_record(r, *scope, record, place, node);
  if (!r.ok()) return;
  if (scope->frame != nullptr) {
    const std::uint64_t text = (scope->prefix.size() + node.name.size()) / 16;
    if (!charge(r,
                4 + text + node.inputs.size() + node.outputs.size() * (2 + text) + node.attributes.size() * 2,
                place, record.tag))
      return;
  }
  if (node.op_type.empty()) {
    r.fail(ErrorKind::malformed, place, record.tag, "does not say which operator it is",
           "The file is no ONNX model, or it is damaged.");
    return;
  }
  const FunctionRecord* function = r.functions.empty() ? nullptr : find_function(r, node);
  if (function != nullptr && r.options.inline_functions) {
    inline_call(r, scope, node, *function, place);
  } else {
    add_node(r, scope, node, function != nullptr, place);
  }
}

}  // namespace haoline::onnx
