// What a loop carries from one run of its body to the next: extents, lengths and small integer values as
// slots, each of which stays, grows by a fixed step, settles after the first run, or is left open.
// Internal to analyses/infer*.cc.
#pragma once

#include <cstddef>
#include <vector>

#include "analyses/infer_bodies.h"

namespace haoline::engine {

struct CarriedSlot {
  enum class Kind : std::uint8_t { stays, varies, grows, settles, open };
  Kind kind = Kind::stays;
  Dim initial;
  Dim placeholder;  // stands for the slot's value before some run, once it is known to vary
  Dim step;         // grows: per run; settles: the value after the first run
};

// One carried tensor. Slots are its extents, its length, then its elements.
struct Carried {
  OperandFacts initial;
  bool keeps_rank = true;    // extents are slots; else the rank itself changes
  bool keeps_value = false;  // elements are slots
  std::vector<CarriedSlot> slots;
};

struct LoopFrame {
  Engine& engine;
  GraphId graph;
  NodeId node;
  Dim iteration;  // the number of the run, a symbol of its own
};

std::vector<Carried> carry(const FactList& initial);
// The state before some run: placeholders where it varies.
FactList general_state(const std::vector<Carried>& carried);
// The state before run number `iteration`, once every slot has been classified.
FactList state_at(const LoopFrame& frame, const std::vector<Carried>& carried, Dim iteration, bool is_final);
// Compares what a run made of the general state with that state; slots that differ begin to vary. True when
// something changed, so that another run is needed.
bool widen(const LoopFrame& frame, std::vector<Carried>& carried, const FactList& after);
// Decides for every varying slot how it varies. True when none is left open.
bool classify(const LoopFrame& frame, std::vector<Carried>& carried, const FactList& after);
// Whether an expression means something else in every run.
bool changes_per_run(const LoopFrame& frame, const std::vector<Carried>& carried, Dim dim);
// Gives up: everything that may vary is open, values are forgotten.
void open_all(std::vector<Carried>& carried);

}  // namespace haoline::engine
