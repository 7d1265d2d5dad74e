#include "analyses/infer_carried.h"

#include <algorithm>
#include <string>

namespace haoline::engine {
namespace {

constexpr std::size_t kMaxCarriedElements = 16;  // counters and shapes, not data

bool is_small_integer_value(const Value& value) {
  if (!value || value.size() > kMaxCarriedElements) return false;
  return std::all_of(value.elements().begin(), value.elements().end(),
                     [](const Number& n) { return n.is_integer(); });
}

// Extents, length, elements of facts, in the order of the slots of `like`.
std::vector<Dim> slots_of(const OperandFacts& facts, const Carried& like) {
  std::vector<Dim> slots;
  if (like.keeps_rank) slots.assign(facts.shape.begin(), facts.shape.end());
  slots.push_back(facts.length);
  if (like.keeps_value) {
    for (const Number& n : facts.value.elements()) slots.push_back(n.integer());
  }
  return slots;
}

OperandFacts with_slots(const Carried& carried, const std::vector<Dim>& slots) {
  OperandFacts facts;
  facts.type = carried.initial.type;
  std::size_t at = 0;
  if (carried.keeps_rank) {
    facts.shape = carried.initial.shape;
    for (Dim& dim : facts.shape) dim = slots[at++];
  }
  facts.length = slots[at++];
  if (carried.keeps_value) facts.value = Value::integers(std::span(slots).subspan(at));
  return facts;
}

void fill_slots(Carried& carried) {
  carried.slots.clear();
  for (const Dim dim : slots_of(carried.initial, carried))
    carried.slots.push_back({CarriedSlot::Kind::stays, dim});
}

std::string slot_name(const LoopFrame& frame, std::size_t variable, std::size_t slot) {
  const Node& node = frame.engine.model.graphs[frame.graph].nodes[frame.node];
  return std::string(node.name) + "_state" + std::to_string(variable) + "_" + std::to_string(slot);
}

// Another rank, or a value that is no longer followed, changes which slots there are.
bool lose_structure(Carried& carried, const OperandFacts& after) {
  const Shape& before = carried.initial.shape;
  const bool loses_rank =
      carried.keeps_rank && (!after.shape.has_rank() || after.shape.rank() != before.rank());
  const bool loses_value = carried.keeps_value && (!is_small_integer_value(after.value) ||
                                                   after.value.size() != carried.initial.value.size());
  if (!loses_rank && !loses_value) return false;
  carried.keeps_rank = carried.keeps_rank && !loses_rank;
  carried.keeps_value = carried.keeps_value && !loses_value && !loses_rank;
  fill_slots(carried);
  return true;
}

// An empty sequence agrees with every element: it takes the shape of the first that is put into it.
bool adopt_elements(const LoopFrame& frame, const std::vector<Carried>& all, Carried& carried,
                    const OperandFacts& after) {
  OperandFacts& initial = carried.initial;
  if (!initial.length.is(0) || initial.shape.has_rank() || !after.shape.has_rank()) return false;
  initial.shape = after.shape;
  for (Dim& dim : initial.shape) {
    if (changes_per_run(frame, all, dim)) dim = Dim::unknown();
  }
  carried.keeps_rank = true;
  fill_slots(carried);
  return true;
}

// How one slot goes on: its value before a run is its placeholder, `after` what the run leaves.
void classify_slot(const LoopFrame& frame, const std::vector<Carried>& carried, CarriedSlot& slot,
                   Dim after) {
  DimPool& pool = frame.engine.pool;
  slot.kind = CarriedSlot::Kind::open;
  if (after.is_unknown()) return;
  const Dim step = pool.subtract(after, slot.placeholder);
  if (!step.is_unknown() && !changes_per_run(frame, carried, step) && !pool.depends_on_data(step)) {
    slot.kind = CarriedSlot::Kind::grows;
    slot.step = step;
  } else if (!changes_per_run(frame, carried, after)) {
    slot.kind = CarriedSlot::Kind::settles;
    slot.step = after;
  }
}

Dim slot_at(const LoopFrame& frame, const CarriedSlot& slot, const std::string& name, Dim iteration,
            bool is_final) {
  DimPool& pool = frame.engine.pool;
  switch (slot.kind) {
    case CarriedSlot::Kind::stays:
      return slot.initial;
    case CarriedSlot::Kind::grows:
      return pool.add(slot.initial, pool.multiply(iteration, slot.step));
    case CarriedSlot::Kind::settles:
      // After at least one run it is settled; before some run, or after perhaps none, it is one of two.
      if (is_final && pool.range(iteration).low >= 1) return slot.step;
      return either(frame.engine, frame.graph, frame.node, name, slot.initial, slot.step);
    default:
      return Dim::unknown();
  }
}

}  // namespace

bool changes_per_run(const LoopFrame& frame, const std::vector<Carried>& carried, Dim dim) {
  if (!dim.is_pooled()) return false;
  for (const Dim symbol : frame.engine.pool.symbols_in(dim)) {
    if (symbol == frame.iteration) return true;
    for (const Carried& c : carried) {
      for (const CarriedSlot& slot : c.slots) {
        if (!slot.placeholder.is_unknown() && slot.placeholder == symbol) return true;
      }
    }
  }
  return false;
}

std::vector<Carried> carry(const FactList& initial) {
  std::vector<Carried> carried;
  for (const OperandFacts& facts : initial) {
    Carried c;
    c.initial = facts;
    c.initial.is_constant = false;
    c.keeps_rank = facts.shape.has_rank();
    c.keeps_value = is_small_integer_value(facts.value);
    fill_slots(c);
    carried.push_back(std::move(c));
  }
  return carried;
}

FactList general_state(const std::vector<Carried>& carried) {
  FactList state;
  for (const Carried& c : carried) {
    std::vector<Dim> slots;
    for (const CarriedSlot& slot : c.slots) {
      const bool stays = slot.kind == CarriedSlot::Kind::stays;
      slots.push_back(stays ? slot.initial : slot.kind == CarriedSlot::Kind::open ? Dim() : slot.placeholder);
    }
    state.push_back(with_slots(c, slots));
  }
  return state;
}

FactList state_at(const LoopFrame& frame, const std::vector<Carried>& carried, Dim iteration, bool is_final) {
  FactList state;
  for (std::size_t v = 0; v < carried.size(); ++v) {
    std::vector<Dim> slots;
    slots.reserve(carried[v].slots.size());
    for (std::size_t s = 0; s < carried[v].slots.size(); ++s) {
      slots.push_back(slot_at(frame, carried[v].slots[s], slot_name(frame, v, s), iteration, is_final));
    }
    state.push_back(with_slots(carried[v], slots));
  }
  return state;
}

bool widen(const LoopFrame& frame, std::vector<Carried>& carried, const FactList& after) {
  bool changed = false;
  for (std::size_t v = 0; v < std::min(carried.size(), after.size()); ++v) {
    Carried& c = carried[v];
    if (adopt_elements(frame, carried, c, after[v]) || lose_structure(c, after[v])) {
      changed = true;
      continue;
    }
    const std::vector<Dim> now = slots_of(after[v], c);
    for (std::size_t s = 0; s < c.slots.size(); ++s) {
      CarriedSlot& slot = c.slots[s];
      if (slot.kind != CarriedSlot::Kind::stays || now[s] == slot.initial) continue;
      slot.kind = CarriedSlot::Kind::varies;
      slot.placeholder = node_symbol(frame.engine, frame.graph, frame.node, slot_name(frame, v, s),
                                     SymbolOrigin::derived, Dim::unknown());
      changed = true;
    }
  }
  return changed;
}

bool classify(const LoopFrame& frame, std::vector<Carried>& carried, const FactList& after) {
  bool is_closed = true;
  for (std::size_t v = 0; v < std::min(carried.size(), after.size()); ++v) {
    Carried& c = carried[v];
    is_closed &= c.keeps_rank || !c.initial.shape.has_rank();
    const std::vector<Dim> now = slots_of(after[v], c);
    for (std::size_t s = 0; s < c.slots.size() && s < now.size(); ++s) {
      if (c.slots[s].kind == CarriedSlot::Kind::varies) classify_slot(frame, carried, c.slots[s], now[s]);
      is_closed &= c.slots[s].kind != CarriedSlot::Kind::open;
    }
  }
  return is_closed;
}

void open_all(std::vector<Carried>& carried) {
  for (Carried& c : carried) {
    c.keeps_value = false;
    c.keeps_rank = false;
    fill_slots(c);
    for (CarriedSlot& slot : c.slots) slot.kind = CarriedSlot::Kind::open;
  }
}

}  // namespace haoline::engine
