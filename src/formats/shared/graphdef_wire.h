// The protobuf records of a TensorFlow graph as they lie on the wire: field numbers and, for the places of
// errors, names. Facts of tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape,function,
// op_def,versions}.proto.
#pragma once

#include <cstdint>

#include "formats/shared/protobuf.h"

namespace haoline::graphdef::wire {

using protobuf::FieldName;

namespace graph {  // GraphDef
enum : std::uint32_t { node = 1, library = 2, version = 3, versions = 4, debug_info = 5 };
inline constexpr FieldName kFields[] = {{node, "node", true},
                                        {library, "library"},
                                        {version, "version"},
                                        {versions, "versions"},
                                        {debug_info, "debug_info"}};
}  // namespace graph

namespace node {  // NodeDef
enum : std::uint32_t { name = 1, op = 2, input = 3, device = 4, attr = 5, debug_info = 6, full_type = 7 };
inline constexpr FieldName kFields[] = {{name, "name"},
                                        {op, "op"},
                                        {input, "input", true},
                                        {device, "device"},
                                        {attr, "attr", true},
                                        {debug_info, "experimental_debug_info"},
                                        {full_type, "experimental_type"}};
}  // namespace node

namespace entry {  // of any map
enum : std::uint32_t { key = 1, value = 2 };
inline constexpr FieldName kFields[] = {{key, "key"}, {value, "value"}};
}  // namespace entry

namespace attr {  // AttrValue
enum : std::uint32_t {
  list = 1,
  s = 2,
  i = 3,
  f = 4,
  b = 5,
  type = 6,
  shape = 7,
  tensor = 8,
  placeholder = 9,
  func = 10
};
inline constexpr FieldName kFields[] = {
    {list, "list"}, {s, "s"},         {i, "i"},           {f, "f"},       {b, "b"},
    {type, "type"}, {shape, "shape"}, {tensor, "tensor"}, {func, "func"}, {placeholder, "placeholder"}};
}  // namespace attr

namespace list {  // AttrValue.ListValue
enum : std::uint32_t { s = 2, i = 3, f = 4, b = 5, type = 6, shape = 7, tensor = 8, func = 9 };
inline constexpr FieldName kFields[] = {
    {s, "s", true},       {i, "i", true},         {f, "f", true},           {b, "b", true},
    {type, "type", true}, {shape, "shape", true}, {tensor, "tensor", true}, {func, "func", true}};
}  // namespace list

namespace func {  // NameAttrList
enum : std::uint32_t { name = 1, attr = 2 };
inline constexpr FieldName kFields[] = {{name, "name"}, {attr, "attr", true}};
}  // namespace func

namespace shape {  // TensorShapeProto
enum : std::uint32_t { dim = 2, unknown_rank = 3 };
inline constexpr FieldName kFields[] = {{dim, "dim", true}, {unknown_rank, "unknown_rank"}};
}  // namespace shape

namespace dim {  // TensorShapeProto.Dim
enum : std::uint32_t { size = 1, name = 2 };
inline constexpr FieldName kFields[] = {{size, "size"}, {name, "name"}};
}  // namespace dim

namespace tensor {  // TensorProto
enum : std::uint32_t {
  dtype = 1,
  tensor_shape = 2,
  version_number = 3,
  tensor_content = 4,
  float_val = 5,
  double_val = 6,
  int_val = 7,
  string_val = 8,
  scomplex_val = 9,
  int64_val = 10,
  bool_val = 11,
  dcomplex_val = 12,
  half_val = 13,
  resource_handle_val = 14,
  variant_val = 15,
  uint32_val = 16,
  uint64_val = 17,
  float8_val = 18,
};
inline constexpr FieldName kFields[] = {{dtype, "dtype"},
                                        {tensor_shape, "tensor_shape"},
                                        {version_number, "version_number"},
                                        {tensor_content, "tensor_content"},
                                        {float_val, "float_val"},
                                        {double_val, "double_val"},
                                        {int_val, "int_val"},
                                        {string_val, "string_val", true},
                                        {scomplex_val, "scomplex_val"},
                                        {int64_val, "int64_val"},
                                        {bool_val, "bool_val"},
                                        {dcomplex_val, "dcomplex_val"},
                                        {half_val, "half_val"},
                                        {resource_handle_val, "resource_handle_val", true},
                                        {variant_val, "variant_val", true},
                                        {uint32_val, "uint32_val"},
                                        {uint64_val, "uint64_val"},
                                        {float8_val, "float8_val"}};
}  // namespace tensor

namespace library {  // FunctionDefLibrary
enum : std::uint32_t { function = 1, gradient = 2, registered_gradients = 3 };
inline constexpr FieldName kFields[] = {{function, "function", true},
                                        {gradient, "gradient", true},
                                        {registered_gradients, "registered_gradients", true}};
}  // namespace library

namespace function {  // FunctionDef
enum : std::uint32_t {
  signature = 1,
  node_def = 3,
  ret = 4,
  attr = 5,
  control_ret = 6,
  arg_attr = 7,
  resource_arg_unique_id = 8
};
inline constexpr FieldName kFields[] = {{signature, "signature"},
                                        {node_def, "node_def", true},
                                        {ret, "ret", true},
                                        {attr, "attr", true},
                                        {control_ret, "control_ret", true},
                                        {arg_attr, "arg_attr", true},
                                        {resource_arg_unique_id, "resource_arg_unique_id", true}};
}  // namespace function

namespace op_def {  // OpDef
enum : std::uint32_t {
  name = 1,
  input_arg = 2,
  output_arg = 3,
  attr = 4,
  summary = 5,
  description = 6,
  is_stateful = 17,
  control_output = 20
};
inline constexpr FieldName kFields[] = {{name, "name"},
                                        {input_arg, "input_arg", true},
                                        {output_arg, "output_arg", true},
                                        {attr, "attr", true},
                                        {summary, "summary"},
                                        {description, "description"},
                                        {is_stateful, "is_stateful"},
                                        {control_output, "control_output", true}};
}  // namespace op_def

namespace arg {  // OpDef.ArgDef
enum : std::uint32_t {
  name = 1,
  description = 2,
  type = 3,
  type_attr = 4,
  number_attr = 5,
  type_list_attr = 6
};
inline constexpr FieldName kFields[] = {
    {name, "name"},           {description, "description"}, {type, "type"},
    {type_attr, "type_attr"}, {number_attr, "number_attr"}, {type_list_attr, "type_list_attr"}};
}  // namespace arg

namespace versions {  // VersionDef
enum : std::uint32_t { producer = 1, min_consumer = 2, bad_consumers = 3 };
inline constexpr FieldName kFields[] = {
    {producer, "producer"}, {min_consumer, "min_consumer"}, {bad_consumers, "bad_consumers"}};
}  // namespace versions

}  // namespace haoline::graphdef::wire
