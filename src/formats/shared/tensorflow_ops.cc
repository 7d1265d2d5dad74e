#include "formats/shared/tensorflow_ops.h"

#include <algorithm>
#include <array>

namespace haoline::graphdef {
namespace {

// Results are spelled in one text, a word each:
//   y:T               one tensor, its type is attribute T
//   y:T=int32         the same, int32 where the node does not have the attribute
//   y:!int64          one tensor of a fixed type
//   output*N:T        as many tensors as attribute N says
//   output**Tout      one tensor for each type that attribute Tout lists
constexpr SourceOp kOps[] = {
#define HAOLINE_TF_OP(name, results, is_stateful) {name, results, is_stateful},
#include "formats/shared/generated/tensorflow_ops.inc"
#undef HAOLINE_TF_OP
};
static_assert(std::is_sorted(std::begin(kOps), std::end(kOps),
                             [](const SourceOp& a, const SourceOp& b) { return a.name < b.name; }));

std::int64_t type_word(std::string_view word) {
  if (word == "resource") return kResource;
  if (word == "variant") return kVariant;
  for (std::int64_t type = 1; type <= 33; ++type) {
    const DType dtype = dtype_of(type);
    if (dtype != DType::unknown && name(dtype) == word) return type;
  }
  return 0;
}

std::int64_t type_of(std::string_view spelled, const Attrs& attrs) {
  if (spelled.starts_with("!")) return type_word(spelled.substr(1));
  const std::size_t equals = spelled.find('=');
  const std::int64_t fallback = equals == std::string_view::npos ? 0 : type_word(spelled.substr(equals + 1));
  return attrs.type(spelled.substr(0, equals), fallback);
}

}  // namespace

std::span<const SourceOp> source_ops() {
  return kOps;
}

const SourceOp* find_source_op(std::string_view name) {
  const auto* found = std::lower_bound(std::begin(kOps), std::end(kOps), name,
                                       [](const SourceOp& op, std::string_view n) { return op.name < n; });
  return found != std::end(kOps) && found->name == name ? found : nullptr;
}

Results results_of(const SourceOp& op, const Attrs& attrs, std::size_t max_results) {
  Results out;
  std::string_view rest = op.results;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    NamedResult result;
    result.first = static_cast<std::uint32_t>(out.types.size());
    const std::size_t room = max_results - std::min(max_results, out.types.size());
    if (const std::size_t many = word.find("**"); many != std::string_view::npos) {
      result.name = word.substr(0, many);
      std::vector<std::int64_t> types = attrs.types(word.substr(many + 2));
      if (types.size() > room) types.resize(room);
      result.count = static_cast<std::uint32_t>(types.size());
      out.types.insert(out.types.end(), types.begin(), types.end());
    } else {
      const std::size_t colon = word.find(':');
      const std::string_view left = word.substr(0, colon);
      const std::size_t star = left.find('*');
      result.name = left.substr(0, star);
      if (star != std::string_view::npos) {
        const std::int64_t count = attrs.integer(left.substr(star + 1));
        result.count =
            static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 0, static_cast<std::int64_t>(room)));
      }
      out.types.insert(out.types.end(), result.count, type_of(word.substr(colon + 1), attrs));
    }
    out.named.push_back(result);
  }
  return out;
}

}  // namespace haoline::graphdef
