// Tensors out of nothing, other types, and shapes as values.
#include "formats/pytorch/aten.h"

namespace haoline::pytorch {
namespace {

bool filled(Translation& t) {
  t.list("size");
  const DType type = t.dtype("dtype").value_or(t.has("self") ? t.dtype_of("self") : DType::float32);
  Value element = Value::number(static_cast<double>(t.row.extra));
  if (t.row.extra == 2) element = t["fill_value"];
  if (!element.is_number()) return false;
  t.plan.attributes.push_back(t.w.tensor_attribute("value", element, type));
  return true;
}

bool like(Translation& t) {
  t.operand("self");
  return true;
}

bool range(Translation& t) {
  // arange(end), arange(start, end), arange(start, end, step)
  const bool only_end = !t.has("second");
  const auto bound = [&](const Value& value, std::int64_t otherwise) {
    t.operand(value.is_given() ? value : Value::number(otherwise), DType::int64);
  };
  const bool is_real = t["first"].is(Value::Kind::real) || t["second"].is(Value::Kind::real) ||
                       t["third"].is(Value::Kind::real);
  if (is_real) return false;
  bound(only_end ? Value() : t["first"], 0);
  bound(only_end ? (t.has("first") ? t["first"] : t["end"]) : t["second"], 0);
  bound(t.has("third") ? t["third"] : t["step"], 1);
  return true;
}
bool range_named(Translation& t) {
  t.operand(t.has("start") ? t["start"] : Value::number(std::int64_t{0}), DType::int64);
  t.operand(t["end"], DType::int64);
  t.operand(t.has("step") ? t["step"] : Value::number(std::int64_t{1}), DType::int64);
  return t.has("end");
}

// to(x, dtype), to(x, device, dtype), to(x, other): a cast where a type is named.
bool convert(Translation& t) {
  t.operand("self");
  for (const std::string_view name : {"dtype", "a", "b"}) {
    const Value& value = t[name];
    if (value.is_tensor()) {
      t.operand(value);
      t.plan.op = "CastLike";
      return true;
    }
    const std::optional<DType> type = t.dtype(name);
    if (!type || *type == DType::unknown || onnx_code(*type) == 0) continue;
    t.plan.op = "Cast";
    t.set("to", onnx_code(*type));
    return true;
  }
  t.plan.op = "Identity";
  return true;
}

bool cast_like(Translation& t) {
  t.operand("self");
  t.operand("other");
  return true;
}

// Casts by name: x.float(), x.long(); scalars of the code: int(x), bool(x).
bool cast_to(Translation& t) {
  t.operand("self");
  t.set("to", onnx_code(static_cast<DType>(t.row.extra)));
  return true;
}

bool size(Translation& t) {
  t.operand("self");
  if (!t.has("dim")) {
    t.plan.op = "Shape";
    return true;
  }
  const std::optional<std::int64_t> axis = t.integer("dim");
  if (!axis) return false;
  t.set("axis", *axis);
  return true;
}

bool length(Translation& t) {
  const Value& list = t["self"];
  t.operand(list);
  if (list.is_tensor() && list.scalar_type == DType::unknown && !list.is_sequence()) {
    const Tensor& tensor = t.w.reading().model.graphs[list.graph].tensors[list.tensor];
    if (!tensor.type.is(Container::sequence)) {
      t.plan.op = "haoline.DimSize";
      t.set("axis", std::int64_t{0});
    }
  }
  return true;
}

bool contains(Translation& t) {
  if (!t.integers("l") || !t["item"].is_tensor()) return false;
  t.list("l");
  t.operand("item");
  return true;
}

constexpr std::int64_t code(DType dtype) {
  return static_cast<std::int64_t>(dtype);
}
constexpr AtenRow cast(std::string_view name, DType dtype) {
  return {name, "self", cast_to, "Cast", code(dtype)};
}

constexpr AtenRow kRows[] = {
    {"zeros", "size dtype", filled, "ConstantOfShape", 0},
    {"ones", "size dtype", filled, "ConstantOfShape", 1},
    {"full", "size fill_value dtype", filled, "ConstantOfShape", 2},
    {"empty", "size dtype", filled, "ConstantOfShape", 0},
    {"new_zeros", "self size dtype", filled, "ConstantOfShape", 0},
    {"new_ones", "self size dtype", filled, "ConstantOfShape", 1},
    {"new_full", "self size fill_value dtype", filled, "ConstantOfShape", 2},
    {"new_empty", "self size dtype", filled, "ConstantOfShape", 0},
    {"zeros_like", "self", like, "haoline.ZerosLike"},
    {"ones_like", "self", like, "haoline.ZerosLike"},
    {"empty_like", "self", like, "haoline.ZerosLike"},
    {"full_like", "self", like, "haoline.ZerosLike"},
    {"rand_like", "self", like, "RandomUniformLike"},
    {"randn_like", "self", like, "RandomNormalLike"},
    {"arange", "first second third end step", range, "Range"},
    {"arange.start", "start end step", range_named, "Range"},
    {"arange.start_step", "start end step", range_named, "Range"},
    {"to", "self a b dtype", convert, "Cast"},
    {"_to_copy", "self dtype", convert, "Cast"},
    {"to.dtype", "self dtype", convert, "Cast"},
    {"to.dtype_layout", "self dtype", convert, "Cast"},
    {"type_as", "self other", cast_like, "CastLike"},
    cast("float", DType::float32),
    cast("double", DType::float64),
    cast("half", DType::float16),
    cast("bfloat16", DType::bfloat16),
    cast("int", DType::int32),
    cast("long", DType::int64),
    cast("bool", DType::boolean),
    cast("Int", DType::int64),
    cast("IntImplicit", DType::int64),
    cast("Float", DType::float64),
    cast("FloatImplicit", DType::float64),
    cast("Bool", DType::boolean),
    {"prim::NumToTensor", "self", same, "Identity"},
    {"NumToTensor", "self", same, "Identity"},
    {"ScalarImplicit", "self", same, "Identity"},
    {"item", "self", same, "Identity"},
    {"_local_scalar_dense", "self", same, "Identity"},
    {"scalar_tensor", "self", same, "Identity"},
    {"contiguous", "self", same, "Identity"},
    {"clone", "self", same, "Identity"},
    {"detach", "self", same, "Identity"},
    {"alias", "self", same, "Identity"},
    {"lift_fresh_copy", "self", same, "Identity"},
    {"lift_fresh", "self", same, "Identity"},
    {"cpu", "self", same, "Identity"},
    {"cuda", "self", same, "Identity"},
    {"requires_grad_", "self", same, "Identity"},
    {"size", "self dim", size, "haoline.DimSize"},
    {"sym_size", "self dim", size, "haoline.DimSize"},
    {"__contains__", "l item", contains, "haoline.Contains"},
    {"dim", "self", same, "haoline.Rank"},
    {"numel", "self", same, "Size"},
    {"len", "self", length, "SequenceLength"},
};

}  // namespace

std::span<const AtenRow> aten_making_rows() {
  return kRows;
}

}  // namespace haoline::pytorch
