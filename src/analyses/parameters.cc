#include "analyses/parameters.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>

#include "analyses/parameter_roles.h"
#include "analyses/totals.h"
#include "base/index_table.h"
#include "base/sort.h"
#include "ops/op_table.h"

namespace haoline {
namespace {

using Index = std::uint32_t;
constexpr Index kNone = ~Index{0};

// Which stored constants a tensor comes from.
struct Origin {
  Index parameter = kNone;  // of a list: its place in `lists_`
  bool is_list = false;
  bool constant = false;    // everything it depends on is constant
  bool computed = false;    // folded, no more one stored tensor in another form
  bool judged = false;      // an operator that nobody knows lies between
  bool normalizes = false;  // made from 1/sqrt(variance + epsilon) of a normalization that is spelled out
};

// A stored tensor while its users are being found.
struct Candidate {
  Parameter parameter;
  const TensorData* data = nullptr;
  std::optional<Dim> packed;  // logical elements of a packed weight
  Trained trained = Trained::unsaid;
  bool is_filler = false;  // a ConstantOfShape: a parameter only if something uses it as a weight
};

class Finder {
 public:
  Finder(const Model& model, Inference& inference)
      : model_(model), inference_(inference), pool_(inference.dims) {
    bodies_.resize(model.graphs.size());
    for (const GraphId id : model.graphs.ids()) {
      const Graph& graph = model.graphs[id];
      if (graph.owner && graph.parent && graph.parent.index < id.index) bodies_[graph.parent].push_back(id);
    }
  }

  std::vector<Candidate> run() {
    origins_.resize(model_.graphs.size());
    is_weights_only_ = model_.blueprint || (model_.graphs.size() == 1 && model_.main().nodes.empty() &&
                                            model_.main().outputs.empty());
    for (const GraphId id : model_.graphs.ids()) {
      // Inference keeps its tables in step with the graphs; one it did not reach has none.
      if (!inference_.graphs.contains(id)) continue;
      if (inference_.graphs[id].tensors.size() != model_.graphs[id].tensors.size()) continue;
      walk(id);
    }
    return std::move(candidates_);
  }

 private:
  void walk(GraphId id) {
    const Graph& graph = model_.graphs[id];
    auto& origins = origins_[id];
    if (origins.size() != graph.tensors.size()) origins.resize(graph.tensors.size());
    const auto* outside = graph.parent && graph.parent.index < id.index ? &origins_[graph.parent] : nullptr;
    for (const TensorId tensor : graph.tensors.ids()) {
      const Tensor& t = graph.tensors[tensor];
      if (t.constant) {
        origins[tensor] = store(id, tensor, t.constant);
      } else if (t.outer && outside && outside->contains(t.outer)) {
        origins[tensor] = (*outside)[t.outer];
      }
    }
    for (const NodeId node : graph.nodes.ids()) visit(id, node);
    for (const GraphId body : bodies_[id]) enter(id, body);
  }

  void give(GraphId graph, const Node& node, Origin origin) {
    for (const TensorId output : node.outputs) {
      if (output) origins_[graph][output] = origin;
    }
  }

  const OperandFacts& facts(GraphId graph, TensorId tensor) const {
    return inference_.graphs[graph].tensors[tensor];
  }

  Origin store(GraphId graph, TensorId tensor, const TensorData* data) {
    const OperandFacts& known = facts(graph, tensor);
    if (data && !data->bytes.empty()) {
      const std::uint32_t hash = hash_of(data->bytes.data());
      const auto first = by_storage_.find(
          hash, [&](Index i) { return candidates_[i].data->bytes.data() == data->bytes.data(); });
      if (first && same_storage(*candidates_[*first].data, *data)) return {*first, false, true, false};
      if (!first) by_storage_.insert(hash, static_cast<Index>(candidates_.size()));
    }
    Candidate made;
    made.data = data;
    made.parameter.graph = graph;
    made.parameter.tensor = tensor;
    made.parameter.dtype = data ? data->dtype : known.type.dtype;
    made.parameter.stored_bytes = data ? data->stored_bytes : 0;
    made.trained = model_.graphs[graph].tensors[tensor].trained;
    made.parameter.elements = elements_of(data, known.shape);
    if (const Quantization* packing = model_.graphs[graph].tensors[tensor].quantization)
      made.packed = unpacked(*packing);
    if (is_weights_only_) made.parameter.role = role_unused(made.trained);
    Type type;
    type.dtype = made.parameter.dtype;
    made.parameter.memory_bytes = byte_size(type, Shape{made.parameter.elements}, pool_);
    candidates_.push_back(std::move(made));
    return {static_cast<Index>(candidates_.size() - 1), false, true, false};
  }

  static std::uint32_t hash_of(const std::byte* at) {
    return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(at) * 0x9e3779b97f4a7c15u >> 32);
  }
  static bool same_storage(const TensorData& a, const TensorData& b) {
    return a.bytes.data() == b.bytes.data() && a.bytes.size() == b.bytes.size() && a.dtype == b.dtype;
  }

  static ParameterRole role_said(Trained trained) {
    if (trained == Trained::auxiliary) return ParameterRole::constant;
    return trained == Trained::yes ? ParameterRole::trainable : ParameterRole::buffer;
  }
  // In a file that holds weights and no graph, what is stored was trained.
  static ParameterRole role_unused(Trained trained) {
    return trained == Trained::unsaid ? ParameterRole::trainable : role_said(trained);
  }

  std::optional<Dim> unpacked(const Quantization& packing) {
    if (packing.logical_extents.empty()) return std::nullopt;
    Dim count = 1;
    for (const std::int64_t extent : packing.logical_extents)
      count = pool_.multiply(count, pool_.number(extent));
    return count;
  }

  Dim elements_of(const TensorData* data, const Shape& shape) {
    if (!data) return element_count(shape, pool_);
    Dim count = 1;
    for (const std::int64_t extent : data->extents) count = pool_.multiply(count, pool_.number(extent));
    return count;
  }

  void visit(GraphId graph, NodeId id) {
    const Node& node = model_.graphs[graph].nodes[id];
    auto& origins = origins_[graph];
    if (node.op == Op::Constant) {
      const Attribute* value = node.attribute("value");
      const auto* data = value ? std::get_if<const TensorData*>(&value->value) : nullptr;
      for (const TensorId output : node.outputs) {
        if (output) origins[output] = store(graph, output, data ? *data : nullptr);
      }
      return;
    }
    bool constant = !node.inputs.empty();
    bool any = false;
    for (const TensorId input : node.inputs) {
      if (!input) continue;
      constant = constant && origins[input].constant;
      any = any || origins[input].parameter != kNone;
    }
    if (!any && !constant) return;
    const Passing passing = passing_of(node.op);
    if (node.op == Op::ConstantOfShape && constant) {
      fill(graph, id);
    } else if (passing == Passing::first && node.inputs[0]) {
      pass(graph, id, constant);
    } else if (constant && !runs_bodies(node)) {
      fold(graph, id, passing == Passing::ignored);
    } else {
      for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) use(graph, id, slot);
    }
  }

  static bool runs_bodies(const Node& node) {
    const OpRow* row = find_row(node.op);
    return row && row->cost.kind == CostRule::Class::body;
  }

  void fill(GraphId graph, NodeId id) {
    const Node& node = model_.graphs[graph].nodes[id];
    use(graph, id, 0);
    if (node.outputs.empty() || !node.outputs[0]) return;
    const Origin made = store(graph, node.outputs[0], nullptr);
    candidates_[made.parameter].is_filler = true;
    origins_[graph][node.outputs[0]] = made;
  }

  // Operand 0 in another form; the other operands (shapes, scales, zero points) are what they are to the
  // node.
  void pass(GraphId graph, NodeId id, bool constant) {
    const Node& node = model_.graphs[graph].nodes[id];
    auto& origins = origins_[graph];
    for (std::size_t slot = 1; slot < node.inputs.size(); ++slot) use(graph, id, slot);
    Origin passed = origins[node.inputs[0]];
    passed.constant = constant;
    give(graph, node, passed);
  }

  // All operands are constant: what reads the result reads them. Scalars and integers that only steer the
  // computation of a float are settings.
  void fold(GraphId graph, NodeId id, bool shape_only) {
    const Node& node = model_.graphs[graph].nodes[id];
    auto& origins = origins_[graph];
    if (fold_statistics(graph, id)) return;
    SmallVector<Index, 8> sources;
    bool computed = false;
    bool normalizes = false;
    bool judged = node.op == Op::unknown;
    const bool lookup = node.op == Op::Gather;
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      if (!node.inputs[slot]) continue;
      const Origin& origin = origins[node.inputs[slot]];
      computed = computed || origin.computed;
      normalizes = normalizes || origin.normalizes;
      judged = judged || origin.judged;
      for (const Index index : indices(origin)) {
        const Parameter& p = candidates_[index].parameter;
        const bool carries = !shape_only && !p.elements.is(1) && is_float(p.dtype) && !(lookup && slot > 0) &&
                             !owns_slot(node.op, slot);
        if (!carries || sources.size() >= kMostSources) {
          use(graph, id, slot, index);
        } else if (std::find(sources.begin(), sources.end(), index) == sources.end()) {
          sources.push_back(index);
        }
      }
    }
    const bool keeps = keeps_elements(node, sources.size()) || (normalizes && sources.empty());
    Origin folded{kNone, false, true, computed || !keeps, judged, normalizes};
    if (sources.size() == 1) folded.parameter = sources[0];
    if (sources.size() > 1) {
      folded.parameter = static_cast<Index>(lists_.size());
      folded.is_list = true;
      lists_.push_back(sources);
    }
    give(graph, node, folded);
  }

  // A batch normalization that is spelled out: scale = gamma / sqrt(variance + epsilon), shift = beta - mean
  // · scale. The variance is what the root is taken of, the mean what is scaled and then subtracted; gamma,
  // which is in that product as well, is a weight by its use on the data.
  bool fold_statistics(GraphId graph, NodeId id) {
    const Node& node = model_.graphs[graph].nodes[id];
    auto& origins = origins_[graph];
    if (node.op == Op::Rsqrt && node.inputs[0]) {
      const Origin& origin = origins[node.inputs[0]];
      if (origin.is_list || origin.parameter == kNone) return false;
      note_statistics(graph, id, 0);
      give(graph, node, {kNone, false, true, false, origin.judged, true});
      return true;
    }
    const bool subtracts = node.op == Op::Sub && node.inputs.size() == 2 && node.inputs[0] && node.inputs[1];
    if (!subtracts || !origins[node.inputs[1]].normalizes || origins[node.inputs[0]].normalizes) return false;
    note_statistics(graph, id, 1);
    give(graph, node, origins[node.inputs[0]]);
    return true;
  }

  // What an operand comes from is a running statistic, unless another use says more.
  void note_statistics(GraphId graph, NodeId id, std::size_t slot) {
    const TensorId input = model_.graphs[graph].nodes[id].inputs[slot];
    for (const Index index : indices(origins_[graph][input])) {
      settle(candidates_[index], {graph, id, static_cast<std::uint32_t>(slot)},
             {ParameterRole::buffer, false});
    }
  }

  // Scaled, shifted or joined weights are still weights; so, it is assumed, is what a custom operator makes
  // of one.
  static bool keeps_elements(const Node& node, std::size_t sources) {
    if (node.op == Op::unknown) return sources == 1;
    return sources > 0 &&
           (node.op == Op::Mul || node.op == Op::Div || node.op == Op::Add || node.op == Op::Sub ||
            node.op == Op::Concat || node.op == Op::Gather || node.op == Op::Neg);
  }

  std::span<const Index> indices(const Origin& origin) const {
    if (origin.parameter == kNone) return {};
    if (origin.is_list) return lists_[origin.parameter];
    return {&origin.parameter, 1};
  }

  void use(GraphId graph, NodeId id, std::size_t slot) {
    const TensorId input = model_.graphs[graph].nodes[id].inputs[slot];
    if (!input) return;
    for (const Index index : indices(origins_[graph][input])) use(graph, id, slot, index);
  }

  void use(GraphId graph, NodeId id, std::size_t slot, Index index) {
    const Node& node = model_.graphs[graph].nodes[id];
    const TensorId input = node.inputs[slot];
    Candidate& candidate = candidates_[index];
    Parameter& parameter = candidate.parameter;
    const OperandFacts& known = facts(graph, input);
    const ConstantOperand operand{known.type.dtype == DType::unknown ? parameter.dtype : known.type.dtype,
                                  &known.shape,
                                  parameter.elements,
                                  candidate.data,
                                  origins_[graph][input].computed,
                                  steers(graph, node)};
    Role role = role_in(node, slot, operand);
    role.assumed = role.role == ParameterRole::trainable && (role.assumed || origins_[graph][input].judged);
    settle(candidate, {graph, id, static_cast<std::uint32_t>(slot)}, role);
    if (role.role != ParameterRole::trainable) return;
    const auto packed = packed_elements(node, slot, parameter.elements, parameter.dtype, pool_);
    if (packed) candidate.packed = packed;
  }

  // Of several uses the strongest decides; a file that knows better decides alone.
  static void settle(Candidate& candidate, const Parameter::User& user, Role role) {
    if (candidate.trained != Trained::unsaid)
      role = {candidate.trained == Trained::yes ? ParameterRole::trainable : ParameterRole::buffer, false};
    Parameter& parameter = candidate.parameter;
    if (parameter.users.empty() || rank(role) > rank({parameter.role, parameter.assumed})) {
      parameter.role = role.role;
      parameter.assumed = role.assumed;
    }
    parameter.users.push_back(user);
  }

  // Elements of the result are known: it is a shape or size on its way.
  bool steers(GraphId graph, const Node& node) const {
    return !node.outputs.empty() && node.outputs[0] && facts(graph, node.outputs[0]).value;
  }

  // Of several uses the strongest decides, and of those one that is no judgement.
  static int rank(const Role& role) {
    switch (role.role) {
      case ParameterRole::trainable:
        return role.assumed ? 3 : 4;
      case ParameterRole::buffer:
        return 2;
      case ParameterRole::constant:
        return 1;
      case ParameterRole::none:
        break;
    }
    return 0;
  }

  // Constants that a Loop or Scan hands to its body unchanged are seen there as its inputs.
  void enter(GraphId parent, GraphId body_id) {
    const Graph& body = model_.graphs[body_id];
    const Node& owner = model_.graphs[parent].nodes[body.owner];
    auto& inside = origins_[body_id];
    inside.resize(body.tensors.size());
    const bool is_loop = owner.op == Op::Loop;
    if (!is_loop && !(owner.op == Op::Scan && owner.version >= 9)) return;
    std::size_t states = owner.inputs.size();
    if (!is_loop) {
      const Attribute* scanned = owner.attribute("num_scan_inputs");
      const auto* count = scanned ? std::get_if<std::int64_t>(&scanned->value) : nullptr;
      if (!count || *count < 0 || static_cast<std::uint64_t>(*count) > states) return;
      states -= static_cast<std::size_t>(*count);
    }
    for (std::size_t i = is_loop ? 2 : 0; i < std::min(owner.inputs.size(), body.inputs.size()); ++i) {
      const std::size_t result = is_loop ? i - 1 : i;
      const bool unchanged =
          i >= states || (result < body.outputs.size() && body.outputs[result] == body.inputs[i]);
      if (owner.inputs[i] && unchanged) inside[body.inputs[i]] = origins_[parent][owner.inputs[i]];
    }
  }

  static constexpr std::size_t kMostSources = 64;

  const Model& model_;
  Inference& inference_;
  DimPool& pool_;
  IdVector<GraphId, std::vector<GraphId>> bodies_;
  IdVector<GraphId, IdVector<TensorId, Origin>> origins_;
  std::vector<SmallVector<Index, 8>> lists_;
  std::vector<Candidate> candidates_;
  IndexTable by_storage_;  // candidates by where their bytes begin, the first of each place
  bool is_weights_only_ = false;
};

bool equal_content(const TensorData& a, const TensorData& b) {
  return a.dtype == b.dtype && a.encoding == b.encoding && a.bytes.size() == b.bytes.size() &&
         std::memcmp(a.bytes.data(), b.bytes.data(), a.bytes.size()) == 0;
}

std::uint64_t content_hash(const TensorData& data) {
  std::uint64_t hash = 0x9e3779b97f4a7c15u ^ data.bytes.size();
  std::size_t at = 0;
  for (; at + 8 <= data.bytes.size(); at += 8) {
    hash = (hash ^ load<std::uint64_t>(data.bytes.data() + at)) * 0xff51afd7ed558ccdu;
    hash ^= hash >> 32;
  }
  for (; at < data.bytes.size(); ++at) {
    hash = (hash ^ std::to_integer<std::uint64_t>(data.bytes[at])) * 0x100000001b3u;
  }
  return hash;
}

bool is_counted(const Parameter& p) {
  return p.role == ParameterRole::trainable || p.role == ParameterRole::buffer;
}

// Weights with equal bytes become one, with the users of all of them.
void join_equal(std::vector<Candidate>& candidates) {
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> seen;
  std::vector<bool> joined(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const TensorData* data = candidates[i].data;
    if (!data || data->bytes.empty() || !is_counted(candidates[i].parameter)) continue;
    std::vector<std::size_t>& alike = seen[content_hash(*data)];
    const auto same = std::find_if(alike.begin(), alike.end(), [&](std::size_t other) {
      return candidates[other].parameter.role == candidates[i].parameter.role &&
             equal_content(*candidates[other].data, *data);
    });
    if (same == alike.end()) {
      alike.push_back(i);
      continue;
    }
    auto& users = candidates[*same].parameter.users;
    const auto& more = candidates[i].parameter.users;
    users.append(more.begin(), more.end());
    joined[i] = true;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (joined[i]) continue;
    if (kept != i) candidates[kept] = std::move(candidates[i]);
    ++kept;
  }
  candidates.resize(kept);
}

class Counter {
 public:
  Counter(const Model& model, DimPool& pool) : model_(model), pool_(pool) {
    facts_.of_node.resize(model.graphs.size());
    for (const GraphId id : model.graphs.ids()) {
      facts_.of_node[id] = IdVector<NodeId, Dim>(model.graphs[id].nodes.size(), Dim(0));
    }
  }

  ParameterFacts count(std::vector<Candidate> candidates) {
    for (Candidate& candidate : candidates) {
      add(candidate.parameter);
      facts_.parameters.push_back(std::move(candidate.parameter));
    }
    for (const auto& [name, elements] : by_dtype_) facts_.by_dtype.push_back({name, elements});
    for (const auto& [name, elements] : by_operator_) facts_.by_operator.push_back({name, elements});
    return std::move(facts_);
  }

 private:
  void add(const Parameter& p) {
    if (p.elements.is_unknown()) {
      facts_.complete = false;
      return;
    }
    if (!is_counted(p)) {
      facts_.constants = pool_.add(facts_.constants, p.elements);
      return;
    }
    Dim& sum = p.role == ParameterRole::trainable ? facts_.trainable : facts_.buffers;
    sum = pool_.add(sum, p.elements);
    facts_.stored_bytes += p.stored_bytes;
    add(by_dtype_, name(p.dtype), p.elements);
    if (p.users.empty()) return;  // of a file without a graph
    const Parameter::User& first = p.users.front();
    add(by_operator_, display_operator(model_.graphs[first.graph].nodes[first.node]), p.elements);
    Dim& own = facts_.of_node[first.graph][first.node];
    own = pool_.add(own, p.elements);
    const bool shared = std::any_of(p.users.begin(), p.users.end(), [&](const Parameter::User& user) {
      return user.graph != first.graph || user.node != first.node;
    });
    if (shared) facts_.shared.push_back(facts_.parameters.size());
  }
  void add(std::map<std::string_view, Dim>& sums, std::string_view name, Dim amount) {
    const auto at = sums.try_emplace(name, Dim(0)).first;
    at->second = pool_.add(at->second, amount);
  }

  const Model& model_;
  DimPool& pool_;
  ParameterFacts facts_;
  std::map<std::string_view, Dim> by_dtype_, by_operator_;
};

}  // namespace

ParameterFacts count_parameters(const Model& model, Inference& inference, bool by_content) {
  std::vector<Candidate> candidates = Finder(model, inference).run();
  for (Candidate& candidate : candidates) {
    if (candidate.packed) candidate.parameter.elements = *candidate.packed;
  }
  std::erase_if(candidates, [](const Candidate& c) { return c.is_filler && !is_counted(c.parameter); });
  if (by_content) join_equal(candidates);
  const auto place = [](const Candidate& c) { return std::pair(c.parameter.graph, c.parameter.tensor); };
  const auto before = [&place](const Candidate& a, const Candidate& b) { return place(a) < place(b); };
  sort_stably(candidates, before);
  return Counter(model, inference.dims).count(std::move(candidates));
}

}  // namespace haoline
