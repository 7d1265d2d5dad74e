// All operators haoline knows.
#pragma once

#include <span>

#include "ops/op_row.h"

namespace haoline {

const OpRow* find_row(Op op);  // null: an operator without a row

// Families, one per file; `op_table.cc` lists them.
using Family = std::span<const OpRow> (*)();
std::span<const Family> families();

std::span<const OpRow> activation_rows();  // activation.cc
std::span<const OpRow>
arithmetic_rows();  // arithmetic.cc: elementwise arithmetic, comparison, logic, bits, casts
std::span<const OpRow> reduction_rows();  // reduction.cc: Reduce*, ArgMax, CumSum, TopK …
std::span<const OpRow>
constant_rows();  // constant.cc: Constant, ConstantOfShape, Range, Shape, Size, random, windows …
std::span<const OpRow>
movement_rows();  // movement.cc: Reshape, Transpose, Concat, Split, Expand, Tile, Pad …
std::span<const OpRow> selection_rows();  // selection.cc: Gather*, Scatter*, Slice, Where, NonZero, OneHot …
std::span<const OpRow> convolution_rows();    // convolution.cc
std::span<const OpRow> pooling_rows();        // pooling.cc
std::span<const OpRow> product_rows();        // product.cc: MatMul, Gemm, Einsum, Det …
std::span<const OpRow> normalization_rows();  // normalization.cc
std::span<const OpRow> recurrent_rows();      // recurrent.cc
std::span<const OpRow> attention_rows();      // attention.cc: ai.onnx attention, rotary, TensorScatter …
std::span<const OpRow> quantization_rows();   // quantization.cc: ai.onnx Q/DQ, QLinear*, *Integer
std::span<const OpRow> image_rows();          // image.cc: Resize, GridSample, RoiAlign, NMS, ImageDecoder …
std::span<const OpRow> signal_rows();         // signal.cc: DFT, STFT, MelWeightMatrix
std::span<const OpRow> sequence_rows();       // sequence.cc: sequences, optionals, strings, maps
std::span<const OpRow> control_rows();        // control.cc: If, Loop, Scan, SequenceMap (engine rules)
std::span<const OpRow> loss_rows();           // loss.cc: losses and ai.onnx.preview.training
std::span<const OpRow> ml_rows();             // ml.cc: ai.onnx.ml
std::span<const OpRow> legacy_rows();         // legacy.cc: names of old opsets and exporters
// What ONNX lacks (domain haoline; readers of other formats use it)
std::span<const OpRow> extra_arithmetic_rows();  // extra_arithmetic.cc
std::span<const OpRow> extra_movement_rows();    // extra_movement.cc: slices, stacks, blocks, placement
std::span<const OpRow> extra_product_rows();    // extra_product.cc: dense layers, quantization beside tensors
std::span<const OpRow> extra_recurrent_rows();  // extra_recurrent.cc: cells with one operand per gate
std::span<const OpRow> extra_sequence_rows();   // extra_sequences.cc: OpenVINO's cells and sequences
std::span<const OpRow> extra_vision_rows();     // extra_vision.cc: adaptive pools, blocks, bags, variables
std::span<const OpRow> extra_other_rows();      // extra_other.cc: tables, variables, randomness, segments
std::span<const OpRow> extra_position_rows();   // extra_position.cc: token tables, rotations, distances
std::span<const OpRow> extra_attention_rows();  // extra_attention.cc: latent, disentangled, windows
std::span<const OpRow> extra_moe_rows();        // extra_moe.cc: routed experts
std::span<const OpRow> extra_recurrence_rows();  // extra_recurrence.cc: state spaces, RWKV, gated units
std::span<const OpRow> extra_layer_rows();  // extra_layers.cc: Keras' layers that are several products in one
std::span<const OpRow> extra_axes_rows();   // extra_axes.cc: axes swapped, joined, split; sizes as values
std::span<const OpRow> extra_pool_rows();   // extra_pools.cc: adaptive pools, stacked recurrent layers, sorts
std::span<const OpRow> extra_function_rows();  // extra_functions.cc: functions, arrays, lists of tensors
std::span<const OpRow> extra_image_rows();     // extra_image.cc: crops, boxes, colours
std::span<const OpRow> extra_cell_rows();      // extra_cells.cc: biases, cells with one matrix, patches
// com.microsoft, in microsoft/
std::span<const OpRow> ms_attention_rows();  // attention.cc: with projections inside, multi-head, packed
std::span<const OpRow>
ms_cached_attention_rows();                 // cached_attention.cc: grouped queries, pages, linear attention
std::span<const OpRow> ms_position_rows();  // position.cc: rotary embeddings, position biases, padding
std::span<const OpRow> ms_normalization_rows();  // normalization.cc: (skip) norms, hyper-connections, dropout
std::span<const OpRow> ms_activation_rows();     // activation.cc: gelus, gates
std::span<const OpRow> ms_product_rows();        // product.cc: fused and integer matrix products
std::span<const OpRow> ms_packed_product_rows();  // packed_product.cc: MatMulNBits and kin
std::span<const OpRow> ms_expert_rows();          // experts.cc: MoE, QMoE, routers
std::span<const OpRow> ms_convolution_rows();     // convolution.cc: fused, channels last, quantized, causal
std::span<const OpRow> ms_pooling_rows();         // pooling.cc: pools, recurrent cells
std::span<const OpRow> ms_quantized_rows();       // quantized.cc: QLinear*, quantizers, GatherBlockQuantized
std::span<const OpRow> ms_generation_rows();      // generation.cc: searches, n-grams, strings, compiled code
std::span<const OpRow> ms_other_rows();           // other.cc: old spellings, images, spectra

}  // namespace haoline
