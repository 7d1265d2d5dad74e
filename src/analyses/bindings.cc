#include "analyses/bindings.h"

#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <set>
#include <unordered_map>

namespace haoline {
namespace {

constexpr std::size_t kMaxRelations = 20'000;  // beyond that a model's constraints are not all solved

// One learned constraint among symbols, as left - right = 0, or left % right = 0.
struct Relation {
  Constraint constraint;
  GraphId graph;
  NodeId node;
  std::vector<std::size_t> symbols;  // indices into BoundSymbols::symbols
  std::size_t unbound = 0;
};

class Binder {
 public:
  Binder(const Model& model, Inference& inference)
      : model_(model), inference_(inference), pool_(inference.dims) {}

  Result<BoundSymbols> bind(const Bindings& given) {
    collect_symbols(given);
    collect_relations();
    if (auto error = take_given(given)) return *error;
    if (auto error = propagate()) return *error;
    for (const bool deferred : {false, true}) {
      for (std::size_t i = 0; i < out_.symbols.size(); ++i) {
        if (!is_open(i) || ((deferred_[i] || follows_another(i)) && !deferred)) continue;
        set(i, default_of(i), BindingSource::fallback, true);
        if (auto error = propagate()) return *error;
      }
    }
    if (auto error = check_relations()) return *error;
    if (auto error = check_extents()) return *error;
    return std::move(out_);
  }

 private:
  using Failure = std::optional<Error>;

  // --- defaults: 1, unless the blueprint that made the graph knows better
  const SymbolDefault* said_default(std::size_t i) const {
    if (!model_.blueprint) return nullptr;
    const std::string_view name = pool_.symbol_of(out_.symbols[i].symbol)->name;
    for (const SymbolDefault& one : model_.blueprint->defaults) {
      if (one.symbol == name) return &one;
    }
    return nullptr;
  }
  bool follows_another(std::size_t i) const {
    const SymbolDefault* said = said_default(i);
    return said && !said->like.empty();
  }
  std::int64_t default_of(std::size_t i) const {
    const SymbolDefault* said = said_default(i);
    if (!said) return 1;
    if (said->like.empty()) return said->value;
    const auto at = out_.values.find(said->like);
    return at == out_.values.end() ? 1 : at->second;
  }

  // --- symbols, in order of first appearance: inputs first, then what the nodes make of them
  void collect_symbols(const Bindings& given) {
    for (const TensorId input : model_.main().inputs) see(inference_.facts(Model::kMain, input).shape);
    for (const GraphFacts& facts : inference_.graphs) {
      SeenKinds seen_facts(facts.tensors.kind_count()), seen_costs(facts.nodes.kind_count());
      for (const TensorId id : facts.tensors.ids()) {
        if (!seen_facts.is_first(facts.tensors.kind(id))) continue;
        see(facts.tensors[id].shape);
        see(facts.tensors[id].length);
      }
      for (const NodeId id : facts.nodes.ids()) {
        if (!seen_costs.is_first(facts.nodes.kind(id))) continue;
        const NodeFacts& node = facts.nodes[id];
        see(node.executions);
        see(node.cost.macs);
        see(node.bytes_read);
        see(node.bytes_written);
        for (const Dim operations : node.cost.operations) see(operations);
      }
    }
    for (const auto& [name, value] : given) {
      const Dim symbol = pool_.find_symbol(name);
      if (!symbol.is_unknown()) see_symbol(symbol);
    }
  }

  void see(const Shape& shape) {
    for (const Dim dim : shape) see(dim);
  }
  void see(Dim dim) {
    if (!dim.is_pooled() || !seen_.insert(dim.bits()).second) return;
    for (const Dim symbol : pool_.symbols_in(dim)) see_symbol(symbol);
  }
  void see_symbol(Dim symbol) {
    if (!index_.emplace(symbol.bits(), out_.symbols.size()).second) return;
    Binding binding;
    binding.symbol = symbol;
    const Symbol& record = *pool_.symbol_of(symbol);
    if (record.origin == SymbolOrigin::data) {
      binding.source = BindingSource::data;
      binding.bound = record.upper_bound;
    }
    const Dim bound = binding.bound;
    out_.symbols.push_back(binding);
    assumed_.push_back(false);
    see(bound);
  }

  // --- constraints
  void collect_relations() {
    std::set<std::array<std::uint64_t, 3>> known;  // the same pair is learned at many nodes
    for (const LearnedConstraint& learned : inference_.constraints) {
      Constraint c = learned.constraint;
      if (c.a.is_unknown() || c.b.is_unknown() || relations_.size() == kMaxRelations) continue;
      if (c.kind == Constraint::Kind::equal && c.a.bits() > c.b.bits()) std::swap(c.a, c.b);
      if (!known.insert({static_cast<std::uint64_t>(c.kind), c.a.bits(), c.b.bits()}).second) continue;
      Relation relation{c, learned.graph, learned.node, {}, 0};
      for (const Dim side : {c.a, c.b}) {
        for (const Dim symbol : pool_.symbols_in(side)) {
          see_symbol(symbol);
          relation.symbols.push_back(index_.find(symbol.bits())->second);
        }
      }
      std::sort(relation.symbols.begin(), relation.symbols.end());
      relation.symbols.erase(std::unique(relation.symbols.begin(), relation.symbols.end()),
                             relation.symbols.end());
      relation.unbound = relation.symbols.size();
      relations_.push_back(std::move(relation));
    }
    relations_of_.resize(out_.symbols.size());
    deferred_.assign(out_.symbols.size(), false);
    for (std::size_t i = 0; i < relations_.size(); ++i) {
      for (const std::size_t symbol : relations_[i].symbols) relations_of_[symbol].push_back(i);
      if (relations_[i].unbound == 1) ready_.push_back(i);
      defer(relations_[i]);
    }
  }

  // In total = past + seq nobody chooses the total: it gets a default only when all others have a value.
  void defer(const Relation& relation) {
    if (relation.constraint.kind != Constraint::Kind::equal || relation.symbols.size() < 3) return;
    for (const auto& [alone, other] : {std::pair(relation.constraint.a, relation.constraint.b),
                                       std::pair(relation.constraint.b, relation.constraint.a)}) {
      if (!pool_.is_symbol(alone)) continue;
      const std::vector<Dim> rest = pool_.symbols_in(other);
      if (std::find(rest.begin(), rest.end(), alone) != rest.end()) continue;
      deferred_[index_.find(alone.bits())->second] = true;
    }
  }

  // --- values
  bool is_open(std::size_t i) const {
    return !out_.symbols[i].value && out_.symbols[i].source != BindingSource::data;
  }

  void set(std::size_t i, std::int64_t value, BindingSource source, bool assumed) {
    Binding& binding = out_.symbols[i];
    binding.value = value;
    binding.source = source;
    assumed_[i] = assumed;
    out_.values.insert_or_assign(pool_.symbol_of(binding.symbol)->name, value);
    for (const std::size_t relation : relations_of_[i]) {
      if (--relations_[relation].unbound == 1) ready_.push_back(relation);
    }
  }

  Failure take_given(const Bindings& given) {
    for (const auto& [name, value] : given) {
      const Dim symbol = pool_.find_symbol(name);
      const auto found = index_.find(symbol.bits());
      if (symbol.is_unknown() || found == index_.end()) {
        std::string known;
        for (const Binding& b : out_.symbols)
          known += (known.empty() ? "" : ", ") + pool_.to_string(b.symbol);
        return Error{ErrorKind::usage,
                     out_.symbols.empty() ? "" : "symbols " + known,
                     0,
                     false,
                     "`" + name + "` is no symbol of this model",
                     out_.symbols.empty() ? "Every extent of this model is a number" : "Bind one of those"};
      }
      const Range range = pool_.symbol_of(symbol)->range;
      if (value < 0 || value < range.low || value > range.high) {
        return Error{ErrorKind::usage,
                     "symbol " + pool_.to_string(symbol),
                     0,
                     false,
                     std::to_string(value) + " is outside what it can be",
                     ""};
      }
      set(found->second, value, BindingSource::given, false);
    }
    return std::nullopt;
  }

  // Solves relations in which one symbol is left, until there is none.
  Failure propagate() {
    while (!ready_.empty()) {
      const Relation& relation = relations_[ready_.front()];
      ready_.pop_front();
      if (relation.constraint.kind != Constraint::Kind::equal) continue;
      for (const std::size_t i : relation.symbols) {
        if (!is_open(i)) continue;
        if (auto error = solve(relation, i)) return error;
        break;
      }
    }
    return std::nullopt;
  }

  // factor*symbol + rest = 0, where that is what the relation amounts to.
  Failure solve(const Relation& relation, std::size_t i) {
    std::vector<std::pair<Dim, Dim>> values;
    bool assumed = false;
    for (const std::size_t other : relation.symbols) {
      const Binding& binding = out_.symbols[other];
      if (!binding.value) continue;
      values.emplace_back(binding.symbol, pool_.number(*binding.value));
      assumed = assumed || assumed_[other];
    }
    const Dim difference =
        pool_.substitute(pool_.subtract(relation.constraint.a, relation.constraint.b), values);
    const Dim symbol = out_.symbols[i].symbol;
    const std::pair<Dim, Dim> at_zero[] = {{symbol, Dim(0)}}, at_one[] = {{symbol, Dim(1)}};
    const Dim rest = pool_.substitute(difference, at_zero);
    const auto factor = pool_.constant(pool_.subtract(pool_.substitute(difference, at_one), rest));
    const auto constant = pool_.constant(rest);
    if (!factor || !constant || *factor == 0) return std::nullopt;
    const Dim linear = pool_.add(pool_.multiply(pool_.number(*factor), symbol), rest);
    if (linear != difference) return std::nullopt;  // checked once everything has a value
    const Int128 value = -*constant / *factor;
    const bool exact = value * *factor == -*constant;
    if (!exact || value < 0 || value > std::numeric_limits<std::int64_t>::max()) {
      return contradiction(relation, assumed,
                           exact ? "needs a size of " + to_decimal(value) : "needs a fraction");
    }
    set(i, static_cast<std::int64_t>(value), BindingSource::derived, assumed);
    return std::nullopt;
  }

  // --- what must hold
  std::string place(GraphId graph, NodeId node) const {
    if (!graph || !node) return "model";
    const Graph& in = model_.graphs[graph];
    std::string text = "node \"";
    if (!in.path.empty()) text += std::string(in.path) + "/";
    return text + std::string(in.nodes[node].name) + "\"";
  }

  // Contradicting values that somebody chose are an error. Where a default takes part, the model is only not
  // valid at its defaults: a finding.
  Failure contradiction(const Relation& relation, bool assumed, const std::string& how) {
    const Constraint& c = relation.constraint;
    const bool equal = c.kind == Constraint::Kind::equal;
    const std::string fact =
        pool_.to_string(c.a) + (equal ? " = " : " a multiple of ") + pool_.to_string(c.b);
    if (!assumed) {
      return Error{ErrorKind::usage,
                   place(relation.graph, relation.node) + " needs " + fact,
                   0,
                   false,
                   "the bindings contradict it (" + how + ")",
                   "Bind values that fit together"};
    }
    Finding finding;
    finding.kind = FindingKind::dynamic_input;
    finding.message.add("At the default value 1 of unbound symbols this node is not valid: it needs ")
        .name(fact);
    finding.graph = relation.graph;
    finding.node = relation.node;
    inference_.findings.push_back(std::move(finding));
    return std::nullopt;
  }

  Failure check_relations() {
    for (const Relation& relation : relations_) {
      const auto a = pool_.evaluate(relation.constraint.a, out_.values);
      const auto b = pool_.evaluate(relation.constraint.b, out_.values);
      if (!a || !b) continue;
      const bool equal = relation.constraint.kind == Constraint::Kind::equal;
      if (equal ? *a == *b : *b == 0 || floor_mod(*a, *b) == 0) continue;
      const bool assumed = std::any_of(relation.symbols.begin(), relation.symbols.end(),
                                       [&](std::size_t i) { return assumed_[i]; });
      if (auto error = contradiction(relation, assumed, to_decimal(*a) + " and " + to_decimal(*b)))
        return error;
    }
    return std::nullopt;
  }

  bool depends_on_default(Dim dim) const {
    for (const Dim symbol : pool_.symbols_in(dim)) {
      if (assumed_[index_.find(symbol.bits())->second]) return true;
    }
    return false;
  }

  Failure check_extents() {
    seen_.clear();
    for (const GraphId graph : model_.graphs.ids()) {
      if (!inference_.graphs.contains(graph)) break;
      const GraphFacts& facts = inference_.graphs[graph];
      SeenKinds seen_facts(facts.tensors.kind_count());
      for (const TensorId tensor : facts.tensors.ids()) {
        if (!seen_facts.is_first(facts.tensors.kind(tensor))) continue;
        for (const Dim dim : facts.tensors[tensor].shape) {
          if (!dim.is_pooled() || !seen_.insert(dim.bits()).second) continue;
          const auto value = pool_.evaluate(dim, out_.values);
          if (!value || *value >= 0) continue;
          if (auto error = negative_extent(graph, tensor, dim, *value)) return error;
        }
      }
    }
    return std::nullopt;
  }

  Failure negative_extent(GraphId graph, TensorId tensor, Dim dim, Int128 value) {
    const NodeId producer = model_.graphs[graph].tensors[tensor].producer;
    if (!depends_on_default(dim)) {
      return Error{ErrorKind::usage,
                   place(graph, producer) + " has an extent " + pool_.to_string(dim),
                   0,
                   false,
                   "it is " + to_decimal(value) + " under the bindings",
                   "Bind larger values"};
    }
    Finding finding;
    finding.kind = FindingKind::dynamic_input;
    finding.message.add("At the default value 1 of unbound symbols an extent is negative: ")
        .name(pool_.to_string(dim));
    finding.graph = graph;
    finding.node = producer;
    finding.tensor = tensor;
    inference_.findings.push_back(std::move(finding));
    return std::nullopt;
  }

  const Model& model_;
  Inference& inference_;
  DimPool& pool_;
  BoundSymbols out_;
  std::unordered_map<std::uint64_t, std::size_t> index_;  // handle -> index into BoundSymbols::symbols
  std::set<std::uint64_t> seen_;
  std::vector<bool> assumed_;   // the value is a default or follows from one
  std::vector<bool> deferred_;  // gets a default last
  std::vector<Relation> relations_;
  std::vector<std::vector<std::size_t>> relations_of_;
  std::deque<std::size_t> ready_;
};

}  // namespace

Result<BoundSymbols> bind_symbols(const Model& model, Inference& inference, const Bindings& given) {
  return Binder(model, inference).bind(given);
}

}  // namespace haoline
