// What the file declares of a tensor fills what we could not derive; where both speak, ours wins.
#include "analyses/infer_engine.h"

namespace haoline::engine {
namespace {

void report_contradiction(Engine& engine, GraphId graph, TensorId id, const std::string& ours,
                          const std::string& declared) {
  const Tensor& tensor = engine.model.graphs[graph].tensors[id];
  Message message("the file declares ");
  message.add(declared).add(" for ").name(tensor.name).add(", the operator gives ").add(ours);
  Finding finding{FindingKind::contradicting_declaration, std::move(message), graph, tensor.producer, id};
  if (!engine.quiet) engine.out.findings.push_back(std::move(finding));
}

// Whether a declared extent of a body may stand for all its runs: names invented by an exporter may differ
// from one run to the next, numbers and the inputs' symbols may not.
bool holds_in_bodies(const Engine& engine, Dim declared) {
  return declared.is_inline() || engine.input_symbols.contains(declared.bits());
}

// A name that only results bear means what we derived for the first of them.
void define_symbol(Engine& engine, TensorId tensor, Dim declared, Dim ours) {
  if (!engine.pool.is_symbol(declared) || engine.input_symbols.contains(declared.bits())) return;
  if (!engine.substitution.defined.emplace(declared.bits(), ours).second || ours == declared) return;
  const NodeId producer = engine.model.main().tensors[tensor].producer;
  engine.out.constraints.push_back({{Constraint::Kind::equal, declared, ours}, Model::kMain, producer});
}

void merge_type(Engine& engine, GraphId graph, TensorId id, Type& ours) {
  const Type& declared = engine.model.graphs[graph].tensors[id].type;
  if (declared.dtype == DType::unknown && declared.containers.empty()) return;
  const bool settled = engine.model.types_are_given && declared.is_tensor() && ours.is_tensor();
  if (settled || (ours.dtype == DType::unknown && ours.containers.empty())) {
    ours = declared;
  } else if (ours.dtype == DType::unknown && ours.containers == declared.containers) {
    ours.dtype = declared.dtype;
    ours.key = declared.key;
  } else if (declared.dtype != DType::unknown && !(ours == declared)) {
    report_contradiction(engine, graph, id, to_string(ours), to_string(declared));
  }
}

void merge_shape(Engine& engine, GraphId graph, TensorId id, Shape& ours) {
  const Shape& declared = engine.model.graphs[graph].tensors[id].shape;
  if (!declared.has_rank()) return;
  const bool in_main = graph == Model::kMain;
  DimPool& pool = engine.pool;
  const bool had_rank = ours.has_rank();
  if (!had_rank) ours = Shape::of_unknown(declared.rank());
  if (ours.rank() != declared.rank()) {
    report_contradiction(engine, graph, id, to_string(ours, pool), to_string(declared, pool));
    return;
  }
  bool contradicts = false;
  const Shape before = ours;
  for (std::size_t axis = 0; axis < ours.rank(); ++axis) {
    const Dim raw = declared[axis];
    if (raw.is_unknown() || (!in_main && !holds_in_bodies(engine, raw))) continue;
    if (!ours[axis].is_unknown() && in_main) define_symbol(engine, id, raw, ours[axis]);
    const Dim dim = engine.substitution.apply(raw, pool);
    if (ours[axis].is_unknown()) {
      ours[axis] = dim;
    } else if (!pool.equal(ours[axis], dim).value_or(true)) {
      contradicts = true;
    }
  }
  if (contradicts)
    report_contradiction(engine, graph, id, to_string(before, pool), to_string(declared, pool));
}

}  // namespace

Dim Substitution::apply(Dim dim, DimPool& pool) const {
  if (!dim.is_pooled()) return dim;
  if (!bound.empty()) dim = pool.substitute(dim, bound);
  if (defined.empty() || !dim.is_pooled()) return dim;
  if (const auto found = defined.find(dim.bits()); found != defined.end()) return found->second;
  if (pool.is_symbol(dim)) return dim;
  std::vector<std::pair<Dim, Dim>> used;
  for (const Dim symbol : pool.symbols_in(dim)) {
    if (const auto found = defined.find(symbol.bits()); found != defined.end())
      used.push_back({symbol, found->second});
  }
  return used.empty() ? dim : pool.substitute(dim, used);
}

void Substitution::apply(Shape& shape, DimPool& pool) const {
  for (Dim& dim : shape) dim = apply(dim, pool);
}

void merge_declared(Engine& engine, GraphId graph, TensorId tensor, OperandFacts& facts) {
  if (engine.options.ignore_declared) return;
  merge_type(engine, graph, tensor, facts.type);
  merge_shape(engine, graph, tensor, facts.shape);
}

}  // namespace haoline::engine
