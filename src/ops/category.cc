#include "ops/op_row.h"

namespace haoline {

std::string_view name(Category category) {
  constexpr std::string_view kNames[kCategories] = {
      "conv",      "linear",    "attention", "norm",  "activation", "pool",        "dropout", "reshape",
      "transpose", "slice",     "concat",    "split", "pad",        "elementwise", "reduce",  "compare",
      "embed",     "recurrent", "quantize",  "cast",  "control",    "constant",    "unknown",
  };
  return kNames[static_cast<std::size_t>(category)];
}

}  // namespace haoline
