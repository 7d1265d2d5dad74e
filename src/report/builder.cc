#include "report/builder.h"

#include <limits>
#include <string>

#include "base/version.h"

namespace haoline {
namespace {

constexpr std::string_view kUnknownWhy = "depends on a shape, type or operator that is not known";
constexpr std::string_view kDataWhy = "only the data decides";

std::optional<std::int64_t> narrow(std::optional<Int128> value) {
  if (!value || *value > std::numeric_limits<std::int64_t>::max() ||
      *value < std::numeric_limits<std::int64_t>::min()) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*value);
}

}  // namespace

std::optional<Int128> Builder::value(Dim dim) {
  if (const auto number = dim.number()) return *number;
  if (dim.is_unknown()) return std::nullopt;
  return figure(dim)->value;
}

Formula Builder::formula(Dim dim) {
  if (!dim.is_pooled() || dims().constant(dim)) return {};
  const auto [at, is_new] = formulas_.try_emplace(dim.bits());
  if (is_new) at->second = text(dims().to_string(dim));
  return {at->second};
}

QuantityRef Builder::figure(Dim dim) {
  const auto [at, is_new] = figures_.try_emplace(dim.bits());
  if (is_new) at->second = &report.quantities.emplace_back(total(dim));
  return at->second;
}

Quantity Builder::total(Dim dim, bool complete) {
  Quantity quantity;
  quantity.complete = complete;
  if (dim.is_unknown()) {
    quantity.unknown = kUnknownWhy;
    return quantity;
  }
  quantity.value = dims().evaluate(dim, in.bound.values);
  quantity.formula = formula(dim);
  if (!quantity.value) {
    const bool by_data = dims().depends_on_data(dim);
    quantity.unknown = by_data ? kDataWhy : kUnknownWhy;
    if (by_data) quantity.max = dims().evaluate_bound(dim, in.bound.values);
  }
  return quantity;
}

ShapeText Builder::shape(const Shape& shape) {
  ShapeText out;
  out.has_rank = shape.has_rank();
  const std::span<Dimension> extents = report.arena.allocate<Dimension>(shape.rank());
  for (std::size_t i = 0; i < extents.size(); ++i) {
    Dimension extent;
    extent.number = shape[i].is_pooled() ? narrow(dims().constant(shape[i])) : shape[i].number();
    if (!extent.number) extent.formula = formula(shape[i]);
    new (&extents[i]) Dimension(extent);
  }
  out.extents = extents;
  return out;
}

ValueShape Builder::value_shape(const Shape& shape) {
  ValueShape out;
  out.has_rank = shape.has_rank();
  const auto extents = report.arena.allocate<std::optional<std::int64_t>>(shape.rank());
  for (std::size_t i = 0; i < extents.size(); ++i) {
    new (&extents[i]) std::optional<std::int64_t>(narrow(value(shape[i])));
  }
  out.extents = extents;
  return out;
}

Word Builder::type(const Type& type) {
  return {type.is_tensor() ? haoline::name(type.dtype) : text(to_string(type))};
}

MessageText Builder::message(const Message& message) {
  MessageText out;
  out.parts.reserve(message.parts().size());
  for (const Message::Part& part : message.parts()) out.parts.push_back({text(part.text), part.is_name});
  return out;
}

NodeName Builder::node(GraphId graph, NodeId id) {
  if (!id) return {};
  return {text(in.model.graphs[graph].nodes[id].name)};
}

TensorName Builder::tensor(GraphId graph, TensorId id) {
  if (!id) return {};
  return {text(in.model.graphs[graph].tensors[id].name)};
}

GraphPath Builder::path(GraphId graph) {
  const std::string_view path = in.model.graphs[graph].path;
  const auto [at, is_new] = paths_.try_emplace(path);
  if (is_new) at->second = text(path);
  return {at->second};
}

PortInfo Builder::port(TensorId id) {
  const OperandFacts& facts = in.inference.facts(Model::kMain, id);
  return {.name = tensor(Model::kMain, id),
          .dtype = type(facts.type),
          .shape = shape(facts.shape),
          .value_shape = value_shape(facts.shape),
          .optional = facts.type.is(Container::optional)};
}

bool Builder::has_no_graph() const {
  const Graph& graph = in.model.main();
  if (!graph.nodes.empty() || !graph.outputs.empty()) return false;
  // A file that is a graph may be an empty one; one with tensors that nothing uses is for its tensors.
  return !graph.tensors.empty() || in.model.format != "onnx";
}

Dim Builder::flops(const Cost& cost) {
  return options.macs_only ? dims().multiply(2, cost.macs) : cost.flops(dims());
}

Report build_report(const ReportInput& input, const ReportOptions& options) {
  Report report;
  Builder b(input, options, report);
  report.tool.version = {version()};
  report.model = build_model(b);
  report.bindings = build_bindings(b);
  report.graph = build_graph(b);
  report.parameters = build_parameters(b);
  report.cost = build_cost(b);
  report.memory = build_memory(b);
  report.quantization = build_quantization(b);
  report.engine = build_engine(b);
  report.findings = build_findings(b);
  build_rows(b);
  return report;
}

}  // namespace haoline
