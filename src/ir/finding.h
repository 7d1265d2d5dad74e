// What could not be known, and what is unusual: a fact with its place. Readers and analyses produce
// findings; report/ gives them words for people.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/attribute.h"

namespace haoline {

enum class Severity : std::uint8_t { info, warning, error };

enum class FindingKind : std::uint8_t {
  unknown_operator,
  unknown_shape,
  no_cost_rule,
  wrong_arity,
  contradicting_shapes,
  contradicting_declaration,
  data_dependent_shape,
  dynamic_input,
  missing_external_data,
  missing_operator_set,
  unused_weight,
  unused_node,
  duplicate_name,
  invalid_attribute,
  unknown_dtype,
  truncated_weights,
  overlapping_weights,
  unread_content,
  assumed_architecture,
  format_mismatch,
  overflow,
};
inline constexpr std::size_t kFindingKinds = static_cast<std::size_t>(FindingKind::overflow) + 1;

struct FindingInfo {
  std::string_view id;  // "unknown-operator", stable
  Severity severity;
  std::string_view meaning;  // one sentence, for the schema and the docs
  std::string_view advice;   // what to do; may be empty
};
const FindingInfo& info(FindingKind kind);

// Text in which names from the model are marked, so that redaction can replace exactly them.
class Message {
 public:
  struct Part {
    std::string text;
    bool is_name = false;
  };
  Message() = default;
  Message(std::string_view text) { add(text); }
  Message(const char* text) { add(text); }
  Message& add(std::string_view text) {
    parts_.push_back({std::string(text), false});
    return *this;
  }
  Message& name(std::string_view name) {
    parts_.push_back({std::string(name), true});
    return *this;
  }
  std::span<const Part> parts() const { return parts_; }
  bool empty() const { return parts_.empty(); }
  std::string to_string() const {  // names in backquotes
    std::string text;
    for (const Part& part : parts_) text += part.is_name ? "`" + part.text + "`" : part.text;
    return text;
  }

 private:
  std::vector<Part> parts_;
};

struct Finding {
  FindingKind kind = FindingKind::unknown_shape;
  Message message;
  GraphId graph;  // none: the whole model
  NodeId node;
  TensorId tensor;
  FileId file;
  std::uint64_t byte = 0;
  bool has_byte = false;
};

}  // namespace haoline
