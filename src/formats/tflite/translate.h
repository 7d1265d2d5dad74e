// Translations of builtin operators to canonical ones, for the table in operators.cc. Internal to this
// folder.
#pragma once

#include "formats/tflite/draft.h"

namespace haoline::tflite {

// Whether the attribute is there and set; taken out, because the canonical operator spells it otherwise.
bool take_flag(Draft& draft, std::string_view name);
void remove(Draft& draft, std::string_view name);
// An operand that has to be a constant number, for operators that have it as an attribute: its value as the
// attribute of that name. Without it the operator stays as itself.
void operand_to_attribute(Draft& draft, std::size_t operand, std::string_view name);
void type_of_result(Draft& draft);  // attribute `to`, ONNX's number
void name_of_result(Draft& draft);  // attribute `dtype`, a word

// translate_image.cc
void conv_2d(Draft& draft);
void depthwise_conv_2d(Draft& draft);
void conv_3d(Draft& draft);
void transpose_conv(Draft& draft);
void conv_3d_transpose(Draft& draft);
void pool_2d(Draft& draft);
void l2_pool_2d(Draft& draft);
void depth_to_space(Draft& draft);
void resize_bilinear(Draft& draft);
void resize_nearest(Draft& draft);
void local_response_normalization(Draft& draft);

// translate_layer.cc
void softmax(Draft& draft);
void l2_normalization(Draft& draft);
void relu6(Draft& draft);
void relu_n1_to_1(Draft& draft);
void relu_0_to_1(Draft& draft);
void embedding_lookup(Draft& draft);
void dequantize(Draft& draft);
void quantize(Draft& draft);
void cast(Draft& draft);
void bitcast(Draft& draft);
void right_shift(Draft& draft);
void reduce(Draft& draft);
void arg_extreme(Draft& draft);
void top_k(Draft& draft);
void unique(Draft& draft);
void shape(Draft& draft);
void random(Draft& draft);
void random_normal(Draft& draft);
void segment_sum(Draft& draft);
void segment_prod(Draft& draft);
void segment_max(Draft& draft);
void segment_min(Draft& draft);
void run_if(Draft& draft);
void run_while(Draft& draft);
void run_call(Draft& draft);

// translate_movement.cc
void reshape(Draft& draft);
void squeeze(Draft& draft);
void transpose(Draft& draft);
void pad(Draft& draft);
void pad_v2(Draft& draft);
void mirror_pad(Draft& draft);
void split(Draft& draft);
void split_v(Draft& draft);
void gather(Draft& draft);
void fill(Draft& draft);
void select(Draft& draft);

// translate_stablehlo.cc
void shlo_compare(Draft& draft);
void shlo_dot_general(Draft& draft);
void shlo_convolution(Draft& draft);
void shlo_pad(Draft& draft);
void shlo_reshape(Draft& draft);
void shlo_clamp(Draft& draft);
void shlo_logic(Draft& draft);
void shlo_remainder(Draft& draft);
void shlo_reduce(Draft& draft);
void shlo_sort(Draft& draft);
void shlo_reduce_window(Draft& draft);
void shlo_scatter(Draft& draft);
void shlo_case(Draft& draft);
void shlo_custom_call(Draft& draft);
void shlo_composite(Draft& draft);
void shlo_shift_left(Draft& draft);

}  // namespace haoline::tflite
