#include "ir/shape.h"

#include <string>

namespace haoline {

std::string to_string(const Shape& shape, const DimPool& pool, Spelling spelling) {
  if (!shape.has_rank()) return "?";
  std::string text = "[";
  for (const Dim dim : shape) {
    if (text.size() > 1) text += ", ";
    text += pool.to_string(dim, spelling);
  }
  return text + "]";
}

}  // namespace haoline
