#include "formats/shared/tensorflow_operators.h"

#include <array>

#include "formats/shared/graphdef_map.h"
#include "formats/shared/tensorflow_ops.h"
#include "ir/op.h"

namespace haoline::graphdef {
namespace {

struct Named {
  std::string_view name, canonical;
};
// What is read by other means than a row.
constexpr Named kStructure[] = {
    {"Assert", "nothing: it only checks"},
    {"Case", "If"},
    {"Const", "a constant"},
    {"If", "If"},
    {"NoOp", "nothing"},
    {"PartitionedCall", "the nodes of its function"},
    {"Placeholder", "an input"},
    {"PlaceholderV2", "an input"},
    {"StatefulPartitionedCall", "the nodes of its function"},
    {"StatelessCase", "If"},
    {"StatelessIf", "If"},
    {"StatelessWhile", "While"},
    {"VarHandleOp", "a variable"},
    {"Variable", "a variable"},
    {"VariableV2", "a variable"},
    {"While", "While"},
};

std::vector<SourceOperator> list_operators() {
  std::vector<SourceOperator> list;
  for (const SourceOp& op : source_ops()) {
    SourceOperator entry{op.name, {}};
    if (const Rule* rule = find_rule(op.name)) entry.canonical = display_name(rule->op);
    for (const Named& named : kStructure) {
      if (named.name == op.name) entry.canonical = named.canonical;
    }
    list.push_back(entry);
  }
  return list;
}

}  // namespace

std::span<const SourceOperator> source_operators() {
  static const std::vector<SourceOperator> list = list_operators();
  return list;
}

}  // namespace haoline::graphdef
