// Operators that select elements, or write into selected places.
#include "ops/selection.h"

#include "ops/op_table.h"

namespace haoline {
namespace {

constexpr std::string_view kSelects = "elements are selected, no arithmetic";
constexpr std::string_view kScatters =
    "1 addition, multiplication or comparison per update, as `reduction` says";

constexpr OpRow select(Op op, InferRule infer) {
  return {op, Category::slice, infer, CostRule::free(), kSelects, Traffic::gathered, Alias::none, true};
}
constexpr OpRow scatter(Op op, InferRule infer) {
  return {op,
          Category::slice,
          infer,
          CostRule::formula(scatter_cost),
          kScatters,
          Traffic::whole,
          Alias::in_place_first,
          true};
}

constexpr OpRow kRows[] = {
    select(Op::Slice, infer_slice),
    select(Op::Gather, infer_gather),
    select(Op::GatherElements, infer_gather_elements),
    select(Op::GatherND, infer_gather_nd),
    select(Op::Compress, infer_compress),
    scatter(Op::Scatter, infer_scatter_elements),
    scatter(Op::ScatterElements, infer_scatter_elements),
    scatter(Op::ScatterND, infer_scatter_nd),
    {Op::NonZero, Category::slice, infer_non_zero, CostRule::per_input({.compare = 1}),
     "1 comparison with zero per element", Traffic::whole, Alias::none, true},
    {Op::Unique, Category::slice, infer_unique, CostRule::per_input({.compare = 1}),
     "1 comparison of each element with its neighbour in order; the sorting is not counted", Traffic::whole,
     Alias::none, true},
    {Op::OneHot, Category::constant, infer_one_hot, CostRule::free(), "two values are written, no arithmetic",
     Traffic::whole, Alias::none, true},
};

}  // namespace

std::span<const OpRow> selection_rows() {
  return kRows;
}

}  // namespace haoline
