// What the bytes of an .ort file are: the tables of its schema as slots.
#pragma once

#include "formats/shared/flatbuffer.h"

namespace haoline::ort::wire {

using flatbuffer::Field;

inline constexpr std::string_view kIdentifier = "ORTM";

namespace session {
inline constexpr Field ort_version{0, "ort_version"};
inline constexpr Field model{1, "model"};
inline constexpr Field kernel_type_str_resolver{3, "kernel_type_str_resolver"};
}  // namespace session

namespace resolver {
inline constexpr Field op_kernel_type_str_args{0, "op_kernel_type_str_args"};
}

namespace model {
inline constexpr Field ir_version{0, "ir_version"};
inline constexpr Field opset_import{1, "opset_import"};
inline constexpr Field producer_name{2, "producer_name"};
inline constexpr Field producer_version{3, "producer_version"};
inline constexpr Field domain{4, "domain"};
inline constexpr Field model_version{5, "model_version"};
inline constexpr Field doc_string{6, "doc_string"};
inline constexpr Field graph{7, "graph"};
inline constexpr Field graph_doc_string{8, "graph_doc_string"};
inline constexpr Field metadata_props{9, "metadata_props"};
}  // namespace model

namespace opset {
inline constexpr Field domain{0, "domain"};
inline constexpr Field version{1, "version"};
}  // namespace opset

namespace entry {
inline constexpr Field key{0, "key"};
inline constexpr Field value{1, "value"};
}  // namespace entry

namespace graph {
inline constexpr Field initializers{0, "initializers"};
inline constexpr Field node_args{1, "node_args"};
inline constexpr Field nodes{2, "nodes"};
inline constexpr Field inputs{5, "inputs"};
inline constexpr Field outputs{6, "outputs"};
inline constexpr Field sparse_initializers{7, "sparse_initializers"};
inline constexpr Field runtime_optimizations{8, "runtime_optimizations"};
}  // namespace graph

namespace optimizations {
inline constexpr Field records{0, "records"};
inline constexpr Field optimizer_name{0, "optimizer_name"};
inline constexpr Field optimizer_records{1, "runtime_optimization_records"};
}  // namespace optimizations

namespace node {
inline constexpr Field name{0, "name"};
inline constexpr Field domain{2, "domain"};
inline constexpr Field since_version{3, "since_version"};
inline constexpr Field op_type{5, "op_type"};
inline constexpr Field inputs{8, "inputs"};
inline constexpr Field outputs{9, "outputs"};
inline constexpr Field attributes{10, "attributes"};
inline constexpr Field implicit_inputs{12, "implicit_inputs"};
}  // namespace node

namespace attribute {
inline constexpr Field name{0, "name"};
inline constexpr Field type{2, "type"};
inline constexpr Field f{3, "f"};
inline constexpr Field i{4, "i"};
inline constexpr Field s{5, "s"};
inline constexpr Field t{6, "t"};
inline constexpr Field g{7, "g"};
inline constexpr Field floats{8, "floats"};
inline constexpr Field ints{9, "ints"};
inline constexpr Field strings{10, "strings"};
inline constexpr Field tensors{11, "tensors"};
inline constexpr Field graphs{12, "graphs"};
enum Kind : std::int32_t {
  kUndefined,
  kFloat,
  kInt,
  kString,
  kTensor,
  kGraph,
  kFloats,
  kInts,
  kStrings,
  kTensors,
  kGraphs
};
}  // namespace attribute

namespace value_info {
inline constexpr Field name{0, "name"};
inline constexpr Field type{2, "type"};
}  // namespace value_info

namespace type_info {
inline constexpr Field value_type{1, "value_type"};
inline constexpr Field value{2, "value"};
enum Kind : std::uint8_t { kNone, kTensor, kSequence, kMap };
inline constexpr Field tensor_elem_type{0, "elem_type"};
inline constexpr Field tensor_shape{1, "shape"};
inline constexpr Field sequence_elem_type{0, "elem_type"};
inline constexpr Field map_key_type{0, "key_type"};
inline constexpr Field map_value_type{1, "value_type"};
}  // namespace type_info

namespace shape {
inline constexpr Field dim{0, "dim"};
inline constexpr Field value{0, "value"};
inline constexpr Field dim_type{0, "dim_type"};
inline constexpr Field dim_value{1, "dim_value"};
inline constexpr Field dim_param{2, "dim_param"};
enum Kind : std::int8_t { kUnknown, kValue, kParam };
}  // namespace shape

namespace tensor {
inline constexpr Field name{0, "name"};
inline constexpr Field dims{2, "dims"};
inline constexpr Field data_type{3, "data_type"};
inline constexpr Field raw_data{4, "raw_data"};
inline constexpr Field string_data{5, "string_data"};
inline constexpr Field external_data_offset{6, "external_data_offset"};
}  // namespace tensor

namespace sparse {
inline constexpr Field values{0, "values"};
inline constexpr Field indices{1, "indices"};
inline constexpr Field dims{2, "dims"};
}  // namespace sparse

}  // namespace haoline::ort::wire
