// What the bytes of a TFLite file are: the tables of its schema (version 3, with everything LiteRT added
// since) as slots. Options of operators are in options.cc.
#pragma once

#include "formats/shared/flatbuffer.h"
#include "ir/dtype.h"

namespace haoline::tflite::wire {

using flatbuffer::Field;

inline constexpr std::string_view kIdentifier = "TFL3";

namespace model {
inline constexpr Field version{0, "version"};
inline constexpr Field operator_codes{1, "operator_codes"};
inline constexpr Field subgraphs{2, "subgraphs"};
inline constexpr Field description{3, "description"};
inline constexpr Field buffers{4, "buffers"};
inline constexpr Field metadata_buffer{5, "metadata_buffer"};
inline constexpr Field metadata{6, "metadata"};
inline constexpr Field signature_defs{7, "signature_defs"};
inline constexpr Field external_buffer_groups{8, "external_buffer_groups"};
inline constexpr Field external_buffers{9, "external_buffers"};
}  // namespace model

namespace operator_code {
inline constexpr Field deprecated_builtin_code{0, "deprecated_builtin_code"};  // one byte: the first 127
inline constexpr Field custom_code{1, "custom_code"};
inline constexpr Field version{2, "version"};
inline constexpr Field builtin_code{3, "builtin_code"};
}  // namespace operator_code

namespace subgraph {
inline constexpr Field tensors{0, "tensors"};
inline constexpr Field inputs{1, "inputs"};
inline constexpr Field outputs{2, "outputs"};
inline constexpr Field operators{3, "operators"};
inline constexpr Field name{4, "name"};
}  // namespace subgraph

namespace tensor {
inline constexpr Field shape{0, "shape"};
inline constexpr Field type{1, "type"};
inline constexpr Field buffer{2, "buffer"};
inline constexpr Field name{3, "name"};
inline constexpr Field quantization{4, "quantization"};
inline constexpr Field is_variable{5, "is_variable"};
inline constexpr Field sparsity{6, "sparsity"};
inline constexpr Field shape_signature{7, "shape_signature"};
inline constexpr Field has_rank{8, "has_rank"};
inline constexpr Field variant_tensors{9, "variant_tensors"};
inline constexpr Field external_buffer{10, "external_buffer"};
}  // namespace tensor

namespace quantization {
inline constexpr Field scale{2, "scale"};
inline constexpr Field zero_point{3, "zero_point"};
inline constexpr Field details_type{4, "details_type"};
inline constexpr Field details{5, "details"};
inline constexpr Field quantized_dimension{6, "quantized_dimension"};
enum Details : std::uint8_t { none, custom, blockwise, multi_axis };
}  // namespace quantization

// Also of a quantization along several axes, but for its last field.
namespace blockwise {
inline constexpr Field scales{0, "scales"};            // a tensor
inline constexpr Field zero_points{1, "zero_points"};  // a tensor
inline constexpr Field block_size{2, "block_size"};
}  // namespace blockwise

namespace sparsity {
inline constexpr Field dim_metadata{2, "dim_metadata"};
inline constexpr Field array_segments_type{2, "array_segments_type"};
inline constexpr Field array_segments{3, "array_segments"};
inline constexpr Field array_indices_type{4, "array_indices_type"};
inline constexpr Field array_indices{5, "array_indices"};
inline constexpr Field values{0, "values"};
}  // namespace sparsity

namespace op {
inline constexpr Field opcode_index{0, "opcode_index"};
inline constexpr Field inputs{1, "inputs"};
inline constexpr Field outputs{2, "outputs"};
inline constexpr Field builtin_options_type{3, "builtin_options_type"};
inline constexpr Field builtin_options{4, "builtin_options"};
inline constexpr Field custom_options{5, "custom_options"};
inline constexpr Field large_custom_options_offset{9, "large_custom_options_offset"};
inline constexpr Field large_custom_options_size{10, "large_custom_options_size"};
inline constexpr Field builtin_options_2_type{11, "builtin_options_2_type"};
inline constexpr Field builtin_options_2{12, "builtin_options_2"};
}  // namespace op

namespace buffer {
inline constexpr Field data{0, "data"};
inline constexpr Field offset{1, "offset"};  // from the beginning of the file, behind the FlatBuffer
inline constexpr Field size{2, "size"};
}  // namespace buffer

namespace external_group {
inline constexpr Field name{0, "name"};
}
namespace external_buffer {
inline constexpr Field id{0, "id"};
inline constexpr Field group{1, "group"};
inline constexpr Field offset{2, "offset"};
inline constexpr Field length{3, "length"};
inline constexpr Field packing{4, "packing"};
}  // namespace external_buffer

namespace metadata {
inline constexpr Field name{0, "name"};
inline constexpr Field buffer{1, "buffer"};
}  // namespace metadata

namespace signature {
inline constexpr Field inputs{0, "inputs"};
inline constexpr Field outputs{1, "outputs"};
inline constexpr Field signature_key{2, "signature_key"};
inline constexpr Field subgraph_index{4, "subgraph_index"};
}  // namespace signature
namespace tensor_map {
inline constexpr Field name{0, "name"};
inline constexpr Field tensor_index{1, "tensor_index"};
}  // namespace tensor_map

// Documents inside metadata buffers: what the task library says of the model, and the converter of itself.
namespace model_metadata {
inline constexpr std::string_view kIdentifier = "M001";
inline constexpr Field name{0, "name"};
inline constexpr Field description{1, "description"};
inline constexpr Field version{2, "version"};
inline constexpr Field subgraph_metadata{3, "subgraph_metadata"};
inline constexpr Field author{4, "author"};
inline constexpr Field license{5, "license"};
inline constexpr Field associated_files{6, "associated_files"};
inline constexpr Field min_parser_version{7, "min_parser_version"};
}  // namespace model_metadata
namespace subgraph_metadata {
inline constexpr Field input_tensor_metadata{2, "input_tensor_metadata"};
inline constexpr Field output_tensor_metadata{3, "output_tensor_metadata"};
inline constexpr Field associated_files{4, "associated_files"};
}  // namespace subgraph_metadata
namespace tensor_metadata {
inline constexpr Field name{0, "name"};
inline constexpr Field description{1, "description"};
inline constexpr Field associated_files{6, "associated_files"};
}  // namespace tensor_metadata
namespace associated_file {
inline constexpr Field name{0, "name"};
}
namespace conversion_metadata {
inline constexpr Field environment{0, "environment"};
inline constexpr Field options{1, "options"};
inline constexpr Field tensorflow_version{0, "tensorflow_version"};
inline constexpr Field model_type{2, "model_type"};
inline constexpr Field optimization_modes{0, "model_optimization_modes"};
}  // namespace conversion_metadata

}  // namespace haoline::tflite::wire
