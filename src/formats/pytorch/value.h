// What an expression of the model's code stands for while its graph is being built: a number known now, a
// tensor of the graph, or a list of such.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "ir/attribute.h"

namespace haoline::pytorch {

struct Value;
struct Items {
  std::vector<Value> values;
  // Once its length depends on the run: the list is a sequence of the graph.
  bool is_sequence = false;
  GraphId graph;
  TensorId sequence;
  // Lists in lists, as far as they were there when this one was made. Deeper ones are dropped, so that no
  // walk over a value needs much stack.
  std::size_t depth = 1;
};
inline constexpr std::size_t kMaxListDepth = 16;

struct Value {
  enum class Kind : std::uint8_t {
    missing,  // an argument that was not given
    none,
    boolean,
    integer,
    real,
    text,
    tensor,
    list,
    tuple,
    dictionary,  // items alternate key and value
    stored,      // a tensor of the file that no graph has yet; integer: its number, text: its name
    object,      // integer: which; of the interpreter
    path,        // a namespace or function: text, "torch.conv2d"
    dtype,       // integer: a DType
    opaque,      // something the graph does not need: a device, a layout
  };
  Kind kind = Kind::missing;
  bool is_scalar = false;  // of a tensor: an int, float or bool of the code that only the run decides
  DType scalar_type = DType::unknown;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text;
  GraphId graph;  // of a tensor
  TensorId tensor;
  std::shared_ptr<Items> items;

  static Value none() { return of(Kind::none); }
  static Value opaque() { return of(Kind::opaque); }
  static Value boolean(bool value) {
    Value v = of(Kind::boolean);
    v.integer = value ? 1 : 0;
    return v;
  }
  static Value number(std::int64_t value) {
    Value v = of(Kind::integer);
    v.integer = value;
    v.real = static_cast<double>(value);
    return v;
  }
  static Value number(double value) {
    Value v = of(Kind::real);
    v.real = value;
    return v;
  }
  static Value of_text(std::string_view text) {
    Value v = of(Kind::text);
    v.text = text;
    return v;
  }
  static Value path(std::string_view text) {
    Value v = of(Kind::path);
    v.text = text;
    return v;
  }
  static Value of_dtype(DType dtype) {
    Value v = of(Kind::dtype);
    v.integer = static_cast<std::int64_t>(dtype);
    return v;
  }
  static Value of_tensor(GraphId graph, TensorId tensor) {
    Value v = of(Kind::tensor);
    v.graph = graph;
    v.tensor = tensor;
    return v;
  }
  static Value of_items(Kind kind, std::vector<Value> values) {
    Value v = of(kind);
    v.items = std::make_shared<Items>();
    for (const Value& value : values) {
      if (value.items) v.items->depth = std::max(v.items->depth, value.items->depth + 1);
    }
    if (v.items->depth > kMaxListDepth) {
      v.items->depth = 1;
      return v;
    }
    v.items->values = std::move(values);
    return v;
  }

  bool is(Kind k) const { return kind == k; }
  bool is_given() const { return kind != Kind::missing && kind != Kind::none; }
  bool is_tensor() const { return kind == Kind::tensor; }
  bool is_number() const { return kind == Kind::integer || kind == Kind::real || kind == Kind::boolean; }
  bool is_sequence() const { return (kind == Kind::list || kind == Kind::tuple) && items->is_sequence; }
  // A list or tuple whose items are all here.
  bool is_items() const {
    return (kind == Kind::list || kind == Kind::tuple || kind == Kind::dictionary) && !items->is_sequence;
  }
  double as_real() const { return kind == Kind::real ? real : static_cast<double>(integer); }

 private:
  static Value of(Kind kind) {
    Value v;
    v.kind = kind;
    return v;
  }
};

}  // namespace haoline::pytorch
