// What the operators of TensorFlow return: a GraphDef does not say it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "formats/shared/graphdef.h"

namespace haoline::graphdef {

struct SourceOp {
  std::string_view name;
  std::string_view results;  // "values:T indices:index_type=int32"; see tensorflow_ops.cc
  bool is_stateful = false;
};
std::span<const SourceOp> source_ops();                 // sorted by name
const SourceOp* find_source_op(std::string_view name);  // null: none of TensorFlow's own

struct NamedResult {
  std::string_view name;
  std::uint32_t first = 0;  // number of its first tensor
  std::uint32_t count = 1;
};
struct Results {
  std::vector<NamedResult> named;
  std::vector<std::int64_t> types;  // per tensor; 0: not known
};
// The results of a node. `max_results` bounds what a hostile attribute may claim.
Results results_of(const SourceOp& op, const Attrs& attrs, std::size_t max_results);

}  // namespace haoline::graphdef
