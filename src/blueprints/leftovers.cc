#include "blueprints/leftovers.h"

#include <algorithm>

namespace haoline::blueprints {
namespace {

// Tensors that files hold and a forward pass does not read, on purpose.
struct Ignored {
  std::string_view ending;
  Trained trained;
  std::string_view reason;
  bool of_scalars_and_squares = false;  // only where it is no vector: the ending is also that of biases
};
constexpr Ignored kIgnored[] = {
    {"rotary_emb.inv_freq", Trained::auxiliary,
     "frequencies of the rotation, computed from the configuration"},
    {"rope_freqs.weight", Trained::auxiliary, "factors of the rotation's frequencies"},
    {"rope_factors_long.weight", Trained::auxiliary, "factors of the rotation's frequencies"},
    {"rope_factors_short.weight", Trained::auxiliary, "factors of the rotation's frequencies"},
    {".attn.bias", Trained::auxiliary, "the causal mask", true},
    {".attn.masked_bias", Trained::auxiliary, "what masked scores become"},
    {".attention.bias", Trained::auxiliary, "the causal mask", true},
    {".attention.masked_bias", Trained::auxiliary, "what masked scores become"},
    {".attn.attention.bias", Trained::auxiliary, "the causal mask", true},
    {"position_ids", Trained::auxiliary, "positions, counted anew for every input"},
    {"num_batches_tracked", Trained::no, "a counter of training"},
    {"relative_position_index", Trained::auxiliary, "indices into the table of relative positions"},
    {"masked_spec_embed", Trained::yes, "stands for masked frames while training"},
    {"mask_token", Trained::yes, "stands for masked patches while training"},
    {"embed_positions.weights", Trained::auxiliary, "sinusoids"},
    // Beside a packed weight: part of it.
    {".qzeros", Trained::auxiliary, "zero points of a packed weight"},
    {".scales", Trained::auxiliary, "scales of a packed weight"},
    {"_scales", Trained::auxiliary, "scales of a packed weight"},
    {".g_idx", Trained::auxiliary, "order of a packed weight's groups"},
    {".weight_scale", Trained::auxiliary, "scales of a packed weight"},
    {".weight_scale_inv", Trained::auxiliary, "scales of a packed weight"},
    {".weight_zero_point", Trained::auxiliary, "zero points of a packed weight"},
    {".weight_shape", Trained::auxiliary, "extents of a packed weight"},
    {".weight_g_idx", Trained::auxiliary, "order of a packed weight's groups"},
    {".input_scale", Trained::auxiliary, "scale of quantized activations"},
    {".absmax", Trained::auxiliary, "scales of a packed weight"},
    {".quant_map", Trained::auxiliary, "code book of a packed weight"},
    {".nested_absmax", Trained::auxiliary, "scales of a packed weight"},
    {".nested_quant_map", Trained::auxiliary, "code book of a packed weight"},
    {"quant_state.bitsandbytes__nf4", Trained::auxiliary, "how a weight is packed"},
    {"quant_state.bitsandbytes__fp4", Trained::auxiliary, "how a weight is packed"},
    {".SCB", Trained::auxiliary, "scales of a packed weight"},
    {".weight_format", Trained::auxiliary, "how a weight is packed"},
};

const Ignored* find_ignored(const Weights& weights, TensorId tensor) {
  const std::string_view name = weights.name(tensor);
  for (const Ignored& row : kIgnored) {
    if (!name.ends_with(row.ending)) continue;
    if (row.of_scalars_and_squares && weights.rank(tensor) == 1) continue;
    return &row;
  }
  return nullptr;
}

Finding finding(FindingKind kind, Message message, TensorId tensor) {
  Finding out;
  out.kind = kind;
  out.message = std::move(message);
  out.graph = Model::kMain;
  out.tensor = tensor;
  return out;
}

}  // namespace

void settle(Assembly& a) {
  constexpr std::size_t kListed = 8;
  Graph& graph = a.emit.graph();
  std::size_t left = 0;
  for (const TensorId tensor : a.weights.all()) {
    Tensor& t = graph.tensors[tensor];
    if (std::find(a.tied_copies.begin(), a.tied_copies.end(), tensor) != a.tied_copies.end()) {
      t.trained = Trained::auxiliary;
      continue;
    }
    if (a.weights.is_used(tensor)) {
      if (t.trained == Trained::unsaid) t.trained = Trained::yes;
      continue;
    }
    if (const Ignored* row = find_ignored(a.weights, tensor)) {
      if (t.trained == Trained::unsaid) t.trained = row->trained;
      continue;
    }
    if (t.trained == Trained::unsaid) t.trained = Trained::yes;
    if (++left > kListed) continue;
    a.model.findings.push_back(finding(
        FindingKind::unused_weight,
        Message("No block of the architecture ").name(a.facts.name).add(" reads ").name(t.name), tensor));
  }
  if (left > kListed) {
    Finding more;
    more.kind = FindingKind::unused_weight;
    more.message = Message("And " + std::to_string(left - kListed) + " more tensors that no block reads");
    a.model.findings.push_back(std::move(more));
  }
  std::int64_t parameters = 0;
  for (const TensorId tensor : a.weights.all()) {
    if (graph.tensors[tensor].trained == Trained::yes) parameters += a.weights.elements(tensor);
  }
  if (a.facts.experts.layers > 0) a.facts.experts.active_parameters += parameters;
}

}  // namespace haoline::blueprints
