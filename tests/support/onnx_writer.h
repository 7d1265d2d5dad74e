// Tiny ONNX files, stated inline, for tests of the reader:
//
//   const std::string file = onnx_model(OnnxGraph()
//       .input("x", 1, {2, 3})
//       .node("Relu", {"x"}, {"y"})
//       .output("y", 1));
//
// Wire writes any protobuf message, so that a test can also write what no exporter would.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace haoline::test {

class Wire {
 public:
  Wire& varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7f) | 0x80);
    bytes_ += static_cast<char>(value);
    return *this;
  }
  Wire& tag(std::uint32_t field, std::uint32_t type) { return varint(std::uint64_t{field} << 3 | type); }
  Wire& number(std::uint32_t field, std::int64_t value) {
    return tag(field, 0).varint(static_cast<std::uint64_t>(value));
  }
  Wire& text(std::uint32_t field, std::string_view text) {
    tag(field, 2).varint(text.size());
    bytes_ += text;
    return *this;
  }
  Wire& message(std::uint32_t field, const Wire& message) { return text(field, message.bytes_); }
  Wire& real(std::uint32_t field, float value) { return tag(field, 5).raw(value); }
  template <class T>
  Wire& raw(T value) {
    char buffer[sizeof(T)];
    std::memcpy(buffer, &value, sizeof(T));
    bytes_.append(buffer, sizeof(T));
    return *this;
  }
  Wire& append(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// The bytes of values as they lie in memory.
template <class T>
std::string raw_bytes(std::initializer_list<T> values) {
  Wire wire;
  for (const T value : values) wire.raw(value);
  return wire.bytes();
}
inline std::string varints(std::initializer_list<std::int64_t> values) {
  Wire wire;
  for (const std::int64_t value : values) wire.varint(static_cast<std::uint64_t>(value));
  return wire.bytes();
}

inline Wire onnx_entry(std::string_view key, std::string_view value) {
  return Wire().text(1, key).text(2, value);
}

// A TensorProto without elements; add them with text(9, …) or a typed field.
inline Wire onnx_tensor(std::string_view name, int data_type, const std::vector<std::int64_t>& dims) {
  Wire tensor;
  for (const std::int64_t dim : dims) tensor.number(1, dim);
  return tensor.number(2, data_type).text(8, name);
}

// An extent: a number, or a name; "" is a dimension that says nothing.
struct OnnxDim {
  OnnxDim(int value) : number(value) {}
  OnnxDim(std::int64_t value) : number(value) {}
  OnnxDim(const char* text) : name(text), is_named(true) {}
  std::int64_t number = 0;
  std::string name;
  bool is_named = false;
};

inline Wire onnx_tensor_type(int element, const std::vector<OnnxDim>& dims) {
  Wire shape;
  for (const OnnxDim& dim : dims) {
    Wire wire;
    if (!dim.is_named) wire.number(1, dim.number);
    if (dim.is_named && !dim.name.empty()) wire.text(2, dim.name);
    shape.message(1, wire);
  }
  return Wire().message(1, Wire().number(1, element).message(2, shape));
}
inline Wire onnx_value(std::string_view name, const Wire& type) {
  return Wire().text(1, name).message(2, type);
}

using Names = std::vector<std::string>;

inline Wire onnx_int(std::string_view name, std::int64_t value) {
  return Wire().text(1, name).number(3, value).number(20, 2);
}
inline Wire onnx_reference(std::string_view name, std::string_view of, int type) {
  return Wire().text(1, name).text(21, of).number(20, type);
}

inline Wire onnx_node(std::string_view op, const Names& inputs, const Names& outputs,
                      std::string_view name = "", const std::vector<Wire>& attributes = {},
                      std::string_view domain = "") {
  Wire node;
  for (const std::string& input : inputs) node.text(1, input);
  for (const std::string& output : outputs) node.text(2, output);
  if (!name.empty()) node.text(3, name);
  node.text(4, op);
  for (const Wire& attribute : attributes) node.message(5, attribute);
  if (!domain.empty()) node.text(7, domain);
  return node;
}

class OnnxGraph {
 public:
  OnnxGraph& node(std::string_view op, const Names& inputs, const Names& outputs, std::string_view name = "",
                  const std::vector<Wire>& attributes = {}, std::string_view domain = "") {
    return node(onnx_node(op, inputs, outputs, name, attributes, domain));
  }
  OnnxGraph& node(const Wire& node) { return add(1, node); }
  OnnxGraph& constant(const Wire& tensor) { return add(5, tensor); }
  OnnxGraph& input(std::string_view name, int element, const std::vector<OnnxDim>& dims) {
    return add(11, onnx_value(name, onnx_tensor_type(element, dims)));
  }
  OnnxGraph& output(std::string_view name, int element = 1, const std::vector<OnnxDim>& dims = {}) {
    return add(12, onnx_value(name, onnx_tensor_type(element, dims)));
  }
  OnnxGraph& value(std::string_view name, int element, const std::vector<OnnxDim>& dims) {
    return add(13, onnx_value(name, onnx_tensor_type(element, dims)));
  }
  OnnxGraph& add(std::uint32_t field, const Wire& message) {
    wire_.message(field, message);
    return *this;
  }
  const Wire& wire() const { return wire_; }

 private:
  Wire wire_ = Wire().text(2, "g");
};

// A body as an attribute of its node.
inline Wire onnx_body(std::string_view name, const OnnxGraph& graph) {
  return Wire().text(1, name).message(6, graph.wire()).number(20, 5);
}

inline Wire onnx_opset(std::string_view domain, std::int64_t version) {
  Wire opset;
  if (!domain.empty()) opset.text(1, domain);
  return opset.number(2, version);
}

// IR 10, operator set 21 and whatever else is appended.
inline std::string onnx_model(const OnnxGraph& graph, const Wire& more = {}) {
  return Wire()
      .number(1, 10)
      .text(2, "test")
      .message(7, graph.wire())
      .message(8, onnx_opset("", 21))
      .append(more.bytes())
      .bytes();
}

struct OnnxFunction {
  std::string domain, name;
  Names inputs, outputs;
  std::vector<Wire> nodes;
  std::vector<Wire> defaults = {};
  std::int64_t version = 21;

  Wire wire() const {
    Wire wire;
    wire.text(1, name);
    for (const std::string& input : inputs) wire.text(4, input);
    for (const std::string& output : outputs) wire.text(5, output);
    for (const Wire& node : nodes) wire.message(7, node);
    wire.message(9, onnx_opset("", version)).message(9, onnx_opset(domain, 1)).text(10, domain);
    for (const Wire& value : defaults) wire.message(11, value);
    return wire;
  }
};

}  // namespace haoline::test
