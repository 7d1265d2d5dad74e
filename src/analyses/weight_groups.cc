#include "analyses/weight_groups.h"

#include <algorithm>
#include <array>

namespace haoline {
namespace {

struct Rule {
  WeightGroup group;
  std::string_view fragment;
};
// The first fragment that occurs in the name decides: what is specific stands before what is general.
constexpr Rule kRules[] = {
    {WeightGroup::norms, "norm"},
    {WeightGroup::norms, "Norm"},
    {WeightGroup::norms, ".ln_"},
    {WeightGroup::norms, ".ln1."},
    {WeightGroup::norms, ".ln2."},
    {WeightGroup::norms, "/ln_"},
    {WeightGroup::experts, "expert"},
    {WeightGroup::experts, "_exps"},
    {WeightGroup::experts, "_shexp"},
    {WeightGroup::experts, "ffn_gate_inp"},
    {WeightGroup::experts, "exp_probs"},
    {WeightGroup::experts, "router"},
    {WeightGroup::experts, ".mlp.gate."},
    {WeightGroup::experts, "_moe.gate."},
    {WeightGroup::recurrent, "ssm"},
    {WeightGroup::recurrent, ".mixer."},
    {WeightGroup::recurrent, ".mamba."},
    {WeightGroup::recurrent, "linear_attn"},
    {WeightGroup::recurrent, "time_mix"},
    {WeightGroup::recurrent, "attention.time_"},
    {WeightGroup::recurrent, "shortconv"},
    {WeightGroup::output, "lm_head"},
    {WeightGroup::output, "embed_out"},
    {WeightGroup::output, "cls.predictions"},
    {WeightGroup::output, "classifier"},
    {WeightGroup::output, "pooler"},
    {WeightGroup::output, "score.weight"},
    {WeightGroup::attention, "attn"},
    {WeightGroup::attention, "ttention"},
    {WeightGroup::attention, "q_proj"},
    {WeightGroup::embeddings, "embd"},
    {WeightGroup::embeddings, "embed"},
    {WeightGroup::embeddings, "wte"},
    {WeightGroup::embeddings, "wpe"},
    {WeightGroup::embeddings, "token_types"},
    {WeightGroup::embeddings, "shared.weight"},
    {WeightGroup::feed_forward, "mlp"},
    {WeightGroup::feed_forward, "ffn"},
    {WeightGroup::feed_forward, "feed_forward"},
    {WeightGroup::feed_forward, "DenseReluDense"},
    {WeightGroup::feed_forward, "intermediate."},
    {WeightGroup::feed_forward, "output.dense"},
    {WeightGroup::feed_forward, ".fc1."},
    {WeightGroup::feed_forward, ".fc2."},
    {WeightGroup::feed_forward, "channel_mix"},
};

bool is_counted(const Parameter& parameter) {
  return parameter.role == ParameterRole::trainable || parameter.role == ParameterRole::buffer;
}

WeightMix::Part& part_of(WeightMix& mix, std::string_view type, std::int32_t bits) {
  const auto at = std::find_if(mix.parts.begin(), mix.parts.end(),
                               [&](const WeightMix::Part& p) { return p.type == type && p.bits == bits; });
  return at != mix.parts.end() ? *at : mix.parts.emplace_back(WeightMix::Part{type, bits, 0});
}

}  // namespace

std::string_view name(WeightGroup group) {
  constexpr std::array<std::string_view, kWeightGroups> kNames = {
      "embeddings", "attention", "feed-forward", "experts", "recurrent", "norms", "output", "other"};
  return kNames[static_cast<std::size_t>(group)];
}

WeightGroup weight_group_of(std::string_view tensor_name) {
  if (tensor_name.starts_with("output.")) return WeightGroup::output;  // ggml
  const auto* rule = std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& r) {
    return tensor_name.find(r.fragment) != std::string_view::npos;
  });
  return rule != std::end(kRules) ? rule->group : WeightGroup::other;
}

std::vector<WeightMix> mix_of_weights(const Model& model, const ParameterFacts& parameters) {
  std::array<WeightMix, kWeightGroups> groups;
  for (std::size_t i = 0; i < kWeightGroups; ++i) groups[i].group = static_cast<WeightGroup>(i);
  for (const Parameter& parameter : parameters.parameters) {
    const Tensor& tensor = model.graphs[parameter.graph].tensors[parameter.tensor];
    if (!is_counted(parameter) && tensor.trained != Trained::auxiliary) continue;
    WeightMix& mix = groups[static_cast<std::size_t>(weight_group_of(tensor.name))];
    mix.bytes += parameter.stored_bytes;
    if (!is_counted(parameter)) continue;
    const auto elements = parameter.elements.number();
    if (!elements) return {};
    mix.parameters += *elements;
    const Quantization* packing = tensor.quantization;
    const bool is_packed = packing != nullptr && !packing->logical_extents.empty();
    part_of(mix, is_packed ? packing->scheme : name(parameter.dtype), is_packed ? packing->bits : 0)
        .parameters += *elements;
  }
  std::vector<WeightMix> out;
  for (WeightMix& mix : groups) {
    if (mix.parameters != 0) out.push_back(std::move(mix));
  }
  return out;
}

}  // namespace haoline
