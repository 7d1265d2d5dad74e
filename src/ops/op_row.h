// What haoline knows of an operator: one row. A new operator is a row in its family's table; a new
// family is a file and a line in op_table.cc.
//
// Arity, parameter types and attribute defaults per version are not repeated here: they come from the
// published schemas (ops/schema.h), which a test compares with the packages they were taken from.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "ops/cost.h"
#include "ops/op_call.h"

namespace haoline {

// The 23 visual categories (requirements/knowledge.md, corrected). Roles that depend on the graph around a
// node (a residual Add, a KV-cache Concat, an embedding Gather) are found by analyses, not here.
enum class Category : std::uint8_t {
  conv,
  linear,
  attention,
  norm,
  activation,
  pool,
  dropout,
  reshape,
  transpose,
  slice,
  concat,
  split,
  pad,
  elementwise,
  reduce,
  compare,
  embed,
  recurrent,
  quantize,
  cast,
  control,
  constant,
  unknown,
};
inline constexpr std::size_t kCategories = 23;
std::string_view name(Category category);

// Why a rule refuses its operands ("inner dimensions differ: 3 and 4"); nothing when it does not.
// A refusal is for operands that are certainly wrong. What is merely unknown stays unknown.
using OpError = std::optional<Message>;

// Derives types, shapes and values of the results. Called only when every present tensor operand has a known
// rank, unless the row says `any_rank`.
using InferRule = OpError (*)(OpCall&);
// Derives the cost from operands and results (both filled in). Unknown extents make it unknown by themselves.
using CostFunction = Cost (*)(const OpCall&);

struct CostRule {
  enum class Class : std::uint8_t {
    none,        // no cost rule: the node is listed as not covered
    free,        // moves, names or selects data: no arithmetic
    per_output,  // `work` for every element of the first output
    per_input,   // `work` for every element of the first input (reductions)
    formula,     // `function`
    body,        // what its bodies cost (If, Loop, Scan): the engine's work
  };
  Class kind = Class::none;
  Work work = {};
  CostFunction function = nullptr;

  static constexpr CostRule unknown() { return {}; }
  static constexpr CostRule free() { return {Class::free, {}, nullptr}; }
  static constexpr CostRule per_output(Work work) { return {Class::per_output, work, nullptr}; }
  static constexpr CostRule per_input(Work work) { return {Class::per_input, work, nullptr}; }
  static constexpr CostRule formula(CostFunction function) { return {Class::formula, {}, function}; }
  static constexpr CostRule body() { return {Class::body, {}, nullptr}; }
};

// Bytes a node moves. Reading every operand and writing every result once is the default.
enum class Traffic : std::uint8_t {
  whole,     // all operands read, all results written
  view,      // nothing is moved: the result is the operand under another shape or name
  header,    // only the shape of the operand is looked at; results are written (Shape, Size)
  gathered,  // of operand 0 only what is selected is read: as many bytes as result 0 has (Gather, Slice)
};

// Whether a result may take the place of an operand in memory.
enum class Alias : std::uint8_t {
  none,
  in_place,        // result 0 may overwrite any operand of the same byte size that dies here (elementwise)
  in_place_first,  // only operand 0
  view,            // result 0 is operand 0: it never needs memory of its own
};

struct OpRow {
  Op op = Op::unknown;
  Category category = Category::unknown;
  InferRule infer = nullptr;  // null: types and shapes of the results are unknown
  CostRule cost = {};
  // What counts, in a formula or a sentence, with its source where the definition is someone's; shown by
  // `explain` and docs/operators.md. "batch·out_channels·out_spatial·(in_channels/group)·kernel"
  std::string_view counts = {};
  Traffic traffic = Traffic::whole;
  Alias alias = Alias::none;
  bool any_rank = false;  // the rule copes with operands of unknown rank
};

}  // namespace haoline
