// Redaction and summary as visitors over the report's description: a new field of a name type is covered by
// its type.
#include <string>
#include <type_traits>
#include <vector>

#include "report/redact.h"

namespace haoline {
namespace {

class Visitor {
 public:
  Visitor(Redactor& names, Report& report) : redactor_(names), report_(report) {}

  template <NameKind kind>
  void operator()(Name<kind>& name) {
    if (name.text.empty()) return;
    name.text =
        kind == NameKind::scope ? keep(redactor_.scope(name.text)) : keep(redactor_.token(kind, name.text));
  }
  void operator()(Formula& formula) {
    if (!formula.text.empty()) formula.text = keep(redactor_.formula(formula.text));
  }
  void operator()(Quantity& quantity) { (*this)(quantity.formula); }
  void operator()(Dimension& dimension) { (*this)(dimension.formula); }
  void operator()(ShapeText& shape) { shape.extents = copy(shape.extents); }
  void operator()(MessageText& message) {
    for (MessageText::Part& part : message.parts) {
      part.text = part.is_name ? keep(redactor_.any_token(part.text)) : keep(redactor_.words(part.text));
    }
  }
  void operator()(AttributeText& attribute) {
    if (auto* text = std::get_if<std::string_view>(&attribute.value); text && !attribute.is_vocabulary) {
      *text = keep(redactor_.token(NameKind::metadata, *text));
    }
    if (auto* texts = std::get_if<AttributeText::Texts>(&attribute.value);
        texts && !attribute.is_vocabulary) {
      std::vector<std::string_view> tokens;
      for (const std::string_view text : *texts)
        tokens.push_back(keep(redactor_.token(NameKind::metadata, text)));
      *texts = report_.arena.copy(tokens);
    }
    if (auto* path = std::get_if<GraphPath>(&attribute.value)) (*this)(*path);
    if (auto* paths = std::get_if<std::span<const GraphPath>>(&attribute.value)) *paths = copy(*paths);
  }
  void operator()(std::pair<AttributeName, AttributeText>& entry) {
    if (!redactor_.is_public_attribute(entry.first.text)) {
      (*this)(entry.first);
      entry.second.is_vocabulary = false;
    }
    (*this)(entry.second);
  }
  template <Described T>
  void operator()(T& value) {
    for_each_field<T>([&](const auto& field) { (*this)(value.*field.member); });
  }
  template <class T>
  void operator()(std::optional<T>& value) {
    if (value) (*this)(*value);
  }
  template <class T>
  void operator()(std::vector<T>& items) {
    for (T& item : items) (*this)(item);
  }
  template <class Key, class T>
  void operator()(Map<Key, T>& map) {
    for (auto& [key, value] : map.entries) {
      (*this)(key);
      (*this)(value);
    }
  }
  template <class T>
  void operator()(std::span<const T>& items) {
    items = copy(items);
  }
  // Numbers, flags and our own words. Rows refer to the report's quantities, which are visited as a whole.
  void operator()(Word&) {}
  void operator()(ValueShape&) {}
  void operator()(QuantityRef&) {}
  template <class T>
    requires std::is_arithmetic_v<T> || std::is_same_v<T, Int128>
  void operator()(T&) {}

 private:
  std::string_view keep(std::string_view text) { return report_.arena.text(text); }

  template <class T>
  std::span<const T> copy(std::span<const T> items) {
    std::vector<T> changed(items.begin(), items.end());
    for (T& item : changed) (*this)(item);
    return report_.arena.copy(changed);
  }

  Redactor& redactor_;
  Report& report_;
};

void join_findings(Report& report) {
  std::vector<FindingInfoText> joined;
  for (const FindingInfoText& finding : report.findings) {
    FindingInfoText* same = nullptr;
    for (FindingInfoText& other : joined) {
      if (other.id == finding.id) same = &other;
    }
    if (same) {
      ++same->count;
      continue;
    }
    FindingInfoText kept{.id = finding.id, .severity = finding.severity, .advice = finding.advice};
    for (std::size_t kind = 0; kind < kFindingKinds; ++kind) {
      const FindingInfo& known = info(static_cast<FindingKind>(kind));
      if (known.id == finding.id.text) kept.message.parts = {{known.meaning, false}};
    }
    joined.push_back(std::move(kept));
  }
  report.findings = std::move(joined);
}

}  // namespace

void Redactor::apply(Report& report) {
  Visitor visit(*this, report);
  visit(report);
  for (Quantity& quantity : report.quantities) visit(quantity);
}

void summarize(Report& report) {
  report.is_summary = true;
  const std::size_t slash = report.model.path.text.find_last_of('/');
  if (slash != std::string_view::npos) report.model.path.text.remove_prefix(slash + 1);
  report.model.documentation = {};
  report.model.metadata = {};
  report.model.files.clear();
  report.graph.inputs.clear();
  report.graph.outputs.clear();
  report.parameters.assumed.clear();
  report.parameters.shared.clear();
  report.cost.by_scope.clear();
  report.cost.coverage.unknown.clear();
  report.cost.heaviest.clear();
  report.memory.peak.reset();
  report.memory.spikes.clear();
  report.memory.unsized.clear();
  report.memory.series.reset();
  if (report.memory.kv_cache) {
    report.memory.kv_cache->inputs.clear();
    report.memory.kv_cache->outputs.clear();
  }
  report.notes.clear();
  report.nodes.reset();
  report.tensors.reset();
  report.weights.reset();
  join_findings(report);
  if (report.engine) report.engine->layers.clear();
}

}  // namespace haoline
