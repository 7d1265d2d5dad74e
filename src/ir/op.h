// The canonical operator names, declared here so that formats and ops share them without seeing each other.
// An operator that ONNX or ONNX Runtime defines has their name; what only other formats have is added to
// op_extra.inc. Readers translate their own spelling to these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace haoline {

enum class Op : std::uint16_t {
  unknown,  // an operator nobody knows: Node::op_type and Node::domain say what the file calls it
#define HAOLINE_OP(enumerator, domain, name) enumerator,
#include "ir/generated/op_names.inc"
#include "ir/op_extra.inc"
#undef HAOLINE_OP
  count_,
};
inline constexpr std::size_t kOpCount = static_cast<std::size_t>(Op::count_);

struct OpName {
  std::string_view domain;  // "" is ai.onnx
  std::string_view name;
};
OpName name_of(Op op);  // {"", "unknown"} for Op::unknown

std::string_view display_name(Op op);  // "Conv", "com.microsoft.Gelu": the domain unless ai.onnx or ours

// The operator of that ONNX domain ("" or "ai.onnx") and name; Op::unknown when there is none.
Op find_op(std::string_view domain, std::string_view name);

}  // namespace haoline
