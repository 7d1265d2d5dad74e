// What the bytes of an ONNX file are: the field numbers of its protobuf messages (onnx.proto up to IR 13).
// What they mean is the business of the reader.
#pragma once

#include <cstdint>

#include "formats/shared/protobuf.h"

namespace haoline::onnx::wire {

using protobuf::FieldName;

namespace model {
enum : std::uint32_t {
  ir_version = 1,
  producer_name = 2,
  producer_version = 3,
  domain = 4,
  model_version = 5,
  doc_string = 6,
  graph = 7,
  opset_import = 8,
  metadata_props = 14,
  training_info = 20,
  functions = 25,
  configuration = 26,
};
inline constexpr FieldName kFields[] = {{ir_version, "ir_version"},
                                        {producer_name, "producer_name"},
                                        {producer_version, "producer_version"},
                                        {domain, "domain"},
                                        {model_version, "model_version"},
                                        {doc_string, "doc_string"},
                                        {graph, "graph"},
                                        {opset_import, "opset_import", true},
                                        {metadata_props, "metadata_props", true},
                                        {training_info, "training_info", true},
                                        {functions, "functions", true},
                                        {configuration, "configuration", true}};
}  // namespace model

namespace opset {
enum : std::uint32_t { domain = 1, version = 2 };
inline constexpr FieldName kFields[] = {{domain, "domain"}, {version, "version"}};
}  // namespace opset

namespace entry {  // StringStringEntryProto
enum : std::uint32_t { key = 1, value = 2 };
inline constexpr FieldName kFields[] = {{key, "key"}, {value, "value"}};
}  // namespace entry

namespace graph {
enum : std::uint32_t {
  node = 1,
  name = 2,
  initializer = 5,
  doc_string = 10,
  input = 11,
  output = 12,
  value_info = 13,
  quantization_annotation = 14,
  sparse_initializer = 15,
  metadata_props = 16,
};
inline constexpr FieldName kFields[] = {{node, "node", true},
                                        {name, "name"},
                                        {initializer, "initializer", true},
                                        {doc_string, "doc_string"},
                                        {input, "input", true},
                                        {output, "output", true},
                                        {value_info, "value_info", true},
                                        {quantization_annotation, "quantization_annotation", true},
                                        {sparse_initializer, "sparse_initializer", true},
                                        {metadata_props, "metadata_props", true}};
}  // namespace graph

namespace annotation {  // TensorAnnotation
enum : std::uint32_t { tensor_name = 1, parameters = 2 };
inline constexpr FieldName kFields[] = {{tensor_name, "tensor_name"},
                                        {parameters, "quant_parameter_tensor_names", true}};
}  // namespace annotation

namespace function {
enum : std::uint32_t {
  name = 1,
  input = 4,
  output = 5,
  attribute = 6,
  node = 7,
  doc_string = 8,
  opset_import = 9,
  domain = 10,
  attribute_proto = 11,
  value_info = 12,
  overload = 13,
  metadata_props = 14,
};
inline constexpr FieldName kFields[] = {{name, "name"},
                                        {input, "input", true},
                                        {output, "output", true},
                                        {attribute, "attribute", true},
                                        {node, "node", true},
                                        {doc_string, "doc_string"},
                                        {opset_import, "opset_import", true},
                                        {domain, "domain"},
                                        {attribute_proto, "attribute_proto", true},
                                        {value_info, "value_info", true},
                                        {overload, "overload"},
                                        {metadata_props, "metadata_props", true}};
}  // namespace function

namespace node {
enum : std::uint32_t {
  input = 1,
  output = 2,
  name = 3,
  op_type = 4,
  attribute = 5,
  doc_string = 6,
  domain = 7,
  overload = 8,
  metadata_props = 9,
  device_configurations = 10,
};
inline constexpr FieldName kFields[] = {{input, "input", true},
                                        {output, "output", true},
                                        {name, "name"},
                                        {op_type, "op_type"},
                                        {attribute, "attribute", true},
                                        {doc_string, "doc_string"},
                                        {domain, "domain"},
                                        {overload, "overload"},
                                        {metadata_props, "metadata_props", true},
                                        {device_configurations, "device_configurations", true}};
}  // namespace node

namespace attribute {
enum : std::uint32_t {
  name = 1,
  f = 2,
  i = 3,
  s = 4,
  t = 5,
  g = 6,
  floats = 7,
  ints = 8,
  strings = 9,
  tensors = 10,
  graphs = 11,
  doc_string = 13,
  tp = 14,
  type_protos = 15,
  type = 20,
  ref_attr_name = 21,
  sparse_tensor = 22,
  sparse_tensors = 23,
};
inline constexpr FieldName kFields[] = {{name, "name"},
                                        {f, "f"},
                                        {i, "i"},
                                        {s, "s"},
                                        {t, "t"},
                                        {g, "g"},
                                        {floats, "floats", true},
                                        {ints, "ints", true},
                                        {strings, "strings", true},
                                        {tensors, "tensors", true},
                                        {graphs, "graphs", true},
                                        {doc_string, "doc_string"},
                                        {tp, "tp"},
                                        {type_protos, "type_protos", true},
                                        {type, "type"},
                                        {ref_attr_name, "ref_attr_name"},
                                        {sparse_tensor, "sparse_tensor"},
                                        {sparse_tensors, "sparse_tensors", true}};
// AttributeProto.AttributeType
enum Kind : std::uint32_t {
  kind_undefined = 0,
  kind_float = 1,
  kind_int = 2,
  kind_string = 3,
  kind_tensor = 4,
  kind_graph = 5,
  kind_floats = 6,
  kind_ints = 7,
  kind_strings = 8,
  kind_tensors = 9,
  kind_graphs = 10,
  kind_sparse_tensor = 11,
  kind_sparse_tensors = 12,
  kind_type = 13,
  kind_types = 14,
};
}  // namespace attribute

namespace value_info {
enum : std::uint32_t { name = 1, type = 2, doc_string = 3, metadata_props = 4 };
inline constexpr FieldName kFields[] = {
    {name, "name"}, {type, "type"}, {doc_string, "doc_string"}, {metadata_props, "metadata_props", true}};
}  // namespace value_info

namespace type {
enum : std::uint32_t {
  tensor = 1,
  sequence = 4,
  map = 5,
  denotation = 6,
  opaque = 7,
  sparse_tensor = 8,
  optional = 9
};
inline constexpr FieldName kFields[] = {{tensor, "tensor_type"},    {sequence, "sequence_type"},
                                        {map, "map_type"},          {denotation, "denotation"},
                                        {opaque, "opaque_type"},    {sparse_tensor, "sparse_tensor_type"},
                                        {optional, "optional_type"}};
}  // namespace type
namespace tensor_type {  // of sparse tensors as well
enum : std::uint32_t { elem_type = 1, shape = 2 };
inline constexpr FieldName kFields[] = {{elem_type, "elem_type"}, {shape, "shape"}};
}  // namespace tensor_type
namespace map_type {
enum : std::uint32_t { key_type = 1, value_type = 2 };
inline constexpr FieldName kFields[] = {{key_type, "key_type"}, {value_type, "value_type"}};
}  // namespace map_type
namespace shape {
enum : std::uint32_t { dim = 1 };
inline constexpr FieldName kFields[] = {{dim, "dim", true}};
}  // namespace shape
namespace dimension {
enum : std::uint32_t { value = 1, param = 2, denotation = 3 };
inline constexpr FieldName kFields[] = {
    {value, "dim_value"}, {param, "dim_param"}, {denotation, "denotation"}};
}  // namespace dimension

namespace tensor {
enum : std::uint32_t {
  dims = 1,
  data_type = 2,
  segment = 3,
  float_data = 4,
  int32_data = 5,
  string_data = 6,
  int64_data = 7,
  name = 8,
  raw_data = 9,
  double_data = 10,
  uint64_data = 11,
  doc_string = 12,
  external_data = 13,
  data_location = 14,
  metadata_props = 16,
};
inline constexpr FieldName kFields[] = {{dims, "dims", true},
                                        {data_type, "data_type"},
                                        {segment, "segment"},
                                        {float_data, "float_data", true},
                                        {int32_data, "int32_data", true},
                                        {string_data, "string_data", true},
                                        {int64_data, "int64_data", true},
                                        {name, "name"},
                                        {raw_data, "raw_data"},
                                        {double_data, "double_data", true},
                                        {uint64_data, "uint64_data", true},
                                        {doc_string, "doc_string"},
                                        {external_data, "external_data", true},
                                        {data_location, "data_location"},
                                        {metadata_props, "metadata_props", true}};
}  // namespace tensor

namespace sparse {
enum : std::uint32_t { values = 1, indices = 2, dims = 3 };
inline constexpr FieldName kFields[] = {{values, "values"}, {indices, "indices"}, {dims, "dims", true}};
}  // namespace sparse

// onnx-data.proto: what test data and Constant sequences are stored as.
namespace sequence {
enum : std::uint32_t {
  name = 1,
  elem_type = 2,
  tensors = 3,
  sparse_tensors = 4,
  sequences = 5,
  maps = 6,
  optionals = 7
};
inline constexpr FieldName kFields[] = {{name, "name"},
                                        {elem_type, "elem_type"},
                                        {tensors, "tensors", true},
                                        {sparse_tensors, "sparse_tensors", true},
                                        {sequences, "sequences", true},
                                        {maps, "maps", true},
                                        {optionals, "optionals", true}};
}  // namespace sequence
namespace optional {
enum : std::uint32_t {
  name = 1,
  elem_type = 2,
  tensor = 3,
  sparse_tensor = 4,
  sequence = 5,
  map = 6,
  optional = 7
};
inline constexpr FieldName kFields[] = {{name, "name"},         {elem_type, "elem_type"},
                                        {tensor, "tensor"},     {sparse_tensor, "sparse_tensor"},
                                        {sequence, "sequence"}, {map, "map"},
                                        {optional, "optional"}};
}  // namespace optional

}  // namespace haoline::onnx::wire
