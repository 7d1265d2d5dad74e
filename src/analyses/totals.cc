#include "analyses/totals.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "ops/op_table.h"

namespace haoline {
namespace {

// macs, operations by kind, bytes read, bytes written, weight bytes.
constexpr std::size_t kMacs = 0, kOperations = 1, kRead = 1 + kArithKinds, kWritten = kRead + 1,
                      kWeights = kRead + 2, kQuantities = kRead + 3;
using Quantities = std::array<Dim, kQuantities>;

Quantities zeros() {
  Quantities quantities;
  quantities.fill(Dim(0));
  return quantities;
}

// A total that skips what is unknown. Numbers are added apart from expressions, and expressions pairwise, so
// that adding n of them does not walk a growing polynomial n times.
class Adder {
 public:
  void add(Dim amount, DimPool& pool) {
    if (const auto number = amount.number()) {
      const auto sum = checked_add(numbers_, *number);
      if (sum) {
        numbers_ = *sum;
        return;
      }
    }
    if (amount.is_unknown()) return;
    pending_.push_back(amount);
    if (pending_.size() == kBatch) reduce(pool);
  }
  Dim total(DimPool& pool) {
    while (pending_.size() > 1) reduce(pool);
    const Dim number = pool.number(numbers_);
    return pending_.empty() ? number : pool.add(number, pending_[0]);
  }

 private:
  static constexpr std::size_t kBatch = 1024;
  void reduce(DimPool& pool) {
    const std::size_t half = (pending_.size() + 1) / 2;
    for (std::size_t i = half; i < pending_.size(); ++i) {
      pending_[i - half] = pool.add(pending_[i - half], pending_[i]);
    }
    pending_.resize(half);
  }
  Int128 numbers_ = 0;
  std::vector<Dim> pending_;
};

// Nodes that cost the same share a class: a transformer has a few dozen of them, so that expressions are
// multiplied and added once per class and not once per node.
struct CostClass {
  Quantities quantities;  // times the executions
  bool arithmetic_known = true;
  bool bytes_known = true;
};

class Classes {
 public:
  explicit Classes(DimPool& pool) : pool_(pool) {}

  std::uint32_t of(const NodeFacts& facts) {
    Key key;  // unknown wherever the node says so
    if (facts.basis == CostBasis::known) {
      key[kMacs] = facts.cost.macs;
      for (std::size_t k = 0; k < kArithKinds; ++k) key[kOperations + k] = facts.cost.operations[k];
    }
    key[kRead] = facts.bytes_read;
    key[kWritten] = facts.bytes_written;
    key[kWeights] = facts.weight_bytes;
    key[kQuantities] = facts.executions;
    const auto [at, is_new] = index_.try_emplace(key, static_cast<std::uint32_t>(classes_.size()));
    if (is_new) classes_.push_back(make(key));
    return at->second;
  }
  const CostClass& operator[](std::uint32_t index) const { return classes_[index]; }
  std::size_t size() const { return classes_.size(); }

 private:
  using Key = std::array<Dim, kQuantities + 1>;
  struct Hash {
    std::size_t operator()(const Key& key) const {
      std::uint64_t hash = 0x9e3779b97f4a7c15u;
      for (const Dim dim : key) hash = (hash ^ dim.bits()) * 0xff51afd7ed558ccdu, hash ^= hash >> 32;
      return hash;
    }
  };

  CostClass make(const Key& key) {
    CostClass made;
    made.quantities = zeros();
    if (key[kQuantities].is(0)) return made;  // in a branch that is never taken
    for (std::size_t q = 0; q < kQuantities; ++q) {
      made.quantities[q] = pool_.multiply(key[q], key[kQuantities]);
      const bool known = !made.quantities[q].is_unknown();
      (q < kRead ? made.arithmetic_known : made.bytes_known) &= known;
    }
    if (!made.arithmetic_known) std::fill_n(made.quantities.begin(), kRead, Dim(0));
    return made;
  }

  DimPool& pool_;
  std::unordered_map<Key, std::uint32_t, Hash> index_;
  std::vector<CostClass> classes_;
};

// One counted node: its groups and its cost.
struct Entry {
  std::uint32_t operator_group;
  std::uint32_t scope;  // kNoScope: none
  std::uint32_t cost;
  bool counts;  // false: in a branch that is not the costliest; the node is counted, its cost is not
};
constexpr std::uint32_t kNoScope = ~std::uint32_t{0};
constexpr std::uint32_t kFree = ~std::uint32_t{0};  // runs bodies: costs what they cost

struct Scopes {
  static constexpr std::size_t kMaxDepth = 64;  // deeper scopes count at this depth
  struct Scope {
    std::string_view path;
    std::uint32_t parent;
  };
  std::vector<Scope> all;
  std::unordered_map<std::string_view, std::uint32_t> index;

  std::string_view last_path;  // neighbours mostly share a scope
  std::uint32_t last = kNoScope;

  std::uint32_t of(std::string_view path) {
    if (path.empty()) return kNoScope;
    if (path != last_path) last = find(path), last_path = path;
    return last;
  }
  std::uint32_t find(std::string_view path) {
    const auto known = index.find(path);
    if (known != index.end()) return known->second;
    std::uint32_t parent = kNoScope;
    std::size_t end = 0;
    for (std::size_t depth = 0; depth < kMaxDepth && end < path.size(); ++depth) {
      end = std::min(path.find('/', end + 1), path.size());
      const std::string_view prefix = path.substr(0, end);
      const auto [at, is_new] = index.try_emplace(prefix, static_cast<std::uint32_t>(all.size()));
      if (is_new) all.push_back({prefix, parent});
      parent = at->second;
    }
    if (end < path.size()) index.emplace(path, parent);
    return parent;
  }
};

class Totals {
 public:
  Totals(const Model& model, Inference& inference)
      : model_(model), inference_(inference), pool_(inference.dims), classes_(inference.dims) {}

  CostTotals run(bool by_scope) {
    for (const GraphId graph : model_.graphs.ids()) collect(graph);
    add_graphs();
    finish(result_.total, sums_[0]);
    group_by_operator();
    if (by_scope) group_by_scope();
    return std::move(result_);
  }

 private:
  void collect(GraphId graph_id) {
    const Graph& graph = model_.graphs[graph_id];
    starts_.push_back(entries_.size());
    const CostTable& costs = inference_.graphs[graph_id].nodes;
    PerKind<std::uint32_t> class_of(costs.kind_count());
    entries_.reserve(starts_.back() + graph.nodes.size());
    for (const NodeId id : graph.nodes.ids()) {
      const Node& node = graph.nodes[id];
      const NodeFacts& facts = costs[id];
      const OpRow* row = find_row(node.op);
      const bool runs_bodies = row && row->cost.kind == CostRule::Class::body;
      const std::uint32_t cost =
          runs_bodies ? kFree : class_of.get(costs.kind(id), [&] { return classes_.of(facts); });
      entries_.push_back({operator_group(node), scopes_.of(node.scope), cost, true});
      note(graph_id, id, runs_bodies ? CostBasis::known : facts.basis, cost);
    }
  }

  void note(GraphId graph, NodeId node, CostBasis basis, std::uint32_t cost) {
    ++result_.nodes;
    if (cost != kFree && !classes_[cost].bytes_known) result_.total.bytes_complete = false;
    if (cost == kFree || classes_[cost].arithmetic_known) {
      ++result_.nodes_known;
      return;
    }
    result_.total.complete = false;
    result_.uncovered.push_back({graph, node, basis == CostBasis::known ? CostBasis::unknown_shape : basis});
  }

  std::uint32_t operator_group(const Node& node) {
    if (node.op != Op::unknown) {
      std::uint32_t& group = group_of_op_[static_cast<std::size_t>(node.op)];
      if (group == 0) {
        operators_.push_back({display_operator(node), category_of(node)});
        group = static_cast<std::uint32_t>(operators_.size());
      }
      return group - 1;
    }
    const auto [at, is_new] =
        group_of_name_.try_emplace(node.op_type, static_cast<std::uint32_t>(operators_.size()));
    if (is_new) operators_.push_back({node.op_type, Category::unknown});
    return at->second;
  }

  // Bodies come after their parents, so going backwards a body is added up before the node that runs it.
  void add_graphs() {
    const std::size_t count = model_.graphs.size();
    sums_.assign(count, zeros());
    std::vector<std::vector<std::uint32_t>> bodies(count);
    for (std::uint32_t g = 1; g < count; ++g) {
      const GraphId parent = model_.graphs[GraphId{g}].parent;
      if (parent && parent.index < g) bodies[parent.index].push_back(g);
    }
    std::vector<bool> chosen(count, true);
    for (std::size_t g = count; g-- > 0;) {
      std::array<Adder, kQuantities> adders;
      add_entries(g, adders);
      add_bodies(GraphId{static_cast<std::uint32_t>(g)}, bodies[g], chosen, adders);
      for (std::size_t q = 0; q < kQuantities; ++q) sums_[g][q] = adders[q].total(pool_);
    }
    for (std::uint32_t g = 1; g < count; ++g) {
      const GraphId parent = model_.graphs[GraphId{g}].parent;
      if (parent && parent.index < g && !chosen[parent.index]) chosen[g] = false;
      if (chosen[g]) continue;
      for (std::size_t i = starts_[g]; i < end_of(g); ++i) entries_[i].counts = false;
    }
  }

  std::size_t end_of(std::size_t graph) const {
    return graph + 1 < starts_.size() ? starts_[graph + 1] : entries_.size();
  }

  void add_entries(std::size_t graph, std::array<Adder, kQuantities>& adders) {
    std::vector<std::uint32_t> costs;
    costs.reserve(end_of(graph) - starts_[graph]);
    for (std::size_t i = starts_[graph]; i < end_of(graph); ++i) {
      if (entries_[i].cost != kFree) costs.push_back(entries_[i].cost);
    }
    if (costs.size() < classes_.size()) {
      std::sort(costs.begin(), costs.end());
    } else {
      costs = sorted_by(costs, classes_.size(), [](std::uint32_t cost) { return cost; });
    }
    add_sorted(costs, adders);
  }

  // In one pass, for keys below `count`; equal ones keep their order.
  template <class T, class KeyOf>
  static std::vector<T> sorted_by(const std::vector<T>& items, std::size_t count, KeyOf key_of) {
    std::vector<std::uint32_t> starts(count + 1);
    for (const T& item : items) ++starts[key_of(item) + 1];
    for (std::size_t k = 1; k < starts.size(); ++k) starts[k] += starts[k - 1];
    std::vector<T> out(items.size());
    for (const T& item : items) out[starts[key_of(item)]++] = item;
    return out;
  }

  // Equal classes lie together: one multiplication for all of them.
  void add_sorted(std::span<const std::uint32_t> costs, std::array<Adder, kQuantities>& adders) {
    for (std::size_t i = 0; i < costs.size();) {
      std::size_t end = i;
      while (end < costs.size() && costs[end] == costs[i]) ++end;
      const auto times = static_cast<std::int64_t>(end - i);
      const Quantities& one = classes_[costs[i]].quantities;
      for (std::size_t q = 0; q < kQuantities; ++q) {
        if (!one[q].is(0)) adders[q].add(times == 1 ? one[q] : pool_.multiply(one[q], Dim(times)), pool_);
      }
      i = end;
    }
  }

  // Of an If the costliest branch counts. Where symbols decide which one that is, every quantity is the
  // larger of the branches, and the groups take the branch with the most FLOPs at symbols 1.
  void add_bodies(GraphId graph, std::span<const std::uint32_t> bodies, std::vector<bool>& chosen,
                  std::array<Adder, kQuantities>& adders) {
    for (std::size_t i = 0; i < bodies.size();) {
      const NodeId owner = model_.graphs[GraphId{bodies[i]}].owner;
      std::size_t end = i + 1;
      while (end < bodies.size() && model_.graphs[GraphId{bodies[end]}].owner == owner) ++end;
      const auto group = bodies.subspan(i, end - i);
      const bool alternatives = owner && model_.graphs[graph].nodes.contains(owner) &&
                                model_.graphs[graph].nodes[owner].op == Op::If;
      const Quantities sum = alternatives ? costliest(group, chosen) : sum_of(group);
      for (std::size_t q = 0; q < kQuantities; ++q) adders[q].add(sum[q], pool_);
      i = end;
    }
  }

  Quantities sum_of(std::span<const std::uint32_t> bodies) {
    Quantities sum = zeros();
    for (const std::uint32_t body : bodies) {
      for (std::size_t q = 0; q < kQuantities; ++q) sum[q] = pool_.add(sum[q], sums_[body][q]);
    }
    return sum;
  }

  Quantities costliest(std::span<const std::uint32_t> branches, std::vector<bool>& chosen) {
    std::uint32_t best = branches[0];
    Quantities most = sums_[best];
    for (const std::uint32_t branch : branches.subspan(1)) {
      const bool more = costs_more(sums_[branch], sums_[best]);
      if (pool_.less(flops(sums_[branch]), flops(sums_[best])).has_value()) {
        if (more) most = sums_[branch];
      } else {
        for (std::size_t q = 0; q < kQuantities; ++q) most[q] = pool_.max(most[q], sums_[branch][q]);
      }
      if (more) best = branch;
    }
    for (const std::uint32_t branch : branches) chosen[branch] = branch == best;
    return most;
  }

  // Proven, or else with every symbol 1.
  bool costs_more(const Quantities& a, const Quantities& b) {
    const Dim x = flops(a), y = flops(b);
    if (const auto less = pool_.less(y, x)) return *less;
    Bindings ones;
    for (const Dim amount : {x, y}) {
      for (const Dim symbol : pool_.symbols_in(amount)) ones.emplace(pool_.symbol_of(symbol)->name, 1);
    }
    const auto left = pool_.evaluate(x, ones), right = pool_.evaluate(y, ones);
    return left && right && *left > *right;
  }

  Dim flops(const Quantities& quantities) {
    Dim sum = pool_.multiply(quantities[kMacs], 2);
    for (std::size_t k = 0; k < kArithKinds; ++k) sum = pool_.add(sum, quantities[kOperations + k]);
    return sum;
  }

  void finish(CostSum& sum, const Quantities& quantities) {
    sum.macs = quantities[kMacs];
    std::copy_n(quantities.begin() + kOperations, kArithKinds, sum.operations.begin());
    sum.flops = flops(quantities);
    sum.bytes_read = quantities[kRead];
    sum.bytes_written = quantities[kWritten];
    sum.weight_bytes = quantities[kWeights];
    if (&sum == &result_.total) sum.nodes = result_.nodes;
  }

  struct Group {
    CostSum flags;  // nodes, complete, bytes_complete
    Quantities quantities = zeros();
  };

  // Sums of the entries of every group; `group_of` says which one an entry belongs to.
  template <class GroupOf>
  std::vector<Group> sum_groups(std::size_t count, GroupOf group_of) {
    std::vector<Group> groups(count);
    struct Counted {
      std::uint32_t group, cost;
    };
    std::vector<Counted> counted;
    counted.reserve(entries_.size());
    for (const Entry& entry : entries_) {
      const std::uint32_t group = group_of(entry);
      if (group == kNoScope) continue;
      CostSum& flags = groups[group].flags;
      ++flags.nodes;
      if (entry.cost == kFree) continue;
      flags.complete &= classes_[entry.cost].arithmetic_known;
      flags.bytes_complete &= classes_[entry.cost].bytes_known;
      if (entry.counts) counted.push_back({group, entry.cost});
    }
    counted = sorted_by(counted, classes_.size(), [](const Counted& c) { return c.cost; });
    counted = sorted_by(counted, count, [](const Counted& c) { return c.group; });
    std::vector<std::uint32_t> costs;
    for (std::size_t i = 0; i < counted.size();) {
      const std::uint32_t group = counted[i].group;
      costs.clear();
      for (; i < counted.size() && counted[i].group == group; ++i) costs.push_back(counted[i].cost);
      std::array<Adder, kQuantities> adders;
      add_sorted(costs, adders);
      for (std::size_t q = 0; q < kQuantities; ++q) groups[group].quantities[q] = adders[q].total(pool_);
    }
    return groups;
  }

  static void merge(Group& into, const Group& from, DimPool& pool) {
    into.flags.nodes += from.flags.nodes;
    into.flags.complete &= from.flags.complete;
    into.flags.bytes_complete &= from.flags.bytes_complete;
    for (std::size_t q = 0; q < kQuantities; ++q) {
      into.quantities[q] = pool.add(into.quantities[q], from.quantities[q]);
    }
  }

  NamedCost named(std::string_view name, const Group& group) {
    NamedCost out{name, group.flags};
    finish(out.cost, group.quantities);
    return out;
  }

  void group_by_operator() {
    const std::vector<Group> groups =
        sum_groups(operators_.size(), [](const Entry& entry) { return entry.operator_group; });
    std::array<Group, kCategories> categories;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      result_.by_operator.push_back(named(operators_[i].name, groups[i]));
      merge(categories[static_cast<std::size_t>(operators_[i].category)], groups[i], pool_);
    }
    std::sort(result_.by_operator.begin(), result_.by_operator.end(),
              [](const NamedCost& a, const NamedCost& b) { return a.name < b.name; });
    for (std::size_t c = 0; c < kCategories; ++c) {
      if (categories[c].flags.nodes == 0) continue;
      result_.by_category.push_back(named(name(static_cast<Category>(c)), categories[c]));
    }
  }

  void group_by_scope() {
    std::vector<Group> groups =
        sum_groups(scopes_.all.size(), [](const Entry& entry) { return entry.scope; });
    for (std::size_t i = groups.size(); i-- > 0;) {  // a parent was met before its children
      if (scopes_.all[i].parent != kNoScope) merge(groups[scopes_.all[i].parent], groups[i], pool_);
    }
    std::vector<std::size_t> order(groups.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [this](std::size_t a, std::size_t b) { return scopes_.all[a].path < scopes_.all[b].path; });
    for (const std::size_t i : order) result_.by_scope.push_back(named(scopes_.all[i].path, groups[i]));
  }

  struct Operator {
    std::string_view name;
    Category category;
  };

  const Model& model_;
  Inference& inference_;
  DimPool& pool_;
  Classes classes_;
  Scopes scopes_;
  std::vector<Entry> entries_;       // every node of every graph
  std::vector<std::size_t> starts_;  // of each graph in `entries_`
  std::vector<Quantities> sums_;     // of each graph with its bodies
  std::vector<Operator> operators_;
  std::array<std::uint32_t, kOpCount> group_of_op_{};  // index + 1; 0: none yet
  std::unordered_map<std::string_view, std::uint32_t> group_of_name_;
  CostTotals result_;
};

}  // namespace

CostTotals total_costs(const Model& model, Inference& inference, bool by_scope) {
  if (model.graphs.empty()) return {};
  return Totals(model, inference).run(by_scope);
}

std::string_view display_operator(const Node& node) {
  return node.op == Op::unknown ? node.op_type : display_name(node.op);
}

Category category_of(const Node& node) {
  const OpRow* row = find_row(node.op);
  return row ? row->category : Category::unknown;
}

}  // namespace haoline
