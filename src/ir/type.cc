#include "ir/type.h"

namespace haoline {
namespace {

std::string opening(Container container, DType key) {
  switch (container) {
    case Container::sequence:
      return "sequence(";
    case Container::optional:
      return "optional(";
    case Container::map:
      return "map(" + std::string(name(key)) + ", ";
    case Container::sparse:
      return "sparse(";
    case Container::opaque:
      return "opaque(";
  }
  return "(";
}

}  // namespace

std::string to_string(const Type& type) {
  std::string text;
  for (const Container container : type.containers) text += opening(container, type.key);
  text += name(type.dtype);
  text.append(type.containers.size(), ')');
  return text;
}

}  // namespace haoline
