// --redact-names and --summary-only: what must not be shown is taken out of the report itself, so every
// output obeys. docs/privacy.md says what is left.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "ir/model.h"
#include "report/report.h"

namespace haoline {

// Replaces every name that the model's author chose by a token that is the same wherever the name occurs:
// tensor_12, node_3, sym_a. Numbers follow the model's order, so they do not depend on which parts of a
// report are asked for. Words of the specifications (operators, attributes, element types, well-known
// producers) stay.
class Redactor {
 public:
  explicit Redactor(const Model& model);  // must outlive the redactor

  void apply(Report& report);
  Error redacted(Error error);

  // The token of a name of that kind; made on first sight.
  std::string_view token(NameKind kind, std::string_view name);
  // A name of unknown kind: whatever kind knows it.
  std::string_view any_token(std::string_view name);
  std::string scope(std::string_view path);    // component by component
  std::string formula(std::string_view text);  // symbols in an expression
  std::string words(std::string_view text);    // known names in free text
  bool is_public_attribute(std::string_view name) const { return attributes_.contains(name); }

 private:
  struct Table {
    std::unordered_map<std::string_view, std::string_view> tokens;
    std::size_t next = 1;
  };
  Table& table(NameKind kind) { return tables_[static_cast<std::size_t>(kind)]; }
  void learn(const Graph& graph);

  std::array<Table, kNameKinds> tables_;
  Table unknown_;
  std::unordered_map<std::string_view, bool> attributes_;  // of the published schemas
  Arena arena_;
};

// A read error before there is a model: without the place and without anything quoted.
Error without_names(Error error);

// Keeps aggregate figures, drops everything that shows the graph: names of inputs, outputs, nodes and
// weights, places of findings, metadata.
void summarize(Report& report);

}  // namespace haoline
