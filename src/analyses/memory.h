// Memory of one inference under bindings: liveness, peaks, a static arena, the series over the execution.
// Definitions: requirements/report.md ("activation_peak_bytes", "arena_bytes").
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "analyses/bindings.h"
#include "analyses/inference.h"
#include "analyses/parameters.h"

namespace haoline {

struct MemoryOptions {
  bool reuse = false;            // in-place and views, where the operator allows it
  std::uint64_t alignment = 16;  // of arena offsets
};

// When an activation occupies memory: positions in the execution order of the main graph, both ends included.
struct Lifetime {
  TensorId tensor;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::uint64_t bytes = 0;
  TensorId storage;  // the tensor whose memory it uses: itself, or the one it aliases
};

struct ArenaPlan {
  struct Slot {
    TensorId tensor;
    std::uint64_t offset;
    std::uint64_t bytes;
  };
  std::vector<Slot> slots;        // one per storage
  std::uint64_t bytes = 0;        // total
  std::uint64_t lower_bound = 0;  // the largest step's live bytes under the same aliasing and alignment
};

struct MemoryFigures {
  MemoryOptions options;
  std::uint64_t peak_bytes = 0;
  NodeId peak_node;                    // none: no nodes
  std::vector<TensorId> live_at_peak;  // largest first
  std::vector<std::uint64_t> series;   // live bytes while each node runs, execution order
  ArenaPlan arena;
  std::vector<Lifetime> lifetimes;
};

struct Spike {
  NodeId node;
  std::uint64_t bytes;
  TensorId cause;  // the largest tensor born there
};

// A cache that grows by one entry per token: input and output pairs (past, present) of one layer.
struct KvCache {
  std::size_t layers = 0;
  std::optional<std::int64_t> heads, head_size;
  std::optional<std::uint64_t> bytes_per_token;  // all layers, keys and values
  std::vector<TensorId> inputs, outputs;
};

// What is counted: tensors of the main graph that are computed or fed. Initializers, the outputs of Constant
// nodes and weights that ConstantOfShape fills in are weights and constants, counted apart. An input that
// nothing reads lives while the first node runs, an output that nothing reads while its node runs. What a
// body of If, Loop or Scan captures is used by the node that runs it; what it keeps for itself is
// `peak_with_bodies`.
struct MemoryFacts {
  Dim weights_bytes;              // of constants, as stored in memory, shared storage once
  std::vector<TensorId> unsized;  // activations whose size is not known: the peak is a lower bound
  bool bounded = false;           // sizes of data-dependent tensors were taken at their bounds
  MemoryFigures plain;            // no reuse, no alignment: activation_peak_bytes, arena_bytes
  MemoryFigures in_place;         // reuse
  // The peak when, while a node with bodies runs, the largest of its bodies' own peaks is added. A body's
  // operands and results are those of its node and not counted again. Equals plain.peak_bytes where there are
  // no bodies.
  std::uint64_t peak_with_bodies = 0;
  std::vector<Spike> spikes;  // top ten local maxima of `plain.series`
  std::optional<KvCache> kv_cache;
  Dim peak_formula;  // of the bytes live at the peak node, symbolic
};

MemoryFacts analyse_memory(const Model& model, Inference& inference, const BoundSymbols& bound,
                           std::uint64_t alignment = 16);

// The same in two steps. Between them the larger of the two arenas is planned on a second core, and the
// caller may do what does not change the model, the tables of the inference or the bindings.
class MemoryAnalysis {
 public:
  MemoryAnalysis(const Model& model, Inference& inference, const BoundSymbols& bound,
                 const ParameterFacts& parameters, std::uint64_t alignment = 16);
  MemoryAnalysis(const MemoryAnalysis&) = delete;
  MemoryAnalysis& operator=(const MemoryAnalysis&) = delete;
  ~MemoryAnalysis();
  MemoryFacts finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace haoline
