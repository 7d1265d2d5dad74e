// A model as a reader of weights leaves it: initializers without elements, and architecture facts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/model.h"

namespace haoline {

class WeightFile {
 public:
  explicit WeightFile(std::string_view family = {}, TensorNaming naming = TensorNaming::huggingface) {
    model_.format = "built";
    model_.graphs.add({});
    model_.architecture.emplace();
    model_.architecture->source = "a test";
    model_.architecture->family = model_.arena.text(family);
    model_.architecture->naming = naming;
  }

  WeightFile& tensor(const std::string& name, std::vector<std::int64_t> extents,
                     DType dtype = DType::float16) {
    TensorData data;
    data.dtype = dtype;
    data.encoding = TensorData::Encoding::absent;
    data.extents = model_.arena.copy(extents);
    Tensor made;
    made.name = model_.arena.text(name);
    made.type.dtype = dtype;
    Shape shape;
    for (const std::int64_t extent : extents) shape.push_back(model_.dims->number(extent));
    made.shape = shape;
    made.constant = model_.arena.create(data);
    model_.graphs[Model::kMain].tensors.add(std::move(made));
    return *this;
  }
  WeightFile& linear(const std::string& name, std::int64_t in, std::int64_t out, bool bias = false) {
    tensor(name + ".weight", {out, in});
    if (bias) tensor(name + ".bias", {out});
    return *this;
  }
  WeightFile& norm(const std::string& name, std::int64_t width, bool bias = false) {
    tensor(name + ".weight", {width});
    if (bias) tensor(name + ".bias", {width});
    return *this;
  }

  WeightFile& says(std::string_view key, std::int64_t number) {
    FactValue value;
    value.kind = FactValue::Kind::integer;
    value.integer = number;
    value.real = static_cast<double>(number);
    return says(key, value);
  }
  WeightFile& says(std::string_view key, int number) { return says(key, std::int64_t{number}); }
  WeightFile& says(std::string_view key, bool flag) {
    FactValue value;
    value.kind = FactValue::Kind::boolean;
    value.integer = flag ? 1 : 0;
    return says(key, value);
  }
  WeightFile& says(std::string_view key, const char* text) {
    FactValue value;
    value.kind = FactValue::Kind::text;
    value.text = model_.arena.text(text);
    return says(key, value);
  }
  WeightFile& says(std::string_view key, const std::vector<std::int64_t>& numbers) {
    std::vector<FactValue> items(numbers.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      items[i].kind = FactValue::Kind::integer;
      items[i].integer = numbers[i];
    }
    FactValue value;
    value.kind = FactValue::Kind::list;
    value.list = model_.arena.copy(items);
    return says(key, value);
  }
  WeightFile& is_class(std::string_view name) {
    model_.architecture->classes.push_back(model_.arena.text(name));
    return *this;
  }

  Model build() && {
    auto& entries = model_.architecture->entries;
    std::sort(entries.begin(), entries.end(), [](const Fact& a, const Fact& b) { return a.key < b.key; });
    return std::move(model_);
  }

 private:
  WeightFile& says(std::string_view key, FactValue value) {
    model_.architecture->entries.push_back({model_.arena.text(key), value});
    return *this;
  }

  Model model_;
};

}  // namespace haoline
