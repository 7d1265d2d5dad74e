// What the report's structs are made of: names that redaction can find, figures with their formula, shapes,
// messages.
//
// Texts are views into the report's own arena (or literals): a report owns everything it says and outlives
// the model.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/checked.h"

namespace haoline {

// Where a name comes from. Redaction numbers each kind by itself ("tensor_1", "node_1", "sym_a").
enum class NameKind : std::uint8_t {
  tensor,
  node,
  symbol,
  scope,
  graph,
  file,
  op,
  domain,
  attribute,
  metadata,
  producer,
};
inline constexpr std::size_t kNameKinds = 11;

// A text chosen by whoever made the model. Hostile until a renderer has escaped it.
template <NameKind kKind>
struct Name {
  static constexpr NameKind kind = kKind;
  std::string_view text;
  friend bool operator==(const Name&, const Name&) = default;
};
using TensorName = Name<NameKind::tensor>;
using NodeName = Name<NameKind::node>;
using SymbolName = Name<NameKind::symbol>;
using ScopeName = Name<NameKind::scope>;
using GraphPath = Name<NameKind::graph>;
using FileName = Name<NameKind::file>;
using OperatorName = Name<NameKind::op>;  // "Conv", "com.microsoft.Gelu"
using DomainName = Name<NameKind::domain>;
using AttributeName = Name<NameKind::attribute>;
using MetadataText = Name<NameKind::metadata>;
using ProducerName = Name<NameKind::producer>;

// A word of a closed vocabulary of ours ("float32", "trainable"): never redacted.
struct Word {
  std::string_view text;
  friend bool operator==(const Word&, const Word&) = default;
};

// An expression in the ascii grammar of docs/formulas.md; symbol names in it are redacted one by one.
struct Formula {
  std::string_view text;
};

enum class Basis : std::uint8_t { exact, bounded, assumed, measured };

// A figure that may depend on symbols: the number under the report's bindings and the expression.
struct Quantity {
  std::optional<Int128> value;
  Formula formula = {};           // only when a symbol occurs
  std::string_view unknown = {};  // why there is no value; one of a few literals
  std::optional<Int128> max;      // of a figure that the data decides: the largest value
  bool complete = true;           // false: the sum of what is known
  Basis basis = Basis::exact;
};
// Rows of nodes and tensors share equal quantities; the report owns them.
using QuantityRef = const Quantity*;

// One extent: a number, an expression, or unknown.
struct Dimension {
  std::optional<std::int64_t> number;
  Formula formula = {};
};
struct ShapeText {
  bool has_rank = false;
  std::span<const Dimension> extents = {};
};
// The shape under the bindings: numbers or unknown.
struct ValueShape {
  bool has_rank = false;
  std::span<const std::optional<std::int64_t>> extents = {};
};

// A sentence in which names from the model are marked.
struct MessageText {
  struct Part {
    std::string_view text;
    bool is_name = false;
  };
  std::vector<Part> parts;
  bool empty() const { return parts.empty(); }
  std::string to_string() const {  // names in backquotes
    std::string text;
    for (const Part& part : parts) {
      if (part.is_name) text += '`';
      text += part.text;
      if (part.is_name) text += '`';
    }
    return text;
  }
};

// A JSON object whose keys are data, in the order given.
template <class Key, class T>
struct Map {
  std::vector<std::pair<Key, T>> entries;
  bool empty() const { return entries.empty(); }
  std::size_t size() const { return entries.size(); }
  void add(Key key, T value) { entries.emplace_back(std::move(key), std::move(value)); }
  const T* find(std::string_view key) const {
    for (const auto& [name, value] : entries) {
      if (name.text == key) return &value;
    }
    return nullptr;
  }
};

// A node's attribute as the file has it. Long lists are cut to their beginning, tensors to type and extents.
struct AttributeText {
  using Texts = std::span<const std::string_view>;
  struct Constant {
    std::string_view dtype;
    std::span<const std::int64_t> extents;
  };
  std::variant<std::monostate, std::int64_t, double, std::string_view, std::span<const std::int64_t>,
               std::span<const float>, Texts, Constant, GraphPath, std::span<const GraphPath>>
      value;
  std::size_t elements = 0;    // of a list that was cut: how many the file has
  bool is_vocabulary = false;  // texts are words of the operator's specification ("SAME_UPPER"), not names
};

}  // namespace haoline
