#include "formats/shared/keras_calls.h"

#include <algorithm>
#include <array>

namespace haoline::keras {
namespace {

constexpr int kMaxDepth = 32;

bool is_keras_tensor(json::Value value) {
  return value.is_object() && value["class_name"].text() == "__keras_tensor__";
}

bool is_old_reference(json::Value value) {
  return value.is_array() && value.size() >= 3 && value[0].is_text() && value[1].is_integer() &&
         value[2].is_integer() && value[0].text() != "_CONSTANT_VALUE";
}

// Masks and switches are no data.
bool is_side_operand(std::string_view keyword) {
  constexpr std::array<std::string_view, 6> kSide{"mask",     "attention_mask", "query_mask",
                                                  "key_mask", "value_mask",     "training"};
  return std::find(kSide.begin(), kSide.end(), keyword) != kSide.end();
}

void collect(json::Value value, std::string_view keyword, int depth, std::vector<Reference>& found) {
  if (depth > kMaxDepth) return;
  if (is_keras_tensor(value)) {
    const json::Value config = value["config"], history = config["keras_history"];
    found.push_back(
        {history[0].text(), history[1].integer(), history[2].integer(), config["shape"], keyword});
  } else if (is_old_reference(value)) {
    found.push_back({value[0].text(), value[1].integer(), value[2].integer(), {}, keyword});
    // The fourth entry holds keywords, some of which may be tensors.
    const json::Value keywords = value[3];
    for (std::size_t i = 0; keywords.is_object() && i < keywords.size(); ++i) {
      const json::Member member = keywords.member(i);
      if (!is_side_operand(member.key)) collect(member.value, member.key, depth + 1, found);
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) collect(value[i], keyword, depth + 1, found);
  } else if (value.is_object()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      const json::Member member = value.member(i);
      if (!is_side_operand(member.key))
        collect(member.value, keyword.empty() ? member.key : keyword, depth + 1, found);
    }
  }
}

}  // namespace

std::vector<CallSpec> read_calls(json::Value layer) {
  const json::Value nodes = layer["inbound_nodes"];
  std::vector<CallSpec> calls;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const json::Value node = nodes[i];
    CallSpec call;
    if (node.is_object() && node["args"]) {
      call.arguments = node["args"];
      call.keywords = node["kwargs"];
      collect(call.arguments, {}, 0, call.references);
      collect(call.keywords, {}, 0, call.references);
    } else {
      call.arguments = node;
      const json::Value first = is_old_reference(node) ? node : node[0];
      call.keywords = first[3];
      // A constant first operand stands in place of a reference and has the keywords as well.
      collect(node, {}, 0, call.references);
      if (first.is_array() && first[0].text() == "_CONSTANT_VALUE") collect(first[3], {}, 0, call.references);
    }
    calls.push_back(std::move(call));
  }
  return calls;
}

std::vector<Reference> read_references(json::Value list) {
  std::vector<Reference> found;
  collect(list, {}, 0, found);
  return found;
}

}  // namespace haoline::keras
