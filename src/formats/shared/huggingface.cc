#include "formats/shared/huggingface.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

#include "formats/shared/json.h"

namespace haoline {
namespace {

constexpr std::size_t kMostFacts = 200'000;
constexpr std::size_t kLongestShown = 4096;  // of a list as text

FactValue scalar(json::Value value, Arena& arena) {
  if (value.is_boolean()) {
    const bool is_true = value.boolean();
    return {FactValue::Kind::boolean, is_true ? 1 : 0, is_true ? 1.0 : 0.0, {}, {}};
  }
  if (value.is_integer()) {
    return {FactValue::Kind::integer, value.integer(), static_cast<double>(value.integer()), {}, {}};
  }
  if (value.is_number()) return {FactValue::Kind::real, 0, value.number(), {}, {}};
  if (value.is_text()) return {FactValue::Kind::text, 0, 0, arena.text(value.text()), {}};
  return {};
}

bool is_scalar(json::Value value) {
  return !value.is_array() && !value.is_object();
}

// Depth is bounded by the parser.
class Flattener {
 public:
  Flattener(Arena& arena, std::vector<Fact>& out) : arena_(arena), out_(out) {}

  void object(json::Value value, const std::string& prefix) {
    for (std::size_t i = 0; i < value.size() && out_.size() < kMostFacts; ++i)
      member(value.member(i), prefix);
  }
  void member(const json::Member& member, const std::string& prefix) {
    add(member.value, prefix + std::string(member.key));
  }

 private:
  void add(json::Value value, const std::string& key) {
    if (value.is_object()) return object(value, key + ".");
    if (value.is_array()) return array(value, key);
    const FactValue fact = scalar(value, arena_);
    if (fact.kind != FactValue::Kind::null) out_.push_back({arena_.text(key), fact});
  }

  void array(json::Value value, const std::string& key) {
    bool are_scalars = true;
    for (std::size_t i = 0; i < value.size(); ++i) are_scalars = are_scalars && is_scalar(value[i]);
    if (!are_scalars) {
      for (std::size_t i = 0; i < value.size() && out_.size() < kMostFacts; ++i)
        add(value[i], key + "." + std::to_string(i));
      return;
    }
    const std::span<FactValue> list = arena_.allocate<FactValue>(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) list[i] = scalar(value[i], arena_);
    out_.push_back({arena_.text(key), {FactValue::Kind::list, 0, 0, {}, list}});
  }

  Arena& arena_;
  std::vector<Fact>& out_;
};

// Sorted; of repeated keys the last, as Python has it.
void settle(std::vector<Fact>& facts) {
  std::stable_sort(facts.begin(), facts.end(), [](const Fact& a, const Fact& b) { return a.key < b.key; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (i + 1 < facts.size() && facts[i + 1].key == facts[i].key) continue;
    facts[kept++] = facts[i];
  }
  facts.resize(kept);
}

std::string shown(const FactValue& value) {
  switch (value.kind) {
    case FactValue::Kind::null:
      return "null";
    case FactValue::Kind::boolean:
      return value.integer != 0 ? "true" : "false";
    case FactValue::Kind::integer:
      return std::to_string(value.integer);
    case FactValue::Kind::real: {
      char room[40];
      return std::string(room, std::to_chars(room, room + sizeof room, value.real).ptr);
    }
    case FactValue::Kind::text:
      return std::string(value.text);
    case FactValue::Kind::list:
      break;
  }
  std::string out = "[";
  for (const FactValue& one : value.list) {
    if (out.size() > kLongestShown) return out + ", …]";
    out += (out.size() > 1 ? ", " : "") + shown(one);
  }
  return out + "]";
}

}  // namespace

Result<ArchitectureFacts> read_config(Bytes text, Model& model) {
  Result<json::Document> document = json::Document::parse(text);
  if (!document) return std::move(document).error();
  const json::Value root = document->root();
  if (!root.is_object()) {
    return Error{.kind = ErrorKind::malformed, .message = "a config is a JSON object", .advice = {}};
  }
  ArchitectureFacts facts;
  facts.source = "config.json";
  Flattener(model.arena, facts.entries).object(root, "");
  settle(facts.entries);
  // Transformers says model_type, timm architecture, diffusers the class only.
  for (const std::string_view key : {"model_type", "architecture", "text_config.model_type"}) {
    const FactValue* family = facts.find(key);
    if (facts.family.empty() && family != nullptr) facts.family = family->text;
  }
  if (const FactValue* classes = facts.find("architectures")) {
    for (const FactValue& name : classes->list) {
      if (name.kind == FactValue::Kind::text) facts.classes.push_back(name.text);
    }
  }
  if (const FactValue* name = facts.find("_class_name"); name != nullptr && facts.classes.empty())
    facts.classes.push_back(name->text);
  return facts;
}

void add_json_metadata(Bytes text, std::string_view prefix, Model& model) {
  const Result<json::Document> document = json::Document::parse(text);
  if (!document || !document->root().is_object()) return;
  const json::Value root = document->root();
  for (std::size_t i = 0; i < root.size(); ++i) {
    const json::Member member = root.member(i);
    if (member.value.is_object() || member.value.is_null()) continue;
    std::vector<Fact> facts;
    Flattener(model.arena, facts).member(member, std::string(prefix));
    if (facts.size() == 1) model.metadata.push_back({facts[0].key, model.arena.text(shown(facts[0].value))});
  }
}

}  // namespace haoline
