// The order of execution. The file keeps nodes in the order in which they were made, so that a node made by
// an optimizer may stand behind what reads it. ONNX Runtime runs them as a walk from the leaves leaves them:
// every node behind its operands, among which those made last come first. An ONNX file that it saves has the
// same order.
#include <algorithm>

#include "formats/ort/reading.h"

namespace haoline::ort {
namespace {

struct Walk {
  const Tables& nodes;
  NameTable producers = {};                               // name to node
  std::vector<std::vector<std::uint32_t>> operands = {};  // of every node: the nodes it waits for
  std::vector<bool> is_read = {};

  void note_results() {
    for (std::uint32_t i = 0; i < nodes.size(); ++i) {
      const Table node = nodes[i];
      const Texts outputs = node.texts(wire::node::outputs);
      for (std::size_t k = 0; k < outputs.size(); ++k) {
        if (!outputs[k].empty()) producers.insert(outputs[k], i);
      }
    }
  }
  void note_operands(const Table& node, std::uint32_t index, Field field) {
    const Texts names = node.texts(field);
    for (std::size_t k = 0; k < names.size(); ++k) {
      const std::uint32_t* producer = names[k].empty() ? nullptr : producers.find(names[k]);
      if (producer == nullptr) continue;
      operands[index].push_back(*producer);
      is_read[*producer] = true;
    }
  }

  std::vector<std::uint32_t> from_leaves() const {
    struct Step {
      std::uint32_t node;
      bool leaves;
    };
    std::vector<Step> stack;
    std::vector<bool> visited(operands.size());
    std::vector<std::uint32_t> order;
    order.reserve(operands.size());
    for (std::uint32_t i = 0; i < operands.size(); ++i) {
      if (!is_read[i]) stack.push_back({i, false});
    }
    while (!stack.empty()) {
      const Step step = stack.back();
      stack.pop_back();
      if (step.leaves) {
        order.push_back(step.node);
        continue;
      }
      if (visited[step.node]) continue;
      visited[step.node] = true;
      stack.push_back({step.node, true});
      for (const std::uint32_t operand : operands[step.node]) {  // sorted: the last one is walked first
        if (!visited[operand]) stack.push_back({operand, false});
      }
    }
    return order;
  }
};

}  // namespace

std::vector<std::uint32_t> execution_order(const Tables& nodes, const Table& graph) {
  const auto count = static_cast<std::uint32_t>(nodes.size());
  Walk walk{nodes};
  walk.note_results();
  walk.operands.resize(count);
  walk.is_read.resize(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Table node = nodes[i];
    walk.note_operands(node, i, wire::node::inputs);
    walk.note_operands(node, i, wire::node::implicit_inputs);
    std::sort(walk.operands[i].begin(), walk.operands[i].end());
  }
  const std::vector<std::uint32_t> order = walk.from_leaves();
  // A cycle has no leaf, or a node before its operand.
  std::vector<std::uint32_t> place(count, count);
  for (std::uint32_t at = 0; at < order.size(); ++at) place[order[at]] = at;
  for (std::uint32_t i = 0; i < count; ++i) {
    const bool waits =
        place[i] == count || std::any_of(walk.operands[i].begin(), walk.operands[i].end(),
                                         [&](std::uint32_t o) { return place[o] >= place[i]; });
    if (!waits) continue;
    graph.fail(wire::graph::nodes, ErrorKind::malformed,
               "has a cycle: node " + std::to_string(i) + " waits for its own result",
               "Export the model again.");
    return {};
  }
  return order;
}

}  // namespace haoline::ort
