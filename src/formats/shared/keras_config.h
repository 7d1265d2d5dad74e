// A Keras model's configuration to a graph: Sequential and Functional models of Keras 1 to 3, nested ones,
// layers and models that are called more than once. Shared by the readers of .h5, .keras, JSON and
// TensorFlow.js.
//
// One call of a layer is one node; a model inside a model is inlined, its name is the scope. Shapes are
// followed, because the config of a layer says how many units it has but not how many features it gets.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/shared/json.h"
#include "formats/shared/keras_weights.h"
#include "ir/graph_builder.h"

namespace haoline::keras {

// Does it look like the configuration of a model: a class and its config?
bool is_model_config(json::Value root);

struct ConfigOptions {
  WeightStore* store = nullptr;  // null: the config alone; parameters are counted from shapes
  std::size_t max_nodes = 0;
};
// Fills the builder's main graph. Findings go to its model. An error where the config contradicts itself.
std::optional<Error> build_graph(GraphBuilder& graph, json::Value model, const ConfigOptions& options);

// What files of weights call the layers of the outermost model: their names (older files) or folders (Keras
// 3).
std::vector<std::string> layer_keys(json::Value model, bool by_path);

// The layers of Keras and what each is read as; empty: it stays as itself.
struct LayerMeaning {
  std::string_view name, canonical;
};
std::span<const LayerMeaning> layer_meanings();

}  // namespace haoline::keras
