// What it occupies, what is quantized, and what is worth knowing.
#include <algorithm>
#include <string>

#include "report/builder.h"

namespace haoline {
namespace {

MemoryVariant variant(const MemoryFigures& figures) {
  return {.options = {figures.options.reuse, figures.options.alignment},
          .peak_bytes = figures.peak_bytes,
          .arena_bytes = figures.arena.bytes,
          .arena_lower_bound_bytes = figures.arena.lower_bound};
}

std::optional<PeakInfo> build_peak(Builder& b, const MemoryFigures& plain) {
  if (!plain.peak_node) return std::nullopt;
  PeakInfo out{b.node(Model::kMain, plain.peak_node), {}};
  IdVector<TensorId, std::uint64_t> bytes(b.in.model.main().tensors.size());
  for (const Lifetime& lifetime : plain.lifetimes) bytes[lifetime.tensor] = lifetime.bytes;
  for (const TensorId tensor : plain.live_at_peak)
    out.tensors.push_back({b.tensor(Model::kMain, tensor), bytes[tensor]});
  return out;
}

MemorySeries build_series(Builder& b, const MemoryFigures& plain) {
  MemorySeries out{plain.series, {}};
  IdVector<TensorId, std::optional<std::uint64_t>> offsets(b.in.model.main().tensors.size());
  for (const ArenaPlan::Slot& slot : plain.arena.slots) offsets[slot.tensor] = slot.offset;
  for (const Lifetime& lifetime : plain.lifetimes) {
    const auto offset = lifetime.storage ? offsets[lifetime.storage] : std::nullopt;
    out.lifetimes.push_back(
        {b.tensor(Model::kMain, lifetime.tensor), lifetime.first, lifetime.last, lifetime.bytes, offset});
  }
  return out;
}

Quantity counted(std::uint64_t value, const MemoryFacts& facts) {
  Quantity quantity;
  quantity.value = static_cast<Int128>(value);
  quantity.complete = facts.unsized.empty();
  if (facts.bounded) quantity.basis = Basis::bounded;
  return quantity;
}

}  // namespace

MemoryInfo build_memory(Builder& b) {
  const MemoryFacts& facts = b.in.memory;
  MemoryInfo out;
  out.weights_bytes = b.total(facts.weights_bytes);
  out.activation_peak_bytes = counted(facts.plain.peak_bytes, facts);
  out.activation_peak_bytes.formula = b.formula(facts.peak_formula);
  out.arena_bytes = counted(facts.plain.arena.bytes, facts);
  if (b.has_no_graph()) {
    out.activation_peak_bytes = out.arena_bytes = Quantity{.unknown = "no graph"};
    return out;
  }
  if (b.in.model.graphs.size() > 1) out.peak_with_bodies_bytes = counted(facts.peak_with_bodies, facts);
  out.peak = build_peak(b, facts.plain);
  for (const Spike& spike : facts.spikes) {
    out.spikes.push_back(
        {b.node(Model::kMain, spike.node), spike.bytes, b.tensor(Model::kMain, spike.cause)});
  }
  out.options = {facts.plain.options.reuse, facts.plain.options.alignment};
  out.variants = {variant(facts.in_place)};
  for (const TensorId tensor : facts.unsized) out.unsized.push_back(b.tensor(Model::kMain, tensor));
  build_cache(b, out);
  if (b.options.series) out.series = build_series(b, facts.plain);
  return out;
}

std::vector<FindingInfoText> build_findings(Builder& b) {
  std::vector<FindingInfoText> out;
  const auto add = [&](const Finding& finding) {
    const FindingInfo& kind = info(finding.kind);
    constexpr std::string_view kSeverities[] = {"info", "warning", "error"};
    FindingInfoText item{.id = {kind.id},
                         .severity = {kSeverities[static_cast<std::size_t>(kind.severity)]},
                         .message = b.message(finding.message),
                         .advice = {kind.advice}};
    const GraphId graph = finding.graph ? finding.graph : Model::kMain;
    if (finding.graph) item.where.graph = b.path(finding.graph);
    item.where.node = b.node(graph, finding.node);
    item.where.tensor = b.tensor(graph, finding.tensor);
    if (finding.file) item.where.file = b.name<FileName>(b.in.model.files[finding.file].name);
    if (finding.has_byte) item.where.byte = finding.byte;
    out.push_back(std::move(item));
  };
  for (const Finding& finding : b.in.model.findings) add(finding);
  for (const Finding& finding : b.in.inference.findings) add(finding);
  return out;
}

}  // namespace haoline
