#include "formats/shared/graphdef.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace haoline::graphdef {
namespace {

struct TypeName {
  std::string_view name;
  std::int64_t number;
  DType dtype;
};
constexpr TypeName kTypes[] = {
    {"DT_FLOAT", 1, DType::float32},
    {"DT_DOUBLE", 2, DType::float64},
    {"DT_INT32", 3, DType::int32},
    {"DT_UINT8", 4, DType::uint8},
    {"DT_INT16", 5, DType::int16},
    {"DT_INT8", 6, DType::int8},
    {"DT_STRING", 7, DType::string},
    {"DT_COMPLEX64", 8, DType::complex64},
    {"DT_INT64", 9, DType::int64},
    {"DT_BOOL", 10, DType::boolean},
    {"DT_QINT8", 11, DType::int8},
    {"DT_QUINT8", 12, DType::uint8},
    {"DT_QINT32", 13, DType::int32},
    {"DT_BFLOAT16", 14, DType::bfloat16},
    {"DT_QINT16", 15, DType::int16},
    {"DT_QUINT16", 16, DType::uint16},
    {"DT_UINT16", 17, DType::uint16},
    {"DT_COMPLEX128", 18, DType::complex128},
    {"DT_HALF", 19, DType::float16},
    {"DT_RESOURCE", kResource, DType::unknown},
    {"DT_VARIANT", kVariant, DType::unknown},
    {"DT_UINT32", 22, DType::uint32},
    {"DT_UINT64", 23, DType::uint64},
    {"DT_FLOAT8_E5M2", 24, DType::float8_e5m2},
    {"DT_FLOAT8_E4M3FN", 25, DType::float8_e4m3fn},
    {"DT_FLOAT8_E4M3FNUZ", 26, DType::float8_e4m3fnuz},
    {"DT_FLOAT8_E5M2FNUZ", 28, DType::float8_e5m2fnuz},
    {"DT_INT4", 29, DType::int4},
    {"DT_UINT4", 30, DType::uint4},
    {"DT_INT2", 31, DType::int2},
    {"DT_UINT2", 32, DType::uint2},
    {"DT_FLOAT4_E2M1FN", 33, DType::float4_e2m1},
};

Arg read_arg(Context& context, Bytes bytes, const Place& place) {
  Fields message(bytes, place, wire::arg::kFields, context);
  Arg arg;
  while (message.next()) {
    switch (message.number()) {
      case wire::arg::name:
        arg.name = message.text();
        break;
      case wire::arg::type:
        arg.type = message.integer();
        break;
      case wire::arg::type_attr:
        arg.type_attr = message.text();
        break;
      case wire::arg::number_attr:
      case wire::arg::type_list_attr:
        arg.is_list = true;
        break;
      default:
        break;
    }
  }
  return arg;
}

void read_signature(Context& context, Bytes bytes, const Place& place, FunctionDef& function,
                    bool name_only) {
  Fields message(bytes, place, wire::op_def::kFields, context);
  while (message.next()) {
    if (message.number() == wire::op_def::name) function.name = message.text();
    if (name_only) continue;
    if (message.number() == wire::op_def::input_arg)
      function.inputs.push_back(read_arg(context, message.bytes(), {&place, "input_arg"}));
    if (message.number() == wire::op_def::output_arg)
      function.outputs.push_back(read_arg(context, message.bytes(), {&place, "output_arg"}));
  }
}

void index_function(Context& context, Bytes bytes, const Place& place, const std::byte* tag,
                    GraphDef& graph) {
  FunctionDef function;
  function.record = bytes;
  function.index = static_cast<std::uint32_t>(graph.functions.size());
  Fields message(bytes, place, wire::function::kFields, context);
  while (message.next()) {
    if (message.number() == wire::function::signature)
      read_signature(context, message.bytes(), {&place, "signature"}, function, true);
  }
  if (!context.ok()) return;
  if (!graph.function_index.insert(function.name, function.index).is_new) {
    context.fail(ErrorKind::malformed, place, tag, "defines a function that is already defined");
    return;
  }
  graph.functions.push_back(std::move(function));
}

void read_library(Context& context, Bytes bytes, const Place& place, GraphDef& graph) {
  Fields message(bytes, place, wire::library::kFields, context);
  while (message.next()) {
    if (message.number() != wire::library::function) continue;
    const Place here{&place, "function", static_cast<std::uint32_t>(graph.functions.size())};
    index_function(context, message.bytes(), here, message.tag(), graph);
  }
}

void read_versions(Context& context, Bytes bytes, const Place& place, GraphDef& graph) {
  Fields message(bytes, place, wire::versions::kFields, context);
  while (message.next()) {
    if (message.number() == wire::versions::producer) graph.producer = message.integer();
    if (message.number() == wire::versions::min_consumer) graph.min_consumer = message.integer();
  }
}

// Numbers of a repeated field: one by one, or packed into one field.
template <class Step>
void each_number(Fields& message, Step step) {
  if (message.type() == protobuf::WireType::varint) return step(message.number64());
  const Bytes packed = message.bytes();
  const std::byte* at = packed.data();
  const std::byte* const end = at + packed.size();
  while (at != end) {
    std::uint64_t value = 0;
    at = protobuf::read_varint(at, end, value);
    if (at == nullptr) return message.fail(ErrorKind::malformed, "holds a number that does not end");
    step(value);
  }
}

template <class Step>
void each_float(Fields& message, Step step) {
  if (message.type() == protobuf::WireType::fixed32) return step(message.real());
  const Bytes packed = message.bytes();
  for (std::size_t i = 0; i + 4 <= packed.size(); i += 4) step(load<float>(packed.data() + i));
}

constexpr Place kAttr{nullptr, "attr"};

}  // namespace

DType dtype_of(std::int64_t type) {
  if (type > kReference) type -= kReference;
  const auto* found =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeName& t) { return t.number == type; });
  return found == std::end(kTypes) ? DType::unknown : found->dtype;
}

std::int64_t type_named(std::string_view name) {
  const bool is_reference = name.ends_with("_REF");
  if (is_reference) name.remove_suffix(4);
  const auto* found =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeName& t) { return t.name == name; });
  if (found == std::end(kTypes)) return 0;
  return is_reference ? found->number + kReference : found->number;
}

void read_node(Context& context, Bytes bytes, const Place& place, const std::byte* tag, NodeList& list) {
  NodeDef node;
  node.tag = tag;
  node.first_input = static_cast<std::uint32_t>(list.input_pool.size());
  node.first_attr = static_cast<std::uint32_t>(list.attr_pool.size());
  Fields message(bytes, place, wire::node::kFields, context);
  while (message.next()) {
    switch (message.number()) {
      case wire::node::name:
        node.name = message.text();
        break;
      case wire::node::op:
        node.op = message.text();
        break;
      case wire::node::input:
        list.input_pool.push_back(message.text());
        break;
      case wire::node::attr:
        list.attr_pool.push_back(read_entry(context, message.bytes(), {&place, "attr"}));
        break;
      default:
        break;
    }
  }
  if (!context.ok()) return;
  if (node.op.empty()) {
    context.fail(ErrorKind::malformed, place, tag, "does not say which operator it is",
                 "The file is no TensorFlow graph, or it is damaged.");
    return;
  }
  node.input_count = static_cast<std::uint32_t>(list.input_pool.size()) - node.first_input;
  node.attr_count = static_cast<std::uint32_t>(list.attr_pool.size()) - node.first_attr;
  list.nodes.push_back(node);
}

Attr read_entry(Context& context, Bytes bytes, const Place& place) {
  Fields message(bytes, place, wire::entry::kFields, context);
  Attr attr;
  while (message.next()) {
    if (message.number() == wire::entry::key) attr.name = message.text();
    if (message.number() == wire::entry::value) attr.value = message.bytes();
  }
  return attr;
}

void read_graph(Context& context, Bytes bytes, const Place& place, GraphDef& graph) {
  Fields message(bytes, place, wire::graph::kFields, context);
  while (message.next()) {
    switch (message.number()) {
      case wire::graph::node:
        read_node(context, message.bytes(),
                  {&place, "node", static_cast<std::uint32_t>(graph.nodes.nodes.size())}, message.tag(),
                  graph.nodes);
        break;
      case wire::graph::library:
        read_library(context, message.bytes(), {&place, "library"}, graph);
        break;
      case wire::graph::versions:
        read_versions(context, message.bytes(), {&place, "versions"}, graph);
        break;
      case wire::graph::version:
        graph.producer = message.integer();
        break;
      default:
        break;
    }
  }
}

void read_function(Context& context, FunctionDef& function) {
  if (function.is_read) return;
  function.is_read = true;
  const Place library{nullptr, "library"};
  const Place place{&library, "function", function.index};
  Fields message(function.record, place, wire::function::kFields, context);
  while (message.next()) {
    switch (message.number()) {
      case wire::function::signature:
        read_signature(context, message.bytes(), {&place, "signature"}, function, false);
        break;
      case wire::function::node_def:
        read_node(context, message.bytes(),
                  {&place, "node_def", static_cast<std::uint32_t>(function.nodes.nodes.size())},
                  message.tag(), function.nodes);
        break;
      case wire::function::ret:
        function.results.push_back(read_entry(context, message.bytes(), {&place, "ret"}));
        break;
      case wire::function::control_ret:
        function.controls.push_back(read_entry(context, message.bytes(), {&place, "control_ret"}));
        break;
      default:
        break;
    }
  }
}

PlainShape read_shape(Context& context, Bytes bytes, const Place& place) {
  PlainShape shape;
  shape.has_rank = true;
  Fields message(bytes, place, wire::shape::kFields, context);
  while (message.next()) {
    if (message.number() == wire::shape::unknown_rank) shape.has_rank = message.number64() == 0;
    if (message.number() != wire::shape::dim) continue;
    const Place here{&place, "dim", static_cast<std::uint32_t>(shape.extents.size())};
    Fields dim(message.bytes(), here, wire::dim::kFields, context);
    std::int64_t size = 0;
    std::string_view name;
    while (dim.next()) {
      if (dim.number() == wire::dim::size) size = dim.integer();
      if (dim.number() == wire::dim::name) name = dim.text();
    }
    shape.extents.push_back(size);
    shape.names.push_back(name);
  }
  if (!shape.has_rank) shape.extents.clear(), shape.names.clear();
  return shape;
}

template <class Step>
void Attrs::each(std::string_view name, std::uint32_t field, Step step) const {
  const Attr* attr = find(name);
  if (attr == nullptr) return;
  const Place place{&kAttr, name};
  Fields message(attr->value, place, wire::attr::kFields, *context_);
  while (message.next()) {
    if (message.number() == field) step(message);
  }
}

template <class Step>
void Attrs::each_listed(std::string_view name, std::uint32_t field, Step step) const {
  each(name, wire::attr::list, [&](Fields& message) {
    const Place place{&kAttr, name};
    Fields list(message.bytes(), place, wire::list::kFields, *context_);
    while (list.next()) {
      if (list.number() == field) step(list);
    }
  });
}

std::int64_t Attrs::integer(std::string_view name, std::int64_t otherwise) const {
  each(name, wire::attr::i, [&](Fields& message) { otherwise = message.integer(); });
  return otherwise;
}
float Attrs::real(std::string_view name, float otherwise) const {
  each(name, wire::attr::f, [&](Fields& message) { otherwise = message.real(); });
  return otherwise;
}
bool Attrs::boolean(std::string_view name, bool otherwise) const {
  each(name, wire::attr::b, [&](Fields& message) { otherwise = message.number64() != 0; });
  return otherwise;
}
std::string_view Attrs::text(std::string_view name, std::string_view otherwise) const {
  each(name, wire::attr::s, [&](Fields& message) { otherwise = message.text(); });
  return otherwise;
}
std::int64_t Attrs::type(std::string_view name, std::int64_t otherwise) const {
  each(name, wire::attr::type, [&](Fields& message) { otherwise = message.integer(); });
  return otherwise;
}
std::optional<PlainShape> Attrs::shape(std::string_view name) const {
  std::optional<PlainShape> shape;
  each(name, wire::attr::shape,
       [&](Fields& message) { shape = read_shape(*context_, message.bytes(), {&kAttr, name}); });
  return shape;
}
Bytes Attrs::tensor(std::string_view name) const {
  Bytes bytes;
  each(name, wire::attr::tensor, [&](Fields& message) { bytes = message.bytes(); });
  return bytes;
}

namespace {
std::string_view name_of_function(Context& context, Bytes bytes, const Place& place) {
  std::string_view name;
  Fields message(bytes, place, wire::func::kFields, context);
  while (message.next()) {
    if (message.number() == wire::func::name) name = message.text();
  }
  return name;
}
}  // namespace

std::string_view Attrs::function(std::string_view name) const {
  std::string_view found;
  each(name, wire::attr::func,
       [&](Fields& message) { found = name_of_function(*context_, message.bytes(), {&kAttr, name}); });
  return found;
}
std::vector<std::int64_t> Attrs::integers(std::string_view name) const {
  std::vector<std::int64_t> values;
  each_listed(name, wire::list::i, [&](Fields& message) {
    each_number(message, [&](std::uint64_t v) { values.push_back(static_cast<std::int64_t>(v)); });
  });
  return values;
}
std::vector<float> Attrs::reals(std::string_view name) const {
  std::vector<float> values;
  each_listed(name, wire::list::f,
              [&](Fields& message) { each_float(message, [&](float v) { values.push_back(v); }); });
  return values;
}
std::vector<std::string_view> Attrs::texts(std::string_view name) const {
  std::vector<std::string_view> values;
  each_listed(name, wire::list::s, [&](Fields& message) { values.push_back(message.text()); });
  return values;
}
std::vector<std::int64_t> Attrs::types(std::string_view name) const {
  std::vector<std::int64_t> values;
  each_listed(name, wire::list::type, [&](Fields& message) {
    each_number(message, [&](std::uint64_t v) { values.push_back(static_cast<std::int64_t>(v)); });
  });
  return values;
}
std::vector<PlainShape> Attrs::shapes(std::string_view name) const {
  std::vector<PlainShape> values;
  each_listed(name, wire::list::shape, [&](Fields& message) {
    values.push_back(read_shape(*context_, message.bytes(), {&kAttr, name}));
  });
  return values;
}
std::vector<std::string_view> Attrs::functions(std::string_view name) const {
  std::vector<std::string_view> values;
  each_listed(name, wire::list::func, [&](Fields& message) {
    values.push_back(name_of_function(*context_, message.bytes(), {&kAttr, name}));
  });
  return values;
}

Endpoint parse_endpoint(std::string_view text) {
  Endpoint end;
  if (text.starts_with("^")) {
    end.is_control = true;
    end.node = text.substr(1);
    return end;
  }
  const std::size_t first = text.find(':');
  end.node = text.substr(0, first);
  if (first == std::string_view::npos) return end;
  std::string_view rest = text.substr(first + 1);
  if (const std::size_t second = rest.find(':'); second != std::string_view::npos) {
    end.result = rest.substr(0, second);
    rest = rest.substr(second + 1);
  } else if (!rest.empty() && (rest[0] < '0' || rest[0] > '9')) {
    end.result = rest;
    return end;
  }
  const std::optional<std::uint64_t> index = parse_decimal(rest);
  end.is_valid = index && *index <= 0xffff;
  if (end.is_valid) end.index = static_cast<std::uint32_t>(*index);
  return end;
}

}  // namespace haoline::graphdef
