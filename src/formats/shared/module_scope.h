// The module a node belongs to, as exporters write it into its name: "/encoder/layer.0/attention/MatMul".
#pragma once

#include <string_view>

namespace haoline {

// "encoder/layer.0/attention"; empty where the name has no path.
inline std::string_view scope_of_name(std::string_view name) {
  const std::size_t end = name.rfind('/');
  if (end == std::string_view::npos) return {};
  std::string_view scope = name.substr(0, end);
  while (!scope.empty() && scope.front() == '/') scope.remove_prefix(1);
  return scope;
}

}  // namespace haoline
