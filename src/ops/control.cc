// Operators with bodies. Their shapes and costs are the engine's work (analyses/infer_control.cc).
#include "ops/op_table.h"

namespace haoline {
namespace {

constexpr OpRow kRows[] = {
    {.op = Op::If,
     .category = Category::control,
     .cost = CostRule::body(),
     .counts = "what the costlier branch counts",
     .any_rank = true},
    {.op = Op::Loop,
     .category = Category::control,
     .cost = CostRule::body(),
     .counts = "what the body counts, times the trips",
     .any_rank = true},
    {.op = Op::Scan,
     .category = Category::control,
     .cost = CostRule::body(),
     .counts = "what the body counts, times the scanned extent (times the batch before version 9)",
     .any_rank = true},
    {.op = Op::While,
     .category = Category::control,
     .cost = CostRule::body(),
     .counts = "what the body counts, times the trips, and the condition once more than that",
     .any_rank = true},
    {.op = Op::Iterate,
     .category = Category::control,
     .cost = CostRule::body(),
     .counts = "what the body counts, times the trips",
     .any_rank = true},
    {.op = Op::Call,
     .category = Category::control,
     .cost = CostRule::body(),
     .counts = "what the body counts",
     .any_rank = true},
    {.op = Op::SequenceMap,
     .category = Category::control,
     .cost = CostRule::body(),
     .counts = "what the body counts, times the elements of the sequence",
     .any_rank = true},
};

}  // namespace

std::span<const OpRow> control_rows() {
  return kRows;
}

}  // namespace haoline
