// Activations, normalizations, reductions, conversions and control flow.
#include <algorithm>

#include "formats/shared/onnx_types.h"
#include "formats/tflite/translate.h"

namespace haoline::tflite {
namespace {

// ONNX has the bounds as attributes up to version 6 of Clip.
void clip(Draft& draft, double low, double high) {
  draft.add_real("min", low);
  draft.add_real("max", high);
  draft.version = 6;
}

void indices_as(Draft& draft, std::size_t result) {
  if (draft.dtype_out(result) == DType::int32) draft.add("index_type", "int32");
}

void segments(Draft& draft, std::string_view reduction) {
  draft.add("reduction", reduction);
}

}  // namespace

void remove(Draft& draft, std::string_view name) {
  std::erase_if(draft.attributes, [&](const Attribute& a) { return a.name == name; });
}

bool take_flag(Draft& draft, std::string_view name) {
  const auto at = std::find_if(draft.attributes.begin(), draft.attributes.end(),
                               [&](const Attribute& a) { return a.name == name; });
  if (at == draft.attributes.end()) return false;
  draft.attributes.erase(at);
  return true;
}

void operand_to_attribute(Draft& draft, std::size_t operand, std::string_view name) {
  const std::optional<std::vector<std::int64_t>> value = draft.integers(operand);
  if (!value || value->size() != 1) return draft.become(Op::unknown);
  draft.add(name, value->front());
}

void type_of_result(Draft& draft) {
  remove(draft, "to");
  draft.add("to", onnx_code_of(draft.dtype_out(0)));
}

void name_of_result(Draft& draft) {
  if (draft.dtype_out(0) != DType::unknown) draft.add("dtype", name(draft.dtype_out(0)));
}

void softmax(Draft& draft) {
  draft.add("axis", -1);
  for (const Attribute& attribute : draft.attributes) {
    if (attribute.name == "beta" && std::get<double>(attribute.value) == 1.0) return remove(draft, "beta");
  }
}

void l2_normalization(Draft& draft) {
  draft.add("axis", -1);
  draft.add("p", 2);
}

void relu6(Draft& draft) {
  clip(draft, 0, 6);
}
void relu_n1_to_1(Draft& draft) {
  clip(draft, -1, 1);
}
void relu_0_to_1(Draft& draft) {
  clip(draft, 0, 1);
}

void embedding_lookup(Draft& draft) {
  draft.add("axis", 0);
  draft.reorder({1, 0});
}

// Half floats are converted; integers are scaled as well.
void dequantize(Draft& draft) {
  if (is_float(draft.dtype_in(0))) {
    draft.become(Op::Cast);
    return type_of_result(draft);
  }
  name_of_result(draft);
}
void quantize(Draft& draft) {
  name_of_result(draft);
}
void cast(Draft& draft) {
  type_of_result(draft);
}

// ONNX's keeps the shape; elements of another size would change it.
void bitcast(Draft& draft) {
  if (info(draft.dtype_in(0)).bits != info(draft.dtype_out(0)).bits) return draft.become(Op::unknown);
  type_of_result(draft);
}

void right_shift(Draft& draft) {
  draft.add("direction", "RIGHT");
}

void reduce(Draft& draft) {
  draft.add("noop_with_empty_axes", 1);
}

void arg_extreme(Draft& draft) {
  operand_to_attribute(draft, 1, "axis");
  if (draft.op == Op::unknown) return;
  draft.add("keepdims", 0);
  indices_as(draft, 0);
  draft.reorder({0});
}

void top_k(Draft& draft) {
  indices_as(draft, 1);
}

// Values and where each operand's value is among them; ONNX has first occurrences in between.
void unique(Draft& draft) {
  draft.add("sorted", 0);
  indices_as(draft, 1);
  const TensorId where = draft.outputs.size() > 1 ? draft.outputs[1] : TensorId{};
  draft.outputs.resize(1);
  draft.outputs.push_back(TensorId{});
  draft.outputs.push_back(where);
}

void shape(Draft& draft) {
  indices_as(draft, 0);
}

void random(Draft& draft) {
  name_of_result(draft);
}
void random_normal(Draft& draft) {
  draft.add("distribution", "normal");
  name_of_result(draft);
}

void segment_sum(Draft& draft) {
  segments(draft, "sum");
}
void segment_prod(Draft& draft) {
  segments(draft, "prod");
}
void segment_max(Draft& draft) {
  segments(draft, "max");
}
void segment_min(Draft& draft) {
  segments(draft, "min");
}

void run_if(Draft& draft) {
  draft.add_body("then_branch", {0, "then_subgraph_index"});
  draft.add_body("else_branch", {1, "else_subgraph_index"});
}
void run_while(Draft& draft) {
  draft.add_body("cond", {0, "cond_subgraph_index"});
  draft.add_body("body", {1, "body_subgraph_index"});
}
void run_call(Draft& draft) {
  draft.add_body("body", {0, "subgraph"});
}

}  // namespace haoline::tflite
