#include "report/breakdown.h"

#include <algorithm>
#include <set>

#include "base/sort.h"
#include "report/format.h"
#include "report/utf8.h"

namespace haoline {
namespace {

// MACs are the measure unless the model has none.
bool has_macs(const Report& report) {
  return report.cost.macs.value && *report.cost.macs.value > 0;
}

const Quantity& measure(const Report& report, const Quantity& macs, const Quantity& flops) {
  return has_macs(report) ? macs : flops;
}

double number(const Quantity& quantity) {
  return quantity.value ? static_cast<double>(*quantity.value) : 0;
}

double whole(const Report& report) {
  return number(measure(report, report.cost.macs, report.cost.flops));
}

BreakdownRow cost_row(const Report& report, const OperatorCost& cost, std::string what, std::string name) {
  const Quantity& figure = measure(report, cost.macs, cost.flops);
  return {quantity_text(figure), std::move(what), std::move(name),
          plural(static_cast<std::size_t>(cost.nodes), "node"), percent_text(number(figure), whole(report))};
}

void sort_by_cost(const Report& report, std::vector<const OperatorCost*>& costs) {
  sort_stably(costs, [&](const OperatorCost* x, const OperatorCost* y) {
    return number(measure(report, x->macs, x->flops)) > number(measure(report, y->macs, y->flops));
  });
}

void add_operators(const Report& report, std::size_t top, std::vector<BreakdownRow>& rows) {
  std::vector<const OperatorCost*> costs;
  for (const auto& entry : report.cost.by_operator.entries) costs.push_back(&entry.second);
  sort_by_cost(report, costs);
  for (std::size_t i = 0; i < costs.size() && i < top; ++i) {
    const auto entry =
        std::find_if(report.cost.by_operator.entries.begin(), report.cost.by_operator.entries.end(),
                     [&](const auto& e) { return &e.second == costs[i]; });
    rows.push_back(cost_row(report, *costs[i], safe(short_operator(entry->first.text)), {}));
  }
}

// The most expensive scopes in their order, parents before children, so that the table reads as a tree.
void add_scopes(const Report& report, std::size_t top, std::vector<BreakdownRow>& rows) {
  std::vector<const OperatorCost*> costs;
  for (const ScopeCost& scope : report.cost.by_scope) costs.push_back(&scope.cost);
  sort_by_cost(report, costs);
  if (costs.size() > top) costs.resize(top);
  const std::set<const OperatorCost*> kept(costs.begin(), costs.end());
  for (const ScopeCost& scope : report.cost.by_scope) {
    if (kept.contains(&scope.cost)) rows.push_back(cost_row(report, scope.cost, {}, safe(scope.scope.text)));
  }
}

void add_nodes(const Report& report, std::size_t top, std::vector<BreakdownRow>& rows) {
  for (const HeavyNode& node : report.cost.heaviest) {
    if (rows.size() >= top) break;
    const Quantity& figure = measure(report, node.macs, node.flops);
    if (!figure.value || *figure.value == 0) continue;
    std::string what(safe(short_operator(node.op.text)));
    if (!node.detail.text.empty()) what += " " + std::string(node.detail.text);
    std::string name = safe(node.node.text);
    if (!node.graph.text.empty()) name = safe(node.graph.text) + ": " + name;
    rows.push_back({quantity_text(figure), std::move(what), std::move(name), shape_text(node.output),
                    percent_text(number(figure), whole(report))});
  }
}

std::size_t widest(const std::vector<BreakdownRow>& rows, std::string BreakdownRow::* column,
                   std::size_t most) {
  std::size_t width = 0;
  for (const BreakdownRow& row : rows) width = std::max(width, display_width(row.*column));
  return std::min(width, most);
}

}  // namespace

BreakdownTable breakdown(const Report& report, Breakdown by, std::size_t top) {
  const std::string measure_name = has_macs(report) ? "MACs" : "FLOPs";
  BreakdownTable table{"most " + measure_name, by == Breakdown::by_node ? "output" : "", {}};
  switch (by) {
    case Breakdown::by_node:
      add_nodes(report, top, table.rows);
      break;
    case Breakdown::by_operator:
      add_operators(report, top, table.rows);
      break;
    case Breakdown::by_scope:
      table.title = measure_name + " by scope";
      add_scopes(report, top, table.rows);
      break;
  }
  return table;
}

std::string breakdown_text(const Report& report, Breakdown by, std::size_t top) {
  constexpr std::size_t kWidth = 80;
  const BreakdownTable table = breakdown(report, by, top);
  if (table.rows.empty()) return {};
  const std::size_t figure = std::max<std::size_t>(widest(table.rows, &BreakdownRow::figure, 20), 9);
  const std::size_t what = widest(table.rows, &BreakdownRow::what, 24);
  const std::size_t detail =
      std::max(widest(table.rows, &BreakdownRow::detail, 20), table.detail_title.size());
  const std::size_t share = 7;
  // What is left is for the name: margin 2, two columns between neighbours.
  const std::size_t used = 2 + figure + 2 + (what ? what + 2 : 0) + detail + 2 + share + 2;
  const std::size_t name = kWidth > used + 12 ? kWidth - used : 12;
  const auto line = [&](const BreakdownRow& row) {
    std::string text = "  " + right_aligned(row.figure, figure) + "  ";
    if (what) text += padded(shortened(row.what, what), what) + "  ";
    text += padded(shortened(row.name, name), name) + "  " + padded(shortened(row.detail, detail), detail) +
            "  " + right_aligned(row.share, share);
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  };
  std::string out = "  " + table.title;
  const std::size_t column = 2 + figure + 2 + (what ? what + 2 : 0) + name + 2;
  out =
      padded(out, column) + padded(table.detail_title, detail) + "  " + right_aligned("share", share) + "\n";
  for (const BreakdownRow& row : table.rows) out += line(row);
  return out;
}

}  // namespace haoline
