// When tensors occupy memory, and how much: the shared ground of the memory figures.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "analyses/memory.h"
#include "analyses/parameters.h"

namespace haoline {

// Byte sizes under bindings. Equal extents are the same handle, so each expression is evaluated once.
class Sizer {
 public:
  Sizer(const Inference& inference, const Bindings& bindings) : dims_(inference.dims), bindings_(bindings) {}

  // Nothing when the size is not known (strings, containers, unknown extents) or beyond 62 bits.
  // Data-dependent extents count at their bounds, and bounded() says so afterwards.
  std::optional<std::uint64_t> bytes(const OperandFacts& facts);
  bool bounded() const { return bounded_; }

 private:
  struct Extent {
    std::optional<Int128> value;
    bool bounded = false;
  };
  const Extent& extent(Dim dim);

  const DimPool& dims_;
  const Bindings& bindings_;
  std::unordered_map<std::uint64_t, Extent> known_;
  bool bounded_ = false;
};

struct Activations {
  std::vector<Lifetime> lifetimes;  // in order of birth; inputs first
  std::vector<TensorId> unsized;
};

// The bodies that nodes of a graph run, each after its parent.
using Bodies = IdVector<GraphId, std::vector<GraphId>>;
Bodies bodies_of(const Model& model);

// Weights that the file states by their extents and ConstantOfShape fills in, by graph, in order of tensor.
// They lie there as long as the model does, like any weight.
using FilledWeights = IdVector<GraphId, std::vector<TensorId>>;
FilledWeights filled_weights(const Model& model, const ParameterFacts& parameters);

// Is it computed or fed, and no constant?
bool is_activation(const Graph& graph, TensorId tensor, std::span<const TensorId> filled_weights);

// `own_only`: of a body, only what it keeps for itself: neither its operands nor its results.
Activations find_activations(const Model& model, const Inference& inference, const Bodies& bodies,
                             const FilledWeights& filled, GraphId graph, Sizer& sizer, bool own_only = false);

// Lifetimes under reuse: views and in-place results share the storage of an operand, as their rows allow
// (Row::alias). Storages are named by their first tensor; the view of a constant has no bytes of its own.
std::vector<Lifetime> share_storage(const Graph& graph, const std::vector<Lifetime>& plain,
                                    std::span<const TensorId> filled_weights);

// One entry per storage, from the first to the last tensor in it; those without bytes are left out.
std::vector<Lifetime> storages(const std::vector<Lifetime>& lifetimes);

// Live bytes at every step.
std::vector<std::uint64_t> live_bytes(const std::vector<Lifetime>& storages, std::size_t steps);

}  // namespace haoline
