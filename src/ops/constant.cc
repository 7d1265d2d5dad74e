// Operators whose results come from attributes, shapes or a random source.
#include "ops/constant.h"

#include "ops/onnx_dtype.h"
#include "ops/op_table.h"
#include "ops/shape_helpers.h"

namespace haoline {
namespace {

// The attribute `dtype`, else the type of the operand.
void set_dtype_attribute(OpCall& call) {
  const std::int64_t number = call.integer("dtype");
  if (number != 0)
    call.set_dtype(0, dtype_of_onnx(number));
  else if (call.has(0))
    call.set_dtype(0, call.dtype(0));
}

OpError infer_random(OpCall& call) {
  set_dtype_attribute(call);
  Shape shape;
  for (const std::int64_t extent : call.integer_list("shape")) {
    if (extent < 0) return refuse(call.pool(), {"the shape has an extent of ", extent});
    shape.push_back(call.pool().number(extent));
  }
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

OpError infer_random_like(OpCall& call) {
  set_dtype_attribute(call);
  return infer_same_shape(call);
}

OpError infer_multinomial(OpCall& call) {
  set_dtype_attribute(call);
  if (!call.has_rank(0)) return std::nullopt;
  if (call.rank(0) != 2) {
    return Message("the operand has rank " + std::to_string(call.rank(0)) + ", expected 2");
  }
  call.set_shape(0, Shape{call.shape(0)[0], call.pool().number(call.integer("sample_size", 1))});
  return std::nullopt;
}

Cost multinomial_cost(const OpCall& call) {
  Cost cost;
  const Expr classes = call.dim(0, 1);
  cost.add({.add = 1, .compare = 1}, call.output_elements(0) * classes, call.pool());
  return cost;
}

OpError infer_window(OpCall& call) {
  call.set_dtype(0, dtype_of_onnx(call.integer("output_datatype")));
  const Value* size = call.value(0);
  Dim length = size && size->size() == 1 ? (*size)[0].integer() : Dim::unknown();
  if (length.number().value_or(0) < 0) return refuse(call.pool(), {"a window of ", length, " elements"});
  if (length.is_unknown()) length = call.data_symbol("size");
  call.set_shape(0, Shape{length});
  return std::nullopt;
}

constexpr OpRow source(Op op, InferRule infer, CostRule cost, std::string_view counts) {
  return {op, Category::constant, infer, cost, counts, Traffic::whole, Alias::none, true};
}
// Only the shape of the operand is looked at.
constexpr OpRow header(Op op, InferRule infer, CostRule cost, std::string_view counts) {
  return {op, Category::constant, infer, cost, counts, Traffic::header, Alias::none, true};
}

constexpr std::string_view kScaled =
    "1 multiplication and 1 addition per element (scale and offset); drawing the number is not counted";
constexpr CostRule kScaling = CostRule::per_output({.add = 1, .multiply = 1});

constexpr OpRow kRows[] = {
    {Op::Constant, Category::constant, infer_constant, CostRule::free(), "stored, no arithmetic",
     Traffic::view, Alias::none, true},
    {Op::Identity, Category::constant, infer_same_facts, CostRule::free(), "another name, no arithmetic",
     Traffic::view, Alias::view, true},
    {Op::ConstantOfShape, Category::pad, infer_constant_of_shape, CostRule::free(),
     "one value is written everywhere, no arithmetic", Traffic::whole, Alias::none, true},
    source(Op::Range, infer_range, CostRule::per_output({.add = 1, .multiply = 1}),
           "per element: start + index·delta"),
    header(Op::Shape, infer_shape, CostRule::free(), "extents are read, no arithmetic"),
    header(Op::Size, infer_size, CostRule::free(), "extents are read, no arithmetic"),
    header(Op::EyeLike, infer_eye_like, CostRule::free(), "zeros and ones are written, no arithmetic"),
    source(Op::RandomNormal, infer_random, kScaling, kScaled),
    source(Op::RandomUniform, infer_random, kScaling, kScaled),
    header(Op::RandomNormalLike, infer_random_like, kScaling, kScaled),
    header(Op::RandomUniformLike, infer_random_like, kScaling, kScaled),
    source(Op::Bernoulli, infer_random_like, CostRule::per_output({.compare = 1}),
           "1 comparison per element; drawing the number is not counted"),
    source(Op::Multinomial, infer_multinomial, CostRule::formula(multinomial_cost),
           "1 addition and 1 comparison per sample and class; drawing the number is not counted"),
    source(Op::HannWindow, infer_window, CostRule::per_output({.add = 1, .multiply = 2, .transcendental = 1}),
           "per element: ½ − ½·cos(2π·i/N)"),
    source(Op::HammingWindow, infer_window,
           CostRule::per_output({.add = 1, .multiply = 2, .transcendental = 1}),
           "per element: a − b·cos(2π·i/N)"),
    source(Op::BlackmanWindow, infer_window,
           CostRule::per_output({.add = 2, .multiply = 4, .transcendental = 2}),
           "per element: a − b·cos(2π·i/N) + c·cos(4π·i/N)"),
};

}  // namespace

std::span<const OpRow> constant_rows() {
  return kRows;
}

}  // namespace haoline
