#include "ops/op_table.h"

#include <array>

namespace haoline {
namespace {

constexpr Family kFamilies[] = {
    activation_rows,
    arithmetic_rows,
    reduction_rows,
    constant_rows,
    movement_rows,
    selection_rows,
    convolution_rows,
    pooling_rows,
    product_rows,
    normalization_rows,
    recurrent_rows,
    attention_rows,
    quantization_rows,
    image_rows,
    signal_rows,
    sequence_rows,
    control_rows,
    loss_rows,
    ml_rows,
    legacy_rows,
    extra_arithmetic_rows,
    extra_movement_rows,
    extra_product_rows,
    extra_recurrent_rows,
    extra_axes_rows,
    extra_pool_rows,
    extra_function_rows,
    extra_image_rows,
    extra_cell_rows,
    extra_layer_rows,
    extra_other_rows,
    extra_position_rows,
    extra_attention_rows,
    extra_moe_rows,
    extra_recurrence_rows,
    extra_sequence_rows,
    extra_vision_rows,
    ms_attention_rows,
    ms_cached_attention_rows,
    ms_position_rows,
    ms_normalization_rows,
    ms_activation_rows,
    ms_product_rows,
    ms_packed_product_rows,
    ms_expert_rows,
    ms_convolution_rows,
    ms_pooling_rows,
    ms_quantized_rows,
    ms_generation_rows,
    ms_other_rows,
};

// Built on first use, then read only: the rows themselves are constants.
std::array<const OpRow*, kOpCount> index_rows() {
  std::array<const OpRow*, kOpCount> index{};
  for (const Family family : kFamilies) {
    for (const OpRow& row : family()) index[static_cast<std::size_t>(row.op)] = &row;
  }
  return index;
}

}  // namespace

std::span<const Family> families() {
  return kFamilies;
}

const OpRow* find_row(Op op) {
  static const std::array<const OpRow*, kOpCount> index = index_rows();
  return index[static_cast<std::size_t>(op)];
}

}  // namespace haoline
