// What it computes: parameters, totals, the heaviest nodes, the sentence on top.
#include <algorithm>
#include <string>
#include <vector>

#include "report/builder.h"

namespace haoline {
namespace {

Dim flops_of(Builder& b, const CostSum& sum) {
  return b.options.macs_only ? b.dims().multiply(2, sum.macs) : sum.flops;
}

// A sum of which nothing is known is no 0.
bool knows_nothing(const CostSum& sum) {
  return !sum.complete && sum.macs.is(0) && sum.flops.is(0);
}

OperatorCost operator_cost(Builder& b, const CostSum& sum) {
  if (knows_nothing(sum)) {
    return {static_cast<std::int64_t>(sum.nodes), b.total(Dim::unknown()), b.total(Dim::unknown())};
  }
  return {static_cast<std::int64_t>(sum.nodes), b.total(sum.macs, sum.complete),
          b.total(flops_of(b, sum), sum.complete)};
}

Word basis_word(CostBasis basis) {
  constexpr std::string_view kWords[] = {"known", "unknown operator", "no cost rule", "unknown shape"};
  return {kWords[static_cast<std::size_t>(basis)]};
}

CoverageInfo build_coverage(Builder& b) {
  CoverageInfo out{.nodes = static_cast<std::int64_t>(b.in.totals.nodes),
                   .nodes_known = static_cast<std::int64_t>(b.in.totals.nodes_known)};
  for (const CostTotals::Uncovered& item : b.in.totals.uncovered) {
    const Node& node = b.in.model.graphs[item.graph].nodes[item.node];
    out.unknown.push_back({b.node(item.graph, item.node), b.op(node), basis_word(item.why)});
  }
  return out;
}

struct Candidate {
  Int128 macs;
  Int128 flops;
  GraphId graph;
  NodeId node;
};

bool owns_a_body(const Node& node) {
  return std::any_of(node.attributes.begin(), node.attributes.end(), [](const Attribute& attribute) {
    return std::holds_alternative<GraphId>(attribute.value) ||
           std::holds_alternative<std::span<const GraphId>>(attribute.value);
  });
}

Dim per_run(Builder& b, const NodeFacts& facts, Dim figure) {
  return facts.executions.is(1) ? figure : b.dims().multiply(figure, facts.executions);
}

struct Weight {
  Int128 macs = 0;
  Int128 flops = 0;  // 0: weighs nothing, or nobody knows
};

Weight weigh(Builder& b, const NodeFacts& facts) {
  if (facts.basis != CostBasis::known) return {};
  const auto macs = b.value(per_run(b, facts, facts.cost.macs));
  const auto flops = macs && *macs > 0 ? macs : b.value(per_run(b, facts, b.flops(facts.cost)));
  return macs && flops ? Weight{*macs, *flops} : Weight{};
}

std::vector<HeavyNode> build_heaviest(Builder& b) {
  std::vector<Candidate> all;
  for (const GraphId g : b.in.model.graphs.ids()) {
    const Graph& graph = b.in.model.graphs[g];
    const CostTable& costs = b.in.inference.graphs[g].nodes;
    PerKind<Weight> weights(costs.kind_count());
    for (const NodeId n : graph.nodes.ids()) {
      const Weight& weight = weights.get(costs.kind(n), [&] { return weigh(b, costs[n]); });
      if (weight.flops > 0 && !owns_a_body(graph.nodes[n])) all.push_back({weight.macs, weight.flops, g, n});
    }
  }
  const std::size_t kept = std::min(b.options.top, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end(),
                    [](const Candidate& x, const Candidate& y) {
                      if (x.macs != y.macs) return x.macs > y.macs;
                      if (x.flops != y.flops) return x.flops > y.flops;
                      return x.graph != y.graph ? x.graph < y.graph : x.node < y.node;
                    });
  std::vector<HeavyNode> out;
  for (std::size_t i = 0; i < kept; ++i) {
    const Node& node = b.in.model.graphs[all[i].graph].nodes[all[i].node];
    const GraphFacts& facts = b.in.inference.graphs[all[i].graph];
    const NodeFacts& cost = facts.nodes[all[i].node];
    HeavyNode heavy{.node = b.node(all[i].graph, all[i].node),
                    .op = b.op(node),
                    .detail = node_detail(b, all[i].graph, node),
                    .graph = b.path(all[i].graph),
                    .macs = b.total(per_run(b, cost, cost.cost.macs)),
                    .flops = b.total(per_run(b, cost, b.flops(cost.cost)))};
    if (!node.outputs.empty() && node.outputs[0])
      heavy.output = b.value_shape(facts.tensors[node.outputs[0]].shape);
    out.push_back(std::move(heavy));
  }
  return out;
}

}  // namespace

ParameterInfo build_parameters(Builder& b) {
  const ParameterFacts& facts = b.in.parameters;
  ParameterInfo out{.total = b.value(b.dims().add(facts.trainable, facts.buffers)),
                    .trainable = b.value(facts.trainable),
                    .buffers = b.value(facts.buffers),
                    .constants = b.value(facts.constants),
                    .stored_bytes = facts.stored_bytes};
  if (!facts.complete) out.complete = false;
  if (b.in.model.blueprint && b.in.model.blueprint->experts.layers > 0) {
    out.active = Int128{b.in.model.blueprint->experts.active_parameters};
  }
  for (const Parameter& parameter : facts.parameters) {
    if (parameter.assumed) out.assumed.push_back(b.tensor(parameter.graph, parameter.tensor));
  }
  for (const auto& row : facts.by_dtype) out.by_dtype.add({b.text(row.name)}, b.value(row.elements));
  for (const auto& row : facts.by_operator) {
    out.by_operator.add(b.name<OperatorName>(row.name), b.value(row.elements));
  }
  for (const std::size_t index : facts.shared) {
    const Parameter& parameter = facts.parameters[index];
    SharedParameter shared{b.tensor(parameter.graph, parameter.tensor), {}};
    for (const Parameter::User& user : parameter.users) shared.users.push_back(b.node(user.graph, user.node));
    out.shared.push_back(std::move(shared));
  }
  return out;
}

CostInfo build_cost(Builder& b) {
  CostSum total = b.in.totals.total;
  if (b.in.totals.nodes != 0 && b.in.totals.nodes_known == 0) {  // nothing is known: no 0 either
    total.macs = total.flops = Dim::unknown();
    total.operations.fill(Dim(0));
  }
  CostInfo out{.macs = b.total(total.macs, total.complete),
               .flops = b.total(flops_of(b, total), total.complete),
               .bytes_read = b.total(total.bytes_read, total.bytes_complete),
               .bytes_written = b.total(total.bytes_written, total.bytes_complete),
               .flops_definition = {b.options.macs_only ? "2*macs" : "2*macs + arithmetic"}};
  for (std::size_t kind = 0; kind < kArithKinds; ++kind) {
    const Dim count = total.operations[kind];
    if (!count.is(0)) out.arithmetic.add({name(static_cast<Arith>(kind))}, b.total(count, total.complete));
  }
  for (const NamedCost& row : b.in.totals.by_operator) {
    out.by_operator.add(b.name<OperatorName>(row.name), operator_cost(b, row.cost));
  }
  for (const NamedCost& row : b.in.totals.by_category) {
    if (row.cost.nodes != 0) out.by_category.add({b.text(row.name)}, operator_cost(b, row.cost));
  }
  if (b.options.scopes) {
    for (const NamedCost& row : b.in.totals.by_scope) {
      out.by_scope.push_back({b.name<ScopeName>(row.name), operator_cost(b, row.cost)});
    }
  }
  if (b.has_no_graph())
    out.macs = out.flops = out.bytes_read = out.bytes_written = Quantity{.unknown = "no graph"};
  out.coverage = build_coverage(b);
  out.heaviest = build_heaviest(b);
  return out;
}

}  // namespace haoline
