// The records around a graph: SavedModel, MetaGraphDef, signatures, objects, and those of a checkpoint's
// index. Facts of tensorflow/core/protobuf/{saved_model,meta_graph,saved_object_graph,trackable_object_graph,
// tensor_bundle}.proto.
#pragma once

#include "formats/shared/protobuf.h"

namespace haoline::tensorflow::wire {

using protobuf::FieldName;

namespace saved_model {
enum : std::uint32_t { schema_version = 1, meta_graphs = 2 };
inline constexpr FieldName kFields[] = {{schema_version, "saved_model_schema_version"},
                                        {meta_graphs, "meta_graphs", true}};
}  // namespace saved_model

namespace meta_graph {
enum : std::uint32_t {
  info = 1,
  graph = 2,
  saver = 3,
  collection = 4,
  signature = 5,
  asset = 6,
  objects = 7
};
inline constexpr FieldName kFields[] = {{info, "meta_info_def"},
                                        {graph, "graph_def"},
                                        {saver, "saver_def"},
                                        {collection, "collection_def", true},
                                        {signature, "signature_def", true},
                                        {asset, "asset_file_def", true},
                                        {objects, "object_graph_def"}};
}  // namespace meta_graph

namespace info {
enum : std::uint32_t {
  version = 1,
  stripped_op_list = 2,
  any_info = 3,
  tags = 4,
  tensorflow_version = 5,
  tensorflow_git_version = 6,
  stripped_default_attrs = 7
};
inline constexpr FieldName kFields[] = {{version, "meta_graph_version"},
                                        {stripped_op_list, "stripped_op_list"},
                                        {any_info, "any_info"},
                                        {tags, "tags", true},
                                        {tensorflow_version, "tensorflow_version"},
                                        {tensorflow_git_version, "tensorflow_git_version"},
                                        {stripped_default_attrs, "stripped_default_attrs"}};
}  // namespace info

namespace signature {
enum : std::uint32_t { inputs = 1, outputs = 2, method_name = 3, defaults = 4 };
inline constexpr FieldName kFields[] = {{inputs, "inputs", true},
                                        {outputs, "outputs", true},
                                        {method_name, "method_name"},
                                        {defaults, "defaults", true}};
}  // namespace signature

namespace tensor_info {
enum : std::uint32_t { name = 1, dtype = 2, shape = 3, coo_sparse = 4, composite = 5 };
inline constexpr FieldName kFields[] = {{name, "name"},
                                        {dtype, "dtype"},
                                        {shape, "tensor_shape"},
                                        {coo_sparse, "coo_sparse"},
                                        {composite, "composite_tensor"}};
}  // namespace tensor_info

namespace coo_sparse {
enum : std::uint32_t { values = 1, indices = 2, dense_shape = 3 };
}

namespace asset {  // AssetFileDef
enum : std::uint32_t { tensor_info = 1, filename = 2 };
inline constexpr FieldName kFields[] = {{tensor_info, "tensor_info"}, {filename, "filename"}};
}  // namespace asset

namespace objects {  // SavedObjectGraph
enum : std::uint32_t { nodes = 1, concrete_functions = 2 };
inline constexpr FieldName kFields[] = {{nodes, "nodes", true},
                                        {concrete_functions, "concrete_functions", true}};
}  // namespace objects

namespace object {  // SavedObject
enum : std::uint32_t { children = 1, user_object = 4, asset = 5, function = 6, variable = 7 };
inline constexpr FieldName kFields[] = {{children, "children", true},
                                        {user_object, "user_object"},
                                        {asset, "asset"},
                                        {function, "function"},
                                        {variable, "variable"}};
}  // namespace object

namespace user_object {
enum : std::uint32_t { identifier = 1, version = 2, metadata = 3 };
inline constexpr FieldName kFields[] = {
    {identifier, "identifier"}, {version, "version"}, {metadata, "metadata"}};
}  // namespace user_object

namespace variable {  // SavedVariable
enum : std::uint32_t { dtype = 1, shape = 2, trainable = 3, name = 6 };
inline constexpr FieldName kFields[] = {
    {dtype, "dtype"}, {shape, "shape"}, {trainable, "trainable"}, {name, "name"}};
}  // namespace variable

namespace concrete {  // SavedConcreteFunction
enum : std::uint32_t { bound_inputs = 2, input_signature = 3, output_signature = 4 };
inline constexpr FieldName kFields[] = {{bound_inputs, "bound_inputs"},
                                        {input_signature, "canonicalized_input_signature"},
                                        {output_signature, "output_signature"}};
}  // namespace concrete

namespace trackable {  // TrackableObjectGraph
enum : std::uint32_t { nodes = 1 };
inline constexpr FieldName kFields[] = {{nodes, "nodes", true}};
}  // namespace trackable

namespace trackable_object {
enum : std::uint32_t { children = 1, attributes = 2, slot_variables = 3 };
inline constexpr FieldName kFields[] = {
    {children, "children", true}, {attributes, "attributes", true}, {slot_variables, "slot_variables", true}};
}  // namespace trackable_object

namespace serialized {  // SerializedTensor
enum : std::uint32_t { name = 1, full_name = 2, checkpoint_key = 3 };
inline constexpr FieldName kFields[] = {
    {name, "name"}, {full_name, "full_name"}, {checkpoint_key, "checkpoint_key"}};
}  // namespace serialized

namespace bundle_header {
enum : std::uint32_t { num_shards = 1, endianness = 2, version = 3 };
inline constexpr FieldName kFields[] = {
    {num_shards, "num_shards"}, {endianness, "endianness"}, {version, "version"}};
}  // namespace bundle_header

namespace bundle_entry {
enum : std::uint32_t { dtype = 1, shape = 2, shard = 3, offset = 4, size = 5, crc = 6, slices = 7 };
inline constexpr FieldName kFields[] = {{dtype, "dtype"},        {shape, "shape"}, {shard, "shard_id"},
                                        {offset, "offset"},      {size, "size"},   {crc, "crc32c"},
                                        {slices, "slices", true}};
}  // namespace bundle_entry

}  // namespace haoline::tensorflow::wire
