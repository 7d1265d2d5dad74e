// What the two kinds of model.json share: the document and its weights. Internal to this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/format.h"
#include "formats/shared/json.h"
#include "formats/shared/name_table.h"

namespace haoline::tfjs {

struct Input {
  Bytes file;
  const ReadOptions& options;
  const json::Document&
      document;  // keep it as long as the model is being built; texts are copied into the arena
};

// --- graph.cc
Result<Model> read_graph_model(const Input& input);
// --- layers.cc
Result<Model> read_layers_model(const Input& input);

// The main file and what the head of model.json says.
Model begin_model(const Input& input);

// --- weights.cc: the tensors of "weightsManifest", by name
struct Weight {
  std::string_view name;  // in the arena
  const TensorData* data = nullptr;
  const Quantization* quantization = nullptr;
};
class Weights {
 public:
  // Opens the shards and lays out every tensor; what is missing or does not fit becomes a finding.
  static Result<Weights> open(const Input& input, Model& model);
  const Weight* find(std::string_view name);
  std::size_t size() const { return weights_.size(); }
  const Weight& operator[](std::size_t index) const { return weights_[index]; }

 private:
  std::vector<Weight> weights_;
  NameTable names_;
};

}  // namespace haoline::tfjs
