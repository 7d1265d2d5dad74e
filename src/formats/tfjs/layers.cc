// A layers-model: a Keras configuration, and the weights of the manifest under Keras' names.
#include <algorithm>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "formats/shared/byte_spans.h"
#include "formats/shared/keras_config.h"
#include "formats/tfjs/reading.h"
#include "ir/graph_builder.h"

namespace haoline::tfjs {
namespace {

constexpr int kOperatorSet = 21;  // whose signatures the nodes have

// Every part of a name but the last is a layer or model that holds the weight: "encoder/dense/kernel".
class ManifestStore : public keras::WeightStore {
 public:
  explicit ManifestStore(const Weights& weights) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const Weight& weight = weights[i];
      if (weight.data == nullptr) continue;
      keras::Variable variable;
      variable.name = weight.name;
      variable.data = *weight.data;
      variable.quantization = weight.quantization;
      variables_.push_back(variable);
      std::string_view rest = weight.name;
      for (std::size_t slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
        std::vector<keras::Variable*>& list = holders_[rest.substr(0, slash)];
        if (list.empty() || list.back() != &variables_.back()) list.push_back(&variables_.back());
        rest = rest.substr(slash + 1);
      }
    }
  }

  bool is_by_path() const override { return false; }
  std::vector<keras::Variable*> of(const keras::Place& place, std::string_view) override {
    return all_of(place);
  }
  std::vector<keras::Variable*> all_of(const keras::Place& place) override {
    const auto at = holders_.find(place.inside.empty() ? place.group : place.inside);
    return at == holders_.end() ? std::vector<keras::Variable*>{} : at->second;
  }

 private:
  std::deque<keras::Variable> variables_;
  std::unordered_map<std::string_view, std::vector<keras::Variable*>> holders_;
};

Error no_model() {
  Error error;
  error.kind = ErrorKind::malformed;
  error.path = "modelTopology";
  error.message = "holds no configuration of a Keras model";
  error.advice = "Convert the model again with tensorflowjs_converter.";
  return error;
}

}  // namespace

Result<Model> read_layers_model(const Input& input) {
  const json::Value topology = input.document.root()["modelTopology"];
  json::Value config = topology["model_config"] ? topology["model_config"] : topology;
  // Some converters keep the configuration as a text in the text.
  std::optional<json::Document> inner;
  if (config.is_text()) {
    Result<json::Document> parsed = json::Document::parse(as_bytes(config.text()));
    if (!parsed) return no_model();
    inner = *std::move(parsed);
    config = inner->root();
  }
  if (!keras::is_model_config(config)) return no_model();

  GraphBuilder graph(kOperatorSet);
  Model& model = graph.model();
  begin_model(input, model);
  Result<Weights> weights = Weights::open(input, model);
  if (!weights) return std::move(weights).error();
  ManifestStore store(*weights);
  const std::string_view version = topology["keras_version"].text();
  model.format_version = "layers-model" + (version.empty() ? "" : ", Keras " + std::string(version));
  const std::string_view name = config["config"]["name"].text();
  if (!name.empty()) graph.graph().name = model.arena.text(name);
  const std::size_t most_calls = std::min<std::size_t>(input.options.max_nodes, 1000 + input.file.size());
  if (std::optional<Error> error = keras::build_graph(graph, config, {&store, most_calls})) return *error;
  model.opsets.clear();  // of the builder, not of the file
  settle_spans(model);
  return std::move(graph).build();
}

}  // namespace haoline::tfjs
