#include "truth_file.h"

#include <rapidjson/document.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace haoline::proof {
namespace {

using Json = rapidjson::Value;

std::optional<Extents> extents_of(const Json& list) {
  if (!list.IsArray()) return std::nullopt;
  Extents extents;
  for (const Json& extent : list.GetArray()) {
    if (extent.IsArray()) return std::nullopt;
    extents.push_back(extent.IsInt64() ? extent.GetInt64() : -1);
  }
  return extents;
}

// ["name", "float32", [1, 3], [2, 3]]: shapes of later bindings only where they differ.
TruthTensor tensor_of(const std::string& name, const Json& row, rapidjson::SizeType first,
                      std::size_t bindings) {
  TruthTensor tensor;
  tensor.name = name;
  if (row[first].IsString()) tensor.dtype = row[first].GetString();
  tensor.is_sequence = tensor.dtype.starts_with("seq");
  if (tensor.is_sequence) {
    const Json& elements = row[first + 1];
    for (rapidjson::SizeType i = 0; elements.IsArray() && i < elements.Size(); ++i) {
      tensor.shapes.push_back(extents_of(elements[i]));
    }
    return tensor;
  }
  for (std::size_t b = 0; b < bindings; ++b) {
    const auto at = first + 1 + static_cast<rapidjson::SizeType>(b);
    if (at < row.Size())
      tensor.shapes.push_back(extents_of(row[at]));
    else
      tensor.shapes.push_back(tensor.shapes.empty() ? std::nullopt : tensor.shapes.front());
  }
  return tensor;
}

std::map<std::string, std::int64_t> binding_of(const Json& object) {
  std::map<std::string, std::int64_t> binding;
  for (const auto& member : object.GetObject()) {
    if (member.value.IsInt64()) binding[member.name.GetString()] = member.value.GetInt64();
  }
  return binding;
}

void read_bindings(const Json& root, Truth& truth) {
  if (root.HasMember("bindings")) {
    for (const Json& entry : root["bindings"].GetArray()) truth.bindings.push_back(binding_of(entry));
  } else if (root.HasMember("bind") && root["bind"].IsObject()) {
    truth.bindings.push_back(binding_of(root["bind"]));
  }
  if (truth.bindings.empty()) truth.bindings.emplace_back();
}

void read_inputs(const Json& root, Truth& truth) {
  if (!root.HasMember("inputs")) return;
  const Json& inputs = root["inputs"];
  if (inputs.IsObject()) {
    for (const auto& member : inputs.GetObject()) {
      truth.inputs.push_back(tensor_of(member.name.GetString(), member.value, 0, truth.bindings.size()));
    }
  } else if (inputs.IsArray()) {
    for (const Json& row : inputs.GetArray()) {
      truth.inputs.push_back(tensor_of(row[0].GetString(), row, 1, truth.bindings.size()));
    }
  }
}

}  // namespace

std::optional<Truth> read_truth(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  rapidjson::Document root;
  if (root.Parse(text.data(), text.size()).HasParseError() || !root.IsObject()) return std::nullopt;
  Truth truth;
  truth.name = std::filesystem::path(path).stem().string();
  truth.file = root.HasMember("file") ? root["file"].GetString() : "onnx/" + truth.name + ".onnx";
  if (root["source"].IsString()) truth.source = root["source"].GetString();
  read_bindings(root, truth);
  read_inputs(root, truth);
  if (root.HasMember("integer_inputs") && root["integer_inputs"].IsInt64()) {
    truth.integer_fill = root["integer_inputs"].GetInt64();
  }
  if (!root.HasMember("tensors")) return truth;
  for (const Json& row : root["tensors"].GetArray()) {
    truth.tensors.push_back(tensor_of(row[0].GetString(), row, 1, truth.bindings.size()));
  }
  return truth;
}

}  // namespace haoline::proof
