// Attention: the plain layers that compare what they are given, and those that project it first.
#include <algorithm>

#include "formats/shared/keras_layer.h"

namespace haoline::keras {

void make_attention(Layer& layer) {
  if (layer.in.size() < 2) return layer.emit_as_itself();
  const bool is_additive = layer.type == "AdditiveAttention";
  std::vector<Wanted> wanted;
  if (layer.is_on("use_scale", is_additive))
    wanted.push_back({"scale", is_additive ? std::vector<std::int64_t>{layer.extent(0, -1)}
                                           : std::vector<std::int64_t>{}});
  const std::string mode = is_additive ? "additive" : std::string(layer.get({"score_mode"}).text("dot"));
  if (mode == "concat") wanted.push_back({"concat_score_weight", {}});
  const std::vector<TensorId> weights = layer.weights(wanted);
  std::vector<TensorId> inputs(
      layer.in.begin(),
      layer.in.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(3, layer.in.size())));
  if (inputs.size() == 2) inputs.push_back(inputs[1]);  // the key is the value
  inputs.insert(inputs.end(), weights.begin(), weights.end());
  Shape out = layer.shape(0), scores = Shape::unknown_rank();
  if (out.has_rank() && out.rank() >= 2 && layer.has_rank(1) && layer.rank(1) >= 2) {
    scores = out;
    scores[scores.rank() - 1] = layer.shape(1)[layer.rank(1) - 2];
    out[out.rank() - 1] = layer.shape(1).back();
  }
  std::vector<Shape> shapes{out};
  if (layer.keywords["return_attention_scores"].boolean(false)) shapes.push_back(scores);
  layer.emit("ScoreAttention", inputs, {{"score_mode", mode}}, shapes);
}

void make_multi_head_attention(Layer& layer) {
  if (layer.in.size() < 2) return layer.emit_as_itself();
  const bool is_grouped = layer.row->detail == 1;
  const std::int64_t heads = layer.integer({"num_heads", "num_query_heads"}, -1);
  const std::int64_t groups = is_grouped ? layer.integer({"num_key_value_heads"}, -1) : heads;
  const std::int64_t key = layer.integer({"key_dim", "head_dim"}, -1);
  const std::int64_t value = is_grouped ? key : layer.integer({"value_dim"}, key);
  std::vector<TensorId> inputs(
      layer.in.begin(),
      layer.in.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(3, layer.in.size())));
  if (inputs.size() == 2) inputs.push_back(inputs[1]);
  const std::int64_t q_in = layer.extent(0, -1), v_in = layer.extent(1, -1),
                     k_in = layer.in.size() > 2 ? layer.extent(2, -1) : v_in;
  const json::Value said = layer.get({"output_shape"});
  const std::int64_t out_size =
      said.is_array() && said.size() == 1 ? said[0].integer(-1) : said.integer(q_in);
  const bool biased = layer.is_on("use_bias", true);
  std::vector<Wanted> wanted;
  const auto project = [&](std::string_view part, std::string_view legacy, std::vector<std::int64_t> kernel,
                           std::vector<std::int64_t> bias) {
    // Keras 3 keeps the grouped kind's under the attribute's own, private name.
    if (!is_grouped) part.remove_prefix(1);
    wanted.push_back({"kernel", std::move(kernel), Trained::yes, part, legacy});
    if (biased) wanted.push_back({"bias", std::move(bias), Trained::yes, part, legacy});
  };
  project("_query_dense", "query", {q_in, heads, key}, {heads, key});
  project("_key_dense", "key", {k_in, groups, key}, {groups, key});
  project("_value_dense", "value", {v_in, groups, value}, {groups, value});
  project("_output_dense", "attention_output", {heads, value, out_size}, {out_size});
  const std::vector<TensorId> weights = layer.weights(wanted);
  inputs.insert(inputs.end(), weights.begin(), weights.end());
  BuilderAttributes attributes{{"num_heads", heads},     {"num_key_value_heads", groups},
                               {"key_dim", key},         {"value_dim", value},
                               {"output_dim", out_size}, {"use_bias", biased ? 1 : 0}};
  const json::Value axes = layer.get({"attention_axes"});
  if (axes.is_array()) {
    std::vector<std::int64_t> list;
    for (std::size_t i = 0; i < axes.size(); ++i) list.push_back(axes[i].integer());
    attributes.emplace_back("attention_axes", list);
  }
  Shape out = layer.shape(0);
  if (out.has_rank() && out.rank() > 0)
    out[out.rank() - 1] = out_size < 0 ? Dim::unknown() : layer.pool().number(out_size);
  std::vector<Shape> shapes{out};
  if (layer.keywords["return_attention_scores"].boolean(false)) {
    Shape scores = Shape::unknown_rank();
    if (layer.has_rank(0) && layer.has_rank(1) && layer.rank(0) == 3 && layer.rank(1) == 3 && heads >= 0)
      scores = Shape{layer.shape(0)[0], layer.pool().number(heads), layer.shape(0)[1], layer.shape(1)[1]};
    shapes.push_back(scores);
  }
  layer.emit("ProjectedAttention", inputs, std::move(attributes), shapes);
}

}  // namespace haoline::keras
