// What repeats within a graph: equal facts, and nodes that are alike. Internal to analyses/infer*.cc.
//
// A network is a stack of layers, so most nodes have the operator, the attributes and the kinds of operands
// of an earlier one. Extents are hash-consed, so alike means the same results and the same cost: the rule
// runs once. What depends on the node itself is never repeated: symbols that data decides (named after it),
// refusals and unknown results (told with their place), bodies.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "analyses/inference.h"
#include "base/index_table.h"

namespace haoline::engine {

using Kind = std::uint32_t;

// The facts of a graph's tensors, found again by content.
class FactKinds {
 public:
  // The kind with these facts, made if need be. None where they are not worth comparing (many elements) or
  // the table has grown out of proportion (a loop's body inferred again and again).
  std::optional<Kind> of(FactTable& table, OperandFacts& facts);
  // Bytes of a tensor with the facts of that kind.
  Dim bytes(const FactTable& table, Kind kind, DimPool& pool);
  void forget_bytes(Kind kind);  // its facts are new

 private:
  IndexTable index_;
  struct Bytes {
    Dim bytes;
    bool known = false;
  };
  std::vector<Bytes> bytes_;
};

// A node that was inferred, and what alike ones get.
struct Repeat {
  const Node* first;            // its attributes are compared
  std::uint32_t key, key_size;  // a stretch of Repeats::keys_
  std::uint32_t results,
      count;  // of Repeats::kinds_: as derived, then as settled with what the file declares
  Kind node;  // cost and traffic
};

class Repeats {
 public:
  // Looks for a node like that one. Afterwards add() may be called for it, if can_add().
  const Repeat* find(const FactTable& table, const Node& node, Dim executions);
  bool can_add() const { return can_add_; }
  void add(const Node& node, std::span<const Kind> derived, std::span<const Kind> settled, Kind kind);

  std::span<const Kind> derived(const Repeat& repeat) const {
    return std::span(kinds_).subspan(repeat.results, repeat.count);
  }
  std::span<const Kind> settled(const Repeat& repeat) const {
    return std::span(kinds_).subspan(repeat.results + repeat.count, repeat.count);
  }

 private:
  bool make_key(const FactTable& table, const Node& node, Dim executions);

  IndexTable index_;
  std::vector<Repeat> repeats_;
  std::vector<std::uint64_t> keys_;
  std::vector<Kind> kinds_;
  std::vector<std::uint64_t> key_;  // of the node looked for last
  std::uint32_t hash_ = 0;
  bool can_add_ = false;
};

}  // namespace haoline::engine
