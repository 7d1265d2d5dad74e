// From TensorFlow's operators to the canonical ones: one row each, with a step where attributes or operands
// are spelled differently.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "formats/shared/graphdef_build.h"

namespace haoline::graphdef {

// One node on its way. It begins as the canonical operator of its row with the operands as they stand.
struct Translation {
  Building& b;
  Scope& scope;
  const NodeDef& node;
  Attrs attrs;
  Op op = Op::unknown;
  SmallVector<TensorId, 8> inputs;
  std::vector<Attribute> attributes;
  std::size_t results = 0;  // how many the source operator has; those behind are dropped

  void set(std::string_view name, std::int64_t value) { attributes.push_back({name, value, {}}); }
  void set(std::string_view name, int value) { set(name, std::int64_t{value}); }
  void set_real(std::string_view name, double value) { attributes.push_back({name, value, {}}); }
  void set_text(std::string_view name, std::string_view value) { attributes.push_back({name, value, {}}); }
  void set_list(std::string_view name, std::span<const std::int64_t> values) {
    attributes.push_back({name, b.model.arena.copy(values), {}});
  }

  std::size_t count() const { return inputs.size(); }
  void keep(std::size_t operands) {  // the first ones
    if (operands < inputs.size()) inputs.resize(operands, TensorId{});
  }
  // The integers of an operand that is a stored constant, seen through copies.
  std::optional<std::vector<std::int64_t>> constant(std::size_t operand) const;
  std::optional<std::int64_t> scalar(std::size_t operand) const;
  // Of an operand that is a stored constant, its rank; else nothing.
  std::optional<std::size_t> constant_rank(std::size_t operand) const;
  // A constant that the source spells as an attribute.
  TensorId made(std::string_view what, std::span<const std::int64_t> values, bool is_scalar = false);
  TensorId made_real(std::string_view what, float value);
};

// False: the row does not fit this node after all; it stays as itself.
using Translate = bool (*)(Translation&);

struct Rule {
  std::string_view name;  // TensorFlow's
  Op op;
  Translate translate = nullptr;  // null: attributes and operands need nothing
  std::uint8_t results = 0;       // of the canonical operator; 0: as many as the source has
};
const Rule* find_rule(std::string_view name);
std::span<const Rule> rules();  // sorted by name

// --- graphdef_layers.cc
bool conv(Translation&);
bool depthwise_conv(Translation&);
bool fused_conv(Translation&);
bool fused_depthwise_conv(Translation&);
bool transposed_conv(Translation&);
bool pool(Translation&);
bool pool_with_operands(Translation&);
bool batch_norm(Translation&);
bool fused_batch_norm(Translation&);
bool global_batch_norm(Translation&);
bool lrn(Translation&);
bool bias_add(Translation&);
bool mat_mul(Translation&);
bool batch_mat_mul(Translation&);
bool sparse_mat_mul(Translation&);
bool fused_mat_mul(Translation&);
bool einsum(Translation&);
bool leaky_relu(Translation&);
bool relu6(Translation&);
bool last_axis(Translation&);
bool blocks(Translation&);
bool lstm_cell(Translation&);
bool block_lstm(Translation&);
bool cudnn_rnn(Translation&);
bool patches(Translation&);

// --- graphdef_arrays.cc
bool arg_extreme(Translation&);
bool cast(Translation&);
bool concat_v1(Translation&);
bool concat_v2(Translation&);
bool cumulate(Translation&);
bool fill(Translation&);
bool gather_nd(Translation&);
bool gather_v1(Translation&);
bool gather_v2(Translation&);
bool main_diagonal(Translation&);
bool mirror_pad(Translation&);
bool one_hot(Translation&);
bool pack(Translation&);
bool random(Translation&);
bool reduce(Translation&);
bool reshape(Translation&);
bool resource_gather(Translation&);
bool reverse_sequence(Translation&);
bool sample(Translation&);
bool scatter_add(Translation&);
bool scatter_max(Translation&);
bool scatter_min(Translation&);
bool shift_left(Translation&);
bool shift_right(Translation&);
bool size_of(Translation&);
bool split(Translation&);
bool split_v(Translation&);
bool squeeze(Translation&);
bool strided_slice(Translation&);
bool top_k(Translation&);
bool transpose(Translation&);
bool truncated_mod(Translation&);

// --- graphdef_other.cc
bool crop_and_resize(Translation&);
bool dequantize(Translation&);
bool fake_quant(Translation&);
bool first_operand(Translation&);
bool image_decoder(Translation&);
bool list_empty(Translation&);
bool list_from_tensor(Translation&);
bool list_item(Translation&);
bool list_length(Translation&);
bool list_push(Translation&);
bool list_reserve(Translation&);
bool list_set(Translation&);
bool list_stack(Translation&);
bool quantize(Translation&);
bool read_variable(Translation&);
bool resize_area(Translation&);
bool resize_bilinear(Translation&);
bool resize_cubic(Translation&);
bool resize_nearest(Translation&);
bool suppress_padded(Translation&);

}  // namespace haoline::graphdef
