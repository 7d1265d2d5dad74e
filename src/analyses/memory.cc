#include "analyses/memory.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "analyses/arena_plan.h"
#include "analyses/kv_cache.h"
#include "analyses/liveness.h"
#include "base/beside.h"
#include "base/sort.h"

namespace haoline {
namespace {

constexpr std::size_t kSpikes = 10;

ArenaPlan plan_arena(const std::vector<Lifetime>& stored, std::size_t steps, std::uint64_t alignment) {
  std::vector<ArenaBlock> blocks;
  blocks.reserve(stored.size());
  for (const Lifetime& storage : stored) blocks.push_back({storage.first, storage.last, storage.bytes});
  const ArenaLayout layout = lay_out(blocks, static_cast<std::uint32_t>(steps), alignment);
  ArenaPlan plan;
  plan.bytes = layout.bytes;
  plan.lower_bound = layout.lower_bound;
  plan.slots.reserve(stored.size());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    plan.slots.push_back({stored[i].tensor, layout.offsets[i], stored[i].bytes});
  }
  return plan;
}

// One tensor per storage that is occupied at that step: the one in use, largest first.
std::vector<TensorId> live_at(const std::vector<Lifetime>& lifetimes, const std::vector<Lifetime>& stored,
                              std::uint32_t step) {
  std::vector<Lifetime> live;
  for (const Lifetime& storage : stored) {
    if (storage.first <= step && step <= storage.last) live.push_back(storage);
  }
  std::unordered_map<std::uint32_t, TensorId> in_use;  // of storages with several tensors: the youngest
  for (const Lifetime& life : lifetimes) {
    if (life.storage != life.tensor && life.first <= step && step <= life.last)
      in_use[life.storage.index] = life.tensor;
  }
  sort_stably(live, [](const Lifetime& a, const Lifetime& b) { return a.bytes > b.bytes; });
  std::vector<TensorId> out;
  out.reserve(live.size());
  for (const Lifetime& storage : live) {
    const auto young = in_use.find(storage.tensor.index);
    out.push_back(young == in_use.end() ? storage.tensor : young->second);
  }
  return out;
}

MemoryFigures figures_of(std::vector<Lifetime> lifetimes, std::size_t nodes, MemoryOptions options) {
  MemoryFigures out;
  out.options = options;
  const std::size_t steps = std::max<std::size_t>(nodes, 1);  // a model without nodes still holds its inputs
  const std::vector<Lifetime> stored = storages(lifetimes);
  out.series = live_bytes(stored, steps);
  const auto peak = std::max_element(out.series.begin(), out.series.end());
  const auto at = static_cast<std::uint32_t>(peak - out.series.begin());
  out.peak_bytes = *peak;
  if (nodes > 0) out.peak_node = NodeId{at};
  out.live_at_peak = live_at(lifetimes, stored, at);
  out.arena = plan_arena(stored, steps, options.alignment);
  out.series.resize(nodes);
  out.lifetimes = std::move(lifetimes);
  return out;
}

// Local maxima of the series, largest first; a plateau counts where it begins.
std::vector<Spike> find_spikes(const MemoryFigures& figures) {
  const auto& series = figures.series;
  std::vector<std::uint32_t> maxima;
  for (std::size_t i = 0; i < series.size();) {
    std::size_t end = i + 1;
    while (end < series.size() && series[end] == series[i]) ++end;
    const bool rises = i == 0 || series[i - 1] < series[i];
    const bool falls = end == series.size() || series[end] < series[i];
    if (rises && falls && series[i] > 0) maxima.push_back(static_cast<std::uint32_t>(i));
    i = end;
  }
  sort_stably(maxima, [&](std::uint32_t a, std::uint32_t b) { return series[a] > series[b]; });
  if (maxima.size() > kSpikes) maxima.resize(kSpikes);
  std::vector<Spike> spikes;
  for (const std::uint32_t step : maxima) {
    Spike spike{NodeId{step}, series[step], {}};
    std::uint64_t most = 0;
    for (const Lifetime& life : figures.lifetimes) {
      if (life.first == step && life.bytes > most) spike.cause = life.tensor, most = life.bytes;
    }
    spikes.push_back(spike);
  }
  return spikes;
}

// What a graph keeps for itself at most while it runs, with the bodies inside it. Bodies come after their
// parents.
IdVector<GraphId, std::uint64_t> body_peaks(const Model& model, const Inference& inference,
                                            const Bodies& bodies, const FilledWeights& filled, Sizer& sizer) {
  IdVector<GraphId, std::uint64_t> peaks(model.graphs.size());
  for (std::size_t g = model.graphs.size(); g-- > 1;) {
    const GraphId id{static_cast<std::uint32_t>(g)};
    const std::size_t nodes = model.graphs[id].nodes.size();
    const Activations own = find_activations(model, inference, bodies, filled, id, sizer, true);
    std::vector<std::uint64_t> series = live_bytes(storages(own.lifetimes), nodes);
    std::vector<std::uint64_t> inside(nodes);
    for (const GraphId body : bodies[id]) {
      std::uint64_t& most = inside[model.graphs[body].owner.index];
      most = std::max(most, peaks[body]);
    }
    for (std::size_t i = 0; i < nodes; ++i) peaks[id] = std::max(peaks[id], series[i] + inside[i]);
  }
  return peaks;
}

std::uint64_t peak_with_bodies(const Model& model, const Inference& inference, const Bodies& bodies,
                               const FilledWeights& filled, const MemoryFigures& plain, Sizer& sizer) {
  if (bodies[Model::kMain].empty()) return plain.peak_bytes;
  const auto peaks = body_peaks(model, inference, bodies, filled, sizer);
  std::uint64_t peak = plain.peak_bytes;
  for (const GraphId body : bodies[Model::kMain]) {
    peak = std::max(peak, plain.series[model.graphs[body].owner.index] + peaks[body]);
  }
  return peak;
}

Dim weights_bytes(const Model& model, const FilledWeights& filled, Inference& inference) {
  DimPool& pool = inference.dims;
  std::unordered_set<const std::byte*> seen;
  Int128 sum = 0;
  Dim symbolic = 0;
  bool known = true;
  const auto add = [&](const OperandFacts& facts, Dim bytes) {
    if (const auto number = bytes.number()) {
      sum += *number;
    } else if (facts.type.dtype != DType::string) {
      known = known && !bytes.is_unknown();
      symbolic = pool.add(symbolic, bytes);
    }
  };
  for (const GraphId id : model.graphs.ids()) {
    const Graph& graph = model.graphs[id];
    if (!inference.graphs.contains(id) || inference.graphs[id].tensors.size() != graph.tensors.size())
      continue;
    const FactTable& facts = inference.graphs[id].tensors;
    PerKind<Dim> sizes(facts.kind_count());
    for (const TensorId tensor : graph.tensors.ids()) {
      const Tensor& t = graph.tensors[tensor];
      const bool is_node = t.producer && graph.nodes[t.producer].op == Op::Constant;
      const bool is_filled = std::binary_search(filled[id].begin(), filled[id].end(), tensor);
      if (!t.constant && !is_node && !is_filled) continue;
      if (t.constant && !t.constant->bytes.empty() && !seen.insert(t.constant->bytes.data()).second) continue;
      const OperandFacts& weight = facts[tensor];
      add(weight, sizes.get(facts.kind(tensor), [&] { return byte_size(weight.type, weight.shape, pool); }));
    }
  }
  return known ? pool.add(pool.number(sum), symbolic) : Dim::unknown();
}

Dim formula_of(const std::vector<TensorId>& live, const GraphFacts& facts, DimPool& pool) {
  Dim sum = 0;
  for (const TensorId tensor : live) {
    sum = pool.add(sum, byte_size(facts.tensors[tensor].type, facts.tensors[tensor].shape, pool));
  }
  return sum;
}

}  // namespace

struct MemoryAnalysis::State {
  State(const Model& m, Inference& i, const BoundSymbols& b, const ParameterFacts& p, std::uint64_t align)
      : model(m),
        inference(i),
        bound(b),
        alignment(align),
        bodies(bodies_of(m)),
        filled(filled_weights(m, p)),
        sizer(i, b.values) {}

  void plan_in_place() { in_place = figures_of(std::move(shared), nodes(), {true, alignment}); }
  std::size_t nodes() const { return model.main().nodes.size(); }

  const Model& model;
  Inference& inference;
  const BoundSymbols& bound;
  std::uint64_t alignment;
  Bodies bodies;
  FilledWeights filled;
  Sizer sizer;
  Activations found;
  bool bounded = false;
  std::vector<Lifetime> shared;
  MemoryFigures in_place;
  std::optional<Beside> planning;  // fills `in_place`
};

MemoryAnalysis::MemoryAnalysis(const Model& model, Inference& inference, const BoundSymbols& bound,
                               const ParameterFacts& parameters, std::uint64_t alignment) {
  if (model.graphs.empty()) return;
  constexpr std::size_t kMany = 4096;  // nodes; for fewer a thread costs more than it saves
  state_ = std::make_unique<State>(model, inference, bound, parameters, alignment);
  State& state = *state_;
  state.found = find_activations(model, inference, state.bodies, state.filled, Model::kMain, state.sizer);
  state.bounded = state.sizer.bounded();
  state.shared = share_storage(model.main(), state.found.lifetimes, state.filled[Model::kMain]);
  const auto plan = [](void* data) { static_cast<State*>(data)->plan_in_place(); };
  if (state.nodes() >= kMany) {
    state.planning.emplace(plan, &state);
  } else {
    state.plan_in_place();
  }
}

MemoryAnalysis::~MemoryAnalysis() = default;

MemoryFacts MemoryAnalysis::finish() {
  MemoryFacts out;
  if (!state_) return out;
  auto& [model, inference, bound, alignment, bodies, filled, sizer, found, bounded, shared, in_place,
         planning] = *state_;
  out.bounded = bounded;
  out.unsized = std::move(found.unsized);
  out.plain = figures_of(std::move(found.lifetimes), model.main().nodes.size(), {false, alignment});
  out.peak_with_bodies = peak_with_bodies(model, inference, bodies, filled, out.plain, sizer);
  out.spikes = find_spikes(out.plain);
  out.weights_bytes = weights_bytes(model, filled, inference);
  out.kv_cache = find_kv_cache(model, inference, bound);
  out.peak_formula = formula_of(out.plain.live_at_peak, inference.graphs[Model::kMain], inference.dims);
  if (planning) planning->wait();
  out.in_place = std::move(in_place);
  return out;
}

MemoryFacts analyse_memory(const Model& model, Inference& inference, const BoundSymbols& bound,
                           std::uint64_t alignment) {
  const ParameterFacts parameters = count_parameters(model, inference);
  return MemoryAnalysis(model, inference, bound, parameters, alignment).finish();
}

}  // namespace haoline
