// The modules of an Assembly: products, norms, lookups and the little things between them.
#include "blueprints/assembly.h"

namespace haoline::blueprints {
namespace {

struct Activation {
  std::string_view name;
  Op op;
  std::string_view approximate;  // of Gelu
};
constexpr Activation kActivations[] = {
    {"silu", Op::Swish, ""},
    {"swish", Op::Swish, ""},
    {"swiglu", Op::Swish, ""},
    {"gelu", Op::Gelu, ""},
    {"gelu_new", Op::Gelu, "tanh"},
    {"gelu_fast", Op::Gelu, "tanh"},
    {"gelu_pytorch_tanh", Op::Gelu, "tanh"},
    {"gelu_python", Op::Gelu, ""},
    {"gated-gelu", Op::Gelu, "tanh"},
    {"gelu_tanh", Op::Gelu, "tanh"},
    {"quick_gelu", Op::MsQuickGelu, ""},
    {"relu", Op::Relu, ""},
    {"tanh", Op::Tanh, ""},
    {"sigmoid", Op::Sigmoid, ""},
    {"softplus", Op::Softplus, ""},
    {"mish", Op::Mish, ""},
    {"hardswish", Op::HardSwish, ""},
};

}  // namespace

Found Assembly::take(Slot slot) {
  const Found found = names.find(slot);
  if (found.weight) weights.use(found.weight);
  if (found.bias) weights.use(found.bias);
  return found;
}

Found Assembly::take(std::string_view name) {
  const Found found = find_module(weights, name);
  if (found.weight) weights.use(found.weight);
  if (found.bias) weights.use(found.bias);
  return found;
}

Value Assembly::linear(Slot slot, Value x) {
  return linear(take(slot), x);
}

Value Assembly::linear(std::string_view name, Value x) {
  return linear(take(name), x);
}

Value Assembly::linear(const Found& found, Value x) {
  if (!found || !x) return {};
  // The side that fits the input tells how the weight lies; a square one lies as the family has it.
  const std::int64_t rows = weights.extent(found.weight, 0), columns = weights.extent(found.weight, 1);
  bool transposed = traits.transposed;
  if (x.width > 0 && rows != columns) transposed = columns != x.width && rows == x.width;
  const TensorId inputs[] = {x.id, found.weight, found.bias};
  const Attr keep{"keep_num_dims", std::int64_t{1}};
  const Attr layout{"filter_layout", std::string_view(transposed ? "IO" : "OI")};
  const Attr unpacked{"weight_extents", std::vector<std::int64_t>{rows, columns}};
  const std::span given(inputs, found.bias ? 3 : 2);
  const TensorId out = weights.is_packed(found.weight)
                           ? emit.node(Op::FullyConnected, found.name, given, {keep, layout, unpacked})
                           : emit.node(Op::FullyConnected, found.name, given, {keep, layout});
  return {out, transposed ? columns : rows};
}

Value Assembly::norm(Slot slot, Value x) {
  const Found found = take(slot);
  if (found || !traits.bare_norms || !x) return norm(found, x);
  const TensorId out = emit.node(Op::MeanVarianceNormalization, names.layer_prefix() + "norm", {x.id},
                                 {{"axes", std::vector<std::int64_t>{-1}}});
  return {out, x.width};
}

Value Assembly::norm(std::string_view name, Value x) {
  return norm(take(name), x);
}

Value Assembly::norm(const Found& found, Value x) {
  if (!found || !x) return x;
  const bool layer = found.bias || traits.norm == NormKind::layer;
  const Op op = layer ? Op::LayerNormalization : Op::RMSNormalization;
  const TensorId inputs[] = {x.id, found.weight, found.bias};
  return {emit.node(op, found.name, std::span(inputs, found.bias ? 3 : 2), {{"axis", std::int64_t{-1}}}),
          x.width};
}

Value Assembly::head_norm(Slot slot, Value x, std::int64_t size) {
  const Found found = take(slot);
  if (!found || !x || size <= 0) return x;
  const std::int64_t width = weights.last_extent(found.weight);
  if (weights.rank(found.weight) == 1 && width == x.width) return norm(found, x);
  const std::string name(found.name);
  Value split_up = reshape(x, {0, 0, x.width / size, size}, name + ".split_heads");
  split_up.width = size;
  Found kept = found;
  kept.name = name;
  Value normed = norm(kept, split_up);
  Value out = reshape(normed, {0, 0, x.width}, name + ".join_heads");
  out.width = x.width;
  return out;
}

Value Assembly::lookup(const Found& table, TensorId ids, std::string_view name) {
  if (!table || !ids) return {};
  const std::string kept(name.empty() ? table.name : name);
  const Attr type{"type", emit.activations()};
  const auto extents = weights.extents(table.weight);
  const Attr unpacked{"weight_extents", std::vector<std::int64_t>(extents.begin(), extents.end())};
  const TensorId out = weights.is_packed(table.weight)
                           ? emit.node(Op::EmbeddingLookup, kept, {table.weight, ids}, {type, unpacked})
                           : emit.node(Op::EmbeddingLookup, kept, {table.weight, ids}, {type});
  return {out, weights.extent(table.weight, 1)};
}

Value Assembly::add(Value a, Value b, const std::string& name) {
  if (!a || !b) return a ? a : b;
  return {emit.node(Op::Add, name, {a.id, b.id}), a.width};
}

Value Assembly::multiply(Value a, Value b, const std::string& name) {
  if (!a || !b) return a ? a : b;
  return {emit.node(Op::Mul, name, {a.id, b.id}), a.width};
}

Value Assembly::activate(Value x, std::string_view wanted, const std::string& name) {
  if (!x) return x;
  if (wanted == "relu2" || wanted == "relu_squared" || wanted == "xielu") {
    const Value relu{emit.node(Op::Relu, name, {x.id}), x.width};
    return multiply(relu, relu, name + "_squared");
  }
  const Activation* known = &kActivations[0];
  for (const Activation& row : kActivations) {
    if (row.name == wanted) known = &row;
  }
  const TensorId inputs[] = {x.id};
  const TensorId out = known->approximate.empty()
                           ? emit.node(known->op, name, inputs)
                           : emit.node(known->op, name, inputs, {{"approximate", known->approximate}});
  return {out, x.width};
}

Value Assembly::scale(Slot slot, Value x) {
  const Found found = take(slot);
  if (!found || !x) return x;
  return multiply(x, {found.weight, x.width}, std::string(found.name));
}

std::vector<Value> Assembly::split(Value x, std::initializer_list<std::int64_t> sizes,
                                   const std::string& name) {
  const TensorId first =
      emit.node(Op::Split, name, {x.id, emit.integers(sizes)}, {{"axis", std::int64_t{-1}}}, sizes.size());
  std::vector<Value> out;
  for (const std::int64_t size : sizes) {
    out.push_back({Emitter::result(first, static_cast<std::uint32_t>(out.size())), size});
  }
  return out;
}

Value Assembly::reshape(Value x, std::initializer_list<std::int64_t> to, const std::string& name) {
  return {emit.node(Op::Reshape, name, {x.id, emit.integers(to)}), std::data(to)[to.size() - 1]};
}

Value Assembly::transpose(Value x, std::vector<std::int64_t> order, const std::string& name) {
  return {emit.node(Op::Transpose, name, {x.id}, {{"perm", std::move(order)}}), x.width};
}

Value Assembly::convolution(std::string_view name, Value x, std::vector<std::int64_t> strides,
                            std::vector<std::int64_t> pads, std::int64_t groups) {
  const Found found = take(name);
  if (!found || !x) {
    missing(name);
    return x;
  }
  const TensorId inputs[] = {x.id, found.weight, found.bias};
  const TensorId out =
      emit.node(Op::Conv, name, std::span(inputs, found.bias ? 3 : 2),
                {{"strides", std::move(strides)}, {"pads", std::move(pads)}, {"group", groups}});
  return {out, weights.extent(found.weight, 0)};
}

Value Assembly::parameter(std::string_view name) {
  const TensorId found = weights.find({name});
  if (!found) return {};
  weights.use(found);
  return {found, weights.last_extent(found)};
}

Value Assembly::first_token(Value x, const std::string& name) {
  // A scalar index takes the axis away.
  const TensorId out = emit.node(Op::Slice, name + ".slice",
                                 {x.id, emit.integers({0}), emit.integers({1}), emit.integers({1})});
  return {emit.node(Op::Squeeze, name, {out, emit.integers({1})}), x.width};
}

}  // namespace haoline::blueprints
