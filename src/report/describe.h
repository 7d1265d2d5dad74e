// One description per struct of the report: key, member, meaning. JSON, JSON Schema, docs/report.md and
// redaction are generic visitors over it, so a key cannot be written without being documented.
//
//   struct Coverage {
//     std::int64_t nodes = 0;
//     static constexpr std::string_view kName = "coverage";
//     static constexpr auto describe() { return std::tuple{field("nodes", &Coverage::nodes, "nodes looked
//     at")}; }
//   };
#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

namespace haoline {

enum class Presence : std::uint8_t {
  always,  // the key is always there; an empty optional is null
  if_any,  // left out when the optional, list, map or text is empty, and a flag when it has its default
};

template <class S, class T>
struct Field {
  using Member = T;
  std::string_view key;
  T S::* member;
  std::string_view meaning;
  Presence presence = Presence::always;
};

template <class S, class T>
constexpr Field<S, T> field(std::string_view key, T S::* member, std::string_view meaning) {
  return {key, member, meaning, Presence::always};
}
template <class S, class T>
constexpr Field<S, T> field_if_any(std::string_view key, T S::* member, std::string_view meaning) {
  return {key, member, meaning, Presence::if_any};
}

template <class T>
concept Described = requires { T::describe(); };

template <Described T, class Visit>
constexpr void for_each_field(Visit&& visit) {
  std::apply([&](const auto&... fields) { (visit(fields), ...); }, T::describe());
}

}  // namespace haoline
