// Which tensor a name means.
//
// ONNX names are single-assignment and a body sees the names around it. A name that is used before anything
// in its graph produced it means the outer tensor if there is one, else something that comes later in a file
// whose nodes are out of order.
#include "formats/onnx/reading.h"

namespace haoline::onnx {
namespace {

std::string_view spelled(Reading& r, const Scope& scope, std::string_view name) {
  if (scope.prefix.empty()) return name;
  r.key.assign(scope.prefix).append(1, '/').append(name);
  return r.model.arena.text(r.key);
}

}  // namespace

TensorId add_tensor(Reading& r, Scope& scope, std::string_view name) {
  Tensor tensor;
  tensor.name = spelled(r, scope, name);
  if (!scope.prefix.empty()) tensor.source_name = name;
  return r.model.graphs[scope.graph].tensors.add(std::move(tensor));
}

bool find_tensor(Reading& r, Scope& scope, std::string_view name, TensorId& found) {
  if (const std::uint32_t* known = scope.names.find(name)) {
    // Used before the call's body made it.
    if ((*known & kPromised) != 0) r.notes[scope.graph].is_out_of_order = true;
    const std::uint32_t index = *known & kIndexMask;
    found = index == kAbsent ? TensorId{} : TensorId{index};
    return true;
  }
  TensorId outside;
  if (scope.outer == nullptr || !find_tensor(r, *scope.outer, name, outside)) return false;
  if (outside) {
    found = add_tensor(r, scope, name);
    Graph& body = r.model.graphs[scope.graph];
    body.tensors[found].outer = outside;
    const NodeId producer = r.model.graphs[body.parent].tensors[outside].producer;
    if (producer && producer >= body.owner) r.notes[body.parent].is_out_of_order = true;
  }
  scope.names.insert(name, outside ? found.index : kAbsent);
  return true;
}

TensorId declare(Reading& r, Scope& scope, std::string_view name, const Place& place, const std::byte* at) {
  auto& tensors = r.model.graphs[scope.graph].tensors;
  const auto next = static_cast<std::uint32_t>(tensors.size());
  if (next >= kAbsent) {
    r.fail(ErrorKind::unsupported, place, at, "makes more tensors than this reader can number");
    return {};
  }
  const auto [value, is_new] = scope.names.insert(name, next);
  if (is_new) return add_tensor(r, scope, name);
  if ((*value & (kForward | kPromised)) != 0) {
    if ((*value & kForward) != 0) r.notes[scope.graph].is_out_of_order = true;
    *value &= kIndexMask;
    return TensorId{*value};
  }
  if (*value != kAbsent && tensors[TensorId{*value}].outer) {  // an outer name, hidden from here on
    r.notes[scope.graph].names_may_collide = true;
    *value = next;
    return add_tensor(r, scope, name);
  }
  r.fail(ErrorKind::malformed, place, at, "makes a tensor whose name is taken already",
         "Every tensor of a graph has one producer; export the model again.");
  return {};
}

void report_unproduced(Reading& r, Scope& scope, const Place& place) {
  for (const Scope::Forward& use : scope.forward) {
    const std::uint32_t* value = scope.names.find(use.name);
    if (value == nullptr || (*value & kForward) == 0) continue;
    const Place node{&place, "node", use.node};
    r.fail(ErrorKind::malformed, {&node, "input", use.input}, use.at, "names a tensor that nothing produces",
           "The model is incomplete; export it again.");
    return;
  }
  scope.forward = {};
}

}  // namespace haoline::onnx
