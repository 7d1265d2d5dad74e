// ValueInfoProto and TypeProto.
#include "formats/onnx/reading.h"
#include "formats/shared/onnx_types.h"

namespace haoline::onnx {
namespace {

// What the axes of a type are called where the file gives them no name: nothing, or <name>_<axis>.
struct AxisNames {
  std::string_view of;
};

Dim symbol_for_axis(Reading& r, const AxisNames& names, std::size_t axis) {
  constexpr std::size_t kMaxNamed = 64;  // no tensor has that many axes
  if (names.of.empty() || axis >= kMaxNamed) return Dim::unknown();
  r.key.assign(names.of).append(1, '_').append(std::to_string(axis));
  return r.model.dims->symbol(r.key);
}

Dim read_dim(Reading& r, Bytes bytes, const Place& place, const AxisNames& names, std::size_t axis) {
  Fields message(bytes, place, wire::dimension::kFields, r.context);
  bool has_number = false;
  std::int64_t number = 0;
  std::string_view symbol;
  while (message.next()) {
    switch (message.number()) {
      case wire::dimension::value:
        number = message.integer();
        has_number = true;
        break;
      case wire::dimension::param:
        symbol = message.text();
        break;
      case wire::dimension::denotation:
        break;
      default:
        r.unknown(message);
    }
  }
  if (has_number && number >= 0) return r.model.dims->number(number);
  if (!symbol.empty() && symbol != "?") return r.model.dims->symbol(symbol);
  return symbol_for_axis(r, names, axis);
}

Shape read_shape(Reading& r, Bytes bytes, const Place& place, const AxisNames& names) {
  Fields message(bytes, place, wire::shape::kFields, r.context);
  SmallVector<Dim, 5> dims;
  while (message.next()) {
    if (message.number() != wire::shape::dim) {
      r.unknown(message);
      continue;
    }
    const Place here{&place, "dim", static_cast<std::uint32_t>(dims.size())};
    dims.push_back(read_dim(r, message.bytes(), here, names, dims.size()));
  }
  return Shape(std::move(dims));
}

void read_tensor_type(Reading& r, Bytes bytes, const Place& place, const AxisNames& names, Type& type,
                      Shape& shape) {
  Fields message(bytes, place, wire::tensor_type::kFields, r.context);
  while (message.next()) {
    switch (message.number()) {
      case wire::tensor_type::elem_type:
        type.dtype = dtype_of(message.integer());
        break;
      case wire::tensor_type::shape:
        shape = read_shape(r, message.bytes(), {&place, "shape"}, names);
        break;
      default:
        r.unknown(message);
    }
  }
}

void read_nested(Reading& r, Bytes bytes, const Place& place, AxisNames names, Type& type, Shape& shape);

// sequence_type, optional_type and map_type: an element type, and the key of a map.
void read_container(Reading& r, Bytes bytes, const Place& place, Container container, Type& type,
                    Shape& shape) {
  type.containers.push_back(container);
  if (type.containers.size() > Type::kMaxNesting) {
    r.fail(ErrorKind::unsupported, place, bytes.data(), "nests more than 8 types");
    return;
  }
  const bool is_map = container == Container::map;
  Fields message(bytes, place, wire::map_type::kFields, r.context);
  while (message.next()) {
    if (is_map && message.number() == wire::map_type::key_type) {
      type.key = dtype_of(message.integer());
    } else if (message.number() == (is_map ? wire::map_type::value_type : 1u)) {
      read_nested(r, message.bytes(), {&place, is_map ? "value_type" : "elem_type"}, {}, type, shape);
    } else {
      r.unknown(message);
    }
  }
}

void read_nested(Reading& r, Bytes bytes, const Place& place, AxisNames names, Type& type, Shape& shape) {
  Fields message(bytes, place, wire::type::kFields, r.context);
  while (message.next()) {
    switch (message.number()) {
      case wire::type::tensor:
        read_tensor_type(r, message.bytes(), {&place, "tensor_type"}, names, type, shape);
        break;
      case wire::type::sparse_tensor:
        type.containers.push_back(Container::sparse);
        read_tensor_type(r, message.bytes(), {&place, "sparse_tensor_type"}, names, type, shape);
        break;
      case wire::type::sequence:
        read_container(r, message.bytes(), {&place, "sequence_type"}, Container::sequence, type, shape);
        break;
      case wire::type::optional:
        read_container(r, message.bytes(), {&place, "optional_type"}, Container::optional, type, shape);
        break;
      case wire::type::map:
        read_container(r, message.bytes(), {&place, "map_type"}, Container::map, type, shape);
        break;
      case wire::type::opaque:
        type.containers.push_back(Container::opaque);
        break;
      case wire::type::denotation:
        break;
      default:
        r.unknown(message);
    }
    if (type.containers.size() > Type::kMaxNesting) {
      message.fail(ErrorKind::unsupported, "nests more than 8 types");
    }
  }
}

}  // namespace

DType dtype_of(std::int64_t code) {
  return dtype_of_onnx_code(code);
}

void read_type(Reading& r, Bytes bytes, const Place& place, std::string_view axes_of, Type& type,
               Shape& shape) {
  shape = Shape::unknown_rank();
  read_nested(r, bytes, place, {axes_of}, type, shape);
}

ValueInfo read_value_info(Reading& r, Bytes bytes, const Place& place, bool names_axes) {
  Fields message(bytes, place, wire::value_info::kFields, r.context);
  ValueInfo info;
  Bytes type;
  while (message.next()) {
    switch (message.number()) {
      case wire::value_info::name:
        info.name = message.text();
        break;
      case wire::value_info::type:
        type = message.bytes();
        break;
      case wire::value_info::doc_string:
      case wire::value_info::metadata_props:
        r.label(message.field(), ByteLabel::metadata);
        break;
      default:
        r.unknown(message);
    }
  }
  if (!type.empty()) {
    read_type(r, type, {&place, "type"}, names_axes ? info.name : std::string_view{}, info.type, info.shape);
  }
  return info;
}

}  // namespace haoline::onnx
