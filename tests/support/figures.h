// A graph stated in a few lines, with its figures: symbols 1 unless told otherwise.
#pragma once

#include <utility>

#include "analyses/memory.h"
#include "analyses/parameters.h"
#include "analyses/totals.h"
#include "support/inferred.h"

namespace haoline::test {

class Figures : public Inferred {
 public:
  explicit Figures(GraphBuilder&& builder, Bindings bindings = {}) : Inferred(std::move(builder)) {
    bound_.values = std::move(bindings);
    DimPool& dims = inference().dims;
    for (std::size_t i = 0; i < dims.symbol_count(); ++i) {
      if (dims.symbol_at(i).origin != SymbolOrigin::data) bound_.values.emplace(dims.symbol_at(i).name, 1);
    }
  }
  const BoundSymbols& bound() const { return bound_; }
  std::string text(Dim dim) { return inference().dims.to_string(dim); }
  CostTotals totals() { return total_costs(model(), inference()); }
  ParameterFacts parameters() { return count_parameters(model(), inference()); }
  MemoryFacts memory() { return analyse_memory(model(), inference(), bound_); }

 private:
  BoundSymbols bound_;
};

}  // namespace haoline::test
