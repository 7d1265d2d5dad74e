#include "report/to_json.h"

#include <type_traits>

#include "report/json.h"

namespace haoline {
namespace {

// Declared ahead, because each may hold any other.
template <Described T>
void write(JsonWriter& json, const T& value);
template <class T>
void write(JsonWriter& json, const std::vector<T>& items);
template <class Key, class T>
void write(JsonWriter& json, const Map<Key, T>& map);
template <class T>
void write(JsonWriter& json, const std::optional<T>& value);
template <class T>
void write(JsonWriter& json, std::span<const T> items);

// --- scalars
void write(JsonWriter& json, bool value) {
  json.boolean(value);
}
void write(JsonWriter& json, std::int64_t value) {
  json.number(value);
}
void write(JsonWriter& json, std::uint64_t value) {
  json.number(value);
}
void write(JsonWriter& json, Int128 value) {
  json.number(value);
}
void write(JsonWriter& json, double value) {
  json.number(value);
}
void write(JsonWriter& json, Word word) {
  json.text(word.text);
}
void write(JsonWriter& json, const MessageText& message) {
  json.text(message.to_string());
}
template <NameKind kind>
void write(JsonWriter& json, Name<kind> name) {
  json.text(name.text);
}

// Operands and results: an absent one is null.
void write_operands(JsonWriter& json, std::span<const TensorName> names) {
  json.begin('[');
  for (const TensorName name : names) {
    if (name.text.data() == nullptr) {
      json.null();
    } else {
      json.text(name.text);
    }
  }
  json.end(']');
}

std::string_view basis_word(Basis basis) {
  constexpr std::string_view kWords[] = {"exact", "bounded", "assumed", "measured"};
  return kWords[static_cast<std::size_t>(basis)];
}

void write(JsonWriter& json, const Quantity& quantity) {
  json.begin('{');
  json.key("value");
  quantity.value ? json.number(*quantity.value) : json.null();
  if (!quantity.formula.text.empty()) {
    json.key("formula");
    json.text(quantity.formula.text);
  }
  if (!quantity.value && !quantity.unknown.empty()) {
    json.key("unknown");
    json.text(quantity.unknown);
  }
  if (quantity.max) {
    json.key("max");
    json.number(*quantity.max);
  }
  if (!quantity.complete) {
    json.key("complete");
    json.boolean(false);
  }
  if (quantity.basis != Basis::exact) {
    json.key("basis");
    json.text(basis_word(quantity.basis));
  }
  json.end('}');
}
void write(JsonWriter& json, QuantityRef quantity) {
  quantity ? write(json, *quantity) : json.null();
}

void write(JsonWriter& json, const Dimension& dimension) {
  if (dimension.number) {
    json.number(*dimension.number);
  } else if (!dimension.formula.text.empty()) {
    json.text(dimension.formula.text);
  } else {
    json.null();
  }
}
void write(JsonWriter& json, const ShapeText& shape) {
  if (!shape.has_rank) return json.null();
  json.begin('[');
  for (const Dimension& extent : shape.extents) write(json, extent);
  json.end(']');
}
void write(JsonWriter& json, const ValueShape& shape) {
  if (!shape.has_rank) return json.null();
  json.begin('[');
  for (const auto& extent : shape.extents) extent ? json.number(*extent) : json.null();
  json.end(']');
}

template <class T>
void write_list(JsonWriter& json, const T& items) {
  json.begin('[');
  for (const auto& item : items) {
    if constexpr (requires { json.text(item); }) {
      json.text(item);
    } else if constexpr (std::is_floating_point_v<std::decay_t<decltype(item)>>) {
      json.number(static_cast<double>(item));
    } else {
      write(json, item);
    }
  }
  json.end(']');
}

void write(JsonWriter& json, const AttributeText& attribute) {
  if (attribute.elements != 0) {
    json.begin('{');
    json.key("elements");
    json.number(static_cast<std::uint64_t>(attribute.elements));
    json.key("first");
  }
  std::visit(
      [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          json.null();
        } else if constexpr (std::is_same_v<T, AttributeText::Constant>) {
          json.begin('{');
          json.key("dtype");
          json.text(value.dtype);
          json.key("shape");
          write_list(json, value.extents);
          json.end('}');
        } else if constexpr (std::is_same_v<T, std::string_view>) {
          json.text(value);
        } else if constexpr (std::is_arithmetic_v<T>) {
          json.number(value);
        } else if constexpr (std::is_same_v<T, GraphPath>) {
          json.text(value.text);
        } else {
          write_list(json, value);
        }
      },
      attribute.value);
  if (attribute.elements != 0) json.end('}');
}

// --- containers
template <class T>
void write(JsonWriter& json, const std::optional<T>& value) {
  value ? write(json, *value) : json.null();
}
template <class T>
void write(JsonWriter& json, const std::vector<T>& items) {
  write_list(json, items);
}
template <class T>
void write(JsonWriter& json, std::span<const T> items) {
  if constexpr (std::is_same_v<T, TensorName>) {
    write_operands(json, items);
  } else if constexpr (requires { items[0].second; }) {
    json.begin('{');
    for (const auto& [key, value] : items) {
      json.data_key(key.text);
      write(json, value);
    }
    json.end('}');
  } else {
    write_list(json, items);
  }
}
template <class Key, class T>
void write(JsonWriter& json, const Map<Key, T>& map) {
  json.begin('{');
  for (const auto& [key, value] : map.entries) {
    json.data_key(key.text);
    write(json, value);
  }
  json.end('}');
}

template <class T>
bool is_absent(const T& value) {
  if constexpr (requires { value.has_value(); }) {
    return !value.has_value();
  } else if constexpr (requires { value.text.empty(); }) {
    return value.text.empty();
  } else if constexpr (requires { value.empty(); }) {
    return value.empty();
  } else {
    return false;
  }
}

template <Described T>
void write(JsonWriter& json, const T& value) {
  json.begin('{');
  for_each_field<T>([&](const auto& field) {
    const auto& member = value.*field.member;
    if (field.presence == Presence::if_any && is_absent(member)) return;
    json.key(field.key);
    write(json, member);
  });
  json.end('}');
}

bool is_wanted(std::string_view key, const JsonOptions& options) {
  return (key != "nodes" || options.nodes) && (key != "tensors" || options.tensors) &&
         (key != "weights" || options.weights);
}

// Generous: room that is not used is never touched, while growing copies everything there is.
std::size_t expected_size(const Report& report, const JsonOptions& options) {
  std::size_t size = std::size_t{1} << 14;
  if (report.nodes && options.nodes) size += report.nodes->size() * 640;
  if (report.tensors && options.tensors) size += report.tensors->size() * 400;
  if (report.weights && options.weights) size += report.weights->size() * 320;
  if (report.memory.series && options.series) size += report.memory.series->lifetimes.size() * 160;
  return size;
}

}  // namespace

std::string to_json(const Report& report, const JsonOptions& options) {
  JsonWriter json(options.single_line ? 0 : 2);
  json.reserve(expected_size(report, options));
  json.begin('{');
  for_each_field<Report>([&](const auto& field) {
    const auto& member = report.*field.member;
    if (field.presence == Presence::if_any && is_absent(member)) return;
    if (!is_wanted(field.key, options)) return;
    json.key(field.key);
    if constexpr (std::is_same_v<std::decay_t<decltype(member)>, MemoryInfo>) {
      if (member.series && !options.series) {
        MemoryInfo without = member;
        without.series.reset();
        return write(json, without);
      }
    }
    write(json, member);
  });
  json.end('}');
  std::string text = std::move(json).take();
  text += '\n';
  return text;
}

}  // namespace haoline
