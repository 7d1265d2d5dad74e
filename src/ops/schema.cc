#include "ops/schema.h"

#include <algorithm>
#include <array>

namespace haoline {
namespace {

// Where the schemas of each operator begin and how many there are, oldest first.
using Index = std::array<std::span<const Schema>, kOpCount>;

Index index_schemas() {
  Index index{};
  for (const std::span<const Schema> table : {onnx_schemas(), ml_schemas(), microsoft_schemas()}) {
    for (std::size_t begin = 0; begin < table.size();) {
      std::size_t end = begin + 1;
      while (end < table.size() && table[end].op == table[begin].op) ++end;
      index[static_cast<std::size_t>(table[begin].op)] = table.subspan(begin, end - begin);
      begin = end;
    }
  }
  return index;
}

const SchemaParam* param(std::span<const SchemaParam> params, std::size_t index) {
  if (params.empty()) return nullptr;
  if (index < params.size()) return &params[index];
  const char option = params.back().option;
  return option == 'v' || option == 'h' ? &params.back() : nullptr;
}

}  // namespace

const Schema* find_schema(Op op, std::int32_t version) {
  static const Index index = index_schemas();
  const std::span<const Schema> versions = index[static_cast<std::size_t>(op)];
  const Schema* best = versions.empty() ? nullptr : &versions.front();
  for (const Schema& schema : versions) {
    if (schema.since <= version) best = &schema;
  }
  return best;
}

const SchemaParam* input_param(const Schema& schema, std::size_t index) {
  return param(schema.inputs, index);
}
const SchemaParam* output_param(const Schema& schema, std::size_t index) {
  return param(schema.outputs, index);
}

}  // namespace haoline
