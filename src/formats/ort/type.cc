// TypeInfo to a type and a shape.
#include "formats/ort/reading.h"
#include "formats/shared/onnx_types.h"

namespace haoline::ort {
namespace {

Dim read_dim(Reading& r, const Table& dimension, std::string_view axes_of, std::size_t axis) {
  namespace ws = wire::shape;
  const Table value = dimension.table(ws::value);
  const auto kind = value.number<std::int8_t>(ws::dim_type);
  if (kind == ws::kValue) {
    const auto extent = value.number<std::int64_t>(ws::dim_value);
    if (extent >= 0) return r.model.dims->number(extent);
  }
  const std::string_view symbol = value.text(ws::dim_param);
  if (kind == ws::kParam && !symbol.empty() && symbol != "?" && r.may_copy(symbol))
    return r.model.dims->symbol(symbol);
  if (axes_of.empty() || !r.may_copy(axes_of)) return Dim::unknown();
  r.key.assign(axes_of).append(1, '_').append(std::to_string(axis));
  return r.model.dims->symbol(r.key);
}

void read_nested(Reading& r, const Table& record, std::string_view axes_of, DeclaredType& out) {
  namespace wt = wire::type_info;
  const auto kind = record.number<std::uint8_t>(wt::value_type);
  const Table value = record.table(wt::value);
  if (!value || !r.ok()) return;
  if (kind == wt::kTensor) {
    out.type.dtype = dtype_of_onnx_code(value.number<std::int32_t>(wt::tensor_elem_type));
    const Table shape = value.table(wt::tensor_shape);
    if (!shape) return;
    const Tables dims = shape.tables(wire::shape::dim);
    SmallVector<Dim, 5> extents;
    for (std::size_t i = 0; i < dims.size(); ++i) {
      const Table dim = dims[i];
      extents.push_back(read_dim(r, dim, axes_of, i));
    }
    out.shape = Shape(std::move(extents));
    return;
  }
  if (kind != wt::kSequence && kind != wt::kMap) return;
  if (out.type.containers.size() >= Type::kMaxNesting) {
    record.fail(ErrorKind::unsupported, "nests more than 8 types");
    return;
  }
  out.type.containers.push_back(kind == wt::kMap ? Container::map : Container::sequence);
  if (kind == wt::kMap) out.type.key = dtype_of_onnx_code(value.number<std::int32_t>(wt::map_key_type));
  const Table element = value.table(kind == wt::kMap ? wt::map_value_type : wt::sequence_elem_type);
  if (element) read_nested(r, element, {}, out);
}

}  // namespace

DeclaredType read_type(Reading& r, const Table& record, std::string_view axes_of) {
  DeclaredType declared;
  if (record) read_nested(r, record, axes_of, declared);
  return declared;
}

}  // namespace haoline::ort
