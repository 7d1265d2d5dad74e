// What the file is: identity, bytes, symbols, inputs and outputs.
#include <algorithm>
#include <map>
#include <string>

#include "report/builder.h"

namespace haoline {
namespace {

std::string_view stem(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  const std::size_t dot = path.find_last_of('.');
  return dot == std::string_view::npos || dot == 0 ? path : path.substr(0, dot);
}

AccountingInfo build_accounting(const ByteAccounting& bytes) {
  AccountingInfo out{.metadata = bytes.metadata,
                     .structure = bytes.structure,
                     .padding = bytes.padding,
                     .duplicate = bytes.duplicate,
                     .unreachable = bytes.unreachable};
  for (const ByteAccounting::Weights& weights : bytes.weights) {
    out.weights.add({name(weights.dtype)}, weights.bytes);
  }
  return out;
}

Map<MetadataText, MetadataText> build_metadata(Builder& b) {
  Map<MetadataText, MetadataText> out;
  std::map<std::string_view, std::size_t> seen;
  for (const MetadataEntry& entry : b.in.model.metadata) {
    const std::size_t count = ++seen[entry.key];
    const std::string key = std::string(entry.key) + (count > 1 ? "#" + std::to_string(count) : "");
    out.add({b.text(key)}, {b.text(entry.value)});
  }
  return out;
}

Word source_word(BindingSource source) {
  constexpr std::string_view kWords[] = {"given", "default", "derived", "data"};
  return {kWords[static_cast<std::size_t>(source)]};
}

std::int64_t nodes_of(const Model& model) {
  std::int64_t nodes = 0;
  for (const Graph& graph : model.graphs) nodes += static_cast<std::int64_t>(graph.nodes.size());
  return nodes;
}

}  // namespace

ModelInfo build_model(Builder& b) {
  const Model& model = b.in.model;
  ModelInfo out;
  out.path = b.name<FileName>(b.options.path);
  out.name = b.name<FileName>(model.main().name.empty() ? stem(b.options.path) : model.main().name);
  out.format = {b.text(model.format)};
  out.format_title = {b.text(b.options.format_title.empty() ? model.format : b.options.format_title)};
  out.format_version = {b.text(model.format_version)};
  out.producer = b.name<ProducerName>(model.producer);
  out.producer_version = b.name<ProducerName>(model.producer_version);
  out.domain = b.name<DomainName>(model.domain);
  out.version = model.model_version;
  out.documentation = b.name<MetadataText>(model.documentation);
  for (const ModelFile& file : model.files) {
    out.files.push_back({b.name<FileName>(file.name), file.bytes.size(), {b.text(file.role)}});
    out.bytes += file.bytes.size();
  }
  if (!out.files.empty()) out.files.front().path = out.path;
  out.accounting = build_accounting(b.in.accounting);
  for (const OperatorSet& set : model.opsets) {
    const std::string_view domain = set.domain.empty() ? "ai.onnx" : set.domain;
    if (!out.opsets.find(domain)) out.opsets.add(b.name<DomainName>(domain), set.version);
  }
  out.metadata = build_metadata(b);
  return out;
}

Map<SymbolName, BindingInfo> build_bindings(Builder& b) {
  Map<SymbolName, BindingInfo> out;
  for (const Binding& binding : b.in.bound.symbols) {
    const Symbol* symbol = b.dims().symbol_of(binding.symbol);
    if (!symbol) continue;
    BindingInfo info{.value = binding.value, .source = source_word(binding.source)};
    if (!binding.bound.is_unknown()) {
      const auto number = b.dims().constant(binding.bound);
      Dimension max;
      if (number && *number <= std::numeric_limits<std::int64_t>::max())
        max.number = static_cast<std::int64_t>(*number);
      max.formula = b.formula(binding.bound);
      info.max = max;
    }
    out.add(b.name<SymbolName>(symbol->name), info);
  }
  return out;
}

GraphInfo build_graph(Builder& b) {
  const Model& model = b.in.model;
  GraphInfo out;
  out.nodes = static_cast<std::int64_t>(model.main().nodes.size());
  out.nodes_all = nodes_of(model);
  out.summary = build_summary(b);
  for (const NamedCost& row : b.in.totals.by_operator) {
    out.operators.add(b.name<OperatorName>(row.name), static_cast<std::int64_t>(row.cost.nodes));
  }
  for (const TensorId input : model.main().inputs) out.inputs.push_back(b.port(input));
  for (const TensorId output : model.main().outputs) out.outputs.push_back(b.port(output));
  return out;
}

}  // namespace haoline
