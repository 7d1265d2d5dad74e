// A layers-model: a Keras configuration, its weights in the shards.
#include <algorithm>
#include <deque>

#include "formats/shared/byte_spans.h"
#include "formats/shared/keras_config.h"
#include "formats/tfjs/reading.h"

namespace haoline::tfjs {
namespace {

constexpr std::int64_t kOperatorSet = 21;

// "model/dense/kernel" is a weight of the layer dense.
bool belongs_to(std::string_view name, std::string_view layer) {
  for (std::size_t at = name.find(layer); at != std::string_view::npos; at = name.find(layer, at + 1)) {
    const std::size_t end = at + layer.size();
    if ((at == 0 || name[at - 1] == '/') && end < name.size() && name[end] == '/') return true;
  }
  return false;
}

// The manifest is one list; a layer's weights are those whose names hold the layer's.
class ManifestStore : public keras::WeightStore {
 public:
  explicit ManifestStore(const Weights& weights) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      keras::Variable variable;
      variable.name = weights[i].name;
      variable.data = *weights[i].data;
      variable.quantization = weights[i].quantization;
      variables_.push_back(variable);
    }
  }
  bool is_by_path() const override { return false; }
  std::vector<keras::Variable*> of(const keras::Place& place, std::string_view) override {
    return all_of(place);
  }
  std::vector<keras::Variable*> all_of(const keras::Place& place) override {
    const std::string_view layer = place.inside.empty() ? place.group : place.inside;
    std::vector<keras::Variable*> found;
    if (layer.empty()) return found;
    for (keras::Variable& variable : variables_) {
      if (belongs_to(variable.name, layer)) found.push_back(&variable);
    }
    return found;
  }

 private:
  std::deque<keras::Variable> variables_;
};

}  // namespace

Result<Model> read_layers_model(const Input& input) {
  GraphBuilder graph(kOperatorSet);
  Model& model = graph.model();
  begin_model(input, model);
  const json::Value topology = input.document.root()["modelTopology"];
  const json::Value inner = topology["model_config"];
  const json::Value config = inner ? inner : topology;
  if (!keras::is_model_config(config)) {
    Error error;
    error.kind = ErrorKind::malformed;
    error.path = "modelTopology";
    error.message = "is neither a graph nor the configuration of a Keras model";
    error.advice = "Convert the model again.";
    return error;
  }
  Result<Weights> weights = Weights::open(input, model);
  if (!weights) return std::move(weights).error();
  ManifestStore store(*weights);
  // The budget of calls is in proportion to the text, so that models in models in models stay finite.
  const std::size_t most = std::min<std::size_t>(input.options.max_nodes, 1000 + input.file.size());
  if (std::optional<Error> error = keras::build_graph(graph, config, {&store, most}))
    return *std::move(error);
  model.opsets.clear();  // of the builder, not of the file
  model.format_version = "layers-model";
  settle_spans(model);
  return std::move(graph).build();
}

}  // namespace haoline::tfjs
