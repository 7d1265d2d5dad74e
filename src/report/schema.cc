// JSON Schema and documentation of the report: two more visitors over its description.
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "report/to_json.h"

namespace haoline {
namespace {

// --- what a member's type is in JSON
template <class T>
struct Kind;

struct JsonKind {
  std::string schema;  // an object in one line
  std::string words;   // for the documentation
};

JsonKind simple(std::string_view type, std::string_view words) {
  return {"{\"type\": \"" + std::string(type) + "\"}", std::string(words)};
}
JsonKind reference(std::string_view name) {
  return {"{\"$ref\": \"#/$defs/" + std::string(name) + "\"}",
          "[" + std::string(name) + "](#" + std::string(name) + ")"};
}
JsonKind nullable(const JsonKind& kind) {
  return {"{\"anyOf\": [" + kind.schema + ", {\"type\": \"null\"}]}", kind.words + " or null"};
}
JsonKind list_of(const JsonKind& kind) {
  return {"{\"type\": \"array\", \"items\": " + kind.schema + "}", "list of " + kind.words};
}
JsonKind map_of(const JsonKind& kind) {
  return {"{\"type\": \"object\", \"additionalProperties\": " + kind.schema + "}", "map to " + kind.words};
}

template <class T>
JsonKind kind_of() {
  return Kind<T>::get();
}

template <NameKind kind>
struct Kind<Name<kind>> {
  static JsonKind get() { return simple("string", "name"); }
};
template <>
struct Kind<Word> {
  static JsonKind get() { return simple("string", "word"); }
};
template <>
struct Kind<MessageText> {
  static JsonKind get() { return simple("string", "sentence"); }
};
template <>
struct Kind<bool> {
  static JsonKind get() { return simple("boolean", "true or false"); }
};
template <class T>
  requires std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::uint64_t> || std::is_same_v<T, Int128>
struct Kind<T> {
  static JsonKind get() { return simple("integer", "integer"); }
};
template <>
struct Kind<double> {
  static JsonKind get() { return simple("number", "number"); }
};
template <>
struct Kind<Quantity> {
  static JsonKind get() { return reference("quantity"); }
};
template <>
struct Kind<QuantityRef> {
  static JsonKind get() { return reference("quantity"); }
};
template <>
struct Kind<Dimension> {
  static JsonKind get() { return reference("dimension"); }
};
template <>
struct Kind<ShapeText> {
  static JsonKind get() { return reference("shape"); }
};
template <>
struct Kind<ValueShape> {
  static JsonKind get() { return reference("value_shape"); }
};
template <Described T>
struct Kind<T> {
  static JsonKind get() { return reference(T::kName); }
};
template <class T>
struct Kind<std::optional<T>> {
  static JsonKind get() { return nullable(kind_of<T>()); }
};
template <class T>
struct Kind<std::vector<T>> {
  static JsonKind get() { return list_of(kind_of<T>()); }
};
template <class T>
struct Kind<std::span<const T>> {
  static JsonKind get() { return list_of(kind_of<T>()); }
};
template <>
struct Kind<std::span<const TensorName>> {
  static JsonKind get() { return list_of(nullable(kind_of<TensorName>())); }
};
template <>
struct Kind<std::span<const std::pair<AttributeName, AttributeText>>> {
  static JsonKind get() { return {"{\"type\": \"object\"}", "map to values"}; }
};
template <class Key, class T>
struct Kind<Map<Key, T>> {
  static JsonKind get() { return map_of(kind_of<T>()); }
};

// An optional member that is left out when empty is not null when it is there.
template <class T>
struct Unwrapped {
  using Type = T;
};
template <class T>
struct Unwrapped<std::optional<T>> {
  using Type = T;
};
template <class F>
JsonKind kind_of_field(const F& field) {
  using T = typename F::Member;
  return field.presence == Presence::if_any ? kind_of<typename Unwrapped<T>::Type>() : kind_of<T>();
}

// --- every described struct once, a struct before those it holds
template <class T>
struct Inner {
  using Type = T;
};
template <class T>
struct Inner<std::optional<T>> : Inner<T> {};
template <class T>
struct Inner<std::vector<T>> : Inner<T> {};
template <class T>
struct Inner<std::span<const T>> : Inner<T> {};
template <class Key, class T>
struct Inner<Map<Key, T>> : Inner<T> {};

template <Described T, class Visit>
void each_struct(std::set<std::string_view>& seen, const Visit& visit) {
  if (!seen.insert(T::kName).second) return;
  visit.template operator()<T>();
  for_each_field<T>([&](const auto& field) {
    using Member = typename Inner<typename std::decay_t<decltype(field)>::Member>::Type;
    if constexpr (Described<Member>) each_struct<Member>(seen, visit);
  });
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

constexpr std::string_view kValueSchemas = R"(    "quantity": {
      "description": "A figure that may depend on symbols: the integer under the bindings, null when it cannot be known, and the formula when a symbol occurs.",
      "type": "object",
      "properties": {
        "value": {"type": ["integer", "null"]},
        "formula": {"type": "string"},
        "unknown": {"type": "string", "description": "why there is no value"},
        "max": {"type": "integer", "description": "largest value of a figure that the data decides"},
        "complete": {"const": false, "description": "the sum of what is known; something is left out"},
        "basis": {"enum": ["bounded", "assumed", "measured"], "description": "exact when absent"}
      },
      "required": ["value"],
      "additionalProperties": false
    },
    "dimension": {
      "description": "An extent: an integer, a formula, or null when it is unknown.",
      "anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]
    },
    "shape": {
      "description": "Extents, outermost first; null when the rank is unknown.",
      "anyOf": [{"type": "array", "items": {"$ref": "#/$defs/dimension"}}, {"type": "null"}]
    },
    "value_shape": {
      "description": "The shape under the bindings.",
      "anyOf": [{"type": "array", "items": {"type": ["integer", "null"]}}, {"type": "null"}]
    }
)";

template <Described T>
std::string struct_schema(std::string_view indent) {
  const std::string in = std::string(indent) + "  ";
  std::string properties, required;
  for_each_field<T>([&](const auto& field) {
    const JsonKind kind = kind_of_field(field);
    if (!properties.empty()) properties += ",\n";
    properties += in + "  " + quoted(field.key) + ": {\"description\": " + quoted(field.meaning) + ", " +
                  kind.schema.substr(1);
    if (field.presence == Presence::always) required += (required.empty() ? "" : ", ") + quoted(field.key);
  });
  return "{\n" + in + "\"type\": \"object\",\n" + in + "\"properties\": {\n" + properties + "\n" + in +
         "},\n" + in + "\"required\": [" + required + "],\n" + in + "\"additionalProperties\": false\n" +
         std::string(indent) + "}";
}

std::string finding_ids() {
  std::string out;
  for (std::size_t i = 0; i < kFindingKinds; ++i) {
    const FindingInfo& kind = info(static_cast<FindingKind>(i));
    out += (out.empty() ? "" : ",\n") + std::string("      {\"const\": ") + quoted(kind.id) +
           ", \"description\": " + quoted(kind.meaning) + "}";
  }
  return out;
}

}  // namespace

std::string report_schema() {
  std::string definitions;
  std::set<std::string_view> seen{Report::kName};
  const auto add = [&]<class T>() {
    definitions += "    " + quoted(T::kName) + ": " + struct_schema<T>("    ") + ",\n";
  };
  for_each_field<Report>([&](const auto& field) {
    using Member = typename Inner<typename std::decay_t<decltype(field)>::Member>::Type;
    if constexpr (Described<Member>) each_struct<Member>(seen, add);
  });
  std::string root = struct_schema<Report>("");
  root.erase(0, 2);
  root.erase(root.size() - 2);
  return "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"$id\": "
         "\"urn:haoline:report:1\",\n"
         "  \"title\": \"haoline report\",\n" +
         root + ",\n  \"$defs\": {\n" + definitions + "    \"finding_id\": {\"oneOf\": [\n" + finding_ids() +
         "\n    ]},\n" + std::string(kValueSchemas) + "  }\n}\n";
}

std::string report_documentation() {
  std::string out =
      "# The JSON report\n\nMade by `haoline schema --markdown` from the description in "
      "`src/report/report.h`, which also writes the "
      "report and the JSON Schema (`haoline schema`).\n\n"
      "**Quantity**: a figure that may depend on symbols is an object. `value` is the integer under "
      "`bindings`, null when it "
      "cannot be known (then `unknown` says why, and `max` is the largest value where the data decides). "
      "`formula` is there "
      "when a symbol occurs (grammar: formulas.md). `complete: false`: the sum of what is known. `basis`: "
      "`bounded`, `assumed` "
      "or `measured`; exact when absent.\n\n"
      "**Shape**: a list of extents, each an integer, a formula or null; null for an unknown rank. Keys "
      "marked *optional* are "
      "absent when there is nothing to say; all others are always there. The unit is in the key.\n";
  std::set<std::string_view> seen;
  each_struct<Report>(seen, [&]<class T>() {
    out += "\n## " + std::string(T::kName) + "\n\n| key | type | meaning |\n|---|---|---|\n";
    for_each_field<T>([&](const auto& field) {
      out += "| `" + std::string(field.key) + "`" +
             (field.presence == Presence::if_any ? " *optional*" : "") + " | " + kind_of_field(field).words +
             " | " + std::string(field.meaning) + " |\n";
    });
  });
  out += "\n## Finding ids\n\n| id | severity | meaning | what to do |\n|---|---|---|---|\n";
  constexpr std::string_view kSeverities[] = {"info", "warning", "error"};
  for (std::size_t i = 0; i < kFindingKinds; ++i) {
    const FindingInfo& kind = info(static_cast<FindingKind>(i));
    out += "| `" + std::string(kind.id) + "` | " +
           std::string(kSeverities[static_cast<std::size_t>(kind.severity)]) + " | " +
           std::string(kind.meaning) + " | " + std::string(kind.advice) + " |\n";
  }
  return out;
}

}  // namespace haoline
