#include "architecture_truth.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace haoline::proof {
namespace {

using Json = rapidjson::Value;

std::vector<int> values_of(const std::string& spec) {  // "0,3-5"
  std::vector<int> values;
  std::size_t at = 0;
  while (at < spec.size()) {
    const std::size_t end = std::min(spec.find(',', at), spec.size());
    const std::string part = spec.substr(at, end - at);
    const std::size_t dash = part.find('-');
    const int first = std::stoi(part),
              last = dash == std::string::npos ? first : std::stoi(part.substr(dash + 1));
    for (int v = first; v <= last; ++v) values.push_back(v);
    at = end + 1;
  }
  return values;
}

void expand(const Json& row, std::vector<NamedShape>& out) {
  std::vector<std::string> names{row[0].GetString()};
  if (row.Size() > 2) {
    for (const auto& field : row[2].GetObject()) {
      const std::string token = "{" + std::string(field.name.GetString()) + "}";
      std::vector<std::string> next;
      for (const std::string& name : names) {
        for (const int value : values_of(field.value.GetString())) {
          std::string made = name;
          const std::size_t at = made.find(token);
          if (at != std::string::npos) made.replace(at, token.size(), std::to_string(value));
          next.push_back(made);
        }
      }
      names = std::move(next);
    }
  }
  std::vector<std::int64_t> extents;
  for (const Json& extent : row[1].GetArray()) extents.push_back(extent.GetInt64());
  for (std::string& name : names) out.push_back({std::move(name), extents});
}

std::optional<std::int64_t> number(const Json& object, const char* key) {
  if (!object.IsObject() || !object.HasMember(key) || !object[key].IsNumber()) return std::nullopt;
  return object[key].IsInt64() ? object[key].GetInt64() : static_cast<std::int64_t>(object[key].GetDouble());
}

FactValue value_of(const Json& json, Arena& arena) {
  FactValue value;
  if (json.IsBool()) {
    value.kind = FactValue::Kind::boolean;
    value.integer = json.GetBool() ? 1 : 0;
  } else if (json.IsInt64()) {
    value.kind = FactValue::Kind::integer;
    value.integer = json.GetInt64();
    value.real = static_cast<double>(value.integer);
  } else if (json.IsNumber()) {
    value.kind = FactValue::Kind::real;
    value.real = json.GetDouble();
  } else if (json.IsString()) {
    value.kind = FactValue::Kind::text;
    value.text = arena.text({json.GetString(), json.GetStringLength()});
  } else if (json.IsArray()) {
    value.kind = FactValue::Kind::list;
    std::vector<FactValue> items;
    for (const Json& item : json.GetArray()) items.push_back(value_of(item, arena));
    value.list = arena.copy(items);
  }
  return value;
}

void flatten(const Json& object, const std::string& prefix, Model& model) {
  for (const auto& member : object.GetObject()) {
    const std::string key = prefix + member.name.GetString();
    if (member.value.IsObject()) {
      flatten(member.value, key + ".", model);
    } else {
      model.architecture->entries.push_back({model.arena.text(key), value_of(member.value, model.arena)});
    }
  }
}

void add(Model& model, const NamedShape& named) {
  TensorData data;
  data.dtype = DType::bfloat16;
  data.encoding = TensorData::Encoding::absent;
  data.extents = model.arena.copy(named.extents);
  Tensor tensor;
  tensor.name = model.arena.text(named.name);
  tensor.type.dtype = data.dtype;
  Shape shape;
  for (const std::int64_t extent : named.extents) shape.push_back(model.dims->number(extent));
  tensor.shape = shape;
  tensor.constant = model.arena.create(data);
  model.graphs[Model::kMain].tensors.add(std::move(tensor));
}

}  // namespace

std::optional<ArchitectureTruth> read_architecture(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  rapidjson::Document json;
  json.Parse(text.c_str());
  if (json.HasParseError() || !json.HasMember("tensors")) return std::nullopt;
  ArchitectureTruth truth;
  truth.name = json["name"].GetString();
  truth.class_name = json["class"].GetString();
  // The configuration as text again: what a reader would get.
  const std::size_t at = text.find("\"config\": {"), end = text.find('\n', at);
  truth.config = text.substr(at + 10, end - at - 10);
  while (!truth.config.empty() && truth.config.back() != '}') truth.config.pop_back();
  truth.parameters = json["params"].GetInt64();
  for (const Json& row : json["tensors"].GetArray()) expand(row, truth.tensors);
  if (json.HasMember("buffers")) {
    for (const Json& row : json["buffers"].GetArray()) expand(row, truth.buffers);
  }
  if (json.HasMember("macs") && json["macs"].HasMember("total")) {
    truth.macs = json["macs"]["total"].GetInt64();
    truth.macs_input = json["macs"]["input"].GetString();
  }
  if (json.HasMember("cache")) {
    const Json& cache = json["cache"];
    truth.cache_per_token = number(cache, "bytes_per_token_16bit");
    truth.cache_latent = number(cache, "bytes_per_token_latent");
    truth.cache_grouped = number(cache, "bytes_per_token_grouped");
    truth.state_per_sequence = number(cache, "bytes_per_sequence_16bit");
    if (cache.HasMember("windowed_layers")) {
      truth.window = cache["windowed_layers"]["window"].GetInt64();
      truth.windowed_layers =
          static_cast<std::int64_t>(values_of(cache["windowed_layers"]["layers"].GetString()).size());
    }
  }
  if (json.HasMember("moe")) {
    truth.active = number(json["moe"], "params_active");
    truth.weight_macs_per_token = number(json["moe"], "weight_macs_per_token");
    truth.experts = number(json["moe"], "experts");
    truth.top_k = number(json["moe"], "top_k");
  }
  return truth;
}

Model model_of(const std::vector<NamedShape>& tensors, const std::vector<NamedShape>& buffers,
               const std::string& config) {
  Model model;
  model.format = "built";
  model.graphs.add({});
  for (const NamedShape& named : tensors) add(model, named);
  for (const NamedShape& named : buffers) add(model, named);
  model.architecture.emplace();
  rapidjson::Document json;
  json.Parse(config.c_str());
  if (json.IsObject()) {
    model.architecture->source = "config.json";
    flatten(json, "", model);
    auto& entries = model.architecture->entries;
    std::sort(entries.begin(), entries.end(), [](const Fact& a, const Fact& b) { return a.key < b.key; });
    if (const FactValue* type = model.architecture->find("model_type"))
      model.architecture->family = type->text;
    if (const FactValue* classes = model.architecture->find("architectures")) {
      for (const FactValue& one : classes->list) model.architecture->classes.push_back(one.text);
    }
  }
  return model;
}

}  // namespace haoline::proof
