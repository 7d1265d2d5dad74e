#include "formats/shared/graphdef_schema.h"

#include <array>

#include "base/bytes.h"

namespace haoline::graphdef {
namespace {

using K = FieldKind;
using R = Record;

constexpr FieldSpec kGraph[] = {{"node", 1, K::record, R::node},
                                {"library", 2, K::record, R::library},
                                {"version", 3, K::integer},
                                {"versions", 4, K::record, R::versions}};
constexpr FieldSpec kNode[] = {{"name", 1, K::text},
                               {"op", 2, K::text},
                               {"input", 3, K::text},
                               {"device", 4, K::text},
                               {"attr", 5, K::map, R::attr_entry}};
constexpr FieldSpec kAttrEntry[] = {{"key", 1, K::text}, {"value", 2, K::record, R::attr}};
constexpr FieldSpec kAttr[] = {{"list", 1, K::record, R::list},
                               {"s", 2, K::bytes},
                               {"i", 3, K::integer},
                               {"f", 4, K::real32},
                               {"b", 5, K::boolean},
                               {"type", 6, K::type},
                               {"shape", 7, K::record, R::shape},
                               {"tensor", 8, K::record, R::tensor},
                               {"placeholder", 9, K::text},
                               {"func", 10, K::record, R::func}};
constexpr FieldSpec kList[] = {{"s", 2, K::bytes},
                               {"i", 3, K::integer},
                               {"f", 4, K::real32},
                               {"b", 5, K::boolean},
                               {"type", 6, K::type},
                               {"shape", 7, K::record, R::shape},
                               {"tensor", 8, K::record, R::tensor},
                               {"func", 9, K::record, R::func}};
constexpr FieldSpec kFunc[] = {{"name", 1, K::text}, {"attr", 2, K::map, R::attr_entry}};
constexpr FieldSpec kShape[] = {{"dim", 2, K::record, R::dim}, {"unknown_rank", 3, K::boolean}};
constexpr FieldSpec kDim[] = {{"size", 1, K::integer}, {"name", 2, K::text}};
constexpr FieldSpec kTensor[] = {{"dtype", 1, K::type},
                                 {"tensor_shape", 2, K::record, R::shape},
                                 {"version_number", 3, K::integer},
                                 {"tensor_content", 4, K::bytes},
                                 {"float_val", 5, K::real32},
                                 {"double_val", 6, K::real64},
                                 {"int_val", 7, K::integer},
                                 {"string_val", 8, K::bytes},
                                 {"scomplex_val", 9, K::real32},
                                 {"int64_val", 10, K::integer},
                                 {"bool_val", 11, K::boolean},
                                 {"dcomplex_val", 12, K::real64},
                                 {"half_val", 13, K::integer},
                                 {"uint32_val", 16, K::integer},
                                 {"uint64_val", 17, K::integer},
                                 {"float8_val", 18, K::bytes}};
constexpr FieldSpec kLibrary[] = {{"function", 1, K::record, R::function}};
constexpr FieldSpec kFunction[] = {{"signature", 1, K::record, R::op_def},
                                   {"node_def", 3, K::record, R::node},
                                   {"ret", 4, K::map, R::text_entry},
                                   {"attr", 5, K::map, R::attr_entry},
                                   {"control_ret", 6, K::map, R::text_entry}};
constexpr FieldSpec kTextEntry[] = {{"key", 1, K::text}, {"value", 2, K::text}};
constexpr FieldSpec kOpDef[] = {{"name", 1, K::text},
                                {"input_arg", 2, K::record, R::arg},
                                {"output_arg", 3, K::record, R::arg},
                                {"is_stateful", 17, K::boolean}};
constexpr FieldSpec kArg[] = {{"name", 1, K::text},
                              {"type", 3, K::type},
                              {"type_attr", 4, K::text},
                              {"number_attr", 5, K::text},
                              {"type_list_attr", 6, K::text}};
constexpr FieldSpec kVersions[] = {{"producer", 1, K::integer}, {"min_consumer", 2, K::integer}};
constexpr FieldSpec kSavedModel[] = {{"saved_model_schema_version", 1, K::integer},
                                     {"meta_graphs", 2, K::record, R::meta_graph}};
constexpr FieldSpec kMetaGraph[] = {{"meta_info_def", 1, K::record, R::info},
                                    {"graph_def", 2, K::record, R::graph},
                                    {"signature_def", 5, K::map, R::signature_entry},
                                    {"asset_file_def", 6, K::record, R::asset}};
constexpr FieldSpec kInfo[] = {{"tags", 4, K::text}, {"tensorflow_version", 5, K::text}};
constexpr FieldSpec kSignatureEntry[] = {{"key", 1, K::text}, {"value", 2, K::record, R::signature}};
constexpr FieldSpec kSignature[] = {{"inputs", 1, K::map, R::tensor_info_entry},
                                    {"outputs", 2, K::map, R::tensor_info_entry},
                                    {"method_name", 3, K::text}};
constexpr FieldSpec kTensorInfoEntry[] = {{"key", 1, K::text}, {"value", 2, K::record, R::tensor_info}};
constexpr FieldSpec kTensorInfo[] = {
    {"name", 1, K::text}, {"dtype", 2, K::type}, {"tensor_shape", 3, K::record, R::shape}};
constexpr FieldSpec kAsset[] = {{"filename", 2, K::text}};

// In the order of Record.
constexpr std::array<std::span<const FieldSpec>, 23> kRecords = {
    kGraph,          kNode,      kAttrEntry,       kAttr,       kList,      kFunc,
    kShape,          kDim,       kTensor,          kLibrary,    kFunction,  kTextEntry,
    kOpDef,          kArg,       kVersions,        kSavedModel, kMetaGraph, kInfo,
    kSignatureEntry, kSignature, kTensorInfoEntry, kTensorInfo, kAsset};

}  // namespace

std::span<const FieldSpec> fields_of(Record record) {
  return kRecords[static_cast<std::size_t>(record)];
}

void WireWriter::varint(std::uint64_t value) {
  while (value >= 0x80) {
    out_ += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out_ += static_cast<char>(value);
}

void WireWriter::integer(std::uint32_t number, std::int64_t value) {
  tag(number, 0);
  varint(static_cast<std::uint64_t>(value));
}

void WireWriter::real32(std::uint32_t number, float value) {
  tag(number, 5);
  out_.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void WireWriter::real64(std::uint32_t number, double value) {
  tag(number, 1);
  out_.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void WireWriter::bytes(std::uint32_t number, std::string_view value) {
  tag(number, 2);
  varint(value.size());
  out_.append(value);
}

}  // namespace haoline::graphdef
