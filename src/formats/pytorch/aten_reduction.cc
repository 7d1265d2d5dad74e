// Reductions along axes, and orders.
#include "formats/pytorch/aten.h"

namespace haoline::pytorch {
namespace {

void set_axes(Translation& t) {
  const std::optional<std::vector<std::int64_t>> axes = t.integers("dim");
  if (axes && !axes->empty()) t.list(*axes);
  const bool reduces_all = !axes || axes->empty();
  t.set("keepdims", std::int64_t{!reduces_all && t.boolean("keepdim") ? 1 : 0});
}

bool reduce(Translation& t) {
  t.operand("self");
  set_axes(t);
  return true;
}

// max(x): one value. max(x, other): elementwise. max(x, dim): values and their places.
bool extreme(Translation& t) {
  const Value& second = t["dim"];
  t.operand("self");
  if (second.is_tensor() && !second.is_scalar) {
    t.operand(second);
    t.plan.op = t.row.extra == 1 ? "Max" : "Min";
    return true;
  }
  if (!second.is_given()) {
    t.set("keepdims", std::int64_t{0});
    return true;
  }
  const std::optional<std::int64_t> axis = t.integer("dim");
  if (!axis) return false;
  t.plan.op = "haoline.ReduceWithIndex";
  t.set("axis", *axis);
  t.set("keepdims", std::int64_t{t.boolean("keepdim") ? 1 : 0});
  t.set("mode", std::string_view(t.row.extra == 1 ? "max" : t.row.extra == 0 ? "min" : "median"));
  t.results(2);
  return true;
}

bool arg_extreme(Translation& t) {
  t.operand("self");
  const std::optional<std::int64_t> axis = t.integer("dim");
  if (!axis) return false;  // of all elements: the operand is flattened first
  t.set("axis", *axis);
  t.set("keepdims", std::int64_t{t.boolean("keepdim") ? 1 : 0});
  return true;
}

bool cumulative(Translation& t) {
  const std::optional<std::int64_t> axis = t.integer("dim");
  if (!axis) return false;
  t.operand("self");
  t.plan.inputs.push_back(t.w.integer(*axis));
  return true;
}

bool top(Translation& t) {
  t.operand("self");
  t.list("k");
  t.set("axis", t.integer("dim", -1));
  t.set("largest", std::int64_t{t.boolean("largest", true) ? 1 : 0});
  t.set("sorted", std::int64_t{t.boolean("sorted", true) ? 1 : 0});
  t.results(2);
  return true;
}

bool sort(Translation& t) {
  t.operand("self");
  // sort(x, dim, descending) or sort(x, stable, dim, descending)
  t.set("axis", t.integer("dim", -1));
  t.results(t.row.extra == 1 ? 1 : 2);
  return true;
}

// norm(x, p, dim, keepdim): the 1 and 2 norms are ONNX's.
bool norm(Translation& t) {
  const Value& p = t["p"];
  const double power = p.is_number() ? p.as_real() : 2;
  if (power != 1 && power != 2) return false;
  t.plan.op = power == 1 ? "ReduceL1" : "ReduceL2";
  return reduce(t);
}

constexpr std::string_view kReduce = "self dim keepdim dtype";

constexpr AtenRow kRows[] = {
    {"sum", kReduce, reduce, "ReduceSum"},
    {"mean", kReduce, reduce, "ReduceMean"},
    {"prod", kReduce, reduce, "ReduceProd"},
    {"amax", kReduce, reduce, "ReduceMax"},
    {"amin", kReduce, reduce, "ReduceMin"},
    {"logsumexp", kReduce, reduce, "ReduceLogSumExp"},
    {"any", kReduce, reduce, "haoline.ReduceAny"},
    {"all", kReduce, reduce, "haoline.ReduceAll"},
    {"max", "self dim keepdim", extreme, "ReduceMax", 1},
    {"min", "self dim keepdim", extreme, "ReduceMin", 0},
    {"argmax", "self dim keepdim", arg_extreme, "ArgMax"},
    {"argmin", "self dim keepdim", arg_extreme, "ArgMin"},
    {"cumsum", "self dim dtype", cumulative, "CumSum"},
    {"topk", "self k dim largest sorted", top, "TopK"},
    {"sort", "self dim descending stable", sort, "haoline.Sort"},
    {"argsort", "self dim descending", sort, "haoline.Sort", 1},
    {"norm", "self p dim keepdim dtype", norm, "ReduceL2"},
    {"linalg_vector_norm", "self p dim keepdim dtype", norm, "ReduceL2"},
    {"frobenius_norm", "self dim keepdim", norm, "ReduceL2"},
};

}  // namespace

std::span<const AtenRow> aten_reduction_rows() {
  return kRows;
}

}  // namespace haoline::pytorch
